-- Templates, and coupons, whose codes stay the ones that members have.

DROP FUNCTION IF EXISTS rewards_migration.copy_coupon_templates(text[], text);
CREATE FUNCTION rewards_migration.copy_coupon_templates(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH judged AS (
        SELECT s.*, rewards_migration.uuid_of(r.company_id, 'coupon_templates:', s.source_id) AS template_id, r.company_id, r.is_dry_run,
               CASE WHEN s.source_id = '' THEN 'it has no id'
                    WHEN row_number() OVER (PARTITION BY s.source_id ORDER BY s.created_at) > 1 THEN 'its id is there twice' END AS problem
          FROM rewards_migration.source_coupon_templates(users) s, rewards_migration.run r
         WHERE only_id IS NULL OR s.source_id = only_id),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT j.company_id, j.is_dry_run, NULL, 'coupon_templates', j.source_id, NULL, 'left_behind', j.problem FROM judged j WHERE j.problem IS NOT NULL)
    INSERT INTO rewards.coupon_templates
           (id, template_name, description, points_cost, coupon_value_type, coupon_value, partner_name, partner_id, terms_and_conditions, starts_at,
            ends_at, expires_after_days, coupons_expire_at, is_active, max_redemptions_per_user, metadata, created_at, updated_at)
    SELECT j.template_id, j.template_name, j.description, j.points_cost::bigint, rewards_migration.word(j.coupon_value_type), j.coupon_value::numeric,
           j.partner_name, j.partner_id, j.terms_and_conditions, j.starts_at::timestamptz, j.ends_at::timestamptz, j.expires_after_days::integer,
           j.coupons_expire_at::timestamptz, coalesce(j.is_active::boolean, false), j.max_redemptions_per_user::integer,
           coalesce(j.metadata::jsonb, '{}'), coalesce(j.created_at::timestamptz, now()), coalesce(j.updated_at::timestamptz, now())
      FROM judged j
     WHERE j.problem IS NULL AND NOT EXISTS (SELECT FROM rewards.coupon_templates t WHERE t.id = j.template_id)
$function$;

