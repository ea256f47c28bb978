CREATE FUNCTION rewards.award_points(
    user_id uuid, points bigint, reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    event_type text DEFAULT 'award', event_time timestamptz DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_award_points';
COMMENT ON FUNCTION rewards.award_points(uuid, bigint, text, text, text, timestamptz) IS
    'Adds points (zero or more) to an account as a validated event. Outcome: awarded, nonce_conflict. The same idempotency key with the same arguments gives the first answer again, replayed. event_time null: now. Errors: invalid_parameter_value, numeric_value_out_of_range, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.deduct_points(
    user_id uuid, points bigint, reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    event_type text DEFAULT 'deduction', event_time timestamptz DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_deduct_points';
COMMENT ON FUNCTION rewards.deduct_points(uuid, bigint, text, text, text, timestamptz) IS
    'Takes points (one or more) from an account as a validated event. Outcome: deducted, insufficient_points, nonce_conflict. Errors and replay as award_points()';

CREATE FUNCTION rewards.calculate_user_points(
    target_user_id uuid,
    OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    account CONSTANT uuid := rewards.require_user_id(target_user_id);
BEGIN
    SELECT coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated'), 0),
           coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status NOT IN ('validated', 'rejected')), 0),
           coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated' AND e.points_delta > 0), 0),
           coalesce(-sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated' AND e.points_delta < 0), 0)
      INTO available_points, pending_points, lifetime_earned, lifetime_spent
      FROM ONLY rewards.points_events e
     WHERE e.user_id = account AND e.company_id = rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.calculate_user_points(uuid) IS
    'The balance of an account as its events give it, in points, read from the ledger and not from the cache. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.refresh_user_points_cache(target_user_id uuid) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_refresh_user_points_cache';
COMMENT ON FUNCTION rewards.refresh_user_points_cache(uuid) IS
    'Rebuilds the balance of an account from its events and returns the available points. Not needed in normal running: the balance follows every event. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context, check_violation when the events sum to less than zero';

-- Triggers of points_events and user_points_cache.
CREATE FUNCTION rewards.keep_balance() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_keep_balance';
COMMENT ON FUNCTION rewards.keep_balance() IS
    'Trigger: brings the balances up to date with the events that a statement inserted or changed';

CREATE FUNCTION rewards.guard_event_update() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_event_update';
COMMENT ON FUNCTION rewards.guard_event_update() IS
    'Trigger: lets an event''s status move along its edges, with who and when, and nothing else change';

CREATE FUNCTION rewards.open_account_at_zero() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF (NEW.available_points, NEW.pending_points, NEW.lifetime_earned, NEW.lifetime_spent, NEW.expiring_points, NEW.version)
           IS DISTINCT FROM (0, 0, 0, 0, 0, 0)
       OR NEW.chain_head IS NOT NULL OR NEW.next_expiry IS NOT NULL THEN
        RAISE EXCEPTION 'an account opens with a balance of zero'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'INSERT or COPY the events into points_events; the balance follows.';
    END IF;
    IF greatest(NEW.updated_at, NEW.opened_at) > clock_timestamp() THEN
        RAISE EXCEPTION 'an account cannot open in the future'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'The clock of an account never goes back: everything later would be stamped with that time.';
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.open_account_at_zero() IS
    'Trigger: refuses an account that does not start with a balance of zero and no entries, or starts in the future';

-- The hashes of entries, computed anew from their rows.
CREATE FUNCTION rewards.event_entry_hash(
    previous bytea, version bigint, recorded_at timestamptz, balance_after bigint, event record,
    first_status text DEFAULT NULL, first_validated_by text DEFAULT NULL,
    first_validated_at timestamptz DEFAULT NULL, first_notes text DEFAULT NULL) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rewards_event_entry_hash';
COMMENT ON FUNCTION rewards.event_entry_hash(bytea, bigint, timestamptz, bigint, record, text, text, timestamptz, text) IS
    'The entry_hash that an event (a row of points_events) has as this entry of its account, after the entry with the hash previous (null: the account''s first). For an event whose status has changed since, first_status and the others say what it was written with. Null for a null row or place';

CREATE FUNCTION rewards.status_entry_hash(previous bytea, entry record) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rewards_status_entry_hash';
COMMENT ON FUNCTION rewards.status_entry_hash(bytea, record) IS
    'The entry_hash that a change of status (a row of ledger_entries of kind status) has after the entry with the hash previous';
