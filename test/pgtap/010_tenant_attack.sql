-- Once a transaction is sealed for a company, no SQL that is injected into it makes it another one's: neither as the role of
-- a back end nor as a superuser, by no way of setting, resetting or changing the context, the role or the default.
\ir tenant/two_companies.sql
SELECT * FROM no_plan();

CREATE TABLE attack.attempt (number serial, name text, statement text, app text, superuser text);
GRANT SELECT ON attack.attempt TO PUBLIC;
INSERT INTO attack.attempt (name, statement, app, superuser) VALUES
    ('SET',                                 $$ SET rewards.context = 'forged' $$, '42501', '42501'),
    ('SET to nothing',                      $$ SET rewards.context = '' $$, '42501', '42501'),
    ('SET LOCAL',                           $$ SET LOCAL rewards.context = 'forged' $$, '42501', '42501'),
    ('SET LOCAL to nothing',                $$ SET LOCAL rewards.context = '' $$, '42501', '42501'),
    ('SET SESSION',                         $$ SET SESSION rewards.context = 'forged' $$, '42501', '42501'),
    ('SET with the name in capitals',       $$ SET "Rewards.Context" = 'forged' $$, '42501', '42501'),
    ('SET to the value that is there',      $$ SELECT set_config('rewards.context', current_setting('rewards.context'), true) $$, '42501', '42501'),
    ('set_config',                          $$ SELECT set_config('rewards.context', 'forged', true) $$, '42501', '42501'),
    ('set_config for the session',          $$ SELECT set_config('rewards.context', 'forged', false) $$, '42501', '42501'),
    ('set_config to null',                  $$ SELECT set_config('rewards.context', NULL, true) $$, '42501', '42501'),
    ('set_config in WHERE',                 $$ SELECT FROM rewards.points_events WHERE set_config('rewards.context', 'forged', true) <> '' $$, '42501', '42501'),
    ('set_config in a subquery that is planned first',
        $$ SELECT FROM rewards.points_events WHERE company_id = (SELECT split_part(set_config('rewards.context', 'forged', true), ' ', 1)::uuid) $$, '42501', '42501'),
    ('set_config in DO',                    $$ DO 'BEGIN PERFORM set_config(''rewards.context'', ''forged'', true); END' $$, '42501', '42501'),
    ('SET LOCAL in DO',                     $$ DO 'BEGIN SET LOCAL rewards.context = ''forged''; END' $$, '42501', '42501'),
    ('set_config in COPY',                  $$ COPY (SELECT set_config('rewards.context', 'forged', true)) TO '/dev/null' $$, '42501', '42501'),
    ('set_config in a cursor',
        $$ DO 'DECLARE c CURSOR FOR SELECT set_config(''rewards.context'', ''forged'', true); t text; BEGIN OPEN c; FETCH c INTO t; END' $$, '42501', '42501'),
    ('set_config in a query for XML',       $$ SELECT query_to_xml('SELECT set_config(''rewards.context'', ''forged'', true)', true, true, '') $$, '42501', '42501'),
    ('set_config in a query for text search', $$ SELECT ts_stat('SELECT set_config(''rewards.context'', ''forged'', true)::tsvector') $$, '42501', '42501'),
    ('UPDATE pg_settings',                  $$ UPDATE pg_settings SET setting = 'forged' WHERE name = 'rewards.context' $$, 'no change', 'no change'),
    ('UPDATE all of pg_settings',           $$ UPDATE pg_settings SET setting = 'forged' WHERE name LIKE 'rewards.%' $$, '42501', '22023'),
    ('RESET',                               $$ RESET rewards.context $$, '42501', '42501'),
    ('SET TO DEFAULT',                      $$ SET rewards.context TO DEFAULT $$, '42501', '42501'),
    ('SET LOCAL TO DEFAULT',                $$ SET LOCAL rewards.context TO DEFAULT $$, '42501', '42501'),
    ('RESET ALL',                           $$ RESET ALL $$, 'no change', 'no change'),
    ('DISCARD ALL',                         $$ DISCARD ALL $$, '25001', '25001'),
    ('SET FROM CURRENT in a function',      $$ CREATE FUNCTION attack.f() RETURNS void LANGUAGE sql SET rewards.context FROM CURRENT AS '' $$, '42501', '42501'),
    ('a function''s SET clause',            $$ CREATE FUNCTION attack.f() RETURNS void LANGUAGE sql SET rewards.context = 'forged' AS '' $$, '42501', '42501'),
    ('a procedure''s SET clause',           $$ CREATE PROCEDURE attack.p() LANGUAGE sql SET rewards.context = 'forged' AS '' $$, '42501', '42501'),
    ('ALTER FUNCTION ... SET',              $$ ALTER FUNCTION attack.harmless() SET rewards.context = 'forged' $$, '42501', '42501'),
    ('ALTER ROLE ... SET',                  $$ ALTER ROLE CURRENT_USER SET rewards.context = 'forged' $$, '42501', '42501'),
    ('ALTER ROLE ... SET of the default',   $$ ALTER ROLE CURRENT_USER SET rewards.default_company_id = 'forged' $$, '42501', '22023'),
    ('ALTER DATABASE ... SET',
        $$ DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET rewards.context = %L'', current_database(), ''forged''); END' $$, '42501', '42501'),
    ('ALTER SYSTEM',                        $$ ALTER SYSTEM SET rewards.context = 'forged' $$, '25001', '25001'),
    ('GRANT SET ON PARAMETER, then SET',    $$ GRANT SET ON PARAMETER rewards.context TO CURRENT_USER; SET rewards.context = 'forged' $$, '42501', '42501'),
    ('set_company_context',                 $$ SELECT rewards.set_company_context(attack.id('other'), 'x', 'service') $$, '55000', '55000'),
    ('set_company_context with another actor', $$ SELECT rewards.set_company_context(attack.id('acme'), 'y', 'service') $$, '55000', '55000'),
    ('set_company_context with another role', $$ SELECT rewards.set_company_context(attack.id('acme'), 'x', 'admin') $$, '55000', '55000'),
    ('set_company_context in WHERE',
        $$ SELECT FROM rewards.points_events WHERE rewards.set_company_context(attack.id('other'), 'x', 'service') IS NOT NULL $$, '55000', '55000'),
    ('the default of the database',         $$ SET LOCAL rewards.default_company_id = '00000000-0000-4000-8000-000000000001' $$, '42501', 'no change'),
    ('begin_cross_company_access',          $$ SELECT rewards.begin_cross_company_access('because') $$, '42501', '55000'),
    ('LOAD',                                $$ LOAD 'pg_rewards' $$, '42501', 'no change'),
    ('another setting of ours',             $$ SET rewards.company_id = 'forged' $$, '42602', '42602');
