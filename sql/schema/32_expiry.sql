-- Earned points with a date of expiry that are not spent yet. What of a balance is in no lot never expires.
CREATE TABLE rewards.point_lots (
    user_id    uuid        NOT NULL,
    company_id uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    expires_at timestamptz NOT NULL,
    event_id   uuid        NOT NULL,
    remaining  bigint      NOT NULL CHECK (remaining > 0),
    PRIMARY KEY (user_id, company_id, expires_at, event_id)
);
COMMENT ON TABLE rewards.point_lots IS 'Points that expire and are not spent: one row for each event that earned some. Those that expire soonest are spent first';
COMMENT ON COLUMN rewards.point_lots.user_id IS 'Member whose points they are';
COMMENT ON COLUMN rewards.point_lots.company_id IS 'Company in which the member has them';
COMMENT ON COLUMN rewards.point_lots.expires_at IS 'When they expire';
COMMENT ON COLUMN rewards.point_lots.event_id IS 'The event that earned them';
COMMENT ON COLUMN rewards.point_lots.remaining IS 'What is left of them, in points';

CREATE TABLE rewards.point_lot_uses (
    user_id      uuid        NOT NULL,
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_id     uuid        NOT NULL,
    lot_event_id uuid        NOT NULL,
    expires_at   timestamptz NOT NULL,
    points       bigint      NOT NULL CHECK (points > 0),
    PRIMARY KEY (user_id, company_id, event_id, lot_event_id, expires_at)
);
COMMENT ON TABLE rewards.point_lot_uses IS 'Which expiring points an event spent, so that a refund can give them back with their date';
COMMENT ON COLUMN rewards.point_lot_uses.user_id IS 'Member whose points they were';
COMMENT ON COLUMN rewards.point_lot_uses.company_id IS 'Company in which the member had them';
COMMENT ON COLUMN rewards.point_lot_uses.event_id IS 'The event that spent them';
COMMENT ON COLUMN rewards.point_lot_uses.lot_event_id IS 'The event that had earned them';
COMMENT ON COLUMN rewards.point_lot_uses.expires_at IS 'When they would have expired';
COMMENT ON COLUMN rewards.point_lot_uses.points IS 'How many of them were spent, in points';

CREATE INDEX user_points_cache_expiry ON rewards.user_points_cache (company_id, next_expiry) WHERE next_expiry IS NOT NULL;

CREATE VIEW rewards.points_liability WITH (security_invoker = true) AS
    SELECT company_id, date_trunc('month', expires_at, 'UTC') AS expiry_month, sum(remaining)::bigint AS points,
           count(DISTINCT user_id) AS accounts
      FROM rewards.point_lots GROUP BY company_id, date_trunc('month', expires_at, 'UTC')
    UNION ALL
    SELECT company_id, NULL, sum(available_points - expiring_points)::bigint, count(*)
      FROM rewards.user_points_cache WHERE available_points > expiring_points GROUP BY company_id;
COMMENT ON VIEW rewards.points_liability IS 'Points that members hold, by the UTC month in which they expire; a null month: never';

-- A subscriber gets the rows by COPY: INSERT is refused to everybody but replication.
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lots
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.point_lots
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lot_uses
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.point_lot_uses
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.point_lot_uses
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events, and never changes.');
ALTER TABLE rewards.point_lots ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.point_lots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.point_lots
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.point_lots AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());

ALTER TABLE rewards.point_lot_uses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.point_lot_uses
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.point_lot_uses AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
