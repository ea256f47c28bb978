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
    opened_at        timestamptz NOT NULL DEFAULT now(),
    -- the account's chain of entries
    version          bigint      NOT NULL DEFAULT 0,
    chain_head       bytea,
    -- points that expire
    expiring_points  bigint      NOT NULL DEFAULT 0,
    next_expiry      timestamptz,
    -- what limits and trust know of the events that were submitted
    submitted_events   bigint    NOT NULL DEFAULT 0,
    rejected_events    bigint    NOT NULL DEFAULT 0,
    last_submitted_at  timestamptz,
    last_event_time    timestamptz,
    spacing_mean       bigint    NOT NULL DEFAULT 0,
    spacing_deviation  bigint    NOT NULL DEFAULT 0,
    hour_started       timestamptz,
    hour_events        bigint    NOT NULL DEFAULT 0,
    hour_points        bigint    NOT NULL DEFAULT 0,
    past_hour_events   bigint    NOT NULL DEFAULT 0,
    past_hour_points   bigint    NOT NULL DEFAULT 0,
    day_started        timestamptz,
    day_events         bigint    NOT NULL DEFAULT 0,
    day_points         bigint    NOT NULL DEFAULT 0,
    past_day_events    bigint    NOT NULL DEFAULT 0,
    past_day_points    bigint    NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, company_id),
    CONSTRAINT user_points_cache_never_negative
        CHECK (available_points >= 0 AND lifetime_earned >= 0 AND lifetime_spent >= 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE rewards.user_points_cache IS 'One row per account (a user in a company): its balance, derived from points_events, and the lock for every write to it';
COMMENT ON COLUMN rewards.user_points_cache.user_id IS 'The member';
COMMENT ON COLUMN rewards.user_points_cache.company_id IS 'The company in which the member has this account';
COMMENT ON COLUMN rewards.user_points_cache.available_points IS 'Sum of the validated events, in points; what the member can spend';
COMMENT ON COLUMN rewards.user_points_cache.pending_points IS 'Sum of the events that are neither validated nor rejected, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_earned IS 'Sum of the positive validated events, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_spent IS 'Sum of the negative validated events, in points, as a positive number; what expired unspent (points_expiry) is part of it, so that earned less spent is available';
COMMENT ON COLUMN rewards.user_points_cache.last_event_id IS 'The newest event of the account; null: none yet';
COMMENT ON COLUMN rewards.user_points_cache.updated_at IS 'When the row was last changed';
COMMENT ON COLUMN rewards.user_points_cache.opened_at IS 'When the account began: its first event, or the first that came in by SQL if that was earlier';
COMMENT ON COLUMN rewards.user_points_cache.version IS 'Number of the account''s newest entry: an event, or a later change of its status; there are no gaps';
COMMENT ON COLUMN rewards.user_points_cache.chain_head IS 'Hash of the newest entry, which contains the hash of the one before it';
COMMENT ON COLUMN rewards.user_points_cache.expiring_points IS 'The part of available_points that has a date of expiry (the sum of point_lots)';
COMMENT ON COLUMN rewards.user_points_cache.next_expiry IS 'When the first of them expire';
COMMENT ON COLUMN rewards.user_points_cache.submitted_events IS 'How many events were submitted, whatever became of them';
COMMENT ON COLUMN rewards.user_points_cache.rejected_events IS 'How many events with a trust score were rejected';
COMMENT ON COLUMN rewards.user_points_cache.last_submitted_at IS 'When the newest submitted event came in';
COMMENT ON COLUMN rewards.user_points_cache.last_event_time IS 'event_time of the submitted event that came in last';
COMMENT ON COLUMN rewards.user_points_cache.spacing_mean IS 'Moving average of the time between submitted events by their event_time, in milliseconds';
COMMENT ON COLUMN rewards.user_points_cache.spacing_deviation IS 'Moving average of how far a spacing is from that average, in milliseconds';
COMMENT ON COLUMN rewards.user_points_cache.hour_started IS 'Start of the hour that hour_events and hour_points count; past_hour_ counts the hour before it. Together they bound every rolling hour from above. Likewise for the day';
COMMENT ON COLUMN rewards.user_points_cache.hour_events IS 'Events submitted in the hour from hour_started';
COMMENT ON COLUMN rewards.user_points_cache.hour_points IS 'Points of the events submitted in the hour from hour_started, rejected ones not counted';
COMMENT ON COLUMN rewards.user_points_cache.past_hour_events IS 'Events submitted in the hour before that';
COMMENT ON COLUMN rewards.user_points_cache.past_hour_points IS 'Points of the events submitted in the hour before that';
COMMENT ON COLUMN rewards.user_points_cache.day_started IS 'Start of the day (24 hours) that day_events and day_points count';
COMMENT ON COLUMN rewards.user_points_cache.day_events IS 'Events submitted in the day from day_started';
COMMENT ON COLUMN rewards.user_points_cache.day_points IS 'Points of the events submitted in the day from day_started, rejected ones not counted';
COMMENT ON COLUMN rewards.user_points_cache.past_day_events IS 'Events submitted in the day before that';
COMMENT ON COLUMN rewards.user_points_cache.past_day_points IS 'Points of the events submitted in the day before that';

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
    expires_at          timestamptz,
    trust_features      integer[],
    trust_version       integer,
    shadow_score        integer,
    version             bigint,
    balance_after       bigint,
    entry_hash          bytea,
    xid                 bigint,
    system_id           bigint,
    PRIMARY KEY (user_id, id),
    CONSTRAINT points_events_sound CHECK (
        validation_status IN ('pending', 'validating', 'validated', 'rejected', 'pending_review', 'flagged')
        AND trust_score BETWEEN 0 AND 100
        AND points_delta >= -9223372036854775807  -- so that it can be taken back
        AND event_type <> '')
);
COMMENT ON TABLE rewards.points_events IS 'The ledger: append-only. The balance follows every INSERT and COPY; only the status of an event may change';
COMMENT ON COLUMN rewards.points_events.id IS 'Time-ordered identifier (UUID version 7) of the event';
COMMENT ON COLUMN rewards.points_events.user_id IS 'Member whose points they are';
COMMENT ON COLUMN rewards.points_events.company_id IS 'Company in which the member has them';
COMMENT ON COLUMN rewards.points_events.event_type IS 'What happened: award, a type of point_rules, or one of your own';
COMMENT ON COLUMN rewards.points_events.event_time IS 'When it happened, as the event says; attribution goes by this';
COMMENT ON COLUMN rewards.points_events.points_delta IS 'Points: positive earned, negative spent; counts once the event is validated';
COMMENT ON COLUMN rewards.points_events.proof_type IS 'What kind of proof came with a submitted event, in the app''s words';
COMMENT ON COLUMN rewards.points_events.proof_payload IS 'The proof itself, as the app sent it';
COMMENT ON COLUMN rewards.points_events.payload_hash IS 'What the app calls the payload; where given, unique on the account';
COMMENT ON COLUMN rewards.points_events.nonce IS 'The idempotency key that the event was asked for with; null: none';
COMMENT ON COLUMN rewards.points_events.trust_score IS 'How far a submitted event is believed, 0 to 100; null: nobody asked';
COMMENT ON COLUMN rewards.points_events.validation_status IS 'pending, validating, pending_review and flagged wait; validated counts; rejected never will';
COMMENT ON COLUMN rewards.points_events.validated_by IS 'Actor of the company context, or the database role, that decided the status';
COMMENT ON COLUMN rewards.points_events.validated_at IS 'When the status was decided; null: it has not been';
COMMENT ON COLUMN rewards.points_events.validation_notes IS 'Why, in the words of whoever decided';
COMMENT ON COLUMN rewards.points_events.device_id IS 'Device that it was submitted from, as the app names it';
COMMENT ON COLUMN rewards.points_events.device_info IS 'What the app says about the device';
COMMENT ON COLUMN rewards.points_events.ip_address IS 'Address that it was submitted from, as the back end says';
COMMENT ON COLUMN rewards.points_events.related_entity_type IS 'What kind of thing the event is about, in the words of the shop: order, habit, coupon';
COMMENT ON COLUMN rewards.points_events.related_entity_id IS 'Which of them';
COMMENT ON COLUMN rewards.points_events.created_at IS 'When the server recorded it; never goes back on an account';
COMMENT ON COLUMN rewards.points_events.expires_at IS 'When these points expire, unless they are spent before; null: never';
COMMENT ON COLUMN rewards.points_events.trust_features IS 'What the trust rules saw, in the order of rewards.trust_features(); null elements were unknown';
COMMENT ON COLUMN rewards.points_events.trust_version IS 'Version of the trust rules that gave trust_score';
COMMENT ON COLUMN rewards.points_events.shadow_score IS 'Score that the company''s shadow version of the trust rules would have given';
COMMENT ON COLUMN rewards.points_events.version IS 'Number of this entry on its account. Null for an event that came in by SQL: its entry is in ledger_entries';
COMMENT ON COLUMN rewards.points_events.balance_after IS 'Available points of the account after this entry';
COMMENT ON COLUMN rewards.points_events.entry_hash IS 'SHA-256 of this entry and of the hash of the account''s entry before it';
COMMENT ON COLUMN rewards.points_events.xid IS 'Transaction that wrote the entry (its xid8 as a number, which BRIN can index), on the server of system_id: the blocks of seal_ledger() go by it';
COMMENT ON COLUMN rewards.points_events.system_id IS 'Identifier of the server (pg_control_system) that wrote the entry';

