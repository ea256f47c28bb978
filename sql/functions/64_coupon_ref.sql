CREATE FUNCTION rewards.coupon_public_ref(coupon_id uuid) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_coupon_public_ref';
COMMENT ON FUNCTION rewards.coupon_public_ref(uuid) IS
    'What a coupon is called in a support call, where nobody should read out its code: 12 symbols in three groups, the last a check. It follows from the id alone, tells when the coupon was issued, and claims nothing: codes have 16 or 20 symbols';

CREATE FUNCTION rewards.find_coupon_by_ref(ref text)
    RETURNS TABLE (
        coupon_id uuid, issued_to uuid, template_id uuid, status text, coupon_value numeric, coupon_value_type text,
        issued_at timestamptz, issued_points_cost bigint, expires_at timestamptz, held_until timestamptz,
        redeemed_at timestamptz, redeemed_by text, revoked_at timestamptz, revoke_reason text, refunded_at timestamptz)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', 'rewards_find_coupon_by_ref';
COMMENT ON FUNCTION rewards.find_coupon_by_ref(text) IS
    'The company''s coupons with this reference (coupon_public_ref()), as forgiving of how it is typed as codes are: one, or none, or, when several were issued within a millisecond, now and then more. Found in the index of ids. Errors: invalid_text_representation for a reference with a typing error, insufficient_privilege for role user, invalid_authorization_specification without a context';
