-- What an event may earn: the table of rules. What comes of it is in 56_rule_applied.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000350a
\set company_b c0000000-0000-4000-8000-00000000350b
\set nil 00000000-0000-0000-0000-000000000000
\set member_1 a0000000-0000-4000-8000-000000003501
SET intervalstyle = postgres;

-- No rule comes with the tables: what earns points is the company's to say.
SELECT count(*) AS installed FROM rewards.point_rules;

-- A rule needs a type and its points; unless told otherwise it has streaks, and no bounds.
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_a', 'check_in', 10);
\x on
SELECT * FROM rewards.point_rules;
\x off

-- What cannot be meant is refused.
SELECT change, state, substring(message FROM '"[a-z_]*"( violates.*)?$') AS rule
  FROM unnest(ARRAY[
    'event_type = ''''', 'event_type = repeat(''x'', 101)', 'base_points = NULL', 'base_points = -1', 'min_points = -1',
    'max_points = -1', 'min_points = 6, max_points = 5', 'daily_cap = -1', 'active_from = ''2026-01-01'', active_until = ''2026-01-01''',
    'streak_days = NULL', 'streak_permille = NULL', 'streak_days = ''{}'', streak_permille = ''{}''',
    'streak_days = ''{7}''', 'streak_days = ''{7,14,30,NULL}''', 'streak_permille = ''{1,2,3,NULL}''',
    'streak_days = ''{0,14,30,90}''', 'streak_days = ''{7,14,30,367}''', 'streak_permille = ''{-1,1,1,1}''',
    'streak_permille = ''{1,1,1,100001}''', 'streak_days = ''{{7,14},{30,90}}''', 'streak_permille = ''{{1,1},{1,1}}''',
    'streak_days = array_fill(7, ''{17}''), streak_permille = array_fill(7, ''{17}'')',
    'min_interval = ''0''', 'min_interval = ''1 month''', 'min_interval = ''1 year''', 'min_interval = ''367 days''', 'pending_for = ''-1 second''',
    'pending_for = ''1 month -29 days''', 'pending_for = ''1 year''', 'pending_for = ''367 days''', 'expires_after = ''0''',
    'expires_after = ''-1 month''', 'expires_after = ''101 years''', 'is_active = NULL', 'proof_required = NULL']) AS change,
       attempt(format('UPDATE rewards.point_rules SET %s', change));

-- What lies at the edges is not. Dates of expiry may go by months, as calendars do.
BEGIN;
UPDATE rewards.point_rules
   SET event_type = repeat('x', 100), base_points = 0, min_points = 0, max_points = 0, daily_cap = 0,
       streak_days = array_fill(366, '{16}'), streak_permille = array_fill(100000, '{16}'),
       min_interval = '1 microsecond', pending_for = '366 days', expires_after = '12 months',
       active_from = '-infinity', active_until = 'infinity';
UPDATE rewards.point_rules SET streak_days = NULL, streak_permille = NULL, min_interval = '366 days', expires_after = '100 years';
ROLLBACK;

-- One rule for a type and company.
SELECT state FROM attempt($$INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (company('350a'), 'check_in', 1)$$);

-- A company sees its own rules and the defaults; a member those of them that are active; nobody writes.
INSERT INTO rewards.point_rules (company_id, event_type, base_points, is_active) VALUES
    (:'company_a', 'retired', 5, false), (:'company_b', 'visit', 7, true),
    (:'nil', 'check_in', 1, true), (:'nil', 'review', 2, true), (:'nil', 'past', 2, false);
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin');
SET LOCAL ROLE regress_rewards_app;
SELECT count(*) AS without_a_context FROM rewards.point_rules WHERE company_id <> :'nil';
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT company_id = :'nil' AS is_default, event_type, base_points FROM rewards.point_rules ORDER BY 1, 2;
SELECT state FROM attempt('UPDATE rewards.point_rules SET base_points = 1000000');
SELECT state FROM attempt('DELETE FROM rewards.point_rules');
ROLLBACK;
BEGIN;
SELECT count(*) > 0 AS granted FROM rewards.grant_access('regress_rewards_app', 'regress_rewards_admin');
SET LOCAL ROLE regress_rewards_app;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT company_id = :'nil' AS is_default, event_type, base_points FROM rewards.point_rules ORDER BY 1, 2;
ROLLBACK;

-- The owner of the tables changes and deletes the rules of the company that it acts for, and no others.
BEGIN;
SET LOCAL ROLE "regress_rewards Owner";
SELECT rewards.set_company_context(:'company_a') \gset
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('purchase', 3);
WITH changed AS (UPDATE rewards.point_rules SET base_points = base_points + 1 RETURNING event_type, base_points)
SELECT * FROM changed ORDER BY 1;
WITH gone AS (DELETE FROM rewards.point_rules RETURNING event_type) SELECT * FROM gone ORDER BY 1;
SELECT state FROM attempt($$INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (company('350b'), 'x', 1)$$);
ROLLBACK;
DELETE FROM rewards.point_rules;
RESET intervalstyle;
