-- What the rules make of submitted events.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000520a
\set company_b c0000000-0000-4000-8000-00000000520b
\set nil 00000000-0000-0000-0000-000000000000

-- Rules are what is tested here: nothing else stands in the way, and old events are accepted.
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at, events_per_hour, points_per_hour,
    events_per_day, points_per_day, accepted_age)
SELECT company, 0, 0, 1000000, 1000000, 1000000, 1000000, '300 days' FROM unnest(ARRAY[:'company_a', :'company_b']::uuid[]) AS company;

CREATE FUNCTION submitted(member uuid, event_type text, event_time timestamptz DEFAULT NULL, related text DEFAULT NULL,
    proof boolean DEFAULT false, OUT answer text, OUT retry bigint, OUT event uuid)
LANGUAGE sql AS $$
    SELECT s.outcome || coalesce(' ' || s.points, ''), s.retry_after, s.event_id
      FROM rewards.submit_points_event(member, event_type, coalesce(event_time, clock_timestamp()), rewards.uuidv7()::text,
               proof_payload => CASE WHEN proof THEN '{}'::jsonb END,
               related_entity_type => CASE WHEN related IS NOT NULL THEN 'place' END, related_entity_id => related) AS s
$$;

-- Midnight, UTC, at which yesterday began: far enough from now for every hour of it to be past.
SELECT date_trunc('day', now(), 'UTC') - interval '1 day' AS day \gset

-- Which rule

INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES
    (:'nil', 'visit', 5), (:'nil', 'walk', 6), (:'company_a', 'visit', 10), (:'company_a', 'gone', 10);
UPDATE rewards.point_rules SET is_active = false WHERE event_type = 'gone';
INSERT INTO rewards.point_rules (company_id, event_type, base_points, is_active) VALUES
    (:'nil', 'gone', 5, true), (:'nil', 'off', 5, false);

-- The company's own goes before the default, also when it is switched off; a type without any is unknown.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT type, answer FROM unnest('{visit,walk,gone,off,Visit,nothing}'::text[]) AS type, submitted(member('5201'), type, :'day');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT type, answer FROM unnest('{visit,walk,gone,off,nothing}'::text[]) AS type, submitted(member('5201'), type, :'day');
COMMIT;

-- A change holds from the next call on, and not when it is taken back. What was recorded stays.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SAVEPOINT before;
UPDATE rewards.point_rules SET base_points = 11 WHERE event_type = 'visit' AND company_id = :'company_a';
SELECT answer FROM submitted(member('5201'), 'visit', :'day');
DELETE FROM rewards.point_rules WHERE event_type = 'visit' AND company_id = :'company_a';
SELECT answer FROM submitted(member('5201'), 'visit', :'day');
DELETE FROM rewards.point_rules WHERE event_type = 'visit';
SELECT answer FROM submitted(member('5201'), 'visit', :'day');
SELECT points_delta FROM rewards.points_events
 WHERE event_type = 'visit' AND user_id = member('5201') AND company_id = :'company_a' ORDER BY version;
ROLLBACK TO before;
SELECT answer FROM submitted(member('5201'), 'visit', :'day');
ROLLBACK;

-- When, and with what

INSERT INTO rewards.point_rules (company_id, event_type, base_points, active_from, active_until)
    VALUES (:'company_a', 'summer', 10, :'day', :'day'::timestamptz + interval '12 hours');
INSERT INTO rewards.point_rules (company_id, event_type, base_points, proof_required) VALUES (:'company_a', 'receipt', 10, true);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT after, answer FROM unnest(ARRAY['-1 us', '0', '11:59:59.999999', '12:00']::interval[]) AS after,
       submitted(member('5202'), 'summer', :'day'::timestamptz + after);
SELECT proof, answer FROM unnest(ARRAY[false, true]) AS proof, submitted(member('5202'), 'receipt', :'day', proof => proof);
ROLLBACK;

-- How close

