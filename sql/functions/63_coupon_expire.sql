CREATE FUNCTION rewards.mark_expired_coupons(
    max_coupons integer DEFAULT 1000, OUT expired bigint, OUT released bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_mark_expired_coupons';
COMMENT ON FUNCTION rewards.mark_expired_coupons(integer) IS
    'Brings the status of the company''s coupons up to date with time: those past expires_at are expired, the longest overdue first, and held ones whose hold is over are issued again. For a scheduler: at most max_coupons (1 to 100000) in a call, never waits for a lock, and leaves coupons that others hold (skipped) for the next time. Claims do not depend on it. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
