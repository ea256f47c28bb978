-- Breaking the glass: a role that was named for it reads the rows of all companies, in one transaction, and it is on record.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000010a
\set nobody 00000000-0000-0000-0000-000000000000

CREATE ROLE regress_rewards_auditor;
CREATE ROLE "regress_rewards On Call";

-- Nobody may before he is named: neither back end nor staff, nor the owner of the tables.
SELECT role, has_function_privilege(role, 'rewards.begin_cross_company_access(text)', 'EXECUTE') AS may
  FROM unnest('{regress_rewards_app,regress_rewards_admin,regress_rewards Owner,regress_rewards_nobody,regress_rewards_auditor}'::text[]) AS role;

-- grant_access() names him, once, on every table that has row-level security. A second one comes to the first.
SELECT regexp_replace(statement, 'ON rewards\.\w+', 'ON ...') AS statement, count(*) > 15 AS many
  FROM rewards.grant_access(cross_company => 'regress_rewards_auditor') AS statement WHERE statement !~ '^GRANT EXECUTE' GROUP BY 1 ORDER BY 1;
SELECT statement FROM rewards.grant_access(cross_company => 'regress_rewards_auditor') AS statement WHERE statement ~ 'EXECUTE|POLICY';
SELECT regexp_replace(statement, 'ON rewards\.\w+', 'ON ...') AS statement, count(*) > 15 AS many
  FROM rewards.grant_access(cross_company => '"regress_rewards On Call"') AS statement WHERE statement ~ 'POLICY' GROUP BY 1;
SELECT relname AS without_policy FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relrowsecurity
   AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'cross_company' AND polcmd = 'r' AND polpermissive AND cardinality(polroles) = 2);
SELECT state, message FROM attempt($$SELECT rewards.grant_access(tenant => 'regress_rewards_auditor')$$);

-- Other roles' queries have nothing of it: an OR would cost them the index.
BEGIN; SET LOCAL ROLE regress_rewards_app; SELECT rewards.set_company_context(:'company_a', 'back end') \gset
EXPLAIN (COSTS OFF) SELECT FROM rewards.user_points_cache WHERE user_id = member('101');
COMMIT;

