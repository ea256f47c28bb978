-- Company tokens: what is issued enters that company, in this database, for that long; nothing else enters anything, and
-- all of it is refused in the same words.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000110a
\set company_b c0000000-0000-4000-8000-00000000110b
\set member_1 a0000000-0000-4000-8000-000000001101

-- Keys

-- There is no key before the first token is issued; that makes one, of the newest slot of the key file.
SELECT count(*) AS keys FROM rewards.token_keys;
SELECT state FROM attempt($$SELECT rewards.set_company_context_token('pgr_')$$);
SELECT count(*) AS keys FROM rewards.token_keys;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset service_
SELECT key_id, slot, created_at <= clock_timestamp() AS created, created_by = session_user AS by_me, retired_at, retired_by
  FROM rewards.token_keys;
SELECT count(*) AS fingerprints FROM rewards.master_keys;

-- A token fits into a header and a URL.
SELECT :'service_token' ~ '^pgr_[A-Za-z0-9_-]{100,}$' AS is_plain, length(:'service_token') < 200 AS is_short;

-- Issued and brought

-- It enters what it says, by whoever brings it.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context_token(:'service_token') \gset
SELECT current_setting('rewards.context') AS context, rewards.get_current_user_id() AS member;

-- Again, it is the same context.
SELECT rewards.set_company_context_token(:'service_token') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;

-- Another one it cannot become.
SELECT rewards.issue_company_token(:'company_a', 'other till', 'service') AS token \gset other_
SELECT state, message, hint
  FROM attempt(format('SELECT rewards.set_company_context_token(%L)', :'other_token'));
COMMIT;
SELECT rewards.get_current_company_id() AS none;

-- A member's, which is the usual one.
SELECT rewards.issue_company_token(:'company_a', upper(:'member_1')) AS token \gset member_
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context_token(:'member_token') \gset
SELECT current_setting('rewards.context') AS context, rewards.get_current_user_id() AS member;
COMMIT;

-- Staff; and without an actor it is whoever has logged in.
SELECT rewards.issue_company_token(:'company_b', role => 'admin', ttl => '24 hours') AS token \gset admin_
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context_token(:'admin_token') \gset
SELECT current_setting('rewards.context') = :'company_b' || ' admin ' || session_user AS as_asked;
COMMIT;

-- Of two tokens that say the same, each is good; they differ in their time.
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') <> :'service_token' AS differs;

-- The longest actor, and bytes of any kind in it.
SELECT rewards.issue_company_token(:'company_a', repeat('ž', 127) || '"', 'service') AS token \gset long_
BEGIN;
SELECT rewards.set_company_context_token(:'long_token') \gset
SELECT current_setting('rewards.context') = :'company_a' || ' service ' || repeat('ž', 127) || '"' AS as_asked;
COMMIT;

-- What cannot be issued

SELECT state, message, hint, arguments FROM (VALUES
    ('NULL'), ($$company('110a')$$), ($$company('110a'), 'till'$$), ($$company('110a'), NULL, 'user'$$),
    ($$company('110a'), '', 'service'$$), ($$company('110a'), repeat('x', 256), 'service'$$),
    ($$company('110a'), E'a\nb', 'service'$$), ($$company('110a'), 'x', 'cross_company'$$),
    ($$company('110a'), 'x', 'Admin'$$), ($$company('110a'), 'x', NULL$$),
    ($$company('110a'), 'x', 'service', NULL$$), ($$company('110a'), 'x', 'service', '0'$$),
    ($$company('110a'), 'x', 'service', '-1 second'$$), ($$company('110a'), 'x', 'service', '24:00:00.000001'$$),
    ($$company('110a'), 'x', 'service', '1 day 1 second'$$), ($$company('110a'), 'x', 'service', '1 month'$$),
    ($$company('110a'), 'x', 'service', '178956970 years'$$), ($$company('110a'), 'x', 'service', '-178956970 years'$$),
    ($$company('110a'), 'x', 'service', '1 hour', 'infinity'$$),
    ($$company('110a'), 'x', 'service', '1 hour', clock_timestamp() + interval '24 hours 1 minute'$$),
    ($$company('110a'), 'x', 'service', '1 hour', clock_timestamp() - interval '1 hour'$$),
    ($$company('110a'), 'x', 'service', '1 hour', NULL, ''$$),
    ($$company('110a'), 'x', 'service', '1 hour', NULL, decode(repeat('00', 15), 'hex')$$),
    ($$company('110a'), 'x', 'service', '1 hour', NULL, decode(repeat('00', 17), 'hex')$$)) AS bad (arguments),
    attempt(format('SELECT rewards.issue_company_token(%s)', arguments));

