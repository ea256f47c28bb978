-- assert_tenant_isolation(): green on what is isolated, red on each way in which it is not, and never green for want of
-- something to look at.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SET search_path = public;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
DROP SCHEMA IF EXISTS pgtap14 CASCADE;
DROP ROLE IF EXISTS pgtap14_owner, pgtap14_app, pgtap14_reader, pgtap14_bypass, pgtap14_stranger;
CREATE ROLE pgtap14_owner;
CREATE ROLE pgtap14_app;
CREATE ROLE pgtap14_reader;
CREATE ROLE pgtap14_bypass BYPASSRLS;
CREATE ROLE pgtap14_stranger;
SELECT rewards.grant_access(admin => 'pgtap14_owner') \g /dev/null
GRANT pgtap14_app TO pgtap14_owner;
CREATE SCHEMA pgtap14 AUTHORIZATION pgtap14_owner;
SET search_path = pgtap14, public;
SELECT plan(92);

SELECT 'a0000000-0000-4000-8000-00000000014a' AS acme, 'a0000000-0000-4000-8000-00000000014b' AS other, 'a0000000-0000-4000-8000-00000000014c' AS none \gset

-- A programme of ten tables: keys with and without the company, foreign keys with it, deferred, to itself and from
-- partitions; identity, generated and quoted columns; types of many kinds; a trigger that calls what its search_path finds.

SET ROLE pgtap14_owner;
CREATE TYPE mood AS ENUM ('fine', 'it''s so-so');
CREATE TABLE shops (company_id uuid, id integer, name text UNIQUE, PRIMARY KEY (company_id, id));
CREATE TABLE customers (company_id uuid, id integer GENERATED ALWAYS AS IDENTITY, email text, shop integer, "mo#od" mood, tags text[], photo bytea,
    upper_email text GENERATED ALWAYS AS (upper(email)) STORED, friend integer, PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, shop) REFERENCES shops, FOREIGN KEY (company_id, friend) REFERENCES customers);
