-- Whatever is passed in, an error has a SQLSTATE that says what is wrong, nothing is half written, and the session goes
-- on.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000090a
\set member_1 a0000000-0000-4000-8000-000000000901
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('90a1'), :'company_a', 'coffee', 1, 'product', 1);
INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
    issued_points_cost, coupon_value_type, coupon_value)
    VALUES (event('904'), :'company_a', sha256('904'), 0, 0, 16, offer('90a1'), :'member_1', 1, 'product', 1);
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'visit', 10);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 1000);
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
    VALUES (event('903'), :'member_1', 'import', now(), 7);
SELECT outcome FROM rewards.begin_coupon_batch(offer('90a1'), 3, 'leaflets');
UPDATE rewards.points_events SET validation_status = 'validated' WHERE id = event('903');
COMMIT;

-- What a call answers; what it did is undone.
CREATE FUNCTION probe(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
BEGIN
    EXECUTE call;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    RETURN CASE state WHEN 'UNDOX' THEN '00000' ELSE state END;
END $$;

-- A value with which each argument is fine, and the values to try for its type.
CREATE TABLE good (argument text PRIMARY KEY, expression text);
INSERT INTO good VALUES
    ('user_id', $$member('901')$$), ('target_user_id', $$member('901')$$), ('company_id', $$company('90a')$$),
    ('template_id', $$offer('90a1')$$), ('namespace', $$company('90a')$$), ('points', '5'), ('reason', $$'because'$$),
    ('idempotency_key', $$'key'$$), ('nonce', $$'nonce'$$),
    ('event_type', $$'visit'$$), ('event_time', $$'now'$$), ('code', $$'0000-0000-0000-0000'$$),
    ('claimed_by', $$'till'$$), ('proof', $$'{"a": 1}'$$), ('actor', $$'till'$$), ('role', $$'service'$$),
    ('name', $$'name'$$), ('features', $$'{1000}'$$), ('rules_version', '1'), ('event_id', $$event('901')$$),
    ('from_time', $$'2020-02-02'$$), ('to_time', $$'2020-03-03'$$),
    ('device_id', $$'phone'$$), ('verdict', $$'{"keyId": "key", "counter": 1}'$$), ('request_hash', $$repeat('0', 64)$$),
    ('insight_type', $$'manual_flag'$$), ('severity', $$'low'$$), ('details', $$'{"a": 1}'$$),
    ('insight_id', $$event('902')$$), ('note', $$'looked at'$$),
    ('attestation', $$'{"keyId": "key", "counter": 1}'$$), ('proof_type', $$'receipt'$$),
    ('proof_payload', $$'{"a": 1}'$$), ('payload_hash', $$repeat('0', 64)$$), ('related_entity_type', $$'shop'$$),
    ('related_entity_id', $$'7'$$), ('device_info', $$'{"a": 1}'$$), ('ip_address', $$'192.0.2.1'$$),
    ('events', $$jsonb_build_array(jsonb_build_object('user_id', member('901'), 'event_type', 'visit',
                   'event_time', now(), 'nonce', 'nonce'))$$),
    ('previous', $$sha256('')$$), ('version', '1'), ('recorded_at', $$'2020-02-02'$$), ('balance_after', '5'),
    ('event', $$(SELECT e FROM rewards.points_events AS e WHERE company_id = company('90a') LIMIT 1)$$),
    ('first_status', $$'pending'$$), ('first_validated_by', $$'till'$$), ('first_validated_at', $$'2020-02-02'$$),
    ('first_notes', $$'because'$$), ('entry', $$(SELECT e FROM rewards.ledger_entries AS e
                   WHERE company_id = company('90a') AND kind = 'status' LIMIT 1)$$);
INSERT INTO good VALUES
    ('moment', $$'2020-02-02'$$), ('at', $$'2020-02-02'$$), ('anchor', $$'2020-02-02'$$), ('span', $$'14 days'$$),
    ('max_rows', '10'), ('before', 'NULL'), ('what', $$'what'$$), ('place', $$'(1,1)'$$), ('pages', '10'),
    ('proven', 'true'), ('max_events', '10'), ('max_accounts', '10'), ('decision', $$'approve'$$),
    ('leaf', $$'leaf'$$), ('index', '0'), ('leaves', '1'), ('path', $$'{}'$$), ('block', '1'), ('system_id', '1'),
    ('from_xid', '0'), ('to_xid', '1'), ('entries', '0'), ('root', $$sha256('')$$), ('previous_hash', $$sha256('')$$),
    ('sealed_at', $$'2020-02-02'$$), ('sealed_by', $$'till'$$), ('since_block', '1'), ('only_user', $$member('901')$$),
    ('digest', $$format('pg_rewards:1:%1$s:1:%2$s:1:%2$s', company('90a'), encode(sha256(''), 'hex'))$$), ('dry_run', 'true'),
    ('event_source', $$'a'$$), ('entry_source', $$'b'$$), ('book', $$'audit'$$), ('company', $$company('90a')$$),
    ('audit_row', $$(SELECT a FROM rewards.audit_log AS a LIMIT 1)$$), ('ttl', $$'1 minute'$$), ('not_before', $$'now'$$),
    ('slot', '0'),
    ('max_coupons', '10'),
    ('code_hmac', $$sha256('')$$),
    ('challenge', 'NULL'), ('key_id', '1'), ('token', $$rewards.issue_company_token(company('90a'), 'till', 'service')$$);
-- Coupons with codes of a vendor.
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, vendor_codes)
    VALUES (offer('90a2'), :'company_a', 'cinema', 1, 'product', 1, true);
