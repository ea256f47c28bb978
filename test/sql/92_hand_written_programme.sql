-- A hand-written programme moves over: the statements that its people run go on running, with search_path set and the
-- company's context given. Its staff and its back end are the owner of the tables, whom row-level security holds; its
-- members are the role authenticated. Placeholders are psql variables; statements whose result tells time or size are run
-- as they are, with their rows counted and not shown.
\set SHOW_CONTEXT never
\set company c0000000-0000-4000-8000-00000000920a
\set other_company c0000000-0000-4000-8000-00000000920b
\set USER_ID a0000000-0000-4000-8000-000000009201
\set AFFECTED_USER_ID a0000000-0000-4000-8000-000000009202
\set OFFER b0000000-0000-4000-8000-0000000092a1
\set ADMIN_EMAIL staff@programme.example
\set SCHEMA rewards
SET search_path = rewards, public;
SET enable_hashagg = off; -- groups come in order
CREATE FUNCTION public.explained(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END $$;

-- Deployment: what is there

-- The tables, under the names that the programme knows.
SELECT table_name FROM information_schema.tables
WHERE table_schema = :'SCHEMA' AND (
  table_name LIKE '%points%' OR
  table_name LIKE '%coupon%' OR
  table_name LIKE '%fraud%' OR
  table_name LIKE '%nonce%'
) AND table_name IN ('points_events', 'user_points_cache', 'coupon_templates', 'coupons', 'used_nonces', 'fraud_insights')
ORDER BY table_name;
SELECT table_name FROM information_schema.tables
WHERE table_schema = :'SCHEMA' AND (
  table_name LIKE '%points%' OR
  table_name LIKE '%coupon%' OR
  table_name LIKE '%fraud%' OR
  table_name LIKE '%nonce%'
) \g /dev/null
SELECT :ROW_COUNT >= 6 AS tables;

-- Row-level security is on, and there are policies.
SELECT tablename, rowsecurity FROM pg_tables
WHERE schemaname = :'SCHEMA' AND tablename IN (
  'points_events', 'user_points_cache', 'coupons', 'coupon_templates'
) ORDER BY tablename;
SELECT tablename, COUNT(*) as policy_count
FROM pg_policies
WHERE schemaname = :'SCHEMA'
GROUP BY tablename \g /dev/null
SELECT :ROW_COUNT >= 6 AS tables_with_policies;

-- A day's business

SET ROLE "regress_rewards Owner";

-- The same members in another company, of which nothing may be seen below.
BEGIN;
SELECT set_company_context(:'other_company', 'edge function') \gset
SELECT balance FROM award_points(:'USER_ID', 7777);
COMMIT;

-- An offer, points for two members, and events as the programme's own functions write them: decided ones, waiting ones
-- (one of them for two hours) and one that looked wrong.
BEGIN;
SELECT set_company_context(:'company', 'edge function') \gset
INSERT INTO coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, partner_name)
    VALUES (:'OFFER', 'five off', 200, 'fixed_amount', 5, 'coffee house');
SELECT outcome, balance FROM award_points(:'USER_ID', 500, 'welcome', 'welcome');
SELECT outcome, balance FROM award_points(:'USER_ID', 500, 'welcome', 'welcome');
INSERT INTO points_events (user_id, event_type, event_time, points_delta, nonce, trust_score, validation_status, device_id, created_at)
VALUES (:'USER_ID', 'habit_completion', now(), 20, 'n1', 85, 'validated', 'phone 1', now()),
       (:'USER_ID', 'habit_completion', now(), 10, 'n2', 70, 'pending', 'phone 1', now()),
       (:'AFFECTED_USER_ID', 'habit_completion', now() - interval '2 hours', 15, 'n3', 62, 'pending', 'phone 2', now() - interval '2 hours'),
       (:'AFFECTED_USER_ID', 'habit_completion', now(), 10, 'n4', 12, 'rejected', 'phone 2', now()),
       (:'AFFECTED_USER_ID', 'referral', now(), 25, 'n5', 45, 'pending_review', 'phone 2', now()),
       (:'AFFECTED_USER_ID', 'referral', now(), 300, 'n6', 90, 'validated', 'phone 2', now());
