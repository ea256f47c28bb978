-- Points that expire: those that expire soonest are spent first, expiry is an event, a refund returns what was spent.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set company_a c0000000-0000-4000-8000-00000000320a
\set company_b c0000000-0000-4000-8000-00000000320b
\set member_1 a0000000-0000-4000-8000-000000003201
\set member_2 a0000000-0000-4000-8000-000000003202
\set member_3 a0000000-0000-4000-8000-000000003203
\set member_4 a0000000-0000-4000-8000-000000003204
\set member_5 a0000000-0000-4000-8000-000000003205
\set member_6 a0000000-0000-4000-8000-000000003206
\set template e0000000-0000-4000-8000-000000003201

-- What does not add up, of any account of these companies: to be empty at every point of this file.
CREATE VIEW amiss AS
    SELECT right(user_id::text, 4) AS account, 'balance' AS what FROM rewards.ledger_discrepancies WHERE right(company_id::text, 4) IN ('320a', '320b')
    UNION ALL
    SELECT right(a.user_id::text, 4), 'lots'
      FROM rewards.user_points_cache a
      LEFT JOIN (SELECT user_id, company_id, sum(remaining) AS points, min(expires_at) AS next
                   FROM rewards.point_lots GROUP BY user_id, company_id) l USING (user_id, company_id)
     WHERE right(a.company_id::text, 4) IN ('320a', '320b') AND ((a.expiring_points, a.next_expiry) IS DISTINCT FROM (coalesce(l.points, 0), l.next)
        OR a.expiring_points > a.available_points)
    UNION ALL
    SELECT right(l.user_id::text, 4), 'lot without account'
      FROM rewards.point_lots l LEFT JOIN rewards.user_points_cache a USING (user_id, company_id) WHERE a.version IS NULL
    UNION ALL
    SELECT right(u.user_id::text, 4), 'spent of lots more than spent'
      FROM rewards.point_lot_uses u JOIN rewards.points_events e ON e.user_id = u.user_id AND e.id = u.event_id
     WHERE right(u.company_id::text, 4) IN ('320a', '320b') GROUP BY u.user_id, e.id, e.points_delta HAVING sum(u.points) > -e.points_delta
    UNION ALL
    SELECT right(l.user_id::text, 4), 'chain'
      FROM (SELECT l.*, lag(l.entry_hash) OVER w AS previous, row_number() OVER w AS number
              FROM rewards.ledger l WHERE right(l.company_id::text, 4) IN ('320a', '320b') WINDOW w AS (PARTITION BY l.user_id, l.company_id ORDER BY l.version)) l
      JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
      LEFT JOIN rewards.ledger_entries x ON x.user_id = l.user_id AND x.company_id = l.company_id AND x.version = l.version
      LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f
                          WHERE f.user_id = l.user_id AND f.event_id = l.event_id AND f.kind = 'status'
                          ORDER BY f.version LIMIT 1) f ON true
     WHERE l.number <> l.version
        OR l.entry_hash IS DISTINCT FROM
           CASE l.kind WHEN 'event' THEN rewards.event_entry_hash(l.previous, l.version, l.recorded_at, l.balance_after, e,
                                             f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                       ELSE rewards.status_entry_hash(l.previous, x) END;

-- Points that somebody earned as an event of this name; they expire so long from now.
CREATE PROCEDURE earn(who uuid, name text, points bigint, live interval DEFAULT NULL, status text DEFAULT 'validated') LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
         VALUES (who, name, now(), points, status, clock_timestamp() + live)$$;
-- An account in a line: what is left of which event's points in the order in which they expire, and what never does.
CREATE FUNCTION account(who uuid, OUT available bigint, OUT pending bigint, OUT expiring bigint, OUT lots text) LANGUAGE sql
    AS $$SELECT available_points, pending_points, expiring_points,
                (SELECT string_agg(e.event_type || ' ' || l.remaining, ', ' ORDER BY l.expires_at, l.event_id)
                   FROM rewards.point_lots l JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
                  WHERE l.user_id = a.user_id AND l.company_id = a.company_id)
           FROM rewards.user_points_cache a WHERE a.user_id = who$$;
CREATE PROCEDURE await_expiry(who uuid) LANGUAGE sql
    AS $$SELECT pg_sleep(greatest(0, extract(epoch FROM next_expiry - clock_timestamp())) + 0.01)
           FROM rewards.user_points_cache WHERE user_id = who$$;

-- Earn, spend, earn, expire

-- Earn 100 expiring at t1, spend 60, earn 50, pass t1: 50 are left.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
CALL earn(:'member_1', 'spring', 100, '700 ms');
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 60);
SELECT outcome, balance FROM rewards.award_points(:'member_1', 50);
SELECT * FROM account(:'member_1');
COMMIT;
SELECT * FROM amiss;
CALL await_expiry(:'member_1');
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT * FROM rewards.expire_points();
SELECT * FROM account(:'member_1');
-- Expiry is an event: of the date of expiry, about the event that earned the points. It counts as spent.
SELECT e.event_type, e.points_delta, e.validation_status, e.validated_by, e.proof_type, e.version, e.balance_after,
       e.related_entity_type, e.event_time = o.expires_at AS at_its_date, e.created_at > e.event_time AS recorded_later
  FROM rewards.points_events e JOIN rewards.points_events o ON o.user_id = e.user_id AND o.id::text = e.related_entity_id
 WHERE e.user_id = :'member_1';
