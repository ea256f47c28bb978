-- Keys change hands while coupons are out: rotated, laid over, retired; and coupons of a programme before us stay good.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000068a
\set company_b c0000000-0000-4000-8000-00000000068b
\set member_1 a0000000-0000-4000-8000-000000000681
\set tea b0000000-0000-4000-8000-0000000068a1
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (:'tea', :'company_a', 'tea', 0, 'product', 1);

-- Coupons of before, which each transaction below finds as they are here.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_id AS one_id, coupon_code AS one_code FROM rewards.redeem_coupon(:'member_1', :'tea', 'one') \gset
SELECT coupon_code AS two_code FROM rewards.redeem_coupon(:'member_1', :'tea', 'two') \gset
SELECT outcome FROM rewards.claim_coupon(:'two_code', 'till');
COMMIT;
CREATE VIEW coupon_forms AS SELECT nonce, key_slot, layer_slot, status FROM rewards.coupons JOIN rewards.used_nonces USING (coupon_id)
 WHERE coupons.company_id = company('68a') ORDER BY nonce;

-- All of it happens in a transaction that is undone, with a key file of its own that starts as a copy.
CREATE FUNCTION at_key_file(commands text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'cat >/dev/null; umask 077; f=pg_rewards_regress.keys; k=$f.change; ' || commands);
END $$;
CREATE FUNCTION key_lines() RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT array_to_string(m, ' ') FROM regexp_matches(pg_read_file('pg_rewards_regress.keys.change'), '^(slot \d+|legacy \d+) [0-9a-f]+$', 'gn') AS m $$;
CREATE VIEW key_states AS SELECT slot, kind, state, layer_slot, retired_by IS NOT NULL AS retired FROM rewards.master_keys ORDER BY slot;
SELECT at_key_file('cp $f $k') \gset
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change';

-- Without a slot the server adds a random key to the file, and what was in it stays.
SELECT pg_read_file('pg_rewards_regress.keys.change') AS before \gset
SELECT rewards.rotate_coupon_key() AS slot;
SELECT starts_with(pg_read_file('pg_rewards_regress.keys.change'), :'before') AS kept, key_lines();
TABLE key_states;
CREATE TEMP TABLE found (line text);
COPY found FROM PROGRAM 'find pg_rewards_regress.keys.change -type f -perm 600';
COPY found FROM PROGRAM 'find . -maxdepth 1 -name "pg_rewards_regress.keys.change.*"';
TABLE found;

-- Again: yet another key.
SELECT rewards.rotate_coupon_key() AS slot;
SELECT count(DISTINCT m) AS keys FROM regexp_matches(pg_read_file('pg_rewards_regress.keys.change'), '[0-9a-f]{64}', 'g') AS m;

-- Back to one that has issued before, or to the one that does: nothing new is needed.
SELECT rewards.rotate_coupon_key(1) AS slot;
SELECT rewards.rotate_coupon_key(1) AS slot;
TABLE key_states;

-- Who did what is on record, and shows no key.
SELECT action, old, new, actor = session_user AS by_me
  FROM rewards.audit_log WHERE company_id = '00000000-0000-0000-0000-000000000000' AND action LIKE '%\_key' ORDER BY id;

-- What cannot issue, and what is no slot.
SELECT at_key_file('echo legacy 9 abcdef >>$k') \gset
SELECT slot, state, message, hint
  FROM unnest('{3,9,-1,32}'::int[]) AS slot, attempt(format('SELECT rewards.rotate_coupon_key(%s)', slot));
SELECT slot, state, message, hint
  FROM unnest('{1,7,-1,NULL}'::int[]) AS slot, attempt(format('SELECT rewards.retire_coupon_key(%L)', slot));
SELECT slot, state, message, hint
  FROM unnest('{1,7,32}'::int[]) AS slot, attempt(format('SELECT rewards.relayer_coupon_key(%s)', slot));
SELECT n, state, message FROM unnest('{0,-1,100001,NULL}'::int[]) AS n, attempt(format('SELECT rewards.relayer_coupon_key(2, %L)', n));
ROLLBACK;

-- A key that is needed cannot be retired, and the error says what needs it.
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change';
SELECT rewards.rotate_coupon_key(1);
SELECT state, message, regexp_replace(detail, '\d+ coupons', 'N coupons') AS detail, hint FROM attempt('SELECT rewards.retire_coupon_key(0)');
SELECT rewards.rotate_coupon_key(2);

