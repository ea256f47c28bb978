-- Points: an append-only ledger, and balances that are its sums whatever the way in.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000030a
\set company_b c0000000-0000-4000-8000-00000000030b
\set member_1 a0000000-0000-4000-8000-000000000301
\set member_2 a0000000-0000-4000-8000-000000000302
\set member_3 a0000000-0000-4000-8000-000000000303
\set member_4 a0000000-0000-4000-8000-000000000304
\set event_1 e0000000-0000-4000-8000-000000000301
\set event_2 e0000000-0000-4000-8000-000000000302

-- Accounts that are not what their events sum to: to be empty at every point of this file.
CREATE VIEW discrepancies AS
    SELECT company_id, user_id, available_points, pending_points, lifetime_earned, lifetime_spent
      FROM rewards.user_points_cache
      FULL JOIN (SELECT company_id, user_id,
                        sum(points_delta) FILTER (WHERE validation_status = 'validated') AS available,
                        sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')) AS pending,
                        sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0) AS earned,
                        -sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0) AS spent
                   FROM rewards.points_events GROUP BY company_id, user_id) AS sums USING (company_id, user_id)
     WHERE (available_points, pending_points, lifetime_earned, lifetime_spent) IS DISTINCT FROM
           (coalesce(available, 0), coalesce(pending, 0), coalesce(earned, 0), coalesce(spent, 0));

-- An event as somebody writes it who may.
CREATE FUNCTION write_event(who uuid, points bigint, status text DEFAULT 'pending') RETURNS void LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
         VALUES (who, 'x', now(), points, status)$$;
CREATE FUNCTION write_two(who uuid, points bigint, other uuid, other_points bigint,
    status text) RETURNS void LANGUAGE sql
    AS $$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
         VALUES (who, 'x', now(), points, status), (other, 'x', now(), other_points, status)$$;

-- Award and deduct

-- Points come and go, and the balance with them.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_1', 100, 'welcome');
SELECT outcome, balance, replayed FROM rewards.deduct_points(:'member_1', 30, 'tea');
SELECT available_points, pending_points, lifetime_earned, lifetime_spent
  FROM rewards.user_points_cache
 WHERE user_id = :'member_1';
SELECT * FROM rewards.calculate_user_points(:'member_1');

-- The events say what, who and why; event_time is now unless it is given.
SELECT event_type, points_delta, validation_status, validated_by, validation_notes, proof_type, nonce,
       event_time = created_at AS event_time_is_now, validated_at = created_at AS validated_at_once,
       created_at >= now() AS not_before
  FROM rewards.points_events WHERE user_id = :'member_1' ORDER BY id;
SELECT event_id
  FROM rewards.award_points(:'member_1', 1, event_type => 'visit', event_time => '2019-08-07 06:05:04.321+00') \gset
SELECT event_type, event_time = '2019-08-07 06:05:04.321+00' AS event_time, created_at >= now() AS recorded_now
  FROM rewards.points_events WHERE id = :'event_id';

-- The account remembers its last event, and its clock does not go back.
SELECT last_event_id = :'event_id' AS last_event,
       updated_at = (SELECT max(created_at) FROM rewards.points_events WHERE user_id = :'member_1') AS updated
  FROM rewards.user_points_cache WHERE user_id = :'member_1';
SELECT bool_and(ordered) AS clock_never_goes_back
  FROM (SELECT created_at >= lag(created_at, 1, created_at) OVER (ORDER BY id) AS ordered
  FROM rewards.points_events WHERE user_id = :'member_1') AS events;

-- Zero is an award and not a deduction; a negative number is neither.
SELECT outcome, balance FROM rewards.award_points(:'member_1', 0, 'below one unit');
SELECT rewards.deduct_points(:'member_1', 0);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 100, 'welcome');
SELECT state, message, hint, call FROM (VALUES
    ($$SELECT rewards.award_points(member('301'), -1)$$),
    ($$SELECT rewards.award_points(member('301'), -9223372036854775808)$$),
    ($$SELECT rewards.deduct_points(member('301'), 0)$$),
    ($$SELECT rewards.deduct_points(member('301'), -1)$$),
    ($$SELECT rewards.deduct_points(member('301'), -9223372036854775808)$$)) AS calls (call), attempt(call);

-- More than the account has is refused: no event, the balance as it is.
SELECT * FROM rewards.deduct_points(:'member_1', 101);
SELECT * FROM rewards.deduct_points(:'member_1', 9223372036854775807);
SELECT * FROM rewards.deduct_points(:'member_2', 1);
SELECT count(*) AS events FROM rewards.points_events WHERE user_id IN (:'member_1', :'member_2');

-- All that the account has is not.
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 100);
SELECT available_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache WHERE user_id = :'member_1';

-- One statement writes more rows, of more new accounts, than are recorded at once.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
SELECT md5(number::text)::uuid, 'visit', now(), number, 'validated' FROM generate_series(1, 2500) AS number;
SELECT count(*) AS accounts, sum(available_points) AS points
  FROM rewards.user_points_cache JOIN generate_series(1, 2500) AS number ON user_id = md5(number::text)::uuid;

-- A thousand awards in one statement are a thousand events.
SELECT count(*), max(balance)
  FROM generate_series(1, 1000) AS number, rewards.award_points(:'member_2', 2 + 0 * number);
SELECT available_points, (SELECT count(*) FROM rewards.points_events WHERE user_id = :'member_2') AS events
  FROM rewards.user_points_cache
 WHERE user_id = :'member_2';
TABLE discrepancies;
ROLLBACK;

-- Both ends of bigint

-- An account can hold the largest number, and not one point more: nothing is written.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_1', 9223372036854775807);
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('301'), 1)$$);
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('301'), 9223372036854775807)$$);
SELECT state, message FROM attempt($$SELECT write_event(member('301'), 1, 'validated')$$);
SELECT outcome, balance FROM rewards.deduct_points(:'member_1', 9223372036854775807);

-- What was earned in a lifetime is bounded as well.
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('301'), 1)$$);
SELECT available_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache WHERE user_id = :'member_1';
SELECT count(*) AS events FROM rewards.points_events WHERE user_id = :'member_1';
TABLE discrepancies;

