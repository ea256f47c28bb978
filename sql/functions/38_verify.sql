-- Is the ledger what was written? Each function gives, for each of its checks, how much it looked at, how much of that is
-- bad, and the first that is. They read with the rights of the caller and with one snapshot, and never fail over
-- what they find: columns that somebody has changed may contain anything.

-- The sentence that an entry is at: bad ones are compared as text, and shown without the zeroes.
CREATE FUNCTION rewards.entry_place(user_id uuid, version bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT format('user %s version %s', user_id, lpad(version::text, 19, '0')) $function$;
COMMENT ON FUNCTION rewards.entry_place(uuid, bigint) IS 'Part of verify_ledger(): names an entry, in an order that text has';

-- The entries in the blocks from since_block on and in none, as a condition on system_id and xid. With the numbers in the
-- text of a query the planner sees that they are few, and at which end of the table.
CREATE FUNCTION rewards.entries_since(
    since_block bigint, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id()) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT string_agg(format('system_id = %s AND xid >= %s', s.system_id, coalesce(
               (SELECT min(b.from_xid) FROM rewards.book_blocks b
                 WHERE b.book = entries_since.book AND b.company_id = company AND b.system_id = s.system_id
                   AND b.block >= since_block), s.to_xid)), ' OR ')
      FROM rewards.sealed_systems(book, company) s
$function$;
COMMENT ON FUNCTION rewards.entries_since(bigint, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): a condition for the entries in the blocks from since_block on and in none';

CREATE FUNCTION rewards.unsealed_entries(OUT entries bigint, OUT oldest timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('SELECT count(*), min(recorded_at) FROM rewards.ledger WHERE company_id = $1 AND (%s)', rewards.entries_since(NULL))
       INTO entries, oldest USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.unsealed_entries() IS
    'How many entries of the company are in no block, and when the oldest of them was recorded; see the view ledger_seal_lag';

-- Checks of single entries, as a query. $1 is the company, $2 the only user or null. event_source brings forth e,
-- an event with its own entry, f, the first change of its status, and p, the entry before; entry_source the same with l, a
-- row of ledger_entries, and its event e.
CREATE FUNCTION rewards.verify_chains_query(event_source text, entry_source text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT format($query$
        WITH verdict AS (
            SELECT e.user_id, e.version, e.version <> 1 AND p.version IS NULL AS gap, e.created_at < p.recorded_at AS back,
                   (e.balance_after = coalesce(p.balance_after, 0)::numeric
                        + CASE coalesce(f.old_status, e.validation_status) WHEN 'validated' THEN e.points_delta ELSE 0 END) IS NOT TRUE AS off,
                   (e.entry_hash = CASE WHEN p.entry_hash IS NULL OR octet_length(p.entry_hash) = 32
                        THEN rewards.event_entry_hash(p.entry_hash, e.version, e.created_at, e.balance_after, e,
                                 f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes) END) IS NOT TRUE AS changed
              FROM %1$s
            UNION ALL
            SELECT l.user_id, l.version, l.version <> 1 AND p.version IS NULL, l.recorded_at < p.recorded_at,
                   (l.balance_after = coalesce(p.balance_after, 0)::numeric
                        + CASE CASE l.kind WHEN 'event' THEN coalesce(f.old_status, e.validation_status) ELSE l.new_status END
                               WHEN 'validated' THEN e.points_delta ELSE 0 END) IS NOT TRUE,
                   (l.entry_hash = CASE WHEN p.entry_hash IS NULL OR octet_length(p.entry_hash) = 32 THEN CASE l.kind
                        WHEN 'event' THEN rewards.event_entry_hash(p.entry_hash, l.version, l.recorded_at, l.balance_after, e,
                                              f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                        ELSE rewards.status_entry_hash(p.entry_hash, l) END END) IS NOT TRUE
              FROM %2$s),
        summary AS (
            SELECT count(*) AS checked, count(*) FILTER (WHERE gap) AS gaps, count(*) FILTER (WHERE back) AS backs,
                   count(*) FILTER (WHERE off) AS offs, count(*) FILTER (WHERE changed) AS changes,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE gap) AS first_gap,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE back) AS first_back,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE off) AS first_off,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE changed) AS first_change
              FROM verdict)
        SELECT row.name, s.checked, row.bad, row.first_bad
          FROM summary s CROSS JOIN LATERAL (VALUES ('numbering', s.gaps, s.first_gap), ('entry hash', s.changes, s.first_change),
              ('clock', s.backs, s.first_back), ('running balance', s.offs, s.first_off)) AS row (name, bad, first_bad)
    $query$, event_source, entry_source)
