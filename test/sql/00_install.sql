-- Code and data apart: CREATE EXTENSION brings functions, install() brings tables, and neither comes with gaps.
-- The files that follow use the roles, the helper and the tables that this one leaves behind.
\set SHOW_CONTEXT never

-- Roles outlive databases: an earlier run that was cut short may have left its own.
SET client_min_messages = warning;
DROP ROLE IF EXISTS "regress_rewards Owner", regress_rewards_app, regress_rewards_admin, regress_rewards_nobody;
RESET client_min_messages;
CREATE ROLE "regress_rewards Owner";
CREATE ROLE regress_rewards_app;
CREATE ROLE regress_rewards_admin;
CREATE ROLE regress_rewards_nobody;

-- The tests have a key file of their own, in the data directory, and leave the server's alone.
COPY (SELECT WHERE false) TO PROGRAM 'cat >/dev/null; rm -rf pg_rewards_regress.keys*';
SELECT format('ALTER DATABASE %I SET rewards.key_file = %L', current_database(), 'pg_rewards_regress.keys') \gexec
\c

-- What a statement answers: its SQLSTATE and message, or 00000. It runs in a subtransaction that goes when it fails.
CREATE FUNCTION attempt(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    state := '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT;
END
$$;

-- What a statement of another role gives, one text a row. A transaction with a company context cannot change its role.
DO $$
DECLARE
    helper record;
BEGIN
    FOR helper IN SELECT * FROM (VALUES ('as_app', 'regress_rewards_app'), ('as_nobody', 'regress_rewards_nobody'),
                                        ('as_owner', 'regress_rewards Owner')) AS helpers (name, role) LOOP
        EXECUTE format('CREATE FUNCTION %I(statement text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS %L',
                       helper.name, 'BEGIN RETURN QUERY EXECUTE statement; END');
        EXECUTE format('ALTER FUNCTION %I(text) OWNER TO %I', helper.name, helper.role);
    END LOOP;
END $$;

-- Identifiers that read well: company('30a') is company a of file 30, member('301') its first member.
CREATE FUNCTION identifier(kind text, name text) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN (kind || '0000000-0000-4000-8000-' || lpad(name, 12, '0'))::uuid;
CREATE FUNCTION member(name text) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN identifier('a', name);
CREATE FUNCTION offer(name text) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN identifier('b', name);
CREATE FUNCTION company(name text) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN identifier('c', name);
CREATE FUNCTION event(name text) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN identifier('e', name);

-- The extension

-- A schema of its name that somebody else made is not adopted: its owner could shadow the functions.
CREATE SCHEMA rewards;
CREATE EXTENSION pg_rewards;
DROP SCHEMA rewards;

-- It installs, and brings no table.
CREATE EXTENSION pg_rewards;
SELECT count(*) AS tables
  FROM pg_class
 WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f');

-- It cannot be moved to another schema.
CREATE SCHEMA elsewhere;
SELECT state, message FROM attempt('ALTER EXTENSION pg_rewards SET SCHEMA elsewhere');
DROP SCHEMA elsewhere;

-- Its version is the one in the control file, and nothing but digits and dots.
SELECT installed_version = default_version AS is_default, installed_version ~ '^\d+\.\d+\.\d+$' AS is_version
  FROM pg_available_extensions WHERE name = 'pg_rewards';

-- Without tables

-- Every function that needs the tables says so, and what to do.
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT state, message = format('the rewards tables are not installed in database "%s"', current_database()) AS says_so,
       hint, call
  FROM (VALUES
    ($$SELECT rewards.award_points(member('001'), 1)$$),
    ($$SELECT rewards.deduct_points(member('001'), 1)$$),
    ($$SELECT rewards.refresh_user_points_cache(member('001'))$$),
    ($$SELECT rewards.redeem_coupon(member('001'), offer('001'), 'n')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$),
    ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$),
    ($$SELECT rewards.trust_score('{}')$$),
    ($$SELECT rewards.submit_points_event(member('001'), 'visit', now(), 'n')$$),
    ($$SELECT rewards.submit_points_events('[]')$$),
    ($$SELECT rewards.migrate()$$),
    ($$SELECT rewards.grant_access(app => 'regress_rewards_app')$$)) AS calls (call), attempt(call);

-- A function in SQL can only name the table that it misses.
SELECT state, message FROM attempt($$SELECT rewards.calculate_user_points(member('001'))$$);
SELECT state, message FROM attempt($$SELECT rewards.explain_event(event('001'))$$);

