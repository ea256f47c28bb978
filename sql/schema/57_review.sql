-- Approvals of events that need two people; see company_settings.review_four_eyes_points.
CREATE TABLE rewards.event_approvals (
    user_id     uuid        NOT NULL,
    company_id  uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_id    uuid        NOT NULL,
    approved_by text        NOT NULL,
    approved_at timestamptz NOT NULL,
    note        text,
    PRIMARY KEY (user_id, company_id, event_id, approved_by, approved_at)
);
COMMENT ON TABLE rewards.event_approvals IS 'First approvals of events whose points need a second person. They hold until the status of the event changes: after a flag it takes two again';
COMMENT ON COLUMN rewards.event_approvals.user_id IS 'Member whose event it is';
COMMENT ON COLUMN rewards.event_approvals.company_id IS 'Company in which it waits';
COMMENT ON COLUMN rewards.event_approvals.event_id IS 'The event that waits for the second person';
COMMENT ON COLUMN rewards.event_approvals.approved_by IS 'Who approved first';
COMMENT ON COLUMN rewards.event_approvals.approved_at IS 'When';
COMMENT ON COLUMN rewards.event_approvals.note IS 'Why, in that person''s words';

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.event_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.event_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.event_approvals
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.event_approvals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.event_approvals
    USING (company_id = rewards.get_back_end_company_id());

CREATE VIEW rewards.review_queue WITH (security_invoker = true) AS
    SELECT e.id AS event_id, e.user_id, e.company_id, e.event_type, e.event_time, e.points_delta AS points,
           e.validation_status AS status, e.trust_score, e.created_at, clock_timestamp() - e.created_at AS age,
           a.approved_by AS first_approval_by,
           (SELECT count(*) FROM rewards.fraud_insights i
             WHERE i.user_id = e.user_id AND i.company_id = e.company_id AND NOT i.resolved) AS open_insights
      FROM rewards.points_events e
      LEFT JOIN rewards.event_approvals a ON a.user_id = e.user_id AND a.company_id = e.company_id AND a.event_id = e.id
       AND (a.approved_at > e.validated_at OR e.validated_at IS NULL)
     WHERE e.validation_status IN ('pending_review', 'flagged')
     ORDER BY abs(e.points_delta) DESC, e.created_at;
COMMENT ON VIEW rewards.review_queue IS 'Events that wait for a person, those with the most points at stake first, then the oldest; see review_points_event()';
