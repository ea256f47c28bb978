-- Coupon codes come from a key file: without the right one, in the right hands, nothing is issued, shown or claimed,
-- and nothing is lost.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000065a
\set member_1 a0000000-0000-4000-8000-000000000651
\set coffee b0000000-0000-4000-8000-0000000065a1
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (:'coffee', :'company_a', 'coffee', 1, 'product', 1);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
SELECT coupon_id, coupon_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'issued') \gset a_
COMMIT;

-- The file that the first redemption has made: one slot with a key, explained, and for the server's user alone.
CREATE TEMP TABLE found (line text);
COPY found FROM PROGRAM 'find pg_rewards_regress.keys -type f -perm 600';
TABLE found;
SELECT count(*) AS keys FROM regexp_matches(pg_read_file('pg_rewards_regress.keys'), '^slot 0 [0-9a-f]{64}$', 'gn');
SELECT count(*) AS other_lines
  FROM regexp_split_to_table(rtrim(pg_read_file('pg_rewards_regress.keys'), E'\n'), E'\n') AS line
 WHERE line !~ '^(#.*|slot 0 [0-9a-f]{64}|)$';
SELECT (regexp_match(pg_read_file('pg_rewards_regress.keys'), '[0-9a-f]{64}'))[1] AS key_hex \gset

-- The database knows its fingerprint, which is neither the key nor a plain hash of it.
SELECT slot, octet_length(fingerprint) AS bytes, strpos(:'key_hex', encode(fingerprint, 'hex')) > 0 AS part_of_key,
       fingerprint IN (substr(sha256(decode(:'key_hex', 'hex')), 1, 16),
       substr(sha256(:'key_hex'::bytea), 1, 16)) AS plain_hash
  FROM rewards.master_keys;

-- Every call that needs the key, with the key file of that name; what it did is undone. An answer that names the file,
-- or
-- a part of a key or of a code, is telling.
CREATE FUNCTION calls_with(path text, OUT call text, OUT state text, OUT message text, OUT hint text,
    OUT telling boolean)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    key_hex text := (regexp_match(pg_read_file('pg_rewards_regress.keys'), '[0-9a-f]{64}'))[1];
    code text := current_setting('test.code');
    statement text;
    detail text;
    answer text;
BEGIN
    PERFORM set_config('rewards.key_file', path, true), rewards.set_company_context(company('65a'));
    FOR call, statement IN VALUES
        ('redeem', $call$SELECT rewards.redeem_coupon(member('651'), offer('65a1'), 'new')$call$),
        ('replay', $call$SELECT rewards.redeem_coupon(member('651'), offer('65a1'), 'issued')$call$),
        ('claim', format('SELECT rewards.claim_coupon(%L, %L)', code, 'till')),
        ('hash', format('SELECT rewards.hash_coupon_code(%L)', code))
    LOOP
        BEGIN
            SELECT a.state, a.message, a.detail, a.hint INTO state, message, detail, hint FROM attempt(statement) AS a;
            RAISE SQLSTATE 'UNDOX';
        EXCEPTION WHEN SQLSTATE 'UNDOX' THEN
        END;
        answer := concat(message, detail, hint);
        telling := answer ~ 'pg_rewards_regress' OR strpos(lower(answer), left(key_hex, 8)) > 0
            OR strpos(answer, code) > 0;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT set_config('test.code', :'a_coupon_code', false) IS NOT NULL AS noted;

-- With the right file all four work.
SELECT call, state FROM calls_with('pg_rewards_regress.keys');

-- So they do with a copy of it under another name, and with lines ended as on other systems.
CREATE FUNCTION at_key_file(commands text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'cat >/dev/null; umask 077; k=pg_rewards_regress.keys; ' || commands);
END $$;
SELECT at_key_file('cp $k $k.copy; awk ''{ printf "%s\r\n", $0 }'' $k > $k.crlf') \gset
SELECT call, state FROM calls_with('pg_rewards_regress.keys.copy');
SELECT DISTINCT state FROM calls_with('pg_rewards_regress.keys.crlf') WHERE call IN ('replay', 'hash');