$function$;
COMMENT ON FUNCTION rewards.verify_chains_query(text, text) IS 'Part of verify_ledger(): the query that checks single entries';

-- All entries: sets are joined. Nested loops are off because a wrong guess at the number of rows would make this quadratic,
-- merge joins because they would sort whole rows. This is maintenance, so it may use as much memory as that.
CREATE FUNCTION rewards.verify_chains(only_user uuid DEFAULT NULL)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_mergejoin = off SET jit = off SET work_mem = '64MB'
AS $function$
DECLARE
    first_change CONSTANT text := $sql$(SELECT DISTINCT ON (user_id, event_id) user_id, event_id,
                old_status, old_validated_by, old_validated_at, old_notes FROM ONLY rewards.ledger_entries
           WHERE company_id = $1 AND ($2 IS NULL OR user_id = $2) AND kind = 'status' ORDER BY user_id, event_id, version)$sql$;
BEGIN
    PERFORM rewards.require_user_id(only_user) WHERE only_user IS NOT NULL;
    PERFORM set_config('work_mem', current_setting('maintenance_work_mem'), true);  -- until this function returns
    RETURN QUERY EXECUTE rewards.verify_chains_query(
        format($sql$ONLY rewards.points_events e
            LEFT JOIN %s f ON f.user_id = e.user_id AND f.event_id = e.id
            LEFT JOIN rewards.ledger p ON p.company_id = $1 AND p.user_id = e.user_id AND p.version = e.version - 1
           WHERE e.company_id = $1 AND ($2 IS NULL OR e.user_id = $2) AND e.version IS NOT NULL$sql$, first_change),
        format($sql$ONLY rewards.ledger_entries l
            LEFT JOIN ONLY rewards.points_events e ON e.company_id = $1 AND e.user_id = l.user_id AND e.id = l.event_id
            LEFT JOIN %s f ON f.user_id = l.user_id AND f.event_id = l.event_id
            LEFT JOIN rewards.ledger p ON p.company_id = $1 AND p.user_id = l.user_id AND p.version = l.version - 1
           WHERE l.company_id = $1 AND ($2 IS NULL OR l.user_id = $2)$sql$, first_change))
    USING rewards.get_current_company_id(), only_user;
END
$function$;
COMMENT ON FUNCTION rewards.verify_chains(uuid) IS
    'Part of verify_ledger(): are the entries of the accounts numbered without gaps, and is each what its hash says. Errors: insufficient_privilege in the role user for another user';

-- New entries: each looks for its neighbours by index. Ids of events with entries of their own are in the order of time.
CREATE FUNCTION rewards.verify_chains_since(since_block bigint)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
DECLARE
    wanted CONSTANT text := rewards.entries_since(since_block);
    first_change CONSTANT text := $sql$LATERAL (SELECT c.* FROM ONLY rewards.ledger_entries c
           WHERE c.company_id = $1 AND c.user_id = %1$s.user_id AND c.event_id = %1$s.%2$s AND c.kind = 'status'
           ORDER BY c.version LIMIT 1)$sql$;
    previous CONSTANT text := $sql$LATERAL (
            SELECT b.version, b.entry_hash, b.recorded_at, b.balance_after FROM ONLY rewards.ledger_entries b
             WHERE b.company_id = $1 AND b.user_id = %1$s.user_id AND b.version = %1$s.version - 1
            UNION ALL
            SELECT b.* FROM (SELECT b.version, b.entry_hash, b.created_at, b.balance_after FROM ONLY rewards.points_events b
                     WHERE b.company_id = $1 AND b.user_id = %1$s.user_id AND b.id < %2$s AND b.version < %1$s.version
                     ORDER BY b.id DESC LIMIT 1) AS b WHERE b.version = %1$s.version - 1)$sql$;