INSERT INTO good VALUES ('codes', $$'{one,two}'$$), ('label', $$'leaflets'$$), ('expires_at', $$'2999-12-31'$$);
-- A table of the application, to be protected, with rows of two companies.
CREATE TABLE tenant_rows (id integer PRIMARY KEY, company_id uuid, note text);
INSERT INTO tenant_rows VALUES (1, company('90a')), (2, company('90b'));
INSERT INTO good VALUES
    ('target', $$'tenant_rows'$$), ('relation', $$'tenant_rows'::regclass$$), ('company_column', $$'company_id'$$), ('audit', 'true'),
    ('redact', $$'{note}'$$), ('company_a', $$company('90a')$$), ('company_b', $$company('90b')$$),
    ('acting_role', $$'regress_rewards_app'$$), ('samples', $$'{}'$$),
    ('column_name', $$'company_id'$$), ('server_version_num', '150000');
INSERT INTO good VALUES
    ('template_ids', $$ARRAY[offer('90a1')]$$), ('quantity', '5'), ('changes', $$'{"points_cost": 2}'$$),
    ('template', $$'{"template_name": "tea", "points_cost": 1, "coupon_value_type": "product", "coupon_value": 1, "total_stock": 5}'$$),
    ('coupon_id', $$event('904')$$), ('refund', 'true'), ('ref', $$'0000-0000-0000'$$);
-- The counter.
INSERT INTO good VALUES
    ('claim_ref', $$'order 1'$$), ('held_by', $$'till'$$), ('hold_for', $$'15 minutes'$$);
INSERT INTO good VALUES
    ('batch_id', $$(SELECT id FROM rewards.coupon_batches WHERE company_id = company('90a') AND label = 'leaflets')$$),
    ('max_codes', '10'), ('after_number', '0');
-- The parts of an aggregate, called by themselves.
INSERT INTO good VALUES
    ('sums', $$'{0,0,0}'$$), ('others', $$'{1,2,3}'$$), ('validation_status', $$'pending'$$);
