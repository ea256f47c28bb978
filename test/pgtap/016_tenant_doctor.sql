-- What leaves companies unprotected is found and mended: each defect is planted in a healthy database, the doctor names it
-- and nothing else, and its statement makes the database healthy again. Staff ask the doctor, not a superuser.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = error;
SET LOCAL search_path = public;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
SELECT * FROM no_plan();

CREATE ROLE pgtap_doctor_owner;
CREATE ROLE pgtap_doctor_app;
CREATE ROLE pgtap_doctor_staff;
GRANT USAGE, CREATE ON SCHEMA rewards TO pgtap_doctor_owner;
DO $$ DECLARE ours regclass; BEGIN
    FOR ours IN SELECT oid FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'v') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO pgtap_doctor_owner', ours);
    END LOOP;
END $$;
SELECT rewards.grant_access(app => 'pgtap_doctor_app', admin => 'pgtap_doctor_staff') \g /dev/null

-- {t} is a healthy table and {p} one that it refers to; the others are names that are free.
CREATE TEMP TABLE names (placeholder text, meaning text, hostile text);
INSERT INTO names VALUES
    ('{s}', 'shop', '"we.ird ""sch''ema"'), ('{t}', 'shop.orders', '"we.ird ""sch''ema"."o''r.d\er""s (ü"'),
    ('{p}', 'shop.customers', '"we.ird ""sch''ema"."cust'' om""ers."'), ('{n}', 'shop.novelty', '"we.ird ""sch''ema"."ne)w"".er"'),
    ('{m}', 'shop.member', '"we.ird ""sch''ema"."mem.ber"""'), ('{v}', 'shop.overview', '"we.ird ""sch''ema"."vi''ew"'),
    ('{w}', 'shop.summary', '"we.ird ""sch''ema".""""'), ('{f}', 'shop.whose', '"we.ird ""sch''ema"."fun''c.(tion"""'),
    ('{x}', 'extra', '"ex''tra""\1 on."'), ('{r}', 'pgtap_doctor_role', '"pgtap doctor ro''le"".\x"'), ('{q}', 'pgtap_doctor_group', '"pgtap doctor gr''ou""p"'),
    ('{k}', '''company_id''', NULL), ('{c}', 'company_id', '"comp''a"".ny\ %I"'), ('{i}', 'customer_id', '"cust ""\1''"');

CREATE FUNCTION pg_temp.doctor_says() RETURNS TABLE (severity text, object text, finding text, why text, mend text) LANGUAGE plpgsql AS $$
DECLARE
    company_column CONSTANT name := (parse_ident(meaning))[1] FROM names WHERE placeholder = '{c}';
BEGIN
    SET LOCAL ROLE pgtap_doctor_staff;
    RETURN QUERY SELECT * FROM rewards.tenant_doctor(company_column);
    RESET ROLE;
END $$;
-- Roles, settings and the release of the server are of the whole cluster.
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.doctor_says();
SELECT is_empty($$ SELECT * FROM before WHERE finding NOT IN ('bypass_reachable', 'login_with_bypassrls', 'vulnerable_server')
                      AND object !~ '^(ROLE|DATABASE) ' $$, 'our own tables are healthy as they come');
