-- Does the audit log tell when it was changed behind its back? A superuser switches every trigger off and plays each attack,
-- which is rolled back; verify_audit() has to name it.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000039a
\set company_b c0000000-0000-4000-8000-00000000039b

-- Sealing waits for every older transaction of the server, and autovacuum has some.
CREATE FUNCTION seal_audit() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    FOR try IN 1 .. 3000 LOOP
        PERFORM rewards.seal_ledger();
        EXIT WHEN NOT EXISTS (SELECT FROM rewards.audit_log a, rewards.sealed_systems('audit', a.company_id) s
            WHERE a.company_id IN (rewards.get_current_company_id(), '00000000-0000-0000-0000-000000000000') AND a.xid >= s.to_xid);
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN (SELECT count(*) FROM rewards.audit_blocks WHERE company_id = rewards.get_current_company_id());
END $$;
CREATE FUNCTION findings(digest text DEFAULT NULL, since_block bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s (%s)', "check", CASE WHEN first_bad ~ '^row ' THEN 'row' ELSE first_bad END), ', ' ORDER BY place), 'nothing')
      FROM rewards.verify_audit(since_block, digest) WITH ORDINALITY AS v ("check", status, checked, bad, first_bad, detail, place)
     WHERE status <> 'ok' OR bad <> 0
$$;

-- Three blocks, one of them with what one statement did; a row in none; another company; what is about all of them.
BEGIN; SELECT rewards.set_company_context(:'company_a', 'ines') \gset
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'visit', 1), (:'company_a', 'photo', 2);
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT seal_audit() AS blocks, rewards.seal_ledger();
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'ines') \gset
UPDATE rewards.point_rules SET base_points = 3 WHERE company_id = :'company_a' AND event_type = 'visit';
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'otto') \gset
UPDATE rewards.point_rules SET base_points = 4 WHERE company_id = :'company_a' AND event_type = 'visit';
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT seal_audit() AS blocks;
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'otto') \gset
DELETE FROM rewards.point_rules WHERE company_id = :'company_a' AND event_type = 'photo';
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'scheduler') \gset
SELECT seal_audit() AS blocks;
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'otto') \gset
DELETE FROM rewards.point_rules WHERE company_id = :'company_a';
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_b', 'carl') \gset
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_b', 'visit', 1);
COMMIT;
UPDATE rewards.company_settings SET hold_all = NOT hold_all WHERE company_id = '00000000-0000-0000-0000-000000000000';
UPDATE rewards.company_settings SET hold_all = NOT hold_all WHERE company_id = '00000000-0000-0000-0000-000000000000';

-- Nobody has touched it. Companies do not share blocks.
BEGIN; SELECT rewards.set_company_context(:'company_a', 'auditor', 'admin') \gset
SELECT "check", status, checked, bad, first_bad, detail FROM rewards.verify_audit();
SELECT block, entries, sealed_by FROM rewards.audit_blocks WHERE company_id = :'company_a' ORDER BY block;
SELECT digest FROM rewards.ledger_digest() \gset
SELECT regexp_replace(:'digest', '[0-9a-f]{64}', 'hash', 'g') AS digest;
SELECT "check", status, checked, detail FROM rewards.verify_audit(digest => :'digest') WHERE "check" = 'digest';
SELECT "check", checked FROM rewards.verify_audit(3, :'digest');
COMMIT;
BEGIN; SELECT rewards.set_company_context(:'company_b', 'scheduler') \gset
SELECT seal_audit() AS blocks;
SELECT "check", status, checked FROM rewards.verify_audit();
SELECT count(*) > 0 AS about_all_companies, sum(entries) >= 2 AS entries FROM rewards.audit_blocks WHERE company_id = '00000000-0000-0000-0000-000000000000';
SELECT state, message FROM attempt(format('SELECT rewards.verify_audit(digest => %L)', :'digest'));
COMMIT;

