CREATE FUNCTION rewards.begin_coupon_batch(
    template_id uuid, quantity integer, label text, expires_at timestamptz DEFAULT NULL,
    OUT outcome text, OUT batch_id uuid, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_begin_coupon_batch';
COMMENT ON FUNCTION rewards.begin_coupon_batch(uuid, integer, text, timestamptz) IS
    'Begins a batch of bearer coupons, whose holder nobody knows: 1 to 100000000 of them, at the value that the template has now, whether or not members can redeem it. expires_at: null is as the template says. The same label, template and quantity again give the same batch, replayed. Outcome: begun, template_not_found, ended (its coupons would have expired), out_of_stock (the template has not so many left: none is taken), label_taken. Errors: invalid_parameter_value, object_not_in_prerequisite_state for a template with vendor codes, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.issue_coupon_batch(
    batch_id uuid, max_codes integer DEFAULT 100000,
    OUT outcome text, OUT issued bigint, OUT remaining bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_issue_coupon_batch';
COMMENT ON FUNCTION rewards.issue_coupon_batch(uuid, integer) IS
    'Issues the next coupons of a batch, in the order of their numbers: call it, a transaction each time, until none remain. What was interrupted goes on behind the last commit. coupon_batches says how far a batch is, and pg_stat_activity how far a call (application_name). max_codes: 1 to 1000000. Outcome: issued, batch_not_found, batch_revoked. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';