BEGIN
    RETURN QUERY EXECUTE rewards.verify_chains_query(
        format($sql$(SELECT * FROM ONLY rewards.points_events WHERE company_id = $1 AND (%s) AND version IS NOT NULL) AS e
            LEFT JOIN %s AS f ON true LEFT JOIN %s AS p ON true$sql$,
            wanted, format(first_change, 'e', 'id'), format(previous, 'e', 'e.id')),
        format($sql$(SELECT * FROM ONLY rewards.ledger_entries WHERE company_id = $1 AND (%s)) AS l
            LEFT JOIN LATERAL (SELECT * FROM ONLY rewards.points_events e WHERE e.company_id = $1
                                  AND e.user_id = l.user_id AND e.id = l.event_id LIMIT 1) AS e ON true
            LEFT JOIN %s AS f ON true LEFT JOIN %s AS p ON true$sql$,
            wanted, format(first_change, 'l', 'event_id'), format(previous, 'l', 'rewards.uuidv7_floor(l.recorded_at + interval $$1 millisecond$$)')))
    USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.verify_chains_since(bigint) IS
    'Part of verify_ledger(): as verify_chains(), for the entries in the blocks from since_block on and in none';

-- Checks of accounts and events against their entries.
CREATE FUNCTION rewards.verify_accounts(only_user uuid DEFAULT NULL)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $function$
    SELECT rewards.require_user_id(only_user) WHERE only_user IS NOT NULL;
    WITH ended AS (
        SELECT user_id, (a.version = count(e.version) AND a.version = coalesce(max(e.version), 0)
                         AND (a.version = 0 AND a.chain_head IS NULL
                              OR bool_or(e.version = a.version AND e.entry_hash = a.chain_head))) IS NOT TRUE AS bad
          FROM (SELECT user_id, version, chain_head FROM ONLY rewards.user_points_cache
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS a
          FULL JOIN (SELECT user_id, version, entry_hash FROM rewards.ledger
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS e
         USING (user_id)
         GROUP BY user_id, a.version, a.chain_head),
    summed AS (
        SELECT user_id, (a.available_points, a.pending_points, a.lifetime_earned, a.lifetime_spent)
                        IS DISTINCT FROM (coalesce(e.available, 0), coalesce(e.pending, 0), coalesce(e.earned, 0), coalesce(e.spent, 0)) AS bad
          FROM (SELECT * FROM ONLY rewards.user_points_cache
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS a
          FULL JOIN (SELECT user_id, sum(points_delta) FILTER (WHERE validation_status = 'validated') AS available,
                            sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')) AS pending,
                            sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0) AS earned,
                            -sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0) AS spent
                       FROM ONLY rewards.points_events
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                      GROUP BY user_id) AS e USING (user_id)),
    entered AS (
        SELECT coalesce(e.user_id, l.user_id) AS user_id, coalesce(e.id, l.event_id) AS event_id,
               (coalesce(l.first, 0) + CASE WHEN e.version IS NULL THEN 0 ELSE 1 END = 1) IS NOT TRUE OR e.id IS NULL AS bad
          FROM (SELECT user_id, id, version FROM ONLY rewards.points_events
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS e
          FULL JOIN (SELECT user_id, event_id, count(*) FILTER (WHERE kind = 'event') AS first FROM ONLY rewards.ledger_entries
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                      GROUP BY user_id, event_id) AS l ON l.user_id = e.user_id AND l.event_id = e.id),
    decided AS (
        SELECT l.user_id, l.event_id, (e.validation_status, e.validated_by, e.validated_at, e.validation_notes)
                                      IS DISTINCT FROM (l.new_status, l.new_validated_by, l.new_validated_at, l.new_notes) AS bad
          FROM (SELECT DISTINCT ON (user_id, event_id) * FROM ONLY rewards.ledger_entries
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                   AND kind = 'status' ORDER BY user_id, event_id, version DESC) AS l
          LEFT JOIN ONLY rewards.points_events e
            ON e.company_id = rewards.get_current_company_id() AND e.user_id = l.user_id AND e.id = l.event_id)
    SELECT 'account head', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM ended
    UNION ALL
    SELECT 'balance', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM summed
    UNION ALL
    SELECT 'event entry', count(*), count(*) FILTER (WHERE bad), min(format('user %s event %s', user_id, event_id)) FILTER (WHERE bad) FROM entered
    UNION ALL
    SELECT 'event status', count(*), count(*) FILTER (WHERE bad), min(format('user %s event %s', user_id, event_id)) FILTER (WHERE bad) FROM decided
$function$;
COMMENT ON FUNCTION rewards.verify_accounts(uuid) IS
    'Part of verify_ledger(): do accounts end where their entries end, are balances the sums of the events, has every event its entry, and the status that its entries led to. Errors: insufficient_privilege in the role user for another user';

-- The same for what has new entries. An event without any cannot be found so, nor a balance without reading all events:
-- here it is compared with what the newest entry says.
CREATE FUNCTION rewards.verify_accounts_since(since_block bigint)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
    WITH entry AS MATERIALIZED (
        SELECT user_id, event_id FROM rewards.ledger WHERE company_id = $1 AND (%s)),
    ended AS (
        SELECT t.user_id, (a.version = n.version AND a.chain_head = n.entry_hash) IS NOT TRUE AS bad,
               (a.available_points = n.balance_after) IS NOT TRUE AS off
          FROM (SELECT DISTINCT user_id FROM entry) AS t
          LEFT JOIN LATERAL (SELECT a.* FROM ONLY rewards.user_points_cache a
                              WHERE a.user_id = t.user_id AND a.company_id = $1 LIMIT 1) AS a ON true
          LEFT JOIN LATERAL (
              SELECT last.* FROM (
                  (SELECT l.version, l.entry_hash, l.balance_after FROM ONLY rewards.ledger_entries l
                    WHERE l.user_id = t.user_id AND l.company_id = $1 ORDER BY l.version DESC LIMIT 1)
                  UNION ALL
                  (SELECT e.version, e.entry_hash, e.balance_after FROM ONLY rewards.points_events e
                    WHERE e.user_id = t.user_id AND e.company_id = $1 AND e.version IS NOT NULL
                    ORDER BY e.id DESC LIMIT 1)) AS last
               ORDER BY last.version DESC LIMIT 1) AS n ON true),
    decided AS (
        SELECT t.user_id, t.event_id, e.id IS NULL AS missing,
               l.version IS NOT NULL AND (e.validation_status, e.validated_by, e.validated_at, e.validation_notes)
                   IS DISTINCT FROM (l.new_status, l.new_validated_by, l.new_validated_at, l.new_notes) AS bad
          FROM (SELECT DISTINCT user_id, event_id FROM entry) AS t
          LEFT JOIN LATERAL (SELECT e.* FROM ONLY rewards.points_events e WHERE e.company_id = $1
                                AND e.user_id = t.user_id AND e.id = t.event_id LIMIT 1) AS e ON true
          LEFT JOIN LATERAL (SELECT l.* FROM ONLY rewards.ledger_entries l WHERE l.company_id = $1
                                AND l.user_id = t.user_id AND l.event_id = t.event_id AND l.kind = 'status'
                              ORDER BY l.version DESC LIMIT 1) AS l ON true)
    SELECT 'account head', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM ended
    UNION ALL
    SELECT 'balance', count(*), count(*) FILTER (WHERE off), min('user ' || user_id) FILTER (WHERE off) FROM ended
    UNION ALL
    SELECT 'event entry', count(*), count(*) FILTER (WHERE missing), min('user ' || user_id || ' event ' || event_id) FILTER (WHERE missing) FROM decided
    UNION ALL
    SELECT 'event status', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id || ' event ' || event_id) FILTER (WHERE bad) FROM decided
    $query$, rewards.entries_since(since_block)) USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.verify_accounts_since(bigint) IS
    'Part of verify_ledger(): as verify_accounts(), for the accounts and events with entries in the blocks from since_block on and in none';

