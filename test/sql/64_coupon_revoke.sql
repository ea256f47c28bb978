-- A coupon is taken back, and its points are given back, once, to where they came from.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set company_a c0000000-0000-4000-8000-00000000640a
\set company_b c0000000-0000-4000-8000-00000000640b
\set member_1 a0000000-0000-4000-8000-000000006401
\set member_2 a0000000-0000-4000-8000-000000006402
\set ten_percent b0000000-0000-4000-8000-0000000640a1
\set free b0000000-0000-4000-8000-0000000640a2
\set one_each b0000000-0000-4000-8000-0000000640a3
\set tea_of_b b0000000-0000-4000-8000-0000000640b1

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    max_redemptions_per_user)
    VALUES (:'ten_percent', :'company_a', 'ten percent', 60, 'percentage',   10, NULL),
           (:'free',        :'company_a', 'welcome',      0, 'product',       1, NULL),
           (:'one_each',    :'company_a', 'one each',    10, 'product',       1, 1),
           (:'tea_of_b',    :'company_b', 'tea',         10, 'product',       1, NULL);

-- What a coupon says about its end, an account in a line, and what was recorded.
CREATE FUNCTION ended(coupon uuid, OUT status text, OUT revoked_by text, OUT revoke_reason text, OUT is_dated boolean,
                      OUT is_refunded boolean) LANGUAGE sql
    AS $$SELECT status, revoked_by, revoke_reason, revoked_at IS NOT NULL, refunded_at IS NOT NULL
           FROM rewards.coupons WHERE coupon_id = coupon$$;
CREATE FUNCTION account(who uuid, OUT available bigint, OUT expiring bigint, OUT lots text) LANGUAGE sql
    AS $$SELECT available_points, expiring_points,
                (SELECT string_agg(e.event_type || ' ' || l.remaining, ', ' ORDER BY l.expires_at, l.event_id)
                   FROM rewards.point_lots l JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
                  WHERE l.user_id = a.user_id AND l.company_id = a.company_id)
           FROM rewards.user_points_cache a WHERE a.user_id = who AND a.company_id = company('640a')$$;
CREATE VIEW recorded AS
    SELECT right(user_id::text, 4) AS member, action, actor, old, new ->> 'status' AS status, new ->> 'reason' AS reason,
           (SELECT c.template_id FROM rewards.coupons c WHERE c.coupon_id::text = new ->> 'coupon_id') AS template_id,
           new ->> 'refund_points_event_id' = (SELECT c.refund_points_event_id::text FROM rewards.coupons c
                                                 WHERE c.coupon_id::text = new ->> 'coupon_id') AS is_its_refund
      FROM rewards.audit_log WHERE company_id = company('640a') AND action ~ 'coupon$' ORDER BY id;

-- Points that expire soon, later, and never.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
    VALUES (:'member_1', 'soon', now(), 20, 'validated', now() + interval '60 days'),
           (:'member_1', 'later', now(), 30, 'validated', now() + interval '90 days'),
           (:'member_1', 'never', now(), 500, 'validated', NULL),
           (:'member_2', 'never', now(), 500, 'validated', NULL);
SELECT coupon_id AS c1, coupon_code AS c1_code FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'r1') \gset
SELECT coupon_id AS c2 FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'r2') \gset
SELECT coupon_id AS c3, coupon_code AS c3_code FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'r3') \gset
SELECT coupon_id AS c4 FROM rewards.redeem_coupon(:'member_2', :'free', 'r4') \gset
SELECT coupon_id AS c5 FROM rewards.redeem_coupon(:'member_2', :'ten_percent', 'r5') \gset
SELECT coupon_id AS c6 FROM rewards.redeem_coupon(:'member_2', :'one_each', 'r6') \gset
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'till 1') \gset
SELECT balance FROM rewards.award_points(:'member_1', 50);
SELECT coupon_id AS b1 FROM rewards.redeem_coupon(:'member_1', :'tea_of_b', 'r1') \gset
COMMIT;
SELECT * FROM account(:'member_1');

-- Revoke

-- Without a refund the points stay spent; the code is worth nothing from now on.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk') \gset
SELECT outcome, user_id = :'member_1' AS member_1, points_refunded, refund_event_id, balance
  FROM rewards.revoke_coupon(:'c1', 'sent to the wrong person');
SELECT outcome FROM rewards.claim_coupon(:'c1_code', 'till 1');
COMMIT;
SELECT * FROM ended(:'c1');
SELECT * FROM account(:'member_1');

-- Once: whoever asks again is told so.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk') \gset
SELECT outcome, points_refunded, refund_event_id, balance FROM rewards.revoke_coupon(:'c1', 'again');
COMMIT;
SELECT * FROM ended(:'c1');

-- Its holder can still ask for the code with the nonce: an answer is an answer.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome, coupon_code = :'c1_code' AS same_code, replayed
  FROM rewards.redeem_coupon(:'member_1', :'ten_percent', 'r1');
COMMIT;

-- Refund

-- Of a coupon that was revoked before: the points go back to the lots that they came from, with the dates of those.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, refund_event_id AS refund, balance FROM rewards.revoke_coupon(:'c1', 'on second thoughts', true) \gset r_
SELECT :'r_outcome' AS outcome, :r_points_refunded AS points_refunded, :r_balance AS balance;
COMMIT;
SELECT * FROM ended(:'c1');
SELECT * FROM account(:'member_1');
SELECT event_type, points_delta, proof_type, validation_status, validation_notes, related_entity_type,
       related_entity_id = :'c1' AS this_coupon,
       payload_hash = 'refund:' || (SELECT points_event_id FROM rewards.coupons WHERE coupon_id = :'c1') AS of_its_event
  FROM rewards.points_events WHERE user_id = :'member_1' AND id = :'r_refund';

