-- Events, and the nonces that keep them from being sent again.
--
-- All of these functions take over the rows of some members, or one row of theirs. What is here already is left alone, so that
-- each can be called again.

DROP FUNCTION IF EXISTS rewards_migration.copy_points_events(text[], text);
CREATE FUNCTION rewards_migration.copy_points_events(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH seen AS (
        SELECT s.*, m.user_id, m.batch, rewards_migration.uuid_of(m.company_id, 'points_events:', s.source_id) AS event_id,
               rewards_migration.word(s.validation_status) AS status,
               row_number() OVER (PARTITION BY m.user_id, s.source_id ORDER BY s.created_at) AS copy,
               row_number() OVER (PARTITION BY m.user_id, s.payload_hash ORDER BY s.created_at, s.source_id) AS payload
          FROM rewards_migration.source_points_events(users) s
          JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user),
    judged AS (
        SELECT s.*, CASE WHEN s.source_id = '' THEN 'it has no id'
                         WHEN s.copy > 1 THEN 'its id is there twice'
                         WHEN s.status IS NULL OR s.status NOT IN ('pending', 'validating', 'validated', 'rejected', 'pending_review', 'flagged')
                             THEN format('there is no status "%s" here', s.status) END AS problem,
               concat_ws(', ', CASE WHEN s.payload > 1 AND s.payload_hash IS NOT NULL THEN 'payload_hash of another event: now null' END,
                               CASE WHEN s.created_at::timestamptz > now() THEN 'created_at in the future: now the moment of copying' END,
                               CASE WHEN s.created_at IS NULL THEN 'no created_at: now event_time' END,
                               CASE WHEN s.event_time IS NULL THEN 'no event_time: now created_at' END,
                               CASE WHEN s.trust_score LIKE '%.%' THEN format('trust_score %s: now rounded', s.trust_score) END) AS changes
          FROM seen s
         WHERE (only_id IS NULL OR s.source_id = only_id)
           AND (s.copy > 1 OR NOT EXISTS (SELECT FROM rewards.points_events e WHERE e.user_id = s.user_id AND e.id = s.event_id))),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, j.batch, 'points_events', j.source_id, j.source_user,
               CASE WHEN j.problem IS NULL THEN 'changed' ELSE 'left_behind' END, coalesce(j.problem, j.changes)
          FROM judged j, rewards_migration.run r WHERE j.problem IS NOT NULL OR j.changes <> '')
    INSERT INTO rewards.points_events
           (id, user_id, event_type, event_time, points_delta, proof_type, proof_payload, payload_hash, nonce, trust_score, validation_status,
            validated_by, validated_at, validation_notes, device_id, device_info, ip_address, related_entity_type, related_entity_id, created_at, expires_at)
    SELECT j.event_id, j.user_id, j.event_type, coalesce(j.event_time, j.created_at)::timestamptz, j.points_delta::bigint, j.proof_type,
           j.proof_payload::jsonb, CASE WHEN j.payload = 1 THEN j.payload_hash END, j.nonce, round(j.trust_score::numeric)::integer, j.status,
           j.validated_by, j.validated_at::timestamptz, j.validation_notes, j.device_id, j.device_info::jsonb, j.ip_address::inet,
           j.related_entity_type, j.related_entity_id, least(coalesce(j.created_at, j.event_time)::timestamptz, now()), j.expires_at::timestamptz
      FROM judged j WHERE j.problem IS NULL
$function$;

-- A nonce stays as long as an event with it would be accepted here, which may be longer than the source meant to keep it. For
-- the same reason those that the source has forgotten are taken from its events.
DROP FUNCTION IF EXISTS rewards_migration.copy_used_nonces(text[], text);
CREATE FUNCTION rewards_migration.copy_used_nonces(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH kept AS (SELECT accepted_age + accepted_ahead AS time FROM rewards.current_settings()),
    seen AS (
        SELECT s.source_id, s.source_user, s.event_type, s.created_at, s.expires_at, true AS is_nonce FROM rewards_migration.source_used_nonces(users) s
        UNION ALL
        SELECT s.nonce, s.source_user, s.event_type, coalesce(s.created_at, s.event_time), NULL, false
          FROM rewards_migration.source_points_events(users) s, kept
         WHERE s.nonce IS NOT NULL AND coalesce(s.created_at, s.event_time) COLLATE "C" >= (now() - kept.time)::text),
    judged AS (
        SELECT s.*, m.user_id, m.batch, CASE WHEN s.source_id = '' THEN 'it has no nonce' END AS problem,
               concat_ws(', ', CASE WHEN s.is_nonce AND count(*) FILTER (WHERE s.is_nonce) OVER again > 1 THEN 'the nonce is there twice: now once, with the later expiry' END,
                               CASE WHEN s.is_nonce AND s.event_type IS NULL THEN 'no event_type: now unknown' END) AS changes
          FROM seen s
          JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user
         WHERE (only_id IS NULL OR s.source_id = only_id)
           AND NOT EXISTS (SELECT FROM rewards.used_nonces n WHERE n.user_id = m.user_id AND n.company_id = m.company_id AND n.nonce = s.source_id)
        WINDOW again AS (PARTITION BY m.user_id, s.source_id)),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, j.batch, 'used_nonces', j.source_id, j.source_user,
               CASE WHEN j.problem IS NULL THEN 'changed' ELSE 'left_behind' END, coalesce(j.problem, j.changes)
          FROM judged j, rewards_migration.run r WHERE j.problem IS NOT NULL OR j.changes <> '')
    INSERT INTO rewards.used_nonces (user_id, nonce, event_type, created_at, expires_at)
    SELECT j.user_id, j.source_id, coalesce(min(j.event_type), 'unknown'), min(least(coalesce(j.created_at::timestamptz, now()), now())),
           max(greatest(j.expires_at::timestamptz, least(coalesce(j.created_at::timestamptz, now()), now()) + kept.time))
      FROM judged j, kept WHERE j.problem IS NULL
     GROUP BY j.user_id, j.source_id
$function$;

-- Members whom no event has given an account.
DROP FUNCTION IF EXISTS rewards_migration.copy_user_points_cache(text[], text);
CREATE FUNCTION rewards_migration.copy_user_points_cache(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO rewards.user_points_cache (user_id, opened_at)
    SELECT DISTINCT ON (m.user_id) m.user_id, least(s.updated_at::timestamptz, now())
      FROM rewards_migration.source_user_points_cache(users) s
      JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user
     WHERE only_id IS NULL OR s.source_id = only_id
     ORDER BY m.user_id, s.updated_at
    ON CONFLICT (user_id, company_id) DO NOTHING
$function$;
