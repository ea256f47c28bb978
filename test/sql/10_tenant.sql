-- The company context: set by its setter alone, sealed until the transaction ends, and the only way to rows.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000010a
\set company_b c0000000-0000-4000-8000-00000000010b
\set member_1 a0000000-0000-4000-8000-000000000101
\set member_2 a0000000-0000-4000-8000-000000000102
SELECT count(*) > 20 AS granted
  FROM rewards.grant_access(app => 'regress_rewards_app', admin => 'regress_rewards_admin');

-- Both companies have two members, a template on offer and one that is not, and a coupon; one member belongs to both.
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    is_active)
    VALUES
    (offer('10a1'), :'company_a', 'coffee', 10, 'product', 1, true),
    (offer('10a2'), :'company_a', 'past',   10, 'product', 1, false),
    (offer('10b1'), :'company_b', 'tea',    10, 'product', 1, true),
    (offer('10b2'), :'company_b', 'past',   10, 'product', 1, false);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 100, NULL, 'first');
SELECT outcome, balance FROM rewards.award_points(:'member_2', 200, NULL, 'first');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('10a1'), 'second');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 1000, NULL, 'first');
SELECT outcome, balance FROM rewards.award_points(member('103'), 3000, NULL, 'first');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('10b1'), 'second');
COMMIT;

-- What the role of the moment sees.
CREATE FUNCTION visible(OUT events bigint, OUT points numeric, OUT templates text, OUT coupons bigint,
    OUT nonces bigint)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT count(*) INTO events FROM rewards.points_events;
    SELECT coalesce(sum(available_points), 0) INTO points FROM rewards.user_points_cache;
    SELECT string_agg(template_name, ', ' ORDER BY template_name) INTO templates FROM rewards.coupon_templates;
    SELECT count(*) INTO coupons FROM rewards.coupons;
    SELECT count(*) INTO nonces FROM rewards.used_nonces;
END $$;

-- No context

-- Nobody who is held by row-level security sees a row, not even the owner of the tables.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.get_current_company_id() IS NULL AS no_company, rewards.get_current_user_id() IS NULL AS no_member;
SELECT * FROM visible();
SET LOCAL ROLE "regress_rewards Owner";
SELECT * FROM visible();
COMMIT;

-- Every function that reads or writes for a company asks for a context, whoever calls.
SELECT state, message, hint FROM attempt($$SELECT rewards.award_points(member('101'), 1)$$);
SELECT state, call FROM (VALUES
    ($$SELECT rewards.award_points(member('101'), 1)$$),
    ($$SELECT rewards.deduct_points(member('101'), 1)$$),
    ($$SELECT rewards.refresh_user_points_cache(member('101'))$$),
    ($$SELECT rewards.redeem_coupon(member('101'), offer('10a1'), 'n')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0001', 'till')$$),
    ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$)) AS calls (call), attempt(call);

-- Without a company there is no balance to ask for.
SELECT * FROM rewards.calculate_user_points(:'member_1');

-- The owner writes nothing without a context.
CREATE FUNCTION write_event(member uuid,
    company uuid DEFAULT rewards.get_current_company_id()) RETURNS void LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta)
         VALUES (member, company, 'x', now(), 1)$$;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT state, split_part(statement, E'\n', 1) AS statement FROM (VALUES
    ($$SELECT write_event(member('101'))$$),
    ($$INSERT INTO rewards.user_points_cache (user_id, company_id) VALUES (member('109'), company('10a'))$$)
    ) AS statements (statement), attempt(statement);
UPDATE rewards.coupon_templates SET points_cost = 0 RETURNING id;
DELETE FROM rewards.used_nonces RETURNING nonce;
ROLLBACK;

-- One company

-- Each sees its own.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a, rewards.get_current_user_id() IS NULL AS no_member;
SELECT * FROM visible();
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT * FROM visible();
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
COMMIT;

-- A company that has nothing sees nothing.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(company('10ff')) \gset
SELECT * FROM visible();
SELECT * FROM rewards.calculate_user_points(:'member_1');
COMMIT;

