-- Thousands of events in one call: as if each had been submitted by itself, account by account. Uses what 55_submit
-- leaves, and takes it away.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000057a
\set company_b c0000000-0000-4000-8000-00000000057b
\set member_1 a0000000-0000-4000-8000-000000000571
SELECT set_config('test.began', now()::text, false) \gset
INSERT INTO rewards.point_rules (company_id, event_type, base_points, daily_cap, min_interval, proof_required, pending_for,
    expires_after)
SELECT company, r.*
  FROM (VALUES ('visit', 10, NULL::bigint, NULL::interval, false, NULL::interval, NULL::interval),
               ('capped', 10, 15, NULL, false, NULL, NULL), ('daily', 1, NULL, '20 minutes', false, NULL, NULL),
               ('receipt', 2, NULL, NULL, true, '1 day', NULL), ('lot', 3, NULL, NULL, false, NULL, '1 month')) AS r,
       unnest(ARRAY[company('57a'), company('57b')]) AS company;
-- An event as the batch wants it, with other members.
CREATE FUNCTION event_of(who text, type text, ago interval, nonce text, others jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql
STABLE RETURN jsonb_build_object('user_id', member(who), 'event_type', type, 'event_time', moment(ago), 'nonce', nonce) || others;
CREATE FUNCTION what_fails(statement text, OUT state text, OUT message text, OUT detail text, OUT event text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    state := '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        event = PG_EXCEPTION_CONTEXT;
    event := substring(event from 'event \d+ of the batch');
END $$;

-- One row each

-- In the order of the events, whosever they are, with an outcome each; also where refusals are raised.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SET LOCAL rewards.on_refusal = 'raise';
SELECT ordinal, right(user_id::text, 3) AS member, outcome, status, points, trust_score, reasons, replayed, balance, retry_after
  FROM rewards.submit_points_events(jsonb_build_array(
    event_of('572', 'visit', '1 hour', 'a'), event_of('571', 'visit', '1 hour', 'a'), event_of('572', 'nowhere', '50 minutes', 'b'),
    event_of('571', 'visit', '59 minutes 59.5 seconds', 'b'), event_of('572', 'visit', '40 minutes', 'c'),
    -- the same again, a nonce for something else, and one that was refused before
    event_of('571', 'visit', '1 hour', 'a'), event_of('571', 'visit', '30 minutes', 'a'), event_of('572', 'visit', '30 minutes', 'b'),
    event_of('572', 'visit', '30 minutes', 'b'), event_of('571', 'receipt', '20 minutes', 'c', '{"proof_payload": null}')));
SELECT right(user_id::text, 3) AS member, available_points, version, submitted_events
  FROM rewards.user_points_cache WHERE company_id = :'company_a' ORDER BY user_id;

-- It is answered like the single call, and the single call like it.
SELECT count(*), bool_and(replayed) AS replayed
  FROM rewards.submit_points_event(:'member_1', 'visit', moment('1 hour'), 'a');
SELECT status, points, balance FROM rewards.submit_points_event(:'member_1', 'visit', moment('25 minutes'), 'all', 'phone', '{"a": 1}', 'type',
    '{"b": [1, 2.50, {"c": "žš"}], "a": {"x": null}}', 'hash', 'shop', '7', '{"d": 1}', '192.0.2.1');
SELECT s.replayed, s.status, s.points, s.balance, s.event_id = e.id AS same
  FROM rewards.points_events AS e, rewards.submit_points_events(jsonb_build_array(event_of('571', 'visit', '25 minutes', 'all',
    '{"device_id": "phone", "proof_type": "type", "proof_payload": {"a": {"x": null}, "b": [1, 2.50, {"c": "žš"}]}, "payload_hash": "hash",
      "related_entity_type": "shop", "related_entity_id": "7"}'))) AS s WHERE e.nonce = 'all';
SELECT outcome FROM rewards.submit_points_events(jsonb_build_array(event_of('571', 'visit', '15 minutes', 'all 2',
    '{"device_id": "phone", "proof_type": "type", "proof_payload": [1, "x"], "payload_hash": "hash 2", "device_info": {"d": 1},
      "related_entity_type": "shop", "related_entity_id": "7", "ip_address": "2001:db8::1", "attestation": {"keyId": "k", "counter": 1}}')));
SELECT device_id, device_info, proof_type, proof_payload, payload_hash, related_entity_type, related_entity_id, ip_address, trust_features[5] AS attestation
  FROM rewards.points_events WHERE nonce = 'all 2';
SELECT outcome FROM rewards.submit_points_events(jsonb_build_array(event_of('571', 'visit', '5 minutes', 'none',
    '{"device_id": null, "attestation": null, "proof_type": null, "proof_payload": null, "payload_hash": null,
      "related_entity_type": null, "related_entity_id": null, "device_info": null, "ip_address": null}')));
SELECT count(*) FROM rewards.points_events
 WHERE nonce = 'none' AND num_nulls(device_id, proof_type, proof_payload, payload_hash, related_entity_type, related_entity_id,
       device_info, ip_address) = 8;
ROLLBACK;

-- Nothing to do.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT * FROM rewards.submit_points_events('[]');
COMMIT;

-- As one by one

-- The same input, one by one in one company and as a batch in another, gives the same books.
CREATE TABLE input (ordinal serial, who text, type text, ago interval, nonce text, device text, proof jsonb, hash text, is_attested boolean);
INSERT INTO input (who, type, ago, nonce, device, proof, hash, is_attested)
SELECT (570 + n % 7)::text, (ARRAY['visit', 'visit', 'capped', 'daily', 'receipt', 'lot', 'nowhere'])[1 + n % 11 % 7],
       n * n % 977 * interval '7 seconds', CASE WHEN n % 13 = 0 THEN 'again ' || n % 26 ELSE 'nonce ' || n END,
       CASE WHEN n % 3 > 0 THEN 'device ' || n % 2 END, CASE WHEN n % 5 < 3 THEN jsonb_build_object('n', n) END,
       CASE WHEN n % 17 = 0 THEN 'hash ' || n % 2 END, n % 19 = 0
  FROM generate_series(1, 400) AS n;
INSERT INTO input (who, type, ago, nonce, device, proof, hash, is_attested)
SELECT who, type, ago, nonce, device, proof, hash, is_attested FROM input WHERE ordinal % 10 = 3 ORDER BY ordinal;
CREATE FUNCTION verdict(i input) RETURNS jsonb LANGUAGE sql STABLE RETURN
    CASE WHEN i.is_attested THEN jsonb_build_object('keyId', 'key of ' || i.who, 'counter', i.ordinal,
        'clientDataHash', rewards.event_request_hash(member(i.who), i.type, moment(i.ago), i.nonce)) END;
CREATE TABLE output (company text, ordinal integer, who text, outcome text, status text, points bigint, trust_score integer,
    reasons text[], replayed boolean, balance bigint, has_retry boolean);
INSERT INTO rewards.company_settings (company_id, events_per_hour, events_per_day) VALUES
    (:'company_a', 40, 60), (:'company_b', 40, 60);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
INSERT INTO output
SELECT 'a', ordinal, who, s.outcome, s.status, s.points, s.trust_score, s.reasons, s.replayed, s.balance, s.retry_after IS NOT NULL
  FROM (SELECT * FROM input ORDER BY who, ordinal) AS i,
       rewards.submit_points_event(member(who), type, moment(ago), nonce, device, verdict(i::input), NULL, proof, hash) AS s;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'back end') \gset
INSERT INTO output
SELECT 'b', ordinal, right(s.user_id::text, 3), s.outcome, s.status, s.points, s.trust_score, s.reasons, s.replayed, s.balance,
       s.retry_after IS NOT NULL
  FROM rewards.submit_points_events((SELECT jsonb_agg(event_of(who, type, ago, nonce, jsonb_build_object('device_id', device,
           'proof_payload', proof, 'payload_hash', hash, 'attestation', verdict(i))) ORDER BY ordinal) FROM input AS i)) AS s;
COMMIT;
SELECT outcome, status, replayed, count(*) FROM output WHERE company = 'a' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
CREATE FUNCTION differences(what text) RETURNS TABLE (only_in text, line text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH a AS (SELECT t::text AS line FROM (%1$s) AS t), b AS (SELECT t::text AS line FROM (%2$s) AS t)
        (SELECT 'single', line FROM a EXCEPT ALL SELECT 'single', line FROM b)
        UNION ALL (SELECT 'batch', line FROM b EXCEPT ALL SELECT 'batch', line FROM a)
        UNION ALL (SELECT 'nothing', '' WHERE NOT EXISTS (TABLE a))
        $query$, replace(what, '$company', '57a'), replace(what, '$company', '57b'));
END $$;
SELECT * FROM differences($$SELECT ordinal, who, outcome, status, points, trust_score, reasons, replayed, balance, has_retry
    FROM output WHERE company = right('$company', 1)$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, version, balance_after, event_type, event_time, points_delta, proof_payload, payload_hash, nonce,
    trust_score, trust_version, validation_status, validated_by, validated_at IS NULL, device_id, expires_at,
    ARRAY(SELECT CASE WHEN feature IN ('event_age_s', 'clock_ahead_s', 'account_age_s') THEN value / 600 ELSE value END
            FROM unnest(trust_features) WITH ORDINALITY AS f (value, ord) JOIN rewards.trust_features() USING (ord))
    FROM rewards.points_events WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, available_points, pending_points, lifetime_earned, lifetime_spent, version,
    expiring_points, next_expiry, submitted_events, rejected_events, last_event_time, spacing_mean, spacing_deviation, hour_events,
    hour_points, day_events, day_points FROM rewards.user_points_cache WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, insight_type, severity, score, occurrences, details, cardinality(related_event_ids)
    FROM rewards.fraud_insights WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, nonce, event_type, balance, event_id IS NULL
    FROM rewards.used_nonces WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, expires_at, remaining FROM rewards.point_lots WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, device_id FROM rewards.account_devices WHERE company_id = company('$company')$$) LIMIT 5;
SELECT * FROM differences($$SELECT user_id, counter, device_id FROM rewards.attestation_cache WHERE company_id = company('$company')$$) LIMIT 5;

-- In each the entries are numbered without gaps, in the order of their time, and chained, and the balances are their sums.
SELECT count(*) > 250 AS entries, bool_and(version = number) AS numbered, bool_and(created_at > before) AS in_order,
       bool_and(entry_hash = rewards.event_entry_hash(previous, version, created_at, balance_after, e)) AS chained
  FROM (SELECT e, e.version, e.created_at, e.balance_after, e.entry_hash, row_number() OVER account AS number,
               lag(e.entry_hash) OVER account AS previous, lag(e.created_at, 1, '-infinity') OVER account AS before
          FROM rewards.points_events AS e WHERE company_id IN (company('57a'), company('57b'))
        WINDOW account AS (PARTITION BY e.user_id, e.company_id ORDER BY e.id)) AS entries;
SELECT count(*) AS accounts, count(*) FILTER (WHERE available_points = validated AND pending_points = waiting) AS right
  FROM rewards.user_points_cache AS a
  JOIN (SELECT user_id, company_id, coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0) AS validated,
               coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0) AS waiting
          FROM rewards.points_events GROUP BY 1, 2) AS e USING (user_id, company_id)
 WHERE company_id IN (:'company_a', :'company_b');

-- What a batch notices is as severe as the worst of it, and names the newest events.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT status, trust_score
  FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57c', 'visit', ago, 'worst ' || ago) ORDER BY ago DESC)
           FROM unnest('{1 hour,59 minutes 59.5 seconds,59 minutes 58 seconds}'::interval[]) AS ago));
SELECT severity, score, occurrences, cardinality(related_event_ids) AS events
  FROM rewards.fraud_insights WHERE user_id = member('57c') AND insight_type = 'low_trust_score';
SELECT count(*) FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57d', 'visit', n * interval '1.5 seconds', 'many ' || n) ORDER BY n)
    FROM generate_series(1, 30) AS n));
SELECT occurrences, (SELECT array_agg(substring(nonce from '\d+')::integer ORDER BY ord)
           FROM unnest(related_event_ids) WITH ORDINALITY AS r (id, ord) JOIN rewards.points_events AS e USING (id)) AS events
  FROM rewards.fraud_insights WHERE user_id = member('57d') AND insight_type = 'low_trust_score';
ROLLBACK;

-- Limits hold within a batch: the hundred and first is refused, and the one after it.
BEGIN;
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT right(user_id::text, 3) AS member, outcome, count(*), min(n) AS first, max(n) AS last
  FROM (SELECT s.*, row_number() OVER (PARTITION BY user_id ORDER BY ordinal) AS n
          FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57' || who, 'daily', n * interval '21 minutes', 'limit ' || n) ORDER BY n)
                  FROM generate_series(1, 103) AS n, unnest('{c,d}'::text[]) AS who WHERE who = 'c' OR n <= 99)) AS s) AS answers
 GROUP BY 1, 2 ORDER BY 1, 4;
