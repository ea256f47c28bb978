-- Under which settings of the server does a promise not hold? Those about companies and logs are the doctor's findings, too.

CREATE FUNCTION rewards.is_preloaded() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_is_preloaded';
COMMENT ON FUNCTION rewards.is_preloaded() IS
    'Part of check_settings(): whether the server has loaded pg_rewards at its start (shared_preload_libraries)';

CREATE FUNCTION rewards.key_file_is_in_data_directory() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_key_file_is_in_data_directory';
COMMENT ON FUNCTION rewards.key_file_is_in_data_directory() IS
    'Part of check_settings(): whether the file that rewards.key_file names is below the data directory, behind all links';

CREATE FUNCTION rewards.durability_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, 'setting ' || s.name, f.finding, f.why, f.mend
      FROM (VALUES
        ('fsync', 'off', 'error', 'not_durable', 'After a crash of the machine, what was acknowledged can be lost, and the database be damaged.',
         'ALTER SYSTEM SET fsync = on'),
        ('full_page_writes', 'off', 'error', 'torn_pages', 'After a crash of the machine, pages can be half old and half new.',
         'ALTER SYSTEM SET full_page_writes = on'),
        ('zero_damaged_pages', 'on', 'error', 'damage_ignored', 'A damaged page is emptied when it is read: its entries are gone, and no statement fails.',
         'ALTER SYSTEM SET zero_damaged_pages = off'),
        ('ignore_checksum_failure', 'on', 'error', 'damage_ignored', 'What is read from a damaged page is taken for true.',
         'ALTER SYSTEM SET ignore_checksum_failure = off'),
        ('ignore_system_indexes', 'on', 'warning', 'damage_ignored', 'The server runs as it does for repairs.', 'ALTER SYSTEM SET ignore_system_indexes = off'),
        ('data_checksums', 'off', 'warning', 'damage_unnoticed',
         'A page that a disk has damaged is read without an error. Stop the server and run pg_checksums --enable.', NULL))
        AS f (name, value, severity, finding, why, mend)
      JOIN pg_settings s ON s.name = f.name AND s.setting = f.value
    UNION ALL
    SELECT 'warning', 'standby ' || r.application_name, 'standby_not_waited_for',
           'Promoted after the loss of this server, it lacks what had not reached it, though it was acknowledged. Name it in synchronous_standby_names, or do without that promise.', NULL
      FROM pg_stat_replication r WHERE r.sync_state = 'async' AND r.state = 'streaming' AND current_setting('synchronous_standby_names') = ''
$function$;
COMMENT ON FUNCTION rewards.durability_findings() IS
    'Part of check_settings(): not_durable, torn_pages, damage_ignored, damage_unnoticed, standby_not_waited_for of the server as a whole';

-- Whether a commit waits is for each connection to say; the setting that is nearest to it counts.
CREATE FUNCTION rewards.commit_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH connection AS (
        SELECT c.role, c.place, c.value ->> 'synchronous_commit' AS waits_for FROM rewards.doctor_connections() c
        UNION ALL
        SELECT NULL, 'this session', s.setting FROM pg_settings s WHERE s.name = 'synchronous_commit' AND s.setting <> s.reset_val)
    SELECT f.severity, c.place, f.finding, f.why,
           CASE WHEN c.role IS NULL THEN 'RESET synchronous_commit' ELSE format('ALTER %s SET synchronous_commit = on', c.place) END
      FROM connection c
      JOIN (VALUES
        ('off', false, 'error', 'commit_not_waited_for', 'A call is acknowledged before it is on the disk: a crash of the server loses the last of them.'),
        ('local', true, 'error', 'standby_not_waited_for', 'A call is acknowledged before a standby has it: after a failover the last of them are missing.'),
        ('remote_write', true, 'warning', 'standby_not_waited_for', 'A call is acknowledged before a standby has it on its disk: a crash of both machines loses the last of them.'))
        AS f (waits_for, needs_standby, severity, finding, why) ON f.waits_for = c.waits_for
     WHERE (NOT f.needs_standby OR current_setting('synchronous_standby_names') <> '')
       AND (c.role IS NULL OR c.role = 0 OR NOT EXISTS (SELECT FROM connection o WHERE o.role = 0 AND o.waits_for = c.waits_for))
$function$;
COMMENT ON FUNCTION rewards.commit_findings() IS
    'Part of check_settings(): commit_not_waited_for, standby_not_waited_for of connections to this database';

CREATE FUNCTION rewards.check_settings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.*
      FROM (SELECT * FROM rewards.durability_findings()
            UNION ALL SELECT * FROM rewards.commit_findings()
            UNION ALL SELECT * FROM rewards.doctor_setting_findings()
            UNION ALL SELECT * FROM rewards.doctor_log_findings()
            UNION ALL
            SELECT 'warning', 'setting rewards.key_file', 'key_file_in_data_directory',
                   'A copy of the data directory, such as a base backup, has the keys beside what they protect. Copy the file to a folder outside of it that only the server can read, and name it in rewards.key_file.', NULL
             WHERE rewards.key_file_is_in_data_directory()
            UNION ALL
            SELECT 'info', 'setting shared_preload_libraries', 'guesses_roll_back',
                   'An application that rolls back what was refused forgets who guesses codes. Add pg_rewards to shared_preload_libraries and restart the server: what is counted is then in memory.', NULL
             WHERE NOT rewards.is_preloaded()) AS f (severity, object, finding, why, mend)
     ORDER BY array_position(ARRAY['error', 'warning', 'info'], f.severity), f.object, f.finding, f.mend
$function$;
COMMENT ON FUNCTION rewards.check_settings() IS
    'Under which settings of this server a promise of pg_rewards does not hold, a row for each: error (what was acknowledged, or a company''s rows, can get lost or out), warning (it takes one more mistake or fault), info (to know). mend is the statement that mends it, after which ALTER SYSTEM takes SELECT pg_reload_conf(); null where it takes more than one, and why says what. No rows: every promise holds';
