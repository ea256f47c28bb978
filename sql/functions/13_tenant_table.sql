-- Tenant protection for the application's own tables: what a table needs is written down once, as statements, and
-- enable_tenant_rls() runs those that are missing.

CREATE FUNCTION rewards.guard_tenant_row() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_tenant_row';
COMMENT ON FUNCTION rewards.guard_tenant_row() IS
    'Trigger: refuses to write a row that is not of the company of the transaction (insufficient_privilege), for owners, BYPASSRLS and superusers too; its argument is the name of the company column. Rows of any company pass in cross-company access';

CREATE FUNCTION rewards.count_rows_of_nobody(target regclass, company_column name) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_count_rows_of_nobody';
COMMENT ON FUNCTION rewards.count_rows_of_nobody(regclass, name) IS
    'Part of enable_tenant_rls(): how many rows of a table have no company, past row-level security. Errors: insufficient_privilege unless the caller owns the table, undefined_column';

-- Parents come first in the order of path.
CREATE FUNCTION rewards.tenant_tables(target regclass)
    RETURNS TABLE (relation oid, name text, is_partition boolean, path oid[])
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE tree (relation, path) AS (
        SELECT target::oid, '{}'::oid[]
        UNION ALL
        SELECT i.inhrelid, t.path || i.inhparent FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation)
    SELECT DISTINCT ON (t.relation) t.relation, format('%I.%I', n.nspname, c.relname), c.relispartition, t.path
      FROM tree t JOIN pg_class c ON c.oid = t.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     ORDER BY t.relation, cardinality(t.path) DESC
$function$;
COMMENT ON FUNCTION rewards.tenant_tables(regclass) IS
    'Part of enable_tenant_rls(): a table with its partitions and inheritance children at every level, and the way to each';

-- A policy of the same name that says something else is somebody else's.
CREATE FUNCTION rewards.tenant_policy_column(relation oid) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.attname FROM pg_policy p JOIN pg_attribute a ON a.attrelid = p.polrelid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE p.polrelid = relation AND p.polname = 'tenant' AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
       AND p.polwithcheck IS NULL
       AND pg_get_expr(p.polqual, p.polrelid) = format('(%I = rewards.get_current_company_id())', a.attname)
$function$;
COMMENT ON FUNCTION rewards.tenant_policy_column(oid) IS
    'The company column that the policy of enable_tenant_rls() on this table compares; null when it has no such policy';

CREATE FUNCTION rewards.tenant_column_statements(target regclass, company_column name) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH tables AS MATERIALIZED (
        SELECT t.*, a.attnum, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS expression
          FROM rewards.tenant_tables(target) t
          JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = company_column AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = t.relation AND d.adnum = a.attnum),
    altered AS (
        SELECT relation, name, path, format('ALTER COLUMN %I SET DEFAULT rewards.get_current_company_id()', company_column) AS action
          FROM tables WHERE expression IS DISTINCT FROM 'rewards.get_current_company_id()'
        UNION ALL
        SELECT relation, name, path, format('ALTER COLUMN %I SET NOT NULL', company_column) FROM tables WHERE NOT attnotnull)
    -- It goes down to partitions and children by itself, and so does an index, but to partitions only.
    SELECT format('ALTER TABLE %s %s', a.name, a.action) FROM altered a
     WHERE NOT EXISTS (SELECT FROM altered above WHERE above.action = a.action AND above.relation = ANY (a.path))
    UNION ALL
    SELECT format('CREATE INDEX ON %s (%I)', t.name, company_column) FROM tables t
     WHERE NOT t.is_partition AND NOT EXISTS (
           SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
            WHERE i.indrelid = t.relation AND i.indkey[0] = t.attnum AND i.indpred IS NULL AND i.indisvalid AND m.amname = 'btree')
$function$;
COMMENT ON FUNCTION rewards.tenant_column_statements(regclass, name) IS
    'Part of enable_tenant_rls(): what is missing on company columns, with their indexes';

-- Those that grant_access(cross_company => ...) has named.
CREATE FUNCTION rewards.cross_company_roles() RETURNS oid[]
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(array_agg(DISTINCT a.grantee ORDER BY a.grantee), '{}')
      FROM pg_proc p, aclexplode(p.proacl) a
     WHERE p.oid = to_regprocedure('rewards.begin_cross_company_access(text)') AND a.privilege_type = 'EXECUTE'
       AND a.grantee NOT IN (0, p.proowner)
