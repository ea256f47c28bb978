-- The model: what the entries of each account add up to, from the rows of the ledger alone. It knows nothing of
-- balances that we keep, and calls none of our functions.

-- The status that an event came with is that before its first change.
CREATE MATERIALIZED VIEW model.entry AS
WITH written AS (
    SELECT user_id, company_id, version, id AS event_id, 'event' AS kind, created_at AS recorded_at, balance_after, entry_hash, xid, true AS by_function
      FROM rewards.points_events WHERE version IS NOT NULL
    UNION ALL
    SELECT user_id, company_id, version, event_id, kind, recorded_at, balance_after, entry_hash, xid, false FROM rewards.ledger_entries
), first_change AS (
    SELECT DISTINCT ON (user_id, event_id) user_id, event_id, old_status
      FROM rewards.ledger_entries WHERE kind = 'status' ORDER BY user_id, event_id, version
), moved AS (
    SELECT w.*, e.event_type, e.event_time, e.points_delta AS points, e.expires_at, e.nonce, e.trust_score, e.related_entity_id,
           s.old_status AS from_status,
           CASE w.kind WHEN 'event' THEN coalesce(f.old_status, e.validation_status) ELSE s.new_status END AS to_status
      FROM written w
      JOIN rewards.points_events e ON (e.user_id, e.company_id, e.id) = (w.user_id, w.company_id, w.event_id)
      LEFT JOIN first_change f ON (f.user_id, f.event_id) = (w.user_id, w.event_id)
      LEFT JOIN rewards.ledger_entries s ON w.kind = 'status' AND (s.user_id, s.company_id, s.version) = (w.user_id, w.company_id, w.version)
), effect AS (
    SELECT m.*, CASE WHEN to_status = 'validated' THEN points ELSE 0 END AS available,
           CASE WHEN to_status NOT IN ('validated', 'rejected') THEN points ELSE 0 END
           - CASE WHEN from_status NOT IN ('validated', 'rejected') THEN points ELSE 0 END AS pending
      FROM moved m
)
SELECT e.*,
       sum(available) OVER account AS sum_available,
       sum(pending) OVER account AS sum_pending,
       sum(greatest(available, 0)) OVER account AS sum_earned,
       -sum(least(available, 0)) OVER account AS sum_spent,
       row_number() OVER account AS place,
       lag(recorded_at) OVER account AS recorded_before,
       lead(recorded_at) OVER account AS recorded_next,
       lag(entry_hash) OVER account AS hash_before
  FROM effect e
WINDOW account AS (PARTITION BY user_id, company_id ORDER BY version);
CREATE INDEX ON model.entry (user_id, company_id, version);
CREATE INDEX ON model.entry (event_id);

-- Events that were submitted, and the entry that rejected them; 0: they came rejected.
CREATE MATERIALIZED VIEW model.submission AS
SELECT e.user_id, e.company_id, e.event_id, e.version, e.recorded_at, e.event_type, e.event_time, e.points, e.trust_score, e.to_status AS status,
       coalesce((SELECT CASE kind WHEN 'event' THEN 0 ELSE r.version END FROM model.entry r
                  WHERE r.event_id = e.event_id AND r.user_id = e.user_id AND r.to_status = 'rejected'), 9223372036854775807) AS rejected_version
  FROM model.entry e
 WHERE e.by_function AND e.trust_score IS NOT NULL;
CREATE INDEX ON model.submission (user_id, company_id, recorded_at);

-- Settings that hold
CREATE VIEW model.setting AS
SELECT c.id AS company_id, s.events_per_hour, s.points_per_hour, s.events_per_day, s.trust_validate_at, s.review_four_eyes_points,
       coalesce(s.refunded_points_live, usual.refunded_points_live) AS refunded_points_live
  FROM model.company c
  JOIN rewards.company_settings s ON s.company_id = c.id
  JOIN rewards.company_settings usual ON usual.company_id = '00000000-0000-0000-0000-000000000000';

-- Points that expire: entry after entry, those that expire soonest are spent first. What it notices goes to lot_finding.
CREATE TABLE model.lot (
    user_id uuid, company_id uuid, expires_at timestamptz, event_id uuid, remaining numeric, recorded_at timestamptz,
    PRIMARY KEY (user_id, company_id, expires_at, event_id)
);
CREATE TABLE model.lot_use (
    user_id uuid, company_id uuid, event_id uuid, lot_event_id uuid, expires_at timestamptz, points numeric
);
CREATE INDEX ON model.lot_use (event_id);
CREATE TABLE model.lot_finding (found text);

