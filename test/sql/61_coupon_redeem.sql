-- When, how often, and several at once: what else decides whether points become a coupon.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000061a
\set company_b c0000000-0000-4000-8000-00000000061b
\set member_1 a0000000-0000-4000-8000-000000000611
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, starts_at, ends_at,
        expires_after_days, coupons_expire_at, is_active, max_redemptions_per_user, total_stock)
    VALUES (offer('61a1'), :'company_a', 'tea',       10,  'product', 1, NULL, NULL, NULL, NULL, true, NULL, NULL),
           (offer('61a2'), :'company_a', 'tomorrow',  10,  'product', 1, now() + interval '1 day', NULL, NULL, NULL, true, NULL, NULL),
           (offer('61a3'), :'company_a', 'yesterday', 10,  'product', 1, NULL, now() - interval '1 day', NULL, NULL, true, NULL, NULL),
           (offer('61a4'), :'company_a', 'over',      10,  'product', 1, NULL, NULL, 30, now() - interval '1 day', true, NULL, NULL),
           (offer('61a5'), :'company_a', 'soon over', 10,  'product', 1, '-infinity', 'infinity', 30, now() + interval '1 day', true, NULL, NULL),
           (offer('61a6'), :'company_a', 'to an end', 10,  'product', 1, NULL, NULL, NULL, '2099-01-01 UTC', true, NULL, NULL),
           (offer('61a7'), :'company_a', 'never',     10,  'product', 1, 'infinity', NULL, NULL, NULL, true, NULL, NULL),
           (offer('61a8'), :'company_a', 'two each',  10,  'product', 1, NULL, NULL, NULL, NULL, true, 2, NULL),
           (offer('61a9'), :'company_a', 'three',     10,  'product', 1, NULL, NULL, NULL, NULL, true, NULL, 3),
           (offer('61aa'), :'company_a', 'dear',      600, 'product', 1, NULL, NULL, NULL, NULL, true, NULL, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
COMMIT;

-- The window

BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, coupon_id, points_remaining, retry_after BETWEEN 86300 AND 86400 AS tomorrow FROM rewards.redeem_coupon(:'member_1', offer('61a2'), 'n');
SELECT outcome, retry_after FROM rewards.redeem_coupon(:'member_1', offer('61a7'), 'n');
SELECT outcome, retry_after FROM rewards.redeem_coupon(:'member_1', offer('61a3'), 'n');
SELECT outcome, retry_after FROM rewards.redeem_coupon(:'member_1', offer('61a4'), 'n');

-- A coupon lives for its days, but no longer than all of them.
SELECT outcome, expires_at = t.coupons_expire_at AS with_all FROM rewards.coupon_templates t, rewards.redeem_coupon(:'member_1', t.id, 'n1') WHERE t.id = offer('61a5');
SELECT outcome, expires_at = '2099-01-01 UTC' AS with_all FROM rewards.redeem_coupon(:'member_1', offer('61a6'), 'n2');
UPDATE rewards.coupon_templates SET coupons_expire_at = 'infinity' WHERE id = offer('61a5');
SELECT outcome, round(extract(epoch FROM expires_at - now()) / 86400) AS days FROM rewards.redeem_coupon(:'member_1', offer('61a5'), 'n3');
ROLLBACK;

-- A window is half-open: its end is not in it.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
UPDATE rewards.coupon_templates SET starts_at = clock_timestamp() WHERE id = offer('61a1');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'n');
UPDATE rewards.coupon_templates SET ends_at = clock_timestamp() WHERE id = offer('61a1');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'm');
ROLLBACK;

-- The switch of the company: replays are answered all the same.

BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'before');
INSERT INTO rewards.company_settings (redeem_enabled) VALUES (false);
SELECT outcome, points_remaining, retry_after FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'n');
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'before');
SELECT ordinal, outcome FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a1'), offer('61a3')], 'n');
ROLLBACK;

-- How often

-- The fourth within the hour is refused and told when to come back; only this company's and this member's own count.
BEGIN;
INSERT INTO rewards.company_settings (company_id, redemptions_per_hour, redemptions_per_day) VALUES (:'company_a', 3, 5);
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(member('612'), 100);
SELECT outcome FROM rewards.redeem_coupon(member('612'), offer('61a1'), 'n');
SELECT number, outcome, retry_after BETWEEN 3590 AND 3600 AS in_an_hour FROM generate_series(1, 4) AS number, rewards.redeem_coupon(:'member_1', offer('61a1'), 'often ' || number);
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'often 3');
SELECT outcome, retry_after FROM rewards.redeem_coupon(:'member_1', offer('61ff'), 'often 5');
SAVEPOINT before;

