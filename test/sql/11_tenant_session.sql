-- A transaction with a company context keeps the role that it was given, and leaves nothing behind on its connection.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-0000000011ea
\set company_b c0000000-0000-4000-8000-0000000011eb
INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value) VALUES
    (:'company_a', 'secret of a', 1, 'product', 1), (:'company_b', 'secret of b', 1, 'product', 1);

-- The role

CREATE TABLE changes (number serial, statement text);
INSERT INTO changes (statement) VALUES
    ('SET ROLE regress_rewards_admin'), ('SET LOCAL ROLE regress_rewards_admin'), ('SET ROLE NONE'), ('SET LOCAL ROLE NONE'),
    ('RESET ROLE'), ('SET role TO DEFAULT'), ('SET ROLE regress_rewards_app'), ('SET ROLE regress_rewards_missing'),
    ($$SELECT set_config('role', 'regress_rewards_admin', true)$$), ($$SELECT set_config('role', 'none', false)$$),
    ($$SELECT set_config('role', NULL, true)$$), ($$SELECT set_config('role', NULL, false)$$),
    ($$SELECT count(*) FROM pg_class WHERE set_config('role', 'none', true) IS NOT NULL$$),
    ($$DO 'BEGIN SET LOCAL ROLE NONE; END'$$), ($$DO 'BEGIN RESET ROLE; END'$$), ('SELECT with_role()'),
    ('SET SESSION AUTHORIZATION regress_rewards_admin'), ('SET LOCAL SESSION AUTHORIZATION regress_rewards_admin'),
    ('SET SESSION AUTHORIZATION DEFAULT'), ('RESET SESSION AUTHORIZATION'),
    ($$SELECT set_config('session_authorization', 'regress_rewards_admin', true)$$),
    ($$SELECT set_config('session_authorization', NULL, true)$$);
GRANT SELECT ON changes TO PUBLIC;
CREATE FUNCTION with_role() RETURNS name LANGUAGE sql SET role = regress_rewards_admin AS 'SELECT current_user';

-- Each of them is refused, alike, to a role that was set and to a superuser.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, statement FROM changes, attempt(statement) ORDER BY number;
SELECT DISTINCT message, hint FROM changes, attempt(statement);
SELECT current_user, rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, count(*) FROM changes, attempt(statement) GROUP BY 1 ORDER BY 1;
-- Where nothing changes, nothing is refused.
SELECT statement FROM changes, attempt(statement) WHERE state = '00000' ORDER BY number;
SELECT current_user = session_user AS unchanged, rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;

-- As commands of their own they end the transaction, or go with a savepoint; the role and the context stay.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SAVEPOINT before;
RESET ROLE;
ROLLBACK TO before;
SET SESSION AUTHORIZATION regress_rewards_admin;
ROLLBACK TO before;
RESET SESSION AUTHORIZATION;
ROLLBACK TO before;
SET LOCAL ROLE regress_rewards_admin;
ROLLBACK TO before;
SELECT current_user, rewards.get_current_company_id() = :'company_a' AS company_a;
RESET ALL;
UPDATE pg_settings SET setting = 'none' WHERE name = 'role';
DISCARD ALL;
ROLLBACK TO before;
SELECT current_user, rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
SELECT current_user = session_user AS no_role;

-- A session that has its role for longer has it afterwards, too.
SET ROLE regress_rewards_app;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
RESET ROLE;
ROLLBACK;
SELECT current_user;
RESET ROLE;
SET SESSION AUTHORIZATION regress_rewards_app;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
RESET SESSION AUTHORIZATION;
ROLLBACK;
SELECT current_user, session_user;
RESET SESSION AUTHORIZATION;

-- A function that has a role by its SET clause, and sets the context, would return to another role.
CREATE FUNCTION enter() RETURNS uuid LANGUAGE sql SET role = regress_rewards_app
    AS $$SELECT rewards.set_company_context(company('11ea')); SELECT rewards.get_current_company_id()$$;
SELECT enter();
BEGIN;
SELECT state, message, hint FROM attempt('SELECT enter()');
SELECT current_user = session_user AS no_role, rewards.get_current_company_id() AS none;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('11eb'))$$);
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT enter() = :'company_a' AS company_a;
SELECT current_user, rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
DROP FUNCTION enter();