INSERT INTO fraud_insights (user_id, insight_type, severity, score, details)
VALUES (:'AFFECTED_USER_ID', 'velocity_anomaly', 'high', 12, '{"spacing_ms": 300}'),
       (:'AFFECTED_USER_ID', 'low_trust_score', 'medium', 45, NULL), (:'USER_ID', 'low_trust_score', 'low', 50, NULL);
INSERT INTO used_nonces (user_id, nonce, event_type, expires_at)
VALUES (:'USER_ID', 'old', 'habit_completion', now() - interval '1 hour');
SELECT outcome, points_remaining, coupon_id AS "COUPON_ID" FROM redeem_coupon(:'USER_ID', :'OFFER', 'redeem') \gset
SELECT outcome, coupon_code FROM redeem_coupon(:'AFFECTED_USER_ID', :'OFFER', 'redeem') \gset c_
SELECT outcome FROM claim_coupon(:'c_coupon_code', 'till 1');
COMMIT;
SELECT :'outcome' AS redeemed, :points_remaining AS points_remaining;

-- Security audit

-- A member sees what is its own, and writes nothing. Who the member is, the programme's gateway has verified; the
-- setting alone would open nothing.
BEGIN;
RESET ROLE;
CREATE ROLE authenticated;
SELECT count(*) > 0 AS granted FROM grant_access(app => 'authenticated');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims.sub = :'USER_ID';
SELECT * FROM points_events \g /dev/null
SELECT :ROW_COUNT AS without_context;
SELECT set_company_context(:'company', current_setting('request.jwt.claims.sub'), 'user') \gset
SELECT * FROM points_events \g /dev/null
SELECT :ROW_COUNT AS own_events;
SELECT * FROM user_points_cache \gset cache_
SELECT :'cache_user_id' = :'USER_ID' AS own, :cache_available_points AS available, :cache_pending_points AS pending;
UPDATE user_points_cache SET available_points = 999999
WHERE user_id = :'USER_ID';
ROLLBACK;

-- For everybody else, too, the balance is not for writing.
BEGIN;
SELECT set_company_context(:'company', 'service') \gset
UPDATE user_points_cache SET available_points = 999999
WHERE user_id = :'USER_ID';
ROLLBACK;

BEGIN;
SELECT set_company_context(:'company', 'staff') \gset

-- No code lies about.
SELECT coupon_id, code_hash,
       CASE WHEN plaintext_code IS NULL THEN 'SECURE' ELSE 'INSECURE' END as security
FROM coupons \g /dev/null
SELECT :ROW_COUNT AS coupons;
SELECT DISTINCT CASE WHEN plaintext_code IS NULL THEN 'SECURE' ELSE 'INSECURE' END as security
FROM coupons;

-- Nonces that are not needed any more are gone once the job has run.
SELECT COUNT(*) AS before FROM used_nonces
WHERE expires_at < now();
SELECT cleanup_expired_nonces();
SELECT COUNT(*), MAX(expires_at) FROM used_nonces
WHERE expires_at < now();

-- Performance

-- A member's newest events come by an index, in their order.
EXPLAIN ANALYZE
SELECT * FROM points_events
WHERE user_id = :'USER_ID'
ORDER BY event_time DESC
LIMIT 50 \g /dev/null
SET LOCAL enable_seqscan = off; -- of a table this small the planner makes what it likes
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off;
SELECT count(*) FILTER (WHERE line ~ 'Index Scan Backward using points_events_history') AS by_index,
       count(*) FILTER (WHERE line ~ 'Sort') AS sorts
  FROM explained(format('SELECT * FROM points_events WHERE user_id = %L ORDER BY event_time DESC LIMIT 50', :'USER_ID')) AS line;

