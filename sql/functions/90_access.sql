-- Nothing is executable by accident: PUBLIC has the harmless readers of the context, which policies and defaults
-- call in the name of whoever queries a table; everything else is granted by name.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rewards FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rewards.get_current_company_id(), rewards.get_back_end_company_id(), rewards.get_current_user_id(),
    rewards.get_first_user_id(), rewards.get_last_user_id() TO PUBLIC;

CREATE FUNCTION rewards.grant_access(app regrole DEFAULT NULL, admin regrole DEFAULT NULL) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- What a programme is made of.
    for_both CONSTANT text[] := ARRAY[
        'set_company_context(uuid, text, text)', 'issue_company_token(uuid, text, text, interval, timestamptz, bytea)',
        'set_company_context_token(text)', 'get_context_challenge()', 'require_company_id()', 'require_user_id(uuid)',
        'session_residue()', 'session_settings()', 'current_settings()', 'uuidv7()', 'uuidv7_floor(timestamptz)', 'uuidv5(uuid, text)',
        'cleanup_expired_nonces()',
        'award_points(uuid, bigint, text, text, text, timestamptz)', 'deduct_points(uuid, bigint, text, text, text, timestamptz)',
        'refund_points(uuid, uuid, text)', 'expire_points(integer)', 'calculate_user_points(uuid)',
        'points_history(uuid, integer, uuid)', 'balance_at(uuid, timestamptz)',
        'within_attribution_window(timestamptz, timestamptz, interval)', 'seal_ledger()', 'event_receipt(uuid, uuid)',
        'event_request_hash(uuid, text, timestamptz, text)', 'examine_attestation(uuid, text, jsonb, text)',
        'cleanup_expired_attestations()', 'flag_account(uuid, text, text, jsonb, uuid)',
        'submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet)',
        'submit_points_events(jsonb)', 'validate_points_event(uuid, boolean, text)', 'validate_pending_events(integer)',
        'redeem_coupon(uuid, uuid, text)', 'claim_coupon(text, text, jsonb)'];
    -- What people decide, and what shows more than a programme needs.
    for_staff CONSTANT text[] := ARRAY[
        'code_data_version()', 'companies()', 'rotate_token_key()', 'retire_token_key(integer)',
        'refresh_user_points_cache(uuid)', 'reconcile_ledger()', 'show_progress(text, tid, bigint)', 'sum_points(bigint)',
        'ledger_digest()', 'verify_ledger(bigint, text)', 'verify_chains(uuid)', 'verify_chains_since(bigint)',
        'verify_accounts(uuid)', 'verify_accounts_since(bigint)', 'verify_blocks(bigint)', 'verify_digest(text)',
        'verify_chains_query(text, text)', 'entry_place(uuid, bigint)', 'entries_since(bigint)', 'sealed_systems()',
        'unsealed_entries()', 'event_entry_hash(bytea, bigint, timestamptz, bigint, record, text, text, timestamptz, text)',
        'status_entry_hash(bytea, record)', 'merkle_root(bytea)', 'merkle_path(bytea, bigint)',
        'follow_merkle_path(bytea, bigint, bigint, bytea[])',
        'block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text)',
        'repair_account(uuid, boolean)',
        'trust_features()', 'trust_score(integer[], integer)', 'explain_event(uuid, uuid)',
        'backtest_trust_rules(integer, timestamptz, timestamptz)', 'resolve_fraud_insight(uuid, text)',
        'review_points_event(uuid, text, text, text)', 'hash_coupon_code(text)'];
    read_by_both CONSTANT text[] := ARRAY[
        'company_settings', 'user_points_cache', 'points_events', 'ledger_entries', 'ledger', 'point_lots',
        'ledger_discrepancies', 'point_rules', 'coupon_templates', 'coupons'];
    read_by_staff CONSTANT text[] := ARRAY[
        'data_version', 'token_keys', 'audit_log', 'used_nonces', 'forgotten_nonces', 'point_lot_uses', 'points_liability', 'ledger_blocks', 'ledger_seal_lag', 'trust_rules', 'account_devices',
        'attestation_cache', 'fraud_insights', 'open_fraud_insights', 'event_approvals', 'review_queue', 'coupon_keys'];
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
        SELECT format('GRANT USAGE ON SCHEMA rewards TO %s', grantee) FROM unnest(ARRAY[app, admin]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee, unnest(for_both) AS signature WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, admin)
          FROM unnest(for_staff) AS signature WHERE admin IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee, unnest(read_by_both) AS relation WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, admin)
          FROM unnest(read_by_staff) AS relation WHERE admin IS NOT NULL
    LOOP
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.grant_access(regrole, regrole) IS
    'Grants a back end (app) and staff (admin) what they need, and returns the statements it ran: EXECUTE on functions and SELECT under row-level security, no writing of tables. Creates no roles';
REVOKE EXECUTE ON FUNCTION rewards.grant_access(regrole, regrole) FROM PUBLIC;