CREATE FUNCTION rewards.verify_blocks(
    since_block bigint DEFAULT 1, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id())
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
    WITH chain AS MATERIALIZED (
        SELECT b.*, lag(b.block, 1, 0::bigint) OVER every AS previous_block,
               lag(b.block_hash, 1, decode(repeat('00', 32), 'hex')) OVER every AS hash_before,
               lag(b.to_xid, 1, 0::bigint) OVER own AS xid_before, row_number() OVER own - 1 AS place
          FROM rewards.book_blocks b WHERE b.book = $3 AND b.company_id = $1
        WINDOW every AS (ORDER BY b.block), own AS (PARTITION BY b.system_id ORDER BY b.block)),
    system AS (
        SELECT system_id, array_agg(to_xid ORDER BY block) AS ends FROM chain GROUP BY system_id),
    content AS (
        SELECT system_id, place, count(*) AS entries, rewards.merkle_root(leaf_place || entry_hash ORDER BY leaf_place) AS root
          FROM (SELECT system_id, width_bucket(e.xid, s.ends) AS place, e.place AS leaf_place, coalesce(e.entry_hash, '') AS entry_hash
                  FROM system s JOIN (SELECT * FROM rewards.book_entries WHERE book = $3 AND company_id = $1 AND (%s)) AS e USING (system_id)) AS placed
         GROUP BY system_id, place),
    verdict AS (
        SELECT c.block, c.previous_block + 1 <> c.block AS gap,
               (c.previous_hash = c.hash_before) IS NOT TRUE OR (c.from_xid = c.xid_before) IS NOT TRUE AS loose,
               (c.block_hash = rewards.block_hash(c.company_id, c.block, c.system_id, c.from_xid, c.to_xid, c.entries, c.root,
                                                  c.previous_hash, c.sealed_at, c.sealed_by)) IS NOT TRUE AS changed,
               c.block >= $2 AS wanted,
               (c.entries = coalesce(t.entries, 0) AND c.root = coalesce(t.root, sha256(''))) IS NOT TRUE AS other
          FROM chain c LEFT JOIN content t ON t.system_id = c.system_id AND t.place = c.place)
    SELECT row.* FROM (
        SELECT count(*) AS every, count(*) FILTER (WHERE wanted) AS wanted,
               count(*) FILTER (WHERE gap) AS gaps, count(*) FILTER (WHERE loose) AS loose,
               count(*) FILTER (WHERE changed) AS changed, count(*) FILTER (WHERE wanted AND other) AS other,
               min(block) FILTER (WHERE gap) AS first_gap, min(block) FILTER (WHERE loose) AS first_loose,
               min(block) FILTER (WHERE changed) AS first_changed, min(block) FILTER (WHERE wanted AND other) AS first_other
          FROM verdict) AS s
     CROSS JOIN LATERAL (VALUES ('block numbering', s.every, s.gaps, 'block ' || s.first_gap),
        ('block chain', s.every, s.loose, 'block ' || s.first_loose), ('block hash', s.every, s.changed, 'block ' || s.first_changed),
        ('block entries', s.wanted, s.other, 'block ' || s.first_other)) AS row
    $query$, rewards.entries_since(since_block, book, company)) USING company, since_block, book;
