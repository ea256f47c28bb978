-- Who decides about events that wait: their score when their time has come, or people, two of them for many points.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set company_a c0000000-0000-4000-8000-00000000571a
\set company_b c0000000-0000-4000-8000-00000000571b
\set nil 00000000-0000-0000-0000-000000000000
\set member_1 a0000000-0000-4000-8000-000000005711
\set member_2 a0000000-0000-4000-8000-000000005712
\set member_3 a0000000-0000-4000-8000-000000005713
\set member_4 a0000000-0000-4000-8000-000000005714

-- What does not add up, of any account: to be empty at every point of this file.
CREATE VIEW amiss AS
    SELECT right(user_id::text, 4) AS account, 'balance' AS what FROM rewards.ledger_discrepancies WHERE right(company_id::text, 4) IN ('571a', '571b')
    UNION ALL
    SELECT right(l.user_id::text, 4), 'chain'
      FROM (SELECT l.*, lag(l.entry_hash) OVER w AS previous, row_number() OVER w AS number
              FROM rewards.ledger l WHERE right(l.company_id::text, 4) IN ('571a', '571b') WINDOW w AS (PARTITION BY l.user_id, l.company_id ORDER BY l.version)) l
      JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
      LEFT JOIN rewards.ledger_entries x ON x.user_id = l.user_id AND x.company_id = l.company_id AND x.version = l.version
      LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f
                          WHERE f.user_id = l.user_id AND f.event_id = l.event_id AND f.kind = 'status'
                          ORDER BY f.version LIMIT 1) f ON true
     WHERE l.number <> l.version
        OR l.entry_hash IS DISTINCT FROM
           CASE l.kind WHEN 'event' THEN rewards.event_entry_hash(l.previous, l.version, l.recorded_at, l.balance_after, e,
                                             f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                       ELSE rewards.status_entry_hash(l.previous, x) END
    UNION ALL
    SELECT right(x.user_id::text, 4), 'last decision'
      FROM (SELECT DISTINCT ON (event_id) * FROM rewards.ledger_entries WHERE kind = 'status' AND right(company_id::text, 4) IN ('571a', '571b') ORDER BY event_id, version DESC) x
      JOIN rewards.points_events e ON e.user_id = x.user_id AND e.id = x.event_id
     WHERE (e.validation_status, e.validated_by, e.validated_at, e.validation_notes)
           IS DISTINCT FROM (x.new_status, x.new_validated_by, x.new_validated_at, x.new_notes);

-- An event that waits, and its id.
CREATE FUNCTION wait_for(who uuid, name text, points bigint, status text DEFAULT 'pending_review', score integer DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, trust_score, expires_at)
         VALUES (who, name, now(), points, status, score, expires_at) RETURNING id$$;
CREATE FUNCTION the(name text) RETURNS uuid LANGUAGE sql
    AS $$SELECT id FROM rewards.points_events WHERE event_type = name AND right(company_id::text, 4) IN ('571a', '571b')$$;
CREATE FUNCTION account(who uuid, OUT available bigint, OUT pending bigint, OUT expiring bigint, OUT version bigint, OUT rejected bigint)
    LANGUAGE sql AS $$SELECT available_points, pending_points, expiring_points, version, rejected_events
                        FROM rewards.user_points_cache WHERE user_id = who AND company_id = rewards.get_current_company_id()$$;

-- The queue

-- The most points at stake first, whichever way, then the oldest; with who approved and what else is open.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT wait_for(:'member_1', 'small', 10) \gset
SELECT wait_for(:'member_1', 'pending', 500, 'pending') \gset
SELECT wait_for(:'member_1', 'older', 100) \gset
SELECT wait_for(:'member_1', 'newer', 100, 'flagged', 44) \gset
SELECT wait_for(:'member_2', 'taken', -120) \gset
SELECT wait_for(:'member_2', 'validating', 900, 'validating') \gset
SELECT FROM rewards.flag_account(:'member_1', 'manual_flag', 'low');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'app') \gset
SELECT wait_for(:'member_1', 'of b', 10000) \gset
SELECT event_type, points FROM rewards.review_queue WHERE company_id = :'company_b';
COMMIT;
SELECT event_type, right(user_id::text, 1) AS member, points, status, trust_score, first_approval_by, open_insights,
       age BETWEEN '1 us' AND '1 hour' AS age
  FROM rewards.review_queue WHERE company_id = :'company_a';

