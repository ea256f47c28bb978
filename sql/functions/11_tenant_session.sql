-- What a pooled connection carries from one transaction, and so from one company, to the next.

CREATE FUNCTION rewards.session_settings(OUT name text, OUT setting text) RETURNS SETOF record
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rewards_session_settings';
COMMENT ON FUNCTION rewards.session_settings() IS
    'What was changed with SET, or set_config(..., false), since this connection was opened: the role and settings of applications (app.user) included, SET LOCAL not. With the value in force now; null for those that only superusers may read';

-- The body is parsed here, once and for all: SET search_path would itself be a setting of the session in this list.
CREATE FUNCTION rewards.session_residue() RETURNS TABLE (kind text, name text, detail text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT 'advisory lock', CASE objsubid WHEN 1 THEN ((classid::bigint << 32) | objid::bigint)::text
                                          ELSE classid::integer || ', ' || objid::integer END, mode
      FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND granted
    UNION ALL
    SELECT 'prepared statement', p.name, statement FROM pg_catalog.pg_prepared_statements p
    UNION ALL
    SELECT 'held cursor', c.name, statement FROM pg_catalog.pg_cursors c WHERE is_holdable
    UNION ALL
    SELECT 'temporary object', pg_catalog.regexp_replace(object.identity, '^pg_temp_[0-9]+\.', 'pg_temp.'), object.type
      FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS object
     WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = pg_catalog.pg_my_temp_schema()
    UNION ALL
    SELECT 'listen', channel, NULL FROM pg_catalog.pg_listening_channels() AS channel
    UNION ALL
    SELECT 'setting', s.name, s.setting FROM rewards.session_settings() s
    ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION rewards.session_residue() IS
    'What this connection carries from transaction to transaction, for a check of pooled connections: advisory lock, prepared statement, held cursor, temporary object, listen, setting (session_settings()). Locks that the present transaction gives back at its end are listed as well: ask in a transaction of its own. DISCARD ALL clears everything';
