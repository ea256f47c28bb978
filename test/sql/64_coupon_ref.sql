-- Support speaks of a coupon without its code.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000642a
\set company_b c0000000-0000-4000-8000-00000000642b
\set member_1 a0000000-0000-4000-8000-000000006421
\set coffee b0000000-0000-4000-8000-0000000642a1
\set tea_of_b b0000000-0000-4000-8000-0000000642b1
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
    VALUES (:'coffee', :'company_a', 'coffee', 0, 'product', 1, 30), (:'tea_of_b', :'company_b', 'tea', 0, 'product', 1, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT coupon_id AS c1, coupon_code AS c1_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'r1') \gset
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'app') \gset
SELECT coupon_id AS b1 FROM rewards.redeem_coupon(:'member_1', :'tea_of_b', 'r1') \gset
COMMIT;

-- Three groups of four that follow from the id alone.
SELECT rewards.coupon_public_ref('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), rewards.coupon_public_ref(NULL),
       rewards.coupon_public_ref('00000000-0000-0000-0000-000000000000'), rewards.coupon_public_ref('ffffffff-ffff-ffff-ffff-ffffffffffff');
SELECT rewards.coupon_public_ref(:'c1') AS ref \gset
SELECT :'ref' ~ '^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$' AS well_formed;

-- Staff find the coupon by it, however it is typed.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT outcome FROM rewards.claim_coupon(:'ref', 'till 1');
SELECT count(*), bool_and(coupon_id = :'c1') AS this_coupon
  FROM unnest(ARRAY[:'ref', lower(:'ref'), replace(:'ref', '-', ''), replace(:'ref', '-', ' '), replace(:'ref', '0', 'o')]) AS typed,
       rewards.find_coupon_by_ref(typed);
SELECT issued_to = :'member_1' AS member_1, template_id = :'coffee' AS coffee, status, coupon_value, coupon_value_type,
       expires_at - issued_at AS lives, issued_points_cost, held_until, redeemed_at, redeemed_by, revoked_at, revoke_reason, refunded_at
  FROM rewards.find_coupon_by_ref(:'ref');
SELECT outcome FROM rewards.claim_coupon(:'c1_code', 'till 1');
SELECT status, redeemed_by, redeemed_at IS NOT NULL AS dated FROM rewards.find_coupon_by_ref(:'ref');

-- None of another company, and none where there is none.
SELECT count(*) FROM rewards.find_coupon_by_ref(rewards.coupon_public_ref(:'b1'));
SELECT count(*) FROM rewards.find_coupon_by_ref('0000-0000-0000');
SELECT count(*) FROM rewards.find_coupon_by_ref(rewards.coupon_public_ref('ffffffff-ffff-ffff-ffff-ffffffffffff'));

-- A typing error is found without looking; a code is no reference.
SELECT state, message
  FROM (VALUES ('0000-0000-0001'), ('0000-0000-000'), ('0000-0000-0000-0000'), ('0000-0000-00!0'), (repeat('0', 200)), ('')) AS typed (ref),
       attempt(format('SELECT * FROM rewards.find_coupon_by_ref(%L)', ref));
SELECT state, message FROM attempt('SELECT * FROM rewards.find_coupon_by_ref(NULL)');
COMMIT;

-- Coupons of one millisecond are told apart nearly always; where not, both are shown, with the one that is meant.
INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
    issued_points_cost, coupon_value_type, coupon_value)
    SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, :'company_a', sha256(number::text::bytea), 0, 0, 16,
           :'coffee', :'member_1', 0, 'product', 1
      FROM generate_series(1, 200) AS number;
INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
    issued_points_cost, coupon_value_type, coupon_value)
    VALUES ('01900000-0001-7000-8000-000000000000', :'company_a', sha256('after'), 0, 0, 16, :'coffee', :'member_1', 0, 'product', 1),
           ('018fffff-ffff-7000-8000-000000000000', :'company_a', sha256('before'), 0, 0, 16, :'coffee', :'member_1', 0, 'product', 1);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT count(*) AS coupons, bool_and(found.is_there) AS found, avg(found.count) < 4 AS few, max(found.count) < 12 AS never_many
  FROM rewards.coupons c,
       LATERAL (SELECT count(*), bool_or(f.coupon_id = c.coupon_id) AS is_there
                  FROM rewards.find_coupon_by_ref(rewards.coupon_public_ref(c.coupon_id)) AS f) AS found
 WHERE c.coupon_id BETWEEN '018fffff-ffff-7000-8000-000000000000' AND '01900000-0001-7000-8000-000000000000';
COMMIT;

-- A member looks nothing up, though it may name its own coupon.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT rewards.coupon_public_ref(:'c1') = :'ref' AS same;
SELECT state, message FROM attempt(format('SELECT * FROM rewards.find_coupon_by_ref(%L)', :'ref'));
ROLLBACK;
SELECT state FROM attempt(format('SELECT * FROM rewards.find_coupon_by_ref(%L)', :'ref'));