-- Approve, reject, flag

BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
SELECT * FROM account(:'member_1');
SELECT * FROM rewards.review_points_event(the('small'), 'approve', note => 'seen the receipt');
SELECT * FROM account(:'member_1');
SELECT validation_status, validated_by, validation_notes,
       validated_at = (SELECT updated_at FROM rewards.user_points_cache WHERE user_id = :'member_1' AND company_id = :'company_a') AS at
  FROM rewards.points_events WHERE event_type = 'small';
-- Again is no second time.
SELECT * FROM rewards.review_points_event(the('small'), 'approve');
SELECT * FROM rewards.review_points_event(the('small'), 'reject');
SELECT * FROM rewards.review_points_event(the('small'), 'flag');
SELECT * FROM account(:'member_1');
-- A flag keeps it waiting, for whoever looks next; a note stays unless another one is given.
SELECT * FROM rewards.review_points_event(the('older'), 'flag', 'ben', 'same receipt twice?');
SELECT * FROM rewards.review_points_event(the('older'), 'flag', 'carla');
SELECT * FROM rewards.review_points_event(the('older'), 'reject', 'carla');
SELECT validation_status, validated_by, validation_notes FROM rewards.points_events WHERE event_type = 'older';
-- Refusals change nothing. Points that are not there cannot be taken, but not be asked for either.
SELECT * FROM rewards.review_points_event(the('older'), 'approve');
SELECT * FROM rewards.review_points_event(the('taken'), 'approve');
SELECT * FROM account(:'member_2');
SELECT * FROM rewards.review_points_event(the('taken'), 'reject');
SELECT * FROM account(:'member_2');
-- People decide before its time about what is pending, too, and one by one.
SELECT * FROM rewards.review_points_event(the('pending'), 'approve', 'dora');
SELECT * FROM rewards.review_points_event(the('validating'), 'flag', 'dora');
SELECT * FROM rewards.review_points_event(the('newer'), 'reject', 'dora');
SELECT * FROM account(:'member_1');
SELECT event_type, event_id = the('validating') AS it FROM rewards.review_queue WHERE company_id = :'company_a';
-- Every decision is an entry.
SELECT x.version, e.event_type, x.old_status, x.new_status, x.new_validated_by, x.old_notes, x.new_notes, x.balance_after
  FROM rewards.ledger_entries x JOIN rewards.points_events e ON e.user_id = x.user_id AND e.id = x.event_id
 WHERE x.user_id = :'member_1' AND x.company_id = :'company_a' AND x.kind = 'status' ORDER BY x.version;
-- (One that scored and was rejected counts against the account; one that came in without a score does not.)
COMMIT;
SELECT * FROM amiss;

-- Points with a date open their lot when they are approved.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
SELECT wait_for(:'member_1', 'gift', 7, expires_at => now() + interval '1 day') \gset
SELECT wait_for(:'member_1', 'old gift', 9, expires_at => now() - interval '1 day') \gset
SELECT * FROM rewards.review_points_event(the('gift'), 'approve');
SELECT * FROM rewards.review_points_event(the('old gift'), 'approve');
SELECT remaining FROM rewards.point_lots WHERE user_id = :'member_1' ORDER BY expires_at;
SELECT outcome, balance FROM rewards.award_points(:'member_1', 0);
SELECT remaining FROM rewards.point_lots WHERE user_id = :'member_1';
-- And points that are taken are taken from lots.
SELECT wait_for(:'member_1', 'order', -8) \gset
SELECT * FROM rewards.review_points_event(the('order'), 'approve');
SELECT * FROM account(:'member_1');
COMMIT;
SELECT * FROM amiss;