-- The ends of what can be.
SELECT state, arguments FROM (VALUES
    ($$'1 microsecond', clock_timestamp() + interval '1 minute'$$), ($$'1 day'$$), ($$'1 month -29 days'$$),
    ($$'24 hours', clock_timestamp() + interval '23 hours 59 minutes'$$),
    ($$'24 hours', clock_timestamp() - interval '23 hours 59 minutes'$$)) AS ends (arguments),
    attempt(format($$SELECT rewards.issue_company_token(company('110a'), 'x', 'service', %s)$$, arguments));

-- In a sealed transaction: for that company and for no higher role, and for nobody in the role user.
CREATE FUNCTION issued(company text, role text) RETURNS text LANGUAGE sql AS $$
    SELECT state || coalesce(': ' || message || ' - ' || hint, '')
      FROM attempt(format('SELECT rewards.issue_company_token(%L, %L, %L)', company(company), member('1101'), role))
$$;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'till', 'service') \gset
SELECT company, role, issued(company, role) FROM unnest('{110a,110b}'::text[]) AS company,
    unnest('{user,service,admin}'::text[]) AS role;
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', 'boss', 'admin') \gset
SELECT company, role, issued(company, role) FROM unnest('{110a,110b}'::text[]) AS company,
    unnest('{user,service,admin}'::text[]) AS role;
COMMIT;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT company, role, issued(company, role) FROM unnest('{110a,110b}'::text[]) AS company,
    unnest('{user,service,admin}'::text[]) AS role;
COMMIT;

-- Nor does the way back to a savepoint open it.
BEGIN;
SAVEPOINT before;
SELECT rewards.set_company_context(:'company_a', 'till', 'service') \gset
ROLLBACK TO before;
SELECT issued('110a', 'user'), issued('110b', 'user');
COMMIT;
DROP FUNCTION issued(text, text);

-- Tokens made by whoever has the key

