CREATE FUNCTION rewards.expire_points(max_accounts integer DEFAULT 1000, OUT accounts bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_expire_points';
COMMENT ON FUNCTION rewards.expire_points(integer) IS
    'Takes away the company''s points that have expired, as events, of the accounts where they are longest overdue. For a scheduler: never waits for a lock, and leaves accounts that others hold (skipped) for the next time. Every call that locks an account does the same for it. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.refund_points(
    user_id uuid, event_id uuid, reason text DEFAULT NULL,
    OUT refund_event_id uuid, OUT outcome text, OUT balance bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_refund_points';
COMMENT ON FUNCTION rewards.refund_points(uuid, uuid, text) IS
    'Gives back what an event spent, once: points that expire come back with their date, or live for company_settings.refunded_points_live if that is longer. Outcome: refunded, already_refunded, not_refundable (not validated, nothing spent, expired points, or a coupon''s price), event_not_found. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
