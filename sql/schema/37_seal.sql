-- Blocks: every so often, the entries of all transactions that have ended since are sealed under one
-- hash. Whoever keeps the newest hash outside can prove later that nothing before it was changed.
CREATE TABLE rewards.ledger_blocks (
    company_id    uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    block         bigint      NOT NULL,
    system_id     bigint      NOT NULL,
    from_xid      bigint      NOT NULL,
    to_xid        bigint      NOT NULL,
    entries       bigint      NOT NULL,
    root          bytea       NOT NULL,
    previous_hash bytea       NOT NULL,
    block_hash    bytea       NOT NULL,
    sealed_at     timestamptz NOT NULL,
    sealed_by     text        NOT NULL,
    PRIMARY KEY (company_id, block),
    UNIQUE (company_id, system_id, to_xid),
    CONSTRAINT ledger_blocks_sound CHECK (block > 0 AND from_xid >= 0 AND from_xid < to_xid AND entries >= 0)
);
COMMENT ON TABLE rewards.ledger_blocks IS 'Sealed blocks of the ledger of a company, written by seal_ledger(), each with the hash of the one before it';
COMMENT ON COLUMN rewards.ledger_blocks.company_id IS 'Company whose entries they are';
COMMENT ON COLUMN rewards.ledger_blocks.block IS 'Number of the block in its company: from 1, without gaps';
COMMENT ON COLUMN rewards.ledger_blocks.system_id IS 'Identifier of the server (pg_control_system) whose transactions wrote the entries';
COMMENT ON COLUMN rewards.ledger_blocks.from_xid IS 'The block has the entries of this server''s transactions from this one ...';
COMMENT ON COLUMN rewards.ledger_blocks.to_xid IS '... up to, and not including, this one; all of them have ended';
COMMENT ON COLUMN rewards.ledger_blocks.entries IS 'How many entries the block has';
COMMENT ON COLUMN rewards.ledger_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the entries, ordered by user_id and version. A leaf is 56 bytes: user_id, version (big-endian), entry_hash';
COMMENT ON COLUMN rewards.ledger_blocks.previous_hash IS 'block_hash of the block before this one; 32 bytes of zero in the first';
COMMENT ON COLUMN rewards.ledger_blocks.block_hash IS 'SHA-256 of all other columns: see block_hash()';
COMMENT ON COLUMN rewards.ledger_blocks.sealed_at IS 'When it was sealed';
COMMENT ON COLUMN rewards.ledger_blocks.sealed_by IS 'Who sealed it: actor of the company context, or the database role';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.ledger_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.ledger_blocks
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.ledger_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');
ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.ledger_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.ledger_blocks
    USING (company_id = rewards.get_back_end_company_id());

-- What is in the audit log is sealed likewise, and by the same call.
CREATE TABLE rewards.audit_blocks (
    LIKE rewards.ledger_blocks INCLUDING DEFAULTS INCLUDING INDEXES,
    CONSTRAINT audit_blocks_sound CHECK (block > 0 AND from_xid >= 0 AND from_xid < to_xid AND entries >= 0)
);
COMMENT ON TABLE rewards.audit_blocks IS 'Sealed blocks of the audit log of a company (zeroes: what is about all of them), written by seal_ledger(), each with the hash of the one before it';
COMMENT ON COLUMN rewards.audit_blocks.company_id IS 'Company whose audit log it is; zeroes: what is about all of them';
COMMENT ON COLUMN rewards.audit_blocks.block IS 'Number of the block in its company: from 1, without gaps';
COMMENT ON COLUMN rewards.audit_blocks.system_id IS 'Identifier of the server (pg_control_system) whose transactions wrote the rows';
COMMENT ON COLUMN rewards.audit_blocks.from_xid IS 'The block has the rows of this server''s transactions from this one ...';
COMMENT ON COLUMN rewards.audit_blocks.to_xid IS '... up to, and not including, this one; all of them have ended';
COMMENT ON COLUMN rewards.audit_blocks.entries IS 'How many rows the block has';
COMMENT ON COLUMN rewards.audit_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the rows of audit_log, ordered by id. A leaf is 48 bytes: id, entry_hash';
COMMENT ON COLUMN rewards.audit_blocks.previous_hash IS 'block_hash of the block before this one; 32 bytes of zero in the first';
COMMENT ON COLUMN rewards.audit_blocks.sealed_at IS 'When it was sealed';
COMMENT ON COLUMN rewards.audit_blocks.sealed_by IS 'Who sealed it: actor of the company context, or the database role';
COMMENT ON COLUMN rewards.audit_blocks.block_hash IS 'SHA-256 of all other columns: see block_hash()';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.audit_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.audit_blocks
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');
ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.audit_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.audit_blocks
    USING (company_id = rewards.get_back_end_company_id());
CREATE POLICY all_companies ON rewards.audit_blocks AS RESTRICTIVE
    USING (company_id <> '00000000-0000-0000-0000-000000000000' OR rewards.crosses_companies());

-- Both books in one form, for what seals and verifies them.
CREATE VIEW rewards.book_blocks WITH (security_invoker = true) AS
    SELECT 'ledger' AS book, b.* FROM ONLY rewards.ledger_blocks b
    UNION ALL
    SELECT 'audit', b.* FROM ONLY rewards.audit_blocks b;
COMMENT ON VIEW rewards.book_blocks IS 'Blocks of the ledger and of the audit log';
CREATE VIEW rewards.book_entries WITH (security_invoker = true) AS
    SELECT 'ledger' AS book, company_id, system_id, xid, recorded_at, uuid_send(user_id) || int8send(version) AS place, entry_hash
      FROM rewards.ledger
    UNION ALL
    SELECT 'audit', company_id, system_id, xid, created_at, uuid_send(id), entry_hash FROM ONLY rewards.audit_log;
COMMENT ON VIEW rewards.book_entries IS 'Entries of the ledger and rows of the audit log, as they are in blocks: a leaf is the place and the hash of the entry, leaves are in the order of their places';

-- One row for the company of the context, however long the ledger is: only what is not sealed is read.
CREATE VIEW rewards.ledger_seal_lag WITH (security_invoker = true) AS
    SELECT company.id AS company_id, unsealed.entries AS unsealed_entries, unsealed.oldest AS oldest_unsealed,
           greatest(statement_timestamp() - unsealed.oldest, '0') AS lag, newest.block AS last_block, newest.sealed_at
      FROM (SELECT rewards.get_current_company_id()) AS company (id)
      LEFT JOIN LATERAL (SELECT b.block, b.sealed_at FROM rewards.ledger_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS newest ON true
      CROSS JOIN rewards.unsealed_entries() AS unsealed
     WHERE company.id IS NOT NULL;
COMMENT ON VIEW rewards.ledger_seal_lag IS 'How far seal_ledger() is behind, for the company of the context: entries in no block yet, since when the oldest of them has been waiting (lag), and the last block. A long transaction holds all later entries back';
