-- What a company decides, and what holds where it has decided nothing.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000150a
\set company_b c0000000-0000-4000-8000-00000000150b
\set nil 00000000-0000-0000-0000-000000000000
\set member_1 a0000000-0000-4000-8000-000000001501
SET intervalstyle = postgres;

-- install() leaves the defaults, complete, and nothing else.
\x on
SELECT * FROM rewards.company_settings;

-- They hold for every company that has a context, and for nobody without one.
SELECT count(*) AS without_a_context FROM rewards.current_settings();
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM rewards.current_settings();
COMMIT;

-- A company's own go before them, one by one.
INSERT INTO rewards.company_settings (company_id, hold_all, points_per_day, review_four_eyes_points)
    VALUES (:'company_a', true, 7000, 500);
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at, trust_version, shadow_version,
    events_per_hour, points_per_hour, events_per_day, accepted_age, accepted_ahead, refunded_points_live)
    VALUES (:'company_b', 80, 40, 1, 1, 10, 100, 50, '30 days', '1 hour', '14 days');
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM rewards.current_settings();
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT * FROM rewards.current_settings();
COMMIT;
\x off

-- What cannot be meant is refused.
SELECT change, state, substring(message FROM '"[a-z_]*"$') AS rule
  FROM unnest(ARRAY[
    'trust_validate_at = 70', 'trust_review_at = 20', 'trust_validate_at = 30, trust_review_at = 31',
    'trust_validate_at = 101, trust_review_at = 31', 'trust_validate_at = 30, trust_review_at = -1',
    'trust_version = 0', 'shadow_version = 0', 'events_per_hour = 0', 'points_per_hour = 0', 'events_per_day = 0',
    'points_per_day = -1', 'accepted_age = ''0''', 'accepted_age = ''1 month''', 'accepted_age = ''1 year -300 days''',
    'accepted_age = ''367 days''', 'accepted_ahead = ''-1 second''', 'accepted_ahead = ''25 hours''',
    'accepted_ahead = ''1 month -30 days''', 'accepted_ahead = ''1 year -360 days''', 'refunded_points_live = ''0''', 'refunded_points_live = ''1 month''',
    'refunded_points_live = ''1 year''', 'refunded_points_live = ''36501 days''', 'review_four_eyes_points = -1']) AS change,
       attempt(format('UPDATE rewards.company_settings SET %s WHERE company_id = company(''150a'')', change));

-- What lies at the edges is not.
BEGIN;
UPDATE rewards.company_settings
   SET trust_validate_at = 100, trust_review_at = 100, events_per_hour = 1, points_per_day = 9223372036854775807,
       accepted_age = '366 days', accepted_ahead = '0', refunded_points_live = '36500 days', review_four_eyes_points = 0
 WHERE company_id = :'company_a';
UPDATE rewards.company_settings SET trust_validate_at = 0, trust_review_at = 0 WHERE company_id = :'company_a';
ROLLBACK;

-- The defaults stay complete and in their place. Companies may go back to them.
SELECT change, state, coalesce(substring(message FROM '"[a-z_]*"$'), message) AS rule, hint
  FROM unnest(ARRAY[
    'UPDATE rewards.company_settings SET hold_all = NULL', 'UPDATE rewards.company_settings SET accepted_age = NULL',
    'UPDATE rewards.company_settings SET trust_validate_at = NULL, trust_review_at = NULL',
    'UPDATE rewards.company_settings SET company_id = company(''150c'')',
    'DELETE FROM rewards.company_settings']) AS change,
       attempt(change || ' WHERE company_id = ''00000000-0000-0000-0000-000000000000''');
SELECT state, message FROM attempt('TRUNCATE rewards.company_settings');
BEGIN;
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT hold_all, points_per_day FROM rewards.current_settings();
ROLLBACK;

-- Who sees and changes what

-- A company sees its own row and the defaults; a member sees nothing of what measures it.
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin');
SET LOCAL ROLE regress_rewards_app;
SELECT count(*) AS without_a_context FROM rewards.company_settings WHERE company_id <> :'nil';
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT company_id, hold_all FROM rewards.company_settings ORDER BY 1;
SELECT hold_all FROM rewards.current_settings();
SELECT state FROM attempt('UPDATE rewards.company_settings SET hold_all = false');
ROLLBACK;
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin');
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT count(*) AS seen_by_a_member FROM rewards.company_settings;
SELECT count(*) AS seen_by_a_member FROM rewards.current_settings();
ROLLBACK;

-- The owner of the tables changes the settings of the company that it acts for, and the defaults only for the nil company.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a') \gset
WITH changed AS (UPDATE rewards.company_settings SET hold_all = NULL RETURNING company_id) SELECT * FROM changed;
SELECT state FROM attempt(format('INSERT INTO rewards.company_settings (company_id) VALUES (%L)', company('150c')));
ROLLBACK;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'nil') \gset
WITH changed AS (UPDATE rewards.company_settings SET hold_all = true RETURNING company_id) SELECT * FROM changed;
ROLLBACK;

-- Nonces are remembered for as long as an event may come late

CREATE FUNCTION remembered(company uuid, nonce text) RETURNS interval LANGUAGE plpgsql AS $$
BEGIN
    PERFORM outcome FROM rewards.award_points(member('1501'), 1, NULL, nonce);
    RETURN (SELECT expires_at - created_at FROM rewards.used_nonces n
             WHERE n.user_id = member('1501') AND n.company_id = company AND n.nonce = remembered.nonce);
END $$;

-- Company b accepts events of 30 days, and clocks that are an hour ahead; a keeps to the defaults.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT remembered(:'company_b', 'long');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT remembered(:'company_a', 'usual');

-- A change holds from the next call on, and is gone when it is taken back.
SAVEPOINT before;
UPDATE rewards.company_settings SET accepted_age = '20 days' WHERE company_id = :'company_a';
SELECT remembered(:'company_a', 'longer');
ROLLBACK TO before;
SELECT remembered(:'company_a', 'usual again');
UPDATE rewards.company_settings SET accepted_age = '10 days' WHERE company_id = :'nil';
SELECT remembered(:'company_a', 'longer by default');

-- Who accepts less is still not open to replay from before.
UPDATE rewards.company_settings SET accepted_age = '1 hour' WHERE company_id = :'company_a';
SELECT remembered(:'company_a', 'not shorter');
ROLLBACK;

-- Coupons' nonces likewise.
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('15a1'), :'company_b', 'coffee', 1, 'product', 1);
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('15a1'), 'coupon');
SELECT expires_at - created_at AS remembered FROM rewards.used_nonces WHERE nonce = 'coupon';
ROLLBACK;

-- Without usable defaults nothing is guessed.
BEGIN;
ALTER TABLE rewards.company_settings DISABLE TRIGGER keep_default;
DELETE FROM rewards.company_settings WHERE company_id = :'nil';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM attempt('SELECT rewards.award_points(member(''1501''), 1, NULL, ''nothing'')');
ROLLBACK;
DROP FUNCTION remembered(uuid, text);
DELETE FROM rewards.company_settings WHERE company_id <> :'nil';
RESET intervalstyle;
