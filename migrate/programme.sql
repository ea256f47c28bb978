-- A run: who is to be carried over, in batches; then batch after batch, each in a transaction of its own.

DROP FUNCTION IF EXISTS rewards_migration.list_members(uuid, integer);
CREATE FUNCTION rewards_migration.list_members(company uuid, users_at_once integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    wanted record;
    last_batch CONSTANT integer := coalesce((SELECT max(b.batch) FROM rewards_migration.batches b WHERE b.company_id = company), 0);
BEGIN
    CREATE TEMP TABLE found_users (source_user text, source_table text, source_id text, rows bigint) ON COMMIT DROP;
    FOR wanted IN SELECT * FROM rewards_migration.source_tables() LOOP
        CONTINUE WHEN wanted.user_column IS NULL;
        EXECUTE format('INSERT INTO pg_temp.found_users SELECT s.source_user, %L, CASE WHEN s.source_user IS NULL THEN s.source_id END, count(*) FROM rewards_migration.%I() s GROUP BY 1, 3',
            wanted.name, 'all_of_' || wanted.name);
    END LOOP;
    INSERT INTO rewards_migration.report
        SELECT r.company_id, r.is_dry_run, NULL, f.source_table, f.source_id, NULL, 'left_behind', format('it has no %s', t.user_column)
          FROM pg_temp.found_users f JOIN rewards_migration.source_tables() t ON t.name = f.source_table CROSS JOIN rewards_migration.run r
         WHERE f.source_user IS NULL;
    -- Those who are one member here, by two spellings of a UUID, are in one batch.
    INSERT INTO rewards_migration.members
        SELECT company, n.source_user, n.user_id, last_batch + 1 + ((dense_rank() OVER (ORDER BY n.user_id)) - 1)::integer / users_at_once
          FROM (SELECT DISTINCT f.source_user, rewards_migration.uuid_of(company, '', f.source_user) AS user_id
                  FROM pg_temp.found_users f WHERE f.source_user IS NOT NULL) AS n
         WHERE NOT EXISTS (SELECT FROM rewards_migration.members m WHERE m.company_id = company AND m.source_user = n.source_user);
    INSERT INTO rewards_migration.batches
        SELECT DISTINCT company, m.batch, 0 FROM rewards_migration.members m WHERE m.company_id = company AND m.batch > last_batch;
    -- Where rows were added since, the batch is done again.
    UPDATE rewards_migration.batches b SET source_rows = c.rows, copied_at = CASE WHEN b.source_rows = c.rows THEN b.copied_at END
      FROM (SELECT m.batch, sum(f.rows) AS rows FROM pg_temp.found_users f
              JOIN rewards_migration.members m ON m.company_id = company AND m.source_user = f.source_user GROUP BY m.batch) AS c
     WHERE b.company_id = company AND b.batch = c.batch;
    ANALYZE rewards_migration.members;
END
$function$;

-- What was left behind is tried again. What a dry run said is old.
DROP FUNCTION IF EXISTS rewards_migration.begin_run(text, uuid, text, text, boolean, smallint, jsonb, boolean, integer);
CREATE FUNCTION rewards_migration.begin_run(source text, company uuid, company_column text, source_company text, is_dry_run boolean, key_slot smallint,
                                            words jsonb, adjusts boolean, users_at_once integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    DELETE FROM rewards_migration.run;
    INSERT INTO rewards_migration.run VALUES (company, is_dry_run, key_slot, words, adjusts);
    DELETE FROM rewards_migration.report p WHERE p.company_id = company AND (p.is_dry_run OR p.batch IS NULL);
    DELETE FROM rewards_migration.balances b WHERE b.company_id = company AND b.is_dry_run;
    UPDATE rewards_migration.batches b SET copied_at = NULL
     WHERE b.company_id = company
       AND EXISTS (SELECT FROM rewards_migration.report p WHERE p.company_id = company AND p.batch = b.batch AND p.outcome = 'left_behind');
    PERFORM rewards_migration.read_source(source, company, company_column, source_company);
    IF key_slot IS NULL AND EXISTS (SELECT FROM rewards_migration.all_of_coupons()) THEN
        RAISE EXCEPTION 'the source has coupons, and no key slot is named for their codes' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Put the old secret into the key file, "legacy 7 <hexadecimal digits>", and pass -v key_slot=7.';
    END IF;
    PERFORM rewards_migration.list_members(company, users_at_once);
    DELETE FROM rewards_migration.shared_codes;
    INSERT INTO rewards_migration.shared_codes
        SELECT lower(s.code_hash), (array_agg(s.source_id ORDER BY rewards_migration.word(s.status) <> 'issued', s.issued_at, s.source_id))[1]
          FROM rewards_migration.all_of_coupons() s WHERE s.code_hash IS NOT NULL GROUP BY lower(s.code_hash) HAVING count(*) > 1;
END
$function$;

-- Each step in a transaction of the company.
DROP FUNCTION IF EXISTS rewards_migration.copy_step(integer);
CREATE FUNCTION rewards_migration.copy_step(of_batch integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    one_id text;
BEGIN
    IF of_batch IS NOT NULL THEN
        PERFORM rewards_migration.copy_batch(of_batch);
        RETURN;
    END IF;
    IF rewards_migration.copy_rows('coupon_templates', NULL) IS NOT NULL THEN
        FOR one_id IN SELECT s.source_id FROM rewards_migration.all_of_coupon_templates() s GROUP BY s.source_id ORDER BY s.source_id LOOP
            INSERT INTO rewards_migration.report
                SELECT r.company_id, r.is_dry_run, NULL, 'coupon_templates', one_id, NULL, 'left_behind', problem
                  FROM rewards_migration.run r, rewards_migration.copy_rows('coupon_templates', NULL, one_id) AS problem WHERE problem IS NOT NULL;
        END LOOP;
    END IF;
END
$function$;

-- Does it all, keeps what was noted, and takes the rest back.
DROP FUNCTION IF EXISTS rewards_migration.try_step(integer);
CREATE FUNCTION rewards_migration.try_step(of_batch integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    notes rewards_migration.report[];
    found rewards_migration.balances[];
BEGIN
    BEGIN
        IF of_batch IS NULL THEN -- so that what is noted now is all there is
            DELETE FROM rewards_migration.report p WHERE p.company_id = company AND p.batch IS NULL;
        END IF;
        PERFORM rewards_migration.copy_step(NULL);
        IF of_batch IS NOT NULL THEN -- coupons want their templates
            PERFORM rewards_migration.copy_step(of_batch);
        END IF;
        notes := ARRAY(SELECT p FROM rewards_migration.report p WHERE p.company_id = company AND p.is_dry_run AND p.batch IS NOT DISTINCT FROM of_batch);
        found := ARRAY(SELECT b FROM rewards_migration.balances b WHERE b.company_id = company AND b.is_dry_run AND b.batch = of_batch);
        RAISE EXCEPTION 'the trial is over' USING ERRCODE = 'RW000';
    EXCEPTION WHEN SQLSTATE 'RW000' THEN
        NULL;
    END;
    INSERT INTO rewards_migration.report SELECT * FROM unnest(notes);
    INSERT INTO rewards_migration.balances SELECT * FROM unnest(found);
END
$function$;

DROP PROCEDURE IF EXISTS rewards_migration.copy_programme(uuid);
CREATE PROCEDURE rewards_migration.copy_programme(company uuid) LANGUAGE plpgsql
AS $procedure$
DECLARE
    is_dry_run boolean := (SELECT r.is_dry_run FROM rewards_migration.run r);
    batches CONSTANT integer := (SELECT max(b.batch) FROM rewards_migration.batches b WHERE b.company_id = company);
    next_batch integer; -- null: the templates
    done integer := 0;
BEGIN
    LOOP
        PERFORM rewards.set_company_context(company, 'moving over', 'admin');
        IF is_dry_run THEN
            PERFORM rewards_migration.try_step(next_batch);
        ELSE
            PERFORM rewards_migration.copy_step(next_batch);
            UPDATE rewards_migration.batches b SET copied_at = clock_timestamp() WHERE b.company_id = company AND b.batch = next_batch;
        END IF;
        COMMIT;
        done := coalesce(next_batch, 0);
        IF done % 100 = 0 AND done > 0 THEN
            RAISE NOTICE 'batch % of %', done, batches;
        END IF;
        next_batch := (SELECT min(b.batch) FROM rewards_migration.batches b WHERE b.company_id = company AND b.copied_at IS NULL AND b.batch > done);
        EXIT WHEN next_batch IS NULL;
    END LOOP;
    COMMIT;
END
$procedure$;
