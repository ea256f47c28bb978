CREATE FUNCTION rewards.redeem_coupon(
    user_id uuid, template_id uuid, nonce text,
    OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamptz,
    OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_redeem_coupon';
COMMENT ON FUNCTION rewards.redeem_coupon(uuid, uuid, text) IS
    'Turns points into a coupon. Outcome: redeemed, nonce_conflict, disabled (company_settings), template_not_found, template_inactive, ended, not_started, out_of_stock, limit_reached, rate_limited, insufficient_points; retry_after: after how many seconds one may succeed, null where waiting does not help. The same nonce and template again give the same coupon and code, replayed. The code is derived, never stored; that of a vendor is null here: see reveal_vendor_code(). Errors: invalid_parameter_value, insufficient_privilege for another member, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.redeem_coupons(
    user_id uuid, template_ids uuid[], nonce text,
    OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text,
    OUT expires_at timestamptz, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'rewards_redeem_coupons';
COMMENT ON FUNCTION rewards.redeem_coupons(uuid, uuid[], text) IS
    'redeem_coupon() for 1 to 100 templates under one nonce, all or none: one row for each, in their order; a template may be there several times. When one of them is refused, its row has the reason and the others not_redeemed; nonce_conflict and disabled are in every row. Errors: as redeem_coupon()';

CREATE FUNCTION rewards.hash_coupon_code(code text) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_hash_coupon_code';
COMMENT ON FUNCTION rewards.hash_coupon_code(text) IS
    'The code_hash under which the current company''s coupon with this code is stored: HMAC-SHA-256 of company and code. For staff who look a code up. Errors: invalid_text_representation for a malformed code';

-- A trigger of coupons.
CREATE FUNCTION rewards.guard_coupon_update() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_coupon_update';
COMMENT ON FUNCTION rewards.guard_coupon_update() IS
    'Trigger: lets a coupon take the steps that coupons can take (issued or held, then redeemed, revoked or expired; expired, then revoked), each with its columns, and nothing else change but expires_at while it is open and metadata. What the UPDATE does not say is filled in: who redeemed or revoked it and when, the end of a hold, updated_at';
