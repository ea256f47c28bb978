-- Do balances agree with the ledger? Always, unless somebody has gone around it; and then it is told which, and by how much.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000340a
\set company_b c0000000-0000-4000-8000-00000000340b
\set member_1 a0000000-0000-4000-8000-000000003401
\set member_2 a0000000-0000-4000-8000-000000003402
\set member_3 a0000000-0000-4000-8000-000000003403
\set member_4 a0000000-0000-4000-8000-000000003404
\set member_5 a0000000-0000-4000-8000-000000003405

-- What reconcile_ledger() and the view say of the context's company: both have to say the same.
CREATE VIEW found AS
    SELECT user_id, differs, available_points AS available, ledger_available, pending_points AS pending, ledger_pending,
           lifetime_earned AS earned, ledger_earned, lifetime_spent AS spent, ledger_spent, expiring_points AS expiring, ledger_expiring
      FROM rewards.reconcile_ledger();
CREATE VIEW disagreement AS
    SELECT user_id FROM (TABLE found EXCEPT ALL
        SELECT user_id, differs, available_points, ledger_available, pending_points, ledger_pending, lifetime_earned, ledger_earned,
               lifetime_spent, ledger_spent, expiring_points, ledger_expiring
          FROM rewards.ledger_discrepancies WHERE company_id = rewards.get_current_company_id()) AS more
    UNION ALL
    SELECT user_id FROM (
        SELECT user_id, differs, available_points, ledger_available, pending_points, ledger_pending, lifetime_earned, ledger_earned,
               lifetime_spent, ledger_spent, expiring_points, ledger_expiring
          FROM rewards.ledger_discrepancies WHERE company_id = rewards.get_current_company_id() EXCEPT ALL TABLE found) AS fewer;

-- Books as they come about: earned, spent, pending, rejected, expiring, nothing at all, and both ends of bigint.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT balance FROM rewards.award_points(:'member_1', 7);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 100);
SELECT balance FROM rewards.deduct_points(:'member_1', 30);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at) VALUES
    (:'member_2', 'import', now(), 5, 'pending', NULL), (:'member_2', 'import', now(), -2, 'pending_review', NULL),
    (:'member_2', 'import', now(), 50, 'rejected', NULL), (:'member_2', 'import', now(), 500, 'validated', '2100-01-01'),
    (:'member_3', 'import', now(), 3, 'rejected', NULL), (:'member_4', 'import', now(), 9223372036854775807, 'validated', NULL),
    (:'member_4', 'import', now(), -9223372036854775807, 'validated', NULL), (:'member_4', 'import', now(), 9223372036854775807, 'pending', NULL),
    (:'member_4', 'import', now(), -9223372036854775807, 'pending', NULL);
SELECT balance FROM rewards.award_points(:'member_5', 0);
TABLE rewards.ledger_discrepancies;
TABLE found;

-- Going around the ledger takes a superuser who takes its triggers off.
COMMIT;
BEGIN;
SET LOCAL session_replication_role = replica;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
ALTER TABLE rewards.points_events DISABLE TRIGGER USER;
ALTER TABLE rewards.point_lots DISABLE TRIGGER USER;
SELECT rewards.set_company_context(:'company_a') \gset
SAVEPOINT sound;

-- Each figure for itself, by one point.
UPDATE rewards.user_points_cache SET available_points = available_points + 1 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
UPDATE rewards.user_points_cache SET pending_points = pending_points - 1 WHERE user_id = :'member_2';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
UPDATE rewards.user_points_cache SET lifetime_earned = lifetime_earned + 1 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
UPDATE rewards.user_points_cache SET lifetime_spent = lifetime_spent + 1 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
UPDATE rewards.user_points_cache SET expiring_points = expiring_points + 1 WHERE user_id = :'member_2';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;

-- All figures of a row that is consistent in itself.
UPDATE rewards.user_points_cache SET available_points = 75, lifetime_earned = 105 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;