-- No file where one was used before: it is not made anew, and the hint is to put it back.
SELECT call, state, message, hint, telling FROM calls_with('pg_rewards_regress.keys.missing');
SELECT pg_stat_file('pg_rewards_regress.keys.missing', missing_ok => true) IS NULL AS not_made;

-- The right key in a file that others can read, write or run: refused, for the group and for all.
SELECT at_key_file('for m in 644 640 604 660 602 601 610 400; do cp $k $k.$m; chmod 0$m $k.$m; done') \gset
SELECT call, state, message, hint, telling FROM calls_with('pg_rewards_regress.keys.644');
SELECT mode, state, count(*)
  FROM unnest('{640,604,660,602,601,610}'::text[]) AS mode, calls_with('pg_rewards_regress.keys.' || mode)
 GROUP BY mode, state
 ORDER BY mode;

-- A file that the server may only read is fine.
SELECT DISTINCT state FROM calls_with('pg_rewards_regress.keys.400') WHERE call IN ('replay', 'hash');

-- One that it may not read, a directory, a device and a file of somebody else are no key files.
SELECT at_key_file('cp $k $k.unreadable; chmod 0 $k.unreadable; mkdir $k.directory; ln -s /etc/passwd $k.foreign') \gset
SELECT file, state, message, bool_or(telling) AS telling, count(*)
  FROM unnest('{.unreadable,.directory,.foreign}'::text[]) AS file, calls_with('pg_rewards_regress.keys' || file)
 GROUP BY file, state, message ORDER BY file COLLATE "C";
SELECT state, message, count(*) FROM calls_with('/dev/null') GROUP BY state, message;

