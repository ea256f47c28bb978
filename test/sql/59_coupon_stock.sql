-- Stock: what a template promises is spread over stripes, taken by redemptions, returned by revoking.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000059a
\set company_b c0000000-0000-4000-8000-00000000059b
\set member_1 a0000000-0000-4000-8000-000000000591
CREATE FUNCTION stock(template text, OUT allotted numeric, OUT taken numeric, OUT uneven_by bigint) LANGUAGE sql AS
    'SELECT sum(s.allotted), sum(s.taken), max(s.allotted - s.taken) - min(s.allotted - s.taken) FROM rewards.coupon_stock AS s WHERE template_id = offer(template)';
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock)
    VALUES (offer('59a1'), :'company_a', 'three',  10, 'product', 1, 3),
           (offer('59a2'), :'company_a', 'many',   10, 'product', 1, 1000),
           (offer('59a3'), :'company_a', 'none',   10, 'product', 1, 0),
           (offer('59a4'), :'company_a', 'no end', 10, 'product', 1, NULL),
           (offer('59a5'), :'company_a', 'all',    10, 'product', 1, 9223372036854775807),
           (offer('59b1'), :'company_b', 'of b',   10, 'product', 1, 5);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
COMMIT;

-- A total is spread evenly; without one there is no stock.
SELECT template, stock(template) FROM unnest('{59a1,59a2,59a3,59a4,59a5}'::text[]) AS template;
SELECT count(*) AS stripes, bool_and(company_id = :'company_a') AS company_a FROM rewards.coupon_stock WHERE template_id = offer('59a1');

-- The last one is found, wherever it is; then it is sold out, for who has no points and who has his share, too.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT number, outcome FROM generate_series(1, 4) AS number, rewards.redeem_coupon(:'member_1', offer('59a1'), 'three ' || number);
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_1', offer('59a1'), 'three 2');
SELECT outcome FROM rewards.redeem_coupon(member('592'), offer('59a1'), 'no points');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('59a3'), 'none');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('59a4'), 'no end');
SELECT outcome FROM rewards.redeem_coupon(member('592'), offer('59a2'), 'no points');
SELECT stock('59a1'), stock('59a2'), count(stock_stripe) AS of_a_stripe, count(*) AS coupons, count(DISTINCT stock_stripe) AS stripes
  FROM rewards.coupons WHERE company_id = :'company_a';
SELECT * FROM rewards.coupon_stock_discrepancies;

-- Restocking adds to what was promised; it has to be something, of something limited.
SELECT * FROM rewards.restock_coupon(offer('59a1'), 40);
SELECT stock('59a1'), outcome FROM rewards.redeem_coupon(:'member_1', offer('59a1'), 'three 4');
SELECT * FROM rewards.restock_coupon(offer('59a4'), 40);
SELECT * FROM rewards.restock_coupon(offer('59ff'), 40);
SELECT * FROM rewards.restock_coupon(offer('59b1'), 40);
SELECT state, message, hint FROM (VALUES
    ($$SELECT rewards.restock_coupon(offer('59a1'), 0)$$), ($$SELECT rewards.restock_coupon(offer('59a1'), -5)$$),
    ($$SELECT rewards.restock_coupon(offer('59a5'), 1)$$), ($$SELECT rewards.restock_coupon(NULL, 1)$$),
    ($$SELECT rewards.restock_coupon(offer('59a1'), NULL)$$)) AS calls (call), attempt(call);
SELECT action, old ->> 'total_stock' AS old, new ->> 'total_stock' AS new, (new ->> 'id')::uuid = offer('59a1') AS this_template
  FROM rewards.audit_log WHERE company_id = :'company_a' AND action = 'restock_coupon';
COMMIT;

-- A revoked coupon returns to the stock, a DBA's UPDATE of many included; once.
BEGIN;
UPDATE rewards.coupons SET status = 'revoked' WHERE template_id = offer('59a1') AND company_id = :'company_a';
SELECT stock('59a1');
UPDATE rewards.coupons SET status = 'revoked' WHERE template_id = offer('59a1') AND company_id = :'company_a';
SELECT stock('59a1');
SELECT * FROM rewards.coupon_stock_discrepancies;
ROLLBACK;
BEGIN;
UPDATE rewards.coupons SET status = 'redeemed', redeemed_at = now() WHERE template_id = offer('59a1');
UPDATE rewards.coupons SET status = 'expired' WHERE template_id = offer('59a4');
SELECT stock('59a1');
ROLLBACK;

