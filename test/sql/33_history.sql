-- The past of an account: what was in time, what the books said at a moment, and what happened, page by page.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000330a
\set company_b c0000000-0000-4000-8000-00000000330b
\set member_1 a0000000-0000-4000-8000-000000003301
\set member_2 a0000000-0000-4000-8000-000000003302
\set member_3 a0000000-0000-4000-8000-000000003303

-- Attribution

-- Fourteen days are fourteen times 24 hours, from the anchor on and not to the end: in every time zone, over a change of
-- its clocks too, where local arithmetic would be an hour or half an hour off.
CREATE TABLE zones (zone text, anchor timestamptz);
INSERT INTO zones VALUES
    ('UTC', '2025-03-23 12:00+00'), ('Europe/Berlin', '2025-03-23 12:00+01'), ('Europe/Berlin', '2025-10-19 12:00+02'),
    ('America/New_York', '2025-03-02 12:00-05'), ('America/New_York', '2025-10-26 12:00-04'),
    ('Australia/Lord_Howe', '2025-03-30 12:00+11'), ('Australia/Lord_Howe', '2025-09-28 12:00+10:30');
CREATE FUNCTION windows() RETURNS TABLE (timezone text, local_days_are_off_by interval, at_anchor boolean, before_anchor boolean,
    days_13_9 boolean, last_microsecond boolean, days_14 boolean, days_14_1 boolean, local_days_14 boolean)
LANGUAGE plpgsql AS $$
DECLARE
    z zones;
BEGIN
    FOR z IN SELECT * FROM zones LOOP
        PERFORM set_config('timezone', z.zone, true);
        RETURN QUERY SELECT z.zone, (z.anchor + '14 days'::interval) - (z.anchor + '336 hours'::interval),
            rewards.within_attribution_window(z.anchor, z.anchor),
            rewards.within_attribution_window(z.anchor - '1 us'::interval, z.anchor),
            rewards.within_attribution_window(z.anchor + '333.6 hours'::interval, z.anchor),
            rewards.within_attribution_window(z.anchor + '336 hours'::interval - '1 us'::interval, z.anchor),
            rewards.within_attribution_window(z.anchor + '336 hours'::interval, z.anchor),
            rewards.within_attribution_window(z.anchor + '338.4 hours'::interval, z.anchor),
            rewards.within_attribution_window(z.anchor + '14 days'::interval, z.anchor);
    END LOOP;
END $$;
BEGIN;
SELECT * FROM windows();
ROLLBACK;

-- A span may be any that is not negative: hours, a day, a calendar month as UTC has it, nothing at all.
SET timezone = 'America/New_York';
SELECT event_time, anchor, span,
       rewards.within_attribution_window(event_time::timestamptz, anchor::timestamptz, span::interval) AS within
  FROM (VALUES
    ('2025-06-01 11:59:59.999999Z', '2025-06-01 10:00Z', '2 hours'), ('2025-06-01 12:00Z', '2025-06-01 10:00Z', '2 hours'),
    ('2025-03-09 23:59Z', '2025-03-09 00:00Z', '1 day'), ('2025-03-10 00:00Z', '2025-03-09 00:00Z', '1 day'),
    ('2025-02-27 23:59Z', '2025-01-31 00:00Z', '1 month'), ('2025-02-28 00:00Z', '2025-01-31 00:00Z', '1 month'),
    ('2024-02-28 23:59Z', '2024-01-31 00:00Z', '1 month'), ('2024-02-29 00:00Z', '2024-01-31 00:00Z', '1 month'),
    -- the last evening of January in New York is the first of February in UTC
    ('2025-02-28 23:59Z', '2025-02-01 02:00Z', '1 month'), ('2025-03-01 02:00Z', '2025-02-01 02:00Z', '1 month'),
    ('2025-01-01 00:00Z', '2025-01-01 00:00Z', '0'), ('2025-02-01 00:00Z', '2025-01-31 00:00Z', '1 month -28 days'),
    ('infinity', '2025-01-01 00:00Z', '14 days'), ('-infinity', '2025-01-01 00:00Z', '14 days'),
    ('2025-01-01 00:00Z', 'infinity', '14 days'), ('2025-01-01 00:00Z', '-infinity', '14 days'),
    ('infinity', 'infinity', '14 days')) AS cases (event_time, anchor, span);
