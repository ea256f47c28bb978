-- Trust: which events the default rules let through, hold up and reject, and why; who may change rules, and how.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000450a
\set company_b c0000000-0000-4000-8000-00000000450b
\set defaults 00000000-0000-0000-0000-000000000000
\set member_1 a0000000-0000-4000-8000-000000004501

-- Features by name, in the order in which they are stored.
CREATE FUNCTION observed(given jsonb) RETURNS integer[] LANGUAGE sql
    AS 'SELECT array_agg((given ->> feature)::integer ORDER BY ord) FROM rewards.trust_features() WHERE ord > 0';
CREATE FUNCTION verdict(score integer) RETURNS text LANGUAGE sql
    AS $$SELECT CASE WHEN score >= 60 THEN 'validated' WHEN score >= 30 THEN 'review' ELSE 'rejected' END$$;

-- The cases that the defaults were made for

CREATE TABLE cases (number integer GENERATED ALWAYS AS IDENTITY, name text, given jsonb);
\set clean '{"spacing_ms": 120000, "hourly_events": 3, "device_accounts": 1, "device_is_new": 0, "attestation": 0, "clock_ahead_s": 0, "event_age_s": 2, "account_age_s": 5184000, "nonce_conflicts": 0, "open_insights": 0, "rejected_percent": 0, "spacing_variation": 700}'
\set strong '{"attestation": 4, "app_recognized": 1, "request_bound": 1, "counter_fresh": 1}'
INSERT INTO cases (name, given)
SELECT name, :'clean'::jsonb || given::jsonb
  FROM (VALUES
    ('clean event, no attestation', '{}'),
    ('attestation of the device, for this request', '{"attestation": 3, "app_recognized": 1, "request_bound": 1, "counter_fresh": 1}'),
    ('strong attestation, for this request', :'strong'),
    ('999 ms after the last event', '{"spacing_ms": 999}'),
    ('999 ms, with strong attestation', :'strong'::jsonb || '{"spacing_ms": 999}'),
    ('at the same moment, with strong attestation', :'strong'::jsonb || '{"spacing_ms": 0}'),
    ('1000 ms after the last event', '{"spacing_ms": 1000}'),
    ('2999 ms after the last event', '{"spacing_ms": 2999}'),
    ('3000 ms after the last event', '{"spacing_ms": 3000}'),
    ('offline queue flushed: six hours old, minutes apart', '{"spacing_ms": 180000, "event_age_s": 21600, "hourly_events": 25}'),
    ('offline queue of two days and forty events', '{"spacing_ms": 180000, "event_age_s": 172800, "hourly_events": 40}'),
    ('queue of a week, which no phone fills by itself', '{"spacing_ms": 20000, "event_age_s": 604000, "hourly_events": 80}'),
    ('family tablet with three users', '{"device_accounts": 3, "device_is_new": 1}'),
    ('tablet with five users', '{"device_accounts": 5}'),
    ('device with twelve accounts', '{"device_accounts": 12}'),
    ('device with twelve accounts, new to this one', '{"device_accounts": 12, "device_is_new": 1}'),
    ('device with twelve accounts and strong attestation', :'strong'::jsonb || '{"device_accounts": 12}'),
    ('rooted phone: basic integrity only', '{"attestation": 2}'),
    ('rooted phone, for this request', '{"attestation": 2, "app_recognized": 1, "request_bound": 1, "counter_fresh": 1}'),
    ('rooted phone, new to the account', '{"attestation": 2, "device_is_new": 1}'),
    ('invalid attestation', '{"attestation": 1}'),
    ('another app, with strong attestation', :'strong'::jsonb || '{"app_recognized": 0}'),
    ('wrong request hash', '{"attestation": 3, "request_bound": 0, "counter_fresh": 1}'),
    ('wrong request hash, with strong attestation', :'strong'::jsonb || '{"request_bound": 0}'),
    ('replayed attestation counter', '{"attestation": 3, "request_bound": 1, "counter_fresh": 0}'),
    ('replayed attestation counter, with strong attestation', :'strong'::jsonb || '{"counter_fresh": 0}'),
    ('new account on its first device', '{"spacing_ms": null, "account_age_s": 60, "device_is_new": 1, "hourly_events": 1, "rejected_percent": null, "spacing_variation": null}'),
    ('one nonce conflict, and its insight', '{"nonce_conflicts": 1, "open_insights": 1}'),
    ('three nonce conflicts', '{"nonce_conflicts": 3, "open_insights": 1}'),
    ('five nonce conflicts', '{"nonce_conflicts": 5, "open_insights": 1}'),
    ('five nonce conflicts, with strong attestation', :'strong'::jsonb || '{"nonce_conflicts": 5, "open_insights": 1}'),
    ('robotic spacing', '{"spacing_variation": 49}'),
    ('robotic spacing, with strong attestation', :'strong'::jsonb || '{"spacing_variation": 0}'),
    ('regular spacing, of a person', '{"spacing_variation": 50}'),
    ('clock a minute ahead', '{"clock_ahead_s": 60, "event_age_s": 0}'),
    ('clock five minutes ahead', '{"clock_ahead_s": 300, "event_age_s": 0}'),
    ('a fifth of the events rejected', '{"rejected_percent": 20}'),
    ('half of the events rejected', '{"rejected_percent": 50}'),
    ('three open insights', '{"open_insights": 3}')) AS list (name, given);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT name, score, verdict(score), reasons FROM cases, rewards.trust_score(observed(given)) ORDER BY number;