-- The owner, whom row-level security holds too, can neither write for another company nor reach its rows.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM visible();
SELECT state, split_part(statement, E'\n', 1) AS statement FROM (VALUES
    ($$SELECT write_event(member('101'), company('10b'))$$),
    ($$INSERT INTO rewards.user_points_cache (user_id, company_id) VALUES (member('109'), company('10b'))$$),
    ($$INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value)
       VALUES (company('10b'), 'x', 0, 'product', 1)$$),
    ($$INSERT INTO rewards.used_nonces (user_id, company_id, nonce, event_type, expires_at)
       VALUES (member('101'), company('10b'), 'x', 'x', now())$$),
    ($$INSERT INTO rewards.coupons (company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
                                    issued_points_cost, coupon_value_type, coupon_value)
       SELECT company('10b'), sha256(code_hash), key_slot, code_route, code_symbols, template_id, issued_to, 0,
              'product', 1
         FROM rewards.coupons$$),
    ($$UPDATE rewards.coupon_templates SET company_id = company('10b')$$),
    ($$UPDATE rewards.coupons SET company_id = company('10b')$$),
    ($$MERGE INTO rewards.coupon_templates USING (VALUES (1)) AS v ON false WHEN NOT MATCHED THEN
       INSERT (company_id, template_name, points_cost, coupon_value_type, coupon_value)
       VALUES (company('10b'), 'x', 0, 'product', 1)$$)
    ) AS statements (statement), attempt(statement);
UPDATE rewards.coupon_templates SET points_cost = 0 WHERE company_id = :'company_b' RETURNING id;
UPDATE rewards.coupons SET status = 'revoked' WHERE company_id = :'company_b' RETURNING status;
DELETE FROM rewards.used_nonces WHERE company_id = :'company_b' RETURNING nonce;
ROLLBACK;

-- The seal

-- The same context again is no other context, also spelled in another way.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
SELECT rewards.set_company_context(upper(:'company_a')::uuid, role => 'service', actor => 'till 1') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;

-- Another company, another actor and another role are.
SELECT rewards.set_company_context(:'company_b', 'till 1', 'service');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
SELECT state, call FROM (VALUES
    ($$SELECT rewards.set_company_context(company('10b'), 'till 1', 'service')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'till 2', 'service')$$),
    ($$SELECT rewards.set_company_context(company('10a'), NULL, 'service')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'till 1', 'admin')$$),
    ($$SELECT rewards.set_company_context(company('10a'), member('101'), 'user')$$)
    ) AS calls (call), attempt(call);

-- The refused calls have changed nothing.
SELECT rewards.get_current_company_id() = :'company_a' AS company_a, rewards.get_current_user_id() IS NULL AS no_member;
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
COMMIT;