-- The event that paid for a coupon, and the one that gave the points back: by the coupon's own columns, or else by the events that name it.
DROP FUNCTION IF EXISTS rewards_migration.coupon_events(text[]);
CREATE FUNCTION rewards_migration.coupon_events(users text[])
    RETURNS TABLE (source_user text, coupon_id text, paid_by text, refunded_by text, refunded_at text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.source_user, s.related_entity_id, min(s.source_id) FILTER (WHERE s.points_delta LIKE '-%'),
           min(s.source_id) FILTER (WHERE s.event_type ~ 'refund'), min(s.created_at) FILTER (WHERE s.event_type ~ 'refund')
      FROM rewards_migration.source_points_events(users) s
     WHERE s.related_entity_type = 'coupon' AND rewards_migration.word(s.validation_status) = 'validated'
     GROUP BY s.source_user, s.related_entity_id
$function$;

-- The stored form of an old code's HMAC, under the key slot that holds the old secret.
DROP FUNCTION IF EXISTS rewards_migration.hash_code(text);
CREATE FUNCTION rewards_migration.hash_code(old_hash text) RETURNS TABLE (tag bytea, layer smallint)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    digits CONSTANT text := regexp_replace(old_hash, '^\\x', '');
BEGIN
    IF digits ~* '^[0-9a-f]{64}$' THEN
        RETURN QUERY SELECT l.code_hash, l.layer_slot FROM rewards_migration.run r, rewards.legacy_code_hash(r.key_slot, decode(digits, 'hex')) l;
    END IF;
END
$function$;

DROP FUNCTION IF EXISTS rewards_migration.copy_coupons(text[], text);
CREATE FUNCTION rewards_migration.copy_coupons(users text[], only_id text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH seen AS (
        SELECT s.*, m.user_id, m.batch, m.company_id, h.tag, h.layer, rewards_migration.uuid_of(m.company_id, 'coupons:', s.source_id) AS new_id,
               rewards_migration.uuid_of(m.company_id, 'coupon_templates:', s.template_id) AS new_template_id,
               CASE rewards_migration.word(s.status) WHEN 'held' THEN 'issued' ELSE rewards_migration.word(s.status) END AS new_status,
               rewards_migration.uuid_of(m.company_id, 'points_events:', coalesce(s.points_event_id, e.paid_by)) AS paid_by,
               rewards_migration.uuid_of(m.company_id, 'points_events:', coalesce(s.refund_points_event_id, e.refunded_by)) AS refunded_by,
               coalesce(s.refunded_at, e.refunded_at) AS refund_time, coalesce(s.updated_at, s.issued_at, s.created_at) AS last_known,
               row_number() OVER (PARTITION BY m.user_id, s.source_id ORDER BY s.created_at) AS copy
          FROM rewards_migration.source_coupons(users) s
          JOIN rewards_migration.members m ON m.company_id = rewards.get_current_company_id() AND m.source_user = s.source_user
          LEFT JOIN rewards_migration.coupon_events(users) e ON e.source_user = s.source_user AND e.coupon_id = s.source_id
          LEFT JOIN LATERAL rewards_migration.hash_code(s.code_hash) h ON true),
    judged AS (
        SELECT s.*, t.coupon_value_type, t.coupon_value, paid.id AS paid_id, refund.id AS refund_id,
               CASE WHEN refund.id IS NOT NULL AND s.new_status IN ('issued', 'expired') THEN 'revoked' ELSE s.new_status END AS status_here,
               CASE WHEN s.source_id = '' THEN 'it has no coupon_id'
                    WHEN s.copy > 1 THEN 'its coupon_id is there twice'
                    WHEN s.new_status IS NULL OR s.new_status NOT IN ('issued', 'redeemed', 'revoked', 'expired') THEN format('there is no status "%s" here', s.status)
                    WHEN s.tag IS NULL THEN 'code_hash is not of 64 hexadecimal digits'
                    WHEN t.id IS NULL THEN format('there is no template %s', coalesce(s.template_id, '(null)'))
                    WHEN EXISTS (SELECT FROM rewards_migration.shared_codes x WHERE x.code_hash = lower(s.code_hash) AND x.coupon_id <> s.source_id)
                         OR EXISTS (SELECT FROM rewards.coupons c WHERE c.code_hash = s.tag) THEN 'another coupon has the same code' END AS problem,
               concat_ws(', ', CASE WHEN rewards_migration.word(s.status) = 'held' THEN 'status held: now issued, as nobody holds it' END,
                               CASE WHEN refund.id IS NOT NULL AND s.new_status IN ('issued', 'expired') THEN format('refunded and %s: now revoked', s.new_status) END,
                               CASE WHEN refund.id IS NOT NULL AND s.new_status = 'redeemed' THEN 'refunded and redeemed: only the events know of the refund' END,
                               CASE WHEN s.new_status = 'redeemed' AND s.redeemed_at IS NULL THEN 'no redeemed_at: now when it was last changed' END,
                               CASE WHEN s.new_status <> 'redeemed' AND s.redeemed_at IS NOT NULL THEN format('redeemed_at does not go with status %s: now null', s.new_status) END,
                               CASE WHEN s.new_status = 'revoked' AND s.revoked_at IS NULL THEN 'no revoked_at: now when it was last changed' END,
                               CASE WHEN s.issued_points_cost <> '0' AND paid.id IS NULL THEN 'the event that paid for it is not known: it cannot be refunded' END,
                               CASE WHEN s.refund_time IS NOT NULL AND refund.id IS NULL THEN 'the event that refunded it is not known' END) AS changes
          FROM seen s
          LEFT JOIN rewards.coupon_templates t ON t.id = s.new_template_id AND t.company_id = s.company_id
          LEFT JOIN rewards.points_events paid ON paid.user_id = s.user_id AND paid.id = s.paid_by
          LEFT JOIN rewards.points_events refund ON refund.user_id = s.user_id AND refund.id = s.refunded_by
         WHERE (only_id IS NULL OR s.source_id = only_id)
           AND (s.copy > 1 OR NOT EXISTS (SELECT FROM rewards.coupons c WHERE c.coupon_id = s.new_id AND c.issued_to = s.user_id))),
    noted AS (
        INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, j.batch, 'coupons', j.source_id, j.source_user,
               CASE WHEN j.problem IS NULL THEN 'changed' ELSE 'left_behind' END, coalesce(j.problem, j.changes)
          FROM judged j, rewards_migration.run r WHERE j.problem IS NOT NULL OR j.changes <> '')
    INSERT INTO rewards.coupons
           (coupon_id, code_hash, key_slot, layer_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost, points_event_id,
            coupon_value_type, coupon_value, issued_at, status, redeemed_at, redeemed_by, redemption_proof, expires_at, metadata,
            revoked_at, revoked_by, revoke_reason, refunded_at, refund_points_event_id, created_at, updated_at)
    SELECT j.new_id, j.tag, r.key_slot, j.layer, 0, 0, j.new_template_id, j.user_id, j.issued_points_cost::bigint, j.paid_id,
           j.coupon_value_type, j.coupon_value, coalesce(j.issued_at, j.created_at)::timestamptz, j.status_here,
           CASE WHEN j.status_here = 'redeemed' THEN coalesce(j.redeemed_at, j.last_known)::timestamptz END,
           CASE WHEN j.status_here = 'redeemed' THEN coalesce(j.redeemed_by, 'unknown') END,
           j.redemption_proof::jsonb, j.expires_at::timestamptz, j.metadata::jsonb,
           CASE WHEN j.status_here = 'revoked' THEN coalesce(j.revoked_at, j.last_known)::timestamptz END,
           CASE WHEN j.status_here = 'revoked' THEN coalesce(j.revoked_by, 'unknown') END,
           CASE WHEN j.status_here = 'revoked' THEN coalesce(j.revoke_reason, 'unknown') END,
           CASE WHEN j.status_here = 'revoked' AND j.refund_id IS NOT NULL THEN coalesce(j.refund_time, j.last_known)::timestamptz END,
           CASE WHEN j.status_here = 'revoked' THEN j.refund_id END,
           coalesce(j.created_at, j.issued_at)::timestamptz, coalesce(j.updated_at, j.created_at, j.issued_at)::timestamptz
      FROM judged j, rewards_migration.run r
     WHERE j.problem IS NULL
$function$;
