-- What was planned, cached, opened or handed to other processes under one company shows the next company its own rows.
\ir tenant/two_companies.sql
SELECT * FROM no_plan();

-- The companies differ in how many events they have.
SELECT rewards.set_company_context(:'other') \g /dev/null
INSERT INTO rewards.points_events (company_id, user_id, event_type, event_time, points_delta)
    VALUES (:'other', :'ann', 'more', now(), 1), (:'other', :'ann', 'more', now(), 1), (:'other', :'bob', 'more', now(), 1);
CREATE TABLE attack.shown AS
    SELECT who, company, member, actor, role,
           (SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events
             WHERE company_id = company AND user_id = coalesce(member, user_id)) AS rows,
           (SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events
             WHERE company_id = company AND user_id = coalesce(member, :'ann') AND user_id = :'ann') AS of_ann
      FROM (VALUES (1, 'acme', :'acme'::uuid, NULL::uuid, 'till', 'service'), (2, 'nobody', NULL, NULL, NULL, NULL),
                   (3, 'other', :'other', NULL, 'till', 'service'), (4, 'ann of acme', :'acme', :'ann', :'ann', 'user'),
                   (5, 'bob of other', :'other', :'bob', :'bob', 'user'),
                   (6, 'acme again', :'acme', NULL, 'till', 'admin')) AS contexts (number, who, company, member, actor, role)
     ORDER BY number;
GRANT SELECT ON attack.shown TO PUBLIC;
CREATE TABLE attack.event AS SELECT id AS event_id, company_id FROM rewards.points_events;  -- which no policy guards
GRANT SELECT ON attack.event TO PUBLIC;
SELECT is(count(DISTINCT rows), 5::bigint, 'each has other rows') FROM attack.shown;

CREATE FUNCTION attack.by_plpgsql(member uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events WHERE user_id = coalesce(member, user_id));
END $$;
CREATE FUNCTION attack.by_sql(member uuid) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events WHERE user_id = coalesce(member, user_id) $$;
CREATE FUNCTION attack.by_parsed_sql(member uuid) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events WHERE user_id = coalesce(member, user_id));
CREATE FUNCTION attack.by_owner(member uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
    $$ SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events WHERE user_id = coalesce(member, user_id) $$;
GRANT CREATE ON SCHEMA attack TO attack_admin;
ALTER FUNCTION attack.by_owner(uuid) OWNER TO attack_admin;
REVOKE CREATE ON SCHEMA attack FROM attack_admin;
CREATE VIEW attack.by_view WITH (security_invoker = true) AS SELECT company_id, user_id FROM rewards.points_events;
GRANT SELECT ON attack.by_view TO PUBLIC;

SET ROLE attack_app;
PREPARE by_scan(uuid) AS SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events WHERE user_id = coalesce($1, user_id);
PREPARE by_index(uuid) AS SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM rewards.points_events
    WHERE user_id BETWEEN coalesce($1, '00000000-0000-0000-0000-000000000000') AND coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
PREPARE by_join(uuid) AS SELECT format('%s rows of %s', count(*), array_agg(DISTINCT e.company_id))
    FROM rewards.points_events e JOIN rewards.user_points_cache a USING (user_id, company_id) WHERE e.user_id = coalesce($1, e.user_id);
PREPARE by_view(uuid) AS SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) FROM attack.by_view WHERE user_id = coalesce($1, user_id);

