CREATE FUNCTION rewards.grant_access(
    app regrole DEFAULT NULL, admin regrole DEFAULT NULL, backup regrole DEFAULT NULL, tenant regrole DEFAULT NULL,
    cross_company regrole DEFAULT NULL) RETURNS SETOF text
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
        'redeem_coupon(uuid, uuid, text)',
        'redeem_coupons(uuid, uuid[], text)',
        'import_vendor_codes(uuid, text[], text, timestamptz)',
        'reveal_vendor_code(uuid)',
        'revoke_coupon(uuid, text, boolean)',
        'reissue_coupon_code(uuid, text)',
        'coupon_public_ref(uuid)',
        'claim_coupon(text, text, jsonb, text, text)',
        'hold_coupon(text, text, interval, text)',
        'release_coupon(text, text, text)',
        'mark_expired_coupons(integer)'];
    -- What people decide, and what shows more than a programme needs.
    for_staff CONSTANT text[] := ARRAY[
        'code_data_version()', 'companies()', 'rotate_token_key()', 'retire_token_key(integer)',
        'rotate_coupon_key(integer)', 'retire_coupon_key(integer)',
        'relayer_coupon_key(integer, integer)',
        'legacy_code_hash(integer, bytea)',
        'refresh_user_points_cache(uuid)', 'reconcile_ledger()', 'show_progress(text, tid, bigint)', 'sum_points(bigint)', 'sum_events(bigint, text)',
        'ledger_digest()', 'verify_ledger(bigint, text)', 'verify_audit(bigint, text)', 'verify_audit_rows(bigint, uuid)', 'verify_chains(uuid)', 'verify_chains_since(bigint)',
        'verify_accounts(uuid)', 'verify_accounts_since(bigint)', 'verify_blocks(bigint, text, uuid)', 'verify_digest(text, text, uuid)',
        'verify_chains_query(text, text)', 'entry_place(uuid, bigint)', 'entries_since(bigint, text, uuid)', 'sealed_systems(text, uuid)',
        'unsealed_entries()', 'event_entry_hash(bytea, bigint, timestamptz, bigint, record, text, text, timestamptz, text)',
        'status_entry_hash(bytea, record)', 'merkle_root(bytea)', 'merkle_path(bytea, bigint)',
        'follow_merkle_path(bytea, bigint, bigint, bytea[])',
        'block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text)', 'audit_entry_hash(record)',
        'repair_account(uuid, boolean)',
        'trust_features()', 'trust_score(integer[], integer)', 'explain_event(uuid, uuid)',
        'backtest_trust_rules(integer, timestamptz, timestamptz)', 'resolve_fraud_insight(uuid, text)',
        'review_points_event(uuid, text, text, text)',
        'create_coupon_template(jsonb)',
        'change_coupon_template(uuid, jsonb)',
        'restock_coupon(uuid, bigint)',
        'shred_vendor_batch(uuid, text)',
        'begin_coupon_batch(uuid, integer, text, timestamptz)',
        'issue_coupon_batch(uuid, integer)',
        'coupon_batch_codes(uuid, integer, integer)',
        'revoke_coupon_batch(uuid, text, integer)',
        'hash_coupon_code(text)',
        'find_coupon_by_ref(text)',
        'coupon_guessers()',
        'forget_guesses(text, text)',
        'tenant_doctor(name)', 'doctor_policies()', 'doctor_grants()', 'doctor_tables(name)',
        'doctor_unique_keys(name)', 'doctor_key_findings(name)', 'doctor_foreign_keys(name)',
        'doctor_foreign_key_findings(name)', 'doctor_policy_function_findings(name)',
        'doctor_policy_findings(name)', 'doctor_coverage_findings(name)', 'doctor_grant_findings(name)',
        'doctor_role_findings()', 'doctor_owner_findings(name)', 'known_rls_cves(integer)', 'doctor_has_several_companies()',
        'doctor_setting_findings()',
        'doctor_connections()',
        'doctor_log_findings()',
        'check_settings()', 'durability_findings()', 'commit_findings()', 'is_preloaded()', 'key_file_is_in_data_directory()',
        'doctor_table_findings(name)', 'doctor_column_findings(name)',
        'doctor_support_findings(name)', 'doctor_views(name)', 'doctor_view_findings(name)', 'doctor_definer_findings(name)'];
    -- What protects tables of the application, for staff who own some: each function asks whether the caller does.
    for_table_owners CONSTANT text[] := ARRAY[
        'enable_tenant_rls(regclass, name, boolean, text[], boolean)', 'disable_tenant_rls(regclass, boolean)',
        'tenant_tables(regclass)', 'tenant_policy_column(oid)', 'tenant_column_statements(regclass, name)', 'cross_company_roles()',
        'tenant_policy_statements(regclass, name)', 'tenant_triggers(regclass, name, boolean, text[])',
        'tenant_trigger_statements(regclass, name, boolean, text[])', 'require_tenant_root(regclass)',
        'require_tenant_tables(regclass)', 'require_company_column(regclass, name)', 'require_no_conflict(regclass, name)',
        'count_rows_of_nobody(regclass, name)', 'guard_tenant_row()', 'refuse_write()', 'audit_changes()',
        'assert_tenant_isolation(regclass, uuid, uuid, regrole)', 'company_column_of(regclass)',
        'isolation_foreign_keys(regclass, name)', 'isolation_samples(regclass, name, uuid, uuid)',
        'isolation_subject(regclass, name, uuid, uuid, jsonb)', 'isolation_columns(regclass)', 'isolation_controls(rewards.isolation_subject)',
        'isolation_reads(rewards.isolation_subject)', 'isolation_writes(rewards.isolation_subject)',
        'isolation_conflicts(rewards.isolation_subject)', 'isolation_pointers(rewards.isolation_subject)',
        'isolation_guard(rewards.isolation_subject)', 'isolation_outside(rewards.isolation_subject)',
        'isolation_parts(rewards.isolation_subject)', 'isolation_attempts(regclass, name, uuid, uuid, regrole, jsonb)'];
    -- What SQL that somebody else wrote may call: what acts for one member and refuses every other, and what computes.
    -- A company is entered by token alone. Not what the back end answers for (points, counter, clean-up, seals),
    -- although such a call is refused in the role user anyway: a token may be of the role service.
    for_tenants CONSTANT text[] := ARRAY[
        'set_company_context_token(text)', 'get_context_challenge()', 'session_residue()', 'session_settings()',
        'require_company_id()', 'require_user_id(uuid)', 'uuidv7()', 'uuidv7_floor(timestamptz)', 'uuidv5(uuid, text)',
        'calculate_user_points(uuid)', 'points_history(uuid, integer, uuid)', 'balance_at(uuid, timestamptz)',
        'within_attribution_window(timestamptz, timestamptz, interval)', 'event_receipt(uuid, uuid)',
        'event_request_hash(uuid, text, timestamptz, text)',
        'submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet)',
        'submit_points_events(jsonb)',
        'redeem_coupons(uuid, uuid[], text)',
        'reveal_vendor_code(uuid)',
        'redeem_coupon(uuid, uuid, text)',
        'coupon_public_ref(uuid)'];
    -- What reads everything reads tables, and verifies what was recorded of it.
    for_cross_company CONSTANT text[] := ARRAY[
        'begin_cross_company_access(text)', 'uuidv7_floor(timestamptz)', 'ledger_digest()', 'verify_audit(bigint, text)',
        'verify_audit_rows(bigint, uuid)', 'verify_blocks(bigint, text, uuid)', 'verify_digest(text, text, uuid)',
        'entries_since(bigint, text, uuid)', 'sealed_systems(text, uuid)', 'audit_entry_hash(record)', 'merkle_root(bytea)',
        'block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text)'];
    -- Of their company and, in the role user, of their member; so tenants read them, too.
    read_by_both CONSTANT text[] := ARRAY[
        'company_settings', 'user_points_cache', 'points_events', 'ledger_entries', 'ledger', 'point_lots',
        'ledger_discrepancies', 'point_rules', 'coupon_templates',
        'coupon_stock',
        'coupons'];
    read_by_staff CONSTANT text[] := ARRAY[
        'coupon_guesses',
        'data_version', 'token_keys', 'audit_log', 'used_nonces', 'forgotten_nonces', 'point_lot_uses', 'points_liability', 'ledger_blocks',
        'audit_blocks', 'book_blocks', 'book_entries', 'ledger_seal_lag', 'trust_rules', 'account_devices',
        'attestation_cache', 'fraud_insights', 'open_fraud_insights', 'event_approvals', 'review_queue',
        'coupon_batches',
        'coupon_stock_discrepancies',
        'master_keys',
        'vendor_batches',
        'vendor_codes',
        'vendor_batch_stock',
        'vendor_stock',
        'vendor_code_discrepancies'];
    statement text;
    missing regrole := (SELECT grantee FROM unnest(ARRAY[app, admin, backup, tenant, cross_company]) AS grantee
                         WHERE grantee IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = grantee) LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'role "%" does not exist', missing USING ERRCODE = 'undefined_object';
    END IF;
    IF to_regclass('rewards.data_version') IS NULL THEN
        RAISE EXCEPTION 'the rewards tables are not installed in database "%"', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT rewards.install() creates them.';
    ELSIF NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE oid = backup) THEN
        RAISE EXCEPTION 'role % cannot read whole tables, as a backup has to', backup
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'pg_dump turns row_security off, which is an error for a role that row-level security holds.',
                  HINT = format('A superuser lets it: ALTER ROLE %s BYPASSRLS.', backup);
    END IF;
    FOR statement IN
        SELECT format('GRANT USAGE ON SCHEMA rewards TO %s', grantee)
          FROM unnest(ARRAY[app, admin, backup, tenant, cross_company]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee, unnest(for_both) AS signature WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, admin)
          FROM unnest(for_staff || for_table_owners) AS signature WHERE admin IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, tenant)
          FROM unnest(for_tenants) AS signature WHERE tenant IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, grantee)
          FROM unnest(ARRAY[app, admin, tenant]) AS grantee, unnest(read_by_both) AS relation WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, admin)
          FROM unnest(read_by_staff) AS relation WHERE admin IS NOT NULL
        UNION ALL
        (SELECT format('GRANT SELECT ON rewards.%I TO %s', relname, backup)
           FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p') AND backup IS NOT NULL
          ORDER BY relname)
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, cross_company)
          FROM unnest(for_cross_company) AS signature WHERE cross_company IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, cross_company)
          FROM unnest(read_by_both || array_remove(read_by_staff, 'ledger_seal_lag')) AS relation WHERE cross_company IS NOT NULL
        UNION ALL
        -- For these roles alone: a permissive policy for PUBLIC would be an OR in every query of an application, and
        -- no index on company_id could serve it.
        (SELECT CASE WHEN polroles IS NULL THEN
                    format('CREATE POLICY cross_company ON rewards.%I FOR SELECT TO %s USING (rewards.crosses_companies())', relname, cross_company)
                ELSE format('ALTER POLICY cross_company ON rewards.%I TO %s', relname,
                            (SELECT string_agg(role::regrole::text, ', ' ORDER BY role) FROM unnest(polroles || cross_company::oid) AS role)) END
           FROM pg_class LEFT JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'cross_company'
          WHERE relnamespace = 'rewards'::regnamespace AND relrowsecurity AND cross_company IS NOT NULL
            AND (cross_company = ANY (polroles)) IS NOT TRUE
          ORDER BY relname)
    LOOP
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
    SELECT split_part(entrance, '(', 1) INTO statement
      FROM unnest(ARRAY['set_company_context(uuid, text, text)', 'begin_cross_company_access(text)',
                        'issue_company_token(uuid, text, text, interval, timestamptz, bytea)'])
           WITH ORDINALITY AS entrances (entrance, place), pg_roles
     WHERE pg_has_role(tenant, oid, 'MEMBER') AND has_function_privilege(oid, 'rewards.' || entrance, 'EXECUTE')
     ORDER BY place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role % may call %(), and so would the SQL of tenants', tenant, statement
            USING ERRCODE = 'invalid_grant_operation',
                  HINT = 'Tenants need a role of their own that is no member of the roles of the back end or staff.';
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.grant_access(regrole, regrole, regrole, regrole, regrole) IS
    'Grants a back end (app), staff (admin), pg_dump (backup: all rows of our tables, for a role with BYPASSRLS), SQL of tenants (tenant: enters by token, or by adopt_request_claims() if you grant it that) and who may read the rows of all companies (cross_company: see begin_cross_company_access(); its policies are for this role alone, so call enable_tenant_rls() again for tables of yours) what they need, and returns the statements it ran: EXECUTE on functions and SELECT under row-level security, no writing of tables. Call it again after an update. Creates and alters no roles. Errors: undefined_object for a role that does not exist, object_not_in_prerequisite_state without tables or for a backup role that row-level security holds, invalid_grant_operation for a tenant role that has another way into a company';

-- Nothing is executable by accident: PUBLIC has the harmless readers of the context, which policies and defaults
-- call in the name of whoever queries a table; everything else is granted by name. Only functions that are new: what the
-- script of an extension grants or revokes turns all grants of a function into initial ones, which no dump has.
DO $block$
DECLARE
    readers CONSTANT text[] := ARRAY['get_current_company_id', 'get_back_end_company_id', 'get_current_user_id',
        'get_first_user_id', 'get_last_user_id', 'crosses_companies'];
    fresh record;
BEGIN
    FOR fresh IN
        SELECT p.oid::regprocedure AS signature, proname
          FROM pg_proc AS p JOIN pg_depend AS d ON classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e'
          JOIN pg_extension AS e ON refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND extname = 'pg_rewards'
         WHERE NOT EXISTS (SELECT FROM pg_init_privs AS i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', fresh.signature);
        IF fresh.proname = ANY (readers) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', fresh.signature);
        END IF;
    END LOOP;
END
$block$;
