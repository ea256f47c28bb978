-- Each view lists what contradicts one rule, in a sentence; its comment is the rule. All of them are empty when the
-- books are right.

-- Here: the books in themselves.

CREATE VIEW model.wrong_balance AS
SELECT format('account %s of %s has (%s, %s, %s, %s), and its entries make (%s, %s, %s, %s)', a.user_id, a.company_id,
              available_points, pending_points, lifetime_earned, lifetime_spent, sum_available, sum_pending, sum_earned, sum_spent) AS found
  FROM rewards.user_points_cache a
  FULL JOIN (SELECT DISTINCT ON (user_id, company_id) * FROM model.entry ORDER BY user_id, company_id, version DESC) e USING (user_id, company_id)
 WHERE (available_points, pending_points, lifetime_earned, lifetime_spent, a.version, updated_at >= recorded_at)
       IS DISTINCT FROM (coalesce(sum_available, 0), coalesce(sum_pending, 0), coalesce(sum_earned, 0), coalesce(sum_spent, 0), coalesce(e.version, 0),
                         CASE WHEN e.version IS NOT NULL THEN true END);
COMMENT ON VIEW model.wrong_balance IS 'every balance is the sum of the entries, and has their number';

CREATE VIEW model.wrong_sum AS
SELECT format('account %s of %s has %s available points, and its events make %s', user_id, company_id, available_points, available) AS found
  FROM rewards.user_points_cache
  FULL JOIN (SELECT user_id, company_id, sum(points_delta) FILTER (WHERE validation_status = 'validated') AS available
               FROM rewards.points_events GROUP BY user_id, company_id) e USING (user_id, company_id)
 WHERE coalesce(available, 0) IS DISTINCT FROM available_points;
COMMENT ON VIEW model.wrong_sum IS 'available points are the sum of the validated events';

-- A statement that writes several events of an account is right at its end.
CREATE VIEW model.wrong_negative AS
SELECT format('account %s of %s has %s points after version %s', user_id, company_id, sum_available, version) AS found
  FROM model.entry
 WHERE sum_available < 0 OR balance_after < 0;
COMMENT ON VIEW model.wrong_negative IS 'no balance was ever below zero';

CREATE VIEW model.wrong_number AS
SELECT format('version %s of account %s of %s is entry %s', version, user_id, company_id, place) AS found
  FROM model.entry WHERE version <> place;
COMMENT ON VIEW model.wrong_number IS 'entries are numbered without gaps';

CREATE VIEW model.wrong_running_balance AS
SELECT format('version %s of account %s of %s says %s points after it, and they are %s', version, user_id, company_id, balance_after, sum_available) AS found
  FROM model.entry WHERE balance_after <> sum_available;
COMMENT ON VIEW model.wrong_running_balance IS 'every entry has the balance after it';

CREATE VIEW model.wrong_time AS
SELECT format('version %s of account %s of %s was recorded before the one before it', version, user_id, company_id) AS found
  FROM model.entry WHERE recorded_at < recorded_before
