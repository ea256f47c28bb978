-- What the counted calls need besides the members of setup.sql and of the baselines.
-- Variables: company, template, fewest_calls and calls (the most that are made).
CREATE SCHEMA counted;

-- To be claimed, and held. A code is shown once, to whoever redeems.
CREATE TABLE counted.codes AS
    SELECT n, (SELECT coupon_code FROM rewards.redeem_coupon(md5(n::text)::uuid, :'template', 'to claim ' || n)) AS ours,
           (SELECT coupon_code FROM baseline.redeem_coupon(:'company', md5(n::text)::uuid, :'template', 'to claim ' || n)) AS theirs
      FROM generate_series(1, :calls) AS n;

-- As many templates as calls: in one transaction, the versions of one template's stock would pile up.
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days, total_stock)
     SELECT md5('limited ' || n)::uuid, 'limited ' || n, 1, 'fixed_amount', 5, 90, 1000 FROM generate_series(1, :calls) AS n;

-- Batches with 25 events of each member.
CREATE TABLE counted.batches AS
    SELECT size, jsonb_agg(jsonb_build_object(
               'user_id', md5((1 + n % (size / 25))::text), 'event_type', 'visit', 'nonce', 'batch ' || n,
               'event_time', date_trunc('second', now()) - n * interval '100 s')) AS events
      FROM (VALUES (:fewest_calls), (:calls)) AS sizes (size), generate_series(1, size) AS n
     GROUP BY size;

-- The same number of rows for a plain INSERT: those that setup.sql has submitted.
CREATE TABLE counted.submitted AS SELECT * FROM rewards.points_events WHERE event_type = 'visit';
CREATE TABLE counted.points_events (LIKE rewards.points_events INCLUDING ALL);
VACUUM ANALYZE;

-- No run gets to the end of a segment of the log, and has to make another one.
SELECT pg_switch_wal();
