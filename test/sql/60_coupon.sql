-- Points become a coupon, and its code is used once.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000060a
\set company_b c0000000-0000-4000-8000-00000000060b
\set member_1 a0000000-0000-4000-8000-000000000601
\set member_2 a0000000-0000-4000-8000-000000000602
\set ten_percent b0000000-0000-4000-8000-0000000060a1
\set limited b0000000-0000-4000-8000-0000000060a2
\set inactive b0000000-0000-4000-8000-0000000060a3
\set weekend b0000000-0000-4000-8000-0000000060a4
\set free b0000000-0000-4000-8000-0000000060a5
\set dear b0000000-0000-4000-8000-0000000060a6
\set tea_of_b b0000000-0000-4000-8000-0000000060b1
\set no_template b0000000-0000-4000-8000-0000000060ff

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    expires_after_days, is_active, high_value, max_redemptions_per_user)
    VALUES
    (:'ten_percent', :'company_a', 'ten percent', 30,   'percentage',   10,     30,   true,  false, NULL),
    (:'limited',     :'company_a', 'two each',    10,   'product',      1,      NULL, true,  false, 2),
    (:'inactive',    :'company_a', 'past',        10,   'product',      1,      NULL, false, false, NULL),
    (:'weekend',     :'company_a', 'a weekend',   100,  'fixed_amount', 249.95, 365,  true,  true,  NULL),
    (:'free',        :'company_a', 'welcome',     0,    'product',      1,      1,    true,  false, 1),
    (:'dear',        :'company_a', 'a car',       9223372036854775807, 'product', 1, NULL, true, true, NULL),
    (:'tea_of_b',    :'company_b', 'tea',         10,   'product',      1,      NULL, true,  false, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
SELECT balance FROM rewards.award_points(:'member_2', 25);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT balance FROM rewards.award_points(:'member_1', 50);
COMMIT;

-- Redeem

-- Points become a coupon with a code of four groups, in the first key slot and of the first route.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT * FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n1') \gset c_
SELECT :'c_outcome' AS outcome, :c_points_remaining AS points_remaining, :'c_replayed' AS replayed,
       :'c_coupon_code' ~ '^00[0-9A-HJKMNP-TV-Z]{2}(-[0-9A-HJKMNP-TV-Z]{4}){3}$' AS well_formed;
COMMIT;

-- The coupon keeps what was promised and paid.
SELECT company_id = :'company_a' AS company_a, issued_to = :'member_1' AS member_1,
       template_id = :'ten_percent' AS ten_percent, status, issued_points_cost, coupon_value_type, coupon_value,
       expires_at = :'c_expires_at' AS expires_as_said, expires_at - issued_at = interval '30 days' AS in_30_days,
       octet_length(code_hash) AS hash_bytes,
       key_slot, code_route, code_symbols, plaintext_code, redeemed_at, redeemed_by, redemption_proof,
       refunded_at
  FROM rewards.coupons WHERE coupon_id = :'c_coupon_id';

-- The points went with it, as an event that names the coupon.
SELECT event_type, points_delta, validation_status, validated_by, nonce, related_entity_type,
       related_entity_id = :'c_coupon_id' AS this_coupon
  FROM rewards.points_events
 WHERE company_id = :'company_a' AND user_id = :'member_1' AND points_delta < 0;
SELECT available_points, lifetime_spent
  FROM rewards.user_points_cache
 WHERE company_id = :'company_a' AND user_id = :'member_1';

-- A replay is the same coupon with the same code, also when the template has changed, ended or been used up since.
BEGIN;
UPDATE rewards.coupon_templates SET is_active = false, points_cost = 5000, coupon_value = 50, expires_after_days = 1,
    high_value = true, max_redemptions_per_user = 1
 WHERE id = :'ten_percent';
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT outcome, coupon_id = :'c_coupon_id' AS same_coupon, coupon_code = :'c_coupon_code' AS same_code,
       expires_at = :'c_expires_at' AS same_expiry, points_remaining, replayed
  FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n1');
SELECT coupon_value_type, coupon_value, issued_points_cost FROM rewards.coupons WHERE coupon_id = :'c_coupon_id';
ROLLBACK;

-- A coupon of high value has a code of five groups; one without an end has none; a free one costs nothing, but is an
-- event, too.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, points_remaining, coupon_code ~ '^00[0-9A-HJKMNP-TV-Z]{2}(-[0-9A-HJKMNP-TV-Z]{4}){4}$' AS well_formed
  FROM rewards.redeem_coupon(:'member_1', :'weekend', 'n2');
SELECT outcome, points_remaining, expires_at FROM rewards.redeem_coupon(:'member_1', :'limited', 'n3');
SELECT outcome, points_remaining, expires_at IS NOT NULL AS expires
  FROM rewards.redeem_coupon(member('60aa'), :'free', 'n4');
SELECT points_delta, event_type FROM rewards.points_events WHERE user_id = member('60aa');
ROLLBACK;

-- All the points that there are, and not one that there is not.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'n5');
SELECT balance FROM rewards.award_points(:'member_2', 4);
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'n5');
SELECT balance FROM rewards.award_points(:'member_2', 1);
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'n5');
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_1', :'dear', 'n6');
ROLLBACK;

