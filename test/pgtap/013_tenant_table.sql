-- Tenant protection for tables of the application: what enable_tenant_rls() makes of a table, what it refuses, and what the
-- guard stops. Their owner is an ordinary role with the rights of staff.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SET search_path = public;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
DROP SCHEMA IF EXISTS "pgtap 13" CASCADE;
DROP ROLE IF EXISTS pgtap13_owner, pgtap13_bypass;
CREATE ROLE pgtap13_owner;
CREATE ROLE pgtap13_bypass BYPASSRLS;
SELECT rewards.grant_access(admin => 'pgtap13_owner') \g /dev/null
CREATE SCHEMA "pgtap 13" AUTHORIZATION pgtap13_owner;
GRANT USAGE ON SCHEMA "pgtap 13" TO pgtap13_bypass;
ALTER DEFAULT PRIVILEGES FOR ROLE pgtap13_owner IN SCHEMA "pgtap 13" GRANT ALL ON TABLES TO pgtap13_bypass;
SET search_path = "pgtap 13", public;
SELECT plan(132);

-- What a statement gives to a role, also where the role cannot be changed any more because the transaction is sealed.
CREATE FUNCTION as_owner(statement text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN RETURN QUERY EXECUTE statement; END $$;
CREATE FUNCTION as_bypass(statement text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN RETURN QUERY EXECUTE statement; END $$;
CREATE FUNCTION enabled(target text, arguments text DEFAULT '') RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT as_owner(format('SELECT rewards.enable_tenant_rls(%L%s)', target, arguments)) $$;
CREATE FUNCTION disabled(target text, arguments text DEFAULT '') RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT as_owner(format('SELECT rewards.disable_tenant_rls(%L%s)', target, arguments)) $$;

-- Whether a table is what enable_tenant_rls() makes of it.
CREATE FUNCTION is_protected(target regclass) RETURNS boolean LANGUAGE sql AS $$
    SELECT relrowsecurity AND relforcerowsecurity AND rewards.tenant_policy_column(oid) IS NOT NULL
           AND 2 = (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgenabled = 'O'
                     AND pg_get_triggerdef(oid) ~ 'TRIGGER (guard_tenant BEFORE INSERT OR DELETE OR UPDATE|refuse_truncate BEFORE TRUNCATE) ON [^(]* EXECUTE FUNCTION rewards\.')
           AND EXISTS (SELECT FROM pg_attribute a JOIN pg_attrdef ON adrelid = a.attrelid AND adnum = a.attnum
                        WHERE a.attrelid = c.oid AND a.attname = rewards.tenant_policy_column(c.oid) AND a.attnotnull
                          AND pg_get_expr(adbin, adrelid) ~ 'get_current_company_id\(\)$'
                          AND EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indkey[0] = a.attnum AND indisvalid))
      FROM pg_class c WHERE oid = target $$;
-- Breaks something, and says what came back.
CREATE FUNCTION mended(breakage text, target text, arguments text DEFAULT '') RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    statements text[];
BEGIN
    EXECUTE breakage;
    statements := ARRAY(SELECT enabled(target, arguments));
    RETURN CASE WHEN NOT is_protected(target::regclass) THEN 'still broken' WHEN EXISTS (SELECT enabled(target, arguments)) THEN 'again'
           ELSE replace(regexp_replace(array_to_string(statements, '; '), ' (ON|USING) .*', ''), 'ALTER TABLE "pgtap 13".', '') END;
END $$;
ALTER FUNCTION as_owner OWNER TO pgtap13_owner;
ALTER FUNCTION as_bypass OWNER TO pgtap13_bypass;
ALTER FUNCTION mended OWNER TO pgtap13_owner;

-- A plain table

SET ROLE pgtap13_owner;
CREATE TABLE orders (id integer PRIMARY KEY, note text, company_id uuid);
RESET ROLE;
SELECT is(is_protected('orders'), false, 'a table starts unprotected');
CREATE TEMP TABLE proposed AS SELECT statement FROM enabled('orders', ', dry_run => true') AS statement;
SELECT is((SELECT count(*) FROM proposed), 8::bigint, 'a dry run proposes eight statements');
SELECT is((SELECT relrowsecurity OR relforcerowsecurity OR relhastriggers FROM pg_class WHERE oid = 'orders'::regclass), false, 'and runs none of them');
SELECT results_eq($$ SELECT enabled('orders') $$, 'TABLE proposed', 'a run returns the same');
SELECT is(is_protected('orders'), true, 'and protects the table');
SELECT is_empty($$ SELECT enabled('orders') $$, 'a second one finds nothing missing');
SELECT is((SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'orders'::regclass), '(company_id = rewards.get_current_company_id())',
    'the policy calls the context bare, as the planner needs it');

SELECT is(mended(breakage, 'orders'), mend, 'it comes back after ' || breakage) FROM (VALUES
    ('ALTER TABLE orders DISABLE ROW LEVEL SECURITY', 'orders ENABLE ROW LEVEL SECURITY'),
    ('ALTER TABLE orders NO FORCE ROW LEVEL SECURITY', 'orders FORCE ROW LEVEL SECURITY'),
    ('DROP POLICY tenant ON orders', 'CREATE POLICY tenant'),
    ('DROP TRIGGER guard_tenant ON orders', 'CREATE TRIGGER guard_tenant BEFORE INSERT OR DELETE OR UPDATE'),
    ('ALTER TABLE orders DISABLE TRIGGER guard_tenant', 'orders ENABLE TRIGGER guard_tenant'),
    ('ALTER TABLE orders ENABLE REPLICA TRIGGER refuse_truncate', 'orders ENABLE TRIGGER refuse_truncate'),
    ('CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION rewards.guard_tenant_row(''company_id'')',
     'CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR DELETE OR UPDATE'),
    ('CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR DELETE OR UPDATE ON orders FOR EACH ROW WHEN (false) EXECUTE FUNCTION rewards.guard_tenant_row(''company_id'')',
     'CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR DELETE OR UPDATE'),
    ('DROP TRIGGER refuse_truncate ON orders', 'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE'),
    ('ALTER TABLE orders ALTER COLUMN company_id DROP NOT NULL', 'orders ALTER COLUMN company_id SET NOT NULL'),
    ('ALTER TABLE orders ALTER COLUMN company_id DROP DEFAULT', 'orders ALTER COLUMN company_id SET DEFAULT rewards.get_current_company_id()'),
    ('ALTER TABLE orders ALTER COLUMN company_id SET DEFAULT gen_random_uuid()', 'orders ALTER COLUMN company_id SET DEFAULT rewards.get_current_company_id()'),
    ('DROP INDEX orders_company_id_idx', 'CREATE INDEX')) AS cases (breakage, mend);
SELECT is(mended('ALTER TABLE orders RENAME COLUMN company_id TO tenant', 'orders', $$, 'tenant'$$), 'CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR DELETE OR UPDATE',
    'a guard is told the new name of a column');
SELECT throws_ok($$ SELECT enabled('orders') $$, '42703', NULL, 'and the old name is refused');

-- An index that leads with the company will do, if it serves all rows.
SET ROLE pgtap13_owner;
CREATE TABLE indexed (id integer, company_id uuid);
CREATE INDEX at_end ON indexed (id, company_id);
CREATE INDEX partial ON indexed (company_id) WHERE id > 0;
CREATE INDEX hashed ON indexed USING hash (company_id);
CREATE INDEX unfinished ON indexed (company_id);
RESET ROLE;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'unfinished'::regclass;
SELECT is((SELECT count(*) FROM enabled('indexed', ', dry_run => true') AS s WHERE s ~ 'INDEX'), 1::bigint, 'indexes that trail with the company, are partial, hashed or unfinished do not count');
CREATE UNIQUE INDEX at_start ON indexed (company_id, id);
SELECT is((SELECT count(*) FROM enabled('indexed', ', dry_run => true') AS s WHERE s ~ 'INDEX'), 0::bigint, 'a unique one over more columns does');

-- Partitions and children, at every level, under names that need quotes

SET ROLE pgtap13_owner;
CREATE TABLE "or""d'er\s; --" (id integer, "comp'any\ ""id" uuid, note text) PARTITION BY RANGE (id);
CREATE TABLE "p'1" PARTITION OF "or""d'er\s; --" FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 ("comp'any\ ""id" uuid, dropped integer, note text, id integer) PARTITION BY RANGE (id);
ALTER TABLE p2 DROP COLUMN dropped;
ALTER TABLE "or""d'er\s; --" ATTACH PARTITION p2 FOR VALUES FROM (10) TO (30);
CREATE TABLE p21 PARTITION OF p2 FOR VALUES FROM (10) TO (20);
CREATE TABLE base (id integer, company_id uuid);
CREATE TABLE child (more text) INHERITS (base);
CREATE TABLE grandchild () INHERITS (child);
RESET ROLE;
CREATE VIEW family AS SELECT * FROM unnest(ARRAY['or"d''er\s; --', 'p''1', 'p2', 'p21', 'base', 'child', 'grandchild']) AS name;
SELECT isnt_empty(format($$ SELECT enabled(%L, %L) $$, quote_ident('or"d''er\s; --'), ', ' || quote_literal('comp''any\ "id')), 'a partitioned table is protected');
SELECT isnt_empty($$ SELECT enabled('base') $$, 'so is one with children');
SELECT is_empty($$ SELECT name FROM family WHERE is_protected(quote_ident(name)::regclass) IS NOT TRUE $$, 'and each partition and child of theirs, by itself');
SELECT is_empty(format($$ SELECT enabled(%L, %L) $$, quote_ident('or"d''er\s; --'), ', ' || quote_literal('comp''any\ "id')), 'a second time nothing is missing');
SELECT is_empty($$ SELECT enabled('base') $$, 'with children neither');
SELECT is(mended(breakage, quote_ident('or"d''er\s; --'), ', ' || quote_literal('comp''any\ "id')), mend, 'a partition is mended after ' || breakage) FROM (VALUES
    ('ALTER TABLE p21 DISABLE ROW LEVEL SECURITY', 'p21 ENABLE ROW LEVEL SECURITY'),
    ('DROP POLICY tenant ON p2', 'CREATE POLICY tenant'),
    ('ALTER TABLE p21 DISABLE TRIGGER guard_tenant', 'p21 ENABLE TRIGGER guard_tenant'),
    ('ALTER TABLE p21 ALTER COLUMN "comp''any\ ""id" DROP DEFAULT', 'p21 ALTER COLUMN "comp''any\ ""id" SET DEFAULT rewards.get_current_company_id()'))
    AS cases (breakage, mend);
SELECT matches(mended('CREATE TABLE p22 PARTITION OF p2 FOR VALUES FROM (20) TO (30)', quote_ident('or"d''er\s; --'), ', ' || quote_literal('comp''any\ "id')),
    '^p22 ENABLE ROW LEVEL SECURITY; p22 FORCE', 'a new partition needs another call');
SELECT is(is_protected('p22'), true, 'which protects it');
SET ROLE pgtap13_owner;
ALTER TABLE p2 DETACH PARTITION p22;
RESET ROLE;
SELECT is((SELECT string_agg(s, '') FROM enabled('p22', ', ' || quote_literal('comp''any\ "id')) AS s) ~ '^CREATE TRIGGER guard_tenant', true, 'one that was detached needs a guard of its own');
SELECT disabled(quote_ident('or"d''er\s; --')) \g /dev/null
SET ROLE pgtap13_owner;
ALTER TABLE p2 ATTACH PARTITION p22 FOR VALUES FROM (20) TO (30);
RESET ROLE;
SELECT is(mended('SELECT 1', quote_ident('or"d''er\s; --'), ', ' || quote_literal('comp''any\ "id')) ~ 'ENABLE', true, 'one that brings a guard along fits in');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgname = 'guard_tenant' AND tgparentid <> 0 AND tgrelid::regclass::text IN ('p22', '"p''1"', 'p2', 'p21')), 4::bigint, 'and all of them have that of the parent');