-- Nothing that is bad makes an event better: each of those cases with one observation more that is worse.
SELECT name, worse
  FROM cases, (VALUES ('{"spacing_ms": 500}'), ('{"hourly_events": 99}'), ('{"device_accounts": 50}'), ('{"device_is_new": 1}'),
                      ('{"request_bound": 0}'), ('{"counter_fresh": 0}'), ('{"app_recognized": 0}'), ('{"clock_ahead_s": 599}'),
                      ('{"account_age_s": 0}'), ('{"nonce_conflicts": 9}'), ('{"open_insights": 9}'),
                      ('{"rejected_percent": 100}'), ('{"spacing_variation": 0}')) AS observations (worse)
 WHERE (rewards.trust_score(observed(given || worse::jsonb))).score > (rewards.trust_score(observed(given))).score;

-- What is unknown counts for nothing: no features at all, a short array, and one of a later release.
SELECT features, score, reasons
  FROM (VALUES ('{}'::integer[]), ('{NULL}'), ('{999}'), (array_fill(NULL::integer, ARRAY[15])),
               (array_fill(NULL::integer, ARRAY[15]) || 999)) AS given (features), rewards.trust_score(features);

-- The features, their place in the array, and which of them may raise a score.
SELECT ord, feature, may_raise FROM rewards.trust_features();

-- Arguments
SELECT state, message, hint, call FROM (VALUES
    ('SELECT rewards.trust_score(NULL)'),
    ('SELECT rewards.trust_score(ARRAY[ARRAY[1, 2], ARRAY[3, 4]])'),
    ($$SELECT rewards.trust_score('[0:1]={1,2}')$$),
    ($$SELECT rewards.trust_score('{}', 2)$$),
    ($$SELECT rewards.trust_score('{}', 0)$$),
    ($$SELECT rewards.trust_score('{}', -1)$$),
    ($$SELECT rewards.trust_score('{}', 1000)$$)) AS calls (call), attempt(call);
SELECT score FROM rewards.trust_score('{}', 1);
COMMIT;
SELECT state, message FROM attempt($$SELECT rewards.trust_score('{}')$$);
SELECT state, message FROM attempt($$SELECT rewards.backtest_trust_rules(1, NULL, NULL)$$);

-- Rules

-- A score is raised by the presence of a proof, and by nothing that a client chooses.
CREATE FUNCTION insert_rule(rule text, feature text, comparison text, threshold integer, weight integer, version integer DEFAULT 2)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
    VALUES ('00000000-0000-0000-0000-000000000000', version, 'base', 'always', '=', 1, 50, 'x'),
           ('00000000-0000-0000-0000-000000000000', version, rule, feature, comparison, threshold, weight, 'x')$$;
