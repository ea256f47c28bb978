-- The same programme on both sides: :accounts members with points for any number of redemptions.
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
     VALUES (:'template', 'bench', 1, 'fixed_amount', 5, 90);
SELECT count(rewards.award_points(md5(n::text)::uuid, 1000000000)) FROM generate_series(1, :accounts) AS n;

INSERT INTO baseline.templates VALUES (:'template', :'company', 1, 5, 90, true);
INSERT INTO baseline.accounts (user_id, company_id, available_points)
     SELECT md5(n::text)::uuid, :'company', 1000000000 FROM generate_series(1, :accounts) AS n;
VACUUM ANALYZE;
CHECKPOINT;
