-- What is wrong around the tables: settings that stay, and the server itself.

CREATE FUNCTION rewards.known_rls_cves(server_version_num integer DEFAULT current_setting('server_version_num')::integer)
    RETURNS TABLE (cve text, fixed_in text, problem text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT c.cve, f.version, c.problem
      FROM (VALUES
        ('CVE-2023-2455', '{15.3}', 'A cached plan of an inlined function keeps the policies of another role.'),
        ('CVE-2023-39418', '{15.4}', 'MERGE does not check new rows against the policies for UPDATE and SELECT.'),
        ('CVE-2024-4317', '{15.7,16.3}', 'pg_stats_ext_exprs shows values of other users'' tables. A cluster made before needs a script besides: see the release notes.'),
        ('CVE-2024-10976', '{15.9,16.5,17.1}', 'A cached plan keeps the policies of another role where a table is below a subquery or view.'),
        ('CVE-2024-10978', '{15.9,16.5,17.1}', 'After SET ROLE or SET SESSION AUTHORIZATION the wrong role can be in force.'),
        ('CVE-2025-8713', '{15.14,16.10,17.6}', 'Statistics show values of rows that policies on partitions and inheritance children hide.'),
        ('CVE-2026-14666', '{15.19,16.15,17.11,18.6}', 'A cached plan keeps policies that a change of roles has made invalid.'),
        ('CVE-2026-116311', '{15.20,16.16,17.12,18.7}', 'With DROP OWNED BY a role takes itself out of restrictive policies.'),
        ('CVE-2026-116327', '{15.20,16.16,17.12,18.7}', 'A leaky function is taken for leak-proof, and sees rows that policies hide.'),
        ('CVE-2026-120154', '{15.20,16.16,17.12,18.7}', 'Conditions of ON CONFLICT see rows that policies hide.'))
        AS c (cve, fixed_in, problem)
     CROSS JOIN LATERAL unnest(c.fixed_in::text[]) AS f (version)
     WHERE split_part(f.version, '.', 1)::integer = server_version_num / 10000
       AND split_part(f.version, '.', 2)::integer > server_version_num % 10000
$function$;
COMMENT ON FUNCTION rewards.known_rls_cves(integer) IS
    'The published vulnerabilities of row-level security that a server of this version has, and the minor version that mends them';

-- Null: this transaction is of a company, and cannot tell.
CREATE FUNCTION rewards.doctor_has_several_companies() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF to_regclass('rewards.user_points_cache') IS NULL THEN
        RETURN false;
    END IF;
    RETURN (SELECT count(*) > 1 FROM rewards.companies());
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION rewards.doctor_has_several_companies() IS
    'Part of tenant_doctor(): whether accounts of more than one company exist';

CREATE FUNCTION rewards.doctor_setting_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH settings AS (
        SELECT split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value,
               CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ROLE ALL' WHEN s.setrole = 0 THEN format('DATABASE %I', d.datname)
                    ELSE format('ROLE %I', r.rolname) || coalesce(' IN DATABASE ' || quote_ident(d.datname), '') END AS place
          FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
         CROSS JOIN LATERAL unnest(s.setconfig) AS line
         WHERE s.setdatabase = 0 OR d.datname = current_database())
    SELECT f.severity, s.place, f.finding, f.why, format('ALTER %s RESET %s', s.place, s.name)
      FROM settings s
     CROSS JOIN LATERAL (VALUES
        (CASE s.name WHEN 'row_security' THEN NOT s.value::boolean END, 'warning', 'row_security_off',
         'What row-level security would filter becomes an error. That is for backups; applications are then given a role that it does not hold.'),
        (s.name = 'session_replication_role' AND s.value <> 'origin', 'error', 'triggers_off',
         format('session_replication_role = %s turns off guards, audit and foreign keys.', s.value)),
        (CASE s.name WHEN 'rewards.default_company_id' THEN s.value <> '' AND rewards.doctor_has_several_companies() IS NOT FALSE END,
         'warning', 'default_company', 'What forgets to name a company acts for this one, and there are others.'))
        AS f (is_found, severity, finding, why)
     WHERE f.is_found
    UNION ALL
    SELECT 'error', c.cve, 'vulnerable_server', format('%s Update the server to %s or later.', c.problem, c.fixed_in), NULL
      FROM rewards.known_rls_cves() c
$function$;
COMMENT ON FUNCTION rewards.doctor_setting_findings() IS
    'Part of tenant_doctor(): row_security_off, triggers_off, default_company, vulnerable_server';