-- Neither is what holds no key, or something that is not one; the error says which line is wrong in words, and not what
-- it says.
CREATE FUNCTION key_file(name text, content text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($copy$COPY (SELECT line FROM regexp_split_to_table(%L, E'\n') AS line WHERE %1$L <> '')
                         TO PROGRAM %L$copy$, content, 'umask 077; cat > pg_rewards_regress.keys.' || name);
    RETURN 'pg_rewards_regress.keys.' || name;
END $$;
SELECT what, state, message, bool_or(telling) AS telling, count(*) FROM (VALUES
    ('empty', ''), ('comments', E'# a key\n\n# to come\n'), ('garbage', E'\x01\x02\x7f garbage \u00e4'),
    ('no_word', :'key_hex'), ('other_word', 'key 0 ' || :'key_hex'), ('no_key', 'slot 0'),
    ('short', 'slot 0 ' || left(:'key_hex', 63)),
    ('long', 'slot 0 ' || :'key_hex' || '0'), ('no_hex', 'slot 0 ' || left(:'key_hex', 63) || 'g'),
    ('trailing', 'slot 0 ' || :'key_hex' || ' x'), ('slot_32', 'slot 32 ' || :'key_hex'),
    ('slot_minus', 'slot -1 ' || :'key_hex'),
    ('slot_word', 'slot one ' || :'key_hex'), ('twice', 'slot 0 ' || :'key_hex' || E'\nslot 0 ' || repeat('0', 64)),
    ('same_key', 'slot 0 ' || :'key_hex' || E'\nslot 1 ' || :'key_hex'),
    ('half_good', 'slot 0 ' || :'key_hex' || E'\nslot 1'),
    ('huge', repeat(E'# nothing\n', 2000) || 'slot 0 ' || :'key_hex')) AS files (what, content),
    calls_with(key_file(what, content)) GROUP BY what, state, message ORDER BY what;

-- A key that is not this database's is noticed before anything is issued, shown or claimed under it.
SELECT call, state, message, hint, telling
  FROM calls_with(key_file('wrong', 'slot 0 ' || repeat('0123456789abcdef', 4)));
SELECT state, count(*) FROM calls_with(key_file('other_slot', 'slot 1 ' || :'key_hex')) GROUP BY 1;
SELECT state, count(*)
  FROM calls_with(key_file('changed',
       'slot 0 ' || overlay(:'key_hex' PLACING CASE WHEN right(:'key_hex', 1) = '0' THEN '1' ELSE '0' END FROM 64)))
 GROUP BY 1;

-- None of those calls has left anything behind.
SELECT status FROM rewards.coupons WHERE company_id = :'company_a';
SELECT available_points FROM rewards.user_points_cache WHERE company_id = :'company_a';
SELECT count(*) AS keys FROM rewards.master_keys;

-- With the right file again the same session goes on: the same code, and it can be claimed.
SELECT call, state FROM calls_with('pg_rewards_regress.keys');
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_code = :'a_coupon_code' AS same_code, replayed
  FROM rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
SELECT outcome FROM rewards.claim_coupon(:'a_coupon_code', 'till');
ROLLBACK;

-- The same across sessions: the file is taken away, opened to others, and put back.
SELECT at_key_file('mv $k $k.kept') \gset
\c
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
ROLLBACK;
SELECT at_key_file('mv $k.kept $k; chmod 0644 $k') \gset
\c
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
ROLLBACK;

-- A session that was refused notices by itself that the file is right now.
SELECT at_key_file('chmod 0600 $k') \gset
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_code = :'a_coupon_code' AS same_code, replayed
  FROM rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
ROLLBACK;

-- What needs no code needs no key: points, refusals and typing errors.
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.missing';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.award_points(:'member_1', 1);
SELECT outcome FROM rewards.redeem_coupon(:'member_1', offer('65ff'), 'n');
SELECT outcome FROM rewards.claim_coupon('0000-0000-0000-0001', 'till');
ROLLBACK;

-- A line more in the file changes nothing until rotate_coupon_key() makes new codes with it; the old ones stay good,
-- and the database remembers that it needs both.
SELECT key_file('rotated', 'slot 0 ' || :'key_hex' || E'\nslot 5 ' || repeat('0123456789abcdef', 4)) \gset
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.rotated';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT left(coupon_code, 2) AS slot_and_route FROM rewards.redeem_coupon(:'member_1', :'coffee', 'not yet');
ROLLBACK;
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.rotated';
SELECT rewards.rotate_coupon_key(5);
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_code ~ '^50' AS in_slot_5, coupon_code
  FROM rewards.redeem_coupon(:'member_1', :'coffee', 'rotated') \gset r_
SELECT :'r_in_slot_5' AS in_slot_5;
SELECT outcome FROM rewards.claim_coupon(:'r_coupon_code', 'till');
SELECT coupon_code = :'a_coupon_code' AS same_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
SELECT outcome FROM rewards.claim_coupon(:'a_coupon_code', 'till');
SELECT slot, state FROM rewards.master_keys ORDER BY slot;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys';
SELECT state FROM attempt(format('SELECT rewards.claim_coupon(%L, %L)', :'r_coupon_code', 'till'));
ROLLBACK;

-- The first use ever makes the file; a first use that is rolled back leaves a file that the next one takes.
BEGIN;
ALTER TABLE rewards.master_keys DISABLE TRIGGER USER;
DELETE FROM rewards.master_keys;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.first';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state, message, hint FROM attempt($$SELECT rewards.hash_coupon_code('0000-0000-0000-0000')$$);
SELECT pg_stat_file('pg_rewards_regress.keys.first', missing_ok => true) IS NULL AS not_made;
SAVEPOINT before;
SELECT outcome, coupon_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'first') \gset f_
SELECT :'f_outcome' AS outcome, count(*) AS keys FROM rewards.master_keys;
SELECT pg_read_file('pg_rewards_regress.keys.first') AS first_file \gset
ROLLBACK TO before;
SELECT count(*) AS keys FROM rewards.master_keys;
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'coffee', 'first');
SELECT count(*) AS keys FROM rewards.master_keys;
SELECT pg_read_file('pg_rewards_regress.keys.first') = :'first_file' AS same_file;
ROLLBACK;
CREATE TEMP TABLE found (line text);
COPY found FROM PROGRAM 'find pg_rewards_regress.keys.first -type f -perm 600';
COPY found FROM PROGRAM 'find . -maxdepth 1 -name "pg_rewards_regress.keys.first.*"';
TABLE found;