BEGIN;
SELECT feature, may_raise AS code_lets_it_raise, r.state AS raising, lowering.state AS lowering
  FROM rewards.trust_features(),
       attempt(format('SELECT insert_rule(''x'', %L, ''='', 1, -1, %s)', feature, 100 + ord)) AS lowering,
       attempt(format('SELECT insert_rule(''x'', %L, ''='', 1, 1, %s)', feature, 200 + ord)) AS r
 ORDER BY ord;
SELECT state, (regexp_match(message, 'constraint "(\w+)"'))[1] AS violated, rule FROM (VALUES
    ($$'x', 'spacing_ms', '>', 1000, 1$$),
    ($$'x', 'attestation', '>=', 0, 1$$),
    ($$'x', 'attestation', '<', 3, 1$$),
    ($$'x', 'attestation', '<=', 4, 1$$),
    ($$'x', 'request_bound', '=', 0, 1$$),
    ($$'x', 'account_age_s', '>', 86400, 1, 300$$),
    ($$'x', 'unheard_of', '=', 1, -1$$),
    ($$'x', 'attestation', '<>', 1, -1$$),
    ($$'x', 'attestation', '=', 1, -101$$),
    ($$'x', 'attestation', '=', 1, 101$$),
    ($$'x', 'attestation', '=', 1, -100, 301$$),
    ($$'', 'attestation', '=', 1, -1$$),
    ($$'X', 'attestation', '=', 1, -1$$),
    ($$repeat('x', 49), 'attestation', '=', 1, -1$$),
    ($$repeat('x', 48), 'attestation', '=', 1, -1, 302$$),
    ($$'x', 'always', '=', 1, 1$$),
    ($$NULL, 'attestation', '=', 1, -1$$),
    ($$'x', 'attestation', '=', NULL, -1$$),
    ($$'x', 'attestation', '=', 1, -1, 0$$),
    ($$'x', 'attestation', '=', 1, -1, 1000$$)) AS rules (rule), attempt(format('SELECT insert_rule(%s)', rule));
ROLLBACK;

-- A version is inserted whole and never changes, for a superuser as well.
SELECT state, message, hint, statement FROM (VALUES
    ($$UPDATE rewards.trust_rules SET weight = 0$$),
    ($$DELETE FROM rewards.trust_rules$$),
    ($$TRUNCATE rewards.trust_rules$$),
    ($$INSERT INTO rewards.trust_rules SELECT company_id, version, 'one_more', 'attestation', '=', 0, -10, 'x' FROM rewards.trust_rules WHERE rule = 'base'$$),
    ($$INSERT INTO rewards.trust_rules SELECT company_id, 2, rule, feature, comparison, threshold, weight, sentence FROM rewards.trust_rules WHERE rule <> 'base'$$),
    ($$INSERT INTO rewards.trust_rules SELECT * FROM rewards.trust_rules ON CONFLICT (company_id, version, rule) DO UPDATE SET weight = 0$$),
    ($$INSERT INTO rewards.trust_rules SELECT company_id, version, unnest('{base,x}'::text[]), unnest('{always,attestation}'::text[]), '=', 1, -1, 'x'
         FROM rewards.trust_rules WHERE rule = 'base' ON CONFLICT DO NOTHING$$),
    ($$INSERT INTO rewards.trust_rules SELECT company_id, 2, unnest('{base}'::text[] || array_agg('x' || n)), unnest('{always}'::text[] || array_fill('attestation'::text, ARRAY[64])), '=', 1, -1, 'x'
         FROM rewards.trust_rules, generate_series(1, 64) AS n WHERE rule = 'base' GROUP BY company_id$$)) AS statements (statement), attempt(statement);
SET session_replication_role = replica;
SELECT state, statement FROM (VALUES
    ($$UPDATE rewards.trust_rules SET weight = 0$$),
    ($$DELETE FROM rewards.trust_rules$$),
    ($$TRUNCATE rewards.trust_rules$$)) AS statements (statement), attempt(statement);
RESET session_replication_role;
-- Nor by another table's name.
BEGIN;
CREATE TABLE parent (LIKE rewards.trust_rules);
ALTER TABLE rewards.trust_rules INHERIT parent;
SELECT state, statement FROM (VALUES ('UPDATE parent SET weight = 0'), ('DELETE FROM parent')) AS statements (statement), attempt(statement);
ROLLBACK;

-- Versions

