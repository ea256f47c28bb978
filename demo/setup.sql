-- What a programme does once: roles, the extension, its tables, access for the back end, and coupons to redeem.
-- Run by a superuser in an empty database; the variable company is the company's id.

SELECT 'CREATE ROLE shop_owner NOLOGIN' WHERE to_regrole('shop_owner') IS NULL \gexec
SELECT 'CREATE ROLE shop_app LOGIN' WHERE to_regrole('shop_app') IS NULL \gexec
SELECT 'CREATE ROLE shop_reports LOGIN' WHERE to_regrole('shop_reports') IS NULL \gexec

CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop_owner');
SELECT rewards.grant_access(app => 'shop_app', tenant => 'shop_reports');

-- The owner of the tables is under row-level security, too: it writes for the company that it names.
SET ROLE shop_owner;
BEGIN;
SELECT rewards.set_company_context(:'company', 'setup', 'admin');
INSERT INTO rewards.coupon_templates
    (template_name, points_cost, coupon_value_type, coupon_value,
     expires_after_days, max_redemptions_per_user, high_value, total_stock)
VALUES ('birthday coffee', 0, 'product', 1, 30, 1, false, NULL),
       ('free coffee', 60, 'product', 1, 90, NULL, false, NULL),
       ('5.00 off', 150, 'fixed_amount', 5, 90, NULL, false, NULL),
       ('20 percent off', 400, 'percentage', 20, 365, NULL, true, NULL),
       ('concert ticket', 0, 'product', 1, NULL, 1, true, 5),
       ('leaflet', 0, 'percentage', 10, 30, NULL, false, NULL);
COMMIT;
RESET ROLE;

-- The shop's own table, in a schema of its own: what happened, as the files say it.
CREATE SCHEMA shop AUTHORIZATION shop_app;
SET ROLE shop_app;
CREATE TABLE shop.activity (
    position   bigint      PRIMARY KEY,
    member     text        NOT NULL,
    user_id    uuid        NOT NULL,
    event_type text        NOT NULL,
    event_time timestamptz NOT NULL,
    amount     numeric     NOT NULL,
    key        text        NOT NULL
);
RESET ROLE;

-- And one for all companies that sell through the shop, which rewards will keep apart.
CREATE TABLE shop.orders (
    company_id uuid NOT NULL,
    order_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    item       text NOT NULL,
    PRIMARY KEY (company_id, order_id)
);
ALTER TABLE shop.orders OWNER TO shop_owner;
GRANT USAGE ON SCHEMA shop TO shop_owner, shop_reports;
GRANT SELECT, INSERT ON shop.orders TO shop_app, shop_reports;
