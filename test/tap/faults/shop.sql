-- Two companies that clients call under load: one without limits, and one whose members submit too much.
CREATE ROLE shop;
CREATE ROLE back_end LOGIN;
CREATE EXTENSION IF NOT EXISTS pg_rewards;
SELECT rewards.install(owner => 'shop');
SELECT count(*) FROM rewards.grant_access(app => 'back_end', admin => 'back_end');

INSERT INTO rewards.company_settings (company_id, events_per_hour, events_per_day, points_per_hour, points_per_day)
SELECT company.id::uuid, most, most, unlimited, unlimited
  FROM (VALUES ('a0000000-0000-4000-8000-000000000000', 9223372036854775807), ('b0000000-0000-4000-8000-000000000000', 20)) AS company (id, most),
       (SELECT 9223372036854775807 AS unlimited) AS most_of_all;
INSERT INTO rewards.point_rules (company_id, event_type, base_points)
    VALUES ('a0000000-0000-4000-8000-000000000000', 'visit', 2), ('b0000000-0000-4000-8000-000000000000', 'visit', 2);
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000000', 'three off', 3, 'fixed_amount', 3),
           ('a0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000000', 'leaflet', 0, 'fixed_amount', 1);
