-- What is refused, what a refusal leaves behind, and what the same request gives again. Uses what 55_submit leaves.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000056a
\set member_1 a0000000-0000-4000-8000-000000000561
SELECT set_config('test.began', now()::text, false) \gset
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille) VALUES
    (:'company_a', 'visit', 10, NULL, NULL);
INSERT INTO rewards.point_rules (company_id, event_type, base_points, is_active, proof_required, min_interval, active_from,
    active_until) VALUES
    (:'company_a', 'retired', 10, false, false, NULL, NULL, NULL),
    (:'company_a', 'campaign', 10, true, false, NULL, moment('2 hours'), moment('1 hour')),
    (:'company_a', 'receipt', 10, true, true, NULL, NULL, NULL), (:'company_a', 'daily', 10, true, false, '10 minutes', NULL, NULL);
CREATE VIEW refused AS
SELECT right(user_id::text, 3) AS member, insight_type, severity, occurrences, details
  FROM rewards.fraud_insights WHERE company_id = company('56a') AND NOT resolved ORDER BY user_id, insight_type;
CREATE VIEW account AS
SELECT right(a.user_id::text, 3) AS member, available_points, pending_points, version, submitted_events,
       (SELECT count(*) FROM rewards.points_events AS e WHERE e.user_id = a.user_id) AS events,
       (SELECT count(*) FROM rewards.used_nonces AS n WHERE n.user_id = a.user_id) AS nonces
  FROM rewards.user_points_cache AS a WHERE company_id = company('56a');

-- Refusals

-- Each has its outcome, and takes neither its nonce nor a number of the account.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT outcome, balance FROM submit('561', 'visit', '30 minutes', 'used');
SELECT n, outcome, status, points, trust_score, reasons, replayed, balance, retry_after
  FROM (VALUES
    (1, 'visit', '7 days 1 minute'::interval), (2, 'visit', '-11 minutes'), (3, 'nowhere', '1 hour'), (4, 'Visit', '1 hour'),
    (5, 'retired', '1 hour'), (6, 'campaign', '2 hours 0.001 seconds'), (7, 'campaign', '1 hour'),
    (8, 'receipt', '1 hour')) AS e (n, type, ago), submit('561', type, ago, 'not used')
 ORDER BY n;
SELECT outcome, balance FROM submit('561', 'visit', '20 minutes', 'used');
SELECT * FROM account ORDER BY member;
TABLE refused;

-- On the inner side of each edge there is nothing to refuse.
SELECT n, outcome, points
  FROM (VALUES (1, 'visit', '6 days 23:59'::interval, NULL::jsonb), (2, 'visit', '-9 minutes', NULL), (3, 'campaign', '2 hours', NULL),
               (4, 'campaign', '1 hour 0.001 seconds', NULL), (5, 'receipt', '1 hour', '{}')) AS e (n, type, ago, proof),
       rewards.submit_points_event(member('561'), type, moment(ago), CASE n WHEN 1 THEN 'not used' ELSE 'edge ' || n END,
           proof_payload => proof)
 ORDER BY n;

-- No proof is no proof, in either way of writing it.
SELECT outcome FROM rewards.submit_points_event(:'member_1', 'receipt', moment('50 minutes'), 'null', proof_payload => 'null');

-- The window is the company's.
INSERT INTO rewards.company_settings (accepted_age, accepted_ahead) VALUES ('1 hour', '0');
SELECT ago, outcome FROM unnest('{1:01,59 minutes,-1 minute}'::interval[]) AS ago, submit('561', 'visit', ago, 'window ' || ago);
ROLLBACK;

-- Too soon is less than the interval after another event of the type, or before it. Who can come back is told when;
-- what happened too soon then cannot come true later. Rejected events do not count.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT n, type, outcome, retry_after BETWEEN 250 AND 300 AS in_five_minutes
  FROM (VALUES (1, 'daily', '1 hour'::interval), (2, 'daily', '50 minutes 0.001 seconds'), (3, 'daily', '1 hour 9 minutes 59.999 seconds'),
               (4, 'daily', '1 hour'), (5, 'visit', '55 minutes'), (6, 'daily', '50 minutes'), (7, 'daily', '1 hour 10 minutes'),
               (8, 'daily', '5 minutes'), (9, 'daily', '0'), (10, 'visit', '4 minutes 59.5 seconds')) AS e (n, type, ago),
       submit('562', type, ago, 'soon ' || n)
 ORDER BY n;