-- Nothing that waits, or waited: no such event, one of another company, one that was validated at once.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
SELECT event_id AS at_once FROM rewards.award_points(:'member_1', 1) \gset
SELECT * FROM rewards.review_points_event(rewards.uuidv7(), 'approve');
SELECT * FROM rewards.review_points_event(the('of b'), 'approve');
SELECT * FROM rewards.review_points_event(:'at_once', 'reject');
SELECT * FROM rewards.validate_points_event(rewards.uuidv7());
SELECT * FROM rewards.validate_points_event(the('of b'));
SAVEPOINT before;
SET LOCAL rewards.on_refusal = 'raise';
SELECT FROM rewards.review_points_event(the('small'), 'reject');
ROLLBACK TO before;
-- Misuse
SELECT FROM rewards.review_points_event(NULL, 'approve');
ROLLBACK TO before;
SELECT FROM rewards.review_points_event(the('of b'), NULL);
ROLLBACK TO before;
SELECT FROM rewards.review_points_event(the('of b'), 'Approve');
ROLLBACK TO before;
SELECT FROM rewards.review_points_event(the('validating'), 'approve', '');
ROLLBACK TO before;
SELECT FROM rewards.review_points_event(the('validating'), 'approve', repeat('x', 256));
ROLLBACK TO before;
SELECT FROM rewards.review_points_event(the('validating'), 'flag', note => repeat('x', 10001));
ROLLBACK TO before;
SELECT FROM rewards.validate_points_event(the('validating'), note => repeat('x', 10001));
ROLLBACK TO before;
SELECT outcome FROM rewards.review_points_event(the('validating'), 'approve', repeat('x', 255), repeat('x', 10000));
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SAVEPOINT before;
SELECT FROM rewards.review_points_event(rewards.uuidv7(), 'approve');
ROLLBACK TO before;
SELECT FROM rewards.validate_points_event(rewards.uuidv7());
ROLLBACK TO before;
SELECT FROM rewards.validate_pending_events();
ROLLBACK;
SELECT FROM rewards.review_points_event(rewards.uuidv7(), 'approve');
SELECT FROM rewards.validate_points_event(rewards.uuidv7());
SELECT FROM rewards.validate_pending_events();

-- An admin acts under its own name.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna', 'admin') \gset
SAVEPOINT before;
SELECT FROM rewards.review_points_event(the('validating'), 'approve', 'ben');
ROLLBACK TO before;
SELECT outcome FROM rewards.review_points_event(the('validating'), 'flag', 'anna');
SELECT outcome FROM rewards.review_points_event(the('validating'), 'approve');
SELECT validated_by FROM rewards.points_events WHERE event_type = 'validating';
COMMIT;
SELECT * FROM amiss;

-- Four eyes

INSERT INTO rewards.company_settings (company_id, review_four_eyes_points) VALUES (:'company_a', 100);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT wait_for(:'member_3', 'hundred', 100) \gset
SELECT wait_for(:'member_3', 'more', 101) \gset
SELECT wait_for(:'member_3', 'rejected', 1000) \gset
SELECT wait_for(:'member_3', 'less', -101) \gset
SELECT wait_for(:'member_3', 'flag', 200) \gset
SELECT outcome, balance FROM rewards.review_points_event(the('hundred'), 'approve', 'anna');
-- One is not enough, however often.
SELECT * FROM rewards.review_points_event(the('more'), 'approve', 'anna', 'looks right');
SELECT * FROM rewards.review_points_event(the('more'), 'approve', 'anna');
SELECT event_type, status, first_approval_by FROM rewards.review_queue WHERE company_id = :'company_a' AND event_type = 'more';
SELECT * FROM account(:'member_3');
SELECT approved_by, note, approved_at >= now() AS now FROM rewards.event_approvals;
SELECT * FROM rewards.review_points_event(the('more'), 'approve', 'ben');
SELECT * FROM rewards.review_points_event(the('more'), 'approve', 'anna');
SELECT * FROM account(:'member_3');
-- One is, to reject; then nobody approves any more.
SELECT outcome, balance FROM rewards.review_points_event(the('rejected'), 'approve', 'anna');
SELECT outcome, balance FROM rewards.review_points_event(the('rejected'), 'reject', 'anna');
SELECT outcome, balance FROM rewards.review_points_event(the('rejected'), 'approve', 'ben');
-- Both ways.
SELECT outcome, balance FROM rewards.review_points_event(the('less'), 'approve', 'anna');
SELECT outcome, balance FROM rewards.review_points_event(the('less'), 'approve', 'ben');
-- An approval from before a flag does not count after it: what was found since, somebody has to look at again.
SELECT outcome, balance FROM rewards.review_points_event(the('flag'), 'approve', 'anna');
SELECT outcome, balance FROM rewards.review_points_event(the('flag'), 'flag', 'ben');
SELECT first_approval_by FROM rewards.review_queue WHERE event_type = 'flag';
SELECT outcome, balance FROM rewards.review_points_event(the('flag'), 'approve', 'ben');
SELECT first_approval_by FROM rewards.review_queue WHERE event_type = 'flag';
SELECT outcome, balance FROM rewards.review_points_event(the('flag'), 'approve', 'anna');
SELECT * FROM account(:'member_3');
COMMIT;
SELECT * FROM amiss;
-- An admin cannot be two people.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna', 'admin') \gset
SELECT wait_for(:'member_3', 'admin', 101) \gset
SELECT outcome, balance FROM rewards.review_points_event(the('admin'), 'approve');
SELECT outcome, balance FROM rewards.review_points_event(the('admin'), 'approve');
COMMIT;
-- Without the limit one is enough again.
UPDATE rewards.company_settings SET review_four_eyes_points = NULL WHERE company_id = :'company_a';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna', 'admin') \gset
SELECT outcome, balance FROM rewards.review_points_event(the('admin'), 'approve');
COMMIT;
SELECT * FROM amiss;