-- Revoked ones were redeemed, too; free ones count, and what is not a redemption does not.
UPDATE rewards.coupons SET status = 'revoked' WHERE issued_to = :'member_1' AND company_id = :'company_a';
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'often 6');
ROLLBACK TO before;
SELECT outcome FROM rewards.redeem_coupon(member('612'), offer('61a1'), 'n2');
SELECT outcome FROM rewards.deduct_points(member('612'), 1);
UPDATE rewards.coupon_templates SET points_cost = 0 WHERE id = offer('61a1');
SELECT outcome FROM rewards.redeem_coupon(member('612'), offer('61a1'), 'n3');
SELECT outcome FROM rewards.redeem_coupon(member('612'), offer('61a1'), 'n4');

-- A sold-out or finished offer is not worth waiting for.
UPDATE rewards.coupon_templates SET total_stock = 0 WHERE id = offer('61a9');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a9'), 'often 7');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a3'), 'often 7');

-- A basket counts as what is in it: with one that fits none, waiting does not help.
SELECT ordinal, outcome, retry_after FROM rewards.redeem_coupons(member('613'), array_fill(offer('61a1'), ARRAY[4]), 'basket');
SELECT ordinal, outcome, retry_after FROM rewards.redeem_coupons(member('613'), array_fill(offer('61a1'), ARRAY[3]), 'basket');

-- PostgREST hears of the limit.
SET LOCAL request.method = 'POST';
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'often 8');
SELECT current_setting('response.status') AS status, regexp_replace(current_setting('response.headers'), '3(59\d|600)', '3600', 'g') AS headers;
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, hint FROM attempt($$SELECT rewards.redeem_coupon(member('611'), offer('61a1'), 'often 9')$$);
ROLLBACK;

-- Exactly an hour: what is as old as the window has left it, and the day counts on.
BEGIN;
INSERT INTO rewards.company_settings (company_id, redemptions_per_hour, redemptions_per_day) VALUES (:'company_b', 2, 3);
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value) VALUES (offer('61b1'), :'company_b', 'tea', 0, 'product', 1);
SELECT rewards.set_company_context(:'company_b') \gset
ALTER TABLE rewards.points_events DISABLE TRIGGER USER;
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, created_at, points_delta, validation_status, version, balance_after, entry_hash)
    SELECT rewards.uuidv7_floor(at), member('614'), 'coupon_redemption', at, at, 0, 'validated', number, 0, sha256('')
      FROM unnest(ARRAY[now() - interval '24 hours', now() - interval '23 hours', now() - interval '60 minutes', now() - interval '59 minutes']) WITH ORDINALITY AS old (at, number);
SELECT outcome, retry_after FROM rewards.redeem_coupon(member('614'), offer('61b1'), 'n1') \gset one_
SELECT :'one_outcome' AS outcome, :one_retry_after BETWEEN 3590 AND 3600 AS in_an_hour;
UPDATE rewards.company_settings SET redemptions_per_day = NULL WHERE company_id = :'company_b';
SELECT outcome, retry_after FROM rewards.redeem_coupon(member('614'), offer('61b1'), 'n2');
SELECT outcome, retry_after BETWEEN 50 AND 60 AS in_a_minute FROM rewards.redeem_coupon(member('614'), offer('61b1'), 'n3');
ROLLBACK;

-- Several at once

BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
CREATE TABLE basket AS
    SELECT ordinal, template_id, outcome, coupon_id, sha256(coupon_code::bytea) AS code, expires_at, points_remaining, replayed, retry_after,
           coupon_code ~ '^00[0-9A-HJKMNP-TV-Z]{2}(-[0-9A-HJKMNP-TV-Z]{4}){3}$' AS well_formed
      FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a9'), offer('61a1'), offer('61a9'), offer('61a5')], 'basket');
SELECT ordinal, right(template_id::text, 4) AS template, outcome, well_formed, expires_at IS NOT NULL AS expires, points_remaining, replayed, retry_after FROM basket;
SELECT count(DISTINCT coupon_id) AS coupons, count(DISTINCT code) AS codes FROM basket;
COMMIT;

