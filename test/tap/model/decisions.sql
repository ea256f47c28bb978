-- See books.sql: each view lists what contradicts the rule in its comment. Here: what was decided, and why.

CREATE VIEW model.wrong_decision AS
WITH asked AS (
    SELECT actor, sum(CASE WHEN t.fate <> 'committed' THEN 0
                           WHEN kind = 'review' AND NOT replayed AND outcome IN ('approved', 'rejected', 'flagged') THEN 1
                           WHEN kind = 'validate' AND NOT replayed AND outcome IN ('validated', 'pending_review', 'rejected') THEN 1
                           WHEN kind = 'update_status' AND answer IS NOT NULL THEN 1
                           WHEN kind = 'validate_pending' THEN (answer ->> 'validated')::int + (answer ->> 'pending_review')::int + (answer ->> 'rejected')::int
                           ELSE 0 END) AS decisions
      FROM model.told t GROUP BY actor HAVING NOT bool_or(t.fate = 'unknown')
), made AS (
    SELECT new_validated_by AS actor, count(*) AS decisions FROM rewards.ledger_entries WHERE kind = 'status' GROUP BY 1
)
SELECT format('transaction %s made %s decisions, and %s are in the books', actor, coalesce(asked.decisions, 0), coalesce(made.decisions, 0)) AS found
  FROM asked FULL JOIN made USING (actor)
 WHERE coalesce(asked.decisions, 0) <> coalesce(made.decisions, 0)
   AND (asked.actor IS NOT NULL OR NOT EXISTS (SELECT FROM model.told t WHERE t.fate = 'unknown' AND t.actor = made.actor))
UNION ALL
SELECT format('event %s of %s points was approved by %s alone', e.event_id, e.points, c.new_validated_by)
  FROM model.entry e JOIN model.setting s USING (company_id)
  JOIN rewards.ledger_entries c ON (c.user_id, c.company_id, c.version) = (e.user_id, e.company_id, e.version)
 WHERE e.kind = 'status' AND e.to_status = 'validated' AND abs(e.points) > s.review_four_eyes_points
   AND EXISTS (SELECT FROM model.told t WHERE t.actor = c.new_validated_by AND t.kind = 'review' AND t.of_event = e.event_id AND t.outcome = 'approved' AND NOT t.replayed AND t.fate = 'committed')
   AND NOT EXISTS (SELECT FROM rewards.event_approvals a WHERE (a.user_id, a.event_id) = (e.user_id, e.event_id) AND a.approved_by <> c.new_validated_by AND a.approved_at <= e.recorded_at);
COMMENT ON VIEW model.wrong_decision IS 'every decision has one entry, and many points have two who approve';

-- Limits

CREATE VIEW model.wrong_limit AS
WITH counted AS (
    SELECT s.*, (count(*) OVER hour) AS hour_events, (count(*) OVER day) AS day_events
      FROM model.submission s
    WINDOW hour AS (PARTITION BY user_id, company_id ORDER BY recorded_at RANGE BETWEEN '1 hour - 1 microsecond' PRECEDING AND CURRENT ROW),
           day AS (PARTITION BY user_id, company_id ORDER BY recorded_at RANGE BETWEEN '1 day - 1 microsecond' PRECEDING AND CURRENT ROW)
)
SELECT format('event %s is the %sth of an hour, the %sth of a day, with %s points before it', event_id, hour_events, day_events, points_before) AS found
  FROM counted c JOIN model.setting USING (company_id)
  CROSS JOIN LATERAL (SELECT coalesce(sum(b.points), 0) AS points_before FROM model.submission b
                       WHERE (b.user_id, b.company_id) = (c.user_id, c.company_id) AND b.version < c.version
                         AND b.recorded_at > c.recorded_at - interval '1 hour' AND b.rejected_version > c.version) p
 WHERE hour_events > events_per_hour OR day_events > events_per_day OR points_before + points > points_per_hour;
COMMENT ON VIEW model.wrong_limit IS 'no hour and no day holds more than the limit';

