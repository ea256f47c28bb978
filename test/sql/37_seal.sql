-- Blocks seal the ledger, receipts prove that an event is in one, and verification says what is not as it was. (What it says
-- about each attack: test/tap/037_tamper.pl.)
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000037a
\set company_b c0000000-0000-4000-8000-00000000037b
\set member_1 a0000000-0000-4000-8000-000000000371
\set member_2 a0000000-0000-4000-8000-000000000372

-- Merkle trees

-- The root of no leaves, of one, and of the first leaves that implementations of RFC 6962 agree by.
SELECT count, encode(rewards.merkle_root(leaf ORDER BY place) FILTER (WHERE place <= count), 'hex') AS root
  FROM generate_series(0, 8) AS count, unnest(ARRAY['', '\x00', '\x10', '\x2021', '\x3031', '\x40414243', '\x5051525354555657',
                                                    '\x606162636465666768696a6b6c6d6e6f']::bytea[]) WITH ORDINALITY AS l (leaf, place)
 GROUP BY count ORDER BY count;

-- From every leaf of a tree of any size its path leads to the root.
SELECT bool_and(rewards.follow_merkle_path(int4send(index), index, size, path) = root) AS holds, count(*)
  FROM generate_series(1, 40) AS size, generate_series(0, size - 1) AS index
 CROSS JOIN LATERAL (SELECT rewards.merkle_path(int4send(n), index ORDER BY n) AS path, rewards.merkle_root(int4send(n) ORDER BY n) AS root
                       FROM generate_series(0, size - 1) AS n) AS tree;
SELECT rewards.merkle_path(int4send(n), 3 ORDER BY n) AS path_to_no_leaf FROM generate_series(0, 2) AS n;
SELECT rewards.merkle_path('a', 0) AS path_to_the_only_leaf;

-- A window asks the aggregate again and again.
SELECT n, left(encode(rewards.merkle_root(int4send(n)) OVER (ORDER BY n), 'hex'), 16) AS root FROM generate_series(1, 4) AS n;

SELECT state, message, call FROM (VALUES
    ($$SELECT rewards.merkle_root(NULL)$$),
    ($$SELECT rewards.merkle_path('a', -1)$$),
    ($$SELECT rewards.merkle_path('a', NULL)$$),
    ($$SELECT rewards.merkle_path('a', n) FROM generate_series(0, 1) AS n$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 1, '{}')$$),
    ($$SELECT rewards.follow_merkle_path('a', 1, 1, '{}')$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 2, '{}')$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 2, ARRAY['short'::bytea])$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 2, ARRAY[NULL::bytea])$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 1, array_fill(sha256(''), ARRAY[64]))$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, 1, array_fill(sha256(''), ARRAY[65]))$$),
    ($$SELECT rewards.follow_merkle_path('a', 0, -1, '{}')$$),
    ($$SELECT rewards.follow_merkle_path(NULL, 0, 1, '{}')$$)) AS calls (call), attempt(call);

-- The aggregate's own steps are for nobody to call; how that is said depends on the minor release.
SELECT state <> '00000' AS is_refused FROM attempt($$SELECT rewards.merkle_root_add(NULL, 'a')$$);

-- The hash of a block is what sha256() gives for the layout that is documented.
SELECT rewards.block_hash(:'company_a', 2, -7, 731, 4294967296, 3, sha256('r'), sha256('p'), '2024-02-29 12:00:00.000001+00', 'späti')
     = sha256('pg_rewards block v1' || uuid_send(:'company_a') || int8send(2) || int8send(-7) || int8send(731) || int8send(4294967296)
              || int8send(3) || sha256('r') || sha256('p') || int8send(1709208000000001) || convert_to('späti', 'UTF8')) AS as_documented,
       rewards.block_hash(:'company_a', 1, 1, 0, 1, 0, 'short', sha256(''), now(), 'x') IS NULL AS not_a_block;

-- Sealing

-- What this transaction writes has not ended, so it waits; savepoints or not, it goes by the transaction.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'till 1') \gset
SELECT * FROM rewards.seal_ledger();
SELECT event_id AS event_1 FROM rewards.award_points(:'member_1', 100) \gset
SAVEPOINT a;
SELECT event_id AS event_2 FROM rewards.award_points(:'member_2', 50) \gset
RELEASE a;
SAVEPOINT b;
SELECT outcome FROM rewards.award_points(:'member_2', 50);
ROLLBACK TO b;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES (:'member_1', 'receipt', now(), 5);
SELECT count(*) AS entries, count(DISTINCT xid) AS transactions, bool_and(xid = pg_current_xact_id()::text::bigint) AS of_the_top
  FROM rewards.ledger WHERE company_id = :'company_a';