ROLLBACK;

-- Rows of a batch are written many at a time, and are there for whoever looks before that: a nonce that comes again after
-- one or after hundreds of events, a payload, and what a rule adds up.
BEGIN;
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';
INSERT INTO rewards.company_settings (company_id, events_per_hour, events_per_day) VALUES (:'company_a', 1000, 1000);
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT outcome, replayed, count(*), min(ordinal) AS first
  FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57' || substr('ce', 1 + n % 2, 1), 'visit', (700 - n % 400) * interval '90 seconds', 'wait ' || n % 400)
           ORDER BY n) FROM generate_series(1, 700) AS n)) GROUP BY 1, 2 ORDER BY 4;
SELECT ordinal, outcome, points, replayed
  FROM rewards.submit_points_events(jsonb_build_array(event_of('57f', 'capped', '1 hour', 'near 1'), event_of('57f', 'capped', '59 minutes', 'near 2'),
    event_of('57f', 'capped', '58 minutes', 'near 3'), event_of('57f', 'capped', '59 minutes', 'near 2'), event_of('57f', 'daily', '1 hour', 'near 4'),
    event_of('57f', 'daily', '50 minutes', 'near 5'), event_of('57f', 'visit', '40 minutes', 'near 6', '{"payload_hash": "once"}'),
    event_of('57f', 'visit', '30 minutes', 'near 7', '{"payload_hash": "once"}')));
