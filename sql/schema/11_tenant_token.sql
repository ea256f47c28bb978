-- Which keys make and check company tokens. Of the whole database: no company owns one, and functions alone write.
-- A number and a slot of the key file, and nothing secret.
CREATE TABLE rewards.token_keys (
    key_id     integer     PRIMARY KEY,
    slot       smallint    NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    retired_at timestamptz,
    retired_by text,
    CONSTRAINT token_keys_sound CHECK (
        key_id > 0
        AND slot BETWEEN 0 AND 31
        AND (retired_at IS NULL) = (retired_by IS NULL))
);
COMMENT ON TABLE rewards.token_keys IS 'Keys of company tokens: the newest that is not retired makes new ones, and the tokens of all that are not retired are accepted. See rotate_token_key() and retire_token_key()';
COMMENT ON COLUMN rewards.token_keys.key_id IS 'What a token names its key by; never used again';
COMMENT ON COLUMN rewards.token_keys.slot IS 'Slot of the key file (rewards.key_file) that the key is derived from';
COMMENT ON COLUMN rewards.token_keys.created_at IS 'When the key was made';
COMMENT ON COLUMN rewards.token_keys.created_by IS 'Who made it: actor of the company context, or the database role';
COMMENT ON COLUMN rewards.token_keys.retired_at IS 'Since when none of its tokens is accepted; there is no way back';
COMMENT ON COLUMN rewards.token_keys.retired_by IS 'Who retired it; null: nobody has';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.token_keys
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.token_keys
    FOR EACH ROW WHEN (OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR OLD.key_id <> NEW.key_id
                       OR OLD.slot <> NEW.slot OR OLD.created_at <> NEW.created_at OR OLD.created_by <> NEW.created_by)
    EXECUTE FUNCTION rewards.refuse_write('A key can be retired, once, and nothing else.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_token_key() makes keys.');
CREATE TRIGGER token_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_change;
