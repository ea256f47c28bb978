-- At the counter: a claim that is repeated is the same claim, a coupon can be held for one till, and staff see why one is
-- no good.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000062a
\set company_b c0000000-0000-4000-8000-00000000062b
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
    VALUES (offer('62a1'), :'company_a', 'ten percent', 0, 'percentage', 10, 30),
           (offer('62a2'), :'company_a', 'for ever', 0, 'fixed_amount', 5, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM rewards.redeem_coupon(member('621'), offer('62a1'), 'n1') \gset a_
SELECT * FROM rewards.redeem_coupon(member('621'), offer('62a1'), 'n2') \gset b_
SELECT * FROM rewards.redeem_coupon(member('621'), offer('62a2'), 'n3') \gset d_
COMMIT;

-- A lost answer

-- The same claim again, in whatever spelling, is replayed: the same answer, and nothing is written.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT coupon_id = :'a_coupon_id' AS this_coupon, outcome, value, value_type, replayed, reason, retry_after
  FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', '{"receipt": 4711}', 'order 1');
COMMIT;
SELECT xmin AS a_version FROM rewards.coupons WHERE coupon_id = :'a_coupon_id' \gset
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT coupon_id = :'a_coupon_id' AS this_coupon, outcome, value, value_type, replayed, reason, retry_after
  FROM rewards.claim_coupon(lower(replace(:'a_coupon_code', '-', '')), 'till 1', NULL, 'order 1');
COMMIT;
SELECT redeemed_by, redemption_proof, claim_ref, xmin = :'a_version' AS not_touched FROM rewards.coupons WHERE coupon_id = :'a_coupon_id';

-- Another reference, none, or another claimer is another claim.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT claimed.* FROM (VALUES ('till 1', 'order 2'), ('till 1', NULL), ('till 1', 'Order 1'), ('till 2', 'order 1')) AS c (claimed_by, claim_ref),
    rewards.claim_coupon(:'a_coupon_code', claimed_by, NULL, claim_ref) AS claimed;

-- One reference serves all coupons of a basket.
SELECT outcome, value, replayed FROM rewards.claim_coupon(:'b_coupon_code', 'till 1', NULL, 'order 1');
SELECT outcome, value, replayed FROM rewards.claim_coupon(:'b_coupon_code', 'till 1', NULL, 'order 1');
SELECT outcome, value, replayed FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', NULL, 'order 1');
ROLLBACK;

-- Without a reference no claim is a replay.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT outcome, replayed FROM rewards.claim_coupon(:'b_coupon_code', 'till 1');
SELECT outcome, replayed FROM rewards.claim_coupon(:'b_coupon_code', 'till 1');
SELECT outcome, replayed FROM rewards.claim_coupon(:'b_coupon_code', 'till 1', NULL, 'order 1');
ROLLBACK;

-- Not even one that was revoked is told what it was.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
UPDATE rewards.coupons SET status = 'revoked' WHERE coupon_id = :'b_coupon_id';
SELECT * FROM rewards.claim_coupon(:'b_coupon_code', 'till 1', NULL, 'order 1');
ROLLBACK;

-- Holding

-- Nobody but its holder claims what is held, and nobody else holds or releases it; to everybody else it looks like any bad code.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT coupon_id = :'b_coupon_id' AS this_coupon, outcome, value, value_type, held_until - now() BETWEEN '14 minutes' AND '16 minutes' AS quarter,
       replayed, reason, retry_after
  FROM rewards.hold_coupon(:'b_coupon_code', 'till 1');
SELECT status, held_by, held_until > now() AS held, redeemed_by, updated_at >= created_at AS updated
  FROM rewards.coupons
 WHERE coupon_id = :'b_coupon_id';
SELECT outcome, coupon_id, reason FROM rewards.claim_coupon(:'b_coupon_code', 'till 2');
SELECT outcome, coupon_id, reason FROM rewards.hold_coupon(:'b_coupon_code', 'till 2');
SELECT outcome, coupon_id, reason FROM rewards.release_coupon(:'b_coupon_code', 'till 2');
SAVEPOINT held;
SELECT outcome, value FROM rewards.claim_coupon(:'b_coupon_code', 'till 1');
SELECT status, redeemed_by, held_by, held_until FROM rewards.coupons WHERE coupon_id = :'b_coupon_id';
ROLLBACK TO held;

-- Held again it is held for longer, never for less; nor longer than it is good for.
SELECT outcome, replayed, held_until - now() BETWEEN '59 minutes' AND '61 minutes' AS an_hour FROM rewards.hold_coupon(:'b_coupon_code', 'till 1', '1 hour');
SELECT outcome, replayed, held_until - now() BETWEEN '59 minutes' AND '61 minutes' AS an_hour FROM rewards.hold_coupon(:'b_coupon_code', 'till 1', '1 minute');
UPDATE rewards.coupons SET expires_at = now() + interval '2 hours' WHERE coupon_id = :'b_coupon_id';
SELECT outcome, replayed, held_until = now() + interval '2 hours' AS to_the_end FROM rewards.hold_coupon(:'b_coupon_code', 'till 1', '7 days');

-- Released, it is anybody's; released again, it is not there to be released.
SELECT coupon_id = :'b_coupon_id' AS this_coupon, outcome, replayed, reason, retry_after FROM rewards.release_coupon(:'b_coupon_code', 'till 1');
SELECT status, held_by, held_until FROM rewards.coupons WHERE coupon_id = :'b_coupon_id';
SELECT outcome, replayed FROM rewards.release_coupon(:'b_coupon_code', 'till 1');
SELECT outcome, replayed FROM rewards.hold_coupon(:'b_coupon_code', 'till 2');
ROLLBACK;

-- A hold that is over counts for nothing, whether or not somebody has tidied up.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT outcome FROM rewards.hold_coupon(:'d_coupon_code', 'till 1', '1 microsecond');
SELECT pg_sleep(0.001);
SAVEPOINT lapsed;
SELECT outcome, value FROM rewards.claim_coupon(:'d_coupon_code', 'till 2');
SELECT status, redeemed_by, held_by FROM rewards.coupons WHERE coupon_id = :'d_coupon_id';
ROLLBACK TO lapsed;
SELECT outcome, replayed, held_until > clock_timestamp() AS held FROM rewards.hold_coupon(:'d_coupon_code', 'till 2');
SELECT held_by FROM rewards.coupons WHERE coupon_id = :'d_coupon_id';
ROLLBACK TO lapsed;
SELECT outcome, replayed FROM rewards.hold_coupon(:'d_coupon_code', 'till 1');
ROLLBACK TO lapsed;
SELECT outcome, replayed FROM rewards.release_coupon(:'d_coupon_code', 'till 2');
SELECT outcome, replayed FROM rewards.release_coupon(:'d_coupon_code', 'till 1');
SELECT status FROM rewards.coupons WHERE coupon_id = :'d_coupon_id';
ROLLBACK;

-- A hold is more than no time and at most a week.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT state, message, hold_for FROM unnest(ARRAY['0', '-1 minute', '7 days 1 microsecond', '1 month', NULL]::interval[]) AS hold_for,
    attempt(format('SELECT rewards.hold_coupon(%L, %L, %L)', '0000-0000-0000-0000', 'till 1', hold_for));
SELECT state, message, call FROM (VALUES
    ($$rewards.hold_coupon(NULL, 'till 1')$$), ($$rewards.hold_coupon('0000-0000-0000-0000', NULL)$$),
    ($$rewards.hold_coupon('0000-0000-0000-0000', '')$$), ($$rewards.release_coupon(NULL, 'till 1')$$),
    ($$rewards.release_coupon('0000-0000-0000-0000', repeat('x', 256))$$),
    ($$rewards.claim_coupon('0000-0000-0000-0000', 'till 1', NULL, '')$$),
    ($$rewards.claim_coupon('0000-0000-0000-0000', 'till 1', NULL, repeat('x', 256))$$),
    ($$rewards.claim_coupon('0000-0000-0000-0000', 'till 1', NULL, repeat('x', 255), repeat('y', 255))$$),
    ($$rewards.claim_coupon('0000-0000-0000-0000', 'till 1', NULL, NULL, '')$$)) AS calls (call), attempt('SELECT ' || call);
ROLLBACK;

-- Why

-- What has become of some coupons, and what each caller is told of them.
-- In memory, and named in calls instead of written out: no code is to be in the server's files or log.
CREATE TEMP TABLE fates (fate text, coupon_id uuid, code text);
GRANT SELECT ON fates TO PUBLIC;
BEGIN;
INSERT INTO rewards.company_settings (company_id) VALUES (:'company_a');
SELECT rewards.set_company_context(:'company_a', 'setup') \gset
INSERT INTO fates SELECT fate, issued.coupon_id, coupon_code
  FROM unnest('{issued,redeemed,revoked,expired,overdue,held,lapsed,vendor}'::text[]) AS fate,
       rewards.redeem_coupon(member('622'), offer('62a1'), fate) AS issued;
ALTER TABLE rewards.coupons DISABLE TRIGGER guard_update;
UPDATE rewards.coupons AS c SET (status, redeemed_at, revoked_at, expires_at, held_by, held_until, vendor_code_id)
     = (SELECT CASE fate WHEN 'overdue' THEN 'issued' WHEN 'lapsed' THEN 'held' WHEN 'vendor' THEN 'issued' ELSE fate END,
               CASE fate WHEN 'redeemed' THEN now() END, CASE fate WHEN 'revoked' THEN now() END,
               CASE fate WHEN 'overdue' THEN now() END, CASE WHEN fate IN ('held', 'lapsed') THEN 'till 9' END,
               CASE fate WHEN 'held' THEN now() + '1 hour' WHEN 'lapsed' THEN now() END,
               CASE fate WHEN 'vendor' THEN gen_random_uuid() END)
  FROM fates WHERE fates.coupon_id = c.coupon_id;
ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER guard_update;
INSERT INTO fates VALUES ('unknown', NULL, '0000-0000-0000-0000'), ('malformed', NULL, '0000-0000-0000-0001');
COMMIT;
CREATE FUNCTION outcome_of(call text, OUT outcome text, OUT reason text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT outcome, reason FROM rewards.' || call INTO outcome, reason;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN SQLSTATE 'UNDOX' THEN
END $$;
CREATE TEMP VIEW told AS
    SELECT fate, c.outcome AS claim, c.reason, h.outcome AS hold, h.reason AS why_not, r.outcome AS release, r.reason AS reason_not_to
      FROM fates, outcome_of(format('claim_coupon((SELECT code FROM fates WHERE fate = %L), %L)', fate, 'till 1')) AS c,
           outcome_of(format('hold_coupon((SELECT code FROM fates WHERE fate = %L), %L)', fate, 'till 1')) AS h, outcome_of(format('release_coupon((SELECT code FROM fates WHERE fate = %L), %L)', fate, 'till 1')) AS r
     ORDER BY fate;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT * FROM told;
COMMIT;

-- The back end cannot tell them apart, and neither can staff of another company.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
SELECT claim, hold, release, string_agg(fate, ', ') AS fates, count(reason) + count(why_not) + count(reason_not_to) AS reasons FROM told GROUP BY 1, 2, 3 ORDER BY 1;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'clerk', 'admin') \gset
SELECT DISTINCT claim, reason, hold, why_not, release, reason_not_to FROM told WHERE fate <> 'malformed';
COMMIT;

-- Where refusals are raised, the detail has the reason, for staff.
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT fate, state, message, detail FROM fates, attempt(format('SELECT rewards.claim_coupon((SELECT code FROM fates WHERE fate = %L), %L)', fate, 'till 1')) WHERE fate IN ('held', 'unknown', 'malformed') ORDER BY fate;
COMMIT;
BEGIN;
SET LOCAL rewards.on_refusal = 'raise';
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT DISTINCT state, message, detail FROM fates, attempt(format('SELECT rewards.hold_coupon((SELECT code FROM fates WHERE fate = %L), %L)', fate, 'till 1')) WHERE fate IN ('held', 'unknown', 'expired');
COMMIT;

-- Switched off

-- Every code, good or not, is told the same; only a claim that was made already is repeated. Typing errors are still found.
BEGIN;
UPDATE rewards.company_settings SET claim_enabled = false WHERE company_id = :'company_a';
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT claim, hold, release, string_agg(fate, ', ') AS fates FROM told GROUP BY 1, 2, 3 ORDER BY 1;
SELECT outcome, value, replayed FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', NULL, 'order 1');
SELECT outcome, value, replayed FROM rewards.claim_coupon(:'a_coupon_code', 'till 1', NULL, 'order 2');
ROLLBACK;

-- Whoever may claim may hold and release; a member may not.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'till 1', 'service') \gset
SELECT outcome FROM rewards.hold_coupon(:'b_coupon_code', 'till 1');
SELECT outcome FROM rewards.release_coupon(:'b_coupon_code', 'till 1');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', member('621')::text, 'user') \gset
SELECT state, message FROM unnest(ARRAY['hold_coupon', 'release_coupon', 'claim_coupon']) AS function,
    attempt(format('SELECT rewards.%s(%L, %L)', function, :'b_coupon_code', 'me'));
ROLLBACK;
SELECT status FROM rewards.coupons WHERE coupon_id = :'b_coupon_id';
DROP VIEW told;
DROP TABLE fates;
DROP FUNCTION outcome_of(text);
