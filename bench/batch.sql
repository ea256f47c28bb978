-- :batches batches of :size events for each round, and a copy of the ledger that has its indexes and constraints and no
-- triggers.
CREATE SCHEMA bench;
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('visit', 1);

-- Two batches of a round are for 200 accounts of their own, a day after each other, so that no event comes near a limit or
-- looks like a robot's.
CREATE TABLE bench.events AS
     SELECT round, batch, md5(format('%s-%s-%s', round, batch / 2, n % 200))::uuid AS user_id, 'visit' AS event_type,
            now() - interval '1 day' * (2 - batch % 2 - (n + 200 * random()) / (:size + 200)) AS event_time,
            format('%s-%s-%s', round, batch, n) AS nonce
       FROM generate_series(0, :rounds) AS round, generate_series(0, :batches - 1) AS batch, generate_series(1, :size) AS n;
SELECT count(rewards.award_points(user_id, 1)) FROM (SELECT DISTINCT user_id FROM bench.events) AS account;
CREATE TABLE bench.batches AS
     SELECT round, batch, jsonb_agg(to_jsonb(e) - '{round,batch}'::text[] ORDER BY event_time) AS events
       FROM bench.events AS e GROUP BY round, batch;

CREATE TABLE bench.points_events (LIKE rewards.points_events INCLUDING ALL);
CREATE TABLE bench.staged (batch integer, event rewards.points_events);
VACUUM ANALYZE;
CHECKPOINT;