UPDATE rewards.user_points_cache SET available_points = 65, lifetime_spent = 35 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;

-- What is wrong in one company is not made good by what the same user has in another, not even for a superuser.
UPDATE rewards.user_points_cache SET available_points = 77, lifetime_earned = 107 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
UPDATE rewards.user_points_cache SET available_points = 63, lifetime_earned = 93 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
UPDATE rewards.user_points_cache SET available_points = 8, lifetime_earned = 8 WHERE user_id = :'member_1' AND company_id = :'company_b';
TABLE found;
ROLLBACK TO sound;

-- Events that were changed, removed or slipped in: validated or not, of an account or of none.
UPDATE rewards.points_events SET points_delta = 101 WHERE user_id = :'member_1' AND company_id = :'company_a' AND points_delta = 100;
UPDATE rewards.points_events SET validation_status = 'validated' WHERE user_id = :'member_3';
DELETE FROM rewards.points_events WHERE user_id = :'member_2' AND points_delta = -2;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) VALUES
    (:'member_5', 'import', now(), 1, 'validated'), (:'member_5', 'import', now(), -1, 'validated');
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES ('a0000000-0000-4000-8000-000000003406', 'import', now(), 1, 'rejected');
DELETE FROM rewards.user_points_cache WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;


-- An account alone, and points that expire alone.
DELETE FROM rewards.points_events WHERE user_id = :'member_1' AND company_id = :'company_a';
INSERT INTO rewards.point_lots (user_id, expires_at, event_id, remaining)
    VALUES ('a0000000-0000-4000-8000-000000003406', '2100-01-01', gen_random_uuid(), 1);
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;

-- Points that expire: other lots than the account says, none, and more than it has.
UPDATE rewards.point_lots SET remaining = 499 WHERE user_id = :'member_2';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
DELETE FROM rewards.point_lots WHERE user_id = :'member_2';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
UPDATE rewards.point_lots SET remaining = 501 WHERE user_id = :'member_2';
UPDATE rewards.user_points_cache SET expiring_points = 501 WHERE user_id = :'member_2';
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;

-- What is wrong may be more than a bigint holds, and may sum to nothing by going round it.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT :'member_5', 'import', now(), points, 'validated'
      FROM unnest(ARRAY[9223372036854775807, 9223372036854775807, 2]) AS points;
TABLE found;
TABLE disagreement;
ROLLBACK TO sound;
TABLE found;
TABLE disagreement;
ROLLBACK;

-- Events added up, whatever their status, by one process or by several; nothing is nothing.
CREATE AGGREGATE pg_temp.sum_sums(bigint[]) (SFUNC = rewards.sum_events_combine, STYPE = bigint[], INITCOND = '{0,0,0}');
SELECT rewards.sum_events(points, status) AS sums,
       (SELECT pg_temp.sum_sums(part) FROM (VALUES ('{1,2,3}'::bigint[]), ('{40,50,60}'), (NULL)) AS parts (part)) AS sums_of_sums,
       rewards.sum_events(points, status) FILTER (WHERE false) AS nothing
  FROM (VALUES (1, 'pending'), (20, 'validating'), (300, 'pending_review'), (4000, 'flagged'), (50000, 'unheard of'), (600000, 'rejected'),
               (7, 'validated'), (80, 'validated'), (-9, 'validated'), (-100, 'validated'), (0, 'validated'), (NULL, 'validated'), (1000, NULL))
       AS event (points, status);
