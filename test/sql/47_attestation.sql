-- An attestation counts for the request that it was made for, once, as much as it says of the device.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000047a
\set company_b c0000000-0000-4000-8000-00000000047b
\set member_1 a0000000-0000-4000-8000-000000000471
\set member_2 a0000000-0000-4000-8000-000000000472

-- The hash of a request

-- It is the digest of six lines, in base64url without padding.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT rewards.event_request_hash(:'member_1', 'purchase', '2026-01-01 00:00:00.123+00', 'n-1') AS hash \gset
SELECT :'hash' AS hash, :'hash' = rtrim(translate(encode(sha256(convert_to(concat_ws(E'\n', 'pg_rewards event v1',
       :'company_a', :'member_1', 'purchase', '1767225600123', 'n-1'), 'UTF8')), 'base64'), '+/', '-_'), '=') AS same;

-- Time is in whole milliseconds, rounded down, before 1970 too.
SELECT time, hash = rewards.event_request_hash(:'member_1', 'visit', whole, 'n') AS same,
       hash = translate(rtrim(encode(sha256(convert_to(concat_ws(E'\n', 'pg_rewards event v1', :'company_a', :'member_1',
           'visit', milliseconds, 'n'), 'UTF8')), 'base64'), '='), '+/', '-_') AS as_documented
  FROM (VALUES ('2026-01-01 00:00:00.000999+00'::timestamptz, '2026-01-01 00:00:00+00'::timestamptz, '1767225600000'),
               ('1969-12-31 23:59:59.999999+00', '1969-12-31 23:59:59.999+00', '-1'),
               ('1969-12-31 23:59:59.999+00', '1969-12-31 23:59:59.999+00', '-1'),
               ('1970-01-01 00:00:00.000999+00', '1970-01-01 00:00:00+00', '0')) AS times (time, whole, milliseconds),
       rewards.event_request_hash(:'member_1', 'visit', time, 'n') AS hash;

-- Every part of the request is in it, in its place.
SELECT count(*) AS requests, count(DISTINCT hash) AS hashes FROM (VALUES
    ('471', 'visit', '2026-01-01'::timestamptz, 'n'), ('472', 'visit', '2026-01-01', 'n'),
    ('471', 'Visit', '2026-01-01', 'n'), ('471', 'visit', '2026-01-02', 'n'), ('471', 'visit', '2026-01-01', 'N'),
    ('471', 'n', '2026-01-01', 'visit'), ('471', 'visit', '2026-01-01', E'n\n')) AS requests (who, type, time, nonce),
    rewards.event_request_hash(member(who), type, time, nonce) AS hash;
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.event_request_hash(member('471'), E'a\nb', '2026-01-01', 'n')$$),
    ($$SELECT rewards.event_request_hash(member('471'), 'a', 'infinity', 'n')$$),
    ($$SELECT rewards.event_request_hash(member('471'), 'a', '2026-01-01', '')$$)) AS calls (call), attempt(call);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'back end') \gset
SELECT rewards.event_request_hash(:'member_1', 'purchase', '2026-01-01 00:00:00.123+00', 'n-1') <> :'hash' AS another;
COMMIT;

-- Play Integrity

-- A verdict as Google's server decodes it, made so many seconds ago for a request, with these labels. The name of the
-- app keeps apart those of the same millisecond.
CREATE FUNCTION play(request text, labels text, seconds float8 DEFAULT 1, app text DEFAULT 'PLAY_RECOGNIZED')
RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_build_object(
    'requestDetails', jsonb_build_object('requestPackageName', gen_random_uuid(), 'requestHash', request,
        'timestampMillis', floor(extract(epoch FROM clock_timestamp() - make_interval(secs => seconds)) * 1000)::text),
    'appIntegrity', jsonb_build_object('appRecognitionVerdict', app, 'packageName', 'com.example', 'versionCode', '42'),
    'deviceIntegrity', jsonb_build_object('deviceRecognitionVerdict', labels::jsonb),
    'accountDetails', '{"appLicensingVerdict": "LICENSED"}'::jsonb)
$$;
\set other 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

-- The best label counts; a device that Google vouches for in no way has failed.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT labels, level, app_recognized, request_bound, counter_fresh FROM (VALUES
    ('["MEETS_BASIC_INTEGRITY"]'), ('["MEETS_BASIC_INTEGRITY", "MEETS_DEVICE_INTEGRITY"]'),
    ('["MEETS_STRONG_INTEGRITY", "MEETS_DEVICE_INTEGRITY", "MEETS_BASIC_INTEGRITY"]'), ('["MEETS_VIRTUAL_INTEGRITY"]'),
    ('["MEETS_SOMETHING_NEW", "MEETS_DEVICE_INTEGRITY"]'), ('["MEETS_SOMETHING_NEW"]'), ('[]'), ('null')) AS l (labels),
    rewards.examine_attestation(:'member_1', labels, play(:'hash', labels), :'hash');

