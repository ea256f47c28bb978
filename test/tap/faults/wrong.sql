-- What must never be, whatever has befallen the server: of the books in themselves, and against what clients were told.

CREATE TEMP VIEW wrong AS

-- 1: balances

SELECT 'the balance is not the sum of the events' AS what, format('%s of %s', user_id, company_id) AS which
  FROM rewards.user_points_cache AS a
  FULL JOIN (SELECT user_id, company_id, coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0) AS available,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0) AS pending,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0) AS earned,
                    coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0) AS spent
               FROM rewards.points_events GROUP BY user_id, company_id) AS e USING (user_id, company_id)
 WHERE (available_points, pending_points, lifetime_earned, lifetime_spent) IS DISTINCT FROM (coalesce(available, 0), coalesce(pending, 0), coalesce(earned, 0), coalesce(spent, 0))
    OR available_points < 0
UNION ALL
SELECT 'ledger_discrepancies has a row', d::text FROM rewards.ledger_discrepancies AS d

-- 2: one coupon for one nonce, one claim for one code, one refund for one coupon, never more than there are

UNION ALL
SELECT 'a nonce was used for two events', nonce FROM rewards.points_events WHERE nonce IS NOT NULL GROUP BY user_id, company_id, nonce HAVING count(*) > 1
UNION ALL
SELECT 'a nonce without its event, or an event without its nonce', nonce
  FROM rewards.used_nonces AS n FULL JOIN (SELECT * FROM rewards.points_events WHERE nonce IS NOT NULL) AS e USING (user_id, company_id, nonce)
 WHERE n.fingerprint IS NULL OR e.id IS NULL
UNION ALL
SELECT 'a coupon without its price, or a price without its coupon', coalesce(c.coupon_id::text, e.related_entity_id)
  FROM (SELECT * FROM rewards.coupons WHERE batch_id IS NULL) AS c
  FULL JOIN (SELECT * FROM rewards.points_events WHERE event_type = 'coupon_redemption') AS e
         ON (e.user_id, e.related_entity_id, -e.points_delta) = (c.issued_to, c.coupon_id::text, c.issued_points_cost)
 WHERE e.id IS NULL OR c.coupon_id IS NULL
UNION ALL
SELECT 'a nonce without its coupon, or a coupon without its nonce', coalesce(n.nonce, c.coupon_id::text)
  FROM (SELECT nonce, user_id, unnest(coalesce(coupon_ids, ARRAY[coupon_id])) AS coupon_id FROM rewards.used_nonces WHERE coupon_id IS NOT NULL OR coupon_ids IS NOT NULL) AS n
  FULL JOIN (SELECT * FROM rewards.coupons WHERE batch_id IS NULL) AS c ON (c.coupon_id, c.issued_to) = (n.coupon_id, n.user_id)
 WHERE n.nonce IS NULL OR c.coupon_id IS NULL
UNION ALL
SELECT 'a refund without its coupon, or a refunded coupon without its refund', coalesce(c.coupon_id::text, e.id::text)
  FROM (SELECT * FROM rewards.coupons WHERE refunded_at IS NOT NULL) AS c
  FULL JOIN (SELECT * FROM rewards.points_events WHERE payload_hash LIKE 'refund:%') AS e
         ON (e.user_id, e.id, e.payload_hash, e.points_delta) = (c.issued_to, c.refund_points_event_id, 'refund:' || c.points_event_id, c.issued_points_cost)
 WHERE e.id IS NULL OR c.coupon_id IS NULL
UNION ALL
SELECT 'there are more coupons than the stock had', t.template_name FROM rewards.coupon_templates AS t JOIN rewards.coupons AS c ON c.template_id = t.id
 WHERE status <> 'revoked' GROUP BY t.id HAVING count(*) > t.total_stock
