CREATE FUNCTION rewards.redeem_coupon(
    user_id uuid, template_id uuid, nonce text,
    OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamptz,
    OUT points_remaining bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_redeem_coupon';
COMMENT ON FUNCTION rewards.redeem_coupon(uuid, uuid, text) IS
    'Turns points into a coupon. Outcome: redeemed, insufficient_points, template_not_found, template_inactive, limit_reached, nonce_conflict. The same nonce and template again give the same coupon and code, replayed. The code is derived, never stored. Errors: invalid_parameter_value, insufficient_privilege for another member, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.hash_coupon_code(code text) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_hash_coupon_code';
COMMENT ON FUNCTION rewards.hash_coupon_code(text) IS
    'The code_hash under which the current company''s coupon with this code is stored: HMAC-SHA-256 of company and code. For staff who look a code up. Errors: invalid_text_representation for a malformed code';

-- A trigger of coupons.
CREATE FUNCTION rewards.guard_coupon_update() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_coupon_update';
COMMENT ON FUNCTION rewards.guard_coupon_update() IS
    'Trigger: lets a coupon take the steps that coupons can take (issued or held, then redeemed, revoked or expired; expired, then revoked), each with its columns, and nothing else change but expires_at while it is open and metadata. What the UPDATE does not say is filled in: who redeemed or revoked it and when, the end of a hold, updated_at';