-- Each is paid by an event of its own; the nonce remembers them in order, and a replay is the same rows.
SELECT points_delta, balance_after, nonce, e.related_entity_id::uuid = c.coupon_id AS this_coupon
  FROM rewards.points_events AS e JOIN rewards.coupons AS c ON c.points_event_id = e.id WHERE e.company_id = :'company_a' AND nonce = 'basket' ORDER BY e.version;
SELECT coupon_id, coupon_ids = (SELECT array_agg(b.coupon_id ORDER BY ordinal) FROM basket AS b) AS in_order, balance FROM rewards.used_nonces WHERE nonce = 'basket' AND company_id = :'company_a';
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT ordinal, outcome, again.coupon_id = basket.coupon_id AS same_coupon, sha256(again.coupon_code::bytea) = basket.code AS same_code,
       again.expires_at IS NOT DISTINCT FROM basket.expires_at AS same_expiry, again.points_remaining, again.replayed
  FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a9'), offer('61a1'), offer('61a9'), offer('61a5')], 'basket') AS again JOIN basket USING (ordinal, outcome);

-- Another basket, another order, or one alone under that nonce is another request, in every row.
SELECT ordinal, outcome, replayed FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a1'), offer('61a9'), offer('61a9'), offer('61a5')], 'basket');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a9'), 'basket');
SELECT outcome FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a1')], 'one alone');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a1'), 'one alone');
ROLLBACK;

-- One that is refused refuses them all: its row says why, and nothing is left of the others, their stock included.
CREATE VIEW left_behind AS
    SELECT (SELECT count(*) FROM rewards.coupons WHERE company_id = company('61a')) AS coupons,
           (SELECT count(*) FROM rewards.used_nonces WHERE company_id = company('61a')) AS nonces,
           (SELECT sum(taken) FROM rewards.coupon_stock WHERE template_id = offer('61a9')) AS taken,
           (SELECT available_points FROM rewards.user_points_cache WHERE company_id = company('61a') AND user_id = member('611')) AS points;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM left_behind;
SELECT 'sold out' AS case, ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a9'), offer('61a1'), offer('61a9')], 'n')
UNION ALL SELECT 'ended', ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a1'), offer('61a3'), offer('61ff')], 'n')
UNION ALL SELECT 'unknown', ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a9'), offer('61ff')], 'n')
UNION ALL SELECT 'three of two each', ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_1', array_fill(offer('61a8'), ARRAY[3]), 'n')
UNION ALL SELECT 'two are too dear', ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61aa'), offer('61aa'), offer('61a1')], 'n');
SELECT * FROM left_behind;
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('61a9'), 'the last one');
SELECT * FROM rewards.coupon_stock_discrepancies;
SELECT outcome FROM rewards.redeem_coupons(:'member_1', array_fill(offer('61a8'), ARRAY[2]), 'two');
SELECT outcome FROM rewards.redeem_coupons(:'member_1', ARRAY[offer('61a8')], 'and one');

-- A refusal that is raised says which one it was.
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, detail FROM attempt($$SELECT rewards.redeem_coupons(member('611'), ARRAY[offer('61a1'), offer('61a3')], 'n')$$);
SET LOCAL rewards.on_refusal = 'return';

-- What is no basket is an error.
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.redeem_coupons(member('611'), '{}', 'n')$$), ($$SELECT rewards.redeem_coupons(member('611'), NULL, 'n')$$),
    ($$SELECT rewards.redeem_coupons(member('611'), ARRAY[offer('61a1'), NULL], 'n')$$),
    ($$SELECT rewards.redeem_coupons(member('611'), ARRAY[[offer('61a1')], [offer('61a1')]], 'n')$$),
    ($$SELECT rewards.redeem_coupons(member('611'), array_fill(offer('61a1'), ARRAY[101]), 'n')$$),
    ($$SELECT rewards.redeem_coupons(NULL, ARRAY[offer('61a1')], 'n')$$),
    ($$SELECT rewards.redeem_coupons(member('611'), ARRAY[offer('61a1')], '')$$)) AS calls (call), attempt(call);
ROLLBACK;

-- A member has a basket of its own, and no other's.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome FROM rewards.redeem_coupons(:'member_1', array_fill(offer('61a1'), ARRAY[2], ARRAY[0]), 'own');
SELECT state, message FROM attempt($$SELECT rewards.redeem_coupons(member('612'), ARRAY[offer('61a1')], 'n')$$);
ROLLBACK;
DROP TABLE basket;
DROP VIEW left_behind;
