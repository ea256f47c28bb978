CREATE FUNCTION rewards.event_request_hash(user_id uuid, event_type text, event_time timestamptz, nonce text)
    RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_event_request_hash';
COMMENT ON FUNCTION rewards.event_request_hash(uuid, text, timestamptz, text) IS
    'The hash that an attestation has to carry to speak for this event of the context''s company: SHA-256, in base64url without padding, of the six lines "pg_rewards event v1", company, user, event type, event time in whole milliseconds since 1970, and nonce. The app asks Play Integrity for it as requestHash or nonce, and App Attest for the text itself as client data. Errors: invalid_text_representation for an event type with a line break, insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.examine_attestation(
    user_id uuid, device_id text, verdict jsonb, request_hash text DEFAULT NULL,
    OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_examine_attestation';
COMMENT ON FUNCTION rewards.examine_attestation(uuid, text, jsonb, text) IS
    'Examines a verdict that belongs to no event, such as that of a login, as submit_points_event() does those of events: level none, invalid, basic, device or strong; whether the app is the published one; whether the verdict is for request_hash (hexadecimal, base64 or base64url); whether it is new. It is new once, so do not examine an event''s verdict here first. Errors: program_limit_exceeded for a verdict over 16 kB, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.cleanup_expired_attestations() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_cleanup_expired_attestations';
COMMENT ON FUNCTION rewards.cleanup_expired_attestations() IS
    'Removes attestations of the context''s company that are too old to be accepted again, and returns how many there were; counters of App Attest keys stay. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
