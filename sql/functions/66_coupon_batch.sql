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

CREATE FUNCTION rewards.coupon_batch_codes(
    batch_id uuid, after_number integer DEFAULT 0, max_codes integer DEFAULT 100000)
    RETURNS TABLE (number integer, coupon_id uuid, coupon_code text, expires_at timestamptz)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_coupon_batch_codes';
COMMENT ON FUNCTION rewards.coupon_batch_codes(uuid, integer, integer) IS
    'The codes of a batch''s coupons that can still be used (issued or held), of the max_codes (1 to 1000000) numbers after after_number: COPY (SELECT * FROM rewards.coupon_batch_codes(...)) TO STDOUT. Again with the same arguments it gives the same codes. They are derived, and kept in memory only: an ORDER BY of many, or a table, would write them to disk. Recorded in audit_log. Errors: undefined_object for a batch that the company does not have, invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.revoke_coupon_batch(
    batch_id uuid, reason text, max_coupons integer DEFAULT 100000,
    OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_revoke_coupon_batch';
COMMENT ON FUNCTION rewards.revoke_coupon_batch(uuid, text, integer) IS
    'Revokes a batch: nothing more of it is issued from the first call on, and each call revokes its next coupons, in the order of their numbers; call it, a transaction each time, until none remain. What has been claimed stays so (claimed says how many of those looked at). The reason (1 to 1000 bytes) of the first call is that of all, and recorded in audit_log. max_coupons: 1 to 1000000. Outcome: revoked, batch_not_found. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
