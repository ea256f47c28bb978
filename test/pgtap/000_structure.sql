-- The public surface, to be read: the tables that a programme copies its rows into, the functions that it calls, and the
-- rules that every table and function keeps to, those to come included.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = error;
SET LOCAL search_path = public;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
SELECT plan(42);

-- Tables

SELECT tables_are('rewards', ARRAY['data_version', 'used_nonces', 'user_points_cache', 'points_events', 'coupon_templates',
                                   'coupons',
                                   'master_keys',
                                   'coupon_stock',
                                   'ledger_entries',
                                   'point_lots',
                                   'point_lot_uses',
                                   'coupon_batches',
                                   'company_settings', 'point_rules', 'trust_rules', 'account_devices',
                                   'attestation_cache', 'fraud_insights', 'event_approvals', 'audit_log', 'ledger_blocks', 'audit_blocks',
                                   'forgotten_nonces',
                                   'vendor_batches',
                                   'vendor_codes',
                                   'token_keys',
                                   'coupon_guesses']);

CREATE FUNCTION pg_temp.columns_of(relation regclass) RETURNS TABLE (name text, type text) LANGUAGE sql AS
    'SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped';

SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.points_events') $$, $$ VALUES
    ('id', 'uuid'), ('user_id', 'uuid'), ('company_id', 'uuid'), ('event_type', 'text'),
    ('event_time', 'timestamp with time zone'), ('points_delta', 'bigint'), ('proof_type', 'text'), ('proof_payload', 'jsonb'),
    ('payload_hash', 'text'), ('nonce', 'text'), ('trust_score', 'integer'), ('validation_status', 'text'),
    ('validated_by', 'text'), ('validated_at', 'timestamp with time zone'), ('validation_notes', 'text'),
    ('device_id', 'text'), ('device_info', 'jsonb'), ('ip_address', 'inet'), ('related_entity_type', 'text'),
    ('related_entity_id', 'text'), ('created_at', 'timestamp with time zone') $$,
    'points_events has the columns of a hand-written programme');
SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.user_points_cache') $$, $$ VALUES
    ('user_id', 'uuid'), ('company_id', 'uuid'), ('available_points', 'bigint'), ('pending_points', 'bigint'),
    ('lifetime_earned', 'bigint'), ('lifetime_spent', 'bigint'), ('last_event_id', 'uuid'),
    ('updated_at', 'timestamp with time zone') $$,
    'user_points_cache has them');
SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.coupon_templates') $$, $$ VALUES
    ('id', 'uuid'), ('company_id', 'uuid'), ('template_name', 'text'), ('description', 'text'), ('points_cost', 'bigint'),
    ('coupon_value_type', 'text'), ('coupon_value', 'numeric'), ('partner_name', 'text'), ('partner_id', 'text'),
    ('terms_and_conditions', 'text'), ('expires_after_days', 'integer'), ('is_active', 'boolean'),
    ('max_redemptions_per_user', 'integer'), ('metadata', 'jsonb') $$,
    'coupon_templates has them');
SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.coupons') $$, $$ VALUES
    ('coupon_id', 'uuid'), ('company_id', 'uuid'), ('code_hash', 'bytea'), ('template_id', 'uuid'), ('issued_to', 'uuid'),
    ('issued_points_cost', 'bigint'), ('issued_at', 'timestamp with time zone'), ('status', 'text'),
    ('redeemed_at', 'timestamp with time zone'), ('redeemed_by', 'text'), ('redemption_proof', 'jsonb'),
    ('expires_at', 'timestamp with time zone'), ('metadata', 'jsonb'), ('refunded_at', 'timestamp with time zone'),
    ('refund_points_event_id', 'uuid'), ('created_at', 'timestamp with time zone'), ('updated_at', 'timestamp with time zone') $$,
    'coupons has them');
SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.used_nonces') $$, $$ VALUES
    ('user_id', 'uuid'), ('company_id', 'uuid'), ('nonce', 'text'), ('event_type', 'text'),
    ('created_at', 'timestamp with time zone'), ('expires_at', 'timestamp with time zone') $$,
    'used_nonces has them');

SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.fraud_insights') $$, $$ VALUES
    ('id', 'uuid'), ('user_id', 'uuid'), ('company_id', 'uuid'), ('insight_type', 'text'), ('severity', 'text'),
    ('score', 'integer'), ('details', 'jsonb'), ('related_event_ids', 'uuid[]'), ('resolved', 'boolean'),
    ('resolved_at', 'timestamp with time zone'), ('resolved_by', 'text'), ('resolution_notes', 'text'),
    ('created_at', 'timestamp with time zone') $$,
    'fraud_insights has them');
SELECT set_has($$ SELECT * FROM pg_temp.columns_of('rewards.attestation_cache') $$, $$ VALUES
    ('user_id', 'uuid'), ('company_id', 'uuid'), ('device_id', 'text'), ('platform', 'text'),
    ('attestation_token_hash', 'text'), ('is_valid', 'boolean'), ('integrity_verdict', 'jsonb'),
    ('verified_at', 'timestamp with time zone'), ('expires_at', 'timestamp with time zone'), ('device_info', 'jsonb') $$,
    'attestation_cache has them');

