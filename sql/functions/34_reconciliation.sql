-- Do the balances agree with the ledger? rewards.ledger_discrepancies answers for every account at every moment;
-- reconcile_ledger() asks it for few accounts only, having passed over the rest in one parallel scan.

CREATE FUNCTION rewards.companies() RETURNS SETOF uuid
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'rewards_companies';
COMMENT ON FUNCTION rewards.companies() IS
    'The companies that have accounts, for the loop of a scheduler that then works for each in a transaction of its own. Sees past row-level security, so grant it to schedulers only. Errors: insufficient_privilege where a company context is set';

CREATE FUNCTION rewards.show_progress(what text, place tid, pages bigint) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_show_progress';
COMMENT ON FUNCTION rewards.show_progress(text, tid, bigint) IS
    'True. Called with the ctid of each row that a statement scans, it shows how much of the table''s pages have been read, in percent: as application_name in pg_stat_activity once a second, and as a NOTICE every ten percent. For functions that read a whole table';

-- Unlike sum(bigint), whose state is large and has to be serialized for parallel workers.
CREATE AGGREGATE rewards.sum_points(points bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.sum_points(bigint) IS
    'Sum of points as a bigint. Errors: numeric_value_out_of_range, also for a sum that would come back into range';

CREATE FUNCTION rewards.sum_events_add(sums bigint[], points bigint, validation_status text) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_sum_events_add';
COMMENT ON FUNCTION rewards.sum_events_add(bigint[], bigint, text) IS 'Part of the aggregate sum_events()';
CREATE FUNCTION rewards.sum_events_combine(sums bigint[], others bigint[]) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_sum_events_combine';
COMMENT ON FUNCTION rewards.sum_events_combine(bigint[], bigint[]) IS 'Part of the aggregate sum_events()';
CREATE AGGREGATE rewards.sum_events(points bigint, validation_status text) (
    SFUNC = rewards.sum_events_add, STYPE = bigint[], INITCOND = '{0,0,0}', COMBINEFUNC = rewards.sum_events_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.sum_events(bigint, text) IS
    'Sums of the points of events: pending, earned and spent, as an account has them. Errors: numeric_value_out_of_range';

CREATE FUNCTION rewards.reconcile_ledger()
    RETURNS TABLE (user_id uuid, differs text[], available_points bigint, ledger_available numeric,
                   pending_points bigint, ledger_pending numeric, lifetime_earned bigint, ledger_earned numeric,
                   lifetime_spent bigint, ledger_spent numeric, expiring_points bigint, ledger_expiring numeric)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    pages bigint;
BEGIN
    IF company IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    END IF;
    IF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot reconcile the ledger' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    END IF;
    pages := pg_relation_size('rewards.points_events') / current_setting('block_size')::integer;
    -- Events are added up in parallel, which RETURN QUERY alone allows, and then compared with their account. IS NOT NULL is always
    -- true, and the planner knows: of a function by itself it would expect a third of the rows.
    RETURN QUERY
        SELECT d.user_id, d.differs, d.available_points, d.ledger_available, d.pending_points, d.ledger_pending,
               d.lifetime_earned, d.ledger_earned, d.lifetime_spent, d.ledger_spent, d.expiring_points, d.ledger_expiring
          FROM rewards.ledger_discrepancies d
         WHERE d.company_id = company AND d.user_id = ANY (ARRAY(
            SELECT member
              FROM (SELECT e.user_id, rewards.sum_events(e.points_delta, e.validation_status)
                      FROM ONLY rewards.points_events e
                     WHERE e.company_id = company AND rewards.show_progress('reconcile_ledger()', e.ctid, pages) IS NOT NULL
                     GROUP BY e.user_id) AS event (member, sums)
              FULL JOIN (SELECT a.user_id, ARRAY[a.pending_points, a.lifetime_earned, a.lifetime_spent], a.expiring_points,
                                a.available_points = a.lifetime_earned - a.lifetime_spent AND a.expiring_points <= a.available_points
                           FROM ONLY rewards.user_points_cache a WHERE a.company_id = company)
                        AS account (member, sums, expiring, is_sound) USING (member)
              FULL JOIN (SELECT l.user_id, rewards.sum_points(l.remaining)
                           FROM ONLY rewards.point_lots l WHERE l.company_id = company GROUP BY l.user_id)
                        AS lot (member, remaining) USING (member)
             WHERE account.is_sound IS NOT TRUE
                OR account.sums <> coalesce(event.sums, '{0,0,0}') OR account.expiring <> coalesce(lot.remaining, 0)))
         ORDER BY d.user_id;
EXCEPTION WHEN numeric_value_out_of_range THEN
    -- Sums that leave bigint, if only on their way: the view's are larger.
    RETURN QUERY
        SELECT d.user_id, d.differs, d.available_points, d.ledger_available, d.pending_points, d.ledger_pending,
               d.lifetime_earned, d.ledger_earned, d.lifetime_spent, d.ledger_spent, d.expiring_points, d.ledger_expiring
          FROM rewards.ledger_discrepancies d WHERE d.company_id = company ORDER BY d.user_id;
END
$function$;
COMMENT ON FUNCTION rewards.reconcile_ledger() IS
    'The rows of ledger_discrepancies for the company: none when its books agree. One parallel pass over all of its events and accounts, whose progress pg_stat_activity shows as application_name. Right under load: each account is looked at in one snapshot. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