-- So are points that are pending, at either end, in one statement or in two.
SELECT state, message, statement FROM (VALUES
    ($$SELECT write_event(member('302'), -9223372036854775808)$$),
    ($$SELECT write_event(member('302'), -9223372036854775807)$$),
    ($$SELECT write_event(member('302'), -2)$$),
    ($$SELECT write_two(member('303'), 9223372036854775807, member('303'), 9223372036854775807, 'pending')$$),
    ($$SELECT write_two(member('303'), 9223372036854775807, member('303'), -9223372036854775807, 'pending')$$),
    ($$SELECT write_event(member('304'), -9223372036854775807, 'validated')$$),
    ($$SELECT rewards.award_points(member('301'), 9223372036854775808)$$),
    ($$SELECT rewards.award_points(member('301'), '9223372036854775808')$$)
    ) AS statements (statement), attempt(statement);
SELECT user_id, pending_points
  FROM rewards.user_points_cache
 WHERE user_id IN (:'member_2', :'member_3', :'member_4')
 ORDER BY 1;
TABLE discrepancies;
ROLLBACK;

-- Arguments

-- Null is an error where something must be said, and wrong types do not find a function.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(NULL, 1)$$),
    ($$SELECT rewards.award_points(member('301'), NULL)$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_type => NULL)$$),
    ($$SELECT rewards.award_points(member('301'), 1, NULL, NULL, 'x', NULL)$$),
    ($$SELECT rewards.deduct_points(NULL, 1)$$),
    ($$SELECT rewards.deduct_points(member('301'), NULL)$$),
    ($$SELECT rewards.deduct_points(member('301'), 1, event_type => NULL)$$),
    ($$SELECT rewards.refresh_user_points_cache(NULL)$$),
    ($$SELECT rewards.calculate_user_points(NULL)$$)) AS calls (call), attempt(call);
SELECT state, call FROM (VALUES
    ($$SELECT rewards.award_points('nobody', 1)$$),
    ($$SELECT rewards.award_points(member('301'), 'many')$$),
    ($$SELECT rewards.award_points(member('301'), 1.5)$$),
    ($$SELECT rewards.award_points(member('301'), 'NaN')$$),
    ($$SELECT rewards.award_points(member('301'), true)$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_time => 'never')$$),
    ($$SELECT rewards.award_points(member('301'))$$),
    ($$SELECT rewards.award_points()$$)) AS calls (call), attempt(call);

-- A time that is no time is refused, by the function; the ends of time are times.
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(member('301'), 1, event_time => 'infinity')$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_time => '-infinity')$$),
    ($$SELECT rewards.deduct_points(member('301'), 1, event_time => 'infinity')$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_time => '4713-01-01 00:00:00+00 BC')$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_time => '294276-12-31 23:59:59.999999+00')$$))
     AS calls (call), attempt(call);

-- An event type has between 1 and 100 bytes; a reason any number.
SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.award_points(member('301'), 1, event_type => '')$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_type => repeat('t', 100))$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_type => repeat('t', 101))$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_type => repeat('ž', 51))$$),
    ($$SELECT rewards.award_points(member('301'), 1, event_type => repeat('t', 10000))$$),
    ($$SELECT rewards.award_points(member('301'), 1, reason => '')$$),
    ($$SELECT rewards.award_points(member('301'), 1, reason => repeat('r', 10000))$$),
    ($$SELECT rewards.award_points(member('301'), 1, reason => repeat('r', 10000000), idempotency_key => 'k')$$))
     AS calls (call), attempt(call);
SELECT outcome, replayed
  FROM rewards.award_points(:'member_1', 1, reason => repeat('r', 10000000), idempotency_key => 'k');
ROLLBACK;

-- Written by hand

-- INSERT, of one row and of many for several accounts, moves the balances; the context gives the company.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_1', 'import', '2020-01-01', 50, 'validated');
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) VALUES
    (:'member_1', 'import', '2020-01-02', 5, 'validated'), (:'member_2', 'import', '2020-01-02', 7, 'validated'),
    (:'member_1', 'import', '2020-01-02', -55, 'validated'),
    (:'member_1', 'import', '2020-01-02', 10, 'pending'), (:'member_1', 'import', '2020-01-02', 20, 'validating'),
    (:'member_1', 'import', '2020-01-02', 40, 'pending_review'),
    (:'member_1', 'import', '2020-01-02', 80, 'flagged'), (:'member_1', 'import', '2020-01-02', 1000, 'rejected'),
    (:'member_2', 'import', '2020-01-02', -3, 'pending');
SELECT user_id, available_points, pending_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache
 WHERE company_id = :'company_a' AND user_id IN (:'member_1', :'member_2') ORDER BY user_id;
SELECT * FROM rewards.calculate_user_points(:'member_1');
SELECT DISTINCT company_id = :'company_a' AS company_a, id IS NOT NULL AS has_id, created_at = now() AS has_time
  FROM rewards.points_events
 WHERE event_type = 'import' AND user_id = :'member_1';

-- INSERT ... SELECT, COPY and a data-modifying WITH do, too.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT member('3001' || lpad(number::text, 2, '0')), 'import', '2020-01-01', number, 'validated'
      FROM generate_series(0, 99) AS number, generate_series(1, 10);
SELECT count(*) AS accounts, sum(available_points) AS points
  FROM rewards.user_points_cache
 WHERE user_id BETWEEN member('300100') AND member('300199');
COPY rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) FROM stdin;
a0000000-0000-4000-8000-000000000303	copy	2020-01-01	11	validated
a0000000-0000-4000-8000-000000000303	copy	2020-01-01	22	validated
a0000000-0000-4000-8000-000000000303	copy	2020-01-01	44	pending
\.
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'member_3';
WITH written AS (INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
                 VALUES (:'member_3', 'with', '2020-01-01', 100, 'validated') RETURNING points_delta)
SELECT points_delta, (SELECT outcome FROM rewards.award_points(:'member_3', 200)) FROM written;
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'member_3';
TABLE discrepancies;

-- A company that is named is used, whatever the context of somebody whom row-level security does not hold.
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_1', :'company_b', 'import', '2020-01-01', 9, 'validated');
SELECT company_id = :'company_b' AS company_b, available_points
  FROM rewards.user_points_cache
 WHERE user_id = :'member_1'
 ORDER BY 1;

-- Nothing moves when nothing was written.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) SELECT :'member_4', 'x', now(), 1
 WHERE false;
SELECT count(*) AS accounts FROM rewards.user_points_cache WHERE user_id = :'member_4';