SELECT col_is_pk('rewards', 'user_points_cache', ARRAY['user_id', 'company_id'], 'an account is a user in a company');
SELECT col_is_pk('rewards', 'points_events', ARRAY['user_id', 'id'], 'an event is known by its user and id');
SELECT col_is_pk('rewards', 'used_nonces', ARRAY['user_id', 'company_id', 'nonce'], 'a nonce is used once by a user in a company');
SELECT col_is_pk('rewards', 'coupons', ARRAY['coupon_id', 'issued_to'], 'a coupon is known by its id and holder');
SELECT col_is_pk('rewards', 'fraud_insights', ARRAY['user_id', 'id'], 'an insight is known by its user and id');
SELECT index_is_unique('rewards', 'fraud_insights', 'fraud_insights_one_open', 'one of a kind is open');
SELECT col_is_pk('rewards', 'attestation_cache', ARRAY['user_id', 'company_id', 'attestation_token_hash'], 'an attestation is accepted once by a user in a company');
SELECT col_is_pk('rewards', 'account_devices', ARRAY['user_id', 'company_id', 'device_id'], 'a device is seen once by an account');
SELECT index_is_unique('rewards', 'coupons', 'coupons_code', 'no two coupons have one code');

-- Functions

CREATE TEMP VIEW callable (signature, result, volatility, parallel, strict) AS
    SELECT format('%s(%s)', proname, pg_get_function_arguments(p.oid)), pg_get_function_result(p.oid),
           CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
           CASE proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END, proisstrict
      FROM pg_proc p
     WHERE pronamespace = 'rewards'::regnamespace AND prorettype <> 'trigger'::regtype;

