-- Nothing is executable by accident: PUBLIC has two harmless readers, which policies and defaults call
-- in the name of whoever queries a table; everything else is granted by name.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rewards FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rewards.get_current_company_id(), rewards.get_current_user_id() TO PUBLIC;

CREATE FUNCTION rewards.grant_access(app regrole DEFAULT NULL, admin regrole DEFAULT NULL) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    statement text;
    missing regrole := (SELECT grantee FROM unnest(ARRAY[app, admin]) AS grantee
                         WHERE grantee IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = grantee) LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'role "%" does not exist', missing USING ERRCODE = 'undefined_object';
    END IF;
    IF to_regclass('rewards.data_version') IS NULL THEN
        RAISE EXCEPTION 'the rewards tables are not installed in database "%"', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT rewards.install() creates them.';
    END IF;
    FOR statement IN
        SELECT format('GRANT USAGE ON SCHEMA rewards TO %s', grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee,
               unnest(ARRAY['set_company_context(uuid, text, text)', 'uuidv7()', 'uuidv5(uuid, text)',
                            'award_points(uuid, bigint, text, text, text, timestamptz)',
                            'deduct_points(uuid, bigint, text, text, text, timestamptz)',
                            'calculate_user_points(uuid)', 'redeem_coupon(uuid, uuid, text)',
                            'claim_coupon(text, text, jsonb)', 'current_settings()',
                            'refund_points(uuid, uuid, text)',
                            'validate_points_event(uuid, boolean, text)', 'validate_pending_events(integer)',
                            'event_request_hash(uuid, text, timestamptz, text)',
                            'examine_attestation(uuid, text, jsonb, text)', 'flag_account(uuid, text, text, jsonb, uuid)']) AS signature
         WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, admin)
          FROM unnest(ARRAY['refresh_user_points_cache(uuid)', 'hash_coupon_code(text)', 'code_data_version()',
                            'resolve_fraud_insight(uuid, text)', 'expire_points(integer)', 'review_points_event(uuid, text, text, text)', 'cleanup_expired_attestations()',
                            'trust_features()', 'trust_score(integer[], integer)', 'explain_event(uuid, uuid)',
                            'backtest_trust_rules(integer, timestamptz, timestamptz)']) AS signature
         WHERE admin IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee,
               unnest(ARRAY['uuidv7_floor(timestamptz)', 'cleanup_expired_nonces()',
                            'within_attribution_window(timestamptz, timestamptz, interval)',
                            'balance_at(uuid, timestamptz)', 'points_history(uuid, integer, uuid)']) AS signature
         WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, admin)
          FROM unnest(ARRAY['companies()', 'show_progress(text, tid, bigint)', 'sum_points(bigint)',
                            'reconcile_ledger()']) AS signature
         WHERE admin IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.ledger_discrepancies TO %s', grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.points_events, rewards.ledger_entries, rewards.ledger, rewards.user_points_cache, rewards.point_lots, rewards.coupon_templates, rewards.coupons TO %s', grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.company_settings, rewards.point_rules TO %s', grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.used_nonces, rewards.point_lot_uses, rewards.points_liability, rewards.event_approvals, rewards.review_queue, rewards.trust_rules, rewards.fraud_insights, rewards.open_fraud_insights, rewards.attestation_cache, rewards.account_devices, rewards.coupon_keys, rewards.data_version TO %s', admin)
         WHERE admin IS NOT NULL
    LOOP
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.grant_access(regrole, regrole) IS
    'Grants a back end (app) and staff (admin) what they need, and returns the statements it ran: EXECUTE on functions and SELECT under row-level security, no writing of tables. Creates no roles';
REVOKE EXECUTE ON FUNCTION rewards.grant_access(regrole, regrole) FROM PUBLIC;
