-- What looked like fraud, and which attestations were seen.

-- Of several open insights of a kind, only the newest stays open, and counts.
DROP FUNCTION IF EXISTS rewards_migration.copy_fraud_insights(text[], text);
CREATE FUNCTION rewards_migration.copy_fraud_insights(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH seen AS (
        SELECT s.*, m.user_id, m.batch, m.company_id, rewards_migration.uuid_of(m.company_id, 'fraud_insights:', s.source_id) AS new_id,
               rewards_migration.word(s.insight_type) AS new_type, coalesce(s.resolved::boolean, false) AS is_resolved,
               row_number() OVER (PARTITION BY m.user_id, s.source_id ORDER BY s.created_at) AS copy
          FROM rewards_migration.source_fraud_insights(users) s
          JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user),
    counted AS (
        SELECT s.*, s.source_id = '' OR s.copy > 1 AS is_unusable,
               CASE WHEN s.is_resolved THEN 1 ELSE row_number() OVER (open_ones ORDER BY s.created_at DESC, s.source_id) END AS place,
               CASE WHEN s.is_resolved THEN 1 ELSE count(*) OVER open_ones END AS occurrences
          FROM seen s WINDOW open_ones AS (PARTITION BY s.user_id, s.new_type, s.is_resolved)),
    judged AS (
        SELECT c.* FROM counted c
         WHERE (only_id IS NULL OR c.source_id = only_id)
           AND (c.copy > 1 OR NOT EXISTS (SELECT FROM rewards.fraud_insights f WHERE f.user_id = c.user_id AND f.id = c.new_id))),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, j.batch, 'fraud_insights', j.source_id, j.source_user,
               CASE WHEN j.is_unusable THEN 'left_behind' ELSE 'changed' END,
               CASE WHEN j.is_unusable THEN 'it has no id, or one that is there twice' ELSE 'open like a newer one of its kind: now resolved' END
          FROM judged j, rewards_migration.run r WHERE j.is_unusable OR j.place > 1)
    INSERT INTO rewards.fraud_insights
           (id, user_id, insight_type, severity, score, details, related_event_ids, occurrences, resolved, resolved_at, resolved_by, resolution_notes,
            created_at, updated_at)
    SELECT j.new_id, j.user_id, j.new_type, coalesce(j.severity, 'medium'), round(j.score::numeric)::integer, j.details::jsonb,
           ARRAY(SELECT rewards_migration.uuid_of(j.company_id, 'points_events:', related)
                   FROM unnest(translate(j.related_event_ids, '[]"', '{}')::text[]) AS related),
           j.occurrences, j.is_resolved OR j.place > 1, CASE WHEN j.place > 1 THEN now() ELSE j.resolved_at::timestamptz END,
           CASE WHEN j.place > 1 THEN 'moving over' ELSE j.resolved_by END,
           CASE WHEN j.place > 1 THEN 'a newer insight of its kind is open' ELSE j.resolution_notes END,
           coalesce(j.created_at::timestamptz, now()), coalesce(j.created_at::timestamptz, now())
      FROM judged j WHERE NOT j.is_unusable
$function$;

DROP FUNCTION IF EXISTS rewards_migration.copy_attestation_cache(text[], text);
CREATE FUNCTION rewards_migration.copy_attestation_cache(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH judged AS (
        SELECT s.*, m.user_id, m.batch, CASE WHEN s.source_id = '' THEN 'it has no attestation_token_hash' END AS problem,
               row_number() OVER (PARTITION BY m.user_id, s.source_id ORDER BY s.verified_at DESC) AS copy
          FROM rewards_migration.source_attestation_cache(users) s
          JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user
         WHERE (only_id IS NULL OR s.source_id = only_id)
           AND NOT EXISTS (SELECT FROM rewards.attestation_cache a
                            WHERE a.user_id = m.user_id AND a.company_id = m.company_id AND a.attestation_token_hash = s.source_id)),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, j.batch, 'attestation_cache', j.source_id, j.source_user,
               CASE WHEN j.problem IS NULL THEN 'changed' ELSE 'left_behind' END, coalesce(j.problem, 'it was seen again later: now once')
          FROM judged j, rewards_migration.run r WHERE j.problem IS NOT NULL OR j.copy > 1)
    INSERT INTO rewards.attestation_cache
           (user_id, attestation_token_hash, device_id, platform, is_valid, integrity_verdict, verified_at, expires_at, device_info)
    SELECT j.user_id, j.source_id, j.device_id, coalesce(j.platform, 'unknown'), coalesce(j.is_valid::boolean, false), j.integrity_verdict::jsonb,
           coalesce(j.verified_at::timestamptz, now()), j.expires_at::timestamptz, j.device_info::jsonb
      FROM judged j WHERE j.problem IS NULL AND j.copy = 1
$function$;