RESET timezone;

-- Nothing known, nothing said; a negative span is a mistake; so is one beyond the end of time.
SELECT rewards.within_attribution_window(NULL, now()) AS event_time, rewards.within_attribution_window(now(), NULL) AS anchor,
       rewards.within_attribution_window(now(), now(), NULL) AS span;
SELECT state, message, hint, call FROM (VALUES
    ($$SELECT rewards.within_attribution_window(now(), now(), '-1 us')$$),
    ($$SELECT rewards.within_attribution_window(now(), '2025-02-01Z', '1 month -29 days')$$),
    ($$SELECT rewards.within_attribution_window(now(), now(), '300000 years')$$)) AS calls (call), attempt(call);

-- It needs neither context nor tables, and an index may be built with it.
CREATE TABLE visits (happened timestamptz, seen timestamptz);
CREATE INDEX ON visits (seen) WHERE rewards.within_attribution_window(happened, seen);
DROP TABLE visits, zones;
DROP FUNCTION windows();

-- The least UUID of a moment

-- Whatever uuidv7() names at a moment is not smaller than the least of it, and smaller than the least of the next.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT count(rewards.award_points(:'member_1', 1)) AS awards FROM generate_series(1, 1000);
SELECT count(*) AS events,
       bool_and(id >= rewards.uuidv7_floor(created_at) AND id < rewards.uuidv7_floor(created_at + interval '1 us')) AS within
  FROM rewards.points_events WHERE user_id = :'member_1';
ROLLBACK;
SELECT moment, rewards.uuidv7_floor(moment::timestamptz) FROM (VALUES
    ('1970-01-01 00:00Z'), ('1970-01-01 00:00:00.000001Z'), ('2025-06-01 12:00:00.123456Z'), ('2025-06-01 12:00:00.123457Z'),
    ('10889-08-02 05:31:50.655999Z'), ('10889-08-02 05:31:50.656Z'), ('infinity'), ('1969-12-31 23:59:59.999999Z'),
    ('4713-01-01 00:00:00Z BC'), ('-infinity'), (NULL)) AS moments (moment);
-- Of 5,000 microseconds in a row each has its own, in their order.
SELECT bool_and(floor > before) AS ordered
  FROM (SELECT floor, lag(floor, 1, rewards.uuidv7_floor('2025-01-01Z')) OVER (ORDER BY n) AS before
          FROM generate_series(1, 5000) AS n, rewards.uuidv7_floor('2025-01-01Z'::timestamptz + n * interval '1 us') AS floor) AS pairs;

-- What the books said

-- The entries of an account, replayed from events and changes of their status alone.
CREATE VIEW replay AS
    SELECT user_id, company_id, version, recorded_at, balance_after,
           sum(points_delta * ((status_after = 'validated')::int - (status_before = 'validated')::int))
               OVER (PARTITION BY user_id, company_id ORDER BY version) AS replayed,
           row_number() OVER (PARTITION BY user_id, company_id ORDER BY version) AS number,
           lag(recorded_at, 1, '-infinity') OVER (PARTITION BY user_id, company_id ORDER BY version) AS recorded_before
      FROM (SELECT l.user_id, l.company_id, l.version, l.recorded_at, l.balance_after, e.points_delta,
                   CASE l.kind WHEN 'status' THEN s.old_status ELSE '' END AS status_before,
                   CASE l.kind WHEN 'status' THEN s.new_status
                               ELSE coalesce((SELECT f.old_status FROM rewards.ledger_entries f
                                               WHERE f.user_id = l.user_id AND f.event_id = l.event_id AND f.kind = 'status'
                                               ORDER BY f.version LIMIT 1), e.validation_status) END AS status_after
              FROM rewards.ledger l
              JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
              LEFT JOIN rewards.ledger_entries s ON s.user_id = l.user_id AND s.company_id = l.company_id AND s.version = l.version)
           AS entries;
