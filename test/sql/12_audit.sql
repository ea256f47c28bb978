-- What SQL changes in the tables of a company is recorded, row by row, with who it was and what was before and after.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000012a
\set company_b c0000000-0000-4000-8000-00000000012b
\set member_1 a0000000-0000-4000-8000-000000000121

-- What was recorded since last asked, a line for each row.
CREATE TABLE seen AS SELECT id FROM rewards.audit_log;
CREATE FUNCTION changes(OUT company text, OUT what text, OUT actor text, OUT about text, OUT old text, OUT new text) RETURNS SETOF record LANGUAGE sql AS $$
    WITH fresh AS (SELECT a.* FROM rewards.audit_log a WHERE a.id NOT IN (SELECT id FROM seen)),
    noted AS (INSERT INTO seen SELECT id FROM fresh)
    SELECT right(company_id::text, 3), concat_ws(' ', action, table_name), actor, right(user_id::text, 3),
           (old - '{id,created_at,updated_at}'::text[])::text, (new - '{id,created_at,updated_at}'::text[])::text FROM fresh ORDER BY fresh.id
$$;

-- The settings of a company

-- Their owner writes them by SQL. An UPDATE says what it changed; without a change there is nothing to say.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a', 'anna', 'admin') \gset
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'visit', 7), (:'company_a', 'photo', 9);
UPDATE rewards.point_rules SET base_points = 8 WHERE event_type = 'visit';
UPDATE rewards.point_rules SET base_points = 9 WHERE event_type = 'photo';
UPDATE rewards.point_rules SET base_points = 1 WHERE false;
DELETE FROM rewards.point_rules WHERE company_id = :'company_a' AND event_type = 'photo';
DELETE FROM rewards.point_rules WHERE company_id = :'company_a';
INSERT INTO rewards.company_settings (company_id, hold_all) VALUES (:'company_a', true);
UPDATE rewards.company_settings SET hold_all = NULL, events_per_hour = 5 WHERE company_id = :'company_a';
DELETE FROM rewards.company_settings WHERE company_id = :'company_a';
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value) VALUES (offer('12a1'), 'tea', 5, 'product', 1);
UPDATE rewards.coupon_templates SET is_active = false WHERE id = offer('12a1');
COMMIT;
SELECT company, what, actor, jsonb_strip_nulls(old::jsonb) - '{terms_and_conditions,metadata}'::text[] AS old,
       jsonb_strip_nulls(new::jsonb) - '{terms_and_conditions,metadata}'::text[] AS new FROM changes();

-- Defaults are of no company, and whoever changes them has no context: it is the role that logged in.
BEGIN;
UPDATE rewards.company_settings SET hold_all = true WHERE company_id = '00000000-0000-0000-0000-000000000000';
SELECT company, what, actor = session_user AS logged_in, old, new FROM changes();
ROLLBACK;

-- A rollback takes the record back with the change.
SELECT count(*) AS rolled_back FROM rewards.audit_log WHERE company_id = '00000000-0000-0000-0000-000000000000';

-- Any table of the application

CREATE SCHEMA "regress Shop";
CREATE TABLE "regress Shop"."Member's" (
    id integer PRIMARY KEY, company uuid NOT NULL, user_id uuid, name text, password text, profile jsonb, answers json, tags text[],
    initial text GENERATED ALWAYS AS (left(name, 1)) STORED, dropped integer);
ALTER TABLE "regress Shop"."Member's" DROP COLUMN dropped;
ALTER TABLE "regress Shop"."Member's" ADD COLUMN born date DEFAULT '2000-02-29';
CREATE TRIGGER audit_insert AFTER INSERT ON "regress Shop"."Member's" REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company', 'password', 'pin');
CREATE TRIGGER audit_update AFTER UPDATE ON "regress Shop"."Member's" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company', 'password', 'pin');
CREATE TRIGGER audit_delete AFTER DELETE ON "regress Shop"."Member's" REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company', 'password', 'pin');
CREATE VIEW members AS SELECT * FROM "regress Shop"."Member's";

-- Redacted keys are so at any depth, whatever their value is, null included.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
INSERT INTO members (id, company, user_id, name, password, profile, answers, tags) VALUES
    (1, :'company_a', :'member_1', 'Ann', 'hunter2', '{"pin": 1234, "city": "Ulm", "cards": [{"pin": {"deep": [1]}, "no": 5}, "pin"]}', '[{"pin": "x"}, null]', '{a,NULL}'),
    (2, :'company_a', NULL, NULL, NULL, '"pin"', '{"pin": null}', NULL);