-- Codes differ from each other, and each is the one that its row was hashed from.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
UPDATE rewards.coupon_templates SET points_cost = 0 WHERE id = :'ten_percent';
CREATE TABLE issued AS
    SELECT number, issued.*
      FROM generate_series(1, 200) AS number,
           rewards.redeem_coupon(:'member_1', :'ten_percent', 'many ' || number) AS issued;
SELECT count(*), count(DISTINCT coupon_code) AS codes, count(DISTINCT left(coupon_code, 8)) > 190 AS not_counting,
       bool_and(rewards.hash_coupon_code(coupon_code) = code_hash) AS hashes
  FROM issued JOIN rewards.coupons USING (coupon_id);
ROLLBACK;

-- Refusals

-- Each says why, in an order in which a customer can do something about it, and gives nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n7');
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n8');
SELECT 'unknown template' AS case, refused.* FROM rewards.redeem_coupon(:'member_1', :'no_template', 'n9') AS refused
UNION ALL SELECT 'of another company', refused.* FROM rewards.redeem_coupon(:'member_1', :'tea_of_b', 'n9') AS refused
UNION ALL SELECT 'not on offer', refused.* FROM rewards.redeem_coupon(:'member_1', :'inactive', 'n9') AS refused
UNION ALL SELECT 'not on offer, no points', refused.*
  FROM rewards.redeem_coupon(:'member_2', :'inactive', 'n9') AS refused
UNION ALL SELECT 'third of two, no points', refused.*
  FROM rewards.redeem_coupon(:'member_2', :'limited', 'n9') AS refused
UNION ALL SELECT 'no points', refused.* FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'n9') AS refused
UNION ALL SELECT 'no account', refused.* FROM rewards.redeem_coupon(member('60bb'), :'ten_percent', 'n9') AS refused
UNION ALL SELECT 'nonce of another template', refused.*
  FROM rewards.redeem_coupon(:'member_1', :'limited', 'n1') AS refused
UNION ALL SELECT 'nonce of an unknown template', refused.*
  FROM rewards.redeem_coupon(:'member_1', :'no_template', 'n1') AS refused;

-- They have left no coupon, no event, and no nonce that is used up.
SELECT (SELECT count(*) FROM rewards.coupons WHERE issued_to IN (:'member_1', member('60bb'))
       AND company_id = :'company_a') AS coupons,
       (SELECT count(*) FROM rewards.points_events WHERE nonce = 'n9') AS events,
       (SELECT count(*) FROM rewards.used_nonces WHERE nonce = 'n9') AS nonces;

-- The limit is each user's own: claimed and expired coupons count, revoked ones do not, and a replay is not another
-- one.
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_2', :'limited', 'n8');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'limited', 'n10');
SELECT balance FROM rewards.award_points(:'member_2', 100);
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n11');
UPDATE rewards.coupons SET status = 'redeemed', redeemed_at = now()
 WHERE issued_to = :'member_2'
   AND coupon_id = (SELECT coupon_id FROM rewards.used_nonces WHERE user_id = :'member_2' AND nonce = 'n7');
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n11');
UPDATE rewards.coupons SET status = 'expired' WHERE issued_to = :'member_2' AND status = 'issued';
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n11');
UPDATE rewards.coupons SET status = 'revoked' WHERE issued_to = :'member_2' AND status = 'expired';
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n11');
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'limited', 'n12');
ROLLBACK;