-- As the programme has it, this names columns that no version of PostgreSQL has there; with the right ones it shows what
-- it means to.
SELECT state, message FROM attempt($$
SELECT schemaname, tablename, indexname, idx_scan
FROM pg_stat_user_indexes
WHERE tablename IN ('points_events', 'user_points_cache', 'coupons')
ORDER BY idx_scan DESC$$);
SELECT schemaname, relname, indexrelname, idx_scan
FROM pg_stat_user_indexes
WHERE relname IN ('points_events', 'user_points_cache', 'coupons')
ORDER BY idx_scan DESC \g /dev/null
SELECT :ROW_COUNT >= 6 AS indexes;
SET LOCAL enable_seqscan = on;
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on;

-- Monitoring

SELECT
  validation_status,
  COUNT(*) as count,
  ROUND(AVG(trust_score), 2) as avg_trust_score
FROM points_events
WHERE created_at >= now() - interval '1 hour'
GROUP BY validation_status;

SELECT
  event_type,
  COUNT(*) FILTER (WHERE validation_status = 'rejected') as rejected,
  COUNT(*) as total,
  ROUND(100.0 * COUNT(*) FILTER (WHERE validation_status = 'rejected') / COUNT(*), 2) as reject_rate
FROM points_events
WHERE created_at >= now() - interval '1 hour'
GROUP BY event_type;

SELECT
  status,
  COUNT(*) as count,
  SUM(issued_points_cost) as total_points
FROM coupons
WHERE issued_at >= now() - interval '1 hour'
GROUP BY status;

-- After the deployment

-- The integrity of the data, and of each balance: the second has no rows.
SELECT
  COUNT(*) as total_events,
  COUNT(DISTINCT user_id) as unique_users,
  SUM(points_delta) FILTER (WHERE validation_status = 'validated') as total_points_awarded
FROM points_events;

SELECT
  u.user_id,
  u.available_points as cached_points,
  COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0) as ledger_points,
  u.available_points - COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0) as discrepancy
FROM user_points_cache u
LEFT JOIN points_events p ON p.user_id = u.user_id
GROUP BY u.user_id, u.available_points
HAVING ABS(u.available_points - COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0)) > 0;

SELECT COUNT(*) FROM coupons WHERE code_hash IS NULL;

SELECT COUNT(*) FROM points_events
WHERE validation_status = 'pending'
AND created_at < now() - interval '1 hour';

-- What a rollback would touch.
SELECT now() - interval '1 hour' AS "DEPLOYMENT_TIMESTAMP" \gset
SELECT
  COUNT(*) as affected_users,
  SUM(points_delta) as total_points_affected
FROM points_events
WHERE created_at >= :'DEPLOYMENT_TIMESTAMP'
AND validation_status IN ('validated', 'rejected');

-- Troubleshooting

-- Events that wait for too long.
SELECT id, created_at, event_type, trust_score
FROM points_events
WHERE validation_status = 'pending'
AND created_at < now() - interval '1 hour'
ORDER BY created_at
LIMIT 10 \gset stuck_
SELECT :'stuck_event_type' AS event_type, :stuck_trust_score AS trust_score;

-- A balance that a member doubts, and its repair, for one and for all: they were right.
SELECT
  user_id,
  available_points as cached,
  (SELECT SUM(points_delta) FROM points_events WHERE user_id = upc.user_id AND validation_status = 'validated') as actual
FROM user_points_cache upc
WHERE user_id = :'AFFECTED_USER_ID';
SELECT refresh_user_points_cache(:'AFFECTED_USER_ID');
SELECT user_id, refresh_user_points_cache(user_id)
FROM user_points_cache ORDER BY user_id;

-- Too many suspicions.
SELECT
  insight_type,
  COUNT(*) as count,
  AVG(score) as avg_score
FROM fraud_insights
WHERE created_at >= now() - interval '24 hours'
GROUP BY insight_type
ORDER BY count DESC;

-- A redemption that fails for want of points: what there is, what came last, what still waits.
SELECT * FROM user_points_cache WHERE user_id = :'USER_ID' \gset cache_
SELECT :cache_available_points AS available, :cache_pending_points AS pending, :cache_lifetime_earned AS earned, :cache_lifetime_spent AS spent;
SELECT * FROM points_events
WHERE user_id = :'USER_ID'
ORDER BY created_at DESC
LIMIT 10 \g /dev/null
SELECT :ROW_COUNT AS recent_events;
SELECT COUNT(*) FROM points_events
WHERE user_id = :'USER_ID'
AND validation_status IN ('pending', 'pending_review');
SELECT refresh_user_points_cache(:'USER_ID');
COMMIT;

