-- What an event of each type earns. Events keep what they got when a rule changes later.
CREATE TABLE rewards.point_rules (
    company_id     uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_type     text        COLLATE "C" NOT NULL,
    description    text,
    base_points    bigint      NOT NULL,
    min_points     bigint,
    max_points     bigint,
    min_interval   interval,
    daily_cap      bigint,
    proof_required boolean     NOT NULL DEFAULT false,
    streak_days    integer[]   DEFAULT '{7,14,30,90}',
    streak_permille integer[]  DEFAULT '{1200,1300,1500,2000}',
    active_from    timestamptz,
    active_until   timestamptz,
    expires_after  interval,
    pending_for    interval,
    is_active      boolean     NOT NULL DEFAULT true,
    PRIMARY KEY (company_id, event_type),
    CONSTRAINT point_rules_sound CHECK (
        event_type <> '' AND octet_length(event_type) <= 100
        AND base_points >= 0 AND min_points >= 0 AND max_points >= 0 AND daily_cap >= 0
        AND min_points <= max_points
        AND active_from < active_until),
    CONSTRAINT point_rules_streak CHECK (
        (streak_days IS NULL) = (streak_permille IS NULL)
        AND array_ndims(streak_days) = 1 AND array_ndims(streak_permille) = 1
        AND cardinality(streak_days) BETWEEN 1 AND 16
        AND cardinality(streak_days) = cardinality(streak_permille)
        AND array_position(streak_days, NULL) IS NULL AND array_position(streak_permille, NULL) IS NULL
        AND 1 <= ALL (streak_days) AND 366 >= ALL (streak_days)
        AND 0 <= ALL (streak_permille) AND 100000 >= ALL (streak_permille)),
    -- A month has no fixed length. It matters for what is measured, and not for a date of expiry.
    CONSTRAINT point_rules_lengths CHECK (
        min_interval > '0' AND min_interval <= '366 days'
        AND extract(year FROM min_interval) = 0 AND extract(month FROM min_interval) = 0
        AND pending_for >= '0' AND pending_for <= '366 days'
        AND extract(year FROM pending_for) = 0 AND extract(month FROM pending_for) = 0
        AND expires_after > '0' AND expires_after <= '100 years')
);
COMMENT ON TABLE rewards.point_rules IS 'What a submitted event of each type earns. A company''s rule goes before that of company 00000000-0000-0000-0000-000000000000, which is for all; a type without a rule is refused (unknown_event_type)';
COMMENT ON COLUMN rewards.point_rules.company_id IS 'Whose rule; zeroes: the one for all companies';
COMMENT ON COLUMN rewards.point_rules.event_type IS 'Type of the submitted events that it is for';
COMMENT ON COLUMN rewards.point_rules.description IS 'What the rule is for, for staff';
COMMENT ON COLUMN rewards.point_rules.base_points IS 'Points of one event, times the step of its streak (rounded down), then not below min_points, not above max_points, and not above what is left of daily_cap';
COMMENT ON COLUMN rewards.point_rules.min_points IS 'Least points of one event; null: no least';
COMMENT ON COLUMN rewards.point_rules.max_points IS 'Most points of one event; null: no most';
COMMENT ON COLUMN rewards.point_rules.min_interval IS 'Least time between two events of the type on an account, by event_time, in either direction; null: none (refused: too_soon)';
COMMENT ON COLUMN rewards.point_rules.daily_cap IS 'Most points from events of the type on an account within a UTC day of event_time; more are recorded with the points that are left, or with 0';
COMMENT ON COLUMN rewards.point_rules.proof_required IS 'Events without a proof are refused (proof_required)';
COMMENT ON COLUMN rewards.point_rules.streak_days IS 'Consecutive UTC days of event_time, the event''s own included, with an event of the type about the same related entity: from so many days on, points are multiplied. In any order; null: no streaks';
COMMENT ON COLUMN rewards.point_rules.streak_permille IS 'The multiplier of each of streak_days, in thousandths: 1200 is times 1.2';
COMMENT ON COLUMN rewards.point_rules.active_from IS 'First event_time for which the rule holds; null: no first. Outside of it: event_type_inactive';
COMMENT ON COLUMN rewards.point_rules.active_until IS 'Event_time from which it does not hold any more; null: no end';
COMMENT ON COLUMN rewards.point_rules.expires_after IS 'Points expire so long after event_time, by the UTC calendar; null: never';
COMMENT ON COLUMN rewards.point_rules.pending_for IS 'Events wait so long as pending before validate_pending_events() decides them; null: they are decided at once';
COMMENT ON COLUMN rewards.point_rules.is_active IS 'false: events of the type are refused (event_type_inactive)';

CREATE TRIGGER point_rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.point_rules
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.point_rules REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_update AFTER UPDATE ON rewards.point_rules REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_delete AFTER DELETE ON rewards.point_rules REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');

ALTER TABLE rewards.point_rules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.point_rules
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY defaults ON rewards.point_rules FOR SELECT
    USING (company_id = '00000000-0000-0000-0000-000000000000');
CREATE POLICY member ON rewards.point_rules AS RESTRICTIVE
    USING (is_active OR rewards.get_current_user_id() IS NULL);
