-- Batches of :size events, two for each round, and a copy of the ledger that has its indexes and constraints and no triggers.
CREATE SCHEMA bench;
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('visit', 1);

-- Each round has 200 accounts of its own, so that no event comes near a limit or looks like a robot's.
CREATE FUNCTION bench.member(round integer, number integer) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN md5(format('%s-%s', round, number))::uuid;
SELECT count(rewards.award_points(bench.member(round, number), 1)) FROM generate_series(0, :rounds) AS round, generate_series(1, 200) AS number;

CREATE TABLE bench.batches (round integer, number integer, events jsonb, PRIMARY KEY (round, number));
INSERT INTO bench.batches
     SELECT round, number, jsonb_agg(jsonb_build_object('user_id', bench.member(round, 1 + n % 200), 'event_type', 'visit', 'nonce', format('%s-%s-%s', round, number, n),
                'event_time', now() - interval '1 day' * (3 - number - (n + 200 * random()) / (:size + 200))) ORDER BY n)
       FROM generate_series(0, :rounds) AS round, generate_series(1, 2) AS number, generate_series(1, :size) AS n
      GROUP BY round, number;

CREATE TABLE bench.points_events (LIKE rewards.points_events INCLUDING ALL);
CREATE TABLE bench.staged (number integer, event rewards.points_events);
VACUUM ANALYZE;
CHECKPOINT;
