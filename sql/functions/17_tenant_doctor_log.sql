-- What gets a coupon's code or a company token into the server's log. Each connection has the setting that is nearest to it: of
-- its role in this database, of its role, of the database, of all roles, of the server.

CREATE FUNCTION rewards.doctor_connections() RETURNS TABLE (role oid, place text, value jsonb)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH database AS (SELECT oid, datname FROM pg_database WHERE datname = current_database()),
    setting AS (
        SELECT s.setrole, split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value,
               CASE WHEN s.setrole = 0 THEN 3 ELSE 1 END + CASE WHEN s.setdatabase = 0 THEN 1 ELSE 0 END AS distance
          FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS line
         WHERE s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM database)
        UNION ALL
        SELECT 0, name, reset_val, 5 FROM pg_settings)
    SELECT r.role, CASE WHEN r.role = 0 THEN format('DATABASE %I', d.datname) ELSE format('ROLE %I IN DATABASE %I', p.rolname, d.datname) END,
           (SELECT jsonb_object_agg(n.name, n.value)
              FROM (SELECT DISTINCT ON (s.name) s.name, s.value FROM setting s
                     WHERE s.setrole IN (0, r.role) AND s.name ~ '^(log|debug_print|auto_explain\.log|synchronous)_'
                     ORDER BY s.name, s.distance) AS n)
      FROM (SELECT DISTINCT setrole FROM setting) AS r (role) LEFT JOIN pg_roles p ON p.oid = r.role CROSS JOIN database d
$function$;
COMMENT ON FUNCTION rewards.doctor_connections() IS
    'Part of tenant_doctor() and check_settings(): the settings about logging and commits that connections to this database have: those of any role (role 0), and those of roles that have settings of their own';

CREATE FUNCTION rewards.doctor_log_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH logging AS (
        SELECT s.role, s.place, s.value,
               s.value ->> 'log_statement' IN ('mod', 'all') OR s.value ->> 'log_min_duration_statement' !~ '^-'
               OR s.value ->> 'log_min_duration_sample' !~ '^-' AND (s.value ->> 'log_statement_sample_rate')::float8 > 0
               OR (s.value ->> 'log_transaction_sample_rate')::float8 > 0 AS logs_statements,
               coalesce(s.value ->> 'auto_explain.log_min_duration' !~ '^-', false) AS explains
          FROM rewards.doctor_connections() s),
    found AS (
        SELECT l.role, l.place, f.name, f.safe
          FROM logging l
         CROSS JOIN LATERAL (VALUES
            (l.logs_statements OR l.explains, NULL, NULL),
            (l.logs_statements AND l.value ->> 'log_parameter_max_length' !~ '^0', 'log_parameter_max_length', '0'),
            (l.value ->> 'log_parameter_max_length_on_error' !~ '^0', 'log_parameter_max_length_on_error', '0'),
            -- New in version 16, and there it logs them whole if nobody says otherwise.
            (l.explains AND l.value ->> 'auto_explain.log_parameter_max_length' !~ '^0', 'auto_explain.log_parameter_max_length', '0'),
            (l.explains AND (l.value ->> 'auto_explain.log_verbose')::boolean, 'auto_explain.log_verbose', 'off'),
            ((l.value ->> 'debug_print_parse')::boolean, 'debug_print_parse', 'off'),
            ((l.value ->> 'debug_print_rewritten')::boolean, 'debug_print_rewritten', 'off'),
            ((l.value ->> 'debug_print_plan')::boolean, 'debug_print_plan', 'off')) AS f (is_found, name, safe)
         WHERE f.is_found)
    -- What is said of everybody is not said of each role again.
    SELECT CASE WHEN f.name IS NULL THEN 'info' ELSE 'warning' END, f.place,
           CASE WHEN f.name IS NULL THEN 'statements_in_log' ELSE 'parameters_in_log' END,
           CASE WHEN f.name IS NULL THEN 'Statements are logged as they are sent: have clients pass codes and tokens as parameters, never written out; and where auto_explain is at work, never in a condition, which it shows with their values.'
                ELSE format('As %s is set, codes and tokens get into the server''s log although they are passed as parameters.', f.name) END,
           'ALTER ' || f.place || ' SET ' || f.name || ' = ' || f.safe
      FROM found f
     WHERE f.role = 0 OR NOT EXISTS (SELECT FROM found o WHERE o.role = 0 AND o.name IS NOT DISTINCT FROM f.name)
$function$;
COMMENT ON FUNCTION rewards.doctor_log_findings() IS
    'Part of tenant_doctor(): parameters_in_log, statements_in_log';