-- Entries that have no room in an event's own row: an event that came in by SQL (kind event), and a
-- change of an event's status (kind status), which keeps what it changed.
CREATE TABLE rewards.ledger_entries (
    user_id          uuid        NOT NULL,
    company_id       uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    version          bigint      NOT NULL,
    event_id         uuid        NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('event', 'status')),
    recorded_at      timestamptz NOT NULL,
    balance_after    bigint      NOT NULL,
    old_status       text,
    old_validated_by text,
    old_validated_at timestamptz,
    old_notes        text,
    new_status       text,
    new_validated_by text,
    new_validated_at timestamptz,
    new_notes        text,
    entry_hash       bytea       NOT NULL,
    xid              bigint      NOT NULL,
    system_id        bigint      NOT NULL,
    PRIMARY KEY (user_id, company_id, version)
);
COMMENT ON TABLE rewards.ledger_entries IS 'Entries of accounts that are not in an event''s own row: events written by SQL, and changes of status. rewards.ledger shows all entries in order';
COMMENT ON COLUMN rewards.ledger_entries.user_id IS 'Member whose account it is';
COMMENT ON COLUMN rewards.ledger_entries.company_id IS 'Company in which the member has it';
COMMENT ON COLUMN rewards.ledger_entries.version IS 'Number of the entry on its account';
COMMENT ON COLUMN rewards.ledger_entries.event_id IS 'The event that was written, or whose status changed';
COMMENT ON COLUMN rewards.ledger_entries.kind IS 'event: it was written by SQL; status: its status changed';
COMMENT ON COLUMN rewards.ledger_entries.recorded_at IS 'When the server recorded the entry; never goes back on an account';
COMMENT ON COLUMN rewards.ledger_entries.balance_after IS 'Available points of the account after this entry';
COMMENT ON COLUMN rewards.ledger_entries.old_status IS 'validation_status of the event before a change; null for an event';
COMMENT ON COLUMN rewards.ledger_entries.old_validated_by IS 'validated_by before a change';
COMMENT ON COLUMN rewards.ledger_entries.old_validated_at IS 'validated_at before a change';
COMMENT ON COLUMN rewards.ledger_entries.old_notes IS 'validation_notes before a change';
COMMENT ON COLUMN rewards.ledger_entries.new_status IS 'validation_status after a change; null for an event';
COMMENT ON COLUMN rewards.ledger_entries.new_validated_by IS 'validated_by after a change';
COMMENT ON COLUMN rewards.ledger_entries.new_validated_at IS 'validated_at after a change';
COMMENT ON COLUMN rewards.ledger_entries.new_notes IS 'validation_notes after a change';
COMMENT ON COLUMN rewards.ledger_entries.entry_hash IS 'SHA-256 of this entry and of the hash of the account''s entry before it';
COMMENT ON COLUMN rewards.ledger_entries.xid IS 'Transaction that wrote the entry, on the server of system_id: the blocks of seal_ledger() go by it';
COMMENT ON COLUMN rewards.ledger_entries.system_id IS 'Identifier of the server (pg_control_system) that wrote the entry';
CREATE INDEX ledger_entries_event ON rewards.ledger_entries (event_id, version);
-- seal_ledger() reads what came last. system_id is there because another server's transactions have
-- other numbers; autosummarize, because pages that no summary knows are read every time.
CREATE INDEX ledger_entries_xid ON rewards.ledger_entries USING brin (system_id, xid) WITH (autosummarize = on);
CREATE INDEX points_events_xid ON rewards.points_events USING brin (system_id, xid) WITH (autosummarize = on);