CREATE FUNCTION pg_temp.doctor() RETURNS SETOF before LANGUAGE sql AS 'SELECT * FROM pg_temp.doctor_says() EXCEPT SELECT * FROM before';
CREATE FUNCTION pg_temp.named(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM names LOOP
        statement := replace(replace(statement, quote_literal(one.placeholder), quote_literal(one.meaning)), one.placeholder, one.meaning);
    END LOOP;
    RETURN statement;
END $$;
CREATE FUNCTION pg_temp.run(statement text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE pg_temp.named(statement); END $$;
CREATE FUNCTION pg_temp.found(OUT findings text, OUT mends text[]) LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s: %s', severity, finding, object), ', ' ORDER BY finding, object),
           array_agg(DISTINCT mend) FILTER (WHERE mend IS NOT NULL)
      FROM pg_temp.doctor() $$;

-- A mend leads to other findings: a table that gets row-level security has its company column looked at.
CREATE FUNCTION pg_temp.mends(plant text, wanted text, clean_up text DEFAULT 'SELECT') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    found record;
    statement text;
BEGIN
    PERFORM pg_temp.run(plant);
    SELECT * INTO found FROM pg_temp.found();
    RETURN NEXT is(found.findings, pg_temp.named(wanted), plant);
    FOR turn IN 1..4 LOOP
        EXIT WHEN found.mends IS NULL;
        FOREACH statement IN ARRAY found.mends LOOP
            EXECUTE statement;
        END LOOP;
        SELECT * INTO found FROM pg_temp.found();
    END LOOP;
    RETURN NEXT is(found.findings, NULL, '... is mended');
    PERFORM pg_temp.run(clean_up);
END $$;
CREATE FUNCTION pg_temp.tells(plant text, wanted text, undo text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    PERFORM pg_temp.run(plant);
    SELECT * INTO found FROM pg_temp.found();
    PERFORM pg_temp.run(undo);
    RETURN NEXT is(found.findings, pg_temp.named(wanted), plant);
    RETURN NEXT is(found.mends, NULL, '... is for nobody to mend by one statement');
END $$;
CREATE FUNCTION pg_temp.accepts(plant text, undo text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    PERFORM pg_temp.run(plant);
    SELECT * INTO found FROM pg_temp.found();
    PERFORM pg_temp.run(undo);
    RETURN is(found.findings, NULL, 'healthy: ' || plant);
END $$;

CREATE FUNCTION pg_temp.make_healthy() RETURNS void LANGUAGE sql AS $body$
    SELECT pg_temp.run($$
    CREATE SCHEMA {s} AUTHORIZATION pgtap_doctor_owner;
    CREATE TABLE {p} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), {c} uuid, name text, UNIQUE ({c}, id));
    CREATE TABLE {t} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), {c} uuid, code text, note text, {i} uuid);
    ALTER TABLE {p} OWNER TO pgtap_doctor_owner; ALTER TABLE {t} OWNER TO pgtap_doctor_owner;
    SELECT rewards.enable_tenant_rls('{p}', {k}); SELECT rewards.enable_tenant_rls('{t}', {k}) $$);
$body$;
SELECT pg_temp.make_healthy() \g /dev/null
SELECT is(findings, NULL, 'a table that is enabled is healthy') FROM pg_temp.found();

-- Tables

SELECT pg_temp.mends('CREATE TABLE {n} ({c} uuid); ALTER TABLE {n} OWNER TO pgtap_doctor_owner', 'error no_rls: {n}', 'DROP TABLE {n}');
SELECT pg_temp.mends('ALTER TABLE {t} DISABLE ROW LEVEL SECURITY', 'error no_rls: {t}');
SELECT pg_temp.mends('ALTER TABLE {t} NO FORCE ROW LEVEL SECURITY', 'error no_force: {t}');
SELECT pg_temp.mends('DROP POLICY tenant ON {t}', 'warning no_tenant_policy: {t}');
SELECT pg_temp.mends('ALTER POLICY tenant ON {t} RENAME TO other; ALTER POLICY other ON {t} USING (note IS NOT NULL)', 'error no_tenant_policy: {t}');
SELECT pg_temp.mends('CREATE TABLE {n} () INHERITS ({t})', 'error unprotected_child: {n}', 'DROP TABLE {n}');
SELECT pg_temp.mends($$
    CREATE TABLE {n} (id uuid DEFAULT gen_random_uuid(), {c} uuid) PARTITION BY HASH (id);
    ALTER TABLE {n} OWNER TO pgtap_doctor_owner;
    SELECT rewards.enable_tenant_rls('{n}', {k});
    CREATE TABLE {m} PARTITION OF {n} FOR VALUES WITH (MODULUS 1, REMAINDER 0) $$, 'error unprotected_child: {m}', 'DROP TABLE {n}');
SELECT pg_temp.mends('CREATE TABLE {n} ({c} text); ALTER TABLE {n} OWNER TO pgtap_doctor_owner', 'warning column_not_uuid: {n}, error no_rls: {n}', 'DROP TABLE {n}');
SELECT pg_temp.tells($$
    CREATE TABLE {n} ({c} text PRIMARY KEY); ALTER TABLE {n} OWNER TO pgtap_doctor_owner;
    ALTER TABLE {n} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON {n} USING ({c} = rewards.get_current_company_id()::text) $$, 'warning column_not_uuid: {n}', 'DROP TABLE {n}');
SELECT pg_temp.mends('ALTER TABLE {t} ALTER COLUMN {c} DROP NOT NULL', 'warning nullable_column: {t}');
SELECT pg_temp.mends('ALTER TABLE {t} ALTER COLUMN {c} DROP DEFAULT', 'warning no_default: {t}');
SELECT pg_temp.mends('ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT gen_random_uuid()', 'warning no_default: {t}');
SELECT pg_temp.mends($$
    DO 'BEGIN EXECUTE (SELECT format(''DROP INDEX %s'', i.indexrelid::regclass) FROM pg_index i
                        WHERE i.indrelid = to_regclass(''{t}'') AND NOT i.indisprimary); END' $$, 'warning no_index: {t}');
