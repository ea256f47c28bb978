-- What makes an event less, or more, to be trusted. The defaults belong to the company of zeros; their
-- versions are below 1000 and those of companies start there, so that the version stored with an event
-- says whose rules scored it, whatever is added later.
CREATE TABLE rewards.trust_rules (
    company_id uuid    NOT NULL DEFAULT rewards.get_current_company_id(),
    version    integer NOT NULL,
    rule       text    NOT NULL,
    feature    text    NOT NULL,
    comparison text    NOT NULL,
    threshold  integer NOT NULL,
    weight     integer NOT NULL,
    sentence   text    NOT NULL,
    PRIMARY KEY (company_id, version, rule),
    CONSTRAINT trust_rules_version_says_whose CHECK (
        version >= 1 AND (company_id = '00000000-0000-0000-0000-000000000000') = (version < 1000)),
    CONSTRAINT trust_rules_sound CHECK (
        rule ~ '^[a-z][a-z0-9_]{0,47}$'
        AND feature IN ('always', 'spacing_ms', 'hourly_events', 'device_accounts', 'device_is_new', 'attestation',
                        'app_recognized', 'request_bound', 'counter_fresh', 'clock_ahead_s', 'event_age_s',
                        'account_age_s', 'nonce_conflicts', 'open_insights', 'rejected_percent', 'spacing_variation')
        AND comparison IN ('<', '<=', '=', '>=', '>')
        AND weight BETWEEN -100 AND 100
        AND sentence <> ''),
    CONSTRAINT trust_rules_base_is_for_everybody CHECK (
        (rule = 'base') = (feature = 'always') AND (rule <> 'base' OR (comparison = '=' AND threshold = 1))),
    -- What a client chooses only lowers a score, and so does the absence of a proof.
    CONSTRAINT trust_rules_raise_by_proof_only CHECK (
        weight <= 0
        OR (feature IN ('always', 'attestation', 'app_recognized', 'request_bound', 'counter_fresh', 'account_age_s')
            AND comparison IN ('=', '>=', '>') AND threshold >= 1))
);
COMMENT ON TABLE rewards.trust_rules IS 'Versions of the rules that score submitted events. The score is the sum of the weights of the rules that apply, from 0 to 100. A version is inserted by one statement and never changes';
COMMENT ON COLUMN rewards.trust_rules.company_id IS 'Whose rules; the company of zeros has the defaults, for companies that have none';
COMMENT ON COLUMN rewards.trust_rules.version IS 'Below 1000: of the defaults; from 1000 on: of a company. The newest is in force, unless the settings name another';
COMMENT ON COLUMN rewards.trust_rules.rule IS 'Name, as it appears in the reasons of a score; base is the one that everybody starts from';
COMMENT ON COLUMN rewards.trust_rules.feature IS 'What the rule looks at, one of rewards.trust_features(): _ms milliseconds, _s seconds, _percent percent, spacing_variation thousandths, attestation 0 none, 1 invalid, 2 basic integrity only, 3 device, 4 strong; others are counts, or 0 and 1. What is unknown applies to no rule';
COMMENT ON COLUMN rewards.trust_rules.comparison IS 'How the feature is compared with threshold: <, <=, =, >= or >';
COMMENT ON COLUMN rewards.trust_rules.threshold IS 'What it is compared with, in the unit of the feature';
COMMENT ON COLUMN rewards.trust_rules.weight IS 'Added to the score where the rule applies; positive only where a proof is present';
COMMENT ON COLUMN rewards.trust_rules.sentence IS 'Why the rule is there, for staff who look at an event';