-- What is wrong with it, asked of each entry: to be empty at every point of this file. An entry's balance is the last
-- of its moment; just before that moment holds the one of the moment before.
CREATE VIEW misremembered AS
    SELECT user_id, version, number, recorded_at >= recorded_before AS in_order, balance_after, replayed, at_once, just_before
      FROM (SELECT *, rewards.balance_at(user_id, recorded_at) AS at_once,
                   rewards.balance_at(user_id, recorded_at - interval '1 us') AS just_before,
                   last_value(replayed) OVER (PARTITION BY user_id, recorded_at ORDER BY version
                                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS expected,
                   (SELECT r.balance_after FROM rewards.ledger r
                     WHERE r.user_id = replay.user_id AND r.company_id = replay.company_id AND r.recorded_at < replay.recorded_at
                     ORDER BY r.version DESC LIMIT 1) AS expected_before
              FROM replay WHERE company_id = rewards.get_current_company_id()) AS asked
     WHERE version <> number OR recorded_at < recorded_before OR balance_after <> replayed OR at_once IS DISTINCT FROM expected
        OR just_before IS DISTINCT FROM coalesce(expected_before, 0);

-- Every way of writing, each with its moment: awards, statements by hand, decisions, a refusal that writes nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT rewards.balance_at(:'member_1', 'infinity') AS nothing_yet;
SELECT balance FROM rewards.award_points(:'member_1', 100);
SELECT balance FROM rewards.award_points(:'member_1', 11);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, created_at) VALUES
    (:'member_1', 'import', '2020-01-01', 50, 'validated', '2020-01-01'), (:'member_1', 'import', '2020-01-02', 7, 'pending', '2020-01-02'),
    (:'member_1', 'import', '2020-01-03', -20, 'validated', '2020-01-03'), (:'member_2', 'import', '2020-01-01', 5, 'validated', '2020-01-01');
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 40);
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 4000);
UPDATE rewards.points_events SET validation_status = 'validated' WHERE user_id = :'member_1' AND validation_status = 'pending';
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT :'member_1', 'import', now(), 1, 'pending' FROM generate_series(1, 5);
UPDATE rewards.points_events SET validation_status = 'rejected' WHERE user_id = :'member_1' AND validation_status = 'pending';
SELECT balance FROM rewards.award_points(:'member_1', 3);
SELECT version, kind, recorded_at > lag(recorded_at) OVER w AS later, balance_after, replayed
  FROM replay JOIN rewards.ledger USING (user_id, company_id, version, recorded_at, balance_after)
 WHERE user_id = :'member_1' WINDOW w AS (ORDER BY version) ORDER BY version;
TABLE misremembered;

-- Before the first entry there was nothing; at the end of time there is what there is now. Dates that events bring along
-- are not the time of the books.
SELECT rewards.balance_at(:'member_1', '-infinity') AS ever_before, rewards.balance_at(:'member_1', '2020-02-02') AS by_event_time,
       rewards.balance_at(:'member_1', 'infinity') = available_points AS infinity,
       rewards.balance_at(:'member_1', '294276-12-31 23:59:59.999999Z') = available_points AS last_time,
       rewards.balance_at(:'member_1', updated_at) = available_points AS updated
  FROM rewards.user_points_cache WHERE user_id = :'member_1';
SELECT rewards.balance_at(NULL, now()) AS user_id, rewards.balance_at(:'member_1', NULL) AS at,
       rewards.balance_at(:'member_3', now()) AS nobody;

-- Points that expire do so when the account is next written, just before what is written then: at one moment, in order.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
    VALUES (:'member_1', 'import', now(), 1000, 'validated', clock_timestamp() + interval '20 ms');
SELECT pg_sleep(0.03);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_1', 'import', now(), 60, 'validated');
SELECT kind, event_type, l.balance_after, recorded_at = lag(recorded_at) OVER (ORDER BY l.version) AS same_moment
  FROM rewards.ledger l JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
 WHERE l.user_id = :'member_1' ORDER BY l.version DESC LIMIT 3;
TABLE misremembered;
COMMIT;