-- The key file is read and tokens are made here in SQL, from the documentation: so that each field can be wrong alone.
CREATE FUNCTION hmac(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR i IN 0 .. length(key) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(key, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(key, i) # 92);
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || message));
END $$;
CREATE FUNCTION base64url(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');
CREATE TABLE fields (
    version smallint, key_id bigint, slot smallint, system bigint, database bigint, issued_at bigint,
    not_before bigint, expires_at bigint, company uuid, role text, challenge bytea, actor bytea, master bytea);
INSERT INTO fields
SELECT 1, 1, 0, system_identifier, oid::bigint, 0, 0, 60, :'company_a', 's', NULL, 'till',
       decode(substring(pg_read_file('pg_rewards_regress.keys') FROM 'slot 0 ([0-9a-f]{64})'), 'hex')
  FROM pg_control_system(), pg_database WHERE datname = current_database();
CREATE FUNCTION made(f fields, purpose text DEFAULT 'pg_rewards company token v1') RETURNS text LANGUAGE sql AS $$
    WITH now (seconds) AS (SELECT extract(epoch FROM clock_timestamp())),
         message (bytes) AS (
            SELECT substr(int2send(f.version), 2) || substr(int8send(f.key_id), 5) || substr(int2send(f.slot), 2)
                   || int8send(f.system) || substr(int8send(f.database), 5)
                   || int8send(((seconds + f.issued_at) * 1000000)::bigint)
                   || int8send(((seconds + f.not_before) * 1000000)::bigint)
                   || int8send(((seconds + f.expires_at) * 1000000)::bigint)
                   || uuid_send(f.company) || f.role::bytea
                   || CASE WHEN f.challenge IS NULL THEN '\x00'::bytea ELSE '\x01' END
                   || substr(int2send(length(f.actor)::smallint), 2) || f.actor || coalesce(f.challenge, '')
              FROM now)
    SELECT 'pgr_' || base64url(bytes || hmac(hmac(hmac('\x00', f.master), purpose::bytea || '\x01'), bytes)) FROM message
$$;
SELECT made(fields) AS token FROM fields \gset made_
BEGIN;
SELECT rewards.set_company_context_token(:'made_token') \gset
SELECT current_setting('rewards.context') AS context;
COMMIT;

-- Bad ones of every kind. With the right key, or another one, and a wrong field:
CREATE TABLE bad (what text, token text);
GRANT SELECT ON bad TO regress_rewards_app;
INSERT INTO bad
SELECT what, made(jsonb_populate_record(f, change)) FROM fields AS f, LATERAL (VALUES
    ('expired', '{"issued_at": -60, "not_before": -60, "expires_at": -1}'::jsonb),
    ('expired long ago', '{"issued_at": -1000000000, "not_before": -1000000000, "expires_at": -900000000}'),
    ('early', '{"not_before": 60, "expires_at": 120}'),
    ('issued in the future', '{"issued_at": 60}'),
    ('other database', jsonb_build_object('database', f.database + 1)),
    ('other server', jsonb_build_object('system', f.system + 1)),
    ('unknown key', '{"key_id": 7}'), ('no key', '{"key_id": 0}'), ('negative key', '{"key_id": 4294967295}'),
    ('other slot', '{"slot": 1}'), ('no slot', '{"slot": 32}'),
    ('unknown role', '{"role": "c"}'), ('other version', '{"version": 2}'), ('no version', '{"version": 0}'),
    ('wrong key', jsonb_build_object('master', '\x' || repeat('00', 32))),
    ('foreign challenge', jsonb_build_object('challenge', '\x' || repeat('00', 16))),
    ('long challenge', jsonb_build_object('challenge', '\x' || repeat('00', 17))),
    ('short challenge', jsonb_build_object('challenge', '\x' || repeat('00', 15)))) AS changes (what, change);
INSERT INTO bad
SELECT 'other purpose', made(fields, purpose) FROM fields,
    unnest('{pg_rewards coupon code v1,pg_rewards coupon tag v1,pg_rewards key fingerprint v1,""}'::text[]) AS purpose;
SELECT rewards.issue_company_token(:'company_a', 'x', 'service', '1 hour', clock_timestamp() + interval '1 minute')
    AS token \gset early_
SELECT rewards.issue_company_token(:'company_a', 'x', 'service', '1 millisecond') AS token \gset expired_
SELECT FROM pg_sleep(0.01);
INSERT INTO bad VALUES ('issued for later', :'early_token'), ('issued for a moment', :'expired_token');

-- A good one with one byte altered, at every place; cut short; with something added, left out or put in.
CREATE TABLE good_token (token text);
INSERT INTO good_token VALUES (:'service_token'), (:'member_token'), (:'made_token');
INSERT INTO bad SELECT 'altered', overlay(token PLACING symbol FROM place FOR 1)
  FROM good_token, generate_series(1, length(token)) AS place, unnest('{A,B,g,_,-,=,+," ",ž}'::text[]) AS symbol;
INSERT INTO bad SELECT 'cut short', left(token, size) FROM good_token, generate_series(0, length(token) - 1) AS size;
INSERT INTO bad SELECT 'beginning gone', right(token, -size) FROM good_token, generate_series(1, length(token)) AS size;
INSERT INTO bad SELECT 'left out', overlay(token PLACING '' FROM place FOR 1)
  FROM good_token, generate_series(1, length(token)) AS place;
INSERT INTO bad SELECT 'put in', overlay(token PLACING more FROM place FOR 0)
  FROM good_token, generate_series(1, length(token) + 1) AS place, unnest('{A,=," ",==,AAAA}'::text[]) AS more;
INSERT INTO bad SELECT 'two', one.token || other.token FROM good_token AS one, good_token AS other;
INSERT INTO bad SELECT 'other alphabet', 'pgr_' || translate(substr(token, 5), '-_', '+/') FROM good_token;
INSERT INTO bad SELECT 'other case', changed FROM good_token, unnest(ARRAY[upper(token), lower(token)]) AS changed;
INSERT INTO bad
SELECT 'head of one, tail of another', left(one.token, place) || right(other.token, -place)
  FROM good_token AS one, good_token AS other, generate_series(5, 100, 5) AS place;
DELETE FROM bad WHERE token IN (SELECT token FROM good_token);

-- Something else.
INSERT INTO bad VALUES ('null', NULL), ('nothing', ''), ('a prefix', 'pgr_'), ('a format', '%s%n%m'),
    ('a uuid', :'company_a'), ('a context', :'company_a' || ' service till'),
    ('SQL', $$'; DROP TABLE rewards.token_keys; --$$),
    ('a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ'),
    ('long', repeat('x', 100000)), ('zeros', 'pgr_' || repeat('A', 122)), ('longest', 'pgr_' || repeat('A', 486)),
    ('too long', 'pgr_' || repeat('A', 490)), ('not text in base64', 'pgr_' || repeat('ž', 100));

-- All of them are refused, and nobody can tell one refusal from another.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT state, message, detail, hint, count(*) > 5000 AS all_of_them, count(DISTINCT what) AS kinds
  FROM bad, attempt(format('SELECT rewards.set_company_context_token(%L)', token)) GROUP BY 1, 2, 3, 4;
SELECT rewards.get_current_company_id() AS none;

-- After all of them a good one is still good.
SELECT rewards.set_company_context_token(:'service_token') \gset
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;

-- In a company, too, where they leave the context as it is.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_b', 'till', 'service') \gset
SELECT state, message, count(*) > 5000 AS all_of_them
  FROM bad, attempt(format('SELECT rewards.set_company_context_token(%L)', token)) GROUP BY 1, 2;
SELECT rewards.get_current_company_id() = :'company_b' AS company_b;
COMMIT;

-- Challenge

-- A transaction asks for one, and takes one token that has it, once.
CREATE FUNCTION brought(token text) RETURNS text LANGUAGE sql AS
    $$ SELECT state FROM attempt(format('SELECT rewards.set_company_context_token(%L)', token)) $$;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT length(rewards.get_context_challenge()) AS bytes,
       rewards.get_context_challenge() <> rewards.get_context_challenge() AS differs;
SELECT rewards.get_context_challenge() AS challenge \gset
SELECT rewards.issue_company_token(:'company_a', 'till', 'service', challenge => :'challenge') AS token \gset bound_
ROLLBACK;
SELECT brought(:'bound_token') AS in_no_transaction;
BEGIN;
SELECT rewards.get_context_challenge() AS challenge \gset
SELECT rewards.issue_company_token(:'company_a', 'till', 'service', challenge => :'challenge') AS token \gset new_
SELECT brought(:'bound_token') AS of_another_transaction;
SELECT brought(:'new_token') AS its_own, brought(:'new_token') AS again;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;

-- The challenge of an earlier call is void; so is one whose token was rolled back.
BEGIN;
SELECT rewards.get_context_challenge() AS challenge \gset
SELECT rewards.issue_company_token(:'company_a', 'till', 'service', challenge => :'challenge') AS token \gset bound_
SELECT length(rewards.get_context_challenge()) AS bytes;
SELECT brought(:'bound_token') AS void;
SELECT rewards.get_context_challenge() AS challenge \gset
SELECT rewards.issue_company_token(:'company_a', 'till', 'service', challenge => :'challenge') AS token \gset bound_
SAVEPOINT before;
SELECT brought(:'bound_token') AS good;
ROLLBACK TO before;
SELECT brought(:'bound_token') AS again;
COMMIT;

-- A token without one is as good as before, unless the server requires one; a role cannot say that it does not.
BEGIN;
SELECT length(rewards.get_context_challenge()) AS bytes;
SELECT brought(:'service_token') AS without;
COMMIT;
BEGIN;
SET LOCAL rewards.require_token_challenge = on;
SET LOCAL ROLE regress_rewards_app;
SELECT state, message, hint FROM attempt(format('SELECT rewards.set_company_context_token(%L)', :'service_token'));
SELECT state FROM attempt('SET LOCAL rewards.require_token_challenge = off');
SELECT rewards.get_context_challenge() AS challenge \gset
SELECT rewards.issue_company_token(:'company_a', 'till', 'service', challenge => :'challenge') AS token \gset bound_
SELECT brought(:'service_token') AS still_without, brought(:'bound_token') AS bound;
COMMIT;

-- Rotation and retirement

-- The back end does neither, and no company does, whoever its staff is.
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT state FROM unnest('{rotate_token_key(),retire_token_key(1)}'::text[]) AS call, attempt('SELECT rewards.' || call);
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'boss', 'admin') \gset
SELECT state, message, hint FROM unnest('{rotate_token_key(),retire_token_key(1)}'::text[]) AS call,
    attempt('SELECT rewards.' || call);
ROLLBACK;

-- A new key makes the new tokens; the old ones stay good until their key is retired.
SET ROLE regress_rewards_admin;
SELECT rewards.rotate_token_key();
RESET ROLE;
SELECT key_id, slot, retired_at FROM rewards.token_keys ORDER BY 1;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset second_
SELECT get_byte(decode(translate(substr(:'second_token', 5, 8), '-_', '+/'), 'base64'), 4) AS key_id;
SELECT brought(:'service_token') AS old_one, brought(:'second_token') AS new_one;
SET ROLE regress_rewards_admin;
SELECT rewards.retire_token_key(1);
RESET ROLE;
SELECT brought(:'service_token') AS old_one, brought(:'made_token') AS made_one, brought(:'second_token') AS new_one;
SELECT state, message, detail, hint
  FROM attempt(format('SELECT rewards.set_company_context_token(%L)', :'service_token'));
SELECT key_id, retired_at BETWEEN created_at AND clock_timestamp() AS retired, retired_by = session_user AS by_me
  FROM rewards.token_keys ORDER BY 1;

-- It is retired once, and only if there is one.
SELECT state, message, hint, key FROM (VALUES ('1'), ('3'), ('0'), ('-1'), ('2147483647'), ('NULL')) AS keys (key),
    attempt(format('SELECT rewards.retire_token_key(%s)', key));

-- What is undone has not happened.
BEGIN;
SELECT rewards.retire_token_key(2);
SELECT brought(:'second_token') AS retired;
ROLLBACK;
SELECT brought(:'second_token') AS in_use;
BEGIN;
SELECT rewards.rotate_token_key() AS key_id;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset third_
SAVEPOINT before;
SELECT rewards.retire_token_key(3);
SELECT brought(:'third_token') AS retired;
ROLLBACK TO before;
SELECT brought(:'third_token') AS in_use;
ROLLBACK;
SELECT brought(:'third_token') AS of_a_key_that_never_was;

-- With all of them retired nothing is issued, until there is a new one.
SELECT rewards.retire_token_key(2);
SELECT state, message, hint FROM attempt($$SELECT rewards.issue_company_token(company('110a'), 'x', 'service')$$);
SELECT rewards.rotate_token_key() AS key_id;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset slot_0_
SELECT brought(:'slot_0_token') AS new_one;

-- A key of another slot, which makes the new codes: the file is read again, and old tokens stay good.
CREATE FUNCTION at_key_file(commands text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L',
                   'cat >/dev/null; umask 077; k=pg_rewards_regress.keys; ' || commands);
END $$;
SELECT at_key_file('cp $k $k.two_slots; echo slot 5 ' || repeat('5', 64) || ' >>$k.two_slots') \gset
BEGIN;
SET LOCAL rewards.key_file = 'pg_rewards_regress.keys.two_slots';
SELECT rewards.rotate_coupon_key(5);
SELECT rewards.rotate_token_key() AS key_id;
SELECT slot FROM rewards.token_keys ORDER BY key_id DESC LIMIT 1;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset slot_5_
SELECT brought(:'slot_5_token') AS slot_5, brought(:'slot_0_token') AS slot_0;
ROLLBACK;

-- Without the right key file nothing is issued or accepted, and the message is about the file.
SELECT at_key_file('echo slot 0 ' || repeat('5', 64) || ' >$k.foreign_key') \gset
CREATE FUNCTION with_key_file(name text, OUT call text, OUT state text, OUT message text) RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('rewards.key_file', 'pg_rewards_regress.keys.' || name, true);
    RETURN QUERY SELECT split_part(statement, '(', 1), a.state, a.message FROM unnest(ARRAY[
        'rewards.set_company_context_token(' || quote_literal(current_setting('test.token')) || ')',
        $call$rewards.issue_company_token(company('110a'), 'x', 'service')$call$, 'rewards.rotate_token_key()'])
        AS statement, attempt('SELECT ' || statement) AS a;
END $$;
BEGIN;
SELECT set_config('test.token', :'slot_0_token', true) \gset
SELECT * FROM with_key_file('missing');
SELECT * FROM with_key_file('foreign_key');
ROLLBACK;
SELECT brought(:'slot_0_token') AS with_the_right_one;

-- Nobody but the functions writes the keys, a superuser and a replication role included.
CREATE TABLE writes (statement text);
INSERT INTO writes VALUES
    ('UPDATE rewards.token_keys SET retired_at = NULL, retired_by = NULL'),
    ('UPDATE rewards.token_keys SET slot = 1'), ('UPDATE rewards.token_keys SET key_id = key_id + 10'),
    ('UPDATE rewards.token_keys SET created_by = ''x'' WHERE retired_at IS NULL'),
    ('UPDATE rewards.token_keys SET retired_by = ''x'', retired_at = now() WHERE retired_at IS NOT NULL'),
    ('DELETE FROM rewards.token_keys'), ('TRUNCATE rewards.token_keys'),
    ('INSERT INTO rewards.token_keys VALUES (100, 0, now(), ''x'')'),
    ('MERGE INTO rewards.token_keys USING (VALUES (1)) AS v ON true WHEN MATCHED THEN DELETE');
GRANT SELECT ON writes TO PUBLIC;
SELECT state, message, hint, statement FROM writes, attempt(statement);
SET session_replication_role = replica;
SELECT state, statement FROM writes, attempt(statement) WHERE statement !~ '^INSERT';
RESET session_replication_role;
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT state, count(*) FROM writes, attempt(statement) GROUP BY 1;
SET LOCAL ROLE regress_rewards_admin;
SELECT state, count(*) FROM writes, attempt(statement) GROUP BY 1;
SELECT count(*) > 2 AS readable FROM rewards.token_keys;
SET LOCAL ROLE regress_rewards_app;
SELECT state FROM attempt('TABLE rewards.token_keys');
ROLLBACK;

-- Nor do the row triggers, which hold for rows that are written in other ways, give a retired key back.
BEGIN;
ALTER TABLE rewards.token_keys DISABLE TRIGGER refuse_write;
SELECT state, hint, statement FROM writes, attempt(statement) WHERE statement !~ '^(INSERT|TRUNCATE)';
ROLLBACK;
SELECT key_id, retired_at IS NOT NULL AS retired FROM rewards.token_keys ORDER BY 1;

-- Reading only

-- Where nothing can be written tokens are issued and accepted, and keys stay what they are.
BEGIN READ ONLY;
SELECT rewards.issue_company_token(:'company_a', 'till', 'service') AS token \gset read_only_
SELECT state, message FROM unnest('{rotate_token_key(),retire_token_key(3)}'::text[]) AS call,
    attempt('SELECT rewards.' || call);
SELECT brought(:'read_only_token');
COMMIT;
DROP TABLE bad, good_token, writes;
DROP TABLE fields CASCADE;
DROP FUNCTION hmac(bytea, bytea), base64url(bytea), brought(text), at_key_file(text), with_key_file(text);