INSERT INTO rewards.point_rules (company_id, event_type, base_points, min_interval, streak_days, streak_permille) VALUES
    (:'company_a', 'spaced', 10, '1 hour', NULL, NULL), (:'company_a', 'spaced too', 10, '1 hour', NULL, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5203'), 'spaced', :'day'::timestamptz + interval '10:00');
-- Less than the interval after it, or before it; exactly the interval is enough. The hour is over by now.
SELECT after, answer, retry
  FROM unnest(ARRAY['10:00', '10:59:59.999999', '10:59:59', '10:30', '9:00:00.000001', '9:30', '11:00', '9:00', '11:00', '8:30']::interval[]) AS after,
       submitted(member('5203'), 'spaced', :'day'::timestamptz + after);
-- An event of now says how long the next one has to wait.
SELECT answer, retry FROM submitted(member('5203'), 'spaced', clock_timestamp() - interval '10 minutes');
SELECT answer, retry BETWEEN 2990 AND 3000 AS fifty_minutes FROM submitted(member('5203'), 'spaced');
-- Other types, members and companies have clocks of their own.
SELECT answer FROM submitted(member('5203'), 'spaced too', :'day'::timestamptz + interval '10:00');
SELECT answer FROM submitted(member('5204'), 'spaced', :'day'::timestamptz + interval '10:00');
COMMIT;
-- Whatever brought the event, and unless it was rejected.
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status) VALUES
    (member('5205'), :'company_a', 'spaced', :'day'::timestamptz + interval '10:00', 1, 'rejected'),
    (member('5205'), :'company_b', 'spaced', :'day'::timestamptz + interval '10:00', 1, 'validated'),
    (member('5206'), :'company_a', 'spaced', :'day'::timestamptz + interval '10:00', 1, 'pending');
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT member, answer FROM unnest('{5605,5606}'::text[]) AS member,
       submitted(member(member), 'spaced', :'day'::timestamptz + interval '10:15');
COMMIT;

-- How much

INSERT INTO rewards.point_rules (company_id, event_type, base_points, daily_cap) VALUES (:'company_a', 'capped', 10, 25);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SET LOCAL TimeZone = 'Pacific/Auckland';
-- The last microsecond belongs to the day, in UTC and nowhere else.
SELECT after, answer FROM unnest(ARRAY['0', '12:00', '23:59:59.999999', '1:00', '24:00', '-1 us']::interval[]) AS after,
       submitted(member('5207'), 'capped', :'day'::timestamptz + after);
COMMIT;
-- Rejected events leave room; those that take points away make none.
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status) VALUES
    (member('5208'), :'company_a', 'capped', :'day', 20, 'rejected'), (member('5208'), :'company_a', 'capped', :'day', 18, 'validated'),
    (member('5208'), :'company_a', 'capped', :'day', -10, 'validated');
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5208'), 'capped', :'day');
COMMIT;
INSERT INTO rewards.point_rules (company_id, event_type, base_points, min_points, max_points, streak_days, streak_permille) VALUES
    (:'company_a', 'at least', 10, 15, NULL, '{1}', '{1200}'), (:'company_a', 'at most', 10, NULL, 11, '{1}', '{1200}'),
    (:'company_a', 'between', 10, 5, 15, '{1}', '{1290}');
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT type, answer FROM unnest('{at least,at most,between}'::text[]) AS type, submitted(member('5208'), type, :'day');
COMMIT;

-- For how many days

INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'daily', 10);
-- days before :day, at odd hours, about one place
CREATE FUNCTION was_there(member uuid, place text, day timestamptz, days integer[], status text DEFAULT 'validated') RETURNS void LANGUAGE sql AS $$
    INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status,
                                       related_entity_type, related_entity_id)
    SELECT member, company('520a'), 'daily', day - number * interval '24 hours' + interval '23:59:59.999999' * (number % 2),
           0, status, CASE WHEN place <> 'nowhere' THEN 'place' END, nullif(place, 'nowhere')
      FROM unnest(days) AS number $$;
