-- What staff and maintenance did, beyond what the books themselves say. Only grows.
CREATE TABLE rewards.audit_log (
    id         uuid        NOT NULL DEFAULT rewards.uuidv7(),
    company_id uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    user_id    uuid,
    action     text        NOT NULL,
    table_name text,
    actor      text        NOT NULL,
    old        jsonb,
    new        jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entry_hash bytea       NOT NULL,
    xid        bigint      NOT NULL,
    system_id  bigint      NOT NULL,
    PRIMARY KEY (company_id, id)  -- which is in the order of time
);
COMMENT ON TABLE rewards.audit_log IS 'Who did what in a company, with what it was before and after; append-only';
COMMENT ON COLUMN rewards.audit_log.id IS 'Time-ordered identifier (UUID version 7) of the row';
COMMENT ON COLUMN rewards.audit_log.company_id IS 'The company that it was about; zeroes for all of them: defaults, and cross-company access. Only cross-company access sees those';
COMMENT ON COLUMN rewards.audit_log.user_id IS 'The member whose account it was about; null when it was about none';
COMMENT ON COLUMN rewards.audit_log.action IS 'What was done: the name of a function, or INSERT, UPDATE or DELETE for a row that SQL changed (audit_changes())';
COMMENT ON COLUMN rewards.audit_log.table_name IS 'The table of a row that SQL changed, with its schema, quoted where SQL needs it; null for what functions record';
COMMENT ON COLUMN rewards.audit_log.actor IS 'Actor of the company context or, without one, the role that logged in';
COMMENT ON COLUMN rewards.audit_log.old IS 'What it was before, as a JSON object; null: there was nothing';
COMMENT ON COLUMN rewards.audit_log.new IS 'What it is since, as a JSON object; null: nothing is left, or nothing to tell';
COMMENT ON COLUMN rewards.audit_log.created_at IS 'When the server recorded it';
COMMENT ON COLUMN rewards.audit_log.entry_hash IS 'SHA-256 of the columns before it: see audit_entry_hash()';
COMMENT ON COLUMN rewards.audit_log.xid IS 'Transaction that wrote the row, on the server of system_id: the blocks of seal_ledger() go by it';
COMMENT ON COLUMN rewards.audit_log.system_id IS 'Identifier of the server (pg_control_system) that wrote the row';

CREATE INDEX audit_log_of_user ON rewards.audit_log (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_xid ON rewards.audit_log USING brin (system_id, xid) WITH (autosummarize = on);

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.audit_log
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What is done is recorded by those who do it.');
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.audit_log
    USING (company_id = rewards.get_back_end_company_id());
-- Who sets the defaults has a context of that company, and reads no more for it than others.
CREATE POLICY all_companies ON rewards.audit_log AS RESTRICTIVE
    USING (company_id <> '00000000-0000-0000-0000-000000000000' OR rewards.crosses_companies());
