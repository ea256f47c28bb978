-- Is the audit log what was written? As for the ledger, with the rights of the caller and one snapshot.
CREATE FUNCTION rewards.verify_audit_rows(since_block bigint, company uuid)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT 'entry hash', count(*), count(*) FILTER (WHERE changed), min('row ' || id) FILTER (WHERE changed)
          FROM (SELECT a.id, (a.entry_hash = rewards.audit_entry_hash(a)) IS NOT TRUE AS changed
                  FROM ONLY rewards.audit_log a WHERE a.company_id = $1 AND (%s)) AS verdict
    $query$, CASE WHEN since_block = 1 THEN 'true' ELSE rewards.entries_since(since_block, 'audit', company) END) USING company;
END
$function$;
COMMENT ON FUNCTION rewards.verify_audit_rows(bigint, uuid) IS
    'Part of verify_audit(): has each row the hash of what it says, of those in the blocks from since_block on and in none';

CREATE FUNCTION rewards.verify_audit(since_block bigint DEFAULT 1, digest text DEFAULT NULL)
    RETURNS TABLE ("check" text, status text, checked bigint, bad bigint, first_bad text, detail text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := coalesce(rewards.get_current_company_id(),
        CASE WHEN rewards.crosses_companies() THEN '00000000-0000-0000-0000-000000000000'::uuid END);
BEGIN
    IF company IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    ELSIF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot verify the audit log' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    ELSIF since_block IS NULL OR since_block < 1 THEN
        RAISE EXCEPTION 'since_block must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT d.name, CASE f.bad WHEN 0 THEN 'ok' ELSE 'bad' END, f.checked, f.bad, f.first_bad, d.detail
          FROM (SELECT * FROM rewards.verify_audit_rows(since_block, company)
                UNION ALL SELECT * FROM rewards.verify_blocks(since_block, 'audit', company)
                UNION ALL SELECT * FROM rewards.verify_digest(digest, 'audit', company)) AS f
          JOIN (VALUES
            (1, 'entry hash', 'each row has the hash of what it says'),
            (2, 'block numbering', 'blocks are numbered from 1 without gaps'),
            (3, 'block chain', 'each block has the hash of the one before it, and begins where that ended'),
            (4, 'block hash', 'each block has the hash of its content'),
            (5, 'block entries', 'each block has the rows that it was sealed with'),
            (6, 'digest', CASE WHEN digest IS NULL THEN 'no digest was given: blocks that were made anew as a whole are not noticed'
                               ELSE 'the block that the digest was taken of is there with its hash' END))
            AS d (place, name, detail) ON d.name = f.check_name
         ORDER BY d.place;
END
$function$;
COMMENT ON FUNCTION rewards.verify_audit(bigint, text) IS
    'Is the audit log of the company what was written? In cross-company access: what it has about all companies. A row for each check: status ok or bad, how many were checked and are bad, and the first that is. Finds rows of sealed blocks that were changed, taken away or slipped in, and blocks that were changed, taken away or made anew without all that follow. Who makes all blocks anew is noticed only with digest, a line that ledger_digest() gave once and that was kept elsewhere; who takes away the last blocks with their rows, or changes a row and its hash that no block has yet, only so or not at all: seal often. since_block > 1: only rows in the blocks from that one on, and those in no block. Errors: invalid_authorization_specification without a context, insufficient_privilege for role user, invalid_parameter_value';