CREATE VIEW rewards.ledger WITH (security_invoker = true) AS
    SELECT user_id, company_id, version, id AS event_id, 'event' AS kind, created_at AS recorded_at,
           balance_after, entry_hash, xid, system_id
      FROM rewards.points_events WHERE version IS NOT NULL
    UNION ALL
    SELECT user_id, company_id, version, event_id, kind, recorded_at,
           balance_after, entry_hash, xid, system_id
      FROM rewards.ledger_entries;
COMMENT ON VIEW rewards.ledger IS 'Every entry of every account: an event (kind event) or a change of its status (kind status), numbered without gaps by version and chained by entry_hash';

CREATE INDEX points_events_history ON rewards.points_events (user_id, company_id, event_time, id);
-- A reviewer knows an event by its id alone, and ids are in the order of time.
CREATE INDEX points_events_undecided ON rewards.points_events (company_id, id)
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
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events, and never change.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.ledger_entries
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events, and never change.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events: write your event there.');
CREATE TRIGGER open_at_zero BEFORE INSERT ON rewards.user_points_cache
    FOR EACH ROW EXECUTE FUNCTION rewards.open_account_at_zero();

-- The guards hold for replication roles too; keeping balances must not, as a subscriber receives the balances themselves.
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER guard_update;
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE rewards.ledger_entries ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.ledger_entries ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.user_points_cache ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.user_points_cache
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.user_points_cache AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());

ALTER TABLE rewards.points_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.points_events
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.points_events AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());

ALTER TABLE rewards.ledger_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.ledger_entries
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.ledger_entries AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
