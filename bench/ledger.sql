-- A ledger of millions of events, made fast: with no triggers, and indexes built afterwards. Every event and account is as our
-- functions would have written it, but for its hash. Accounts have a hundred events each, taking turns in time; every tenth
-- is a redemption, with its coupon and nonce. Two sessions at once write a chunk each, in about the order of time.
CREATE SCHEMA bench;
CREATE SEQUENCE bench.chunk MINVALUE 0;
CREATE TABLE bench.ledger (events bigint, accounts bigint, new_events bigint DEFAULT 0, new_accounts bigint DEFAULT 0);
INSERT INTO bench.ledger VALUES (0, 0);
CREATE TABLE bench.dropped_index (definition text, table_name regclass, primary_key name);

CREATE FUNCTION bench.member(number bigint) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT md5($1::text)::uuid';
-- How often an account has redeemed by then.
CREATE FUNCTION bench.redeemed(account bigint, version bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS 'SELECT (version + account % 10) / 10 - account % 10 / 9';

CREATE PROCEDURE bench.begin_growth(events bigint) LANGUAGE plpgsql AS $$
DECLARE
    index record;
BEGIN
    UPDATE bench.ledger SET new_events = begin_growth.events - ledger.events, new_accounts = (begin_growth.events - ledger.events) / 100;
    PERFORM setval('bench.chunk', 0, false);
    FOR index IN
        SELECT i.indexrelid::regclass AS name, i.indrelid::regclass AS table_name, pg_get_indexdef(i.indexrelid) AS definition, c.conname
          FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid
         WHERE i.indrelid IN ('rewards.points_events'::regclass, 'rewards.coupons'::regclass, 'rewards.used_nonces'::regclass,
                              'rewards.user_points_cache'::regclass)
    LOOP
        INSERT INTO bench.dropped_index VALUES (index.definition, index.table_name, index.conname);
        IF index.conname IS NULL THEN
            EXECUTE format('DROP INDEX %s', index.name);
        ELSE
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', index.table_name, index.conname);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION bench.write_chunk(rows bigint, template uuid) RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    l CONSTANT bench.ledger := (SELECT l FROM bench.ledger AS l);
    first CONSTANT bigint := nextval('bench.chunk') * rows;
    company CONSTANT uuid := rewards.get_current_company_id();
    system CONSTANT bigint := (SELECT system_identifier FROM pg_control_system());
BEGIN
    WITH event AS MATERIALIZED (
        SELECT number, member, version, at, time || random AS id, CASE WHEN is_redemption THEN time || reverse(random) END AS coupon_id, is_redemption,
               version * 10 + 100 - 60 * redeemed AS balance
          FROM (SELECT l.events + n AS number, bench.member(account) AS member, version, '8' || substr(md5((l.events + n)::text), 1, 14) || '8' AS random,
                       version > 1 AND (version + account) % 10 = 0 AS is_redemption, bench.redeemed(account, version) AS redeemed,
                       timestamptz '2025-01-01 UTC' + (l.events + n) * interval '0.5 s' AS at,
                       '0' || to_hex(1735689600000 + (l.events + n) * 500) || '7000' AS time
                  FROM (SELECT n, l.accounts + n * 7919 % l.new_accounts AS account, n / l.new_accounts + 1 AS version
                          FROM generate_series(first, first + rows - 1) AS n OFFSET 0) AS n) AS n),
    coupon AS (
        INSERT INTO rewards.coupons (coupon_id, company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost,
                                     points_event_id, coupon_value_type, coupon_value, issued_at, expires_at, created_at, updated_at)
        SELECT coupon_id::uuid, company, sha256(coupon_id::bytea), 0, 0, 16, template, member, 50, id::uuid, 'fixed_amount', 5,
               at, at + interval '3650 days', at, at
          FROM event WHERE is_redemption),
    nonce AS (
        INSERT INTO rewards.used_nonces (user_id, company_id, nonce, event_type, created_at, expires_at, fingerprint, event_id, coupon_id, balance)
        SELECT member, company, 'redeem ' || number, 'coupon_redemption', at, at + interval '7 days', sha256(id::bytea), id::uuid, coupon_id::uuid, balance
          FROM event WHERE is_redemption)
    INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, nonce, validation_status, validated_by, validated_at,
                                       related_entity_type, related_entity_id, created_at, version, balance_after, entry_hash, xid, system_id)
    SELECT id::uuid, member, company, CASE WHEN is_redemption THEN 'coupon_redemption' ELSE 'purchase' END, at,
           CASE WHEN is_redemption THEN -50 WHEN version = 1 THEN 110 ELSE 10 END, CASE WHEN is_redemption THEN 'redeem ' || number END,
           'validated', 'bench', at, CASE WHEN is_redemption THEN 'coupon' END, coupon_id::uuid::text, at, version, balance, id::bytea, number / 10, system
      FROM event;
END $$;

CREATE PROCEDURE bench.end_growth() LANGUAGE plpgsql AS $$
DECLARE
    index record;
BEGIN
    PERFORM bench.write_accounts();
    FOR index IN DELETE FROM bench.dropped_index RETURNING * LOOP
        EXECUTE index.definition;
        IF index.primary_key IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY USING INDEX %2$I', index.table_name, index.primary_key);
        END IF;
    END LOOP;
    UPDATE bench.ledger SET events = events + new_events, accounts = accounts + new_accounts;
END $$;

CREATE FUNCTION bench.write_accounts() RETURNS void LANGUAGE sql SET session_replication_role = replica AS $$
    INSERT INTO rewards.user_points_cache (user_id, company_id, available_points, lifetime_earned, lifetime_spent, updated_at, opened_at, version, chain_head)
        SELECT bench.member(account), rewards.get_current_company_id(), 1100 - 60 * redeemed, 1100 - 10 * redeemed, 50 * redeemed,
               timestamptz '2025-01-01 UTC', timestamptz '2025-01-01 UTC', 100, sha256(account::text::bytea)
          FROM (SELECT account, bench.redeemed(account, 100) AS redeemed
                  FROM bench.ledger AS l, generate_series(l.accounts, l.accounts + l.new_accounts - 1) AS account) AS a
$$;