-- By the score

BEGIN;
SELECT rewards.set_company_context(:'company_a', 'verifier') \gset
CREATE TABLE scored AS
SELECT row_number() OVER () AS number, score, proven, wait_for(:'member_4', 'scored', 10, 'pending', score) AS id
  FROM (VALUES (60, NULL), (60, true), (60, false), (59, true), (30, NULL), (29, true), (NULL, true), (NULL, false)) AS v (score, proven);
SELECT score, proven, v.* FROM scored, rewards.validate_points_event(id, proven, 'proof ' || number) AS v ORDER BY number;
SELECT number, validation_status, validated_by, validation_notes FROM scored JOIN rewards.points_events USING (id) ORDER BY number;
SELECT * FROM account(:'member_4');
-- Again: the same answer, whoever decided since.
SELECT score, proven, v.* FROM scored, rewards.validate_points_event(id, NOT proven) AS v ORDER BY number;
SELECT outcome FROM scored, rewards.review_points_event(id, 'approve') WHERE number = 7;
SELECT v.* FROM scored, rewards.validate_points_event(id, false) AS v WHERE number = 7;
-- What is validating is pending, too. Points that are not there are not taken.
SELECT v.* FROM wait_for(:'member_4', 'validating 2', 1, 'validating', 100) AS id, rewards.validate_points_event(id) AS v;
SELECT v.* FROM wait_for(:'member_4', 'order 2', -100, 'pending', 100) AS id, rewards.validate_points_event(id) AS v;
SELECT v.* FROM rewards.validate_points_event(the('order 2'), false) AS v;
SELECT * FROM account(:'member_4');
COMMIT;
SELECT * FROM amiss;
-- By the company's thresholds.
UPDATE rewards.company_settings SET trust_validate_at = 90, trust_review_at = 80 WHERE company_id = :'company_a';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'verifier') \gset
SELECT score, outcome FROM unnest('{90,89,80,79}'::integer[]) AS score,
    wait_for(:'member_4', 'scored', 1, 'pending', score) AS id, rewards.validate_points_event(id);
COMMIT;
-- With hold_all everything waits for a person, but what its score rejects and what is known to be false.
UPDATE rewards.company_settings SET hold_all = true WHERE company_id = :'company_a';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'verifier') \gset
SELECT score, proven, outcome FROM (VALUES (100, NULL), (100, true), (0, NULL), (100, false)) AS v (score, proven),
    wait_for(:'member_4', 'scored', 1, 'pending', score) AS id, rewards.validate_points_event(id, proven);
COMMIT;
SELECT * FROM amiss;
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';

-- When their time has come