SELECT * FROM rewards.seal_ledger();
SELECT rewards.event_receipt(:'event_1') ->> 'sealed' AS sealed;
SELECT unsealed_entries, oldest_unsealed IS NOT NULL AS waits, lag >= '0' AS lag, last_block, sealed_at FROM rewards.ledger_seal_lag;
SELECT * FROM rewards.ledger_digest();
COMMIT;

-- Afterwards it is sealed, as soon as every older transaction of this server has ended (autovacuum has some, too).
CREATE FUNCTION seal_all(OUT blocks bigint, OUT entries bigint, OUT last_block bigint) LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        SELECT * INTO blocks, entries, last_block FROM rewards.seal_ledger();
        EXIT WHEN (SELECT unsealed_entries FROM rewards.ledger_seal_lag) = 0;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT * FROM seal_all();
SELECT * FROM rewards.seal_ledger();
SELECT block, entries, encode(previous_hash, 'hex') ~ '^0*$' AS is_first, from_xid, to_xid > 0 AS has_end, sealed_by, sealed_at <= clock_timestamp() AS sealed
  FROM rewards.ledger_blocks WHERE company_id = :'company_a';
SELECT unsealed_entries, oldest_unsealed, lag, last_block FROM rewards.ledger_seal_lag;
SELECT block, entries, digest = format('pg_rewards:1:%s:1:%s:0:%s', :'company_a', encode(block_hash, 'hex'), repeat('0', 64)) AS digest FROM rewards.ledger_digest();

-- A receipt has all that it takes to follow it.
SELECT key, jsonb_typeof(value) AS type FROM jsonb_each(rewards.event_receipt(:'event_1')) ORDER BY key;
SELECT rewards.follow_merkle_path(decode(r ->> 'leaf', 'hex'), (r ->> 'index')::bigint, (r ->> 'size')::bigint,
           ARRAY(SELECT decode(hash, 'hex') FROM jsonb_array_elements_text(r -> 'path') WITH ORDINALITY AS p (hash, n) ORDER BY n))
       = decode(r #>> '{block,root}', 'hex') AS leads_to_the_root, r ->> 'index' AS index, r ->> 'size' AS size
  FROM unnest(ARRAY[:'event_1', :'event_2']::uuid[]) AS id, rewards.event_receipt(id) AS r ORDER BY index;
SELECT rewards.event_receipt(:'event_1', :'member_1') = rewards.event_receipt(:'event_1') AS same_for_the_right_member,
       rewards.event_receipt(:'event_1', :'member_2') AS of_another, rewards.event_receipt(:'company_a') AS of_no_event;
SELECT layer, "check", status, checked, bad, first_bad FROM rewards.verify_ledger(digest => (SELECT digest FROM rewards.ledger_digest()));
COMMIT;

-- Companies do not see or seal one another's entries.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT rewards.event_receipt(:'event_1');
SELECT * FROM rewards.seal_ledger();
SELECT sum(checked) AS checked, sum(bad) AS bad FROM rewards.verify_ledger();
SELECT * FROM rewards.repair_account(:'member_1', false);
COMMIT;

-- Who may

-- Nobody writes a block or takes one away, or a line of the audit; owners and superusers included.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, hint, statement FROM (VALUES
    ($$INSERT INTO rewards.ledger_blocks SELECT * FROM rewards.ledger_blocks$$), ($$UPDATE rewards.ledger_blocks SET entries = 0$$),
    ($$DELETE FROM rewards.ledger_blocks$$), ($$TRUNCATE rewards.ledger_blocks$$),
    ($$UPDATE rewards.audit_log SET actor = 'x'$$), ($$DELETE FROM rewards.audit_log$$), ($$TRUNCATE rewards.audit_log$$))
    AS statements (statement), attempt(statement);
COMMIT;

SELECT count(*) > 0 AS granted FROM rewards.grant_access(app => 'regress_rewards_app', admin => 'regress_rewards_admin');
CREATE VIEW calls AS SELECT * FROM (VALUES
    (1, $$SELECT * FROM rewards.seal_ledger()$$), (2, $$SELECT * FROM rewards.verify_ledger()$$), (3, $$SELECT * FROM rewards.ledger_digest()$$),
    (4, $$SELECT rewards.event_receipt(event('379'))$$), (5, $$SELECT * FROM rewards.repair_account(member('371'))$$),
    (6, $$SELECT * FROM rewards.repair_account(member('371'), false)$$), (7, $$SELECT * FROM rewards.ledger_seal_lag$$),
    (8, $$SELECT * FROM rewards.ledger_blocks$$), (9, $$SELECT * FROM rewards.audit_log$$)) AS calls (n, call);
GRANT SELECT ON calls TO PUBLIC;
GRANT EXECUTE ON FUNCTION attempt(text) TO PUBLIC;

-- Without a company nothing is done, and nothing passes for verified.
SELECT state, message, call FROM calls, attempt(call) ORDER BY n;

-- The back end seals and hands out receipts.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT state, message, call FROM calls, attempt(call) ORDER BY n;
COMMIT;

-- Staff verify, too.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'auditor', 'admin') \gset
SELECT state, message, call FROM calls, attempt(call) ORDER BY n;
SELECT string_agg(DISTINCT status, ' ') AS status, min(checked) FILTER (WHERE "check" = 'entry hash') AS looked FROM rewards.verify_ledger();
SELECT string_agg(DISTINCT status, ' ') AS status FROM rewards.verify_ledger(2);
SELECT string_agg(DISTINCT status, ' ') AS status FROM rewards.verify_ledger(1, (SELECT digest FROM rewards.ledger_digest()));
COMMIT;

