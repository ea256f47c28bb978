CREATE FUNCTION rewards.current_settings(
    OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer,
    OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint,
    OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval,
    OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean,
    OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint,
    OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(own.trust_validate_at, usual.trust_validate_at), coalesce(own.trust_review_at, usual.trust_review_at),
           coalesce(own.trust_version, usual.trust_version), coalesce(own.shadow_version, usual.shadow_version),
           coalesce(own.hold_all, usual.hold_all), coalesce(own.events_per_hour, usual.events_per_hour),
           coalesce(own.points_per_hour, usual.points_per_hour), coalesce(own.events_per_day, usual.events_per_day),
           coalesce(own.points_per_day, usual.points_per_day), coalesce(own.accepted_age, usual.accepted_age),
           coalesce(own.accepted_ahead, usual.accepted_ahead),
           coalesce(own.review_four_eyes_points, usual.review_four_eyes_points),
           coalesce(own.refunded_points_live, usual.refunded_points_live),
           coalesce(own.redeem_enabled, usual.redeem_enabled), coalesce(own.claim_enabled, usual.claim_enabled),
           coalesce(own.redemptions_per_hour, usual.redemptions_per_hour),
           coalesce(own.redemptions_per_day, usual.redemptions_per_day),
           coalesce(own.guesses_per_claimer, usual.guesses_per_claimer),
           coalesce(own.guesses_per_device, usual.guesses_per_device),
           coalesce(own.guesses_per_company, usual.guesses_per_company)
      FROM rewards.company_settings usual
      LEFT JOIN rewards.company_settings own ON own.company_id = rewards.get_current_company_id()
     WHERE usual.company_id = '00000000-0000-0000-0000-000000000000'
       AND rewards.get_current_company_id() IS NOT NULL
$function$;
COMMENT ON FUNCTION rewards.current_settings() IS
    'The settings that hold for the company of the context: its own, and the defaults where it has none. One row; none without a context, and for the role user';