SELECT pg_temp.mends('DROP TRIGGER guard_tenant ON {t}', 'warning no_guard: {t}');
SELECT pg_temp.mends('ALTER TABLE {t} DISABLE TRIGGER guard_tenant', 'warning guard_disabled: {t}');
SELECT pg_temp.mends('ALTER TABLE {t} ENABLE REPLICA TRIGGER guard_tenant', 'warning guard_disabled: {t}');

-- A company column of another name is known by the policy, or by being named.
SELECT pg_temp.mends($$
    CREATE TABLE {n} (firm uuid); ALTER TABLE {n} OWNER TO pgtap_doctor_owner; SELECT rewards.enable_tenant_rls('{n}', 'firm');
    ALTER TABLE {n} ALTER COLUMN firm DROP DEFAULT; DROP TRIGGER guard_tenant ON {n} $$, 'warning no_default: {n}, warning no_guard: {n}', 'DROP TABLE {n}');
SELECT pg_temp.run('CREATE TABLE {n} (firm uuid)') \g /dev/null
SELECT results_eq(format($$ SELECT finding, mend FROM rewards.tenant_doctor('firm') WHERE object = %L $$, pg_temp.named('{n}')),
    format($$ VALUES ('no_rls', 'SELECT rewards.enable_tenant_rls(''%s'', company_column => ''firm'')') $$, pg_temp.named('{n}')),
    'a table with the column that is named is looked at');
SELECT pg_temp.run('DROP TABLE {n}') \g /dev/null

-- Policies

SELECT pg_temp.mends(format($$
    CREATE FUNCTION {f}() RETURNS uuid LANGUAGE sql %s AS 'SELECT rewards.get_current_company_id()';
    CREATE POLICY {x} ON {t} AS RESTRICTIVE USING ({c} = {f}()) $$, labels), finding || ': {f}()', 'DROP POLICY {x} ON {t}; DROP FUNCTION {f}()')
  FROM (VALUES ('IMMUTABLE PARALLEL SAFE', 'error immutable_function'), ('VOLATILE PARALLEL SAFE', 'warning volatile_function'),
               ('STABLE PARALLEL RESTRICTED', 'warning parallel_unsafe_function'),
               ('STABLE PARALLEL UNSAFE', 'warning parallel_unsafe_function')) AS wrong (labels, finding);
SELECT pg_temp.tells('CREATE POLICY {x} ON {t} AS RESTRICTIVE USING (clock_timestamp() > ''2000-01-01'')',
    'warning volatile_function: clock_timestamp()', 'DROP POLICY {x} ON {t}');