-- A statement that would leave less than nothing writes nothing, for no account.
SELECT state, message FROM attempt($$SELECT write_two(member('303'), 1, member('304'), -1, 'validated')$$);
SELECT available_points, (SELECT count(*) FROM rewards.points_events WHERE event_type = 'x') AS written
  FROM rewards.user_points_cache
 WHERE user_id = :'member_3';

-- Spent before it was earned, in one statement, is fine: the balance is checked where the statement ends.
SELECT state FROM attempt($$SELECT write_two(member('304'), -5, member('304'), 6, 'validated')$$);
SELECT available_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache WHERE user_id = :'member_4';

-- ON CONFLICT DO NOTHING counts what was written; DO UPDATE what has become of the rest.
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
    VALUES (:'event_1', :'member_4', 'upsert', '2020-01-01', 30);
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
    VALUES (:'event_1', :'member_4', 'upsert', '2020-01-01', 30), (:'event_2', :'member_4', 'upsert', '2020-01-01', 70)
    ON CONFLICT DO NOTHING;
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'member_4';
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
    VALUES (:'event_1', :'member_4', 'upsert', '2020-01-01', 30), (event('303'), :'member_4', 'upsert', '2020-01-01', 5)
    ON CONFLICT (user_id, id) DO UPDATE SET validation_status = 'validated';
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'member_4';
TABLE discrepancies;

-- MERGE inserts and decides in one statement, and cannot remove or rewrite.
MERGE INTO rewards.points_events AS event
    USING (VALUES (:'event_2'::uuid), (event('304'))) AS source (id) ON event.id = source.id
        AND event.user_id = :'member_4'
    WHEN MATCHED THEN UPDATE SET validation_status = 'rejected'
    WHEN NOT MATCHED THEN INSERT (id, user_id, event_type, event_time, points_delta, validation_status)
        VALUES (source.id, :'member_4', 'merge', '2020-01-01', 1000, 'validated');
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'member_4';
SELECT state, message FROM unnest(ARRAY['DELETE', 'UPDATE SET points_delta = 1']) AS action,
    attempt(format('MERGE INTO rewards.points_events AS event USING (VALUES (member(%L))) AS source (who)
                    ON event.user_id = who WHEN MATCHED THEN %s', '304', action));
SELECT state, message
  FROM attempt($$MERGE INTO rewards.user_points_cache AS account USING (VALUES (member('304'))) AS source (who)
                                     ON account.user_id = who WHEN MATCHED THEN UPDATE SET available_points = 1$$);
TABLE discrepancies;

-- What the ledger does not take: unknown or missing words, and the same event twice.
SELECT state, values FROM (VALUES
    ($$(:member, NULL, now(), 1, 'pending', 1)$$), ($$(:member, '', now(), 1, 'pending', 1)$$),
    ($$(:member, 'x', NULL, 1, 'pending', 1)$$),
    ($$(:member, 'x', now(), NULL, 'pending', 1)$$), ($$(NULL, 'x', now(), 1, 'pending', 1)$$),
    ($$(:member, 'x', now(), 1, NULL, 1)$$),
    ($$(:member, 'x', now(), 1, 'approved', 1)$$), ($$(:member, 'x', now(), 1, 'Validated', 1)$$),
    ($$(:member, 'x', now(), 1, '', 1)$$),
    ($$(:member, 'x', now(), 1, 'pending', -1)$$), ($$(:member, 'x', now(), 1, 'pending', 101)$$),
    ($$(:member, 'x', 'never', 1, 'pending', 1)$$),
    ($$(:member, 'x', now(), 1, 'pending', 0)$$), ($$(:member, 'x', now(), 1, 'pending', 100)$$),
    ($$(:member, 'x', now(), 1, 'pending', NULL)$$)
    ) AS rows (values),
    attempt('INSERT INTO rewards.points_events
             (user_id, event_type, event_time, points_delta, validation_status, trust_score) VALUES '
            || replace(values, ':member', quote_literal(member('304'))));
SELECT state FROM attempt($$INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
                             VALUES (event('301'), member('304'), 'x', now(), 1)$$);

-- A payload counts once for a member, and again for another or in another company.
SELECT state, number
  FROM (VALUES (1, '301', '30a'), (2, '301', '30a'), (3, '302', '30a'), (4, '301', '30b'))
           AS rows (number, member, company),
       attempt(format($$INSERT INTO rewards.points_events
                            (user_id, company_id, event_type, event_time, points_delta, payload_hash)
                        VALUES (member(%L), company(%L), 'x', now(), 1, 'hash')$$, member, company))
 ORDER BY number;
TABLE discrepancies;
ROLLBACK;

-- Status

-- From every status to every other: allowed or refused, and what happens to the balance.
CREATE FUNCTION pg_temp.move(was text, becomes text, OUT state text, OUT message text, OUT available bigint,
    OUT pending bigint) LANGUAGE plpgsql AS $$
DECLARE
    member uuid := rewards.uuidv7();
BEGIN
    INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
        VALUES (member, 'move', now(), 8, was);
    SELECT a.state, a.message INTO state, message
      FROM attempt(format('UPDATE rewards.points_events SET validation_status = %L WHERE user_id = %L',
                          becomes, member)) AS a;
    SELECT available_points, pending_points INTO available, pending
      FROM rewards.user_points_cache
     WHERE user_id = member;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT was, becomes, state, available, pending
  FROM unnest('{pending,validating,pending_review,flagged,validated,rejected}'::text[])
           WITH ORDINALITY AS one (was, first),
       unnest('{pending,validating,pending_review,flagged,validated,rejected}'::text[])
           WITH ORDINALITY AS other (becomes, second),
       pg_temp.move(was, becomes)
 ORDER BY first, second;
SELECT state, message FROM pg_temp.move('validated', 'rejected');
SELECT state, message FROM pg_temp.move('rejected', 'pending');
SELECT state, message FROM pg_temp.move('flagged', 'validating');
SELECT state FROM pg_temp.move('pending', 'approved');
SELECT state FROM pg_temp.move('pending', NULL);
TABLE discrepancies;
ROLLBACK;

-- A decision notes who and when, from the context and the clock unless it says so itself; outside of a context it is
-- the role that logged in.
INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta)
    SELECT event('301' || lpad(number::text, 2, '0')), :'member_1', :'company_a', 'review', '2020-01-01', 1
      FROM generate_series(1, 10) AS number;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'reviewer 1', 'admin') \gset
UPDATE rewards.points_events SET validation_status = 'validated' WHERE id = event('30101')
    RETURNING validated_by, validated_at >= now() AS validated_now, validation_notes;