CREATE UNIQUE INDEX ON customers (email) WHERE email <> '';
CREATE TABLE products (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), company_id uuid, price numeric(12, 2), valid tstzrange);
CREATE TABLE "or#d'er\s" (company_id uuid, id bigserial, customer integer, placed timestamptz DEFAULT now(), "a""b\c" jsonb, PRIMARY KEY (id, company_id),
    CONSTRAINT to_customer FOREIGN KEY (company_id, customer) REFERENCES customers DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE visits (company_id uuid, id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO (MAXVALUE) PARTITION BY HASH (id);
CREATE TABLE visits_new_0 PARTITION OF visits_new FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE visits_new_1 PARTITION OF visits_new FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE notes (company_id uuid, note text);
CREATE TABLE long_notes (more text) INHERITS (notes);
CREATE TABLE journal (company_id uuid, id serial PRIMARY KEY, what text);
CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER grows BEFORE UPDATE OR DELETE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows();
CREATE TABLE stock (company_id uuid PRIMARY KEY, pieces integer CHECK (pieces >= 0));
CREATE TABLE prices (company_id uuid, id integer, price numeric, EXCLUDE USING btree (company_id WITH =, id WITH =));
CREATE FUNCTION write_journal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO journal (what) VALUES ('price'); RETURN NULL; END $$;
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION write_journal();
CREATE TABLE members (tenant uuid, id integer);
RESET ROLE;
CREATE TABLE programme (name text, company_column name DEFAULT 'company_id');
INSERT INTO programme SELECT unnest(ARRAY['shops', 'customers', 'products', '"or#d''er\s"', 'visits', 'notes', 'journal', 'stock', 'prices']);
INSERT INTO programme VALUES ('members', 'tenant');
SELECT rewards.enable_tenant_rls(name::regclass, company_column, audit => true) FROM programme \g /dev/null
CREATE FUNCTION fill(company uuid, n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.set_company_context(company);
    INSERT INTO shops (id, name) VALUES (n, 'shop ' || n), (n + 2, 'shop ' || n + 2);
    INSERT INTO customers (email, shop, "mo#od", tags, photo) VALUES (n || '@x', n, 'it''s so-so', '{"a,b",NULL,"c\"d"}', '\x0001ff'), (NULL, NULL, NULL, NULL, NULL);
    INSERT INTO products (price, valid) VALUES (n, '[2020-01-01, 2021-01-01)');
    INSERT INTO "or#d'er\s" (customer, "a""b\c") SELECT id, '{"k": "it''s\\"}' FROM customers WHERE company_id = company AND email IS NOT NULL;
    INSERT INTO visits (id, at) VALUES (n, '2000-01-01'), (n + 10, '2030-01-01'), (n + 20, '2030-01-01'), (n + 30, '2030-01-01');
    INSERT INTO notes (note) VALUES (E'line\nline');
    INSERT INTO long_notes (note, more) VALUES ('x', 'y');
    INSERT INTO journal (what) VALUES ('begun');
    INSERT INTO stock (pieces) VALUES (n);
    INSERT INTO prices (id, price) VALUES (1, 9.99);
    INSERT INTO members (id) VALUES (n);
END $$;
SELECT fill(:'acme', 1) \g /dev/null
SELECT fill(:'other', 2) \g /dev/null
SELECT nextval('"or#d''er\s_id_seq"') AS number, (SELECT string_agg(format('%s %s', xmin, s), ',' ORDER BY ctid) FROM shops AS s) AS shops \gset before_

CREATE FUNCTION red(name text, arguments text DEFAULT '') RETURNS SETOF text LANGUAGE plpgsql AS
    $$ BEGIN RETURN QUERY EXECUTE format('SELECT line FROM rewards.assert_tenant_isolation(%L%s) AS line WHERE line !~ ''^(ok|1\.\.)''', name, arguments); END $$;
-- What is red when something is broken, without the direction it was found from. The breakage is undone.
CREATE FUNCTION broken(breakage text, name text, arguments text DEFAULT '') RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    lines text[];
BEGIN
    EXECUTE breakage;
    lines := ARRAY(SELECT DISTINCT regexp_replace(line, '^not ok [0-9]+ - (from company . to .: )?', '') FROM red(name, arguments) AS line WHERE line ~ '^not ok' ORDER BY 1);
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN SQLSTATE 'UNDOX' THEN
    RETURN lines;
END $$;

-- Green

SELECT is_empty(format('SELECT red(%L)', name), 'isolated: ' || name) FROM programme;
SELECT is((SELECT array_agg(line ~ '^(ok \d+ - |1\.\.\d+$)') FROM rewards.assert_tenant_isolation('shops') AS line) @> '{false}', false, 'every line is TAP');
SELECT is((SELECT array_agg(regexp_replace(line, '^ok (\d+) .*', '\1')) FROM rewards.assert_tenant_isolation('shops') AS line),
    (SELECT array_agg(n::text) || ARRAY['1..' || count(*)] FROM rewards.assert_tenant_isolation('shops') WITH ORDINALITY AS l (line, n) WHERE line LIKE 'ok%'),
    'numbered, with the plan at the end');
SELECT is_empty($$ SELECT line FROM rewards.assert_tenant_isolation('"or#d''er\s"') AS line WHERE regexp_replace(line, ' # SKIP ', '') ~ '[^\\]#' $$, 'a hash in a name is no directive');
SELECT set_eq($$ SELECT regexp_replace(line, '^.*?: (.*) # SKIP.* (23001): append only$', '\1') FROM rewards.assert_tenant_isolation('journal') AS line WHERE line ~ 'SKIP' AND line ~ 'a to b' $$,
    ARRAY['a company updates its own row', 'a company deletes its own row', 'a row of the other company is not updated',
          'a row of the other company is not taken over', 'a row is not given to the other company', 'a row of the other company is not deleted',
          'a row of the other company is not updated by MERGE', 'a row of the other company is not deleted by MERGE',
          'ON CONFLICT DO UPDATE does not reach a row of the other company that has the same key (journal_pkey)',
          'the guard stops the owner, past row-level security, from giving a row to the other company',
          'the guard stops the owner, past row-level security, from updating a row of the other company',
          'the guard stops the owner, past row-level security, from deleting a row of the other company',
          'the guard stops the owner, past row-level security, from updating a row without a context',
          'the guard stops the owner, past row-level security, from deleting a row without a context'],
    'what the application refuses to everybody is skipped, and said');
SELECT is((SELECT count(*) FROM rewards.assert_tenant_isolation('visits') AS line WHERE line ~ '^ok.*pgtap14.visits_new_1 by itself'), 16::bigint, 'partitions are tried one by one');
SELECT is((SELECT count(*) FROM rewards.assert_tenant_isolation('customers') AS line WHERE line ~ '^ok.*foreign key' AND line !~ 'SKIP'), 4::bigint, 'foreign keys, too');

-- What stays

SELECT is(nextval('"or#d''er\s_id_seq"'), :before_number::bigint + 1, 'no number of a sequence is used up');
SELECT is((SELECT string_agg(format('%s %s', xmin, s), ',' ORDER BY ctid) FROM shops AS s), :'before_shops', 'rows are as they were');
SELECT is_empty($$ SELECT FROM rewards.audit_log WHERE table_name = 'pgtap14.shops' AND action <> 'INSERT' $$, 'and nothing was recorded');
BEGIN;
SELECT is_empty($$ SELECT red('shops') $$, 'in one transaction');
SELECT is(rewards.get_current_company_id(), NULL, 'no context is left');
SELECT is(current_user, session_user, 'nor a role');
SELECT lives_ok(format('SELECT rewards.set_company_context(%L)', :'other'), 'any context can follow');
SELECT is(rewards.get_current_company_id(), :'other', 'and is in force');
SELECT throws_ok($$ SELECT red('shops') $$, '55000', 'a transaction that has a company context cannot act as another company', 'after it nothing is tried');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'acme') \g /dev/null
SELECT throws_ok($$ SELECT red('shops') $$, '55000', NULL, 'nor under the seal of a context');
SAVEPOINT s;
ROLLBACK TO s;
SELECT throws_ok($$ SELECT red('shops') $$, '55000', NULL, 'nor is after going back to a savepoint');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT rewards.set_company_context(:'acme') \g /dev/null
ROLLBACK TO s;
SELECT throws_ok($$ SELECT red('shops') $$, '55000', NULL, 'nor where the context is gone and the seal is not');
SELECT throws_ok(format('SELECT rewards.set_company_context(%L)', :'other'), '55000', NULL, 'which it has not lifted');
ROLLBACK;
BEGIN;
SET LOCAL rewards.default_company_id = 'a0000000-0000-4000-8000-00000000014a';
SELECT is_empty($$ SELECT red('shops') $$, 'a company that stands in for a missing context does not stand in here');
SELECT is(rewards.get_current_company_id(), :'acme', 'and does so afterwards');
ROLLBACK;
BEGIN READ ONLY;
SELECT throws_ok($$ SELECT * FROM rewards.assert_tenant_isolation('shops') $$, '25006', NULL, 'reading alone proves nothing');
ROLLBACK;

-- Red

SELECT is(broken('SELECT', 'shops'), '{}', 'nothing broken, nothing red');
SELECT ok(broken(breakage, name) @> wanted, format('red after %s', breakage)) FROM (VALUES
    ('ALTER TABLE shops DISABLE ROW LEVEL SECURITY', 'shops', ARRAY['rows of the other company are not found by company', 'rows of the other company are not among all rows',
        'rows of the other company are not found by their place (ctid)', 'rows of the other company are not found by primary key', 'rows of the other company are not joined',
        'rows of the other company are not seen by a condition that would tell of them by its error', 'rows of the other company are not locked', 'without a context no row is read']),
    ('ALTER TABLE shops NO FORCE ROW LEVEL SECURITY', 'shops', ARRAY['rows of the other company are not found by company', 'without a context no row is read']),
    ('CREATE POLICY open ON shops USING (true)', 'shops', ARRAY['rows of the other company are not found by company', 'without a context no row is read']),
    ('ALTER POLICY tenant ON shops USING (true)', 'shops', ARRAY['rows of the other company are not among all rows']),
    ('ALTER POLICY tenant ON shops USING (company_id <= rewards.get_current_company_id())', 'shops', ARRAY['rows of the other company are not found by primary key']),
    ('ALTER POLICY tenant ON shops USING (company_id >= rewards.get_current_company_id())', 'shops', ARRAY['rows of the other company are not found by primary key']),
    ('ALTER POLICY tenant ON shops USING (company_id = current_setting(''app.company'', true)::uuid)', 'shops', ARRAY['a company sees a row of its own']),
    ('ALTER POLICY tenant ON shops USING (company_id = current_setting(''app.company'')::uuid)', 'shops', ARRAY['a company sees a row of its own']),
    ('SET LOCAL app.company = ''a0000000-0000-4000-8000-00000000014a''; ALTER POLICY tenant ON shops USING (company_id = current_setting(''app.company'')::uuid)', 'shops',
        ARRAY['a company sees a row of its own']),
    ('ALTER POLICY tenant ON shops USING (company_id = coalesce(rewards.get_current_company_id(), company_id))', 'shops', ARRAY['without a context no row is read']),
    ('ALTER POLICY tenant ON shops WITH CHECK (true); DROP TRIGGER guard_tenant ON shops', 'shops', ARRAY['a row is not inserted for the other company',
        'a row is not inserted for the other company by MERGE', 'without a context no row is inserted']),
    ('DROP POLICY tenant ON shops', 'shops', ARRAY['a company sees a row of its own']),
    ('DROP POLICY tenant ON shops; CREATE POLICY tenant ON shops FOR SELECT USING (company_id = rewards.get_current_company_id())', 'shops',
        ARRAY['a company can write rows of its own, so that refusals mean something', 'a company updates its own row']),
    ('DROP TRIGGER guard_tenant ON products', 'products', ARRAY['the guard stops the owner, past row-level security, from deleting a row of the other company',
        'the guard stops the owner, past row-level security, from deleting a row without a context',
        'the guard stops the owner, past row-level security, from giving a row to the other company',
        'the guard stops the owner, past row-level security, from inserting a row of the other company',
        'the guard stops the owner, past row-level security, from inserting a row without a context',
        'the guard stops the owner, past row-level security, from updating a row of the other company',
        'the guard stops the owner, past row-level security, from updating a row without a context']),
    ('ALTER TABLE products DISABLE TRIGGER guard_tenant', 'products', ARRAY['the guard stops the owner, past row-level security, from updating a row of the other company']),
    ('CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR UPDATE ON products FOR EACH ROW EXECUTE FUNCTION rewards.guard_tenant_row(''company_id'')', 'products',
        ARRAY['the guard stops the owner, past row-level security, from deleting a row of the other company']),
    ('ALTER TABLE products RENAME COLUMN company_id TO tenant', 'products', ARRAY['a company updates its own row', 'a company can write rows of its own, so that refusals mean something']),
    ('DROP TRIGGER refuse_truncate ON shops; DROP TRIGGER refuse_truncate ON customers; DROP TRIGGER refuse_truncate ON "or#d''er\s"', 'shops',
        ARRAY['TRUNCATE does not take the rows of all companies', 'without a context nothing is truncated']),
    ('DROP TABLE visits_old; CREATE TABLE late PARTITION OF visits FOR VALUES FROM (MINVALUE) TO (''2020-01-01''); ALTER TABLE late OWNER TO pgtap14_owner', 'visits',
        ARRAY['pgtap14.late by itself: row-level security holds', 'pgtap14.late by itself: it is not truncated']),
    ('CREATE POLICY open ON visits_new_1 USING (true)', 'visits', ARRAY['pgtap14.visits_new_1 by itself: no row of another company is read', 'pgtap14.visits_new_1 by itself: without a context no row is read']),
    ('ALTER TABLE visits_old DISABLE TRIGGER guard_tenant', 'visits', ARRAY['pgtap14.visits_old by itself: the guard stops the owner, past row-level security']),
    ('ALTER TABLE visits_new_0 NO FORCE ROW LEVEL SECURITY', 'visits', ARRAY['pgtap14.visits_new_0 by itself: row-level security holds']),
    ('DROP TRIGGER guard_tenant ON long_notes', 'notes', ARRAY['pgtap14.long_notes by itself: the guard stops the owner, past row-level security']),
    ('ALTER TABLE prices ADD product uuid CONSTRAINT to_product REFERENCES products', 'prices', ARRAY['foreign key to_product cannot point at a row of the other company in pgtap14.products']),
    ('CREATE TABLE empty (id integer PRIMARY KEY, company_id uuid); ALTER TABLE prices ADD empty integer CONSTRAINT to_empty REFERENCES empty', 'prices',
        ARRAY['foreign key to_empty cannot point at a row of the other company in pgtap14.empty']),
    ('CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.company_id := ''''a0000000-0000-4000-8000-00000000014b''''; RETURN NEW; END'';
      CREATE TRIGGER z BEFORE INSERT OR UPDATE ON products FOR EACH ROW EXECUTE FUNCTION change()', 'products', ARRAY['a company updates its own row']))
    AS cases (breakage, name, wanted);
SELECT ok(broken($$ CREATE FUNCTION seen(uuid) RETURNS boolean LANGUAGE plpgsql COST 1 LEAKPROOF AS 'BEGIN RETURN 1 / ($1 = rewards.get_current_company_id())::integer = 1; END';
    ALTER POLICY tenant ON products USING (seen(company_id)) $$, 'products') @> ARRAY['rows of the other company are not found by company'], 'an error where there should be no row is red');
SELECT matches((SELECT string_agg(line, E'\n') FROM (SELECT red('shops', format(', %L, %L', :'acme', :'none')) AS line) AS l), '^not ok \d+ - from company a to b: the other company sees a row of its own\n# It succeeded', 'a diagnostic says what happened');

-- Operators and types of a schema that comes before the server's do not hide it.
CREATE SCHEMA pgtap14_first;
CREATE FUNCTION pgtap14_first.no(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN false;
CREATE FUNCTION pgtap14_first.no(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN false;
CREATE OPERATOR pgtap14_first.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pgtap14_first.no);
CREATE OPERATOR pgtap14_first.<> (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pgtap14_first.no);
CREATE OPERATOR pgtap14_first.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = pgtap14_first.no);
CREATE TEMP TABLE uuid (a integer);
SET search_path = pgtap14_first, pg_catalog, pgtap14, public;
SELECT is(broken('ALTER TABLE shops DISABLE ROW LEVEL SECURITY', 'shops'), ARRAY['rows of the other company are not among all rows', 'rows of the other company are not found by company',
    'rows of the other company are not found by primary key', 'rows of the other company are not found by their place (ctid)', 'rows of the other company are not joined',
    'rows of the other company are not locked', 'rows of the other company are not seen by a condition that would tell of them by its error', 'without a context no row is read'],
    'what comes first in the search_path hides nothing');
DROP TABLE pg_temp.uuid;
SET search_path = pgtap14, public;
DROP SCHEMA pgtap14_first CASCADE;

-- Nothing to look at

SELECT is(broken('SELECT', 'stock', format(', %L, %L', :'none', :'other')), ARRAY['a company sees a row of its own', 'the other company sees a row of its own'], 'a company without rows proves nothing');
SELECT is(broken('ALTER TABLE stock DISABLE TRIGGER guard_tenant; DELETE FROM stock WHERE pieces = 1', 'stock'), ARRAY['the table has rows of two companies'], 'rows of one company prove nothing');
SELECT is(broken('ALTER TABLE stock DISABLE TRIGGER guard_tenant; DELETE FROM stock', 'stock'), ARRAY['the table has rows of two companies'], 'no rows prove nothing');
SELECT is(broken('SELECT', 'stock', $$, acting_role => 'postgres'$$), ARRAY['row-level security holds the acting role'], 'a superuser proves nothing') FROM pg_roles WHERE rolname = 'postgres';
SELECT is(broken('SELECT', 'stock', $$, acting_role => 'pgtap14_bypass'$$), ARRAY['row-level security holds the acting role'], 'a role with BYPASSRLS proves nothing');
SELECT is(broken('SELECT', 'stock', $$, acting_role => 'pgtap14_stranger'$$), ARRAY['a company sees a row of its own', 'the other company sees a row of its own'], 'a role without rights proves nothing');

-- Acting as others

GRANT USAGE ON SCHEMA pgtap14 TO pgtap14_app, pgtap14_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgtap14 TO pgtap14_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgtap14 TO pgtap14_app;
GRANT SELECT ON ALL TABLES IN SCHEMA pgtap14 TO pgtap14_reader;
SELECT is_empty(format('SELECT red(%L, %L)', name, $$, acting_role => 'pgtap14_app'$$), 'isolated from the back end: ' || name) FROM programme WHERE name <> 'visits';
SELECT is_empty($$ SELECT red('products', ', acting_role => ''pgtap14_reader''') $$, 'and from a role that only reads');
SELECT is((SELECT count(*) FROM rewards.assert_tenant_isolation('products', acting_role => 'pgtap14_reader') AS line WHERE line ~ 'SKIP pgtap14_reader has no right to (INSERT|UPDATE|DELETE|TRUNCATE)'), 38::bigint, 'whose missing rights are said');

-- Who may ask

CREATE FUNCTION as_owner(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SET LOCAL ROLE pgtap14_owner';
    RETURN QUERY EXECUTE statement;
    RESET ROLE;
END $$;
SELECT throws_ok(format('SELECT as_owner(%L)', 'SELECT rewards.assert_tenant_isolation(''shops''' || arguments || ')'), state, message, 'refused: ' || arguments) FROM (VALUES
    ('', '22023', 'company_a and company_b must be given'),
    (', company_a => ''a0000000-0000-4000-8000-00000000014a''', '22023', 'company_a and company_b must be given'),
    (', acting_role => ''pgtap14_reader''', '42501', 'must be a member of role "pgtap14_reader"'),
    (', acting_role => ''-''', '42704', NULL)) AS cases (arguments, state, message);
SELECT is((SELECT count(*) FROM as_owner(format('SELECT rewards.assert_tenant_isolation(''shops'', %L, %L)', :'acme', :'other')) AS line WHERE line LIKE 'not ok%'), 0::bigint, 'an owner asks by naming companies');
SELECT is((SELECT count(*) FROM as_owner(format('SELECT rewards.assert_tenant_isolation(''shops'', %L, %L, ''pgtap14_app'')', :'acme', :'other')) AS line WHERE line LIKE 'not ok%'), 0::bigint, 'also for a role of his');
REVOKE EXECUTE ON FUNCTION rewards.set_company_context FROM pgtap14_owner;
SELECT throws_ok(format('SELECT as_owner(%L)', format('SELECT rewards.assert_tenant_isolation(''shops'', %L, %L)', :'acme', :'other')), '42501', 'permission denied for function set_company_context', 'who may not enter a company does not enter one so');
SELECT throws_ok(format('SELECT rewards.assert_tenant_isolation(%s)', arguments), state, message, 'refused: ' || arguments) FROM (VALUES
    ('NULL', '22004', 'target must not be null'), ('4711', '42P01', 'there is no table with OID 4711'), ('''pg_class''', '42809', 'pg_class is a system table'),
    ('''visits_old''', '42809', 'pgtap14.visits_old is a partition of pgtap14.visits'), ('''programme''', '42703', 'table "programme" has no company column'),
    ('''shops'', ''a0000000-0000-4000-8000-00000000014a'', ''a0000000-0000-4000-8000-00000000014a''', '22023', 'company_a and company_b must differ')) AS cases (arguments, state, message);

SELECT * FROM finish();
DROP SCHEMA pgtap14 CASCADE;
DROP OWNED BY pgtap14_owner, pgtap14_app, pgtap14_reader, pgtap14_bypass, pgtap14_stranger;
DROP ROLE pgtap14_owner, pgtap14_app, pgtap14_reader, pgtap14_bypass, pgtap14_stranger;