-- How many rows there are, table by table, for a superuser; and for the role of the moment.
CREATE FUNCTION row_counts(OUT relation name, OUT count bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR relation IN SELECT relname FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relrowsecurity ORDER BY relname LOOP
        EXECUTE format('SELECT count(*) FROM rewards.%I', relation) INTO count;
        RETURN NEXT;
    END LOOP;
END $$;
CREATE TABLE everything AS SELECT * FROM row_counts();
GRANT SELECT ON everything TO PUBLIC;
CREATE FUNCTION enter(company uuid) RETURNS void LANGUAGE sql SECURITY DEFINER RETURN rewards.set_company_context(company, 'trick');
CREATE FUNCTION award() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT outcome FROM rewards.award_points(member(''101''), 1)';
SELECT count(*) AS filled FROM everything WHERE count > 0 AND relation IN ('points_events', 'coupons', 'used_nonces', 'audit_log', 'trust_rules');

-- Before it has begun, there is nothing to see but what everybody sees.
BEGIN; SET LOCAL ROLE regress_rewards_auditor;
SELECT relation FROM row_counts() WHERE count > 0;
SELECT rewards.crosses_companies();
-- Afterwards, everything. It is of no company.
SELECT rewards.begin_cross_company_access('Ticket 4711: "refunds" fehlen für Ännchen \ 50 %');
SELECT relation, e.count, c.count FROM row_counts() c JOIN everything e USING (relation) WHERE e.count <> c.count - (relation = 'audit_log')::integer;
SELECT count(DISTINCT company_id) >= 2 AS companies FROM rewards.points_events;
SELECT count(*) > 0 AS entries FROM rewards.book_entries;
SELECT rewards.crosses_companies(), rewards.get_current_company_id(), rewards.get_back_end_company_id(), rewards.get_current_user_id();
-- It becomes of no company, begins no second time, writes nothing and does nothing for anybody.
SELECT state, message, hint, statement FROM unnest(ARRAY['SELECT enter(company(''10a''))', 'SELECT rewards.begin_cross_company_access(''again'')', 'SELECT award()',
    'SELECT rewards.set_company_context(company(''10a''))', 'SELECT rewards.award_points(member(''101''), 1)']) AS statement, attempt(statement);
SELECT state, count(*) > 50 AS all_of_them FROM everything, unnest('{"INSERT INTO rewards.%I DEFAULT VALUES","UPDATE rewards.%I SET company_id = company_id","DELETE FROM rewards.%I","TRUNCATE rewards.%I","SELECT FROM rewards.%I FOR UPDATE"}'::text[]) AS verb,
    attempt(format(verb, relation)) GROUP BY state;
COMMIT;
SELECT rewards.crosses_companies();

-- What is left is a row that says who, by which role, and why. Companies do not see it; whoever has access does, and can verify it.
SELECT company_id, user_id, action, table_name, actor = session_user AS who_logged_in, old, new FROM rewards.audit_log WHERE action ~ 'cross';
BEGIN; SET LOCAL ROLE regress_rewards_admin; SELECT rewards.set_company_context(:'company_a', 'staff', 'admin') \gset
SELECT count(*) AS visible FROM rewards.audit_log WHERE company_id = :'nobody';
COMMIT;
BEGIN; SET LOCAL ROLE regress_rewards_admin; SELECT rewards.set_company_context(:'nobody', 'staff', 'admin') \gset
SELECT count(*) AS visible FROM rewards.audit_log;
COMMIT;
BEGIN; SET LOCAL ROLE "regress_rewards On Call"; SELECT rewards.begin_cross_company_access('to look at it') \gset
SELECT new FROM rewards.audit_log WHERE action ~ 'cross' ORDER BY id;
SELECT "check", status, checked >= 2 AS rows FROM rewards.verify_audit() LIMIT 1;
SELECT digest IS NULL OR digest ~ '^pg_rewards:1:0{8}-0{4}-0{4}-0{4}-0{12}:0:' AS digest FROM rewards.ledger_digest();
COMMIT;

-- A transaction of a company does not get there, be it that the company is gone with a savepoint; nor the other way round.
BEGIN; SET LOCAL ROLE regress_rewards_auditor; SELECT enter(:'company_a') \gset
SELECT count(DISTINCT company_id) AS companies FROM rewards.points_events;
SELECT state, message, hint FROM attempt($$SELECT rewards.begin_cross_company_access('more')$$);
COMMIT;
BEGIN; SET LOCAL ROLE regress_rewards_auditor; SAVEPOINT s; SELECT enter(:'company_a') \gset
ROLLBACK TO s;
SELECT state FROM attempt($$SELECT rewards.begin_cross_company_access('more')$$);
COMMIT;
BEGIN; SET LOCAL ROLE regress_rewards_auditor; SAVEPOINT s; SELECT rewards.begin_cross_company_access('less') \gset
ROLLBACK TO s;
SELECT rewards.crosses_companies(), (SELECT count(*) FROM rewards.points_events) AS events;
SELECT state FROM attempt('SELECT enter(company(''10a''))');
COMMIT;

-- The setting that carries it is no way in.
BEGIN; SET LOCAL ROLE regress_rewards_auditor;
SELECT state FROM attempt($$SELECT set_config('rewards.context', '00000000-0000-0000-0000-000000000000 cross_company me', true)$$);
SELECT state, message FROM attempt($$SELECT rewards.set_company_context('00000000-0000-0000-0000-000000000000', 'me', 'cross_company')$$);
RESET ROLE;
SELECT state, message FROM attempt($$SELECT rewards.set_company_context('00000000-0000-0000-0000-000000000000', 'me', 'cross_company')$$);
ROLLBACK;

-- Parallel workers see the same rows.
BEGIN; SET LOCAL ROLE regress_rewards_auditor; SELECT rewards.begin_cross_company_access('in parallel') \gset
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_leader_participation = off;
SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM rewards.points_events;
SELECT count(*) = (SELECT count FROM everything WHERE relation = 'points_events') AS all_of_them FROM rewards.points_events;
COMMIT;

-- A reason is a reason.
BEGIN; SET LOCAL ROLE regress_rewards_auditor;
SELECT state, message, hint, left(reason, 10) AS reason FROM unnest(ARRAY['', '   ', repeat('ü', 1001), E'a\nb', NULL]) AS reason,
    attempt(format('SELECT rewards.begin_cross_company_access(%L)', reason));
SELECT rewards.crosses_companies();
SELECT rewards.begin_cross_company_access(repeat('ü', 1000));
ROLLBACK;
SELECT state, message FROM unnest('{regress_rewards_app,regress_rewards_nobody}'::text[]) AS role, attempt(format('SET LOCAL ROLE %s; SELECT rewards.begin_cross_company_access(''why not'')', role));

-- Where nothing can be recorded, nothing is opened.
BEGIN READ ONLY; SET LOCAL ROLE regress_rewards_auditor;
SELECT state, message FROM attempt($$SELECT rewards.begin_cross_company_access('only looking')$$);
SELECT rewards.crosses_companies();
COMMIT;

DROP TABLE everything;
DROP FUNCTION row_counts, enter, award;
DROP OWNED BY regress_rewards_auditor, "regress_rewards On Call";
DROP ROLE regress_rewards_auditor, "regress_rewards On Call";
SELECT count(*) AS left_over FROM pg_policy WHERE polname = 'cross_company';
