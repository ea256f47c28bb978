-- What the doctor looks at: the tables that companies share, and what is written on them. Facts only; what is wrong with
-- them is said in 17_tenant_doctor_*.sql. In PL/pgSQL, which plans once what all of those ask.

-- Functions are read from the stored expression, because pg_depend does not know of calls of built-in ones.
CREATE FUNCTION rewards.doctor_policies()
    RETURNS TABLE (policy oid, relation oid, name text, is_permissive boolean, command "char", using_text text, check_text text,
                   functions oid[], reads_setting boolean, says_or boolean, is_of_company boolean, checks_company boolean, is_known boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH written AS (
            SELECT p.*, pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text,
                   concat_ws(' ', p.polqual::text, p.polwithcheck::text) AS nodes,
                   ' = \(*( SELECT )?rewards\.get_(current|back_end)_company_id\(\)|rewards\.get_(current|back_end)_company_id\(\)( AS [a-z_]+\))? = ' AS comparison
              FROM pg_policy p)
        SELECT w.oid, w.polrelid, quote_ident(w.polname), w.polpermissive, w.polcmd, w.using_text, w.check_text,
               called.functions,
               EXISTS (SELECT FROM pg_proc f WHERE f.oid = ANY (called.functions)
                          AND concat_ws(' ', f.proname, f.prosrc, pg_get_function_sqlbody(f.oid)) ~* '\mcurrent_setting\M'),
               w.nodes LIKE '%{BOOLEXPR :boolop or %',
               called.company AND coalesce(w.using_text, w.check_text) ~ w.comparison,
               called.company AND coalesce(w.check_text, w.using_text) ~ w.comparison,
               w.polcmd = 'r' AND (w.using_text = 'rewards.crosses_companies()'
                   OR c.relnamespace = 'rewards'::regnamespace
                      AND w.using_text = '(company_id = ''00000000-0000-0000-0000-000000000000''::uuid)')
          FROM written w JOIN pg_class c ON c.oid = w.polrelid
         CROSS JOIN LATERAL (SELECT ARRAY(SELECT DISTINCT call[1]::oid FROM regexp_matches(w.nodes, ':(?:funcid|opfuncid) (\d+)', 'g') AS call))
                         AS found (functions)
         CROSS JOIN LATERAL (SELECT found.functions, found.functions && ARRAY['rewards.get_current_company_id()'::regprocedure::oid,
                                                                              'rewards.get_back_end_company_id()'::regprocedure::oid])
                         AS called (functions, company);
END
$function$;
COMMENT ON FUNCTION rewards.doctor_policies() IS
    'Part of tenant_doctor(): all policies, the functions that they call, whether they compare a company (is_of_company, and checks_company for new rows) or are those that pg_rewards makes besides (is_known)';

CREATE FUNCTION rewards.doctor_grants() RETURNS TABLE (relation oid, grantee text, privilege text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT DISTINCT g.relation, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, g.privilege
      FROM (SELECT c.oid, c.relowner, a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
            UNION ALL
            SELECT c.oid, c.relowner, a.grantee, a.privilege_type
              FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
             WHERE t.attacl IS NOT NULL) AS g (relation, owner, grantee, privilege)
      LEFT JOIN pg_roles r ON r.oid = g.grantee
     WHERE g.grantee <> g.owner
$function$;
COMMENT ON FUNCTION rewards.doctor_grants() IS
    'Part of tenant_doctor(): who besides its owner has a privilege on a relation or a column of it';

-- A table whose policy compares another column has that one for its company column.
CREATE FUNCTION rewards.doctor_tables(column_name name)
    RETURNS TABLE (relation oid, name text, kind "char", owner oid, is_ours boolean, is_partition boolean, is_child boolean,
                   has_rls boolean, is_forced boolean, is_protected boolean, has_policies boolean, is_restricted boolean, reads_setting boolean,
                   attnum smallint, company_column text, column_type text, is_uuid boolean, is_nullable boolean, default_text text,
                   enabling text, new_policy text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH of_policies AS (
            SELECT p.relation, bool_or(p.is_of_company) AS is_of_company, bool_or(p.name = 'tenant') AS is_name_taken,
                   bool_or(p.reads_setting AND NOT p.is_of_company) AS reads_setting,
                   bool_or(p.is_of_company AND NOT p.is_permissive AND NOT p.says_or AND p.command = '*' AND y.polroles = '{0}') AS is_restricted,
                   min(a.attnum) AS attnum
              FROM rewards.doctor_policies() p JOIN pg_policy y ON y.oid = p.policy
             CROSS JOIN LATERAL (SELECT coalesce(p.using_text, p.check_text)) AS e (expression)
              LEFT JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum > 0 AND NOT a.attisdropped AND p.is_of_company
                   AND (strpos(e.expression, format('(%I = rewards.get_', a.attname)) > 0
                        OR strpos(e.expression, format('(%I = (rewards.get_', a.attname)) > 0
                        OR strpos(e.expression, format('_company_id() = %I)', a.attname)) > 0
                        OR strpos(e.expression, format('(%I = ( SELECT rewards.get_', a.attname)) > 0)
             GROUP BY p.relation)
        SELECT c.oid, r.name, c.relkind, c.relowner, n.nspname = 'rewards', c.relispartition,
               EXISTS (SELECT FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent
                        WHERE i.inhrelid = c.oid AND parent.relrowsecurity),
               c.relrowsecurity, c.relforcerowsecurity, c.relrowsecurity AND coalesce(p.is_of_company, false), p.relation IS NOT NULL,
               coalesce(p.is_restricted, false), coalesce(p.reads_setting, false),
               a.attnum, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), r.is_uuid, NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
               CASE WHEN r.is_uuid THEN format('SELECT rewards.enable_tenant_rls(%L%s)', r.name,
                    CASE WHEN a.attname <> 'company_id' THEN format(', company_column => %L', a.attname) END) END,
               CASE WHEN r.is_uuid THEN format('CREATE POLICY %s ON %s USING (%I = rewards.get_current_company_id())',
                    CASE WHEN p.is_name_taken THEN 'tenant_of_row' ELSE 'tenant' END, r.name, a.attname) END
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN of_policies p ON p.relation = c.oid
          LEFT JOIN pg_attribute named ON named.attrelid = c.oid AND named.attname = column_name
               AND named.attnum > 0 AND NOT named.attisdropped
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = coalesce(named.attnum, p.attnum)
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname), coalesce(a.atttypid = 'uuid'::regtype, false)) AS r (name, is_uuid)
         WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND (named.attnum IS NOT NULL OR p.is_of_company);
END
$function$;
COMMENT ON FUNCTION rewards.doctor_tables(name) IS
    'Part of tenant_doctor(): the tables that have the company column, or a policy that compares a company, with names as in SQL; is_protected: row-level security is on and such a policy is there';
