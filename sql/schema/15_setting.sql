-- What each company has decided. Backends keep what they have read until a row changes.
CREATE TABLE rewards.company_settings (
    company_id              uuid     NOT NULL DEFAULT rewards.get_current_company_id(),
    trust_validate_at       integer,
    trust_review_at         integer,
    trust_version           integer,
    shadow_version          integer,
    hold_all                boolean,
    events_per_hour         bigint   CHECK (events_per_hour > 0),
    points_per_hour         bigint   CHECK (points_per_hour > 0),
    events_per_day          bigint   CHECK (events_per_day > 0),
    points_per_day          bigint   CHECK (points_per_day > 0),
    accepted_age            interval,
    accepted_ahead          interval,
    review_four_eyes_points bigint   CHECK (review_four_eyes_points >= 0),
    refunded_points_live    interval,
    redeem_enabled          boolean,
    claim_enabled           boolean,
    redemptions_per_hour    bigint   CHECK (redemptions_per_hour > 0),
    redemptions_per_day     bigint   CHECK (redemptions_per_day > 0),
    guesses_per_claimer     bigint   CHECK (guesses_per_claimer > 0),
    guesses_per_device      bigint   CHECK (guesses_per_device > 0),
    guesses_per_company     bigint   CHECK (guesses_per_company > 0),
    PRIMARY KEY (company_id),
    -- Together, so that a company's threshold never meets a default that contradicts it.
    CONSTRAINT company_settings_thresholds CHECK (
        (trust_validate_at IS NULL) = (trust_review_at IS NULL)
        AND trust_review_at >= 0 AND trust_review_at <= trust_validate_at AND trust_validate_at <= 100),
    -- A month has no fixed length.
    CONSTRAINT company_settings_lengths CHECK (
        accepted_age > '0' AND accepted_age <= '366 days'
        AND extract(year FROM accepted_age) = 0 AND extract(month FROM accepted_age) = 0
        AND accepted_ahead >= '0' AND accepted_ahead <= '1 day'
        AND extract(year FROM accepted_ahead) = 0 AND extract(month FROM accepted_ahead) = 0
        AND refunded_points_live > '0' AND refunded_points_live <= '36500 days'
        AND extract(year FROM refunded_points_live) = 0 AND extract(month FROM refunded_points_live) = 0),
    CONSTRAINT company_settings_default_complete CHECK (
        company_id <> '00000000-0000-0000-0000-000000000000'
        OR (trust_validate_at, trust_review_at, hold_all, events_per_hour, points_per_hour, events_per_day,
            points_per_day, accepted_age, accepted_ahead, refunded_points_live, redeem_enabled, claim_enabled,
            guesses_per_claimer, guesses_per_device, guesses_per_company) IS NOT NULL)
);
COMMENT ON TABLE rewards.company_settings IS 'Settings of each company. What is null is as in the row of company 00000000-0000-0000-0000-000000000000, the default; rewards.current_settings() shows what holds';
COMMENT ON COLUMN rewards.company_settings.company_id IS 'Whose settings; zeroes: the default of all companies';
COMMENT ON COLUMN rewards.company_settings.trust_validate_at IS 'Trust score (0 to 100) from which a submitted event is validated at once';
COMMENT ON COLUMN rewards.company_settings.trust_review_at IS 'Trust score from which it waits for review; below it is rejected';
COMMENT ON COLUMN rewards.company_settings.trust_version IS 'Version of the trust rules; null, in the default too: the newest';
COMMENT ON COLUMN rewards.company_settings.shadow_version IS 'Version of the trust rules that is scored along and decides nothing; null, in the default too: none';
COMMENT ON COLUMN rewards.company_settings.hold_all IS 'Every submitted event that its score does not reject waits for review';
COMMENT ON COLUMN rewards.company_settings.events_per_hour IS 'Events that an account may submit within any 60 minutes; unlimited: 9223372036854775807. Likewise for points and days (24 hours)';
COMMENT ON COLUMN rewards.company_settings.points_per_hour IS 'Points of events, rejected ones not counted, that an account may submit within any 60 minutes';
COMMENT ON COLUMN rewards.company_settings.events_per_day IS 'Events that an account may submit within any 24 hours; unlimited: 9223372036854775807';
COMMENT ON COLUMN rewards.company_settings.points_per_day IS 'Points of events, rejected ones not counted, that an account may submit within any 24 hours';
COMMENT ON COLUMN rewards.company_settings.accepted_age IS 'How old a submitted event may be, by its event_time. Nonces are remembered for this long and accepted_ahead, and for 7 days and 10 minutes at least; those of events submitted before it is raised, for as long as was right then';
COMMENT ON COLUMN rewards.company_settings.accepted_ahead IS 'How far in the future the event_time of a submitted event may be';
COMMENT ON COLUMN rewards.company_settings.review_four_eyes_points IS 'Events of more points than this need two approvals; null, in the default too: one is enough';
COMMENT ON COLUMN rewards.company_settings.refunded_points_live IS 'How long refunded points that expire can be spent at least, if their own date is sooner';
COMMENT ON COLUMN rewards.company_settings.redeem_enabled IS 'Points can be redeemed for coupons; false: the outcome is disabled';
COMMENT ON COLUMN rewards.company_settings.claim_enabled IS 'Codes can be claimed and held; false: the outcome is disabled';
COMMENT ON COLUMN rewards.company_settings.redemptions_per_hour IS 'Coupons an account may redeem within any 60 minutes; null, in the default too: no limit. Likewise for a day (24 hours)';
COMMENT ON COLUMN rewards.company_settings.redemptions_per_day IS 'Coupons an account may redeem within any 24 hours; null, in the default too: no limit';
COMMENT ON COLUMN rewards.company_settings.guesses_per_claimer IS 'Well-formed codes that do not exist, which one claimer may try within an hour before it has to wait. Likewise for a device, and for the whole company, beyond which claimers and devices have a tenth of theirs';
COMMENT ON COLUMN rewards.company_settings.guesses_per_device IS 'Well-formed codes that do not exist, which one device may try within an hour before it has to wait';
COMMENT ON COLUMN rewards.company_settings.guesses_per_company IS 'The same for the whole company, beyond which claimers and devices have a tenth of theirs';