-- What is refused

SET ROLE pgtap13_owner;
CREATE VIEW a_view AS SELECT * FROM indexed;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM indexed;
CREATE SEQUENCE numbers;
CREATE TABLE without (id integer);
CREATE TABLE text_company (company_id text);
CREATE TABLE generated (a uuid, company_id uuid GENERATED ALWAYS AS (a) STORED);
CREATE TABLE open (company_id uuid);
CREATE POLICY everybody ON open USING (true);
CREATE POLICY "a'b" ON open FOR SELECT USING (true);
CREATE TABLE other_policy (company_id uuid);
CREATE POLICY tenant ON other_policy USING (company_id = current_setting('app.company')::uuid);
CREATE TABLE nobodys (company_id uuid);
INSERT INTO nobodys VALUES (NULL), (NULL), (gen_random_uuid());
ALTER TABLE nobodys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE other_trigger (company_id uuid);
CREATE TRIGGER guard_tenant BEFORE UPDATE ON other_trigger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
RESET ROLE;
CREATE TABLE foreign_owner (company_id uuid);
CREATE FOREIGN DATA WRAPPER pgtap13;
CREATE SERVER pgtap13 FOREIGN DATA WRAPPER pgtap13;
CREATE FOREIGN TABLE far (company_id uuid) SERVER pgtap13;
CREATE TABLE with_far (company_id uuid) PARTITION BY LIST (company_id);
CREATE FOREIGN TABLE far_part PARTITION OF with_far DEFAULT SERVER pgtap13;
CREATE TEMP TABLE passing (company_id uuid);
SELECT throws_ok(format('SELECT rewards.enable_tenant_rls(%s)', target), state, message, 'refused: ' || target) FROM (VALUES
    ('NULL', '22004', 'target must not be null'),
    ('4711', '42P01', 'there is no table with OID 4711'),
    ($$'a_view'$$, '42809', '"pgtap 13".a_view is a view'),
    ($$'kept'$$, '42809', '"pgtap 13".kept is a materialized view'),
    ($$'numbers'$$, '42809', '"pgtap 13".numbers is no table'),
    ($$'orders_pkey'$$, '42809', '"pgtap 13".orders_pkey is no table'),
    ($$'far'$$, '42809', '"pgtap 13".far is a foreign table'),
    ($$'with_far'$$, '42809', '"pgtap 13".far_part is a foreign table that belongs to "pgtap 13".with_far'),
    ($$'passing'$$, '42809', 'passing is a temporary table'),
    ($$'rewards.points_events'$$, '42809', 'rewards.points_events is a table of rewards'),
    ($$'pg_class'$$, '42809', 'pg_class is a system table'),
    ($$'p21'$$, '42809', '"pgtap 13".p21 is a partition of "pgtap 13"."or""d''er\s; --"'),
    ($$'grandchild'$$, '42809', '"pgtap 13".grandchild is a child of "pgtap 13".base'),
    ($$'without'$$, '42703', 'table "pgtap 13".without has no column "company_id"'),
    ($$'orders', NULL$$, '22004', 'company_column must not be null'),
    ($$'orders', 'ctid'$$, '42703', 'table "pgtap 13".orders has no column "ctid"'),
    ($$'text_company'$$, '42804', 'column "company_id" of table "pgtap 13".text_company is of type text, not uuid'),
    ($$'generated'$$, '0A000', 'column "company_id" of table "pgtap 13".generated is generated'),
    ($$'open'$$, '55000', 'table "pgtap 13".open has another policy: "a''b", everybody'),
    ($$'other_policy'$$, '55000', 'table "pgtap 13".other_policy has another policy: tenant'),
    ($$'other_trigger'$$, '42710', 'table "pgtap 13".other_trigger has another trigger "guard_tenant"'),
    ($$'nobodys'$$, '23502', '2 rows of table "pgtap 13".nobodys have no company')) AS cases (target, state, message);
