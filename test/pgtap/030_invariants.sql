-- A random walk through the calls, and through SQL by hand, beside a model of what ought to happen: every outcome is
-- foretold, and at the end the books agree with the model and with themselves. To repeat a walk: psql -v seed=...
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SET search_path = public;
SET synchronous_commit = off;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
\if :{?seed}
\else
SELECT random() AS seed \gset
\endif
SELECT plan(15);
\echo # seed: :seed
SELECT setseed(:seed) \g /dev/null

-- The model

CREATE TEMP TABLE account (company uuid, member uuid, available bigint NOT NULL DEFAULT 0, pending bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (company, member));
CREATE TEMP TABLE template (company uuid, id uuid PRIMARY KEY DEFAULT gen_random_uuid(), cost bigint, most int, is_active boolean DEFAULT true);
CREATE TEMP TABLE used (company uuid, member uuid, nonce text, request text, answer text, PRIMARY KEY (company, member, nonce));
CREATE TEMP TABLE coupon (company uuid, member uuid, template uuid, code text PRIMARY KEY, is_open boolean DEFAULT true);
CREATE TEMP TABLE walked (step int, kind text, expected text, got text);

-- The same members in two companies.
INSERT INTO account SELECT company, member
    FROM (SELECT gen_random_uuid() AS company FROM generate_series(1, 2)) AS c, (SELECT gen_random_uuid() AS member FROM generate_series(1, 3)) AS m;
INSERT INTO template (company, cost, most)
    SELECT company, cost, most FROM (SELECT DISTINCT company FROM account) AS c, (VALUES (0, 2), (10, NULL), (20, 3), (90, NULL)) AS t (cost, most);
DO $$ DECLARE c uuid; BEGIN
    FOR c IN SELECT DISTINCT company FROM template LOOP
        PERFORM rewards.set_company_context(c);
        INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, max_redemptions_per_user)
            SELECT id, 'offer', cost, 'product', 1, most FROM template WHERE company = c;
        COMMIT;
    END LOOP;
END $$;

CREATE FUNCTION pg_temp.draw(most bigint) RETURNS bigint LANGUAGE sql AS 'SELECT floor(random() * most)::bigint';
CREATE FUNCTION pg_temp.draw_nonce() RETURNS text LANGUAGE sql AS $$ SELECT 'nonce ' || pg_temp.draw(40) $$;
CREATE FUNCTION pg_temp.add(a account, points bigint, pending_points bigint DEFAULT 0) RETURNS void LANGUAGE sql AS
    'UPDATE pg_temp.account SET available = available + points, pending = pending + pending_points WHERE (company, member) = (a.company, a.member)';

-- What a nonce that has been used gives; null: it has not.
CREATE FUNCTION pg_temp.foretold(a account, nonce text, request text, balance bigint) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN used.request = foretold.request THEN used.answer || ' replayed' ELSE format('nonce_conflict %s', balance) END
      FROM pg_temp.used WHERE (used.company, used.member, used.nonce) = (a.company, a.member, foretold.nonce) $$;

-- Each step returns what was foretold, and what came.

