-- What each role of the context sees and may do, for every table and every function there is: a new one is held to the
-- rule, until an exception with its reason is written down here.
\ir tenant/two_companies.sql
SELECT * FROM no_plan();

-- The rule for what is shown: without a context nothing; to the back end and staff the company's rows; to a member those
-- of them that have its id. What follows is what other conditions some tables have for some contexts.
CREATE TABLE attack.shown (context text, relation name, condition text, reason text);
INSERT INTO attack.shown VALUES
    ('none',    'company_settings', $$ company_id = '00000000-0000-0000-0000-000000000000' $$, 'the defaults are no company''s'),
    ('none',    'point_rules',      $$ company_id = '00000000-0000-0000-0000-000000000000' $$, 'the defaults are no company''s'),
    ('none',    'trust_rules',      $$ company_id = '00000000-0000-0000-0000-000000000000' $$, 'the defaults are no company''s'),
    ('service', 'company_settings', $$ company_id IN (attack.id('acme'), '00000000-0000-0000-0000-000000000000') $$, 'the defaults hold for it'),
    ('service', 'point_rules',      $$ company_id IN (attack.id('acme'), '00000000-0000-0000-0000-000000000000') $$, 'the defaults hold for it'),
    ('service', 'trust_rules',      $$ company_id IN (attack.id('acme'), '00000000-0000-0000-0000-000000000000') $$, 'the defaults hold for it'),
    ('user',    'coupon_templates', $$ company_id = attack.id('acme') AND is_active $$, 'a member sees what is on offer'),
    ('user',    'point_rules',      $$ company_id IN (attack.id('acme'), '00000000-0000-0000-0000-000000000000') AND is_active $$, 'and what earns points'),
    ('user',    'audit_log',        'false', 'what staff did is no business of members'),
    ('user',    'fraud_insights',   'false', 'nor is what they suspect'),
    ('user',    'coupon_guesses',   'false', 'nor who guesses codes'),
    ('user',    'event_approvals',  'false', 'nor who of them approved'),
    ('none',    'data_version',     'true', 'of the installation, not of a company'),
    ('service', 'data_version',     'true', 'of the installation, not of a company'),
    ('user',    'data_version',     'true', 'of the installation, not of a company'),
    ('none',    'master_keys',      'true', 'fingerprints of the installation''s keys'),
    ('service', 'master_keys',      'true', 'fingerprints of the installation''s keys'),
    ('user',    'master_keys',      'true', 'fingerprints of the installation''s keys'),
    ('none',    'token_keys',       'true', 'numbers of the installation''s keys'),
    ('service', 'token_keys',       'true', 'numbers of the installation''s keys'),
    ('user',    'token_keys',       'true', 'numbers of the installation''s keys');
INSERT INTO attack.shown SELECT 'admin', relation, condition, reason FROM attack.shown WHERE context = 'service';
-- Who crosses companies does so by a role of its own; to all others it is like no context.
INSERT INTO attack.shown SELECT 'cross-company', relation, condition, reason FROM attack.shown WHERE context = 'none';

CREATE FUNCTION attack.has_column(relation regclass, VARIADIC names text[]) RETURNS text LANGUAGE sql AS
    'SELECT attname::text FROM pg_attribute WHERE attrelid = relation AND attname = ANY (names) AND NOT attisdropped';
CREATE FUNCTION attack.condition(context text, relation name) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT s.condition FROM attack.shown s WHERE (s.context, s.relation) = (condition.context, condition.relation)),
        CASE WHEN context IN ('none', 'cross-company') THEN 'false' ELSE $q$ company_id = attack.id('acme') $q$ END
        || CASE context WHEN 'user' THEN coalesce(' AND ' || attack.has_column(format('rewards.%I', relation), 'user_id', 'issued_to')
               || $q$ = attack.id('ann') $q$, ' AND false') ELSE '' END)
$$;
CREATE VIEW attack.relation AS
    SELECT oid, relname AS name FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'f');

-- The rows that a condition holds for, or the state of an error.
CREATE FUNCTION attack.rows_of(relation name, condition text DEFAULT 'true') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format($q$ SELECT count(*) || E' rows\n' || coalesce(string_agg(t::text, E'\n' ORDER BY t::text COLLATE "C"), '')
                         FROM rewards.%I t WHERE %s $q$, relation, condition) INTO found;
    RETURN found;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