SELECT pg_temp.accepts($$
    CREATE FUNCTION {f}(text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $1 <> ''secret''';
    CREATE POLICY {x} ON {t} AS RESTRICTIVE USING ({f}(note)) $$, 'DROP POLICY {x} ON {t}; DROP FUNCTION {f}(text)');
SELECT pg_temp.mends('ALTER POLICY tenant ON {t} USING ({c} = (SELECT rewards.get_current_company_id()))', 'warning wrapped_predicate: policy tenant on {t}');
SELECT pg_temp.mends('ALTER POLICY tenant ON {t} USING ({c} = (SELECT rewards.get_current_company_id())) WITH CHECK ({c} = (SELECT rewards.get_current_company_id()))',
    'warning wrapped_predicate: policy tenant on {t}');
SELECT pg_temp.mends(format('ALTER POLICY tenant ON {t} USING ({c} = %s)', company), 'error forgeable_setting: policy tenant on {t}')
  FROM unnest(ARRAY['current_setting(''app.company'')::uuid', '(SELECT current_setting(''app.company'', true)::uuid)']) AS company;
SELECT pg_temp.mends($$
    CREATE FUNCTION {f}() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT current_setting(''app.company'')::uuid';
    ALTER POLICY tenant ON {t} USING ({c} = {f}()) $$, 'error forgeable_setting: policy tenant on {t}', 'DROP FUNCTION {f}()');
SELECT pg_temp.tells('ALTER POLICY tenant ON {t} USING ({c} = current_setting(''app.company'')::uuid AND note IS NULL)',
    'error forgeable_setting: policy tenant on {t}', 'ALTER POLICY tenant ON {t} USING ({c} = rewards.get_current_company_id())');
SELECT pg_temp.mends('CREATE POLICY {x} ON {t} FOR SELECT USING (note = ''public'')', 'error widening_policy: policy {x} on {t}');
SELECT pg_temp.mends('CREATE POLICY {x} ON {t} FOR INSERT WITH CHECK (true)', 'error widening_policy: policy {x} on {t}');
SELECT pg_temp.accepts('CREATE POLICY {x} ON {t} USING (rewards.get_current_company_id() = {c} AND note IS NULL)', 'DROP POLICY {x} ON {t}');
SELECT pg_temp.accepts($$
    DROP POLICY tenant ON {t};
    CREATE POLICY tenant ON {t} AS RESTRICTIVE USING ({c} = rewards.get_current_company_id()); CREATE POLICY {x} ON {t} USING (true) $$,
    'DROP POLICY {x} ON {t}; DROP POLICY tenant ON {t}; CREATE POLICY tenant ON {t} USING ({c} = rewards.get_current_company_id())');
SELECT pg_temp.tells('ALTER POLICY tenant ON {t} USING ({c} = rewards.get_current_company_id() OR note = ''public'')',
    'warning policy_with_or: policy tenant on {t}', 'ALTER POLICY tenant ON {t} USING ({c} = rewards.get_current_company_id())');
SELECT pg_temp.mends('ALTER POLICY tenant ON {t} WITH CHECK (true)', 'error unchecked_write: policy tenant on {t}');
SELECT pg_temp.mends('DROP POLICY tenant ON {t}; CREATE POLICY tenant ON {t} FOR SELECT USING ({c} = rewards.get_current_company_id())',
    'warning partial_policy: {t}', 'DROP POLICY tenant_of_row ON {t}; DROP POLICY tenant ON {t}; CREATE POLICY tenant ON {t} USING ({c} = rewards.get_current_company_id())');
SELECT pg_temp.accepts('CREATE POLICY {x} ON {t} FOR SELECT USING (rewards.crosses_companies())', 'DROP POLICY {x} ON {t}');

-- Keys

SELECT pg_temp.mends(format('ALTER TABLE {t} ADD CONSTRAINT {x} %s', key), 'warning key_without_company: constraint {x} on {t}', 'ALTER TABLE {t} DROP CONSTRAINT {x}')
  FROM unnest(ARRAY['UNIQUE (code)', 'UNIQUE NULLS NOT DISTINCT (code, note) INCLUDE ({c})', 'EXCLUDE USING btree (code WITH =) WHERE (note IS NULL)']) AS key;
SELECT pg_temp.tells('CREATE UNIQUE INDEX {x} ON {t} (lower(code))', 'warning key_without_company: index {s}.{x}', 'DROP INDEX {s}.{x}');
SELECT pg_temp.tells($$
    ALTER TABLE {t} ADD CONSTRAINT {x} UNIQUE (code);
    CREATE TABLE {n} (code text REFERENCES {t} (code)) $$, 'warning key_without_company: constraint {x} on {t}', 'DROP TABLE {n}; ALTER TABLE {t} DROP CONSTRAINT {x}');
SELECT pg_temp.mends($$
    CREATE TABLE {n} (number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT {x} PRIMARY KEY, {c} uuid);
    ALTER TABLE {n} OWNER TO pgtap_doctor_owner;
    SELECT rewards.enable_tenant_rls('{n}', {k}) $$, 'info key_without_company: constraint {x} on {n}', 'DROP TABLE {n}');
SELECT pg_temp.mends('ALTER TABLE {t} ADD CONSTRAINT {x} FOREIGN KEY ({i}) REFERENCES {p} (id)',
    'error foreign_key_without_company: constraint {x} on {t}', 'ALTER TABLE {t} DROP CONSTRAINT {x}');
SELECT pg_temp.mends(format('ALTER TABLE {t} ADD CONSTRAINT {x} FOREIGN KEY ({i}) REFERENCES {p} (id) %s NOT VALID', action),
    'error cascade_across_companies: constraint {x} on {t}', 'ALTER TABLE {t} DROP CONSTRAINT {x}')
  FROM unnest(ARRAY['ON DELETE CASCADE', 'ON UPDATE CASCADE', 'ON DELETE SET NULL', 'ON DELETE SET NULL ({i})', 'ON DELETE SET DEFAULT DEFERRABLE']) AS action;
-- SET NULL takes every column of a key, unless it says which.
SELECT pg_temp.run('ALTER TABLE {t} ADD CONSTRAINT {x} FOREIGN KEY ({i}) REFERENCES {p} (id) ON DELETE SET NULL') \g /dev/null
SELECT is(mends[1], 'ALTER TABLE shop.orders DROP CONSTRAINT extra, ADD CONSTRAINT extra FOREIGN KEY (company_id, customer_id) '
                    'REFERENCES shop.customers (company_id, id) ON DELETE SET NULL (customer_id)', 'the company of a row is not set null with the key')
  FROM pg_temp.found();
SELECT pg_temp.run('ALTER TABLE {t} DROP CONSTRAINT {x}') \g /dev/null
SELECT pg_temp.tells($$
    ALTER TABLE {t} ADD UNIQUE (id, note);
    ALTER TABLE {t} ADD CONSTRAINT {x} FOREIGN KEY ({i}, code) REFERENCES {t} (id, note) $$, 'error foreign_key_without_company: constraint {x} on {t}',
    'ALTER TABLE {t} DROP CONSTRAINT {x}');

-- Views, copies, functions

SELECT pg_temp.mends('CREATE VIEW {v} AS SELECT * FROM {t}', 'error owner_rights_view: {v}', 'DROP VIEW {v}');
SELECT pg_temp.mends('CREATE VIEW {v} AS SELECT * FROM {t}; ALTER VIEW {v} OWNER TO pgtap_doctor_app', 'warning owner_rights_view: {v}', 'DROP VIEW {v}');
SELECT pg_temp.mends('CREATE VIEW {v} WITH (security_invoker = true) AS SELECT * FROM {t}; CREATE VIEW {w} AS SELECT note FROM {v}',
    'error owner_rights_view: {w}', 'DROP VIEW {w}; DROP VIEW {v}');
SELECT pg_temp.accepts('CREATE TEMP VIEW {x} AS SELECT * FROM {t}', 'DROP VIEW {x}');
SELECT pg_temp.mends('CREATE MATERIALIZED VIEW {v} AS SELECT * FROM {t}; CREATE ROLE {r}; GRANT SELECT ON {v} TO {r}, PUBLIC',
    'error materialized_view: {v}', 'DROP MATERIALIZED VIEW {v}; DROP ROLE {r}');
SELECT pg_temp.mends($$
    CREATE FOREIGN DATA WRAPPER {x}; CREATE SERVER {x} FOREIGN DATA WRAPPER {x}; CREATE ROLE {r};
    CREATE FOREIGN TABLE {n} ({c} uuid) SERVER {x}; GRANT SELECT ON {n} TO {r} $$,
    'error foreign_table: {n}', 'DROP FOREIGN DATA WRAPPER {x} CASCADE; DROP ROLE {r}');
SELECT pg_temp.tells('CREATE PUBLICATION {x} FOR TABLE {t}', 'info unfiltered_publication: {t}', 'DROP PUBLICATION {x}');
SELECT pg_temp.mends(format('CREATE FUNCTION {f}(integer) RETURNS integer LANGUAGE sql SECURITY DEFINER %s AS ''SELECT 1''', setting),
    'error unpinned_search_path: {f}(integer)', 'DROP FUNCTION {f}(integer)')
  FROM unnest(ARRAY['', 'SET search_path = public', 'SET search_path = pg_temp, public', 'SET work_mem = ''1MB''']) AS setting;
