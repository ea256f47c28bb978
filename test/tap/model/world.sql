-- Three companies with the same four members: twelve accounts. Each company has limits of another kind, and templates
-- that a member may have often, twice, and for a while. What sessions were told goes into model.answer.
CREATE SCHEMA model;

CREATE TABLE model.company (id uuid PRIMARY KEY);
INSERT INTO model.company SELECT format('%s0000000-0000-4000-8000-000000000000', letter)::uuid FROM unnest(ARRAY['a', 'b', 'c']) letter;

CREATE TABLE model.answer (
    actor       text        NOT NULL,
    operation   integer     NOT NULL,
    row         integer     NOT NULL,
    kind        text        NOT NULL,
    company_id  uuid        NOT NULL,
    user_id     uuid,
    nonce       text        COLLATE "C",
    request     jsonb,
    level       text        NOT NULL,
    fate        text        NOT NULL CHECK (fate IN ('committed', 'undone', 'unknown')),
    asked_at    timestamptz,
    answered_at timestamptz,
    ended_at    timestamptz NOT NULL,
    sqlstate    text,
    answer      jsonb
);
COMMENT ON COLUMN model.answer.actor IS 'Session and transaction; the actor of the context, too, unless that is a member';
COMMENT ON TABLE model.answer IS 'What sessions asked and were told; unknown: the client did not hear whether it was committed';

INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value, max_redemptions_per_user, expires_after_days)
SELECT overlay(company.id::text placing kind.number from 36)::uuid, company.id, kind.name, kind.cost, 'fixed_amount', 1, kind.most, kind.days
  FROM model.company, (VALUES ('1', 'often', 40, NULL::int, NULL::int), ('2', 'twice', 3, 2, NULL), ('3', 'for a while', 8, NULL, 30)) AS kind (number, name, cost, most, days);

INSERT INTO rewards.point_rules (company_id, event_type, base_points, min_interval, daily_cap, proof_required, expires_after, pending_for, is_active, streak_days, streak_permille)
SELECT company.id, rule.*, NULL, NULL
  FROM model.company, (VALUES
    ('visit', 5, NULL::interval, NULL::bigint, false, NULL::interval, NULL::interval, true),
    ('purchase', 30, NULL, NULL, false, NULL, NULL, true),
    ('flash', 20, NULL, NULL, false, '1 hour', NULL, true),
    ('spaced', 3, '1 hour', NULL, false, NULL, NULL, true),
    ('capped', 10, NULL, 25, false, NULL, NULL, true),
    ('proved', 7, NULL, NULL, true, NULL, NULL, true),
    ('waiting', 12, NULL, NULL, false, NULL, '1 second', true),
    ('closed', 1, NULL, NULL, false, NULL, NULL, false)) AS rule;

-- The first company limits events within an hour, the second one points, the third one events within a day: some limit
-- is reached soon, and some when the run of so many :seconds is half over.
INSERT INTO rewards.company_settings (company_id, events_per_hour, points_per_hour, events_per_day, points_per_day,
                                      trust_validate_at, trust_review_at, review_four_eyes_points, refunded_points_live)
SELECT id, CASE number WHEN 1 THEN 20 ELSE unlimited END, CASE number WHEN 2 THEN 60 * :seconds ELSE unlimited END,
       CASE number WHEN 3 THEN 8 * :seconds ELSE unlimited END, unlimited,
       CASE number WHEN 3 THEN 0 ELSE 60 END, CASE number WHEN 3 THEN 0 ELSE 30 END,
       CASE number WHEN 3 THEN 15 END, CASE number WHEN 3 THEN '1 second'::interval END
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS number, 9223372036854775807 AS unlimited FROM model.company) AS company;