-- The total can be lowered to what has been issued, and not below; what it leaves is spread evenly again.
BEGIN;
UPDATE rewards.coupon_templates SET total_stock = 20 WHERE id = offer('59a1');
SELECT stock('59a1');
SELECT state, message, detail, hint FROM attempt($$UPDATE rewards.coupon_templates SET total_stock = 3 WHERE id = offer('59a1')$$);
UPDATE rewards.coupon_templates SET total_stock = 4 WHERE id = offer('59a1');
SELECT stock('59a1');
UPDATE rewards.coupon_templates SET total_stock = total_stock + 1, points_cost = 0 WHERE company_id = :'company_a' AND id <> offer('59a5');
SELECT template, stock(template) FROM unnest('{59a1,59a2,59a3,59a4}'::text[]) AS template;
ROLLBACK;

-- A lifted limit leaves the stripes as they are; when it is back, what was issued meanwhile does not count.
BEGIN;
UPDATE rewards.coupon_templates SET total_stock = NULL WHERE id = offer('59a1');
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('59a1'), 'without limit');
UPDATE rewards.coupons SET status = 'revoked' WHERE coupon_id = (SELECT coupon_id FROM rewards.used_nonces WHERE nonce = 'three 1' AND company_id = :'company_a');
SELECT stock('59a1');
UPDATE rewards.coupon_templates SET total_stock = 4 WHERE id = offer('59a1');
SELECT stock('59a1');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('59a1'), 'a fourth');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('59a1'), 'a fifth');
SELECT * FROM rewards.coupon_stock_discrepancies;
ROLLBACK;

-- The books of the stock are kept by those who redeem and revoke, and by nobody else.
SELECT state, message, hint, statement FROM (VALUES
    ('UPDATE rewards.coupon_stock SET taken = 0'), ('UPDATE rewards.coupon_stock SET allotted = allotted + 1 WHERE false'),
    ('DELETE FROM rewards.coupon_stock'), ('TRUNCATE rewards.coupon_stock'),
    ($$INSERT INTO rewards.coupon_stock VALUES (offer('59a4'), 0, company('59a'), 5, 0)$$)) AS statements (statement), attempt(statement);

-- Somebody who writes them all the same is found out.
BEGIN;
ALTER TABLE rewards.coupon_stock DISABLE TRIGGER USER;
UPDATE rewards.coupon_stock SET taken = taken + 1 WHERE template_id = offer('59a2') AND stripe = 3;
UPDATE rewards.coupon_stock SET allotted = allotted + 1 WHERE template_id = offer('59a2') AND stripe = 5;
SELECT template_id = offer('59a2') AS this_template, stripe, recorded, counted FROM rewards.coupon_stock_discrepancies ORDER BY stripe;
ROLLBACK;
BEGIN;
ALTER TABLE rewards.coupon_stock DISABLE TRIGGER USER;
DELETE FROM rewards.coupon_stock WHERE template_id = offer('59a1');
SELECT stripe, recorded, counted FROM rewards.coupon_stock_discrepancies ORDER BY stripe;
SELECT state, message, hint FROM attempt($$UPDATE rewards.coupons SET status = 'revoked' WHERE template_id = offer('59a1')$$);
ROLLBACK;

-- The trigger functions are made for their tables.
BEGIN;
CREATE TABLE mine (id uuid, company_id uuid, total_stock bigint);
CREATE TRIGGER keep_stock AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION rewards.keep_stock();
CREATE TRIGGER return_to_stock AFTER UPDATE ON mine FOR EACH STATEMENT EXECUTE FUNCTION rewards.return_to_stock();
SELECT state, message FROM (VALUES ('INSERT INTO mine DEFAULT VALUES'), ('UPDATE mine SET id = NULL')) AS statements (statement), attempt(statement);
ROLLBACK;
DROP FUNCTION stock(text);