-- Each sum is a bigint, and at its end there is an error. Sums that were put together by hand are looked at.
CREATE AGGREGATE pg_temp.sum_from(bigint, text) (SFUNC = rewards.sum_events_add, STYPE = bigint[], INITCOND = '{1,2}');
SELECT state, message FROM unnest(ARRAY[
    $$SELECT rewards.sum_events(points, 'pending') FROM unnest('{9223372036854775807,1}'::bigint[]) AS points$$,
    $$SELECT rewards.sum_events(points, 'flagged') FROM unnest('{-9223372036854775808,-1}'::bigint[]) AS points$$,
    $$SELECT rewards.sum_events(points, 'validated') FROM unnest('{9223372036854775807,1}'::bigint[]) AS points$$,
    $$SELECT rewards.sum_events(points, 'validated') FROM unnest('{-9223372036854775808}'::bigint[]) AS points$$,
    $$SELECT pg_temp.sum_sums(part) FROM (VALUES ('{9223372036854775807,0,0}'::bigint[]), ('{1,0,0}')) AS parts (part)$$,
    $$SELECT pg_temp.sum_sums(part) FROM (VALUES ('{0,9223372036854775807,0}'::bigint[]), ('{0,1,0}')) AS parts (part)$$,
    $$SELECT pg_temp.sum_sums(part) FROM (VALUES ('{0,0,9223372036854775807}'::bigint[]), ('{0,0,1}')) AS parts (part)$$,
    $$SELECT pg_temp.sum_sums('{1,2,3,4}'::bigint[])$$, $$SELECT pg_temp.sum_sums('{1,2,NULL}'::bigint[])$$,
    $$SELECT pg_temp.sum_sums('{{1,2}}'::bigint[])$$, $$SELECT pg_temp.sum_from(1, 'pending')$$,
    $$SELECT rewards.sum_events_add('{0,0,0}', 1, 'pending')$$, $$SELECT rewards.sum_events_combine('{0,0,0}', '{0,0,0}')$$]) AS calls (call),
    attempt(call);
DROP AGGREGATE pg_temp.sum_sums(bigint[]), pg_temp.sum_from(bigint, text);

-- The company of the context, and no other's; staff do it, the back end looks at the view, and a member does neither.
BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
UPDATE rewards.user_points_cache SET available_points = 8, lifetime_earned = 8 WHERE user_id = :'member_1' AND company_id = :'company_b';
SELECT user_id, company_id, differs, available_points - ledger_available AS too_much FROM rewards.ledger_discrepancies;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT * FROM rewards.reconcile_ledger();
TABLE rewards.ledger_discrepancies;
SELECT as_app('SELECT d::text FROM rewards.ledger_discrepancies d') AS discrepancy;
SELECT as_app($$SELECT state FROM attempt('SELECT * FROM rewards.reconcile_ledger()')$$) AS state;
ROLLBACK;
BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
UPDATE rewards.user_points_cache SET available_points = 8, lifetime_earned = 8 WHERE user_id = :'member_1' AND company_id = :'company_b';
UPDATE rewards.user_points_cache SET available_points = 71, lifetime_earned = 101 WHERE user_id = :'member_1' AND company_id = :'company_a';
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_b', 'staff', 'admin') \gset
SELECT user_id, differs, available_points, ledger_available FROM rewards.reconcile_ledger();
SELECT user_id, company_id, differs FROM rewards.ledger_discrepancies;
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message, hint FROM attempt('SELECT * FROM rewards.reconcile_ledger()');
ROLLBACK;
SELECT state, message, hint FROM attempt('SELECT * FROM rewards.reconcile_ledger()');