-- Whether the app is the published one may be left open.
SELECT app, level, app_recognized
  FROM unnest('{PLAY_RECOGNIZED,UNRECOGNIZED_VERSION,UNEVALUATED,NULL}'::text[]) AS app,
       rewards.examine_attestation(:'member_1', app, play(:'hash', '["MEETS_DEVICE_INTEGRITY"]', 1, app), :'hash');

-- The hash binds it to the request, as requestHash or, from classic requests, as nonce, in any usual way of writing.
SELECT what, request_bound, counter_fresh FROM (VALUES
    ('the same', play(:'hash', '[]')), ('another', play(:'other', '[]')), ('none', play(NULL, '[]')),
    ('padded', play(:'hash' || '=', '[]')), ('base64', play(translate(:'hash', '-_', '+/'), '[]')),
    ('hexadecimal', play(encode(decode(translate(:'hash', '-_', '+/') || '=', 'base64'), 'hex'), '[]')),
    ('cut short', play(left(:'hash', 42), '[]')), ('lower case', play(lower(:'hash'), '[]')),
    ('empty', play('', '[]')), ('not ASCII', play(repeat('ž', 22), '[]')),
    ('nonce', jsonb_set(play(:'hash', '[]') #- '{requestDetails,requestHash}', '{requestDetails,nonce}',
                  to_jsonb(:'hash'::text))),
    ('another nonce', jsonb_set(play(:'hash', '[]') #- '{requestDetails,requestHash}', '{requestDetails,nonce}',
                          to_jsonb(:'other'::text)))) AS verdicts (what, verdict),
    rewards.examine_attestation(:'member_1', what, verdict, :'hash');
SELECT request_bound FROM rewards.examine_attestation(:'member_1', 'phone', play(:'hash', '[]'));
SELECT state, message, hint
  FROM attempt($$SELECT rewards.examine_attestation(member('471'), 'phone', '{}', 'not a hash')$$);

-- It is good for ten minutes.
SELECT seconds, level FROM unnest('{0,590,610,-590,-610,1e9,-1e9}'::float8[]) AS seconds,
       rewards.examine_attestation(:'member_1', 'p', play(:'hash', '["MEETS_DEVICE_INTEGRITY"]', seconds), :'hash');
COMMIT;

-- Once: the same verdict is no longer fresh, whether it is wrapped, comes from another device or with other labels, in
-- the same statement or later, and whatever was examined in between.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT play(:'hash', '["MEETS_DEVICE_INTEGRITY"]') AS verdict, play(:'hash', '["MEETS_DEVICE_INTEGRITY"]') AS next \gset
SELECT one.counter_fresh, two.counter_fresh
  FROM rewards.examine_attestation(:'member_2', 'phone', :'verdict', :'hash') AS one,
       rewards.examine_attestation(:'member_2', 'phone', :'verdict', :'hash') AS two;
SELECT counter_fresh FROM rewards.examine_attestation(:'member_2', 'phone', :'next', :'hash');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT what, level, request_bound, counter_fresh FROM (VALUES
    ('again', 'phone', :'verdict'::jsonb), ('wrapped', 'phone', jsonb_build_object('tokenPayloadExternal', :'verdict'::jsonb)),
    ('another device', 'tablet', :'verdict'), ('no device', NULL, :'verdict'),
    ('decoded again', 'phone', jsonb_set(:'verdict', '{deviceIntegrity}', '{}')),
    ('the next', 'phone', :'next')) AS verdicts (what, device, verdict),
    rewards.examine_attestation(:'member_2', device, verdict, :'hash');

-- What was taken back has not been examined.
SELECT play(:'hash', '["MEETS_DEVICE_INTEGRITY"]') AS verdict \gset
SAVEPOINT before;
SELECT counter_fresh FROM rewards.examine_attestation(:'member_2', 'phone', :'verdict', :'hash');
ROLLBACK TO before;
SELECT counter_fresh FROM rewards.examine_attestation(:'member_2', 'phone', :'verdict', :'hash');

-- A family's tablet: for another member it is another one.
SELECT counter_fresh FROM rewards.examine_attestation(:'member_1', 'phone', :'verdict', :'hash');
COMMIT;

-- App Attest

