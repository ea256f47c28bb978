-- What a pooled connection carries from one transaction, and so from one company, to the next.

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
    SELECT 'temporary object', object.identity, object.type
      FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS object
     WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = pg_catalog.pg_my_temp_schema()
    UNION ALL
    SELECT 'listen', channel, NULL FROM pg_catalog.pg_listening_channels() AS channel
    UNION ALL
    SELECT 'setting', s.name, setting FROM pg_catalog.pg_settings s WHERE source = 'session'
    UNION ALL
    -- These two are in no view.
    SELECT 'setting', 'role', pg_catalog.current_setting('role') WHERE pg_catalog.current_setting('role') <> 'none'
    UNION ALL
    SELECT 'setting', 'session_authorization', session_user
      FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS backend
     WHERE usesysid <> session_user::pg_catalog.regrole
    ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION rewards.session_residue() IS
    'What this connection carries from transaction to transaction, for a check of pooled connections: advisory lock, prepared statement, held cursor, temporary object, listen, setting (changed with SET since it was opened). Ask in a transaction of its own: inside another, the locks and settings of that transaction are listed as well. DISCARD ALL clears everything';
