-- Who may do what: what is granted, what it is enough for, and that it is enough for nothing else.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000080a
\set member_1 a0000000-0000-4000-8000-000000000801

-- grant_access() says what it runs; without a role it runs nothing, and a second time nothing else.
SELECT rewards.grant_access();
SELECT statement FROM rewards.grant_access(app => 'regress_rewards_app') AS statement;
SELECT statement FROM rewards.grant_access(admin => 'regress_rewards_admin') AS statement;
SELECT count(*) = count(DISTINCT statement) AS once_each
  FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin') AS statement;

-- A role whose name needs quotes gets them.
SELECT statement FROM rewards.grant_access(admin => '"regress_rewards Owner"') AS statement WHERE statement ~ 'USAGE';

-- A role that does not exist, or is none, is an error.
SELECT state FROM attempt($$SELECT rewards.grant_access(app => 'regress_rewards_missing')$$);
SELECT state FROM attempt($$SELECT rewards.grant_access(app => '-')$$);
SELECT state FROM attempt($$SELECT rewards.grant_access(app => 4711)$$);

-- SQL of tenants gets what a member may do, and no way into a company but a token; nor a role through which it had one.
CREATE ROLE regress_rewards_tenant;
CREATE ROLE regress_rewards_tenants_staff IN ROLE regress_rewards_admin NOINHERIT;
SELECT statement FROM rewards.grant_access(tenant => 'regress_rewards_tenant') AS statement;
SELECT state, message, hint FROM unnest('{regress_rewards_app,regress_rewards_tenants_staff}'::text[]) AS role,
       attempt(format('SELECT rewards.grant_access(tenant => %L)', role));
SELECT state FROM attempt($$SELECT rewards.grant_access(app => 'regress_rewards_nobody', tenant => 'regress_rewards_nobody')$$);
BEGIN;
GRANT EXECUTE ON FUNCTION rewards.issue_company_token(uuid, text, text, interval, timestamptz, bytea) TO regress_rewards_nobody;
SELECT state, message FROM attempt($$SELECT rewards.grant_access(tenant => 'regress_rewards_nobody')$$);
ROLLBACK;
DROP ROLE regress_rewards_tenants_staff;

-- A backup reads all tables whole, or it is none.
CREATE ROLE regress_rewards_backup;
SELECT state, message, hint FROM attempt($$SELECT rewards.grant_access(backup => 'regress_rewards_backup')$$);
SELECT has_schema_privilege('regress_rewards_backup', 'rewards', 'USAGE') AS half_granted;
ALTER ROLE regress_rewards_backup BYPASSRLS;
SELECT statement FROM rewards.grant_access(backup => 'regress_rewards_backup') AS statement WHERE statement !~ '^GRANT SELECT ON rewards.\w+ TO ';
SELECT relname AS kept_from_backup FROM pg_class
 WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'S') AND NOT has_table_privilege('regress_rewards_backup', oid, 'SELECT');
SELECT relname, verb AS too_much FROM pg_class, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS verb
 WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'v', 'p') AND has_table_privilege('regress_rewards_backup', oid, verb);

-- What the catalogue says: functions, by role.
SELECT p.oid::regprocedure AS function, has_function_privilege('regress_rewards_app', p.oid, 'EXECUTE') AS app,
       has_function_privilege('regress_rewards_admin', p.oid, 'EXECUTE') AS admin,
       has_function_privilege('regress_rewards_nobody', p.oid, 'EXECUTE') AS nobody
  FROM pg_proc p WHERE pronamespace = 'rewards'::regnamespace ORDER BY p.oid::regprocedure::text COLLATE "C";

-- Tables: reading for some, writing for none, by no verb and on no column.
SELECT c.relname AS "table", has_table_privilege('regress_rewards_app', c.oid, 'SELECT') AS app,
       has_table_privilege('regress_rewards_admin', c.oid, 'SELECT') AS admin,
       has_table_privilege('regress_rewards_nobody', c.oid, 'SELECT') AS nobody
  FROM pg_class c WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' ORDER BY relname;
SELECT role, c.relname, verb
  FROM unnest('{regress_rewards_app,regress_rewards_admin,regress_rewards_nobody}'::text[]) AS role, pg_class c,
       unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS verb
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND has_table_privilege(role, c.oid, verb);
SELECT role, c.relname, verb
  FROM unnest('{regress_rewards_app,regress_rewards_admin,regress_rewards_nobody}'::text[]) AS role, pg_class c,
       unnest('{INSERT,UPDATE,REFERENCES}'::text[]) AS verb
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND has_any_column_privilege(role, c.oid, verb);
SELECT has_schema_privilege('regress_rewards_app', 'rewards', 'CREATE') AS app_creates,
       has_schema_privilege('regress_rewards_admin', 'rewards', 'CREATE') AS admin_creates;

-- The main job

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('80a1'), :'company_a', 'coffee', 10, 'product', 1);
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'visit', 7);