-- A session that has scored sees a new version at once, and the old one again when it is rolled back.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT score, reasons FROM rewards.trust_score('{999}');
SAVEPOINT before;
SELECT insert_rule('fast', 'spacing_ms', '<', 2000, -11);
SELECT score, reasons FROM rewards.trust_score('{999}');
SELECT score, reasons FROM rewards.trust_score('{999}', 1);
ROLLBACK TO before;
SELECT score, reasons FROM rewards.trust_score('{999}');
SELECT insert_rule('fast', 'spacing_ms', '<', 2000, -12);
SELECT score, reasons FROM rewards.trust_score('{999}');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT score, reasons FROM rewards.trust_score('{999}');
COMMIT;

-- A company's own rules come before the defaults, for that company alone, whatever version the defaults have.
BEGIN;
INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
VALUES (:'company_a', 1000, 'base', 'always', '=', 1, 61, 'x'), (:'company_a', 1000, 'nothing', 'spacing_ms', '>=', 0, 0, 'x'),
       (:'company_a', 1000, 'b_equal', 'spacing_ms', '<', 1000, -5, 'x'), (:'company_a', 1000, 'a_equal', 'spacing_ms', '<', 1000, -5, 'x'),
       (:'company_a', 1000, 'z_heavy', 'spacing_ms', '<=', 999, -20, 'x'), (:'company_a', 1000, 'proof', 'attestation', '>', 3, 10, 'x');
SELECT rewards.set_company_context(:'company_a') \gset
SELECT score, reasons FROM rewards.trust_score(observed('{"spacing_ms": 999, "attestation": 4}'));
SELECT score, reasons FROM rewards.trust_score('{1000}');
SAVEPOINT before;
SELECT insert_rule('fast', 'spacing_ms', '<', 1000, -1);
SELECT score, reasons FROM rewards.trust_score('{999}');
SELECT score, reasons FROM rewards.trust_score('{999}', 2);
ROLLBACK TO before;
INSERT INTO rewards.trust_rules (version, rule, feature, comparison, threshold, weight, sentence)
VALUES (1001, 'base', 'always', '=', 1, 62, 'x');
SELECT score FROM rewards.trust_score('{999}');
SELECT score FROM rewards.trust_score('{999}', 1000);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT score, reasons FROM rewards.trust_score('{999}');
SELECT state, message FROM attempt($$SELECT rewards.trust_score('{}', 1000)$$);
COMMIT;

-- Three hundred companies with rules and versions of their own, each of them right, twice: more than a session keeps.
INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
SELECT company('45c' || lpad(n::text, 3, '0')), 1000 + n, 'base', 'always', '=', 1, n % 100, 'x' FROM generate_series(1, 300) AS n;
DO $$
BEGIN
    FOR turn IN 1..2 LOOP
        FOR n IN 1..300 LOOP
            PERFORM rewards.set_company_context(company('45c' || lpad(n::text, 3, '0')));
            ASSERT (rewards.trust_score('{}')).score = n % 100, n;
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;