-- What needs no table works.
SELECT rewards.get_current_company_id() AS company, rewards.get_current_user_id() AS member,
       rewards.code_data_version() > 0 AS version,
       rewards.uuidv7() IS NOT NULL AS v7, rewards.uuidv5(company('00a'), 'x') IS NOT NULL AS v5;
COMMIT;

-- None of those calls has made a key file.
SELECT pg_stat_file('pg_rewards_regress.keys', missing_ok => true) IS NULL AS no_key_file;

-- An extension without data can be dropped, and leaves no schema behind.
DROP EXTENSION pg_rewards;
SELECT to_regnamespace('rewards') IS NULL AS gone;
CREATE EXTENSION pg_rewards;

-- install()

-- Somebody without rights cannot install.
SET ROLE regress_rewards_nobody;
SELECT state FROM attempt('SELECT rewards.install()');
RESET ROLE;

-- A role that does not exist cannot own the tables, by name, by number and as no role at all.
SELECT call, state FROM (VALUES
    ($$SELECT rewards.install('regress_rewards_missing')$$),
    ($$SELECT rewards.install(4711)$$),
    ($$SELECT rewards.install('-')$$)) AS calls (call), attempt(call);

-- A superuser who would own the tables is warned: row-level security does not hold him.
BEGIN;
SELECT rewards.install() = rewards.code_data_version() AS installed;
SELECT count(*) > 0 AS tables, bool_and(pg_get_userbyid(relowner) = current_user) AS owned_by_caller
  FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r';
ROLLBACK;

-- What was rolled back has left nothing.
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r';

-- An ordinary role that may create in the schema installs for itself, without a warning.
BEGIN;
GRANT USAGE, CREATE ON SCHEMA rewards TO regress_rewards_admin;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rewards TO regress_rewards_admin;
SET ROLE regress_rewards_admin;
SELECT rewards.install() = rewards.code_data_version() AS installed;
SELECT DISTINCT relowner::regrole AS owner FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r';
SELECT rewards.set_company_context(company('00a')) \gset
SELECT outcome, balance FROM rewards.award_points(member('001'), 5);
ROLLBACK;

-- A superuser installs for another role, whose name needs quotes, without a warning.
SELECT rewards.install(owner => '"regress_rewards Owner"') = rewards.code_data_version() AS installed;
SELECT relowner::regrole AS owner, count(*) >= 7 AS tables, count(*) FILTER (WHERE relkind NOT IN ('r', 'v')) AS others
  FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') GROUP BY 1;

-- That role can use what it owns.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(company('00a')) \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
VALUES (member('001'), 'purchase', '2020-02-02', 7, 'validated');
SELECT available_points FROM rewards.user_points_cache;
ROLLBACK;

-- A second install is refused, and changes nothing.
SELECT rewards.install();
SELECT count(*) AS versions FROM rewards.data_version;

-- The tables are the user's, not the extension's: none is a member.
SELECT count(*) AS member_tables
  FROM pg_depend JOIN pg_class ON pg_class.oid = objid
 WHERE classid = 'pg_class'::regclass AND deptype = 'e' AND relnamespace = 'rewards'::regnamespace;

-- DROP EXTENSION without CASCADE is refused, and its detail names tables.
\set VERBOSITY terse
DROP EXTENSION pg_rewards;
\set VERBOSITY default
SELECT state, detail ~ 'table rewards.points_events' AS names_the_ledger,
       detail ~ 'table rewards.coupons' AS names_the_coupons
  FROM attempt('DROP EXTENSION pg_rewards');

-- Neither can the schema or a single function be taken away.
SELECT call, state FROM (VALUES
    ('DROP SCHEMA rewards'), ('DROP SCHEMA rewards CASCADE'),
    ('DROP FUNCTION rewards.get_current_company_id()')) AS calls (call), attempt(call);

-- A schema of the database that is dropped with all its contents does not take the books along.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP SCHEMA public CASCADE;
SELECT to_regclass('rewards.points_events') IS NOT NULL AS ledger_is_there;
ROLLBACK;

-- Versions

-- migrate() has nothing to do, as often as it is asked, by the owner of the tables or a superuser, who stays who he was.
SELECT rewards.migrate() = rewards.code_data_version() AS migrated, current_user = session_user AS same_role;
SET ROLE "regress_rewards Owner";
SELECT rewards.migrate() = rewards.code_data_version() AS migrated, current_user;
RESET ROLE;