-- All that writes to a table; what it would have done is undone.
CREATE FUNCTION attack.writes(relation name) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format(verb, format('rewards.%I', relation), (SELECT quote_ident(attname) FROM pg_attribute
                                                          WHERE attrelid = format('rewards.%I', relation)::regclass AND attnum = 1))
      FROM unnest(ARRAY['INSERT INTO %1$s DEFAULT VALUES', 'INSERT INTO %1$s SELECT * FROM %1$s ON CONFLICT DO NOTHING',
          'UPDATE %1$s SET %2$s = %2$s', 'DELETE FROM %1$s', 'TRUNCATE %1$s', 'TRUNCATE ONLY %1$s CASCADE',
          'MERGE INTO %1$s t USING (VALUES (1)) s ON true WHEN MATCHED THEN UPDATE SET %2$s = t.%2$s WHEN NOT MATCHED THEN DO NOTHING',
          'MERGE INTO %1$s t USING (VALUES (1)) s ON true WHEN MATCHED THEN DELETE',
          'MERGE INTO %1$s t USING (VALUES (1)) s ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES',
          'WITH gone AS (DELETE FROM %1$s RETURNING *) SELECT FROM gone', 'SELECT FROM %1$s FOR UPDATE', 'SELECT FROM %1$s FOR KEY SHARE',
          'LOCK TABLE %1$s IN ROW EXCLUSIVE MODE', $q$COPY %1$s FROM '/dev/null'$q$]) AS verb
$$;
CREATE FUNCTION attack.write_states(relation name) RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(DISTINCT attack.state_of(write), ' ') FROM attack.writes(relation) AS write $$;

-- Within a sealed transaction the role cannot change, so a function with the rights of another role asks in its place.
SELECT format('CREATE FUNCTION attack.%s_as_%s(name) RETURNS text LANGUAGE sql SECURITY DEFINER AS %L; GRANT CREATE ON SCHEMA attack TO %2$s;
               ALTER FUNCTION attack.%1$s_as_%2$s(name) OWNER TO %2$s; REVOKE CREATE ON SCHEMA attack FROM %2$s', asked, role, format('SELECT attack.%s($1)', asked))
  FROM unnest(ARRAY['rows_of', 'write_states']) AS asked, unnest(ARRAY['attack_app', 'attack_admin', 'attack_tenant']) AS role \gexec
CREATE FUNCTION attack.ask_as(role text, asked text, relation name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT attack.%I($1)', asked || '_as_' || role) INTO answer USING relation;
    RETURN answer;
END $$;

-- A table with nothing to hide proves nothing.
SELECT isnt(attack.rows_of(name, format('company_id = %L', company) || coalesce(' AND ' || holder || format(' = %L', member), '')),
            E'0 rows\n', format('%s has rows of %s', name, whose))
  FROM attack.relation, attack.has_column(oid, 'user_id', 'issued_to') AS holder,
       (VALUES (:'acme', :'ann', 'acme'), (:'acme', :'bob', 'its other member'), (:'other', :'ann', 'another company')) AS owners (company, member, whose)
 WHERE attack.has_column(oid, 'company_id') IS NOT NULL AND (holder IS NOT NULL OR member <> :'bob');
SELECT is_empty($$ SELECT name FROM attack.relation WHERE attack.has_column(oid, 'company_id') IS NULL AND name NOT IN (SELECT relation FROM attack.shown) $$,
    'a table without company_id is one that the exceptions name');
SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('v', 'm')
                      AND NOT coalesce(reloptions @> '{security_invoker=true}', false) $$,
    'a view shows nobody more than its tables do');

-- What they ought to see is written down as the superuser sees it, whom no policy holds.
CREATE TABLE attack.expected AS
    SELECT context, name, attack.rows_of(name, attack.condition(context, name)) AS rows
      FROM attack.relation, unnest(ARRAY['none', 'user', 'service', 'admin', 'cross-company']) AS context;
SELECT isnt_empty($$ SELECT FROM attack.expected WHERE context = 'user' AND rows NOT LIKE '0 rows%' $$, 'a member sees something');
CREATE FUNCTION attack.check_tables(checked text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT is(attack.ask_as(role, 'rows_of', name), CASE WHEN has_table_privilege(role, 'rewards.' || name, 'SELECT') THEN rows ELSE '42501' END,
              format('%s, context %s: SELECT shows the right rows of %s', role, context, name))
      FROM attack.expected, unnest(ARRAY['attack_app', 'attack_admin', 'attack_tenant']) AS role WHERE context = checked
    UNION ALL
    SELECT is(attack.ask_as(role, 'write_states', name), '42501', format('%s, context %s: no verb writes %s', role, checked, name))
      FROM attack.relation, unnest(ARRAY['attack_app', 'attack_admin', 'attack_tenant']) AS role
$$;

SELECT attack.check_tables('none');
BEGIN;
SELECT rewards.set_company_context(:'acme', :'ann', 'user') \g /dev/null
SELECT attack.check_tables('user');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'till', 'service') \g /dev/null
SELECT attack.check_tables('service');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'clerk', 'admin') \g /dev/null
SELECT attack.check_tables('admin');
COMMIT;
BEGIN;
SELECT rewards.begin_cross_company_access('to see who sees what') \g /dev/null
SELECT attack.check_tables('cross-company');
ROLLBACK;

-- Functions that are told a member: in the role user each of them refuses another one, whatever else it is told. They are
-- called by a superuser, so that it is not a missing GRANT that refuses.
CREATE TABLE attack.any_member (function name, reason text);
INSERT INTO attack.any_member VALUES
    ('entry_place', 'a text made of its arguments: reads nothing');