-- Whatever the moment between question and answer at which it was counted: as much as there was at its end, without what
-- had been rejected at its beginning.
CREATE VIEW model.wrong_limit_refusal AS
WITH refused AS (
    SELECT t.place, t.user_id, t.company_id, t.asked_at, t.answered_at, s.events_per_hour, s.events_per_day, s.points_per_hour, r.base_points,
           u.events, u.points, (t.answer ->> 'retry_after')::bigint AS retry_after
      FROM model.told t JOIN model.setting s USING (company_id)
      JOIN rewards.point_rules r ON (r.company_id, r.event_type) = (t.company_id, t.request ->> 'event_type')
      CROSS JOIN LATERAL (
        SELECT count(*) AS events, coalesce(sum(b.points) FILTER (WHERE b.rejected_version <> 0 AND coalesce(e.recorded_at, 'infinity') >= t.asked_at), 0) AS points
          FROM model.submission b
          LEFT JOIN model.entry e ON (e.user_id, e.company_id, e.version) = (b.user_id, b.company_id, b.rejected_version)
         WHERE (b.user_id, b.company_id) = (t.user_id, t.company_id) AND b.recorded_at <= t.answered_at + interval '1 ms') u
     WHERE t.outcome = 'rate_limited' AND t.fate = 'committed' AND NOT t.has_regrets
)
SELECT format('%s: refused with %s events and %s points, to come back after %s s', place, events, points, retry_after) AS found
  FROM refused
 WHERE NOT (events >= least(events_per_hour, events_per_day) OR points + base_points > points_per_hour)
    -- the event that has to leave the hour is the one with so many behind it
    OR (events >= events_per_hour AND retry_after NOT BETWEEN
        (SELECT floor(3599 - extract(epoch FROM refused.answered_at - b.recorded_at)) FROM model.submission b
          WHERE (b.user_id, b.company_id) = (refused.user_id, refused.company_id) AND b.recorded_at <= refused.answered_at + interval '1 ms'
          ORDER BY b.recorded_at DESC OFFSET events_per_hour - 1 LIMIT 1)
        AND
        (SELECT ceil(3601 - extract(epoch FROM refused.asked_at - b.recorded_at)) FROM model.submission b
          WHERE (b.user_id, b.company_id) = (refused.user_id, refused.company_id) AND b.recorded_at <= refused.answered_at + interval '1 ms'
          ORDER BY b.recorded_at DESC OFFSET events_per_hour - 1 LIMIT 1))
    OR retry_after IS NULL OR retry_after < 1;
COMMENT ON VIEW model.wrong_limit_refusal IS 'whoever was limited had reached the limit, and was told when to come back';

CREATE VIEW model.wrong_rule AS
SELECT format('event %s of type %s earned %s points', event_id, event_type, s.points) AS found
  FROM model.submission s LEFT JOIN rewards.point_rules r USING (company_id, event_type)
 WHERE r.is_active IS NOT TRUE OR s.points > base_points OR (s.points < base_points AND daily_cap IS NULL)
UNION ALL
SELECT format('event %s comes too soon after %s', s.event_id, b.event_id)
  FROM model.submission s
  JOIN model.submission b ON (b.user_id, b.company_id, b.event_type) = (s.user_id, s.company_id, s.event_type)
 WHERE s.event_type = 'spaced' AND b.version < s.version AND b.rejected_version > s.version
   AND s.event_time - b.event_time > '-1 hour' AND s.event_time - b.event_time < '1 hour'
UNION ALL
SELECT format('event %s brings its day to %s points', s.event_id, s.points + sum(b.points))
  FROM model.submission s JOIN rewards.point_rules r USING (company_id, event_type)
  JOIN model.submission b ON (b.user_id, b.company_id, b.event_type) = (s.user_id, s.company_id, s.event_type)
 WHERE b.version < s.version AND b.rejected_version > s.version AND s.points > 0
   AND date_trunc('day', b.event_time, 'UTC') = date_trunc('day', s.event_time, 'UTC')
 GROUP BY s.event_id, s.points, r.daily_cap HAVING s.points + sum(b.points) > r.daily_cap;
COMMENT ON VIEW model.wrong_rule IS 'events earn what their rule says';

CREATE VIEW model.wrong_refusal AS
SELECT format('%s: %s %s was refused with %s and a balance of %s', place, kind, request, outcome, balance) AS found
  FROM model.told t LEFT JOIN rewards.coupon_templates c ON c.id = (request ->> 'template')::uuid
 WHERE fate = 'committed' AND NOT coalesce(CASE outcome
       WHEN 'insufficient_points' THEN kind NOT IN ('deduct', 'redeem') OR balance < coalesce((request ->> 'points')::bigint, c.points_cost)
       WHEN 'unknown_event_type' THEN request ->> 'event_type' = 'nothing'
       WHEN 'event_type_inactive' THEN request ->> 'event_type' = 'closed'
       WHEN 'proof_required' THEN request ->> 'event_type' = 'proved' AND NOT request ? 'proof_payload'
       WHEN 'too_soon' THEN request ->> 'event_type' = 'spaced'
       WHEN 'outside_window' THEN (request ->> 'event_time')::timestamptz < t.answered_at - interval '7 days'
       WHEN 'duplicate_payload' THEN EXISTS (SELECT FROM rewards.points_events e WHERE (e.user_id, e.company_id, e.payload_hash) = (t.user_id, t.company_id, t.request ->> 'payload_hash'))
       -- revoked ones do not count any more, once that is committed
       WHEN 'limit_reached' THEN (SELECT count(*) FROM rewards.coupons p
                                    LEFT JOIN model.told r ON r.kind = 'revoke' AND r.coupon_id = p.coupon_id AND r.fate = 'committed'
                                   WHERE (p.issued_to, p.template_id) = (t.user_id, c.id) AND p.issued_at <= t.answered_at + interval '1 ms'
                                     AND (p.status <> 'revoked' OR coalesce(r.ended_at, 'infinity') >= t.asked_at)) >= c.max_redemptions_per_user
                              OR t.has_regrets
       WHEN 'template_not_found' THEN false
       WHEN 'template_inactive' THEN false
       ELSE true END, false)
