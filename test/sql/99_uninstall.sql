-- What is taken away on purpose is gone, and the server is as it was before the tests.
\set SHOW_CONTEXT never

-- DROP EXTENSION with CASCADE, and nothing less, takes the tables along.
BEGIN;
SELECT rewards.set_company_context(company('99a')) \gset
SELECT outcome, balance FROM rewards.award_points(member('991'), 1);
COMMIT;
SELECT state FROM attempt('DROP EXTENSION pg_rewards');
SET client_min_messages = warning;
DROP EXTENSION pg_rewards CASCADE;
RESET client_min_messages;
SELECT to_regnamespace('rewards') IS NULL AS gone;

-- A session that knew the old tables works with new ones at once.
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => '"regress_rewards Owner"') = rewards.code_data_version() AS installed;
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('99a1'), company('99a'), 'coffee', 1, 'product', 1);
BEGIN;
SELECT rewards.set_company_context(company('99a')) \gset
SELECT outcome, balance FROM rewards.award_points(member('991'), 2);
SELECT outcome, coupon_code FROM rewards.redeem_coupon(member('991'), offer('99a1'), 'n') \gset c_
SELECT :'c_outcome' AS outcome;
SELECT outcome FROM rewards.claim_coupon(:'c_coupon_code', 'till');
COMMIT;
SELECT count(*) AS accounts FROM rewards.user_points_cache;
SET client_min_messages = warning;
DROP EXTENSION pg_rewards CASCADE;
RESET client_min_messages;

DROP FUNCTION as_app(text), as_nobody(text), as_owner(text);

-- The roles had no rights anywhere else.
DROP ROLE "regress_rewards Owner", regress_rewards_app, regress_rewards_admin, regress_rewards_nobody;
DROP FUNCTION attempt(text), member(text), offer(text), company(text), event(text), identifier(text, text);

-- Nothing of the tests is left in the database, and no key in the data directory.
SELECT relname
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT proname
  FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname
  FROM pg_type
 WHERE typnamespace = 'public'::regnamespace;
COPY (SELECT WHERE false) TO PROGRAM 'cat >/dev/null; rm -rf pg_rewards_regress.keys*';
SELECT format('ALTER DATABASE %I RESET rewards.key_file', current_database()) \gexec
