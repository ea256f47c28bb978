-- What keys tell of other companies: the server looks for them past row-level security.

-- A uuid that the table makes itself cannot be guessed, so asking for it tells nothing: whoever has it knows of the row.
CREATE FUNCTION rewards.doctor_unique_keys(company_column name)
    RETURNS TABLE (table_name text, company_column text, index_name text, constraint_name name, constraint_type "char", definition text,
                   is_referenced boolean, is_counted boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT t.name, t.company_column, i.indexrelid::regclass::text, k.conname, k.contype, pg_get_constraintdef(k.oid),
           EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid), made.is_counted
      FROM rewards.doctor_tables(company_column) t
      JOIN pg_index i ON i.indrelid = t.relation AND (i.indisunique OR i.indisexclusion)
      LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = t.relation AND k.contype IN ('p', 'u', 'x')
     CROSS JOIN LATERAL (SELECT (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key (columns)
     CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(a.atttypid = 'uuid'::regtype AND pg_get_expr(d.adbin, d.adrelid) LIKE '%()'), false) AS is_random,
               coalesce(bool_and(a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'), false) AS is_counted
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = t.relation AND a.attnum = ANY (key.columns)) AS made
     WHERE t.is_protected AND NOT t.attnum = ANY (key.columns) AND NOT made.is_random
       AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
       -- Ours are written by functions only, which ask for keys that cannot be guessed either.
       AND (NOT t.is_ours OR t.relation IN (SELECT g.relation FROM rewards.doctor_grants() g WHERE g.privilege IN ('INSERT', 'UPDATE')))
$function$;
COMMENT ON FUNCTION rewards.doctor_unique_keys(name) IS
    'Part of tenant_doctor(): the unique keys and exclusion constraints of protected tables that do not contain the company; is_counted: of numbers from a sequence only';

CREATE FUNCTION rewards.doctor_key_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN k.is_counted THEN 'info' ELSE 'warning' END,
           CASE WHEN k.constraint_name IS NULL THEN 'index ' || k.index_name ELSE format('constraint %I on %s', k.constraint_name, k.table_name) END,
           'key_without_company',
           CASE WHEN k.is_counted THEN 'Its numbers tell a company how many rows the others have.'
                ELSE 'An INSERT or UPDATE that it refuses tells a company of a row of another.' END
           || CASE WHEN k.is_referenced THEN ' Foreign keys refer to it: change those first.'
                   WHEN k.constraint_name IS NULL THEN format(' It takes two statements: create an index that contains %s, and drop this one.', k.company_column)
                   ELSE '' END,
           CASE WHEN k.constraint_name IS NOT NULL AND NOT k.is_referenced THEN
               format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s', k.table_name, k.constraint_name,
                      overlay(k.definition PLACING format('(%s%s, ', k.company_column, CASE k.constraint_type WHEN 'x' THEN ' WITH =' END)
                              FROM strpos(k.definition, '(') FOR 1)) END
      FROM rewards.doctor_unique_keys(company_column) k
$function$;
COMMENT ON FUNCTION rewards.doctor_key_findings(name) IS
    'Part of tenant_doctor(): key_without_company';

CREATE FUNCTION rewards.doctor_foreign_keys(company_column name)
    RETURNS TABLE (name name, child text, child_company text, child_key text, parent text, parent_company text, parent_key text,
                   acts boolean, nulls_on_update boolean, is_ready boolean, actions text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH tables AS MATERIALIZED (SELECT * FROM rewards.doctor_tables(company_column) t WHERE t.has_rls AND t.attnum IS NOT NULL)
    SELECT k.conname, child.name, child.company_column, c.child_key, parent.name, parent.company_column, c.parent_key,
           k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'), k.confupdtype IN ('n', 'd'),
           EXISTS (SELECT FROM pg_index i CROSS JOIN LATERAL (SELECT (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key (columns)
                    WHERE i.indrelid = k.confrelid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
                      AND key.columns @> (parent.attnum || k.confkey) AND key.columns <@ (parent.attnum || k.confkey)),
           -- What the definition says after its columns. SET NULL must not take the company along.
           regexp_replace(substr(pg_get_constraintdef(k.oid), length(format('FOREIGN KEY (%s) REFERENCES %s(%s)', c.child_key, parent.name, c.parent_key)) + 1),
                          '(ON DELETE SET (?:NULL|DEFAULT))(?! \()', format('\1 (%s)', replace(c.child_key, '\', '\\')))
      FROM pg_constraint k JOIN tables child ON child.relation = k.conrelid JOIN tables parent ON parent.relation = k.confrelid
     CROSS JOIN LATERAL (
        SELECT string_agg(quote_ident(h.attname), ', ' ORDER BY u.place), string_agg(quote_ident(t.attname), ', ' ORDER BY u.place),
               bool_or(u.here = child.attnum AND u.there = parent.attnum)
          FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (here, there, place)
          JOIN pg_attribute h ON h.attrelid = k.conrelid AND h.attnum = u.here
          JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = u.there) AS c (child_key, parent_key, has_company)
     WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT c.has_company
$function$;
COMMENT ON FUNCTION rewards.doctor_foreign_keys(name) IS
    'Part of tenant_doctor(): the foreign keys between tables with row-level security that do not contain the company; is_ready: the other table has a key to refer to that does';

CREATE FUNCTION rewards.doctor_foreign_key_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'error', format('constraint %I on %s', k.name, k.child),
           CASE WHEN k.acts THEN 'cascade_across_companies' ELSE 'foreign_key_without_company' END,
           CASE WHEN k.acts THEN 'A row can refer to one of another company, and is changed or deleted with it.'
                ELSE 'A row can refer to one of another company, and so tells that it is there.' END
           || CASE WHEN k.is_ready THEN '' ELSE format(' First: ALTER TABLE %s ADD UNIQUE (%s, %s).', k.parent, k.parent_company, k.parent_key) END,
           CASE WHEN k.is_ready AND NOT k.nulls_on_update THEN
               format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I FOREIGN KEY (%s, %s) REFERENCES %s (%s, %s)%s', k.child, k.name, k.name,
                      k.child_company, k.child_key, k.parent, k.parent_company, k.parent_key, k.actions) END
      FROM rewards.doctor_foreign_keys(company_column) k
$function$;
COMMENT ON FUNCTION rewards.doctor_foreign_key_findings(name) IS
    'Part of tenant_doctor(): foreign_key_without_company, cascade_across_companies';
