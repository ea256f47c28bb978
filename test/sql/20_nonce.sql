-- One idempotency key, one request, one answer.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000020a
\set company_b c0000000-0000-4000-8000-00000000020b
\set member_1 a0000000-0000-4000-8000-000000000201
\set member_2 a0000000-0000-4000-8000-000000000202
\set coffee b0000000-0000-4000-8000-0000000020a1
\set tea b0000000-0000-4000-8000-0000000020a2

-- Identifiers

-- Version 7 UUIDs say that they are, and that their variant is the one of RFC 9562.
SELECT count(*) AS made, count(DISTINCT id) AS different,
       bool_and(id::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') AS version_7
  FROM (SELECT rewards.uuidv7() AS id FROM generate_series(1, 2000)) AS made;

-- They carry the milliseconds at which they were made.
SELECT milliseconds BETWEEN floor(extract(epoch FROM before) * 1000)
       AND extract(epoch FROM clock_timestamp()) * 1000 AS now
  FROM (SELECT before, ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint AS milliseconds
          FROM (SELECT clock_timestamp() AS before, rewards.uuidv7() AS id OFFSET 0) AS made OFFSET 0) AS read;

-- Those of later microseconds sort after those of earlier ones.
CREATE TEMP TABLE made (number integer, id uuid);
DO $$
BEGIN
    FOR number IN 1..20 LOOP
        INSERT INTO made VALUES (number, rewards.uuidv7());
        PERFORM pg_sleep(0.0001);
    END LOOP;
END $$;
SELECT array_agg(number ORDER BY id) = array_agg(number ORDER BY number) AS in_order FROM made;
DROP TABLE made;

-- Version 5 UUIDs are those of RFC 9562 (its own example), of Python's uuid5 and of OpenSSL's SHA-1.
SELECT rewards.uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8',
       'www.example.com') = '2ed6657d-e927-568b-95e1-2665a8aea6a2' AS rfc_9562,
       rewards.uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8',
           'python.org') = '886313e1-3b8a-5372-9b90-0c9aee199e5d' AS python,
       rewards.uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8',
           '') = '4ebd0208-8328-5d69-8c44-ec50939c0967' AS empty_name,
       rewards.uuidv5('6ba7b811-9dad-11d1-80b4-00c04fd430c8',
           'Žofie') = '3d2c2f48-b39c-5d23-9181-0d6ce9d8381d' AS other_letters,
       rewards.uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8',
           repeat('x', 10000)) = '64c643fe-a7a7-574c-84b6-b33447143d9d' AS long_name;

-- A name in another namespace is another UUID; nothing in, nothing out.
SELECT rewards.uuidv5(:'company_a', 'member 7') <> rewards.uuidv5(:'company_b', 'member 7') AS differs,
       rewards.uuidv5(NULL, 'x') AS no_namespace, rewards.uuidv5(:'company_a', NULL) AS no_name;

-- Replay

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES
    (:'coffee', :'company_a', 'coffee', 10, 'product', 1), (:'tea', :'company_a', 'tea', 10, 'product', 1);

-- The first answer.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT event_id, outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, 'welcome', 'key 1') \gset award_
SELECT :'award_outcome' AS outcome, :award_balance AS balance, :'award_replayed' AS replayed;
COMMIT;

-- The same request again, later and when the balance is another: the same event and the same answer, marked as a
-- replay.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 11);
SELECT event_id = :'award_event_id' AS same_event, outcome, balance, replayed
  FROM rewards.award_points(:'member_1', 100, 'welcome', 'key 1');
SELECT event_id = :'award_event_id' AS same_event, outcome, balance, replayed
  FROM rewards.award_points(event_time => NULL, event_type => 'award', idempotency_key => 'key 1', reason => 'welcome',
       points => 100, user_id => :'member_1');
COMMIT;

-- It has been counted once.
SELECT count(*), sum(points_delta) FROM rewards.points_events WHERE company_id = :'company_a' AND user_id = :'member_1';
SELECT available_points, lifetime_earned
  FROM rewards.user_points_cache
 WHERE company_id = :'company_a' AND user_id = :'member_1';

-- Twice in one statement is once, too.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT first.outcome, first.replayed, second.outcome, second.replayed, first.event_id = second.event_id AS same_event
  FROM rewards.award_points(:'member_1', 5, NULL, 'twice') AS first,
       rewards.award_points(:'member_1', 5, NULL, 'twice') AS second;
SELECT count(*) FROM rewards.points_events WHERE company_id = :'company_a' AND nonce = 'twice';
ROLLBACK;

