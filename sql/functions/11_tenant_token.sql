-- Company tokens: whoever is trusted issues them, and a role that runs the SQL of tenants enters a company by nothing else.

CREATE FUNCTION rewards.issue_company_token(
    company_id uuid, actor text DEFAULT NULL, role text DEFAULT 'user', ttl interval DEFAULT '5 minutes',
    not_before timestamptz DEFAULT NULL, challenge bytea DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_issue_company_token';
COMMENT ON FUNCTION rewards.issue_company_token(uuid, text, text, interval, timestamptz, bytea) IS
    'A token with which set_company_context_token() seals this company, role (user, service, admin) and actor (of role user: a member''s id; null otherwise: whoever brings the token), in this database only, from not_before (null: now; at most 24 hours ahead) for as long as ttl says (at most 24 hours). With a challenge: in the one transaction that asked for it. Whoever has the token can use it. In a sealed transaction only for the same company, and for role admin by role admin. Errors: invalid_parameter_value, insufficient_privilege, object_not_in_prerequisite_state without a usable key file or when all token keys are retired';

CREATE FUNCTION rewards.set_company_context_token(token text) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_set_company_context_token';
COMMENT ON FUNCTION rewards.set_company_context_token(text) IS
    'Seals what the token says until the end of the transaction, as set_company_context() does. Pass the token as a parameter of the statement, and do not let parameters be logged. Errors: invalid_authorization_specification, always with the same message, for a token that is not valid (the server''s log says why); object_not_in_prerequisite_state when another context is sealed, or without a usable key file';

CREATE FUNCTION rewards.get_context_challenge() RETURNS bytea
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_get_context_challenge';
COMMENT ON FUNCTION rewards.get_context_challenge() IS
    '16 random bytes for issue_company_token(): this transaction, and no other, accepts one token with them. Another call makes those of the call before void';

CREATE FUNCTION rewards.rotate_token_key() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_rotate_token_key';
COMMENT ON FUNCTION rewards.rotate_token_key() IS
    'Makes a key, from the issuing slot of the key file (rotate_coupon_key()), for all tokens to come, and returns its number in token_keys; tokens of older keys stay good until their key is retired. Not in a company context. Errors: insufficient_privilege in one, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.retire_token_key(key_id integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_retire_token_key';
COMMENT ON FUNCTION rewards.retire_token_key(integer) IS
    'From the commit on no token of this key is accepted; there is no way back. Not in a company context. Errors: undefined_object for an unknown key, object_not_in_prerequisite_state for one that is retired, insufficient_privilege in a company context';

CREATE FUNCTION rewards.adopt_request_claims() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_adopt_request_claims';
COMMENT ON FUNCTION rewards.adopt_request_claims() IS
    'For PostgREST''s db-pre-request: seals the company, actor and role of the verified claims in request.jwt.claims (which ones: rewards.company_claim, rewards.actor_claim, rewards.role_claim; without a role: user) and returns the company. Without a company claim it returns null, and the transaction stays without a context. grant_access() grants it to nobody: grant EXECUTE to the roles that PostgREST switches to, and only if they cannot log in themselves, because whoever can may set claims. Errors: invalid_authorization_specification for claims that do not fit, insufficient_privilege unless the role was switched, object_not_in_prerequisite_state when another context is sealed';