-- The counter of a key only grows; what is at it or below has been here before, and moves nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT number, verdict, level, app_recognized, request_bound, counter_fresh FROM (VALUES
    (1, '{"keyId": "k1", "counter": 4, "bundleIdentifier": "com.example", "environment": "production"}'::jsonb),
    (2, '{"keyId": "k1", "counter": 4}'), (3, '{"keyId": "k1", "counter": 3}'), (4, '{"keyId": "k1", "counter": 0}'),
    (5, '{"keyId": "k1", "signCount": 5}'), (6, '{"keyId": "k1", "counter": "5"}'), (7, '{"keyId": "k1", "counter": "6"}'),
    (8, '{"keyId": "k1"}'), (9, '{"keyId": "k1", "counter": 4294967295}'), (10, '{"keyId": "k1", "counter": 7}'),
    (11, '{"keyId": "k2", "counter": 1}'), (12, '{"keyId": "k1", "counter": 4294967295}'), (13, '{"keyId": "k3"}'),
    (14, '{"keyId": "k3", "counter": 0}'), (15, '{"keyId": "k3", "counter": 0}')) AS results (number, verdict),
    rewards.examine_attestation(:'member_1', 'iphone', verdict, :'hash')
 ORDER BY number;
COMMIT;
SELECT counter, is_valid, platform, device_id, expires_at FROM rewards.attestation_cache
 WHERE company_id = :'company_a' AND user_id = :'member_1' AND platform = 'ios' ORDER BY counter;

-- Where the verifier does not name the key, the device does.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT number, counter_fresh FROM (VALUES
    (1, 'iphone', '{"signCount": 7}'::jsonb), (2, 'iphone', '{"signCount": 7}'), (3, 'ipad', '{"signCount": 7}'),
    (4, 'iphone', '{"signCount": 8}'), (5, NULL, '{"signCount": 7}'), (6, NULL, '{"signCount": 7}'),
    (7, 'k1', '{"signCount": 1}')) AS results (number, device, verdict),
    rewards.examine_attestation(:'member_1', device, verdict, :'hash')
 ORDER BY number;

-- Environments, hashes and what the verifier thinks of it itself.
SELECT number, level, request_bound FROM (VALUES
    (1, jsonb_build_object('keyId', '1', 'counter', 1, 'clientDataHash', :'hash')),
    (2, jsonb_build_object('keyId', '2', 'counter', 1, 'clientDataHash', :'other', 'environment', 'development')),
    (3, '{"keyId": "3", "counter": 1, "environment": "appattestdevelop", "isValid": true, "error": null}'),
    (4, '{"keyId": "4", "counter": 1, "isValid": false}'), (5, '{"keyId": "5", "counter": 1, "verified": false}'),
    (6, '{"keyId": "6", "counter": 1, "error": "fail_rpId_mismatch"}'), (7, '{"verifyError": "fail_parsing_assertion"}')
    ) AS results (number, verdict), rewards.examine_attestation(:'member_2', 'iphone', verdict, :'hash')
 ORDER BY number;

-- Another company's counters are its own.
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'back end') \gset
SELECT counter_fresh FROM rewards.examine_attestation(:'member_1', 'iphone', '{"keyId": "k1", "counter": 4}');
COMMIT;

-- Anything else