SELECT lifetime_earned, lifetime_spent, next_expiry FROM rewards.user_points_cache WHERE user_id = :'member_1';
-- Once.
SELECT * FROM rewards.expire_points();
COMMIT;
SELECT * FROM amiss;

-- What has expired cannot be spent, scheduler or not, and a refusal keeps the expiry.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
CALL earn(:'member_1', 'summer', 100, '20 ms');
CALL await_expiry(:'member_1');
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 51);
SELECT * FROM account(:'member_1');
COMMIT;
SELECT * FROM amiss;

-- Nor by SQL, where that is an error; nothing is left of it.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
CALL earn(:'member_1', 'autumn', 10, '20 ms');
CALL await_expiry(:'member_1');
SAVEPOINT before;
CALL earn(:'member_1', 'x', -51);
ROLLBACK TO before;
SELECT * FROM account(:'member_1');
CALL earn(:'member_1', 'x', -50);
SELECT * FROM account(:'member_1');
COMMIT;
SELECT * FROM amiss;

-- Which first

-- Those that expire soonest, whatever the order in which they were earned; those that never do, last.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
CALL earn(:'member_2', 'third', 30, '3 days');
SELECT FROM rewards.award_points(:'member_2', 40);
CALL earn(:'member_2', 'first', 10, '1 day');
CALL earn(:'member_2', 'second', 20, '2 days');
SELECT * FROM account(:'member_2');
CREATE PROCEDURE spend(who uuid, points bigint) LANGUAGE sql AS 'SELECT rewards.deduct_points(who, points)';
CALL spend(:'member_2', 4);
SELECT * FROM account(:'member_2');
CALL spend(:'member_2', 6);
SELECT * FROM account(:'member_2');
CALL spend(:'member_2', 1);
SELECT * FROM account(:'member_2');
CALL spend(:'member_2', 25);
SELECT * FROM account(:'member_2');
CALL spend(:'member_2', 24);
SELECT * FROM account(:'member_2');
CALL spend(:'member_2', 40);
SELECT * FROM account(:'member_2');
COMMIT;
SELECT * FROM amiss;

-- On the same day, those that were earned first. One statement that earns and spends, spends what it earns.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
SELECT :'member_2', name, now(), points, 'validated', now() + day * interval '1 day'
  FROM (VALUES ('spent', -15, NULL), ('b', 10, 1), ('c', 10, 1), ('a', 10, 0.5), ('never', 7, NULL), ('spent', -2, NULL)) AS v (name, points, day);
SELECT * FROM account(:'member_2');
SELECT e.points_delta, o.event_type, u.points
  FROM rewards.point_lot_uses u JOIN rewards.points_events e ON e.user_id = u.user_id AND e.id = u.event_id
  JOIN rewards.points_events o ON o.user_id = u.user_id AND o.id = u.lot_event_id
 WHERE e.event_type = 'spent' AND e.user_id = :'member_2' ORDER BY e.points_delta, u.expires_at, o.id;
SELECT FROM rewards.deduct_points(:'member_2', 20);
COMMIT;
SELECT * FROM amiss;

-- Ways in, and ways out