-- A template that is on offer again is.
BEGIN;
UPDATE rewards.coupon_templates SET is_active = true WHERE id = :'inactive';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'inactive', 'n13');
ROLLBACK;

-- Claim

BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n20') \gset a_
SELECT * FROM rewards.redeem_coupon(:'member_1', :'weekend', 'n21') \gset b_
SELECT * FROM rewards.redeem_coupon(:'member_1', :'limited', 'n22') \gset d_
COMMIT;

-- A code that was never issued, in a slot that has a key and in one that has none, is not redeemable; it changes
-- nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT * FROM rewards.claim_coupon('0000-0000-0000-0000', 'till 1');
SELECT outcome, count(*)
  FROM unnest(string_to_array('0123456789ABCDEFGHJKMNPQRSTVWXYZ', NULL)) AS checks (symbol),
       rewards.claim_coupon('Z12345678901234' || symbol, 'till 1')
 GROUP BY 1
 ORDER BY 1;

-- In another company the code is nobody's, and stays good.
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'till 1') \gset
SELECT * FROM rewards.claim_coupon(:'a_coupon_code', 'till 1');
COMMIT;
SELECT status FROM rewards.coupons WHERE coupon_id = :'a_coupon_id';

-- Neither is it claimed by the company that it was made for, once its row belongs to another.
BEGIN;
ALTER TABLE rewards.coupons DISABLE TRIGGER guard_update;
UPDATE rewards.coupons SET company_id = :'company_b' WHERE coupon_id = :'a_coupon_id';
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT * FROM rewards.claim_coupon(:'a_coupon_code', 'till 1');
SELECT status FROM rewards.coupons WHERE coupon_id = :'a_coupon_id';
ROLLBACK;

-- The first claim wins, says what the coupon is worth, and notes who, when and with what proof.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT outcome, coupon_id = :'a_coupon_id' AS this_coupon, value, value_type
  FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', '{"receipt": 4711, "photo": null}');
COMMIT;
SELECT status, redeemed_by, redemption_proof, redeemed_at >= issued_at AS claimed_later,
       updated_at = redeemed_at AS updated
  FROM rewards.coupons
 WHERE coupon_id = :'a_coupon_id';

-- Every later one is refused, whoever comes, and changes nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 2') \gset
SELECT * FROM rewards.claim_coupon(:'a_coupon_code', 'till 2', '{"receipt": 4712}');
SELECT * FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', '{"receipt": 4711, "photo": null}');
COMMIT;
SELECT status, redeemed_by, redemption_proof FROM rewards.coupons WHERE coupon_id = :'a_coupon_id';

-- Its holder can still ask for the code with the nonce, and points do not move by a claim.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome, coupon_code = :'a_coupon_code' AS same_code, replayed
  FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n20');
COMMIT;
SELECT count(*) AS redemptions, sum(points_delta) AS points
  FROM rewards.points_events
 WHERE company_id = :'company_a' AND user_id = :'member_1' AND points_delta < 0;

-- A claim that is rolled back has not happened; twice in one transaction is once.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, value, value_type FROM rewards.claim_coupon(:'b_coupon_code', 'desk');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT first.outcome, second.outcome
  FROM rewards.claim_coupon(:'b_coupon_code', 'desk') AS first,
       rewards.claim_coupon(:'b_coupon_code', 'desk') AS second;
SELECT status, redeemed_by, redemption_proof IS NULL AS no_proof FROM rewards.coupons WHERE coupon_id = :'b_coupon_id';
ROLLBACK;

