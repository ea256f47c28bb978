-- What leaves companies unprotected, and the statement that mends it.

CREATE FUNCTION rewards.tenant_doctor(company_column name DEFAULT 'company_id')
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.*
      FROM (SELECT * FROM rewards.doctor_table_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_column_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_support_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_policy_function_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_policy_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_coverage_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_key_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_foreign_key_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_view_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_definer_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_grant_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_owner_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_role_findings()
            UNION ALL SELECT * FROM rewards.doctor_setting_findings()
            UNION ALL SELECT * FROM rewards.doctor_log_findings()) AS f (severity, object, finding, why, mend)
     ORDER BY array_position(ARRAY['error', 'warning', 'info'], f.severity), f.object, f.finding, f.mend
$function$;
COMMENT ON FUNCTION rewards.tenant_doctor(name) IS
    'What leaves companies unprotected in this database, a row for each finding: error (rows get out or in today), warning (it takes one more mistake, or costs speed), info (to know). mend is the statement that mends it; null where it takes more than one, and why says what. Looks at the tables that have the company column or a policy of pg_rewards, and at what hangs on them. No rows: healthy';