-- Every statement under every context in turn, with the plans that the ones before have left.
RESET ROLE;
CREATE FUNCTION attack.check_plans(context text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    expected attack.shown;
    statement text;
    rows text;
BEGIN
    SELECT * INTO expected FROM attack.shown WHERE who = context;
    FOREACH statement IN ARRAY ARRAY['EXECUTE by_scan(%L)', 'EXECUTE by_index(%L)', 'EXECUTE by_join(%L)', 'EXECUTE by_view(%L)', 'SELECT attack.by_plpgsql(%L)',
        'SELECT attack.by_sql(%L)', 'SELECT attack.by_parsed_sql(%L)', 'SELECT attack.by_owner(%L)'] LOOP
        EXECUTE format(statement, NULL) INTO rows;
        RETURN NEXT attack.is(rows, expected.rows, format('%s, %s: %s', current_setting('plan_cache_mode'), context, format(statement, NULL)));
        EXECUTE format(statement, attack.id('ann')) INTO rows;
        RETURN NEXT attack.is(rows, expected.of_ann, format('%s, %s: %s', current_setting('plan_cache_mode'), context, format(statement, 'ann')));
    END LOOP;
    -- Our own functions keep plans, too.
    IF expected.company IS NULL OR expected.member <> attack.id('ann') THEN RETURN; END IF;
    SELECT format('%s rows of %s', count(*), array_agg(DISTINCT company_id)) INTO rows
      FROM rewards.points_history(attack.id('ann'), 1000) JOIN attack.event USING (event_id);
    RETURN NEXT attack.is(rows, expected.of_ann, format('%s, %s: points_history', current_setting('plan_cache_mode'), context));
    SELECT format('%s rows of %s', count(rewards.event_receipt(event_id)), array_agg(DISTINCT company_id) FILTER (WHERE rewards.event_receipt(event_id) IS NOT NULL))
      INTO rows FROM attack.event;
    RETURN NEXT attack.is(rows, expected.rows, format('%s, %s: event_receipt', current_setting('plan_cache_mode'), context));
END $$;
SET ROLE attack_app;
SELECT format(step, mode, company, actor, role, who)
  FROM unnest(ARRAY['force_generic_plan', 'auto', 'force_custom_plan']) WITH ORDINALITY AS modes (mode, first), attack.shown,
       unnest(ARRAY['SET plan_cache_mode = %1$s', 'BEGIN', 'DO $do$ BEGIN PERFORM rewards.set_company_context(%2$L, %3$L, %4$L) WHERE %2$L IS NOT NULL; END $do$',
                    'SELECT attack.check_plans(%5$L)', 'COMMIT']) WITH ORDINALITY AS steps (step, second)
 ORDER BY first, shown.ctid, second \gexec
RESET ROLE;

-- Cursors

SET ROLE attack_app;
BEGIN;
DECLARE early CURSOR FOR SELECT company_id FROM rewards.points_events;
SAVEPOINT before;
SELECT rewards.set_company_context(:'acme') \g /dev/null
FETCH early \gset early_
SELECT attack.is(:'early_company_id'::uuid, :'acme', 'a cursor from before the context shows its company''s rows');
DECLARE late CURSOR FOR SELECT company_id FROM rewards.points_events;
FETCH late \g /dev/null
SELECT attack.is(attack.state_of($$ SELECT rewards.set_company_context(attack.id('other')) $$), '55000', 'an open cursor opens no other company');
FETCH late \gset late_
SELECT attack.is(:'late_company_id'::uuid, :'acme', '... nor changes its rows');
ROLLBACK TO before;
SELECT attack.is(attack.state_of('FETCH late'), '34000', 'a cursor of a context that is gone is gone');
COMMIT;
SELECT attack.is(attack.state_of('FETCH early'), '34000', 'a cursor ends with its transaction');

-- What would outlive the transaction

SELECT attack.is(attack.state_of(format('SELECT FROM rewards.set_company_context(%L); %s', :'acme', statement)), '55000', 'while sealed: ' || statement)
  FROM unnest(ARRAY['DECLARE held CURSOR WITH HOLD FOR SELECT FROM rewards.points_events', 'LISTEN news', 'DO $do$ BEGIN LISTEN news; END $do$',
      'CREATE TEMP TABLE stolen AS SELECT * FROM rewards.points_events', 'SELECT * INTO TEMP stolen FROM rewards.points_events',
      'CREATE TABLE pg_temp.stolen (x int)',
      'CREATE TEMP TABLE stolen (x int) ON COMMIT DROP', 'CREATE TEMP VIEW stolen AS SELECT 1', 'CREATE TEMP SEQUENCE stolen',
      'CREATE TYPE pg_temp.stolen AS (x int)',
      'CREATE TYPE pg_temp.stolen AS ENUM ()', 'CREATE TYPE pg_temp.stolen AS RANGE (subtype = bigint)', 'CREATE DOMAIN pg_temp.stolen AS int',
      'CREATE FUNCTION pg_temp.stolen() RETURNS int LANGUAGE sql RETURN 1', 'CREATE PROCEDURE pg_temp.stolen() LANGUAGE sql AS $f$ $f$',
      'CREATE AGGREGATE pg_temp.stolen(int) (SFUNC = int4pl, STYPE = int)', 'CREATE OPERATOR pg_temp.<<< (LEFTARG = int, RIGHTARG = int, FUNCTION = int4lt)',
      'CREATE COLLATION pg_temp.stolen FROM "C"', 'CREATE TEXT SEARCH DICTIONARY pg_temp.stolen (TEMPLATE = simple)']) AS statement;
SELECT attack.is(attack.state_of(format('DECLARE held CURSOR WITH HOLD FOR SELECT FROM rewards.points_events; SELECT FROM rewards.set_company_context(%L)', :'acme')),
    '55000',
    'a cursor that was declared to outlive the transaction before it had a context');
RESET ROLE;

-- Workers

SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET min_parallel_index_scan_size = 0;
SET parallel_leader_participation = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
CREATE FUNCTION attack.workers(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || statement INTO plan;
    RETURN sum(launched::int) FROM (SELECT (regexp_matches(plan, '"Workers Launched": (\d+)', 'g'))[1] AS launched) AS gathers;
END $$;
-- Unlike EXECUTE ... INTO, which asks for one row and gets no workers.
CREATE FUNCTION attack.answer(statement text) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN RETURN QUERY EXECUTE statement; END';
CREATE FUNCTION attack.process(uuid) RETURNS integer LANGUAGE internal PARALLEL SAFE AS 'pg_backend_pid';
CREATE FUNCTION attack.in_worker() RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
    PERFORM set_config('rewards.context', attack.id('other') || ' service x', true);
    RETURN 'set';
END $$;
-- The leader would count no row.
CREATE VIEW attack.parallel AS
    SELECT name, format('SELECT format(''%%s rows of %%s'', count(*), array_agg(DISTINCT company_id)) FROM %s WHERE attack.process(user_id) <> %s',
        source, pg_backend_pid()) AS statement
      FROM (VALUES ('a scan', 'rewards.points_events'),
                   ('a join', 'rewards.points_events JOIN rewards.user_points_cache USING (user_id, company_id)'),
                   ('the context itself',
                    '(SELECT user_id, rewards.get_current_company_id() AS company_id FROM rewards.points_events) AS e')) AS queries (name, source);
GRANT SELECT ON attack.parallel TO PUBLIC;
CREATE FUNCTION attack.enter_in_worker() RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
    PERFORM rewards.set_company_context(attack.id('other'));
    RETURN 'entered';
END $$;
CREATE FUNCTION attack.check_workers(context text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT attack.is(answer, s.rows, format('%s, workers: %s', context, name))
      FROM attack.shown s, attack.parallel, attack.answer(statement) AS answer WHERE s.who = context
$$;
SET ROLE attack_app;
SELECT format(step, company, actor, role, who)
  FROM attack.shown,
       unnest(ARRAY['BEGIN', 'DO $do$ BEGIN PERFORM rewards.set_company_context(%1$L, %2$L, %3$L) WHERE %1$L IS NOT NULL; END $do$',
                    'SELECT attack.check_workers(%4$L)', 'COMMIT']) WITH ORDINALITY AS steps (step, second)
 ORDER BY shown.ctid, second \gexec
BEGIN;
SELECT rewards.set_company_context(:'acme') \g /dev/null
SELECT attack.is(attack.workers(statement) > 0, true, 'workers are launched for ' || name) FROM attack.parallel;
SELECT attack.is(attack.state_of('SELECT attack.in_worker() FROM rewards.points_events'), '25000', 'a worker sets no context of its own');
SELECT attack.is(attack.state_of('SELECT attack.enter_in_worker() FROM rewards.points_events'), '25000', '... nor enters a company');
COMMIT;
RESET ROLE;
-- A worker does not know the seal: that the default of the database does not stand in for a lost context has to reach it.
BEGIN;
SELECT set_config('rewards.default_company_id', :'acme', true) \g /dev/null
SET LOCAL ROLE attack_app;
SELECT attack.is(answer LIKE '% rows of {' || :'acme' || '}', true, 'workers see the rows of the default: ' || name)
  FROM attack.parallel, attack.answer(statement) AS answer;
SAVEPOINT before;
SELECT rewards.set_company_context(:'other') \g /dev/null
ROLLBACK TO before;
SELECT attack.is(answer, '0 rows of ', 'and none of it where a context was lost: ' || name) FROM attack.parallel, attack.answer(statement) AS answer;
ROLLBACK TO before;
SELECT attack.is(answer, '0 rows of ', '... nor after one more ROLLBACK TO: ' || name) FROM attack.parallel, attack.answer(statement) AS answer;
COMMIT;

SELECT * FROM finish();
\ir tenant/remove.sql