UPDATE rewards.points_events SET validation_status = 'rejected', validated_by = 'board', validated_at = '2020-02-02',
    validation_notes = 'twice'
 WHERE id = event('30102')
    RETURNING validated_by, validated_at = '2020-02-02' AS as_given, validation_notes;
COMMIT;
UPDATE rewards.points_events SET validation_status = 'flagged'
 WHERE id = event('30103')
    RETURNING validated_by = session_user AS logged_in;

-- A decision can be taken on many at once, and a statement that moves none of them away moves no balance.
UPDATE rewards.points_events SET validation_status = 'validated' WHERE id BETWEEN event('30103') AND event('30105');
UPDATE rewards.points_events SET validation_status = validation_status WHERE user_id = :'member_1';
SELECT available_points, pending_points
  FROM rewards.user_points_cache
 WHERE company_id = :'company_a' AND user_id = :'member_1';

-- Validating a deduction that the balance does not cover is refused.
INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta)
    VALUES (:'event_1', :'member_2', :'company_a', 'review', '2020-01-01', -1);
SELECT state, message
  FROM attempt($$UPDATE rewards.points_events SET validation_status = 'validated' WHERE id = event('301')$$);
TABLE discrepancies;

-- Nothing else changes

-- Of an event no other column changes, with a decision or without one, for a superuser neither.
SELECT state, message, assignment FROM (VALUES
    ($$id = rewards.uuidv7()$$), ($$user_id = member('309')$$), ($$company_id = company('30b')$$),
    ($$event_type = 'other'$$), ($$event_time = now()$$),
    ($$points_delta = 1000000$$), ($$points_delta = NULL$$), ($$proof_type = 'photo'$$), ($$proof_payload = '{}'$$),
    ($$payload_hash = 'x'$$), ($$nonce = 'x'$$), ($$trust_score = 100$$),
    ($$device_id = 'x'$$), ($$device_info = '{}'$$), ($$ip_address = '::1'$$), ($$related_entity_type = 'x'$$),
    ($$related_entity_id = 'x'$$), ($$created_at = '2020-01-01'$$),
    ($$validated_by = 'somebody else'$$), ($$validated_at = '2020-01-01'$$), ($$validation_notes = 'an afterthought'$$),
    ($$validation_status = 'validated', points_delta = 1000000$$),
    ($$validation_status = 'validated', created_at = '2020-01-01'$$)
    ) AS changes (assignment),
        attempt('UPDATE rewards.points_events SET ' || assignment || $$ WHERE id = event('30110')$$);

-- Every column of ours was in that list.
SELECT count(*) AS columns
  FROM pg_attribute
 WHERE attrelid = 'rewards.points_events'::regclass AND attnum > 0 AND NOT attisdropped;

-- DELETE and TRUNCATE are refused on the ledger and on the balances, as is every UPDATE of a balance; also for tables
-- without a matching row.
SELECT state, message, hint, statement FROM (VALUES
    ('DELETE FROM rewards.points_events'), ('DELETE FROM rewards.points_events WHERE false'),
    ('DELETE FROM ONLY rewards.points_events'),
    ('TRUNCATE rewards.points_events'), ('TRUNCATE rewards.points_events, rewards.user_points_cache CASCADE'),
    ('DELETE FROM rewards.user_points_cache'), ('TRUNCATE rewards.user_points_cache'),
    ('UPDATE rewards.user_points_cache SET available_points = 1000000'),
    ('UPDATE rewards.user_points_cache SET updated_at = now() WHERE false')
    ) AS statements (statement), attempt(statement);

-- The same for a replication role, for which ordinary triggers rest.
SET session_replication_role = replica;
SELECT state, statement FROM (VALUES
    ('DELETE FROM rewards.points_events'), ('TRUNCATE rewards.points_events'),
    ('DELETE FROM rewards.user_points_cache'), ('TRUNCATE rewards.user_points_cache'),
    ('UPDATE rewards.user_points_cache SET available_points = 1000000'),
    ($$UPDATE rewards.points_events SET points_delta = 1000000 WHERE id = event('30110')$$),
    ($$UPDATE rewards.points_events SET validation_status = 'validated' WHERE id = event('30102')$$)
    ) AS statements (statement), attempt(statement);
RESET session_replication_role;

-- And for the owner of the tables.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, statement FROM (VALUES
    ('DELETE FROM rewards.points_events'), ('TRUNCATE rewards.points_events'),
    ('UPDATE rewards.points_events SET points_delta = 1'),
    ('UPDATE rewards.user_points_cache SET available_points = 1')
    ) AS statements (statement), attempt(statement);
ROLLBACK;

-- An account opens at zero, by whatever hand.
SELECT state, message, list
  FROM (VALUES ('1, 0, 0, 0'), ('0, 1, 0, 0'), ('0, 0, 1, 0'), ('0, 0, 0, 1'), ('-1, 0, 0, 0'), ('NULL, 0, 0, 0'),
               ('0, 0, 0, 0')) AS rows (list),
    attempt(format($$INSERT INTO rewards.user_points_cache
                         (user_id, company_id, available_points, pending_points, lifetime_earned, lifetime_spent)
                     VALUES (member('309'), company('30a'), %s)$$, list));
COPY rewards.user_points_cache (user_id, company_id, available_points) FROM stdin;
a0000000-0000-4000-8000-000000000308	c0000000-0000-4000-8000-00000000030a	5
\.
TABLE discrepancies;

