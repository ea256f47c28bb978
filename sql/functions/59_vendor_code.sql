CREATE FUNCTION rewards.import_vendor_codes(
    template_id uuid, codes text[], label text DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
    OUT ordinal integer, OUT outcome text, OUT batch_id uuid)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_import_vendor_codes';
COMMENT ON FUNCTION rewards.import_vendor_codes(uuid, text[], text, timestamptz) IS
    'Imports 1 to 1,000,000 codes of a vendor for a template as one batch, and says of each, in their order, what became of it: imported, duplicate (the company has it already, be it handed out or withdrawn), duplicate_in_import, blank (or null), too_long (more than 255 bytes). Blanks around a code are left out; upper and lower case differ. Each is stored encrypted, and handed out while the template has vendor_codes. expires_at: until when the vendor accepts them; null: for ever. Imports of one company come one after the other. Pass the codes as a bound parameter, or the server''s log may have them. Recorded in audit_log, without the codes. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.reveal_vendor_code(
    coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamptz)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_reveal_vendor_code';
COMMENT ON FUNCTION rewards.reveal_vendor_code(uuid) IS
    'The vendor''s code of a coupon, for its holder or the back end. Outcome: revealed (also when it was before: revealed_at is the first time), coupon_not_found (or of another member), no_vendor_code (it has one of ours), already_revoked, already_expired, shredded. A code that was revealed is never handed out to anybody else, even if the coupon is revoked. Recorded in audit_log each time, without the code. Errors: invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file, data_corrupted when the code is not what was imported';

CREATE FUNCTION rewards.shred_vendor_batch(
    batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_shred_vendor_batch';
COMMENT ON FUNCTION rewards.shred_vendor_batch(uuid, text) IS
    'Erases the key of a batch of vendor codes: nobody can read them any more, with the key file neither. What was available is withdrawn. unseen: coupons whose holders have not looked at their code, and cannot any more: revoke them, with a refund. Backups and WAL from before have the wrapped key until they are gone. Outcome: shredded, already_shredded, batch_not_found. reason: 1 to 1,000 bytes. Waits for whoever is redeeming or revealing a code of the batch. Recorded in audit_log. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';

-- A row trigger: whoever revokes a coupon, a DBA too, gives its code back.
CREATE FUNCTION rewards.return_vendor_code() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_return_vendor_code';
COMMENT ON FUNCTION rewards.return_vendor_code() IS
    'Trigger: puts the vendor code of a revoked coupon back, to be handed out again; one that somebody has seen is withdrawn';