ROLLBACK;
-- Triggers of the owner's see what was submitted before, even those on other tables; those after a row see all.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE TABLE seen (device text, events bigint, nonces bigint);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen SELECT NEW.device_id, (SELECT count(*) FROM rewards.points_events WHERE nonce LIKE 'seen %'),
                            (SELECT count(*) FROM rewards.used_nonces WHERE nonce LIKE 'seen %');
    RETURN NEW;
END $$;
CREATE TRIGGER see BEFORE INSERT ON rewards.account_devices FOR EACH ROW EXECUTE FUNCTION see();
CREATE TRIGGER see AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION see();
SELECT count(*) FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57c', 'visit', n * interval '2 minutes', 'seen ' || n,
           jsonb_build_object('device_id', 'd' || n / 3)) ORDER BY n) FROM generate_series(1, 9) AS n));
SELECT *, count(*) FROM seen GROUP BY 1, 2, 3 ORDER BY 2, 1;
ROLLBACK;
-- What an index of the owner's does not take names the event.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE UNIQUE INDEX own ON rewards.points_events (related_entity_id) WHERE related_entity_type = 'receipt number';
SELECT state, message, event FROM what_fails(format('SELECT FROM rewards.submit_points_events(%L)', (SELECT jsonb_agg(event_of('57c', 'visit', n * interval '2 minutes',
    'own ' || n, jsonb_build_object('related_entity_type', 'receipt number', 'related_entity_id', (n % 5)::text)) ORDER BY n) FROM generate_series(1, 9) AS n)));
