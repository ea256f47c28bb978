-- What staff and maintenance did, beyond what the books themselves say. Only grows.
CREATE TABLE rewards.audit_log (
    id         uuid        NOT NULL DEFAULT rewards.uuidv7(),
    company_id uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    user_id    uuid,
    action     text        NOT NULL,
    actor      text        NOT NULL,
    old        jsonb,
    new        jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (company_id, id)  -- which is in the order of time
);
COMMENT ON TABLE rewards.audit_log IS 'Who did what in a company, with what it was before and after; append-only';
COMMENT ON COLUMN rewards.audit_log.user_id IS 'The member whose account it was about; null when it was about none';
COMMENT ON COLUMN rewards.audit_log.actor IS 'Actor of the company context';

CREATE INDEX audit_log_of_user ON rewards.audit_log (user_id, id) WHERE user_id IS NOT NULL;

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.audit_log
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.audit_log
    USING (company_id = rewards.get_back_end_company_id());
