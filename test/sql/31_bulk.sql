-- Events that come in by SQL, many at once, and everything that SQL may not do to the books.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set company c0000000-0000-4000-8000-00000000310a
\set member_1 a0000000-0000-4000-8000-000000003101
\set member_2 a0000000-0000-4000-8000-000000003102
\set event_1 e0000000-0000-4000-8000-000000003101
\set event_2 e0000000-0000-4000-8000-000000003102

-- Accounts whose balance, lots, or numbers of entries are not what they should be: to be empty at every point.
CREATE VIEW amiss AS
    SELECT right(user_id::text, 4) AS account, differs FROM rewards.ledger_discrepancies WHERE right(company_id::text, 4) IN ('310a')
    UNION ALL
    SELECT right(a.user_id::text, 4), '{version}'
      FROM rewards.user_points_cache a LEFT JOIN rewards.ledger l USING (user_id, company_id)
     WHERE right(company_id::text, 4) IN ('310a')
     GROUP BY a.user_id, a.company_id, a.version
    HAVING (count(l.version), coalesce(min(l.version), 1), coalesce(max(l.version), 0)) <> (a.version, 1, a.version)
    UNION ALL
    SELECT right(l.user_id::text, 4), '{chain}'
      FROM (SELECT l.*, lag(l.entry_hash) OVER w AS previous
              FROM rewards.ledger l WHERE right(l.company_id::text, 4) IN ('310a') WINDOW w AS (PARTITION BY l.user_id, l.company_id ORDER BY l.version)) l
      JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
      LEFT JOIN rewards.ledger_entries x ON x.user_id = l.user_id AND x.company_id = l.company_id AND x.version = l.version
      LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f
                          WHERE f.user_id = l.user_id AND f.event_id = l.event_id AND f.kind = 'status'
                          ORDER BY f.version LIMIT 1) f ON true
     WHERE l.entry_hash IS DISTINCT FROM
           CASE l.kind WHEN 'event' THEN rewards.event_entry_hash(l.previous, l.version, l.recorded_at, l.balance_after, e,
                                             f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                       ELSE rewards.status_entry_hash(l.previous, x) END;
CREATE FUNCTION user_number(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT md5('31 bulk ' || n)::uuid$$;

-- Many

-- New accounts, more than a thousand of them in one statement: what the server remembers of row triggers outlives a batch of rows.
BEGIN;
SELECT rewards.set_company_context(:'company', 'import') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
SELECT user_number(n), 'opening', now(), 10, 'validated' FROM generate_series(1, 1300) n;
-- Accounts that are there, several events of each, in any order.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
SELECT user_number(n % 307 + 1), 'mixed', now(), n % 13 - 4, (ARRAY['validated', 'pending', 'rejected'])[n % 3 + 1]
  FROM generate_series(1, 1500) n;
UPDATE rewards.points_events SET validation_status = CASE WHEN points_delta > 0 THEN 'validated' ELSE 'rejected' END
 WHERE event_type = 'mixed' AND validation_status = 'pending';
SELECT count(*), sum(available_points), sum(pending_points), sum(version) FROM rewards.user_points_cache WHERE company_id = :'company';
COMMIT;
ANALYZE rewards.points_events, rewards.ledger_entries;
SELECT * FROM amiss;

-- One account, with points that expire: a lot for each, or one for all, and spends that go through them.
BEGIN;
SELECT rewards.set_company_context(:'company', 'import') \gset
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
SELECT :'member_1'::uuid, 'earned', now(), 3, 'validated', now() + '1 year' FROM generate_series(1, 1200)
UNION ALL
SELECT :'member_1', 'earned', now(), 800, 'validated', now() + '2 years'
UNION ALL
SELECT :'member_1', 'spent', now(), -2, 'validated', NULL FROM generate_series(1, 1900);
SELECT available_points, expiring_points, next_expiry > now() + '500 days' AS from_the_second, version
  FROM rewards.user_points_cache WHERE user_id = :'member_1';
SELECT remaining FROM rewards.point_lots WHERE user_id = :'member_1';
-- Each lot is read a few times, and not once for each spend: 3,100 events would take a million of index entries.
SELECT pg_stat_get_xact_tuples_returned('rewards.point_lots_pkey'::regclass) BETWEEN 1200 AND 12000 AS linear;
SELECT count(*), sum(points) FROM rewards.point_lot_uses WHERE user_id = :'member_1';
-- All of it, and what does not expire with it.
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
VALUES (:'member_1', 'earned', now(), 200, 'validated'), (:'member_1', 'spent', now(), -500, 'validated'), (:'member_1', 'spent', now(), -300, 'validated');
SELECT available_points, expiring_points, next_expiry FROM rewards.user_points_cache WHERE user_id = :'member_1';
COMMIT;
SELECT * FROM amiss;

-- What INSERT may not bring

BEGIN;
SELECT rewards.set_company_context(:'company', 'import') \gset
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta, validation_status, expires_at, trust_score,
                                   trust_features, trust_version, shadow_score)
VALUES (:'event_1', :'member_2', 'visit', now(), 10, 'validated', now() + '1 year', 70, '{1,NULL}', 1, 50),
       (:'event_2', :'member_2', 'visit', now(), 10, 'pending_review', now() + '1 year', 70, '{1,NULL}', 1, 50);
SELECT FROM rewards.deduct_points(:'member_2', 1);
COMMIT;
CREATE FUNCTION attempt_31(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RETURN SQLSTATE || ' ' || message;
END $$;
BEGIN;
SELECT rewards.set_company_context(:'company', 'import') \gset
SELECT name, attempt_31(format($$INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, %I)
                                 VALUES ('a0000000-0000-4000-8000-000000003102', 'x', now(), 1, %L)$$, name, content))
  FROM (VALUES ('version', '1'), ('balance_after', '1'), ('entry_hash', '\x00'), ('xid', '1'), ('system_id', '1')) AS v (name, content);
COMMIT;
-- An account opens with nothing, whoever opens it.
SELECT name, attempt_31(format($$INSERT INTO rewards.user_points_cache (user_id, company_id, %I)
                                 VALUES ('a0000000-0000-4000-8000-000000003103', 'c0000000-0000-4000-8000-00000000310a', %L)$$, name, content))
  FROM (VALUES ('available_points', '1'), ('pending_points', '1'), ('lifetime_earned', '1'), ('lifetime_spent', '1'),
               ('version', '1'), ('chain_head', '\x00'), ('expiring_points', '1'), ('next_expiry', '2001-01-01'),
               ('updated_at', 'infinity'), ('opened_at', 'infinity')) AS v (name, content);
SELECT * FROM amiss;

-- What the owner has added to the tables sees every row that a statement has recorded: they are written many at a time.
CREATE FUNCTION owners_31() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'note' THEN
        INSERT INTO noted_31 VALUES (TG_TABLE_NAME, TG_WHEN);
    ELSIF TG_ARGV[0] = 'own' THEN
        NEW.own := NEW.version::text;
    ELSIF TG_ARGV[0] = 'ours' THEN
        NEW.balance_after := NEW.balance_after + 1;
    ELSE
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TABLE noted_31 (relation text, moment text);
CREATE FUNCTION write_31(amount bigint, count integer) RETURNS bigint LANGUAGE sql AS $$
    WITH written AS (
        INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
        SELECT user_number(7000 + n % 3), 'c0000000-0000-4000-8000-00000000310a', 'owned', now(), amount, 'validated'
          FROM generate_series(1, count) n RETURNING 1)
    SELECT count(*) FROM written $$;
BEGIN;
ALTER TABLE rewards.ledger_entries ADD COLUMN doubled bigint GENERATED ALWAYS AS (balance_after * 2) STORED;
CREATE TRIGGER note AFTER INSERT ON rewards.ledger_entries FOR EACH ROW EXECUTE FUNCTION owners_31('note');
CREATE INDEX ON rewards.ledger_entries (recorded_at);
SELECT write_31(2, 700);
SELECT *, count(*) FROM noted_31 GROUP BY 1, 2;
SELECT count(*), bool_and(doubled = balance_after * 2) AS generated, bool_and(version BETWEEN 1 AND 234) AS numbered
  FROM rewards.ledger_entries WHERE user_id IN (user_number(7000), user_number(7001), user_number(7002));
SET LOCAL enable_seqscan = off;
SELECT count(*) FROM rewards.ledger_entries WHERE recorded_at >= now();
SELECT * FROM amiss;
ROLLBACK;
-- A default, a BEFORE trigger, and a unique index of its own.
BEGIN;
ALTER TABLE rewards.ledger_entries ADD COLUMN number serial, ADD COLUMN own text;
CREATE TRIGGER own BEFORE INSERT ON rewards.ledger_entries FOR EACH ROW EXECUTE FUNCTION owners_31('own');
SELECT write_31(2, 700);
SELECT count(DISTINCT number), bool_and(own = version::text) AS own
  FROM rewards.ledger_entries WHERE user_id IN (user_number(7000), user_number(7001), user_number(7002));
CREATE UNIQUE INDEX ON rewards.ledger_entries (balance_after) WHERE balance_after > 1000000;
SELECT attempt_31('SELECT write_31(1000000, 700)');
SELECT count(*) FROM rewards.points_events WHERE event_type = 'owned';
SELECT * FROM amiss;
ROLLBACK;
SELECT kind, attempt_31(format('CREATE TRIGGER t BEFORE INSERT ON rewards.ledger_entries FOR EACH ROW EXECUTE FUNCTION owners_31(%L);
                                SELECT write_31(2, 700)', kind)) FROM unnest('{ours,nothing}'::text[]) AS kind;
-- One that fails at the end of so many leaves nothing of them.
SELECT attempt_31('SELECT write_31(9223372036854775807 / 300, 1000)'), attempt_31('SELECT write_31(-1, 700)');
SELECT count(*) FROM rewards.points_events WHERE event_type = 'owned';
SELECT * FROM amiss;
-- Other triggers of the statement read what it wrote, before ours and after it, from the beginning.
BEGIN;
CREATE FUNCTION look_31() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO noted_31 SELECT TG_NAME, count(*) || ' of ' || count(DISTINCT id) FROM new_events;
    RETURN NULL;
END $$;
CREATE TRIGGER a_look AFTER INSERT ON rewards.points_events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION look_31();
CREATE TRIGGER z_look AFTER INSERT ON rewards.points_events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION look_31();
SELECT write_31(2, 700), write_31(2, 1), write_31(2, 0);
TABLE noted_31;
SELECT * FROM amiss;
ROLLBACK;
-- What must not be null is an error where the owner has allowed it.
BEGIN;
ALTER TABLE rewards.points_events ALTER validation_status DROP NOT NULL, ALTER company_id DROP NOT NULL;
SELECT attempt_31($$INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
                    VALUES (user_number(1), NULL, 'x', now(), 1, 'validated')$$),
       attempt_31($$INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
                    VALUES (user_number(1), 'c0000000-0000-4000-8000-00000000310a', 'x', now(), 1, NULL)$$);
ROLLBACK;

-- What UPDATE may not change: every column but the four of the decision, of events by SQL and of those by functions.
SELECT a.attname, attempt_31(format('UPDATE rewards.points_events SET %1$I = %2$s WHERE user_id = ''a0000000-0000-4000-8000-000000003102''',
           a.attname, CASE format_type(a.atttypid, NULL)
                          WHEN 'uuid' THEN 'gen_random_uuid()' WHEN 'text' THEN '''other''' WHEN 'jsonb' THEN '''{}'''
                          WHEN 'inet' THEN '''10.0.0.9''' WHEN 'integer[]' THEN '''{9}''' WHEN 'bytea' THEN '''\x09'''
                          WHEN 'timestamp with time zone' THEN 'now() - interval ''1 day''' ELSE '9' END))
  FROM pg_attribute a WHERE attrelid = 'rewards.points_events'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
-- To null is a change as well.
SELECT name, attempt_31(format('UPDATE rewards.points_events SET %I = NULL WHERE id = ''e0000000-0000-4000-8000-000000003101''', name))
  FROM unnest('{expires_at,trust_score,trust_features,trust_version,shadow_score}'::text[]) AS name;
-- With the status, too.
SELECT name, attempt_31(format('UPDATE rewards.points_events SET validation_status = ''validated'', %I = NULL WHERE id = ''e0000000-0000-4000-8000-000000003102''', name))
  FROM unnest('{expires_at,trust_score,trust_features,trust_version,shadow_score}'::text[]) AS name;
SELECT * FROM amiss;

-- And nothing goes, or changes, in the tables that follow events: for a superuser, in the role of replication too.
CREATE TABLE attempts (relation text, statement text);
INSERT INTO attempts
SELECT relation, format(statement, relation)
  FROM unnest('{points_events,user_points_cache,ledger_entries,point_lots,point_lot_uses,event_approvals}'::text[]) AS relation,
       unnest('{DELETE FROM rewards.%s,TRUNCATE rewards.%s CASCADE,UPDATE rewards.%s SET user_id = user_id}'::text[]) AS statement;
SELECT statement, attempt_31(statement) FROM attempts WHERE statement NOT LIKE 'UPDATE rewards.points_events%';
SELECT relation, attempt_31('INSERT INTO rewards.' || relation || ' SELECT * FROM rewards.' || relation || ' LIMIT 0')
  FROM (SELECT DISTINCT relation FROM attempts) AS a WHERE relation NOT IN ('points_events', 'user_points_cache') ORDER BY 1;
SET session_replication_role = replica;
SELECT statement, attempt_31(statement) FROM attempts WHERE statement NOT LIKE 'UPDATE rewards.points_events%';
SELECT attempt_31('UPDATE rewards.points_events SET points_delta = 1000'), attempt_31('UPDATE rewards.points_events SET trust_score = 100');
RESET session_replication_role;
SELECT * FROM amiss;

DROP TABLE attempts, noted_31;
DROP VIEW amiss;
DROP FUNCTION write_31, user_number, attempt_31, owners_31;