-- One that nothing needs can: it issues no more, and a second time it is not retired. Its line may go then, and nobody
-- misses it.
SELECT rewards.retire_coupon_key(1);
SELECT state, message, hint FROM attempt('SELECT rewards.retire_coupon_key(1)');
SELECT state, message, detail, hint FROM attempt('SELECT rewards.rotate_coupon_key(1)');
SELECT state, message, hint FROM attempt('SELECT rewards.relayer_coupon_key(1)');
TABLE key_states;
SELECT at_key_file('cp $k $k.less; sed -i "/^slot 1 /d" $k.less') \gset
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.less';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT left(coupon_code, 2) AS slot_and_route FROM rewards.redeem_coupon(:'member_1', :'tea', 'three');
SELECT coupon_code = :'one_code' AS same_code FROM rewards.redeem_coupon(:'member_1', :'tea', 'one');
-- The key of the slot that was retired is not taken for another's: it is not put back as one.
SELECT at_key_file('cp $k.less $k.else; echo slot 1 ' || repeat('7', 64) || ' >>$k.else') \gset
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.else';
SELECT coupon_code = :'one_code' AS same_code FROM rewards.redeem_coupon(:'member_1', :'tea', 'one');
ROLLBACK;

-- A key is laid over another: what is stored changes, and codes are good as before. What cannot be claimed stays.
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change';
SELECT code_hash AS before FROM rewards.coupons WHERE coupon_id = :'one_id' \gset
SELECT rewards.rotate_coupon_key(1);
SELECT relayered > 0 AS some, complete FROM rewards.relayer_coupon_key(0, 100000);
SELECT relayered, complete FROM rewards.relayer_coupon_key(0, 100000);
TABLE key_states;
TABLE coupon_forms;
SELECT state, message, detail FROM attempt('SELECT rewards.rotate_coupon_key(0)');
SELECT new FROM rewards.audit_log WHERE company_id = '00000000-0000-0000-0000-000000000000' AND action = 'relayer_coupon_key' ORDER BY id;
-- And over that one another.
SELECT rewards.rotate_coupon_key(2);
SELECT relayered > 0 AS some, complete FROM rewards.relayer_coupon_key(1, 100000);
TABLE coupon_forms;
SELECT state, message, regexp_replace(detail, '\d+ coupons', 'N coupons') AS detail FROM unnest('{0,1}'::int[]) AS slot, attempt(format('SELECT rewards.retire_coupon_key(%s)', slot));
SELECT rewards.set_company_context(:'company_a') \gset
SELECT code_hash <> :'before' AS changed, code_hash = rewards.hash_coupon_code(:'one_code') AS found FROM rewards.coupons WHERE coupon_id = :'one_id';
SELECT coupon_code = :'one_code' AS same_code, replayed FROM rewards.redeem_coupon(:'member_1', :'tea', 'one');
SELECT coupon_code = :'two_code' AS same_code, replayed FROM rewards.redeem_coupon(:'member_1', :'tea', 'two');
SELECT outcome, coupon_id = :'one_id' AS this_one FROM rewards.claim_coupon(:'one_code', 'till');
SELECT outcome FROM rewards.claim_coupon(:'one_code', 'till');
SELECT outcome FROM rewards.claim_coupon(:'two_code', 'till');
ROLLBACK;

-- A company does not find the code of another.
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT outcome FROM rewards.claim_coupon(:'one_code', 'till');
ROLLBACK;

