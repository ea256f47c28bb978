-- What events are scored by, why an event has its score, and what other rules would have made of it.

CREATE FUNCTION rewards.trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean) RETURNS SETOF record
    LANGUAGE c STABLE PARALLEL SAFE ROWS 16 AS 'MODULE_PATHNAME', 'rewards_trust_features';
COMMENT ON FUNCTION rewards.trust_features() IS
    'What trust rules can look at: ord is its subscript in points_events.trust_features (always, with 0, is the constant 1 and not stored); may_raise: rules on it may have a positive weight, as clients cannot choose it';

CREATE FUNCTION rewards.trust_score(features integer[], rules_version integer DEFAULT NULL,
    OUT score integer, OUT reasons text[])
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_trust_score';
COMMENT ON FUNCTION rewards.trust_score(integer[], integer) IS
    'Score (0 to 100) that a version of the trust rules gives to features in the order of trust_features(), and the rules that applied, the heaviest first, without base. rules_version null: the newest of the company, else the newest default. Errors: undefined_object for a version that does not exist, null_value_not_allowed, array_subscript_error, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.explain_event(event_id uuid, user_id uuid DEFAULT NULL)
    RETURNS TABLE (rule text, feature text, observed integer, comparison text, threshold integer, weight integer,
                   sentence text, applies boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT rewards.require_user_id(explain_event.user_id) WHERE explain_event.user_id IS NOT NULL;
    WITH event AS (
        SELECT e.company_id, e.trust_version, e.trust_features FROM ONLY rewards.points_events e
         WHERE e.id = explain_event.event_id AND e.user_id = explain_event.user_id
        UNION ALL
        SELECT e.company_id, e.trust_version, e.trust_features FROM ONLY rewards.points_events e
         WHERE e.id = explain_event.event_id AND explain_event.user_id IS NULL
    ), seen AS (
        SELECT r.rule, r.feature, r.comparison, r.threshold, r.weight, r.sentence,
               CASE WHEN r.feature = 'always' THEN 1 ELSE e.trust_features[f.ord] END AS observed
          FROM event e
          JOIN rewards.trust_rules r ON r.version = e.trust_version
           AND r.company_id IN (e.company_id, '00000000-0000-0000-0000-000000000000')
          JOIN rewards.trust_features() f ON f.feature = r.feature
    ), judged AS (
        SELECT s.*, coalesce(CASE s.comparison
                                 WHEN '<' THEN s.observed < s.threshold
                                 WHEN '<=' THEN s.observed <= s.threshold
                                 WHEN '=' THEN s.observed = s.threshold
                                 WHEN '>=' THEN s.observed >= s.threshold
                                 WHEN '>' THEN s.observed > s.threshold
                             END, false) AS applies
          FROM seen s
    )
    SELECT j.rule, j.feature, j.observed, j.comparison, j.threshold, j.weight, j.sentence, j.applies
      FROM judged j
     ORDER BY j.applies DESC, j.rule = 'base' DESC, abs(j.weight) DESC, j.rule COLLATE "C"
$function$;
COMMENT ON FUNCTION rewards.explain_event(uuid, uuid) IS
    'Every trust rule of the version that scored an event of the company, with what was observed (null: unknown) and whether it applied; the weights of those that did sum to the trust score, within 0 to 100. No rows for an event that was not scored. With the user_id the event is found by its key, without it by a search. Errors: insufficient_privilege in the role user for another user';

CREATE FUNCTION rewards.backtest_trust_rules(rules_version integer, from_time timestamptz, to_time timestamptz)
    RETURNS TABLE (old_status text, new_status text, events bigint, points bigint)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    -- Without an event in that time nothing else would ask whether the caller may, and the version exists.
    SELECT rewards.trust_score('{}', backtest_trust_rules.rules_version);
    WITH bar AS (
        SELECT coalesce(own.trust_validate_at, standard.trust_validate_at) AS validate_at,
               coalesce(own.trust_review_at, standard.trust_review_at) AS review_at
          FROM rewards.company_settings standard
          LEFT JOIN rewards.company_settings own ON own.company_id = rewards.get_current_company_id()
         WHERE standard.company_id = '00000000-0000-0000-0000-000000000000'
    ), scored AS MATERIALIZED (
        SELECT e.points_delta, e.trust_score AS old_score,
               (rewards.trust_score(e.trust_features, backtest_trust_rules.rules_version)).score AS new_score
          FROM ONLY rewards.points_events e
         WHERE e.company_id = rewards.get_current_company_id()
           AND e.created_at >= coalesce(from_time, '-infinity') AND e.created_at < coalesce(to_time, 'infinity')
           AND e.trust_features IS NOT NULL AND e.trust_score IS NOT NULL
    )
    SELECT CASE WHEN s.old_score >= b.validate_at THEN 'validated'
                WHEN s.old_score >= b.review_at THEN 'pending_review' ELSE 'rejected' END,
           CASE WHEN s.new_score >= b.validate_at THEN 'validated'
                WHEN s.new_score >= b.review_at THEN 'pending_review' ELSE 'rejected' END,
           count(*), sum(s.points_delta)::bigint
      FROM scored s, bar b
     GROUP BY 1, 2
     ORDER BY 1 DESC, 2 DESC
$function$;
COMMENT ON FUNCTION rewards.backtest_trust_rules(integer, timestamptz, timestamptz) IS
    'What a version of the trust rules (null: the newest) would have made of the events of the company that were scored and recorded from from_time until before to_time (null: open): how many, and how many points, by the status that the stored score and the new one give under the company''s thresholds of today. Changes nothing. Errors as trust_score()';

-- A version is written by one statement, which has to bring the rule base; as there is only one base to a
-- version, no other statement can add to it, at the same time or later.
CREATE FUNCTION rewards.require_whole_trust_version() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most_rules CONSTANT integer := 64;
    bad record;
BEGIN
    SELECT n.version, count(*) AS rules, bool_or(n.rule = 'base') AS has_base INTO bad
      FROM new_rules n
     GROUP BY n.company_id, n.version
    HAVING count(*) > most_rules OR NOT bool_or(n.rule = 'base')
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT bad.has_base THEN
        RAISE EXCEPTION 'the statement inserts rules of version % without its rule base', bad.version
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'A version is inserted whole, by one statement, and nothing is added to it later: insert a new version of all rules.';
    END IF;
    RAISE EXCEPTION 'version % has % rules, and at most % are possible', bad.version, bad.rules, most_rules
        USING ERRCODE = 'program_limit_exceeded', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
              HINT = 'Leave out rules that weigh nothing.';
END
$function$;
COMMENT ON FUNCTION rewards.require_whole_trust_version() IS
    'Trigger: a version of the trust rules is inserted whole, by one statement';

CREATE FUNCTION rewards.require_trust_versions() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    missing integer;
BEGIN
    SELECT wanted INTO missing
      FROM unnest(ARRAY[NEW.trust_version, NEW.shadow_version]) AS wanted
     WHERE NOT EXISTS (
        SELECT FROM ONLY rewards.trust_rules r
         WHERE r.version = wanted
           AND r.company_id = CASE WHEN wanted < 1000 THEN '00000000-0000-0000-0000-000000000000' ELSE NEW.company_id END)
       AND wanted IS NOT NULL
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'version % of the trust rules does not exist', missing
            USING ERRCODE = 'undefined_object', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'rewards.trust_rules has the versions: those below 1000 are the defaults, the others the company''s.';
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.require_trust_versions() IS
    'Trigger: refuses settings that name a version of the trust rules which does not exist, as no event could be scored';
