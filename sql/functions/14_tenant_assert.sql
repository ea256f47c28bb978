-- Is a table isolated? assert_tenant_isolation() tries to cross from one company to another. What it tries is written
-- here, as statements with what they should lead to; to act as a company and to undo it is C++. They run with the
-- search_path of the caller, whom triggers of the table may need, so that they say where their types and operators are.

-- What the statements are made of: where a row of each company is, and what inserts it. Own is of company a, others is of
-- company b, and moved is the row of a with the company b.
CREATE TYPE rewards.isolation_subject AS (
    target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb,
    column_names text, own_row text, others_row text, moved_row text, own_place text, others_place text);
COMMENT ON TYPE rewards.isolation_subject IS 'Part of assert_tenant_isolation(): what its statements are made of';

-- A statement passes when it touches as many rows as wanted_rows says (null: never) or fails with one of wanted_states.
CREATE TYPE rewards.isolation_attempt AS (
    place integer, verb text, is_control boolean, company uuid, past_rls boolean, statement text, wanted_rows bigint,
    wanted_states text[], description text, skipped text, finding text);
COMMENT ON TYPE rewards.isolation_attempt IS
    'Part of assert_tenant_isolation(): a statement, the company to run it as (null: none), and what it should lead to';

CREATE FUNCTION rewards.company_column_of(target regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(rewards.tenant_policy_column(target),
        (SELECT a.attname FROM pg_trigger g JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.atttypid = 'uuid'::regtype
          WHERE g.tgrelid = target AND g.tgname = 'guard_tenant' AND g.tgargs = convert_to(a.attname, getdatabaseencoding()) || '\x00'),
        (SELECT attname FROM pg_attribute WHERE attrelid = target AND attname = 'company_id' AND atttypid = 'uuid'::regtype))
$function$;
COMMENT ON FUNCTION rewards.company_column_of(regclass) IS
    'The company column of a table, by its policy, its guard or its name company_id; null when it has none';

CREATE FUNCTION rewards.isolation_foreign_keys(target regclass, company_column name)
    RETURNS TABLE (constraint_oid oid, constraint_name name, other regclass, other_column name, columns name[],
                   other_columns name[], types text[], has_company boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.oid, f.conname, f.confrelid::regclass, c.company,
           array_agg(a.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(b.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(h.type ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           bool_or(a.attname = company_column AND b.attname = c.company)
      FROM pg_constraint f
     CROSS JOIN LATERAL (SELECT coalesce(rewards.company_column_of(f.confrelid),
               (SELECT attname FROM pg_attribute
                 WHERE attrelid = f.confrelid AND attname = company_column AND atttypid = 'uuid'::regtype)) AS company) c
     CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (here, there, place)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
      JOIN rewards.isolation_columns(target) h ON h.attnum = k.here
      JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there
     WHERE f.conrelid = target AND f.contype = 'f' AND f.conparentid = 0 AND c.company IS NOT NULL
     GROUP BY f.oid, f.conname, f.confrelid, c.company
    HAVING bool_or(a.attname <> company_column)
$function$;
COMMENT ON FUNCTION rewards.isolation_foreign_keys(regclass, name) IS
    'Part of assert_tenant_isolation(): the foreign keys of a table to other tables of companies, by more than the company';

-- Its columns, in the order of a sample.
CREATE FUNCTION rewards.isolation_columns(target regclass)
    RETURNS TABLE (place text, attnum smallint, name name, type text, is_generated boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (row_number() OVER (ORDER BY a.attnum) - 1)::text, a.attnum, a.attname, format('%I.%I', n.nspname, t.typname), a.attgenerated <> ''
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
$function$;
COMMENT ON FUNCTION rewards.isolation_columns(regclass) IS 'Part of assert_tenant_isolation(): the columns of a table';

-- Each gives a row of text, as JSON, or none.
CREATE FUNCTION rewards.isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid)
    RETURNS TABLE (name text, company uuid, statement text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.name, s.company,
           format($$SELECT pg_catalog.jsonb_build_object(
                               'place', pg_catalog.format(
                                   'tableoid OPERATOR(pg_catalog.=) %%s AND ctid OPERATOR(pg_catalog.=) %%L', tableoid, ctid),
                               'row', ARRAY[%s]::pg_catalog.text[])::pg_catalog.text FROM %s
                     WHERE %I OPERATOR(pg_catalog.=) %L LIMIT 1$$,
                  (SELECT string_agg(format('%I::pg_catalog.text', c.name), ', ' ORDER BY c.attnum)
                     FROM rewards.isolation_columns(target) c), target, company_column, s.company)
      FROM (VALUES ('a', company_a), ('b', company_b)) AS s (name, company)
    UNION ALL
    SELECT 'key ' || k.constraint_oid, company_b,
           format($$SELECT pg_catalog.to_jsonb(ARRAY[%s]::pg_catalog.text[])::pg_catalog.text FROM %s
                     WHERE %I OPERATOR(pg_catalog.=) %L AND %s LIMIT 1$$,
                  string_agg(format('%I::pg_catalog.text', o.name), ', ' ORDER BY o.place), k.other, k.other_column, company_b,
                  string_agg(format('%I IS NOT NULL', o.name), ' AND '))
      FROM rewards.isolation_foreign_keys(target, company_column) k
     CROSS JOIN LATERAL unnest(k.other_columns) WITH ORDINALITY AS o (name, place)
     GROUP BY k.constraint_oid, k.other, k.other_column
$function$;
COMMENT ON FUNCTION rewards.isolation_samples(regclass, name, uuid, uuid) IS
    'Part of assert_tenant_isolation(): queries for a row of each company, and for what foreign keys could point at';

CREATE FUNCTION rewards.isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb)
    RETURNS rewards.isolation_subject
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT target, company_column, company_a, company_b, samples, r.names, r.head || r.own || ')', r.head || r.others || ')',
           r.head || r.moved || ')', samples #>> '{a,place}', samples #>> '{b,place}'
      FROM (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum) AS names,
                   format('(%s) OVERRIDING SYSTEM VALUE VALUES (', string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum)) AS head,
                   string_agg(format('%L::%s', v.own, c.type), ', ' ORDER BY c.attnum) AS own,
                   string_agg(format('%L::%s', v.others, c.type), ', ' ORDER BY c.attnum) AS others,
                   string_agg(format('%L::%s', CASE c.name WHEN company_column THEN company_b::text ELSE v.own END, c.type), ', '
                              ORDER BY c.attnum) AS moved
              FROM rewards.isolation_columns(target) c
             CROSS JOIN LATERAL (SELECT samples #>> ARRAY['a', 'row', c.place] AS own, samples #>> ARRAY['b', 'row', c.place] AS others) v
             WHERE NOT c.is_generated) r
$function$;
COMMENT ON FUNCTION rewards.isolation_subject(regclass, name, uuid, uuid, jsonb) IS
    'Part of assert_tenant_isolation(): puts together what its statements are made of';

-- In the company's own rows everything works: a refusal of everything would prove nothing.
CREATE FUNCTION rewards.isolation_controls(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 10 + place, verb, true, company_a, false, statement, 1, '{}'::text[], description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'UPDATE', 'a company updates its own row', format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (2, 'DELETE', 'a company deletes its own row', format('DELETE FROM %s WHERE %s', target, own_place)),
        (3, 'INSERT', 'a company inserts a row of its own, or comes as far as its key',
         format('WITH tried AS (INSERT INTO %s %s ON CONFLICT DO NOTHING) SELECT 1', target, own_row)))
        AS controls (place, verb, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_controls(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): what must work';

CREATE FUNCTION rewards.isolation_reads(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 20 + place, verb, false, company_a, false, format('SELECT FROM %s ', target) || condition, 0, '{}'::text[],
           'rows of the other company are not ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'SELECT', 'found by company', format('WHERE %I OPERATOR(pg_catalog.=) %L', company_column, company_b)),
        (2, 'SELECT', 'among all rows', format('WHERE (%I OPERATOR(pg_catalog.=) %L) IS NOT TRUE', company_column, company_a)),
        (3, 'SELECT', 'found by their place (ctid)', 'WHERE ' || others_place),
        (4, 'SELECT', 'found by primary key', 'WHERE ' ||
            (SELECT string_agg(format('%I OPERATOR(%I.%s) %L::%s', c.name, n.nspname, o.oprname, samples #>> ARRAY['b', 'row', c.place], c.type),
                               ' AND ')
               FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey, i.indclass) AS k (attnum, opclass)
               JOIN rewards.isolation_columns(target) c ON c.attnum = k.attnum JOIN pg_opclass f ON f.oid = k.opclass
               JOIN pg_amop e ON e.amopfamily = f.opcfamily AND e.amopstrategy = 3  -- equal, in a B-tree
                AND e.amoplefttype = f.opcintype AND e.amoprighttype = f.opcintype
               JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
              WHERE i.indrelid = target AND i.indisprimary)),
        (5, 'SELECT', 'joined', format('AS r JOIN (VALUES (%L::pg_catalog.uuid)) AS v (company) ON r.%I OPERATOR(pg_catalog.=) v.company',
                                       company_b, company_column)),
        (6, 'SELECT', 'seen by a condition that would tell of them by its error',
            format('WHERE %I OPERATOR(pg_catalog.=) %L AND 1 OPERATOR(pg_catalog./) (%1$I OPERATOR(pg_catalog.<>) %2$L)::integer IS NOT NULL',
                   company_column, company_b)),
        (7, 'UPDATE', 'locked', format('WHERE %I OPERATOR(pg_catalog.=) %L FOR UPDATE', company_column, company_b)))
        AS reads (place, verb, description, condition)
     WHERE condition IS NOT NULL
$function$;
COMMENT ON FUNCTION rewards.isolation_reads(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): reading across companies';

-- No statement writes more than one row, even where nothing is protected.
CREATE FUNCTION rewards.isolation_writes(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 30 + place, verb, false, company_a, false, statement, wanted_rows, wanted_states::text[], description,
           CASE WHEN statement ~ '^MERGE' AND c.relhasrules THEN 'a table with rules has no MERGE' END, NULL
      FROM (SELECT (subject).*) s JOIN pg_class c ON c.oid = s.target CROSS JOIN LATERAL (VALUES
        (1, 'UPDATE', 'a row of the other company is not updated', 0, '{42501}',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, others_place)),
        (2, 'UPDATE', 'a row of the other company is not taken over', 0, '{42501}',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_a, others_place)),
        (3, 'UPDATE', 'a row is not given to the other company', NULL, '{42501}',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_b, own_place)),
        (4, 'DELETE', 'a row of the other company is not deleted', 0, '{42501}',
         format('DELETE FROM %s WHERE %s', target, others_place)),
        (5, 'INSERT', 'a row is not inserted for the other company', NULL, '{42501}', format('INSERT INTO %s %s', target, moved_row)),
        (6, 'UPDATE', 'a row of the other company is not updated by MERGE', 0, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN UPDATE SET %I = %3$I', target, others_place,
                company_column)),
        (7, 'DELETE', 'a row of the other company is not deleted by MERGE', 0, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN DELETE', target, others_place)),
        (8, 'INSERT', 'a row is not inserted for the other company by MERGE', NULL, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON false WHEN NOT MATCHED THEN INSERT %s', target, moved_row)),
        (9, 'TRUNCATE', 'TRUNCATE does not take the rows of all companies', NULL, '{23001,42501}',
         format('TRUNCATE %s CASCADE', target)))
        AS writes (place, verb, description, wanted_rows, wanted_states, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_writes(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): writing across companies';

CREATE FUNCTION rewards.isolation_conflicts(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH keys AS (
        SELECT x.relname AS name, string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum) FILTER (WHERE k.is_key) AS columns,
               string_agg(format('%L::%s', v.text, c.type), ', ' ORDER BY c.attnum) FILTER (WHERE NOT c.is_generated) AS row,
               bool_or(k.is_key AND c.name = (subject).company_column) AS has_company
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid CROSS JOIN rewards.isolation_columns((subject).target) c
         CROSS JOIN LATERAL (SELECT c.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS is_key) k
         CROSS JOIN LATERAL (SELECT (subject).samples #>> ARRAY[CASE WHEN k.is_key THEN 'b' ELSE 'a' END, 'row', c.place] AS text) v
         WHERE i.indrelid = (subject).target AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
           AND i.indexprs IS NULL
         GROUP BY x.relname
        HAVING bool_and(NOT k.is_key OR v.text IS NOT NULL))
    SELECT (40 + row_number() OVER (ORDER BY k.name, a.verb))::integer, a.verb, false, company_a, false,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s) ON CONFLICT (%s) %s', target, column_names, k.row, k.columns,
                  a.action),
           CASE WHEN a.verb = 'INSERT' AND NOT k.has_company THEN 0 END, '{42501}'::text[],
           format('ON CONFLICT %s does not reach a row of the other company that has the same key (%s)',
                  substring(a.action from '^DO \w+'), k.name), NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN keys k CROSS JOIN LATERAL (VALUES
        ('INSERT', 'DO NOTHING'), ('UPDATE', format('DO UPDATE SET %I = excluded.%1$I', company_column))) AS a (verb, action)
$function$;
COMMENT ON FUNCTION rewards.isolation_conflicts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): inserting a key that a row of the other company has';

CREATE FUNCTION rewards.isolation_pointers(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (1000 + row_number() OVER (ORDER BY k.constraint_name))::integer, 'UPDATE', false, company_a, false,
           format('UPDATE %s SET %s WHERE %s', target, k.settings, own_place), NULL::bigint, '{23503,42501}'::text[],
           format('foreign key %I cannot point at a row of the other company in %s', k.constraint_name, k.other),
           CASE WHEN k.settings IS NULL AND k.has_company
                THEN 'the company is part of the key, and the other company has no row to point at' END,
           CASE WHEN k.settings IS NULL AND NOT k.has_company
                THEN format('The key lacks %I, and the other company has no row in %s to try it with.', company_column, k.other) END
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (
        SELECT f.*, (SELECT string_agg(format('%I = %L::%s', c, v.key ->> (place - 1)::integer, f.types[place]), ', ')
                       FROM unnest(f.columns) WITH ORDINALITY AS o (c, place) WHERE jsonb_typeof(v.key) = 'array') AS settings
          FROM rewards.isolation_foreign_keys(target, company_column) f
         CROSS JOIN LATERAL (SELECT samples -> ('key ' || f.constraint_oid) AS key) v) k
$function$;
COMMENT ON FUNCTION rewards.isolation_pointers(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): foreign keys that point at a row of the other company';

-- What row-level security lets an owner do past FORCE is left to the guard, which is tried there alone.
CREATE FUNCTION rewards.isolation_guard(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 2000 + place, verb, false, company, true, statement, NULL::bigint, '{42501}'::text[],
           'the guard stops the owner, past row-level security, from ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'INSERT', company_a, 'inserting a row of the other company', format('INSERT INTO %s %s', target, moved_row)),
        (2, 'UPDATE', company_a, 'giving a row to the other company',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_b, own_place)),
        (3, 'UPDATE', company_a, 'updating a row of the other company',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, others_place)),
        (4, 'DELETE', company_a, 'deleting a row of the other company', format('DELETE FROM %s WHERE %s', target, others_place)),
        (5, 'INSERT', NULL, 'inserting a row without a context', format('INSERT INTO %s %s', target, own_row)),
        (6, 'UPDATE', NULL, 'updating a row without a context',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (7, 'DELETE', NULL, 'deleting a row without a context', format('DELETE FROM %s WHERE %s', target, own_place)))
        AS guarded (place, verb, company, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_guard(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): the guard trigger alone';

CREATE FUNCTION rewards.isolation_outside(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 3000 + place, verb, false, NULL::uuid, false, statement, wanted_rows, '{42501,23001}'::text[],
           'without a context ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'SELECT', 0, 'no row is read', format('SELECT FROM %s', target)),
        (2, 'UPDATE', 0, 'no row is updated', format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (3, 'DELETE', 0, 'no row is deleted', format('DELETE FROM %s WHERE %s', target, own_place)),
        (4, 'INSERT', NULL, 'no row is inserted', format('INSERT INTO %s %s', target, own_row)),
        (5, 'TRUNCATE', NULL, 'nothing is truncated', format('TRUNCATE %s CASCADE', target)))
        AS outside (place, verb, wanted_rows, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_outside(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): no company at all';

-- A row's place is of one partition; the others are tried with what they refuse whether they have rows or not. Where rows
-- are only passed on, a row that is of another branch is an error before it is one of another company.
CREATE FUNCTION rewards.isolation_parts(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (4000 + 10 * t.number + p.place)::integer, '', false, p.company, p.past_rls, p.statement, p.wanted_rows,
           '{42501,23001}'::text[], format('%s by itself: %s', t.name, p.description), NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (
        SELECT t.relation, t.name, c.relkind, row_number() OVER (ORDER BY cardinality(t.path), t.name) AS number
          FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation WHERE t.relation <> target) t
     CROSS JOIN LATERAL (VALUES
        (1, company_a, false, 0, 'row-level security holds',
         format('SELECT WHERE NOT pg_catalog.row_security_active(%s::pg_catalog.oid)', t.relation)),
        (2, company_a, false, 0, 'no row of another company is read',
         format('SELECT FROM %s WHERE (%I OPERATOR(pg_catalog.=) %L) IS NOT TRUE', t.name, company_column, company_a)),
        (3, company_a, false, NULL, 'no row of the other company is inserted', format('INSERT INTO %s %s', t.name, others_row)),
        (4, company_a, false, 0, 'no row of the other company is updated',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', t.name, company_column, others_place)),
        (5, company_a, false, 0, 'no row of the other company is deleted', format('DELETE FROM %s WHERE %s', t.name, others_place)),
        (6, company_a, false, NULL, 'it is not truncated', format('TRUNCATE %s CASCADE', t.name)),
        (7, NULL, false, 0, 'without a context no row is read', format('SELECT FROM %s', t.name)),
        (8, company_a, true, NULL, 'the guard stops the owner, past row-level security', format('INSERT INTO %s %s', t.name, others_row)))
        AS p (place, company, past_rls, wanted_rows, description, statement)
     WHERE t.relkind = 'r' OR p.statement !~ '^INSERT'
$function$;
COMMENT ON FUNCTION rewards.isolation_parts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): partitions and children, each accessed directly';

CREATE FUNCTION rewards.isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid,
                                           acting_role regrole, samples jsonb) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.place, a.verb, a.is_control, a.company, a.past_rls, a.statement, a.wanted_rows, a.wanted_states, a.description,
           CASE WHEN a.skipped IS NOT NULL OR a.past_rls OR a.verb = '' OR has_table_privilege(acting_role, target, nullif(a.verb, ''))
                THEN a.skipped ELSE format('%s has no right to %s', acting_role, a.verb) END, a.finding
      FROM rewards.isolation_subject(target, company_column, company_a, company_b, samples) s
     CROSS JOIN LATERAL (
        SELECT * FROM rewards.isolation_controls(s) UNION ALL SELECT * FROM rewards.isolation_reads(s)
        UNION ALL SELECT * FROM rewards.isolation_writes(s) UNION ALL SELECT * FROM rewards.isolation_conflicts(s)
        UNION ALL SELECT * FROM rewards.isolation_pointers(s) UNION ALL SELECT * FROM rewards.isolation_guard(s)
        UNION ALL SELECT * FROM rewards.isolation_outside(s) UNION ALL SELECT * FROM rewards.isolation_parts(s)) a
     ORDER BY a.place
$function$;
COMMENT ON FUNCTION rewards.isolation_attempts(regclass, name, uuid, uuid, regrole, jsonb) IS
    'Part of assert_tenant_isolation(): all statements, in order';

CREATE FUNCTION rewards.assert_tenant_isolation(target regclass, company_a uuid DEFAULT NULL, company_b uuid DEFAULT NULL,
                                                acting_role regrole DEFAULT NULL) RETURNS SETOF text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_assert_tenant_isolation';
COMMENT ON FUNCTION rewards.assert_tenant_isolation(regclass, uuid, uuid, regrole) IS
    'Tries to cross from one company to another in every way that SQL has, as the owner of the table or as acting_role, and undoes it. Returns lines of TAP: not ok where the table is not isolated, and where nothing would be proved because a company has no rows or the role is above row-level security. Companies are found in the table by a caller who sees all rows. Sequences that triggers of the table use advance, and what triggers do outside of the database stays. Errors: object_not_in_prerequisite_state in a transaction with a company context, insufficient_privilege unless the caller may call set_company_context() and is a member of acting_role, invalid_parameter_value when companies have to be given';
