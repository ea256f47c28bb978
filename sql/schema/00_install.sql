-- The version of the data, as opposed to the version of the code. One row; code refuses to write
-- when it does not know this version.
CREATE TABLE rewards.data_version (
    singleton  boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    version    integer     NOT NULL CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE rewards.data_version IS 'Version of the pg_rewards tables in this database; written by install() and migrate()';
COMMENT ON COLUMN rewards.data_version.singleton IS 'Always true: there is one row';
COMMENT ON COLUMN rewards.data_version.version IS 'Version of the tables; the code works with this one, or asks for migrate() or for an update';
COMMENT ON COLUMN rewards.data_version.changed_at IS 'When install() or migrate() brought the tables to it';

-- Every backend remembers that it has checked the version; a change makes all of them look again.
CREATE TRIGGER data_version_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.data_version
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();

-- The version of these files, whatever the library can do.
INSERT INTO rewards.data_version (version) VALUES (2);
