-- Code and data apart: CREATE EXTENSION brings the functions, install() the tables, migrate() their changes.

-- The newest version of the data that the library reads and writes.
CREATE FUNCTION rewards.code_data_version() RETURNS integer
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_code_data_version';
COMMENT ON FUNCTION rewards.code_data_version() IS
    'The newest version of the data that the library works with; compare rewards.data_version';

-- A statement trigger on tables that backends keep in memory: a change makes each of them read again.
CREATE FUNCTION rewards.forget_cached_table() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_forget_cached_table';
COMMENT ON FUNCTION rewards.forget_cached_table() IS
    'Trigger: makes every backend read the table again when it has changed';

-- A statement trigger on tables that only functions write, or that only grow.
CREATE FUNCTION rewards.refuse_write() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION '% on table "%" is not allowed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = TG_ARGV[0], TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END
$function$;
COMMENT ON FUNCTION rewards.refuse_write() IS
    'Trigger: refuses the statement (restrict_violation), for superusers too; its argument is the hint';

CREATE FUNCTION rewards.install(owner regrole DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $install$
#variable_conflict use_column
DECLARE
    tables_owner name := coalesce(owner::oid::regrole::text, quote_ident(current_user));
    tables_owner_id oid := coalesce(owner::oid, quote_ident(current_user)::regrole::oid);
    installed regclass;
BEGIN
    IF to_regclass('rewards.data_version') IS NOT NULL THEN
        RAISE EXCEPTION 'the rewards tables are already installed in database "%"', current_database()
            USING ERRCODE = 'duplicate_table', HINT = 'After an update of the extension, call rewards.migrate().';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE oid = tables_owner_id) THEN
        RAISE EXCEPTION 'role "%" does not exist', owner USING ERRCODE = 'undefined_object';
    END IF;
    IF (SELECT rolsuper FROM pg_roles WHERE oid = tables_owner_id) THEN
        RAISE WARNING 'the rewards tables will belong to a superuser, whom row-level security does not hold'
            USING HINT = 'Name the role that deploys your schema: SELECT rewards.install(owner => ''that_role'').';
    END IF;

-- @schema@

    FOR installed IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'rewards'::regnamespace AND c.relkind IN ('r', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %s', installed, tables_owner);
    END LOOP;
    IF tables_owner_id <> quote_ident(current_user)::regrole::oid THEN
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA rewards TO %s', tables_owner);
        EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rewards TO %s', tables_owner);
        -- Who may read the rows of all companies is said by grant_access(cross_company => ...), and by nothing else.
        EXECUTE format('REVOKE EXECUTE ON FUNCTION rewards.begin_cross_company_access(text) FROM %s', tables_owner);
    END IF;
    RETURN (SELECT version FROM rewards.data_version);
END
$install$;
COMMENT ON FUNCTION rewards.install(regrole) IS
    'Creates the rewards tables, owned by the given role or the caller, and returns the data version. Errors: duplicate_table when they exist, insufficient_privilege without CREATE on schema rewards';

CREATE FUNCTION rewards.migrate() RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $migrate$
#variable_conflict use_column
DECLARE
    -- What sql/schema writes; the library may know more.
    code_version CONSTANT integer := 2;
    found_version integer;
    owner CONSTANT oid := (SELECT relowner FROM pg_class WHERE oid = to_regclass('rewards.data_version'));
    caller CONSTANT text := current_setting('role');
    is_owner CONSTANT boolean := owner = quote_ident(current_user)::regrole;
    -- As in install(), whatever came since.
    not_granted CONSTANT regprocedure[] := ARRAY(
        SELECT p.oid FROM pg_proc AS p JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e'
          JOIN pg_extension AS e ON refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND extname = 'pg_rewards'
         WHERE proname <> 'begin_cross_company_access' AND NOT has_function_privilege(owner, p.oid, 'EXECUTE') ORDER BY proname);
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'the rewards tables are not installed in database "%"', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT rewards.install() creates them.';
    ELSIF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'the rewards tables belong to role %', owner::regrole
            USING ERRCODE = 'insufficient_privilege', HINT = 'Their owner or a superuser calls rewards.migrate().';
    ELSIF rewards.code_data_version() < code_version THEN
        RAISE EXCEPTION 'the library of this session knows version %, and the SQL of the extension version %', rewards.code_data_version(), code_version
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Connect again; where shared_preload_libraries has pg_rewards, restart the server first.';
    END IF;
    -- Two migrations at once would run the same steps twice.
    LOCK TABLE rewards.data_version IN SHARE ROW EXCLUSIVE MODE;
    IF not_granted <> '{}' AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', array_to_string(not_granted, ', '), owner::regrole);
    ELSIF not_granted <> '{}' THEN
        RAISE WARNING 'role % may not execute %', owner::regrole, array_to_string(not_granted, ', ')
            USING HINT = 'What an update brings is granted to the owner of the tables when a superuser calls rewards.migrate().';
    END IF;
    -- What is made belongs to the owner, and what the owner has put on the tables runs as the owner, whoever calls; to keep a
    -- hostile owner from RESET ROLE, let him call.
    IF NOT is_owner THEN
        PERFORM set_config('role', (SELECT rolname FROM pg_roles WHERE oid = owner), true);
    END IF;
    SELECT version INTO found_version FROM rewards.data_version FOR UPDATE;
    IF found_version IS NULL OR found_version > code_version THEN
        RAISE EXCEPTION 'the rewards tables are at version %, and this code knows version %',
            coalesce(found_version::text, '(none)'), code_version
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Update the extension to the release that wrote the data: ALTER EXTENSION pg_rewards UPDATE.';
    END IF;

    -- Each step is what sql/schema has between "-- @since N@" and "-- @end@"; what is no part of a schema file, such as
    -- ALTER TABLE, goes before it: IF found_version < N THEN ... END IF.
-- @steps@

-- @comments@

    IF found_version < code_version THEN
        UPDATE rewards.data_version SET version = code_version, changed_at = now();
        RAISE NOTICE 'the rewards tables were at version %, and are at version % now', found_version, code_version;
    END IF;
    IF NOT is_owner THEN
        PERFORM set_config('role', caller, true);
    END IF;
    RETURN code_version;
END
$migrate$;
COMMENT ON FUNCTION rewards.migrate() IS
    'Brings the rewards tables to the version that this code works with and their comments up to date, in one transaction, and returns the version; what is there already stays. A superuser who calls it also grants the owner of the tables the functions that came with an update; for other roles call grant_access() again. Errors: insufficient_privilege for anybody but the owner and superusers, object_not_in_prerequisite_state when the tables are not installed, or newer than the code';