CREATE FUNCTION pg_temp.change_points(a account, sign int, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    points bigint := 1 + pg_temp.draw(60);
    key text := CASE WHEN random() < 0.5 THEN pg_temp.draw_nonce() END;
    done text := CASE sign WHEN 1 THEN 'awarded' ELSE 'deducted' END;
    request text := format('%s %s', done, points);
BEGIN
    expected := pg_temp.foretold(a, key, request, a.available);
    IF expected IS NULL AND a.available + sign * points < 0 THEN
        expected := format('insufficient_points %s', a.available);
    ELSIF expected IS NULL THEN
        expected := format('%s %s', done, a.available + sign * points);
        INSERT INTO pg_temp.used SELECT a.company, a.member, key, request, expected WHERE key IS NOT NULL;
        PERFORM pg_temp.add(a, sign * points);
    END IF;
    IF sign = 1 THEN
        SELECT concat_ws(' ', outcome, balance, CASE WHEN replayed THEN 'replayed' END) INTO got
          FROM rewards.award_points(a.member, points, 'walk', key);
    ELSE
        SELECT concat_ws(' ', outcome, balance, CASE WHEN replayed THEN 'replayed' END) INTO got
          FROM rewards.deduct_points(a.member, points, 'walk', key);
    END IF;
END $$;
CREATE FUNCTION pg_temp.try_award(a account, OUT expected text, OUT got text) LANGUAGE sql AS 'SELECT * FROM pg_temp.change_points(a, 1)';
CREATE FUNCTION pg_temp.try_deduct(a account, OUT expected text, OUT got text) LANGUAGE sql AS 'SELECT * FROM pg_temp.change_points(a, -1)';

-- Of this company's templates as a rule, of another one's or of none now and then.
CREATE FUNCTION pg_temp.try_redeem(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    t template;
    redeem_nonce text := pg_temp.draw_nonce();
    request text;
    code text;
BEGIN
    SELECT * INTO t FROM pg_temp.template WHERE (company = a.company) = (random() < 0.95) ORDER BY random() LIMIT 1;
    IF random() < 0.03 THEN t := (a.company, gen_random_uuid(), 1, NULL, true); END IF;
    request := format('redeem %s', t.id);
    SELECT concat_ws(' ', outcome, points_remaining, coupon_code, CASE WHEN replayed THEN 'replayed' END), coupon_code INTO got, code
      FROM rewards.redeem_coupon(a.member, t.id, redeem_nonce);
    expected := pg_temp.foretold(a, redeem_nonce, request, a.available);
    IF expected IS NOT NULL THEN RETURN; END IF;
    expected := concat_ws(' ', CASE
        WHEN NOT EXISTS (SELECT FROM pg_temp.template WHERE (company, id) = (a.company, t.id)) THEN 'template_not_found'
        WHEN NOT t.is_active THEN 'template_inactive'
        WHEN (SELECT count(*) FROM pg_temp.coupon c WHERE (c.company, c.member, c.template) = (a.company, a.member, t.id)) >= t.most THEN 'limit_reached'
        WHEN a.available < t.cost THEN 'insufficient_points' END, a.available);
    IF expected = a.available::text THEN
        expected := concat_ws(' ', 'redeemed', a.available - t.cost, code);
        INSERT INTO pg_temp.used VALUES (a.company, a.member, redeem_nonce, request, expected);
        INSERT INTO pg_temp.coupon VALUES (a.company, a.member, t.id, code);
        PERFORM pg_temp.add(a, -t.cost);
    END IF;
END $$;

-- Typed as people type; one symbol wrong, now and then.
CREATE FUNCTION pg_temp.try_claim(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    c coupon;
    typed text;
BEGIN
    SELECT * INTO c FROM pg_temp.coupon ORDER BY is_open DESC, random() LIMIT 1 OFFSET pg_temp.draw(4);
    IF NOT FOUND THEN RETURN; END IF;
    typed := (ARRAY[c.code, lower(c.code), replace(c.code, '-', ''), replace(c.code, '-', ' '), translate(c.code, '01', 'Ol')])[1 + pg_temp.draw(5)];
    IF random() < 0.1 THEN
        typed := overlay(c.code PLACING CASE left(c.code, 1) WHEN 'X' THEN 'Y' ELSE 'X' END FROM 1);
        expected := 'malformed';
    ELSIF c.is_open AND c.company = a.company THEN
        expected := 'claimed';
        UPDATE pg_temp.coupon SET is_open = false WHERE code = c.code;
    ELSE
        expected := 'not_redeemable';
    END IF;
    -- A claimer for each: codes of the other company are guesses, and guessers have to wait.
    SELECT outcome INTO got FROM rewards.claim_coupon(typed, 'till ' || gen_random_uuid());
END $$;

-- One statement, of which it is the sum for each account that counts.
CREATE FUNCTION pg_temp.try_insert(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    b account;
    x bigint := pg_temp.draw(40);
    y bigint := pg_temp.draw(50);
    z bigint := 20 - pg_temp.draw(50);
    p bigint := pg_temp.draw(20) - 5;
BEGIN
    SELECT * INTO b FROM pg_temp.account WHERE company = a.company AND member <> a.member ORDER BY random() LIMIT 1;
    expected := CASE WHEN a.available + x - y < 0 OR b.available + z < 0 THEN '23514' ELSE 'inserted' END;
    INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) VALUES
        (a.member, 'by hand', now(), -y, 'validated'), (b.member, 'by hand', now(), z, 'validated'),
        (a.member, 'by hand', now(), x, 'validated'), (a.member, 'by hand', now(), p, 'pending_review'), (b.member, 'by hand', now(), 1000, 'rejected');
    got := 'inserted';
    PERFORM pg_temp.add(a, x - y, p), pg_temp.add(b, z);
EXCEPTION WHEN check_violation THEN got := SQLSTATE;
END $$;

CREATE FUNCTION pg_temp.try_review(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    e rewards.points_events;
    decision text := (ARRAY['validated', 'rejected', 'flagged'])[1 + pg_temp.draw(3)];
    is_late boolean := random() < 0.3;
BEGIN
    SELECT * INTO e FROM rewards.points_events WHERE (company_id, user_id) = (a.company, a.member)
     ORDER BY (validation_status IN ('validated', 'rejected')) = is_late DESC, random() LIMIT 1;
    IF NOT FOUND THEN RETURN; END IF;
    expected := CASE
        WHEN e.validation_status = decision THEN decision
        WHEN e.validation_status IN ('validated', 'rejected') THEN '23001'
        WHEN decision = 'validated' AND a.available + e.points_delta < 0 THEN '23514'
        ELSE decision END;
    UPDATE rewards.points_events SET validation_status = decision WHERE (user_id, id) = (e.user_id, e.id);
    got := decision;
    IF e.validation_status <> decision AND decision <> 'flagged' THEN
        PERFORM pg_temp.add(a, CASE decision WHEN 'validated' THEN e.points_delta ELSE 0 END, -e.points_delta);
    END IF;
EXCEPTION WHEN check_violation OR restrict_violation THEN got := SQLSTATE;
END $$;

CREATE FUNCTION pg_temp.try_refresh(a account, OUT expected text, OUT got text) LANGUAGE sql AS
    'SELECT a.available::text, rewards.refresh_user_points_cache(a.member)::text';

-- A new price, on offer or not.
CREATE FUNCTION pg_temp.try_template(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
DECLARE
    t template;
BEGIN
    UPDATE pg_temp.template SET cost = pg_temp.draw(50), is_active = random() < 0.8
     WHERE id = (SELECT id FROM pg_temp.template WHERE company = a.company ORDER BY random() LIMIT 1) RETURNING * INTO t;
    UPDATE rewards.coupon_templates SET points_cost = t.cost, is_active = t.is_active WHERE id = t.id;
END $$;

CREATE FUNCTION pg_temp.try_raise(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
BEGIN
    expected := 'PT402';
    SET LOCAL rewards.on_refusal = 'raise';
    PERFORM rewards.deduct_points(a.member, a.available + 1);
EXCEPTION WHEN OTHERS THEN got := SQLSTATE;
END $$;

-- A call that succeeds, and is rolled back to a savepoint.
CREATE FUNCTION pg_temp.try_undo(a account, OUT expected text, OUT got text) LANGUAGE plpgsql AS $$
BEGIN
    expected := 'undone';
    PERFORM rewards.award_points(a.member, 1000, NULL, pg_temp.draw_nonce());
    RAISE triggered_action_exception;
EXCEPTION WHEN triggered_action_exception THEN got := 'undone';
END $$;

CREATE PROCEDURE pg_temp.walk(steps int) LANGUAGE plpgsql AS $$
DECLARE
    kinds text[] := '{award,award,award,deduct,deduct,redeem,redeem,redeem,redeem,claim,claim,insert,insert,review,review,refresh,template,raise,undo}';
    kind text;
    a pg_temp.account;
BEGIN
    FOR step IN 1 .. steps LOOP
        kind := kinds[1 + pg_temp.draw(cardinality(kinds))];
        SELECT * INTO a FROM pg_temp.account ORDER BY random() LIMIT 1;
        PERFORM rewards.set_company_context(a.company, 'walker');
        EXECUTE format('INSERT INTO pg_temp.walked SELECT %s, %L, t.* FROM pg_temp.try_%s($1) AS t', step, kind, kind) USING a;
        COMMIT;
    END LOOP;
END $$;
CALL pg_temp.walk(1500);

-- Where it led

CREATE TEMP VIEW our_account AS SELECT * FROM rewards.user_points_cache WHERE company_id IN (SELECT company FROM account);
CREATE TEMP VIEW our_event AS SELECT * FROM rewards.points_events WHERE company_id IN (SELECT company FROM account);
CREATE TEMP VIEW our_coupon AS SELECT * FROM rewards.coupons WHERE company_id IN (SELECT company FROM account);
CREATE TEMP VIEW our_nonce AS SELECT * FROM rewards.used_nonces WHERE company_id IN (SELECT company FROM account);

SELECT is_empty('SELECT * FROM walked WHERE expected IS DISTINCT FROM got ORDER BY step LIMIT 10', 'every outcome was foretold');
SELECT set_has($$ SELECT kind, substring(got FROM '^\w+') FROM walked $$, $$ VALUES
    ('award', 'awarded'), ('award', 'nonce_conflict'), ('deduct', 'deducted'), ('deduct', 'insufficient_points'), ('deduct', 'nonce_conflict'),
    ('redeem', 'redeemed'), ('redeem', 'insufficient_points'), ('redeem', 'template_not_found'), ('redeem', 'template_inactive'),
    ('redeem', 'limit_reached'), ('redeem', 'nonce_conflict'), ('claim', 'claimed'), ('claim', 'not_redeemable'), ('claim', 'malformed'),
    ('insert', 'inserted'), ('insert', '23514'), ('review', 'validated'), ('review', 'rejected'), ('review', 'flagged'), ('review', '23001'),
    ('raise', 'PT402'), ('undo', 'undone') $$, 'the walk came everywhere');
SELECT cmp_ok((SELECT count(*) FROM walked WHERE got LIKE 'redeemed % replayed'), '>', 0::bigint, 'also where codes are given again');

SELECT bag_eq('SELECT company_id, user_id, available_points, pending_points FROM our_account',
    'SELECT company, member, available, pending FROM account', 'every balance is that of the model');
SELECT is_empty($$ SELECT user_id FROM our_account a LEFT JOIN our_event e USING (user_id, company_id) GROUP BY user_id, company_id,
        available_points, pending_points, lifetime_earned, lifetime_spent
    HAVING (available_points, pending_points, lifetime_earned, lifetime_spent) IS DISTINCT FROM (
        coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0),
        coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0),
        coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0),
        coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0)) $$,
    'and the sum of its events');
SELECT is_empty('SELECT user_id FROM our_account WHERE available_points < 0 OR available_points <> lifetime_earned - lifetime_spent',
    'none is negative, and earned less spent is what is there');
SELECT is_empty($$ SELECT a.user_id FROM our_account a WHERE NOT EXISTS (SELECT FROM our_event e WHERE (e.user_id, e.company_id, e.id) = (a.user_id, a.company_id, a.last_event_id)) $$,
    'each account knows an event of its own as the last');
SELECT bag_eq('SELECT company_id, user_id, nonce FROM our_nonce', 'SELECT company, member, nonce FROM used',
    'a nonce is used by what was done, and by nothing that was refused or undone');
SELECT bag_eq('SELECT company_id, user_id, nonce FROM our_nonce', 'SELECT company_id, user_id, nonce FROM our_event WHERE nonce IS NOT NULL',
    'and there is one event for each');
SELECT bag_eq($$ SELECT company_id, issued_to, coupon_id::text, issued_points_cost FROM our_coupon $$,
    $$ SELECT company_id, user_id, related_entity_id, -points_delta FROM our_event WHERE event_type = 'coupon_redemption' $$,
    'each coupon was paid, once');
SELECT bag_eq('SELECT company_id, issued_to, template_id, status FROM our_coupon',
    $$ SELECT company, member, template, CASE WHEN is_open THEN 'issued' ELSE 'redeemed' END FROM coupon $$, 'the coupons are those of the model, used or not');
SELECT is((SELECT count(DISTINCT code_hash) FROM our_coupon), (SELECT count(*) FROM coupon), 'no two have one code');

-- One company's codes lead to its coupons, and another's do not.
BEGIN;
SELECT rewards.set_company_context((SELECT min(company::text)::uuid FROM account)) \g /dev/null
SELECT results_eq('SELECT rewards.hash_coupon_code(code) FROM coupon WHERE company = rewards.get_current_company_id() ORDER BY 1',
    'SELECT code_hash FROM our_coupon WHERE company_id = rewards.get_current_company_id() ORDER BY 1', 'a code leads to its coupon by its hash');
SELECT is_empty('SELECT FROM our_coupon, coupon WHERE company <> rewards.get_current_company_id() AND code_hash = rewards.hash_coupon_code(code)',
    'which is another one in another company');
COMMIT;
SELECT is_empty($$ SELECT FROM coupon,
        (SELECT c::text FROM our_coupon c UNION ALL SELECT e::text FROM our_event e UNION ALL SELECT n::text FROM our_nonce n) AS line (content)
    WHERE strpos(content, code) > 0 OR strpos(content, replace(code, '-', '')) > 0 $$, 'and the code itself is in no table');

SELECT * FROM finish();