-- Asked for one account, the view goes by its indexes.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SET LOCAL enable_seqscan = off;
CREATE FUNCTION explained(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END $$;
SELECT bool_and(line !~ 'Seq Scan') AS no_scan, count(*) FILTER (WHERE line ~ 'Index Cond: .*user_id = ') AS indexes
  FROM explained(format('SELECT * FROM rewards.ledger_discrepancies WHERE user_id = %L', :'member_1')) AS line;
DROP FUNCTION explained(text);
COMMIT;

-- Companies

-- Those with accounts, each once, in order; for whoever has no context, but has the right.
SELECT company FROM rewards.companies() AS company WHERE company IN (:'company_a', :'company_b');
SELECT ARRAY(SELECT rewards.companies()) = ARRAY(SELECT DISTINCT company_id FROM rewards.user_points_cache ORDER BY 1) AS all_of_them;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT count(*) AS accounts_in_sight FROM rewards.user_points_cache;
SELECT count(*) >= 2 AS companies FROM rewards.companies();
SET LOCAL ROLE regress_rewards_app;
SELECT state FROM attempt('SELECT rewards.companies()');
ROLLBACK;

-- A transaction of one company does not ask for others, not even when it has gone back to before its context.
BEGIN;
SAVEPOINT before;
SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT state, message, hint FROM attempt('SELECT rewards.companies()');
ROLLBACK TO before;
SELECT state, message FROM attempt('SELECT rewards.companies()');
ROLLBACK;

-- This is the loop of a scheduler.
CREATE TABLE round (company uuid, differs bigint, expired bigint);
CREATE PROCEDURE look_after_all() LANGUAGE plpgsql AS $$
DECLARE
    company uuid;
BEGIN
    FOREACH company IN ARRAY ARRAY(SELECT rewards.companies()) LOOP
        PERFORM rewards.set_company_context(company, 'scheduler');
        INSERT INTO round SELECT company, (SELECT count(*) FROM rewards.reconcile_ledger()), rewards.cleanup_expired_nonces();
        COMMIT;
    END LOOP;
END $$;
CALL look_after_all();
SELECT company, differs FROM round WHERE company IN (:'company_a', :'company_b') ORDER BY company;
SELECT count(*) = count(DISTINCT company) AS once_each, sum(differs) AS differs FROM round;
DROP PROCEDURE look_after_all();
DROP TABLE round;

-- A company with many accounts is stepped over, not walked through; a table of companies is not needed.
BEGIN;
INSERT INTO rewards.user_points_cache (user_id, company_id)
    SELECT gen_random_uuid(), company('34c') FROM generate_series(1, 5000);
ANALYZE rewards.user_points_cache;
CREATE FUNCTION buffers(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE statement;
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ' || statement INTO plan;
    RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
END $$;
SELECT count(*) AS companies FROM rewards.companies() \gset
SELECT pg_relation_size('rewards.user_points_cache') / current_setting('block_size')::int > 50 AS many_pages,
       buffers('SELECT * FROM rewards.companies()') < 20 * :companies AS few_buffers;
ROLLBACK;

-- Progress

-- A scan that takes its time shows in pg_stat_activity how far it is, once a second, until the end of the transaction.
-- It begins where it comes in and goes round the end of the table.
CREATE VIEW shown AS SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid();
CREATE FUNCTION pages(first integer, last integer) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT count(*) FILTER (WHERE rewards.show_progress('counting', format('(%s,1)', page)::tid, 100))
      FROM generate_series(first, last) AS page, generate_series(1, 1024)
$$;
SET application_name = 'regress books';
SET client_min_messages = warning; -- a NOTICE says how many seconds it took
BEGIN;
TABLE shown;
SELECT pg_stat_clear_snapshot();
WITH first AS MATERIALIZED (SELECT pages(60, 60) AS rows, pg_sleep(1.01)),
     second AS MATERIALIZED (SELECT first.rows, pages(84, 84) AS more, pg_sleep(1.01) FROM first),
     third AS MATERIALIZED (SELECT second.rows, second.more, pages(19, 19) AS rest FROM second)
SELECT rows, more, rest FROM third;
TABLE shown;
COMMIT;
TABLE shown;

-- A transaction that fails takes its sign down as well.
BEGIN;
WITH first AS MATERIALIZED (SELECT pages(0, 0), pg_sleep(1.01)) SELECT pages(50, 50) AS second FROM first;
SELECT pg_stat_clear_snapshot();
TABLE shown;
ROLLBACK;
TABLE shown;
RESET client_min_messages;
RESET application_name;
DROP VIEW shown, disagreement, found;
DROP FUNCTION pages(integer, integer);
