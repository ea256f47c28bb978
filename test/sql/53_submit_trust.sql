-- What an event was submitted with, and from where, is examined under the lock of its account: devices, attestation,
-- and the insights that come of it.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000053a
\set company_b c0000000-0000-4000-8000-00000000053b
INSERT INTO rewards.point_rules (company_id, event_type, base_points)
    VALUES (:'company_a', 'visit', 1), (:'company_b', 'visit', 1);

-- What the trust rules saw of an event.
CREATE FUNCTION saw(event uuid, wanted text) RETURNS integer LANGUAGE sql AS $$
SELECT trust_features[ord] FROM rewards.points_events, rewards.trust_features() WHERE id = event AND feature = wanted
$$;
-- A verdict of Play Integrity, made a second ago for a request.
CREATE FUNCTION play(request text) RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_build_object('requestDetails', jsonb_build_object('requestHash', request, 'requestPackageName',
           gen_random_uuid(), 'timestampMillis', floor(extract(epoch FROM clock_timestamp()) * 1000 - 1000)::text),
       'appIntegrity', '{"appRecognitionVerdict": "PLAY_RECOGNIZED"}'::jsonb,
       'deviceIntegrity', '{"deviceRecognitionVerdict": ["MEETS_DEVICE_INTEGRITY"]}'::jsonb)
$$;
-- Event n of a member happened n hours before the test, and has n for a nonce; the hash of its request.
CREATE TABLE start AS SELECT now() AS time;
CREATE FUNCTION moment(n integer) RETURNS timestamptz LANGUAGE sql AS
    'SELECT time - make_interval(hours => n) FROM start';
CREATE FUNCTION request(who text, n integer) RETURNS text LANGUAGE sql AS $$
SELECT rewards.event_request_hash(member(who), 'visit', moment(n), n::text)
$$;
CREATE FUNCTION submit(who text, n integer, device text DEFAULT NULL, attestation jsonb DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT status text, OUT reasons text[], OUT replayed boolean)
LANGUAGE sql AS $$
SELECT event_id, outcome, status, reasons, replayed
  FROM rewards.submit_points_event(member(who), 'visit', moment(n), n::text, device, attestation)
$$;

-- Devices

-- A family's tablet has an account more with each member; a device is new to each of them once, and then costs no
-- write.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT n, saw(event_id, 'device_accounts') AS accounts, saw(event_id, 'device_is_new') AS is_new
  FROM generate_series(1, 3) AS n, submit('53' || n, 1, 'tablet')
 ORDER BY n;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT n, saw(event_id, 'device_accounts') AS accounts, saw(event_id, 'device_is_new') AS is_new
  FROM generate_series(1, 3) AS n, submit('53' || n, 3, 'tablet')
 ORDER BY n;
SELECT count(*), count(*) FILTER (WHERE xmin = pg_current_xact_id()::xid) AS written
  FROM rewards.account_devices WHERE company_id = :'company_a';
SELECT saw(event_id, 'device_accounts') AS accounts, saw(event_id, 'device_is_new') AS is_new
  FROM submit('531', 6, 'phone');
SELECT saw(event_id, 'device_accounts') AS no_device, saw(event_id, 'device_is_new') AS is_new FROM submit('532', 6);
COMMIT;

-- The same name in another company is another device.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'back end') \gset
SELECT saw(event_id, 'device_accounts') AS accounts, saw(event_id, 'device_is_new') AS is_new
  FROM submit('531', 1, 'tablet');
COMMIT;

-- A device that collects for many: they are counted up to fifty, also within one batch, and from the tenth on rejected.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT jsonb_agg(jsonb_build_object('user_id', event(n::text), 'event_type', 'visit', 'event_time', now(),
                     'nonce', n::text, 'device_id', 'farm') ORDER BY n) AS events
  FROM generate_series(1, 60) AS n \gset
SELECT ordinal, status, reasons, saw(event_id, 'device_accounts') AS accounts
  FROM rewards.submit_points_events(:'events') WHERE ordinal IN (1, 4, 5, 9, 10, 12, 50, 60) ORDER BY ordinal;
SELECT insight_type, count(*) FROM rewards.fraud_insights WHERE company_id = :'company_a' GROUP BY 1 ORDER BY 1;
ROLLBACK;
SELECT state, message FROM (SELECT rewards.set_company_context(:'company_a') OFFSET 0) AS context,
       attempt($$SELECT submit('531', 7, repeat('x', 256))$$);

-- Attestation

-- Made for this very event, it raises the score; for another one, for none, or used before, it does the opposite.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT status, reasons FROM submit('534', 1, NULL, play(request('534', 1)));
SELECT status, reasons FROM submit('534', 3, NULL, play(request('534', 1)));
SELECT status, reasons FROM submit('534', 6, NULL, play(NULL));
SELECT play(request('535', 1)) AS verdict \gset
SELECT status, reasons FROM submit('535', 1, NULL, :'verdict');
SELECT status, reasons FROM submit('535', 3, NULL, :'verdict');
SELECT status, reasons
  FROM submit('536', 1, 'iphone', jsonb_build_object('keyId', 'k', 'counter', 8, 'clientDataHash', request('536', 1)));