-- The attacks. What is in a block, is in it for good.
CREATE FUNCTION after_attack(attack text, digest text DEFAULT NULL, since_block bigint DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE rewards.audit_log DISABLE TRIGGER ALL;
    ALTER TABLE rewards.audit_blocks DISABLE TRIGGER ALL;
    EXECUTE attack;
    RAISE 'rolled back' USING ERRCODE = 'RB000', DETAIL = findings(digest, since_block);
EXCEPTION WHEN SQLSTATE 'RB000' THEN
    GET STACKED DIAGNOSTICS attack = PG_EXCEPTION_DETAIL;
    RETURN attack;
END $$;
-- What somebody who knows the documentation can do: all hashes of rows, and all blocks, anew.
CREATE FUNCTION rehash() RETURNS void LANGUAGE sql AS $$
    UPDATE rewards.audit_log a SET entry_hash = rewards.audit_entry_hash(a) WHERE entry_hash <> rewards.audit_entry_hash(a)
$$;
CREATE FUNCTION reblock(since bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b rewards.audit_blocks;
    previous bytea := decode(repeat('00', 32), 'hex');
BEGIN
    FOR b IN SELECT * FROM rewards.audit_blocks WHERE company_id = rewards.get_current_company_id() ORDER BY block LOOP
        IF b.block >= since THEN
            SELECT count(*), rewards.merkle_root(uuid_send(id) || entry_hash ORDER BY id) INTO b.entries, b.root FROM rewards.audit_log
             WHERE company_id = b.company_id AND system_id = b.system_id AND xid >= b.from_xid AND xid < b.to_xid;
            b.previous_hash := previous;
            b.block_hash := rewards.block_hash(b.company_id, b.block, b.system_id, b.from_xid, b.to_xid, b.entries, b.root, b.previous_hash, b.sealed_at, b.sealed_by);
            UPDATE rewards.audit_blocks SET (entries, root, previous_hash, block_hash) = (b.entries, b.root, b.previous_hash, b.block_hash)
             WHERE block = b.block AND company_id = b.company_id;
        END IF;
        previous := b.block_hash;
    END LOOP;
END $$;
CREATE TABLE attacks (n integer, what text, attack text);
INSERT INTO attacks VALUES
    (1, 'nothing', 'SELECT'),
    (2, 'another actor', $$UPDATE rewards.audit_log SET actor = 'otto' WHERE actor = 'ines'$$),
    (3, 'another value', $$UPDATE rewards.audit_log SET new = new || '{"base_points": 5}' WHERE actor = 'otto' AND action = 'UPDATE'$$),
    (4, 'another value, with its hash', $$UPDATE rewards.audit_log SET new = new || '{"base_points": 5}' WHERE actor = 'otto' AND action = 'UPDATE'; SELECT rehash()$$),
    (5, 'a row taken away', $$DELETE FROM rewards.audit_log WHERE actor = 'otto' AND action = 'UPDATE'$$),
    (6, 'a row made another company''s', $$UPDATE rewards.audit_log SET company_id = company('39b') WHERE actor = 'otto' AND action = 'UPDATE'; SELECT rehash()$$),
    (7, 'a row slipped in', $$INSERT INTO rewards.audit_log SELECT (jsonb_populate_record(a, '{"id": "01900000-0000-7000-8000-000000000000"}')).* FROM rewards.audit_log a
                               WHERE actor = 'ines' AND action = 'UPDATE'; SELECT rehash()$$),
    (8, 'a row moved to another block', $$UPDATE rewards.audit_log SET xid = (SELECT max(to_xid) - 1 FROM rewards.audit_blocks WHERE company_id = company('39a')) WHERE actor = 'ines' AND action = 'UPDATE'$$),
    (9, 'its block made anew, too', $$DELETE FROM rewards.audit_log WHERE actor = 'otto' AND action = 'UPDATE';
         CREATE TABLE kept AS SELECT * FROM rewards.audit_blocks WHERE company_id = company('39a') AND block > 2; SELECT reblock(2);
         UPDATE rewards.audit_blocks b SET previous_hash = k.previous_hash, block_hash = k.block_hash FROM kept k WHERE b.block = k.block AND b.company_id = k.company_id$$),
    (10, 'a block edited', $$UPDATE rewards.audit_blocks SET sealed_by = 'x' WHERE block = 2$$),
    (11, 'a block taken away', $$DELETE FROM rewards.audit_blocks WHERE block = 2$$),
    (12, 'a row without a hash', $$ALTER TABLE rewards.audit_log ALTER entry_hash DROP NOT NULL; UPDATE rewards.audit_log SET entry_hash = NULL WHERE actor = 'ines' AND action = 'UPDATE'$$),
    (13, 'a row that no block has, changed', $$UPDATE rewards.audit_log SET actor = 'x' WHERE actor = 'otto' AND action = 'DELETE' AND old ->> 'event_type' = 'visit'$$),
    (14, 'all blocks made anew', $$DELETE FROM rewards.audit_log WHERE actor = 'otto' AND action = 'UPDATE'; SELECT reblock(1)$$),
    (15, 'the end cut off', $$DELETE FROM rewards.audit_log WHERE actor = 'otto' AND action = 'DELETE'; DELETE FROM rewards.audit_blocks WHERE block = 3$$),
    (16, 'a row that no block has, taken away', $$DELETE FROM rewards.audit_log WHERE actor = 'otto' AND action = 'DELETE' AND old ->> 'event_type' = 'visit'$$);
SET client_min_messages = warning;
BEGIN; SELECT rewards.set_company_context(:'company_a', 'auditor', 'admin') \gset
SELECT n, what, after_attack(attack) AS found FROM attacks ORDER BY n;
-- With a digest that was kept elsewhere, blocks that were made anew as a whole are noticed, and their end.
SELECT n, what, after_attack(attack, :'digest') AS found FROM attacks WHERE n >= 14 ORDER BY n;
-- What is only looked at from block 3 on.
SELECT n, what, after_attack(attack, NULL, 3) AS found FROM attacks WHERE n IN (1, 2, 10, 13) ORDER BY n;
COMMIT;
RESET client_min_messages;

-- Who may

SELECT state, message, hint FROM attempt('SELECT rewards.verify_audit()');
BEGIN; SET LOCAL ROLE regress_rewards_admin; SELECT rewards.set_company_context(:'company_a', 'auditor', 'admin') \gset
SELECT findings(:'digest') AS found, count(*) AS checks FROM rewards.verify_audit();
SELECT state, message FROM unnest('{verify_audit(0),verify_audit(NULL),"verify_audit(1, ''pg_rewards:1'')"}'::text[]) AS call, attempt('SELECT rewards.' || call);
COMMIT;
BEGIN; SET LOCAL ROLE regress_rewards_admin; SELECT rewards.set_company_context(:'company_a', member('391')::text, 'user') \gset
SELECT state, message, hint FROM attempt('SELECT rewards.verify_audit()');
SELECT count(*) AS blocks, (SELECT count(*) FROM rewards.book_entries) AS entries FROM rewards.audit_blocks;
COMMIT;
BEGIN; SET LOCAL ROLE regress_rewards_app; SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT state FROM attempt('SELECT rewards.verify_audit()');
COMMIT;

-- Blocks are sealed for good, for owners and superusers.
SELECT state, hint FROM unnest(ARRAY['INSERT INTO rewards.audit_blocks SELECT * FROM rewards.audit_blocks', 'UPDATE rewards.audit_blocks SET entries = 0',
    'DELETE FROM rewards.audit_blocks', 'TRUNCATE rewards.audit_blocks']) AS statement, attempt(statement);

DROP TABLE attacks;
DROP FUNCTION seal_audit, findings, after_attack, rehash, reblock;
DELETE FROM rewards.point_rules WHERE company_id = :'company_b';
