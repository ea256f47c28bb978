-- Every function in PL/pgSQL, as plpgsql_check sees it: names that are not there, types that do not fit, variables that
-- nobody uses, statements that nobody reaches, and SQL put together from what is passed in. Trigger functions are looked at
-- with each table that they are on. What calls cost is measured (bench/), so nothing is said of that here.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = error;
SET LOCAL search_path = public;
CREATE EXTENSION IF NOT EXISTS plpgsql_check;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
CREATE TABLE protected_rows (id integer PRIMARY KEY, company_id uuid);
SELECT rewards.enable_tenant_rls('protected_rows', audit => true) \g /dev/null
SELECT plan(8);

CREATE TEMP VIEW looked_at AS
SELECT p.oid::regprocedure AS function, p.oid AS id, prorettype, coalesce(tgrelid, 0) AS relation, tgoldtable, tgnewtable
  FROM pg_proc p JOIN pg_language l ON l.oid = prolang
  LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid, tgoldtable, tgnewtable FROM pg_trigger) t ON tgfoid = p.oid
 WHERE pronamespace = 'rewards'::regnamespace AND lanname = 'plpgsql';
CREATE TEMP VIEW finding AS
SELECT function, nullif(relation, 0)::regclass AS relation, c.lineno, c.level, c.message, c.detail
  FROM looked_at, plpgsql_check_function_tb(id, relation, oldtable => tgoldtable, newtable => tgnewtable, fatal_errors => false,
                                            extra_warnings => true, security_warnings => true) c
 WHERE c.detail IS DISTINCT FROM 'cannot to determine result of dynamic SQL';
-- Where it is right in general, and wrong here.
CREATE TEMP TABLE allowed (function regprocedure, message text, reason text, is_seen_by_all_releases boolean DEFAULT true);
INSERT INTO allowed VALUES
    ('rewards.verify_ledger(bigint, text)', 'name of parameter "check" is reserved keyword', 'a column of the answer, which programmes read'),
    ('rewards.verify_audit(bigint, text)', 'name of parameter "check" is reserved keyword', 'the same'),
    ('rewards.verify_blocks(bigint, text, uuid)', 'text type variable is not sanitized', 'a condition that entries_since() makes of numbers and ids'),
    ('rewards.grant_access(regrole, regrole, regrole, regrole, regrole)', 'text type variable is not sanitized', 'constants of its own, and roles, which are quoted as names when they become text');
INSERT INTO allowed VALUES
    ('rewards.verify_chains(uuid)', 'routine is marked as STABLE, but expression is VOLATILE', 'a setting, which goes when the function returns', false);

SELECT cmp_ok((SELECT count(DISTINCT function) FROM looked_at), '>=', 30::bigint, 'there are functions to look at');
SELECT is_empty($$ SELECT function FROM looked_at WHERE prorettype = 'trigger'::regtype AND relation = 0 $$, 'every trigger function is on some table');
SELECT is_empty('SELECT * FROM finding f WHERE NOT EXISTS (SELECT FROM allowed a WHERE (a.function::oid, a.message) = (f.function::oid, f.message))',
    'nothing is wrong with any of them');
SELECT is_empty('SELECT * FROM allowed a WHERE is_seen_by_all_releases AND NOT EXISTS (SELECT FROM finding f WHERE (a.function::oid, a.message) = (f.function::oid, f.message))',
    'and nothing is allowed that is not found');

-- What finds nothing has to show that it would.
CREATE FUNCTION rewards.planted(argument text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    unused integer;
BEGIN
    PERFORM missing FROM rewards.points_events;
    EXECUTE 'SELECT ' || argument;
END $$;
SELECT matches(message, wanted, 'it finds ' || what)
  FROM (SELECT string_agg(message, ' ') AS message FROM finding WHERE function::text LIKE 'rewards.planted%') AS found,
       (VALUES ('a column that is not there', 'column "missing" does not exist'), ('a variable that nobody uses', 'unused variable "unused"'),
               ('SQL from an argument', 'is not sanitized')) AS planted (what, wanted);
CREATE FUNCTION rewards.planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.missing := 1; RETURN NEW; END';
CREATE TRIGGER planted BEFORE INSERT ON protected_rows FOR EACH ROW EXECUTE FUNCTION rewards.planted();
SELECT isnt_empty($$ SELECT * FROM finding WHERE function::text = 'rewards.planted()' AND relation = 'protected_rows'::regclass $$, 'and a column that a trigger''s table has not');

SELECT * FROM finish();
ROLLBACK;