-- Its clock begins at a time that there is: what is written for it later is finite, and can be read and dumped.
CREATE FUNCTION pg_temp.times_after(opened_at timestamptz, who uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    moment text;
BEGIN
    PERFORM attempt(format('INSERT INTO rewards.user_points_cache (user_id, company_id, updated_at)
                            VALUES (%L, %L, %L)', who, company('30a'), opened_at));
    PERFORM rewards.set_company_context(company('30a')), rewards.award_points(who, 1, NULL, 'first');
    FOR moment IN SELECT created_at::text FROM rewards.points_events WHERE user_id = who
        UNION ALL SELECT event_time::text FROM rewards.points_events WHERE user_id = who
        UNION ALL SELECT expires_at::text FROM rewards.used_nonces WHERE user_id = who LOOP
        IF NOT isfinite(moment::timestamptz) THEN RETURN false; END IF;
    END LOOP;
    RETURN true;
EXCEPTION WHEN datetime_field_overflow THEN
    RETURN false;
END $$;
BEGIN;
SELECT pg_temp.times_after('infinity', member('30ba')) AS infinity,
       pg_temp.times_after('-infinity', member('30bb')) AS minus_infinity,
       pg_temp.times_after('294276-12-31', member('30bc')) AS last_year,
       pg_temp.times_after('2020-02-02', member('30bd')) AS past;
ROLLBACK;

-- Calculate and refresh

-- calculate reads the ledger, refresh answers with what is available and changes nothing that is right.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT * FROM rewards.calculate_user_points(:'member_1');
SELECT rewards.refresh_user_points_cache(:'member_1');
SELECT xmin::text = pg_current_xact_id()::xid::text AS rewritten
  FROM rewards.user_points_cache
 WHERE user_id = :'member_1' AND company_id = :'company_a';

-- A member without events has nothing.
SELECT * FROM rewards.calculate_user_points(member('30ff'));
SELECT rewards.refresh_user_points_cache(member('30ff'));
ROLLBACK;

-- A balance that was damaged behind the guards is found, and rebuilt from the events: all four sums.
BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER refuse_update;
UPDATE rewards.user_points_cache SET available_points = 777, pending_points = 888, lifetime_earned = 999,
    lifetime_spent = 111
 WHERE user_id = :'member_1' AND company_id = :'company_a';
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_update;
SELECT available_points, pending_points, lifetime_earned, lifetime_spent FROM discrepancies;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT available_points FROM rewards.calculate_user_points(:'member_1');
SELECT rewards.refresh_user_points_cache(:'member_1');
SELECT available_points, pending_points, lifetime_earned, lifetime_spent
  FROM rewards.user_points_cache
 WHERE user_id = :'member_1' AND company_id = :'company_a';
TABLE discrepancies;
ROLLBACK;

-- Events that sum to less than nothing, brought in behind the guards, are not made a balance.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
ALTER TABLE rewards.points_events DISABLE TRIGGER keep_balance_on_insert;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_3', 'x', now(), -1, 'validated');
SELECT state FROM attempt($$SELECT rewards.refresh_user_points_cache(member('303'))$$);
ROLLBACK;

-- Columns, indexes and triggers of the user's own

-- Columns with defaults, not null, of a type of one's own, generated or counting, are filled by every way in.
CREATE DOMAIN shop AS text DEFAULT 'main street' CHECK (VALUE <> '');
ALTER TABLE rewards.points_events ADD COLUMN shop shop NOT NULL, ADD COLUMN batch integer NOT NULL DEFAULT 7,
    ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN doubled bigint GENERATED ALWAYS AS (points_delta * 2) STORED;
ALTER TABLE rewards.user_points_cache ADD COLUMN tier text NOT NULL DEFAULT 'bronze',
    ADD COLUMN level bigint GENERATED ALWAYS AS (available_points / 100) STORED,
    ADD COLUMN turnover bigint GENERATED ALWAYS AS (lifetime_earned + lifetime_spent) STORED;
ALTER TABLE rewards.used_nonces ADD COLUMN origin text NOT NULL DEFAULT 'shop';
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_3', 250, NULL, 'own columns');
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_3', 'x', now(), 350, 'validated');
SELECT outcome, balance FROM rewards.deduct_points(:'member_3', 90);
SELECT points_delta, shop, batch, doubled, number IS NOT NULL AS numbered,
       number > lag(number, 1, 0::bigint) OVER (ORDER BY id) AS counting
  FROM rewards.points_events
 WHERE user_id = :'member_3'
 ORDER BY id;
SELECT available_points, level, turnover, tier FROM rewards.user_points_cache WHERE user_id = :'member_3';
SELECT origin FROM rewards.used_nonces WHERE user_id = :'member_3';

-- They are filled for a back end, too, whose rights end at our functions.
SELECT as_app(format($$SELECT outcome FROM rewards.award_points(%L, 1, NULL, 'own columns')$$, :'member_4')) AS outcome;
SELECT shop, batch, doubled, number IS NOT NULL AS numbered FROM rewards.points_events WHERE user_id = :'member_4';

-- What the user keeps in columns of its own survives our writes, and may change while the event does not.
UPDATE rewards.points_events SET batch = 8 WHERE user_id = :'member_3' AND points_delta = 250;
SELECT outcome FROM rewards.award_points(:'member_3', 1, NULL, 'own columns 2');
SELECT batch, count(*) FROM rewards.points_events WHERE user_id = :'member_3' GROUP BY 1 ORDER BY 1;
TABLE discrepancies;
ROLLBACK;

-- A column that must be filled and has no default stops our functions with the server's own error, and nothing is half
-- written.
BEGIN;
ALTER TABLE rewards.points_events ADD COLUMN till text;
ALTER TABLE rewards.points_events ADD CONSTRAINT till_is_known CHECK (till IS NOT NULL) NOT VALID;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM attempt($$SELECT rewards.award_points(member('303'), 1, NULL, 'till')$$);
SELECT count(*) AS events, (SELECT count(*) FROM rewards.used_nonces WHERE nonce = 'till') AS nonces
  FROM rewards.points_events
 WHERE user_id = :'member_3';
ROLLBACK;

-- Columns that are taken away again, and ones that come in another order, are no trouble to a session that knew the old
-- ones.
ALTER TABLE rewards.points_events DROP COLUMN shop, DROP COLUMN batch, DROP COLUMN number, DROP COLUMN doubled;
ALTER TABLE rewards.user_points_cache DROP COLUMN tier, DROP COLUMN turnover, DROP COLUMN level;
ALTER TABLE rewards.used_nonces DROP COLUMN origin;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_3', 250, NULL, 'own columns');
SELECT points_delta FROM rewards.points_events WHERE user_id = :'member_3';
ROLLBACK;

-- A column of ours that is missing or of another type is named.
BEGIN;
ALTER TABLE rewards.points_events RENAME COLUMN related_entity_id TO other;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
ROLLBACK;
BEGIN;
ALTER TABLE rewards.points_events ALTER COLUMN related_entity_id TYPE varchar(40);
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
ROLLBACK;
BEGIN;
ALTER TABLE rewards.user_points_cache DROP CONSTRAINT user_points_cache_pkey;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 1);
ROLLBACK;

-- The user's own constraints hold for our functions: a unique index, a foreign key, also one that is checked at the
-- end.
BEGIN;
CREATE TABLE members (id uuid PRIMARY KEY);
INSERT INTO members SELECT DISTINCT user_id FROM rewards.points_events;
ALTER TABLE rewards.points_events
    ADD CONSTRAINT member_is_known FOREIGN KEY (user_id) REFERENCES members DEFERRABLE INITIALLY IMMEDIATE;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
SELECT count(*) AS accounts FROM rewards.user_points_cache WHERE user_id = :'member_3';
SELECT outcome FROM rewards.award_points(:'member_1', 1);
SET CONSTRAINTS ALL DEFERRED;
SELECT outcome FROM rewards.award_points(:'member_3', 1);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
BEGIN;
CREATE UNIQUE INDEX one_event_an_hour ON rewards.points_events (user_id, company_id, event_time)
 WHERE event_type = 'hourly';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 1, event_type => 'hourly', event_time => '2020-01-01');
SELECT state
  FROM attempt($$SELECT rewards.award_points(member('303'), 1, event_type => 'hourly', event_time => '2020-01-01')$$);
SELECT available_points FROM rewards.user_points_cache WHERE user_id = :'member_3';
ROLLBACK;

-- A CHECK that comes, goes, or changes with a function of the user's holds from then on, in a session that has written
-- before.
CREATE FUNCTION allowed(points bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
    AS $$BEGIN RETURN points < 1000; END$$;
CREATE FUNCTION allowed_type(type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT type <> 'forbidden'$$;
ALTER TABLE rewards.points_events ADD CONSTRAINT own_points CHECK (allowed(points_delta)) NOT VALID,
    ADD CONSTRAINT own_type CHECK (allowed_type(event_type)) NOT VALID;
ALTER TABLE rewards.user_points_cache ADD CONSTRAINT own_balance CHECK (available_points <= 5000) NOT VALID;
CREATE FUNCTION pg_temp.checked(points bigint, type text) RETURNS text LANGUAGE sql AS $$
    SELECT state FROM (SELECT rewards.set_company_context(company('30a')) OFFSET 0) AS context,
        attempt(format($call$SELECT rewards.award_points(member('303'), %s, event_type => %L)$call$, points, type)) $$;
BEGIN;
SELECT pg_temp.checked(999, 'x') AS allowed, pg_temp.checked(1000, 'x') AS too_many,
       pg_temp.checked(1, 'forbidden') AS forbidden;
ROLLBACK;
CREATE OR REPLACE FUNCTION allowed(points bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
    AS $$BEGIN RETURN points <> 7; END$$;
CREATE OR REPLACE FUNCTION allowed_type(type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT type <> 'x'$$;
BEGIN;
SELECT pg_temp.checked(1000, 'y') AS allowed, pg_temp.checked(7, 'y') AS seven,
       pg_temp.checked(1, 'forbidden') AS allowed, pg_temp.checked(1, 'x') AS forbidden,
       pg_temp.checked(4000, 'y') AS over_balance;
ROLLBACK;
CREATE OR REPLACE FUNCTION allowed(points bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT points <> 8$$;
CREATE OR REPLACE FUNCTION allowed_type(type text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
    AS $$BEGIN RETURN type <> 'z'; END$$;
BEGIN;
SELECT pg_temp.checked(7, 'x') AS allowed, pg_temp.checked(8, 'x') AS eight, pg_temp.checked(1, 'z') AS forbidden;
ROLLBACK;
ALTER TABLE rewards.points_events DROP CONSTRAINT own_points, DROP CONSTRAINT own_type;
ALTER TABLE rewards.user_points_cache DROP CONSTRAINT own_balance;
BEGIN;
SELECT pg_temp.checked(8, 'z') AS allowed, pg_temp.checked(4993, 'z') AS allowed;
ROLLBACK;
DROP FUNCTION allowed(bigint);
DROP FUNCTION allowed_type(text);

-- Our own checks hold for our functions as for everybody: behind the guards, a balance below zero is refused by the
-- table.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 1);
ALTER TABLE rewards.points_events ADD CONSTRAINT none CHECK (points_delta > 0) NOT VALID;
SELECT state FROM attempt($$SELECT rewards.deduct_points(member('303'), 1)$$);
ALTER TABLE rewards.points_events DROP CONSTRAINT none;
SELECT state FROM attempt($$SELECT rewards.deduct_points(member('303'), 1)$$);
ROLLBACK;

-- Indexes of the user's own that begin like ours, and ours made anew after them, change nothing.
CREATE INDEX own_accounts ON rewards.user_points_cache (user_id, company_id, available_points);
CREATE INDEX own_nonces ON rewards.used_nonces (user_id, company_id, nonce, created_at);
CREATE INDEX own_coupons ON rewards.coupons (coupon_id, issued_to, status);
CREATE INDEX own_codes ON rewards.coupons (code_hash, status);
REINDEX INDEX CONCURRENTLY rewards.user_points_cache_pkey;
REINDEX INDEX CONCURRENTLY rewards.used_nonces_pkey;
REINDEX INDEX CONCURRENTLY rewards.coupons_pkey;
REINDEX INDEX CONCURRENTLY rewards.coupons_code;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_3', 5, NULL, 'own index');
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_3', 5, NULL, 'own index');
SELECT outcome, balance, replayed FROM rewards.award_points(:'member_3', 6, NULL, 'own index');
SELECT count(*) AS accounts FROM rewards.user_points_cache WHERE user_id = :'member_3';
ROLLBACK;
DROP INDEX rewards.own_accounts, rewards.own_nonces, rewards.own_coupons, rewards.own_codes;

-- AFTER row triggers fire for our writes; those of UPDATE OF a column fire when that column is written.
CREATE TABLE noted (what text);
GRANT INSERT ON noted TO PUBLIC;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.noted VALUES (format('%s %s %s', TG_TABLE_NAME, TG_OP, TG_NAME));
    RETURN NULL;
END $$;
CREATE TRIGGER note_event AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_award AFTER INSERT ON rewards.points_events
    FOR EACH ROW WHEN (NEW.points_delta > 0)
    EXECUTE FUNCTION note();
CREATE TRIGGER note_open AFTER INSERT ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_available AFTER UPDATE OF available_points ON rewards.user_points_cache
    FOR EACH ROW
    EXECUTE FUNCTION note();
CREATE TRIGGER note_change AFTER UPDATE ON rewards.user_points_cache
    FOR EACH ROW WHEN (OLD.available_points <> NEW.available_points)
    EXECUTE FUNCTION note();
CREATE TRIGGER note_company AFTER UPDATE OF company_id ON rewards.user_points_cache
    FOR EACH ROW
    EXECUTE FUNCTION note();
CREATE TRIGGER note_nonce AFTER INSERT ON rewards.used_nonces FOR EACH ROW EXECUTE FUNCTION note();
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 10, NULL, 'noted');
SELECT what, count(*) FROM noted GROUP BY what ORDER BY what;
DELETE FROM noted;
SELECT outcome FROM rewards.deduct_points(:'member_3', 10);
SELECT what, count(*) FROM noted GROUP BY what ORDER BY what;
DELETE FROM noted;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_3', 'x', now(), 1, 'validated'), (:'member_3', 'x', now(), 1, 'validated');
SELECT what, count(*) FROM noted GROUP BY what ORDER BY what;
ROLLBACK;
DROP TRIGGER note_event ON rewards.points_events;
DROP TRIGGER note_award ON rewards.points_events;
DROP TRIGGER note_open ON rewards.user_points_cache;
DROP TRIGGER note_available ON rewards.user_points_cache;
DROP TRIGGER note_change ON rewards.user_points_cache;
DROP TRIGGER note_company ON rewards.user_points_cache;
DROP TRIGGER note_nonce ON rewards.used_nonces;
DROP FUNCTION note();

-- They run as they would for a statement of the caller, with its rights and its search_path, whichever table is
-- written.
REVOKE INSERT ON noted FROM PUBLIC;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
    AS $$BEGIN INSERT INTO noted VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
BEGIN;
CREATE TRIGGER note AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION note();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
ROLLBACK;
BEGIN;
CREATE TRIGGER note AFTER INSERT ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION note();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$SELECT rewards.award_points(member('303'), 1)$$);
ROLLBACK;
DROP FUNCTION note();
DROP TABLE noted;

-- An AFTER trigger may award points itself, to the same member and to another.
CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.event_type = 'award' THEN
        PERFORM rewards.award_points(NEW.user_id, 5, event_type => 'bonus');
        PERFORM rewards.award_points(member('304'), 1, event_type => 'friend');
    END IF;
    RETURN NEW;
END $$;
BEGIN;
CREATE TRIGGER bonus AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION bonus();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 10);
SELECT outcome FROM rewards.award_points(:'member_3', 10, NULL, 'with bonus');
SELECT user_id, available_points FROM rewards.user_points_cache WHERE user_id IN (:'member_3', :'member_4') ORDER BY 1;
TABLE discrepancies;
ROLLBACK;

-- A BEFORE trigger that awards to the account which is being written is a mistake: an error that is meant, and books
-- that add up.
BEGIN;
CREATE TRIGGER bonus BEFORE INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION bonus();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 10, event_type => 'gift');
SELECT state IN ('55000', '09000', '27000') AND message ~ 'rewards' AS clear_error
  FROM attempt($$SELECT rewards.award_points(member('303'), 10)$$);
SELECT available_points FROM rewards.user_points_cache WHERE user_id = :'member_3';
TABLE discrepancies;
ROLLBACK;
DROP FUNCTION bonus();

-- To another account it may.
CREATE FUNCTION thank_friend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.event_type = 'award' THEN PERFORM rewards.award_points(member('304'), 1, event_type => 'friend'); END IF;
    RETURN NEW;
END $$;
BEGIN;
CREATE TRIGGER thank_friend BEFORE INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION thank_friend();
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 10);
SELECT outcome FROM rewards.award_points(:'member_3', 10, NULL, 'with thanks');
SELECT user_id, available_points FROM rewards.user_points_cache WHERE user_id IN (:'member_3', :'member_4') ORDER BY 1;
TABLE discrepancies;
ROLLBACK;
DROP FUNCTION thank_friend();

-- A BEFORE trigger that drops or changes a row of ours gives a clear error, and nothing is half written.
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], TG_ARGV[1]));
    RETURN NEW;