-- A deduction and a redemption are replayed in the same way; the redemption with the same coupon and the same code.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT event_id, outcome, balance, replayed FROM rewards.deduct_points(:'member_1', 30, NULL, 'key 2') \gset deduct_
SELECT :'deduct_outcome' AS outcome, :deduct_balance AS balance, :'deduct_replayed' AS replayed;
SELECT * FROM rewards.redeem_coupon(:'member_1', :'coffee', 'key 3') \gset redeem_
SELECT :'redeem_outcome' AS outcome, :redeem_points_remaining AS points_remaining, :'redeem_replayed' AS replayed;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 1000);
SELECT event_id = :'deduct_event_id' AS same_event, outcome, balance, replayed
  FROM rewards.deduct_points(:'member_1', 30, NULL, 'key 2');
SELECT outcome, coupon_id = :'redeem_coupon_id' AS same_coupon, coupon_code = :'redeem_coupon_code' AS same_code,
       expires_at, points_remaining, replayed
  FROM rewards.redeem_coupon(:'member_1', :'coffee', 'key 3');
SELECT count(*) AS coupons FROM rewards.coupons WHERE company_id = :'company_a';
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
COMMIT;

-- Without a key nothing is replayed.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 1, 'daily');
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 1, 'daily');
SELECT count(*) AS nonces FROM rewards.used_nonces WHERE user_id = :'member_2';
COMMIT;

-- An event time that was given is a part of the request; one that was left to the server is not, whenever the retry
-- comes.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, replayed
  FROM rewards.award_points(:'member_2', 1, NULL, 'timed', event_time => '2020-02-02 02:02:02+00');
SELECT outcome, replayed
  FROM rewards.award_points(:'member_2', 1, NULL, 'timed', event_time => '2020-02-02 03:02:02+01');
SELECT outcome, replayed
  FROM rewards.award_points(:'member_2', 1, NULL, 'timed', event_time => '2020-02-02 02:02:02.000001+00');
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, 'timed');
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, 'untimed');
SELECT pg_sleep(0.002) \gset
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, 'untimed');
SELECT outcome, replayed
  FROM rewards.award_points(:'member_2', 1, NULL, 'untimed', event_time => '2000-01-01 00:00:00+00');
COMMIT;

-- Conflict

-- The same key for any other request is a conflict: no event, no coupon, the balance as it is now.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT event_id, outcome, balance, replayed FROM rewards.award_points(:'member_1', 101, 'welcome', 'key 1')
UNION ALL SELECT event_id, outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, 'welcome!', 'key 1')
UNION ALL SELECT event_id, outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, '', 'key 1')
UNION ALL SELECT event_id, outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, NULL, 'key 1')
UNION ALL SELECT event_id, outcome, balance, replayed
  FROM rewards.award_points(:'member_1', 100, 'welcome', 'key 1', 'bonus')
UNION ALL SELECT event_id, outcome, balance, replayed
  FROM rewards.award_points(:'member_1', 100, 'welcome', 'key 1', event_time => '2020-02-02')
UNION ALL SELECT event_id, outcome, balance, replayed
  FROM rewards.deduct_points(:'member_1', 100, 'welcome', 'key 1', 'award')
UNION ALL SELECT event_id, outcome, balance, replayed
  FROM rewards.award_points(:'member_1', 30, NULL, 'key 2', 'deduction')
UNION ALL SELECT event_id, outcome, balance, replayed
  FROM rewards.award_points(:'member_1', 10, NULL, 'key 3', 'coupon_redemption');
SELECT * FROM rewards.redeem_coupon(:'member_1', :'coffee', 'key 1');
SELECT * FROM rewards.redeem_coupon(:'member_1', :'coffee', 'key 2');
SELECT * FROM rewards.redeem_coupon(:'member_1', :'tea', 'key 3');

-- Fields that would read the same when put side by side are kept apart.
SELECT outcome FROM rewards.award_points(:'member_2', 1, 'ab', 'side by side', 'c');
SELECT outcome FROM rewards.award_points(:'member_2', 1, 'a', 'side by side', 'bc');

-- A reason that is empty is not one that was not given.
SELECT outcome FROM rewards.award_points(:'member_2', 1, NULL, 'no reason');
SELECT outcome FROM rewards.award_points(:'member_2', 1, '', 'no reason');

-- A key that was carried over without its request matches none.
INSERT INTO rewards.used_nonces (user_id, company_id, nonce, event_type, expires_at)
    VALUES (:'member_2', :'company_a', 'imported', 'award', now() + interval '7 days');
SELECT outcome FROM rewards.award_points(:'member_2', 1, NULL, 'imported');
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'coffee', 'imported');
COMMIT;
SELECT available_points FROM rewards.user_points_cache WHERE company_id = :'company_a' AND user_id = :'member_1';

-- Whose key