SELECT rewards.issue_company_token(:'other', 'x', 'service') AS token \gset
INSERT INTO attack.attempt (name, statement, app, superuser) VALUES
    ('a token of another company',          format('SELECT rewards.set_company_context_token(%L)', :'token'), '55000', '55000'),
    ('a token that is altered',             format('SELECT rewards.set_company_context_token(%L)', reverse(:'token')), '28000', '28000'),
    ('issuing a token of another company',  $$ SELECT rewards.issue_company_token(attack.id('other'), 'x', 'service') $$, '42501', '42501'),
    ('issuing a token of role admin',       $$ SELECT rewards.issue_company_token(attack.id('acme'), 'x', 'admin') $$, '42501', '42501'),
    ('adopting forged claims',
        format($$ SET LOCAL request.jwt.claims = '{"company_id": "%s", "sub": "x", "rewards_role": "service"}'; SELECT rewards.adopt_request_claims() $$, :'other'),
        '55000', '42501');
GRANT EXECUTE ON FUNCTION rewards.adopt_request_claims() TO attack_app;
CREATE FUNCTION attack.harmless() RETURNS void LANGUAGE sql AS '';
ALTER FUNCTION attack.harmless() OWNER TO attack_app;
GRANT CREATE ON SCHEMA attack TO attack_app;
GRANT pg_write_server_files TO attack_app;

GRANT attack_admin TO attack_app;