CREATE PROCEDURE model.add_lot(entry model.entry, event_id uuid, expires_at timestamptz, points numeric) LANGUAGE sql AS $$
    INSERT INTO model.lot VALUES (entry.user_id, entry.company_id, expires_at, event_id, points, entry.recorded_at)
    ON CONFLICT ON CONSTRAINT lot_pkey DO UPDATE SET remaining = lot.remaining + excluded.remaining;
$$;

CREATE PROCEDURE model.spend_lots(entry model.entry) LANGUAGE plpgsql AS $$
DECLARE
    lot model.lot;
    left_to_spend numeric := -entry.points;
BEGIN
    FOR lot IN SELECT * FROM model.lot l WHERE (l.user_id, l.company_id) = (entry.user_id, entry.company_id) ORDER BY l.expires_at, l.event_id LOOP
        EXIT WHEN left_to_spend = 0;
        INSERT INTO model.lot_use VALUES (entry.user_id, entry.company_id, entry.event_id, lot.event_id, lot.expires_at, least(left_to_spend, lot.remaining));
        IF lot.remaining <= left_to_spend THEN
            DELETE FROM model.lot l WHERE l = lot;
        ELSE
            UPDATE model.lot l SET remaining = l.remaining - left_to_spend WHERE l = lot;
        END IF;
        left_to_spend := left_to_spend - least(left_to_spend, lot.remaining);
    END LOOP;
END $$;

CREATE PROCEDURE model.expire_lot(entry model.entry) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM model.lot l
     WHERE (l.user_id, l.company_id, l.event_id, l.expires_at, l.remaining)
         = (entry.user_id, entry.company_id, entry.related_entity_id::uuid, entry.event_time, -entry.points);
    IF NOT FOUND THEN
        INSERT INTO model.lot_finding VALUES (format('%s expires what is not there', entry.event_id));
    ELSIF entry.event_time > entry.recorded_at THEN
        INSERT INTO model.lot_finding VALUES (format('%s expires points before their time', entry.event_id));
    END IF;
END $$;

CREATE PROCEDURE model.refund_lots(entry model.entry) LANGUAGE plpgsql AS $$
DECLARE
    spent model.lot_use;
    lives_until timestamptz := entry.recorded_at + (SELECT refunded_points_live FROM model.setting s WHERE s.company_id = entry.company_id);
BEGIN
    FOR spent IN SELECT * FROM model.lot_use u WHERE u.event_id = entry.related_entity_id::uuid AND u.user_id = entry.user_id LOOP
        CALL model.add_lot(entry, spent.lot_event_id, greatest(spent.expires_at, lives_until), spent.points);
    END LOOP;
END $$;

-- Whoever locks an account takes away what has expired before anything else is written; what one lock writes has
-- times that differ by microseconds.
CREATE PROCEDURE model.find_overdue(entry model.entry) LANGUAGE sql AS $$
    INSERT INTO model.lot_finding
    SELECT format('%s (version %s) finds points of %s that expired at %s', entry.event_id, entry.version, l.event_id, l.expires_at)
      FROM model.lot l
     WHERE (l.user_id, l.company_id) = (entry.user_id, entry.company_id)
       AND l.expires_at < entry.recorded_at - interval '1 ms' AND l.recorded_at < entry.recorded_at - interval '1 ms';
$$;

CREATE PROCEDURE model.replay_lots() LANGUAGE plpgsql AS $$
DECLARE
    entry model.entry;
BEGIN
    TRUNCATE model.lot, model.lot_use, model.lot_finding;
    FOR entry IN SELECT * FROM model.entry ORDER BY user_id, company_id, version LOOP
        IF entry.by_function AND entry.event_type = 'points_expiry' THEN
            CALL model.expire_lot(entry);
            CONTINUE;
        END IF;
        CALL model.find_overdue(entry);
        CONTINUE WHEN entry.available = 0;
        IF entry.points < 0 THEN
            CALL model.spend_lots(entry);
        ELSIF entry.by_function AND entry.event_type = 'refund' THEN
            CALL model.refund_lots(entry);
        ELSIF entry.expires_at IS NOT NULL THEN
            CALL model.add_lot(entry, entry.event_id, entry.expires_at, entry.points);
        END IF;
    END LOOP;
END $$;

CREATE PROCEDURE model.build() LANGUAGE plpgsql AS $$
BEGIN
    REFRESH MATERIALIZED VIEW model.entry;
    REFRESH MATERIALIZED VIEW model.submission;
    CALL model.replay_lots();
END $$;
