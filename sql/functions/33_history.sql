-- The past of an account: whether an event was in time, what the books said at a moment, and what happened, page by page.
-- One plan serves every account: making it anew would take longer than running it. The settings are for accounts with far
-- more events than most have: the index that has the order, and not one that finds them all to be sorted.

CREATE FUNCTION rewards.within_attribution_window(event_time timestamptz, anchor timestamptz, span interval DEFAULT '14 days')
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_within_attribution_window';
COMMENT ON FUNCTION rewards.within_attribution_window(timestamptz, timestamptz, interval) IS
    'Did the event happen from the anchor on and before anchor + span? In UTC, where a day has 24 hours, whatever the session''s TimeZone; months are those of the calendar in UTC. The end is not in the window; null when an argument is. Errors: invalid_parameter_value for a negative span, datetime_field_overflow beyond the end of time';

CREATE FUNCTION rewards.balance_at(user_id uuid, at timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    found_version bigint := 0;
    found_at timestamptz := timestamptz '-infinity';
    found_balance bigint := 0;
    searched bigint := 0;
    too_new bigint;
    middle bigint;
    probe record;
    written_balance bigint;
BEGIN
    PERFORM rewards.require_user_id(user_id);
    -- The newest entry of ledger_entries that is not too new: versions are in the order of time, so they can be halved.
    SELECT l.version, l.recorded_at, l.balance_after INTO probe
      FROM ONLY rewards.ledger_entries l
     WHERE l.user_id = balance_at.user_id AND l.company_id = company
     ORDER BY l.version DESC LIMIT 1;
    IF probe.recorded_at <= balance_at.at THEN
        found_version := probe.version;
        found_at := probe.recorded_at;
        found_balance := probe.balance_after;
    ELSE
        too_new := probe.version;
    END IF;
    WHILE searched + 1 < too_new LOOP
        middle := searched + (too_new - searched) / 2;
        SELECT l.version, l.recorded_at, l.balance_after INTO probe
          FROM ONLY rewards.ledger_entries l
         WHERE l.user_id = balance_at.user_id AND l.company_id = company AND l.version > searched AND l.version <= middle
         ORDER BY l.version DESC LIMIT 1;
        IF probe.recorded_at > balance_at.at THEN
            too_new := probe.version;
            CONTINUE;
        END IF;
        searched := middle;
        found_version := coalesce(probe.version, found_version);
        found_at := coalesce(probe.recorded_at, found_at);
        found_balance := coalesce(probe.balance_after, found_balance);
    END LOOP;

    -- An entry in its event's own row was recorded when the event's id says. Newer than the one found are only those with
    -- ids from its time on, and of one time the version tells.
    SELECT e.balance_after INTO written_balance
      FROM ONLY rewards.points_events e
     WHERE e.user_id = balance_at.user_id AND e.company_id = company AND e.version > found_version
       AND e.id >= rewards.uuidv7_floor(found_at)
       AND e.id < rewards.uuidv7_floor(least(balance_at.at, '9999-12-31 00:00:00+00') + interval '1 microsecond')
     ORDER BY e.id DESC LIMIT 1;
    RETURN coalesce(written_balance, found_balance);
END
$function$;
COMMENT ON FUNCTION rewards.balance_at(uuid, timestamptz) IS
    'Available points of an account as the books stood at a moment: after its newest entry that had been recorded by then, 0 before the first. Goes by when things were recorded, not by event_time. Final for a moment once the transactions that were open then have ended. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.points_history(user_id uuid, max_rows integer DEFAULT 50, before uuid DEFAULT NULL)
    RETURNS TABLE (event_id uuid, event_time timestamptz, event_type text, points_delta bigint, validation_status text,
                   trust_score integer, related_entity_type text, related_entity_id text, balance_after bigint,
                   created_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    is_member CONSTANT boolean := rewards.get_current_user_id() IS NOT NULL;
    before_time timestamptz := timestamptz 'infinity';
    before_id uuid := uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff';
BEGIN
    PERFORM rewards.require_user_id(user_id);
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be between 1 and 1000'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For the page after this one, pass the event_id of its last row as before.';
    END IF;
    IF before IS NOT NULL THEN
        SELECT e.event_time, e.id INTO before_time, before_id
          FROM ONLY rewards.points_events e
         WHERE e.user_id = points_history.user_id AND e.id = points_history.before
           -- No index goes by this: where most accounts are small, a plan for all of them would take the index of the
           -- account, and look for the event through all of a large one.
           AND e.company_id IS NOT DISTINCT FROM company;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'before is not an event of this account'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Pass the event_id of the last row of the page before, or null for the newest events.';
        END IF;
    END IF;
    RETURN QUERY
        SELECT e.id, e.event_time, e.event_type, e.points_delta, e.validation_status,
               CASE WHEN NOT is_member THEN e.trust_score END, e.related_entity_type, e.related_entity_id,
               coalesce(e.balance_after, (SELECT l.balance_after FROM ONLY rewards.ledger_entries l
                                           WHERE l.event_id = e.id AND l.kind = 'event'
                                             -- Nor by these, for the same reason.
                                             AND l.user_id IS NOT DISTINCT FROM e.user_id
                                             AND l.company_id IS NOT DISTINCT FROM company)),
               e.created_at
          FROM ONLY rewards.points_events e
         WHERE e.user_id = points_history.user_id AND e.company_id = company AND (e.event_time, e.id) < (before_time, before_id)
         ORDER BY e.event_time DESC, e.id DESC
         LIMIT max_rows;
END
$function$;
COMMENT ON FUNCTION rewards.points_history(uuid, integer, uuid) IS
    'The events of an account, newest first by event_time and id, up to max_rows (1 to 1000) of them; before is the event_id of the last row of the page before. balance_after: available points when the event had been recorded, whatever happened to its status since. trust_score is null for members. Errors: invalid_parameter_value, insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';
