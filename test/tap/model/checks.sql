-- Each view lists what contradicts one rule, in a sentence; its comment is the rule. All of them are empty when the
-- books are right.

-- Answers, with what most of them have in common. has_regrets: a part of the transaction was rolled back, so that what
-- the rest of it saw is not in the books.
CREATE MATERIALIZED VIEW model.told AS
SELECT actor, format('%s operation %s.%s', actor, operation, row) AS place,
       kind, company_id, user_id, nonce, request, level, fate, asked_at, answered_at, ended_at, sqlstate, answer,
       answer ->> 'outcome' AS outcome, coalesce((answer ->> 'replayed')::boolean, false) AS replayed,
       coalesce(answer ->> 'event_id', answer ->> 'refund_event_id')::uuid AS event_id,
       (answer ->> 'of_event')::uuid AS of_event, (answer ->> 'coupon_id')::uuid AS coupon_id, answer ->> 'coupon_code' AS code,
       coalesce(answer ->> 'balance', answer ->> 'points_remaining')::bigint AS balance,
       bool_or(fate = 'undone') OVER (PARTITION BY actor) AS has_regrets
  FROM model.answer;
CREATE INDEX ON model.told (user_id, company_id, nonce);
CREATE INDEX ON model.told (event_id);
CREATE INDEX ON model.told (coupon_id);
ANALYZE model.told;

-- The books in themselves

CREATE VIEW model.wrong_balance AS
SELECT format('account %s of %s has (%s, %s, %s, %s), and its entries make (%s, %s, %s, %s)', a.user_id, a.company_id,
              available_points, pending_points, lifetime_earned, lifetime_spent, sum_available, sum_pending, sum_earned, sum_spent) AS found
  FROM rewards.user_points_cache a
  FULL JOIN (SELECT DISTINCT ON (user_id, company_id) * FROM model.entry ORDER BY user_id, company_id, version DESC) e USING (user_id, company_id)
 WHERE (available_points, pending_points, lifetime_earned, lifetime_spent, a.version, updated_at >= recorded_at)
       IS DISTINCT FROM (coalesce(sum_available, 0), coalesce(sum_pending, 0), coalesce(sum_earned, 0), coalesce(sum_spent, 0), coalesce(e.version, 0),
                         CASE WHEN e.version IS NOT NULL THEN true END);
COMMENT ON VIEW model.wrong_balance IS 'every balance is the sum of the entries, and has their number';

CREATE VIEW model.wrong_sum AS
SELECT format('account %s of %s has %s available points, and its events make %s', user_id, company_id, available_points, available) AS found
  FROM rewards.user_points_cache
  FULL JOIN (SELECT user_id, company_id, sum(points_delta) FILTER (WHERE validation_status = 'validated') AS available
               FROM rewards.points_events GROUP BY user_id, company_id) e USING (user_id, company_id)
 WHERE coalesce(available, 0) IS DISTINCT FROM available_points;
COMMENT ON VIEW model.wrong_sum IS 'available points are the sum of the validated events';

-- A statement that writes several events of an account is right at its end.
CREATE VIEW model.wrong_negative AS
SELECT format('account %s of %s has %s points after version %s', user_id, company_id, sum_available, version) AS found
  FROM model.entry
 WHERE sum_available < 0 OR balance_after < 0;
COMMENT ON VIEW model.wrong_negative IS 'no balance was ever below zero';

CREATE VIEW model.wrong_number AS
SELECT format('version %s of account %s of %s is entry %s', version, user_id, company_id, place) AS found
  FROM model.entry WHERE version <> place;
COMMENT ON VIEW model.wrong_number IS 'entries are numbered without gaps';

CREATE VIEW model.wrong_running_balance AS
SELECT format('version %s of account %s of %s says %s points after it, and they are %s', version, user_id, company_id, balance_after, sum_available) AS found
  FROM model.entry WHERE balance_after <> sum_available;
COMMENT ON VIEW model.wrong_running_balance IS 'every entry has the balance after it';

CREATE VIEW model.wrong_time AS
SELECT format('version %s of account %s of %s was recorded before the one before it', version, user_id, company_id) AS found
  FROM model.entry WHERE recorded_at < recorded_before
