-- What looks like fraud is an open insight of the account: one of a kind, which counts.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000046a
\set company_b c0000000-0000-4000-8000-00000000046b
\set member_1 a0000000-0000-4000-8000-000000000461
\set member_2 a0000000-0000-4000-8000-000000000462
\set coffee b0000000-0000-4000-8000-0000000046a1
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (:'coffee', :'company_a', 'coffee', 1, 'product', 1);
CREATE VIEW insights AS
SELECT right(user_id::text, 3) AS member, insight_type, severity, score, occurrences, details,
       ARRAY(SELECT right(id::text, 3) FROM unnest(related_event_ids) WITH ORDINALITY AS e (id, n) ORDER BY n) AS events,
       resolved
  FROM rewards.fraud_insights
 WHERE company_id IN (company('46a'), company('46b'))
 ORDER BY company_id, user_id, insight_type, created_at;

-- Counting

-- The first occurrence opens an insight; later ones count, the severity becomes the highest, the details the newest
-- that were given, and the events are kept in order.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'honeypot') \gset
SELECT outcome, occurrences FROM rewards.flag_account(:'member_1');
TABLE insights;
SELECT outcome, occurrences
  FROM rewards.flag_account(:'member_1', 'manual_flag', 'high', '{"seen": 1}', event('461'));
TABLE insights;
SELECT outcome, occurrences FROM rewards.flag_account(:'member_1', severity => 'low', event_id => event('462'));
TABLE insights;
SELECT outcome, occurrences FROM rewards.flag_account(:'member_1', severity => 'critical', details => '{"seen": 2}');
TABLE insights;
COMMIT;

-- The answer names the insight.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'honeypot') \gset
SELECT (SELECT insight_id FROM rewards.flag_account(:'member_1')) =
       (SELECT id FROM rewards.fraud_insights WHERE user_id = :'member_1' AND NOT resolved) AS same;
ROLLBACK;

-- Another kind, another member, another company: each has its own.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'honeypot') \gset
SELECT outcome, occurrences FROM rewards.flag_account(:'member_1', 'honeypot_triggered', 'high')
UNION ALL SELECT outcome, occurrences FROM rewards.flag_account(:'member_2');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'honeypot') \gset
SELECT outcome, occurrences FROM rewards.flag_account(:'member_1');
COMMIT;
TABLE insights;

-- Twice in one statement, in one transaction that takes a part back, and with a snapshot from before.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rewards.set_company_context(:'company_b', 'honeypot') \gset
SELECT one.occurrences, two.occurrences
  FROM rewards.flag_account(:'member_2') AS one, rewards.flag_account(:'member_2') AS two;
SAVEPOINT before;
SELECT occurrences FROM rewards.flag_account(:'member_2');
ROLLBACK TO before;
SELECT occurrences FROM rewards.flag_account(:'member_2');
ROLLBACK;

-- It keeps the newest 20 events.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'honeypot') \gset
SELECT max(occurrences) FROM generate_series(600, 630) AS number,
       rewards.flag_account(:'member_2', event_id => event(number::text));
SELECT cardinality(events) AS kept, events[1] AS oldest, events[20] AS newest
  FROM insights WHERE member = '462' AND cardinality(events) > 0;
ROLLBACK;

-- Every kind and severity that the table knows can be flagged, and no other.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'honeypot') \gset
SELECT count(*) AS kinds, bool_and(outcome = 'flagged') AS flagged
  FROM pg_constraint, regexp_matches(split_part(pg_get_constraintdef(oid), 'severity', 1), '''(\w+)''', 'g') AS kind,
       rewards.flag_account(:'member_2', kind[1])
 WHERE conname = 'fraud_insights_sound';
SELECT string_agg(DISTINCT severity[1], ' ') AS severities, count(outcome)
  FROM unnest('{{low},{medium},{high},{critical}}'::text[]) AS word, regexp_matches(word, '.*') AS severity,
       rewards.flag_account(:'member_2', 'manual_flag', severity[1]);
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.flag_account(member('462'), 'Manual_flag')$$),
    ($$SELECT rewards.flag_account(member('462'), '')$$),
    ($$SELECT rewards.flag_account(member('462'), NULL)$$),
    ($$SELECT rewards.flag_account(member('462'), 'manual_flag', 'urgent')$$),
    ($$SELECT rewards.flag_account(member('462'), 'manual_flag', NULL)$$),
    ($$SELECT rewards.flag_account(NULL)$$)) AS calls (call), attempt(call);