-- What a statement ended with, or what it changed.
CREATE FUNCTION attack.state() RETURNS text LANGUAGE sql AS $$
    SELECT format('context %s, actor %s, role %s, rows of %s', rewards.get_current_company_id(),
                  split_part(current_setting('rewards.context'), ' ', 3), current_user, array_agg(DISTINCT company_id)) FROM rewards.points_events
$$;
CREATE FUNCTION attack.result(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text := attack.state();
    after text;
BEGIN
    EXECUTE replace(statement, 'forged', attack.id('other') || ' service x');
    after := attack.state();
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE WHEN after <> before THEN after WHEN attack.state() <> before THEN attack.state()
                WHEN SQLSTATE = 'UNDOX' THEN 'no change' ELSE SQLSTATE END;
END $$;

BEGIN;
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.is(attack.result(statement), app, 'as a back end: ' || name) FROM attack.attempt ORDER BY number;
SELECT attack.is((SELECT array_agg(DISTINCT company_id) FROM rewards.points_events), ARRAY[:'acme'::uuid], 'as a back end: the rows are still those of the company');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT is(attack.result(statement), superuser, 'as a superuser: ' || name) FROM attack.attempt ORDER BY number;
SELECT is(rewards.get_current_company_id(), :'acme', 'as a superuser: the company is still the same');
COMMIT;

-- The privilege to set the parameter is none to forge it.
GRANT SET, ALTER SYSTEM ON PARAMETER rewards.context TO attack_app;
BEGIN;
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.is(attack.result(statement), app, 'with GRANT SET ON PARAMETER: ' || name) FROM attack.attempt WHERE statement ~ 'rewards.context' ORDER BY number;
COMMIT;
BEGIN;
SET LOCAL ROLE attack_app;
SELECT attack.is(attack.state_of(replace(statement, 'forged', :'other' || ' service x')), '42501', 'with GRANT SET ON PARAMETER and no context: ' || name)
  FROM attack.attempt WHERE name IN ('SET', 'SET LOCAL', 'set_config', 'set_config for the session', 'a function''s SET clause',
        'ALTER ROLE ... SET') ORDER BY number;
COMMIT;
REVOKE SET, ALTER SYSTEM ON PARAMETER rewards.context FROM attack_app;

-- Inside of one SELECT: a function that tries everything at every row, and hides its errors, changes no row of it.
CREATE FUNCTION attack.try_all() RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
DECLARE
    attempt attack.attempt;
BEGIN
    FOR attempt IN SELECT * FROM attack.attempt LOOP PERFORM attack.result(attempt.statement); END LOOP;
    RETURN true;
END $$;
BEGIN;
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT count(*) AS rows FROM rewards.points_events \gset
SELECT attack.is(format('%s rows of %s', count(*), array_agg(DISTINCT company_id)), format('%s rows of {%s}', :rows, :'acme'),
        'one SELECT with every attempt in ' || place)
  FROM (SELECT 'WHERE' AS place, company_id FROM rewards.points_events WHERE attack.try_all()
        UNION ALL SELECT 'its list', company_id FROM (SELECT company_id, attack.try_all() FROM rewards.points_events OFFSET 0) AS e
        UNION ALL SELECT 'ORDER BY', company_id FROM (SELECT company_id FROM rewards.points_events ORDER BY attack.try_all(), id) AS e
        UNION ALL SELECT 'JOIN', e.company_id FROM (SELECT attack.try_all() AS done) AS first
          JOIN LATERAL (SELECT company_id FROM rewards.points_events) AS e ON done
        UNION ALL (WITH tried AS MATERIALIZED (SELECT attack.try_all() AS done)
                   SELECT 'WITH', company_id FROM tried, rewards.points_events WHERE done)) AS attacked
 GROUP BY place;
COMMIT;

-- Back to a savepoint

BEGIN;
SET LOCAL ROLE attack_app;
SAVEPOINT before;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
ROLLBACK TO before;
SELECT attack.is(rewards.get_current_company_id(), NULL, 'after ROLLBACK TO there is no company');
SELECT attack.is((SELECT count(*) FROM rewards.points_events), 0::bigint, '... and there are no rows');
SELECT attack.is(attack.state_of(replace(statement, 'forged', :'other' || ' service x')), '55000', 'after ROLLBACK TO: ' || name)
  FROM attack.attempt WHERE name ~ '^set_company_context' AND name !~ 'with another|WHERE' ORDER BY number;
SELECT attack.is(attack.state_of(replace(statement, 'forged', :'other' || ' service x')), '42501', 'after ROLLBACK TO: ' || name)
  FROM attack.attempt WHERE name IN ('SET', 'SET LOCAL', 'SET to nothing', 'set_config', 'set_config in DO') ORDER BY number;
SELECT attack.is(attack.state_of('SET LOCAL ROLE attack_admin'), '42501', 'after ROLLBACK TO: SET LOCAL ROLE');
SELECT attack.is(attack.state_of($$ SELECT rewards.award_points(attack.id('ann'), 1) $$), '28000', 'after ROLLBACK TO nothing is done for any company');
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.is(rewards.get_current_company_id(), :'acme', 'the same context may come back');
SAVEPOINT inner_point;
SELECT attack.is(attack.state_of($$ SELECT rewards.set_company_context(attack.id('other'), 'x', 'service') $$), '55000', '... and is sealed');
ROLLBACK TO inner_point;
SELECT attack.is(rewards.get_current_company_id(), :'acme', 'ROLLBACK TO a later savepoint leaves it');
RELEASE before;
SELECT attack.is(rewards.get_current_company_id(), :'acme', 'and so does RELEASE');
COMMIT;
SELECT is(rewards.get_current_company_id(), NULL, 'COMMIT ends it');

CREATE FUNCTION attack.lose_context() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.set_company_context(attack.id('acme'), 'x', 'service');
    PERFORM 1 / 0;
EXCEPTION WHEN division_by_zero THEN
    PERFORM rewards.set_company_context(attack.id('other'), 'x', 'service');
END $$;
SELECT throws_ok('SELECT attack.lose_context()', '55000', NULL, 'an exception block in a function opens the way to no other company');
CREATE FUNCTION attack.enter_by_settings() RETURNS void LANGUAGE sql SET work_mem = '1MB' SET search_path = pg_catalog
    AS $$ SELECT rewards.set_company_context(attack.id('acme'), 'x', 'service') $$;
BEGIN;
SELECT attack.enter_by_settings() \g /dev/null
SELECT is(rewards.get_current_company_id(), :'acme', 'a context outlives the function with settings of its own that set it');
SELECT is(attack.state_of($$ SELECT rewards.set_company_context(attack.id('other'), 'x', 'service') $$), '55000', '... and so does the seal');
COMMIT;

-- The role, which is set before the context

CREATE TABLE attack.role_attempt (number serial, name text, statement text);
GRANT SELECT ON attack.role_attempt TO PUBLIC;
CREATE FUNCTION attack.as_other() RETURNS text LANGUAGE sql SET role = attack_admin AS 'SELECT current_user::text';
INSERT INTO attack.role_attempt (name, statement) VALUES
    ('SET ROLE', 'SET ROLE attack_admin'), ('SET LOCAL ROLE', 'SET LOCAL ROLE attack_admin'), ('SET ROLE to the same', 'SET ROLE attack_app'),
    ('SET ROLE NONE', 'SET ROLE NONE'), ('SET LOCAL ROLE NONE', 'SET LOCAL ROLE NONE'), ('RESET ROLE', 'RESET ROLE'),
    ('SET role TO DEFAULT', 'SET role TO DEFAULT'), ('SET ROLE in DO', $$ DO 'BEGIN SET ROLE attack_admin; END' $$),
    ('set_config of role', $$ SELECT set_config('role', 'attack_admin', true) $$),
    ('set_config of role for the session', $$ SELECT set_config('role', 'none', false) $$),
    ('set_config of role in WHERE', $$ SELECT FROM rewards.points_events WHERE set_config('role', 'none', true) <> '' $$),
    ('a function with SET role', 'SELECT attack.as_other()'),
    ('UPDATE pg_settings', $$ SELECT set_config(name, 'none', false) FROM (VALUES ('role')) AS setting (name) $$),
    ('SET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION attack_admin'),
    ('SET LOCAL SESSION AUTHORIZATION', 'SET LOCAL SESSION AUTHORIZATION attack_admin'),
    ('SET SESSION AUTHORIZATION DEFAULT', 'SET SESSION AUTHORIZATION DEFAULT'), ('RESET SESSION AUTHORIZATION', 'RESET SESSION AUTHORIZATION'),
    ('set_config of session_authorization', $$ SELECT set_config('session_authorization', 'attack_admin', true) $$);
-- RESET to what is there anyway has nothing to refuse.
CREATE FUNCTION attack.check_roles(who text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    attempt attack.role_attempt;
    before name := current_user;
    result text;
BEGIN
    FOR attempt IN SELECT * FROM attack.role_attempt ORDER BY number LOOP
        result := attack.result(attempt.statement);
        RETURN NEXT attack.is(format('%s, %s', result = '42501' OR result = 'no change' AND attempt.name ~ 'RESET|DEFAULT', current_user),
                              't, ' || before, who || ': ' || attempt.name);
    END LOOP;
END $$;
BEGIN;
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.check_roles('as a back end');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.check_roles('as a superuser');
COMMIT;
SET SESSION AUTHORIZATION attack_app;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.check_roles('as who logged in as another');
COMMIT;
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', 'x', 'service') \g /dev/null
SELECT attack.is(attack.result('RESET ROLE'), '42501', 'a superuser who took the role of a back end does not get his own back');
COMMIT;

-- The default of a database, which stands in where nobody has set a context

BEGIN;
SELECT set_config('rewards.default_company_id', :'acme', true) \g /dev/null
SET LOCAL ROLE attack_app;
SELECT attack.is((SELECT array_agg(DISTINCT company_id) FROM rewards.points_events), ARRAY[:'acme'::uuid], 'the default shows its company''s rows');
SELECT attack.is(attack.state_of(statement), '42501', 'as a back end: ' || statement)
  FROM unnest(ARRAY['SET rewards.default_company_id = %L', 'SET LOCAL rewards.default_company_id = %L', 'RESET rewards.default_company_id',
                    'SET rewards.default_company_id TO DEFAULT', $$ SELECT set_config('rewards.default_company_id', %L, true) $$,
                    'ALTER ROLE CURRENT_USER SET rewards.default_company_id = %L',
                    $$ UPDATE pg_settings SET setting = %L WHERE name = 'rewards.default_company_id' $$,
                    'CREATE FUNCTION attack.f() RETURNS void LANGUAGE sql SET rewards.default_company_id = %L RETURN NULL']) AS attempt,
       format(attempt, :'other') AS statement;
SELECT attack.is((SELECT array_agg(DISTINCT company_id) FROM rewards.points_events), ARRAY[:'acme'::uuid], '... and is still that');
SAVEPOINT before;
SELECT rewards.set_company_context(:'other', 'x', 'service') \g /dev/null
SELECT attack.is((SELECT array_agg(DISTINCT company_id) FROM rewards.points_events), ARRAY[:'other'::uuid], 'a context overrides the default');
ROLLBACK TO before;
SELECT attack.is(rewards.get_current_company_id(), NULL, 'for a context that was lost the default does not stand in');
SELECT attack.is((SELECT count(*) FROM rewards.points_events), 0::bigint, '... nor show rows');
SELECT attack.is(attack.state_of($$ SELECT rewards.award_points(attack.id('ann'), 1) $$), '28000', '... nor let anything be done');
COMMIT;
BEGIN;
SELECT set_config('rewards.default_company_id', :'other', true) \g /dev/null
SET LOCAL ROLE attack_app;
SELECT rewards.set_company_context(:'acme', :'ann', 'user') \g /dev/null
SELECT attack.is((SELECT array_agg(DISTINCT company_id || ' ' || user_id) FROM rewards.points_events), ARRAY[:'acme' || ' ' || :'ann'],
    'a member does not become the back end of the default');
COMMIT;
SELECT throws_ok($$ SET rewards.default_company_id = 'acme' $$, '22023', NULL, 'a default that is no id is refused');

SELECT * FROM finish();
REVOKE attack_admin FROM attack_app;
\ir tenant/remove.sql