-- The same user in another company has other books.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT balance FROM rewards.award_points(:'member_1', 9);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_1', 'import', now(), 90, 'validated');
SELECT rewards.balance_at(:'member_1', 'infinity');
TABLE misremembered;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.balance_at(:'member_1', 'infinity') AS available, rewards.balance_at(:'member_2', 'infinity') AS other;
TABLE misremembered;
COMMIT;

-- A member asks for itself; for another, and without a context, nobody is told anything.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT rewards.balance_at(:'member_1', 'infinity') AS own;
SELECT rewards.balance_at(:'member_2', 'infinity') AS other;
COMMIT;
SELECT rewards.balance_at(:'member_1', 'infinity') AS without_context;

-- History

-- Newest first by event_time, and by id where that is equal. The balance is that after the event was recorded, be it by a
-- function or by SQL: what happened to its status later does not change it.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT event_type, points_delta, validation_status, balance_after, event_time > now() - interval '1 day' AS today
  FROM rewards.points_history(:'member_1');
SELECT event_time = now() OR event_time > now() - interval '1 day' AS today, created_at IS NOT NULL AS has_created_at,
       related_entity_type IS NULL AND related_entity_id IS NULL AS relates_to_nothing
  FROM rewards.points_history(:'member_1', 1);
COMMIT;

