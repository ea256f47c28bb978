-- What is wrong with policies: what they call, and whom they let in besides.

CREATE FUNCTION rewards.doctor_policy_function_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH called AS (
        SELECT called.function, min(format('%s on %s', p.name, t.name)) AS policy
          FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_policies() p ON p.relation = t.relation
         CROSS JOIN LATERAL unnest(p.functions) AS called (function)
         GROUP BY called.function)
    SELECT f.severity, c.function::regprocedure::text, f.finding, format('Policy %s calls it. %s', c.policy, f.why),
           CASE WHEN p.pronamespace <> 'pg_catalog'::regnamespace THEN format('ALTER FUNCTION %s %s', c.function::regprocedure, f.label) END
      FROM called c JOIN pg_proc p ON p.oid = c.function
     CROSS JOIN LATERAL (VALUES
        -- One that computes from the row alone may be immutable: it is not folded into a plan.
        (p.provolatile = 'i' AND p.pronamespace <> 'pg_catalog'::regnamespace
         AND (p.pronargs = 0 OR concat_ws(' ', p.prosrc, pg_get_function_sqlbody(p.oid))
                                ~* '\m(current_setting|get_(current|back_end|first|last)_(company|user)_id)\M'),
         'error', 'immutable_function', 'IMMUTABLE lets a plan keep the company of the transaction that it was made in.', 'STABLE'),
        (p.provolatile = 'v', 'warning', 'volatile_function', 'VOLATILE keeps the planner from using an index, and it is called for each row.', 'STABLE'),
        (p.proparallel <> 's', 'warning', 'parallel_unsafe_function', 'No query of the table runs in parallel.', 'PARALLEL SAFE'))
        AS f (is_found, severity, finding, why, label)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_policy_function_findings(name) IS
    'Part of tenant_doctor(): immutable_function, volatile_function, parallel_unsafe_function';

CREATE FUNCTION rewards.doctor_policy_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, format('policy %s on %s', p.name, t.name), f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_policies() p ON p.relation = t.relation
     CROSS JOIN LATERAL (SELECT format('ALTER POLICY %s ON %s', p.name, t.name), concat_ws(' ', p.using_text, p.check_text),
                                format('(%s = rewards.get_current_company_id())', t.company_column),
                                '\( SELECT (rewards\.get_[a-z_]+\(\)) AS [a-z_]+\)') AS x (altered, said, condition, wrapped)
     CROSS JOIN LATERAL (VALUES
        (p.reads_setting AND NOT p.is_of_company, 'error', 'forgeable_setting',
         'Whoever runs SQL sets a setting to what he likes. Where the policy says more than the company, write its condition anew.',
         CASE WHEN t.is_uuid AND x.said !~ ' (AND|OR) ' AND strpos(x.said, format('(%s = ', t.company_column)) > 0
              THEN concat_ws(' ', x.altered, CASE WHEN p.using_text IS NOT NULL THEN 'USING ' || x.condition END,
                             CASE WHEN p.check_text IS NOT NULL THEN 'WITH CHECK ' || x.condition END) END),
        (x.said ~ x.wrapped, 'warning', 'wrapped_predicate',
         'In a SELECT of its own the company is hidden from the planner, whose estimates are those of an average company.',
         concat_ws(' ', x.altered, 'USING (' || regexp_replace(p.using_text, x.wrapped, '\1', 'g') || ')',
                   'WITH CHECK (' || regexp_replace(p.check_text, x.wrapped, '\1', 'g') || ')')),
        (p.is_permissive AND NOT p.is_known AND NOT t.is_restricted AND t.is_protected AND NOT p.is_of_company AND NOT p.reads_setting,
         'error', 'widening_policy', 'Permissive policies add up: it lets in rows that the policy of the company keeps out.',
         format('DROP POLICY %s ON %s', p.name, t.name)),
        (p.is_permissive AND NOT t.is_restricted AND p.is_of_company AND p.says_or, 'warning', 'policy_with_or',
         'What its OR lets in besides the rows of the company only you can tell: write the condition without it, or prove it with assert_tenant_isolation().',
         NULL),
        (p.is_permissive AND NOT t.is_restricted AND p.is_of_company AND NOT p.checks_company, 'error', 'unchecked_write',
         'Its WITH CHECK lets rows of other companies be written.',
         format('%s WITH CHECK (%s)', x.altered, p.using_text)))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_policy_findings(name) IS
    'Part of tenant_doctor(): forgeable_setting, wrapped_predicate, widening_policy, policy_with_or, unchecked_write';

CREATE FUNCTION rewards.doctor_coverage_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'warning', t.name, 'partial_policy',
           format('No policy of the company lets anybody %s, and another policy might.', string_agg(c.verb, ', ' ORDER BY c.place)), t.new_policy
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS c (place, command, verb)
     WHERE t.is_protected AND NOT t.is_restricted
       AND NOT EXISTS (SELECT FROM rewards.doctor_policies() p
                        WHERE p.relation = t.relation AND p.is_of_company AND p.is_permissive AND p.command IN ('*', c.command::"char"))
     GROUP BY t.name, t.new_policy
$function$;
COMMENT ON FUNCTION rewards.doctor_coverage_findings(name) IS
    'Part of tenant_doctor(): partial_policy';