UNION ALL
SELECT format('event %s has the id of another time or place', event_id)
  FROM (SELECT *, lag(event_id) OVER account AS id_before, lag(recorded_at) OVER account AS time_before
          FROM model.entry WHERE by_function WINDOW account AS (PARTITION BY user_id, company_id ORDER BY version)) e
 WHERE event_id <= id_before OR recorded_at <= time_before
    OR ('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint <> floor(extract(epoch FROM recorded_at) * 1000);
COMMENT ON VIEW model.wrong_time IS 'the clock of an account never goes back, and ids follow it';

CREATE VIEW model.wrong_status AS
SELECT format('event %s went from %s to %s, after it was %s', event_id, old_status, new_status, status_before) AS found
  FROM (SELECT *, lag(new_status) OVER event AS status_before, lag(new_validated_by) OVER event AS by_before,
               lag(new_validated_at) OVER event AS at_before, lag(new_notes) OVER event AS notes_before
          FROM rewards.ledger_entries WHERE kind = 'status' WINDOW event AS (PARTITION BY user_id, event_id ORDER BY version)) c
 WHERE status_before IS NOT NULL
       AND (status_before, by_before, at_before, notes_before) IS DISTINCT FROM (old_status, old_validated_by, old_validated_at, old_notes)
    OR old_status IN ('validated', 'rejected') OR old_status = new_status
UNION ALL
SELECT format('event %s is %s by %s, and its last entry says otherwise', e.id, validation_status, validated_by)
  FROM rewards.points_events e
  JOIN (SELECT DISTINCT ON (user_id, event_id) * FROM rewards.ledger_entries WHERE kind = 'status' ORDER BY user_id, event_id, version DESC) c
    ON (c.user_id, c.event_id) = (e.user_id, e.id)
 WHERE (validation_status, validated_by, validated_at, validation_notes) IS DISTINCT FROM (new_status, new_validated_by, new_validated_at, new_notes);
COMMENT ON VIEW model.wrong_status IS 'every change of a status has its entry, which follows the one before it';

CREATE VIEW model.wrong_event AS
SELECT format('event %s has %s entries of its own', e.id, count(w.version)) AS found
  FROM rewards.points_events e
  LEFT JOIN model.entry w ON (w.user_id, w.company_id, w.event_id, w.kind) = (e.user_id, e.company_id, e.id, 'event')
 GROUP BY e.user_id, e.id HAVING count(w.version) <> 1
UNION ALL
SELECT format('entry %s of account %s of %s is about no event', l.version, l.user_id, l.company_id)
  FROM rewards.ledger_entries l
 WHERE NOT EXISTS (SELECT FROM rewards.points_events e WHERE (e.user_id, e.company_id, e.id) = (l.user_id, l.company_id, l.event_id));
COMMENT ON VIEW model.wrong_event IS 'every event has one entry, whichever way it came in';

CREATE VIEW model.wrong_chain AS
SELECT format('version %s of account %s of %s has not the hash of its content', w.version, w.user_id, w.company_id) AS found
  FROM model.entry w
  JOIN rewards.points_events e ON (e.user_id, e.id) = (w.user_id, w.event_id)
  LEFT JOIN rewards.ledger_entries c ON w.kind = 'status' AND (c.user_id, c.company_id, c.version) = (w.user_id, w.company_id, w.version)
  LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f WHERE f.user_id = w.user_id AND f.event_id = w.event_id AND f.kind = 'status'
                      ORDER BY version LIMIT 1) f ON w.kind = 'event'
 WHERE w.entry_hash IS DISTINCT FROM
       CASE w.kind WHEN 'event' THEN rewards.event_entry_hash(w.hash_before, w.version, w.recorded_at, w.balance_after, e, f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                   ELSE rewards.status_entry_hash(w.hash_before, c) END
UNION ALL
SELECT format('account %s of %s has not the hash of its last entry', a.user_id, a.company_id)
  FROM rewards.user_points_cache a
  LEFT JOIN model.entry w ON (w.user_id, w.company_id, w.version) = (a.user_id, a.company_id, a.version)
 WHERE a.chain_head IS DISTINCT FROM w.entry_hash;
COMMENT ON VIEW model.wrong_chain IS 'the chain of every account recomputes';

CREATE VIEW model.wrong_counter AS
SELECT format('account %s of %s counts %s events submitted and %s rejected, and has %s and %s', a.user_id, a.company_id,
              submitted_events, rejected_events, count(s.event_id), rejected) AS found
  FROM rewards.user_points_cache a
  LEFT JOIN model.submission s USING (user_id, company_id)
  CROSS JOIN LATERAL (SELECT count(*) AS rejected FROM model.submission r
                       WHERE (r.user_id, r.company_id) = (a.user_id, a.company_id) AND r.rejected_version < 9223372036854775807) r
 GROUP BY a.user_id, a.company_id, rejected
HAVING (submitted_events, rejected_events) IS DISTINCT FROM (count(s.event_id), rejected)
UNION ALL
SELECT format('account %s of %s counts %s events of an hour, and had %s in this one', a.user_id, a.company_id, hour_events + past_hour_events, count(*))
  FROM rewards.user_points_cache a JOIN model.submission s USING (user_id, company_id)
 WHERE s.recorded_at > a.last_submitted_at - interval '1 hour'
 GROUP BY a.user_id, a.company_id HAVING hour_events + past_hour_events < count(*)
UNION ALL
SELECT format('device %s of account %s is not what it submitted from', device_id, user_id)
  FROM rewards.account_devices d
  FULL JOIN (SELECT DISTINCT user_id, company_id, device_id FROM rewards.points_events WHERE trust_score IS NOT NULL AND device_id IS NOT NULL) e
      USING (user_id, company_id, device_id)
 WHERE d.first_seen_at IS NULL OR NOT EXISTS (SELECT FROM rewards.points_events p WHERE (p.user_id, p.company_id, p.device_id) = (user_id, company_id, device_id));
COMMENT ON VIEW model.wrong_counter IS 'what accounts count agrees with their events';

-- What was told, and what is in the books

CREATE VIEW model.wrong_acknowledged AS
SELECT format('%s: event %s (%s) was acknowledged, and the books have %s', t.place, t.event_id, t.kind, coalesce(to_jsonb(e)::text, 'none')) AS found
  FROM model.told t
  LEFT JOIN model.entry e ON (e.user_id, e.company_id, e.event_id, e.kind) = (t.user_id, t.company_id, t.event_id, 'event') AND e.by_function
 WHERE t.fate = 'committed' AND t.event_id IS NOT NULL AND t.kind IN ('award', 'deduct', 'submit', 'refund')
   AND (e.event_id IS NULL OR e.nonce IS DISTINCT FROM t.nonce
        OR (NOT t.replayed AND e.recorded_at NOT BETWEEN t.asked_at - interval '1 ms' AND t.answered_at + interval '1 ms')
        OR CASE t.kind
           WHEN 'award' THEN (e.event_type, e.to_status, e.points) IS DISTINCT FROM ('award', 'validated', (t.request ->> 'points')::bigint)
           WHEN 'deduct' THEN (e.event_type, e.to_status, e.points) IS DISTINCT FROM ('deduction', 'validated', -(t.request ->> 'points')::bigint)
           WHEN 'submit' THEN (e.event_type, e.event_time, e.to_status, e.points, e.trust_score)
                IS DISTINCT FROM (t.request ->> 'event_type', (t.request ->> 'event_time')::timestamptz, t.answer ->> 'status',
                                  (t.answer ->> 'points')::bigint, (t.answer ->> 'trust_score')::integer)
           ELSE (e.event_type, e.to_status, e.related_entity_id::uuid) IS DISTINCT FROM ('refund', 'validated', t.of_event) END)
UNION ALL
SELECT format('%s: coupon %s was acknowledged, and is not there with its price', t.place, t.coupon_id)
  FROM model.told t
 WHERE t.fate = 'committed' AND t.kind = 'redeem' AND t.outcome = 'redeemed'
   AND NOT EXISTS (SELECT FROM rewards.coupons c
                     JOIN model.entry e ON (e.user_id, e.company_id, e.related_entity_id) = (c.issued_to, c.company_id, c.coupon_id::text)
                    WHERE (c.coupon_id, c.issued_to, c.company_id, c.template_id) = (t.coupon_id, t.user_id, t.company_id, (t.request ->> 'template')::uuid)
                      AND (e.event_type, e.to_status, e.points, e.nonce) = ('coupon_redemption', 'validated', -c.issued_points_cost, t.nonce))
UNION ALL
SELECT format('%s: event %s was written, and is not there', t.place, answer ->> 'event_id')
  FROM model.told t
 WHERE t.fate = 'committed' AND t.kind = 'insert' AND answer IS NOT NULL
   AND NOT EXISTS (SELECT FROM model.entry e WHERE e.kind = 'event' AND NOT e.by_function
                      AND (e.user_id, e.company_id, e.event_id, e.points, e.to_status) = ((t.answer ->> 'user_id')::uuid, t.company_id, t.event_id,
                                                                             (t.answer ->> 'points')::bigint, t.answer ->> 'status'))
UNION ALL
SELECT format('%s: %s rows were copied (%s), and %s are there', t.place, t.request ->> 'rows', t.fate, count(e.event_id))
  FROM model.told t LEFT JOIN model.entry e ON e.kind = 'event' AND (e.related_entity_id, e.company_id) = (t.request ->> 'mark', t.company_id)
 WHERE t.kind = 'copy'
 GROUP BY t.place, t.request, t.fate, t.sqlstate
HAVING count(e.event_id) NOT IN (CASE t.fate WHEN 'undone' THEN 0 ELSE (t.request ->> 'rows')::int END,
                                 CASE t.fate WHEN 'committed' THEN (t.request ->> 'rows')::int ELSE 0 END);
COMMENT ON VIEW model.wrong_acknowledged IS 'what was acknowledged is in the books, as it was told';

CREATE VIEW model.wrong_undone AS
SELECT format('%s: %s was rolled back, and is in the books', t.place, coalesce(t.event_id, t.coupon_id)) AS found
  FROM model.told t
 WHERE t.fate = 'undone' AND NOT t.replayed AND t.kind IN ('award', 'deduct', 'submit', 'refund', 'redeem', 'insert')
   AND (EXISTS (SELECT FROM rewards.points_events e WHERE e.id = t.event_id) OR EXISTS (SELECT FROM rewards.coupons c WHERE c.coupon_id = t.coupon_id));
COMMENT ON VIEW model.wrong_undone IS 'what was rolled back is not';

CREATE VIEW model.wrong_origin AS
SELECT format('nobody asked for event %s (%s, nonce %s)', e.event_id, e.event_type, e.nonce) AS found
  FROM model.entry e
 WHERE e.kind = 'event' AND e.event_type NOT IN ('points_expiry', 'coupon_redemption')
   AND NOT EXISTS (SELECT FROM model.told t WHERE t.event_id = e.event_id AND t.fate = 'committed' AND NOT t.replayed)
   AND NOT EXISTS (SELECT FROM model.told t WHERE t.fate = 'unknown' AND (t.company_id, t.user_id) = (e.company_id, e.user_id)
                      AND (t.nonce = e.nonce OR e.nonce IS NULL AND t.kind IN ('award', 'refund')))
   AND NOT EXISTS (SELECT FROM model.told t WHERE t.fate <> 'undone' AND t.request ->> 'mark' = e.related_entity_id)
UNION ALL
SELECT format('nobody asked for coupon %s', c.coupon_id)
  FROM rewards.coupons c
 WHERE NOT EXISTS (SELECT FROM model.told t WHERE t.coupon_id = c.coupon_id AND t.kind = 'redeem' AND t.fate = 'committed' AND NOT t.replayed)
   AND NOT EXISTS (SELECT FROM model.told t JOIN model.entry e ON e.related_entity_id = c.coupon_id::text AND e.event_type = 'coupon_redemption'
                    WHERE t.fate = 'unknown' AND (t.company_id, t.user_id, t.nonce) = (e.company_id, e.user_id, e.nonce));
COMMENT ON VIEW model.wrong_origin IS 'nothing is in the books that nobody asked for';

-- An answer without an entry is right if the account had this balance at some moment between question and answer.
CREATE VIEW model.wrong_told_balance AS
SELECT format('%s: %s was told a balance of %s', t.place, t.kind, t.balance) AS found
  FROM model.told t
  LEFT JOIN model.entry e ON (e.user_id, e.company_id, e.event_id, e.kind) = (t.user_id, t.company_id, t.event_id, 'event')
  LEFT JOIN model.entry c ON t.kind = 'redeem' AND (c.user_id, c.company_id, c.related_entity_id, c.event_type) = (t.user_id, t.company_id, t.coupon_id::text, 'coupon_redemption')
 WHERE t.fate = 'committed' AND t.balance IS NOT NULL AND t.user_id IS NOT NULL
   AND CASE WHEN coalesce(e.event_id, c.event_id) IS NOT NULL THEN t.balance <> coalesce(e.sum_available, c.sum_available)
            WHEN t.has_regrets THEN false
            ELSE NOT EXISTS (SELECT FROM model.entry m WHERE (m.user_id, m.company_id, m.sum_available) = (t.user_id, t.company_id, t.balance)
                                AND m.recorded_at <= t.answered_at + interval '1 ms' AND coalesce(m.recorded_next, 'infinity') >= t.asked_at - interval '1 ms')
                 AND NOT (t.balance = 0 AND t.asked_at <= coalesce((SELECT recorded_at FROM model.entry f WHERE (f.user_id, f.company_id, f.version) = (t.user_id, t.company_id, 1)), 'infinity'))
       END;
COMMENT ON VIEW model.wrong_told_balance IS 'every balance that was told was the balance at that moment';

-- Idempotency

CREATE VIEW model.wrong_nonce AS
SELECT format('nonce %s of account %s of %s has %s events', nonce, user_id, company_id, count(*)) AS found
  FROM rewards.points_events WHERE nonce IS NOT NULL GROUP BY user_id, company_id, nonce HAVING count(*) > 1
UNION ALL
SELECT format('nonce %s of account %s of %s is kept without its event, or not at all', nonce, user_id, company_id)
  FROM rewards.used_nonces n
  FULL JOIN rewards.points_events e USING (user_id, company_id, nonce)
 WHERE nonce IS NOT NULL AND (n.created_at IS NULL OR e.id IS NULL OR n.event_id <> e.id OR (n.coupon_id IS NOT NULL AND n.coupon_id::text <> e.related_entity_id))
UNION ALL
SELECT format('nonce %s of account %s of %s was answered anew %s times', nonce, user_id, company_id, count(*))
  FROM model.told WHERE nonce IS NOT NULL AND fate = 'committed' AND NOT replayed AND coalesce(event_id, coupon_id) IS NOT NULL
 GROUP BY user_id, company_id, nonce HAVING count(*) > 1;
COMMENT ON VIEW model.wrong_nonce IS 'a nonce is used once';

CREATE VIEW model.wrong_replay AS
SELECT format('nonce %s of account %s of %s had %s different answers, or requests', nonce, user_id, company_id, count(DISTINCT (request, answer - 'replayed'))) AS found
  FROM model.told WHERE nonce IS NOT NULL AND fate = 'committed' AND coalesce(event_id, coupon_id) IS NOT NULL
 GROUP BY user_id, company_id, nonce HAVING count(DISTINCT (kind, request, answer - 'replayed' - 'ordinal' - 'user_id')) > 1;
COMMENT ON VIEW model.wrong_replay IS 'the same request gets the same answer, and no other request does';

CREATE VIEW model.wrong_conflict AS
SELECT format('%s: nonce %s of account %s of %s met a conflict, and was not used for anything else', t.place, t.nonce, t.user_id, t.company_id) AS found
  FROM model.told t
 WHERE t.outcome = 'nonce_conflict' AND t.fate = 'committed'
   AND NOT EXISTS (SELECT FROM model.told o JOIN model.entry e ON (e.user_id, e.company_id, e.nonce) = (o.user_id, o.company_id, o.nonce)
                    WHERE (o.user_id, o.company_id, o.nonce) = (t.user_id, t.company_id, t.nonce) AND o.fate <> 'undone'
                      AND (o.kind, o.request) IS DISTINCT FROM (t.kind, t.request) AND e.recorded_at <= t.answered_at);
COMMENT ON VIEW model.wrong_conflict IS 'a conflict is another request under a nonce that is used';

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

-- Decisions

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

-- Points that expire

CREATE VIEW model.wrong_lot AS
SELECT format('%s points of event %s expire at %s, and it should be %s', a.remaining, event_id, expires_at, m.remaining) AS found
  FROM rewards.point_lots a FULL JOIN model.lot m USING (user_id, company_id, expires_at, event_id)
 WHERE a.remaining IS DISTINCT FROM m.remaining
UNION ALL
SELECT format('event %s spent %s points of %s, and it should be %s', event_id, a.points, lot_event_id, m.points)
  FROM rewards.point_lot_uses a FULL JOIN model.lot_use m USING (user_id, company_id, event_id, lot_event_id, expires_at)
 WHERE a.points IS DISTINCT FROM m.points
UNION ALL
SELECT format('account %s of %s says that %s of its %s points expire, from %s on', a.user_id, a.company_id, expiring_points, available_points, next_expiry)
  FROM rewards.user_points_cache a LEFT JOIN model.lot l USING (user_id, company_id)
 GROUP BY a.user_id, a.company_id
HAVING (expiring_points, next_expiry) IS DISTINCT FROM (coalesce(sum(l.remaining), 0), min(l.expires_at)) OR expiring_points > available_points
UNION ALL
SELECT found FROM model.lot_finding;
COMMENT ON VIEW model.wrong_lot IS 'points that expire soonest are spent first, and expire when they are due';

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

-- Companies

CREATE VIEW model.wrong_company AS
SELECT format('%s: %s rows of others were seen', place, answer ->> 'of_others') AS found
  FROM model.told WHERE kind = 'look' AND (answer ->> 'of_others')::bigint > 0
UNION ALL
SELECT format('%s: %s reached event %s of another company (%s)', t.place, t.kind, e.id, t.outcome)
  FROM model.told t JOIN rewards.points_events e ON e.id = coalesce(t.of_event, t.event_id)
 WHERE e.company_id <> t.company_id AND t.outcome NOT IN ('not_waiting', 'event_not_found')
UNION ALL
SELECT format('%s: coupon %s of another company was %s', t.place, c.coupon_id, t.outcome)
  FROM model.told t JOIN rewards.coupons c ON c.coupon_id = t.coupon_id WHERE c.company_id <> t.company_id;
COMMENT ON VIEW model.wrong_company IS 'nobody saw or reached anything of another company';

CREATE VIEW model.wrong_look AS
SELECT format('%s: %s discrepancies at %s', place, answer ->> 'discrepancies', level) AS found
  FROM model.told WHERE kind = 'look' AND (answer ->> 'discrepancies')::bigint > 0;
COMMENT ON VIEW model.wrong_look IS 'no transaction ever saw books that disagree';

-- Functions never fail to serialize: only what is plain SQL may. A deadlock is due to transactions that lock several
-- accounts in any order; whom it meets, any who wait in their way, is up to the server. A decision does not wait for an
-- UPDATE of its event.
CREATE VIEW model.wrong_error AS
SELECT format('%s: %s at %s failed with %s', place, kind, level, sqlstate) AS found
  FROM model.told
 WHERE sqlstate <> '00000' AND sqlstate <> '40P01'
   AND NOT (kind IN ('revoke', 'update_status') AND level = 'REPEATABLE READ' AND sqlstate = '40001')
   AND NOT (kind IN ('review', 'validate') AND sqlstate = '55P03')
   AND NOT (kind IN ('insert', 'copy', 'update_status') AND sqlstate = '23514')
   AND NOT (kind = 'update_status' AND sqlstate = '23001');
COMMENT ON VIEW model.wrong_error IS 'nothing failed that must not fail';
