-- A statement trigger on tables whose rows are of companies.
CREATE FUNCTION rewards.audit_changes() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_audit_changes';
COMMENT ON FUNCTION rewards.audit_changes() IS
    'Trigger: records in audit_log each row that a statement inserts (new), deletes (old) or changes (old and new: the columns that changed, and the primary key; all without one; a row that stays as it is is not recorded). Arguments: the column of the company, then names of columns and keys in JSON whose values, null or not, are "[redacted]" wherever they are; a changed one still shows that it was. A row that moves from one company to another is recorded as two UPDATEs, for each company its side of it, and so are the rows of a statement in which a trigger kept one from being moved to its partition. Errors: untranslatable_character and others for a value of type json that jsonb cannot hold';

CREATE FUNCTION rewards.audit_entry_hash(audit_row record) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_audit_entry_hash';
COMMENT ON FUNCTION rewards.audit_entry_hash(record) IS
    'The hash that a row of audit_log should have: SHA-256 of 32 bytes of zero, one byte 3, and the text "pg_rewards audit v1" and the columns id, company_id, user_id, action, table_name, actor, old, new (JSON as the text that jsonb gives) and created_at, in the layout of entries (docs/ledger.md). Errors: datatype_mismatch for a row of another table';

-- Breaking the glass.
CREATE FUNCTION rewards.begin_cross_company_access(reason text) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_begin_cross_company_access';
COMMENT ON FUNCTION rewards.begin_cross_company_access(text) IS
    'Lets this transaction read the rows of all companies, for a role that grant_access(cross_company => ...) names, and write none through rewards. It is of no company and cannot become so. Who, by which role and for what reason (1 to 1000 characters) is recorded in audit_log, under the company of zeroes, and written to the server''s log as a LOG message: a rollback takes back the row, never the line. Errors: object_not_in_prerequisite_state in a sealed transaction, read_only_sql_transaction in a read-only one or on a standby, where nothing could be recorded, invalid_parameter_value, null_value_not_allowed';