$function$;
COMMENT ON FUNCTION rewards.cross_company_roles() IS
    'Part of enable_tenant_rls(): the roles that were granted cross-company access, for which it makes a policy';

CREATE FUNCTION rewards.tenant_policy_statements(target regclass, company_column name) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH crossing AS (
        SELECT r.roles, (SELECT string_agg(quote_ident(rolname), ', ' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (r.roles)) AS names
          FROM rewards.cross_company_roles() AS r (roles))
    SELECT s.statement
      FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation CROSS JOIN crossing x
      LEFT JOIN pg_policy p ON p.polrelid = t.relation AND p.polname = 'cross_company'
     CROSS JOIN LATERAL (VALUES
        (1, NOT c.relrowsecurity, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)),
        (2, NOT c.relforcerowsecurity, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name)),
        (3, rewards.tenant_policy_column(t.relation) IS DISTINCT FROM company_column,
            format('CREATE POLICY tenant ON %s USING (%I = rewards.get_current_company_id())', t.name, company_column)),
        (4, x.names IS NOT NULL AND p.oid IS NULL,
            format('CREATE POLICY cross_company ON %s FOR SELECT TO %s USING (rewards.crosses_companies())', t.name, x.names)),
        (5, x.names IS NOT NULL AND NOT (p.polroles <@ x.roles AND p.polroles @> x.roles),
            format('ALTER POLICY cross_company ON %s TO %s', t.name, x.names))) AS s (step, is_missing, statement)
     WHERE s.is_missing
     ORDER BY cardinality(t.path), t.name, s.step
$function$;
COMMENT ON FUNCTION rewards.tenant_policy_statements(regclass, name) IS
    'Part of enable_tenant_rls(): what is missing of row-level security and its policies';

