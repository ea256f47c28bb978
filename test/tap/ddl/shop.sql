-- A shop whose members come again and again, while its owner changes the tables.
CREATE ROLE shop;
CREATE EXTENSION amcheck;
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE aside LOCATION '';
ALTER DATABASE postgres SET rewards.default_company_id = '11111111-1111-4111-8111-111111111111';

CREATE SEQUENCE number;
CREATE UNLOGGED TABLE answer (member bigint, answer text);
CREATE UNLOGGED TABLE seen (entries bigint);

-- Number 0 is the one whom the owner shuts out now and then.
CREATE FUNCTION member(number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
AS $$ SELECT format('00000000-0000-4000-8000-%s', to_char(number, 'FM000000000000'))::uuid $$;

CREATE FUNCTION open_shop() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.install(owner => 'shop');
    UPDATE rewards.company_settings SET (events_per_hour, events_per_day, points_per_hour, points_per_day) = (1000000, 1000000, 1000000, 1000000);
    INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('visit', 1);
    INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, expires_after_days)
        VALUES ('33333333-3333-4333-8333-333333333333', 'ten off', 10, 'fixed_amount', 10, 1000000, 30);
    PERFORM rewards.award_points(member(number), 10000) FROM generate_series(0, 12) AS number;
END $$;

-- One of each call.
CREATE FUNCTION visit(who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    number CONSTANT bigint := nextval('number');
    coupon record;
BEGIN
    SELECT * INTO coupon FROM rewards.redeem_coupon(who, '33333333-3333-4333-8333-333333333333', 'redeem ' || number);
    RETURN concat_ws(' ', coupon.outcome,
        (rewards.claim_coupon(coupon.coupon_code, 'till')).outcome,
        (rewards.award_points(who, 10, NULL, 'award ' || number)).outcome,
        (rewards.submit_points_event(who, 'visit', now() - number % 100000 * interval '5 s', 'submit ' || number)).outcome);
END $$;

-- For whoever goes on after an error, and tells which it was.
CREATE FUNCTION try_visit(who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    broken text;
BEGIN
    answer := visit(who);
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN answer;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected THEN RAISE;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS broken := CONSTRAINT_NAME;
        RETURN concat_ws(' ', SQLSTATE, coalesce(nullif(broken, ''), SQLERRM));
END $$;

-- For whoever must be served.
CREATE PROCEDURE serve() LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    FOR i IN 1..3 LOOP
        answer := visit(member(i));
        ASSERT answer = 'redeemed claimed awarded recorded', answer;
    END LOOP;
END $$;

CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'user_points_cache' THEN
        INSERT INTO seen VALUES (NEW.version - OLD.version);
    ELSE
        INSERT INTO seen VALUES (1);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER another AFTER INSERT OR UPDATE ON %I.%I FOR EACH ROW EXECUTE FUNCTION see()', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    EXECUTE format('GRANT SELECT (company_id) ON %I.%I TO PUBLIC', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NEW;
END $$;

CREATE FUNCTION try_truncate(name regclass) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'TRUNCATE ' || name;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

-- The index, if it lacks a row or has one too many. STABLE: both counts are of one moment.
CREATE FUNCTION wrong(index regclass) RETURNS SETOF regclass STABLE LANGUAGE plpgsql AS $$
DECLARE
    counting CONSTANT text := (SELECT 'SELECT count(*) FROM ONLY ' || indrelid::regclass || ' WHERE ' || pg_get_expr(indpred, indrelid)
                                 FROM pg_index WHERE indexrelid = index);
    by_table bigint;
    by_index bigint;
BEGIN
    PERFORM bt_index_check(index, heapallindexed => true);
    IF counting IS NULL THEN RETURN; END IF;
    PERFORM set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'off', true);
    EXECUTE counting INTO by_table;
    PERFORM set_config('enable_indexscan', 'on', true), set_config('enable_seqscan', 'off', true);
    EXECUTE counting INTO by_index;
    PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true);
    RETURN QUERY SELECT index WHERE by_table <> by_index;
END $$;
