-- Our side of what is compared: members with points for any number of redemptions, who have redeemed and submitted before, as those
-- of the baselines have. They are a year old, because the age of a young account has more digits to hash as time goes by. A member's
-- id is md5() of its number.
-- A refusal is an error here, so that nobody measures refusals: an account may submit 100 events an hour.
-- Variables: template, accounts (their number). The company is rewards.default_company_id, which is set for the database.
ALTER DATABASE :"DBNAME" SET rewards.on_refusal = 'raise';
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
     VALUES (:'template', 'bench', 1, 'fixed_amount', 5, 90);
INSERT INTO rewards.point_rules (event_type, base_points, streak_days, streak_permille) VALUES ('visit', 1, NULL, NULL);
INSERT INTO rewards.user_points_cache (user_id, opened_at) SELECT md5(n::text)::uuid, now() - interval '1 year' FROM generate_series(1, :accounts) AS n;
SELECT count(rewards.award_points(md5(n::text)::uuid, 1000000000)) FROM generate_series(1, :accounts) AS n;
SELECT count(rewards.redeem_coupon(md5((1 + n % :accounts)::text)::uuid, :'template', 'earlier ' || n)) FROM generate_series(1, 20000) AS n;
SELECT count(rewards.submit_points_event(md5(n::text)::uuid, 'visit', now() - interval '4 days', 'first')) FROM generate_series(1, :accounts) AS n;
VACUUM ANALYZE;
CHECKPOINT;