-- A member gets the receipts of its own events, and no more.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT rewards.event_receipt(:'event_1') ->> 'sealed' AS own, rewards.event_receipt(:'event_2') AS of_another;
SELECT state, message FROM attempt(format('SELECT rewards.event_receipt(%L, %L)', :'event_2', :'member_2'));
SELECT state, message, call FROM calls, attempt(call) ORDER BY n;
SELECT count(*) AS blocks FROM rewards.ledger_blocks;
COMMIT;

-- Misuse

BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, hint, call FROM (VALUES
    ($$SELECT rewards.verify_ledger(0)$$), ($$SELECT rewards.verify_ledger(NULL)$$),
    ($$SELECT rewards.verify_ledger(digest => 'pg_rewards:1')$$),
    ($$SELECT rewards.verify_ledger(digest => format('pg_rewards:1:%1$s:1:%2$s:1:%2$s', company('37b'), encode(sha256(''), 'hex')))$$),
    ($$SELECT rewards.event_receipt(NULL)$$), ($$SELECT * FROM rewards.repair_account(NULL)$$),
    ($$SELECT * FROM rewards.repair_account(member('371'), NULL)$$)) AS calls (call), attempt(call);
SELECT "check", status, checked, first_bad FROM rewards.verify_ledger(digest => format('pg_rewards:1:%1$s:1:%2$s:1:%2$s', :'company_a', encode(sha256(''), 'hex'))) WHERE layer = '3';
SELECT "check", status, checked, first_bad FROM rewards.verify_ledger(digest => format('pg_rewards:1:%1$s:999999999999999999:%2$s:1:%2$s', :'company_a', encode(sha256(''), 'hex'))) WHERE layer = '3';
COMMIT;
BEGIN READ ONLY;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt('SELECT rewards.seal_ledger()');
SELECT string_agg(DISTINCT status, ' ') AS status FROM rewards.verify_ledger();
SELECT count(*) AS to_repair FROM rewards.repair_account(:'member_1');
COMMIT;

-- A statement that is still writing has to finish first.
CREATE FUNCTION repair_meanwhile() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM rewards.repair_account(NEW.user_id, false); RETURN NULL; END $$;
CREATE TRIGGER repair_meanwhile AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION repair_meanwhile();
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message FROM attempt($$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES (member('371'), 'x', now(), 1)$$);
ROLLBACK;
DROP TRIGGER repair_meanwhile ON rewards.points_events;
DROP FUNCTION repair_meanwhile();

-- A hash can be computed of any row, and of no row.
SELECT rewards.event_entry_hash(NULL, 1, now(), 1, NULL::rewards.points_events) IS NULL AS no_row,
       rewards.event_entry_hash(NULL, 1, now(), 1, ROW(e.*)::rewards.points_events) IS NULL AS empty_row,
       rewards.status_entry_hash(NULL, ROW(l.*)::rewards.ledger_entries) IS NULL AS empty_entry
  FROM (SELECT) AS one LEFT JOIN rewards.points_events e ON false LEFT JOIN rewards.ledger_entries l ON false;

DROP VIEW calls;
DROP FUNCTION seal_all();

-- Verification borrows the memory of maintenance, and gives it back.
BEGIN;
SET LOCAL work_mem = '1234kB';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT count(*) AS checks FROM rewards.verify_ledger() WHERE status = 'ok';
SHOW work_mem;
SHOW enable_nestloop;
COMMIT;