-- Settings name versions that are there: a default, or one of the company's own.
BEGIN;
SELECT state, message, settings FROM (VALUES
    ($$'450a', 1, NULL$$), ($$'450a', 1000, 1$$), ($$'450a', 1002, NULL$$), ($$'450b', 1000, NULL$$), ($$'450b', NULL, 1000$$), ($$'450b', 1, 2$$),
    ($$'450b', NULL, NULL$$)) AS list (settings),
    attempt(format('INSERT INTO rewards.company_settings (company_id, trust_version, shadow_version)
                    SELECT company(c), t::integer, s::integer FROM (VALUES (%s)) AS v (c, t, s)
                    ON CONFLICT (company_id) DO UPDATE SET trust_version = EXCLUDED.trust_version, shadow_version = EXCLUDED.shadow_version', settings));
SELECT state, message FROM attempt($$UPDATE rewards.company_settings SET shadow_version = 1000 WHERE company_id = '00000000-0000-0000-0000-000000000000'$$);
ROLLBACK;

-- Where there are no rules, or they were tampered with, nothing is scored.
BEGIN;
ALTER TABLE rewards.trust_rules DISABLE TRIGGER ALL;
DELETE FROM rewards.trust_rules;
ALTER TABLE rewards.trust_rules ENABLE TRIGGER ALL;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT state, message, hint FROM attempt($$SELECT rewards.trust_score('{}')$$);
ROLLBACK;
BEGIN;
ALTER TABLE rewards.trust_rules DROP CONSTRAINT trust_rules_sound, DROP CONSTRAINT trust_rules_raise_by_proof_only;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT state, message, rule FROM (VALUES
    ($$'x', 'unheard_of', '=', 1, -1, 300$$), ($$'x', 'attestation', '<>', 1, -1, 300$$),
    ($$'x', 'attestation', '=', 1, -65536, 300$$), ($$repeat('x', 49), 'attestation', '=', 1, -1, 300$$),
    ($$'x', 'spacing_ms', '=', 1, 1, 300$$)) AS rules (rule),
    attempt(format('SELECT insert_rule(%s); SELECT rewards.trust_score(''{}'')', rule));
ROLLBACK;

-- Why an event has its score

-- Events as they are stored with their scores, of the cases above and one of 95 points that nobody scored.
CREATE FUNCTION store_cases(of_company uuid) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, trust_score, trust_features, trust_version)
    SELECT event('45' || lpad(number::text, 2, '0')), member('4501'), of_company, 'x', now(), number,
           (rewards.trust_score(observed(given), 1)).score, observed(given), 1
      FROM cases;
    INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta)
    VALUES (event('4595'), member('4501'), of_company, 'x', now(), 95);
    UPDATE rewards.points_events SET validation_status = 'rejected' WHERE id = event('4502')$$;
-- Thresholds are settings of the company.
BEGIN;
SELECT to_regclass('rewards.company_settings') IS NULL AS without_settings \gset
\if :without_settings
CREATE TABLE rewards.company_settings (company_id uuid PRIMARY KEY, trust_validate_at integer, trust_review_at integer);
INSERT INTO rewards.company_settings VALUES (:'defaults', 60, 30);
GRANT SELECT ON rewards.company_settings TO regress_rewards_admin;
\endif
SELECT count(*) > 0 AS granted FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin');
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_b', 'staff', 'admin') \gset
SELECT store_cases(:'company_b');
SELECT rule, feature, observed, comparison, threshold, weight, applies FROM rewards.explain_event(event('4505'));
SELECT rule, sentence FROM rewards.explain_event(event('4505'), :'member_1') WHERE applies;

-- The sum of what applied is the score, in all cases.
SELECT count(*) AS events, count(*) FILTER (WHERE trust_score = greatest(0, least(100, total))) AS explained
  FROM rewards.points_events, LATERAL (SELECT sum(weight) FILTER (WHERE applies) AS total FROM rewards.explain_event(id)) AS why
 WHERE trust_version = 1;

-- An event that was not scored, one that is not there, and one of somebody else explain nothing.
SELECT count(*) FROM unnest(ARRAY[event('4595'), event('45ff')]) AS id, rewards.explain_event(id);
SELECT count(*) FROM rewards.explain_event(event('4501'), member('4502'));

-- A new version explains nothing that an old one decided.
SELECT count(*) AS rules FROM as_owner($$
    INSERT INTO rewards.trust_rules (version, rule, feature, comparison, threshold, weight, sentence)
    SELECT 1000, rule, feature, comparison, threshold, CASE rule WHEN 'spacing_below_three_seconds' THEN -20 WHEN 'device_crowded' THEN 0 ELSE weight END, sentence
      FROM rewards.trust_rules WHERE version = 1 RETURNING rule$$);
SELECT rule, weight FROM rewards.explain_event(event('4508')) WHERE applies;
SELECT score, reasons FROM rewards.points_events, rewards.trust_score(trust_features) WHERE id = event('4508');

-- What other rules would have made of the same events. The version that scored them leaves them where they are,
-- whatever became of them.
SELECT * FROM rewards.backtest_trust_rules(1, '-infinity', 'infinity');
SELECT * FROM rewards.backtest_trust_rules(1000, '-infinity', 'infinity');
SELECT array_agg(n) = (SELECT array_agg(v) FROM rewards.backtest_trust_rules(1000, '-infinity', 'infinity') AS v) AS newest
  FROM rewards.backtest_trust_rules(NULL, '-infinity', 'infinity') AS n;
