-- What a session brings along stands in for nothing that our functions mean: temporary relations and types that are named
-- like those of the catalogue and ours, and functions and operators of a schema that comes first.
\ir tenant/two_companies.sql
SELECT * FROM no_plan();

SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'rewards'::regnamespace AND l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
       AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false) AND p.prokind <> 'a' $$,
    'a function whose text is parsed when it is called says where names are looked up, and pg_temp is last');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND prosecdef $$,
    'no function has its owner''s rights');

-- Calls of every function, and statements that fire every trigger and read every relation.

-- A table of the application, for what protects such tables.
CREATE TABLE attack.product (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), company_id uuid NOT NULL, name text);
INSERT INTO attack.product (company_id, name) VALUES (:'acme', 'tea'), (:'other', 'coffee');

-- Values for arguments, as literals: what a call says itself must not trip.
CREATE TABLE attack.good (argument text PRIMARY KEY, value text);
INSERT INTO attack.good VALUES
    ('user_id', :'ann'), ('target_user_id', :'ann'), ('only_user', :'ann'), ('company_id', :'acme'), ('role', 'service'), ('actor', 'till'),
    ('decision', 'approve'), ('event_type', 'visit'), ('insight_type', 'manual_flag'), ('severity', 'low'), ('code', '0000-0000-0000-0000'),
    ('ref', '0000-0000-0000'),
    ('features', '{1000}'), ('rules_version', '1'), ('dry_run', 'false'), ('app', 'attack_app'), ('admin', 'attack_admin'),
    ('target', 'attack.product'), ('relation', 'attack.product'::regclass::oid::text), ('company_column', 'company_id'), ('cross_company', NULL), ('backup', NULL),
    ('tenant', NULL), ('before', NULL), ('challenge', NULL), ('not_before', NULL),
    ('token', rewards.issue_company_token(:'acme', 'till', 'service')), ('request_hash', NULL), ('payload_hash', NULL), ('digest', NULL), ('proven', NULL),
    ('events', jsonb_build_array(jsonb_build_object('user_id', :'ann', 'event_type', 'visit', 'event_time', now(), 'nonce', 'batch'))),
    ('event_id', (SELECT id FROM rewards.points_events WHERE company_id = :'acme' AND user_id = :'ann' AND event_type = 'big')),
    ('insight_id', (SELECT id FROM rewards.fraud_insights WHERE company_id = :'acme' LIMIT 1)),
    ('template_id', (SELECT id FROM rewards.coupon_templates WHERE company_id = :'acme' AND is_active)),
    ('template_ids', (SELECT array_agg(id)::text FROM rewards.coupon_templates WHERE company_id = :'acme' AND is_active)),
    ('template', '{"template_name": "tea", "points_cost": 1, "coupon_value_type": "product", "coupon_value": 1, "total_stock": 3}'),
    ('changes', '{"total_stock": 4}'),
    ('batch_id', (SELECT id FROM rewards.coupon_batches WHERE company_id = :'acme')),
    ('codes', '{one,two}'),
    ('expires_at', '2999-12-31'),
    ('event', (SELECT e::text FROM rewards.points_events e WHERE company_id = :'acme' LIMIT 1)),
    ('entry', (SELECT e::text FROM rewards.ledger_entries e WHERE company_id = :'acme' LIMIT 1));
CREATE FUNCTION attack.value(argument text, type oid) RETURNS text LANGUAGE sql AS $$
    SELECT concat(quote_nullable(CASE WHEN EXISTS (SELECT FROM attack.good g WHERE g.argument = value.argument)
                 THEN (SELECT g.value FROM attack.good g WHERE g.argument = value.argument)
                 ELSE CASE type::regtype::text WHEN 'uuid' THEN '00000000-0000-4000-8000-000000000001' WHEN 'text' THEN 'text' WHEN 'bigint' THEN '1'
                      WHEN 'integer' THEN '1' WHEN 'jsonb' THEN '{}' WHEN 'bytea' THEN '\x' || repeat('00', 32) WHEN 'boolean' THEN 'true'
                      WHEN 'timestamp with time zone' THEN now()::text WHEN 'interval' THEN '5 minutes' WHEN 'bytea[]' THEN '{}' END END),
               CASE argument WHEN 'event' THEN '::rewards.points_events' WHEN 'entry' THEN '::rewards.ledger_entries' END)