-- A role that writes its own SQL cannot change or forge the context in any way that SQL has.
CREATE FUNCTION attack(statement text, OUT refused_with text, OUT company uuid,
    OUT other_company text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.set_company_context(company('10a'), 'x', 'service');
    SELECT state INTO refused_with FROM attempt(replace(statement, 'forged', company('10b') || ' service x'));
    company := rewards.get_current_company_id();
    SELECT state INTO other_company
      FROM attempt($call$SELECT rewards.set_company_context(company('10b'), 'x', 'service')$call$);
    IF company IS DISTINCT FROM rewards.get_current_company_id() THEN RAISE 'the company has changed'; END IF;
END $$;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT refused_with, company = :'company_a' AS still_a, other_company, statement FROM (VALUES
    ($$SET rewards.context = 'forged'$$),
    ($$SET LOCAL rewards.context = 'forged'$$),
    ($$SET rewards.context = ''$$),
    ($$SELECT set_config('rewards.context', 'forged', true)$$),
    ($$SELECT set_config('rewards.context', 'forged', false)$$),
    ($$SELECT set_config('rewards.context', NULL, true)$$),
    ($$RESET rewards.context$$),
    ($$SET rewards.context TO DEFAULT$$),
    ($$RESET ALL$$),
    ($$UPDATE pg_settings SET setting = 'forged' WHERE name = 'rewards.context'$$),
    ($$ALTER ROLE CURRENT_USER SET rewards.context = 'forged'$$),
    ($$ALTER ROLE CURRENT_USER SET rewards.context = ''$$),
    ($$CREATE FUNCTION pg_temp.f() RETURNS uuid LANGUAGE sql SET rewards.context = 'forged' AS ''$$),
    ($$LOAD 'pg_rewards'$$)) AS attacks (statement), attack(statement);
ROLLBACK;

-- Neither can a superuser, who may set every setting: only the setter's own value is accepted.
BEGIN;
SELECT refused_with, company = :'company_a' AS still_a, other_company, statement FROM (VALUES
    ($$SET rewards.context = 'forged'$$),
    ($$SET LOCAL rewards.context = 'forged'$$),
    ($$SET rewards.context = ''$$),
    ($$SET LOCAL rewards.context = ''$$),
    ($$SELECT set_config('rewards.context', 'forged', true)$$),
    ($$SELECT set_config('rewards.context', current_setting('rewards.context'), true)$$),
    ($$RESET ALL$$),
    ($$ALTER ROLE regress_rewards_app SET rewards.context = 'forged'$$),
    ($$CREATE FUNCTION pg_temp.f() RETURNS uuid LANGUAGE sql SET rewards.context = 'forged' AS ''$$)
    ) AS attacks (statement), attack(statement);

-- Nor is it reset. By which error differs between versions of the server.
SELECT refused_with <> '00000' AS refused, company = :'company_a' AS still_a, other_company, statement FROM (VALUES
    ($$RESET rewards.context$$),
    ($$SET rewards.context TO DEFAULT$$),
    ($$SET LOCAL rewards.context TO DEFAULT$$),
    ($$SELECT set_config('rewards.context', NULL, true)$$),
    ($$UPDATE pg_settings SET setting = NULL WHERE name = 'rewards.context'$$)) AS attacks (statement),
     attack(statement);
ROLLBACK;

-- A function's SET clause cannot bring a context that was noted elsewhere.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'x', 'service') \gset
SELECT state FROM attempt($$CREATE FUNCTION noted() RETURNS void LANGUAGE sql SET rewards.context FROM CURRENT AS ''$$);
COMMIT;

-- ROLLBACK TO a point before the context takes it away, and the seal stays.
BEGIN;
SAVEPOINT before;
SELECT rewards.set_company_context(:'company_a', 'x', 'service') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
ROLLBACK TO before;
SELECT rewards.get_current_company_id() AS none;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('10b'), 'x', 'service')$$);
SELECT state FROM attempt($$SET rewards.context = ''$$);
SELECT state FROM attempt($$SELECT rewards.award_points(member('101'), 1)$$);
SELECT rewards.get_current_company_id() AS none;

-- The same context may come back.
SELECT rewards.set_company_context(:'company_a', 'x', 'service') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('10b'), 'x', 'service')$$);
COMMIT;

-- ROLLBACK TO a point after the context leaves it; RELEASE keeps it.
BEGIN;
SAVEPOINT outer_point;
SELECT rewards.set_company_context(:'company_a', 'x', 'service') \gset
SAVEPOINT inner_point;
SELECT 1 / 0;
ROLLBACK TO inner_point;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
RELEASE outer_point;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;

-- A context that is set in a function with settings of its own outlives the function.
CREATE FUNCTION enter() RETURNS void LANGUAGE sql SET search_path = pg_catalog SET work_mem = '1MB'
    AS $$SELECT rewards.set_company_context(public.company('10a'), 'x', 'service')$$;
BEGIN;
SELECT enter() \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
DROP FUNCTION enter();

-- The end of the transaction

-- COMMIT, ROLLBACK, an error and COMMIT AND CHAIN clear context and seal; the next transaction takes another.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
COMMIT;
SELECT rewards.get_current_company_id() AS none;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT rewards.get_current_company_id() = :'company_b' AS company_b;
ROLLBACK;
SELECT rewards.get_current_company_id() AS none;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT 1 / 0;
COMMIT;
SELECT rewards.get_current_company_id() AS none;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
COMMIT AND CHAIN;
SELECT rewards.get_current_company_id() AS none;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
ROLLBACK AND CHAIN;
SELECT rewards.get_current_company_id() AS none;
COMMIT;

-- Outside of a transaction block the context ends with its statement.
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.get_current_company_id() AS none;

-- So it does at a COMMIT inside a procedure.
CREATE PROCEDURE two_companies() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.set_company_context(company('10a'));
    COMMIT;
    RAISE NOTICE 'between: %', coalesce(rewards.get_current_company_id()::text, 'none');
    PERFORM rewards.set_company_context(company('10b'));
    RAISE NOTICE 'then: %', rewards.get_current_company_id();