SELECT outcome, status FROM submit('562', 'daily', '20 minutes', 'soon 11');
SELECT outcome, status FROM submit('562', 'visit', '29 minutes', 'soon 12');
SELECT outcome, status FROM submit('562', 'daily', '29 minutes 0.5 seconds', 'soon 13');
SELECT outcome, status FROM submit('563', 'visit', '29 minutes', 'soon 1');
SELECT outcome, status FROM submit('563', 'daily', '29 minutes 0.5 seconds', 'soon 2');
SELECT outcome, status FROM submit('563', 'daily', '25 minutes', 'soon 3');
ROLLBACK;

-- A hash of a payload is accepted once by an account, whatever else the events are.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT who, n, outcome, points
  FROM (VALUES ('564', 1, '1 hour'::interval, 'p'), ('564', 2, '50 minutes', 'p'), ('564', 3, '40 minutes', 'P'), ('565', 4, '1 hour', 'p'),
               ('564', 5, '30 minutes', NULL), ('564', 6, '20 minutes', NULL)) AS e (who, n, ago, hash),
       rewards.submit_points_event(member(who), 'visit', moment(ago), 'payload ' || n, payload_hash => hash)
 ORDER BY n;
ROLLBACK;

-- The same again

-- A nonce gives the first answer, whatever has happened since; another event under it is refused and noticed.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (trust_validate_at, trust_review_at) VALUES (66, 30);
SELECT set_config('test.event', event_id::text, false) AS event, s.*
  FROM rewards.submit_points_event(:'member_1', 'visit', moment('1 hour'), 'review', 'phone', proof_payload => '{"a": [1.0]}') AS s \gset first_
SELECT :'first_outcome' AS outcome, :'first_status' AS status, :first_points AS points, :first_trust_score AS trust_score,
       :'first_reasons' AS reasons, :first_balance AS balance, :'first_replayed' AS replayed;
COMMIT;
CREATE FUNCTION again() RETURNS TABLE (outcome text, status text, points bigint, trust_score integer, reasons text[],
    replayed boolean, balance bigint, same boolean)
LANGUAGE sql AS $$
SELECT outcome, status, points, trust_score, reasons, replayed, balance, event_id = current_setting('test.event')::uuid
  FROM rewards.submit_points_event(member('561'), 'visit', moment('1 hour'), 'review', 'phone', proof_payload => '{"a": [1.0]}')
$$;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT * FROM again();
-- review has changed the status, twice, and the balance;
UPDATE rewards.points_events SET validation_status = 'flagged' WHERE user_id = :'member_1' AND id = :'first_event';
UPDATE rewards.points_events SET validation_status = 'validated' WHERE user_id = :'member_1' AND id = :'first_event';
SELECT * FROM again();
-- the company has other rules, of points and of trust, and other thresholds; the type is gone;
INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
    VALUES (:'company_a', 1000, 'base', 'always', '=', 1, 99, 'Everybody.');
UPDATE rewards.company_settings SET trust_validate_at = 50, trust_review_at = 40 WHERE company_id = :'company_a';
UPDATE rewards.point_rules SET base_points = 500 WHERE company_id = :'company_a';
SELECT * FROM again();
DELETE FROM rewards.point_rules WHERE company_id = :'company_a';
DELETE FROM rewards.point_rules WHERE event_type = 'visit';
SELECT * FROM again();
-- and the event has become too old, or the company too strict.
UPDATE rewards.company_settings SET accepted_age = '1 minute', events_per_hour = 1 WHERE company_id = :'company_a';
SELECT * FROM again();
ROLLBACK;

-- What tells the device, its proof and where it is may differ; the rest is the event.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT outcome, replayed, balance
  FROM rewards.submit_points_event(:'member_1', 'visit', moment('1 hour'), 'review', 'phone', '{}', NULL, '{"a":   [1.0]}',
           device_info => '{"os": 2}', ip_address => '2001:db8::1');