$$;
CREATE TABLE attack.call AS
    SELECT p.oid::regprocedure::text AS name, format('SELECT * FROM rewards.%I(%s)', proname,
               (SELECT string_agg(attack.value(proargnames[number], type), ', ' ORDER BY number)
                  FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS argument (type, number))) AS statement
      FROM pg_proc p WHERE pronamespace = 'rewards'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype
       AND NOT 'internal'::regtype = ANY (proargtypes)
    UNION ALL
    SELECT 'SELECT of ' || relname, format('SELECT t.* FROM rewards.%I t', relname)
      FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL VALUES
    ('INSERT of an event', $$ INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
        VALUES ('00000000-0000-4000-8000-000000000002', 'gift', 'now', 5, 'validated', 'tomorrow') RETURNING validation_status $$),
    ('UPDATE of a status',
        $$ UPDATE rewards.points_events SET validation_status = 'validated' WHERE event_type OPERATOR(pg_catalog.=) 'big' RETURNING validated_by $$),
    ('DELETE of an event', 'DELETE FROM rewards.points_events RETURNING id'),
    ('INSERT of an account', $$ INSERT INTO rewards.user_points_cache (user_id) VALUES ('00000000-0000-4000-8000-000000000002') RETURNING available_points $$),
    ('UPDATE of the settings', $$ UPDATE rewards.company_settings SET trust_version = 1 RETURNING trust_version $$),
    ('INSERT of trust rules', $$ INSERT INTO rewards.trust_rules (version, rule, feature, comparison, threshold, weight, sentence)
        VALUES (1001, 'base', 'always', '=', 1, 70, 'Everybody is trusted.') RETURNING version $$);

-- What a call answers, without what is another value each time; what it did is undone.
CREATE FUNCTION attack.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer pg_catalog.text;
BEGIN
    IF statement OPERATOR(pg_catalog.~) '^ *(INSERT|UPDATE|DELETE)' THEN
        EXECUTE statement INTO answer;
    ELSE
        EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) || pg_catalog.string_agg(t::pg_catalog.text, '' '' ORDER BY t::pg_catalog.text)
                                     FROM (%s) AS t', statement) INTO answer;
    END IF;
    RAISE SQLSTATE 'UNDOX' USING MESSAGE = coalesce(answer, 'nothing');
EXCEPTION WHEN OTHERS THEN
    RETURN pg_catalog.concat(SQLSTATE, ' ', pg_catalog.regexp_replace(pg_catalog.regexp_replace(SQLERRM,
        '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}|[0-9A-Z]{4}(-[0-9A-Z]{4}){3}|[0-9a-f]{64}|[0-9a-f]{32}|pgr_[\w-]+', '?', 'g'),
        '(\d+-\d\d-\d\d )?\d\d:\d\d:[\d.]+', '?', 'g'));
END $$;
-- Outside of a company's transaction and within; what enters one would stay sealed.
CREATE TABLE attack.answers (name text, round int, answer text, PRIMARY KEY (name, round));
CREATE FUNCTION attack.call_all(round int) RETURNS void LANGUAGE sql BEGIN ATOMIC
    INSERT INTO attack.answers SELECT 'outside: ' || name, round, attack.answer(statement) FROM attack.call WHERE name !~ 'set_company_context|begin_cross';
    SELECT rewards.set_company_context(attack.id('acme'), 'till', 'service');
    INSERT INTO attack.answers SELECT 'within: ' || name, round, attack.answer(statement) FROM attack.call;
END;

-- The stand-ins: whoever uses one is told so.
CREATE FUNCTION attack.trip() RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE SQLSTATE 'TRIPX' USING MESSAGE = 'a stand-in was used'; END $$;
CREATE SCHEMA attack_first;
CREATE FUNCTION attack.lay_traps() RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    trap text;
    laid bigint := 0;
BEGIN
    FOR trap IN
        SELECT format('CREATE VIEW pg_temp.%I AS SELECT %s FROM %s WHERE attack.trip()', relname,
                      string_agg(quote_ident(attname), ', ' ORDER BY attnum), c.oid::regclass)
          FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
         WHERE relnamespace IN ('pg_catalog'::regnamespace, 'rewards'::regnamespace) AND relkind IN ('r', 'v')
           AND relname !~ '^pg_statistic' AND attnum > 0 AND NOT attisdropped AND atttypid NOT IN (SELECT oid FROM pg_type WHERE typtype = 'p')
         GROUP BY c.oid
        UNION ALL
        SELECT format('CREATE DOMAIN pg_temp.%I AS pg_catalog.%1$I CHECK (attack.trip())', typname)
          FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typelem = 0 AND typname !~ '^_'
        UNION ALL
        SELECT format('CREATE OPERATOR attack_first.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = attack.trip_%s)', oprname, kind, kind, kind)
          FROM pg_operator, unnest('{uuid,text,bigint,integer,timestamptz,bytea,boolean,jsonb,name,oid}'::text[]) AS kind
         WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft = kind::regtype AND oprright = kind::regtype AND oprresult = 'boolean'::regtype
        UNION ALL
        SELECT DISTINCT format('CREATE FUNCTION attack_first.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', p.proname, pg_get_function_identity_arguments(p.oid),
                      pg_get_function_result(p.oid), 'BEGIN PERFORM attack.trip(); END')
          FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.prorettype <> 'internal'::regtype
           AND NOT 'internal'::regtype = ANY (p.proargtypes) AND NOT 'cstring'::regtype = ANY (p.proargtypes) AND p.proargmodes IS NULL
           AND p.proname IN (SELECT (regexp_matches(prosrc, '\m(\w+)\(', 'g'))[1] FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace)
    LOOP
        EXECUTE trap;
        laid := laid + 1;
    END LOOP;
    RETURN laid;