-- In small portions it ends where it has to, and a coupon that is made meanwhile is made with the new key.
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change';
SELECT rewards.rotate_coupon_key(1);
SELECT count(*) AS live FROM rewards.coupons WHERE vendor_code_id IS NULL AND status IN ('issued', 'held') AND (expires_at IS NULL OR expires_at > now()) \gset
CREATE FUNCTION in_portions(size integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    portion record;
    total bigint := 0;
BEGIN
    LOOP
        SELECT * INTO portion FROM rewards.relayer_coupon_key(0, size);
        total := total + portion.relayered;
        EXIT WHEN portion.complete;
    END LOOP;
    RETURN total;
END $$;
SELECT in_portions(7) = :live AS all_of_them, in_portions(1) AS again;
ROLLBACK;

-- Coupons of a programme before us: it has kept the HMAC-SHA-256 of codes in capitals. Here its secret is 'old secret',
-- and the codes are SPRING-7 and Ä 1.
SELECT at_key_file('cp $f $k.old; echo legacy 20 6f6c6420736563726574 >>$k.old') \gset
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.old';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT outcome FROM rewards.claim_coupon('spring-7', 'till');
CREATE FUNCTION legacy_coupon(name text, hmac text) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO rewards.coupons (coupon_id, key_slot, layer_slot, code_hash, code_route, code_symbols, template_id, issued_to,
           issued_points_cost, coupon_value_type, coupon_value)
    SELECT identifier('d', name), 20, h.layer_slot, h.code_hash, 0, 0, offer('68a1'), member('681'), 0, 'product', 1
      FROM rewards.legacy_code_hash(20, decode(hmac, 'hex')) AS h
    RETURNING coupon_id $$;
SELECT legacy_coupon('681', 'd139f971fd1780fb7efdf64a60865ac19a600240d6a27d9e72f347e95bd33722') AS spring, legacy_coupon('682', '826ec37b6f2e25fe3735b7958e153f1d3171f150ade5d4f16fd16b4a5cb24917') AS umlaut;
SELECT slot, kind, state, layer_slot, substr(fingerprint, 3) AS no_more_of_it FROM rewards.master_keys WHERE kind = 'legacy';
SELECT code_hash <> decode('d139f971fd1780fb7efdf64a60865ac19a600240d6a27d9e72f347e95bd33722', 'hex') AS laid_over, key_slot, layer_slot FROM rewards.coupons WHERE coupon_id = identifier('d', '681');
SELECT code, outcome, coupon_id
  FROM unnest(ARRAY['spring-8', 'SPRING7', E' \t spring-7\r\n', 'SPRING-7', 'Ä 1', 'ä 1', '', '  ', repeat('x', 129), repeat('x', 128)]) WITH ORDINALITY AS codes (code, n),
       rewards.claim_coupon(code, 'till') WHERE code <> '' ORDER BY n;
-- Codes of ours are found all the same, and what is not well-formed for us may be one of theirs now.
SELECT outcome FROM rewards.claim_coupon(:'one_code', 'till');
SELECT outcome FROM rewards.claim_coupon('0000-0000-0000-0001', 'till');
SELECT state, message, hint
  FROM unnest(ARRAY[$$20, '\x00'$$, '20, NULL', $$0, sha256('')$$, $$21, sha256('')$$, $$32, sha256('')$$, $$NULL, sha256('')$$]) AS list,
       attempt(format('SELECT rewards.legacy_code_hash(%s)', list));
ROLLBACK;

-- With another secret in the slot nothing goes on; without the legacy line neither.
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.old';
SELECT rewards.set_company_context(:'company_a') \gset
SELECT octet_length(code_hash) AS bytes FROM rewards.legacy_code_hash(20, sha256(''));
SELECT at_key_file('cp $f $k.other; echo legacy 20 6f6c6420736563726575 >>$k.other') \gset
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.other';
SELECT state, message, hint FROM attempt(format('SELECT rewards.claim_coupon(%L, %L)', :'one_code', 'till'));
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys';
SELECT state, message FROM attempt(format('SELECT rewards.claim_coupon(%L, %L)', :'one_code', 'till'));
ROLLBACK;

-- Members and companies do not change keys, and members import nothing.
BEGIN;
SELECT rewards.set_company_context(:'company_a', NULL, 'admin') \gset
SELECT state, message, hint FROM unnest(ARRAY['rotate_coupon_key()', 'retire_coupon_key(0)', 'relayer_coupon_key(0)']) AS call, attempt('SELECT rewards.' || call);
ROLLBACK;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message FROM attempt($$SELECT rewards.legacy_code_hash(20, sha256(''))$$);
ROLLBACK;
SELECT state, message FROM attempt($$SELECT rewards.legacy_code_hash(20, sha256(''))$$);

-- A key file that cannot be written is extended by hand; a link to it stays one.
SELECT at_key_file('mkdir -p $k.folder; cp $f $k.folder/keys; ln -s pg_rewards_regress.keys.change.folder/keys $k.link; chmod 500 $k.folder') \gset
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.change.link';
SELECT state, message, hint FROM attempt('SELECT rewards.rotate_coupon_key()');
SELECT at_key_file('chmod 700 $k.folder') \gset
SELECT rewards.rotate_coupon_key() AS slot;
CREATE TEMP TABLE found (line text);
COPY found FROM PROGRAM 'find pg_rewards_regress.keys.change.* -name keys -type f -perm 600; find . -maxdepth 1 -name "*.link" -type l';
TABLE found;
ROLLBACK;

-- After all of that the keys are what they were.
TABLE key_states;
SELECT at_key_file('rm -rf $k*') \gset
DROP VIEW key_states, coupon_forms;
DROP FUNCTION key_lines();
DROP FUNCTION at_key_file(text);