-- Not concerned: functions with the rights of their owner, and what is only noted for later. A function with a SET clause is
-- not only noted, its clause is tried.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT as_nobody('SELECT current_user::text') AS another, current_user;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
ALTER ROLE regress_rewards_app SET role = regress_rewards_admin;
CREATE FUNCTION noted() RETURNS name LANGUAGE sql SET role = regress_rewards_admin AS 'SELECT current_user';
ROLLBACK;

-- Without a seal everything is as ever, also where there is a default company.
BEGIN;
SELECT state, count(*) FROM changes, attempt(statement) GROUP BY 1 ORDER BY 1;
ROLLBACK;
BEGIN;
SET LOCAL rewards.default_company_id = :'company_a';
SET LOCAL ROLE regress_rewards_app;
SELECT current_user, rewards.get_current_company_id() = :'company_a' AS company_a;
RESET ROLE;
SET SESSION AUTHORIZATION regress_rewards_app;
SELECT current_user, session_user;
ROLLBACK;
SELECT current_user = session_user AS no_role;

-- The end of the transaction, however it comes, ends both.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
COMMIT AND CHAIN;
SELECT current_user = session_user AS no_role;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT 1 / 0;
ROLLBACK AND CHAIN;
SELECT current_user = session_user AS no_role;
SET LOCAL ROLE regress_rewards_app;
RESET ROLE;
COMMIT;
SET ROLE regress_rewards_app;
RESET ROLE;

-- What remains: a rollback to before the role was set. It takes the context along and opens no other.
BEGIN;
SAVEPOINT before;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
ROLLBACK TO before;
SELECT current_user = session_user AS no_role, rewards.get_current_company_id() AS none;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('11eb'))$$);
SELECT state FROM attempt('SET LOCAL ROLE regress_rewards_admin');
COMMIT;

-- In a procedure each transaction has a role and a company of its own.
CREATE PROCEDURE two_roles() LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE regress_rewards_app;
    PERFORM rewards.set_company_context(company('11ea'));
    RAISE NOTICE '% %', current_user, (SELECT state FROM attempt('SET LOCAL ROLE regress_rewards_admin'));
    COMMIT;
    RAISE NOTICE '%', current_user = session_user;
    SET LOCAL ROLE regress_rewards_admin;
    PERFORM rewards.set_company_context(company('11eb'));
    RAISE NOTICE '% %', current_user, (SELECT state FROM attempt('RESET ROLE'));
END $$;
CALL two_roles();
DROP PROCEDURE two_roles();
SELECT current_user = session_user AS no_role;

-- Parallel workers start with the role of their leader, and the context.
CREATE TABLE numbers AS SELECT number FROM generate_series(1, 1000) AS number;
GRANT SELECT ON numbers TO PUBLIC;
SELECT count(*) AS forced
  FROM (SELECT set_config(name, 'on', false) FROM pg_settings
         WHERE name IN ('force_parallel_mode', 'debug_parallel_query')) AS settings;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
CREATE FUNCTION who() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN concat_ws(' ', current_user, session_user = current_user, current_setting('role'), rewards.get_current_company_id());
END $$;
CREATE FUNCTION workers(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT json, COSTS off, TIMING off, SUMMARY off) ' || statement INTO plan;
    RETURN substring(plan::text from '"Workers Launched": (\d)');
END $$;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT workers('SELECT DISTINCT who() FROM numbers') > '0' AS parallel;
SELECT DISTINCT who() FROM numbers;
COMMIT;
SET ROLE regress_rewards_admin;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT DISTINCT who() FROM numbers;
COMMIT;
RESET ROLE;
SET SESSION AUTHORIZATION regress_rewards_app;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT DISTINCT who() FROM numbers;
COMMIT;
RESET SESSION AUTHORIZATION;
DROP FUNCTION who(), workers(text);
\c

-- What stays on a connection

