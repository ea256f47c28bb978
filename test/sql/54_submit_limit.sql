-- How much an account may submit: exact rolling windows, whatever the clock on the wall says.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000570a
\set company_b c0000000-0000-4000-8000-00000000570b
\set nil 00000000-0000-0000-0000-000000000000

CREATE FUNCTION submitted(member uuid, event_type text DEFAULT 'tick', OUT answer text, OUT which text, OUT retry bigint)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.method', 'POST', true), set_config('response.headers', '', true);
    SELECT outcome, retry_after INTO answer, retry
      FROM rewards.submit_points_event(member, event_type, clock_timestamp(), rewards.uuidv7()::text);
    which := substring(current_setting('response.headers') FROM '"RateLimit": "..([a-z_]+)');
    PERFORM set_config('request.method', '', true);
END $$;
CREATE FUNCTION submitted_at_once(member uuid, event_type text, times integer, OUT answer text, OUT events bigint)
RETURNS SETOF record LANGUAGE sql AS $$
    SELECT outcome, count(*)
      FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member, 'event_type', event_type,
               'event_time', clock_timestamp(), 'nonce', rewards.uuidv7())) FROM generate_series(1, times)))
     GROUP BY outcome ORDER BY outcome
$$;
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at) VALUES (:'company_a', 0, 0), (:'company_b', 0, 0);
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille) VALUES
    (:'nil', 'tick', 0, NULL, NULL), (:'nil', 'ten', 10, NULL, NULL), (:'nil', 'eleven', 11, NULL, NULL), (:'nil', 'huge', 1001, NULL, NULL);

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
SELECT submitted_before(member('5701'), :'company_a', ARRAY(SELECT make_interval(secs => 35 * 60 - number * 17) FROM generate_series(0, 99) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 1490 AND 1500 AS in_25_minutes FROM submitted(member('5701'));
-- What the counters say is left of a quota is never less than nothing.
SELECT substring(current_setting('response.headers') FROM 'r=[^;]*') AS remains;
-- Those of another hour, company or member, awards, and what came in by SQL are not in the way.
SELECT submitted_before(member('5702'), :'company_a', ARRAY(SELECT make_interval(secs => 35 * 60 - number * 17) FROM generate_series(0, 98) AS number)) \g /dev/null
SELECT submitted_before(member('5702'), :'company_a', ARRAY(SELECT interval '1 hour' FROM generate_series(1, 100))) \g /dev/null
SELECT submitted_before(member('5702'), :'company_b', ARRAY(SELECT interval '1 minute' FROM generate_series(1, 100))) \g /dev/null
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status, trust_score)
    SELECT member('5702'), :'company_a', 'tick', now(), 1, 'validated', 50 FROM generate_series(1, 100);
SELECT count(*) AS awarded FROM generate_series(1, 100), rewards.award_points(member('5702'), 1);
SELECT answer, which FROM submitted(member('5702'));
SELECT answer, which, retry BETWEEN 1490 AND 1500 AS in_25_minutes FROM submitted(member('5702'));
-- A second before it is an hour old, an event counts.
SELECT submitted_before(member('5703'), :'company_a', ARRAY(SELECT interval '59 minutes 55 seconds' FROM generate_series(1, 100))) \g /dev/null
SELECT answer, which, retry BETWEEN 1 AND 5 AS soon FROM submitted(member('5703'));
-- A day has 500, in which no hour needs to have more than it may; who waits for the hour would wait for the day again.
SELECT submitted_before(member('5704'), :'company_a', ARRAY(SELECT make_interval(mins => 24 * 60 - 10 - number * 2) FROM generate_series(0, 499) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 590 AND 600 AS in_10_minutes FROM submitted(member('5704'));
SELECT submitted_before(member('5705'), :'company_a', ARRAY(SELECT make_interval(secs => 60 + number) FROM generate_series(0, 499) AS number)) \g /dev/null
SELECT answer, which, retry BETWEEN 24 * 3600 - 570 AND 24 * 3600 - 559 AS tomorrow FROM submitted(member('5705'));

-- Points: those of rejected events do not count, the events do.
SELECT submitted_before(member('5706'), :'company_a', '{50 min,40 min,30 min}', 330) \g /dev/null
SELECT submitted_before(member('5706'), :'company_a', '{20 min}', 500, 'rejected') \g /dev/null
SELECT answer, which FROM submitted(member('5706'), 'ten');
SELECT answer, which, retry BETWEEN 590 AND 600 AS in_10_minutes FROM submitted(member('5706'), 'ten');
SELECT answer, which, retry FROM submitted(member('5706'), 'tick');
-- More than a limit in one event never fits, so that there is nothing to wait for.
SELECT answer, which, retry FROM submitted(member('5707'), 'huge');
ROLLBACK;

-- As it goes

-- A batch is counted event by event, and what did not fit is not recorded.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM submitted_at_once(member('5711'), 'tick', 150);
SELECT answer, which, retry BETWEEN 3590 AND 3600 AS in_an_hour FROM submitted(member('5711'));
SELECT count(*) AS events FROM rewards.points_events WHERE user_id = member('5711');
SELECT * FROM submitted_at_once(member('5712'), 'eleven', 150);
SELECT answer, which FROM submitted(member('5712'), 'eleven');
SELECT answer, which FROM submitted(member('5712'), 'ten');
SELECT * FROM submitted_at_once(member('5714'), 'tick', 60);
SELECT * FROM submitted_at_once(member('5714'), 'tick', 60);
COMMIT;
-- Rejected events count, their points do not.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
UPDATE rewards.company_settings SET trust_validate_at = 100, trust_review_at = 100 WHERE company_id = :'company_a';
SELECT * FROM submitted_at_once(member('5713'), 'eleven', 150);
SELECT validation_status, count(*), sum(points_delta) FROM rewards.points_events WHERE user_id = member('5713') GROUP BY 1;
ROLLBACK;
-- What is submitted and taken back did not happen.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM submitted_at_once(member('5715'), 'tick', 100);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM submitted_at_once(member('5715'), 'tick', 100);
ROLLBACK;
-- In another company the member has limits of its own.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT * FROM submitted_at_once(member('5711'), 'tick', 100);
ROLLBACK;

-- Limits hold from the next call on; the highest number is none.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
UPDATE rewards.company_settings SET events_per_hour = 3, events_per_day = 4 WHERE company_id = :'company_b';
SELECT * FROM submitted_at_once(member('5716'), 'tick', 5);
SELECT answer, which FROM submitted(member('5716'));
UPDATE rewards.company_settings SET events_per_hour = NULL WHERE company_id = :'company_b';
SELECT answer, which FROM submitted(member('5716'));
SELECT answer, which, retry BETWEEN 86390 AND 86400 AS tomorrow FROM submitted(member('5716'));
UPDATE rewards.company_settings
   SET events_per_hour = 9223372036854775807, points_per_hour = 9223372036854775807,
       events_per_day = 9223372036854775807, points_per_day = 9223372036854775807
 WHERE company_id = :'company_b';
SELECT * FROM submitted_at_once(member('5716'), 'huge', 1000);
ROLLBACK;

-- What it costs: as long as the counters clear an event, no index of the ledger is read.
CREATE FUNCTION scans() RETURNS numeric LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_numscans(indexrelid)) FROM pg_index WHERE indrelid = 'rewards.points_events'::regclass $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT scans() AS before \gset
SELECT * FROM submitted_at_once(member('5717'), 'tick', 100);
SELECT scans() - :before AS scans;
SELECT answer FROM submitted(member('5717'));
SELECT scans() - :before > 0 AS has_counted;
ROLLBACK;

-- PostgREST is told when the client may come back; headers that somebody else has set stay.
CREATE FUNCTION call_of(member uuid, type text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT outcome FROM rewards.submit_points_event(%L, %L, clock_timestamp(), rewards.uuidv7()::text)', member, type) $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT set_config('request.method', 'POST', true) \g /dev/null
SELECT state FROM attempt(call_of(member('5711'), 'tick'));
SELECT regexp_replace(current_setting('response.headers'), '\m3[56]\d\d\M', 'N', 'g') AS headers, current_setting('response.status') AS status;
SELECT set_config('response.headers', '[{"X-Shop": "a"}]', true) \g /dev/null
SELECT state FROM attempt(call_of(member('5711'), 'huge'));
SELECT current_setting('response.headers') AS headers;
ROLLBACK;

-- Others get no headers, and who wants errors finds the wait in the detail.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM attempt(call_of(member('5711'), 'tick'));
SELECT coalesce(current_setting('response.headers', true), '') AS headers;
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, hint, (detail::jsonb ->> 'retry_after')::integer BETWEEN 3500 AND 3600 AS says_when, detail::jsonb ->> 'limit' AS which
  FROM attempt(call_of(member('5711'), 'tick'));
SELECT state, message, hint, detail FROM attempt(call_of(member('5711'), 'huge'));
ROLLBACK;

DELETE FROM rewards.point_rules;
DELETE FROM rewards.company_settings WHERE company_id <> :'nil';
DROP FUNCTION submitted(uuid, text), submitted_at_once(uuid, text, integer), submitted_before(uuid, uuid, interval[], bigint, text), scans(), call_of(uuid, text);
