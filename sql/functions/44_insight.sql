CREATE FUNCTION rewards.flag_account(
    user_id uuid, insight_type text DEFAULT 'manual_flag', severity text DEFAULT 'medium', details jsonb DEFAULT NULL,
    event_id uuid DEFAULT NULL, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_flag_account';
COMMENT ON FUNCTION rewards.flag_account(uuid, text, text, jsonb, uuid) IS
    'Notes an insight about an account (user_id 00000000-0000-0000-0000-000000000000: about the company), and the event it was noticed by, for back ends and honeypots. Outcome: flagged, or counted when there is an open one of its type, whose severity then becomes the higher one and whose details become these. Errors: invalid_parameter_value for an unknown type or severity, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.resolve_fraud_insight(insight_id uuid, note text DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_resolve_fraud_insight';
COMMENT ON FUNCTION rewards.resolve_fraud_insight(uuid, text) IS
    'Closes an insight in the name of the context''s actor; the next occurrence opens another one. Outcome: resolved, already_resolved, not_found. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