END $$;
CALL two_companies();
DROP PROCEDURE two_companies();
-- What it was given stays what it was, and what one expression gave before stays, too.
CREATE PROCEDURE keeps_argument(company uuid) LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
    PERFORM rewards.set_company_context(company('10b'));
    RAISE NOTICE 'now: %, given: %', rewards.get_current_company_id(), company;
END $$;
CREATE PROCEDURE companies_in_turn() LANGUAGE plpgsql AS $$
DECLARE
    seen uuid[];
BEGIN
    FOR turn IN 1..3 LOOP
        PERFORM rewards.set_company_context(company('10' || chr(96 + turn)));
        seen := seen || rewards.get_current_company_id();
        COMMIT;
    END LOOP;
    RAISE NOTICE 'in turn: %', seen;
    PERFORM rewards.set_company_context(company('10a'));
    CALL keeps_argument(rewards.get_current_company_id());
END $$;
CALL companies_in_turn();
DROP PROCEDURE companies_in_turn(), keeps_argument(uuid);

-- A failed setter seals nothing but what it was asked to.
BEGIN;
SELECT state FROM attempt($$SELECT rewards.set_company_context(company('10a'), '', 'service')$$);
SELECT rewards.set_company_context(:'company_b') \gset
SELECT rewards.get_current_company_id() = :'company_b' AS company_b;
COMMIT;

-- Read-only transactions have a context, too.
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT count(*) FROM rewards.points_events WHERE company_id = rewards.get_current_company_id();
COMMIT;

\set forged 'c0000000-0000-4000-8000-00000000010b service x'

-- A value that was set before the library was loaded, by whoever could, is not taken for a context.
SELECT state FROM attempt(format('ALTER DATABASE %I SET rewards.context = %L', current_database(), :'forged'));
\c
SET client_min_messages = error;
SELECT format('ALTER DATABASE %I SET rewards.context = %L', current_database(), :'forged') \gexec
\c
SET client_min_messages = error;
SELECT current_setting('rewards.context') AS placeholder;
SELECT rewards.get_current_company_id() AS none;
SELECT format('ALTER DATABASE %I RESET rewards.context', current_database()) \gexec
\c
SET client_min_messages = error;
BEGIN;
SET rewards.context = :'forged';
SET LOCAL rewards.context = 'c0000000-0000-4000-8000-00000000010a service y';
SELECT rewards.get_current_company_id() AS none;
COMMIT;
SELECT rewards.get_current_company_id() AS none;
\c
SET client_min_messages = error;
SET ROLE regress_rewards_app;
SET rewards.context = :'forged';
SELECT rewards.get_current_company_id() AS none;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'x') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
SELECT rewards.get_current_company_id() AS none;
RESET ROLE;
RESET client_min_messages;

-- Actors and roles

-- A context needs a company, a known role, and an actor that fits on a line.
SELECT rewards.set_company_context(NULL);
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.set_company_context(NULL, 'x', 'service')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'x', NULL)$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'x', '')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'x', 'root')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'x', 'Service')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'x', 'service ')$$),
    ($$SELECT rewards.set_company_context(company('10a'), '')$$),
    ($$SELECT rewards.set_company_context(company('10a'), repeat('x', 256))$$),
    ($$SELECT rewards.set_company_context(company('10a'), repeat('x', 10000))$$),
    ($$SELECT rewards.set_company_context(company('10a'), E'a\nb')$$),
    ($$SELECT rewards.set_company_context(company('10a'), E'a\tb')$$),
    ($$SELECT rewards.set_company_context(company('10a'), E'a\x7fb')$$),
    ($$SELECT rewards.set_company_context('no company')$$),
    ($$SELECT rewards.set_company_context(company('10a'), NULL, 'user')$$),
    ($$SELECT rewards.set_company_context(company('10a'), 'no uuid', 'user')$$),
    ($$SELECT rewards.set_company_context(company('10a'), '', 'user')$$)) AS calls (call), attempt(call);

-- The longest actor, spaces, quotes and letters of other alphabets are fine, and are what the ledger notes.
BEGIN;
SELECT rewards.set_company_context(:'company_a', repeat('x', 255)) \gset
SELECT event_id FROM rewards.award_points(:'member_2', 0) \gset
SELECT length(validated_by) FROM rewards.points_events WHERE id = :'event_id';
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', ' till 7 / "Žofie" user ', 'admin') \gset
SELECT event_id FROM rewards.award_points(:'member_2', 0) \gset
SELECT quote_literal(validated_by) AS actor FROM rewards.points_events WHERE id = :'event_id';
ROLLBACK;

