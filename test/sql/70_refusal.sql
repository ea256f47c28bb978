-- A refusal is a row with its outcome, or an error PTnnn for who asks for one; PostgREST is told the status.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000070a
\set member_1 a0000000-0000-4000-8000-000000000701
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    is_active, max_redemptions_per_user)
    VALUES
    (offer('70a1'), :'company_a', 'coffee',   10,  'product', 1, true,  NULL),
    (offer('70a2'), :'company_a', 'past',     10,  'product', 1, false, NULL),
    (offer('70a3'), :'company_a', 'one each', 10,  'product', 1, true,  1),
    (offer('70a4'), :'company_a', 'a car',    999, 'product', 1, true,  NULL);
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, starts_at, ends_at, total_stock)
    VALUES
    (offer('70a5'), :'company_a', 'not yet',    10, 'product', 1, 'infinity', NULL,         NULL),
    (offer('70a6'), :'company_a', 'no more',    10, 'product', 1, NULL,       '2020-02-02', NULL),
    (offer('70a7'), :'company_a', 'none left',  10, 'product', 1, NULL,       NULL,         0);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 100, NULL, 'award');
SELECT points_remaining FROM rewards.redeem_coupon(:'member_1', offer('70a3'), 'redeem');
COMMIT;

-- Every refusal there is, and one call that is refused with it.
CREATE TABLE refusals (number integer, outcome text, call text);
INSERT INTO refusals VALUES
    (1, 'insufficient_points', $$SELECT outcome FROM rewards.deduct_points(member('701'), 91)$$),
    (2, 'nonce_conflict',      $$SELECT outcome FROM rewards.deduct_points(member('701'), 1, NULL, 'award')$$),
    (3, 'nonce_conflict',      $$SELECT outcome FROM rewards.award_points(member('701'), 1, NULL, 'award')$$),
    (4, 'insufficient_points', $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a4'), 'n')$$),
    (5, 'template_not_found',  $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70ff'), 'n')$$),
    (6, 'template_inactive',   $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a2'), 'n')$$),
    (7, 'limit_reached',       $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a3'), 'n')$$),
    (8, 'nonce_conflict',      $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a1'), 'award')$$),
    (9, 'not_redeemable',      $$SELECT outcome FROM rewards.claim_coupon('0000-0000-0000-0000', 'till')$$),
    (10, 'malformed',          $$SELECT outcome FROM rewards.claim_coupon('0000-0000-0000-0001', 'till')$$),
    (11, 'not_started',        $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a5'), 'n')$$),
    (12, 'ended',              $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a6'), 'n')$$),
    (13, 'out_of_stock',       $$SELECT outcome FROM rewards.redeem_coupon(member('701'), offer('70a7'), 'n')$$),
    (14, 'out_of_stock',       $$SELECT outcome FROM rewards.redeem_coupons(member('701'), ARRAY[offer('70a7')], 'n')$$);
GRANT SELECT ON refusals TO regress_rewards_app;
CREATE FUNCTION answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE outcome text;
BEGIN
    EXECUTE call INTO outcome;
    RETURN outcome;
END $$;

-- By default it is a row.
SHOW rewards.on_refusal;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT number, outcome, answer(call) = outcome AS answered FROM refusals ORDER BY number;
ROLLBACK;

-- Who asks for it, with whatever rights, gets an error: the HTTP status in the SQLSTATE, the outcome as the message,
-- JSON as the detail, and a sentence as the hint.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SET LOCAL rewards.on_refusal = 'raise';
SELECT number, state, message, detail, hint FROM refusals, attempt(call) ORDER BY number;
SELECT bool_and(message = outcome) AS outcome_is_message, bool_and(jsonb_typeof(detail::jsonb) = 'object') AS json,
       bool_and(hint ~ '^[A-Z].*\.$') AS sentence, bool_and(state ~ '^PT4[0-9][0-9]$') AS http, count(*)
  FROM refusals, attempt(call);

-- As an error it reaches the client with all of its parts.
SELECT * FROM rewards.redeem_coupon(:'member_1', offer('70a4'), 'n');
ROLLBACK;

-- What is not refused is a row all the same, a replay too.
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, NULL, 'award');
SELECT outcome, points_remaining, replayed FROM rewards.redeem_coupon(:'member_1', offer('70a3'), 'redeem');
SELECT outcome, coupon_code FROM rewards.redeem_coupon(:'member_1', offer('70a1'), 'another') \gset c_
SELECT :'c_outcome' AS outcome;
SELECT outcome FROM rewards.claim_coupon(:'c_coupon_code', 'till');

-- An error is an error in either mode.
SELECT state FROM attempt($$SELECT rewards.award_points(NULL, 1)$$);
ROLLBACK;

-- A raised refusal leaves nothing: its nonce is not used up.
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM attempt($$SELECT rewards.redeem_coupon(member('701'), offer('70a4'), 'later')$$);
SELECT balance FROM rewards.award_points(:'member_1', 1000);
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_1', offer('70a4'), 'later');
ROLLBACK;

-- The setting takes two words, and its prefix is reserved.
SELECT state, statement
  FROM (VALUES ($$SET rewards.on_refusal = 'return'$$), ($$SET rewards.on_refusal = 'shout'$$),
               ($$SET rewards.on_refusal = ''$$), ($$SET rewards.on_refusall = 'raise'$$)) AS statements (statement),
       attempt(statement);

-- PostgREST

-- Where it serves the request, a refusal sets the status of its response.
CREATE FUNCTION status_after(call text, method text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('response.status', '', true), set_config('request.method', method, true);
    PERFORM answer(call);
    RETURN current_setting('response.status', true);
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT number, outcome, status_after(call, 'POST') AS status FROM refusals ORDER BY number;

-- What is not refused sets none.
SELECT status_after($$SELECT rewards.award_points(member('701'), 1)$$, 'POST') AS status;
SELECT status_after($$SELECT rewards.award_points(member('701'), 100, NULL, 'award')$$, 'POST') AS status;
SELECT status_after($$SELECT rewards.redeem_coupon(member('701'), offer('70a1'), 'again')$$, 'POST') AS status;

-- Elsewhere, also where an earlier request has left its setting empty, nobody's settings are touched.
SELECT bool_and(status_after(call, '') = '') AS untouched FROM refusals;
ROLLBACK;
\c
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT answer(call) FROM refusals WHERE number = 1;
SELECT current_setting('request.method', true) IS NULL AS no_method,
       current_setting('response.status', true) IS NULL AS no_status;

-- The status lasts as long as the transaction.
SET LOCAL request.method = 'POST';
SELECT answer(call) FROM refusals WHERE number = 1;
SELECT current_setting('response.status', true) AS status;
COMMIT;
SELECT coalesce(current_setting('response.status', true), '') AS status;

-- Where refusals are raised, the error says it, and the status is left alone.
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SET LOCAL request.method = 'POST';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM refusals, attempt(call) WHERE number = 1;
SELECT coalesce(current_setting('response.status', true), '') AS status;
ROLLBACK;
DROP TABLE refusals;
DROP FUNCTION answer(text);
DROP FUNCTION status_after(text, text);
