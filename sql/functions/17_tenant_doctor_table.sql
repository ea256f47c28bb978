-- What is wrong with the tables themselves: row-level security, company column, index and guard. An error lets a row out
-- or in today; a warning needs one more mistake, or costs speed.

CREATE FUNCTION rewards.doctor_table_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN LATERAL (VALUES
        (NOT t.has_rls AND NOT t.is_child, 'error', 'no_rls', 'Whoever may read the table reads the rows of all companies.',
         CASE WHEN t.has_policies THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) ELSE t.enabling END),
        -- No policy is needed: rows are read and written through the parent, whose policies hold then.
        (NOT t.has_rls AND t.is_child, 'error', 'unprotected_child',
         'The policies of its parent do not hold for whoever names this partition or child itself.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.name)),
        (t.has_rls AND NOT t.is_forced, 'error', 'no_force',
         'Row-level security does not hold the owner, nor views and functions that have its rights.',
         format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name)),
        (t.has_rls AND NOT t.is_child AND NOT t.has_policies, 'warning', 'no_tenant_policy',
         'Row-level security without a policy shows nobody a row.', t.enabling),
        (t.has_rls AND NOT t.is_child AND t.has_policies AND NOT t.is_protected AND NOT t.reads_setting, 'error',
         'no_tenant_policy', 'None of its policies compares the company with that of the transaction.', t.new_policy))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found AND t.kind <> 'f'
$function$;
COMMENT ON FUNCTION rewards.doctor_table_findings(name) IS
    'Part of tenant_doctor(): no_rls, unprotected_child, no_force, no_tenant_policy';

CREATE FUNCTION rewards.doctor_column_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'warning', t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN LATERAL (VALUES
        (NOT t.is_uuid, 'column_not_uuid',
         format('A company is a uuid, and column %s is %s; where a policy, an index or a partition key uses it, no single statement changes that.',
                t.company_column, t.column_type),
         CASE WHEN t.kind = 'r' AND NOT t.has_policies AND t.column_type ~ '^(text|character)'
              THEN format('ALTER TABLE %1$s ALTER COLUMN %2$s DROP DEFAULT, ALTER COLUMN %2$s TYPE uuid USING %2$s::uuid',
                          t.name, t.company_column) END),
        (t.is_protected AND t.is_nullable, 'nullable_column', format('A row without %s is of no company, and nobody sees it.', t.company_column),
         format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL', t.name, t.company_column)),
        (t.is_protected AND t.is_uuid AND t.default_text IS DISTINCT FROM 'rewards.get_current_company_id()', 'no_default',
         format('An INSERT that leaves %s out does not get the company of the transaction.', t.company_column),
         format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT rewards.get_current_company_id()', t.name, t.company_column)))
        AS f (is_found, finding, why, mend)
     WHERE f.is_found AND t.attnum IS NOT NULL AND NOT t.is_partition AND t.kind <> 'f'
$function$;
COMMENT ON FUNCTION rewards.doctor_column_findings(name) IS
    'Part of tenant_doctor(): column_not_uuid, nullable_column, no_default';

-- Not of the tables of schema rewards: those are found by user, and written by functions, which check the company.
CREATE FUNCTION rewards.doctor_support_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH guards AS (
        SELECT g.tgrelid, g.tgname, g.tgenabled IN ('O', 'A') AS is_enabled
          FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
         WHERE p.pronamespace = 'rewards'::regnamespace AND p.proname = 'guard_tenant_row'
           AND g.tgtype & 31 = 31 AND g.tgqual IS NULL AND g.tgattr::text = '')  -- before each row of every INSERT, UPDATE, DELETE
    SELECT 'warning', t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t LEFT JOIN guards g ON g.tgrelid = t.relation
     CROSS JOIN LATERAL (VALUES
        (NOT t.is_partition AND NOT EXISTS (
             SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
              WHERE i.indrelid = t.relation AND i.indkey[0] = t.attnum AND i.indpred IS NULL AND i.indisvalid AND m.amname IN ('btree', 'hash')),
         'no_index', format('Every query has %s in its condition, and no index begins with it. On a table in use: CREATE INDEX CONCURRENTLY.', t.company_column),
         format('CREATE INDEX ON %s (%s)', t.name, t.company_column)),
        (NOT t.is_partition AND t.is_uuid AND g.tgrelid IS NULL, 'no_guard',
         'Its owner, roles with BYPASSRLS and superusers can write rows of any company without saying so.', t.enabling),
        (NOT g.is_enabled, 'guard_disabled',
         'Its owner, roles with BYPASSRLS and superusers can write rows of any company without saying so.',
         format('ALTER TABLE %s ENABLE TRIGGER ', t.name) || quote_ident(g.tgname)))
        AS f (is_found, finding, why, mend)
     WHERE f.is_found AND t.is_protected AND t.attnum IS NOT NULL AND NOT t.is_ours
$function$;
COMMENT ON FUNCTION rewards.doctor_support_findings(name) IS
    'Part of tenant_doctor(): no_index, no_guard, guard_disabled';