CREATE TRIGGER trust_rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.trust_rules
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
CREATE TRIGGER require_whole_version AFTER INSERT ON rewards.trust_rules
    REFERENCING NEW TABLE AS new_rules
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.require_whole_trust_version();
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.trust_rules
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write(
        'Old scores are explained by these rules: insert a new version of all of them.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.trust_rules
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write(
        'Old scores are explained by these rules: insert a new version of all of them.');
ALTER TABLE rewards.trust_rules ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.trust_rules ENABLE ALWAYS TRIGGER refuse_row_write;

-- Validated from 60, rejected below 30. Everybody starts at 70, and all proofs together make 92: a rule that is
-- to reject whatever else is known weighs more than 62, one that is to bring before a reviewer, and no further,
-- between 33 and 40.
INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
SELECT '00000000-0000-0000-0000-000000000000', 1, rule, feature, comparison, threshold, weight, sentence
  FROM (VALUES
    ('base', 'always', '=', 1, 70,
     'An event of which nothing bad is known is accepted, with or without attestation.'),

    ('attestation_device', 'attestation', '>=', 3, 5,
     'The device has shown that it is a genuine one.'),
    ('attestation_strong', 'attestation', '>=', 4, 5,
     'The device has shown in hardware that it is a genuine one.'),
    ('attestation_for_this_request', 'request_bound', '=', 1, 8,
     'The attestation was made for this very request.'),
    ('attestation_counter_fresh', 'counter_fresh', '=', 1, 4,
     'The attestation was not used before.'),
    ('attestation_basic_only', 'attestation', '=', 2, -35,
     'The device is rooted, unlocked or emulated: it has basic integrity only.'),
    ('attestation_invalid', 'attestation', '=', 1, -40,
     'There is an attestation, and it does not verify.'),
    ('attestation_for_another_request', 'request_bound', '=', 0, -80,
     'The attestation was made for another request: the hash does not match what was submitted.'),
    ('attestation_replayed', 'counter_fresh', '=', 0, -80,
     'The attestation was used before: its counter did not move on.'),
    ('app_not_recognized', 'app_recognized', '=', 0, -40,
     'The app that sent it is not the one that was published.'),

    ('spacing_below_one_second', 'spacing_ms', '<', 1000, -80,
     'Less than a second lies between this event and the one before it: nobody does that by hand.'),
    ('spacing_below_three_seconds', 'spacing_ms', '<', 3000, -10,
     'Less than three seconds lie between this event and the one before it.'),
    ('spacing_robotic', 'spacing_variation', '<', 50, -35,
     'The events come at intervals that differ by less than a twentieth, as from a timer.'),
    ('busy_hour', 'hourly_events', '>=', 40, -5,
     'Many events within an hour; a phone that was offline may send as many.'),
    ('very_busy_hour', 'hourly_events', '>=', 80, -20,
     'More events within an hour than an offline phone would have collected.'),

    ('device_new', 'device_is_new', '=', 1, -5,
     'The account has not used this device before.'),
    ('device_shared', 'device_accounts', '>=', 5, -10,
     'More accounts use this device than a family has members.'),
    ('device_crowded', 'device_accounts', '>=', 10, -25,
     'As many accounts use this device as on one that collects for others.'),

    ('clock_ahead', 'clock_ahead_s', '>=', 60, -5,
     'The event says that it happened a minute or more from now.'),
    ('clock_far_ahead', 'clock_ahead_s', '>=', 300, -5,
     'The event says that it happened five minutes or more from now.'),
    ('event_late', 'event_age_s', '>=', 259200, -5,
     'The event was sent three days or more after it happened.'),
    ('account_new', 'account_age_s', '<', 86400, -5,
     'The account is less than a day old.'),

    ('nonce_conflict', 'nonce_conflicts', '>=', 1, -5,
     'A nonce of the account came again with another request.'),
    ('nonce_conflicts_repeated', 'nonce_conflicts', '>=', 3, -25,
     'Nonces of the account came again with other requests, three times or more.'),
    ('nonce_conflicts_many', 'nonce_conflicts', '>=', 5, -45,
     'Nonces of the account came again with other requests, five times or more: somebody replays what was sent.'),
    ('insight_open', 'open_insights', '>=', 1, -5,
     'A suspicion about the account has not been resolved.'),
    ('insights_open', 'open_insights', '>=', 3, -20,
     'Three or more suspicions about the account have not been resolved.'),
    ('often_rejected', 'rejected_percent', '>=', 20, -10,
     'A fifth or more of the account''s events were rejected.'),
    ('mostly_rejected', 'rejected_percent', '>=', 50, -20,
     'Half or more of the account''s events were rejected.')
  ) AS defaults (rule, feature, comparison, threshold, weight, sentence);

-- A version stays once it is there, so that looking when it is named is enough.
CREATE TRIGGER require_trust_versions BEFORE INSERT OR UPDATE OF trust_version, shadow_version ON rewards.company_settings
    FOR EACH ROW EXECUTE FUNCTION rewards.require_trust_versions();

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.trust_rules REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');

ALTER TABLE rewards.trust_rules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.trust_rules
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY defaults ON rewards.trust_rules FOR SELECT
    USING (company_id = '00000000-0000-0000-0000-000000000000');
-- Whoever knows the rules knows how to stay below them.
CREATE POLICY member ON rewards.trust_rules AS RESTRICTIVE
    USING (rewards.get_current_user_id() IS NULL);