-- Staff at work

-- Points awarded by hand: the balance follows at once, and refreshing it is not needed and does no harm.
BEGIN;
SELECT set_company_context(:'company', 'staff') \gset
INSERT INTO points_events (
  user_id, event_type, event_time, points_delta,
  proof_type, validation_status, validated_by
) VALUES (
  :'USER_ID', 'admin_award', now(), 100,
  'manual_admin', 'validated', :'ADMIN_EMAIL'
);
SELECT available_points FROM user_points_cache WHERE user_id = :'USER_ID';
SELECT refresh_user_points_cache(:'USER_ID');
COMMIT;

-- A coupon revoked, and its points given back.
BEGIN;
SELECT set_company_context(:'company', 'staff') \gset
UPDATE coupons
SET status = 'revoked', updated_at = now()
WHERE coupon_id = :'COUPON_ID';
SELECT :ROW_COUNT AS revoked;
SELECT issued_points_cost AS "POINTS_COST" FROM coupons WHERE coupon_id = :'COUPON_ID' \gset
INSERT INTO points_events (
  user_id, event_type, event_time, points_delta,
  proof_type, validation_status, validated_by,
  related_entity_type, related_entity_id
) VALUES (
  :'USER_ID', 'coupon_refund', now(), :POINTS_COST,
  'manual_admin', 'validated', :'ADMIN_EMAIL',
  'coupon', :'COUPON_ID'
);
SELECT refresh_user_points_cache(:'USER_ID');
COMMIT;

-- A member's history.
BEGIN;
SELECT set_company_context(:'company', 'staff') \gset
SELECT
  event_time,
  event_type,
  points_delta,
  validation_status,
  trust_score,
  validated_by
FROM points_events
WHERE user_id = :'USER_ID'
ORDER BY event_time DESC \g /dev/null
SELECT :ROW_COUNT AS events;
SELECT event_type, points_delta, validation_status, trust_score, validated_by
  FROM points_events WHERE user_id = :'USER_ID' ORDER BY event_type, points_delta;
COMMIT;

-- Emergency

-- New events are held and offers closed; points that wait go on waiting, and nothing is lost.
BEGIN;
SELECT set_company_context(:'company', 'staff') \gset
UPDATE points_events
SET validation_status = 'pending_review'
WHERE validation_status = 'pending';
SELECT :ROW_COUNT AS held;
UPDATE coupon_templates
SET is_active = false;
SELECT :ROW_COUNT AS closed;
SELECT validation_status, COUNT(*) FROM points_events GROUP BY validation_status;
SELECT user_id, available_points, pending_points FROM user_points_cache ORDER BY user_id;
SELECT outcome, points_remaining FROM redeem_coupon(:'USER_ID', :'OFFER', 'again');
COMMIT;

-- At the end the books agree: by the programme's own query and by ours, for its company and, seen by a superuser, for all.
BEGIN;
SELECT set_company_context(:'company', 'staff') \gset
SELECT
  u.user_id,
  u.available_points as cached_points,
  COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0) as ledger_points,
  u.available_points - COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0) as discrepancy
FROM user_points_cache u
LEFT JOIN points_events p ON p.user_id = u.user_id
GROUP BY u.user_id, u.available_points
HAVING ABS(u.available_points - COALESCE(SUM(p.points_delta) FILTER (WHERE p.validation_status = 'validated'), 0)) > 0;
SELECT count(*) AS discrepancies FROM reconcile_ledger();
SELECT available_points, balance_at(:'USER_ID', 'infinity') AS balance_at FROM user_points_cache WHERE user_id = :'USER_ID';
COMMIT;
RESET ROLE;
SELECT count(*) AS discrepancies FROM ledger_discrepancies;
SELECT available_points FROM user_points_cache WHERE user_id = :'USER_ID' AND company_id = :'other_company';
DROP FUNCTION explained(text);
RESET enable_hashagg;
RESET search_path;
