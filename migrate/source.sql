-- The source in one form, whatever its columns are: for each table the functions source_TABLE(users) and all_of_TABLE(), with
-- all columns as text, null where the source has no such column; an id that is null is empty. Its conditions are on the source's own columns, so that its indexes serve.

DROP FUNCTION IF EXISTS rewards_migration.source_tables();
CREATE FUNCTION rewards_migration.source_tables()
    RETURNS TABLE (name text, id_column text, user_column text, columns text[])
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('coupon_templates', 'id', NULL, '{template_name,description,points_cost,coupon_value_type,coupon_value,partner_name,partner_id,terms_and_conditions,starts_at,ends_at,expires_after_days,coupons_expire_at,is_active,max_redemptions_per_user,metadata,created_at,updated_at}'::text[]),
    ('points_events', 'id', 'user_id', '{event_type,event_time,points_delta,proof_type,proof_payload,payload_hash,nonce,trust_score,validation_status,validated_by,validated_at,validation_notes,device_id,device_info,ip_address,related_entity_type,related_entity_id,created_at,expires_at}'),
    ('user_points_cache', 'user_id', 'user_id', '{available_points,pending_points,lifetime_earned,lifetime_spent,last_event_id,updated_at}'),
    ('coupons', 'coupon_id', 'issued_to', '{code_hash,template_id,issued_points_cost,points_event_id,issued_at,status,redeemed_at,redeemed_by,redemption_proof,expires_at,metadata,revoked_at,revoked_by,revoke_reason,refunded_at,refund_points_event_id,created_at,updated_at}'),
    ('used_nonces', 'nonce', 'user_id', '{event_type,created_at,expires_at}'),
    ('fraud_insights', 'id', 'user_id', '{insight_type,severity,score,details,related_event_ids,resolved,resolved_at,resolved_by,resolution_notes,created_at}'),
    ('attestation_cache', 'attestation_token_hash', 'user_id', '{device_id,platform,is_valid,integrity_verdict,verified_at,expires_at,device_info}')
$function$;

DROP FUNCTION IF EXISTS rewards_migration.read_source(text, uuid, text, text);
CREATE FUNCTION rewards_migration.read_source(source text, company uuid, company_column text, source_company text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    wanted record;
    relation regclass;
    own text[];
    company_type text;
BEGIN
    IF to_regclass(format('%I.points_events', source)) IS NULL THEN
        RAISE EXCEPTION 'there is no table points_events in schema "%"', source
            USING ERRCODE = 'undefined_table', HINT = 'Name the schema of the old programme: -v source=its_schema.';
    END IF;
    -- Rows of other companies are never taken for this one's.
    source_company := coalesce(source_company, (SELECT company::text FROM pg_attribute a, rewards_migration.source_tables() t
        WHERE a.attrelid = to_regclass(format('%I.%I', source, t.name)) AND a.attname = company_column AND NOT a.attisdropped LIMIT 1));
    FOR wanted IN SELECT * FROM rewards_migration.source_tables() LOOP
        relation := to_regclass(format('%I.%I', source, wanted.name));
        own := ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped);
        company_type := (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
                          WHERE a.attrelid = relation AND a.attname = company_column AND NOT a.attisdropped);
        IF relation IS NULL THEN
            RAISE NOTICE '%.% does not exist: nothing is carried over from it', source, wanted.name;
        ELSIF NOT own @> array_remove(ARRAY[wanted.id_column, wanted.user_column], NULL) THEN
            RAISE EXCEPTION '% must have the columns %', relation, array_remove(ARRAY[wanted.id_column, wanted.user_column], NULL)
                USING ERRCODE = 'undefined_column', HINT = 'The source may be a schema of views that give your columns these names.';
        ELSIF source_company IS NOT NULL AND company_type IS NULL THEN
            RAISE EXCEPTION '% has no column "%" to tell companies apart', relation, company_column
                USING ERRCODE = 'undefined_column', HINT = 'The source may be a schema of views that add it.';
        END IF;
        PERFORM rewards_migration.make_source(relation, wanted.name, wanted.id_column, wanted.user_column, wanted.columns, own,
            CASE WHEN source_company IS NULL THEN 'true' ELSE format('s.%I = %L::%s', company_column, source_company, company_type) END);
        INSERT INTO rewards_migration.report (company_id, is_dry_run, source_table, outcome, reason)
            SELECT company, r.is_dry_run, wanted.name, 'changed', format('column %s is not carried over', column_name)
              FROM rewards_migration.run r, unnest(own) AS column_name
             WHERE column_name <> ALL (wanted.columns) AND column_name NOT IN (wanted.id_column, company_column, 'plaintext_code')
               AND column_name IS DISTINCT FROM wanted.user_column;
    END LOOP;
END
$function$;

DROP FUNCTION IF EXISTS rewards_migration.make_source(regclass, text, text, text, text[], text[], text);
CREATE FUNCTION rewards_migration.make_source(
    relation regclass, name text, id_column text, user_column text, columns text[], own text[], of_company text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $function$
DECLARE
    user_type CONSTANT text := (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = user_column);
    shown CONSTANT text := (SELECT string_agg(CASE WHEN c = ANY (own) THEN format('s.%I::text', c) ELSE 'NULL::text' END, ', ' ORDER BY place)
                              FROM unnest(columns) WITH ORDINALITY AS u (c, place));
    declared CONSTANT text := (SELECT string_agg(format('%I text', c), ', ' ORDER BY place) FROM unnest(columns) WITH ORDINALITY AS u (c, place));
    -- Inlined where it is used; %s is the condition on users.
    body CONSTANT text := format('RETURNS TABLE (source_id text, source_user text, %s) LANGUAGE sql STABLE AS $body$ SELECT %s %%s $body$', declared,
        CASE WHEN relation IS NULL THEN format('NULL, NULL, %s WHERE false AND', shown)
             ELSE format('coalesce(s.%I::text, ''''), %s, %s FROM %s s WHERE %s AND', id_column,
                         CASE WHEN user_column IS NULL THEN 'NULL::text' ELSE format('s.%I::text', user_column) END, shown, relation, of_company) END);
BEGIN
    EXECUTE format('DROP FUNCTION IF EXISTS rewards_migration.%I(text[]), rewards_migration.%I()', 'source_' || name, 'all_of_' || name);
    EXECUTE format('CREATE FUNCTION rewards_migration.%I(users text[]) %s', 'source_' || name, format(body,
        CASE WHEN relation IS NULL OR user_column IS NULL THEN 'true' ELSE format('s.%I IN (SELECT u::%s FROM unnest(users) u)', user_column, user_type) END));
    EXECUTE format('CREATE FUNCTION rewards_migration.%I() %s', 'all_of_' || name, format(body, 'true'));
END
$function$;
