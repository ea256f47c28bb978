-- Books of one moment have of each client all calls up to one, and none after it. That one is the last whose key is in them;
-- what leaves no key may have come between it and the next.
CREATE TEMP TABLE in_books AS
SELECT nonce AS key FROM rewards.used_nonces UNION SELECT claim_ref FROM rewards.coupons UNION SELECT label FROM rewards.coupon_batches;

CREATE INDEX ON in_books (key);
ANALYZE in_books;

CREATE TEMP TABLE moment AS
SELECT client, coalesce(max(number) FILTER (WHERE is_in_books), 0) AS last, coalesce(min(number) FILTER (WHERE leaves_key AND NOT is_in_books), 2147483647) AS next
  FROM (SELECT client, number, key IN (TABLE in_books) AS is_in_books, fate = 'ok' AND kind IN ('award', 'deduct', 'submit', 'redeem', 'claim', 'begin') AS leaves_key FROM told) AS call
 GROUP BY client;

DELETE FROM attempt USING moment WHERE attempt.client = moment.client AND number > last AND number >= next;
UPDATE attempt SET (fate, answer) = ('unknown', NULL) FROM moment WHERE attempt.client = moment.client AND number > last;
DELETE FROM told USING moment
 WHERE told.client = moment.client AND number > last
   AND (number >= next OR kind NOT IN ('hold', 'release', 'revoke') OR fate <> 'ok'
        OR (SELECT status FROM rewards.coupons WHERE coupon_id = told.coupon_id::uuid) IS DISTINCT FROM CASE kind WHEN 'hold' THEN 'held' WHEN 'release' THEN 'issued' ELSE 'revoked' END);
ANALYZE attempt, told;
