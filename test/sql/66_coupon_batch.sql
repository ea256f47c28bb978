-- Bearer coupons: codes for leaflets, in batches that are issued step by step.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000660a
\set company_b c0000000-0000-4000-8000-00000000660b
\set member a0000000-0000-4000-8000-000000006601
\set leaflet b0000000-0000-4000-8000-0000000066a1
\set limited b0000000-0000-4000-8000-0000000066a2
\set long b0000000-0000-4000-8000-0000000066a3
\set past b0000000-0000-4000-8000-0000000066a4
\set vendor b0000000-0000-4000-8000-0000000066a5
\set summer b0000000-0000-4000-8000-0000000066a6
\set leaflet_of_b b0000000-0000-4000-8000-0000000066b1
\set no_such 00000000-0000-4000-8000-000000000066

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    is_active, high_value, expires_after_days, coupons_expire_at, total_stock, vendor_codes)
    VALUES
    (:'leaflet',      :'company_a', 'leaflet',     10, 'fixed_amount', 5,  false, false, 30,   NULL,                         NULL, false),
    (:'limited',      :'company_a', 'limited',     10, 'percentage',   10, true,  false, NULL, NULL,                         100,  false),
    (:'long',         :'company_a', 'long',        10, 'product',      1,  true,  true,  NULL, NULL,                         NULL, false),
    (:'past',         :'company_a', 'past',        10, 'product',      1,  true,  false, NULL, now() - interval '1 day',     NULL, false),
    (:'vendor',       :'company_a', 'vendor',      10, 'product',      1,  true,  false, NULL, NULL,                         NULL, true),
    (:'summer',       :'company_a', 'summer',      10, 'product',      1,  true,  false, 3650, '2100-01-01 00:00:00+00', NULL, false),
    (:'leaflet_of_b', :'company_b', 'leaflet',     10, 'fixed_amount', 5,  true,  false, NULL, NULL,                         NULL, false);

CREATE FUNCTION pg_temp.enter(company uuid, role text DEFAULT 'admin') RETURNS void LANGUAGE sql AS
    $$ SELECT rewards.set_company_context(company, CASE role WHEN 'user' THEN 'a0000000-0000-4000-8000-000000006601' ELSE 'ann' END, role) $$;