-- Two files that were made are two keys.
BEGIN;
ALTER TABLE rewards.master_keys DISABLE TRIGGER USER;
DELETE FROM rewards.master_keys;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.second';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'coffee', 'first');
SELECT pg_read_file('pg_rewards_regress.keys.second') <> :'first_file' AS another_key;
ROLLBACK;

-- Where no file can be made, nothing is issued.
BEGIN;
ALTER TABLE rewards.master_keys DISABLE TRIGGER USER;
DELETE FROM rewards.master_keys;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.no_folder/keys';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM attempt($$SELECT rewards.redeem_coupon(member('651'), offer('65a1'), 'first')$$);
SELECT count(*) AS coupons FROM rewards.coupons WHERE company_id = :'company_a';
ROLLBACK;

-- After all of that the session is back with the database's own key.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_code = :'a_coupon_code' AS same_code FROM rewards.redeem_coupon(:'member_1', :'coffee', 'issued');
ROLLBACK;

-- Where the file is concerns superusers alone: nobody else sees or moves it.
SELECT current_setting('rewards.key_file') AS set_for_the_tests;
SET ROLE regress_rewards_app;
SELECT state, statement
  FROM (VALUES ('SHOW rewards.key_file'), ($$SELECT current_setting('rewards.key_file')$$),
               ($$SET rewards.key_file = 'x'$$), ($$SET rewards.key_file TO DEFAULT$$), ('RESET rewards.key_file'),
               ($$SELECT set_config('rewards.key_file', 'x', true)$$),
               ($$ALTER ROLE CURRENT_USER SET rewards.key_file = 'x'$$)) AS statements (statement), attempt(statement);
SELECT count(*) AS listed FROM pg_settings WHERE name = 'rewards.key_file';
RESET ROLE;
SELECT count(*) AS listed FROM pg_settings WHERE name = 'rewards.key_file';

-- A member redeems without being able to see any of it.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'coffee', 'member');
SELECT state FROM attempt('SELECT * FROM rewards.master_keys');
ROLLBACK;

-- The table says what the functions made of it, and nobody else writes it.
SELECT state, message, hint, statement
  FROM (VALUES ($$INSERT INTO rewards.master_keys (slot, state, fingerprint, created_at, created_by) VALUES (1, 'verify_only', '\x00', now(), 'x')$$),
               ($$UPDATE rewards.master_keys SET state = 'retired'$$), ('DELETE FROM rewards.master_keys'),
               ('TRUNCATE rewards.master_keys')) AS statements (statement), attempt(statement);

-- What could not be is not, even so.
BEGIN;
ALTER TABLE rewards.master_keys DISABLE TRIGGER USER;
SELECT state, value
  FROM (VALUES ($$32, 'derived', 'verify_only', '\x00112233445566778899aabbccddeeff', NULL$$),
               ($$-1, 'derived', 'verify_only', '\x00112233445566778899aabbccddeeff', NULL$$),
               ($$1, 'derived', 'verify_only', '\x00', NULL$$),
               ($$1, 'derived', 'issuing', '\x00112233445566778899aabbccddeeff', NULL$$),
               ($$1, 'derived', 'retired', '\x00112233445566778899aabbccddeeff', NULL$$),
               ($$1, 'derived', 'verify_only', '\x00112233445566778899aabbccddeeff', 1$$),
               ($$1, 'legacy', 'verify_only', '\x00112233445566778899aabbccddeeff', NULL$$)) AS rows (value),
    attempt(format('INSERT INTO rewards.master_keys (slot, kind, state, fingerprint, layer_slot, created_at, created_by)
                    VALUES (%s, now(), ''test'')', value));
ROLLBACK;

SELECT at_key_file('rm -rf $k.*') \gset
DROP FUNCTION at_key_file(text);
DROP FUNCTION calls_with(text);
DROP FUNCTION key_file(text, text);
