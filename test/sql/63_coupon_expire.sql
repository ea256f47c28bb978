-- The status follows time in batches of a scheduler, which never waits; what can be claimed does not depend on it.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000063a
\set company_b c0000000-0000-4000-8000-00000000063b
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    SELECT offer(id), company(company), 'welcome', 0, 'product', 1 FROM (VALUES ('63a1', '63a'), ('63b1', '63b')) AS t (id, company);

-- Coupons that expired 1 to 6 hours ago, one of them held; that expire later, or never; that are used or gone already; and
-- holds that are over, or not.
CREATE TABLE fates (fate text, issued_at interval, expires_in interval, held_until interval, status text);
INSERT INTO fates VALUES
    ('one hour ago', '-1 day', '-1 hour', NULL, 'issued'), ('six hours ago', '-1 day', '-6 hours', NULL, 'issued'),
    ('three hours ago, held', '-1 day', '-3 hours', '-3 hours', 'held'), ('just now', '-1 day', '0', NULL, 'issued'),
    ('in an hour', '-1 day', '1 hour', NULL, 'issued'), ('never', '-1 day', NULL, NULL, 'issued'),
    ('used', '-1 day', '-1 hour', NULL, 'redeemed'), ('revoked', '-1 day', '-1 hour', NULL, 'revoked'),
    ('hold over', '-1 day', NULL, '-1 minute', 'held'), ('hold over, good for longer', '-1 day', '1 hour', '-1 hour', 'held'),
    ('held', '-1 day', '1 hour', '1 hour', 'held');
CREATE PROCEDURE bring_about(of_company text, template text) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rewards.coupons (company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost,
            coupon_value_type, coupon_value, issued_at, expires_at, held_by, held_until, status, redeemed_at, revoked_at, metadata)
        SELECT company(of_company), sha256((fate || of_company)::bytea), 0, 0, 16, offer(template), member('631'), 0, 'product', 1, now() + f.issued_at,
               now() + expires_in, CASE f.status WHEN 'held' THEN 'till 1' END, now() + f.held_until, f.status,
               CASE f.status WHEN 'redeemed' THEN now() END, CASE f.status WHEN 'revoked' THEN now() END, to_jsonb(fate)
          FROM fates AS f;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'setup') \gset
CALL bring_about('63a', '63a1');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'setup') \gset
CALL bring_about('63b', '63b1');
COMMIT;
CREATE VIEW state_of AS
    SELECT metadata ->> 0 AS fate, status, held_by, updated_at > created_at AS changed, updated_at >= now() AS just_now
      FROM rewards.coupons WHERE issued_to = member('631') AND company_id = company('63a') ORDER BY expires_at, fate;
GRANT SELECT ON state_of TO PUBLIC;

-- The longest overdue first, as many as are asked for, expired ones before holds that are over.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'scheduler', 'service') \gset
SELECT * FROM rewards.mark_expired_coupons(1);
SELECT * FROM rewards.mark_expired_coupons(1);
SELECT fate FROM state_of WHERE status = 'expired';
SELECT * FROM rewards.mark_expired_coupons(3);
SELECT * FROM rewards.mark_expired_coupons();
SELECT * FROM rewards.mark_expired_coupons();
SELECT * FROM state_of;
ROLLBACK;

-- All of them at once, at REPEATABLE READ; another company's are its own.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT * FROM rewards.mark_expired_coupons();
COMMIT;
SELECT fate, status, held_by FROM state_of;
SELECT status, count(*) FROM rewards.coupons WHERE company_id = :'company_b' GROUP BY 1 ORDER BY 1;

-- They are found by their index, in order.
CREATE FUNCTION explain(statement text) RETURNS SETOF text LANGUAGE plpgsql AS
    $$BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement; END $$;
BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SELECT line FROM explain($$SELECT coupon_id FROM ONLY rewards.coupons WHERE company_id = company('63a') AND status IN ('issued', 'held')
    AND least(expires_at, held_until) <= now() ORDER BY least(expires_at, held_until) LIMIT 10$$) AS line WHERE line ~ 'Scan|Sort';
ROLLBACK;

-- Who calls it, and how.
BEGIN;
SELECT rewards.set_company_context(:'company_a', member('631')::text, 'user') \gset
SELECT state, message FROM attempt('SELECT rewards.mark_expired_coupons()');
ROLLBACK;
SELECT state, message FROM attempt('SELECT rewards.mark_expired_coupons()');
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt('SELECT rewards.mark_expired_coupons()');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM unnest(ARRAY['0', '-1', '100001', 'NULL']) AS bad, attempt(format('SELECT rewards.mark_expired_coupons(%s)', bad));
SELECT * FROM rewards.mark_expired_coupons(100000);
ROLLBACK;
DROP VIEW state_of;
DROP FUNCTION explain(text);
DROP TABLE fates;
DROP PROCEDURE bring_about(text, text);
