-- Is a table isolated? assert_tenant_isolation() tries to cross from one company to another. What it tries is written
-- here, as statements with what they should lead to; to act as a company and to undo it is C++.

-- What the statements are made of: a row of each company, as text, and where it is.
CREATE TYPE rewards.isolation_subject AS (
    target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb,
    column_names text, own_values text, others_values text, moved_values text, own_place text, others_place text);
COMMENT ON TYPE rewards.isolation_subject IS 'Part of assert_tenant_isolation(): what its statements are made of';

-- A statement passes when it touches as many rows as wanted_rows says (null: never) or fails with one of wanted_states.
CREATE TYPE rewards.isolation_attempt AS (
    place integer, verb text, is_control boolean, company uuid, past_rls boolean, statement text, wanted_rows bigint, wanted_states text[],
    description text, skipped text, finding text);
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
    RETURNS TABLE (constraint_oid oid, constraint_name name, other regclass, other_column name, columns name[], other_columns name[],
                   types text[], has_company boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.oid, f.conname, f.confrelid::regclass, c.company,
           array_agg(a.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(b.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           bool_or(a.attname = company_column AND b.attname = c.company)
      FROM pg_constraint f
     CROSS JOIN LATERAL (SELECT coalesce(rewards.company_column_of(f.confrelid),
               (SELECT attname FROM pg_attribute WHERE attrelid = f.confrelid AND attname = company_column AND atttypid = 'uuid'::regtype)) AS company) c
     CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (here, there, place)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
      JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there
     WHERE f.conrelid = target AND f.contype = 'f' AND f.conparentid = 0 AND c.company IS NOT NULL
     GROUP BY f.oid, f.conname, f.confrelid, c.company
    HAVING bool_or(a.attname <> company_column)
$function$;
COMMENT ON FUNCTION rewards.isolation_foreign_keys(regclass, name) IS
    'Part of assert_tenant_isolation(): the foreign keys of a table to other tables of companies, by more than the company';

-- Each gives a row of text, as JSON, or none.
CREATE FUNCTION rewards.isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid)
    RETURNS TABLE (name text, company uuid, statement text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.name, s.company,
           format('SELECT pg_catalog.jsonb_build_object(''place'', pg_catalog.format(''tableoid = %%s AND ctid = %%L'', tableoid::pg_catalog.oid, ctid), ''row'', ARRAY[%s]::text[])::text FROM %s WHERE %I = %L LIMIT 1',
                  (SELECT string_agg(format('%I::text', attname), ', ' ORDER BY attnum) FROM pg_attribute
                    WHERE attrelid = target AND attnum > 0 AND NOT attisdropped), target, company_column, s.company)
      FROM (VALUES ('a', company_a), ('b', company_b)) AS s (name, company)
    UNION ALL
    SELECT 'key ' || k.constraint_oid, company_b,
           format('SELECT pg_catalog.to_jsonb(ARRAY[%s]::text[])::text FROM %s WHERE %I = %L AND (%s) IS NOT NULL LIMIT 1',
                  (SELECT string_agg(format('%I::text', c), ', ' ORDER BY place) FROM unnest(k.other_columns) WITH ORDINALITY AS o (c, place)),
                  k.other, k.other_column, company_b,
                  (SELECT string_agg(format('%I', c), ', ' ORDER BY place) FROM unnest(k.other_columns) WITH ORDINALITY AS o (c, place)))
      FROM rewards.isolation_foreign_keys(target, company_column) k
$function$;
COMMENT ON FUNCTION rewards.isolation_samples(regclass, name, uuid, uuid) IS
    'Part of assert_tenant_isolation(): queries for a row of each company, and for what foreign keys could point at';

CREATE FUNCTION rewards.isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb)
    RETURNS rewards.isolation_subject
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT target, company_column, company_a, company_b, acting_role, samples,
           string_agg(quote_ident(c.attname), ', ' ORDER BY c.place),
           string_agg(format('%L::%s', samples #>> ARRAY['a', 'row', c.place], c.type), ', ' ORDER BY c.place),
           string_agg(format('%L::%s', samples #>> ARRAY['b', 'row', c.place], c.type), ', ' ORDER BY c.place),
           string_agg(format('%L::%s', CASE c.attname WHEN company_column THEN company_b::text
                                       ELSE samples #>> ARRAY['a', 'row', c.place] END, c.type), ', ' ORDER BY c.place),
           samples #>> '{a,place}', samples #>> '{b,place}'
      FROM (SELECT attname, attgenerated, format_type(atttypid, atttypmod) AS type, (row_number() OVER (ORDER BY attnum) - 1)::text AS place
              FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped) c
     WHERE c.attgenerated = ''
$function$;
COMMENT ON FUNCTION rewards.isolation_subject(regclass, name, uuid, uuid, regrole, jsonb) IS
    'Part of assert_tenant_isolation(): puts together what its statements are made of';

-- In the company's own rows everything works: a refusal of everything would prove nothing.
CREATE FUNCTION rewards.isolation_controls(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 10 + place, verb, true, s.company_a, false, statement, 1, '{}'::text[], description, NULL, NULL
      FROM (VALUES
        (1, 'UPDATE', format('UPDATE %s SET %I = %2$I WHERE %3$s', s.target, s.company_column, s.own_place), 'a company updates its own row'),
        (2, 'DELETE', format('DELETE FROM %s WHERE %s', s.target, s.own_place), 'a company deletes its own row'),
        (3, 'INSERT', format('WITH gone AS (DELETE FROM %1$s WHERE %2$s RETURNING 1) INSERT INTO %1$s (%3$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM gone',
                             s.target, s.own_place, s.column_names, s.own_values), 'a company inserts a row of its own'))
        AS controls (place, verb, statement, description)
$function$;
COMMENT ON FUNCTION rewards.isolation_controls(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): what must work';

CREATE FUNCTION rewards.isolation_reads(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 20 + place, verb, false, s.company_a, false, statement, 0, '{}'::text[], 'rows of the other company are not ' || description, NULL, NULL
      FROM (VALUES
        (1, 'SELECT', format('SELECT FROM %s WHERE %I = %L', s.target, s.company_column, s.company_b), 'found by company'),
        (2, 'SELECT', format('SELECT FROM %s WHERE %I IS DISTINCT FROM %L', s.target, s.company_column, s.company_a), 'among all rows'),
        (3, 'SELECT', format('SELECT FROM %s WHERE %s', s.target, s.others_place), 'found by their place (ctid)'),
        (4, 'SELECT', format('SELECT FROM %s WHERE %s', s.target,
            (SELECT string_agg(format('%I = %L::%s', a.attname, s.samples #>> ARRAY['b', 'row', a.place], a.type), ' AND ' ORDER BY k.place)
               FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
               JOIN (SELECT attnum, attname, format_type(atttypid, atttypmod) AS type, (row_number() OVER (ORDER BY attnum) - 1)::text AS place
                       FROM pg_attribute WHERE attrelid = s.target AND attnum > 0 AND NOT attisdropped) a USING (attnum)
              WHERE i.indrelid = s.target AND i.indisprimary)), 'found by primary key'),
        (5, 'SELECT', format('SELECT FROM (VALUES (%L::uuid)) AS v (company) JOIN %s AS r ON r.%I = v.company', s.company_b, s.target, s.company_column), 'joined'),
        (6, 'SELECT', format('SELECT FROM %s WHERE %I = %L AND 1 / (%2$I <> %3$L)::integer = 1', s.target, s.company_column, s.company_b),
            'seen by a condition that would tell of them by its error'),
        (7, 'UPDATE', format('SELECT FROM %s WHERE %I = %L FOR UPDATE', s.target, s.company_column, s.company_b), 'locked'))
        AS reads (place, verb, statement, description)
     WHERE statement IS NOT NULL
$function$;
COMMENT ON FUNCTION rewards.isolation_reads(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): reading across companies';

-- No statement writes more than one row, even where nothing is protected.
CREATE FUNCTION rewards.isolation_writes(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 30 + place, verb, false, s.company_a, false, statement, wanted_rows, wanted_states::text[], description,
           CASE WHEN statement ~ '^MERGE' AND c.relhasrules THEN 'a table with rules has no MERGE' END, NULL
      FROM pg_class c CROSS JOIN LATERAL (VALUES
        (1, 'UPDATE', format('UPDATE %s SET %I = %2$I WHERE %3$s', s.target, s.company_column, s.others_place), 0, '{42501}', 'a row of the other company is not updated'),
        (2, 'UPDATE', format('UPDATE %s SET %I = %L WHERE %s', s.target, s.company_column, s.company_a, s.others_place), 0, '{42501}',
            'a row of the other company is not taken over'),
        (3, 'UPDATE', format('UPDATE %s SET %I = %L WHERE %s', s.target, s.company_column, s.company_b, s.own_place), NULL, '{42501}',
            'a row is not given to the other company'),
        (4, 'DELETE', format('DELETE FROM %s WHERE %s', s.target, s.others_place), 0, '{42501}', 'a row of the other company is not deleted'),
        (5, 'INSERT', format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', s.target, s.column_names, s.moved_values), NULL, '{42501}',
            'a row is not inserted for the other company'),
        (6, 'UPDATE', format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN UPDATE SET %I = %3$I', s.target, s.others_place, s.company_column), 0, '{42501}',
            'a row of the other company is not updated by MERGE'),
        (7, 'DELETE', format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN DELETE', s.target, s.others_place), 0, '{42501}',
            'a row of the other company is not deleted by MERGE'),
        (8, 'INSERT', format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON false WHEN NOT MATCHED THEN INSERT (%s) OVERRIDING SYSTEM VALUE VALUES (%s)',
            s.target, s.column_names, s.moved_values), NULL, '{42501}', 'a row is not inserted for the other company by MERGE'),
        (9, 'TRUNCATE', format('TRUNCATE %s CASCADE', s.target), NULL, '{23001,42501}', 'TRUNCATE does not take the rows of all companies'))
        AS writes (place, verb, statement, wanted_rows, wanted_states, description)
     WHERE c.oid = s.target
$function$;
COMMENT ON FUNCTION rewards.isolation_writes(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): writing across companies';

CREATE FUNCTION rewards.isolation_conflicts(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH columns AS (
        SELECT attnum, attname, attgenerated, format_type(atttypid, atttypmod) AS type, (row_number() OVER (ORDER BY attnum) - 1)::text AS place
          FROM pg_attribute WHERE attrelid = s.target AND attnum > 0 AND NOT attisdropped),
    keys AS (
        SELECT x.relname, string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) FILTER (WHERE k.is_key) AS key,
               string_agg(format('%L::%s', s.samples #>> ARRAY[CASE WHEN k.is_key THEN 'b' ELSE 'a' END, 'row', c.place], c.type), ', '
                          ORDER BY c.attnum) FILTER (WHERE c.attgenerated = '') AS row,
               bool_or(k.is_key AND c.attname = s.company_column) AS has_company
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid CROSS JOIN columns c
         CROSS JOIN LATERAL (SELECT c.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS is_key) k
         WHERE i.indrelid = s.target AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         GROUP BY x.relname
        HAVING bool_and(NOT k.is_key OR s.samples #>> ARRAY['b', 'row', c.place] IS NOT NULL))
    SELECT (40 + row_number() OVER (ORDER BY k.relname, a.action))::integer, a.verb, false, s.company_a, false,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s) ON CONFLICT (%s) DO %s', s.target, s.column_names, k.row, k.key, a.action),
           CASE WHEN a.verb = 'INSERT' AND NOT k.has_company THEN 0 END, '{42501}'::text[],
           format('ON CONFLICT DO %s does not change a row of the other company that has the same key (%s)', split_part(a.action, ' ', 1), k.relname), NULL, NULL
      FROM keys k CROSS JOIN (VALUES ('INSERT', 'NOTHING'), ('UPDATE', format('UPDATE SET %I = excluded.%1$I', s.company_column))) AS a (verb, action)
$function$;
COMMENT ON FUNCTION rewards.isolation_conflicts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): inserting a key that a row of the other company has';

CREATE FUNCTION rewards.isolation_pointers(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (1000 + row_number() OVER (ORDER BY k.constraint_name))::integer, 'UPDATE', false, s.company_a, false,
           format('UPDATE %s SET %s WHERE %s', s.target,
                  (SELECT string_agg(format('%I = %L::%s', c, v.key ->> (place - 1)::integer, k.types[place]), ', ' ORDER BY place)
                     FROM unnest(k.columns) WITH ORDINALITY AS o (c, place)), s.own_place),
           NULL::bigint, '{23503,42501}'::text[],
           format('foreign key %I cannot point at a row of the other company in %s', k.constraint_name, k.other),
           CASE WHEN v.key IS NULL AND k.has_company THEN 'the company is part of the key, and the other company has no row to point at' END,
           CASE WHEN v.key IS NULL AND NOT k.has_company THEN format('The key lacks %I, and the other company has no row in %s to try it with.', s.company_column, k.other) END
      FROM rewards.isolation_foreign_keys(s.target, s.company_column) k
     CROSS JOIN LATERAL (SELECT s.samples -> ('key ' || k.constraint_oid) AS key) v
$function$;
COMMENT ON FUNCTION rewards.isolation_pointers(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): foreign keys that point at a row of the other company';

-- What row-level security lets an owner do past FORCE is left to the guard, which is tried there alone.
CREATE FUNCTION rewards.isolation_guard(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 2000 + place, verb, false, company, true, statement, NULL::bigint, '{42501}'::text[],
           'the guard stops the owner, past row-level security, from ' || description, NULL, NULL
      FROM (VALUES
        (1, 'INSERT', s.company_a, format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', s.target, s.column_names, s.moved_values), 'inserting a row of the other company'),
        (2, 'UPDATE', s.company_a, format('UPDATE %s SET %I = %L WHERE %s', s.target, s.company_column, s.company_b, s.own_place), 'giving a row to the other company'),
        (3, 'UPDATE', s.company_a, format('UPDATE %s SET %I = %2$I WHERE %3$s', s.target, s.company_column, s.others_place), 'updating a row of the other company'),
        (4, 'DELETE', s.company_a, format('DELETE FROM %s WHERE %s', s.target, s.others_place), 'deleting a row of the other company'),
        (5, 'INSERT', NULL, format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', s.target, s.column_names, s.own_values), 'inserting a row without a context'),
        (6, 'UPDATE', NULL, format('UPDATE %s SET %I = %2$I WHERE %3$s', s.target, s.company_column, s.own_place), 'updating a row without a context'),
        (7, 'DELETE', NULL, format('DELETE FROM %s WHERE %s', s.target, s.own_place), 'deleting a row without a context'))
        AS guarded (place, verb, company, statement, description)
$function$;
COMMENT ON FUNCTION rewards.isolation_guard(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): the guard trigger alone';

CREATE FUNCTION rewards.isolation_outside(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 3000 + place, verb, false, NULL::uuid, false, statement, wanted_rows, '{42501,23001}'::text[], 'without a context ' || description, NULL, NULL
      FROM (VALUES
        (1, 'SELECT', format('SELECT FROM %s', s.target), 0, 'no row is read'),
        (2, 'UPDATE', format('UPDATE %s SET %I = %2$I WHERE %3$s', s.target, s.company_column, s.own_place), 0, 'no row is updated'),
        (3, 'DELETE', format('DELETE FROM %s WHERE %s', s.target, s.own_place), 0, 'no row is deleted'),
        (4, 'INSERT', format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', s.target, s.column_names, s.own_values), NULL, 'no row is inserted'),
        (5, 'TRUNCATE', format('TRUNCATE %s CASCADE', s.target), NULL, 'nothing is truncated'))
        AS outside (place, verb, statement, wanted_rows, description)
$function$;
COMMENT ON FUNCTION rewards.isolation_outside(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): no company at all';

-- A row's place is of one partition; the others are tried with what they refuse whether they have rows or not.
CREATE FUNCTION rewards.isolation_parts(s rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (4000 + 10 * t.place + p.place)::integer, p.verb, false, p.company, p.past_rls, p.statement, p.wanted_rows, '{42501,23001}'::text[],
           format('%s by itself: %s', t.name, p.description), NULL, NULL
      FROM (SELECT relation, name, row_number() OVER (ORDER BY cardinality(path), name) AS place
              FROM rewards.tenant_tables(s.target) WHERE relation <> s.target) t
     CROSS JOIN LATERAL (VALUES
        (1, '', s.company_a, false, format('SELECT WHERE NOT pg_catalog.row_security_active(%s::oid)', t.relation), 0, 'row-level security holds'),
        (2, '', s.company_a, false, format('SELECT FROM %s WHERE %I IS DISTINCT FROM %L', t.name, s.company_column, s.company_a), 0, 'no row of another company is read'),
        (3, '', s.company_a, false, format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', t.name, s.column_names, s.others_values), NULL, 'no row of the other company is inserted'),
        (4, '', s.company_a, false, format('UPDATE %s SET %I = %2$I WHERE %s', t.name, s.company_column, s.others_place), 0, 'no row of the other company is updated'),
        (5, '', s.company_a, false, format('DELETE FROM %s WHERE %s', t.name, s.others_place), 0, 'no row of the other company is deleted'),
        (6, '', s.company_a, false, format('TRUNCATE %s CASCADE', t.name), NULL, 'it is not truncated'),
        (7, '', NULL, false, format('SELECT FROM %s', t.name), 0, 'without a context no row is read'),
        (8, '', s.company_a, true, format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', t.name, s.column_names, s.others_values), NULL,
            'the guard stops the owner, past row-level security'))
        AS p (place, verb, company, past_rls, statement, wanted_rows, description)
$function$;
COMMENT ON FUNCTION rewards.isolation_parts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): partitions and children, each accessed directly';

CREATE FUNCTION rewards.isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb)
    RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.place, a.verb, a.is_control, a.company, a.past_rls, a.statement, a.wanted_rows, a.wanted_states, a.description,
           coalesce(a.skipped, (SELECT format('%s has no right to %s', acting_role, missing)
                                  FROM unnest(CASE WHEN a.is_control AND a.verb = 'INSERT' THEN '{INSERT,DELETE}'::text[] ELSE ARRAY[nullif(a.verb, '')] END) AS missing
                                 WHERE NOT a.past_rls AND NOT has_table_privilege(acting_role, target, missing) LIMIT 1)), a.finding
      FROM rewards.isolation_subject(target, company_column, company_a, company_b, acting_role, samples) s
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