SELECT set_eq('TABLE callable', $$ VALUES
    ('install(owner regrole DEFAULT NULL::regrole)', 'integer', 'volatile', 'unsafe', false),
    ('migrate()', 'integer', 'volatile', 'unsafe', false),
    ('code_data_version()', 'integer', 'immutable', 'safe', false),
    ('grant_access(app regrole DEFAULT NULL::regrole, admin regrole DEFAULT NULL::regrole, backup regrole DEFAULT NULL::regrole, tenant regrole DEFAULT NULL::regrole, cross_company regrole DEFAULT NULL::regrole)', 'SETOF text', 'volatile', 'unsafe', false),

    ('set_company_context(company_id uuid, actor text DEFAULT NULL::text, role text DEFAULT ''service''::text)', 'void', 'volatile', 'unsafe', false),
    ('get_current_company_id()', 'uuid', 'stable', 'safe', false),
    ('get_back_end_company_id()', 'uuid', 'stable', 'safe', false),
    ('get_current_user_id()', 'uuid', 'stable', 'safe', false),
    ('get_first_user_id()', 'uuid', 'stable', 'safe', false),
    ('get_last_user_id()', 'uuid', 'stable', 'safe', false),
    ('require_company_id()', 'uuid', 'stable', 'safe', false),
    ('require_user_id(user_id uuid)', 'uuid', 'stable', 'safe', false),
    ('session_settings(OUT name text, OUT setting text)', 'SETOF record', 'stable', 'restricted', false),
    ('session_residue()', 'TABLE(kind text, name text, detail text)', 'stable', 'restricted', false),

    ('issue_company_token(company_id uuid, actor text DEFAULT NULL::text, role text DEFAULT ''user''::text, ttl interval DEFAULT ''00:05:00''::interval, not_before timestamp with time zone DEFAULT NULL::timestamp with time zone, challenge bytea DEFAULT NULL::bytea)',
        'text', 'volatile', 'unsafe', false),
    ('set_company_context_token(token text)', 'void', 'volatile', 'unsafe', false),
    ('get_context_challenge()', 'bytea', 'volatile', 'unsafe', false),
    ('rotate_token_key()', 'integer', 'volatile', 'unsafe', false),
    ('retire_token_key(key_id integer)', 'void', 'volatile', 'unsafe', false),
    ('rotate_coupon_key(slot integer DEFAULT NULL::integer)', 'integer', 'volatile', 'unsafe', false),
    ('retire_coupon_key(slot integer)', 'void', 'volatile', 'unsafe', false),
    ('relayer_coupon_key(slot integer, max_coupons integer DEFAULT 1000, OUT relayered integer, OUT complete boolean)', 'record', 'volatile', 'unsafe', false),
    ('legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint)', 'record', 'volatile', 'unsafe', false),
    ('adopt_request_claims()', 'uuid', 'volatile', 'unsafe', false),
    ('tenant_doctor(company_column name DEFAULT ''company_id''::name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'unsafe', false),
    ('known_rls_cves(server_version_num integer DEFAULT (current_setting(''server_version_num''::text))::integer)', 'TABLE(cve text, fixed_in text, problem text)', 'stable', 'safe', false),
    ('doctor_table_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_column_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_support_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_policy_function_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_policy_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_coverage_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_key_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_foreign_key_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_view_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_definer_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_grant_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_owner_findings(company_column name)', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_role_findings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('doctor_setting_findings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'unsafe', false),
    ('doctor_connections()', 'TABLE(role oid, place text, value jsonb)', 'stable', 'unsafe', false),
    ('doctor_log_findings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'unsafe', false),
    ('check_settings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'unsafe', false),
    ('durability_findings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'safe', false),
    ('commit_findings()', 'TABLE(severity text, object text, finding text, why text, mend text)', 'stable', 'unsafe', false),
    ('is_preloaded()', 'boolean', 'stable', 'safe', false),
    ('key_file_is_in_data_directory()', 'boolean', 'stable', 'safe', false),
    ('doctor_has_several_companies()', 'boolean', 'stable', 'unsafe', false),
    ('doctor_grants()', 'TABLE(relation oid, grantee text, privilege text)', 'stable', 'safe', false),
    ('doctor_tables(column_name name)', 'TABLE(relation oid, name text, kind "char", owner oid, is_ours boolean, is_partition boolean, is_child boolean, has_rls boolean, is_forced boolean, is_protected boolean, has_policies boolean, is_restricted boolean, reads_setting boolean, attnum smallint, company_column text, column_type text, is_uuid boolean, is_nullable boolean, default_text text, enabling text, new_policy text)', 'stable', 'safe', false),
    ('doctor_views(company_column name)', 'TABLE(view oid, name text, kind "char", owner oid, table_name text, is_invoker boolean, is_held boolean)', 'stable', 'safe', false),
    ('doctor_unique_keys(company_column name)', 'TABLE(table_name text, company_column text, index_name text, constraint_name name, constraint_type "char", definition text, is_referenced boolean, is_counted boolean)', 'stable', 'safe', false),
    ('doctor_foreign_keys(company_column name)', 'TABLE(name name, child text, child_company text, child_key text, parent text, parent_company text, parent_key text, acts boolean, nulls_on_update boolean, is_ready boolean, actions text)', 'stable', 'safe', false),
    ('doctor_policies()', 'TABLE(policy oid, relation oid, name text, is_permissive boolean, command "char", using_text text, check_text text, functions oid[], reads_setting boolean, says_or boolean, is_of_company boolean, checks_company boolean, is_known boolean)', 'stable', 'safe', false),

    ('count_rows_of_nobody(target regclass, company_column name)', 'bigint', 'stable', 'unsafe', false),
    ('tenant_tables(target regclass)', 'TABLE(relation oid, name text, is_partition boolean, path oid[])', 'stable', 'safe', false),
    ('tenant_policy_column(relation oid)', 'name', 'stable', 'safe', false),
    ('tenant_column_statements(target regclass, company_column name)', 'SETOF text', 'stable', 'safe', false),
    ('cross_company_roles()', 'oid[]', 'stable', 'safe', false),
    ('tenant_policy_statements(target regclass, company_column name)', 'SETOF text', 'stable', 'safe', false),
    ('tenant_triggers(target regclass, company_column name, audit boolean, redact text[])', 'TABLE(place bigint, relation oid, table_name text, trigger_name name, is_cloned boolean, definition text)', 'stable', 'safe', false),
    ('tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[])', 'SETOF text', 'stable', 'safe', false),
    ('require_tenant_root(target regclass)', 'void', 'stable', 'safe', false),
    ('require_tenant_tables(target regclass)', 'void', 'stable', 'safe', false),
    ('require_company_column(target regclass, company_column name)', 'void', 'stable', 'unsafe', false),
    ('require_no_conflict(target regclass, company_column name)', 'void', 'stable', 'safe', false),
    ('enable_tenant_rls(target regclass, company_column name DEFAULT ''company_id''::name, audit boolean DEFAULT false, redact text[] DEFAULT ''{}''::text[], dry_run boolean DEFAULT false)', 'SETOF text', 'volatile', 'unsafe', false),
    ('disable_tenant_rls(target regclass, dry_run boolean DEFAULT false)', 'SETOF text', 'volatile', 'unsafe', false),
    ('company_column_of(target regclass)', 'name', 'stable', 'safe', false),
    ('isolation_foreign_keys(target regclass, company_column name)', 'TABLE(constraint_oid oid, constraint_name name, other regclass, other_column name, columns name[], other_columns name[], types text[], has_company boolean)', 'stable', 'safe', false),
    ('isolation_columns(target regclass)', 'TABLE(place text, attnum smallint, name name, type text, is_generated boolean)', 'stable', 'safe', false),
    ('isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid)', 'TABLE(name text, company uuid, statement text)', 'stable', 'safe', false),
    ('isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb)', 'rewards.isolation_subject', 'stable', 'safe', false),
    ('isolation_controls(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_reads(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_writes(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_conflicts(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_pointers(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_guard(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_outside(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_parts(subject rewards.isolation_subject)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb)', 'SETOF rewards.isolation_attempt', 'stable', 'safe', false),
    ('assert_tenant_isolation(target regclass, company_a uuid DEFAULT NULL::uuid, company_b uuid DEFAULT NULL::uuid, acting_role regrole DEFAULT NULL::regrole)', 'SETOF text', 'volatile', 'unsafe', false),

    ('uuidv7()', 'uuid', 'volatile', 'safe', false),
    ('uuidv5(namespace uuid, name text)', 'uuid', 'immutable', 'safe', true),

    ('award_points(user_id uuid, points bigint, reason text DEFAULT NULL::text, idempotency_key text DEFAULT NULL::text, event_type text DEFAULT ''award''::text, event_time timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)',
        'record', 'volatile', 'unsafe', false),
    ('deduct_points(user_id uuid, points bigint, reason text DEFAULT NULL::text, idempotency_key text DEFAULT NULL::text, event_type text DEFAULT ''deduction''::text, event_time timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)',
        'record', 'volatile', 'unsafe', false),
    ('calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint)',
        'record', 'stable', 'safe', false),
    ('refresh_user_points_cache(target_user_id uuid)', 'bigint', 'volatile', 'unsafe', false),
    ('event_entry_hash(previous bytea, version bigint, recorded_at timestamp with time zone, balance_after bigint, event record, first_status text DEFAULT NULL::text, first_validated_by text DEFAULT NULL::text, first_validated_at timestamp with time zone DEFAULT NULL::timestamp with time zone, first_notes text DEFAULT NULL::text)',
        'bytea', 'immutable', 'safe', false),
    ('block_hash(company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint, root bytea, previous_hash bytea, sealed_at timestamp with time zone, sealed_by text)', 'bytea', 'immutable', 'safe', true),
    ('entries_since(since_block bigint, book text DEFAULT ''ledger''::text, company uuid DEFAULT rewards.get_current_company_id())', 'text', 'stable', 'safe', false),
    ('entry_place(user_id uuid, version bigint)', 'text', 'immutable', 'safe', false),
    ('event_receipt(event_id uuid, user_id uuid DEFAULT NULL::uuid)', 'jsonb', 'stable', 'unsafe', false),
    ('follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[])', 'bytea', 'immutable', 'safe', false),
    ('ledger_digest(OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamp with time zone, OUT digest text)', 'record', 'stable', 'safe', false),
    ('merkle_path(leaf bytea, index bigint)', 'bytea[]', 'immutable', 'safe', false),
    ('merkle_path_add(internal, leaf bytea, index bigint)', 'internal', 'immutable', 'safe', false),
    ('merkle_path_end(internal)', 'bytea[]', 'immutable', 'safe', false),
    ('merkle_root(leaf bytea)', 'bytea', 'immutable', 'safe', false),
    ('merkle_root_add(internal, leaf bytea)', 'internal', 'immutable', 'safe', false),
    ('merkle_root_end(internal)', 'bytea', 'immutable', 'safe', false),
    ('repair_account(user_id uuid, dry_run boolean DEFAULT true)', 'TABLE(column_name text, current text, repaired text)', 'volatile', 'unsafe', false),
    ('seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint)', 'record', 'volatile', 'unsafe', false),
    ('sealed_systems(book text DEFAULT ''ledger''::text, company uuid DEFAULT rewards.get_current_company_id(), OUT system_id bigint, OUT to_xid bigint)', 'SETOF record', 'stable', 'safe', false),
    ('unsealed_entries(OUT entries bigint, OUT oldest timestamp with time zone)', 'record', 'stable', 'safe', false),
    ('verify_accounts(only_user uuid DEFAULT NULL::uuid)', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'safe', false),
    ('verify_accounts_since(since_block bigint)', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'unsafe', false),
    ('audit_entry_hash(audit_row record)', 'bytea', 'immutable', 'safe', true),
    ('begin_cross_company_access(reason text)', 'void', 'volatile', 'unsafe', false),
    ('crosses_companies()', 'boolean', 'stable', 'safe', false),
    ('verify_audit(since_block bigint DEFAULT 1, digest text DEFAULT NULL::text)', 'TABLE("check" text, status text, checked bigint, bad bigint, first_bad text, detail text)', 'stable', 'unsafe', false),
    ('verify_audit_rows(since_block bigint, company uuid)', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'unsafe', false),
    ('verify_blocks(since_block bigint DEFAULT 1, book text DEFAULT ''ledger''::text, company uuid DEFAULT rewards.get_current_company_id())', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'unsafe', false),
    ('verify_chains(only_user uuid DEFAULT NULL::uuid)', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'unsafe', false),
    ('verify_chains_query(event_source text, entry_source text)', 'text', 'immutable', 'safe', false),
    ('verify_chains_since(since_block bigint)', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'unsafe', false),
    ('verify_digest(digest text, book text DEFAULT ''ledger''::text, company uuid DEFAULT rewards.get_current_company_id())', 'TABLE(check_name text, checked bigint, bad bigint, first_bad text)', 'stable', 'safe', false),
    ('verify_ledger(since_block bigint DEFAULT 1, digest text DEFAULT NULL::text)', 'TABLE(layer text, "check" text, status text, checked bigint, bad bigint, first_bad text, detail text)', 'stable', 'unsafe', false),
    ('import_vendor_codes(template_id uuid, codes text[], label text DEFAULT NULL::text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT ordinal integer, OUT outcome text, OUT batch_id uuid)',
        'SETOF record', 'volatile', 'unsafe', false),
    ('reveal_vendor_code(coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamp with time zone)', 'record', 'volatile', 'unsafe', false),
    ('shred_vendor_batch(batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint)', 'record', 'volatile', 'unsafe', false),
    ('status_entry_hash(previous bytea, entry record)', 'bytea', 'immutable', 'safe', false),

    ('current_settings(OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer, OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint, OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval, OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean, OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint, OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint)',
        'SETOF record', 'stable', 'safe', false),
    ('submit_points_event(user_id uuid, event_type text, event_time timestamp with time zone, nonce text, device_id text DEFAULT NULL::text, attestation jsonb DEFAULT NULL::jsonb, proof_type text DEFAULT NULL::text, proof_payload jsonb DEFAULT NULL::jsonb, payload_hash text DEFAULT NULL::text, related_entity_type text DEFAULT NULL::text, related_entity_id text DEFAULT NULL::text, device_info jsonb DEFAULT NULL::jsonb, ip_address inet DEFAULT NULL::inet, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)',
        'record', 'volatile', 'unsafe', false),
    ('submit_points_events(events jsonb, OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)',
        'SETOF record', 'volatile', 'unsafe', false),
    ('validate_points_event(event_id uuid, proven boolean DEFAULT NULL::boolean, note text DEFAULT NULL::text, OUT outcome text, OUT balance bigint, OUT replayed boolean)',
        'record', 'volatile', 'unsafe', false),
    ('validate_pending_events(max_events integer DEFAULT 1000, OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint)',
        'record', 'volatile', 'unsafe', false),
    ('review_points_event(event_id uuid, decision text, actor text DEFAULT NULL::text, note text DEFAULT NULL::text, OUT outcome text, OUT balance bigint, OUT replayed boolean)',
        'record', 'volatile', 'unsafe', false),

    ('expire_points(max_accounts integer DEFAULT 1000, OUT accounts bigint, OUT skipped bigint)', 'record', 'volatile', 'unsafe', false),
    ('refund_points(user_id uuid, event_id uuid, reason text DEFAULT NULL::text, OUT refund_event_id uuid, OUT outcome text, OUT balance bigint)',
        'record', 'volatile', 'unsafe', false),
    ('within_attribution_window(event_time timestamp with time zone, anchor timestamp with time zone, span interval DEFAULT ''14 days''::interval)',
        'boolean', 'immutable', 'safe', true),
    ('balance_at(user_id uuid, at timestamp with time zone)', 'bigint', 'stable', 'safe', true),
    ('points_history(user_id uuid, max_rows integer DEFAULT 50, before uuid DEFAULT NULL::uuid)',
        'TABLE(event_id uuid, event_time timestamp with time zone, event_type text, points_delta bigint, validation_status text, trust_score integer, related_entity_type text, related_entity_id text, balance_after bigint, created_at timestamp with time zone)',
        'stable', 'safe', false),
    ('companies()', 'SETOF uuid', 'stable', 'unsafe', false),
    ('show_progress(what text, place tid, pages bigint)', 'boolean', 'stable', 'safe', true),
    ('sum_points(points bigint)', 'bigint', 'immutable', 'safe', false),
    ('sum_events_add(sums bigint[], points bigint, validation_status text)', 'bigint[]', 'immutable', 'safe', true),
    ('sum_events_combine(sums bigint[], others bigint[])', 'bigint[]', 'immutable', 'safe', true),
    ('sum_events(points bigint, validation_status text)', 'bigint[]', 'immutable', 'safe', false),
    ('reconcile_ledger()',
        'TABLE(user_id uuid, differs text[], available_points bigint, ledger_available numeric, pending_points bigint, ledger_pending numeric, lifetime_earned bigint, ledger_earned numeric, lifetime_spent bigint, ledger_spent numeric, expiring_points bigint, ledger_expiring numeric)',
        'volatile', 'unsafe', false),
    ('uuidv7_floor(moment timestamp with time zone)', 'uuid', 'immutable', 'safe', true),
    ('cleanup_expired_nonces()', 'bigint', 'volatile', 'unsafe', false),

    ('redeem_coupon(user_id uuid, template_id uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)',
        'record', 'volatile', 'unsafe', false),
    ('redeem_coupons(user_id uuid, template_ids uuid[], nonce text, OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)',
        'SETOF record', 'volatile', 'unsafe', false),
    ('create_coupon_template(template jsonb)', 'uuid', 'volatile', 'unsafe', false),
    ('change_coupon_template(template_id uuid, changes jsonb)', 'text', 'volatile', 'unsafe', false),
    ('restock_coupon(template_id uuid, quantity bigint, OUT outcome text, OUT total_stock bigint, OUT available bigint)',
        'record', 'volatile', 'unsafe', false),
    ('claim_coupon(code text, claimed_by text, proof jsonb DEFAULT NULL::jsonb, claim_ref text DEFAULT NULL::text, device_id text DEFAULT NULL::text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text, OUT retry_after bigint)',
        'record', 'volatile', 'unsafe', false),
    ('hold_coupon(code text, held_by text, hold_for interval DEFAULT ''00:15:00''::interval, device_id text DEFAULT NULL::text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamp with time zone, OUT replayed boolean, OUT reason text, OUT retry_after bigint)',
        'record', 'volatile', 'unsafe', false),
    ('release_coupon(code text, held_by text, device_id text DEFAULT NULL::text, OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint)',
        'record', 'volatile', 'unsafe', false),
    ('mark_expired_coupons(max_coupons integer DEFAULT 1000, OUT expired bigint, OUT released bigint, OUT skipped bigint)',
        'record', 'volatile', 'unsafe', false),
    ('begin_coupon_batch(template_id uuid, quantity integer, label text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT outcome text, OUT batch_id uuid, OUT replayed boolean)',
        'record', 'volatile', 'unsafe', false),
    ('issue_coupon_batch(batch_id uuid, max_codes integer DEFAULT 100000, OUT outcome text, OUT issued bigint, OUT remaining bigint)',
        'record', 'volatile', 'unsafe', false),
    ('coupon_batch_codes(batch_id uuid, after_number integer DEFAULT 0, max_codes integer DEFAULT 100000)',
        'TABLE(number integer, coupon_id uuid, coupon_code text, expires_at timestamp with time zone)', 'volatile', 'unsafe', false),
    ('revoke_coupon_batch(batch_id uuid, reason text, max_coupons integer DEFAULT 100000, OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint)',
        'record', 'volatile', 'unsafe', false),
    ('hash_coupon_code(code text)', 'bytea', 'stable', 'unsafe', true),
    ('revoke_coupon(coupon_id uuid, reason text, refund boolean DEFAULT false, OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint)',
        'record', 'volatile', 'unsafe', false),
    ('reissue_coupon_code(coupon_id uuid, reason text, OUT outcome text, OUT coupon_code text)',
        'record', 'volatile', 'unsafe', false),
    ('coupon_public_ref(coupon_id uuid)', 'text', 'immutable', 'safe', true),
    ('find_coupon_by_ref(ref text)',
        'TABLE(coupon_id uuid, issued_to uuid, template_id uuid, status text, coupon_value numeric, coupon_value_type text, issued_at timestamp with time zone, issued_points_cost bigint, expires_at timestamp with time zone, held_until timestamp with time zone, redeemed_at timestamp with time zone, redeemed_by text, revoked_at timestamp with time zone, revoke_reason text, refunded_at timestamp with time zone)',
        'stable', 'unsafe', false),

    ('coupon_guessers(OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamp with time zone, OUT forgotten_at timestamp with time zone)',
        'SETOF record', 'volatile', 'unsafe', false),
    ('forget_guesses(claimed_by text, device_id text DEFAULT NULL::text)', 'text', 'volatile', 'unsafe', false),

    ('event_request_hash(user_id uuid, event_type text, event_time timestamp with time zone, nonce text)', 'text', 'stable', 'safe', false),
    ('examine_attestation(user_id uuid, device_id text, verdict jsonb, request_hash text DEFAULT NULL::text, OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean)',
        'record', 'volatile', 'unsafe', false),
    ('cleanup_expired_attestations()', 'bigint', 'volatile', 'unsafe', false),
    ('flag_account(user_id uuid, insight_type text DEFAULT ''manual_flag''::text, severity text DEFAULT ''medium''::text, details jsonb DEFAULT NULL::jsonb, event_id uuid DEFAULT NULL::uuid, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint)',
        'record', 'volatile', 'unsafe', false),
    ('resolve_fraud_insight(insight_id uuid, note text DEFAULT NULL::text)', 'text', 'volatile', 'unsafe', false),

    ('trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean)', 'SETOF record', 'stable', 'safe', false),
    ('trust_score(features integer[], rules_version integer DEFAULT NULL::integer, OUT score integer, OUT reasons text[])',
        'record', 'stable', 'unsafe', false),
    ('explain_event(event_id uuid, user_id uuid DEFAULT NULL::uuid)',
        'TABLE(rule text, feature text, observed integer, comparison text, threshold integer, weight integer, sentence text, applies boolean)',
        'stable', 'safe', false),
    ('backtest_trust_rules(rules_version integer, from_time timestamp with time zone, to_time timestamp with time zone)',
        'TABLE(old_status text, new_status text, events bigint, points bigint)', 'stable', 'unsafe', false) $$,
    'these are the functions to call, with their arguments and what the planner is told');

-- Rules for all of them

CREATE TEMP VIEW our_table AS SELECT * FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p');
CREATE TEMP VIEW our_function AS SELECT * FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace;
CREATE TEMP VIEW our_column AS
    SELECT c.oid, relname, attname, attnum, atttypid, attnotnull, atthasdef, attidentity
      FROM our_table c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped;
CREATE TEMP VIEW of_company AS SELECT oid, relname FROM our_column WHERE attname = 'company_id';
-- The column that says whose row it is, in the tables that have one.
CREATE TEMP VIEW of_user AS SELECT oid, relname, attnum FROM our_column WHERE attname IN ('user_id', 'issued_to') AND attnotnull;

SELECT cmp_ok((SELECT count(*) FROM of_company), '>=', 5::bigint, 'there are tables to look at');
SELECT set_eq('SELECT relname::text FROM of_user', ARRAY['used_nonces', 'user_points_cache', 'points_events', 'coupons', 'ledger_entries',
                                                  'point_lots', 'point_lot_uses', 'account_devices', 'attestation_cache', 'fraud_insights',
                                                  'event_approvals'],
    'and these are tables of users');
SELECT is_empty($$ SELECT objid::regclass FROM pg_depend WHERE deptype = 'e' AND classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM our_table) $$,
    'no table is a member of the extension: data is not code');
SELECT is_empty($$ SELECT relname FROM our_table WHERE relpersistence <> 'p' $$, 'none is unlogged');
SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'v') AND obj_description(oid, 'pg_class') IS NULL $$,
    'each has a comment, as have views');
SELECT is_empty($$ SELECT relname, attname FROM our_column WHERE col_description(oid, attnum) IS NULL $$, 'and so has each of its columns');
SELECT is_empty($$ SELECT proname FROM our_function WHERE obj_description(oid, 'pg_proc') IS NULL $$, 'and each function');
SELECT is_empty($$ SELECT relname FROM our_table WHERE oid IN (SELECT oid FROM of_company) AND NOT (relrowsecurity AND relforcerowsecurity) $$,
    'row-level security is on, and holds the owner, where there is a company_id');
SELECT is_empty($$ SELECT relname FROM our_column WHERE attname = 'company_id' AND NOT (attnotnull AND atthasdef) $$,
    'company_id is never null, and comes from the context');
SELECT set_eq($$ SELECT relname::text FROM of_company $$,
    $$ SELECT relname::text FROM pg_policy JOIN our_table ON our_table.oid = polrelid
        WHERE polname = 'tenant' AND polpermissive AND polcmd = '*' AND polroles = '{0}'
          AND pg_get_expr(polqual, polrelid) IN ('(company_id = rewards.get_current_company_id())', '(company_id = rewards.get_back_end_company_id())') $$,
    'the policy of the company is for everybody and every command, and calls the company bare, as the planner needs it');
SELECT set_eq($$ SELECT relname::text FROM of_company $$,
    $$ SELECT relname::text FROM pg_policy JOIN our_table ON our_table.oid = polrelid
        WHERE polname = 'member' AND NOT polpermissive AND polcmd = '*'
           OR polname = 'tenant' AND pg_get_expr(polqual, polrelid) = '(company_id = rewards.get_back_end_company_id())' $$,
    'the policy of the member narrows it, where a member sees anything');
SELECT is_empty($$ SELECT polname, polrelid::regclass FROM pg_policy WHERE polrelid IN (SELECT oid FROM our_table)
                      AND polname NOT IN ('tenant', 'member') AND polpermissive
                      AND NOT (polname = 'defaults' AND polcmd = 'r' AND pg_get_expr(polqual, polrelid) =
                                   '(company_id = ''00000000-0000-0000-0000-000000000000''::uuid)') $$,
    'no other policy lets anybody in, except that everybody reads defaults');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM our_function p WHERE has_function_privilege('public', oid, 'EXECUTE')
                      AND (provolatile <> 's' OR proparallel <> 's') $$,
    'what policies call is STABLE and PARALLEL SAFE');
SELECT is_empty($$ SELECT indexrelid::regclass FROM pg_index JOIN of_user ON indrelid = oid WHERE indisunique AND NOT attnum = ANY (indkey) $$,
    'every unique key of a table of users has the user in it, so that users can be spread over servers');
-- An id of ours is drawn at random, and is no company's before it is drawn.
SELECT set_eq($$ SELECT indexrelid::regclass::text FROM pg_index JOIN our_column ON indrelid = our_column.oid AND attname = 'company_id'
                  WHERE indisunique AND NOT attnum = ANY (indkey) AND indrelid NOT IN (SELECT oid FROM of_user) $$,
    ARRAY['rewards.coupon_templates_pkey', 'rewards.coupon_stock_pkey', 'rewards.coupon_batches_pkey', 'rewards.vendor_batches_pkey',
          'rewards.vendor_codes_pkey'],
    'and every other one of a table of companies has the company in it, or is by an id of ours');
SELECT is_empty($$ SELECT relname, attname FROM our_column
                    WHERE attname ~ '_points$|^points_|_cost$|^lifetime_|^balance$' AND attname <> 'points_event_id' AND atttypid <> 'bigint'::regtype $$, 'points are bigint');
SELECT is_empty($$ SELECT relname, attname FROM our_column
                    WHERE atttypid IN ('timestamp'::regtype, 'money'::regtype, 'float4'::regtype, 'float8'::regtype) OR attidentity <> '' $$,
    'no time lacks its zone, no amount is in floating point, no id is from a sequence');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM our_function p JOIN pg_language l ON l.oid = prolang
                    WHERE lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false) $$,
    'every function in SQL or PL/pgSQL has its search_path pinned, or its body parsed already');