SELECT * FROM changes();
-- That it changed shows, not what it is. What stays is not told again, but the key; a value too large for its row is compared, too.
UPDATE members SET password = 'hunter3' WHERE id = 1;
UPDATE members SET profile = jsonb_set(profile, '{cards,0,pin}', '"other"') WHERE id = 1;
UPDATE members SET name = repeat('x', 100000) WHERE id = 1;
SELECT company, what, about, length(old) AS old, length(new) AS new FROM changes() LIMIT 1;
SELECT old - 'profile' AS old, new - 'profile' AS new FROM rewards.audit_log WHERE company_id = :'company_a' AND old ? 'profile' AND action = 'UPDATE';
UPDATE members SET name = name || '', profile = profile WHERE id = 1;
UPDATE members SET id = 3, born = NULL WHERE id = 2;
SELECT * FROM changes();
ROLLBACK;

-- Every way in: COPY, ON CONFLICT, MERGE, several in one statement.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
\copy "regress Shop"."Member's" (id, company, name) FROM stdin
1	c0000000-0000-4000-8000-00000000012a	one
2	c0000000-0000-4000-8000-00000000012a	two
\.
INSERT INTO members (id, company, name) VALUES (2, :'company_a', 'twice'), (3, :'company_a', 'three') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name;
MERGE INTO "regress Shop"."Member's" m USING (VALUES (1), (2), (4)) AS s (id) ON m.id = s.id
    WHEN MATCHED AND m.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'merged'
    WHEN NOT MATCHED THEN INSERT (id, company, name) VALUES (s.id, 'c0000000-0000-4000-8000-00000000012a', 'four');
WITH gone AS (DELETE FROM members WHERE id = 2 RETURNING *) INSERT INTO members (id, company, name) SELECT 5, company, 'five' FROM gone;
SELECT company, what, old::jsonb ->> 'name' AS old, new::jsonb ->> 'name' AS new FROM changes();
ROLLBACK;

-- A row that goes to another company is shown to each as far as it was of it, whole.
BEGIN;
INSERT INTO members (id, company, name) VALUES (1, :'company_a', 'one'), (2, :'company_a', 'two');
UPDATE members SET company = :'company_b' WHERE id = 1;
SELECT company, what, old::jsonb ->> 'name' AS old, new::jsonb ->> 'name' AS new FROM changes();
ROLLBACK;

-- Partitions, without a primary key: rows are told whole.
CREATE TABLE parted (company_id uuid, place text, amount integer) PARTITION BY LIST (place);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN ('here');
CREATE TABLE parted_2 (extra integer, amount integer, place text, company_id uuid);
ALTER TABLE parted_2 DROP COLUMN extra;
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES IN ('there');
CREATE TRIGGER audit_insert AFTER INSERT ON parted REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_update AFTER UPDATE ON parted REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_delete AFTER DELETE ON parted REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'anna') \gset
INSERT INTO parted VALUES (:'company_a', 'here', 1), (:'company_a', 'there', 2), (:'company_a', 'here', 3), (NULL, 'here', 4);
UPDATE parted SET place = 'there', amount = amount + 10 WHERE amount <= 2;
DELETE FROM parted WHERE amount = 12;
SELECT company, what, old, new FROM changes();
-- A trigger keeps one of three from being moved, so it is gone. What was becomes nobody's before, and what is nobody's after.
CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.amount = 3 THEN RETURN NULL; END IF; RETURN NEW; END';
CREATE TRIGGER keep_out BEFORE INSERT ON parted_2 FOR EACH ROW EXECUTE FUNCTION keep_out();
INSERT INTO parted VALUES (:'company_a', 'here', 5);
UPDATE parted SET place = 'there' WHERE place = 'here';
SELECT what, old::jsonb ->> 'amount' AS old, new::jsonb ->> 'amount' AS new FROM changes();
ROLLBACK;