SELECT count(*) FROM rewards.points_events WHERE nonce LIKE 'own %';
ROLLBACK;

-- What is not an event

-- An error names the element; of the others nothing is written.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE TABLE bad (number serial, members jsonb);
INSERT INTO bad (members) VALUES ('{"user_id": null}'), ('{"user_id": "x"}'), ('{"user_id": 7}'), ('{"event_type": null}'),
    ('{"event_type": ""}'), ('{"event_type": ["visit"]}'), ('{"event_time": null}'), ('{"event_time": "noon"}'), ('{"event_time": 1767225600}'),
    ('{"event_time": "infinity"}'), ('{"nonce": null}'), ('{"nonce": 1}'), ('{"nonce": ""}'), ('{"device_id": {}}'), ('{"device_id": ""}'),
    ('{"proof_type": true}'), ('{"payload_hash": 1}'), ('{"related_entity_type": []}'), ('{"related_entity_id": 7}'),
    ('{"ip_address": "300.1.1.1"}'), ('{"points": 1000}'), ('{"Nonce": "x"}'), ('{"": 1}'), ('{"trust_score": 100}');
INSERT INTO bad (members) SELECT jsonb_build_object(key, value) FROM (VALUES
    ('event_type', to_jsonb(repeat('x', 101))), ('nonce', to_jsonb(repeat('x', 256))), ('proof_payload', to_jsonb(repeat('x', 300000))),
    ('device_info', to_jsonb(repeat('x', 300000))), ('attestation', to_jsonb(repeat('x', 20000)))) AS long (key, value);
