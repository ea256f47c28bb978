-- What became of it, and an error when something was left behind.

\echo
\echo 'Rows that were left behind or changed (rewards_migration.report has each):'
SELECT source_table, outcome, regexp_replace(reason, '[0-9a-f-]{36}', '...') AS reason, count(*) AS rows, min(source_id) AS for_example
  FROM rewards_migration.report JOIN rewards_migration.run USING (company_id, is_dry_run)
 GROUP BY 1, 2, 3 ORDER BY 2, 1, 4 DESC, 3;
\echo 'Members whose balance differs (rewards_migration.balance_differences):'
SELECT user_id, source_cache, source_events, available_points, missing, reason
  FROM rewards_migration.balance_differences JOIN rewards_migration.run USING (company_id, is_dry_run)
 ORDER BY abs(missing) DESC, user_id LIMIT 20;
\echo 'All together:'
SELECT count(*) AS members, sum(coalesce(source_cache, source_events)) AS points_before, sum(available_points) AS points_after,
       (SELECT count(*) FROM rewards_migration.balance_differences JOIN rewards_migration.run USING (company_id, is_dry_run)) AS balances_that_differ,
       (SELECT count(*) FROM rewards_migration.report p JOIN rewards_migration.run USING (company_id, is_dry_run) WHERE p.outcome = 'left_behind') AS rows_left_behind
  FROM rewards_migration.balances JOIN rewards_migration.run USING (company_id, is_dry_run);

\if :allow_left_behind
\else
DO $$
DECLARE
    left_behind CONSTANT bigint := count(*) FROM rewards_migration.report p JOIN rewards_migration.run USING (company_id, is_dry_run) WHERE p.outcome = 'left_behind';
    differing CONSTANT bigint := count(*) FROM rewards_migration.balance_differences JOIN rewards_migration.run USING (company_id, is_dry_run);
BEGIN
    IF left_behind > 0 OR differing > 0 THEN
        RAISE EXCEPTION '% rows were left behind, and % balances differ', left_behind, differing
            USING ERRCODE = 'check_violation', HINT = 'See rewards_migration.report and rewards_migration.balance_differences. Mend the source and call again, or accept it with -v allow_left_behind=on.';
    END IF;
END $$;
\endif
