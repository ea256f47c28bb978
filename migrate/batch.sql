-- One batch of members: all that they have, in one transaction of the company; what does not fit is found row by row.

DROP FUNCTION IF EXISTS rewards_migration.copy_rows(text, text[], text);
CREATE FUNCTION rewards_migration.copy_rows(name text, users text[], only_id text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('SELECT rewards_migration.%I($1, $2)', 'copy_' || name) USING users, only_id;
    RETURN NULL;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    RETURN SQLERRM;
END
$function$;
COMMENT ON FUNCTION rewards_migration.copy_rows(text, text[], text) IS 'Takes over rows of a table, all or none; null, or what is wrong with one of them';

-- Earned before spent, as a balance must not go below zero, and the newest spending last.
DROP FUNCTION IF EXISTS rewards_migration.row_ids(text, text);
CREATE FUNCTION rewards_migration.row_ids(name text, source_user text) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY EXECUTE format('SELECT s.source_id FROM rewards_migration.%I($1) s GROUP BY s.source_id ORDER BY %s', 'source_' || name,
        CASE name WHEN 'points_events' THEN 'min(s.points_delta) LIKE ''-%%'', min(s.event_time), s.source_id' ELSE 's.source_id' END)
        USING ARRAY[source_user];
END
$function$;

DROP FUNCTION IF EXISTS rewards_migration.copy_table(text, text[], integer);
CREATE FUNCTION rewards_migration.copy_table(name text, users text[], of_batch integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    one_user text;
    one_id text;
    problem text;
BEGIN
    IF rewards_migration.copy_rows(name, users) IS NULL THEN
        RETURN;
    END IF;
    FOREACH one_user IN ARRAY users LOOP
        CONTINUE WHEN rewards_migration.copy_rows(name, ARRAY[one_user]) IS NULL;
        FOR one_id IN SELECT * FROM rewards_migration.row_ids(name, one_user) LOOP
            problem := rewards_migration.copy_rows(name, ARRAY[one_user], one_id);
            INSERT INTO rewards_migration.report
                SELECT r.company_id, r.is_dry_run, of_batch, name, one_id, one_user, 'left_behind', problem
                  FROM rewards_migration.run r WHERE problem IS NOT NULL;
        END LOOP;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards_migration.copy_table(text, text[], integer) IS 'Takes over what these members have in a table: at once, or else member by member, or else row by row';

DROP FUNCTION IF EXISTS rewards_migration.compare_balances(text[], integer);
CREATE FUNCTION rewards_migration.compare_balances(users text[], of_batch integer) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH member AS (SELECT DISTINCT m.user_id FROM rewards_migration.members m
                     WHERE m.company_id = rewards.get_current_company_id() AND m.source_user = ANY (users)),
    cache AS (SELECT m.user_id, sum(s.available_points::numeric) AS points FROM rewards_migration.source_user_points_cache(users) s
                JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user GROUP BY m.user_id),
    event AS (SELECT m.user_id, sum(s.points_delta::numeric) AS points FROM rewards_migration.source_points_events(users) s
                JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user
               WHERE rewards_migration.word(s.validation_status) = 'validated' AND s.points_delta ~ '^[-+]?[0-9.]+$' GROUP BY m.user_id)
    INSERT INTO rewards_migration.balances
    SELECT r.company_id, r.is_dry_run, of_batch, m.user_id, c.points, coalesce(e.points, 0), coalesce(a.available_points, 0)
      FROM member m CROSS JOIN rewards_migration.run r
      LEFT JOIN cache c USING (user_id)
      LEFT JOIN event e USING (user_id)
      LEFT JOIN rewards.user_points_cache a ON a.user_id = m.user_id AND a.company_id = r.company_id
    ON CONFLICT (company_id, is_dry_run, user_id) DO UPDATE
       SET source_cache = EXCLUDED.source_cache, source_events = EXCLUDED.source_events, available_points = EXCLUDED.available_points
$function$;

-- Where it was asked for: members keep the balance that the source's cache showed them.
DROP FUNCTION IF EXISTS rewards_migration.adjust_balances(integer);
CREATE FUNCTION rewards_migration.adjust_balances(of_batch integer) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, proof_type, validation_status, validated_by, validated_at, validation_notes)
    SELECT d.user_id, 'balance_carried_over', now(), d.missing::bigint, 'server', 'validated', 'moving over', now(), d.reason
      FROM rewards_migration.balance_differences d JOIN rewards_migration.run r USING (company_id, is_dry_run)
     WHERE d.batch = of_batch
$function$;

DROP FUNCTION IF EXISTS rewards_migration.copy_batch(integer);
CREATE FUNCTION rewards_migration.copy_batch(of_batch integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    users CONSTANT text[] := ARRAY(SELECT m.source_user FROM rewards_migration.members m
                                    WHERE m.company_id = company AND m.batch = of_batch ORDER BY m.source_user);
    name text;
BEGIN
    DELETE FROM rewards_migration.report p USING rewards_migration.run r
     WHERE p.company_id = company AND p.is_dry_run = r.is_dry_run AND p.batch = of_batch AND p.outcome = 'left_behind';
    FOREACH name IN ARRAY '{points_events,user_points_cache,used_nonces,coupons,fraud_insights,attestation_cache}'::text[] LOOP
        PERFORM rewards_migration.copy_table(name, users, of_batch);
    END LOOP;
    PERFORM rewards_migration.compare_balances(users, of_batch);
    IF (SELECT r.adjusts FROM rewards_migration.run r) THEN
        PERFORM rewards_migration.adjust_balances(of_batch);
        PERFORM rewards_migration.compare_balances(users, of_batch);
    END IF;
END
$function$;