CREATE FUNCTION pg_temp.attempt(statement text) RETURNS TABLE (state text, message text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'none', '', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END $$;
CREATE FUNCTION pg_temp.masked(call text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(call, '[0-9a-f-]{36}', 'id') $$;
CREATE VIEW pg_temp.stock AS
    SELECT template_id, sum(allotted) AS allotted, sum(taken) AS taken FROM rewards.coupon_stock GROUP BY template_id;

-- Begin

-- A batch fixes what its coupons promise. Nobody can redeem the template, which is no matter.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT outcome, replayed, batch_id AS leaflets FROM rewards.begin_coupon_batch(:'leaflet', 25, 'spring leaflets') \gset l_
SELECT :'l_outcome' AS outcome, :'l_replayed' AS replayed;
COMMIT;
SELECT label, template_id = :'leaflet' AS of_template, quantity, issued, coupon_value_type, coupon_value, code_symbols, stock_stripe,
       expires_at - created_at AS lives, created_by, revoked_at
  FROM rewards.coupon_batches WHERE id = :'l_leaflets';

-- Whoever lost the answer asks again; another batch needs another label.
BEGIN;
SELECT pg_temp.enter(:'company_a', 'service') \gset
SELECT outcome, batch_id = :'l_leaflets' AS the_same, replayed FROM rewards.begin_coupon_batch(:'leaflet', 25, 'spring leaflets');
SELECT outcome, batch_id, replayed FROM rewards.begin_coupon_batch(:'leaflet', 26, 'spring leaflets');
SELECT outcome, batch_id, replayed FROM rewards.begin_coupon_batch(:'long', 25, 'spring leaflets');
SELECT outcome, batch_id, replayed FROM rewards.begin_coupon_batch(:'leaflet', 25, 'spring leaflets', '2090-01-01');
COMMIT;
SELECT count(*) FROM rewards.coupon_batches WHERE company_id = :'company_a';

-- Of another company it is not known, and the label is free there.
BEGIN;
SELECT pg_temp.enter(:'company_b') \gset
SELECT outcome, replayed FROM rewards.begin_coupon_batch(:'leaflet_of_b', 3, 'spring leaflets');
SELECT outcome FROM rewards.begin_coupon_batch(:'leaflet', 3, 'of a');
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets');
SELECT * FROM rewards.revoke_coupon_batch(:'l_leaflets', 'not ours');
SELECT * FROM pg_temp.attempt(format('SELECT rewards.coupon_batch_codes(%L)', :'l_leaflets'));
COMMIT;

-- Coupons that would have expired are not begun; nor is a batch in a vendor's name.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT outcome FROM rewards.begin_coupon_batch(:'past', 3, 'too late');
SELECT outcome FROM rewards.begin_coupon_batch(:'leaflet', 3, 'too late', now() - interval '1 minute');
SELECT outcome FROM rewards.begin_coupon_batch(:'no_such', 3, 'too late');
SELECT outcome, batch_id AS summer FROM rewards.begin_coupon_batch(:'summer', 3, 'until the end') \gset s_
SELECT outcome, batch_id AS sooner FROM rewards.begin_coupon_batch(:'summer', 3, 'sooner', '2090-01-01 00:00:00+00') \gset s_
SELECT label, expires_at AT TIME ZONE 'UTC' < '2100-01-01' AS by_days FROM rewards.coupon_batches WHERE id IN (:'s_summer', :'s_sooner') ORDER BY 1;
SELECT pg_temp.masked(calls.call) AS call, attempt.* FROM (VALUES
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L)', :'vendor', 'theirs')),
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L, %L)', :'summer', 'later', '2101-01-01')),
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L, %L)', :'summer', 'later', 'infinity')),
    (format('SELECT rewards.begin_coupon_batch(%L, 0, %L)', :'leaflet', 'none')),
    (format('SELECT rewards.begin_coupon_batch(%L, 100000001, %L)', :'leaflet', 'too many')),
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L)', :'leaflet', '')),
    (format('SELECT rewards.begin_coupon_batch(%L, 3, NULL)', :'leaflet')),
    (format('SELECT rewards.issue_coupon_batch(%L, 0)', :'l_leaflets')),
    (format('SELECT rewards.issue_coupon_batch(%L, 1000001)', :'l_leaflets')),
    (format('SELECT rewards.coupon_batch_codes(%L, -1)', :'l_leaflets')),
    (format('SELECT rewards.coupon_batch_codes(%L, 0, 0)', :'l_leaflets')),
    (format('SELECT rewards.revoke_coupon_batch(%L, %L)', :'l_leaflets', ''))) AS calls (call), pg_temp.attempt(call);
COMMIT;

-- Members have no business with it.
BEGIN;
SELECT pg_temp.enter(:'company_a', 'user') \gset
SELECT pg_temp.masked(calls.call) AS call, state, message FROM (VALUES
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L)', :'leaflet', 'mine')),
    (format('SELECT rewards.issue_coupon_batch(%L)', :'l_leaflets')),
    (format('SELECT rewards.coupon_batch_codes(%L)', :'l_leaflets')),
    (format('SELECT rewards.revoke_coupon_batch(%L, %L)', :'l_leaflets', 'mine'))) AS calls (call), pg_temp.attempt(call);
COMMIT;

-- Issue

-- Step by step, each a transaction, until none remain; then there is nothing to do.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets', 10);
ROLLBACK;
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets', 10);
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets', 10);
COMMIT;
SELECT issued, updated_at > created_at AS is_later FROM rewards.coupon_batches WHERE id = :'l_leaflets';
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets');
SELECT * FROM rewards.issue_coupon_batch(:'l_leaflets');
SELECT * FROM rewards.issue_coupon_batch(:'no_such');
COMMIT;

-- Numbered without a gap, in the order of their ids, held by the batch, and paid by nobody.
SELECT count(*), min(batch_number), max(batch_number), count(DISTINCT batch_number) AS numbers, count(DISTINCT code_hash) AS codes,
       array_agg(batch_number ORDER BY coupon_id) = array_agg(batch_number ORDER BY batch_number) AS in_order
  FROM rewards.coupons WHERE batch_id = :'l_leaflets';