SELECT throws_ok($$ SELECT enabled('nobodys', ', dry_run => true') $$, '23502', '2 rows of table "pgtap 13".nobodys have no company', 'an owner is told how many, too, whom row-level security hides them from');
SELECT throws_ok($$ SELECT enabled('foreign_owner') $$, '42501', 'must be owner of table "pgtap 13".foreign_owner', 'a table of somebody else');
SELECT throws_ok($$ SELECT disabled('foreign_owner') $$, '42501', NULL, 'is not for him to disable either');
SELECT throws_ok($$ SELECT as_owner('SELECT rewards.count_rows_of_nobody(''foreign_owner'', ''company_id'')::text') $$, '42501', NULL, 'nor to count');
SELECT throws_ok($$ SELECT disabled(quote_ident('p21')) $$, '42809', NULL, 'a partition is not disabled alone');

-- The guard

SELECT 'a0000000-0000-4000-8000-00000000013a' AS acme, 'a0000000-0000-4000-8000-00000000013b' AS other \gset
SELECT disabled('orders') \g /dev/null
ALTER TABLE orders RENAME COLUMN tenant TO company_id;
INSERT INTO orders VALUES (100, 'other''s', :'other'), (1, 'acme''s', :'acme');
SELECT enabled('orders', $$, audit => true, redact => '{secret}'$$) \g /dev/null