END $$;
-- An award under a trigger: its answer, and what the books hold after it; then the trigger is gone, and so is the
-- award.
CREATE FUNCTION pg_temp.with_trigger(event text, action text, OUT state text, OUT message text, OUT events bigint,
                                     OUT nonces bigint, OUT points bigint, OUT wrong bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER under_test %s FOR EACH ROW EXECUTE FUNCTION %s', event, action);
    SELECT a.state, a.message INTO state, message
      FROM attempt($call$SELECT rewards.award_points(member('303'), 10, NULL, 'under test')$call$) AS a;
    SELECT count(*) INTO events FROM rewards.points_events WHERE user_id = member('303');
    SELECT count(*) INTO nonces FROM rewards.used_nonces WHERE user_id = member('303');
    SELECT sum(available_points) INTO points FROM rewards.user_points_cache WHERE user_id = member('303');
    SELECT count(*) INTO wrong FROM discrepancies;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN SQLSTATE 'UNDOX' THEN
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 100);
SELECT state, message, events, nonces, points, wrong FROM (VALUES
    ('BEFORE INSERT ON rewards.points_events', 'skip()'),
    ('BEFORE UPDATE ON rewards.user_points_cache', 'skip()'),
    ('BEFORE INSERT ON rewards.used_nonces', 'skip()'),
    ('BEFORE INSERT ON rewards.points_events', $$spoil('points_delta', '1000')$$),
    ('BEFORE INSERT ON rewards.points_events', $$spoil('validation_status', 'pending')$$),
    ('BEFORE INSERT ON rewards.points_events', format('spoil(%L, %L)', 'user_id', member('304'))),
    ('BEFORE INSERT ON rewards.points_events', format('spoil(%L, %L)', 'company_id', company('30b'))),
    ('BEFORE UPDATE ON rewards.user_points_cache', $$spoil('available_points', '1000')$$),
    ('BEFORE UPDATE ON rewards.user_points_cache', format('spoil(%L, %L)', 'user_id', member('304'))),
    ('BEFORE UPDATE ON rewards.user_points_cache', format('spoil(%L, %L)', 'company_id', company('30b'))),
    ('BEFORE INSERT ON rewards.used_nonces', $$spoil('nonce', 'other')$$)
    ) AS triggers (event, action), pg_temp.with_trigger(event, action);