SELECT left(members::text, 40) AS members, state, message, detail, event
  FROM bad, what_fails(format('SELECT FROM rewards.submit_points_events(%L)', jsonb_build_array(event_of('57e', 'visit', '1 hour', 'a'),
      event_of('57f', 'visit', '1 hour', 'b'), event_of('57e', 'visit', '50 minutes', 'c', members), event_of('57e', 'visit', '40 minutes', 'd'))))
 ORDER BY number;
SELECT count(*) FROM rewards.user_points_cache WHERE user_id IN (member('57e'), member('57f'));
SELECT left(events, 30) AS events, state, message, detail, event
  FROM (VALUES ('{}'), ('null'), ('"[]"'), ('1'), ('[null]'), ('[[]]'), ('[{}, 1]'), ('[{}]')) AS e (events),
       what_fails(format('SELECT FROM rewards.submit_points_events(%L)', events));
SELECT state, message, detail, event FROM what_fails('SELECT FROM rewards.submit_points_events(NULL)');
SELECT state, message, event FROM what_fails(
    'SELECT FROM rewards.submit_points_events((SELECT jsonb_agg(1) FROM generate_series(1, 100001)))');

-- What goes wrong while it is submitted names its element, too; what is about none of them does not.
SELECT state, message, event FROM what_fails(format('SELECT FROM rewards.submit_points_events(%L)', jsonb_build_array(
    event_of('57f', 'visit', '1 hour', 'b'), event_of('57e', 'visit', '1 hour', 'a'), event_of('57e', E'a\nb', '1 hour', 'c', '{"attestation": {"keyId": "k"}}'))));
INSERT INTO rewards.point_rules (event_type, base_points) VALUES (E'a\nb', 1);
SELECT state, message, event FROM what_fails(format('SELECT FROM rewards.submit_points_events(%L)', jsonb_build_array(
    event_of('57f', 'visit', '1 hour', 'b'), event_of('57e', 'visit', '1 hour', 'a'), event_of('57e', E'a\nb', '1 hour', 'c', '{"attestation": {"keyId": "k"}}'))));