SELECT DISTINCT company_id = :'company_a' AS company_a, issued_to = batch_id AS of_batch, template_id = :'leaflet' AS of_template,
       issued_points_cost, points_event_id, stock_stripe, status, coupon_value_type, coupon_value, code_symbols,
       expires_at - (SELECT created_at FROM rewards.coupon_batches WHERE id = batch_id) AS lives
  FROM rewards.coupons WHERE batch_id = :'l_leaflets';

-- Codes

-- They leave by COPY. The same again, and in parts, gives the same.
CREATE TEMP TABLE code (number integer, coupon_id uuid, coupon_code text, expires_at timestamptz);
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
COPY (SELECT number, 'masked' FROM rewards.coupon_batch_codes(:'l_leaflets', 22)) TO STDOUT;
INSERT INTO code SELECT * FROM rewards.coupon_batch_codes(:'l_leaflets', 0, 20);
INSERT INTO code SELECT * FROM rewards.coupon_batch_codes(:'l_leaflets', 20, 20);
SELECT count(*) FROM (SELECT * FROM rewards.coupon_batch_codes(:'l_leaflets') EXCEPT SELECT * FROM code) AS difference;
SELECT count(*) FROM rewards.coupon_batch_codes(:'l_leaflets', 25);
SELECT count(*), count(DISTINCT coupon_code) AS codes, bool_and(coupon_code ~ '^00[0-9A-HJKMNP-TV-Z]{2}(-[0-9A-HJKMNP-TV-Z]{4}){3}$') AS well_formed,
       bool_and(rewards.hash_coupon_code(coupon_code) = code_hash) AS of_their_coupons, bool_and(number = batch_number) AS numbered,
       bool_and(code.expires_at = coupons.expires_at) AS expire_as_said
  FROM code JOIN rewards.coupons USING (coupon_id);
COMMIT;

-- Who took them is on record, and not what they are.
SELECT action, actor, new - 'batch_id' AS new, new ->> 'batch_id' = :'l_leaflets' AS this_batch FROM rewards.audit_log
 WHERE company_id = :'company_a' AND action ~ 'coupon_batch' AND new ->> 'batch_id' = :'l_leaflets' ORDER BY id;

-- Codes of 20 symbols where the template wants them.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT batch_id AS long FROM rewards.begin_coupon_batch(:'long', 2, 'long ones') \gset l_
SELECT * FROM rewards.issue_coupon_batch(:'l_long');
SELECT number, length(coupon_code), expires_at FROM rewards.coupon_batch_codes(:'l_long');
COMMIT;

-- Whoever bears a code may use it, once.
BEGIN;
SELECT pg_temp.enter(:'company_a', 'service') \gset
SELECT claimed.outcome, value, value_type, coupon_id = code_id AS this_coupon
  FROM (SELECT coupon_code, coupon_id AS code_id FROM code WHERE number = 7) AS seventh, LATERAL rewards.claim_coupon(coupon_code, 'till') AS claimed;
SELECT claimed.outcome FROM code, LATERAL rewards.claim_coupon(coupon_code, 'another till') AS claimed WHERE number = 7;
SELECT count(*), bool_or(number = 7) AS seventh FROM rewards.coupon_batch_codes(:'l_leaflets');
COMMIT;

-- Stock