SELECT n, outcome, replayed, status
  FROM (VALUES (1, 'visit', '1 hour 1 microsecond'::interval, 'phone', NULL, '{"a": [1.0]}'::jsonb, NULL, NULL, NULL),
               (2, 'survey', '1 hour', 'phone', NULL, '{"a": [1.0]}', NULL, NULL, NULL),
               (3, 'visit', '1 hour', NULL, NULL, '{"a": [1.0]}', NULL, NULL, NULL),
               (4, 'visit', '1 hour', 'phone', 'receipt', '{"a": [1.0]}', NULL, NULL, NULL),
               (5, 'visit', '1 hour', 'phone', NULL, '{"a": [2]}', NULL, NULL, NULL),
               (6, 'visit', '1 hour', 'phone', NULL, NULL, NULL, NULL, NULL),
               (7, 'visit', '1 hour', 'phone', NULL, '{"a": [1.0]}', 'hash', NULL, NULL),
               (8, 'visit', '1 hour', 'phone', NULL, '{"a": [1.0]}', NULL, 'shop', NULL),
               (9, 'visit', '1 hour', 'phone', NULL, '{"a": [1.0]}', NULL, NULL, 'shop'))
           AS e (n, type, ago, device, proof_type, proof, hash, related_type, related_id),
       rewards.submit_points_event(:'member_1', type, moment(ago), 'review', device, NULL, proof_type, proof, hash,
           related_type, related_id)
 ORDER BY n;
-- So is the nonce of another call.
SELECT outcome FROM rewards.award_points(:'member_1', 10, NULL, 'award');
SELECT outcome FROM submit('561', 'visit', '50 minutes', 'award');
SELECT outcome FROM rewards.award_points(:'member_1', 10, NULL, 'review');
TABLE refused;
SELECT member, version, submitted_events, events, nonces FROM account WHERE member = '561';
SELECT status, trust_score, reasons FROM submit('561', 'visit', '40 minutes', 'conflicted');
ROLLBACK;
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';

-- Limits

-- One more than the limit within an hour is refused, whatever it is made of, and told when the first of them is an hour
-- old: also across the end of the hour that is being counted, and of the one before.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (events_per_hour, events_per_day) VALUES (3, 5);
CREATE FUNCTION try(n integer) RETURNS TABLE (outcome text, minutes numeric, balance bigint) LANGUAGE sql AS $$
SELECT outcome, ceil(retry_after / 60.0), balance FROM submit('566', 'visit', n * interval '1 minute', 'limit ' || n)
$$;
SELECT * FROM try(10) UNION ALL SELECT * FROM try(12) UNION ALL SELECT * FROM try(14);
SELECT * FROM try(16);
SELECT pass_time('566', '59 minutes');
SELECT * FROM try(18);
SELECT pass_time('566', '1 minute');
SELECT * FROM try(20);
SELECT pass_time('566', '50 minutes');
SELECT hour_events, past_hour_events, day_events FROM rewards.user_points_cache WHERE user_id = member('566');
SELECT * FROM try(22);
SELECT outcome, round(retry_after / 3600.0) AS hours FROM submit('566', 'visit', '24 minutes', 'limit 24');
SELECT pass_time('566', '22 hours');
SELECT outcome, round(retry_after / 3600.0) AS hours FROM submit('566', 'visit', '24 minutes', 'limit 24');
SELECT pass_time('566', '9 minutes');
SELECT outcome, retry_after < 120 AS soon FROM submit('566', 'visit', '24 minutes', 'limit 24');
SELECT pass_time('566', '1 minute');
SELECT * FROM try(24);
SELECT day_events, past_day_events FROM rewards.user_points_cache WHERE user_id = member('566');
-- What is counted for the hour before still counts while it is younger than one.
SELECT outcome FROM submit('56e', 'visit', '10 minutes', 'over 1');
SELECT pass_time('56e', '50 minutes');
SELECT outcome FROM generate_series(2, 3) AS n, submit('56e', 'visit', n * interval '2 minutes', 'over ' || n);
SELECT pass_time('56e', '20 minutes');
SELECT n, outcome, ceil(retry_after / 60.0) AS minutes
  FROM generate_series(4, 5) AS n, submit('56e', 'visit', n * interval '2 minutes', 'over ' || n) ORDER BY n;