-- Nobody else migrates, and nobody with a library that is older than the SQL.
BEGIN;
GRANT USAGE ON SCHEMA rewards TO regress_rewards_nobody;
GRANT EXECUTE ON FUNCTION rewards.migrate() TO regress_rewards_nobody;
SET LOCAL ROLE regress_rewards_nobody;
SELECT rewards.migrate();
ROLLBACK;
BEGIN;
CREATE OR REPLACE FUNCTION rewards.code_data_version() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 1;
SELECT rewards.migrate();
ROLLBACK;

-- What the owner has put on the tables runs as the owner, also when a superuser migrates.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
CREATE FUNCTION rewards.who() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''as %'', current_user; RETURN NULL; END';
CREATE TRIGGER who AFTER UPDATE ON rewards.data_version EXECUTE FUNCTION rewards.who();
RESET ROLE;
DROP TRIGGER note_forgotten ON rewards.used_nonces;
DROP TRIGGER refuse_removal ON rewards.forgotten_nonces;
UPDATE rewards.data_version SET version = 1;
SELECT rewards.migrate();
ROLLBACK;

-- Data newer than the code: nothing is written, and the hint is to update the extension.
UPDATE rewards.data_version SET version = version + 1;
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT rewards.award_points(member('001'), 1);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(member('001'), 1)$$),
    ($$SELECT rewards.deduct_points(member('001'), 1)$$),
    ($$SELECT rewards.refresh_user_points_cache(member('001'))$$),
    ($$SELECT rewards.redeem_coupon(member('001'), offer('001'), 'n')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$)) AS calls (call), attempt(call);
COMMIT;
SELECT rewards.migrate();

-- A backend that comes later sees it as well.
\c
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT rewards.award_points(member('001'), 1);
ROLLBACK;

-- Back at the version of the code, the same backend writes at once.
UPDATE rewards.data_version SET version = rewards.code_data_version();
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT outcome FROM rewards.award_points(member('001'), 1);
ROLLBACK;

-- Data older than the code, here of no version at all: the hint is migrate().
BEGIN;
DELETE FROM rewards.data_version;
SELECT state, message FROM attempt('SELECT rewards.migrate()');
SELECT rewards.set_company_context(company('00a')) \gset
SELECT state, hint FROM attempt($$SELECT rewards.award_points(member('001'), 1)$$);
ROLLBACK;

-- There is one version, and it is positive.
SELECT statement, state FROM (VALUES
    ('INSERT INTO rewards.data_version (version) VALUES (1)'),
    ('INSERT INTO rewards.data_version (singleton, version) VALUES (false, 1)'),
    ('UPDATE rewards.data_version SET version = 0'),
    ('UPDATE rewards.data_version SET version = NULL')) AS statements (statement), attempt(statement);

-- After all of that, the books work.
BEGIN;
SELECT rewards.set_company_context(company('00a')) \gset
SELECT outcome FROM rewards.award_points(member('001'), 1);
ROLLBACK;

-- The catalogue: each of these lists what breaks a rule, and has no rows. The counts show that there was something to
-- look at.

SELECT count(*) > 20 AS functions, count(*) FILTER (WHERE lanname IN ('plpgsql', 'sql')) > 4 AS in_sql,
       count(*) FILTER (WHERE lanname = 'c') > 10 AS in_c
  FROM pg_proc JOIN pg_language ON pg_language.oid = prolang WHERE pronamespace = 'rewards'::regnamespace;

-- PUBLIC may execute the readers that policies and defaults call, and nothing else.
SELECT p.oid::regprocedure AS public_function
  FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS granted
 WHERE pronamespace = 'rewards'::regnamespace AND granted.grantee = 0
 ORDER BY p.oid::regprocedure::text COLLATE "C";

-- PUBLIC may neither use the schema nor touch a table.
SELECT privilege_type FROM pg_namespace, aclexplode(nspacl) AS granted WHERE nspname = 'rewards' AND granted.grantee = 0
UNION ALL
SELECT privilege_type
  FROM pg_class, aclexplode(relacl) AS granted
 WHERE relnamespace = 'rewards'::regnamespace AND granted.grantee = 0;

-- No function is SECURITY DEFINER.
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND prosecdef;

