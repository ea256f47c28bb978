-- Everything that schema rewards and the extension are to the catalogue, a line each, in an order of its own.
-- Left out: pg_attver, a stamp that some builds of the server put on each column.
WITH ours AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')),
functions AS (SELECT p.* FROM pg_proc p WHERE pronamespace = 'rewards'::regnamespace),
acl (kind, name, list) AS (
    SELECT 'function', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM functions
    UNION ALL SELECT 'table', relname, coalesce(relacl, acldefault('r', relowner)) FROM ours
    UNION ALL SELECT 'column', relname || '.' || attname, attacl FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attacl IS NOT NULL
    UNION ALL SELECT 'type', typname, coalesce(typacl, acldefault('T', typowner)) FROM pg_type WHERE typnamespace = 'rewards'::regnamespace
    UNION ALL SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'rewards'
    UNION ALL SELECT 'default', defaclobjtype::text, defaclacl FROM pg_default_acl
    UNION ALL SELECT 'initial', pg_describe_object(classoid, objoid, objsubid), initprivs
                FROM pg_init_privs WHERE pg_describe_object(classoid, objoid, objsubid) ~ '\mrewards\M')
SELECT line FROM (
    SELECT format('function %s %s', p.oid::regprocedure, (to_jsonb(p) - '{oid,proacl,proowner,pronamespace,prosrc,prosqlbody,prosupport,prolang,
                  prorettype,proargtypes,proallargtypes,protrftypes,proargdefaults,provariadic}'::text[])
           || jsonb_build_object('owner', proowner::regrole, 'language', lanname, 'result', pg_get_function_result(p.oid),
                  'arguments', pg_get_function_arguments(p.oid), 'source', coalesce(pg_get_function_sqlbody(p.oid), prosrc),
                  'comment', obj_description(p.oid, 'pg_proc')))
      FROM functions p JOIN pg_language l ON l.oid = prolang
    UNION ALL
    SELECT format('aggregate %s %s', aggfnoid, to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype}'::text[])
      FROM functions p JOIN pg_aggregate a ON aggfnoid = p.oid
    UNION ALL
    SELECT format('table %s %s persistence %s owner %s rls %s forced %s options %s replica %s access %s comment %s', relkind, relname,
                  relpersistence, relowner::regrole, relrowsecurity, relforcerowsecurity, reloptions, relreplident,
                  relam, obj_description(oid, 'pg_class'))
      FROM ours
    UNION ALL
    SELECT format('column %s.%s %s default %s generated %s identity %s not null %s collation %s storage %s compression %s options %s statistics %s comment %s',
                  relname, attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid), attgenerated, attidentity, attnotnull,
                  attcollation::regcollation, attstorage, attcompression,
                  (SELECT array_agg(o) FROM unnest(attoptions) AS o WHERE o !~ '^pg_attver='), attstattarget, col_description(ours.oid, attnum))
      FROM ours JOIN pg_attribute a ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT format('order of columns of %s: %s', relname, (SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
                  WHERE attrelid = ours.oid AND attnum > 0 AND NOT attisdropped AND attname <> 'till')) FROM ours
    -- A dump names columns that need no name, of the later parts of a UNION, and AND and OR lose parentheses they do not need.
    UNION ALL SELECT format('view %s %s', relname, regexp_replace(pg_get_viewdef(oid), ' AS int8\M|[() ]', '', 'g')) FROM ours WHERE relkind IN ('v', 'm')
    UNION ALL SELECT format('rule %s %s %s', relname, ev_enabled, pg_get_ruledef(r.oid)) FROM ours JOIN pg_rewrite r ON ev_class = ours.oid AND relkind = 'r'
    UNION ALL SELECT format('index %s valid %s comment %s', pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class'))
                FROM ours JOIN pg_index ON indrelid = ours.oid
    UNION ALL SELECT format('trigger %s %s comment %s', tgenabled, pg_get_triggerdef(t.oid), obj_description(t.oid, 'pg_trigger'))
                FROM ours JOIN pg_trigger t ON tgrelid = ours.oid AND NOT tgisinternal
    UNION ALL SELECT format('constraint %s %s %s valid %s comment %s', relname, conname, pg_get_constraintdef(k.oid), convalidated, obj_description(k.oid, 'pg_constraint'))
                FROM ours JOIN pg_constraint k ON conrelid = ours.oid
    UNION ALL SELECT format('policy %s %s %s %s to %s using %s check %s comment %s', relname, polname, polpermissive, polcmd,
                            polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(p.oid, 'pg_policy'))
                FROM ours JOIN pg_policy p ON polrelid = ours.oid
    UNION ALL SELECT format('type %s %s owner %s comment %s', typname, typtype, typowner::regrole, obj_description(t.oid, 'pg_type'))
                FROM pg_type t WHERE typnamespace = 'rewards'::regnamespace
    UNION ALL SELECT format('attribute %s.%s %s', relname, attname, format_type(atttypid, atttypmod))
                FROM pg_class c JOIN pg_attribute ON attrelid = c.oid WHERE relkind = 'c' AND relnamespace = 'rewards'::regnamespace
    UNION ALL SELECT format('%s %s grant %s', kind, name, item) FROM acl, unnest(list) AS item
    UNION ALL SELECT format('schema %s owner %s comment %s', nspname, nspowner::regrole, obj_description(oid, 'pg_namespace'))
                FROM pg_namespace WHERE nspname = 'rewards'
    UNION ALL SELECT format('extension %s %s in %s owner %s', extname, extversion, extnamespace::regnamespace, extowner::regrole)
                FROM pg_extension WHERE extname = 'pg_rewards'
    UNION ALL SELECT format('member %s %s', deptype, pg_describe_object(classid, objid, objsubid))
                FROM pg_depend WHERE deptype IN ('e', 'x') AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_rewards')
    UNION ALL SELECT format('data version %s', version) FROM rewards.data_version
) AS lines (line) ORDER BY line COLLATE "C"