-- COPY earns and spends as INSERT does.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'import') \gset
COPY rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at) FROM stdin (DELIMITER ',', NULL '');
a0000000-0000-4000-8000-000000003203,spent,2024-02-29 12:00+00,-5,validated,
a0000000-0000-4000-8000-000000003203,far,2024-02-29 12:00+00,10,validated,2999-01-01 00:00+00
a0000000-0000-4000-8000-000000003203,near,2024-02-29 12:00+00,20,validated,2998-01-01 00:00+00
a0000000-0000-4000-8000-000000003203,later,2024-02-29 12:00+00,30,pending,2997-01-01 00:00+00
a0000000-0000-4000-8000-000000003203,never,2024-02-29 12:00+00,40,rejected,2996-01-01 00:00+00
a0000000-0000-4000-8000-000000003203,none,2024-02-29 12:00+00,0,validated,2995-01-01 00:00+00
\.
SELECT * FROM account(:'member_3');
-- Points that are validated later open their lot then.
UPDATE rewards.points_events SET validation_status = 'validated' WHERE event_type = 'later' AND user_id = :'member_3';
SELECT * FROM account(:'member_3');
SELECT * FROM rewards.points_liability WHERE company_id = :'company_a' ORDER BY expiry_month;
-- So does an UPDATE that spends.
CALL earn(:'member_3', 'order', -35, status => 'pending');
SELECT * FROM account(:'member_3');
UPDATE rewards.points_events SET validation_status = 'validated' WHERE event_type = 'order' AND user_id = :'member_3';
SELECT * FROM account(:'member_3');
COMMIT;
SELECT * FROM amiss;

-- Also when their date has passed meanwhile: they come, and go at the next opportunity.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk') \gset
CALL earn(:'member_3', 'late', 100, '10 ms', 'pending');
SELECT pg_sleep(0.02) \gset
UPDATE rewards.points_events SET validation_status = 'validated' WHERE event_type = 'late' AND user_id = :'member_3';
SELECT * FROM account(:'member_3');
SELECT outcome, balance FROM rewards.deduct_points(:'member_3', 21);
SELECT * FROM account(:'member_3');
COMMIT;
SELECT * FROM amiss;

-- A date in the past with the event itself is no different. A statement that spends them at once may.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
VALUES (:'member_3', 'old', now(), 100, 'validated', '2001-01-01'), (:'member_3', 'spent', now(), -30, 'validated', NULL);
SELECT * FROM account(:'member_3');
SELECT * FROM rewards.expire_points();
SELECT * FROM account(:'member_3');
COMMIT;
SELECT * FROM amiss;

-- A rule gives submitted events their date, by event_time.
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at) VALUES (:'company_a', 0, 0);
INSERT INTO rewards.point_rules (company_id, event_type, base_points, expires_after) VALUES (:'company_a', 'walk', 10, '2 hours');
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT outcome, status, points, balance
  FROM rewards.submit_points_event(:'member_4', 'walk', clock_timestamp() - interval '1 hour', rewards.uuidv7()::text);
SELECT outcome, status, points, balance
  FROM rewards.submit_points_event(:'member_4', 'walk', clock_timestamp() - interval '119 minutes 59.9 seconds', rewards.uuidv7()::text);
SELECT expires_at - event_time AS live FROM rewards.points_events WHERE user_id = :'member_4';
SELECT * FROM account(:'member_4');
CALL await_expiry(:'member_4');
-- Whoever locks the account finds them gone.
SELECT outcome, status, points, balance
  FROM rewards.submit_points_event(:'member_4', 'walk', clock_timestamp() - interval '3 hours', rewards.uuidv7()::text);
SELECT * FROM account(:'member_4');
-- A price is paid with them.
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (:'template', 'tea', 15, 'fixed_amount', 3);
SELECT FROM rewards.award_points(:'member_4', 12);
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_4', :'template', 'tea');
SELECT * FROM account(:'member_4');
SELECT * FROM rewards.expire_points();
COMMIT;
SELECT * FROM amiss;

-- Refunds

BEGIN;
SELECT rewards.set_company_context(:'company_a', 'desk') \gset
CALL earn(:'member_5', 'far', 10, '60 days');
CALL earn(:'member_5', 'near', 10, '1 day');
CALL earn(:'member_5', 'soon', 10, '500 ms');
SELECT FROM rewards.award_points(:'member_5', 10);
SELECT event_id AS first FROM rewards.deduct_points(:'member_5', 16) \gset
SELECT event_id AS second FROM rewards.deduct_points(:'member_5', 16) \gset
SELECT * FROM account(:'member_5');
SELECT u.event_id = :'first' AS first, o.event_type, u.points
  FROM rewards.point_lot_uses u JOIN rewards.points_events o ON o.user_id = u.user_id AND o.id = u.lot_event_id
 WHERE u.user_id = :'member_5' ORDER BY u.event_id, u.expires_at;