-- The same key of another member, or of the same member in another company, is another key.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 500, 'another', 'key 1');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_1', 700, 'another', 'key 1');
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_1', 700, 'another', 'key 1');
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_1', :'coffee', 'key 3');
COMMIT;
SELECT company_id = :'company_a' AS company_a, user_id = :'member_1' AS member_1, event_type FROM rewards.used_nonces
 WHERE nonce = 'key 1' AND company_id IN (:'company_a', :'company_b') ORDER BY 1, 2;

-- What a key may be

-- Between 1 and 255 bytes, any character, told apart to the last one; null is no key for points, and an error for
-- coupons.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(member('202'), 1, NULL, '')$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, repeat('k', 256))$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, repeat('k', 10000))$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, repeat('ž', 128))$$),
    ($$SELECT rewards.deduct_points(member('202'), 1, NULL, '')$$),
    ($$SELECT rewards.deduct_points(member('202'), 1, NULL, repeat('k', 256))$$),
    ($$SELECT rewards.redeem_coupon(member('202'), offer('20a1'), '')$$),
    ($$SELECT rewards.redeem_coupon(member('202'), offer('20a1'), repeat('k', 256))$$),
    ($$SELECT rewards.redeem_coupon(member('202'), offer('20a1'), repeat('k', 10000))$$),
    ($$SELECT rewards.redeem_coupon(member('202'), offer('20a1'), NULL)$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, E'\xff')$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, repeat('k', 255))$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, repeat('ž', 127))$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, ' ')$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, E'\n')$$),
    ($$SELECT rewards.award_points(member('202'), 1, NULL, NULL)$$)) AS calls (call), attempt(call);
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, repeat('k', 255));
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, repeat('k', 254));
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, repeat('k', 254) || 'K');
SELECT outcome, replayed FROM rewards.award_points(:'member_2', 1, NULL, '  ');
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_2', :'coffee', repeat('c', 255));
SELECT outcome, replayed FROM rewards.redeem_coupon(:'member_2', :'coffee', repeat('c', 255));
ROLLBACK;

-- What uses up a key

-- A refused request does not: with points it goes through under the same key.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome, balance, replayed FROM rewards.deduct_points(:'member_2', 50, NULL, 'later');
SELECT outcome, points_remaining, replayed FROM rewards.redeem_coupon(:'member_2', :'coffee', 'not here');
SELECT count(*) AS nonces FROM rewards.used_nonces WHERE company_id = :'company_b' AND user_id = :'member_2';
SELECT outcome, balance FROM rewards.award_points(:'member_2', 50);
SELECT outcome, balance, replayed FROM rewards.deduct_points(:'member_2', 50, NULL, 'later');
SELECT outcome, balance, replayed FROM rewards.deduct_points(:'member_2', 50, NULL, 'later');
ROLLBACK;

-- Neither does a request that was rolled back, alone or with a savepoint, or that ended in an error.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 5, NULL, 'again');
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SAVEPOINT before;
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 5, NULL, 'again');
ROLLBACK TO before;
SELECT state FROM attempt($$DO 'BEGIN
    PERFORM rewards.award_points(member(''202''), 5, NULL, ''again'');
    RAISE division_by_zero;
END'$$);
SELECT count(*) AS events FROM rewards.points_events WHERE company_id = :'company_b' AND user_id = :'member_2';
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_2', 5, NULL, 'again');
COMMIT;

-- What is kept

-- The key is kept longer than an event may be late (7 days) with a clock ahead (10 minutes), with a fingerprint instead
-- of the request.
SELECT bool_and(expires_at - created_at >= interval '7 days 10 minutes') AS kept_long_enough,
       bool_and(octet_length(fingerprint) = 32) AS has_fingerprint,
       bool_and(num_nonnulls(event_id, coupon_id) = 1) AS has_answer, bool_and(balance IS NOT NULL) AS has_balance,
       count(*) > 5 AS some
  FROM rewards.used_nonces WHERE company_id IN (:'company_a', :'company_b') AND nonce <> 'imported';

-- An answer whose coupon is gone is an error, not a second coupon.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
ALTER TABLE rewards.coupons DISABLE TRIGGER USER;
DELETE FROM rewards.coupons WHERE coupon_id = :'redeem_coupon_id';
SELECT state, message FROM attempt($$SELECT rewards.redeem_coupon(member('201'), offer('20a1'), 'key 3')$$);
ROLLBACK;

-- An empty reason is not the same request as none.
BEGIN;
SELECT rewards.set_company_context(company('20e')) \gset
SELECT outcome FROM rewards.award_points(member('20e'), 1, NULL, 'reason');
SELECT outcome FROM rewards.award_points(member('20e'), 1, '', 'reason');
SELECT outcome, replayed FROM rewards.award_points(member('20e'), 1, NULL, 'reason');
ROLLBACK;