CREATE TABLE left_behind (number serial, statement text);
INSERT INTO left_behind (statement) VALUES
    ('DECLARE kept CURSOR WITH HOLD FOR SELECT 1'), ('DECLARE kept_2 SCROLL CURSOR WITH HOLD FOR SELECT 1'),
    ($$DO 'BEGIN EXECUTE ''DECLARE kept_3 CURSOR WITH HOLD FOR SELECT 1''; END'$$),
    ('LISTEN news'), ($$DO 'BEGIN LISTEN news; END'$$), ($$DO 'BEGIN EXECUTE ''LISTEN news''; END'$$),
    ('CREATE TEMP TABLE kept (a integer)'), ('CREATE TEMPORARY TABLE kept_2 (a serial PRIMARY KEY, b text UNIQUE)'),
    ('CREATE TABLE pg_temp.kept_3 ()'), ('CREATE TEMP TABLE kept_4 ON COMMIT DROP AS SELECT 1 AS a'),
    ('CREATE TEMP TABLE kept_5 ON COMMIT DELETE ROWS AS SELECT 1 AS a'),
    ('CREATE TEMP TABLE kept_7 (LIKE numbers)'), ('CREATE TEMP TABLE kept_8 (a integer) PARTITION BY LIST (a)'),
    ('CREATE TEMP TABLE kept_9 () INHERITS (numbers)'), ('CREATE TABLE IF NOT EXISTS pg_temp.kept_10 AS TABLE numbers'),
    ('CREATE TEMP VIEW kept_11 AS SELECT 1 AS a'), ('CREATE VIEW pg_temp.kept_12 AS SELECT 1 AS a'),
    ('CREATE TEMP RECURSIVE VIEW kept_13 (a) AS VALUES (1)'), ('CREATE VIEW kept_14 AS SELECT a FROM earlier'),
    ('CREATE TEMP SEQUENCE kept_15'), ('CREATE INDEX ON earlier (a)'), ('ALTER TABLE earlier ADD UNIQUE (a)'),
    ('CREATE STATISTICS pg_temp.kept_16 ON a, b FROM earlier'),
    ('CREATE TYPE pg_temp.kept_17 AS ENUM (''a'')'), ('CREATE TYPE pg_temp.kept_18 AS (a integer)'),
    ('CREATE TYPE pg_temp.kept_19 AS RANGE (subtype = integer)'), ('CREATE TYPE pg_temp.kept_20'),
    ('CREATE DOMAIN pg_temp.kept_21 AS integer'),
    ('CREATE FUNCTION pg_temp.kept_22() RETURNS integer LANGUAGE sql AS ''SELECT 1'''),
    ('CREATE OR REPLACE FUNCTION pg_temp.earlier() RETURNS integer LANGUAGE sql AS ''SELECT 2'''),
    ('CREATE PROCEDURE pg_temp.kept_23() LANGUAGE sql AS '''''),
    ('CREATE AGGREGATE pg_temp.kept_24(integer) (SFUNC = int4pl, STYPE = integer)'),
    ('CREATE OPERATOR pg_temp.+ (FUNCTION = int4pl, LEFTARG = integer, RIGHTARG = integer)'),
    ('CREATE OPERATOR CLASS pg_temp.kept_25 FOR TYPE integer USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)'),
    ('CREATE COLLATION pg_temp.kept_26 FROM "C"'),
    ('CREATE CONVERSION pg_temp.kept_27 FOR ''LATIN1'' TO ''UTF8'' FROM iso8859_1_to_utf8'),
    ('CREATE TEXT SEARCH CONFIGURATION pg_temp.kept_28 (COPY = simple)'),
    ('SET LOCAL search_path = pg_temp; CREATE TABLE kept_29 (); SET LOCAL search_path = public'),
    ('SET LOCAL search_path = pg_temp; CREATE FUNCTION kept_30() RETURNS integer LANGUAGE sql AS ''SELECT 1''; SET LOCAL search_path = public'),
    ($$DO 'BEGIN CREATE TEMP TABLE kept_31 (); END'$$), ('SELECT keeper()');
GRANT SELECT ON left_behind TO PUBLIC;
CREATE FUNCTION keeper() RETURNS void LANGUAGE plpgsql SET search_path = pg_temp AS $$BEGIN CREATE TABLE kept_32 (); END$$;

-- Without a context each of them is possible: so what refuses them below is the seal.
CREATE TEMP TABLE earlier (a integer, b text);
CREATE FUNCTION pg_temp.earlier() RETURNS integer LANGUAGE sql AS 'SELECT 1';
BEGIN;
SELECT state, count(*), min(message) AS message FROM left_behind, attempt(statement) GROUP BY state;
ROLLBACK;
BEGIN;
SET LOCAL rewards.default_company_id = :'company_a';
SELECT count(*) FILTER (WHERE state = '00000') AS possible FROM left_behind, attempt(statement);
ROLLBACK;

-- With one it is not, to a superuser neither.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, statement FROM left_behind, attempt(statement) ORDER BY number;
SELECT DISTINCT message, hint FROM left_behind, attempt(statement) ORDER BY 1;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a, pg_temp.earlier();
COMMIT;

-- As commands of their own they end the transaction, or go with a savepoint.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
DECLARE kept CURSOR WITH HOLD FOR SELECT template_name FROM rewards.coupon_templates;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SAVEPOINT before;
LISTEN news;
ROLLBACK TO before;
CREATE TEMP TABLE kept AS TABLE rewards.coupon_templates;
ROLLBACK TO before;
SELECT template_name INTO TEMP kept FROM rewards.coupon_templates;
ROLLBACK TO before;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
BEGIN;
SAVEPOINT before;
SELECT rewards.set_company_context(:'company_a') \gset
ROLLBACK TO before;
CREATE TEMP TABLE kept (a integer);
ROLLBACK;
SELECT count(*) AS held FROM pg_cursors WHERE is_holdable;
SELECT count(*) AS listening FROM pg_listening_channels();

-- In a procedure it is a matter of each transaction.
CREATE PROCEDURE in_turns() LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE between_them ();
    PERFORM rewards.set_company_context(company('11ea'));
    RAISE NOTICE '%', (SELECT state FROM attempt('CREATE TEMP TABLE kept ()'));
    COMMIT;
    DROP TABLE between_them;
    CREATE TEMP TABLE kept ();
    DROP TABLE kept;
    PERFORM rewards.set_company_context(company('11eb'));
    RAISE NOTICE '%', (SELECT state FROM attempt('LISTEN news'));
END $$;
CALL in_turns();
DROP PROCEDURE in_turns();

-- What goes with the transaction, or is of the database, is possible.
CREATE MATERIALIZED VIEW tripled AS SELECT number, 3 * number AS triple FROM numbers;
CREATE UNIQUE INDEX ON tripled (number);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, statement FROM (VALUES
    ('DECLARE of_transaction CURSOR FOR SELECT 1'), ('NOTIFY news'), ('UNLISTEN *'), ('PREPARE made AS SELECT 1'),
    ('SELECT pg_advisory_xact_lock(11)'), ('CREATE TABLE lasting (a serial PRIMARY KEY, b text, c numeric[])'),
    ('CREATE VIEW of_lasting AS SELECT b FROM lasting'), ('CREATE TYPE lasting_type AS (a integer)'),
    ('CREATE FUNCTION lasting() RETURNS integer LANGUAGE sql AS ''SELECT 1'''), ('ALTER TABLE lasting ALTER COLUMN c TYPE text'),
    ('INSERT INTO earlier VALUES (1)'), ('UPDATE earlier SET b = repeat(''x'', 100000)'), ('TRUNCATE earlier'),
    ('ALTER TABLE earlier ADD COLUMN c text'), ('ALTER TABLE earlier ALTER COLUMN c TYPE integer USING 1'), ('DROP TABLE earlier'),
    ('REFRESH MATERIALIZED VIEW tripled'), ('REFRESH MATERIALIZED VIEW CONCURRENTLY tripled')) AS s (statement), attempt(statement);
