-- The account row is the lock: whoever writes for a user of a company holds this row first.
CREATE TABLE rewards.user_points_cache (
    user_id          uuid        NOT NULL,
    company_id       uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    available_points bigint      NOT NULL DEFAULT 0,
    pending_points   bigint      NOT NULL DEFAULT 0,
    lifetime_earned  bigint      NOT NULL DEFAULT 0,
    lifetime_spent   bigint      NOT NULL DEFAULT 0,
    last_event_id    uuid,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, company_id),
    CONSTRAINT user_points_cache_never_negative
        CHECK (available_points >= 0 AND lifetime_earned >= 0 AND lifetime_spent >= 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE rewards.user_points_cache IS 'One row per account (a user in a company): its balance, derived from points_events, and the lock for every write to it';
COMMENT ON COLUMN rewards.user_points_cache.available_points IS 'Sum of the validated events, in points; what the member can spend';
COMMENT ON COLUMN rewards.user_points_cache.pending_points IS 'Sum of the events that are neither validated nor rejected, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_earned IS 'Sum of the positive validated events, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_spent IS 'Sum of the negative validated events, in points, as a positive number';

CREATE TABLE rewards.points_events (
    id                  uuid        NOT NULL DEFAULT rewards.uuidv7(),
    user_id             uuid        NOT NULL,
    company_id          uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_type          text        NOT NULL,
    event_time          timestamptz NOT NULL,
    points_delta        bigint      NOT NULL,
    proof_type          text,
    proof_payload       jsonb,
    payload_hash        text,
    nonce               text        COLLATE "C",
    trust_score         integer,
    validation_status   text        NOT NULL DEFAULT 'pending',
    validated_by        text,
    validated_at        timestamptz,
    validation_notes    text,
    device_id           text,
    device_info         jsonb,
    ip_address          inet,
    related_entity_type text,
    related_entity_id   text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT points_events_sound CHECK (
        validation_status IN ('pending', 'validating', 'validated', 'rejected', 'pending_review', 'flagged')
        AND trust_score BETWEEN 0 AND 100
        AND points_delta >= -9223372036854775807  -- so that it can be taken back
        AND event_type <> '')
);
COMMENT ON TABLE rewards.points_events IS 'The ledger: append-only. The balance follows every INSERT and COPY; only the status of an event may change';
COMMENT ON COLUMN rewards.points_events.points_delta IS 'Points: positive earned, negative spent; counts once the event is validated';
COMMENT ON COLUMN rewards.points_events.event_time IS 'When it happened, as the event says; attribution goes by this';
COMMENT ON COLUMN rewards.points_events.created_at IS 'When the server recorded it; never goes back on an account';
COMMENT ON COLUMN rewards.points_events.validated_by IS 'Actor of the company context, or the database role, that decided the status';

CREATE INDEX points_events_history ON rewards.points_events (user_id, company_id, event_time);
CREATE INDEX points_events_undecided ON rewards.points_events (company_id, created_at)
    WHERE validation_status IN ('pending', 'validating', 'pending_review', 'flagged');
CREATE UNIQUE INDEX points_events_payload ON rewards.points_events (user_id, company_id, payload_hash)
    WHERE payload_hash IS NOT NULL;

-- Rows that functions write have their balance kept by the function, which fires no statement
-- triggers; these two keep it for every other way in.
CREATE TRIGGER keep_balance_on_insert AFTER INSERT ON rewards.points_events
    REFERENCING NEW TABLE AS new_events
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.keep_balance();
CREATE TRIGGER keep_balance_on_update AFTER UPDATE ON rewards.points_events
    REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.keep_balance();

-- Statement triggers are those of the table that a statement names; row triggers hold as well for a
-- statement that comes by way of another table, and for replication.
CREATE TRIGGER guard_update BEFORE UPDATE ON rewards.points_events
    FOR EACH ROW EXECUTE FUNCTION rewards.guard_event_update();
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.points_events
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write(
        'The ledger is append-only; corrections are new events: see award_points() and deduct_points().');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.points_events
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write(
        'The ledger is append-only; corrections are new events: see award_points() and deduct_points().');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.user_points_cache
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write(
        'An account lives as long as its events.');
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.user_points_cache
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write(
        'An account lives as long as its events.');
CREATE TRIGGER refuse_update BEFORE UPDATE ON rewards.user_points_cache
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write(
        'Balances follow points_events; refresh_user_points_cache() rebuilds one.');
CREATE TRIGGER open_at_zero BEFORE INSERT ON rewards.user_points_cache
    FOR EACH ROW EXECUTE FUNCTION rewards.open_account_at_zero();

-- The guards hold for replication roles too; keeping balances must not, as a subscriber receives the balances themselves.
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER guard_update;
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_update;

ALTER TABLE rewards.user_points_cache ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.user_points_cache
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.user_points_cache AS RESTRICTIVE
    USING (user_id = rewards.get_current_user_id() OR rewards.get_current_user_id() IS NULL);

ALTER TABLE rewards.points_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.points_events
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.points_events AS RESTRICTIVE
    USING (user_id = rewards.get_current_user_id() OR rewards.get_current_user_id() IS NULL);
