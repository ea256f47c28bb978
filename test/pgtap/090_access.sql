-- Who may do what: the back end (app), staff (admin), a member and a stranger, with and without a company context.
-- Refusals are told by SQLSTATE: 42501 no right, 28000 no context.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SET search_path = public;
DROP ROLE IF EXISTS pgtap_app, pgtap_admin, pgtap_stranger;
CREATE ROLE pgtap_app;
CREATE ROLE pgtap_admin;
CREATE ROLE pgtap_stranger;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
SELECT plan(72);

-- What a statement gives to a role, a text for each row. pgTAP's own tables belong to the superuser, and a transaction with
-- a company context cannot change its role: so each role has a function that runs statements with the role's own rights.
CREATE FUNCTION pg_temp.run(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('WITH result AS (%s) SELECT concat_ws('','', VARIADIC ARRAY(SELECT value FROM json_each_text(row_to_json(result)))) FROM result', statement);
END $$;
SELECT format('CREATE FUNCTION pg_temp.as_%1$s(statement text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS %2$L;
               ALTER FUNCTION pg_temp.as_%1$s(text) OWNER TO %1$s', role, 'SELECT pg_temp.run($1)')
  FROM unnest(ARRAY['pgtap_app', 'pgtap_admin', 'pgtap_stranger']) AS role \gexec
CREATE FUNCTION pg_temp.as_role(role name, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT pg_temp.%I(%L)', 'as_' || role, statement);
END $$;
CREATE FUNCTION pg_temp.gives(role name, statement text, wanted text[], description text) RETURNS text LANGUAGE sql AS
    $$ SELECT results_eq(format('SELECT pg_temp.as_role(%L, %L)', role, statement), wanted, description) $$;
CREATE FUNCTION pg_temp.refuses(role name, statement text, state text, description text) RETURNS text LANGUAGE sql AS
    $$ SELECT throws_ok(format('SELECT pg_temp.as_role(%L, %L)', role, statement), state, NULL, description) $$;

-- Two companies with a member in common

SELECT gen_random_uuid() AS acme, gen_random_uuid() AS other, gen_random_uuid() AS offer, gen_random_uuid() AS retired,
       gen_random_uuid() AS abroad, 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa' AS ann, 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb' AS bob \gset
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status) VALUES
    (:'ann', :'acme', 'import', now(), 100, 'validated'), (:'bob', :'acme', 'import', now(), 50, 'validated'),
    (:'ann', :'other', 'import', now(), 7, 'validated');
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, is_active) VALUES
    (:'offer', :'acme', 'ten off', 10, 'fixed_amount', 10, true), (:'retired', :'acme', 'old', 10, 'product', 1, false),
    (:'abroad', :'other', 'five off', 5, 'fixed_amount', 5, true);

-- Before anything is granted

SELECT pg_temp.refuses('pgtap_stranger', 'SELECT * FROM rewards.points_events', '42501', 'a stranger reads nothing');
SELECT pg_temp.refuses('pgtap_stranger', $$ SELECT rewards.set_company_context('11111111-1111-4111-8111-111111111111') $$, '42501',
    'and is of no company');
SELECT pg_temp.refuses('pgtap_stranger', 'SELECT rewards.install()', '42501', 'and installs nothing');
SELECT pg_temp.refuses('pgtap_stranger', $$ SELECT rewards.grant_access('pgtap_stranger') $$, '42501', 'nor does he help himself');

SELECT lives_ok($$ SELECT rewards.grant_access(app => 'pgtap_app', admin => 'pgtap_admin') $$, 'access is granted');

-- The rights that this gave

CREATE FUNCTION pg_temp.tables_with(role name, privilege text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT relname::text FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' AND has_table_privilege(role, oid, privilege) $$;
CREATE FUNCTION pg_temp.functions_with(role name) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT proname::text FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND has_function_privilege(role, oid, 'EXECUTE') $$;
SELECT set_eq($$ SELECT pg_temp.tables_with('pgtap_app', 'SELECT') $$,
    ARRAY['points_events', 'ledger_entries', 'user_points_cache', 'point_lots', 'coupon_templates', 'coupons', 'company_settings',
          'coupon_stock',
          'point_rules'], 'the back end reads the books');
SELECT set_eq($$ SELECT pg_temp.tables_with('pgtap_admin', 'SELECT') $$,
    ARRAY['points_events', 'ledger_entries', 'user_points_cache', 'point_lots', 'coupon_templates', 'coupons', 'company_settings',
          'coupon_stock',
          'point_rules',
          'used_nonces',
          'point_lot_uses',
          'master_keys',
          'data_version',
          'account_devices',
          'attestation_cache',
          'coupon_guesses',
          'coupon_batches',
          'fraud_insights', 'trust_rules', 'event_approvals', 'audit_log', 'ledger_blocks', 'audit_blocks', 'forgotten_nonces',
          'vendor_batches',
          'vendor_codes',
          'token_keys'],
    'staff read what they need to help');
SELECT is_empty(format($$ SELECT pg_temp.tables_with(role, privilege)
        FROM unnest(ARRAY['pgtap_app', 'pgtap_admin', 'pgtap_stranger']) AS role, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS privilege $$),
    'nobody writes a table');
SELECT set_eq($$ SELECT pg_temp.functions_with('pgtap_app') $$,
    ARRAY['set_company_context', 'issue_company_token', 'set_company_context_token', 'get_context_challenge', 'get_current_company_id',
          'get_current_user_id', 'crosses_companies', 'uuidv7', 'uuidv5', 'award_points', 'deduct_points',
          'redeem_coupons',
          'calculate_user_points',
          'redeem_coupon',
          'claim_coupon',
          'event_request_hash',
          'examine_attestation',
          'flag_account',
          'hold_coupon',
          'release_coupon',
          'mark_expired_coupons',
          'current_settings', 'submit_points_event', 'submit_points_events', 'seal_ledger', 'event_receipt',
          'validate_points_event', 'validate_pending_events', 'expire_points', 'refund_points', 'points_history', 'balance_at',
          'within_attribution_window', 'uuidv7_floor', 'cleanup_expired_nonces', 'cleanup_expired_attestations',
          'get_back_end_company_id', 'get_first_user_id', 'get_last_user_id', 'require_company_id', 'require_user_id',
          'import_vendor_codes',
          'reveal_vendor_code',
          'session_residue', 'session_settings',
          'revoke_coupon',
          'reissue_coupon_code',
          'coupon_public_ref'],
    'the back end calls what a programme is made of');
SELECT set_eq($$ SELECT pg_temp.functions_with('pgtap_admin') EXCEPT SELECT pg_temp.functions_with('pgtap_app') $$,
    ARRAY['refresh_user_points_cache',
          'hash_coupon_code',
          'create_coupon_template',
          'change_coupon_template',
          'restock_coupon',
          'find_coupon_by_ref',
          'code_data_version',
          'resolve_fraud_insight',
          'review_points_event',
          'coupon_guessers',
          'forget_guesses',
          'begin_coupon_batch',
          'issue_coupon_batch',
          'coupon_batch_codes',
          'revoke_coupon_batch',
          'companies', 'reconcile_ledger', 'show_progress', 'sum_points', 'sum_events', 'trust_features', 'trust_score', 'explain_event', 'backtest_trust_rules',
          'ledger_digest', 'verify_ledger', 'verify_chains', 'verify_chains_since', 'verify_accounts', 'verify_accounts_since',
          'verify_blocks', 'verify_digest', 'verify_chains_query', 'entry_place', 'entries_since', 'sealed_systems',
          'unsealed_entries', 'event_entry_hash', 'status_entry_hash', 'merkle_root', 'merkle_path', 'follow_merkle_path',
          'block_hash', 'repair_account', 'audit_entry_hash', 'verify_audit', 'verify_audit_rows', 'rotate_token_key',
          'retire_token_key',
          'rotate_coupon_key',
          'retire_coupon_key',
          'relayer_coupon_key',
          'legacy_code_hash',
          'shred_vendor_batch',
          'tenant_doctor', 'known_rls_cves', 'doctor_policies', 'doctor_grants', 'doctor_tables', 'doctor_views',
          'doctor_unique_keys', 'doctor_foreign_keys', 'doctor_has_several_companies',
          'doctor_table_findings', 'doctor_column_findings', 'doctor_support_findings', 'doctor_policy_function_findings',
          'doctor_policy_findings', 'doctor_coverage_findings', 'doctor_key_findings', 'doctor_foreign_key_findings',
          'doctor_view_findings', 'doctor_definer_findings', 'doctor_grant_findings', 'doctor_owner_findings',
          'doctor_role_findings', 'doctor_setting_findings',
          'doctor_connections', 'doctor_log_findings',
          'check_settings', 'durability_findings', 'commit_findings', 'is_preloaded', 'key_file_is_in_data_directory',
          'enable_tenant_rls', 'disable_tenant_rls', 'guard_tenant_row', 'refuse_write', 'audit_changes', 'tenant_tables',
          'tenant_policy_column', 'tenant_column_statements', 'cross_company_roles', 'tenant_policy_statements', 'tenant_triggers',
          'tenant_trigger_statements', 'require_tenant_root', 'require_tenant_tables', 'require_company_column',
          'require_no_conflict', 'count_rows_of_nobody', 'assert_tenant_isolation', 'company_column_of', 'isolation_foreign_keys',
          'isolation_columns', 'isolation_samples', 'isolation_subject', 'isolation_controls', 'isolation_reads', 'isolation_writes',
          'isolation_conflicts', 'isolation_pointers', 'isolation_guard', 'isolation_outside', 'isolation_parts',
          'isolation_attempts'],
    'and staff a little more');
SELECT set_eq($$ SELECT pg_temp.functions_with('pgtap_stranger') $$, ARRAY['get_current_company_id', 'get_back_end_company_id', 'get_current_user_id',
          'get_first_user_id', 'get_last_user_id', 'crosses_companies'],
    'a stranger still has what everybody has');

-- Without a context

SELECT pg_temp.gives('pgtap_app', 'SELECT count(*) FROM rewards.' || relation, '{0}', 'without a context there are no rows: ' || relation)
  FROM unnest(ARRAY['points_events', 'user_points_cache', 'coupon_templates', 'coupons']) AS relation;
SELECT pg_temp.gives('pgtap_app', 'SELECT rewards.get_current_company_id() IS NULL', '{true}', 'and there is no company');
SELECT pg_temp.refuses('pgtap_app', format('SELECT * FROM rewards.%s', call), '28000', 'without a context nothing is done: ' || call)
  FROM unnest(ARRAY[format('award_points(%L, 1)', :'ann'), format('deduct_points(%L, 1)', :'ann'),
                    format('submit_points_event(%L, %L, now(), %L)', :'ann', 'visit', 'x'), $$submit_points_events('[]')$$,
                    format('redeem_coupon(%L, %L, %L)', :'ann', :'offer', 'x'), $$claim_coupon('0000-0000-0000-0000', 'till')$$,
                    $$hold_coupon('0000-0000-0000-0000', 'till')$$, $$release_coupon('0000-0000-0000-0000', 'till')$$,
                    'mark_expired_coupons()']) AS call;
SELECT pg_temp.refuses('pgtap_app', $$ SELECT set_config('rewards.context', '11111111-1111-4111-8111-111111111111 admin me', true) $$, '42501',
    'a context is not set by SET');
SELECT throws_ok($$ SELECT set_config('rewards.context', '11111111-1111-4111-8111-111111111111 admin me', true) $$, '42501', NULL,
    'not by a superuser either');

-- As the back end of a company

BEGIN;
SELECT pg_temp.gives('pgtap_app', format('SELECT rewards.set_company_context(%L, %L)', :'acme', 'back end'), '{""}', 'the back end is of a company');
SELECT pg_temp.gives('pgtap_app', 'SELECT user_id, available_points FROM rewards.user_points_cache ORDER BY 1',
    ARRAY[:'ann' || ',100', :'bob' || ',50'], 'and sees its members'' balances there');
SELECT pg_temp.gives('pgtap_app', 'SELECT template_name FROM rewards.coupon_templates ORDER BY 1', '{old,ten off}', 'and its offers');
SELECT pg_temp.gives('pgtap_app', format('SELECT balance FROM rewards.award_points(%L, 5)', :'ann'), '{105}', 'and awards points');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome FROM rewards.submit_points_event(%L, %L, now(), %L)', :'ann', 'visit', 's'),
    '{unknown_event_type}', 'and proposes events, which earn what a rule says');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome FROM rewards.redeem_coupon(%L, %L, %L)', :'ann', :'abroad', 'n'),
    '{template_not_found}', 'and does not find another company''s offers');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome, points_remaining FROM rewards.redeem_coupon(%L, %L, %L)', :'ann', :'offer', 'n'),
    '{"redeemed,95"}', 'and redeems');
