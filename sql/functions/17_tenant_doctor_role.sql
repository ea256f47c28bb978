-- Who gets past row-level security by a privilege, a role or the ownership of a table.

CREATE FUNCTION rewards.doctor_grant_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN bool_or(g.privilege = 'TRUNCATE') THEN 'error' ELSE 'warning' END, t.name, 'privilege_past_rls',
           format('%s has %s, which row-level security does not limit.', g.grantee, string_agg(g.privilege, ', ' ORDER BY g.privilege)),
           format('REVOKE %s ON %s FROM %s', string_agg(g.privilege, ', ' ORDER BY g.privilege), t.name, g.grantee)
      FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_grants() g ON g.relation = t.relation
     WHERE g.privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
     GROUP BY t.name, g.grantee
$function$;
COMMENT ON FUNCTION rewards.doctor_grant_findings(name) IS
    'Part of tenant_doctor(): privilege_past_rls';

-- Up to 15 whoever is a member can SET ROLE; later a membership says whether he can.
CREATE FUNCTION rewards.doctor_role_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE memberships AS MATERIALIZED (
        SELECT m.member, m.roleid FROM pg_auth_members m WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)),
    reached (login, role, via) AS (
        SELECT r.oid, r.oid, NULL::oid FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls
        UNION
        SELECT a.login, m.roleid, m.member FROM reached a JOIN memberships m ON m.member = a.role)
    SELECT DISTINCT ON (login.rolname, target.rolname)
           'error', format('role %I', login.rolname), 'bypass_reachable',
           format('It can SET ROLE to %I, %s.', target.rolname,
                  CASE WHEN target.rolsuper THEN 'a superuser' ELSE 'which has BYPASSRLS' END),
           format('REVOKE %I FROM %I', target.rolname, via.rolname)
      FROM reached a JOIN pg_roles login ON login.oid = a.login JOIN pg_roles target ON target.oid = a.role JOIN pg_roles via ON via.oid = a.via
     WHERE target.rolsuper OR target.rolbypassrls
    UNION ALL
    -- A backup has to see everything, so this much is right for a role that enters no company.
    SELECT CASE WHEN has_function_privilege(r.oid, 'rewards.set_company_context(uuid, text, text)', 'EXECUTE') THEN 'error' ELSE 'info' END,
           format('role %I', r.rolname), 'login_with_bypassrls',
           'Row-level security does not hold it. That is for backups, and for nothing that an application connects as.',
           format('ALTER ROLE %I NOBYPASSRLS', r.rolname)
      FROM pg_roles r WHERE r.rolcanlogin AND r.rolbypassrls AND NOT r.rolsuper
$function$;
COMMENT ON FUNCTION rewards.doctor_role_findings() IS
    'Part of tenant_doctor(): bypass_reachable, login_with_bypassrls';

-- An owner that logs in is what an application connects as when nobody else can enter a company; otherwise it may be
-- what the schema is deployed with.
CREATE FUNCTION rewards.doctor_owner_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH owners AS (
        SELECT t.owner, count(*) AS tables, min(t.name) AS example FROM rewards.doctor_tables(company_column) t WHERE t.is_protected GROUP BY t.owner),
    ours AS (SELECT relowner FROM pg_class WHERE oid = to_regclass('rewards.data_version')),
    entering AS (
        SELECT a.grantee FROM pg_proc p, aclexplode(p.proacl) a
         WHERE p.pronamespace = 'rewards'::regnamespace AND p.proname IN ('set_company_context', 'set_company_context_token')
           AND a.grantee <> p.proowner AND a.grantee NOT IN (SELECT relowner FROM ours))
    SELECT f.severity, format('role %I', r.rolname), f.finding, format(f.why, o.tables, o.example), f.mend
      FROM owners o JOIN pg_roles r ON r.oid = o.owner
     CROSS JOIN LATERAL (VALUES
        (r.rolsuper, 'warning', 'superuser_owner',
         'It owns %s protected tables, such as %s, and neither they nor what has their owner''s rights are held by row-level security: ALTER TABLE ... OWNER TO a role that deploys them.',
         NULL),
        (NOT r.rolsuper AND r.rolcanlogin,
         CASE WHEN NOT EXISTS (SELECT FROM entering) OR r.oid NOT IN (SELECT relowner FROM ours)
                  AND has_function_privilege(r.oid, 'rewards.set_company_context(uuid, text, text)', 'EXECUTE') THEN 'warning' ELSE 'info' END, 'owner_logs_in',
         'It owns %s protected tables, such as %s, and can turn row-level security off: that is for deployments, and for nothing that an application connects as.',
         format('ALTER ROLE %I NOLOGIN', r.rolname)))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_owner_findings(name) IS
    'Part of tenant_doctor(): superuser_owner, owner_logs_in';