UNION ALL
SELECT format('event %s has the id of another time or place', event_id)
  FROM (SELECT *, lag(event_id) OVER account AS id_before, lag(recorded_at) OVER account AS time_before
          FROM model.entry WHERE by_function WINDOW account AS (PARTITION BY user_id, company_id ORDER BY version)) e
 WHERE event_id <= id_before OR recorded_at <= time_before
    OR ('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint <> floor(extract(epoch FROM recorded_at) * 1000);
COMMENT ON VIEW model.wrong_time IS 'the clock of an account never goes back, and ids follow it';

CREATE VIEW model.wrong_status AS
SELECT format('event %s went from %s to %s, after it was %s', event_id, old_status, new_status, status_before) AS found
  FROM (SELECT *, lag(new_status) OVER event AS status_before, lag(new_validated_by) OVER event AS by_before,
               lag(new_validated_at) OVER event AS at_before, lag(new_notes) OVER event AS notes_before
          FROM rewards.ledger_entries WHERE kind = 'status' WINDOW event AS (PARTITION BY user_id, event_id ORDER BY version)) c
 WHERE status_before IS NOT NULL
       AND (status_before, by_before, at_before, notes_before) IS DISTINCT FROM (old_status, old_validated_by, old_validated_at, old_notes)
    OR old_status IN ('validated', 'rejected') OR old_status = new_status
UNION ALL
SELECT format('event %s is %s by %s, and its last entry says otherwise', e.id, validation_status, validated_by)
  FROM rewards.points_events e
  JOIN (SELECT DISTINCT ON (user_id, event_id) * FROM rewards.ledger_entries WHERE kind = 'status' ORDER BY user_id, event_id, version DESC) c
    ON (c.user_id, c.event_id) = (e.user_id, e.id)
 WHERE (validation_status, validated_by, validated_at, validation_notes) IS DISTINCT FROM (new_status, new_validated_by, new_validated_at, new_notes);
COMMENT ON VIEW model.wrong_status IS 'every change of a status has its entry, which follows the one before it';

CREATE VIEW model.wrong_event AS
SELECT format('event %s has %s entries of its own', e.id, count(w.version)) AS found
  FROM rewards.points_events e
  LEFT JOIN model.entry w ON (w.user_id, w.company_id, w.event_id, w.kind) = (e.user_id, e.company_id, e.id, 'event')
 GROUP BY e.user_id, e.id HAVING count(w.version) <> 1
UNION ALL
SELECT format('entry %s of account %s of %s is about no event', l.version, l.user_id, l.company_id)
  FROM rewards.ledger_entries l
 WHERE NOT EXISTS (SELECT FROM rewards.points_events e WHERE (e.user_id, e.company_id, e.id) = (l.user_id, l.company_id, l.event_id));
COMMENT ON VIEW model.wrong_event IS 'every event has one entry, whichever way it came in';

CREATE VIEW model.wrong_chain AS
SELECT format('version %s of account %s of %s has not the hash of its content', w.version, w.user_id, w.company_id) AS found
  FROM model.entry w
  JOIN rewards.points_events e ON (e.user_id, e.id) = (w.user_id, w.event_id)
  LEFT JOIN rewards.ledger_entries c ON w.kind = 'status' AND (c.user_id, c.company_id, c.version) = (w.user_id, w.company_id, w.version)
  LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f WHERE f.user_id = w.user_id AND f.event_id = w.event_id AND f.kind = 'status'
                      ORDER BY version LIMIT 1) f ON w.kind = 'event'
 WHERE w.entry_hash IS DISTINCT FROM
       CASE w.kind WHEN 'event' THEN rewards.event_entry_hash(w.hash_before, w.version, w.recorded_at, w.balance_after, e, f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                   ELSE rewards.status_entry_hash(w.hash_before, c) END
UNION ALL
SELECT format('account %s of %s has not the hash of its last entry', a.user_id, a.company_id)
  FROM rewards.user_points_cache a
  LEFT JOIN model.entry w ON (w.user_id, w.company_id, w.version) = (a.user_id, a.company_id, a.version)
 WHERE a.chain_head IS DISTINCT FROM w.entry_hash;
COMMENT ON VIEW model.wrong_chain IS 'the chain of every account recomputes';

CREATE VIEW model.wrong_counter AS
SELECT format('account %s of %s counts %s events submitted and %s rejected, and has %s and %s', a.user_id, a.company_id,
              submitted_events, rejected_events, count(s.event_id), rejected) AS found
  FROM rewards.user_points_cache a
  LEFT JOIN model.submission s USING (user_id, company_id)
  CROSS JOIN LATERAL (SELECT count(*) AS rejected FROM model.submission r
                       WHERE (r.user_id, r.company_id) = (a.user_id, a.company_id) AND r.rejected_version < 9223372036854775807) r
 GROUP BY a.user_id, a.company_id, rejected
HAVING (submitted_events, rejected_events) IS DISTINCT FROM (count(s.event_id), rejected)
UNION ALL
SELECT format('account %s of %s counts %s events of an hour, and had %s in this one', a.user_id, a.company_id, hour_events + past_hour_events, count(*))
  FROM rewards.user_points_cache a JOIN model.submission s USING (user_id, company_id)
 WHERE s.recorded_at > a.last_submitted_at - interval '1 hour'
 GROUP BY a.user_id, a.company_id HAVING hour_events + past_hour_events < count(*)
UNION ALL
SELECT format('device %s of account %s is not what it submitted from', device_id, user_id)
  FROM rewards.account_devices d
  FULL JOIN (SELECT DISTINCT user_id, company_id, device_id FROM rewards.points_events WHERE trust_score IS NOT NULL AND device_id IS NOT NULL) e
      USING (user_id, company_id, device_id)
 WHERE d.first_seen_at IS NULL OR NOT EXISTS (SELECT FROM rewards.points_events p WHERE (p.user_id, p.company_id, p.device_id) = (user_id, company_id, device_id));
COMMENT ON VIEW model.wrong_counter IS 'what accounts count agrees with their events';

-- Points that expire

CREATE VIEW model.wrong_lot AS
SELECT format('%s points of event %s expire at %s, and it should be %s', a.remaining, event_id, expires_at, m.remaining) AS found
  FROM rewards.point_lots a FULL JOIN model.lot m USING (user_id, company_id, expires_at, event_id)
 WHERE a.remaining IS DISTINCT FROM m.remaining
UNION ALL
SELECT format('event %s spent %s points of %s, and it should be %s', event_id, a.points, lot_event_id, m.points)
  FROM rewards.point_lot_uses a FULL JOIN model.lot_use m USING (user_id, company_id, event_id, lot_event_id, expires_at)
 WHERE a.points IS DISTINCT FROM m.points
UNION ALL
SELECT format('account %s of %s says that %s of its %s points expire, from %s on', a.user_id, a.company_id, expiring_points, available_points, next_expiry)
  FROM rewards.user_points_cache a LEFT JOIN model.lot l USING (user_id, company_id)
 GROUP BY a.user_id, a.company_id
HAVING (expiring_points, next_expiry) IS DISTINCT FROM (coalesce(sum(l.remaining), 0), min(l.expires_at)) OR expiring_points > available_points
UNION ALL
SELECT found FROM model.lot_finding;
COMMENT ON VIEW model.wrong_lot IS 'points that expire soonest are spent first, and expire when they are due';
