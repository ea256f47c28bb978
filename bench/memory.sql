-- What a backend's memory is made of, at a moment; and calls of every kind, by members who have points, and one who has none.
-- Variables: template, accounts.
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, expires_after_days)
     VALUES (:'template', 'bench', 1, 'fixed_amount', 5, 100000000, 90);
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('visit', 1);
SELECT count(rewards.award_points(md5(n::text)::uuid, 1000000)) FROM generate_series(1, :accounts) AS n;

CREATE SCHEMA bench;
CREATE TABLE bench.memory (calls bigint, context text, bytes bigint);
CREATE FUNCTION bench.look(calls bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO bench.memory SELECT calls, name, sum(total_bytes) FROM pg_backend_memory_contexts GROUP BY name;
    INSERT INTO bench.memory SELECT calls, 'anonymous memory of the process', 1024 * (regexp_match(pg_read_file('/proc/self/smaps_rollup'), 'Anonymous: +(\d+)'))[1]::bigint;
$$;

CREATE FUNCTION bench.fail(member uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rewards.award_points(member, 1, NULL, 'gone ' || random());
    PERFORM rewards.award_points(member, -1);
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN SQLERRM;
END $$;
VACUUM ANALYZE;
