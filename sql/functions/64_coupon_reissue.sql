CREATE FUNCTION rewards.reissue_coupon_code(
    coupon_id uuid, reason text,
    OUT outcome text, OUT coupon_code text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_reissue_coupon_code';
COMMENT ON FUNCTION rewards.reissue_coupon_code(uuid, text) IS
    'Gives a coupon another code, under the newest key; with the commit the old one is dead. Outcome: reissued, already_claimed, already_revoked, already_expired, coupon_held, vendor_code, coupon_not_found. Each call makes another code: after a lost answer, the nonce of redeem_coupon() gives the newest. reason: at most 1,000 bytes, for the audit row, which has no code. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';