COMMIT;
-- What expired meanwhile comes back for refunded_points_live, as does what would have less; the rest with its date.
SELECT pg_sleep(0.5) \gset
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'desk') \gset
SELECT outcome, balance, refund_event_id AS refund FROM rewards.refund_points(:'member_5', :'first', 'broken') \gset
\echo :outcome :balance
SELECT event_type, points_delta, validation_status, validated_by, validation_notes, proof_type, related_entity_type,
       related_entity_id = :'first' AS of_first, expires_at
  FROM rewards.points_events WHERE id = :'refund';
SELECT * FROM account(:'member_5');
SELECT o.event_type, l.remaining, l.expires_at = o.expires_at AS own_date, l.expires_at - r.created_at = '30 days' AS thirty_days
  FROM rewards.point_lots l JOIN rewards.points_events o ON o.user_id = l.user_id AND o.id = l.event_id
  JOIN rewards.points_events r ON r.id = :'refund' WHERE l.user_id = :'member_5' ORDER BY l.expires_at, o.id;
-- Once.
SELECT outcome, balance, refund_event_id FROM rewards.refund_points(:'member_5', :'first');
-- The other one's points join what is there of their lot, or come beside it.
SELECT outcome, balance FROM rewards.refund_points(:'member_5', :'second');
SELECT * FROM account(:'member_5');
COMMIT;
SELECT * FROM amiss;
-- Refunded points are spent again, and can be refunded again, from two lots of the same event as well.
INSERT INTO rewards.company_settings (company_id, refunded_points_live) VALUES (:'company_a', '90 days')
    ON CONFLICT (company_id) DO UPDATE SET refunded_points_live = '90 days';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'desk') \gset
SELECT event_id AS third FROM rewards.deduct_points(:'member_5', 40) \gset
SELECT * FROM account(:'member_5');
SELECT outcome, balance, refund_event_id AS refund FROM rewards.refund_points(:'member_5', :'third') \gset
\echo :outcome :balance
SELECT * FROM account(:'member_5');
SELECT bool_and(l.expires_at - r.created_at = '90 days') AS ninety_days
  FROM rewards.point_lots l JOIN rewards.points_events r ON r.id = :'refund' WHERE l.user_id = :'member_5';
COMMIT;
SELECT * FROM amiss;

-- What is not refundable: earned points, what is pending or rejected, a coupon's price, expired points, another's, none.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'desk') \gset
CALL earn(:'member_5', 'waits', -1, status => 'pending');
CALL earn(:'member_5', 'is rejected', -1, status => 'rejected');
SELECT e.event_type, e.points_delta, r.outcome, r.balance, r.refund_event_id
  FROM (SELECT DISTINCT ON (event_type) * FROM rewards.points_events
         WHERE user_id IN (:'member_4', :'member_5')
           AND event_type IN ('far', 'waits', 'is rejected', 'coupon_redemption', 'points_expiry', 'refund')
         ORDER BY event_type, version) e,
       rewards.refund_points(e.user_id, e.id) r ORDER BY e.event_type COLLATE "C";
SELECT r.* FROM rewards.refund_points(:'member_4', :'third') r;
SELECT r.* FROM rewards.refund_points(:'member_5', rewards.uuidv7()) r;
SAVEPOINT before;
SET LOCAL rewards.on_refusal = 'raise';
SELECT FROM rewards.refund_points(:'member_5', :'third');
ROLLBACK TO before;
SELECT FROM rewards.refund_points(:'member_5', NULL);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'desk') \gset
SELECT r.* FROM rewards.refund_points(:'member_5', :'second') r;
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_5', 'user') \gset
SELECT FROM rewards.refund_points(:'member_5', :'second');
ROLLBACK;
SELECT FROM rewards.refund_points(:'member_5', :'second');

-- A client does not take the name of a refund before it happens. The owner of the books may.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'desk') \gset
SELECT event_id AS fourth FROM rewards.deduct_points(:'member_5', 5) \gset
SAVEPOINT before;
SELECT FROM rewards.submit_points_event(:'member_5', 'walk', clock_timestamp(), 'n', payload_hash => 'refund:' || :'fourth');
ROLLBACK TO before;
SELECT FROM rewards.submit_points_events(jsonb_build_array(jsonb_build_object('user_id', :'member_5', 'event_type', 'walk',
    'event_time', clock_timestamp(), 'nonce', 'n', 'payload_hash', 'refund:' || :'fourth')));
ROLLBACK TO before;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, payload_hash)
    VALUES (:'member_5', 'by hand', now(), 5, 'refund:' || :'fourth');