-- Taken when the batch begins, all or nothing.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT outcome FROM rewards.begin_coupon_batch(:'limited', 101, 'too many');
SELECT outcome, batch_id AS most FROM rewards.begin_coupon_batch(:'limited', 90, 'most of it') \gset l_
SELECT outcome FROM rewards.begin_coupon_batch(:'limited', 11, 'too many');
SELECT outcome, batch_id AS rest FROM rewards.begin_coupon_batch(:'limited', 5, 'the rest') \gset l_
SELECT allotted, taken FROM pg_temp.stock WHERE template_id = :'limited';
COMMIT;
SELECT * FROM rewards.coupon_stock_discrepancies;
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.issue_coupon_batch(:'l_most', 40);
SELECT outcome FROM rewards.award_points(:'member', 1000);
SELECT string_agg(redeemed.outcome, ' ' ORDER BY turn) FROM generate_series(1, 6) AS turn, rewards.redeem_coupon(:'member', :'limited', 'n' || turn) AS redeemed;
SELECT allotted, taken FROM pg_temp.stock WHERE template_id = :'limited';
COMMIT;
SELECT * FROM rewards.coupon_stock_discrepancies;
SELECT count(*), count(DISTINCT stock_stripe) AS stripes FROM rewards.coupons WHERE batch_id = :'l_most' AND stock_stripe IS NOT NULL;

-- Revoke

-- A coupon of a batch can be revoked alone, and goes back to stock.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT revoked.outcome, user_id, points_refunded, refund_event_id, balance
  FROM rewards.coupons, LATERAL rewards.revoke_coupon(coupon_id, 'lost leaflet', true) AS revoked WHERE batch_id = :'l_most' AND batch_number = 2;
SELECT claimed.outcome FROM rewards.coupon_batch_codes(:'l_most', 2, 1), LATERAL rewards.claim_coupon(coupon_code, 'till') AS claimed;
SELECT allotted, taken FROM pg_temp.stock WHERE template_id = :'limited';
COMMIT;
SELECT * FROM rewards.coupon_stock_discrepancies;

-- The first call ends the issuing and gives back what was not issued; each revokes some. What was claimed stays so.
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.revoke_coupon_batch(:'l_most', 'misprint', 10);
SELECT * FROM rewards.issue_coupon_batch(:'l_most');
SELECT count(*), min(number) FROM rewards.coupon_batch_codes(:'l_most');
SELECT allotted, taken FROM pg_temp.stock WHERE template_id = :'limited';
COMMIT;
SELECT * FROM rewards.coupon_stock_discrepancies;
BEGIN;
SELECT pg_temp.enter(:'company_a') \gset
SELECT * FROM rewards.revoke_coupon_batch(:'l_most', 'another reason');
SELECT * FROM rewards.revoke_coupon_batch(:'l_most', 'another reason');
SELECT * FROM rewards.revoke_coupon_batch(:'no_such', 'another reason');
SELECT claimed.outcome FROM rewards.coupon_batch_codes(:'l_most', 0, 100), LATERAL rewards.claim_coupon(coupon_code, 'till') AS claimed;
SELECT allotted, taken FROM pg_temp.stock WHERE template_id = :'limited';
COMMIT;
SELECT * FROM rewards.coupon_stock_discrepancies;
SELECT status, count(*), revoked_by, revoke_reason FROM rewards.coupons WHERE batch_id = :'l_most' GROUP BY status, revoked_by, revoke_reason ORDER BY status, count;
SELECT issued, revoked, revoked_by, revoke_reason FROM rewards.coupon_batches WHERE id = :'l_most';
SELECT action, actor, new - 'batch_id' AS new FROM rewards.audit_log
 WHERE company_id = :'company_a' AND action = 'revoke_coupon_batch' ORDER BY id;

-- Only functions write

SELECT statements.statement, state, message, hint FROM (VALUES
    ('INSERT INTO rewards.coupon_batches (label) VALUES (''x'')'),
    ('UPDATE rewards.coupon_batches SET issued = quantity'), ('DELETE FROM rewards.coupon_batches'),
    ('TRUNCATE rewards.coupon_batches')) AS statements (statement), pg_temp.attempt(statement);

-- Without a context nothing happens.
SELECT pg_temp.masked(calls.call) AS call, state FROM (VALUES
    (format('SELECT rewards.begin_coupon_batch(%L, 3, %L)', :'leaflet', 'nobody''s')),
    (format('SELECT rewards.issue_coupon_batch(%L)', :'l_leaflets')),
    (format('SELECT rewards.coupon_batch_codes(%L)', :'l_leaflets')),
    (format('SELECT rewards.revoke_coupon_batch(%L, %L)', :'l_leaflets', 'x'))) AS calls (call), pg_temp.attempt(call);