-- With what it was granted, a back end does all of it: points, a coupon, its use, and what its member sees.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 100, 'purchase', 'award');
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 20, 'correction', 'deduct');
SELECT outcome, status, balance FROM rewards.submit_points_event(:'member_1', 'visit', now() - interval '1 hour', 'visit');
SELECT outcome, status, balance FROM rewards.submit_points_events(jsonb_build_array(jsonb_build_object(
    'user_id', :'member_1', 'event_type', 'visit', 'event_time', now(), 'nonce', 'visit again')));
SELECT outcome, points_remaining, coupon_code FROM rewards.redeem_coupon(:'member_1', offer('80a1'), 'redeem') \gset c_
SELECT :'c_outcome' AS outcome, :c_points_remaining AS points_remaining;
SELECT outcome FROM rewards.claim_coupon(:'c_coupon_code', 'till');
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
SELECT available_points FROM rewards.user_points_cache;
SELECT count(*) AS events FROM rewards.points_events;
SELECT template_name FROM rewards.coupon_templates;
SELECT status FROM rewards.coupons;
SELECT rewards.uuidv7() IS NOT NULL AND rewards.uuidv5(:'company_a', 'x') IS NOT NULL AS identifiers;
COMMIT;

-- A member's own transaction redeems, on the same grants.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_1', offer('80a1'), 'member');
COMMIT;

-- SQL of a tenant does the same for its member, and less than a back end for a company.
SELECT rewards.issue_company_token(:'company_a', :'member_1', 'user') AS token, rewards.issue_company_token(:'company_a', 'reports', 'service') AS reports \gset
BEGIN;
SET LOCAL ROLE regress_rewards_tenant;
SELECT octet_length(rewards.get_context_challenge()) AS challenge;
SELECT rewards.set_company_context_token(:'token') \gset
SELECT outcome, status FROM rewards.submit_points_event(:'member_1', 'visit', now() + interval '1 minute', 'tenant');
SELECT outcome, status FROM rewards.submit_points_events(jsonb_build_array(jsonb_build_object(
    'user_id', :'member_1', 'event_type', 'visit', 'event_time', now() + interval '2 minutes', 'nonce', 'tenants')));
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_1', offer('80a1'), 'redeem as tenant');
SELECT available_points, rewards.balance_at(:'member_1', 'infinity') FROM rewards.calculate_user_points(:'member_1');
SELECT event_id AS newest FROM rewards.points_history(:'member_1', 1) \gset
SELECT rewards.event_receipt(:'newest', :'member_1') ->> 'sealed' AS sealed,
       rewards.event_request_hash(:'member_1', 'visit', now(), 'x') IS NOT NULL AS request_hash;
SELECT relation, (SELECT count(*) FROM attempt('SELECT FROM rewards.' || relation) WHERE state = '00000') AS readable
  FROM unnest('{company_settings,user_points_cache,points_events,ledger_entries,ledger,point_lots,ledger_discrepancies,point_rules,coupon_templates,coupons}'::text[]) AS relation;
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_tenant;
SELECT rewards.set_company_context_token(:'reports') \gset
SELECT count(DISTINCT user_id) AS members FROM rewards.points_events;
SELECT state, call FROM (VALUES
    ($$SELECT rewards.set_company_context(company('80b'))$$), ($$SELECT rewards.award_points(member('801'), 1)$$),
    ($$SELECT rewards.deduct_points(member('801'), 1)$$), ($$SELECT rewards.refund_points(member('801'), member('801'))$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$), ('SELECT rewards.validate_pending_events()'),
    ($$SELECT rewards.flag_account(member('801'))$$), ('SELECT rewards.seal_ledger()'), ('SELECT rewards.cleanup_expired_nonces()'),
    ($$SELECT rewards.issue_company_token(company('80b'))$$), ('SELECT rewards.adopt_request_claims()'), ($$SELECT rewards.begin_cross_company_access('why not')$$),
    ('SELECT * FROM rewards.audit_log'), ('SELECT * FROM rewards.used_nonces')) AS calls (call), attempt(call);
ROLLBACK;

-- Neither back end nor staff write a table with SQL of their own, whatever the verb; the rows stay as they are.
CREATE TABLE writes (statement text);
INSERT INTO writes
SELECT format(verb, format('rewards.%I', relname),
       (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1))
  FROM pg_class c,
       unnest(ARRAY['INSERT INTO %1$s DEFAULT VALUES', 'UPDATE %1$s SET %2$s = %2$s', 'DELETE FROM %1$s',
       'TRUNCATE %1$s', 'SELECT FROM %1$s FOR UPDATE', 'LOCK %1$s IN ROW EXCLUSIVE MODE',
       'MERGE INTO %1$s AS t USING (VALUES (1)) AS s ON true WHEN MATCHED THEN DELETE',
       'MERGE INTO %1$s AS t USING (VALUES (1)) AS s ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES',
       'CREATE INDEX ON %1$s (%2$s)', 'ALTER TABLE %1$s DISABLE ROW LEVEL SECURITY',
       'ALTER TABLE %1$s DISABLE TRIGGER ALL', 'DROP TABLE %1$s', 'CREATE POLICY open ON %1$s USING (true)',
       'CREATE TRIGGER t AFTER INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
       'CREATE RULE r AS ON INSERT TO %1$s DO INSTEAD NOTHING']) AS verb
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r';
GRANT SELECT ON writes TO PUBLIC;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT state, count(*) >= 100 AS all_of_them FROM writes, attempt(statement) GROUP BY state;
SELECT statement FROM writes, attempt(statement) WHERE state <> '42501';
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT state, count(*) >= 100 AS all_of_them FROM writes, attempt(statement) GROUP BY state;
SELECT statement FROM writes, attempt(statement) WHERE state <> '42501';
ROLLBACK;
DROP TABLE writes;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
\copy rewards.points_events FROM '/dev/null'
ROLLBACK;