SELECT status, reasons
  FROM submit('536', 3, 'iphone', jsonb_build_object('keyId', 'k', 'counter', 8, 'clientDataHash', request('536', 3)));
SELECT status, reasons FROM submit('537', 1, 'iphone', '["strange"]');
SELECT right(user_id::text, 3) AS member, insight_type, severity, occurrences, cardinality(related_event_ids) AS events
  FROM rewards.fraud_insights WHERE company_id = :'company_a' ORDER BY 1, 2;
COMMIT;

-- The same nonce again is the same answer: its attestation is not examined again, and need not be the same.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT status, reasons, replayed FROM submit('535', 1, NULL, :'verdict');
SELECT status, reasons, replayed FROM submit('535', 1, NULL, '["strange"]');

-- A refused event leaves its attestation unused.
SELECT play(request('538', 1)) AS verdict \gset
SELECT outcome FROM rewards.submit_points_event(member('538'), 'unheard of', now(), '0', NULL, :'verdict');
SELECT reasons FROM submit('538', 1, NULL, :'verdict');

-- In a batch the second use is one, too.
SELECT play(request('539', 1)) AS verdict \gset
SELECT ordinal, saw(event_id, 'request_bound') AS request_bound, saw(event_id, 'counter_fresh') AS counter_fresh,
       saw(event_id, 'device_is_new') AS device_is_new
  FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member('539'), 'event_type',
           'visit', 'event_time', moment(n), 'nonce', n::text, 'device_id', 'p', 'attestation', attestation)
           ORDER BY ord)
           FROM (VALUES (1, 1, :'verdict'::jsonb), (2, 3, :'verdict'), (3, 6, '{"keyId": "k", "counter": 2}'),
                        (4, 10, '{"keyId": "k", "counter": 2}'), (5, 15, '{"keyId": "k", "counter": 3}'))
                        AS attested (ord, n, attestation)))
 ORDER BY ordinal;
COMMIT;

-- A member may have written the verdict itself: it can lower the score, and not raise it, and leaves no counter.
BEGIN;
SELECT rewards.set_company_context(:'company_a', member('570')::text, 'user') \gset
SELECT reasons FROM submit('570', 1, NULL, play(request('570', 1)));
SELECT reasons FROM submit('570', 3, NULL, '{"keyId": "k", "counter": 9000000000000000000}');
SELECT reasons FROM submit('570', 6, NULL, '{"keyId": "k", "isValid": false}');
SELECT count(*) AS remembered FROM rewards.attestation_cache WHERE user_id = member('570');
COMMIT;

-- Insights

-- A batch of bad events is one insight of each kind, which counts them and keeps the newest twenty.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT count(*) AS events, count(*) FILTER (WHERE status = 'rejected') AS rejected
  FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', member('571'), 'event_type',
           'visit', 'event_time', now() - make_interval(secs => 60 - n * 0.1), 'nonce', n::text) ORDER BY n)
           FROM generate_series(1, 30) AS n));
SELECT insight_type, severity, occurrences, cardinality(related_event_ids) AS kept,
       related_event_ids = ARRAY(SELECT id FROM rewards.points_events
                                  WHERE user_id = member('571') AND nonce::integer > 10 ORDER BY id) AS newest
  FROM rewards.fraud_insights WHERE user_id = member('571') ORDER BY 1;

-- They count for what comes next, until they are resolved.
SELECT saw(event_id, 'open_insights') AS open_insights FROM submit('571', 100);
SELECT rewards.resolve_fraud_insight(id) FROM rewards.fraud_insights WHERE user_id = member('571');
SELECT saw(event_id, 'open_insights') AS open_insights FROM submit('571', 150);

-- A nonce of another event is noticed, and how often that was.
SELECT outcome FROM generate_series(1, 4), rewards.submit_points_event(member('572'), 'visit', now(), 'same', 'phone');
SELECT details, occurrences FROM rewards.fraud_insights WHERE user_id = member('572');
SELECT outcome FROM generate_series(1, 3) AS n,
       rewards.submit_points_event(member('572'), 'visit', now(), 'same', 'phone' || n);
SELECT details, occurrences FROM rewards.fraud_insights WHERE user_id = member('572');
SELECT saw(event_id, 'nonce_conflicts') AS nonce_conflicts FROM submit('572', 1);
ROLLBACK;
DROP FUNCTION saw(uuid, text), play(text), moment(integer), request(text, integer), submit(text, integer, text, jsonb);
DROP TABLE start;