CREATE TABLE odd (type regtype, expression text);
INSERT INTO odd VALUES
    ('uuid', 'NULL'), ('uuid', $$'00000000-0000-0000-0000-000000000000'$$),
    ('uuid', $$'ffffffff-ffff-ffff-ffff-ffffffffffff'$$),
    ('bigint', 'NULL'), ('bigint', '0'), ('bigint', '1'), ('bigint', '-1'), ('bigint', '9223372036854775807'),
    ('bigint', '-9223372036854775808'),
    ('text', 'NULL'), ('text', $$''$$), ('text', $$' '$$), ('text', $$E'\t\n\x01'$$), ('text', $$repeat('x', 256)$$),
    ('text', $$repeat('x', 10000)$$), ('text', $$repeat('ž', 20000)$$), ('text', $$U&'\FEFF\200B\FFFF\+10FFFF'$$),
    ('text', $$'%s%n%d%1$s'$$), ('text', $$'''; DROP TABLE rewards.points_events; --'$$), ('text', $$'user'$$),
    ('text', $$member('901')$$), ('text', $$'0000-0000-0000-0000-0000'$$), ('text', $$'pgr_' || repeat('A', 200)$$),
    ('timestamptz', 'NULL'), ('timestamptz', $$'infinity'$$), ('timestamptz', $$'-infinity'$$),
    ('timestamptz', $$'4713-01-01 00:00:00+00 BC'$$), ('timestamptz', $$'294276-12-31 23:59:59.999999+00'$$),
    ('timestamptz', $$'epoch'$$),
    ('integer', 'NULL'), ('integer', '0'), ('integer', '-1'), ('integer', '2147483647'), ('integer', '-2147483648'),
    ('integer[]', 'NULL'), ('integer[]', $$'{}'$$), ('integer[]', $$'{NULL}'$$), ('integer[]', $$'{{1,2},{3,4}}'$$),
    ('integer[]', $$'[0:1]={1,2}'$$), ('integer[]', $$array_fill(-2147483648, ARRAY[1000])$$),
    ('jsonb', 'NULL'), ('jsonb', $$'null'$$), ('jsonb', $$'""'$$),
    ('jsonb', $$(repeat('[', 1000) || repeat(']', 1000))::jsonb$$), ('jsonb', $$to_jsonb(repeat('ž', 20000))$$),
    ('jsonb', $$'[{"user_id": null}]'$$),
    ('inet', 'NULL'), ('inet', $$'::/0'$$), ('inet', $$'10.0.0.0/8'$$),
    ('bytea', 'NULL'), ('bytea', $$''$$), ('bytea', $$'\x00'$$), ('bytea', $$sha512('')$$),
    ('record', 'NULL'), ('record', 'NULL::rewards.points_events'), ('record', 'NULL::rewards.ledger_entries'),
    ('record', 'ROW()'), ('record', 'ROW(1, NULL)'),
    ('record', $$(SELECT e FROM rewards.ledger_entries AS e WHERE company_id = company('90a') LIMIT 1)$$),
    ('record', $$(SELECT c FROM pg_class AS c LIMIT 1)$$),
    ('record', $$jsonb_populate_record(NULL::rewards.points_events, '{"nonce": "x"}')$$),
    ('record', $$jsonb_populate_record(NULL::rewards.ledger_entries, '{"kind": "x"}')$$);

INSERT INTO odd VALUES
    ('boolean', 'NULL'), ('boolean', 'false'), ('bytea[]', 'NULL'), ('bytea[]', $$'{NULL}'$$), ('bytea[]', $$'{{"",""}}'$$),
    ('bytea[]', $$array_fill(sha256(''), ARRAY[1])$$), ('bytea[]', $$array_fill(sha256(''), ARRAY[65])$$),
    ('interval', 'NULL'), ('interval', $$'0'$$), ('interval', $$'-1 day'$$), ('interval', $$'1 month -31 days'$$),
    ('interval', $$'178956970 years 7 months 2147483647 days'$$), ('tid', 'NULL'), ('tid', $$'(4294967295,65535)'$$),
    ('regclass', 'NULL'), ('regclass', '0'), ('regclass', '4711'), ('regclass', $$'pg_class'$$), ('regclass', $$'pg_class_oid_index'$$),
    ('regclass', $$'pg_views'$$), ('regclass', $$'rewards.points_events'$$), ('regclass', $$'good'$$), ('oid', 'NULL'), ('oid', '4294967295'),
    ('name', 'NULL'), ('name', $$''$$), ('name', $$'id'$$), ('name', $$'"; DROP TABLE tenant_rows; --'$$), ('name', $$repeat('x', 63)$$),
    ('uuid[]', 'NULL'), ('uuid[]', $$'{}'$$), ('uuid[]', $$'{NULL}'$$), ('uuid[]', $$array_fill(offer('90a1'), ARRAY[2, 2])$$),
    ('uuid[]', $$array_fill(offer('90a1'), ARRAY[101])$$),
    ('bigint[]', 'NULL'), ('bigint[]', $$'{}'$$), ('bigint[]', $$'{1,2,NULL}'$$), ('bigint[]', $$'{{1,2}}'$$),
    ('regrole', 'NULL'), ('regrole', $$'-'$$), ('regrole', '4711'), ('regrole', 'session_user::regrole'),
    ('text[]', 'NULL'), ('text[]', $$'{NULL}'$$), ('text[]', $$'{{a,b},{c,d}}'$$), ('text[]', $$ARRAY[$a$'; \"$a$]$$);

-- The functions that anybody is meant to call, and their arguments.
CREATE TABLE arguments AS
SELECT proname AS function, number, coalesce(proargnames[number], '') AS argument, type::regtype AS type
  FROM pg_proc, unnest(proargtypes::oid[]) WITH ORDINALITY AS inputs (type, number)
 WHERE pronamespace = 'rewards'::regnamespace AND prorettype <> 'trigger'::regtype
   AND proname NOT IN ('install', 'migrate', 'grant_access') AND prokind = 'f'
   AND NOT 'internal'::regtype = ANY (proargtypes) AND proname !~ '^(isolation|doctor)_';

-- Every argument has a good value and every type its odd ones: a new function cannot be left out by mistake.
SELECT * FROM arguments WHERE argument NOT IN (SELECT argument FROM good) OR type NOT IN (SELECT type FROM odd);

-- A call of a function, with other expressions than the good ones where there are any.
CREATE FUNCTION call_of(called text, others jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT rewards.%I(%s)', called,
                  string_agg(format('%I => %s', argument, coalesce(others ->> argument, expression)),
                      ', ' ORDER BY number))
      FROM arguments JOIN good USING (argument) WHERE function = called
$$;

-- With a good value in every place, each function answers.
SELECT function, probe(call_of(function, '{}')) AS state
  FROM (SELECT rewards.set_company_context(:'company_a', 'till') OFFSET 0) AS context,
       (SELECT DISTINCT function FROM arguments) AS functions
 ORDER BY function;

-- All calls in which up to two arguments are odd.
CREATE TABLE calls AS
SELECT DISTINCT one.function, one.number <> other.number AS two,
       call_of(one.function, jsonb_build_object(one.argument, x.expression, other.argument, y.expression)) AS call
  FROM arguments AS one JOIN odd AS x USING (type)
  JOIN arguments AS other ON other.function = one.function AND other.number >= one.number
  JOIN odd AS y ON y.type = other.type
 WHERE one.number <> other.number OR x.expression = y.expression;
SELECT count(*) > 2000 AS many FROM calls;

-- With odd ones, each answers with success or with an error that is the caller's: never an internal one.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT function, string_agg(DISTINCT state, ' ' ORDER BY state) AS states
  FROM (SELECT function, probe(call) AS state FROM calls) AS answers
 GROUP BY function
 ORDER BY function;
ROLLBACK;

-- The same as a member, with one odd argument at a time.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT function, string_agg(DISTINCT state, ' ' ORDER BY state) AS states
  FROM (SELECT function, probe(call) AS state FROM calls WHERE NOT two) AS answers
 GROUP BY function
 ORDER BY function;
ROLLBACK;

-- The same without a context, as a back end.
GRANT SELECT ON calls TO regress_rewards_app;
SET ROLE regress_rewards_app;
SELECT function, string_agg(DISTINCT state, ' ' ORDER BY state) AS states
  FROM (SELECT function, probe(call) AS state FROM calls WHERE NOT two AND function <> 'set_company_context') AS answers
 GROUP BY function
 ORDER BY function;
RESET ROLE;

-- A context can be tried once in a transaction, so each call has its own.
CREATE TABLE states (state text);
CREATE PROCEDURE try_contexts() LANGUAGE plpgsql AS $$
DECLARE
    call text;
BEGIN
    FOR call IN SELECT c.call FROM calls AS c WHERE function = 'set_company_context' LOOP
        INSERT INTO states SELECT probe(call);
        COMMIT;
    END LOOP;
END $$;
CALL try_contexts();
SELECT string_agg(DISTINCT state, ' ' ORDER BY state) AS states, count(*) > 100 AS many FROM states;
DROP PROCEDURE try_contexts();
DROP TABLE states;

-- And where a refusal is raised.
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT function, string_agg(DISTINCT state, ' ' ORDER BY state) AS states
  FROM (SELECT function, probe(call) AS state FROM calls
         WHERE NOT two AND function IN ('award_points', 'deduct_points', 'submit_points_event', 'redeem_coupon',
                                          'redeem_coupons', 'restock_coupon', 'change_coupon_template', 'claim_coupon', 'hold_coupon', 'release_coupon')) AS answers
 GROUP BY function
 ORDER BY function;
ROLLBACK;

-- Null in one place at a time.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT function, argument AS null_argument, probe(call_of(function, jsonb_build_object(argument, 'NULL'))) AS state
  FROM arguments ORDER BY function, number;

-- Null in all places at once.
SELECT function, probe(call_of(function, jsonb_object_agg(argument, 'NULL'))) AS state
  FROM arguments GROUP BY function ORDER BY function;
ROLLBACK;

-- Bytes that are no text do not become text, in whatever way they come; nor does a zero byte.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT probe(format('SELECT rewards.award_points(%L, 1, %s)', :'member_1', text)) AS award,
       probe(format('SELECT rewards.redeem_coupon(%L, %L, %s)', :'member_1', offer('90a1'), text)) AS redeem,
       probe(format('SELECT rewards.claim_coupon(%s, %s)', text, text)) AS claim,
       probe(format('SELECT rewards.hash_coupon_code(%s)', text)) AS hash,
       probe(format('SELECT rewards.set_company_context(%L, %s)', :'company_a', text)) AS context,
       probe(format('SELECT rewards.uuidv5(%L, %s)', :'company_a', text)) AS v5, text
  FROM (VALUES ($$E'\xff'$$), ($$E'\xc5'$$), ($$E'\xe2\x82'$$), ($$E'\xc0\x80'$$), ($$E'\xed\xa0\x80'$$),
               ($$E'\xf4\x90\x80\x80'$$), ($$convert_from('\xff', 'UTF8')$$), ($$convert_from('\x00', 'UTF8')$$),
               ($$convert_from('\xff', 'SQL_ASCII')$$), ($$chr(0)$$), ($$E'\000'$$), ($$U&'\D800'$$)) AS texts (text);

-- Values of other types find no function.
SELECT state, call FROM (VALUES
    ('SELECT rewards.award_points(1, 1)'),
    ($$SELECT rewards.redeem_coupon(member('901'), offer('90a1'), '\x00'::bytea)$$),
    ($$SELECT rewards.claim_coupon('0000', 'till', '{}'::json)$$),
    ('SELECT rewards.calculate_user_points(1)'),
    ('SELECT rewards.set_company_context(1)'),
    ('SELECT rewards.award_points()'),
    ('SELECT rewards.uuidv7(1)'),
    ('SELECT rewards.refresh_user_points_cache(ARRAY[gen_random_uuid()])')) AS calls (call), attempt(call);
ROLLBACK;

-- Triggers

-- A trigger function is no function to call.
SELECT proname, state IN ('0A000', '39P01') AS refused
  FROM pg_proc, attempt(format('SELECT rewards.%I()', proname))
 WHERE pronamespace = 'rewards'::regnamespace AND prorettype = 'trigger'::regtype
 ORDER BY proname;

-- Nor one for other tables and other events: an error, and the server stays up.
CREATE TABLE other_table (id integer);
CREATE TABLE other_ledger (LIKE rewards.points_events INCLUDING ALL);
CREATE TABLE attachments AS
SELECT relation, definition, proname AS function
  FROM unnest('{other_table,other_ledger}'::text[]) AS relation,
       (VALUES ('BEFORE INSERT ON %s FOR EACH ROW'),
               ('AFTER INSERT ON %s FOR EACH ROW'),
               ('AFTER INSERT ON %s'),
               ('AFTER INSERT ON %s REFERENCING NEW TABLE AS new_events'),
               ('AFTER INSERT ON %s REFERENCING NEW TABLE AS other_name'),
               ('BEFORE UPDATE ON %s FOR EACH ROW'),
               ('AFTER UPDATE ON %s FOR EACH ROW'),
               ('BEFORE UPDATE ON %s'),
               ('AFTER UPDATE ON %s'),
               ('AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events'),
               ('BEFORE DELETE ON %s FOR EACH ROW'),
               ('AFTER DELETE ON %s FOR EACH ROW'),
               ('AFTER DELETE ON %s REFERENCING OLD TABLE AS old_events'),
               ('BEFORE TRUNCATE ON %s')) AS definitions (definition), pg_proc
 WHERE pronamespace = 'rewards'::regnamespace AND prorettype = 'trigger'::regtype;
CREATE FUNCTION attached(relation text, definition text, function text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    row_of text := CASE relation
        WHEN 'other_table' THEN '(id) VALUES (1)'
        ELSE $row$(user_id, company_id, event_type, event_time, points_delta)
                  VALUES (member('902'), company('90a'), 'x', now(), 1)$row$ END;
BEGIN
    EXECUTE format('INSERT INTO %s %s', relation, row_of);
    EXECUTE format('CREATE TRIGGER attached %s EXECUTE FUNCTION rewards.%I()', format(definition, relation), function);
    EXECUTE format('INSERT INTO %s %s', relation, row_of);
    EXECUTE format('UPDATE %s SET id = id', relation);
    EXECUTE format('DELETE FROM %s', relation);
    EXECUTE format('TRUNCATE %s', relation);
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE SQLSTATE WHEN 'UNDOX' THEN '00000' ELSE SQLSTATE END;
END $$;
SELECT count(*) > 100 AS attachments, count(*) FILTER (WHERE state LIKE 'XX%') AS internal_errors
  FROM attachments, attached(relation, definition, function) AS state;

-- What is inserted into another table moves no balance of ours.
BEGIN;
CREATE TRIGGER keep AFTER INSERT ON other_ledger REFERENCING NEW TABLE AS new_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION rewards.keep_balance();
SELECT count(*) AS attempts
  FROM attempt($$INSERT INTO other_ledger (user_id, company_id, event_type, event_time, points_delta, validation_status)
            VALUES (member('901'), company('90a'), 'x', now(), 1, 'validated')$$);
SELECT available_points FROM rewards.user_points_cache WHERE company_id = :'company_a';
ROLLBACK;

-- After all of that, in the same session, the books are as they were, and points, coupons and claims go on.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 1, NULL, 'key');
SELECT outcome, points_remaining, coupon_code FROM rewards.redeem_coupon(:'member_1', offer('90a1'), 'nonce') \gset c_
SELECT :'c_outcome' AS outcome, :c_points_remaining AS points_remaining;
SELECT outcome FROM rewards.claim_coupon(:'c_coupon_code', 'till');
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
SELECT available_points, (SELECT count(*) FROM rewards.points_events WHERE company_id = :'company_a') AS events
  FROM rewards.user_points_cache
 WHERE company_id = :'company_a';
COMMIT;
DROP TABLE good, odd, arguments, calls, other_table, other_ledger, attachments, tenant_rows;
DROP FUNCTION probe(text), call_of(text, jsonb), attached(text, text, text);