ROLLBACK;
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT state, message, event FROM what_fails(format('SELECT FROM rewards.submit_points_events(%L)', jsonb_build_array(event_of('57e', 'visit', '1 hour', 'a'))));
COMMIT;

-- A member submits its own events only, and nobody without a company any.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message, event FROM what_fails(format('SELECT FROM rewards.submit_points_events(%L)', jsonb_build_array(
    event_of('571', 'visit', '1 hour', 'own'), event_of('572', 'visit', '1 hour', 'not own'))));
ROLLBACK;
SELECT state, event FROM what_fails('SELECT FROM rewards.submit_points_events(''[]'')');

-- Many

-- Nonces that lie before, between and after those of an account that are used, and on them: c and g are, d is another member's.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE FUNCTION ask(nonces text[]) RETURNS TABLE (nonce text, outcome text, replayed boolean) LANGUAGE sql AS $$
    SELECT a.nonce, s.outcome, s.replayed
      FROM unnest(nonces) WITH ORDINALITY AS a (nonce, ordinal)
      JOIN rewards.submit_points_events((SELECT jsonb_agg(event_of('578', 'lot', '2 days'::interval - ascii(a.nonce) * interval '2 minutes',
                    a.nonce) ORDER BY ordinal) FROM unnest(nonces) WITH ORDINALITY AS a (nonce, ordinal))) AS s USING (ordinal)
     ORDER BY ordinal $$;
SELECT outcome FROM rewards.submit_points_event(member('579'), 'lot', moment('1 day'), 'd');
SELECT * FROM ask('{g,c}');
SELECT * FROM ask('{b,a}');
SELECT * FROM ask('{d,f,e}');
SELECT * FROM ask('{i,h}');
SELECT * FROM ask('{k,l,c}');
SELECT * FROM ask('{i,ii}');
SELECT * FROM ask('{hz,i}');
SELECT * FROM ask('{C,D,i}');
SELECT * FROM ask('{m,n,m}');
ROLLBACK;

-- A streak is counted for each day, type and related entity, with what the batch has brought before.
BEGIN;
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille)
VALUES (company('57a'), 'streak', 1, '{1,2,3,4}', '{1000,2000,3000,4000}'), (company('57a'), 'other', 1, '{1,2,3,4}', '{1000,2000,3000,4000}');
UPDATE rewards.company_settings SET events_per_hour = 10000, events_per_day = 10000, trust_review_at = 0, trust_validate_at = 0 WHERE company_id = :'company_a';
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE TABLE asked (n, type, day, place) AS VALUES
    (1, 'streak', 0, 'a'), (2, 'streak', 2, 'a'), (3, 'streak', 0, 'a'), (4, 'streak', 1, 'a'), (5, 'streak', 0, 'a'),
    (6, 'streak', 0, 'a'), (7, 'streak', 0, 'b'), (8, 'other', 0, 'a'), (9, 'other', 1, 'a'), (10, 'streak', 0, 'a'),
    (11, 'other', 0, 'a'), (12, 'streak', 3, 'a'), (13, 'streak', 0, 'a'), (14, 'streak', 0, NULL);
SELECT s.ordinal, a.type, a.day, a.place, s.outcome, s.points AS days
  FROM asked AS a
  JOIN rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member('576'), 'event_type', type, 'nonce', n::text,
           'event_time', date_trunc('day', now() - interval '1 day', 'UTC') - day * interval '24 hours' + n * interval '1 minute',
           'related_entity_type', 'place', 'related_entity_id', place) ORDER BY n) FROM asked)) AS s ON s.ordinal = a.n
 ORDER BY ordinal;
ROLLBACK;