-- Only issued coupons that have not expired can be claimed.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SAVEPOINT before;
UPDATE rewards.coupons SET expires_at = clock_timestamp() WHERE coupon_id = :'d_coupon_id';
SELECT * FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
SELECT status, redeemed_by FROM rewards.coupons WHERE coupon_id = :'d_coupon_id';
ROLLBACK TO before;
UPDATE rewards.coupons SET expires_at = clock_timestamp() + interval '1 hour' WHERE coupon_id = :'d_coupon_id';
SELECT outcome FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
ROLLBACK TO before;
UPDATE rewards.coupons SET status = 'revoked' WHERE coupon_id = :'d_coupon_id';
SELECT outcome FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
ROLLBACK TO before;
UPDATE rewards.coupons SET status = 'held', held_by = 'till 2', held_until = clock_timestamp() + interval '1 hour'
 WHERE coupon_id = :'d_coupon_id';
SELECT outcome FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
ROLLBACK TO before;
UPDATE rewards.coupons SET status = 'expired' WHERE coupon_id = :'d_coupon_id';
SELECT outcome FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
ROLLBACK TO before;
SELECT outcome FROM rewards.claim_coupon(:'d_coupon_code', 'till 1');
ROLLBACK;

-- What is typed may be in lower case, without separators or with others, and with the letters that look like digits.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT how, rewards.hash_coupon_code(typed) = (SELECT code_hash FROM rewards.coupons WHERE coupon_id = :'b_coupon_id')
       AS same_code
  FROM (VALUES ('as printed', :'b_coupon_code'), ('lower case', lower(:'b_coupon_code')),
               ('no separators', replace(:'b_coupon_code', '-', '')), ('blanks', replace(:'b_coupon_code', '-', ' ')),
               ('around it', E'\t ' || :'b_coupon_code' || E' \r\n'),
               ('dots and underscores', replace(:'b_coupon_code', '-', '._')),
               ('en dashes', replace(:'b_coupon_code', '-', U&'\2013')),
               ('no-break spaces', replace(:'b_coupon_code', '-', U&'\00A0')),
               ('O and I', translate(:'b_coupon_code', '01', 'OI')),
               ('o and l', translate(lower(:'b_coupon_code'), '01', 'ol')),
               ('L', translate(:'b_coupon_code', '1', 'L')),
               ('dashes anywhere', regexp_replace(replace(:'b_coupon_code', '-', ''), '(.)', '\1-', 'g')))
                AS inputs (how, typed);
SELECT count(DISTINCT rewards.hash_coupon_code(typed)) AS codes, count(*) AS spellings
  FROM unnest(string_to_array('0123456789ABCDEFGHJKMNPQRSTVWXYZ', NULL)) AS checks (symbol),
       rewards.claim_coupon('0101-0101-0101-010' || symbol, 'till 1'),
       unnest(ARRAY['0101-0101-0101-010', 'OIOI-OIOI-OIOI-OIO', 'oioi oioi oioi oio', 'oLol0l01oi0IOLO'])
           AS spellings (start), LATERAL (SELECT start || symbol) AS typing (typed)
 WHERE outcome = 'not_redeemable';
SELECT outcome
  FROM rewards.claim_coupon(' ' || translate(lower(replace(:'b_coupon_code', '-', ' ')), '01', 'ol') || ' ', 'till 1');
ROLLBACK;

-- Every single wrong symbol and every swap of neighbours is found without looking the code up.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, count(*)
  FROM (SELECT replace(:'b_coupon_code', '-', '') AS code) AS b, generate_series(1, 20) AS place,
       unnest(string_to_array('0123456789ABCDEFGHJKMNPQRSTVWXYZ', NULL)) AS wrong (symbol),
       rewards.claim_coupon(overlay(code PLACING symbol FROM place), 'till 1')
        WHERE substr(code, place, 1) <> symbol
        GROUP BY 1;
SELECT DISTINCT outcome FROM (SELECT replace(:'b_coupon_code', '-', '') AS code) AS b, generate_series(1, 19) AS place,
       rewards.claim_coupon(overlay(code PLACING reverse(substr(code, place, 2)) FROM place FOR 2), 'till 1')
        WHERE substr(code, place, 1) <> substr(code, place + 1, 1);
SELECT status FROM rewards.coupons WHERE coupon_id = :'b_coupon_id';