INSERT INTO rewards.company_settings
    (company_id, trust_validate_at, trust_review_at, hold_all, events_per_hour, points_per_hour, events_per_day,
     points_per_day, accepted_age, accepted_ahead, refunded_points_live, redeem_enabled, claim_enabled,
     guesses_per_claimer, guesses_per_device, guesses_per_company)
    VALUES ('00000000-0000-0000-0000-000000000000', 60, 30, false, 100, 1000, 500, 5000, '7 days', '10 minutes', '30 days',
            true, true, 10, 10, 1000);

CREATE TRIGGER company_settings_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.company_settings
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
CREATE TRIGGER keep_default BEFORE DELETE ON rewards.company_settings
    FOR EACH ROW WHEN (OLD.company_id = '00000000-0000-0000-0000-000000000000')
    EXECUTE FUNCTION rewards.refuse_write('All companies depend on the default settings: UPDATE them.');
CREATE TRIGGER keep_default_in_place BEFORE UPDATE OF company_id ON rewards.company_settings
    FOR EACH ROW WHEN (OLD.company_id <> NEW.company_id)
    EXECUTE FUNCTION rewards.refuse_write('INSERT a row for the other company.');
CREATE TRIGGER keep_defaults BEFORE TRUNCATE ON rewards.company_settings
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('All companies depend on the default settings: UPDATE them.');

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.company_settings REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_update AFTER UPDATE ON rewards.company_settings REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_delete AFTER DELETE ON rewards.company_settings REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');

ALTER TABLE rewards.company_settings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.company_settings
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY defaults ON rewards.company_settings FOR SELECT
    USING (company_id = '00000000-0000-0000-0000-000000000000');
-- How suspicion is measured is nothing for those who are measured.
CREATE POLICY member ON rewards.company_settings AS RESTRICTIVE
    USING (rewards.get_current_user_id() IS NULL);