-- Without an actor it is the role that logged in, whatever role is current.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT event_id FROM rewards.award_points(:'member_2', 0) \gset
SELECT validated_by = session_user AS logged_in FROM rewards.points_events WHERE id = :'event_id';
ROLLBACK;

-- A member sees itself alone, and the templates on offer.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT rewards.get_current_user_id() = :'member_1' AS member_1;
SELECT * FROM visible();
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
SELECT * FROM rewards.calculate_user_points(:'member_2');
COMMIT;
SELECT rewards.get_current_user_id() AS none;

-- A member's id may be written in any way that a UUID may.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', '{' || upper(:'member_2') || '}', 'user') \gset
SELECT rewards.get_current_user_id() = :'member_2' AS member_2;
SELECT * FROM visible();
COMMIT;

-- A member redeems for itself, and does nothing else.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.redeem_coupon(member('102'), offer('10a1'), 'n')$$),
    ($$SELECT rewards.award_points(member('101'), 1)$$),
    ($$SELECT rewards.deduct_points(member('101'), 1)$$),
    ($$SELECT rewards.refresh_user_points_cache(member('101'))$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'me')$$),
    ($$SELECT rewards.claim_coupon('0000-0000-0000-0001', 'me')$$),
    ($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$)) AS calls (call), attempt(call);
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_1', offer('10a1'), 'third');
ROLLBACK;

-- The owner, in a member's context, writes and reaches the member's rows alone.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state FROM attempt($$SELECT write_event(member('102'))$$);
SELECT state FROM attempt($$SELECT write_event(member('101'))$$);
DELETE FROM rewards.used_nonces WHERE user_id <> :'member_1' RETURNING user_id;
UPDATE rewards.coupon_templates SET is_active = true WHERE NOT is_active RETURNING template_name;
ROLLBACK;

-- Plans and workers

-- A statement that was planned for one company, or none, serves the next with the next one's rows.
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_rewards_admin;
PREPARE sums AS SELECT count(*) AS accounts, sum(available_points) AS points FROM rewards.user_points_cache;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
EXECUTE sums;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
EXECUTE sums;
COMMIT;
EXECUTE sums;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_2', 'user') \gset
EXECUTE sums;
COMMIT;
DEALLOCATE sums;
RESET plan_cache_mode;

-- Parallel workers have the context of their leader: they alone scan, and see the same rows.
SELECT count(*) AS forced
  FROM (SELECT set_config(name, 'on', false) FROM pg_settings
       WHERE name IN ('force_parallel_mode', 'debug_parallel_query')) AS settings;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
CREATE FUNCTION pg_temp.is_parallel(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json, COSTS off) ' || statement INTO plan;
    RETURN plan::text ~ '"Parallel Aware": true';
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT pg_temp.is_parallel('SELECT sum(points_delta) FROM rewards.points_events') AS parallel;
SELECT count(*) AS events, sum(points_delta) AS points, count(DISTINCT company_id) AS companies
  FROM rewards.points_events;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT count(*) AS events, sum(points_delta) AS points, count(DISTINCT company_id) AS companies
  FROM rewards.points_events;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT count(*) AS events, sum(points_delta) AS points, count(DISTINCT user_id) AS members FROM rewards.points_events;
SELECT template_name FROM rewards.coupon_templates ORDER BY 1;
COMMIT;
SELECT count(*) AS events FROM rewards.points_events;
RESET ROLE;

-- The context itself reaches a worker, not only the policies' answer.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT pg_temp.is_parallel('SELECT DISTINCT rewards.get_current_company_id() FROM rewards.points_events') AS parallel;
SELECT DISTINCT rewards.get_current_company_id() = :'company_a' AS company_a,
       rewards.get_current_user_id() = :'member_1' AS member_1
  FROM rewards.points_events WHERE company_id = :'company_b';
COMMIT;
\c

-- Nothing above has changed the books of either company.
SELECT company_id = :'company_a' AS company_a, user_id, available_points FROM rewards.user_points_cache
 WHERE company_id IN (:'company_a', :'company_b') ORDER BY company_id, user_id;
DROP FUNCTION attack(text);
DROP FUNCTION visible();
DROP FUNCTION write_event(uuid, uuid);