-- So is everything else that is no code.
SELECT outcome, typed
  FROM (VALUES (''), (' '), ('-'), ('0'), ('0000-0000-0000-000'), ('0000-0000-0000-0000-0'),
               ('0000-0000-0000-0000-000'), ('0000-0000-0000-0000-0000-0'), ('0000-0000-0000-000U'),
               ('0000-0000-0000-000Ö'), ('0000/0000/0000/0000'), (''' OR true --')) AS inputs (typed),
       rewards.claim_coupon(typed, 'till 1');
SELECT outcome FROM rewards.claim_coupon('0000-0000-0000-000' || U&'\+01F600', 'till 1');
SELECT outcome FROM rewards.claim_coupon(repeat('0', 10000), 'till 1');
SELECT outcome FROM rewards.claim_coupon(repeat('-', 100000), 'till 1');
SELECT state, message, call
  FROM (VALUES ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0001')$$), ($$SELECT rewards.hash_coupon_code('')$$),
               ($$SELECT rewards.hash_coupon_code('0000-0000-0000-000U')$$),
               ($$SELECT rewards.hash_coupon_code(repeat('0', 10000))$$)) AS calls (call), attempt(call);
ROLLBACK;

-- A claim needs a code and somebody who claims, in 1 to 255 bytes.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.claim_coupon(NULL, 'till 1')$$), ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', NULL)$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', '')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', repeat('x', 256))$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0001', repeat('x', 256))$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', repeat('x', 255))$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till 1', 'no json')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till 1', NULL)$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till 1', 'null')$$)) AS calls (call), attempt(call);

-- Redeeming needs all three.
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.redeem_coupon(NULL, offer('60a1'), 'n')$$),
    ($$SELECT rewards.redeem_coupon(member('601'), NULL, 'n')$$),
    ($$SELECT rewards.redeem_coupon(member('601'), offer('60a1'), NULL)$$),
    ($$SELECT rewards.redeem_coupon('nobody', offer('60a1'), 'n')$$),
    ($$SELECT rewards.redeem_coupon(member('601'), 'nothing', 'n')$$)) AS calls (call), attempt(call);
SELECT rewards.hash_coupon_code(NULL) AS no_code;
ROLLBACK;

-- The hash

-- It is the one in the coupon's row, whichever session computes it, and another one in another company.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.hash_coupon_code(:'a_coupon_code') = code_hash AS stored
  FROM rewards.coupons
 WHERE coupon_id = :'a_coupon_id';
COMMIT;
\c
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.hash_coupon_code(:'a_coupon_code') = code_hash AS stored
  FROM rewards.coupons
 WHERE coupon_id = :'a_coupon_id';
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT rewards.hash_coupon_code(:'a_coupon_code') = code_hash AS stored
  FROM rewards.coupons
 WHERE coupon_id = :'a_coupon_id';
COMMIT;

-- It is no plain hash of the code, with or without the company.
SELECT count(*) AS plain
  FROM rewards.coupons, unnest(ARRAY[:'a_coupon_code', replace(:'a_coupon_code', '-', '')]) AS code
 WHERE coupon_id = :'a_coupon_id'
   AND code_hash IN (sha256(code::bytea), sha256(decode(replace(:'company_a', '-', ''), 'hex') || code::bytea),
   sha256((:'company_a' || code)::bytea));

-- Nowhere in the clear

-- No column of any table, ours or anybody's, contains a code in any spelling; the same search does find the coupons'
-- ids.
CREATE FUNCTION pg_temp.tables_with(needle text) RETURNS SETOF regclass LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
    found boolean;
BEGIN
    FOR relation IN SELECT c.oid
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema')
       AND nspname !~ '^pg_(toast|temp)' LOOP
        EXECUTE format('SELECT bool_or(strpos(upper(r::text), $1) > 0 OR strpos(upper(r::text), $2) > 0) FROM %s AS r',
                       relation)
           INTO found USING upper(needle), upper(encode(needle::bytea, 'hex'));
        IF found THEN RETURN NEXT relation; END IF;
    END LOOP;
END $$;
SELECT pg_temp.tables_with(spelling)
  FROM (VALUES (:'a_coupon_code'), (:'b_coupon_code'), (:'c_coupon_code'), (:'d_coupon_code')) AS codes (code),
       unnest(ARRAY[code, replace(code, '-', ''), replace(code, '-', ' ')]) AS spelling;
SELECT coupon_is_in FROM pg_temp.tables_with(:'a_coupon_id') AS coupon_is_in ORDER BY coupon_is_in::text COLLATE "C";
SELECT count(*) AS with_plaintext FROM rewards.coupons WHERE plaintext_code IS NOT NULL;
SELECT state
  FROM attempt($$UPDATE rewards.coupons SET plaintext_code = '0000-0000-0000-0000' WHERE company_id = company('60a')$$);

-- A row that was changed behind the functions gives no wrong code away.
BEGIN;
ALTER TABLE rewards.coupons DISABLE TRIGGER guard_update;
UPDATE rewards.coupons SET code_generation = code_generation + 1 WHERE coupon_id = :'d_coupon_id';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.redeem_coupon(member('601'), offer('60a2'), 'n22')$$);
ROLLBACK;

-- The route

-- The second symbol tells installations apart; only a superuser sets it, within 32 routes.
BEGIN;
SET LOCAL rewards.coupon_route = 31;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_code ~ '^0Z' AS route_31, outcome FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n30') \gset z_
SELECT :'z_route_31' AS route_31, code_route
  FROM rewards.coupons
 WHERE coupon_id = (SELECT coupon_id FROM rewards.used_nonces WHERE company_id = :'company_a' AND nonce = 'n30');
SET LOCAL rewards.coupon_route = 0;
SELECT coupon_code ~ '^0Z' AS still_route_31, replayed FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n30');
SELECT state FROM attempt('SET rewards.coupon_route = 32');
SELECT state FROM attempt('SET rewards.coupon_route = -1');
SELECT as_app($$SELECT state FROM attempt('SET rewards.coupon_route = 1')$$) AS state;
ROLLBACK;

-- Templates

-- What is no offer is refused when it is made.
SELECT state, columns, list FROM (VALUES
    ('template_name', $$''$$), ('template_name', 'NULL'), ('points_cost', '-1'), ('points_cost', 'NULL'),
    ('coupon_value_type', $$'gift'$$), ('coupon_value_type', 'NULL'), ('coupon_value', '-0.01'),
    ('coupon_value', 'NULL'),
    ('coupon_value', $$'NaN'$$), ('coupon_value', $$'Infinity'$$), ('expires_after_days', '0'),
    ('expires_after_days', '-1'), ('expires_after_days', '36501'), ('max_redemptions_per_user', '0'),
    ('max_redemptions_per_user', '-1'),
    ('is_active', 'NULL'), ('company_id', 'NULL'), ('points_cost', '0'), ('expires_after_days', '36500'),
    ('max_redemptions_per_user', '2147483647')) AS rows (columns, list),
    attempt(format($$INSERT INTO rewards.coupon_templates
                     SELECT (jsonb_populate_record(t,
                            to_jsonb(t) || jsonb_build_object('id', rewards.uuidv7(), %L, %s))).*
                       FROM rewards.coupon_templates t WHERE id = offer('60a2')$$, columns, list));
SELECT state FROM attempt($$UPDATE rewards.coupon_templates SET coupon_value = 100.01 WHERE id = offer('60a1')$$);
SELECT state FROM attempt($$UPDATE rewards.coupon_templates SET coupon_value = 100 WHERE id = offer('60a1')$$);


-- Columns and triggers of the user's own

-- They are filled and fire for redemptions and claims, too.
CREATE TABLE noted (what text);
GRANT INSERT ON noted TO PUBLIC;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
    AS $$BEGIN INSERT INTO public.noted VALUES (format('%s %s', TG_OP, TG_NAME)); RETURN NULL; END $$;
BEGIN;
ALTER TABLE rewards.coupons ADD COLUMN channel text NOT NULL DEFAULT 'app',
    ADD COLUMN is_used boolean GENERATED ALWAYS AS (status = 'redeemed') STORED;
ALTER TABLE rewards.coupon_templates ADD COLUMN shelf integer NOT NULL DEFAULT 1;
CREATE TRIGGER note AFTER INSERT ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_status AFTER UPDATE OF status ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_expiry AFTER UPDATE OF expires_at ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION note();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_id, coupon_code FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'n40') \gset e_
SELECT channel, is_used FROM rewards.coupons WHERE coupon_id = :'e_coupon_id';
SELECT outcome FROM rewards.claim_coupon(:'e_coupon_code', 'till 1');
SELECT channel, is_used FROM rewards.coupons WHERE coupon_id = :'e_coupon_id';
SELECT what, count(*) FROM noted GROUP BY what ORDER BY what;
ROLLBACK;
DROP FUNCTION note();
DROP TABLE noted;

-- A trigger that drops or changes a coupon, or the points for it, stops redemption and claim; nothing is half written.
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql
    AS $$BEGIN NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], TG_ARGV[1])); RETURN NEW; END $$;
CREATE FUNCTION pg_temp.with_trigger(event text, action text, code text, OUT redeem text, OUT claim text,
    OUT coupons bigint, OUT claimed bigint, OUT nonces bigint, OUT points bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER under_test %s FOR EACH ROW EXECUTE FUNCTION %s', event, action);
    SELECT state INTO redeem
      FROM attempt($call$SELECT rewards.redeem_coupon(member('601'), offer('60a1'), 'under test')$call$);
    SELECT state INTO claim FROM attempt(format('SELECT rewards.claim_coupon(%L, %L)', code, 'till 1'));
    SELECT count(*), count(*) FILTER (WHERE status = 'redeemed') INTO coupons, claimed
      FROM rewards.coupons
     WHERE company_id = company('60a') AND template_id = offer('60a1');
    SELECT count(*) INTO nonces FROM rewards.used_nonces WHERE nonce = 'under test';
    SELECT available_points INTO points
      FROM rewards.user_points_cache
     WHERE company_id = company('60a') AND user_id = member('601');
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN SQLSTATE 'UNDOX' THEN
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT redeem, claim, coupons, claimed, nonces, points FROM (VALUES
    ('BEFORE INSERT ON rewards.coupons', 'skip()'),
    ('BEFORE UPDATE ON rewards.coupons', 'skip()'),
    ('BEFORE INSERT ON rewards.points_events', 'skip()'),
    ('BEFORE INSERT ON rewards.coupons', $$spoil('coupon_value', '99')$$),
    ('BEFORE INSERT ON rewards.coupons', $$spoil('code_hash', '\x')$$),
    ('BEFORE INSERT ON rewards.coupons', format('spoil(%L, %L)', 'company_id', company('60b'))),
    ('BEFORE UPDATE ON rewards.coupons', $$spoil('status', 'issued')$$),
    ('BEFORE UPDATE ON rewards.coupons', $$spoil('redeemed_by', 'me')$$)
    ) AS triggers (event, action), pg_temp.with_trigger(event, action, :'c_coupon_code');
SELECT redeem, claim, coupons, claimed, nonces, points
  FROM pg_temp.with_trigger('BEFORE INSERT ON rewards.coupons', $$spoil('metadata', '1')$$, :'c_coupon_code');
ROLLBACK;
DROP FUNCTION skip();
DROP FUNCTION spoil();

-- The books of both companies add up.
SELECT cache.company_id = :'company_a' AS company_a, cache.user_id, available_points,
       available_points = sum(points_delta) AS adds_up
  FROM rewards.user_points_cache AS cache
    JOIN rewards.points_events
      USING (company_id, user_id)
   WHERE cache.company_id IN (:'company_a', :'company_b')
 GROUP BY cache.company_id, cache.user_id, available_points ORDER BY cache.company_id, cache.user_id;
SELECT count(*) AS coupons, sum(issued_points_cost) AS paid,
       (SELECT -sum(points_delta) FROM rewards.points_events WHERE company_id = :'company_a'
       AND event_type = 'coupon_redemption') AS spent
  FROM rewards.coupons WHERE company_id = :'company_a';