-- A trigger that fills what is the user's own is welcome.
ALTER TABLE rewards.points_events ADD COLUMN own text;
ALTER TABLE rewards.user_points_cache ADD COLUMN own text;
SELECT state, message, events, nonces, points, wrong
  FROM pg_temp.with_trigger('BEFORE INSERT ON rewards.points_events', $$spoil('own', 'till 7')$$);
SELECT state, message, events, nonces, points, wrong
  FROM pg_temp.with_trigger('BEFORE UPDATE ON rewards.user_points_cache', $$spoil('own', 'till 7')$$);
CREATE TRIGGER fill BEFORE INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION spoil('own', 'till 7');
SELECT outcome FROM rewards.award_points(:'member_3', 10);
SELECT own, points_delta FROM rewards.points_events WHERE user_id = :'member_3' ORDER BY id;
ROLLBACK;

-- An account that a trigger keeps from being opened is an error as well, and not an endless wait; a rule keeps none.
SET statement_timeout = '10s';
CREATE TRIGGER skip BEFORE INSERT ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION skip();
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
\set VERBOSITY sqlstate
SELECT outcome FROM rewards.award_points(member('30aa'), 10);
ROLLBACK;
\set VERBOSITY default
DROP TRIGGER skip ON rewards.user_points_cache;
CREATE RULE skip AS ON INSERT TO rewards.user_points_cache DO INSTEAD NOTHING;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(member('30aa'), 10);
TABLE discrepancies;
ROLLBACK;
DROP RULE skip ON rewards.user_points_cache;