UNION ALL
SELECT format('%s: %s of %s was %s', place, kind, request, outcome)
  FROM model.told WHERE outcome = 'recorded' AND (request ->> 'event_type' IN ('nothing', 'closed') OR request ->> 'event_type' = 'proved' AND NOT request ? 'proof_payload');
COMMENT ON VIEW model.wrong_refusal IS 'every refusal had its reason';

-- Coupons

CREATE VIEW model.wrong_coupon AS
SELECT format('coupon %s has not one price', c.coupon_id) AS found
  FROM rewards.coupons c
  LEFT JOIN rewards.points_events e ON e.event_type = 'coupon_redemption' AND (e.user_id, e.company_id, e.related_entity_id, -e.points_delta)
                                                                           = (c.issued_to, c.company_id, c.coupon_id::text, c.issued_points_cost)
 GROUP BY c.coupon_id, c.issued_to HAVING count(e.id) <> 1
UNION ALL
SELECT format('price %s has no coupon', e.id)
  FROM rewards.points_events e
 WHERE e.event_type = 'coupon_redemption' AND NOT EXISTS (SELECT FROM rewards.coupons c WHERE c.coupon_id::text = e.related_entity_id AND c.issued_to = e.user_id)
UNION ALL
SELECT format('code %s belongs to %s coupons', code, count(DISTINCT coupon_id)) FROM model.told
 WHERE code IS NOT NULL AND fate = 'committed' GROUP BY code HAVING count(DISTINCT coupon_id) > 1
UNION ALL
SELECT format('a member of %s has %s coupons of template %s', c.issued_to, count(*), c.template_id)
  FROM rewards.coupons c JOIN rewards.coupon_templates t ON t.id = c.template_id
 WHERE c.status <> 'revoked' GROUP BY c.issued_to, c.template_id, t.max_redemptions_per_user HAVING count(*) > t.max_redemptions_per_user;
COMMENT ON VIEW model.wrong_coupon IS 'every coupon has its price and its code, and no member has more than the template allows';

CREATE VIEW model.wrong_claim AS
SELECT format('coupon %s was claimed or revoked %s times', coupon_id, count(*)) AS found
  FROM model.told WHERE kind IN ('claim', 'revoke') AND fate = 'committed' AND coupon_id IS NOT NULL GROUP BY coupon_id HAVING count(*) > 1
UNION ALL
SELECT format('%s: %s of coupon %s was acknowledged, and it is %s by %s', t.place, t.kind, t.coupon_id, coalesce(c.status, 'gone'), c.redeemed_by)
  FROM model.told t LEFT JOIN rewards.coupons c USING (coupon_id)
 WHERE t.kind IN ('claim', 'revoke') AND t.fate = 'committed' AND t.coupon_id IS NOT NULL
   AND (c.status, c.redeemed_by, c.company_id)
       IS DISTINCT FROM (CASE t.kind WHEN 'claim' THEN 'redeemed' ELSE 'revoked' END, CASE t.kind WHEN 'claim' THEN t.request ->> 'by' END, t.company_id)
UNION ALL
SELECT format('nobody made coupon %s %s', c.coupon_id, c.status)
  FROM rewards.coupons c
 WHERE c.status <> 'issued'
   AND NOT EXISTS (SELECT FROM model.told t WHERE t.kind IN ('claim', 'revoke') AND t.fate <> 'undone'
                      AND (t.coupon_id = c.coupon_id OR t.fate = 'unknown' AND (t.kind = 'revoke' OR t.request ->> 'by' = c.redeemed_by)))
UNION ALL
SELECT format('%s: coupon %s was refused, and could have been claimed', t.place, c.coupon_id)
  FROM model.told t JOIN model.told r ON r.code = t.request ->> 'code' AND r.company_id = t.company_id JOIN rewards.coupons c ON c.coupon_id = r.coupon_id
 WHERE t.kind = 'claim' AND t.fate = 'committed' AND t.outcome <> 'claimed' AND NOT t.has_regrets AND c.status = 'issued';
