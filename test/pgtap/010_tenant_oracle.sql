-- What can be learned of others without reading their rows? An answer about what somebody else has is the answer about
-- what nobody has; and no expression of an attacker, nor the planner, gets to see a row that a policy hides.
\ir tenant/two_companies.sql
SELECT * FROM no_plan();

-- Everything that has an id of its own.
CREATE TABLE attack.thing AS
    SELECT 'event ' || event_type AS kind, company_id, user_id, id, NULL AS code FROM rewards.points_events
    UNION ALL SELECT 'insight', company_id, user_id, id, NULL FROM rewards.fraud_insights
    UNION ALL SELECT 'coupon', company_id, issued_to, coupon_id, NULL FROM rewards.coupons
    UNION ALL SELECT 'template ' || template_name, company_id, NULL, id, NULL FROM rewards.coupon_templates
    UNION ALL SELECT 'batch', company_id, NULL, id, NULL FROM rewards.coupon_batches;
DELETE FROM attack.thing WHERE company_id NOT IN (:'acme', :'other');
INSERT INTO attack.thing VALUES ('nothing', NULL, NULL, gen_random_uuid());
DO $$
DECLARE
    company uuid;
BEGIN
    FOREACH company IN ARRAY ARRAY[attack.id('acme'), attack.id('other')] LOOP
        PERFORM rewards.set_company_context(company);
        UPDATE attack.thing SET code = c.coupon_code
          FROM rewards.coupon_templates t, LATERAL rewards.redeem_coupon(attack.id('bob'), t.id, 'fourth') AS c
         WHERE t.template_name = 'coffee' AND t.company_id = company AND c.coupon_id = thing.id;
        COMMIT;
    END LOOP;
END $$;
GRANT SELECT ON attack.thing TO PUBLIC;

-- All that a call answers, or the whole of its error; what it did is undone.
CREATE FUNCTION attack.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    detail text;
BEGIN
    EXECUTE format('SELECT count(*) || coalesce(%L || string_agg(t::text, %L), %L) FROM (%s) AS t', E'\n', E'\n', '', call) INTO answer;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN CASE SQLSTATE WHEN 'UNDOX' THEN answer ELSE concat_ws(' ', SQLSTATE, SQLERRM, detail) END;