SELECT pg_temp.mends('CREATE PROCEDURE {f}() LANGUAGE sql SECURITY DEFINER AS ''SELECT 1''', 'error unpinned_search_path: {f}()', 'DROP PROCEDURE {f}()');
SELECT pg_temp.accepts(format('CREATE FUNCTION {f}() RETURNS integer LANGUAGE sql SECURITY DEFINER %s AS ''SELECT 1''', setting), 'DROP FUNCTION {f}()')
  FROM unnest(ARRAY['SET search_path = ''''', 'SET search_path = {s}, pg_temp']) AS setting;
SELECT pg_temp.mends(format('CREATE FUNCTION {f}() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp %s', body),
    'warning definer_past_rls: {f}()', 'DROP FUNCTION {f}()')
  FROM unnest(ARRAY['AS $body$ SELECT count(*) FROM {t} $body$', 'RETURN (SELECT count(*) FROM {t})']) AS body;

-- Privileges and roles

SELECT pg_temp.mends('CREATE ROLE {r}; GRANT SELECT, INSERT, TRUNCATE, TRIGGER ON {t} TO {r}', 'error privilege_past_rls: {t}', 'DROP OWNED BY {r}; DROP ROLE {r}');
SELECT pg_temp.mends('GRANT TRIGGER ON {t} TO PUBLIC', 'warning privilege_past_rls: {t}');
SELECT pg_temp.mends('CREATE ROLE {r}; GRANT REFERENCES (id) ON {t} TO {r}', 'warning privilege_past_rls: {t}', 'DROP ROLE {r}');
SELECT pg_temp.mends(format('CREATE ROLE {r} LOGIN; CREATE ROLE {q} %s; GRANT pgtap_doctor_owner TO {r}; GRANT {q} TO pgtap_doctor_owner', attribute),
    'error bypass_reachable: role {r}', 'DROP ROLE {r}; DROP ROLE {q}')
  FROM unnest(ARRAY['BYPASSRLS', 'SUPERUSER']) AS attribute;
SELECT current_setting('server_version_num')::integer >= 160000 AS has_set_option \gset
\if :has_set_option
SELECT pg_temp.accepts('CREATE ROLE {r} LOGIN; CREATE ROLE {q} BYPASSRLS; GRANT {q} TO {r} WITH SET FALSE', 'DROP ROLE {r}; DROP ROLE {q}');
\endif
SELECT pg_temp.tells('CREATE ROLE {r} LOGIN BYPASSRLS', 'info login_with_bypassrls: role {r}', 'DROP ROLE {r}');
SELECT pg_temp.mends('CREATE ROLE {r} LOGIN BYPASSRLS; GRANT pgtap_doctor_app TO {r}', 'error login_with_bypassrls: role {r}', 'DROP ROLE {r}');
SELECT pg_temp.tells('ALTER ROLE pgtap_doctor_owner LOGIN', 'info owner_logs_in: role pgtap_doctor_owner', 'ALTER ROLE pgtap_doctor_owner NOLOGIN');
SELECT pg_temp.mends('ALTER ROLE pgtap_doctor_owner LOGIN; REVOKE EXECUTE ON FUNCTION rewards.set_company_context(uuid, text, text), rewards.set_company_context_token(text) FROM pgtap_doctor_app, pgtap_doctor_staff',
    'warning owner_logs_in: role pgtap_doctor_owner', 'GRANT EXECUTE ON FUNCTION rewards.set_company_context(uuid, text, text) TO pgtap_doctor_app, pgtap_doctor_staff');
SELECT pg_temp.mends('CREATE ROLE {r} LOGIN; GRANT pgtap_doctor_app TO {r}; ALTER TABLE {t} OWNER TO {r}', 'warning owner_logs_in: role {r}',
    'ALTER TABLE {t} OWNER TO pgtap_doctor_owner; DROP ROLE {r}');
SELECT pg_temp.tells(format('ALTER TABLE {t} OWNER TO %I', current_user), format('warning superuser_owner: role %I', current_user),
    'ALTER TABLE {t} OWNER TO pgtap_doctor_owner');

-- Settings and the server

SELECT pg_temp.mends(format('CREATE ROLE {r}; ALTER ROLE {r} %s SET row_security = off', place), format('warning row_security_off: %s', trim('ROLE {r} ' || place)), 'DROP ROLE {r}')
  FROM unnest(ARRAY['', format('IN DATABASE %I', current_database())]) AS place;
SELECT pg_temp.mends(format('ALTER DATABASE %I SET session_replication_role = replica', current_database()), format('error triggers_off: DATABASE %I', current_database()));
SELECT pg_temp.mends('ALTER ROLE ALL SET session_replication_role = local', 'error triggers_off: ROLE ALL');
CREATE TEMP TABLE set_default AS SELECT format('ALTER DATABASE %I SET rewards.default_company_id = ''11111111-1111-4111-8111-111111111111''', current_database()) AS statement;
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
     SELECT gen_random_uuid(), gen_random_uuid(), 'import', now(), 1, 'validated' FROM generate_series(1, 2);
SELECT pg_temp.mends(statement, format('warning default_company: DATABASE %I', current_database())) FROM set_default;

-- What gets into the server's log: the settings are those of connections to come, and not of this one.
CREATE TEMP TABLE here AS SELECT format('DATABASE %I', current_database()) AS place;
DO $$ DECLARE quiet text; BEGIN
    FOREACH quiet IN ARRAY ARRAY['log_statement = none', 'log_min_duration_statement = -1', 'log_min_duration_sample = -1', 'log_transaction_sample_rate = 0',
                                 'log_parameter_max_length = -1', 'log_parameter_max_length_on_error = 0'] LOOP
        EXECUTE format('ALTER DATABASE %I SET %s', current_database(), quiet);
    END LOOP;
END $$;
DELETE FROM before WHERE finding IN ('parameters_in_log', 'statements_in_log');
SELECT is(findings, NULL, 'where statements are not logged, parameters need no setting') FROM pg_temp.found();
CREATE FUNCTION pg_temp.is_logged(plant text, undo text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    here CONSTANT text := place FROM here;
BEGIN
    EXECUTE format('ALTER %s SET %s', here, plant);
    RETURN NEXT is(findings, format('warning parameters_in_log: %s, info statements_in_log: %s', here, here), plant) FROM pg_temp.found();
    EXECUTE mends[1] FROM pg_temp.found();
    RETURN NEXT is(findings, format('info statements_in_log: %s', here), '... is mended for parameters, and told of for the rest') FROM pg_temp.found();
    EXECUTE format('ALTER %s SET %s', here, undo);
    RETURN NEXT is(findings, NULL, 'healthy: ' || undo) FROM pg_temp.found();
    EXECUTE format('ALTER %s SET log_parameter_max_length = -1', here);
END $$;
SELECT pg_temp.is_logged('log_statement = ''all''', 'log_statement = ddl');
SELECT pg_temp.is_logged('log_statement = mod', 'log_statement = none');
SELECT pg_temp.is_logged('log_min_duration_statement = ''1min''', 'log_min_duration_statement = -1');
SELECT pg_temp.is_logged('log_transaction_sample_rate = 0.01', 'log_transaction_sample_rate = 0');
SELECT pg_temp.is_logged('log_min_duration_sample = 0', 'log_statement_sample_rate = 0');
SELECT pg_temp.mends(format('ALTER %s SET %s', place, plant), format('warning parameters_in_log: %s', place))
  FROM here, unnest(ARRAY['log_parameter_max_length_on_error = -1', 'log_parameter_max_length_on_error = ''1kB''', 'debug_print_parse = on',
                          'debug_print_rewritten = yes', 'debug_print_plan = true']) AS plant;
-- A role's own setting goes before the database's, and is told of where it differs.
SELECT pg_temp.mends('CREATE ROLE {r}; ALTER ROLE {r} SET log_parameter_max_length_on_error = 10',
    format('warning parameters_in_log: ROLE {r} IN %s', place), 'DROP ROLE {r}') FROM here;
SELECT pg_temp.accepts(format('CREATE ROLE {r}; ALTER ROLE {r} SET log_statement = ''all''; ALTER ROLE {r} IN %s SET log_statement = none', place), 'DROP ROLE {r}') FROM here;
SELECT pg_temp.tells(format('CREATE ROLE {r}; ALTER ROLE {r} SET log_statement = ''all''; ALTER ROLE {r} IN %s SET log_parameter_max_length = 0', place),
    format('info statements_in_log: ROLE {r} IN %s', place), 'DROP ROLE {r}') FROM here;
SELECT pg_temp.mends(format('CREATE ROLE {r}; ALTER ROLE {r} SET log_parameter_max_length_on_error = 10; ALTER %s SET log_parameter_max_length_on_error = 10', place),
    format('warning parameters_in_log: %s', place), 'DROP ROLE {r}') FROM here;
LOAD 'auto_explain';
SELECT pg_temp.tells(format('ALTER %s SET auto_explain.log_min_duration = 0', place), format('info statements_in_log: %s', place),
    format('ALTER %s RESET auto_explain.log_min_duration', place)) FROM here WHERE NOT :'has_set_option'::boolean;
SELECT pg_temp.accepts(format('ALTER %s SET auto_explain.log_verbose = on', place), format('ALTER %s RESET auto_explain.log_verbose', place)) FROM here;
DO $$ DECLARE place CONSTANT text := place FROM here; BEGIN
    EXECUTE format('ALTER %s SET auto_explain.log_min_duration = 0', place);
    EXECUTE format('ALTER %s SET auto_explain.log_verbose = on', place);
END $$;
SELECT is(array_to_string(mends, ', '), concat_ws(', ', CASE WHEN :'has_set_option'::boolean THEN format('ALTER %s SET auto_explain.log_parameter_max_length = 0', place) END,
          format('ALTER %s SET auto_explain.log_verbose = off', place)), 'auto_explain shows parameters where it is told to be verbose')
  FROM here, pg_temp.found();
DO $$ BEGIN EXECUTE format('ALTER %s RESET auto_explain.log_min_duration', place) FROM here; END $$;

SELECT results_eq('SELECT cve, fixed_in FROM rewards.known_rls_cves(' || version || ')', format('SELECT * FROM unnest(%L::text[], %L::text[])', cves, fixed),
    'known of version ' || version)
  FROM (VALUES (150002, '{CVE-2023-2455,CVE-2023-39418,CVE-2024-4317,CVE-2024-10976,CVE-2024-10978,CVE-2025-8713,CVE-2026-14666,CVE-2026-116311,CVE-2026-116327,CVE-2026-120154}',
                        '{15.3,15.4,15.7,15.9,15.9,15.14,15.19,15.20,15.20,15.20}'),
               (160004, '{CVE-2024-10976,CVE-2024-10978,CVE-2025-8713,CVE-2026-14666,CVE-2026-116311,CVE-2026-116327,CVE-2026-120154}', '{16.5,16.5,16.10,16.15,16.16,16.16,16.16}'),
               (170005, '{CVE-2025-8713,CVE-2026-14666,CVE-2026-116311,CVE-2026-116327,CVE-2026-120154}', '{17.6,17.11,17.12,17.12,17.12}'),
               (180000, '{CVE-2026-14666,CVE-2026-116311,CVE-2026-116327,CVE-2026-120154}', '{18.6,18.7,18.7,18.7}'),
               (180006, '{CVE-2026-116311,CVE-2026-116327,CVE-2026-120154}', '{18.7,18.7,18.7}'),
               (150020, '{}', '{}'), (160016, '{}', '{}'), (170012, '{}', '{}'), (180007, '{}', '{}')) AS known (version, cves, fixed);
SELECT set_eq($$ SELECT object FROM pg_temp.doctor_says() WHERE finding = 'vulnerable_server' $$, 'SELECT cve FROM rewards.known_rls_cves()',
    'and told of the server that runs');


-- The same of names that nobody should give, all at once

UPDATE names SET meaning = coalesce(hostile, quote_literal((parse_ident((SELECT hostile FROM names WHERE placeholder = '{c}')))[1]));
SELECT pg_temp.make_healthy() \g /dev/null
SELECT is(findings, NULL, 'a table of any name can be enabled') FROM pg_temp.found();
SELECT pg_temp.mends($$
    CREATE ROLE {q} BYPASSRLS; CREATE ROLE {r} LOGIN IN ROLE {q}; ALTER ROLE {r} SET row_security = off;
    CREATE TABLE {n} ({c} uuid, {i} uuid REFERENCES {t} ON DELETE CASCADE); ALTER TABLE {n} OWNER TO pgtap_doctor_owner;
    CREATE TABLE {m} () INHERITS ({t}); ALTER TABLE {m} OWNER TO pgtap_doctor_owner;
    ALTER TABLE {t} NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER guard_tenant, ALTER COLUMN {c} DROP DEFAULT, ALTER COLUMN {c} DROP NOT NULL;
    ALTER TABLE {t} ADD CONSTRAINT {x} UNIQUE (code, {i}), ADD UNIQUE (id, {c});
    ALTER TABLE {t} ADD CONSTRAINT other FOREIGN KEY ({i}) REFERENCES {p} (id) ON DELETE SET NULL;
    CREATE FUNCTION {f}() RETURNS uuid LANGUAGE sql PARALLEL SAFE AS 'SELECT rewards.get_current_company_id()';
    CREATE POLICY {x} ON {t} FOR SELECT USING (note = 'x = rewards.get_current_company_id()');
    CREATE POLICY narrow ON {t} AS RESTRICTIVE USING ({c} = {f}());
    ALTER POLICY tenant ON {t} USING ({c} = (SELECT rewards.get_current_company_id())) WITH CHECK (true);
    ALTER POLICY tenant ON {p} USING ({c} = current_setting('app.company')::uuid);
    CREATE VIEW {v} AS SELECT * FROM {t}; CREATE MATERIALIZED VIEW {w} AS SELECT * FROM {v}; GRANT SELECT ON {w} TO {r};
    CREATE FUNCTION {f}("a""rg" {t}) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $body$ SELECT count(*) FROM {t} $body$;
    GRANT TRUNCATE ON {t} TO {r} $$,
    'error bypass_reachable: role {r}, error cascade_across_companies: constraint other on {t}, warning definer_past_rls: {f}({t}), '
    'error forgeable_setting: policy tenant on {p}, warning guard_disabled: {t}, warning key_without_company: constraint {x} on {t}, '
    'error materialized_view: {w}, warning no_default: {t}, error no_force: {t}, error no_rls: {n}, warning nullable_column: {t}, '
    'error owner_rights_view: {v}, error privilege_past_rls: {t}, warning row_security_off: ROLE {r}, error unchecked_write: policy tenant on {t}, '
    'error unpinned_search_path: {f}({t}), error unprotected_child: {m}, warning volatile_function: {f}(), error widening_policy: policy {x} on {t}, '
    'warning wrapped_predicate: policy tenant on {t}');

SELECT * FROM finish();
ROLLBACK;