UNION ALL
SELECT 'a member has more coupons than he may', format('%s of %s', issued_to, t.template_name) FROM rewards.coupons JOIN rewards.coupon_templates AS t ON t.id = template_id
 WHERE status <> 'revoked' GROUP BY issued_to, t.id HAVING count(*) > t.max_redemptions_per_user
UNION ALL
SELECT 'coupon_stock_discrepancies has a row', d::text FROM rewards.coupon_stock_discrepancies AS d
UNION ALL
SELECT 'a batch has numbers left out, or twice', b.label
  FROM rewards.coupon_batches AS b LEFT JOIN rewards.coupons AS c ON c.batch_id = b.id
 GROUP BY b.id HAVING (count(c.coupon_id), count(DISTINCT batch_number), coalesce(max(batch_number), 0)) <> (b.issued, b.issued, b.issued)
UNION ALL
SELECT 'a code was claimed twice', coupon_id FROM told WHERE kind = 'claim' AND fate = 'ok' GROUP BY coupon_id HAVING count(*) > 1

-- 3: the same request, the same answer, once; another one under its nonce is noticed

UNION ALL
SELECT 'the same request had two answers', key FROM attempt WHERE fate = 'ok' AND kind IN ('award', 'deduct', 'submit', 'redeem', 'claim', 'begin')
 GROUP BY key HAVING count(DISTINCT answer - 'replayed') > 1 OR count(*) FILTER (WHERE answer -> 'replayed' = 'false') > 1
UNION ALL
SELECT 'a nonce was used for another request', key FROM attempt WHERE kind = 'conflict' AND (fate = 'ok' OR answer ->> 'outcome' <> 'nonce_conflict')

-- 4: nobody sees a company that he did not enter

UNION ALL
SELECT 'rows were seen without the context of their company', key FROM told WHERE kind = 'peek' AND fate = 'ok' AND answer -> 'rows' <> '0'

-- 5: a refusal leaves its traces

UNION ALL
SELECT 'a refusal was not noticed as often as it was answered', format('%s of %s: %s times, and answered %s times', insight, member, coalesce(noticed, 0), answered)
  FROM (SELECT member, company, CASE kind WHEN 'conflict' THEN 'replay_attempt' ELSE 'bulk_submission' END AS insight,
               count(*) FILTER (WHERE fate = 'refused' AND answer ->> 'outcome' IN ('nonce_conflict', 'rate_limited')) AS answered, count(*) FILTER (WHERE fate = 'unknown') AS unheard
          FROM attempt WHERE kind IN ('conflict', 'submit') GROUP BY 1, 2, 3) AS refused
  LEFT JOIN (SELECT user_id AS member, company_id AS company, insight_type AS insight, sum(occurrences) AS noticed
               FROM rewards.fraud_insights GROUP BY 1, 2, 3) AS insights USING (member, company, insight)
 WHERE coalesce(noticed, 0) NOT BETWEEN answered AND answered + unheard

-- 6: what was acknowledged is there, as it was acknowledged; what was refused is not; and there is nothing else of theirs: their keys
-- have dots

UNION ALL
SELECT 'acknowledged and lost', format('%s %s', kind, key)
  FROM told
  LEFT JOIN rewards.points_events AS e ON (e.nonce, e.user_id, e.company_id) = (key, member, company)
 WHERE fate = 'ok' AND kind IN ('award', 'deduct', 'submit', 'redeem')
   AND ((kind <> 'redeem' AND e.id::text IS DISTINCT FROM event_id) OR e.points_delta IS DISTINCT FROM coalesce(points, (answer -> 'points')::bigint))
UNION ALL
SELECT 'acknowledged and lost', format('redeem %s', key)
  FROM told LEFT JOIN rewards.coupons AS c ON c.coupon_id = told.coupon_id::uuid LEFT JOIN rewards.used_nonces AS n ON (n.nonce, n.user_id, n.coupon_id) = (key, member, c.coupon_id)
 WHERE fate = 'ok' AND kind = 'redeem' AND (c.issued_to IS DISTINCT FROM member OR n.nonce IS NULL)