END $$;
SELECT format('CREATE FUNCTION attack.trip_%s(%s, %1$s) RETURNS boolean LANGUAGE sql RETURN attack.trip()', kind, kind)
  FROM unnest('{uuid,text,bigint,integer,timestamptz,bytea,boolean,jsonb,name,oid}'::text[]) AS kind \gexec

-- Twice without, to know what is never the same. The stand-ins go with their transaction.
SELECT attack.call_all(1) \g /dev/null
SELECT attack.call_all(2) \g /dev/null
BEGIN;
SELECT attack.lay_traps() AS traps \gset
SET LOCAL search_path = pg_temp, attack_first, rewards, pg_catalog, public;
SELECT attack.call_all(3) \g /dev/null
SELECT attack.answer('SELECT relname FROM pg_class') AS by_relation, attack.answer('SELECT 1 FROM rewards.data_version d WHERE d.version = 1') AS by_operator,
       attack.answer('SELECT format(NULL)') AS by_function, attack.answer('SELECT ''00000000-0000-0000-0000-000000000000''::uuid') AS by_type \gset tripped_
SET LOCAL search_path = pg_catalog;
SELECT attack.answer('SELECT relname FROM pg_class') AS pinned, attack.answer('SELECT oid::regclass FROM pg_catalog.pg_class') AS pinned_type \gset tripped_
SELECT pg_catalog.jsonb_object_agg(name, answer) AS third FROM attack.answers WHERE round = 3 \gset
ROLLBACK;

SELECT cmp_ok(:traps, '>', 300, 'there are stand-ins');
SELECT is(what, 'TRIPX a stand-in was used', 'who uses one is told so: ' || kind)
  FROM (VALUES ('a relation', :'tripped_by_relation'), ('an operator', :'tripped_by_operator'),
               ('a function', :'tripped_by_function'), ('a type', :'tripped_by_type'),
               ('a relation, where search_path has pg_catalog alone', :'tripped_pinned'),
               ('a type, where it has pg_catalog alone', :'tripped_pinned_type')) AS trips (kind, what);
SELECT is(array_agg(name ORDER BY name), ARRAY['DELETE of an event', 'rewards.adopt_request_claims()',
           'rewards.begin_cross_company_access(text)', 'rewards.install(regrole)',
           'rewards.legacy_code_hash(integer,bytea)',
           'rewards.relayer_coupon_key(integer,integer)',
           'rewards.retire_coupon_key(integer)',
           'rewards.rotate_coupon_key(integer)'], 'all other calls have something to answer')
  FROM (SELECT regexp_replace(name, '^(outside|within): ', '') AS name FROM attack.answers
         WHERE round = 1 AND name !~ 'isolation_subject|follow_merkle_path' GROUP BY 1 HAVING bool_and(answer !~ '^UNDOX')) AS refused;
SELECT is_empty($$ SELECT name, a.answer, b.answer FROM attack.answers a JOIN attack.answers b USING (name)
     WHERE a.round = 1 AND b.round = 2 AND a.answer <> b.answer $$, 'without stand-ins a call answers the same twice');
SELECT is(string_agg(name, ', '), NULL, 'no call uses a stand-in') FROM jsonb_each_text(:'third') AS answers (name, answer) WHERE answer ~ 'stand-in was used';
-- What tells what a session or a database has, tells of the stand-ins.
SELECT is(:'third'::jsonb ->> name, answer, 'with stand-ins as without: ' || name)
  FROM attack.answers WHERE round = 1 AND name !~ 'rewards.(session_|doctor_view|tenant_doctor)' ORDER BY name;

SELECT * FROM finish();
\ir tenant/remove.sql