-- As long as the rule says: the company's own, or the default; no rule, or one that does not say: at once.
INSERT INTO rewards.point_rules (company_id, event_type, base_points, pending_for) VALUES
    (:'nil', 'p default', 1, '1 hour'), (:'nil', 'p own', 1, '1 hour'), (:'company_b', 'p own', 1, '2 hours'),
    (:'nil', 'p own null', 1, '1 hour'), (:'company_b', 'p own null', 1, NULL), (:'nil', 'p null', 1, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset
CREATE PROCEDURE wait_since(name text, minutes integer, score integer DEFAULT 100, points bigint DEFAULT 1,
    status text DEFAULT 'pending') LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, trust_score, created_at)
         SELECT ('a0000000-0000-4000-8000-00000000572' || (abs(hashtext(name)) % 10))::uuid, name, now(), points, status, score,
                now() - minutes * interval '1 minute'$$;
CALL wait_since('p default', 59);
CALL wait_since('p default', 60);
CALL wait_since('p own', 119);
CALL wait_since('p own', 120);
CALL wait_since('p own null', 0);
CALL wait_since('p null', 0);
CALL wait_since('p none', 0);
CALL wait_since('p none', 1, 59);
CALL wait_since('p none', 1, 29);
CALL wait_since('p none', 1, NULL);
CALL wait_since('p none', 1, status => 'validating');
CALL wait_since('p taken', 1, points => -5);
SELECT * FROM rewards.validate_pending_events();
SELECT event_type, extract(epoch FROM now() - created_at)::integer / 60 AS minutes, trust_score, validation_status, validated_by
  FROM rewards.points_events WHERE event_type LIKE 'p %' AND company_id = :'company_b'
 ORDER BY event_type COLLATE "C", minutes, trust_score;
-- All that is due is decided; what would take more than there is waits for review, not for ever.
SELECT * FROM rewards.validate_pending_events();
COMMIT;
SELECT * FROM amiss;
-- The oldest first, as many as are asked for.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset

INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta, trust_score, created_at)
SELECT rewards.uuidv7_floor(now() - n * interval '1 minute'), ('a0000000-0000-4000-8000-00000000573' || n)::uuid, 'q ' || n, now(), 1, 60,
       now() - n * interval '1 minute' FROM generate_series(1, 5) n;
SELECT * FROM rewards.validate_pending_events(2);
SELECT string_agg(event_type, ', ' ORDER BY event_type) FROM rewards.points_events WHERE event_type LIKE 'q %' AND validation_status = 'validated';
SELECT * FROM rewards.validate_pending_events(100000);
SAVEPOINT before;
SELECT FROM rewards.validate_pending_events(0);
ROLLBACK TO before;
SELECT FROM rewards.validate_pending_events(100001);
ROLLBACK TO before;
SELECT FROM rewards.validate_pending_events(NULL);
ROLLBACK;
-- Another company's wait.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT wait_for(:'member_4', 'of a', 1, 'pending', 60) \gset
SELECT * FROM rewards.validate_pending_events();
SELECT validation_status FROM rewards.points_events WHERE event_type = 'of a';
COMMIT;
SELECT * FROM amiss;

-- Approvals are recorded by reviewing.
\set VERBOSITY default
INSERT INTO rewards.event_approvals VALUES (:'member_1', :'company_a', :'member_1', 'anna', now());
UPDATE rewards.event_approvals SET approved_by = 'ben';
DELETE FROM rewards.event_approvals;
TRUNCATE rewards.event_approvals;
\set VERBOSITY terse
BEGIN;
SET LOCAL session_replication_role = replica;
SAVEPOINT before;
UPDATE rewards.event_approvals SET approved_by = 'ben';
ROLLBACK TO before;
TRUNCATE rewards.event_approvals;
ROLLBACK TO before;
CREATE TABLE approvals (LIKE rewards.event_approvals);
ALTER TABLE rewards.event_approvals INHERIT approvals;
DELETE FROM approvals;
ROLLBACK;

DELETE FROM rewards.point_rules WHERE event_type LIKE 'p %';
DROP VIEW amiss;
DROP TABLE scored;
DROP PROCEDURE wait_since;
DROP FUNCTION wait_for, the, account;