CREATE FUNCTION attack.value(type oid, name text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE name WHEN 'company_id' THEN quote_literal(attack.id('acme')) WHEN 'decision' THEN $q$'approve'$q$ WHEN 'code' THEN $q$'0000-0000-0000-0000'$q$
                WHEN 'ref' THEN $q$'0000-0000-0000'$q$
                WHEN 'events' THEN $q$'[]'$q$ ELSE
           CASE type::regtype::text
                WHEN 'uuid' THEN quote_literal(gen_random_uuid()) WHEN 'text' THEN $q$'visit'$q$ WHEN 'bigint' THEN '1' WHEN 'integer' THEN '1'
                WHEN 'jsonb' THEN $q$'{}'$q$ WHEN 'boolean' THEN 'true' WHEN 'inet' THEN $q$'::1'$q$
                WHEN 'bytea' THEN $q$sha256('')$q$ WHEN 'integer[]' THEN $q$'{}'$q$
                WHEN 'timestamp with time zone' THEN 'now()' ELSE format('NULL::%s', type::regtype) END END
$$;
-- Every function there is, called on behalf of a member where it takes one, and with as few arguments as it can do with.
CREATE FUNCTION attack.calls(member uuid) RETURNS TABLE (function name, signature regprocedure, takes_member boolean, call text) LANGUAGE sql AS $$
    SELECT proname, p.oid, coalesce(bool_or(is_member), false), format('SELECT rewards.%I(%s)', proname,
               string_agg(quote_ident(proargnames[number]) || ' => ' ||
                          CASE WHEN is_member THEN quote_literal(member) ELSE attack.value(type, proargnames[number]) END,
                          ', ' ORDER BY number) FILTER (WHERE is_member OR number <= pronargs - pronargdefaults))
      FROM pg_proc p LEFT JOIN LATERAL (
           SELECT type, number, type = 'uuid'::regtype AND proargnames[number] ~ 'user' FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS a (type, number)
           ) AS argument (type, number, is_member) ON true
     WHERE pronamespace = 'rewards'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype AND NOT 'internal'::regtype = ANY (proargtypes)
     GROUP BY p.oid
$$;
SELECT cmp_ok(count(*), '>=', 16::bigint, 'there are functions to ask') FROM attack.calls(:'bob') WHERE takes_member;
BEGIN;
SELECT rewards.set_company_context(:'acme', :'ann', 'user') \g /dev/null
SELECT is(attack.state_of(call), '42501', signature || ' refuses another member')
  FROM attack.calls(:'bob') WHERE takes_member AND function NOT IN (SELECT m.function FROM attack.any_member m);
SELECT is(attack.state_of(call), '42501', signature || ' refuses somebody unknown, too: a refusal does not tell who is a member')
  FROM attack.calls(gen_random_uuid()) WHERE takes_member AND function NOT IN (SELECT m.function FROM attack.any_member m);
SELECT is(attack.state_of(format('SELECT * FROM rewards.submit_points_events(%L)', jsonb_build_array(
           jsonb_build_object('user_id', :'ann', 'event_type', 'visit', 'event_time', now(), 'nonce', 'mine'),
           jsonb_build_object('user_id', :'bob', 'event_type', 'visit', 'event_time', now(), 'nonce', 'his')))), '42501',
    'a batch with one event of another member is refused as a whole');

-- All functions of programmes that do not refuse a member as such. It is a superuser who calls: this is not about GRANTs.
SELECT is(ARRAY(SELECT function FROM attack.calls(:'ann') WHERE attack.state_of(call) <> '42501'
                   AND (has_function_privilege('attack_app', signature, 'EXECUTE')
                        OR has_function_privilege('attack_tenant', signature, 'EXECUTE')) ORDER BY function),
    ARRAY(SELECT unnest(ARRAY[
    -- what a member does and knows for itself
    'redeem_coupons',
    'submit_points_event', 'submit_points_events', 'redeem_coupon', 'points_history', 'balance_at', 'calculate_user_points', 'event_receipt',
    'reveal_vendor_code',
    -- what reads with the rights of the caller, and so finds its own rows at most
    'current_settings',
    -- what works on its arguments alone
    'event_request_hash',
    'coupon_public_ref',
    'uuidv5', 'uuidv7', 'uuidv7_floor', 'within_attribution_window',
    -- the context, which is sealed, and the session
    'get_back_end_company_id', 'get_context_challenge', 'get_current_company_id', 'get_current_user_id', 'get_first_user_id', 'get_last_user_id',
    'require_company_id', 'require_user_id', 'session_residue', 'session_settings', 'set_company_context', 'set_company_context_token', 'crosses_companies'
    ]::name[]) ORDER BY 1), 'the functions that a member is not refused');
COMMIT;

SELECT * FROM finish();
\ir tenant/remove.sql
