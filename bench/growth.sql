-- What members of a long ledger need, to redeem, submit and claim as much as the bench wants.
-- Variables: template.
ALTER DATABASE :"DBNAME" SET rewards.on_refusal = 'raise';
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
     VALUES (:'template', 'bench', 1, 'fixed_amount', 5, 90);
INSERT INTO rewards.point_rules (event_type, base_points, streak_days, streak_permille) VALUES ('visit', 1, NULL, NULL);
UPDATE rewards.company_settings SET (events_per_hour, events_per_day, points_per_hour, points_per_day) = (1000000, 1000000, 1000000, 1000000);
CREATE TABLE bench.codes (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text);
