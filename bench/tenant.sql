-- One table for all ways of keeping companies apart: each way has a role of its own, and a policy for that role. The owner,
-- whom row-level security does not hold, says the company in its WHERE.
DROP ROLE IF EXISTS bench_where, bench_setting, bench_wrapped, bench_plpgsql, bench_rewards;
CREATE SCHEMA bench;
CREATE TABLE bench.orders (id uuid PRIMARY KEY, company_id uuid NOT NULL, number bigint NOT NULL, amount integer NOT NULL, note text NOT NULL);
CREATE TABLE bench.items (order_id uuid NOT NULL, company_id uuid NOT NULL, quantity integer NOT NULL);

CREATE FUNCTION bench.company(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN md5('company ' || number)::uuid;
-- Company 1 has a fifth of all rows, in no order.
INSERT INTO bench.orders
     SELECT md5(n::text)::uuid, bench.company(CASE WHEN n % 5 = 0 THEN 1 ELSE 2 + (n * 7919) % (:companies - 1) END), n, n % 100, repeat('note ', 8)
       FROM generate_series(1::bigint, :rows) AS n;
INSERT INTO bench.items SELECT id, company_id, amount FROM bench.orders;
CREATE INDEX ON bench.orders (company_id);
CREATE INDEX ON bench.items (company_id);
CREATE INDEX ON bench.items (order_id);
CREATE INDEX ON bench.orders (number);

CREATE ROLE bench_where;
CREATE ROLE bench_setting;
CREATE ROLE bench_wrapped;
CREATE ROLE bench_plpgsql;
CREATE ROLE bench_rewards;
GRANT USAGE ON SCHEMA bench TO bench_where, bench_setting, bench_wrapped, bench_plpgsql, bench_rewards;
GRANT SELECT ON ALL TABLES IN SCHEMA bench TO bench_setting, bench_wrapped, bench_plpgsql, bench_rewards;
GRANT USAGE ON SCHEMA rewards TO bench_rewards;
GRANT EXECUTE ON FUNCTION rewards.set_company_context(uuid, text, text) TO bench_rewards;

CREATE FUNCTION bench.current_company() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN current_setting('app.company')::uuid; END $$;
SELECT format('ALTER TABLE bench.%1$s OWNER TO bench_where;
               ALTER TABLE bench.%1$s ENABLE ROW LEVEL SECURITY;
               CREATE POLICY setting ON bench.%1$s TO bench_setting USING (company_id = current_setting(''app.company'')::uuid);
               CREATE POLICY wrapped ON bench.%1$s TO bench_wrapped USING (company_id = (SELECT current_setting(''app.company'')::uuid));
               CREATE POLICY plpgsql ON bench.%1$s TO bench_plpgsql USING (company_id = bench.current_company());
               CREATE POLICY rewards ON bench.%1$s TO bench_rewards USING (company_id = rewards.get_current_company_id())', name)
  FROM unnest(ARRAY['orders', 'items']) AS name \gexec

-- The conditions are for the way that has no policy.
CREATE TABLE bench.cases (place integer PRIMARY KEY, name text, goal text, company uuid, repeats integer, settings text, source text);
INSERT INTO bench.cases VALUES
    (1, 'point: one row by its key', '', bench.company(1), 2000, '', NULL),
    (2, 'index: rows of a small company', '<= 1.05', bench.company(500), 30, 'max_parallel_workers_per_gather = 0', 'bench.orders o WHERE %1$s'),
    (3, 'scan: the condition on every row', '<= 1.4', bench.company(500), 1,
     'max_parallel_workers_per_gather = 0, enable_indexscan = off, enable_indexonlyscan = off, enable_bitmapscan = off', 'bench.orders o WHERE %1$s'),
    (4, 'parallel: that with two workers', '', bench.company(500), 1,
     'parallel_setup_cost = 0, parallel_tuple_cost = 0, min_parallel_table_scan_size = 0, enable_indexscan = off, enable_indexonlyscan = off, enable_bitmapscan = off',
     'bench.orders o WHERE %1$s'),
    (5, 'join: all of the big company', '', bench.company(1), 1, 'max_parallel_workers_per_gather = 0',
     'bench.orders o JOIN bench.items i ON i.order_id = o.id WHERE %1$s AND %2$s'),
    (6, 'join: the newest of the big company', '', bench.company(1), 2, 'max_parallel_workers_per_gather = 0',
     'bench.orders o JOIN bench.items i ON i.order_id = o.id WHERE %1$s AND %2$s ORDER BY o.number DESC LIMIT 10');

-- A cached plan. Every role calls this, and has the plan made anew, which is what the first calls are for.
CREATE FUNCTION bench.time_points(company uuid, repeats integer) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    ids CONSTANT uuid[] := ARRAY(SELECT md5(n::text)::uuid FROM generate_series(5, 500, 5) AS n);  -- of company 1
    started timestamptz;
    found text;
BEGIN
    FOR turn IN -20..repeats LOOP
        IF turn = 1 THEN started := clock_timestamp(); END IF;
        IF company IS NULL THEN
            SELECT note INTO STRICT found FROM bench.orders WHERE id = ids[1 + abs(turn) % 100];
        ELSE
            SELECT note INTO STRICT found FROM bench.orders WHERE id = ids[1 + abs(turn) % 100] AND company_id = company;
        END IF;
    END LOOP;
    RETURN extract(epoch FROM clock_timestamp() - started) * 1e6 / repeats;
END $$;
-- Planned each time, with the company known, as an application's statement is.
CREATE FUNCTION bench.time_statement(statement text, repeats integer) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    started timestamptz;
    found bigint;
BEGIN
    FOR turn IN (2 - least(repeats, 3))..repeats LOOP
        IF turn = 1 THEN started := clock_timestamp(); END IF;
        EXECUTE statement INTO STRICT found;
    END LOOP;
    IF found = 0 THEN RAISE 'there are no rows: %', statement; END IF;
    RETURN extract(epoch FROM clock_timestamp() - started) * 1e6 / repeats;
END $$;

CREATE FUNCTION bench.plan(source text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) SELECT o.note FROM ' || source INTO plan;
    RETURN plan -> 0 -> 'Plan';
END $$;
-- The settings, the role and the context are of the transaction, and are there before the clock starts.
CREATE FUNCTION bench.enter(way text, company uuid, settings text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    setting text;
BEGIN
    FOREACH setting IN ARRAY string_to_array(settings, ', ') LOOP
        EXECUTE 'SET LOCAL ' || setting;
    END LOOP;
    EXECUTE 'SET LOCAL ROLE bench_' || way;
    IF way = 'rewards' THEN
        PERFORM rewards.set_company_context(company);
    ELSE
        PERFORM set_config('app.company', company::text, true);
    END IF;
END $$;
CREATE PROCEDURE bench.measure(measured integer, way text, OUT microseconds double precision, OUT expected_rows double precision)
LANGUAGE plpgsql AS $$
DECLARE
    this CONSTANT bench.cases := c FROM bench.cases AS c WHERE c.place = measured;
    says_company CONSTANT boolean := way = 'where';
    conditions CONSTANT text[] := ARRAY(SELECT CASE WHEN says_company THEN format('%s.company_id = %L', alias, this.company) ELSE 'true' END
                                          FROM unnest(ARRAY['o', 'i']) AS alias);
    source CONSTANT text := format(this.source, VARIADIC conditions);
    plan json;
BEGIN
    PERFORM bench.enter(way, this.company, this.settings);
    IF source IS NULL THEN
        microseconds := bench.time_points(CASE WHEN says_company THEN this.company END, this.repeats);
    ELSE
        plan := bench.plan(source);
        microseconds := bench.time_statement(format('SELECT count(note) FROM (SELECT o.note FROM %s) AS found', source), this.repeats);
    END IF;
    COMMIT;
    IF (this.name LIKE 'parallel%') <> (coalesce(plan::text, '') LIKE '%"Gather"%') THEN
        RAISE 'another plan was wanted for %: %', this.name, plan;
    END IF;
    expected_rows := plan ->> 'Plan Rows';
END $$;
VACUUM ANALYZE;
CHECKPOINT;