-- The back end calls none of the functions that are not for it; staff call those of theirs.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, call FROM (VALUES
    ('SELECT rewards.install()'), ('SELECT rewards.migrate()'), ('SELECT rewards.grant_access()'),
    ($$SELECT rewards.grant_access(app => 'regress_rewards_nobody')$$),
    ($$SELECT rewards.refresh_user_points_cache(member('801'))$$),
    ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$), ('SELECT rewards.code_data_version()'),
    ('CREATE FUNCTION rewards.mine() RETURNS integer LANGUAGE sql RETURN 1'), ('CREATE TABLE rewards.mine ()'),
    ('SELECT * FROM rewards.used_nonces'), ('SELECT * FROM rewards.master_keys'),
    ('SELECT * FROM rewards.data_version')
    ) AS calls (call), attempt(call);
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT state, call FROM (VALUES
    ('SELECT rewards.install()'), ('SELECT rewards.migrate()'), ('SELECT rewards.grant_access()'),
    ('CREATE TABLE rewards.mine ()'),
    ($$SELECT rewards.refresh_user_points_cache(member('801'))$$),
    ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$), ('SELECT rewards.code_data_version()'),
    ('SELECT * FROM rewards.used_nonces'), ('SELECT * FROM rewards.master_keys'),
    ('SELECT * FROM rewards.data_version')) AS calls (call), attempt(call);
ROLLBACK;

-- A role without grants does nothing, in no context.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT as_nobody(format('SELECT state FROM attempt(%L)', call)) AS state, call FROM (VALUES
    ($$SELECT rewards.set_company_context(company('80a'))$$), ('SELECT rewards.get_current_company_id()'),
    ('SELECT rewards.uuidv7()'),
    ($$SELECT rewards.award_points(member('801'), 1)$$),
    ($$SELECT rewards.submit_points_event(member('801'), 'visit', now(), 'n')$$),
    ($$SELECT rewards.submit_points_events('[]')$$),
    ($$SELECT rewards.redeem_coupon(member('801'), offer('80a1'), 'n')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$),
    ($$SELECT rewards.calculate_user_points(member('801'))$$),
    ('SELECT * FROM rewards.points_events'), ('SELECT * FROM rewards.coupon_templates'),
    ('SELECT * FROM rewards.data_version')) AS calls (call);

-- The functions are no way around it, wherever they are called from.
SELECT count(*) AS callable
  FROM pg_proc p
 WHERE pronamespace = 'rewards'::regnamespace AND has_function_privilege('regress_rewards_nobody', p.oid, 'EXECUTE');
ROLLBACK;

-- What a back end brings along changes nothing for the functions: its temporary tables, operators and search_path do
-- not stand in for ours.
BEGIN;
GRANT TEMPORARY ON DATABASE :"DBNAME" TO regress_rewards_app;
SET LOCAL ROLE regress_rewards_app;
CREATE TEMP TABLE points_events (LIKE rewards.points_events);
CREATE TEMP TABLE user_points_cache (LIKE rewards.user_points_cache INCLUDING ALL);
CREATE FUNCTION pg_temp.get_current_company_id() RETURNS uuid LANGUAGE sql RETURN company('80b');
SET LOCAL search_path = pg_temp, rewards, pg_catalog, public;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT outcome, balance FROM rewards.award_points(member('802'), 5);
SELECT available_points FROM rewards.calculate_user_points(member('802'));
SELECT (SELECT count(*) FROM pg_temp.points_events) AS in_temp,
       (SELECT count(*) FROM rewards.points_events WHERE user_id = member('802')) AS in_ledger;
ROLLBACK;

-- Read-only

-- Where nothing can be written, what writes says so and what reads works.
BEGIN READ ONLY;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(member('801'), 1)$$), ($$SELECT rewards.deduct_points(member('801'), 1)$$),
    ($$SELECT rewards.submit_points_event(member('801'), 'visit', now(), 'n')$$),
    ($$SELECT rewards.submit_points_events('[]')$$),
    ($$SELECT rewards.refresh_user_points_cache(member('801'))$$),
    ($$SELECT rewards.redeem_coupon(member('801'), offer('80a1'), 'n')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$)) AS calls (call), attempt(call);
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
SELECT available_points FROM rewards.user_points_cache;
SELECT octet_length(rewards.hash_coupon_code('0000-0000-0000-0000')) AS bytes;
COMMIT;

DROP OWNED BY regress_rewards_tenant, regress_rewards_backup;
DROP ROLE regress_rewards_tenant, regress_rewards_backup;