SELECT lives_ok(format('SELECT %s(p.oid) FROM our_function p JOIN pg_language l ON l.oid = prolang WHERE lanname = %L AND prosqlbody IS NULL', validator, language),
           'every function in ' || language || ' is valid: ' || what)
  FROM (VALUES ('c', 'fmgr_c_validator', 'the library has it'), ('sql', 'fmgr_sql_validator', 'the tables and functions that it names are there'))
       AS languages (language, validator, what);
SELECT is_empty('SELECT oid::regprocedure FROM our_function WHERE prosecdef', 'no function borrows its owner''s rights');
SELECT set_eq($$ SELECT proname::text FROM our_function WHERE has_function_privilege('public', oid, 'EXECUTE') $$,
    ARRAY['get_current_company_id', 'get_back_end_company_id', 'get_current_user_id', 'get_first_user_id', 'get_last_user_id', 'crosses_companies'], 'PUBLIC executes only what policies call');
SELECT is_empty($$ SELECT oid::regclass FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'rewards'::regnamespace AND grantee = 0 $$,
    'and has no right to any table or view');
SELECT set_eq($$ SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM our_table) AND tgenabled = 'A' $$,
    $$ VALUES ('rewards.points_events', 'guard_update'), ('rewards.points_events', 'refuse_removal'),
              ('rewards.points_events', 'refuse_row_removal'), ('rewards.user_points_cache', 'refuse_row_removal'),
              ('rewards.user_points_cache', 'refuse_removal'), ('rewards.user_points_cache', 'refuse_update'),
              ('rewards.ledger_entries', 'refuse_write'), ('rewards.ledger_entries', 'refuse_row_write'),
              ('rewards.point_lots', 'refuse_write'), ('rewards.point_lot_uses', 'refuse_write'),
              ('rewards.point_lot_uses', 'refuse_row_write'), ('rewards.event_approvals', 'refuse_write'),
              ('rewards.event_approvals', 'refuse_row_write'),
              ('rewards.trust_rules', 'refuse_write'), ('rewards.trust_rules', 'refuse_row_write'),
              ('rewards.audit_log', 'refuse_write'), ('rewards.audit_log', 'refuse_row_write'),
              ('rewards.ledger_blocks', 'refuse_write'), ('rewards.ledger_blocks', 'refuse_row_write'),
              ('rewards.audit_blocks', 'refuse_write'), ('rewards.audit_blocks', 'refuse_row_write'),
              ('rewards.coupon_batches', 'refuse_write'),
              ('rewards.vendor_batches', 'refuse_write'),
              ('rewards.vendor_codes', 'refuse_write'),
              ('rewards.token_keys', 'refuse_write'), ('rewards.token_keys', 'refuse_row_change'),
              ('rewards.coupon_templates', 'refuse_removal'), ('rewards.coupon_templates', 'refuse_row_removal'),
              ('rewards.coupon_templates', 'keep_in_place'),
              ('rewards.coupon_stock', 'refuse_write'),
              ('rewards.coupons', 'guard_update'), ('rewards.coupons', 'refuse_removal'), ('rewards.coupons', 'refuse_row_removal'),
              ('rewards.used_nonces', 'refuse_update'), ('rewards.used_nonces', 'keep_unexpired'), ('rewards.used_nonces', 'refuse_truncate'),
              ('rewards.used_nonces', 'note_forgotten'), ('rewards.forgotten_nonces', 'refuse_removal'),
              ('rewards.master_keys', 'refuse_write'), ('rewards.master_keys', 'refuse_row_change'), ('rewards.master_keys', 'refuse_row_removal'),
              ('rewards.token_keys', 'refuse_row_removal') $$,
    'the guards hold for replication roles, too');

SELECT * FROM finish();
ROLLBACK;