END
$function$;
COMMENT ON FUNCTION rewards.verify_blocks(bigint, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): are all blocks there, each with the hash of the one before, and do those from since_block on have the entries that they were sealed with';

CREATE FUNCTION rewards.verify_digest(
    digest text, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id())
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    part CONSTANT text[] := regexp_match(digest, '^pg_rewards:1:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,18}):([0-9a-f]{64}):([0-9]{1,18}):([0-9a-f]{64})$');
    number CONSTANT bigint := nullif(part[CASE book WHEN 'audit' THEN 4 ELSE 2 END]::bigint, 0);
    hash CONSTANT bytea := decode(part[CASE book WHEN 'audit' THEN 5 ELSE 3 END], 'hex');
BEGIN
    IF digest IS NOT NULL AND part IS NULL THEN
        RAISE EXCEPTION 'not a digest of a ledger: %', left(digest, 200)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass the digest column of ledger_digest() as it was kept.';
    END IF;
    IF part[1]::uuid <> company THEN
        RAISE EXCEPTION 'the digest is of company %, and this transaction is of company %', part[1], company
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT 'digest', count(number), count(number) - count(b.block),
               CASE WHEN count(number) > count(b.block) THEN 'block ' || number END
          FROM (SELECT) AS given LEFT JOIN rewards.book_blocks b
            ON b.book = verify_digest.book AND b.company_id = company AND b.block = number AND b.block_hash = hash;