SELECT pg_temp.refuses('pgtap_app', format('SELECT rewards.set_company_context(%L)', :'other'), '55000', 'and stays what it is');
SELECT pg_temp.refuses('pgtap_app', statement, '42501', 'and does not write by itself: ' || statement)
  FROM unnest(ARRAY[
    'INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES (gen_random_uuid(), ''x'', now(), 1) RETURNING 1',
    'UPDATE rewards.user_points_cache SET available_points = 1000000 RETURNING 1',
    'DELETE FROM rewards.coupons RETURNING 1',
    'UPDATE rewards.coupon_templates SET points_cost = 0 RETURNING 1',
    'SELECT * FROM rewards.used_nonces',
    'SELECT rewards.refresh_user_points_cache(gen_random_uuid())']) AS statement;
SELECT pg_temp.gives('pgtap_admin', format('SELECT rewards.refresh_user_points_cache(%L)', :'ann'), '{95}', 'staff rebuild a balance');
SELECT pg_temp.gives('pgtap_admin', 'SELECT nonce FROM rewards.used_nonces', '{n}', 'and look a nonce up');
COMMIT;
SELECT pg_temp.gives('pgtap_app', 'SELECT count(*) FROM rewards.points_events', '{0}', 'the end of the transaction ends the context');

