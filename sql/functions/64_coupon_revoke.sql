CREATE FUNCTION rewards.revoke_coupon(
    coupon_id uuid, reason text, refund boolean DEFAULT false,
    OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_revoke_coupon';
COMMENT ON FUNCTION rewards.revoke_coupon(uuid, text, boolean) IS
    'Takes a coupon back, one that has expired too; with refund its points return, once, to the lots that they came from. Outcome: revoked, refunded (it was revoked before, and its points return now), already_revoked, already_refunded, already_claimed, coupon_not_found. points_refunded and refund_event_id are those of the coupon''s refund, also when that was made before: whoever lost an answer asks again. A coupon of a batch has no user_id and no balance, and nothing to refund. reason: at most 1,000 bytes, kept with the coupon, the event and the audit row. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