-- Page by page every event comes once, in one order, whatever the size of a page.
CREATE FUNCTION pages(who uuid, size integer) RETURNS TABLE (number bigint, event_id uuid, event_time timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    last uuid;
    row record;
    got integer;
BEGIN
    number := 0;
    LOOP
        got := 0;
        FOR row IN SELECT * FROM rewards.points_history(who, size, last) LOOP
            number := number + 1;
            got := got + 1;
            last := row.event_id;
            event_id := row.event_id;
            event_time := row.event_time;
            RETURN NEXT;
        END LOOP;
        EXIT WHEN got < size OR number > 1000;
    END LOOP;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT :'member_2', 'import', timestamptz '2024-01-01' + (n % 37) * interval '1 h', 1, 'validated' FROM generate_series(1, 300) AS n;
SELECT size, count(*) AS rows, count(DISTINCT event_id) AS events,
       bool_and((event_time, event_id) IS NOT DISTINCT FROM (e.time, e.id)) AS in_order
  FROM unnest(ARRAY[1, 7, 100, 301, 1000]) AS size, pages(:'member_2', size)
  JOIN (SELECT row_number() OVER (ORDER BY event_time DESC, id DESC) AS number, event_time AS time, id
          FROM rewards.points_events WHERE user_id = :'member_2' AND company_id = :'company_a') AS e USING (number)
 GROUP BY size ORDER BY size;

-- What comes in later does not shift the pages that follow.
SELECT event_id AS fifth FROM pages(:'member_2', 5) WHERE number = 5 \gset
SELECT array_agg(event_id) AS second_page FROM rewards.points_history(:'member_2', 5, :'fifth') \gset
SELECT balance FROM rewards.award_points(:'member_2', 1);
SELECT array_agg(event_id) = :'second_page' AS same_page FROM rewards.points_history(:'member_2', 5, :'fifth');

-- A page has 1 to 1000 rows, and goes on from an event of the account.
SELECT state, message, hint, call FROM (VALUES
    ($$SELECT * FROM rewards.points_history(member('3301'), 0)$$),
    ($$SELECT * FROM rewards.points_history(member('3301'), -1)$$),
    ($$SELECT * FROM rewards.points_history(member('3301'), 1001)$$),
    ($$SELECT * FROM rewards.points_history(member('3301'), NULL)$$),
    ($$SELECT * FROM rewards.points_history(member('3301'), 5, event('3301'))$$)) AS calls (call), attempt(call);
SELECT state, message FROM attempt(format('SELECT * FROM rewards.points_history(%L, 5, %L)', :'member_1', :'fifth'));
SELECT state, message FROM attempt('SELECT rewards.points_history(NULL)');
SELECT count(*) AS nothing_yet FROM rewards.points_history(:'member_3');
ROLLBACK;

-- A member sees its own events, without the score, which would teach how to raise it; and goes on from no other's event.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta, trust_score)
    VALUES (event('3302'), :'member_2', 'visit', now(), 2, 35);
SELECT event_type, trust_score FROM rewards.points_history(:'member_2', 1);
SELECT id AS event_of_1 FROM rewards.points_events WHERE user_id = :'member_1' LIMIT 1 \gset
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_2', 'user') \gset
SELECT event_type, validation_status, trust_score, balance_after FROM rewards.points_history(:'member_2');
SELECT state, message FROM attempt($$SELECT rewards.points_history(member('3301'))$$);
SELECT state, message FROM attempt(format('SELECT rewards.points_history(%L, 5, %L)', :'member_2', :'event_of_1'));
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT event_type FROM rewards.points_history(:'member_1');
SELECT state, message FROM attempt($$SELECT * FROM rewards.points_history(member('3302'), 5, event('3302'))$$);
COMMIT;
SELECT count(*) AS without_context FROM rewards.points_history(:'member_1');

-- Nor does a superuser mix companies, whom row-level security does not hold.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT event_type, balance_after FROM rewards.points_history(:'member_1');
SELECT state, message
  FROM (SELECT id FROM rewards.points_events WHERE user_id = :'member_1' AND company_id = :'company_a' LIMIT 1) AS other,
       attempt(format('SELECT * FROM rewards.points_history(%L, 5, %L)', :'member_1', id));
COMMIT;

-- Long histories

-- A page, and a balance of long ago, cost some probes of an index, however many events there are, before and after.
CREATE FUNCTION buffers(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE statement; -- so that plans and the catalogue are known
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ' || statement INTO plan;
    RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
DO $$ BEGIN
    FOR number IN 1..100 LOOP
        INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
            SELECT member('3303'), 'import', timestamptz '2021-01-01' + (number * 100 + n) * interval '1 h', 1, 'validated'
              FROM generate_series(1, 100) AS n;
        PERFORM rewards.award_points(member('3303'), 1, event_time => timestamptz '2024-01-01' + number * n * interval '1 min')
           FROM generate_series(1, 100) AS n;
    END LOOP;
END $$;
ANALYZE rewards.points_events, rewards.ledger_entries;
CREATE TABLE moments AS
    SELECT version, recorded_at, balance_after FROM rewards.ledger WHERE user_id = :'member_3' AND version % 1997 = 1;
SELECT count(*) AS entries, max(balance_after) AS balance FROM rewards.ledger WHERE user_id = :'member_3';
SELECT pg_relation_size('rewards.points_events') / current_setting('block_size')::int > 300 AS many_pages;
SELECT version, rewards.balance_at(:'member_3', recorded_at) AS balance,
       buffers(format('SELECT rewards.balance_at(%L, %L)', member('3303'), recorded_at)) < 150 AS few_buffers
  FROM moments ORDER BY version;
-- So it does where no function has ever written, and there is no row to find among the events.
DO $$ BEGIN
    FOR number IN 1..50 LOOP
        INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
            SELECT member('3304'), 'import', now(), 1, 'validated' FROM generate_series(1, 100);
    END LOOP;
END $$;
SELECT version, rewards.balance_at(member('3304'), recorded_at) AS balance,
       buffers(format('SELECT rewards.balance_at(%L, %L)', member('3304'), recorded_at)) < 150 AS few_buffers
  FROM rewards.ledger WHERE user_id = member('3304') AND version % 1500 = 1 ORDER BY version;
ANALYZE rewards.points_events, rewards.ledger_entries;
SELECT buffers(format('SELECT * FROM rewards.points_history(%L, 10)', member('3303'))) < 80 AS first_page,
       buffers(format('SELECT * FROM rewards.points_history(%L, 10)', member('3304'))) < 80 AS of_one_event_time;
SELECT number, buffers(format('SELECT * FROM rewards.points_history(%L, 10, %L)', member('3303'), id)) < 80 AS page
  FROM (SELECT row_number() OVER (ORDER BY event_time, id) AS number, id FROM rewards.points_events WHERE user_id = :'member_3') AS e
 WHERE number % 3989 = 11 ORDER BY number;
ROLLBACK;
DROP VIEW misremembered, replay;
DROP FUNCTION pages(uuid, integer), buffers(text);
