-- Copies a hand-written programme into pg_rewards; docs/migrating.md says how to go about it. For psql:
--
--     psql -X -d shop -v source=old_programme -v company=c0000000-0000-4000-8000-000000000001 -v key_slot=7 -v dry_run=on -f migrate/run.sql
--
-- source          schema of the old tables, or of views of them
-- company         company that they become
-- key_slot        slot of the key file with the secret of the old codes; not needed without coupons
-- dry_run         on: everything is tried and taken back, the report stays. Default: off
-- allow_left_behind  on: rows that cannot be carried over, and balances that differ, are no error. Default: off
-- adjust          on: a balance that differs is made the source's by an event balance_carried_over. Default: off
-- words           words of the source in ours: '{"approved": "validated", "active": "issued"}'
-- company_column, source_company  where the source has several companies: by which column, and which. Default: company_id, company
-- timezone        of times without one. Default: UTC
-- users_at_once   members in one transaction. Default: 200
--
-- It can be stopped and called again at any time. Exit status: 0, or 3 after an error or when something was left behind.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?source}
\else
\set source ''
\endif
\if :{?company}
\else
\set company ''
\endif
\if :{?key_slot}
\else
\set key_slot ''
\endif
\if :{?dry_run}
\else
\set dry_run off
\endif
\if :{?allow_left_behind}
\else
\set allow_left_behind off
\endif
\if :{?adjust}
\else
\set adjust off
\endif
\if :{?words}
\else
\set words '{}'
\endif
\if :{?company_column}
\else
\set company_column company_id
\endif
\if :{?source_company}
\else
\set source_company ''
\endif
\if :{?timezone}
\else
\set timezone UTC
\endif
\if :{?users_at_once}
\else
\set users_at_once 200
\endif

SET search_path = pg_catalog, pg_temp;
SET client_min_messages = warning; -- nothing is said of what did not exist yet
SET check_function_bodies = off; -- what reads the source is made last
SET TimeZone = :'timezone';
SET DateStyle = ISO;
DO $$
BEGIN
    IF NOT pg_try_advisory_lock(hashtext('rewards_migration')) THEN
        RAISE EXCEPTION 'another run is going on' USING ERRCODE = 'object_in_use', HINT = 'Companies are carried over one after the other.';
    END IF;
END $$;
\ir notebook.sql
\ir source.sql
\ir ledger.sql
\ir coupon.sql
\ir trust.sql
\ir batch.sql
\ir programme.sql
SET client_min_messages = notice;

SELECT FROM rewards_migration.begin_run(:'source', :'company', :'company_column', nullif(:'source_company', ''), :'dry_run', nullif(:'key_slot', '')::smallint,
    :'words', :'adjust', :'users_at_once') \g /dev/null
CALL rewards_migration.copy_programme(:'company');
\ir report.sql
