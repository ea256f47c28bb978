-- A coupon whose code somebody has seen gets another; the old one is dead at once. (No code is shown here: keys are random.)
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set company_a c0000000-0000-4000-8000-00000000641a
\set company_b c0000000-0000-4000-8000-00000000641b
\set member_1 a0000000-0000-4000-8000-000000006411
\set coffee b0000000-0000-4000-8000-0000000641a1
\set car b0000000-0000-4000-8000-0000000641a2
\set tea_of_b b0000000-0000-4000-8000-0000000641b1

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, high_value)
    VALUES (:'coffee',   :'company_a', 'coffee', 0, 'product', 1, false),
           (:'car',      :'company_a', 'car',    0, 'product', 1, true),
           (:'tea_of_b', :'company_b', 'tea',    0, 'product', 1, false);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT coupon_id AS c1, coupon_code AS c1_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'r1') \gset
SELECT coupon_id AS c2, coupon_code AS c2_code FROM rewards.redeem_coupon(:'member_1', :'car', 'r2') \gset
SELECT coupon_id AS c3, coupon_code AS c3_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'r3') \gset
SELECT coupon_id AS c4 FROM rewards.redeem_coupon(:'member_1', :'coffee', 'r4') \gset
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'app') \gset
SELECT coupon_id AS b1 FROM rewards.redeem_coupon(:'member_1', :'tea_of_b', 'r1') \gset
COMMIT;
SELECT code_generation AS old_generation FROM rewards.coupons WHERE coupon_id = :'c1' \gset

-- Another code of the same kind, for the same coupon.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT outcome, coupon_code AS new_code FROM rewards.reissue_coupon_code(:'c1', 'was on a photograph') \gset n_
SELECT :'n_outcome' AS outcome, :'n_new_code' <> :'c1_code' AS another, length(:'n_new_code') = length(:'c1_code') AS as_long;
SELECT code_generation > :old_generation AS next_generation, status, code_hash = rewards.hash_coupon_code(:'n_new_code') AS its_hash
  FROM rewards.coupons WHERE coupon_id = :'c1';

-- The old code is worth nothing from now on; the nonce gives the new one.
SELECT outcome FROM rewards.claim_coupon(:'c1_code', 'till 1');
SELECT outcome, coupon_id = :'c1' AS same_coupon, coupon_code = :'n_new_code' AS new_code, replayed
  FROM rewards.redeem_coupon(:'member_1', :'coffee', 'r1');
SELECT outcome, coupon_id = :'c1' AS same_coupon FROM rewards.claim_coupon(:'n_new_code', 'till 1');
COMMIT;

-- Each time it is another one; rolled back, the old one is good again.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT count(DISTINCT coupon_code) AS codes
  FROM generate_series(1, 20) AS time, rewards.reissue_coupon_code(:'c2', 'for the ' || time) WHERE outcome = 'reissued';
SELECT outcome FROM rewards.claim_coupon(:'c2_code', 'till 1');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT outcome FROM rewards.claim_coupon(:'c2_code', 'till 1');
ROLLBACK;

-- A code of high value stays one.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT outcome, length(coupon_code) AS length FROM rewards.reissue_coupon_code(:'c2', 'lost');
ROLLBACK;

-- Only what can still be claimed gets a code that can be; what somebody is about to use is left to him until his time is up.
INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
    issued_points_cost, coupon_value_type, coupon_value, status, expires_at, held_by, held_until, vendor_code_id)
    SELECT event(id), :'company_a', sha256(id::bytea), 0, 0, symbols, template_id, :'member_1', 0, 'product', 1, status,
           now() + expires_in, held_by, now() + held_for, vendor
      FROM (VALUES ('6411', 16, :'coffee'::uuid, 'issued', interval '-1 second', NULL,   NULL::interval,       NULL::uuid),
                   ('6412', 16, :'coffee',       'issued', interval '1 hour',    NULL,   NULL,                 NULL),
                   ('6413', 16, :'coffee',       'held',   NULL,                 'till', interval '1 hour',    NULL),
                   ('6414', 16, :'coffee',       'held',   NULL,                 'till', interval '-1 second', NULL),
                   ('6415',  0, :'coffee',       'issued', NULL,                 NULL,   NULL,                 event('64fe')),
                   ('6416',  0, :'coffee',       'issued', NULL,                 NULL,   NULL,                 NULL),
                   ('6417',  0, :'car',          'issued', NULL,                 NULL,   NULL,                 NULL))
           AS rows (id, symbols, template_id, status, expires_in, held_by, held_for, vendor);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT outcome FROM rewards.claim_coupon(:'c3_code', 'till 1');
SELECT outcome FROM rewards.revoke_coupon(:'c4', 'misprint');
SELECT state, outcome, length(coupon_code) AS length
  FROM (VALUES ('claimed', :'c3'::uuid), ('revoked', :'c4'), ('past its time', event('6411')), ('in its time', event('6412')),
               ('held', event('6413')), ('held until lately', event('6414')), ('of a vendor', event('6415')),
               ('brought from elsewhere', event('6416')), ('brought from elsewhere, of high value', event('6417')),
               ('of another company', :'b1'), ('of nobody', event('64ff')))
       AS coupons (state, id), rewards.reissue_coupon_code(id, 'because');
COMMIT;

-- What was brought from elsewhere, and what was held, is claimed by the new code.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT right(id::text, 4) AS coupon, claimed.outcome
  FROM unnest(ARRAY[event('6414'), event('6416'), event('6417')]) AS id,
       rewards.reissue_coupon_code(id, 'to be used') AS reissued,
       LATERAL rewards.claim_coupon(reissued.coupon_code, 'till 1') AS claimed;
ROLLBACK;

-- In none of many codes does anybody read a word that offends: one in a hundred would have one of these.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app') \gset
SELECT count(*) AS codes, count(*) FILTER (WHERE replace(coupon_code, '-', '') ~ '[A4][S5]{2}|F[A4][G69]|[S5][E3]X|[T7]1[T7]') AS with_a_word
  FROM generate_series(1, 2000) AS number, rewards.redeem_coupon(gen_random_uuid(), :'coffee', 'of ' || number);
ROLLBACK;

-- A member gets no other code, not for its own coupon either.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message FROM attempt(format('SELECT rewards.reissue_coupon_code(%L, %L)', :'c2', 'I want another'));
ROLLBACK;

-- A reason is asked for; refusals are raised where they are to be.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'support') \gset
SELECT state, message FROM (VALUES ($$''$$), ($$NULL$$), ($$repeat('x', 1001)$$)) AS reasons (reason),
       attempt(format('SELECT rewards.reissue_coupon_code(%L, %s)', :'c2', reason));
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, hint
  FROM unnest(ARRAY[:'c3', :'c4', event('6411')::text, event('6413')::text, event('6415')::text, event('64ff')::text]) AS id,
       attempt(format('SELECT rewards.reissue_coupon_code(%L, %L)', id, 'because'));
ROLLBACK;

-- On record are who and why; the code is nowhere.
SELECT right(user_id::text, 4) AS member, actor, old, new ->> 'reason' AS reason, count(*)
  FROM rewards.audit_log WHERE company_id = :'company_a' AND action = 'reissue_coupon_code' GROUP BY 1, 2, 3, 4 ORDER BY 4;
SELECT count(*) AS rows_with_the_code
  FROM rewards.audit_log WHERE company_id = :'company_a'
   AND (new::text ~ :'n_new_code' OR new::text ~ replace(:'n_new_code', '-', ''));