CREATE FUNCTION stopped(statement text, description text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT throws_ok(statement, '42501', 'a row of table "orders" is not of the company of this transaction', description || ': ' || statement) $$;
CREATE FUNCTION attempts() RETURNS SETOF text LANGUAGE sql AS $$ VALUES
    ('INSERT INTO orders VALUES (2, NULL, ''a0000000-0000-4000-8000-00000000013b'') RETURNING note'),
    ('INSERT INTO orders VALUES (2, NULL, NULL) RETURNING note'),
    ('INSERT INTO orders VALUES (100, NULL) ON CONFLICT (id) DO UPDATE SET note = NULL RETURNING note'),
    ('UPDATE orders SET note = NULL WHERE id = 100 RETURNING note'),
    ('UPDATE orders SET company_id = ''a0000000-0000-4000-8000-00000000013a'' WHERE id = 100 RETURNING note'),
    ('UPDATE orders SET company_id = ''a0000000-0000-4000-8000-00000000013b'' WHERE id = 1 RETURNING note'),
    ('UPDATE orders SET company_id = NULL WHERE id = 1 RETURNING note'),
    ('DELETE FROM orders WHERE id = 100 RETURNING note') $$;
BEGIN;
SELECT rewards.set_company_context(:'acme') \g /dev/null
SELECT stopped(s, 'a superuser is stopped') FROM attempts() AS s;
SELECT stopped(format('SELECT as_bypass(%L)', s), 'BYPASSRLS is stopped') FROM attempts() AS s;
SELECT stopped('MERGE INTO orders USING (VALUES (100)) AS s (id) ON orders.id = s.id WHEN MATCHED THEN UPDATE SET note = NULL', 'so is MERGE');
SELECT stopped('MERGE INTO orders USING (VALUES (100)) AS s (id) ON orders.id = s.id WHEN MATCHED THEN DELETE', 'so is MERGE');
SELECT stopped($$ COPY orders FROM PROGRAM 'printf "3\tx\ta0000000-0000-4000-8000-00000000013b\n"' $$, 'so is COPY');
SELECT lives_ok($$ COPY orders (id) FROM PROGRAM 'echo 3' $$, 'COPY of rows of the company is not');
SELECT lives_ok('INSERT INTO orders VALUES (4), (5)', 'nor is INSERT');
SELECT lives_ok('UPDATE orders SET note = ''x'', id = id + 10 WHERE id < 100', 'nor UPDATE');
SELECT lives_ok('DELETE FROM orders WHERE id = 15', 'nor DELETE');
SELECT throws_ok('TRUNCATE orders', '23001', 'TRUNCATE on table "orders" is not allowed', 'TRUNCATE is');
SELECT results_eq('SELECT id, company_id::text FROM orders ORDER BY id', $$ VALUES (11, 'a0000000-0000-4000-8000-00000000013a'), (13, 'a0000000-0000-4000-8000-00000000013a'),
    (14, 'a0000000-0000-4000-8000-00000000013a'), (100, 'a0000000-0000-4000-8000-00000000013b') $$, 'rows are of the company that wrote them');
SELECT results_eq($$ SELECT as_owner('SELECT id::text FROM orders ORDER BY id') $$, '{11,13,14}'::text[], 'and the owner sees those of one company');
SELECT is((SELECT string_agg(DISTINCT action, ',') FROM rewards.audit_log WHERE company_id = :'acme' AND table_name = '"pgtap 13".orders'), 'DELETE,INSERT,UPDATE', 'what was changed is recorded');
-- The column moves while the session goes on.
SELECT lives_ok('INSERT INTO orders (id) VALUES (20)', 'the guard has looked at the table');
ALTER TABLE orders DROP COLUMN note;
ALTER TABLE orders ADD COLUMN second uuid;
SELECT stopped('INSERT INTO orders (id, company_id, second) VALUES (21, ''a0000000-0000-4000-8000-00000000013b'', ''a0000000-0000-4000-8000-00000000013a'')', 'and notices that it has changed');
ALTER TABLE orders RENAME COLUMN company_id TO first;
ALTER TABLE orders RENAME COLUMN second TO company_id;
SELECT stopped('INSERT INTO orders (id, first, company_id) VALUES (21, ''a0000000-0000-4000-8000-00000000013a'', ''a0000000-0000-4000-8000-00000000013b'')', 'and that the name is another column''s');
ALTER TABLE orders RENAME COLUMN company_id TO second;
SELECT throws_ok('INSERT INTO orders (id) VALUES (21)', '42703', 'table "orders" has no company column "company_id" of type uuid', 'without the column nothing is written');
ROLLBACK;
SELECT throws_ok(s, '42501', 'table "orders" cannot be written without a company context', 'without a context nobody writes: ' || s)
  FROM unnest(ARRAY['INSERT INTO orders VALUES (2)', 'UPDATE orders SET note = NULL', 'DELETE FROM orders']) AS s;
BEGIN;
SET LOCAL rewards.default_company_id = 'a0000000-0000-4000-8000-00000000013a';
SELECT lives_ok('INSERT INTO orders VALUES (2)', 'the company of the database stands in for a context');
SELECT throws_ok('UPDATE orders SET note = NULL WHERE id = 100', '42501', NULL, 'and is held like any other');
ROLLBACK;

-- A row that moves between partitions of different shape; a foreign key's cascade into another company.
BEGIN;
SELECT rewards.set_company_context(:'acme') \g /dev/null
SELECT lives_ok($$ INSERT INTO "or""d'er\s; --" (id) VALUES (1), (11) $$, 'rows find their partitions');
SELECT lives_ok($$ UPDATE "or""d'er\s; --" SET id = 12 - id + 1 $$, 'and move between them');
SELECT throws_ok($$ UPDATE "or""d'er\s; --" SET id = 1, "comp'any\ ""id" = 'a0000000-0000-4000-8000-00000000013b' WHERE id = 12 $$, '42501', NULL, 'but not to another company');
SELECT throws_ok($$ INSERT INTO p21 (id, "comp'any\ ""id") VALUES (11, 'a0000000-0000-4000-8000-00000000013b') $$, '42501', NULL, 'a partition is guarded by itself');
SELECT throws_ok($$ INSERT INTO grandchild (company_id) VALUES ('a0000000-0000-4000-8000-00000000013b') $$, '42501', NULL, 'and so is a child');
SELECT throws_ok('TRUNCATE p21', '23001', NULL, 'no partition is truncated alone');
ROLLBACK;
CREATE TABLE lines (id integer, order_id integer REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE, company_id uuid);
INSERT INTO lines VALUES (1, 1, :'other');
ALTER TABLE lines OWNER TO pgtap13_owner;
SELECT enabled('lines') \g /dev/null
BEGIN;
SELECT rewards.set_company_context(:'acme') \g /dev/null
SELECT throws_ok('DELETE FROM orders WHERE id = 1', '42501', 'a row of table "lines" is not of the company of this transaction', 'a cascade does not delete rows of another company');
SELECT throws_ok('UPDATE orders SET id = 7 WHERE id = 1', '42501', NULL, 'or change them');
ROLLBACK;

-- Cross-company access

DROP ROLE IF EXISTS pgtap13_auditor, pgtap13_second;
CREATE ROLE pgtap13_auditor;
CREATE ROLE pgtap13_second;
SELECT rewards.grant_access(cross_company => 'pgtap13_auditor') \g /dev/null
GRANT USAGE ON SCHEMA "pgtap 13" TO pgtap13_auditor;
GRANT SELECT, UPDATE ON orders TO pgtap13_auditor;
SELECT set_eq($$ SELECT enabled('orders') $$, ARRAY['CREATE POLICY cross_company ON "pgtap 13".orders FOR SELECT TO pgtap13_auditor USING (rewards.crosses_companies())'],
    'who was granted cross-company access gets a policy');
SELECT is_empty($$ SELECT enabled('orders') $$, 'once');
SELECT rewards.grant_access(cross_company => 'pgtap13_second') \g /dev/null
SELECT set_eq($$ SELECT enabled('orders') $$, ARRAY['ALTER POLICY cross_company ON "pgtap 13".orders TO pgtap13_auditor, pgtap13_second'], 'and who comes later is added');
SELECT is_empty($$ SELECT enabled('orders') $$, 'once');
CREATE FUNCTION as_auditor(statement text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN RETURN QUERY EXECUTE statement; END $$;
ALTER FUNCTION as_auditor OWNER TO pgtap13_auditor;
BEGIN;
SELECT as_auditor('SELECT rewards.begin_cross_company_access(''a test'')::text') \g /dev/null
SELECT results_eq($$ SELECT as_auditor('SELECT id::text FROM orders ORDER BY id') $$, '{1,100}'::text[], 'he reads the rows of all');
SELECT is_empty($$ SELECT as_auditor('UPDATE orders SET note = NULL RETURNING note') $$, 'and writes none');
SELECT is_empty($$ SELECT as_owner('SELECT id::text FROM orders') $$, 'the owner, who was not granted it, reads none');
SELECT lives_ok('UPDATE orders SET note = note WHERE id = 100', 'a superuser repairs the row of any company');
ROLLBACK;
SELECT ok('DROP POLICY cross_company ON "pgtap 13".orders' IN (SELECT disabled('orders', ', dry_run => true')), 'the policy is taken back with the others');
SELECT lives_ok('DROP POLICY cross_company ON orders; DROP OWNED BY pgtap13_auditor, pgtap13_second CASCADE; DROP ROLE pgtap13_auditor, pgtap13_second', 'roles can go');

-- Auditing

SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND tgname LIKE 'audit%'), 3::bigint, 'audit triggers are made if asked');
SELECT is_empty($$ SELECT enabled('orders') $$, 'and stay when not asked again');
SELECT is((SELECT count(*) FROM enabled('orders', $$, audit => true, redact => '{secret,"it''s \"it\""}'$$)), 3::bigint, 'other keys to redact replace them');
SELECT is((SELECT encode(tgargs, 'escape') FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND tgname = 'audit_update'),
    'company_id\000secret\000it''s "it"\000', 'with their names as they are');