-- Every function in plpgsql or SQL has its search_path pinned to where nobody else can create, unless its body was
-- parsed when it was created.
SELECT p.oid::regprocedure, proconfig
  FROM pg_proc p JOIN pg_language l ON l.oid = prolang
 WHERE pronamespace = 'rewards'::regnamespace AND lanname IN ('plpgsql', 'sql') AND prosqlbody IS NULL
   AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'));

-- Every function, table and schema says what it is for.
SELECT oid::regprocedure::text AS without_comment
  FROM pg_proc
 WHERE pronamespace = 'rewards'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
UNION ALL
SELECT relname
  FROM pg_class
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT nspname FROM pg_namespace WHERE nspname = 'rewards' AND obj_description(oid, 'pg_namespace') IS NULL;

-- The functions that policies call are STABLE: IMMUTABLE would leak a company into a cached plan, VOLATILE would lose
-- the index.
SELECT proname, provolatile, proparallel, proisstrict
  FROM pg_proc
   WHERE pronamespace = 'rewards'::regnamespace AND proname IN (
         'get_current_company_id', 'get_back_end_company_id', 'get_current_user_id', 'get_first_user_id', 'get_last_user_id',
         'crosses_companies')
   ORDER BY 1;

-- No function that writes, or reads the context, is IMMUTABLE.
SELECT proname FROM pg_proc
 WHERE pronamespace = 'rewards'::regnamespace AND provolatile = 'i'
   AND proname NOT IN ('uuidv5', 'uuidv7_floor', 'code_data_version', 'event_entry_hash', 'status_entry_hash', 'audit_entry_hash',
                       'within_attribution_window', 'block_hash', 'follow_merkle_path', 'entry_place',
                       'verify_chains_query',
                       'coupon_public_ref')
   AND proname !~ '^(merkle|sum)_';

-- Row-level security is forced on every table of companies, and a policy names the company, bare. Members are kept to
-- themselves by another, or see nothing by the first.
SELECT c.relname AS unprotected
  FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'company_id'
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r'
   AND NOT (relrowsecurity AND relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive AND polcmd = '*'
                           AND polroles = '{0}' AND polwithcheck IS NULL
                           AND (pg_get_expr(polqual, polrelid) = '(company_id = rewards.get_back_end_company_id())'
                                OR pg_get_expr(polqual, polrelid) = '(company_id = rewards.get_current_company_id())'
                                AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND NOT polpermissive
                                               AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
                                               AND pg_get_expr(polqual, polrelid) ~
                                   'rewards.get_current_user_id\(\) IS NULL|^\(\((user_id|issued_to) >= rewards.get_first_user_id\(\)\) AND \(\1 <= rewards.get_last_user_id\(\)\)\)$'))));

-- No second permissive policy widens what the first allows, except that everybody reads defaults.
SELECT polrelid::regclass, polname FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
 WHERE relnamespace = 'rewards'::regnamespace AND polpermissive AND polname <> 'tenant'
   AND NOT (polname = 'defaults' AND polcmd = 'r' AND pg_get_expr(polqual, polrelid) =
                '(company_id = ''00000000-0000-0000-0000-000000000000''::uuid)');

-- On every table of companies the column is required and comes from the context.
SELECT attrelid::regclass FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND attname = 'company_id'
   AND (NOT attnotnull OR pg_get_expr(adbin, adrelid) IS DISTINCT FROM 'rewards.get_current_company_id()');

-- How many tables of companies those rules were tried on.
SELECT count(*) >= 5 AS tables_of_companies FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND attname = 'company_id';

-- Every key of a table of users contains the user, so that a user's rows can live on one shard.
SELECT i.indexrelid::regclass AS key_without_user
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('user_id', 'issued_to') AND a.attnotnull
 WHERE c.relnamespace = 'rewards'::regnamespace AND i.indisunique AND NOT a.attnum = ANY (i.indkey);
SELECT count(*) >= 6 AS keys_of_users
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname IN ('user_id', 'issued_to')
  JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'rewards'::regnamespace AND i.indisunique;

-- Every table has a primary key and is written to the WAL.
SELECT oid::regclass FROM pg_class c
 WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r'
   AND (relpersistence <> 'p' OR NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary));

-- The guards of the ledger are armed for replication roles as well.
SELECT tgrelid::regclass AS on_table, tgname FROM pg_trigger
 WHERE tgrelid::regclass::text LIKE 'rewards.%' AND tgenabled = 'A' AND NOT tgisinternal
  ORDER BY tgrelid::regclass::text COLLATE "C", tgname;