-- Who may change the rows needs no right to the log, gets none, and lends none: what users define runs as whoever it is.
CREATE TYPE whim AS ENUM ('it');
CREATE FUNCTION whim_json(whim) RETURNS json LANGUAGE sql AS $$ SELECT to_json(format('%s saw %s', current_user, enum_out($1))) $$;
CREATE CAST (whim AS json) WITH FUNCTION whim_json(whim);
CREATE TABLE whims (id integer, company_id uuid, whim whim, issued_to uuid);
CREATE TRIGGER audit_insert AFTER INSERT ON whims REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
GRANT INSERT ON whims TO regress_rewards_nobody;
BEGIN;
SET LOCAL ROLE regress_rewards_nobody;
INSERT INTO whims VALUES (1, :'company_a', 'it', :'member_1');
SELECT state FROM attempt('INSERT INTO rewards.audit_log SELECT * FROM rewards.audit_log');
RESET ROLE;
SELECT about, new::jsonb -> 'whim' AS whim FROM changes();
ROLLBACK;

-- An error takes the statement back: nothing is changed without being recorded.
BEGIN;
SELECT state FROM attempt($$INSERT INTO members (id, company, answers) VALUES (1, company('12a'), '"\u0000"')$$);
SELECT count(*) AS members FROM members;
ROLLBACK;
BEGIN READ ONLY;
SELECT state FROM attempt($$INSERT INTO members (id, company) VALUES (1, company('12a'))$$);
ROLLBACK;

-- Nobody adds to the log by hand, nor changes it.
SELECT state, hint, statement FROM unnest(ARRAY['INSERT INTO rewards.audit_log (action, actor) VALUES (''x'', ''y'')', 'UPDATE rewards.audit_log SET actor = ''x''',
    'DELETE FROM rewards.audit_log', 'TRUNCATE rewards.audit_log']) AS statement, attempt(statement);

-- The trigger says what it is made for, wherever else somebody attaches it.
SELECT state, message FROM unnest(ARRAY[
    'AFTER INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes(''company_id'')',
    'AFTER INSERT ON %s REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes()',
    'AFTER INSERT ON %s REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes(''id'')',
    'AFTER INSERT ON %s REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes(''nothing'')',
    'AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION rewards.audit_changes(''company_id'')',
    'BEFORE INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes(''company_id'')',
    'AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes(''company_id'')']) AS shape,
    attempt(format($$CREATE TABLE odd (id integer, company_id uuid); CREATE TRIGGER odd %s; INSERT INTO odd DEFAULT VALUES; TRUNCATE odd$$, format(shape, 'odd')));

-- Of many rows, each is recorded.
BEGIN;
CREATE TABLE many (id integer, company_id uuid, note text);
CREATE TRIGGER audit_insert AFTER INSERT ON many REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
INSERT INTO many SELECT n, :'company_a', repeat('x', 500) FROM generate_series(1, 20000) AS n;
SELECT count(*), count(DISTINCT new ->> 'id') AS ids FROM rewards.audit_log WHERE table_name = 'public.many';
ROLLBACK;

-- Each row has the hash of what it says.
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE entry_hash IS DISTINCT FROM rewards.audit_entry_hash(a)) AS wrong FROM rewards.audit_log a;
SELECT count(DISTINCT hash) = 10 AS every_column_counts
  FROM (SELECT * FROM rewards.audit_log WHERE company_id = :'company_a' LIMIT 1) AS a,
  LATERAL (VALUES (rewards.audit_entry_hash(a)), (rewards.audit_entry_hash(ROW(a.*)::rewards.audit_log)),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"id": "a0000000-0000-4000-8000-000000000000"}'))),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"company_id": "a0000000-0000-4000-8000-000000000000"}'))),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"user_id": "a0000000-0000-4000-8000-000000000000"}'))),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"action": "x"}'))), (rewards.audit_entry_hash(jsonb_populate_record(a, '{"table_name": null}'))),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"actor": "x"}'))), (rewards.audit_entry_hash(jsonb_populate_record(a, '{"old": 1}'))),
    (rewards.audit_entry_hash(jsonb_populate_record(a, '{"new": 1}'))), (rewards.audit_entry_hash(jsonb_populate_record(a, '{"created_at": "2020-01-01"}')))) AS hashes (hash);
SELECT state, message, hint FROM attempt($$SELECT rewards.audit_entry_hash(ROW(1))$$);

SET client_min_messages = warning;
DROP TABLE whims, parted, seen;
DROP FUNCTION changes;
DROP TYPE whim CASCADE;
DROP VIEW members;
DROP SCHEMA "regress Shop" CASCADE;
RESET client_min_messages;