-- Taken back

SELECT is((SELECT count(*) FROM disabled('orders', ', dry_run => true')), 8::bigint, 'a dry run says what would be taken back');
SELECT is(is_protected('orders'), true, 'and takes nothing');
SELECT results_eq($$ SELECT disabled('orders') $$, ARRAY['DROP TRIGGER audit_delete ON "pgtap 13".orders', 'DROP TRIGGER audit_insert ON "pgtap 13".orders',
    'DROP TRIGGER audit_update ON "pgtap 13".orders', 'DROP TRIGGER guard_tenant ON "pgtap 13".orders', 'DROP TRIGGER refuse_truncate ON "pgtap 13".orders',
    'DROP POLICY tenant ON "pgtap 13".orders', 'ALTER TABLE "pgtap 13".orders NO FORCE ROW LEVEL SECURITY', 'ALTER TABLE "pgtap 13".orders DISABLE ROW LEVEL SECURITY'],
    'triggers, policy and row-level security go');
SELECT is_empty($$ SELECT disabled('orders') $$, 'once');
SELECT is((SELECT attnotnull AND atthasdef FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'company_id'), true, 'default and NOT NULL stay');
SET ROLE pgtap13_owner;
CREATE POLICY mine ON lines AS RESTRICTIVE USING (id > 0);
CREATE TABLE closed (company_id uuid);
ALTER TABLE closed ENABLE ROW LEVEL SECURITY;
RESET ROLE;
SELECT is_empty($$ SELECT enabled('lines') $$, 'a restrictive policy is not in the way');
SELECT disabled('lines') \g /dev/null
SELECT is((SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'lines'::regclass), true, 'and keeps row-level security on');
SELECT is_empty($$ SELECT disabled('closed') $$, 'what was closed without our policy is not opened');
SELECT disabled(quote_ident('or"d''er\s; --')), disabled('base') \g /dev/null
SELECT is_empty($$ SELECT name FROM family JOIN pg_class ON oid = quote_ident(name)::regclass WHERE relrowsecurity OR relforcerowsecurity
                     OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = oid) $$, 'partitions and children are set free, too');

SELECT * FROM finish();
DROP SCHEMA "pgtap 13" CASCADE;
DROP FOREIGN DATA WRAPPER pgtap13 CASCADE;
DROP OWNED BY pgtap13_owner, pgtap13_bypass;
DROP ROLE pgtap13_owner, pgtap13_bypass;
