-- What a client proposes, and the server decides.
CREATE FUNCTION rewards.submit_points_event(
    user_id uuid, event_type text, event_time timestamptz, nonce text,
    device_id text DEFAULT NULL, attestation jsonb DEFAULT NULL,
    proof_type text DEFAULT NULL, proof_payload jsonb DEFAULT NULL, payload_hash text DEFAULT NULL,
    related_entity_type text DEFAULT NULL, related_entity_id text DEFAULT NULL,
    device_info jsonb DEFAULT NULL, ip_address inet DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer,
    OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_submit_points_event';
COMMENT ON FUNCTION rewards.submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet) IS
    'Records an event with the points of its rule and a trust score. Outcome: recorded (status: validated, pending, pending_review or rejected; reasons: the trust rules that applied), nonce_conflict, outside_window, unknown_event_type, event_type_inactive, proof_required, too_soon, rate_limited, duplicate_payload; retry_after: after how many seconds one may succeed, null where waiting does not help. The same nonce with the same event gives the first answer again, replayed. attestation: the verdict of the back end''s verifier. Errors: invalid_parameter_value, null_value_not_allowed, program_limit_exceeded, insufficient_privilege for another member, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.submit_points_events(
    events jsonb,
    OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint,
    OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'rewards_submit_points_events';
COMMENT ON FUNCTION rewards.submit_points_events(jsonb) IS
    'submit_points_event() for an array of objects with its arguments, at most 100,000: one row each, in their order, with an outcome of its own, as if they were submitted one by one, user by user. One lock per user; nothing is written where an element is not well-formed. A refusal is an outcome, whatever rewards.on_refusal says. Errors: as submit_points_event(), naming the element in detail and context';
