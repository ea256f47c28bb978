-- At the counter.
CREATE FUNCTION rewards.claim_coupon(
    code text, claimed_by text, proof jsonb DEFAULT NULL, claim_ref text DEFAULT NULL, device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text,
    OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_claim_coupon';
COMMENT ON FUNCTION rewards.claim_coupon(text, text, jsonb, text, text) IS
    'Uses a code at the counter, once. Outcome: claimed; malformed (a typing error, found without looking it up); not_redeemable (unknown, used, revoked, expired, held by somebody else, a vendor''s, or of another company: deliberately not told apart); disabled (company_settings.claim_enabled); try_later (too many codes that do not exist; retry_after in seconds). The same code, claimed_by and claim_ref again give the same answer, replayed; a claim_ref may serve several coupons. reason is the exact word, for role admin alone: unknown, already_claimed, revoked, expired, held, vendor_code, or the outcome. Errors: invalid_parameter_value, null_value_not_allowed, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.hold_coupon(
    code text, held_by text, hold_for interval DEFAULT '15 minutes', device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamptz,
    OUT replayed boolean, OUT reason text, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_hold_coupon';
COMMENT ON FUNCTION rewards.hold_coupon(text, text, interval, text) IS
    'Reserves a coupon for hold_for (at most 7 days, and never beyond expires_at), in which only held_by can claim it, as claimed_by. Outcome: held, or a refusal and its reason as in claim_coupon(). Held again by the same holder before held_until it is replayed, and the hold gets no shorter. A hold that is over needs no release. Errors: as in claim_coupon()';

CREATE FUNCTION rewards.release_coupon(
    code text, held_by text, device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_release_coupon';
COMMENT ON FUNCTION rewards.release_coupon(text, text, text) IS
    'Ends a hold of held_by. Outcome: released, replayed when nobody held the coupon any more; or a refusal and its reason as in claim_coupon(), not_redeemable if somebody else holds it. Errors: as in claim_coupon()';