-- Replays are no events, and are answered at the limit, too.
SELECT outcome, replayed, balance FROM submit('566', 'visit', '24 minutes', 'limit 24');
-- Each refusal has left its trace, and nothing else.
TABLE refused;
SELECT * FROM account ORDER BY member;
ROLLBACK;

-- Of two limits the one that opens later is told.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (events_per_hour, events_per_day) VALUES (1, 1);
SELECT n, outcome, round(retry_after / 3600.0) AS hours
  FROM generate_series(1, 2) AS n, submit('56f', 'visit', n * interval '2 minutes', 'both ' || n) ORDER BY n;
ROLLBACK;

-- Of points, as many as fit exactly; those of rejected events do not count, and what no hour can hold is never allowed.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (points_per_hour, points_per_day) VALUES (40, 50);
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('big', 41), ('small', 1);
SELECT n, type, outcome, status, ceil(retry_after / 60.0) AS minutes, balance
  FROM (VALUES (1, 'big', '2 hours'::interval), (2, 'visit', '2 hours'), (3, 'visit', '1 hour 59 minutes 59.5 seconds'),
               (4, 'visit', '1 hour'), (5, 'visit', '30 minutes'), (6, 'visit', '20 minutes'), (7, 'visit', '10 minutes'),
               (8, 'small', '9 minutes')) AS e (n, type, ago), submit('567', type, ago, 'points ' || n)
 ORDER BY n;
SELECT pass_time('567', '1 hour');
SELECT outcome, balance FROM submit('567', 'visit', '5 minutes', 'points 9');
SELECT outcome, round(retry_after / 3600.0) AS hours FROM submit('567', 'small', '4 minutes', 'points 10');
SELECT details FROM refused WHERE member = '567' AND insight_type = 'bulk_submission';
ROLLBACK;

-- The hundred and first, by the limits that everybody has, in one statement; and what SQL has written is not counted.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('tick', 1);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT member('568'), 'import', moment('1 hour'), 1000, 'validated' FROM generate_series(1, 100);
SELECT outcome, count(*), count(DISTINCT n), min(n) AS first, max(n) AS last
  FROM generate_series(1, 103) AS n, submit('568', 'tick', '3 hours' - n * n * interval '1 second', 'tick ' || n)
 GROUP BY outcome ORDER BY outcome DESC;
SELECT occurrences FROM refused WHERE member = '568' AND insight_type = 'bulk_submission';
ROLLBACK;

-- Who asks

-- A member submits for itself, is not believed what it says of its device, and may make it worse.
BEGIN;
SELECT rewards.set_company_context(:'company_a', member('569')::text, 'user') \gset
SELECT state, message FROM attempt($$SELECT rewards.submit_points_event(member('561'), 'visit', now(), 'n')$$);
SELECT n, status, trust_score, reasons
  FROM (VALUES (1, 60, '{"keyId": "k", "counter": 1}'::jsonb), (2, 50, '{"keyId": "k", "counter": "x"}')) AS e (n, ago, verdict),
       rewards.submit_points_event(member('569'), 'visit', moment(ago * interval '1 minute'), 'own ' || n, 'phone',
           verdict || jsonb_build_object('clientDataHash',
               rewards.event_request_hash(member('569'), 'visit', moment(ago * interval '1 minute'), 'own ' || n)))
 ORDER BY n;
SELECT validated_by FROM rewards.points_events WHERE nonce = 'own 1';
SELECT outcome FROM submit('569', 'visit', '40 minutes', 'own 1');
SELECT count(*) AS cached FROM rewards.attestation_cache WHERE company_id = :'company_a';
TABLE refused;
ROLLBACK;
SELECT state FROM attempt($$SELECT rewards.submit_points_event(member('561'), 'visit', now(), 'n')$$);

-- Raised and told