-- As a member

BEGIN;
SELECT pg_temp.gives('pgtap_app', format('SELECT rewards.set_company_context(%L, %L, %L)', :'acme', :'ann', 'user'), '{""}', 'a member acts');
SELECT pg_temp.gives('pgtap_app', 'SELECT rewards.get_current_user_id()', ARRAY[:'ann'], 'for itself');
SELECT pg_temp.gives('pgtap_app', 'SELECT user_id, available_points FROM rewards.user_points_cache', ARRAY[:'ann' || ',95'], 'and sees its balance');
SELECT pg_temp.gives('pgtap_app', 'SELECT DISTINCT user_id FROM rewards.points_events', ARRAY[:'ann'], 'its events');
SELECT pg_temp.gives('pgtap_app', 'SELECT issued_to FROM rewards.coupons', ARRAY[:'ann'], 'its coupons');
SELECT pg_temp.gives('pgtap_app', 'SELECT template_name FROM rewards.coupon_templates', '{ten off}', 'and what is on offer');
SELECT pg_temp.refuses('pgtap_app', format('SELECT available_points FROM rewards.calculate_user_points(%L)', :'bob'), '42501', 'and nobody else''s points');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome FROM rewards.redeem_coupon(%L, %L, %L)', :'ann', :'offer', 'm'), '{redeemed}', 'it redeems for itself');
SELECT pg_temp.refuses('pgtap_app', format('SELECT outcome FROM rewards.redeem_coupon(%L, %L, %L)', :'bob', :'offer', 'm'), '42501', 'and for nobody else');
SELECT pg_temp.refuses('pgtap_app', format('SELECT * FROM rewards.award_points(%L, 1)', :'ann'), '42501', 'and awards itself nothing');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome FROM rewards.submit_points_event(%L, %L, now(), %L)', :'ann', 'visit', 'p'),
    '{unknown_event_type}', 'it proposes events for itself');