-- JSON null is no attestation; every other shape is an invalid one, and no error.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT level, app_recognized, request_bound, counter_fresh FROM rewards.examine_attestation(:'member_1', 'p', 'null');
SELECT verdict FROM (VALUES
    ('{}'::jsonb), ('[]'), ('""'), ('true'), ('1'), ('[{"keyId": "k", "counter": 1}]'), ('{"a": 1}'),
    ('{"keyId": 1, "counter": 1}'), ('{"keyId": "k", "counter": -1}'), ('{"keyId": "k", "counter": 1.5}'),
    ('{"keyId": "k", "counter": 1e400}'), ('{"keyId": "k", "counter": 9223372036854775808}'),
    ('{"keyId": "k", "counter": {}}'), ('{"keyId": "k", "counter": []}'), ('{"keyId": "k", "counter": true}'),
    ('{"keyId": "k", "counter": ""}'), ('{"keyId": "k", "counter": 1, "signCount": "x"}'),
    ('{"keyId": "k", "counter": 1, "clientDataHash": {"type": "Buffer"}}'),
    ('{"keyId": "k", "counter": 1, "environment": 1}'), ('{"keyId": "k", "counter": 1, "isValid": "yes"}'),
    ('{"keyId": "k", "counter": 1, "error": false}'), ('{"keyId": "k", "counter": 1, "tokenPayloadExternal": "x"}'),
    ('{"tokenPayloadExternal": {}}'), ('{"tokenPayloadExternal": {"tokenPayloadExternal": {}}}'),
    (jsonb_build_object('isValid', false, 'tokenPayloadExternal', play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'))),
    (play(:'hash', '"MEETS_DEVICE_INTEGRITY"')), (play(:'hash', '{"MEETS_DEVICE_INTEGRITY": 1}')),
    (play(:'hash', '["MEETS_DEVICE_INTEGRITY", 1]')), (play(:'hash', '["MEETS_DEVICE_INTEGRITY", ["x"]]')),
    (play(:'hash', '["MEETS_DEVICE_INTEGRITY"]') - 'requestDetails'),
    (play(:'hash', '["MEETS_DEVICE_INTEGRITY"]') #- '{requestDetails,timestampMillis}'),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{requestDetails}', '[]')),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{requestDetails,timestampMillis}', '"soon"')),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{requestDetails,requestHash}', '1')),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{appIntegrity}', '"x"')),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{appIntegrity,appRecognitionVerdict}', '1')),
    (jsonb_set(play(:'hash', '["MEETS_DEVICE_INTEGRITY"]'), '{deviceIntegrity}', '[]'))) AS verdicts (verdict),
    rewards.examine_attestation(:'member_1', 'p', verdict, :'hash')
 WHERE (level, app_recognized, request_bound, counter_fresh) IS DISTINCT FROM ('invalid', NULL, NULL, NULL);

-- None of them has been remembered, nor moved a counter.
SELECT level, counter_fresh FROM rewards.examine_attestation(:'member_1', 'p', '{"keyId": "k", "counter": 1}');

-- Nothing that large is a verdict; one with some extras still is.
SELECT state, message, hint FROM attempt($$SELECT rewards.examine_attestation(member('471'), 'p',
    jsonb_build_object('keyId', 'k', 'counter', 2, 'token', repeat('x', 20000)))$$);
SELECT state FROM attempt($$SELECT rewards.examine_attestation(member('471'), 'p',
    (SELECT jsonb_object_agg(n, repeat(n::text, 100)) FROM generate_series(1, 100000) AS n))$$);
SELECT level FROM rewards.examine_attestation(:'member_1', 'p',
    jsonb_build_object('keyId', 'k', 'counter', 2, 'token', repeat('x', 15000)));
SELECT state, message FROM attempt($$SELECT rewards.examine_attestation(member('471'), repeat('x', 256), '{}')$$);
COMMIT;

-- Cleaning up

-- What is too old to be accepted goes, in this company only; counters stay.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT rewards.cleanup_expired_attestations();
UPDATE rewards.attestation_cache SET expires_at = clock_timestamp() - interval '1 second'
 WHERE user_id = :'member_2' AND expires_at <> 'infinity';
COMMIT;
SELECT bool_and(expires_at - verified_at = interval '20 minutes') AS for_twenty_minutes, count(*) > 20 AS some
  FROM rewards.attestation_cache WHERE company_id = :'company_a' AND user_id = :'member_1' AND platform = 'android';
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset
SELECT rewards.cleanup_expired_attestations();
COMMIT;
-- The caller needs no right to the table.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
GRANT USAGE ON SCHEMA rewards TO regress_rewards_nobody;
GRANT EXECUTE ON FUNCTION rewards.cleanup_expired_attestations() TO regress_rewards_nobody;
SELECT as_nobody('SELECT rewards.cleanup_expired_attestations()::text') AS cleanup_expired_attestations;
SELECT as_nobody('SELECT rewards.cleanup_expired_attestations()::text') AS cleanup_expired_attestations;
SELECT as_nobody($$SELECT state || ' ' || message FROM attempt('DELETE FROM rewards.attestation_cache')$$) AS refused;
SELECT platform, count(*) FROM rewards.attestation_cache
 WHERE company_id = :'company_a' AND user_id = :'member_2' GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- Who may

-- A member could have written the verdict itself, and has hashes made for itself alone; nobody without a company has any
-- to examine.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.examine_attestation(member('471'), 'p', '{"keyId": "k", "counter": 3}')$$),
    ($$SELECT rewards.cleanup_expired_attestations()$$),
    ($$SELECT rewards.event_request_hash(member('471'), 'visit', '2026-01-01', 'n')$$),
    ($$SELECT rewards.event_request_hash(member('472'), 'visit', '2026-01-01', 'n')$$)) AS calls (call), attempt(call);
COMMIT;
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.event_request_hash(member('471'), 'visit', '2026-01-01', 'n')$$),
    ($$SELECT rewards.examine_attestation(member('471'), 'p', '{"keyId": "k", "counter": 3}')$$),
    ($$SELECT rewards.cleanup_expired_attestations()$$)) AS calls (call), attempt(call);

-- The owner sees those of its company, a member its own.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_b', 'Ida', 'admin') \gset
SELECT count(*) FROM rewards.attestation_cache;
COMMIT;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a', :'member_2', 'user') \gset
SELECT DISTINCT right(user_id::text, 3) AS member FROM rewards.attestation_cache;
COMMIT;
DROP FUNCTION play(text, text, float8, text);
