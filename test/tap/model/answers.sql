-- See books.sql: each view lists what contradicts the rule in its comment. Here: what was told, and what is in the books.

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

CREATE VIEW model.wrong_acknowledged AS
SELECT format('%s: event %s (%s) was acknowledged, and the books have %s', t.place, t.event_id, t.kind, coalesce(e::text, 'nothing')) AS found
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
