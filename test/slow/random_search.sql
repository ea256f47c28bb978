-- How many of the codes in the file :random are codes of live coupons? None, of 10,000,000 at random among 1,000,000 live
-- ones; but all of those that are planted among them. A code is looked for as claim_coupon() does, by its tag.
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
\o /dev/null
SET client_min_messages = error;
SET work_mem = '256MB';
CREATE EXTENSION pg_rewards;
SELECT rewards.install();
CREATE UNLOGGED TABLE tried (code text, is_planted boolean NOT NULL DEFAULT false);
\set company c0000000-0000-4000-8000-000000000001
BEGIN;
SELECT rewards.set_company_context(:'company', 'search', 'admin');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('70000000-0000-4000-8000-000000000001', 'leaflet', 1, 'fixed_amount', 5);
SELECT batch_id FROM rewards.begin_coupon_batch('70000000-0000-4000-8000-000000000001', :live, 'live ones') \gset
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company', 'search', 'admin');
SELECT rewards.issue_coupon_batch(:'batch_id', :live);
COMMIT;
\copy tried (code) FROM pstdin
BEGIN;
SELECT rewards.set_company_context(:'company', 'search', 'admin');
INSERT INTO tried SELECT coupon_code, true FROM rewards.coupon_batch_codes(:'batch_id', 0, :planted);
\o
SELECT format('%s codes at random against %s live ones: %s hit; %s codes of live ones among them: %s hit',
              count(*) FILTER (WHERE NOT is_planted), (SELECT count(*) FROM rewards.coupons), count(coupon_id) FILTER (WHERE NOT is_planted),
              count(*) FILTER (WHERE is_planted), count(coupon_id) FILTER (WHERE is_planted))
  FROM tried LEFT JOIN rewards.coupons ON code_hash = rewards.hash_coupon_code(code);
COMMIT;