SELECT outcome, balance FROM rewards.refund_points(:'member_5', :'fourth');
ROLLBACK;

-- The scheduler

-- The longest overdue first, as many as are asked for; of the own company only.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'clerk') \gset
SELECT FROM rewards.award_points(:'member_6', 1);
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status, expires_at)
SELECT ('a0000000-0000-4000-8000-00000000321' || n)::uuid, :'company_b', 'gift', now(), n, 'validated', '2001-01-10'::date - n
  FROM generate_series(1, 5) n;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
VALUES ('a0000000-0000-4000-8000-000000003211', 'keep', now(), 100, 'validated', '2999-01-01');
COMMIT;
CREATE VIEW gifts AS SELECT sum(remaining) AS points, string_agg(right(user_id::text, 1), '' ORDER BY user_id) AS accounts
    FROM rewards.point_lots WHERE company_id = 'c0000000-0000-4000-8000-00000000320b';
SELECT * FROM gifts;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT * FROM rewards.expire_points();
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset
SELECT * FROM rewards.expire_points(2);
SELECT * FROM gifts;
SELECT * FROM rewards.expire_points(2);
SELECT * FROM gifts;
SELECT * FROM rewards.expire_points();
SELECT * FROM gifts;
SELECT * FROM rewards.expire_points();
COMMIT;
SELECT * FROM amiss;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset
SAVEPOINT before;
SELECT FROM rewards.expire_points(0);
ROLLBACK TO before;
SELECT FROM rewards.expire_points(100001);
ROLLBACK TO before;
SELECT FROM rewards.expire_points(NULL);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_b', :'member_6', 'user') \gset
SELECT FROM rewards.expire_points();
ROLLBACK;
SELECT FROM rewards.expire_points();

-- The liability

-- By month in UTC, wherever one sits: a month ends everywhere at once.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'clerk') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
VALUES (:'member_6', 'x', now(), 1, 'validated', '2990-01-31 23:59:59.999999+00'), (:'member_6', 'x', now(), 2, 'validated', '2990-02-01 00:00+00'),
       (:'member_4', 'x', now(), 4, 'validated', '2990-02-28 23:00+00'), (:'member_4', 'x', now(), 8, 'validated', '2990-02-28 22:00-03');
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT expiry_month AT TIME ZONE 'UTC' AS month, points, accounts FROM rewards.points_liability
 WHERE company_id = :'company_b' ORDER BY expiry_month;
SET LOCAL timezone = 'America/Los_Angeles';
SELECT expiry_month AT TIME ZONE 'UTC' AS month, points, accounts FROM rewards.points_liability
 WHERE company_id = :'company_b' ORDER BY expiry_month;
SELECT sum(l.points) = (SELECT sum(available_points) FROM rewards.user_points_cache WHERE company_id = :'company_b') AS all_points
  FROM rewards.points_liability l WHERE company_id = :'company_b';
COMMIT;
SELECT * FROM amiss;

-- Lots follow events, whoever asks.
\set VERBOSITY default
INSERT INTO rewards.point_lots VALUES (:'member_1', :'company_a', now(), :'member_1', 1);
UPDATE rewards.point_lots SET remaining = remaining + 1;
DELETE FROM rewards.point_lots;
TRUNCATE rewards.point_lots;
INSERT INTO rewards.point_lot_uses VALUES (:'member_1', :'company_a', :'member_1', :'member_1', now(), 1);
UPDATE rewards.point_lot_uses SET points = points + 1;
DELETE FROM rewards.point_lot_uses;
TRUNCATE rewards.point_lot_uses;
\set VERBOSITY terse
-- In the role of replication, too, which gets rows as they are, and by way of another table.
BEGIN;
SET LOCAL session_replication_role = replica;
SAVEPOINT before;
UPDATE rewards.point_lots SET remaining = remaining + 1;
ROLLBACK TO before;
DELETE FROM rewards.point_lots;
ROLLBACK TO before;
TRUNCATE rewards.point_lots;
ROLLBACK TO before;
DELETE FROM rewards.point_lot_uses;
ROLLBACK TO before;
CREATE TABLE uses (LIKE rewards.point_lot_uses);
ALTER TABLE rewards.point_lot_uses INHERIT uses;
DELETE FROM uses;
ROLLBACK;

DELETE FROM rewards.point_rules WHERE company_id = :'company_a';
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';
DROP VIEW amiss, gifts;
DROP PROCEDURE earn, spend, await_expiry;
DROP FUNCTION account;