COMMENT ON VIEW model.wrong_claim IS 'every code was claimed once at most, and refused only when it could not be';

CREATE VIEW model.wrong_refund AS
SELECT format('event %s was refunded %s times', related_entity_id, count(*)) AS found
  FROM model.entry WHERE event_type = 'refund' AND by_function GROUP BY user_id, related_entity_id HAVING count(*) > 1
UNION ALL
SELECT format('refund %s gives back what was not spent', r.event_id)
  FROM model.entry r
  LEFT JOIN rewards.points_events o ON (o.user_id, o.company_id, o.id) = (r.user_id, r.company_id, r.related_entity_id::uuid)
 WHERE r.event_type = 'refund' AND r.by_function
   AND NOT coalesce(o.points_delta = -r.points AND o.points_delta < 0 AND o.validation_status = 'validated'
                    AND o.event_type NOT IN ('coupon_redemption', 'points_expiry'), false)
UNION ALL
SELECT format('%s: a refund of %s was refused (%s)', t.place, t.of_event, t.outcome)
  FROM model.told t
  LEFT JOIN model.entry o ON (o.user_id, o.company_id, o.event_id, o.kind) = (t.user_id, t.company_id, t.of_event, 'event')
 WHERE t.kind = 'refund' AND t.fate = 'committed' AND t.outcome <> 'refunded'
   AND NOT coalesce(CASE t.outcome
       WHEN 'event_not_found' THEN o.event_id IS NULL
       WHEN 'not_refundable' THEN o.points >= 0 OR o.to_status <> 'validated' OR o.event_type IN ('coupon_redemption', 'points_expiry')
       WHEN 'already_refunded' THEN EXISTS (SELECT FROM model.entry r WHERE (r.user_id, r.event_type, r.related_entity_id) = (t.user_id, 'refund', t.of_event::text)
                                                                        AND r.recorded_at <= t.answered_at) END, false);
COMMENT ON VIEW model.wrong_refund IS 'what was spent comes back once, and nothing else does';

-- Signs of fraud

CREATE VIEW model.wrong_insight AS
WITH noted AS (
    SELECT user_id, company_id, CASE WHEN outcome = 'nonce_conflict' THEN 'replay_attempt' WHEN outcome = 'rate_limited' THEN 'bulk_submission' ELSE 'manual_flag' END AS insight_type,
           count(*) AS least
      FROM model.told WHERE fate = 'committed' AND (outcome IN ('nonce_conflict', 'rate_limited') OR kind = 'flag') GROUP BY 1, 2, 3
    UNION ALL
    SELECT user_id, company_id, 'low_trust_score', count(*)
      FROM model.submission JOIN model.setting USING (company_id) WHERE trust_score < trust_validate_at GROUP BY 1, 2
), counted AS (
    SELECT user_id, company_id, insight_type, sum(occurrences) AS occurrences, count(*) FILTER (WHERE NOT resolved) AS open_rows
      FROM rewards.fraud_insights GROUP BY 1, 2, 3
), unheard AS (
    SELECT user_id, company_id, count(*) AS most FROM model.told WHERE fate = 'unknown' GROUP BY 1, 2
)
SELECT format('%s of account %s of %s was noticed %s times, and %s are counted in %s open insights', insight_type, user_id, company_id, least, occurrences, open_rows) AS found
  FROM noted FULL JOIN counted USING (user_id, company_id, insight_type) LEFT JOIN unheard USING (user_id, company_id)
 WHERE insight_type IN ('replay_attempt', 'bulk_submission', 'manual_flag', 'low_trust_score')
   AND (coalesce(occurrences, 0) NOT BETWEEN coalesce(least, 0)
            AND coalesce(least, 0) + CASE insight_type WHEN 'low_trust_score' THEN 0 ELSE coalesce(most, 0) END OR open_rows > 1)
UNION ALL
SELECT format('insight %s was resolved %s times', answer ->> 'insight_id', count(*))
  FROM model.told WHERE kind = 'resolve' AND fate = 'committed' AND outcome = 'resolved' GROUP BY answer ->> 'insight_id' HAVING count(*) > 1
UNION ALL
SELECT format('%s: insight %s was resolved, and is not', place, answer ->> 'insight_id')
  FROM model.told t LEFT JOIN rewards.fraud_insights i ON i.id = (answer ->> 'insight_id')::uuid
 WHERE kind = 'resolve' AND fate = 'committed' AND outcome = 'resolved' AND (i.resolved, i.resolved_by, i.company_id) IS DISTINCT FROM (true, t.actor, t.company_id);
COMMENT ON VIEW model.wrong_insight IS 'every conflict, limit, flag and low score is counted in an insight, once';
