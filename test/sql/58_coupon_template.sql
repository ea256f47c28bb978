-- Templates: staff create and change them without writing the table; what was promised stays on record.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000058a
\set company_b c0000000-0000-4000-8000-00000000058b
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('58b1'), :'company_b', 'of b', 1, 'product', 1);
CREATE VIEW audited AS
    SELECT action, actor, old - '{created_at,updated_at}'::text[] AS old, new - '{created_at,updated_at}'::text[] AS new
      FROM rewards.audit_log WHERE company_id = company('58a') ORDER BY id;

-- Staff, who may not write the table, create a template from an object: every member is a column, and what is not given
-- has its default.
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'anna', 'admin') \gset
SELECT rewards.create_coupon_template('{"template_name": "tea", "points_cost": 5, "coupon_value_type": "percentage", "coupon_value": 12.5,
    "metadata": {"colour": ["green"]}, "total_stock": 20, "starts_at": "2020-01-01T00:00:00Z", "terms_and_conditions": null}') AS tea \gset
SELECT rewards.create_coupon_template('{"template_name": "another", "points_cost": 5, "coupon_value_type": "product", "coupon_value": 1}')
       IS NOT NULL AS has_id;
COMMIT;
CREATE FUNCTION tea() RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM rewards.coupon_templates WHERE company_id = company('58a') AND template_name = 'tea' $$;
SELECT tea() = :'tea' AS created;
SELECT company_id = :'company_a' AS company_a, template_name, points_cost, coupon_value, starts_at = '2020-01-01 UTC' AS starts, is_active, high_value, metadata, total_stock
  FROM rewards.coupon_templates WHERE id = tea();
SELECT count(*) AS stripes, sum(allotted) AS allotted FROM rewards.coupon_stock WHERE template_id = tea();

-- They change it likewise; null takes a limit away, and updated_at follows, whoever changes it and however.
SELECT updated_at AS created_58 FROM rewards.coupon_templates WHERE id = tea() \gset
BEGIN;
SET LOCAL ROLE regress_rewards_admin;
SELECT rewards.set_company_context(:'company_a', 'bert', 'admin') \gset
SELECT rewards.change_coupon_template(tea(), '{"points_cost": 7, "starts_at": null, "metadata": {}}');
SELECT rewards.change_coupon_template(tea(), '{"total_stock": 30, "max_redemptions_per_user": 2}');
SELECT points_cost, starts_at, metadata, total_stock, updated_at > :'created_58' AS updated FROM rewards.coupon_templates WHERE id = tea();
COMMIT;
UPDATE rewards.coupon_templates SET updated_at = '2020-02-02 UTC' WHERE id = tea();
UPDATE rewards.coupon_templates SET points_cost = points_cost WHERE id = tea();
SELECT updated_at = '2020-02-02 UTC' AS as_it_was FROM rewards.coupon_templates WHERE id = tea();
UPDATE rewards.coupon_templates SET points_cost = 8 WHERE id = tea();
SELECT updated_at > :'created_58' AS updated FROM rewards.coupon_templates WHERE id = tea();

-- Who, what, before and after is in the audit log.
SELECT action, actor, jsonb_strip_nulls(old) - 'id' AS old, jsonb_strip_nulls(new) - 'id' AS new FROM audited;

-- Another company's template is none, and neither is one that does not exist.
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT rewards.change_coupon_template(offer('58b1'), '{"points_cost": 7}') AS of_another, rewards.change_coupon_template(offer('58ff'), '{"points_cost": 7}') AS unknown;
SELECT (rewards.restock_coupon(offer('58b1'), 1)).*;

-- What is not a template is an error, and nothing is half written.
SELECT state, message, hint, call FROM (VALUES
    ($$SELECT rewards.create_coupon_template('{"template_name": "x", "points": 1}')$$),
    ($$SELECT rewards.create_coupon_template('{"company_id": "c0000000-0000-4000-8000-00000000058b"}')$$),
    ($$SELECT rewards.create_coupon_template('{}')$$), ($$SELECT rewards.create_coupon_template('[]')$$),
    ($$SELECT rewards.create_coupon_template(NULL)$$),
    ($$SELECT rewards.create_coupon_template('{"template_name": "x", "points_cost": -1, "coupon_value_type": "product", "coupon_value": 1}')$$),
    ($$SELECT rewards.create_coupon_template('{"id": "b0000000-0000-4000-8000-0000000058b1", "template_name": "x", "points_cost": 1, "coupon_value_type": "product", "coupon_value": 1}')$$),
    ($$SELECT rewards.create_coupon_template('{"points_cost": "many"}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{"points_cost); DROP TABLE x; --": 1}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{"updated_at": "2020-01-01"}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{"tableoid": 1}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{}')$$), ($$SELECT rewards.change_coupon_template(tea(), '"x"')$$),
    ($$SELECT rewards.change_coupon_template(NULL, '{}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{"id": "b0000000-0000-4000-8000-0000000058a2"}')$$),
    ($$SELECT rewards.change_coupon_template(tea(), '{"coupon_value": 101}')$$)) AS calls (call), attempt(call);

-- A template is not removed, nor made another's, by whatever way.
SELECT state, message, hint, statement FROM (VALUES
    ($$DELETE FROM rewards.coupon_templates WHERE id = tea()$$),
    ($$DELETE FROM rewards.coupon_templates WHERE false$$),
    ($$TRUNCATE rewards.coupon_templates$$),
    ($$UPDATE rewards.coupon_templates SET id = offer('58a2') WHERE id = tea()$$),
    ($$UPDATE rewards.coupon_templates SET company_id = company('58b') WHERE id = tea()$$)) AS statements (statement), attempt(statement);
ROLLBACK;

-- Neither a member nor a back end without the grant does it.
BEGIN;
SELECT rewards.set_company_context(:'company_a', member('581')::text, 'user') \gset
SELECT state, message FROM (VALUES ($$SELECT rewards.create_coupon_template('{}')$$), ($$SELECT rewards.change_coupon_template(tea(), '{}')$$),
    ($$SELECT rewards.restock_coupon(tea(), 1)$$)) AS calls (call), attempt(call);
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT state FROM (VALUES ($$SELECT rewards.create_coupon_template('{}')$$), ($$SELECT rewards.change_coupon_template(tea(), '{}')$$),
    ($$SELECT rewards.restock_coupon(tea(), 1)$$)) AS calls (call), attempt(call);
ROLLBACK;
DROP VIEW audited;
DROP FUNCTION tea();