-- At most one, however often it is asked for: who lost the answer gets it again.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, refund_event_id = :'r_refund' AS same_refund, balance
  FROM rewards.revoke_coupon(:'c1', 'again', true);
SELECT outcome, points_refunded, refund_event_id = :'r_refund' AS same_refund, balance
  FROM rewards.revoke_coupon(:'c1', 'again');
SELECT outcome FROM rewards.refund_points(:'member_1', (SELECT points_event_id FROM rewards.coupons WHERE coupon_id = :'c1'));
COMMIT;

-- Both in one call; within one transaction, too, the second is refused.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, refund_event_id IS NOT NULL AS refunded, balance
  FROM rewards.revoke_coupon(:'c2', 'complaint', true);
SELECT outcome, points_refunded, balance FROM rewards.revoke_coupon(:'c2', 'complaint', true);
COMMIT;
SELECT * FROM ended(:'c2');
SELECT * FROM account(:'member_1');

-- A refund that is rolled back has not happened, and can be made.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, balance FROM rewards.revoke_coupon(:'c5', 'a mistake', true);
ROLLBACK;
SELECT * FROM ended(:'c5');
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SAVEPOINT before;
SELECT outcome, balance FROM rewards.revoke_coupon(:'c5', 'a mistake', true);
ROLLBACK TO before;
SELECT outcome, balance FROM rewards.revoke_coupon(:'c5', 'a mistake', true);
COMMIT;

-- For a coupon that was free there is nothing to give back.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, refund_event_id, balance FROM rewards.revoke_coupon(:'c4', 'misprint', true);
SELECT outcome, points_refunded, refund_event_id, balance FROM rewards.revoke_coupon(:'c4', 'misprint', true);
COMMIT;
SELECT * FROM ended(:'c4');

-- What was used is used.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome FROM rewards.claim_coupon(:'c3_code', 'till 1');
SELECT outcome, points_refunded, balance FROM rewards.revoke_coupon(:'c3', 'too late', true);
COMMIT;
SELECT * FROM ended(:'c3');

-- An expired coupon can be revoked, and its points given back.
UPDATE rewards.coupons SET status = 'expired' WHERE coupon_id = :'c6';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, balance FROM rewards.revoke_coupon(:'c6', 'goodwill', true);

-- Revoked, it does not count against the limit of its template any more.
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_2', :'one_each', 'r7');
COMMIT;
SELECT * FROM ended(:'c6');

-- Coupons that were brought from elsewhere may not know by which event they were paid; those of a batch are nobody's.
INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to,
    issued_points_cost, coupon_value_type, coupon_value, batch_id, batch_number)
    VALUES (event('6401'), :'company_a', sha256('6401'), 0, 0, 16, :'ten_percent', :'member_2', 40, 'percentage', 10, NULL, NULL),
           (event('6402'), :'company_a', sha256('6402'), 0, 0, 16, :'ten_percent', event('64ba'), 0, 'percentage', 10, event('64ba'), 1);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT outcome, points_refunded, balance FROM rewards.revoke_coupon(event('6401'), 'moved', true);
SELECT outcome, points_refunded, balance FROM rewards.revoke_coupon(event('6401'), 'moved', true);
SELECT * FROM rewards.revoke_coupon(event('6402'), 'leaflet recalled', true);
SELECT * FROM rewards.revoke_coupon(event('6402'), 'leaflet recalled', true);
COMMIT;
SELECT count(*) AS accounts_of_batches FROM rewards.user_points_cache WHERE user_id = event('64ba');

-- Nobody else's

-- A coupon of another company is none; nor is one that does not exist.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT * FROM rewards.revoke_coupon(:'b1', 'not ours', true);
SELECT * FROM rewards.revoke_coupon(event('64ff'), 'nothing', true);
COMMIT;
SELECT status FROM rewards.coupons WHERE coupon_id = :'b1';

-- A member revokes nothing, not its own coupon either.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message FROM attempt(format('SELECT rewards.revoke_coupon(%L, %L, true)', :'c1', 'give me my points'));
ROLLBACK;

-- A reason is asked for.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'boss') \gset
SELECT state, message FROM (VALUES ($$''$$), ($$NULL$$), ($$repeat('x', 1001)$$)) AS reasons (reason),
       attempt(format('SELECT rewards.revoke_coupon(%L, %s)', :'c1', reason));

-- Where refusals are raised, they say which coupon.
SET LOCAL rewards.on_refusal = 'raise';
SELECT state, message, detail::jsonb ->> 'coupon_id' = :'c1' AS this_coupon, hint
  FROM attempt(format('SELECT rewards.revoke_coupon(%L, %L, true)', :'c1', 'again'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.revoke_coupon(%L, %L)', :'c1', 'again'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.revoke_coupon(%L, %L)', :'c3', 'again'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.revoke_coupon(%L, %L)', event('64ff'), 'again'));
ROLLBACK;

-- Who did it, and why
SELECT member, action, actor, old ->> 'status' AS old_status, status, reason, right(template_id::text, 4) AS template,
       is_its_refund
  FROM recorded;

-- The books add up.
SELECT count(*) FROM rewards.ledger_discrepancies WHERE company_id IN (:'company_a', :'company_b');
SELECT count(*) AS refunded_twice
  FROM (SELECT FROM rewards.points_events WHERE company_id = :'company_a' AND event_type = 'refund'
         GROUP BY related_entity_id HAVING count(*) > 1) AS refunds;

DROP VIEW recorded;
DROP FUNCTION ended(uuid), account(uuid);