ROLLBACK;
DEALLOCATE made;

-- A refresh opens no gate: neither does what its query does on the way, nor its failure.
CREATE FUNCTION on_the_way(number integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    IF number = 1 THEN
        RAISE NOTICE '% %', (SELECT state FROM public.attempt('SELECT 1 / 0')),
            (SELECT state FROM public.attempt('CREATE FUNCTION pg_temp.kept() RETURNS integer LANGUAGE sql AS ''SELECT 1'''));
    END IF;
    RETURN 1 / number;
END $$;
CREATE MATERIALIZED VIEW watched AS SELECT number, public.on_the_way(number) FROM numbers WHERE number < 3 WITH NO DATA;
CREATE UNIQUE INDEX ON watched (number);
REFRESH MATERIALIZED VIEW watched;
DROP FUNCTION pg_temp.kept();
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
REFRESH MATERIALIZED VIEW CONCURRENTLY watched;
INSERT INTO numbers VALUES (0);
SELECT state FROM attempt('REFRESH MATERIALIZED VIEW CONCURRENTLY watched');
SELECT state FROM attempt('CREATE TEMP TABLE kept ()');
ROLLBACK;
DROP MATERIALIZED VIEW tripled, watched;
DROP FUNCTION on_the_way(integer);

-- A cursor that was to be held before there was a company would read the company's rows at COMMIT.
BEGIN;
DECLARE kept CURSOR WITH HOLD FOR SELECT template_name FROM rewards.coupon_templates;
SAVEPOINT before;
SELECT rewards.set_company_context(:'company_a');
ROLLBACK TO before;
CLOSE kept;
SELECT rewards.set_company_context(:'company_a') \gset
COMMIT;
-- Also as the first thing on a connection, when the library comes with it.
\c
BEGIN;
DECLARE kept CURSOR WITH HOLD FOR SELECT template_name FROM rewards.coupon_templates;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('11ea'))$$);
ROLLBACK;
-- And in a procedure, whose statements are all as old as its CALL.
CREATE PROCEDURE hold_and_enter() LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
    EXECUTE 'DECLARE kept CURSOR WITH HOLD FOR SELECT template_name FROM rewards.coupon_templates';
    RAISE NOTICE '%', (SELECT state FROM attempt($call$SELECT rewards.set_company_context(company('11ea'))$call$));