END
$function$;
COMMENT ON FUNCTION rewards.verify_digest(text, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): is the block that the digest was taken of still there, with the same hash? Errors: invalid_parameter_value';

CREATE FUNCTION rewards.verify_ledger(since_block bigint DEFAULT 1, digest text DEFAULT NULL)
    RETURNS TABLE (layer text, "check" text, status text, checked bigint, bad bigint, first_bad text, detail text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF rewards.get_current_company_id() IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    ELSIF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot verify the ledger' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    ELSIF since_block IS NULL OR since_block < 1 THEN
        RAISE EXCEPTION 'since_block must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT d.layer, d.name, CASE f.bad WHEN 0 THEN 'ok' ELSE 'bad' END, f.checked, f.bad,
               regexp_replace(f.first_bad, 'version 0+(?=[0-9])', 'version '), d.detail
          FROM (SELECT * FROM rewards.verify_chains() WHERE since_block = 1
                UNION ALL SELECT * FROM rewards.verify_chains_since(since_block) WHERE since_block > 1
                UNION ALL SELECT * FROM rewards.verify_accounts() WHERE since_block = 1
                UNION ALL SELECT * FROM rewards.verify_accounts_since(since_block) WHERE since_block > 1
                UNION ALL SELECT * FROM rewards.verify_blocks(since_block)
                UNION ALL SELECT * FROM rewards.verify_digest(digest)) AS f
          JOIN (VALUES
            (1, '1', 'numbering', 'the entries of each account are numbered without gaps'),
            (2, '1', 'entry hash', 'each entry has the hash of its content and of the entry before it'),
            (3, '1', 'clock', 'no entry was recorded before the one it follows'),
            (4, '1', 'running balance', 'each balance_after is the one before it and what the entry did'),
            (5, '1', 'account head', 'each account ends with its last entry'),
            (6, '1', 'event entry', 'every event has one entry that says it was written, and every entry an event'),
            (7, '1', 'event status', 'each event has the status that its last change says'),
            (8, 'balance', 'balance', CASE since_block WHEN 1 THEN 'each balance is the sum of the account''s events'
                                       ELSE 'each balance is what the last entry says' END),
            (9, '2', 'block numbering', 'blocks are numbered from 1 without gaps'),
            (10, '2', 'block chain', 'each block has the hash of the one before it, and begins where that ended'),
            (11, '2', 'block hash', 'each block has the hash of its content'),
            (12, '2', 'block entries', 'each block has the entries that it was sealed with'),
            (13, '3', 'digest', CASE WHEN digest IS NULL THEN 'no digest was given: blocks that were made anew as a whole are not noticed'
                                ELSE 'the block that the digest was taken of is there with its hash' END))
            AS d (place, layer, name, detail) ON d.name = f.check_name
         ORDER BY d.place;
END
$function$;
COMMENT ON FUNCTION rewards.verify_ledger(bigint, text) IS
    'Is the ledger of the company what was written? A row for each check: layer (1 account chains, balance, 2 blocks, 3 digest), status ok or bad, how many were checked and are bad, and the first that is. since_block > 1: only entries in the blocks from that one on, and those in no block; an event without any entry, and a balance against all its events, is looked for only from block 1. digest: a line that ledger_digest() gave once. Errors: invalid_authorization_specification without a context, insufficient_privilege for role user, invalid_parameter_value';

CREATE FUNCTION rewards.repair_account(user_id uuid, dry_run boolean DEFAULT true)
    RETURNS TABLE (column_name text, current text, repaired text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 9 AS 'MODULE_PATHNAME', 'rewards_repair_account';
COMMENT ON FUNCTION rewards.repair_account(uuid, boolean) IS
    'Rebuilds what an account says of itself (its balances, what expires, version and head of the chain) from its entries, if these verify: a row for each column that differs. dry_run: only tells. What is changed is recorded in audit_log. Errors: data_corrupted when the entries do not verify, insufficient_privilege for role user, invalid_authorization_specification without a context';
