-- Which keys of the key file this database's coupons and tokens were made with, so that a wrong or lost file is noticed
-- before anything is issued under it, and what each is still good for. Of the whole database: no company owns one, and
-- functions alone write. Fingerprints only.
CREATE TABLE rewards.master_keys (
    slot          smallint    PRIMARY KEY,
    kind          text        NOT NULL DEFAULT 'derived',
    state         text        NOT NULL,
    fingerprint   bytea       NOT NULL,
    layer_slot    smallint,
    layer_next    uuid,
    created_at    timestamptz NOT NULL,
    created_by    text        NOT NULL,
    retired_at    timestamptz,
    retired_by    text,
    CONSTRAINT master_keys_sound CHECK (
        kind IN ('derived', 'legacy')
        AND slot BETWEEN 0 AND 31
        AND state IN ('issuing', 'verify_only', 'retired')
        AND octet_length(fingerprint) = 16
        AND layer_slot BETWEEN 0 AND 31 AND layer_slot <> slot
        AND (state <> 'issuing' OR kind = 'derived' AND layer_slot IS NULL)
        AND (kind = 'derived' OR layer_slot IS NOT NULL)
        AND (state = 'retired') = (retired_at IS NOT NULL)
        AND (retired_at IS NULL) = (retired_by IS NULL))
);
COMMENT ON TABLE rewards.master_keys IS 'The keys that this database has used, for coupons or tokens: fingerprints; the keys themselves are in the file rewards.key_file. See rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key()';
COMMENT ON COLUMN rewards.master_keys.slot IS 'Where in the key file the key is; never used again for another';
COMMENT ON COLUMN rewards.master_keys.kind IS 'derived: a master key of ours; legacy: the secret of a programme that issued codes before';
COMMENT ON COLUMN rewards.master_keys.state IS 'issuing (one: makes new codes and tokens), verify_only (older codes and tokens stay good) or retired (nothing needs it, and its line may go from the file)';
COMMENT ON COLUMN rewards.master_keys.fingerprint IS 'Tells keys apart and tells nothing about them; of a legacy secret two bytes and zeroes, because a secret that can be guessed could be tried against more';
COMMENT ON COLUMN rewards.master_keys.layer_slot IS 'The slot whose key is laid over code_hash of coupons of this one: see relayer_coupon_key(); null: none';
COMMENT ON COLUMN rewards.master_keys.layer_next IS 'The coupon that relayer_coupon_key() goes on with; null: not begun, or through';
COMMENT ON COLUMN rewards.master_keys.created_at IS 'When this database first used the key';
COMMENT ON COLUMN rewards.master_keys.created_by IS 'Actor of the company context, or the database role, that first used it';
COMMENT ON COLUMN rewards.master_keys.retired_at IS 'When it was retired; null: it is not';
COMMENT ON COLUMN rewards.master_keys.retired_by IS 'Who retired it';

CREATE UNIQUE INDEX master_keys_issuing ON rewards.master_keys (state) WHERE state = 'issuing';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key() change keys; they stay on record.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.master_keys
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_coupon_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.master_keys
    FOR EACH ROW WHEN (OLD.state = 'retired' OR OLD.slot <> NEW.slot OR OLD.kind <> NEW.kind OR OLD.fingerprint <> NEW.fingerprint
                       OR OLD.layer_slot <> NEW.layer_slot OR OLD.layer_slot IS NOT NULL AND NEW.layer_slot IS NULL
                       OR OLD.created_at <> NEW.created_at OR OLD.created_by <> NEW.created_by)
    EXECUTE FUNCTION rewards.refuse_write('A key can be laid over, once, and be retired, once; it stays what it is.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key() adds keys.');
CREATE TRIGGER master_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_change;