SELECT state, message FROM attempt($$SELECT rewards.backtest_trust_rules(1001, '-infinity', 'infinity')$$);

-- From is within, to is not.
SELECT max(created_at) AS last, min(created_at) AS first FROM rewards.points_events WHERE trust_score IS NOT NULL \gset
SELECT (SELECT sum(events) FROM rewards.backtest_trust_rules(1, :'last', 'infinity')) > 0 AS from_is_within,
       (SELECT sum(events) FROM rewards.backtest_trust_rules(1, '-infinity', :'first')) IS NULL AS to_is_not,
       (SELECT sum(events) FROM rewards.backtest_trust_rules(1, NULL, NULL)) AS null_is_open;

-- The company's thresholds come before the common ones, and what it leaves open is as there.
SELECT as_owner($$INSERT INTO rewards.company_settings (trust_validate_at, trust_review_at) VALUES (66, 50) RETURNING 'set'$$) AS own;
SELECT * FROM rewards.backtest_trust_rules(1, '-infinity', 'infinity');
SELECT as_owner(format($$UPDATE rewards.company_settings SET trust_validate_at = NULL, trust_review_at = NULL
                          WHERE company_id = %L RETURNING 'open'$$, :'company_b')) AS own;
SELECT * FROM rewards.backtest_trust_rules(1, '-infinity', 'infinity');

-- Staff see the defaults and the company's own rules, and the rules of nobody else; nobody writes.
SELECT company_id, version, count(*) FROM rewards.trust_rules GROUP BY 1, 2 ORDER BY 1, 2;
SELECT state FROM attempt($$INSERT INTO rewards.trust_rules (version, rule, feature, comparison, threshold, weight, sentence) VALUES (1001, 'base', 'always', '=', 1, 100, 'x')$$);
SELECT as_owner(format($$SELECT state || ' ' || message FROM attempt(%L)$$, statement)) AS refused FROM (VALUES
    (format($$INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
              VALUES (%L, 1002, 'base', 'always', '=', 1, 100, 'x')$$, :'company_a')),
    ($$SELECT insert_rule('x', 'spacing_ms', '<', 1, -1)$$)) AS statements (statement);
SELECT as_app(format($$SELECT state || ' ' || message FROM attempt(%L)$$, call)) AS refused, call FROM (VALUES
    ('SELECT FROM rewards.trust_rules'), ($$SELECT rewards.trust_score('{}')$$), ('SELECT rewards.trust_features()'),
    ($$SELECT rewards.explain_event(event('4505'))$$),
    ($$SELECT rewards.backtest_trust_rules(1, '-infinity', 'infinity')$$)) AS calls (call);
ROLLBACK;

-- A member learns nothing of the rules, whatever the role of its connection.
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access(admin => 'regress_rewards_admin');
INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, trust_score, trust_features, trust_version)
VALUES (event('4505'), :'member_1', :'company_b', 'x', now(), 1, 60, '{1000}', 1);
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_b', :'member_1', 'user') \gset
SELECT count(*) AS events FROM rewards.points_events;
SELECT count(*) AS rules FROM rewards.trust_rules;
SELECT count(*) AS reasons FROM rewards.explain_event(event('4505'));
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.trust_score('{1000}')$$),
    ($$SELECT rewards.backtest_trust_rules(1, NULL, NULL)$$)) AS calls (call), attempt(call);
ROLLBACK;

-- Another company's event explains nothing to staff.
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access(admin => 'regress_rewards_admin');
INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, trust_score, trust_features, trust_version)
VALUES (event('4505'), :'member_1', :'company_b', 'x', now(), 1, 60, '{1000}', 1);
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT count(*) AS reasons FROM rewards.explain_event(event('4505'));
ROLLBACK;

-- Scores can be asked for where nothing can be written.
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT score FROM rewards.trust_score('{1000}');
COMMIT;
\c
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT score FROM rewards.trust_score('{1000}');
COMMIT;
DROP FUNCTION observed(jsonb), verdict(integer), insert_rule(text, text, text, integer, integer, integer), store_cases(uuid);
DROP TABLE cases;