END $$;
CALL hold_and_enter();
DROP PROCEDURE hold_and_enter();
CLOSE kept;
-- One that is held already has what it was given.
SET ROLE regress_rewards_app;
DECLARE kept CURSOR WITH HOLD FOR SELECT template_name FROM rewards.coupon_templates;
BEGIN;
DECLARE another CURSOR WITH HOLD FOR SELECT 1;
CLOSE another;
SELECT rewards.set_company_context(:'company_a') \gset
FETCH ALL FROM kept;
COMMIT;
RESET ROLE;
\c

-- The report

-- A fresh connection has nothing to report, and neither has one whose company's transaction has ended.
SELECT * FROM rewards.session_residue();
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SET LOCAL work_mem = '9MB';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(member('11e1'), 1);
SELECT * FROM rewards.session_residue();
COMMIT;
SELECT * FROM rewards.session_residue();

-- What cannot be refused, or was there before.
SELECT pg_advisory_lock(7), pg_advisory_lock(-1), pg_advisory_lock(5, -7), pg_advisory_lock_shared(8) \gset
PREPARE "find member" AS SELECT 1;
DECLARE kept CURSOR WITH HOLD FOR SELECT 1;
LISTEN "News";
CREATE TEMP TABLE earlier (a integer PRIMARY KEY, b text);
CREATE FUNCTION pg_temp.earlier(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE pg_temp.mood AS ENUM ('good');
SET work_mem = '8MB';
SET search_path = public, pg_temp;
SELECT set_config('app.user', 'Ann', false) \gset
SET ROLE regress_rewards_app;
SELECT * FROM rewards.session_residue();

-- Settings: what stays after the transaction, whatever lies on top of it now.
BEGIN;
SET LOCAL work_mem = '9MB';
SET statement_timeout = '1min';
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '1min';
SET idle_in_transaction_session_timeout = '1min';
SAVEPOINT before;
RESET search_path;
SET lock_timeout = '3min';
SET LOCAL idle_in_transaction_session_timeout = '2min';
SELECT name, setting FROM rewards.session_settings() ORDER BY name COLLATE "C";
ROLLBACK TO before;
SELECT name, setting FROM rewards.session_settings() ORDER BY name COLLATE "C";
ROLLBACK;
RESET ROLE;
SET SESSION AUTHORIZATION regress_rewards_app;
SELECT name, setting FROM rewards.session_settings() WHERE name ~ 'role|authorization' ORDER BY name;
RESET SESSION AUTHORIZATION;

-- What only superusers may see, the report does not show to others.
SET dynamic_library_path = '$libdir:/nowhere';
SET ROLE regress_rewards_app;
SELECT name, setting FROM rewards.session_settings() WHERE name = 'dynamic_library_path';
RESET ROLE;
SELECT name, setting FROM rewards.session_settings() WHERE name = 'dynamic_library_path';

-- DISCARD ALL clears everything.
DISCARD ALL;
SELECT * FROM rewards.session_residue();
DROP TABLE changes, left_behind, numbers;
DROP FUNCTION with_role(), keeper();