ROLLBACK;

-- Nonces

-- A nonce that comes back with another request is refused, and noticed; the same request is not.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 10, NULL, 'key');
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 10, NULL, 'key');
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_2', :'coffee', 'coupon');
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_2', :'coffee', 'coupon');
SELECT count(*) AS replay_attempts FROM insights WHERE insight_type = 'replay_attempt';
SELECT outcome FROM rewards.award_points(:'member_2', 11, NULL, 'key');
SELECT severity, occurrences, details, events FROM insights WHERE insight_type = 'replay_attempt';
SELECT outcome FROM rewards.deduct_points(:'member_2', 1, NULL, 'coupon');
SELECT severity, occurrences, details, events FROM insights WHERE insight_type = 'replay_attempt';
COMMIT;

-- Also where the member asks itself, which does not see that it was noticed. The refusal's trace is committed.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_2', 'user') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'coffee', 'key');
COMMIT;
SELECT severity, occurrences, details, events FROM insights WHERE insight_type = 'replay_attempt';

-- A nonce may contain anything; its insight still is JSON.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT outcome FROM rewards.award_points(:'member_2', 10, NULL, E'"}, \\ \n\t\x01 ž');
SELECT outcome FROM rewards.award_points(:'member_2', 11, NULL, E'"}, \\ \n\t\x01 ž');
SELECT details ->> 'nonce' = E'"}, \\ \n\t\x01 ž' AS same FROM insights WHERE insight_type = 'replay_attempt';
ROLLBACK;

-- Where refusals are raised, the trace goes with the rest.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('462'), 11, NULL, 'key')$$);
SELECT occurrences FROM insights WHERE insight_type = 'replay_attempt';
ROLLBACK;

-- Resolving

-- Once, by whom the context says, with a note; what comes after opens another one.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'Ida', 'admin') \gset
SELECT id AS insight FROM rewards.fraud_insights WHERE user_id = :'member_2' AND insight_type = 'replay_attempt' \gset
SELECT rewards.resolve_fraud_insight(:'insight', 'a bug in the app');
SELECT rewards.resolve_fraud_insight(:'insight', 'no, fraud');
SELECT rewards.resolve_fraud_insight(event('999'));
SELECT resolved, resolved_at = updated_at AND resolved_at >= created_at AS stamped, resolved_by, resolution_notes
  FROM rewards.fraud_insights WHERE id = :'insight';
SELECT outcome FROM rewards.award_points(:'member_2', 11, NULL, 'key');
SELECT rewards.resolve_fraud_insight(id) FROM rewards.fraud_insights
 WHERE user_id = :'member_2' AND insight_type = 'replay_attempt' AND NOT resolved;
SELECT outcome FROM rewards.award_points(:'member_2', 11, NULL, 'key');
COMMIT;
SELECT occurrences, resolved FROM insights WHERE insight_type = 'replay_attempt';

-- Not another company's, nor one of the same id there.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'Ida', 'admin') \gset
SELECT id AS theirs FROM rewards.fraud_insights WHERE company_id = :'company_a' AND NOT resolved LIMIT 1 \gset
SELECT rewards.resolve_fraud_insight(:'theirs');
INSERT INTO rewards.fraud_insights (id, user_id, insight_type) VALUES (:'theirs', event('1'), 'manual_flag');
SELECT rewards.resolve_fraud_insight(:'theirs');
SELECT company_id = :'company_b' AS here, resolved FROM rewards.fraud_insights WHERE id = :'theirs' ORDER BY 1;
ROLLBACK;

-- Rows that a hand has written

