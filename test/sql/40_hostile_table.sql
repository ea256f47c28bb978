-- What owners do to their tables: the books stay right, or the call says what is wrong.
\set SHOW_CONTEXT never
\set tenant 'd0000000-0000-4000-8000-000000000401'
\set one 'd0000000-0000-4000-8000-000000000411'
\set two 'd0000000-0000-4000-8000-000000000412'

-- Accounts whose balance is not what their events sum to; empty, always.
CREATE VIEW wrong_books AS
SELECT a.user_id, a.available_points, coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated'), 0) AS ledger
  FROM rewards.user_points_cache AS a LEFT JOIN rewards.points_events AS e USING (user_id, company_id)
 GROUP BY a.user_id, a.company_id, a.available_points
HAVING a.available_points <> coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated'), 0);

-- A CHECK constraint on the whole row is checked at every call, and its row type outlives none of them.
BEGIN;
ALTER TABLE rewards.points_events ADD CONSTRAINT whole_row CHECK (to_jsonb(points_events) ? 'event_type') NOT VALID;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT count((rewards.award_points(:'one', 1)).event_id) AS awarded FROM generate_series(1, 5);
SELECT (SELECT balance FROM rewards.award_points(:'one', n)) AS balance FROM generate_series(1, 3) AS n;
SELECT count((rewards.award_points(:'one', 1, repeat('y', n))).event_id) AS awarded FROM generate_series(1, 200) AS n;
TABLE wrong_books;
ROLLBACK;

-- A CHECK constraint that a backend has compiled is not obeyed when it is gone, and a new one is.
BEGIN;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT outcome FROM rewards.award_points(:'one', 5);
ALTER TABLE rewards.points_events ADD CONSTRAINT small CHECK (points_delta < 10) NOT VALID;
SELECT state FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ALTER TABLE rewards.points_events DROP CONSTRAINT small;
SELECT state FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
-- One that depends on a function follows the function.
CREATE FUNCTION most() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 10::bigint';
BEGIN;
ALTER TABLE rewards.points_events ADD CONSTRAINT small CHECK (points_delta < most()) NOT VALID;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
CREATE OR REPLACE FUNCTION most() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 20::bigint';
SELECT state FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
DROP FUNCTION most();

-- A view or a partitioned table in the place of ours is refused.
BEGIN;
ALTER TABLE rewards.points_events RENAME TO elsewhere;
CREATE VIEW rewards.points_events AS SELECT * FROM rewards.elsewhere;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
BEGIN;
ALTER TABLE rewards.user_points_cache RENAME TO elsewhere;
CREATE TABLE rewards.user_points_cache (LIKE rewards.elsewhere INCLUDING DEFAULTS) PARTITION BY HASH (user_id);
CREATE TABLE rewards.everybody PARTITION OF rewards.user_points_cache FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
BEGIN;
ALTER TABLE rewards.data_version RENAME TO elsewhere;
CREATE VIEW rewards.data_version AS SELECT * FROM rewards.elsewhere;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;

-- So are a parent, by whose name the guards could be passed, and a child.
BEGIN;
CREATE TABLE parent (LIKE rewards.user_points_cache);
ALTER TABLE rewards.user_points_cache INHERIT parent;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
BEGIN;
CREATE TABLE child () INHERITS (rewards.points_events);
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt(format('SELECT rewards.award_points(%L, 10)', :'one'));
ROLLBACK;
-- Nobody deletes by another table's name.
BEGIN;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT outcome FROM rewards.award_points(:'one', 5);
CREATE TABLE parent (LIKE rewards.points_events);
ALTER TABLE rewards.points_events INHERIT parent;
SELECT state FROM attempt('DELETE FROM parent');
ROLLBACK;

-- A balance is not refreshed while a statement is writing events, which would count them twice.
BEGIN;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, hint <> '' AS has_hint
  FROM attempt(format($$WITH written AS (INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
                            VALUES (%L, 'x', now(), 100, 'validated') RETURNING user_id)
                        SELECT rewards.refresh_user_points_cache(user_id) FROM written$$, :'one'));
CREATE FUNCTION refresh() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM rewards.refresh_user_points_cache(NEW.user_id); RETURN NULL; END';
CREATE TRIGGER refresh AFTER INSERT ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION refresh();
SELECT state
  FROM attempt(format($$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
                            VALUES (%L, 'x', now(), 100, 'validated')$$, :'one'));
TABLE wrong_books;
ROLLBACK;

-- The first event of a new member goes through a trigger on the account, by function and by INSERT.
CREATE FUNCTION as_it_is() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
BEGIN;
CREATE TRIGGER as_it_is BEFORE UPDATE ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION as_it_is();
SELECT rewards.set_company_context(:'tenant') \gset
SELECT outcome, balance FROM rewards.award_points(:'one', 5);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES (:'two', 'x', now(), 7, 'validated');
SELECT available_points FROM rewards.user_points_cache WHERE user_id = :'two';
ROLLBACK;
DROP FUNCTION as_it_is();

-- An account is found by its key, whatever other indexes begin with the same columns.
CREATE INDEX like_the_key ON rewards.user_points_cache (user_id, company_id, updated_at);
REINDEX INDEX CONCURRENTLY rewards.user_points_cache_pkey;
BEGIN;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT outcome, balance FROM rewards.award_points(:'one', 5);
ROLLBACK;
DROP INDEX rewards.like_the_key;

-- A column of the owner's, whatever its name, does not get into the way of a decision.
BEGIN;
ALTER TABLE rewards.points_events ADD COLUMN way text;
SELECT rewards.set_company_context(:'tenant', 'clerk') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES (:'one', 'x', now(), 7);
UPDATE rewards.points_events SET validation_status = 'validated' WHERE user_id = :'one';
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = :'one';
ROLLBACK;
-- Neither is one filled with what its type does not allow, nor are values cut to fit a type that was narrowed.
BEGIN;
CREATE DOMAIN required_text AS text;
ALTER TABLE rewards.used_nonces ADD COLUMN own required_text;
ALTER DOMAIN required_text ADD CHECK (VALUE IS NOT NULL) NOT VALID;
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state FROM attempt(format('SELECT rewards.award_points(%L, 10, NULL, %L)', :'one', 'key'));
ROLLBACK;
BEGIN;
ALTER TABLE rewards.coupons ALTER coupon_value TYPE numeric(4, 1);
SELECT rewards.set_company_context(:'tenant') \gset
SELECT state, message FROM attempt($$SELECT rewards.claim_coupon('0000-0000-0000-0000', 'till')$$);
ROLLBACK;

-- The company's id is a value, not a window: a procedure that was given one still has it in its next transaction.
CREATE PROCEDURE keep_argument(company uuid) LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
    PERFORM rewards.set_company_context('d0000000-0000-4000-8000-000000000402');
    RAISE NOTICE '%', company;
END $$;
DO $$
BEGIN
    PERFORM rewards.set_company_context('d0000000-0000-4000-8000-000000000401');
    CALL keep_argument(rewards.get_current_company_id());
END $$;
DROP PROCEDURE keep_argument;
DROP VIEW wrong_books;
