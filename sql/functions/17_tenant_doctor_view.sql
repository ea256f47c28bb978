-- What shows rows of protected tables past their policies: views, copies, functions, publications.

-- Through views over views, too: one with its owner's rights shows what another below it shows that owner.
CREATE FUNCTION rewards.doctor_views(company_column name)
    RETURNS TABLE (view oid, name text, kind "char", owner oid, table_name text, is_invoker boolean, is_held boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE reads (view, relation) AS MATERIALIZED (
        SELECT DISTINCT r.ev_class, d.refobjid
          FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
         WHERE r.ev_type = '1' AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class),
    shows (view, relation) AS (
        SELECT r.view, r.relation FROM reads r WHERE r.relation IN (SELECT t.relation FROM rewards.doctor_tables(company_column) t WHERE t.is_protected)
        UNION
        SELECT r.view, s.relation FROM shows s JOIN reads r ON r.relation = s.view)
    SELECT v.oid, format('%I.%I', n.nspname, v.relname), v.relkind, v.relowner, min(t.oid::regclass::text),
           coalesce((SELECT option_value::boolean FROM pg_options_to_table(v.reloptions) WHERE option_name = 'security_invoker'), false),
           NOT (r.rolsuper OR r.rolbypassrls) AND bool_and(t.relforcerowsecurity OR NOT pg_has_role(v.relowner, t.relowner, 'USAGE'))
      FROM shows s JOIN pg_class v ON v.oid = s.view JOIN pg_namespace n ON n.oid = v.relnamespace
      JOIN pg_class t ON t.oid = s.relation JOIN pg_roles r ON r.oid = v.relowner
     GROUP BY v.oid, v.relname, v.relkind, v.relowner, v.reloptions, n.nspname, r.rolsuper, r.rolbypassrls
$function$;
COMMENT ON FUNCTION rewards.doctor_views(name) IS
    'Part of tenant_doctor(): views and materialised views that show protected tables, at any depth; is_held: row-level security holds their owner there';

CREATE FUNCTION rewards.doctor_view_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH grantees AS (SELECT relation, string_agg(DISTINCT grantee, ', ') AS names FROM rewards.doctor_grants() GROUP BY relation)
    SELECT f.severity, v.name, f.finding, f.why, f.mend
      FROM rewards.doctor_views(company_column) v LEFT JOIN grantees g ON g.relation = v.view
     CROSS JOIN LATERAL (VALUES
        (v.kind = 'v' AND NOT v.is_invoker, CASE WHEN v.is_held THEN 'warning' ELSE 'error' END, 'owner_rights_view',
         format('It reads %s with the rights of its owner, %s.', v.table_name,
                CASE WHEN v.is_held THEN 'and not with those of whoever queries it' ELSE 'whom row-level security does not hold' END),
         format('ALTER VIEW %s SET (security_invoker = true)', v.name)),
        (v.kind = 'm' AND g.names IS NOT NULL, 'error', 'materialized_view', format('It keeps rows of %s without policies, open to %s.', v.table_name, g.names),
         format('REVOKE ALL ON %s FROM %s', v.name, g.names))) AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
    UNION ALL
    SELECT f.severity, t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t LEFT JOIN grantees g ON g.relation = t.relation
      LEFT JOIN pg_publication_tables p ON format('%I.%I', p.schemaname, p.tablename) = t.name
     CROSS JOIN LATERAL (VALUES
        (t.kind = 'f' AND g.names IS NOT NULL, 'error', 'foreign_table', format('A foreign table has no row-level security, and is open to %s.', g.names),
         format('REVOKE ALL ON %s FROM %s', t.name, g.names)),
        (t.is_protected AND p.pubname IS NOT NULL AND p.rowfilter IS NULL, 'info', 'unfiltered_publication',
         format('Publication %s sends the rows of all companies: protect them on the subscriber as well, or give it a row filter.', quote_ident(p.pubname)),
         NULL)) AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_view_findings(name) IS
    'Part of tenant_doctor(): owner_rights_view, materialized_view, foreign_table, unfiltered_publication';

-- A function that only names a table is suspected, too: nobody can tell what its text will do.
CREATE FUNCTION rewards.doctor_definer_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH definers AS MATERIALIZED (
        SELECT p.oid, p.oid::regprocedure::text AS name, p.prosrc, p.proowner, r.rolsuper OR r.rolbypassrls AS is_above, quote_ident(n.nspname) AS schema,
               (SELECT substr(setting, 13) FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path
          FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'))
    SELECT 'error', d.name, 'unpinned_search_path',
           'Whoever calls it chooses, with search_path or temporary tables, what its names mean, and acts with its owner''s rights.',
           format('ALTER ROUTINE %s SET search_path = pg_catalog, %s, pg_temp', d.name, d.schema)
      FROM definers d WHERE d.search_path IS NULL OR d.search_path <> '""' AND d.search_path !~ '(^|[ ,"])pg_temp"?$'
    UNION ALL
    SELECT 'warning', d.name, 'definer_past_rls',
           format('It has the rights of an owner whom row-level security does not hold, and names %s.', min(t.name)),
           format('ALTER ROUTINE %s SECURITY INVOKER', d.name)
      FROM definers d JOIN rewards.doctor_tables(company_column) t
           ON t.is_protected AND (d.is_above OR NOT t.is_forced AND pg_has_role(d.proowner, t.owner, 'USAGE'))
      JOIN pg_class c ON c.oid = t.relation
     WHERE strpos(d.prosrc, quote_ident(c.relname)) > 0
           AND d.prosrc ~ format('(^|\W)%s(\W|$)', regexp_replace(quote_ident(c.relname), '(\W)', '\\\1', 'g'))
        OR EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = d.oid
                      AND e.refclassid = 'pg_class'::regclass AND e.refobjid = t.relation)
     GROUP BY d.name
$function$;
COMMENT ON FUNCTION rewards.doctor_definer_findings(name) IS
    'Part of tenant_doctor(): unpinned_search_path, definer_past_rls';
