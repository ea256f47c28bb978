-- Nonces are forgotten when no event with them would be accepted any more, and not before.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000210a
\set company_b c0000000-0000-4000-8000-00000000210b
\set member_1 a0000000-0000-4000-8000-000000002101

-- Nonces of two companies: used just now, about to expire, and expired.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome FROM rewards.award_points(:'member_1', 1, idempotency_key => 'fresh');
INSERT INTO rewards.used_nonces (user_id, nonce, event_type, expires_at) VALUES (:'member_1', 'expired', 'visit', now() - interval '1 us');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_1', 1, idempotency_key => 'fresh');
INSERT INTO rewards.used_nonces (user_id, nonce, event_type, expires_at)
    SELECT :'member_1', nonce, 'visit', now() + expires_in::interval FROM (VALUES
    ('now', '0'), ('soon', '1 us'), ('just', '-1 us'), ('yesterday', '-1 day'), ('long ago', '-1 year')) AS n (nonce, expires_in);

-- Those that have expired go, and are counted; asked again there are none.
SELECT rewards.cleanup_expired_nonces();
SELECT nonce FROM rewards.used_nonces WHERE company_id = :'company_a' ORDER BY nonce;
SELECT rewards.cleanup_expired_nonces();
SELECT count(*) AS expired FROM rewards.used_nonces WHERE company_id = :'company_a' AND expires_at < now();

-- A nonce that is kept still knows its answer.
SELECT outcome, replayed FROM rewards.award_points(:'member_1', 1, idempotency_key => 'fresh');

-- Another company's stay.
SELECT company_id = :'company_b' AS other, nonce FROM rewards.used_nonces WHERE nonce = 'expired';
COMMIT;

-- By SQL as well: what has expired can go, by whatever way, and nothing that still keeps a request out; no nonce changes.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
INSERT INTO rewards.used_nonces (user_id, nonce, event_type, expires_at) VALUES (:'member_1', 'expired', 'visit', now() - interval '1 us');
WITH gone AS (DELETE FROM rewards.used_nonces WHERE company_id = :'company_a' AND expires_at < now() RETURNING nonce)
    SELECT nonce FROM gone ORDER BY nonce;
SET LOCAL session_replication_role = replica;
SELECT state, message, hint FROM (VALUES
    ($$DELETE FROM rewards.used_nonces WHERE company_id = company('210a')$$),
    ($$MERGE INTO rewards.used_nonces AS n USING (VALUES ('fresh')) AS v (nonce) ON n.nonce = v.nonce WHEN MATCHED THEN DELETE$$),
    ($$UPDATE rewards.used_nonces SET expires_at = now() - interval '1 day' WHERE company_id = company('210a')$$),
    ($$UPDATE rewards.used_nonces SET fingerprint = NULL WHERE company_id = company('210a')$$),
    ($$UPDATE rewards.used_nonces SET nonce = nonce || '.' WHERE company_id = company('210a')$$),
    ('TRUNCATE rewards.used_nonces')) AS statements (statement), attempt(statement);
SELECT outcome, replayed FROM rewards.award_points(:'member_1', 1, idempotency_key => 'fresh');
ROLLBACK;

-- The back end and staff call it without a right to write the table; a member does not, nor anybody without a context or
-- where nothing can be written.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT state FROM attempt('DELETE FROM rewards.used_nonces');
SELECT rewards.cleanup_expired_nonces();
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_b', 'staff', 'admin') \gset
SELECT rewards.cleanup_expired_nonces();
SELECT nonce FROM rewards.used_nonces;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message, hint FROM attempt('SELECT rewards.cleanup_expired_nonces()');
ROLLBACK;
SELECT state, message, hint FROM attempt('SELECT rewards.cleanup_expired_nonces()');
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt('SELECT rewards.cleanup_expired_nonces()');
ROLLBACK;

-- A longer accepted_age does not let events in whose nonces are gone: they may be known. Later ones, and those of companies
-- that have forgotten nothing, are.
BEGIN;
SELECT rewards.set_company_context(company('21c')) \gset
INSERT INTO rewards.company_settings (company_id, accepted_age) VALUES (company('21c'), '30 days');
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('late', 1);
INSERT INTO rewards.used_nonces (user_id, nonce, event_type, created_at, expires_at)
    VALUES (:'member_1', 'old', 'late', now() - interval '12 days', now() - interval '4 days 23:50');
SELECT outcome AS before FROM rewards.submit_points_event(member('2102'), 'late', now() - interval '13 days', 'before');
SELECT rewards.cleanup_expired_nonces();
SELECT used_until = now() - interval '12 days' AS used_until FROM rewards.forgotten_nonces WHERE company_id = company('21c');
SELECT ago, outcome FROM unnest('{20 days,11 days 23:50:01,11 days 23:49:59,8 days,1 hour}'::interval[]) AS ago,
    rewards.submit_points_event(member('2102'), 'late', now() - ago, 'after ' || ago) ORDER BY ago DESC;
ROLLBACK;

-- So does a DELETE by hand, of several companies at once, and an earlier time takes nothing back; a superuser has rights enough.
BEGIN;
INSERT INTO rewards.used_nonces (company_id, user_id, nonce, event_type, created_at, expires_at)
    VALUES (company('21d'), :'member_1', 'old', 'late', now() - interval '12 days', now() - interval '4 days 23:50'),
           (company('21d'), :'member_1', 'older', 'late', now() - interval '20 days', now() - interval '12 days'),
           (company('21e'), :'member_1', 'older', 'late', now() - interval '20 days', now() - interval '12 days');
DELETE FROM rewards.used_nonces WHERE company_id IN (company('21d'), company('21e')) AND nonce = 'old';
DELETE FROM rewards.used_nonces WHERE company_id IN (company('21d'), company('21e'));
SELECT company_id = company('21d') AS is_d, now() - used_until AS used_until FROM rewards.forgotten_nonces
 WHERE company_id IN (company('21d'), company('21e')) ORDER BY is_d;
-- What has no event to refuse notes nothing.
DELETE FROM rewards.used_nonces WHERE company_id = company('21f');
SELECT count(*) FROM rewards.forgotten_nonces WHERE company_id = company('21f');
-- Nobody takes the word back.
SELECT state, message FROM (VALUES ('DELETE FROM rewards.forgotten_nonces'), ('TRUNCATE rewards.forgotten_nonces')) AS statements (statement), attempt(statement);
ROLLBACK;