-- A second open one of a kind cannot be written; resolved ones can, as many as there are.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'import') \gset
SELECT state, statement FROM (VALUES
    ($$INSERT INTO rewards.fraud_insights (user_id, insight_type) VALUES (member('461'), 'manual_flag')$$),
    ($$INSERT INTO rewards.fraud_insights (user_id, insight_type, resolved) VALUES (member('461'), 'manual_flag', true),
       (member('461'), 'manual_flag', true)$$),
    ($$INSERT INTO rewards.fraud_insights (user_id, insight_type) VALUES (member('461'), 'other')$$),
    ($$INSERT INTO rewards.fraud_insights (user_id, insight_type, severity) VALUES (member('461'), 'manual_flag', 'x')$$),
    ($$INSERT INTO rewards.fraud_insights (user_id, insight_type, score) VALUES (member('461'), 'manual_flag', 101)$$)
    ) AS statements (statement), attempt(statement);

-- What is imported is counted on, with its score, and whatever was put among its events.
INSERT INTO rewards.fraud_insights (user_id, insight_type, severity, score, related_event_ids, occurrences) VALUES
    (:'member_1', 'low_trust_score', 'high', 25, ARRAY[ARRAY[event('1'), NULL], ARRAY[event('2'), event('3')]], 7),
    (:'member_1', 'clock_skew', 'low', NULL, ARRAY[NULL, NULL]::uuid[], 1),
    (:'member_1', 'velocity_anomaly', 'low', NULL, NULL, 1),
    (:'member_1', 'bulk_submission', 'low', NULL, ARRAY(SELECT event(n::text) FROM generate_series(1, 50) AS n), 1);
SELECT occurrences FROM rewards.flag_account(:'member_1', 'low_trust_score', event_id => event('4'))
UNION ALL SELECT occurrences FROM rewards.flag_account(:'member_1', 'clock_skew', event_id => event('4'))
UNION ALL SELECT occurrences FROM rewards.flag_account(:'member_1', 'velocity_anomaly')
UNION ALL SELECT occurrences FROM rewards.flag_account(:'member_1', 'velocity_anomaly', event_id => event('4'))
UNION ALL SELECT occurrences FROM rewards.flag_account(:'member_1', 'bulk_submission', event_id => event('51'))
UNION ALL SELECT occurrences FROM rewards.flag_account(:'member_1', 'bulk_submission');
SELECT insight_type, severity, score, occurrences, events FROM insights
 WHERE insight_type IN ('low_trust_score', 'clock_skew', 'bulk_submission', 'velocity_anomaly');
ROLLBACK;

-- The company

-- What is about no account is about the company: one open row of a kind, too, and no account is opened for it.
\set company 00000000-0000-0000-0000-000000000000
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'Ida', 'admin') \gset
SELECT outcome, occurrences FROM rewards.flag_account(:'company', 'code_guessing')
UNION ALL SELECT outcome, occurrences FROM rewards.flag_account(:'company', 'code_guessing', 'critical')
UNION ALL SELECT outcome, occurrences FROM rewards.flag_account(:'company', 'low_stock');
SELECT rewards.resolve_fraud_insight(id) FROM rewards.fraud_insights WHERE user_id = :'company' AND insight_type = 'code_guessing';
SELECT outcome, occurrences FROM rewards.flag_account(:'company', 'code_guessing');
SELECT insight_type, severity, occurrences, resolved, resolved_by FROM rewards.fraud_insights WHERE user_id = :'company'
 ORDER BY insight_type, created_at;
SELECT count(*) AS accounts FROM rewards.user_points_cache WHERE user_id = :'company';
ROLLBACK;

-- Who sees them

-- The owner in its company, the most severe first and then the oldest; a member none, its own neither.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a', 'Ida', 'admin') \gset
SELECT right(user_id::text, 3) AS member, insight_type, severity, occurrences FROM rewards.open_fraud_insights;
COMMIT;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT (SELECT count(*) FROM rewards.fraud_insights) AS insights,
       (SELECT count(*) FROM rewards.open_fraud_insights) AS open;
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.flag_account(member('461'))$$),
    ($$SELECT rewards.resolve_fraud_insight(event('1'))$$)) AS calls (call), attempt(call);
COMMIT;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT (SELECT count(*) FROM rewards.fraud_insights) AS insights,
       (SELECT count(*) FROM rewards.open_fraud_insights) AS open;
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.flag_account(member('461'))$$),
    ($$SELECT rewards.resolve_fraud_insight(event('1'))$$)) AS calls (call), attempt(call);
COMMIT;
DROP VIEW insights;