UNION ALL
SELECT 'acknowledged and lost', format('%s %s', kind, key)
  FROM (SELECT DISTINCT ON (coupon_id) * FROM told WHERE fate = 'ok' AND kind IN ('redeem', 'hold', 'release', 'claim', 'revoke')
         ORDER BY coupon_id, number DESC) AS last_step
  LEFT JOIN rewards.coupons AS c ON c.coupon_id = last_step.coupon_id::uuid
 WHERE c.status IS DISTINCT FROM CASE kind WHEN 'hold' THEN 'held' WHEN 'claim' THEN 'redeemed' WHEN 'revoke' THEN 'revoked' ELSE 'issued' END
    OR (kind = 'claim' AND c.claim_ref IS DISTINCT FROM key)
    OR (kind = 'revoke' AND c.refund_points_event_id::text IS DISTINCT FROM (answer ->> 'refund_event_id'))
UNION ALL
SELECT 'acknowledged and lost', format('batch %s', key)
  FROM told LEFT JOIN rewards.coupon_batches AS b ON b.id = (answer ->> 'batch_id')::uuid WHERE fate = 'ok' AND kind = 'begin' AND b.label IS DISTINCT FROM key
UNION ALL
SELECT 'a batch has not issued what was acknowledged', label
  FROM rewards.coupon_batches AS b
  JOIN (SELECT subject, coalesce(sum((answer -> 'issued')::bigint), 0) AS issued, count(*) FILTER (WHERE fate = 'unknown') AS unheard
          FROM attempt WHERE kind = 'issue' GROUP BY subject) AS told ON subject = b.id::text
 WHERE b.issued NOT BETWEEN told.issued AND told.issued + 5 * unheard
UNION ALL
SELECT 'refused and done', format('%s %s', kind, key) FROM told JOIN rewards.used_nonces ON (nonce, user_id) = (key, member) WHERE fate = 'refused'
UNION ALL
SELECT 'refused and done', format('claim %s', key) FROM told JOIN rewards.coupons ON claim_ref = key WHERE fate = 'refused' AND kind = 'claim'
UNION ALL
SELECT 'refused and done', format('batch %s', key) FROM told JOIN rewards.coupon_batches ON label = key WHERE fate = 'refused' AND kind = 'begin'
UNION ALL
SELECT 'done, and acknowledged to nobody', nonce FROM rewards.used_nonces LEFT JOIN told ON key = nonce WHERE nonce LIKE '%.%.%' AND fate IS DISTINCT FROM 'ok'
UNION ALL
SELECT 'done, and acknowledged to nobody', claim_ref FROM rewards.coupons LEFT JOIN told ON key = claim_ref WHERE claim_ref LIKE '%.%.%' AND fate IS DISTINCT FROM 'ok'
UNION ALL
SELECT 'never known', format('%s %s', kind, key) FROM told WHERE fate = 'unknown'
UNION ALL
SELECT 'refused without a reason', format('%s %s: %s', kind, key, answer)
  FROM told WHERE fate = 'refused' AND sqlstate = '00000' AND NOT CASE kind
       WHEN 'deduct' THEN outcome = 'insufficient_points'
       WHEN 'submit' THEN outcome = 'rate_limited' AND company = 'b0000000-0000-4000-8000-000000000000'
       WHEN 'redeem' THEN outcome IN ('insufficient_points', 'out_of_stock', 'limit_reached')
       WHEN 'claim' THEN outcome = 'not_redeemable' AND EXISTS (SELECT FROM rewards.coupons WHERE coupon_id = subject::uuid AND status = 'redeemed' AND batch_id IS NOT NULL)
       ELSE kind = 'conflict' END;

SELECT format('%s: %s', what, min(which)) || CASE WHEN count(*) > 1 THEN format(', and %s more', count(*) - 1) ELSE '' END FROM wrong GROUP BY what ORDER BY what;
