-- Every arm of the union has rows of an account, so that a condition on user_id reaches the index of each. The sums are
-- numeric: what is wrong may be anything.
CREATE VIEW rewards.ledger_discrepancies WITH (security_invoker = true) AS
    SELECT user_id, company_id,
           array_remove(ARRAY[
               CASE WHEN NOT has_account THEN 'account' END,
               CASE WHEN available_points <> ledger_available THEN 'available_points' END,
               CASE WHEN pending_points <> ledger_pending THEN 'pending_points' END,
               CASE WHEN lifetime_earned <> ledger_earned THEN 'lifetime_earned' END,
               CASE WHEN lifetime_spent <> ledger_spent THEN 'lifetime_spent' END,
               CASE WHEN expiring_points <> ledger_expiring OR expiring_points > available_points THEN 'expiring_points' END],
               NULL) AS differs,
           available_points, ledger_available, pending_points, ledger_pending, lifetime_earned, ledger_earned,
           lifetime_spent, ledger_spent, expiring_points, ledger_expiring
      FROM (SELECT user_id, company_id, bool_or(is_account) AS has_account,
                   max(available_points) AS available_points,
                   coalesce(sum(earned), 0) + coalesce(sum(spent), 0) AS ledger_available,
                   max(pending_points) AS pending_points, coalesce(sum(pending), 0) AS ledger_pending,
                   max(lifetime_earned) AS lifetime_earned, coalesce(sum(earned), 0) AS ledger_earned,
                   max(lifetime_spent) AS lifetime_spent, -coalesce(sum(spent), 0) AS ledger_spent,
                   max(expiring_points) AS expiring_points, coalesce(sum(remaining), 0) AS ledger_expiring
              FROM (SELECT user_id, company_id, true, available_points, pending_points, lifetime_earned, lifetime_spent,
                           expiring_points, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
                      FROM rewards.user_points_cache
                    UNION ALL
                    SELECT user_id, company_id, false, NULL, NULL, NULL, NULL, NULL,
                           CASE WHEN validation_status NOT IN ('validated', 'rejected') THEN points_delta END,
                           CASE WHEN validation_status = 'validated' AND points_delta > 0 THEN points_delta END,
                           CASE WHEN validation_status = 'validated' AND points_delta < 0 THEN points_delta END, NULL
                      FROM rewards.points_events
                    UNION ALL
                    SELECT user_id, company_id, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, remaining
                      FROM rewards.point_lots)
                   AS book (user_id, company_id, is_account, available_points, pending_points, lifetime_earned,
                            lifetime_spent, expiring_points, pending, earned, spent, remaining)
             GROUP BY user_id, company_id) AS account
     WHERE NOT has_account
        OR (available_points, pending_points, lifetime_earned, lifetime_spent, expiring_points)
           IS DISTINCT FROM (ledger_available, ledger_pending, ledger_earned, ledger_spent, ledger_expiring)
        OR expiring_points > available_points;
COMMENT ON VIEW rewards.ledger_discrepancies IS 'Accounts whose figures are not what their events and lots say, at this moment: empty, unless somebody has gone around the ledger. differs names the columns, or account where there is none. reconcile_ledger() is the quick way to look at millions of accounts';

-- A company's accounts, and the way from one company to the next: see rewards.companies().
CREATE INDEX user_points_cache_company ON rewards.user_points_cache (company_id);
