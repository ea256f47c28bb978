-- Merkle trees as RFC 6962 has them: a leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right).
CREATE FUNCTION rewards.merkle_root_add(internal, leaf bytea) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_root_add';
COMMENT ON FUNCTION rewards.merkle_root_add(internal, bytea) IS 'Part of the aggregate merkle_root()';
CREATE FUNCTION rewards.merkle_root_end(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_root_end';
COMMENT ON FUNCTION rewards.merkle_root_end(internal) IS 'Part of the aggregate merkle_root()';
CREATE AGGREGATE rewards.merkle_root(leaf bytea) (
    SFUNC = rewards.merkle_root_add, STYPE = internal, SSPACE = 4200, FINALFUNC = rewards.merkle_root_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.merkle_root(bytea) IS
    'Root of the Merkle tree (RFC 6962, SHA-256) over the leaves, in the order of the aggregate: say ORDER BY. Of no leaves it is the SHA-256 of nothing. Errors: null_value_not_allowed';

CREATE FUNCTION rewards.merkle_path_add(internal, leaf bytea, index bigint) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_path_add';
COMMENT ON FUNCTION rewards.merkle_path_add(internal, bytea, bigint) IS 'Part of the aggregate merkle_path()';
CREATE FUNCTION rewards.merkle_path_end(internal) RETURNS bytea[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_path_end';
COMMENT ON FUNCTION rewards.merkle_path_end(internal) IS 'Part of the aggregate merkle_path()';
CREATE AGGREGATE rewards.merkle_path(leaf bytea, index bigint) (
    SFUNC = rewards.merkle_path_add, STYPE = internal, SSPACE = 4200, FINALFUNC = rewards.merkle_path_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.merkle_path(bytea, bigint) IS
    'The hashes that lead from the leaf number index (from 0, the same in all rows) to the root, its sibling first; null when there are not so many leaves. Errors: invalid_parameter_value, null_value_not_allowed';

CREATE FUNCTION rewards.follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[]) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_follow_merkle_path';
COMMENT ON FUNCTION rewards.follow_merkle_path(bytea, bigint, bigint, bytea[]) IS
    'The root to which a path leads from a leaf: compare it with the root of the block. Errors: invalid_text_representation for a path that no leaf of a tree of that many has, invalid_parameter_value';

CREATE FUNCTION rewards.block_hash(
    company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint,
    root bytea, previous_hash bytea, sealed_at timestamptz, sealed_by text) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_block_hash';
COMMENT ON FUNCTION rewards.block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text) IS
    'SHA-256 of the text "pg_rewards block v1" and the arguments in this order: company_id 16 bytes, numbers 8 bytes (big-endian, two''s complement), hashes 32 bytes, sealed_at 8 bytes (microseconds since 1970 UTC), sealed_by to the end. Null when a hash is not of 32 bytes';

-- Up to where blocks go, for each server that a book ('ledger' or 'audit') of the company was on, this one included. A
-- walk down the index, as there are many blocks and few servers.
CREATE FUNCTION rewards.sealed_systems(
    book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id(), OUT system_id bigint, OUT to_xid bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE sealed AS (
        (SELECT b.system_id, b.to_xid FROM rewards.book_blocks b
          WHERE b.book = sealed_systems.book AND b.company_id = company ORDER BY b.system_id DESC, b.to_xid DESC LIMIT 1)
        UNION ALL
        SELECT lower.system_id, lower.to_xid FROM sealed CROSS JOIN LATERAL (
            SELECT b.system_id, b.to_xid FROM rewards.book_blocks b
             WHERE b.book = sealed_systems.book AND b.company_id = company AND b.system_id < sealed.system_id
             ORDER BY b.system_id DESC, b.to_xid DESC LIMIT 1) AS lower)
    SELECT s.system_id, s.to_xid FROM sealed s
    UNION ALL
    SELECT c.system_identifier, 0 FROM pg_control_system() c
     WHERE c.system_identifier NOT IN (SELECT s.system_id FROM sealed s)
$function$;
COMMENT ON FUNCTION rewards.sealed_systems(text, uuid) IS
    'Up to which transaction (exclusive) the entries of a book of the company are sealed, for each server that they were written on and for this one (0: nothing yet)';

CREATE FUNCTION rewards.seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_seal_ledger';
COMMENT ON FUNCTION rewards.seal_ledger() IS
    'Seals all entries of the company whose transactions, and all older ones of the server, have ended: how many blocks and entries this made, and the number of the last block. Without new entries there is no new block. Seals its rows of audit_log in audit_blocks as well, which are not counted here, and those about all companies. For any scheduler; several at once wait for one another, and nobody who writes waits. Errors: read_only_sql_transaction on a standby, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.ledger_digest(
    OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamptz, OUT digest text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT l.block, l.block_hash,
           (SELECT sum(b.entries)::bigint FROM ONLY rewards.ledger_blocks b WHERE b.company_id = company.id AND b.block <= l.block),
           l.sealed_at,
           CASE WHEN l.block IS NOT NULL OR a.block IS NOT NULL THEN
               format('pg_rewards:1:%s:%s:%s:%s:%s', company.id, coalesce(l.block, 0), encode(coalesce(l.block_hash, none.hash), 'hex'),
                      coalesce(a.block, 0), encode(coalesce(a.block_hash, none.hash), 'hex')) END
      FROM (SELECT coalesce(rewards.get_current_company_id(), CASE WHEN rewards.crosses_companies() THEN
                '00000000-0000-0000-0000-000000000000'::uuid END)) AS company (id)
     CROSS JOIN (SELECT decode(repeat('00', 32), 'hex')) AS none (hash)
      LEFT JOIN LATERAL (SELECT b.* FROM ONLY rewards.ledger_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS l ON true
      LEFT JOIN LATERAL (SELECT b.* FROM ONLY rewards.audit_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS a ON true
$function$;
COMMENT ON FUNCTION rewards.ledger_digest() IS
    'The last block of the ledger of the company, the entries in all its blocks so far, and one line (digest), also of the last block of its audit log, to keep outside of the reach of whoever may change this database: verify_ledger(digest => ...) and verify_audit(digest => ...) then prove that nothing up to those blocks was changed. In cross-company access it is of what the audit log has about all companies. Nulls before the first block';

CREATE FUNCTION rewards.event_receipt(event_id uuid, user_id uuid DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_event_receipt';
COMMENT ON FUNCTION rewards.event_receipt(uuid, uuid) IS
    'The proof that an event is in a sealed block: leaf, index, size, path and block, all hashes in hexadecimal; SHA-256 alone leads from the leaf to the root and from the block to block_hash. sealed is false while it waits for seal_ledger(), null: no such event. user_id spares a search through all users. Errors: data_corrupted when the block is not what was sealed, insufficient_privilege for another member';