SELECT was_there(member('521' || step), 'gym', :'day', ARRAY(SELECT generate_series(1, days - 1)))
  FROM (VALUES (1, 1), (2, 6), (3, 7), (4, 13), (5, 14), (6, 29), (7, 30), (8, 89), (9, 90)) AS steps (step, days) \g /dev/null
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT step, answer FROM generate_series(1, 9) AS step, submitted(member('521' || step), 'daily', :'day', 'gym');
-- Once more on the same day is the same streak, and another place another one.
SELECT answer FROM submitted(member('5219'), 'daily', :'day'::timestamptz + interval '23:59:59.999999', 'gym');
SELECT answer FROM submitted(member('5219'), 'daily', :'day', 'pool');
SELECT answer FROM submitted(member('5219'), 'daily', :'day');
-- The day after goes on, the one after that does not.
SELECT answer FROM submitted(member('5213'), 'daily', :'day'::timestamptz + interval '24:00', 'gym');
ROLLBACK;

-- A late event closes the gap, for those that come after it.
SELECT was_there(member('5221'), 'gym', :'day', '{1,2,3,5,6,7}') \g /dev/null
SELECT was_there(member('5221'), 'gym', :'day', '{4}', 'rejected') \g /dev/null
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5221'), 'daily', :'day', 'gym');
SELECT answer FROM submitted(member('5221'), 'daily', :'day'::timestamptz - interval '96 hours', 'gym');
SELECT answer FROM submitted(member('5221'), 'daily', :'day', 'gym');
COMMIT;

-- Events about nothing in particular are about the same thing.
SELECT was_there(member('5222'), 'nowhere', :'day', '{1,2,3,4,5,6}') \g /dev/null
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5222'), 'daily', :'day');
COMMIT;

-- Days with many events count once each, and one with many others does not end the streak.
SELECT was_there(member('5223'), 'gym', :'day', array_fill(1, ARRAY[30]) || array_fill(2, ARRAY[9]) || array_fill(3, ARRAY[8]) || '{4,5}'::int[]) \g /dev/null
SELECT was_there(member('5223'), 'pool', :'day', array_fill(6, ARRAY[30])) \g /dev/null
SELECT was_there(member('5223'), 'gym', :'day', '{6,8}') \g /dev/null
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5223'), 'daily', :'day', 'gym');
COMMIT;

-- Without steps nothing is looked up.
UPDATE rewards.point_rules SET streak_days = NULL, streak_permille = NULL WHERE company_id = :'company_a' AND event_type = 'daily';
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer FROM submitted(member('5218'), 'daily', :'day', 'gym');
ROLLBACK;

-- Until when: by the UTC calendar, wherever the session is.

INSERT INTO rewards.point_rules (company_id, event_type, base_points, expires_after) VALUES
    (:'company_a', 'month', 10, '1 month'), (:'company_a', 'day', 10, '1 day'), (:'company_a', 'never', 10, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SET LOCAL TimeZone = 'America/New_York';
SELECT answer FROM unnest('{month,day,never}'::text[]) AS type, submitted(member('5223'), type, clock_timestamp());
SELECT event_type, expires_at AT TIME ZONE 'UTC' = event_time AT TIME ZONE 'UTC' + interval '1 day' AS in_a_day,
       expires_at AT TIME ZONE 'UTC' = event_time AT TIME ZONE 'UTC' + interval '1 month' AS in_a_month
  FROM rewards.points_events WHERE user_id = member('5223') AND points_delta > 0 ORDER BY event_type;
ROLLBACK;

-- A batch sees what it has written itself.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, points FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member('5224'),
       'event_type', type, 'event_time', :'day'::timestamptz + number * interval '1 second', 'nonce', type || number))
  FROM unnest('{spaced,capped}'::text[]) AS type, generate_series(1, 4) AS number));
-- Also its nonces: what is in it twice is recorded once.
SELECT outcome, points, replayed FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member('5224'),
       'event_type', 'visit', 'event_time', :'day'::timestamptz, 'nonce', 'the same')) FROM generate_series(1, 3)));
ROLLBACK;

DELETE FROM rewards.point_rules;
DELETE FROM rewards.company_settings WHERE company_id <> :'nil';
DROP FUNCTION submitted(uuid, text, timestamptz, text, boolean), was_there(uuid, text, timestamptz, integer[], text);