-- As pg_get_triggerdef() writes them, to be compared with it. Row triggers of a partitioned table are cloned by the server.
CREATE FUNCTION rewards.tenant_triggers(target regclass, company_column name, audit boolean, redact text[])
    RETURNS TABLE (place bigint, relation oid, table_name text, trigger_name name, is_cloned boolean, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH texts AS (
        SELECT string_agg(format('''%s''', replace(argument, '''', '''''')), ', ' ORDER BY place) FILTER (WHERE place = 1) AS company,
               string_agg(format('''%s''', replace(argument, '''', '''''')), ', ' ORDER BY place) AS audited
          FROM unnest(company_column::text || redact) WITH ORDINALITY AS arguments (argument, place))
    SELECT row_number() OVER (ORDER BY cardinality(t.path), t.name, w.trigger_name = 'guard_tenant' DESC, w.trigger_name),
           t.relation, t.name, w.trigger_name, w.is_row AND t.is_partition,
           format('CREATE TRIGGER %I %s ON %s %s EXECUTE FUNCTION rewards.%s', w.trigger_name, w.event, t.name, w.each, w.call)
      FROM rewards.tenant_tables(target) t CROSS JOIN texts CROSS JOIN LATERAL (VALUES
        ('guard_tenant', true, 'BEFORE INSERT OR DELETE OR UPDATE', 'FOR EACH ROW', format('guard_tenant_row(%s)', company)),
        ('refuse_truncate', false, 'BEFORE TRUNCATE', 'FOR EACH STATEMENT',
         'refuse_write(''It would take the rows of all companies: DELETE those of one.'')'),
        ('audit_insert', false, 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited)),
        ('audit_update', false, 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited)),
        ('audit_delete', false, 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited))) AS w (trigger_name, is_row, event, each, call)
     WHERE audit OR w.trigger_name NOT LIKE 'audit%'
$function$;
COMMENT ON FUNCTION rewards.tenant_triggers(regclass, name, boolean, text[]) IS
    'Part of enable_tenant_rls(): the triggers that a table, its partitions and children should have';

-- OR REPLACE where a trigger of ours is there already, and on a parent, whose clones replace what partitions brought along.
CREATE FUNCTION rewards.tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[])
    RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $function$
    SELECT CASE WHEN t.is_same THEN format('ALTER TABLE %s ENABLE TRIGGER %I', t.table_name, t.trigger_name)
                WHEN t.is_there THEN regexp_replace(t.definition, '^CREATE', 'CREATE OR REPLACE') ELSE t.definition END
      FROM (SELECT w.*, CASE w.trigger_name WHEN 'guard_tenant' THEN bool_or(g.oid IS NOT NULL) OVER (PARTITION BY w.trigger_name)
                                       ELSE g.oid IS NOT NULL END AS is_there,
                   pg_get_triggerdef(g.oid) IS NOT DISTINCT FROM w.definition AS is_same, g.tgenabled IN ('O', 'A') AS is_enabled
              FROM rewards.tenant_triggers(target, company_column, audit, redact) w
              LEFT JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name) t
     WHERE CASE WHEN t.is_same THEN NOT t.is_enabled ELSE NOT t.is_cloned END
     ORDER BY t.place
$function$;
COMMENT ON FUNCTION rewards.tenant_trigger_statements(regclass, name, boolean, text[]) IS
    'Part of enable_tenant_rls(): what is missing of its triggers';

CREATE FUNCTION rewards.require_tenant_root(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    subject pg_class := (SELECT c FROM pg_class c WHERE c.oid = target);
    roots text := (WITH RECURSIVE up (relation) AS (
                      SELECT inhparent FROM pg_inherits WHERE inhrelid = target
                      UNION SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.relation)
                   SELECT string_agg(relation::regclass::text, ', ') FROM up WHERE relation NOT IN (SELECT inhrelid FROM pg_inherits));
    reason text;
    advice text;
BEGIN
    IF subject.oid IS NULL THEN
        RAISE EXCEPTION '%', coalesce('there is no table with OID ' || target::oid, 'target must not be null')
            USING ERRCODE = CASE WHEN target IS NULL THEN 'null_value_not_allowed' ELSE 'undefined_table' END;
    END IF;
    SELECT r.reason, r.advice INTO reason, advice FROM (VALUES
        (subject.relkind = 'v', 'a view', 'Protect the tables that it reads, and create it WITH (security_invoker = true).'),
        (subject.relkind = 'm', 'a materialized view',
         'It keeps rows of every company for everybody: make it a table with a company column.'),
        (subject.relkind = 'f', 'a foreign table', 'Protect the table on its own server.'),
        (subject.relkind NOT IN ('r', 'p'), 'no table', 'Name a table.'),
        (subject.relpersistence = 't', 'a temporary table', 'Nobody else sees it.'),
        (subject.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace), 'a system table',
         'Name a table of the application.'),
        (subject.relispartition, 'a partition of ' || roots, 'Name ' || roots || ': what belongs to it is protected with it.'),
        (roots IS NOT NULL, 'a child of ' || roots,
         'Name ' || roots || ', whose queries read this table too: its children are protected with it.')
        ) AS r (applies, reason, advice) WHERE applies LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is %', target, reason USING ERRCODE = 'wrong_object_type', HINT = advice;
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_tenant_root(regclass) IS
    'Part of enable_tenant_rls(): nothing when the table can be protected. Errors: wrong_object_type, with what to do instead';

CREATE FUNCTION rewards.require_tenant_tables(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    member record;
BEGIN
    PERFORM rewards.require_tenant_root(target);
    IF EXISTS (SELECT FROM pg_class WHERE oid = target AND relnamespace = 'rewards'::regnamespace) THEN
        RAISE EXCEPTION '% is a table of rewards', target USING ERRCODE = 'wrong_object_type',
            HINT = 'rewards.install() has protected it, in its own way.';
    END IF;
    FOR member IN
        SELECT t.name, c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_owned
          FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation ORDER BY cardinality(t.path), t.name
    LOOP
        IF NOT member.is_owned THEN
            RAISE EXCEPTION 'must be owner of table %', member.name USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF member.relkind NOT IN ('r', 'p') THEN
            RAISE EXCEPTION '% is a foreign table that belongs to %', member.name, target USING ERRCODE = 'wrong_object_type',
                HINT = 'Row-level security does not reach foreign tables: detach it.';
        END IF;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.require_tenant_tables(regclass) IS
    'Part of enable_tenant_rls(): the same for its partitions and children, all of which the caller must own';

CREATE FUNCTION rewards.require_company_column(target regclass, company_column name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    subject pg_attribute := (SELECT a FROM pg_attribute a
                            WHERE a.attrelid = target AND a.attname = company_column AND a.attnum > 0 AND NOT a.attisdropped);
    nobodys bigint;
BEGIN
    IF company_column IS NULL THEN
        RAISE EXCEPTION 'company_column must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF subject.attnum IS NULL THEN
        RAISE EXCEPTION 'table % has no column "%"', target, company_column USING ERRCODE = 'undefined_column',
            HINT = format('Name the one that it has, or add it (ALTER TABLE %s ADD COLUMN %I uuid) and fill it.', target, company_column);
    END IF;
    IF subject.atttypid <> 'uuid'::regtype THEN
        RAISE EXCEPTION 'column "%" of table % is of type %, not uuid', company_column, target,
            format_type(subject.atttypid, subject.atttypmod) USING ERRCODE = 'datatype_mismatch', HINT = 'Companies are known by a uuid: ALTER TABLE ... ALTER COLUMN ... TYPE uuid.';
    END IF;
    IF subject.attgenerated <> '' THEN
        RAISE EXCEPTION 'column "%" of table % is generated', company_column, target USING ERRCODE = 'feature_not_supported',
            HINT = 'A row trigger cannot look at it before the row is written: ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION.';
    END IF;
    nobodys := CASE WHEN EXISTS (SELECT FROM rewards.tenant_tables(target) t JOIN pg_attribute a ON a.attrelid = t.relation
                                  WHERE a.attname = company_column AND NOT a.attnotnull)
                    THEN rewards.count_rows_of_nobody(target, company_column) ELSE 0 END;
    IF nobodys > 0 THEN
        RAISE EXCEPTION '% rows of table % have no company', nobodys, target USING ERRCODE = 'not_null_violation',
            HINT = format('Give them one first: UPDATE %s SET %I = ... WHERE %2$I IS NULL.', target, company_column);
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_company_column(regclass, name) IS
    'Part of enable_tenant_rls(): nothing when the column can say whose a row is. Errors: undefined_column, datatype_mismatch, feature_not_supported, not_null_violation';

-- Permissive policies add up, so that one more would show what ours hides.
CREATE FUNCTION rewards.require_no_conflict(target regclass, company_column name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    other record;
BEGIN
    SELECT t.name, string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) AS policies INTO other
      FROM rewards.tenant_tables(target) t JOIN pg_policy p ON p.polrelid = t.relation
     WHERE CASE p.polname WHEN 'tenant' THEN rewards.tenant_policy_column(t.relation) IS DISTINCT FROM company_column
                          WHEN 'cross_company' THEN (pg_get_expr(p.polqual, p.polrelid) = 'rewards.crosses_companies()' AND p.polcmd = 'r') IS NOT TRUE
                          ELSE p.polpermissive END
     GROUP BY t.name ORDER BY t.name LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % has another policy: %', other.name, other.policies USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Permissive policies add up: what one shows, another cannot hide. Drop it, or create it AS RESTRICTIVE, by another name.';
    END IF;
    SELECT w.table_name, w.trigger_name INTO other
      FROM rewards.tenant_triggers(target, company_column, true, '{}') w
      JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name
     WHERE g.tgfoid <> ALL (ARRAY(SELECT oid FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND prorettype = 'trigger'::regtype))
     ORDER BY w.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % has another trigger "%"', other.table_name, other.trigger_name USING ERRCODE = 'duplicate_object',
            HINT = 'This name is needed: ALTER TRIGGER ... RENAME TO ...';
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_no_conflict(regclass, name) IS
    'Part of enable_tenant_rls(): nothing when no policy or trigger of somebody else is in the way. Errors: object_not_in_prerequisite_state, duplicate_object';

CREATE FUNCTION rewards.enable_tenant_rls(target regclass, company_column name DEFAULT 'company_id', audit boolean DEFAULT false,
                                          redact text[] DEFAULT '{}', dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $function$
DECLARE
    missing CONSTANT text := 'SELECT rewards.tenant_column_statements($1, $2) UNION ALL SELECT rewards.tenant_policy_statements($1, $2)
                              UNION ALL SELECT rewards.tenant_trigger_statements($1, $2, $3, $4)';
    statements text[];
    statement text;
    former text;
BEGIN
    PERFORM rewards.require_tenant_tables(target), rewards.require_company_column(target, company_column),
            rewards.require_no_conflict(target, company_column);
    IF audit AND to_regclass('rewards.audit_log') IS NULL THEN
        RAISE EXCEPTION 'there is no rewards.audit_log to record changes in' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'SELECT rewards.install() creates it.';
    END IF;
    EXECUTE format('SELECT ARRAY(%s)', missing) INTO statements USING target, company_column, audit, redact;
    -- Looked at again under the lock: somebody may be at the same. Where nothing is missing nobody has to wait.
    IF statements <> '{}' AND NOT dry_run THEN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', target);
        PERFORM rewards.require_tenant_tables(target), rewards.require_no_conflict(target, company_column);
        EXECUTE format('SELECT ARRAY(%s)', missing) INTO statements USING target, company_column, audit, redact;
    END IF;
    FOR former IN
        SELECT format('%s was %s', t.name, pg_get_expr(d.adbin, d.adrelid)) FROM rewards.tenant_tables(target) t
          JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = company_column
          JOIN pg_attrdef d ON d.adrelid = t.relation AND d.adnum = a.attnum
         WHERE pg_get_expr(d.adbin, d.adrelid) <> 'rewards.get_current_company_id()'
    LOOP
        RAISE NOTICE 'the default of column "%" of table %', company_column, former;
    END LOOP;
    FOREACH statement IN ARRAY statements LOOP
        IF NOT dry_run THEN
            EXECUTE statement;
        END IF;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.enable_tenant_rls(regclass, name, boolean, text[], boolean) IS
    'Makes a table of the application, with its partitions and inheritance children, one of companies: row-level security, forced; default, NOT NULL and an index on the company column; triggers that hold owners and superusers and refuse TRUNCATE; audit triggers if asked, without the values of the keys in redact. Runs and returns what is missing, only returns it with dry_run. A default that the column had is replaced, with a NOTICE. Call it again for new partitions, after the column was renamed, and when cross-company access was granted. Locks the table while it works: create the index first, CONCURRENTLY, where it is large. Errors: wrong_object_type, insufficient_privilege unless the caller owns all of them, undefined_column, datatype_mismatch, not_null_violation when rows have no company, object_not_in_prerequisite_state when there is another permissive policy';

CREATE FUNCTION rewards.disable_tenant_rls(target regclass, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    statement text;
BEGIN
    PERFORM rewards.require_tenant_tables(target);
    FOREACH statement IN ARRAY ARRAY(
        SELECT s.statement
          FROM rewards.tenant_tables(target) t
          JOIN pg_class c ON c.oid = t.relation
         CROSS JOIN LATERAL (
            SELECT rewards.tenant_policy_column(t.relation) IS NOT NULL AS is_ours,
                   rewards.tenant_policy_column(t.relation) IS NOT NULL AND NOT EXISTS (
                       SELECT FROM pg_policy p
                        WHERE p.polrelid = t.relation AND p.polname NOT IN ('tenant', 'cross_company')) AS is_only) own
         CROSS JOIN LATERAL (
            SELECT 1 AS step, format('DROP TRIGGER %I ON %s', g.tgname, t.name) AS statement
              FROM rewards.tenant_triggers(target, 'company_id', true, '{}') w
              JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name AND g.tgparentid = 0
              JOIN pg_proc f ON f.oid = g.tgfoid AND f.pronamespace = 'rewards'::regnamespace
             WHERE w.relation = t.relation
            UNION ALL
            SELECT 2, format('DROP POLICY %I ON %s', p.polname, t.name) FROM pg_policy p
             WHERE p.polrelid = t.relation AND (p.polname = 'tenant' AND own.is_ours
                   OR p.polname = 'cross_company' AND pg_get_expr(p.polqual, p.polrelid) = 'rewards.crosses_companies()')
            -- Without other policies row-level security would hide every row from now on; with others it is somebody else's, too.
            UNION ALL
            SELECT 3, format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t.name) WHERE own.is_only AND c.relforcerowsecurity
            UNION ALL
            SELECT 4, format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t.name) WHERE own.is_only AND c.relrowsecurity) s
         ORDER BY cardinality(t.path), t.name, s.step, s.statement)
    LOOP
        IF NOT dry_run THEN
            EXECUTE statement;
        END IF;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.disable_tenant_rls(regclass, boolean) IS
    'Takes back the policies and triggers of enable_tenant_rls(), and row-level security where the table has no other policy; the default, NOT NULL and the index stay. Runs and returns the statements, only returns them with dry_run. Errors: wrong_object_type, insufficient_privilege unless the caller owns the table';