END $$;
CREATE FUNCTION attack.as_staff(call text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT attack.answer($1)';
GRANT CREATE ON SCHEMA attack TO attack_admin;
ALTER FUNCTION attack.as_staff(text) OWNER TO attack_admin;
REVOKE CREATE ON SCHEMA attack FROM attack_admin;

-- Calls of every function that takes the id of a thing, about this one; on behalf of ann where a member is asked for.
CREATE FUNCTION attack.value(type oid, name text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE name WHEN 'decision' THEN $q$'approve'$q$ WHEN 'note' THEN 'NULL' WHEN 'actor' THEN 'NULL' ELSE
           CASE type::regtype::text WHEN 'text' THEN $q$'visit'$q$ WHEN 'bigint' THEN '1' WHEN 'boolean' THEN 'true'
                WHEN 'timestamp with time zone' THEN 'now()' ELSE format('NULL::%s', type::regtype) END END
$$;
CREATE FUNCTION attack.calls_about(about uuid) RETURNS TABLE (function name, call text) LANGUAGE sql STABLE AS $$
    SELECT p.proname, format('SELECT * FROM rewards.%I(%s)', p.proname, string_agg(quote_ident(p.proargnames[number]) || ' => ' ||
               CASE WHEN type = 'uuid'::regtype AND p.proargnames[number] ~ 'user' THEN quote_literal(attack.id('ann'))
                    WHEN type = 'uuid'::regtype THEN quote_literal(about)
                    ELSE attack.value(type, p.proargnames[number]) END, ', ' ORDER BY number))
      FROM pg_proc p, unnest(p.proargtypes::oid[]) WITH ORDINALITY AS argument (type, number)
     WHERE p.pronamespace = 'rewards'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'i'  -- what computes reads nothing
       AND (number <= p.pronargs - p.pronargdefaults OR type = 'uuid'::regtype)
     GROUP BY p.oid HAVING bool_or(type = 'uuid'::regtype AND p.proargnames[number] !~ 'user|company|namespace')
    UNION ALL
    SELECT function, format('SELECT * FROM rewards.%s(%L, %L)', function, coalesce(code, '0000-0000-0000-0000'), 'till')
      FROM attack.thing, unnest(ARRAY['claim_coupon', 'hold_coupon', 'release_coupon']) AS function WHERE id = about
$$;
CREATE VIEW attack.told AS
    SELECT function, t.kind, t.company_id, t.user_id,
           attack.as_staff(c.call) AS answer, replace(attack.as_staff(n.call), nothing.id::text, t.id::text) AS of_nothing
      FROM attack.thing t CROSS JOIN LATERAL attack.calls_about(t.id) AS c
      JOIN attack.thing nothing ON nothing.kind = 'nothing' AND t.kind <> 'nothing'
      JOIN LATERAL attack.calls_about(nothing.id) AS n USING (function);
CREATE FUNCTION attack.tells_nothing_of(who text, whose text, condition text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        SELECT is(string_agg(kind || ': ' || answer, ', ') FILTER (WHERE answer <> of_nothing), NULL,
                  format('%%s: %%s tells nothing of %%s %%s things', %L::text, function, count(*), %L::text))
          FROM attack.told WHERE %s GROUP BY function ORDER BY function $q$, who, whose, condition);
END $$;

BEGIN;
SELECT rewards.set_company_context(:'acme', 'clerk', 'admin') \g /dev/null
SELECT attack.tells_nothing_of('staff', 'another company''s', 'company_id = ' || quote_literal(:'other'));
SELECT is(ARRAY(SELECT DISTINCT function FROM attack.told WHERE company_id = :'acme' AND answer <> of_nothing ORDER BY function),
    ARRAY['claim_coupon',
          'coupon_batch_codes',
          'event_receipt',
          'explain_event',
          'hold_coupon',
          'issue_coupon_batch',
          'points_history',
          'redeem_coupon',
          'refund_points',
          'reissue_coupon_code',
          'release_coupon',
          'resolve_fraud_insight',
          'restock_coupon',
          'reveal_vendor_code',
          'review_points_event',
          'revoke_coupon',
          'revoke_coupon_batch',
          'validate_points_event']::name[], 'staff: of one''s own company''s things all of them tell something');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', :'ann', 'user') \g /dev/null
SELECT attack.tells_nothing_of('a member', 'another company''s', 'company_id = ' || quote_literal(:'other'));
SELECT attack.tells_nothing_of('a member', 'another member''s', format('company_id = %L AND user_id = %L', :'acme', :'bob'));
SELECT is(ARRAY(SELECT DISTINCT function FROM attack.told WHERE company_id = :'acme' AND answer <> of_nothing ORDER BY function),
    ARRAY['event_receipt', 'points_history', 'redeem_coupon', 'reveal_vendor_code']::name[], 'a member: of its own things they tell something');
COMMIT;

-- Expressions of an attacker see what the policies let through, wherever they stand and however cheap they claim to be.
CREATE TABLE attack.seen (company_id uuid, user_id uuid, points bigint);
GRANT INSERT, SELECT ON attack.seen TO PUBLIC;
CREATE FUNCTION attack.leak(company_id uuid, user_id uuid, points bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN INSERT INTO attack.seen VALUES (company_id, user_id, points); RETURN true; END $$;
CREATE FUNCTION attack.leaks(bigint, bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN INSERT INTO attack.seen SELECT company_id, user_id, $1 FROM attack.thing WHERE kind = 'event ' || $1; RETURN $1 < $2; END $$;
CREATE OPERATOR attack.<<< (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = attack.leaks, RESTRICT = scalarltsel);
-- An amount that the attacker's company, and the member, does not have.
INSERT INTO rewards.points_events (company_id, user_id, event_type, event_time, points_delta) VALUES
    (:'other', :'ann', '777', now(), 777), (:'acme', :'bob', '888', now(), 888);
INSERT INTO attack.thing SELECT 'event ' || event_type, company_id, user_id, id FROM rewards.points_events WHERE event_type IN ('777', '888');
ANALYZE rewards.points_events;
CREATE FUNCTION attack.run_as_staff(statement text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    EXECUTE statement;
    RETURN 'runs';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
GRANT CREATE ON SCHEMA attack TO attack_admin;
ALTER FUNCTION attack.run_as_staff(text) OWNER TO attack_admin;
REVOKE CREATE ON SCHEMA attack FROM attack_admin;
CREATE TABLE attack.leaky (name text, statement text);
INSERT INTO attack.leaky VALUES
    ('a cheap function in WHERE', 'SELECT FROM rewards.points_events e WHERE attack.leak(company_id, user_id, points_delta)'),
    ('a cheap function before a condition on company_id',
        'SELECT FROM rewards.points_events e WHERE attack.leak(company_id, user_id, points_delta) AND company_id IS NOT NULL'),
    ('a cheap function in JOIN', 'SELECT FROM rewards.user_points_cache a JOIN rewards.points_events e ON attack.leak(e.company_id, e.user_id, e.points_delta)'),
    ('a cheap function above a view', 'SELECT FROM rewards.ledger l WHERE attack.leak(company_id, user_id, version)'),
    ('a cheap function in a query for XML',
        $$ SELECT query_to_xml('SELECT FROM rewards.points_events WHERE attack.leak(company_id, user_id, points_delta)', true, true, '') $$),
    ('a cheap function in a sample', 'SELECT FROM rewards.points_events TABLESAMPLE system (100) WHERE attack.leak(company_id, user_id, points_delta)'),
    ('a cheap function in a scan by place', $$ SELECT FROM rewards.points_events WHERE ctid >= '(0,0)' AND attack.leak(company_id, user_id, points_delta) $$),
    ('a cheap function in COPY', $$ COPY (SELECT FROM rewards.points_events WHERE attack.leak(company_id, user_id, points_delta)) TO '/dev/null' $$),
    ('an operator that the planner tries on statistics', 'SELECT FROM rewards.points_events WHERE points_delta OPERATOR(attack.<<<) 0'),
    ('a division that fails on a hidden row', 'SELECT FROM rewards.points_events WHERE 1 / (points_delta - 777) = 0 OR 1 / (points_delta - 888) = 0');
GRANT pg_write_server_files TO attack_admin;
CREATE FUNCTION attack.check_leaks(who text, hidden text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    attempt attack.leaky;
    answer text;
    leaked bigint;
BEGIN
    FOR attempt IN SELECT * FROM attack.leaky LOOP
        answer := attack.run_as_staff(attempt.statement);
        EXECUTE 'SELECT count(*) FROM attack.seen WHERE ' || hidden INTO leaked;
        RETURN NEXT is(format('%s, %s hidden rows seen', answer, leaked), 'runs, 0 hidden rows seen', format('%s: %s', who, attempt.name));
        IF attempt.statement ~ 'leak' THEN
            RETURN NEXT isnt_empty('SELECT FROM attack.seen', '... and it sees the others');
        END IF;
        TRUNCATE attack.seen;
    END LOOP;
    RETURN NEXT is(attack.run_as_staff('SET LOCAL row_security = off; SELECT FROM rewards.points_events'), '42501', who || ': SET row_security = off');
    RETURN NEXT is(attack.as_staff($q$ SELECT FROM pg_stats WHERE schemaname = 'rewards' AND tablename = 'points_events' $q$), '0', who || ': pg_stats');
END $$;
BEGIN;
SELECT rewards.set_company_context(:'acme', 'clerk', 'admin') \g /dev/null
SELECT attack.check_leaks('staff', format('company_id <> %L', :'acme'));
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'acme', :'ann', 'user') \g /dev/null
SELECT attack.check_leaks('a member', format('company_id <> %L OR user_id <> %L', :'acme', :'ann'));
COMMIT;
SELECT isnt_empty($$ SELECT FROM pg_stats WHERE schemaname = 'rewards' AND tablename = 'points_events' $$, 'there are statistics');

SELECT * FROM finish();
\ir tenant/remove.sql