-- Under rewards.on_refusal = 'raise' a refusal is an error with the HTTP status, which leaves nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (events_per_hour) VALUES (4);
SELECT count(*) FROM generate_series(1, 3) AS n, submit('56b', 'visit', n * interval '9 minutes', 'raise ' || n);
SELECT outcome FROM rewards.submit_points_event(member('56b'), 'daily', moment('0'), 'raise', payload_hash => 'h');
SET LOCAL rewards.on_refusal = 'raise';
CREATE TABLE calls (type text, ago interval, nonce text, hash text);
INSERT INTO calls VALUES ('visit', '1 hour', 'n', NULL), ('visit', '8 days', 'n', NULL), ('no', '1 hour', 'n', NULL),
    ('retired', '1 hour', 'n', NULL), ('receipt', '1 hour', 'n', NULL), ('daily', '1 minute', 'n', NULL), ('visit', '1 hour', 'raise 1', NULL);
SELECT state, message, regexp_replace(detail, '\d{3,}', '#') AS detail, hint
  FROM calls, attempt(format('SELECT rewards.submit_points_event(member(''56b''), %L, moment(%L), %L)', type, ago, nonce));
UPDATE rewards.company_settings SET events_per_hour = 9 WHERE company_id = :'company_a';
SELECT state, message FROM attempt($$SELECT rewards.submit_points_event(member('56b'), 'visit', moment('50 minutes'), 'n', payload_hash => 'h')$$);
SELECT outcome, replayed FROM submit('56b', 'visit', '9 minutes', 'raise 1');
SELECT count(*) AS insights FROM refused;
ROLLBACK;

-- PostgREST is told the status and, where waiting helps, how long.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO rewards.company_settings (events_per_hour) VALUES (3);
SET LOCAL "request.method" = 'POST';
CREATE FUNCTION told(call text, OUT outcome text, OUT status text, OUT headers text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('response.status', '', true), set_config('response.headers', '', true);
    EXECUTE call INTO outcome;
    status := current_setting('response.status');
    headers := regexp_replace(current_setting('response.headers'), '\d{4}(?=["\\;])', '#', 'g');
END $$;
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'daily', '0', 'told 1')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'nowhere', '0', 'told 2')$$);
SELECT outcome, status, headers ~ '^\[{"Retry-After": "\d{3}"}\]$' AS retry_after
  FROM told($$SELECT outcome FROM submit('56c', 'daily', '1 minute', 'told 2')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'daily', '2 days', 'told 2')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'daily', '2 days 1 second', 'told 3')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'visit', '20 minutes', 'told 3')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'visit', '10 minutes', 'told 4')$$);
SELECT * FROM told($$SELECT outcome FROM submit('56c', 'visit', '10 minutes', 'told 3')$$);
ROLLBACK;

-- Misuse

-- Values that are too long, too large or missing are errors that name them.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT state, message, hint FROM (VALUES
    ($$NULL, 'visit', now(), 'n'$$), ($$member('561'), NULL, now(), 'n'$$), ($$member('561'), 'visit', NULL, 'n'$$),
    ($$member('561'), 'visit', now(), NULL$$), ($$member('561'), '', now(), 'n'$$),
    ($$member('561'), repeat('x', 101), now(), 'n'$$), ($$member('561'), 'visit', 'infinity', 'n'$$),
    ($$member('561'), 'visit', now(), repeat('x', 256)$$), ($$member('561'), 'visit', now(), 'n', ''$$),
    ($$member('561'), 'visit', now(), 'n', proof_payload => to_jsonb(repeat('x', 300000))$$),
    ($$member('561'), 'visit', now(), 'n', device_info => to_jsonb(repeat('x', 300000))$$),
    ($$member('561'), 'visit', now(), 'n', attestation => to_jsonb(repeat('x', 20000))$$)) AS calls (arguments),
    attempt(format('SELECT rewards.submit_points_event(%s)', arguments));
SELECT outcome FROM rewards.submit_points_event(member('561'), 'visit', moment('1 hour'), repeat('n', 255), repeat('d', 255),
    proof_type => repeat('t', 255), proof_payload => to_jsonb(repeat('x', 262000)), payload_hash => repeat('h', 255),
    related_entity_type => repeat('e', 255), related_entity_id => repeat('i', 255));
ROLLBACK;
DROP VIEW refused, account;
DROP FUNCTION again();