SELECT pg_temp.refuses('pgtap_app', format('SELECT outcome FROM rewards.submit_points_event(%L, %L, now(), %L)', :'bob', 'visit', 'm'), '42501', 'and for nobody else');
SELECT pg_temp.refuses('pgtap_app', $$ SELECT * FROM rewards.claim_coupon('0000-0000-0000-0000', 'me') $$, '42501', 'and claims nothing');
SELECT pg_temp.refuses('pgtap_app', format('SELECT rewards.set_company_context(%L)', :'acme'), '55000', 'and does not become the back end');
COMMIT;

-- A seal is not undone by going back to a savepoint: neither is another company open then, nor any row.

BEGIN;
SAVEPOINT before;
SELECT rewards.set_company_context(:'acme') \g /dev/null
ROLLBACK TO before;
SELECT is(rewards.get_current_company_id(), NULL, 'going back to a savepoint ends the context');
SELECT throws_ok(format('SELECT rewards.set_company_context(%L)', :'other'), '55000', NULL, 'and does not open the way to another');
SELECT pg_temp.gives('pgtap_app', 'SELECT count(*) FROM rewards.points_events', '{0}', 'or to any row');
COMMIT;

-- Insights are of staff, and no business of the member that they are about.

BEGIN;
SELECT pg_temp.gives('pgtap_admin', format('SELECT rewards.set_company_context(%L, %L, %L)', :'acme', 'staff', 'admin'), '{""}', 'staff work');
SELECT pg_temp.gives('pgtap_app', format('SELECT outcome, occurrences FROM rewards.flag_account(%L, %L)', :'ann', 'honeypot_triggered'), '{"flagged,1"}', 'a back end flags an account');
SELECT pg_temp.refuses('pgtap_app', 'SELECT * FROM rewards.fraud_insights', '42501', 'and does not read what is known of it');
SELECT pg_temp.gives('pgtap_admin', 'SELECT insight_type FROM rewards.open_fraud_insights', '{honeypot_triggered}', 'staff do');
SELECT pg_temp.refuses('pgtap_app', 'SELECT rewards.resolve_fraud_insight(gen_random_uuid())', '42501', 'and nobody else closes it');
COMMIT;
BEGIN;
SELECT pg_temp.gives('pgtap_admin', format('SELECT rewards.set_company_context(%L, %L, %L)', :'acme', :'ann', 'user'), '{""}', 'the member, by whatever role,');
SELECT pg_temp.gives('pgtap_admin', 'SELECT count(*) FROM rewards.fraud_insights', '{0}', 'sees none');
SELECT pg_temp.refuses('pgtap_app', format('SELECT * FROM rewards.flag_account(%L)', :'ann'), '42501', 'and flags nobody');
SELECT pg_temp.refuses('pgtap_admin', 'SELECT rewards.resolve_fraud_insight(gen_random_uuid())', '42501', 'and closes nothing');
SELECT pg_temp.refuses('pgtap_app', format('SELECT * FROM rewards.examine_attestation(%L, NULL, %L)', :'ann', '{}'), '42501', 'and attests nothing');
SELECT pg_temp.refuses('pgtap_admin', 'SELECT rewards.cleanup_expired_attestations()', '42501', 'and cleans nothing up');
COMMIT;

SELECT * FROM finish();
DROP OWNED BY pgtap_app, pgtap_admin, pgtap_stranger;
DROP ROLE pgtap_app, pgtap_admin, pgtap_stranger;