-- So is one that a unique index of the user's own keeps from being opened; one that is deferrable, and is kept, does
-- not.
SET statement_timeout = '10s';
\set VERBOSITY sqlstate
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome FROM rewards.award_points(member('30ab'), 10);
CREATE UNIQUE INDEX one_company_each ON rewards.user_points_cache (user_id) WHERE user_id = member('30ab');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(member('30ab'), 10);
ROLLBACK;
DROP INDEX rewards.one_company_each;
BEGIN;
ALTER TABLE rewards.user_points_cache ADD COLUMN card bigint GENERATED ALWAYS AS IDENTITY UNIQUE DEFERRABLE;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(member('30ac'), 10);
ROLLBACK;
\set VERBOSITY default
RESET statement_timeout;

-- A copy of the ledger that has its guard, too, does not become the ledger.
BEGIN;
CREATE TABLE archive (LIKE rewards.points_events INCLUDING ALL);
CREATE TRIGGER guard_update BEFORE UPDATE ON archive FOR EACH ROW EXECUTE FUNCTION rewards.guard_event_update();
INSERT INTO archive SELECT * FROM rewards.points_events WHERE user_id = :'member_1';
SELECT state FROM attempt('UPDATE archive SET points_delta = 0');
UPDATE archive SET validation_notes = validation_notes;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_3', 321);
SELECT (SELECT count(*) FROM rewards.points_events WHERE points_delta = 321) AS in_ledger,
       (SELECT count(*) FROM archive WHERE points_delta = 321) AS in_archive;
TABLE discrepancies;
ROLLBACK;

-- Rows that a trigger of the user drops or changes before a statement of the user writes them are what the balance
-- follows.
BEGIN;
CREATE TRIGGER spoil BEFORE INSERT ON rewards.points_events
    FOR EACH ROW WHEN (NEW.event_type = 'half')
    EXECUTE FUNCTION spoil('points_delta', '50');
CREATE TRIGGER skip BEFORE INSERT ON rewards.points_events
    FOR EACH ROW WHEN (NEW.event_type = 'none')
    EXECUTE FUNCTION skip();
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'member_3', :'company_a', 'half', now(), 100, 'validated'),
        (:'member_3', :'company_a', 'none', now(), 100, 'validated');
SELECT available_points FROM rewards.user_points_cache WHERE user_id = :'member_3';
TABLE discrepancies;
ROLLBACK;
DROP FUNCTION skip();
DROP FUNCTION spoil();

-- Operators and functions that lie in the search_path of whoever writes do not stand in for the server's own: they
-- would run with his rights.
CREATE SCHEMA elsewhere;
CREATE FUNCTION elsewhere.forged(bigint,
    numeric) RETURNS numeric LANGUAGE plpgsql
    AS $$BEGIN RAISE NOTICE 'this runs with the rights of a superuser'; RETURN 1000000; END $$;
CREATE OPERATOR elsewhere.* (LEFTARG = bigint, RIGHTARG = numeric, FUNCTION = elsewhere.forged);
CREATE AGGREGATE elsewhere.sum(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '1000000');
CREATE AGGREGATE elsewhere.sum(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '1000000');
CREATE FUNCTION pg_temp.write_as(path text) RETURNS SETOF rewards.user_points_cache LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', path, true), rewards.set_company_context(public.company('30a'));
    INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
        VALUES (public.event('301'), public.member('303'), 'x', now(), 3);
    UPDATE rewards.points_events SET validation_status = 'validated'
     WHERE id = public.event('301') AND user_id = public.member('303');
    PERFORM rewards.award_points(public.member('303'), 4);
    RETURN QUERY SELECT * FROM rewards.user_points_cache WHERE user_id = public.member('303');
END $$;
BEGIN;
SELECT available_points, pending_points, lifetime_earned, lifetime_spent FROM pg_temp.write_as('elsewhere');
SELECT available_points, pending_points FROM rewards.calculate_user_points(:'member_3');
SELECT rewards.refresh_user_points_cache(:'member_3');
ROLLBACK;
BEGIN;
SELECT available_points, pending_points, lifetime_earned, lifetime_spent FROM pg_temp.write_as('elsewhere, pg_catalog');
SELECT available_points, pending_points FROM rewards.calculate_user_points(:'member_3');
SELECT rewards.refresh_user_points_cache(:'member_3');
ROLLBACK;
SET client_min_messages = warning;
DROP SCHEMA elsewhere CASCADE;
RESET client_min_messages;

-- Savepoints

-- What is rolled back to a savepoint leaves neither event nor points; what comes after counts on from there.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome, balance FROM rewards.award_points(:'member_3', 10);
SAVEPOINT before;
SELECT outcome, balance FROM rewards.award_points(:'member_3', 1000);
ROLLBACK TO before;
SELECT outcome, balance FROM rewards.award_points(:'member_3', 5);
TABLE discrepancies;
COMMIT;

-- The books of this file add up.
TABLE discrepancies;
SELECT count(*) > 2 AS accounts FROM rewards.user_points_cache WHERE company_id = :'company_a';
DROP VIEW discrepancies;
DROP FUNCTION write_event(uuid, bigint, text);
DROP FUNCTION write_two(uuid, bigint, uuid, bigint, text);
DROP DOMAIN shop;