-- A time means what timestamptz makes of it, however it is written.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE TABLE spelling AS
SELECT row_number() OVER () AS n, to_char(moment AT TIME ZONE zone, 'YYYY-MM-DD') || separator || to_char(moment AT TIME ZONE zone, 'HH24:MI:SS')
           || fraction || replace(zone_text, ' ', '') AS text
  FROM (SELECT date_trunc('minute', now()) - interval '40 hours' + n * interval '13 minutes 7 seconds' AS moment FROM generate_series(0, 1) AS n) AS m,
       unnest(ARRAY['', '.', '.5', '.123456', '.1234567', '.999999999']) AS fraction, unnest(ARRAY['T', ' ', 't']) AS separator,
       (VALUES ('UTC', 'Z'), ('UTC', 'z'), ('UTC', '+00:00'), ('UTC', '+00'), ('UTC', '-0000'), ('<+0530>-05:30', '+05:30'), ('<-08>+08', '-08:00'), ('UTC', ' UTC'))
           AS zones (zone, zone_text);
CREATE TABLE answer AS
SELECT * FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', md5((n / 10)::text), 'event_type', 'lot',
           'nonce', 'spelling ' || n, 'event_time', text) ORDER BY n) FROM spelling));
SELECT count(*) AS spellings, count(*) FILTER (WHERE outcome = 'recorded') AS recorded,
       count(*) FILTER (WHERE e.event_time = text::timestamptz) AS same
  FROM answer JOIN spelling ON n = ordinal LEFT JOIN rewards.points_events AS e ON e.id = event_id AND e.user_id = answer.user_id;
ROLLBACK;

-- Five thousand events of three members are one after the other as they should be, and what they need until the end is
-- their answers: a trigger looks.
BEGIN;
UPDATE rewards.company_settings SET events_per_hour = 10000, events_per_day = 10000, points_per_hour = 100000, points_per_day = 100000
 WHERE company_id = :'company_a';
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
CREATE TABLE used (event integer, bytes bigint);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO used SELECT substring(NEW.nonce from '\d+')::integer, sum(used_bytes) FROM pg_backend_memory_contexts;
    RETURN NEW;
END $$;
CREATE TRIGGER look BEFORE INSERT ON rewards.points_events FOR EACH ROW
    WHEN (NEW.nonce IN ('many 1000', 'many 4990')) EXECUTE FUNCTION look();
CREATE TABLE many AS
SELECT * FROM rewards.submit_points_events((SELECT jsonb_agg(event_of('57' || substr('abf', 1 + n * 3 / 5001, 1), 'lot', n * interval '30 seconds',
           'many ' || n, jsonb_build_object('device_id', 'd' || n % 4, 'payload_hash', n, 'proof_payload', jsonb_build_object('n', n))
           || CASE WHEN n % 2 = 0 THEN '{}' ELSE jsonb_build_object('attestation', jsonb_build_object('keyId', n, 'counter', n)) END
           || jsonb_build_object('payload_hash', 'hash ' || n)) ORDER BY n)
      FROM generate_series(1, 5000) AS n));
SELECT count(*), min(ordinal), max(ordinal), count(DISTINCT event_id) AS events, count(DISTINCT user_id) AS members FROM many;
SELECT count(*) FROM many JOIN rewards.points_events AS e ON e.id = event_id AND e.user_id = many.user_id
 WHERE e.nonce = 'many ' || ordinal AND e.validation_status = status;
SELECT a.event, b.event, (b.bytes - a.bytes) / (b.event - a.event) < 400 AS bounded FROM used AS a, used AS b WHERE a.event < b.event;
ROLLBACK;
DROP TABLE input, output CASCADE;
DELETE FROM rewards.point_rules WHERE company_id = '00000000-0000-0000-0000-000000000000';
DROP VIEW insights;
DROP FUNCTION event_of(text, text, interval, text, jsonb), what_fails(text), differences(text), moment(interval),
    submit(text, text, interval, text, text), id_made_at(timestamptz, uuid), pass_time(text, interval) CASCADE;
