-- On top of the shop of the faults: a role for each kind of caller, something of everything that a call can be about, and a
-- list of what there is.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rewards FROM back_end;
REVOKE ALL ON ALL TABLES IN SCHEMA rewards FROM back_end;
ALTER ROLE shop LOGIN;
CREATE ROLE staff LOGIN;
CREATE ROLE tenant LOGIN;
CREATE ROLE auditor LOGIN;
CREATE TABLE granted AS
    SELECT * FROM rewards.grant_access(app => 'back_end', admin => 'staff', tenant => 'tenant', cross_company => 'auditor') AS statement;

-- A table of the application, which somebody may protect.
CREATE TABLE notes (id integer PRIMARY KEY, company_id uuid, note text);
ALTER TABLE notes OWNER TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO back_end, staff, tenant;

\set company a0000000-0000-4000-8000-000000000000
INSERT INTO notes VALUES (1, :'company', 'ours'), (2, 'b0000000-0000-4000-8000-000000000000', 'theirs');
INSERT INTO rewards.point_rules (company_id, event_type, base_points, pending_for, expires_after)
    VALUES (:'company', 'waiting', 5, '1 second', NULL), (:'company', 'flash', 5, NULL, '1 second');
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, max_redemptions_per_user, vendor_codes, expires_after_days)
    VALUES ('a0000000-0000-4000-8000-000000000003', :'company', 'few', 1, 'product', 1, 40, 7, false, 1),
           ('a0000000-0000-4000-8000-000000000004', :'company', 'cinema', 1, 'product', 1, NULL, NULL, true, NULL),
           ('a0000000-0000-4000-8000-000000000005', :'company', 'none left', 1, 'product', 1, 0, NULL, false, NULL),
           ('b0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000000', 'theirs', 1, 'percentage', 5, 1000, NULL, false, NULL);

-- What there is, as expressions, by the name of the argument that takes it.
CREATE TABLE world (argument text, expression text);
BEGIN;
SELECT FROM rewards.set_company_context(:'company', 'edge');
INSERT INTO world SELECT 'user_id', quote_literal(member) FROM (SELECT format('00000000-0000-4000-8000-%s', to_char(n, 'FM000000000000')) AS member FROM generate_series(1, 6) AS n) AS members;
WITH awarded AS (SELECT (rewards.award_points(eval.id, 1000, 'begin', 'first ' || eval.id)).event_id FROM (SELECT trim('''' FROM expression)::uuid AS id FROM world) AS eval)
INSERT INTO world SELECT 'event_id', quote_literal(event_id) FROM awarded;
WITH submitted AS (
    SELECT (rewards.submit_points_event(trim('''' FROM expression)::uuid, 'waiting', now() - interval '1 day', 'second ' || expression, device_id => 'phone')).event_id
      FROM world WHERE argument = 'user_id')
INSERT INTO world SELECT 'event_id', quote_literal(event_id) FROM submitted;
INSERT INTO world SELECT 'template_id', quote_literal(id) FROM rewards.coupon_templates;
SELECT FROM rewards.import_vendor_codes('a0000000-0000-4000-8000-000000000004', ARRAY(SELECT 'CINEMA' || n FROM generate_series(1, 50) AS n), 'cinema');
WITH redeemed AS (
    SELECT r.* FROM world AS m, unnest(ARRAY['1', '3', '4']) AS offer,
           rewards.redeem_coupon(trim('''' FROM m.expression)::uuid, overlay(:'company' PLACING offer FROM 36)::uuid, 'third ' || offer) AS r
     WHERE m.argument = 'user_id')
INSERT INTO world SELECT argument, quote_literal(value) FROM redeemed, (VALUES ('coupon_id'), ('code'), ('ref')) AS kinds (argument),
    LATERAL (SELECT CASE argument WHEN 'coupon_id' THEN coupon_id::text WHEN 'code' THEN coupon_code ELSE rewards.coupon_public_ref(coupon_id) END AS value) AS v
 WHERE value IS NOT NULL;
INSERT INTO world SELECT 'insight_id', quote_literal((rewards.flag_account(trim('''' FROM expression)::uuid)).insight_id) FROM world WHERE argument = 'user_id';
SELECT batch_id FROM rewards.begin_coupon_batch('a0000000-0000-4000-8000-000000000002', 200, 'leaflets') \gset
SELECT FROM rewards.issue_coupon_batch(:'batch_id', 50);
INSERT INTO world SELECT 'batch_id', quote_literal(:'batch_id') UNION ALL SELECT 'batch_id', quote_literal(id) FROM rewards.vendor_batches;
INSERT INTO world SELECT 'code', quote_literal(coupon_code) FROM rewards.coupon_batch_codes(:'batch_id');
SELECT FROM rewards.seal_ledger();
INSERT INTO world SELECT 'digest', quote_literal(digest) FROM rewards.ledger_digest();
COMMIT;
INSERT INTO world SELECT 'nonce', quote_literal(nonce) FROM rewards.used_nonces;
INSERT INTO world
SELECT 'token', quote_literal(rewards.issue_company_token(company::uuid, member, role, '1 hour'))
  FROM unnest(ARRAY[:'company', 'b0000000-0000-4000-8000-000000000000']) AS company,
       (VALUES ('00000000-0000-4000-8000-000000000001', 'user'), ('00000000-0000-4000-8000-000000000002', 'user'), ('till', 'service'), ('chief', 'admin')) AS actors (member, role);

-- What can be called, and with what: trigger functions cannot, nor what takes the state of an aggregate.
CREATE VIEW callable AS
SELECT p.oid::regprocedure::text AS signature, proname, prokind = 'a' AS is_aggregate, number, proargnames[number] AS argument, type::regtype::text AS type,
       number > pronargs - pronargdefaults AS has_default
  FROM pg_proc AS p LEFT JOIN LATERAL unnest(proargtypes::oid[]) WITH ORDINALITY AS inputs (type, number) ON true
 WHERE pronamespace = 'rewards'::regnamespace AND prorettype <> 'trigger'::regtype AND NOT 'internal'::regtype = ANY (proargtypes);

-- Who may call what: what grant_access() says, what install() gives the owner, and what PUBLIC has.
CREATE VIEW permitted AS
SELECT grant_to[2] AS role, grant_to[1]::regprocedure::text AS signature
  FROM granted, regexp_match(statement, '^GRANT EXECUTE ON FUNCTION (.*) TO (.*)$') AS grant_to WHERE grant_to IS NOT NULL
UNION
SELECT 'shop', signature FROM callable WHERE signature <> 'rewards.begin_cross_company_access(text)'
UNION
SELECT role, signature FROM callable, unnest(ARRAY['back_end', 'staff', 'tenant', 'auditor']) AS role
 WHERE proname IN ('get_current_company_id', 'get_back_end_company_id', 'get_current_user_id', 'get_first_user_id', 'get_last_user_id', 'crosses_companies');
