-- How much an account may submit: exact rolling windows, whatever the clock on the wall says.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000370a
\set company_b c0000000-0000-4000-8000-00000000370b
\set nil 00000000-0000-0000-0000-000000000000

-- @submit@ (the first lines of every file here)
CREATE FUNCTION submitted(member uuid, event_type text DEFAULT 'tick', times integer DEFAULT 1, status text DEFAULT 'validated',
    OUT answer text, OUT recorded integer, OUT which text, OUT retry bigint)
LANGUAGE sql AS $$
    SELECT s.outcome, s.recorded, s.which, s.retry
      FROM rewards.test_submit(member, event_type, NULL, false, NULL, NULL, status, times) AS s
$$;
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at) VALUES (:'company_a', 0, 0), (:'company_b', 0, 0);
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille) VALUES
    (:'nil', 'tick', 0, NULL, NULL), (:'nil', 'ten', 10, NULL, NULL), (:'nil', 'huge', 1001, NULL, NULL);

-- Events as a function wrote them, so long ago, and an account whose counters clear nothing: each call counts.
CREATE FUNCTION submitted_before(member uuid, company uuid, ages interval[], points bigint DEFAULT 0, status text DEFAULT 'validated')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status,
                                       trust_score, version, created_at, id)
    SELECT member, company, 'tick', at, points, status, 50, number, at,
           overlay(overlay(rewards.uuidv7()::text PLACING substr(milliseconds, 1, 8) FROM 1 FOR 8) PLACING substr(milliseconds, 9) FROM 10 FOR 4)::uuid
      FROM unnest(ages) WITH ORDINALITY AS age (age, number), LATERAL (SELECT clock_timestamp() - age OFFSET 0) AS was (at),
           LATERAL (SELECT lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')) AS id (milliseconds);
    PERFORM set_config('session_replication_role', 'origin', true);
    INSERT INTO rewards.user_points_cache (user_id, company_id) VALUES (member, company) ON CONFLICT DO NOTHING;
    UPDATE rewards.user_points_cache
       SET hour_started = clock_timestamp(), hour_events = 1000000, hour_points = 1000000000,
           day_started = clock_timestamp(), day_events = 1000000, day_points = 1000000000
     WHERE user_id = member AND company_id = company;
END $$;

BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER refuse_update;
SELECT rewards.set_company_context(:'company_a') \gset

-- A hundred between half past and the full hour: at five past it is 25 minutes until the first of them is an hour old.
SELECT submitted_before(member('3701'), :'company_a', ARRAY(SELECT make_interval(secs => 35 * 60 - number * 17) FROM generate_series(0, 99) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 1490 AND 1500 AS in_25_minutes FROM submitted(member('3701'));
-- Those of another hour, company or member, awards, and what came in by SQL are not in the way.
SELECT submitted_before(member('3702'), :'company_a', ARRAY(SELECT make_interval(secs => 35 * 60 - number * 17) FROM generate_series(0, 98) AS number)) \g /dev/null
SELECT submitted_before(member('3702'), :'company_a', ARRAY(SELECT interval '1 hour' FROM generate_series(1, 100))) \g /dev/null
SELECT submitted_before(member('3702'), :'company_b', ARRAY(SELECT interval '1 minute' FROM generate_series(1, 100))) \g /dev/null
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status, trust_score)
    SELECT member('3702'), :'company_a', 'tick', now(), 1, 'validated', 50 FROM generate_series(1, 100);
SELECT count(*) AS awarded FROM generate_series(1, 100), rewards.award_points(member('3702'), 1);
SELECT answer, which FROM submitted(member('3702'));
SELECT answer, which, retry BETWEEN 1490 AND 1500 AS in_25_minutes FROM submitted(member('3702'));
-- A second before it is an hour old, an event counts.
SELECT submitted_before(member('3703'), :'company_a', ARRAY(SELECT interval '59 minutes 55 seconds' FROM generate_series(1, 100))) \g /dev/null
SELECT answer, which, retry BETWEEN 1 AND 5 AS soon FROM submitted(member('3703'));
-- A day has 500, in which no hour needs to have more than it may; who waits for the hour would wait for the day again.
SELECT submitted_before(member('3704'), :'company_a', ARRAY(SELECT make_interval(mins => 24 * 60 - 10 - number * 2) FROM generate_series(0, 499) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 590 AND 600 AS in_10_minutes FROM submitted(member('3704'));
SELECT submitted_before(member('3705'), :'company_a', ARRAY(SELECT make_interval(secs => 60 + number) FROM generate_series(0, 499) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 24 * 3600 - 570 AND 24 * 3600 - 559 AS tomorrow FROM submitted(member('3705'));

-- Points: those of rejected events do not count, the events do.
SELECT submitted_before(member('3706'), :'company_a', '{50 min,40 min,30 min}', 330) \g /dev/null
SELECT submitted_before(member('3706'), :'company_a', '{20 min}', 500, 'rejected') \g /dev/null
SELECT answer, which FROM submitted(member('3706'), 'ten');
SELECT answer, which, retry BETWEEN 590 AND 600 AS in_10_minutes FROM submitted(member('3706'), 'ten');
SELECT answer, which, retry FROM submitted(member('3706'), 'tick');
-- What remains of a limit is never less than nothing.
SELECT set_config('request.method', 'POST', true) \g /dev/null
SELECT answer, current_setting('response.headers') ~ 'r=0;t=' AS nothing_remains FROM submitted(member('3701'));
SELECT set_config('request.method', '', true) \g /dev/null
-- More than a limit in one event never fits, so that there is nothing to wait for.
SELECT answer, which, retry FROM submitted(member('3707'), 'huge');
ROLLBACK;

-- As it goes

-- A batch is counted event by event, and what did not fit is not recorded.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer, recorded, which, retry > 3590 AS in_an_hour FROM submitted(member('3711'), 'tick', 150);
SELECT answer, recorded, which FROM submitted(member('3711'), 'tick', 1);
SELECT count(*) AS events FROM rewards.points_events WHERE user_id = member('3711');
SELECT answer, recorded, which FROM submitted(member('3712'), 'ten', 150);
SELECT answer, recorded, which FROM submitted(member('3713'), 'ten', 100, 'rejected');
SELECT answer, recorded, which FROM submitted(member('3714'), 'tick', 60);
SELECT answer, recorded, which FROM submitted(member('3714'), 'tick', 60);
COMMIT;
-- What is submitted and taken back did not happen.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer, recorded FROM submitted(member('3715'), 'tick', 100);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer, recorded FROM submitted(member('3715'), 'tick', 100);
-- Another company of the member has limits of its own.
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT answer, recorded FROM submitted(member('3711'), 'tick', 100);
ROLLBACK;

-- Limits hold from the next call on; the highest number is none.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
UPDATE rewards.company_settings SET events_per_hour = 3, events_per_day = 4 WHERE company_id = :'company_b';
SELECT answer, recorded, which FROM submitted(member('3716'), 'tick', 5);
UPDATE rewards.company_settings SET events_per_hour = NULL WHERE company_id = :'company_b';
SELECT answer, recorded, which, retry > 86390 AS tomorrow FROM submitted(member('3716'), 'tick', 5);
UPDATE rewards.company_settings
   SET events_per_hour = 9223372036854775807, points_per_hour = 9223372036854775807, events_per_day = 9223372036854775807, points_per_day = 9223372036854775807
 WHERE company_id = :'company_b';
SELECT answer, recorded, which FROM submitted(member('3716'), 'huge', 1000);
ROLLBACK;

-- What it costs: as long as the counters clear an event, no index of the ledger is read.
CREATE FUNCTION scans() RETURNS numeric LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_numscans(indexrelid)) FROM pg_index WHERE indrelid = 'rewards.points_events'::regclass $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT scans() AS before \gset
SELECT answer, recorded, scans() - :before AS scans FROM submitted(member('3717'), 'tick', 100);
SELECT scans() AS before \gset
SELECT answer, recorded, scans() - :before > 0 AS has_counted FROM submitted(member('3717'), 'tick', 1);
ROLLBACK;

-- PostgREST is told when the client may come back; headers that somebody else has set stay.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT set_config('request.method', 'POST', true) \g /dev/null
SELECT answer, regexp_replace(current_setting('response.headers'), '\m(3[56]\d\d)\M', 'N', 'g') AS headers, current_setting('response.status') AS status
  FROM submitted(member('3711'), 'tick', 1);
SELECT set_config('response.headers', '[{"X-Shop": "a"}]', true) \g /dev/null
SELECT answer, current_setting('response.headers') AS headers FROM submitted(member('3711'), 'huge', 1);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer, current_setting('response.headers', true) AS headers FROM submitted(member('3711'), 'tick', 1);
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, hint FROM attempt('SELECT submitted(member(''3711''))');
ROLLBACK;

DELETE FROM rewards.point_rules;
DELETE FROM rewards.company_settings WHERE company_id <> :'nil';
DROP FUNCTION submitted(uuid, text, integer, text), submitted_before(uuid, uuid, interval[], bigint, text), scans();
