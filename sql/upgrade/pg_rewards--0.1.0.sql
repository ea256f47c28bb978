\echo Use "CREATE EXTENSION pg_rewards" to load this file. \quit
-- A plain CREATE SCHEMA on purpose: it fails when a schema of this name exists, which somebody else
-- might own and shadow our functions in. IF NOT EXISTS, or a schema line in the control file, would adopt it.
CREATE SCHEMA rewards;
COMMENT ON SCHEMA rewards IS 'pg_rewards: points ledger, coupons and tenant isolation. Functions belong to the extension; tables belong to you and are created by rewards.install().';
-- Code and data apart: CREATE EXTENSION brings the functions, install() the tables, migrate() their changes.

-- The newest version of the data that the library reads and writes.
CREATE FUNCTION rewards.code_data_version() RETURNS integer
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_code_data_version';
COMMENT ON FUNCTION rewards.code_data_version() IS
    'The newest version of the data that the library works with; compare rewards.data_version';

-- A statement trigger on tables that backends keep in memory: a change makes each of them read again.
CREATE FUNCTION rewards.forget_cached_table() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_forget_cached_table';
COMMENT ON FUNCTION rewards.forget_cached_table() IS
    'Trigger: makes every backend read the table again when it has changed';

-- A statement trigger on tables that only functions write, or that only grow.
CREATE FUNCTION rewards.refuse_write() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION '% on table "%" is not allowed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = TG_ARGV[0], TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END
$function$;
COMMENT ON FUNCTION rewards.refuse_write() IS
    'Trigger: refuses the statement (restrict_violation), for superusers too; its argument is the hint';

CREATE FUNCTION rewards.install(owner regrole DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $install$
#variable_conflict use_column
DECLARE
    tables_owner name := coalesce(owner::oid::regrole::text, quote_ident(current_user));
    tables_owner_id oid := coalesce(owner::oid, current_user::regrole::oid);
    installed regclass;
BEGIN
    IF to_regclass('rewards.data_version') IS NOT NULL THEN
        RAISE EXCEPTION 'the rewards tables are already installed in database "%"', current_database()
            USING ERRCODE = 'duplicate_table', HINT = 'After an update of the extension, call rewards.migrate().';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE oid = tables_owner_id) THEN
        RAISE EXCEPTION 'role "%" does not exist', owner USING ERRCODE = 'undefined_object';
    END IF;
    IF (SELECT rolsuper FROM pg_roles WHERE oid = tables_owner_id) THEN
        RAISE WARNING 'the rewards tables will belong to a superuser, whom row-level security does not hold'
            USING HINT = 'Name the role that deploys your schema: SELECT rewards.install(owner => ''that_role'').';
    END IF;

-- The version of the data, as opposed to the version of the code. One row; code refuses to write
-- when it does not know this version.
CREATE TABLE rewards.data_version (
    singleton  boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    version    integer     NOT NULL CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE rewards.data_version IS 'Version of the pg_rewards tables in this database; written by install() and migrate()';

-- Every backend remembers that it has checked the version; a change makes all of them look again.
CREATE TRIGGER data_version_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.data_version
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();

-- The version of these files, whatever the library can do.
INSERT INTO rewards.data_version (version) VALUES (1);
-- Which keys of the key file this database's coupons and tokens were made with, so that a wrong or lost file is noticed
-- before anything is issued under it, and what each is still good for. Of the whole database: no company owns one, and
-- functions alone write. Fingerprints only.
CREATE TABLE rewards.master_keys (
    slot          smallint    PRIMARY KEY,
    kind          text        NOT NULL DEFAULT 'derived',
    state         text        NOT NULL,
    fingerprint   bytea       NOT NULL,
    layer_slot    smallint,
    layer_next    uuid,
    created_at    timestamptz NOT NULL,
    created_by    text        NOT NULL,
    retired_at    timestamptz,
    retired_by    text,
    CONSTRAINT master_keys_sound CHECK (
        kind IN ('derived', 'legacy')
        AND slot BETWEEN 0 AND 31
        AND state IN ('issuing', 'verify_only', 'retired')
        AND octet_length(fingerprint) = 16
        AND layer_slot BETWEEN 0 AND 31 AND layer_slot <> slot
        AND (state <> 'issuing' OR kind = 'derived' AND layer_slot IS NULL)
        AND (kind = 'derived' OR layer_slot IS NOT NULL)
        AND (state = 'retired') = (retired_at IS NOT NULL)
        AND (retired_at IS NULL) = (retired_by IS NULL))
);
COMMENT ON TABLE rewards.master_keys IS 'The keys that this database has used, for coupons or tokens: fingerprints; the keys themselves are in the file rewards.key_file. See rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key()';
COMMENT ON COLUMN rewards.master_keys.slot IS 'Where in the key file the key is; never used again for another';
COMMENT ON COLUMN rewards.master_keys.kind IS 'derived: a master key of ours; legacy: the secret of a programme that issued codes before';
COMMENT ON COLUMN rewards.master_keys.state IS 'issuing (one: makes new codes and tokens), verify_only (older codes and tokens stay good) or retired (nothing needs it, and its line may go from the file)';
COMMENT ON COLUMN rewards.master_keys.fingerprint IS 'Tells keys apart and tells nothing about them; of a legacy secret two bytes and zeroes, because a secret that can be guessed could be tried against more';
COMMENT ON COLUMN rewards.master_keys.layer_slot IS 'The slot whose key is laid over code_hash of coupons of this one: see relayer_coupon_key(); null: none';
COMMENT ON COLUMN rewards.master_keys.layer_next IS 'The coupon that relayer_coupon_key() goes on with; null: not begun, or through';

CREATE UNIQUE INDEX master_keys_issuing ON rewards.master_keys (state) WHERE state = 'issuing';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key() change keys; they stay on record.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.master_keys
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_coupon_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.master_keys
    FOR EACH ROW WHEN (OLD.state = 'retired' OR OLD.slot <> NEW.slot OR OLD.kind <> NEW.kind OR OLD.fingerprint <> NEW.fingerprint
                       OR OLD.layer_slot <> NEW.layer_slot OR OLD.layer_slot IS NOT NULL AND NEW.layer_slot IS NULL
                       OR OLD.created_at <> NEW.created_at OR OLD.created_by <> NEW.created_by)
    EXECUTE FUNCTION rewards.refuse_write('A key can be laid over, once, and be retired, once; it stays what it is.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key() adds keys.');
CREATE TRIGGER master_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.master_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_change;
-- Which keys make and check company tokens. Of the whole database: no company owns one, and functions alone write.
-- A number and a slot of the key file, and nothing secret.
CREATE TABLE rewards.token_keys (
    key_id     integer     PRIMARY KEY,
    slot       smallint    NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    retired_at timestamptz,
    retired_by text,
    CONSTRAINT token_keys_sound CHECK (
        key_id > 0
        AND slot BETWEEN 0 AND 31
        AND (retired_at IS NULL) = (retired_by IS NULL))
);
COMMENT ON TABLE rewards.token_keys IS 'Keys of company tokens: the newest that is not retired makes new ones, and the tokens of all that are not retired are accepted. See rotate_token_key() and retire_token_key()';
COMMENT ON COLUMN rewards.token_keys.key_id IS 'What a token names its key by; never used again';
COMMENT ON COLUMN rewards.token_keys.slot IS 'Slot of the key file (rewards.key_file) that the key is derived from';
COMMENT ON COLUMN rewards.token_keys.retired_at IS 'Since when none of its tokens is accepted; there is no way back';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.token_keys
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');
CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.token_keys
    FOR EACH ROW WHEN (OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR OLD.key_id <> NEW.key_id
                       OR OLD.slot <> NEW.slot OR OLD.created_at <> NEW.created_at OR OLD.created_by <> NEW.created_by)
    EXECUTE FUNCTION rewards.refuse_write('A key can be retired, once, and nothing else.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_token_key() makes keys.');
CREATE TRIGGER token_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.token_keys
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_change;
-- What staff and maintenance did, beyond what the books themselves say. Only grows.
CREATE TABLE rewards.audit_log (
    id         uuid        NOT NULL DEFAULT rewards.uuidv7(),
    company_id uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    user_id    uuid,
    action     text        NOT NULL,
    table_name text,
    actor      text        NOT NULL,
    old        jsonb,
    new        jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entry_hash bytea       NOT NULL,
    xid        bigint      NOT NULL,
    system_id  bigint      NOT NULL,
    PRIMARY KEY (company_id, id)  -- which is in the order of time
);
COMMENT ON TABLE rewards.audit_log IS 'Who did what in a company, with what it was before and after; append-only';
COMMENT ON COLUMN rewards.audit_log.company_id IS 'The company that it was about; zeroes for all of them: defaults, and cross-company access. Only cross-company access sees those';
COMMENT ON COLUMN rewards.audit_log.user_id IS 'The member whose account it was about; null when it was about none';
COMMENT ON COLUMN rewards.audit_log.action IS 'What was done: the name of a function, or INSERT, UPDATE or DELETE for a row that SQL changed (audit_changes())';
COMMENT ON COLUMN rewards.audit_log.table_name IS 'The table of a row that SQL changed, with its schema, quoted where SQL needs it; null for what functions record';
COMMENT ON COLUMN rewards.audit_log.actor IS 'Actor of the company context or, without one, the role that logged in';
COMMENT ON COLUMN rewards.audit_log.entry_hash IS 'SHA-256 of the columns before it: see audit_entry_hash()';
COMMENT ON COLUMN rewards.audit_log.xid IS 'Transaction that wrote the row, on the server of system_id: the blocks of seal_ledger() go by it';

CREATE INDEX audit_log_of_user ON rewards.audit_log (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_xid ON rewards.audit_log USING brin (system_id, xid) WITH (autosummarize = on);

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.audit_log
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What is done is recorded by those who do it.');
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.audit_log
    USING (company_id = rewards.get_back_end_company_id());
-- Who sets the defaults has a context of that company, and reads no more for it than others.
CREATE POLICY all_companies ON rewards.audit_log AS RESTRICTIVE
    USING (company_id <> '00000000-0000-0000-0000-000000000000' OR rewards.crosses_companies());
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
COMMENT ON COLUMN rewards.company_settings.trust_validate_at IS 'Trust score (0 to 100) from which a submitted event is validated at once';
COMMENT ON COLUMN rewards.company_settings.trust_review_at IS 'Trust score from which it waits for review; below it is rejected';
COMMENT ON COLUMN rewards.company_settings.trust_version IS 'Version of the trust rules; null, in the default too: the newest';
COMMENT ON COLUMN rewards.company_settings.shadow_version IS 'Version of the trust rules that is scored along and decides nothing; null, in the default too: none';
COMMENT ON COLUMN rewards.company_settings.hold_all IS 'Every submitted event that its score does not reject waits for review';
COMMENT ON COLUMN rewards.company_settings.events_per_hour IS 'Events that an account may submit within any 60 minutes; unlimited: 9223372036854775807. Likewise for points and days (24 hours)';
COMMENT ON COLUMN rewards.company_settings.points_per_hour IS 'Points of events, rejected ones not counted, that an account may submit within any 60 minutes';
COMMENT ON COLUMN rewards.company_settings.accepted_age IS 'How old a submitted event may be, by its event_time. Nonces are remembered for this long and accepted_ahead, and for 7 days and 10 minutes at least; those of events submitted before it is raised, for as long as was right then';
COMMENT ON COLUMN rewards.company_settings.accepted_ahead IS 'How far in the future the event_time of a submitted event may be';
COMMENT ON COLUMN rewards.company_settings.review_four_eyes_points IS 'Events of more points than this need two approvals; null, in the default too: one is enough';
COMMENT ON COLUMN rewards.company_settings.refunded_points_live IS 'How long refunded points that expire can be spent at least, if their own date is sooner';
COMMENT ON COLUMN rewards.company_settings.redeem_enabled IS 'Points can be redeemed for coupons; false: the outcome is disabled';
COMMENT ON COLUMN rewards.company_settings.claim_enabled IS 'Codes can be claimed and held; false: the outcome is disabled';
COMMENT ON COLUMN rewards.company_settings.redemptions_per_hour IS 'Coupons an account may redeem within any 60 minutes; null, in the default too: no limit. Likewise for a day (24 hours)';
COMMENT ON COLUMN rewards.company_settings.guesses_per_claimer IS 'Well-formed codes that do not exist, which one claimer may try within an hour before it has to wait. Likewise for a device, and for the whole company, beyond which claimers and devices have a tenth of theirs';

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
CREATE TABLE rewards.used_nonces (
    user_id     uuid        NOT NULL,
    company_id  uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    nonce       text        COLLATE "C" NOT NULL,
    event_type  text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    fingerprint bytea,
    event_id    uuid,
    coupon_id   uuid,
    coupon_ids  uuid[],
    balance     bigint,
    PRIMARY KEY (user_id, company_id, nonce)
);
COMMENT ON TABLE rewards.used_nonces IS 'Idempotency keys that have been used: what was asked (fingerprint) and what was answered (event, coupon, balance)';
COMMENT ON COLUMN rewards.used_nonces.fingerprint IS 'SHA-256 of the request; a null fingerprint (a nonce carried over from another system) matches no request';
COMMENT ON COLUMN rewards.used_nonces.coupon_ids IS 'The coupons of redeem_coupons(), in the order of its request';
COMMENT ON COLUMN rewards.used_nonces.balance IS 'Available points that the first answer reported';

-- Clean-up walks the table in the order it was written.
CREATE INDEX used_nonces_expires_at ON rewards.used_nonces USING brin (expires_at);

-- A nonce that is changed, or gone too soon, lets its request in a second time.
CREATE TRIGGER refuse_update BEFORE UPDATE ON rewards.used_nonces
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('A nonce stays as it was used; cleanup_expired_nonces() forgets it in time.');
CREATE TRIGGER keep_unexpired BEFORE DELETE ON rewards.used_nonces
    FOR EACH ROW WHEN (OLD.expires_at >= now())
    EXECUTE FUNCTION rewards.refuse_write('A nonce can be deleted when it has expired; see cleanup_expired_nonces().');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON rewards.used_nonces
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('A nonce can be deleted when it has expired; see cleanup_expired_nonces().');
ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER keep_unexpired;
ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER refuse_truncate;

ALTER TABLE rewards.used_nonces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.used_nonces
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.used_nonces AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());

-- A longer accepted_age must not open the door to events whose nonces are gone already.
CREATE TABLE rewards.forgotten_nonces (
    company_id uuid        PRIMARY KEY DEFAULT rewards.get_current_company_id(),
    used_until timestamptz NOT NULL
);
COMMENT ON TABLE rewards.forgotten_nonces IS 'Up to when the nonces were used that cleanup_expired_nonces() has removed: submitted events from before are not accepted, whatever accepted_age says';

ALTER TABLE rewards.forgotten_nonces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.forgotten_nonces
    USING (company_id = rewards.get_back_end_company_id());
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
COMMENT ON COLUMN rewards.user_points_cache.available_points IS 'Sum of the validated events, in points; what the member can spend';
COMMENT ON COLUMN rewards.user_points_cache.pending_points IS 'Sum of the events that are neither validated nor rejected, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_earned IS 'Sum of the positive validated events, in points';
COMMENT ON COLUMN rewards.user_points_cache.lifetime_spent IS 'Sum of the negative validated events, in points, as a positive number; what expired unspent (points_expiry) is part of it, so that earned less spent is available';
COMMENT ON COLUMN rewards.user_points_cache.version IS 'Number of the account''s newest entry: an event, or a later change of its status; there are no gaps';
COMMENT ON COLUMN rewards.user_points_cache.chain_head IS 'Hash of the newest entry, which contains the hash of the one before it';
COMMENT ON COLUMN rewards.user_points_cache.expiring_points IS 'The part of available_points that has a date of expiry (the sum of point_lots)';
COMMENT ON COLUMN rewards.user_points_cache.next_expiry IS 'When the first of them expire';
COMMENT ON COLUMN rewards.user_points_cache.spacing_mean IS 'Moving average of the time between submitted events by their event_time, in milliseconds';
COMMENT ON COLUMN rewards.user_points_cache.spacing_deviation IS 'Moving average of how far a spacing is from that average, in milliseconds';
COMMENT ON COLUMN rewards.user_points_cache.hour_started IS 'Start of the hour that hour_events and hour_points count; past_hour_ counts the hour before it. Together they bound every rolling hour from above. Likewise for the day';

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
COMMENT ON COLUMN rewards.points_events.points_delta IS 'Points: positive earned, negative spent; counts once the event is validated';
COMMENT ON COLUMN rewards.points_events.event_time IS 'When it happened, as the event says; attribution goes by this';
COMMENT ON COLUMN rewards.points_events.created_at IS 'When the server recorded it; never goes back on an account';
COMMENT ON COLUMN rewards.points_events.validated_by IS 'Actor of the company context, or the database role, that decided the status';
COMMENT ON COLUMN rewards.points_events.expires_at IS 'When these points expire, unless they are spent before; null: never';
COMMENT ON COLUMN rewards.points_events.trust_features IS 'What the trust rules saw, in the order of rewards.trust_features(); null elements were unknown';
COMMENT ON COLUMN rewards.points_events.trust_version IS 'Version of the trust rules that gave trust_score';
COMMENT ON COLUMN rewards.points_events.shadow_score IS 'Score that the company''s shadow version of the trust rules would have given';
COMMENT ON COLUMN rewards.points_events.version IS 'Number of this entry on its account. Null for an event that came in by SQL: its entry is in ledger_entries';
COMMENT ON COLUMN rewards.points_events.balance_after IS 'Available points of the account after this entry';
COMMENT ON COLUMN rewards.points_events.entry_hash IS 'SHA-256 of this entry and of the hash of the account''s entry before it';
COMMENT ON COLUMN rewards.points_events.xid IS 'Transaction that wrote the entry (its xid8 as a number, which BRIN can index), on the server of system_id: the blocks of seal_ledger() go by it';

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
-- Earned points with a date of expiry that are not spent yet. What of a balance is in no lot never expires.
CREATE TABLE rewards.point_lots (
    user_id    uuid        NOT NULL,
    company_id uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    expires_at timestamptz NOT NULL,
    event_id   uuid        NOT NULL,
    remaining  bigint      NOT NULL CHECK (remaining > 0),
    PRIMARY KEY (user_id, company_id, expires_at, event_id)
);
COMMENT ON TABLE rewards.point_lots IS 'Points that expire and are not spent: one row for each event that earned some. Those that expire soonest are spent first';
COMMENT ON COLUMN rewards.point_lots.event_id IS 'The event that earned them';
COMMENT ON COLUMN rewards.point_lots.remaining IS 'What is left of them, in points';

CREATE TABLE rewards.point_lot_uses (
    user_id      uuid        NOT NULL,
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_id     uuid        NOT NULL,
    lot_event_id uuid        NOT NULL,
    expires_at   timestamptz NOT NULL,
    points       bigint      NOT NULL CHECK (points > 0),
    PRIMARY KEY (user_id, company_id, event_id, lot_event_id, expires_at)
);
COMMENT ON TABLE rewards.point_lot_uses IS 'Which expiring points an event spent, so that a refund can give them back with their date';
COMMENT ON COLUMN rewards.point_lot_uses.event_id IS 'The event that spent them';

CREATE INDEX user_points_cache_expiry ON rewards.user_points_cache (company_id, next_expiry) WHERE next_expiry IS NOT NULL;

CREATE VIEW rewards.points_liability WITH (security_invoker = true) AS
    SELECT company_id, date_trunc('month', expires_at, 'UTC') AS expiry_month, sum(remaining)::bigint AS points,
           count(DISTINCT user_id) AS accounts
      FROM rewards.point_lots GROUP BY company_id, date_trunc('month', expires_at, 'UTC')
    UNION ALL
    SELECT company_id, NULL, sum(available_points - expiring_points)::bigint, count(*)
      FROM rewards.user_points_cache WHERE available_points > expiring_points GROUP BY company_id;
COMMENT ON VIEW rewards.points_liability IS 'Points that members hold, by the UTC month in which they expire; a null month: never';

-- A subscriber gets the rows by COPY: INSERT is refused to everybody but replication.
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lots
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.point_lots
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lot_uses
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.point_lot_uses
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.point_lot_uses
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events, and never changes.');
ALTER TABLE rewards.point_lots ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.point_lots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.point_lots
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.point_lots AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());

ALTER TABLE rewards.point_lot_uses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.point_lot_uses
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.point_lot_uses AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
-- Every arm of the union has rows of an account, so that a condition on user_id reaches the index of each. The sums are
-- numeric: what is wrong may be anything.
CREATE VIEW rewards.ledger_discrepancies WITH (security_invoker = true) AS
    SELECT user_id, company_id,
           array_remove(ARRAY[
               CASE WHEN NOT has_account THEN 'account' END,
               CASE WHEN available_points <> ledger_available THEN 'available_points' END,
               CASE WHEN pending_points <> ledger_pending THEN 'pending_points' END,
               CASE WHEN lifetime_earned <> ledger_earned THEN 'lifetime_earned' END,
               CASE WHEN lifetime_spent <> ledger_spent THEN 'lifetime_spent' END,
               CASE WHEN expiring_points <> ledger_expiring OR expiring_points > available_points THEN 'expiring_points' END],
               NULL) AS differs,
           available_points, ledger_available, pending_points, ledger_pending, lifetime_earned, ledger_earned,
           lifetime_spent, ledger_spent, expiring_points, ledger_expiring
      FROM (SELECT user_id, company_id, bool_or(is_account) AS has_account,
                   max(available_points) AS available_points,
                   coalesce(sum(earned), 0) + coalesce(sum(spent), 0) AS ledger_available,
                   max(pending_points) AS pending_points, coalesce(sum(pending), 0) AS ledger_pending,
                   max(lifetime_earned) AS lifetime_earned, coalesce(sum(earned), 0) AS ledger_earned,
                   max(lifetime_spent) AS lifetime_spent, -coalesce(sum(spent), 0) AS ledger_spent,
                   max(expiring_points) AS expiring_points, coalesce(sum(remaining), 0) AS ledger_expiring
              FROM (SELECT user_id, company_id, true, available_points, pending_points, lifetime_earned, lifetime_spent,
                           expiring_points, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
                      FROM rewards.user_points_cache
                    UNION ALL
                    SELECT user_id, company_id, false, NULL, NULL, NULL, NULL, NULL,
                           CASE WHEN validation_status NOT IN ('validated', 'rejected') THEN points_delta END,
                           CASE WHEN validation_status = 'validated' AND points_delta > 0 THEN points_delta END,
                           CASE WHEN validation_status = 'validated' AND points_delta < 0 THEN points_delta END, NULL
                      FROM rewards.points_events
                    UNION ALL
                    SELECT user_id, company_id, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, remaining
                      FROM rewards.point_lots)
                   AS book (user_id, company_id, is_account, available_points, pending_points, lifetime_earned,
                            lifetime_spent, expiring_points, pending, earned, spent, remaining)
             GROUP BY user_id, company_id) AS account
     WHERE NOT has_account
        OR (available_points, pending_points, lifetime_earned, lifetime_spent, expiring_points)
           IS DISTINCT FROM (ledger_available, ledger_pending, ledger_earned, ledger_spent, ledger_expiring)
        OR expiring_points > available_points;
COMMENT ON VIEW rewards.ledger_discrepancies IS 'Accounts whose figures are not what their events and lots say, at this moment: empty, unless somebody has gone around the ledger. differs names the columns, or account where there is none. reconcile_ledger() is the quick way to look at millions of accounts';

-- A company's accounts, and the way from one company to the next: see rewards.companies().
CREATE INDEX user_points_cache_company ON rewards.user_points_cache (company_id);
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
COMMENT ON COLUMN rewards.point_rules.base_points IS 'Points of one event, times the step of its streak (rounded down), then not below min_points, not above max_points, and not above what is left of daily_cap';
COMMENT ON COLUMN rewards.point_rules.min_interval IS 'Least time between two events of the type on an account, by event_time, in either direction; null: none (refused: too_soon)';
COMMENT ON COLUMN rewards.point_rules.daily_cap IS 'Most points from events of the type on an account within a UTC day of event_time; more are recorded with the points that are left, or with 0';
COMMENT ON COLUMN rewards.point_rules.proof_required IS 'Events without a proof are refused (proof_required)';
COMMENT ON COLUMN rewards.point_rules.streak_days IS 'Consecutive UTC days of event_time, the event''s own included, with an event of the type about the same related entity: from so many days on, points are multiplied. In any order; null: no streaks';
COMMENT ON COLUMN rewards.point_rules.streak_permille IS 'The multiplier of each of streak_days, in thousandths: 1200 is times 1.2';
COMMENT ON COLUMN rewards.point_rules.active_from IS 'First event_time for which the rule holds; null: no first. Outside of it: event_type_inactive';
COMMENT ON COLUMN rewards.point_rules.active_until IS 'Event_time from which it does not hold any more; null: no end';
COMMENT ON COLUMN rewards.point_rules.expires_after IS 'Points expire so long after event_time, by the UTC calendar; null: never';
COMMENT ON COLUMN rewards.point_rules.pending_for IS 'Events wait so long as pending before validate_pending_events() decides them; null: they are decided at once';

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
-- Blocks: every so often, the entries of all transactions that have ended since are sealed under one
-- hash. Whoever keeps the newest hash outside can prove later that nothing before it was changed.
CREATE TABLE rewards.ledger_blocks (
    company_id    uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    block         bigint      NOT NULL,
    system_id     bigint      NOT NULL,
    from_xid      bigint      NOT NULL,
    to_xid        bigint      NOT NULL,
    entries       bigint      NOT NULL,
    root          bytea       NOT NULL,
    previous_hash bytea       NOT NULL,
    block_hash    bytea       NOT NULL,
    sealed_at     timestamptz NOT NULL,
    sealed_by     text        NOT NULL,
    PRIMARY KEY (company_id, block),
    UNIQUE (company_id, system_id, to_xid),
    CONSTRAINT ledger_blocks_sound CHECK (block > 0 AND from_xid >= 0 AND from_xid < to_xid AND entries >= 0)
);
COMMENT ON TABLE rewards.ledger_blocks IS 'Sealed blocks of the ledger of a company, written by seal_ledger(), each with the hash of the one before it';
COMMENT ON COLUMN rewards.ledger_blocks.block IS 'Number of the block in its company: from 1, without gaps';
COMMENT ON COLUMN rewards.ledger_blocks.system_id IS 'Identifier of the server (pg_control_system) whose transactions wrote the entries';
COMMENT ON COLUMN rewards.ledger_blocks.from_xid IS 'The block has the entries of this server''s transactions from this one ...';
COMMENT ON COLUMN rewards.ledger_blocks.to_xid IS '... up to, and not including, this one; all of them have ended';
COMMENT ON COLUMN rewards.ledger_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the entries, ordered by user_id and version. A leaf is 56 bytes: user_id, version (big-endian), entry_hash';
COMMENT ON COLUMN rewards.ledger_blocks.previous_hash IS 'block_hash of the block before this one; 32 bytes of zero in the first';
COMMENT ON COLUMN rewards.ledger_blocks.block_hash IS 'SHA-256 of all other columns: see block_hash()';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.ledger_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.ledger_blocks
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.ledger_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');
ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.ledger_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.ledger_blocks
    USING (company_id = rewards.get_back_end_company_id());

-- What is in the audit log is sealed likewise, and by the same call.
CREATE TABLE rewards.audit_blocks (
    LIKE rewards.ledger_blocks INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING COMMENTS,
    CONSTRAINT audit_blocks_sound CHECK (block > 0 AND from_xid >= 0 AND from_xid < to_xid AND entries >= 0)
);
COMMENT ON TABLE rewards.audit_blocks IS 'Sealed blocks of the audit log of a company (zeroes: what is about all of them), written by seal_ledger(), each with the hash of the one before it';
COMMENT ON COLUMN rewards.audit_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the rows of audit_log, ordered by id. A leaf is 48 bytes: id, entry_hash';

CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.audit_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.audit_blocks
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');
ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.audit_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.audit_blocks
    USING (company_id = rewards.get_back_end_company_id());
CREATE POLICY all_companies ON rewards.audit_blocks AS RESTRICTIVE
    USING (company_id <> '00000000-0000-0000-0000-000000000000' OR rewards.crosses_companies());

-- Both books in one form, for what seals and verifies them.
CREATE VIEW rewards.book_blocks WITH (security_invoker = true) AS
    SELECT 'ledger' AS book, b.* FROM ONLY rewards.ledger_blocks b
    UNION ALL
    SELECT 'audit', b.* FROM ONLY rewards.audit_blocks b;
COMMENT ON VIEW rewards.book_blocks IS 'Blocks of the ledger and of the audit log';
CREATE VIEW rewards.book_entries WITH (security_invoker = true) AS
    SELECT 'ledger' AS book, company_id, system_id, xid, recorded_at, uuid_send(user_id) || int8send(version) AS place, entry_hash
      FROM rewards.ledger
    UNION ALL
    SELECT 'audit', company_id, system_id, xid, created_at, uuid_send(id), entry_hash FROM ONLY rewards.audit_log;
COMMENT ON VIEW rewards.book_entries IS 'Entries of the ledger and rows of the audit log, as they are in blocks: a leaf is the place and the hash of the entry, leaves are in the order of their places';

-- One row for the company of the context, however long the ledger is: only what is not sealed is read.
CREATE VIEW rewards.ledger_seal_lag WITH (security_invoker = true) AS
    SELECT company.id AS company_id, unsealed.entries AS unsealed_entries, unsealed.oldest AS oldest_unsealed,
           greatest(statement_timestamp() - unsealed.oldest, '0') AS lag, newest.block AS last_block, newest.sealed_at
      FROM (SELECT rewards.get_current_company_id()) AS company (id)
      LEFT JOIN LATERAL (SELECT b.block, b.sealed_at FROM rewards.ledger_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS newest ON true
      CROSS JOIN rewards.unsealed_entries() AS unsealed
     WHERE company.id IS NOT NULL;
COMMENT ON VIEW rewards.ledger_seal_lag IS 'How far seal_ledger() is behind, for the company of the context: entries in no block yet, since when the oldest of them has been waiting (lag), and the last block. A long transaction holds all later entries back';
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
-- Which devices has an account been seen on, and who else uses them? A phone with many accounts is a farm.
CREATE TABLE rewards.account_devices (
    user_id       uuid        NOT NULL,
    company_id    uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    device_id     text        COLLATE "C" NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, company_id, device_id),
    CHECK (octet_length(device_id) BETWEEN 1 AND 255)
);
COMMENT ON TABLE rewards.account_devices IS 'Devices from which events of an account were submitted';
COMMENT ON COLUMN rewards.account_devices.device_id IS 'As the app names the device, 1 to 255 bytes; it means something within its company only';

-- How many accounts share a device.
CREATE INDEX account_devices_device ON rewards.account_devices (company_id, device_id);

ALTER TABLE rewards.account_devices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.account_devices
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.account_devices AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
-- What attestation has been seen before? A row is whatever must not be played twice: a Play Integrity token, or the
-- counter of an App Attest key. Keys are told apart, because an app that is installed anew has another key, whose
-- counter starts again, on a device that may still have its old name.
CREATE TABLE rewards.attestation_cache (
    user_id                uuid        NOT NULL,
    company_id             uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    attestation_token_hash text        COLLATE "C" NOT NULL,
    device_id              text        COLLATE "C",
    platform               text        NOT NULL,
    is_valid               boolean     NOT NULL,
    integrity_verdict      jsonb,
    counter                bigint,
    verified_at            timestamptz NOT NULL DEFAULT now(),
    expires_at             timestamptz NOT NULL,
    device_info            jsonb,
    PRIMARY KEY (user_id, company_id, attestation_token_hash),
    CHECK (counter >= 0)
) WITH (fillfactor = 80);
COMMENT ON TABLE rewards.attestation_cache IS 'Attestations that were examined, so that none is accepted twice: one row per Play Integrity token, until it is too old to be accepted anyway, and per App Attest key';
COMMENT ON COLUMN rewards.attestation_cache.attestation_token_hash IS 'SHA-256, in hexadecimal digits, of what names the token (the request details of a Play Integrity verdict) or the App Attest key';
COMMENT ON COLUMN rewards.attestation_cache.device_id IS 'Device that it last came from, as the app names it';
COMMENT ON COLUMN rewards.attestation_cache.is_valid IS 'Whether it spoke for the device: level basic or better';
COMMENT ON COLUMN rewards.attestation_cache.integrity_verdict IS 'The verdict, as the verifier delivered it';
COMMENT ON COLUMN rewards.attestation_cache.counter IS 'Highest counter of the App Attest key; only grows';
COMMENT ON COLUMN rewards.attestation_cache.expires_at IS 'When cleanup_expired_attestations() may remove the row; infinity for counters, which forgotten would count anew';

-- Clean-up walks the table in the order it was written.
CREATE INDEX attestation_cache_expires_at ON rewards.attestation_cache USING brin (expires_at);

ALTER TABLE rewards.attestation_cache ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.attestation_cache
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.attestation_cache AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
-- What looked like fraud? One open row per account, or company, and kind, which counts: whoever reads them reads no flood.
CREATE TABLE rewards.fraud_insights (
    id                uuid        NOT NULL DEFAULT rewards.uuidv7(),
    user_id           uuid        NOT NULL,
    company_id        uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    insight_type      text        COLLATE "C" NOT NULL,
    severity          text        NOT NULL DEFAULT 'medium',
    score             integer,
    details           jsonb,
    related_event_ids uuid[]      DEFAULT '{}',
    occurrences       bigint      NOT NULL DEFAULT 1,
    resolved          boolean     NOT NULL DEFAULT false,
    resolved_at       timestamptz,
    resolved_by       text,
    resolution_notes  text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT fraud_insights_sound CHECK (
        insight_type IN ('velocity_anomaly', 'suspicious_pattern', 'device_mismatch', 'device_sharing', 'replay_attempt',
                         'bulk_submission', 'honeypot_triggered', 'attestation_failure', 'low_trust_score',
                         'clock_skew', 'code_guessing', 'low_stock', 'manual_flag')
        AND severity IN ('low', 'medium', 'high', 'critical')
        AND score BETWEEN 0 AND 100
        AND occurrences > 0)
) WITH (fillfactor = 80);
COMMENT ON TABLE rewards.fraud_insights IS 'Signs of fraud, for staff: one open row per account (or company: user_id) and insight_type, which counts its occurrences until somebody resolves it. Members do not see them';
COMMENT ON COLUMN rewards.fraud_insights.user_id IS 'The account''s; 00000000-0000-0000-0000-000000000000: it is about the company, not an account';
COMMENT ON COLUMN rewards.fraud_insights.severity IS 'low, medium, high or critical: the highest of all occurrences';
COMMENT ON COLUMN rewards.fraud_insights.score IS 'Trust score (0 to 100) of the newest occurrence that had one';
COMMENT ON COLUMN rewards.fraud_insights.details IS 'What the newest occurrence was like';
COMMENT ON COLUMN rewards.fraud_insights.related_event_ids IS 'The newest 20 events that it was noticed by, oldest first';
COMMENT ON COLUMN rewards.fraud_insights.occurrences IS 'How often it was noticed, from created_at to updated_at';
COMMENT ON COLUMN rewards.fraud_insights.resolved_by IS 'Actor of the company context that resolved it';

CREATE UNIQUE INDEX fraud_insights_one_open ON rewards.fraud_insights (user_id, company_id, insight_type)
    WHERE NOT resolved;
CREATE INDEX fraud_insights_id ON rewards.fraud_insights (company_id, id);

CREATE VIEW rewards.open_fraud_insights WITH (security_invoker = true) AS
    SELECT id, company_id, user_id, insight_type, severity, score, occurrences, details, related_event_ids,
           created_at, updated_at
      FROM rewards.fraud_insights
     WHERE NOT resolved
     ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], severity), created_at, id;
COMMENT ON VIEW rewards.open_fraud_insights IS 'Insights that nobody has resolved, the most severe first, and of those the oldest';

ALTER TABLE rewards.fraud_insights ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.fraud_insights
    USING (company_id = rewards.get_back_end_company_id());
-- Approvals of events that need two people; see company_settings.review_four_eyes_points.
CREATE TABLE rewards.event_approvals (
    user_id     uuid        NOT NULL,
    company_id  uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    event_id    uuid        NOT NULL,
    approved_by text        NOT NULL,
    approved_at timestamptz NOT NULL,
    note        text,
    PRIMARY KEY (user_id, company_id, event_id, approved_by, approved_at)
);
COMMENT ON TABLE rewards.event_approvals IS 'First approvals of events whose points need a second person. They hold until the status of the event changes: after a flag it takes two again';

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.event_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.event_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
CREATE TRIGGER refuse_row_write BEFORE UPDATE OR DELETE ON rewards.event_approvals
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');
ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_row_write;

ALTER TABLE rewards.event_approvals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.event_approvals
    USING (company_id = rewards.get_back_end_company_id());

CREATE VIEW rewards.review_queue WITH (security_invoker = true) AS
    SELECT e.id AS event_id, e.user_id, e.company_id, e.event_type, e.event_time, e.points_delta AS points,
           e.validation_status AS status, e.trust_score, e.created_at, clock_timestamp() - e.created_at AS age,
           a.approved_by AS first_approval_by,
           (SELECT count(*) FROM rewards.fraud_insights i
             WHERE i.user_id = e.user_id AND i.company_id = e.company_id AND NOT i.resolved) AS open_insights
      FROM rewards.points_events e
      LEFT JOIN rewards.event_approvals a ON a.user_id = e.user_id AND a.company_id = e.company_id AND a.event_id = e.id
       AND (a.approved_at > e.validated_at OR e.validated_at IS NULL)
     WHERE e.validation_status IN ('pending_review', 'flagged')
     ORDER BY abs(e.points_delta) DESC, e.created_at;
COMMENT ON VIEW rewards.review_queue IS 'Events that wait for a person, those with the most points at stake first, then the oldest; see review_points_event()';
CREATE TABLE rewards.coupon_templates (
    id                       uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id               uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    template_name            text        NOT NULL,
    description              text,
    points_cost              bigint      NOT NULL,
    coupon_value_type        text        NOT NULL,
    coupon_value             numeric     NOT NULL,
    partner_name             text,
    partner_id               text,
    terms_and_conditions     text,
    starts_at                timestamptz,
    ends_at                  timestamptz,
    expires_after_days       integer,
    coupons_expire_at        timestamptz,
    is_active                boolean     NOT NULL DEFAULT true,
    high_value               boolean     NOT NULL DEFAULT false,
    max_redemptions_per_user integer,
    total_stock              bigint,
    vendor_codes             boolean     NOT NULL DEFAULT false,
    low_stock_at             integer,
    metadata                 jsonb       NOT NULL DEFAULT '{}',
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT coupon_templates_sound CHECK (
        template_name <> ''
        AND points_cost >= 0
        AND coupon_value_type IN ('percentage', 'fixed_amount', 'product')
        AND coupon_value >= 0 AND coupon_value < 'Infinity'
        AND (coupon_value_type <> 'percentage' OR coupon_value <= 100)
        AND expires_after_days BETWEEN 1 AND 36500
        AND ends_at > starts_at
        AND max_redemptions_per_user > 0
        AND total_stock >= 0
        AND low_stock_at > 0)
);
COMMENT ON TABLE rewards.coupon_templates IS 'What points can buy: price in points, value, validity and limits';
COMMENT ON COLUMN rewards.coupon_templates.coupon_value IS 'Percent, units of the company''s currency, or pieces of the product, as coupon_value_type says';
COMMENT ON COLUMN rewards.coupon_templates.starts_at IS 'From when it can be redeemed; null: at once. Until ends_at, which is not in it any more; null: no end';
COMMENT ON COLUMN rewards.coupon_templates.expires_after_days IS 'Days from redemption in which the coupon can be claimed; null: for ever';
COMMENT ON COLUMN rewards.coupon_templates.coupons_expire_at IS 'When all of its coupons expire at the latest; null: each after expires_after_days, or never';
COMMENT ON COLUMN rewards.coupon_templates.high_value IS 'Codes of 20 symbols (85 bits) instead of 16 (65 bits)';
COMMENT ON COLUMN rewards.coupon_templates.max_redemptions_per_user IS 'Coupons of this template one user may be issued, revoked ones not counted; null: no limit';
COMMENT ON COLUMN rewards.coupon_templates.total_stock IS 'Coupons that may be issued, those not counted that have been revoked or were issued while there was no limit; null: no limit';
COMMENT ON COLUMN rewards.coupon_templates.vendor_codes IS 'Its coupons get a code that was imported from a vendor instead of one of ours';
COMMENT ON COLUMN rewards.coupon_templates.low_stock_at IS 'With how many vendor codes left staff get an insight; null: never';

CREATE INDEX coupon_templates_company ON rewards.coupon_templates (company_id);

-- Coupons, and the stock, refer to a template for as long as they are on record.
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.coupon_templates
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Set is_active = false: a template stays on record.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.coupon_templates
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Set is_active = false: a template stays on record.');
CREATE TRIGGER keep_in_place BEFORE UPDATE ON rewards.coupon_templates
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.company_id <> NEW.company_id)
    EXECUTE FUNCTION rewards.refuse_write('The id and the company of a template are fixed: INSERT another one.');
ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER refuse_row_removal;
ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER keep_in_place;
-- By image, as columns of users may have types that cannot be compared.
CREATE TRIGGER stamp_update BEFORE UPDATE ON rewards.coupon_templates
    FOR EACH ROW WHEN (OLD.* *<> NEW.* AND OLD.updated_at = NEW.updated_at) EXECUTE FUNCTION rewards.stamp_update();

CREATE TRIGGER coupon_templates_changed AFTER UPDATE OR DELETE OR TRUNCATE ON rewards.coupon_templates
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();
CREATE TRIGGER audit_insert AFTER INSERT ON rewards.coupon_templates REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_update AFTER UPDATE ON rewards.coupon_templates REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');
CREATE TRIGGER audit_delete AFTER DELETE ON rewards.coupon_templates REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');

ALTER TABLE rewards.coupon_templates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupon_templates
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.coupon_templates AS RESTRICTIVE
    USING (is_active OR rewards.get_current_user_id() IS NULL);
-- Who has tried codes that do not exist? Used where the library is not preloaded; otherwise they are counted in the server's memory.
CREATE TABLE rewards.coupon_guesses (
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    kind         text        COLLATE "C" NOT NULL CHECK (kind IN ('claimer', 'device', 'company')),
    name         text        COLLATE "C" NOT NULL,
    forgotten_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, kind, name),
    CHECK ((kind = 'company') = (name = ''))
);
COMMENT ON TABLE rewards.coupon_guesses IS 'Claimers and devices that have tried well-formed codes which do not exist, and the company as a whole; empty where shared_preload_libraries has pg_rewards. rewards.coupon_guessers() reads it, or the server''s memory';
COMMENT ON COLUMN rewards.coupon_guesses.forgotten_at IS 'When the last guess is forgotten: each weighs an hour divided by the limit, one after the other';

CREATE INDEX coupon_guesses_forgotten ON rewards.coupon_guesses (company_id, forgotten_at);

ALTER TABLE rewards.coupon_guesses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupon_guesses
    USING (company_id = rewards.get_back_end_company_id());
-- Rows far apart: those who redeem at once write to different ones, and a changed row stays on its page.
CREATE TABLE rewards.coupon_stock (
    template_id uuid     NOT NULL,
    stripe      smallint NOT NULL CHECK (stripe BETWEEN 0 AND 15),
    company_id  uuid     NOT NULL DEFAULT rewards.get_current_company_id(),
    allotted    bigint   NOT NULL,
    taken       bigint   NOT NULL,
    PRIMARY KEY (template_id, stripe),
    CONSTRAINT coupon_stock_sound CHECK (taken BETWEEN 0 AND allotted)
) WITH (fillfactor = 10);
COMMENT ON TABLE rewards.coupon_stock IS 'Stock of the templates that have a total_stock, in 16 stripes each; follows coupon_templates and coupons. Left of a template: sum(allotted - taken)';
COMMENT ON COLUMN rewards.coupon_stock.allotted IS 'The stripe''s part of total_stock';
COMMENT ON COLUMN rewards.coupon_stock.taken IS 'Coupons that were taken from it (their stock_stripe), and what batches have begun with (coupon_batches), revoked ones not counted. Those issued while there was no limit are of no stripe';

CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.coupon_stock
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write(
        'Stock follows total_stock of coupon_templates, and coupons: see restock_coupon().');
ALTER TABLE rewards.coupon_stock ENABLE ALWAYS TRIGGER refuse_write;

CREATE TRIGGER keep_stock_on_insert AFTER INSERT ON rewards.coupon_templates
    FOR EACH ROW WHEN (NEW.total_stock IS NOT NULL) EXECUTE FUNCTION rewards.keep_stock();
CREATE TRIGGER keep_stock_on_update AFTER UPDATE ON rewards.coupon_templates
    FOR EACH ROW WHEN (NEW.total_stock IS NOT NULL AND NEW.total_stock IS DISTINCT FROM OLD.total_stock)
    EXECUTE FUNCTION rewards.keep_stock();

ALTER TABLE rewards.coupon_stock ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupon_stock
    USING (company_id = rewards.get_back_end_company_id());
-- Codes that a vendor has made, for templates with vendor_codes: imported in batches, encrypted, handed out once each.
CREATE TABLE rewards.vendor_batches (
    id           uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    number       integer     NOT NULL,
    template_id  uuid        NOT NULL,
    label        text,
    codes        integer     NOT NULL DEFAULT 0,
    key_slot     smallint    NOT NULL,
    wrapped_key  bytea,
    expires_at   timestamptz NOT NULL DEFAULT 'infinity',
    imported_at  timestamptz NOT NULL DEFAULT now(),
    imported_by  text        NOT NULL,
    shredded_at  timestamptz,
    shredded_by  text,
    shred_reason text,
    UNIQUE (company_id, number),
    CONSTRAINT vendor_batches_sound CHECK (
        number > 0 AND codes >= 0
        AND key_slot BETWEEN 0 AND 31
        AND octet_length(wrapped_key) = 48
        AND (wrapped_key IS NULL) = (shredded_at IS NOT NULL)
        AND (shredded_at IS NULL) = (shredded_by IS NULL)
        AND (shredded_at IS NULL) = (shred_reason IS NULL))
);
COMMENT ON TABLE rewards.vendor_batches IS 'Imports of vendor codes: one row for each call of import_vendor_codes() that brought a new code';
COMMENT ON COLUMN rewards.vendor_batches.number IS 'Counts the imports of the company, which come one after the other';
COMMENT ON COLUMN rewards.vendor_batches.codes IS 'How many codes it brought';
COMMENT ON COLUMN rewards.vendor_batches.key_slot IS 'The slot of the master key that wraps the key of the batch, and tags its codes';
COMMENT ON COLUMN rewards.vendor_batches.wrapped_key IS 'The key of its codes, encrypted with AES-256-GCM; null after shred_vendor_batch(): then nobody can read them any more';
COMMENT ON COLUMN rewards.vendor_batches.expires_at IS 'Until when the vendor accepts the codes; infinity: for ever';

CREATE TABLE rewards.vendor_codes (
    id           uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    batch_id     uuid        NOT NULL,
    ordinal      integer     NOT NULL,
    template_id  uuid        NOT NULL,
    code_tag     bytea       NOT NULL,
    sealed_code  bytea       NOT NULL,
    expires_at   timestamptz NOT NULL DEFAULT 'infinity',
    status       text        COLLATE "C" NOT NULL DEFAULT 'available',
    coupon_id    uuid,
    assigned_at  timestamptz,
    revealed_at  timestamptz,
    revealed_by  text,
    withdrawn_at timestamptz,
    CONSTRAINT vendor_codes_sound CHECK (
        ordinal > 0
        AND octet_length(code_tag) = 32
        AND octet_length(sealed_code) > 16
        AND status IN ('available', 'assigned', 'revealed', 'withdrawn')
        AND (status <> 'available' OR coupon_id IS NULL)
        AND (status NOT IN ('assigned', 'revealed') OR coupon_id IS NOT NULL)
        AND (coupon_id IS NULL) = (assigned_at IS NULL)
        AND (status <> 'revealed' OR revealed_at IS NOT NULL)
        AND (status NOT IN ('available', 'assigned') OR revealed_at IS NULL)
        AND (revealed_at IS NULL) = (revealed_by IS NULL)
        AND (status = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
COMMENT ON TABLE rewards.vendor_codes IS 'Codes of vendors, encrypted. A code that somebody has seen never goes back to be handed out again';
COMMENT ON COLUMN rewards.vendor_codes.ordinal IS 'Its place in the import, from 1';
COMMENT ON COLUMN rewards.vendor_codes.code_tag IS 'HMAC-SHA-256 of company and code, by which the same code is known again';
COMMENT ON COLUMN rewards.vendor_codes.sealed_code IS 'The code under the key of its batch: AES-256-GCM, bound to company, batch and id; the nonce is ordinal';
COMMENT ON COLUMN rewards.vendor_codes.status IS 'available; assigned to a coupon; revealed to somebody; withdrawn: never to be handed out, because its batch was shredded or its coupon revoked after somebody had seen it';
COMMENT ON COLUMN rewards.vendor_codes.coupon_id IS 'The coupon that it was assigned to';
COMMENT ON COLUMN rewards.vendor_codes.revealed_at IS 'When somebody saw it first; audit_log has every time';

CREATE UNIQUE INDEX vendor_codes_tag ON rewards.vendor_codes (company_id, code_tag);
CREATE INDEX vendor_codes_pool ON rewards.vendor_codes (template_id, status, expires_at);
CREATE INDEX vendor_codes_batch ON rewards.vendor_codes (batch_id, id);

CREATE VIEW rewards.vendor_batch_stock WITH (security_invoker = true) AS
    SELECT b.company_id, b.template_id, b.id AS batch_id, b.number, b.label, b.expires_at, b.shredded_at, b.codes, c.*
      FROM rewards.vendor_batches b
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE status = 'available' AND expires_at > clock_timestamp()) AS available,
                  count(*) FILTER (WHERE status = 'available' AND expires_at <= clock_timestamp()) AS expired,
                  count(*) FILTER (WHERE status = 'assigned') AS assigned,
                  count(*) FILTER (WHERE status = 'revealed') AS revealed,
                  count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn
             FROM rewards.vendor_codes WHERE batch_id = b.id) c;
COMMENT ON VIEW rewards.vendor_batch_stock IS 'Where the codes of each import are: available, expired before they were handed out, assigned to a coupon but seen by nobody, revealed, withdrawn';

CREATE VIEW rewards.vendor_stock WITH (security_invoker = true) AS
    SELECT t.company_id, t.id AS template_id, t.template_name, t.vendor_codes, t.low_stock_at, s.*,
           s.available <= t.low_stock_at AS is_low
      FROM rewards.coupon_templates t
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(available), 0)::bigint AS available, coalesce(sum(expired), 0)::bigint AS expired,
                  coalesce(sum(assigned), 0)::bigint AS assigned, coalesce(sum(revealed), 0)::bigint AS revealed,
                  coalesce(sum(withdrawn), 0)::bigint AS withdrawn,
                  min(expires_at) FILTER (WHERE available > 0) AS next_expiry
             FROM rewards.vendor_batch_stock WHERE template_id = t.id) s
     WHERE t.vendor_codes OR EXISTS (SELECT FROM rewards.vendor_batches b WHERE b.template_id = t.id);
COMMENT ON VIEW rewards.vendor_stock IS 'What is left of the vendor codes of each template that has some or, as vendor_codes says, hands them out. is_low: not more than low_stock_at; null where that is null';

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.vendor_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('shred_vendor_batch() makes the codes of a batch unreadable; what was handed out stays on record.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_codes
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.vendor_codes
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Vendor codes follow their coupons; shred_vendor_batch() takes those of a batch back.');
ALTER TABLE rewards.vendor_batches ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.vendor_codes ENABLE ALWAYS TRIGGER refuse_write;

ALTER TABLE rewards.vendor_batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.vendor_batches
    USING (company_id = rewards.get_back_end_company_id());
ALTER TABLE rewards.vendor_codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.vendor_codes
    USING (company_id = rewards.get_back_end_company_id());
CREATE TABLE rewards.coupons (
    coupon_id              uuid        NOT NULL DEFAULT rewards.uuidv7(),
    company_id             uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    code_hash              bytea       NOT NULL,
    plaintext_code         text,
    key_slot               smallint    NOT NULL,
    layer_slot             smallint,
    code_route             smallint    NOT NULL,
    code_symbols           smallint    NOT NULL,
    code_generation        integer     NOT NULL DEFAULT 0,
    template_id            uuid        NOT NULL,
    issued_to              uuid        NOT NULL,
    issued_points_cost     bigint      NOT NULL,
    points_event_id        uuid,
    stock_stripe           smallint,
    vendor_code_id         uuid,
    batch_id               uuid,
    batch_number           integer,
    coupon_value_type      text        NOT NULL,
    coupon_value           numeric     NOT NULL,
    issued_at              timestamptz NOT NULL DEFAULT now(),
    status                 text        NOT NULL DEFAULT 'issued',
    redeemed_at            timestamptz,
    redeemed_by            text,
    redemption_proof       jsonb,
    claim_ref              text,
    held_by                text,
    held_until             timestamptz,
    expires_at             timestamptz,
    metadata               jsonb,
    revoked_at             timestamptz,
    revoked_by             text,
    revoke_reason          text,
    refunded_at            timestamptz,
    refund_points_event_id uuid,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupon_id, issued_to),
    CONSTRAINT coupons_sound CHECK (
        plaintext_code IS NULL
        AND status IN ('issued', 'held', 'redeemed', 'revoked', 'expired')
        AND octet_length(code_hash) = 32),
    -- What is there in one status alone, and what comes together.
    CONSTRAINT coupons_status CHECK (
        (redeemed_at IS NOT NULL) = (status = 'redeemed')
        AND (redeemed_by IS NULL AND redemption_proof IS NULL AND claim_ref IS NULL OR status = 'redeemed')
        AND (held_by IS NOT NULL) = (status = 'held')
        AND (held_until IS NOT NULL) = (status = 'held')
        AND (revoked_at IS NOT NULL) = (status = 'revoked')
        AND (revoked_by IS NULL AND revoke_reason IS NULL AND refunded_at IS NULL OR status = 'revoked')
        AND (refunded_at IS NULL) = (refund_points_event_id IS NULL))
) WITH (fillfactor = 85);
COMMENT ON TABLE rewards.coupons IS 'Issued coupons. A code is derived from the key file when it is handed out and stored nowhere';
COMMENT ON COLUMN rewards.coupons.code_hash IS 'HMAC-SHA-256 of company and code under the key in key_slot';
COMMENT ON COLUMN rewards.coupons.plaintext_code IS 'Always null: here so that an audit can see that it is';
COMMENT ON COLUMN rewards.coupons.coupon_value IS 'The value promised at issue; a later change of the template does not touch it';
COMMENT ON COLUMN rewards.coupons.redeemed_at IS 'When the code was claimed at the counter (rewards.claim_coupon)';
COMMENT ON COLUMN rewards.coupons.redeemed_by IS 'Who claimed it';
COMMENT ON COLUMN rewards.coupons.key_slot IS 'Where in the key file the key of its code is: see master_keys';
COMMENT ON COLUMN rewards.coupons.layer_slot IS 'The key slot whose key was laid over code_hash; null: none';
COMMENT ON COLUMN rewards.coupons.code_symbols IS 'How long its code is: 16 or 20; 0: the code is not one of ours, and cannot be shown again';
COMMENT ON COLUMN rewards.coupons.points_event_id IS 'The event that its points were spent by';
COMMENT ON COLUMN rewards.coupons.stock_stripe IS 'Where in coupon_stock it was taken from; null: its template had no limit, or its whole batch was revoked, which gave it back';
COMMENT ON COLUMN rewards.coupons.vendor_code_id IS 'The vendor''s code that is handed out instead of one of ours';
COMMENT ON COLUMN rewards.coupons.batch_id IS 'The batch of bearer coupons that it was issued in, which is issued_to then; and batch_number its place there, from 1';
COMMENT ON COLUMN rewards.coupons.claim_ref IS 'What the claimer calls the claim: with it the same claim gets the same answer again';
COMMENT ON COLUMN rewards.coupons.held_until IS 'Until when only held_by can claim it';
COMMENT ON COLUMN rewards.coupons.expires_at IS 'From when it cannot be claimed any more; null: never. It can be changed while the coupon is open';

CREATE UNIQUE INDEX coupons_code ON rewards.coupons (code_hash, issued_to);
CREATE INDEX coupons_holder ON rewards.coupons (issued_to, template_id);
-- When time will have made something else of a coupon: the end of its validity or of its hold.
CREATE INDEX coupons_due ON rewards.coupons (company_id, least(expires_at, held_until))
    WHERE status IN ('issued', 'held') AND least(expires_at, held_until) IS NOT NULL;

CREATE TRIGGER guard_update BEFORE UPDATE ON rewards.coupons
    FOR EACH ROW EXECUTE FUNCTION rewards.guard_coupon_update();
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.coupons
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('A coupon that was issued is kept; revoke_coupon() takes it back.');
CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.coupons
    FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('A coupon that was issued is kept; revoke_coupon() takes it back.');
ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER guard_update;
ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER refuse_row_removal;
-- Without a WHEN, which the server would compile anew for each coupon that a function changes.
CREATE TRIGGER return_to_stock AFTER UPDATE ON rewards.coupons
    FOR EACH ROW EXECUTE FUNCTION rewards.return_to_stock();

ALTER TABLE rewards.coupons ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupons
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.coupons AS RESTRICTIVE
    USING (issued_to BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
-- A coupon that is revoked gives its vendor code back, unless somebody has seen it.
CREATE TRIGGER return_vendor_code AFTER UPDATE ON rewards.coupons
    FOR EACH ROW EXECUTE FUNCTION rewards.return_vendor_code();

CREATE VIEW rewards.vendor_code_discrepancies WITH (security_invoker = true) AS
    SELECT coalesce(c.company_id, v.company_id) AS company_id, v.id AS vendor_code_id, v.status AS code_status,
           c.coupon_id, c.status AS coupon_status
      FROM (SELECT company_id, id, status, coupon_id FROM rewards.vendor_codes WHERE coupon_id IS NOT NULL) v
      FULL JOIN (SELECT company_id, coupon_id, status, vendor_code_id
                   FROM rewards.coupons WHERE vendor_code_id IS NOT NULL AND status <> 'revoked') c
        ON c.coupon_id = v.coupon_id AND c.vendor_code_id = v.id AND c.company_id = v.company_id
     WHERE v.id IS NULL OR (c.coupon_id IS NULL) <> (v.status = 'withdrawn');
COMMENT ON VIEW rewards.vendor_code_discrepancies IS 'Vendor codes and coupons that do not belong to each other as they should: has to be empty. A code is assigned to one coupon, and a coupon that is not revoked has its code';
-- Bearer coupons: codes for leaflets, partners and campaigns, whose holder nobody knows. What they promise is fixed when
-- the batch begins. Functions alone write.
CREATE TABLE rewards.coupon_batches (
    id                uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id        uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    label             text        NOT NULL,
    template_id       uuid        NOT NULL,
    quantity          integer     NOT NULL,
    issued            integer     NOT NULL DEFAULT 0,
    coupon_value_type text        NOT NULL,
    coupon_value      numeric     NOT NULL,
    code_symbols      smallint    NOT NULL,
    stock_stripe      smallint,
    expires_at        timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    created_by        text        NOT NULL,
    revoked_at        timestamptz,
    revoked_by        text,
    revoke_reason     text,
    revoked           integer     NOT NULL DEFAULT 0,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT coupon_batches_label UNIQUE (company_id, label),
    CONSTRAINT coupon_batches_sound CHECK (
        label <> ''
        AND quantity > 0
        AND issued BETWEEN 0 AND quantity
        AND revoked BETWEEN 0 AND issued
        AND (revoked_at IS NULL) = (revoked_by IS NULL)
        AND (revoked_at IS NULL) = (revoke_reason IS NULL)
        AND (revoked = 0 OR revoked_at IS NOT NULL))
);
COMMENT ON TABLE rewards.coupon_batches IS 'Batches of bearer coupons, and how far each has come: see begin_coupon_batch()';
COMMENT ON COLUMN rewards.coupon_batches.label IS 'What people call it; a company has one batch of a label';
COMMENT ON COLUMN rewards.coupon_batches.issued IS 'Its coupons with the numbers 1 to this one exist: see issue_coupon_batch()';
COMMENT ON COLUMN rewards.coupon_batches.coupon_value IS 'What each coupon is worth, as the template had it when the batch began';
COMMENT ON COLUMN rewards.coupon_batches.stock_stripe IS 'Where in coupon_stock all of it was taken from when it began; null: the template had no limit';
COMMENT ON COLUMN rewards.coupon_batches.expires_at IS 'When all of its coupons expire; null: never';
COMMENT ON COLUMN rewards.coupon_batches.revoked_at IS 'Since when no more of it are issued and its coupons are being revoked';
COMMENT ON COLUMN rewards.coupon_batches.revoked IS 'Its coupons with the numbers 1 to this one have been revoked, unless they had been claimed: see revoke_coupon_batch()';

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.coupon_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('begin_coupon_batch() begins batches.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.coupon_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('issue_coupon_batch() and revoke_coupon_batch() carry a batch on; it stays on record.');
ALTER TABLE rewards.coupon_batches ENABLE ALWAYS TRIGGER refuse_write;

ALTER TABLE rewards.coupon_batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupon_batches
    USING (company_id = rewards.get_back_end_company_id());

-- Must be empty.
CREATE VIEW rewards.coupon_stock_discrepancies WITH (security_invoker = true) AS
    WITH used AS (
        SELECT template_id, stock_stripe AS stripe, count(*) AS coupons
          FROM rewards.coupons WHERE stock_stripe IS NOT NULL AND status <> 'revoked'
         GROUP BY template_id, stock_stripe
        UNION ALL
        SELECT template_id, stock_stripe, quantity - issued
          FROM rewards.coupon_batches WHERE stock_stripe IS NOT NULL AND revoked_at IS NULL),
    counted AS (SELECT template_id, stripe, sum(coupons)::bigint AS coupons FROM used GROUP BY template_id, stripe)
    SELECT coalesce(stock.template_id, counted.template_id) AS template_id,
           coalesce(stock.stripe, counted.stripe) AS stripe, coalesce(stock.taken, 0) AS recorded, coalesce(counted.coupons, 0) AS counted
      FROM rewards.coupon_stock AS stock
      FULL JOIN counted USING (template_id, stripe)
     WHERE coalesce(stock.taken, 0) <> coalesce(counted.coupons, 0)
    UNION ALL
    SELECT templates.id, NULL, templates.total_stock, coalesce(sum(stock.allotted), 0)
      FROM rewards.coupon_templates AS templates LEFT JOIN rewards.coupon_stock AS stock ON stock.template_id = templates.id
     WHERE templates.total_stock IS NOT NULL
     GROUP BY templates.id
    HAVING templates.total_stock <> coalesce(sum(stock.allotted), 0);
COMMENT ON VIEW rewards.coupon_stock_discrepancies IS 'Stripes whose taken (recorded) is not the number of their coupons and of those that batches have still to issue (counted); without a stripe: templates whose total_stock is not what their stripes are allotted. Must be empty';

    FOR installed IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'rewards'::regnamespace AND c.relkind IN ('r', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %s', installed, tables_owner);
    END LOOP;
    IF tables_owner_id <> current_user::regrole::oid THEN
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA rewards TO %s', tables_owner);
        EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rewards TO %s', tables_owner);
        -- Who may read the rows of all companies is said by grant_access(cross_company => ...), and by nothing else.
        EXECUTE format('REVOKE EXECUTE ON FUNCTION rewards.begin_cross_company_access(text) FROM %s', tables_owner);
    END IF;
    RETURN (SELECT version FROM rewards.data_version);
END
$install$;
COMMENT ON FUNCTION rewards.install(regrole) IS
    'Creates the rewards tables, owned by the given role or the caller, and returns the data version. Errors: duplicate_table when they exist, insufficient_privilege without CREATE on schema rewards';

CREATE FUNCTION rewards.migrate() RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- What sql/schema writes; the library may know more.
    code_version CONSTANT integer := 1;
    found_version integer;
BEGIN
    IF to_regclass('rewards.data_version') IS NULL THEN
        RAISE EXCEPTION 'the rewards tables are not installed in database "%"', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT rewards.install() creates them.';
    END IF;
    -- Two migrations at once would run the same steps twice.
    LOCK TABLE rewards.data_version IN SHARE ROW EXCLUSIVE MODE;
    SELECT version INTO found_version FROM rewards.data_version;
    IF found_version IS DISTINCT FROM code_version THEN
        RAISE EXCEPTION 'the rewards tables are at version %, and this code knows version %',
            coalesce(found_version::text, '(none)'), code_version
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Update the extension to the release that wrote the data: ALTER EXTENSION pg_rewards UPDATE.';
    END IF;
    RETURN found_version;
END
$function$;
COMMENT ON FUNCTION rewards.migrate() IS
    'Brings the rewards tables to the version that this code works with, and returns it; does nothing when they are there. Errors: object_not_in_prerequisite_state when they are not installed, or newer than the code';
-- The sealed company context. STABLE and used bare in policies: IMMUTABLE would leak a company into
-- cached plans, VOLATILE would lose the index.

CREATE FUNCTION rewards.set_company_context(company_id uuid, actor text DEFAULT NULL, role text DEFAULT 'service')
    RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_set_company_context';
COMMENT ON FUNCTION rewards.set_company_context(uuid, text, text) IS
    'Seals the company, the actor and the role (user: one member, whose id the actor is; service: the back end; admin: staff) until the end of the transaction. Errors: object_not_in_prerequisite_state when another context is sealed, invalid_parameter_value for a bad role or actor';

-- Read by policies and defaults, in the name of whoever queries a table.

CREATE FUNCTION rewards.get_current_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_company_id';
COMMENT ON FUNCTION rewards.get_current_company_id() IS
    'The company this transaction is sealed for, or else rewards.default_company_id; null when there is none. Use it bare in policies: USING (company_id = rewards.get_current_company_id())';

CREATE FUNCTION rewards.get_back_end_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_back_end_company_id';
COMMENT ON FUNCTION rewards.get_back_end_company_id() IS
    'The same in the roles service and admin, and null in the role user: for the policies of tables that are no business of members';

CREATE FUNCTION rewards.get_current_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_user_id';
COMMENT ON FUNCTION rewards.get_current_user_id() IS
    'The member this transaction acts for; null outside of the role user';

-- "user_id is the member, or there is none" as a range: it has an index, and the planner sees how much it lets through.
CREATE FUNCTION rewards.get_first_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_first_user_id';
COMMENT ON FUNCTION rewards.get_first_user_id() IS
    'The least user id that this transaction may see: that of its member in the role user, otherwise the least of all. For policies: USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id())';

CREATE FUNCTION rewards.get_last_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_last_user_id';
COMMENT ON FUNCTION rewards.get_last_user_id() IS
    'The greatest user id that this transaction may see: that of its member in the role user, otherwise the greatest of all';

CREATE FUNCTION rewards.crosses_companies() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_crosses_companies';
COMMENT ON FUNCTION rewards.crosses_companies() IS
    'Has this transaction begun cross-company access? For policies of the roles that may: USING (rewards.crosses_companies())';

-- For functions, which should say what is missing.

CREATE FUNCTION rewards.require_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_require_company_id';
COMMENT ON FUNCTION rewards.require_company_id() IS
    'The company this transaction is sealed for. Errors: invalid_authorization_specification when there is none, insufficient_privilege in cross-company access';

CREATE FUNCTION rewards.require_user_id(user_id uuid) RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_require_user_id';
COMMENT ON FUNCTION rewards.require_user_id(uuid) IS
    'The same id, if this transaction may act for this user. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';
-- What a pooled connection carries from one transaction, and so from one company, to the next.

CREATE FUNCTION rewards.session_settings(OUT name text, OUT setting text) RETURNS SETOF record
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rewards_session_settings';
COMMENT ON FUNCTION rewards.session_settings() IS
    'What was changed with SET, or set_config(..., false), since this connection was opened: the role and settings of applications (app.user) included, SET LOCAL not. With the value in force now; null for those that only superusers may read';

-- The body is parsed here, once and for all: SET search_path would itself be a setting of the session in this list.
CREATE FUNCTION rewards.session_residue() RETURNS TABLE (kind text, name text, detail text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT 'advisory lock', CASE objsubid WHEN 1 THEN ((classid::bigint << 32) | objid::bigint)::text
                                          ELSE classid::integer || ', ' || objid::integer END, mode
      FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND granted
    UNION ALL
    SELECT 'prepared statement', p.name, statement FROM pg_catalog.pg_prepared_statements p
    UNION ALL
    SELECT 'held cursor', c.name, statement FROM pg_catalog.pg_cursors c WHERE is_holdable
    UNION ALL
    SELECT 'temporary object', pg_catalog.regexp_replace(object.identity, '^pg_temp_[0-9]+\.', 'pg_temp.'), object.type
      FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS object
     WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = pg_catalog.pg_my_temp_schema()
    UNION ALL
    SELECT 'listen', channel, NULL FROM pg_catalog.pg_listening_channels() AS channel
    UNION ALL
    SELECT 'setting', s.name, s.setting FROM rewards.session_settings() s
    ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION rewards.session_residue() IS
    'What this connection carries from transaction to transaction, for a check of pooled connections: advisory lock, prepared statement, held cursor, temporary object, listen, setting (session_settings()). Locks that the present transaction gives back at its end are listed as well: ask in a transaction of its own. DISCARD ALL clears everything';
-- Company tokens: whoever is trusted issues them, and a role that runs the SQL of tenants enters a company by nothing else.

CREATE FUNCTION rewards.issue_company_token(
    company_id uuid, actor text DEFAULT NULL, role text DEFAULT 'user', ttl interval DEFAULT '5 minutes',
    not_before timestamptz DEFAULT NULL, challenge bytea DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_issue_company_token';
COMMENT ON FUNCTION rewards.issue_company_token(uuid, text, text, interval, timestamptz, bytea) IS
    'A token with which set_company_context_token() seals this company, role (user, service, admin) and actor (of role user: a member''s id; null otherwise: whoever brings the token), in this database only, from not_before (null: now; at most 24 hours ahead) for as long as ttl says (at most 24 hours). With a challenge: in the one transaction that asked for it. Whoever has the token can use it. In a sealed transaction only for the same company, and for role admin by role admin. Errors: invalid_parameter_value, insufficient_privilege, object_not_in_prerequisite_state without a usable key file or when all token keys are retired';

CREATE FUNCTION rewards.set_company_context_token(token text) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_set_company_context_token';
COMMENT ON FUNCTION rewards.set_company_context_token(text) IS
    'Seals what the token says until the end of the transaction, as set_company_context() does. Pass the token as a parameter of the statement, and do not let parameters be logged. Errors: invalid_authorization_specification, always with the same message, for a token that is not valid (the server''s log says why); object_not_in_prerequisite_state when another context is sealed, or without a usable key file';

CREATE FUNCTION rewards.get_context_challenge() RETURNS bytea
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_get_context_challenge';
COMMENT ON FUNCTION rewards.get_context_challenge() IS
    '16 random bytes for issue_company_token(): this transaction, and no other, accepts one token with them. Another call makes those of the call before void';

CREATE FUNCTION rewards.rotate_token_key() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_rotate_token_key';
COMMENT ON FUNCTION rewards.rotate_token_key() IS
    'Makes a key, from the issuing slot of the key file (rotate_coupon_key()), for all tokens to come, and returns its number in token_keys; tokens of older keys stay good until their key is retired. Not in a company context. Errors: insufficient_privilege in one, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.retire_token_key(key_id integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_retire_token_key';
COMMENT ON FUNCTION rewards.retire_token_key(integer) IS
    'From the commit on no token of this key is accepted; there is no way back. Not in a company context. Errors: undefined_object for an unknown key, object_not_in_prerequisite_state for one that is retired, insufficient_privilege in a company context';

CREATE FUNCTION rewards.adopt_request_claims() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_adopt_request_claims';
COMMENT ON FUNCTION rewards.adopt_request_claims() IS
    'For PostgREST''s db-pre-request: seals the company, actor and role of the verified claims in request.jwt.claims (which ones: rewards.company_claim, rewards.actor_claim, rewards.role_claim; without a role: user) and returns the company. Without a company claim it returns null, and the transaction stays without a context. grant_access() grants it to nobody: grant EXECUTE to the roles that PostgREST switches to, and only if they cannot log in themselves, because whoever can may set claims. Errors: invalid_authorization_specification for claims that do not fit, insufficient_privilege unless the role was switched, object_not_in_prerequisite_state when another context is sealed';
-- A statement trigger on tables whose rows are of companies.
CREATE FUNCTION rewards.audit_changes() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_audit_changes';
COMMENT ON FUNCTION rewards.audit_changes() IS
    'Trigger: records in audit_log each row that a statement inserts (new), deletes (old) or changes (old and new: the columns that changed, and the primary key; all without one; a row that stays as it is is not recorded). Arguments: the column of the company, then names of columns and keys in JSON whose values, null or not, are "[redacted]" wherever they are; a changed one still shows that it was. A row that moves from one company to another is recorded as two UPDATEs, for each company its side of it, and so are the rows of a statement in which a trigger kept one from being moved to its partition. Errors: untranslatable_character and others for a value of type json that jsonb cannot hold';

CREATE FUNCTION rewards.audit_entry_hash(audit_row record) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_audit_entry_hash';
COMMENT ON FUNCTION rewards.audit_entry_hash(record) IS
    'The hash that a row of audit_log should have: SHA-256 of 32 bytes of zero, one byte 3, and the text "pg_rewards audit v1" and the columns id, company_id, user_id, action, table_name, actor, old, new (JSON as the text that jsonb gives) and created_at, in the layout of entries (docs/ledger.md). Errors: datatype_mismatch for a row of another table';

-- Breaking the glass.
CREATE FUNCTION rewards.begin_cross_company_access(reason text) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_begin_cross_company_access';
COMMENT ON FUNCTION rewards.begin_cross_company_access(text) IS
    'Lets this transaction read the rows of all companies, for a role that grant_access(cross_company => ...) names, and write none through rewards. It is of no company and cannot become so. Who, by which role and for what reason (1 to 1000 characters) is recorded in audit_log, under the company of zeroes, and written to the server''s log as a LOG message: a rollback takes back the row, never the line. Errors: object_not_in_prerequisite_state in a sealed transaction, read_only_sql_transaction in a read-only one or on a standby, where nothing could be recorded, invalid_parameter_value, null_value_not_allowed';
-- Tenant protection for the application's own tables: what a table needs is written down once, as statements, and
-- enable_tenant_rls() runs those that are missing.

CREATE FUNCTION rewards.guard_tenant_row() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_tenant_row';
COMMENT ON FUNCTION rewards.guard_tenant_row() IS
    'Trigger: refuses to write a row that is not of the company of the transaction (insufficient_privilege), for owners, BYPASSRLS and superusers too; its argument is the name of the company column. Rows of any company pass in cross-company access';

CREATE FUNCTION rewards.count_rows_of_nobody(target regclass, company_column name) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_count_rows_of_nobody';
COMMENT ON FUNCTION rewards.count_rows_of_nobody(regclass, name) IS
    'Part of enable_tenant_rls(): how many rows of a table have no company, past row-level security. Errors: insufficient_privilege unless the caller owns the table, undefined_column';

-- Parents come first in the order of path.
CREATE FUNCTION rewards.tenant_tables(target regclass)
    RETURNS TABLE (relation oid, name text, is_partition boolean, path oid[])
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE tree (relation, path) AS (
        SELECT target::oid, '{}'::oid[]
        UNION ALL
        SELECT i.inhrelid, t.path || i.inhparent FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation)
    SELECT DISTINCT ON (t.relation) t.relation, format('%I.%I', n.nspname, c.relname), c.relispartition, t.path
      FROM tree t JOIN pg_class c ON c.oid = t.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     ORDER BY t.relation, cardinality(t.path) DESC
$function$;
COMMENT ON FUNCTION rewards.tenant_tables(regclass) IS
    'Part of enable_tenant_rls(): a table with its partitions and inheritance children at every level, and the way to each';

-- A policy of the same name that says something else is somebody else's.
CREATE FUNCTION rewards.tenant_policy_column(relation oid) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.attname FROM pg_policy p JOIN pg_attribute a ON a.attrelid = p.polrelid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE p.polrelid = relation AND p.polname = 'tenant' AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
       AND p.polwithcheck IS NULL
       AND pg_get_expr(p.polqual, p.polrelid) = format('(%I = rewards.get_current_company_id())', a.attname)
$function$;
COMMENT ON FUNCTION rewards.tenant_policy_column(oid) IS
    'The company column that the policy of enable_tenant_rls() on this table compares; null when it has no such policy';

CREATE FUNCTION rewards.tenant_column_statements(target regclass, company_column name) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH tables AS MATERIALIZED (
        SELECT t.*, a.attnum, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS expression
          FROM rewards.tenant_tables(target) t
          JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = company_column AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = t.relation AND d.adnum = a.attnum),
    altered AS (
        SELECT relation, name, path, format('ALTER COLUMN %I SET DEFAULT rewards.get_current_company_id()', company_column) AS action
          FROM tables WHERE expression IS DISTINCT FROM 'rewards.get_current_company_id()'
        UNION ALL
        SELECT relation, name, path, format('ALTER COLUMN %I SET NOT NULL', company_column) FROM tables WHERE NOT attnotnull)
    -- It goes down to partitions and children by itself, and so does an index, but to partitions only.
    SELECT format('ALTER TABLE %s %s', a.name, a.action) FROM altered a
     WHERE NOT EXISTS (SELECT FROM altered above WHERE above.action = a.action AND above.relation = ANY (a.path))
    UNION ALL
    SELECT format('CREATE INDEX ON %s (%I)', t.name, company_column) FROM tables t
     WHERE NOT t.is_partition AND NOT EXISTS (
           SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
            WHERE i.indrelid = t.relation AND i.indkey[0] = t.attnum AND i.indpred IS NULL AND i.indisvalid AND m.amname = 'btree')
$function$;
COMMENT ON FUNCTION rewards.tenant_column_statements(regclass, name) IS
    'Part of enable_tenant_rls(): what is missing on company columns, with their indexes';

-- Those that grant_access(cross_company => ...) has named.
CREATE FUNCTION rewards.cross_company_roles() RETURNS oid[]
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(array_agg(DISTINCT a.grantee ORDER BY a.grantee), '{}')
      FROM pg_proc p, aclexplode(p.proacl) a
     WHERE p.oid = to_regprocedure('rewards.begin_cross_company_access(text)') AND a.privilege_type = 'EXECUTE'
       AND a.grantee NOT IN (0, p.proowner)
$function$;
COMMENT ON FUNCTION rewards.cross_company_roles() IS
    'Part of enable_tenant_rls(): the roles that were granted cross-company access, for which it makes a policy';

CREATE FUNCTION rewards.tenant_policy_statements(target regclass, company_column name) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH crossing AS (
        SELECT r.roles, (SELECT string_agg(quote_ident(rolname), ', ' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (r.roles)) AS names
          FROM rewards.cross_company_roles() AS r (roles))
    SELECT s.statement
      FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation CROSS JOIN crossing x
      LEFT JOIN pg_policy p ON p.polrelid = t.relation AND p.polname = 'cross_company'
     CROSS JOIN LATERAL (VALUES
        (1, NOT c.relrowsecurity, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)),
        (2, NOT c.relforcerowsecurity, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name)),
        (3, rewards.tenant_policy_column(t.relation) IS DISTINCT FROM company_column,
            format('CREATE POLICY tenant ON %s USING (%I = rewards.get_current_company_id())', t.name, company_column)),
        (4, x.names IS NOT NULL AND p.oid IS NULL,
            format('CREATE POLICY cross_company ON %s FOR SELECT TO %s USING (rewards.crosses_companies())', t.name, x.names)),
        (5, x.names IS NOT NULL AND NOT (p.polroles <@ x.roles AND p.polroles @> x.roles),
            format('ALTER POLICY cross_company ON %s TO %s', t.name, x.names))) AS s (step, is_missing, statement)
     WHERE s.is_missing
     ORDER BY cardinality(t.path), t.name, s.step
$function$;
COMMENT ON FUNCTION rewards.tenant_policy_statements(regclass, name) IS
    'Part of enable_tenant_rls(): what is missing of row-level security and its policies';

-- As pg_get_triggerdef() writes them, to be compared with it. Row triggers of a partitioned table are cloned by the server.
CREATE FUNCTION rewards.tenant_triggers(target regclass, company_column name, audit boolean, redact text[])
    RETURNS TABLE (place bigint, relation oid, table_name text, trigger_name name, is_cloned boolean, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH texts AS (
        SELECT string_agg(format('''%s''', replace(argument, '''', '''''')), ', ' ORDER BY place) FILTER (WHERE place = 1) AS company,
               string_agg(format('''%s''', replace(argument, '''', '''''')), ', ' ORDER BY place) AS audited
          FROM unnest(company_column::text || redact) WITH ORDINALITY AS arguments (argument, place))
    SELECT row_number() OVER (ORDER BY cardinality(t.path), t.name, w.trigger_name = 'guard_tenant' DESC, w.trigger_name),
           t.relation, t.name, w.trigger_name, w.is_row AND t.is_partition,
           format('CREATE TRIGGER %I %s ON %s %s EXECUTE FUNCTION rewards.%s', w.trigger_name, w.event, t.name, w.each, w.call)
      FROM rewards.tenant_tables(target) t CROSS JOIN texts CROSS JOIN LATERAL (VALUES
        ('guard_tenant', true, 'BEFORE INSERT OR DELETE OR UPDATE', 'FOR EACH ROW', format('guard_tenant_row(%s)', company)),
        ('refuse_truncate', false, 'BEFORE TRUNCATE', 'FOR EACH STATEMENT',
         'refuse_write(''It would take the rows of all companies: DELETE those of one.'')'),
        ('audit_insert', false, 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited)),
        ('audit_update', false, 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited)),
        ('audit_delete', false, 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT',
         format('audit_changes(%s)', audited))) AS w (trigger_name, is_row, event, each, call)
     WHERE audit OR w.trigger_name NOT LIKE 'audit%'
$function$;
COMMENT ON FUNCTION rewards.tenant_triggers(regclass, name, boolean, text[]) IS
    'Part of enable_tenant_rls(): the triggers that a table, its partitions and children should have';

-- OR REPLACE where a trigger of ours is there already, and on a parent, whose clones replace what partitions brought along.
CREATE FUNCTION rewards.tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[])
    RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $function$
    SELECT CASE WHEN t.is_same THEN format('ALTER TABLE %s ENABLE TRIGGER %I', t.table_name, t.trigger_name)
                WHEN t.is_there THEN regexp_replace(t.definition, '^CREATE', 'CREATE OR REPLACE') ELSE t.definition END
      FROM (SELECT w.*, CASE w.trigger_name WHEN 'guard_tenant' THEN bool_or(g.oid IS NOT NULL) OVER (PARTITION BY w.trigger_name)
                                       ELSE g.oid IS NOT NULL END AS is_there,
                   pg_get_triggerdef(g.oid) IS NOT DISTINCT FROM w.definition AS is_same, g.tgenabled IN ('O', 'A') AS is_enabled
              FROM rewards.tenant_triggers(target, company_column, audit, redact) w
              LEFT JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name) t
     WHERE CASE WHEN t.is_same THEN NOT t.is_enabled ELSE NOT t.is_cloned END
     ORDER BY t.place
$function$;
COMMENT ON FUNCTION rewards.tenant_trigger_statements(regclass, name, boolean, text[]) IS
    'Part of enable_tenant_rls(): what is missing of its triggers';

CREATE FUNCTION rewards.require_tenant_root(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    subject pg_class := (SELECT c FROM pg_class c WHERE c.oid = target);
    roots text := (WITH RECURSIVE up (relation) AS (
                      SELECT inhparent FROM pg_inherits WHERE inhrelid = target
                      UNION SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.relation)
                   SELECT string_agg(relation::regclass::text, ', ') FROM up WHERE relation NOT IN (SELECT inhrelid FROM pg_inherits));
    reason text;
    advice text;
BEGIN
    IF subject.oid IS NULL THEN
        RAISE EXCEPTION '%', coalesce('there is no table with OID ' || target::oid, 'target must not be null')
            USING ERRCODE = CASE WHEN target IS NULL THEN 'null_value_not_allowed' ELSE 'undefined_table' END;
    END IF;
    SELECT r.reason, r.advice INTO reason, advice FROM (VALUES
        (subject.relkind = 'v', 'a view', 'Protect the tables that it reads, and create it WITH (security_invoker = true).'),
        (subject.relkind = 'm', 'a materialized view',
         'It keeps rows of every company for everybody: make it a table with a company column.'),
        (subject.relkind = 'f', 'a foreign table', 'Protect the table on its own server.'),
        (subject.relkind NOT IN ('r', 'p'), 'no table', 'Name a table.'),
        (subject.relpersistence = 't', 'a temporary table', 'Nobody else sees it.'),
        (subject.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace), 'a system table',
         'Name a table of the application.'),
        (subject.relispartition, 'a partition of ' || roots, 'Name ' || roots || ': what belongs to it is protected with it.'),
        (roots IS NOT NULL, 'a child of ' || roots,
         'Name ' || roots || ', whose queries read this table too: its children are protected with it.')
        ) AS r (applies, reason, advice) WHERE applies LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is %', target, reason USING ERRCODE = 'wrong_object_type', HINT = advice;
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_tenant_root(regclass) IS
    'Part of enable_tenant_rls(): nothing when the table can be protected. Errors: wrong_object_type, with what to do instead';

CREATE FUNCTION rewards.require_tenant_tables(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    member record;
BEGIN
    PERFORM rewards.require_tenant_root(target);
    IF EXISTS (SELECT FROM pg_class WHERE oid = target AND relnamespace = 'rewards'::regnamespace) THEN
        RAISE EXCEPTION '% is a table of rewards', target USING ERRCODE = 'wrong_object_type',
            HINT = 'rewards.install() has protected it, in its own way.';
    END IF;
    FOR member IN
        SELECT t.name, c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_owned
          FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation ORDER BY cardinality(t.path), t.name
    LOOP
        IF NOT member.is_owned THEN
            RAISE EXCEPTION 'must be owner of table %', member.name USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF member.relkind NOT IN ('r', 'p') THEN
            RAISE EXCEPTION '% is a foreign table that belongs to %', member.name, target USING ERRCODE = 'wrong_object_type',
                HINT = 'Row-level security does not reach foreign tables: detach it.';
        END IF;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.require_tenant_tables(regclass) IS
    'Part of enable_tenant_rls(): the same for its partitions and children, all of which the caller must own';

CREATE FUNCTION rewards.require_company_column(target regclass, company_column name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    subject pg_attribute := (SELECT a FROM pg_attribute a
                            WHERE a.attrelid = target AND a.attname = company_column AND a.attnum > 0 AND NOT a.attisdropped);
    nobodys bigint;
BEGIN
    IF company_column IS NULL THEN
        RAISE EXCEPTION 'company_column must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF subject.attnum IS NULL THEN
        RAISE EXCEPTION 'table % has no column "%"', target, company_column USING ERRCODE = 'undefined_column',
            HINT = format('Name the one that it has, or add it (ALTER TABLE %s ADD COLUMN %I uuid) and fill it.', target, company_column);
    END IF;
    IF subject.atttypid <> 'uuid'::regtype THEN
        RAISE EXCEPTION 'column "%" of table % is of type %, not uuid', company_column, target,
            format_type(subject.atttypid, subject.atttypmod) USING ERRCODE = 'datatype_mismatch', HINT = 'Companies are known by a uuid: ALTER TABLE ... ALTER COLUMN ... TYPE uuid.';
    END IF;
    IF subject.attgenerated <> '' THEN
        RAISE EXCEPTION 'column "%" of table % is generated', company_column, target USING ERRCODE = 'feature_not_supported',
            HINT = 'A row trigger cannot look at it before the row is written: ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION.';
    END IF;
    nobodys := CASE WHEN EXISTS (SELECT FROM rewards.tenant_tables(target) t JOIN pg_attribute a ON a.attrelid = t.relation
                                  WHERE a.attname = company_column AND NOT a.attnotnull)
                    THEN rewards.count_rows_of_nobody(target, company_column) ELSE 0 END;
    IF nobodys > 0 THEN
        RAISE EXCEPTION '% rows of table % have no company', nobodys, target USING ERRCODE = 'not_null_violation',
            HINT = format('Give them one first: UPDATE %s SET %I = ... WHERE %2$I IS NULL.', target, company_column);
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_company_column(regclass, name) IS
    'Part of enable_tenant_rls(): nothing when the column can say whose a row is. Errors: undefined_column, datatype_mismatch, feature_not_supported, not_null_violation';

-- Permissive policies add up, so that one more would show what ours hides.
CREATE FUNCTION rewards.require_no_conflict(target regclass, company_column name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    other record;
BEGIN
    SELECT t.name, string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) AS policies INTO other
      FROM rewards.tenant_tables(target) t JOIN pg_policy p ON p.polrelid = t.relation
     WHERE CASE p.polname WHEN 'tenant' THEN rewards.tenant_policy_column(t.relation) IS DISTINCT FROM company_column
                          WHEN 'cross_company' THEN (pg_get_expr(p.polqual, p.polrelid) = 'rewards.crosses_companies()' AND p.polcmd = 'r') IS NOT TRUE
                          ELSE p.polpermissive END
     GROUP BY t.name ORDER BY t.name LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % has another policy: %', other.name, other.policies USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Permissive policies add up: what one shows, another cannot hide. Drop it, or create it AS RESTRICTIVE, by another name.';
    END IF;
    SELECT w.table_name, w.trigger_name INTO other
      FROM rewards.tenant_triggers(target, company_column, true, '{}') w
      JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name
     WHERE g.tgfoid <> ALL (ARRAY(SELECT oid FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND prorettype = 'trigger'::regtype))
     ORDER BY w.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % has another trigger "%"', other.table_name, other.trigger_name USING ERRCODE = 'duplicate_object',
            HINT = 'This name is needed: ALTER TRIGGER ... RENAME TO ...';
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.require_no_conflict(regclass, name) IS
    'Part of enable_tenant_rls(): nothing when no policy or trigger of somebody else is in the way. Errors: object_not_in_prerequisite_state, duplicate_object';

CREATE FUNCTION rewards.enable_tenant_rls(target regclass, company_column name DEFAULT 'company_id', audit boolean DEFAULT false,
                                          redact text[] DEFAULT '{}', dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $function$
DECLARE
    missing CONSTANT text := 'SELECT rewards.tenant_column_statements($1, $2) UNION ALL SELECT rewards.tenant_policy_statements($1, $2)
                              UNION ALL SELECT rewards.tenant_trigger_statements($1, $2, $3, $4)';
    statements text[];
    statement text;
    former text;
BEGIN
    PERFORM rewards.require_tenant_tables(target), rewards.require_company_column(target, company_column),
            rewards.require_no_conflict(target, company_column);
    IF audit AND to_regclass('rewards.audit_log') IS NULL THEN
        RAISE EXCEPTION 'there is no rewards.audit_log to record changes in' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'SELECT rewards.install() creates it.';
    END IF;
    EXECUTE format('SELECT ARRAY(%s)', missing) INTO statements USING target, company_column, audit, redact;
    -- Looked at again under the lock: somebody may be at the same. Where nothing is missing nobody has to wait.
    IF statements <> '{}' AND NOT dry_run THEN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', target);
        PERFORM rewards.require_tenant_tables(target), rewards.require_no_conflict(target, company_column);
        EXECUTE format('SELECT ARRAY(%s)', missing) INTO statements USING target, company_column, audit, redact;
    END IF;
    FOR former IN
        SELECT format('%s was %s', t.name, pg_get_expr(d.adbin, d.adrelid)) FROM rewards.tenant_tables(target) t
          JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = company_column
          JOIN pg_attrdef d ON d.adrelid = t.relation AND d.adnum = a.attnum
         WHERE pg_get_expr(d.adbin, d.adrelid) <> 'rewards.get_current_company_id()'
    LOOP
        RAISE NOTICE 'the default of column "%" of table %', company_column, former;
    END LOOP;
    FOREACH statement IN ARRAY statements LOOP
        IF NOT dry_run THEN
            EXECUTE statement;
        END IF;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.enable_tenant_rls(regclass, name, boolean, text[], boolean) IS
    'Makes a table of the application, with its partitions and inheritance children, one of companies: row-level security, forced; default, NOT NULL and an index on the company column; triggers that hold owners and superusers and refuse TRUNCATE; audit triggers if asked, without the values of the keys in redact. Runs and returns what is missing, only returns it with dry_run. A default that the column had is replaced, with a NOTICE. Call it again for new partitions, after the column was renamed, and when cross-company access was granted. Locks the table while it works: create the index first, CONCURRENTLY, where it is large. Errors: wrong_object_type, insufficient_privilege unless the caller owns all of them, undefined_column, datatype_mismatch, not_null_violation when rows have no company, object_not_in_prerequisite_state when there is another permissive policy';

CREATE FUNCTION rewards.disable_tenant_rls(target regclass, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    statement text;
BEGIN
    PERFORM rewards.require_tenant_tables(target);
    FOREACH statement IN ARRAY ARRAY(
        SELECT s.statement
          FROM rewards.tenant_tables(target) t
          JOIN pg_class c ON c.oid = t.relation
         CROSS JOIN LATERAL (
            SELECT rewards.tenant_policy_column(t.relation) IS NOT NULL AS is_ours,
                   rewards.tenant_policy_column(t.relation) IS NOT NULL AND NOT EXISTS (
                       SELECT FROM pg_policy p
                        WHERE p.polrelid = t.relation AND p.polname NOT IN ('tenant', 'cross_company')) AS is_only) own
         CROSS JOIN LATERAL (
            SELECT 1 AS step, format('DROP TRIGGER %I ON %s', g.tgname, t.name) AS statement
              FROM rewards.tenant_triggers(target, 'company_id', true, '{}') w
              JOIN pg_trigger g ON g.tgrelid = w.relation AND g.tgname = w.trigger_name AND g.tgparentid = 0
              JOIN pg_proc f ON f.oid = g.tgfoid AND f.pronamespace = 'rewards'::regnamespace
             WHERE w.relation = t.relation
            UNION ALL
            SELECT 2, format('DROP POLICY %I ON %s', p.polname, t.name) FROM pg_policy p
             WHERE p.polrelid = t.relation AND (p.polname = 'tenant' AND own.is_ours
                   OR p.polname = 'cross_company' AND pg_get_expr(p.polqual, p.polrelid) = 'rewards.crosses_companies()')
            -- Without other policies row-level security would hide every row from now on; with others it is somebody else's, too.
            UNION ALL
            SELECT 3, format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t.name) WHERE own.is_only AND c.relforcerowsecurity
            UNION ALL
            SELECT 4, format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t.name) WHERE own.is_only AND c.relrowsecurity) s
         ORDER BY cardinality(t.path), t.name, s.step, s.statement)
    LOOP
        IF NOT dry_run THEN
            EXECUTE statement;
        END IF;
        RETURN NEXT statement;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION rewards.disable_tenant_rls(regclass, boolean) IS
    'Takes back the policies and triggers of enable_tenant_rls(), and row-level security where the table has no other policy; the default, NOT NULL and the index stay. Runs and returns the statements, only returns them with dry_run. Errors: wrong_object_type, insufficient_privilege unless the caller owns the table';
-- Is a table isolated? assert_tenant_isolation() tries to cross from one company to another. What it tries is written
-- here, as statements with what they should lead to; to act as a company and to undo it is C++. They run with the
-- search_path of the caller, whom triggers of the table may need, so that they say where their types and operators are.

-- What the statements are made of: where a row of each company is, and what inserts it. Own is of company a, others is of
-- company b, and moved is the row of a with the company b.
CREATE TYPE rewards.isolation_subject AS (
    target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb,
    column_names text, own_row text, others_row text, moved_row text, own_place text, others_place text);
COMMENT ON TYPE rewards.isolation_subject IS 'Part of assert_tenant_isolation(): what its statements are made of';

-- A statement passes when it touches as many rows as wanted_rows says (null: never) or fails with one of wanted_states.
CREATE TYPE rewards.isolation_attempt AS (
    place integer, verb text, is_control boolean, company uuid, past_rls boolean, statement text, wanted_rows bigint,
    wanted_states text[], description text, skipped text, finding text);
COMMENT ON TYPE rewards.isolation_attempt IS
    'Part of assert_tenant_isolation(): a statement, the company to run it as (null: none), and what it should lead to';

CREATE FUNCTION rewards.company_column_of(target regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(rewards.tenant_policy_column(target),
        (SELECT a.attname FROM pg_trigger g JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.atttypid = 'uuid'::regtype
          WHERE g.tgrelid = target AND g.tgname = 'guard_tenant' AND g.tgargs = convert_to(a.attname, getdatabaseencoding()) || '\x00'),
        (SELECT attname FROM pg_attribute WHERE attrelid = target AND attname = 'company_id' AND atttypid = 'uuid'::regtype))
$function$;
COMMENT ON FUNCTION rewards.company_column_of(regclass) IS
    'The company column of a table, by its policy, its guard or its name company_id; null when it has none';

CREATE FUNCTION rewards.isolation_foreign_keys(target regclass, company_column name)
    RETURNS TABLE (constraint_oid oid, constraint_name name, other regclass, other_column name, columns name[],
                   other_columns name[], types text[], has_company boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.oid, f.conname, f.confrelid::regclass, c.company,
           array_agg(a.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(b.attname ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           array_agg(h.type ORDER BY k.place) FILTER (WHERE a.attname <> company_column),
           bool_or(a.attname = company_column AND b.attname = c.company)
      FROM pg_constraint f
     CROSS JOIN LATERAL (SELECT coalesce(rewards.company_column_of(f.confrelid),
               (SELECT attname FROM pg_attribute
                 WHERE attrelid = f.confrelid AND attname = company_column AND atttypid = 'uuid'::regtype)) AS company) c
     CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (here, there, place)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
      JOIN rewards.isolation_columns(target) h ON h.attnum = k.here
      JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there
     WHERE f.conrelid = target AND f.contype = 'f' AND f.conparentid = 0 AND c.company IS NOT NULL
     GROUP BY f.oid, f.conname, f.confrelid, c.company
    HAVING bool_or(a.attname <> company_column)
$function$;
COMMENT ON FUNCTION rewards.isolation_foreign_keys(regclass, name) IS
    'Part of assert_tenant_isolation(): the foreign keys of a table to other tables of companies, by more than the company';

-- Its columns, in the order of a sample.
CREATE FUNCTION rewards.isolation_columns(target regclass)
    RETURNS TABLE (place text, attnum smallint, name name, type text, is_generated boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (row_number() OVER (ORDER BY a.attnum) - 1)::text, a.attnum, a.attname, format('%I.%I', n.nspname, t.typname), a.attgenerated <> ''
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
$function$;
COMMENT ON FUNCTION rewards.isolation_columns(regclass) IS 'Part of assert_tenant_isolation(): the columns of a table';

-- Each gives a row of text, as JSON, or none.
CREATE FUNCTION rewards.isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid)
    RETURNS TABLE (name text, company uuid, statement text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.name, s.company,
           format($$SELECT pg_catalog.jsonb_build_object(
                               'place', pg_catalog.format(
                                   'tableoid OPERATOR(pg_catalog.=) %%s AND ctid OPERATOR(pg_catalog.=) %%L', tableoid, ctid),
                               'row', ARRAY[%s]::pg_catalog.text[])::pg_catalog.text FROM %s
                     WHERE %I OPERATOR(pg_catalog.=) %L LIMIT 1$$,
                  (SELECT string_agg(format('%I::pg_catalog.text', c.name), ', ' ORDER BY c.attnum)
                     FROM rewards.isolation_columns(target) c), target, company_column, s.company)
      FROM (VALUES ('a', company_a), ('b', company_b)) AS s (name, company)
    UNION ALL
    SELECT 'key ' || k.constraint_oid, company_b,
           format($$SELECT pg_catalog.to_jsonb(ARRAY[%s]::pg_catalog.text[])::pg_catalog.text FROM %s
                     WHERE %I OPERATOR(pg_catalog.=) %L AND %s LIMIT 1$$,
                  string_agg(format('%I::pg_catalog.text', o.name), ', ' ORDER BY o.place), k.other, k.other_column, company_b,
                  string_agg(format('%I IS NOT NULL', o.name), ' AND '))
      FROM rewards.isolation_foreign_keys(target, company_column) k
     CROSS JOIN LATERAL unnest(k.other_columns) WITH ORDINALITY AS o (name, place)
     GROUP BY k.constraint_oid, k.other, k.other_column
$function$;
COMMENT ON FUNCTION rewards.isolation_samples(regclass, name, uuid, uuid) IS
    'Part of assert_tenant_isolation(): queries for a row of each company, and for what foreign keys could point at';

CREATE FUNCTION rewards.isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb)
    RETURNS rewards.isolation_subject
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT target, company_column, company_a, company_b, samples, r.names, r.head || r.own || ')', r.head || r.others || ')',
           r.head || r.moved || ')', samples #>> '{a,place}', samples #>> '{b,place}'
      FROM (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum) AS names,
                   format('(%s) OVERRIDING SYSTEM VALUE VALUES (', string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum)) AS head,
                   string_agg(format('%L::%s', v.own, c.type), ', ' ORDER BY c.attnum) AS own,
                   string_agg(format('%L::%s', v.others, c.type), ', ' ORDER BY c.attnum) AS others,
                   string_agg(format('%L::%s', CASE c.name WHEN company_column THEN company_b::text ELSE v.own END, c.type), ', '
                              ORDER BY c.attnum) AS moved
              FROM rewards.isolation_columns(target) c
             CROSS JOIN LATERAL (SELECT samples #>> ARRAY['a', 'row', c.place] AS own, samples #>> ARRAY['b', 'row', c.place] AS others) v
             WHERE NOT c.is_generated) r
$function$;
COMMENT ON FUNCTION rewards.isolation_subject(regclass, name, uuid, uuid, jsonb) IS
    'Part of assert_tenant_isolation(): puts together what its statements are made of';

-- In the company's own rows everything works: a refusal of everything would prove nothing.
CREATE FUNCTION rewards.isolation_controls(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 10 + place, verb, true, company_a, false, statement, 1, '{}'::text[], description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'UPDATE', 'a company updates its own row', format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (2, 'DELETE', 'a company deletes its own row', format('DELETE FROM %s WHERE %s', target, own_place)),
        (3, 'INSERT', 'a company inserts a row of its own, or comes as far as its key',
         format('WITH tried AS (INSERT INTO %s %s ON CONFLICT DO NOTHING) SELECT 1', target, own_row)))
        AS controls (place, verb, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_controls(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): what must work';

CREATE FUNCTION rewards.isolation_reads(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 20 + place, verb, false, company_a, false, format('SELECT FROM %s ', target) || condition, 0, '{}'::text[],
           'rows of the other company are not ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'SELECT', 'found by company', format('WHERE %I OPERATOR(pg_catalog.=) %L', company_column, company_b)),
        (2, 'SELECT', 'among all rows', format('WHERE (%I OPERATOR(pg_catalog.=) %L) IS NOT TRUE', company_column, company_a)),
        (3, 'SELECT', 'found by their place (ctid)', 'WHERE ' || others_place),
        (4, 'SELECT', 'found by primary key', 'WHERE ' ||
            (SELECT string_agg(format('%I OPERATOR(%I.%s) %L::%s', c.name, n.nspname, o.oprname, samples #>> ARRAY['b', 'row', c.place], c.type),
                               ' AND ')
               FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey, i.indclass) AS k (attnum, opclass)
               JOIN rewards.isolation_columns(target) c ON c.attnum = k.attnum JOIN pg_opclass f ON f.oid = k.opclass
               JOIN pg_amop e ON e.amopfamily = f.opcfamily AND e.amopstrategy = 3  -- equal, in a B-tree
                AND e.amoplefttype = f.opcintype AND e.amoprighttype = f.opcintype
               JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
              WHERE i.indrelid = target AND i.indisprimary)),
        (5, 'SELECT', 'joined', format('AS r JOIN (VALUES (%L::pg_catalog.uuid)) AS v (company) ON r.%I OPERATOR(pg_catalog.=) v.company',
                                       company_b, company_column)),
        (6, 'SELECT', 'seen by a condition that would tell of them by its error',
            format('WHERE %I OPERATOR(pg_catalog.=) %L AND 1 OPERATOR(pg_catalog./) (%1$I OPERATOR(pg_catalog.<>) %2$L)::integer IS NOT NULL',
                   company_column, company_b)),
        (7, 'UPDATE', 'locked', format('WHERE %I OPERATOR(pg_catalog.=) %L FOR UPDATE', company_column, company_b)))
        AS reads (place, verb, description, condition)
     WHERE condition IS NOT NULL
$function$;
COMMENT ON FUNCTION rewards.isolation_reads(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): reading across companies';

-- No statement writes more than one row, even where nothing is protected.
CREATE FUNCTION rewards.isolation_writes(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 30 + place, verb, false, company_a, false, statement, wanted_rows, wanted_states::text[], description,
           CASE WHEN statement ~ '^MERGE' AND c.relhasrules THEN 'a table with rules has no MERGE' END, NULL
      FROM (SELECT (subject).*) s JOIN pg_class c ON c.oid = s.target CROSS JOIN LATERAL (VALUES
        (1, 'UPDATE', 'a row of the other company is not updated', 0, '{42501}',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, others_place)),
        (2, 'UPDATE', 'a row of the other company is not taken over', 0, '{42501}',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_a, others_place)),
        (3, 'UPDATE', 'a row is not given to the other company', NULL, '{42501}',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_b, own_place)),
        (4, 'DELETE', 'a row of the other company is not deleted', 0, '{42501}',
         format('DELETE FROM %s WHERE %s', target, others_place)),
        (5, 'INSERT', 'a row is not inserted for the other company', NULL, '{42501}', format('INSERT INTO %s %s', target, moved_row)),
        (6, 'UPDATE', 'a row of the other company is not updated by MERGE', 0, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN UPDATE SET %I = %3$I', target, others_place,
                company_column)),
        (7, 'DELETE', 'a row of the other company is not deleted by MERGE', 0, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON %s WHEN MATCHED THEN DELETE', target, others_place)),
        (8, 'INSERT', 'a row is not inserted for the other company by MERGE', NULL, '{42501}',
         format('MERGE INTO %s USING (VALUES (1)) AS one (x) ON false WHEN NOT MATCHED THEN INSERT %s', target, moved_row)),
        (9, 'TRUNCATE', 'TRUNCATE does not take the rows of all companies', NULL, '{23001,42501}',
         format('TRUNCATE %s CASCADE', target)))
        AS writes (place, verb, description, wanted_rows, wanted_states, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_writes(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): writing across companies';

CREATE FUNCTION rewards.isolation_conflicts(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH keys AS (
        SELECT x.relname AS name, string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum) FILTER (WHERE k.is_key) AS columns,
               string_agg(format('%L::%s', v.text, c.type), ', ' ORDER BY c.attnum) FILTER (WHERE NOT c.is_generated) AS row,
               bool_or(k.is_key AND c.name = (subject).company_column) AS has_company
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid CROSS JOIN rewards.isolation_columns((subject).target) c
         CROSS JOIN LATERAL (SELECT c.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS is_key) k
         CROSS JOIN LATERAL (SELECT (subject).samples #>> ARRAY[CASE WHEN k.is_key THEN 'b' ELSE 'a' END, 'row', c.place] AS text) v
         WHERE i.indrelid = (subject).target AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
           AND i.indexprs IS NULL
         GROUP BY x.relname
        HAVING bool_and(NOT k.is_key OR v.text IS NOT NULL))
    SELECT (40 + row_number() OVER (ORDER BY k.name, a.verb))::integer, a.verb, false, company_a, false,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s) ON CONFLICT (%s) %s', target, column_names, k.row, k.columns,
                  a.action),
           CASE WHEN a.verb = 'INSERT' AND NOT k.has_company THEN 0 END, '{42501}'::text[],
           format('ON CONFLICT %s does not reach a row of the other company that has the same key (%s)',
                  substring(a.action from '^DO \w+'), k.name), NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN keys k CROSS JOIN LATERAL (VALUES
        ('INSERT', 'DO NOTHING'), ('UPDATE', format('DO UPDATE SET %I = excluded.%1$I', company_column))) AS a (verb, action)
$function$;
COMMENT ON FUNCTION rewards.isolation_conflicts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): inserting a key that a row of the other company has';

CREATE FUNCTION rewards.isolation_pointers(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (1000 + row_number() OVER (ORDER BY k.constraint_name))::integer, 'UPDATE', false, company_a, false,
           format('UPDATE %s SET %s WHERE %s', target, k.settings, own_place), NULL::bigint, '{23503,42501}'::text[],
           format('foreign key %I cannot point at a row of the other company in %s', k.constraint_name, k.other),
           CASE WHEN k.settings IS NULL AND k.has_company
                THEN 'the company is part of the key, and the other company has no row to point at' END,
           CASE WHEN k.settings IS NULL AND NOT k.has_company
                THEN format('The key lacks %I, and the other company has no row in %s to try it with.', company_column, k.other) END
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (
        SELECT f.*, (SELECT string_agg(format('%I = %L::%s', c, v.key ->> (place - 1)::integer, f.types[place]), ', ')
                       FROM unnest(f.columns) WITH ORDINALITY AS o (c, place) WHERE jsonb_typeof(v.key) = 'array') AS settings
          FROM rewards.isolation_foreign_keys(target, company_column) f
         CROSS JOIN LATERAL (SELECT samples -> ('key ' || f.constraint_oid) AS key) v) k
$function$;
COMMENT ON FUNCTION rewards.isolation_pointers(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): foreign keys that point at a row of the other company';

-- What row-level security lets an owner do past FORCE is left to the guard, which is tried there alone.
CREATE FUNCTION rewards.isolation_guard(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 2000 + place, verb, false, company, true, statement, NULL::bigint, '{42501}'::text[],
           'the guard stops the owner, past row-level security, from ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'INSERT', company_a, 'inserting a row of the other company', format('INSERT INTO %s %s', target, moved_row)),
        (2, 'UPDATE', company_a, 'giving a row to the other company',
         format('UPDATE %s SET %I = %L WHERE %s', target, company_column, company_b, own_place)),
        (3, 'UPDATE', company_a, 'updating a row of the other company',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, others_place)),
        (4, 'DELETE', company_a, 'deleting a row of the other company', format('DELETE FROM %s WHERE %s', target, others_place)),
        (5, 'INSERT', NULL, 'inserting a row without a context', format('INSERT INTO %s %s', target, own_row)),
        (6, 'UPDATE', NULL, 'updating a row without a context',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (7, 'DELETE', NULL, 'deleting a row without a context', format('DELETE FROM %s WHERE %s', target, own_place)))
        AS guarded (place, verb, company, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_guard(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): the guard trigger alone';

CREATE FUNCTION rewards.isolation_outside(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 3000 + place, verb, false, NULL::uuid, false, statement, wanted_rows, '{42501,23001}'::text[],
           'without a context ' || description, NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (VALUES
        (1, 'SELECT', 0, 'no row is read', format('SELECT FROM %s', target)),
        (2, 'UPDATE', 0, 'no row is updated', format('UPDATE %s SET %I = %2$I WHERE %3$s', target, company_column, own_place)),
        (3, 'DELETE', 0, 'no row is deleted', format('DELETE FROM %s WHERE %s', target, own_place)),
        (4, 'INSERT', NULL, 'no row is inserted', format('INSERT INTO %s %s', target, own_row)),
        (5, 'TRUNCATE', NULL, 'nothing is truncated', format('TRUNCATE %s CASCADE', target)))
        AS outside (place, verb, wanted_rows, description, statement)
$function$;
COMMENT ON FUNCTION rewards.isolation_outside(rewards.isolation_subject) IS 'Part of assert_tenant_isolation(): no company at all';

-- A row's place is of one partition; the others are tried with what they refuse whether they have rows or not. Where rows
-- are only passed on, a row that is of another branch is an error before it is one of another company.
CREATE FUNCTION rewards.isolation_parts(subject rewards.isolation_subject) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (4000 + 10 * t.number + p.place)::integer, '', false, p.company, p.past_rls, p.statement, p.wanted_rows,
           '{42501,23001}'::text[], format('%s by itself: %s', t.name, p.description), NULL, NULL
      FROM (SELECT (subject).*) s CROSS JOIN LATERAL (
        SELECT t.relation, t.name, c.relkind, row_number() OVER (ORDER BY cardinality(t.path), t.name) AS number
          FROM rewards.tenant_tables(target) t JOIN pg_class c ON c.oid = t.relation WHERE t.relation <> target) t
     CROSS JOIN LATERAL (VALUES
        (1, company_a, false, 0, 'row-level security holds',
         format('SELECT WHERE NOT pg_catalog.row_security_active(%s::pg_catalog.oid)', t.relation)),
        (2, company_a, false, 0, 'no row of another company is read',
         format('SELECT FROM %s WHERE (%I OPERATOR(pg_catalog.=) %L) IS NOT TRUE', t.name, company_column, company_a)),
        (3, company_a, false, NULL, 'no row of the other company is inserted', format('INSERT INTO %s %s', t.name, others_row)),
        (4, company_a, false, 0, 'no row of the other company is updated',
         format('UPDATE %s SET %I = %2$I WHERE %3$s', t.name, company_column, others_place)),
        (5, company_a, false, 0, 'no row of the other company is deleted', format('DELETE FROM %s WHERE %s', t.name, others_place)),
        (6, company_a, false, NULL, 'it is not truncated', format('TRUNCATE %s CASCADE', t.name)),
        (7, NULL, false, 0, 'without a context no row is read', format('SELECT FROM %s', t.name)),
        (8, company_a, true, NULL, 'the guard stops the owner, past row-level security', format('INSERT INTO %s %s', t.name, others_row)))
        AS p (place, company, past_rls, wanted_rows, description, statement)
     WHERE t.relkind = 'r' OR p.statement !~ '^INSERT'
$function$;
COMMENT ON FUNCTION rewards.isolation_parts(rewards.isolation_subject) IS
    'Part of assert_tenant_isolation(): partitions and children, each accessed directly';

CREATE FUNCTION rewards.isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid,
                                           acting_role regrole, samples jsonb) RETURNS SETOF rewards.isolation_attempt
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.place, a.verb, a.is_control, a.company, a.past_rls, a.statement, a.wanted_rows, a.wanted_states, a.description,
           CASE WHEN a.skipped IS NOT NULL OR a.past_rls OR a.verb = '' OR has_table_privilege(acting_role, target, nullif(a.verb, ''))
                THEN a.skipped ELSE format('%s has no right to %s', acting_role, a.verb) END, a.finding
      FROM rewards.isolation_subject(target, company_column, company_a, company_b, samples) s
     CROSS JOIN LATERAL (
        SELECT * FROM rewards.isolation_controls(s) UNION ALL SELECT * FROM rewards.isolation_reads(s)
        UNION ALL SELECT * FROM rewards.isolation_writes(s) UNION ALL SELECT * FROM rewards.isolation_conflicts(s)
        UNION ALL SELECT * FROM rewards.isolation_pointers(s) UNION ALL SELECT * FROM rewards.isolation_guard(s)
        UNION ALL SELECT * FROM rewards.isolation_outside(s) UNION ALL SELECT * FROM rewards.isolation_parts(s)) a
     ORDER BY a.place
$function$;
COMMENT ON FUNCTION rewards.isolation_attempts(regclass, name, uuid, uuid, regrole, jsonb) IS
    'Part of assert_tenant_isolation(): all statements, in order';

CREATE FUNCTION rewards.assert_tenant_isolation(target regclass, company_a uuid DEFAULT NULL, company_b uuid DEFAULT NULL,
                                                acting_role regrole DEFAULT NULL) RETURNS SETOF text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_assert_tenant_isolation';
COMMENT ON FUNCTION rewards.assert_tenant_isolation(regclass, uuid, uuid, regrole) IS
    'Tries to cross from one company to another in every way that SQL has, as the owner of the table or as acting_role, and undoes it. Returns lines of TAP: not ok where the table is not isolated, and where nothing would be proved because a company has no rows or the role is above row-level security. Companies are found in the table by a caller who sees all rows. Sequences that triggers of the table use advance, and what triggers do outside of the database stays. Errors: object_not_in_prerequisite_state in a transaction with a company context, insufficient_privilege unless the caller may call set_company_context() and is a member of acting_role, invalid_parameter_value when companies have to be given';
CREATE FUNCTION rewards.current_settings(
    OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer,
    OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint,
    OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval,
    OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean,
    OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint,
    OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(own.trust_validate_at, usual.trust_validate_at), coalesce(own.trust_review_at, usual.trust_review_at),
           coalesce(own.trust_version, usual.trust_version), coalesce(own.shadow_version, usual.shadow_version),
           coalesce(own.hold_all, usual.hold_all), coalesce(own.events_per_hour, usual.events_per_hour),
           coalesce(own.points_per_hour, usual.points_per_hour), coalesce(own.events_per_day, usual.events_per_day),
           coalesce(own.points_per_day, usual.points_per_day), coalesce(own.accepted_age, usual.accepted_age),
           coalesce(own.accepted_ahead, usual.accepted_ahead),
           coalesce(own.review_four_eyes_points, usual.review_four_eyes_points),
           coalesce(own.refunded_points_live, usual.refunded_points_live),
           coalesce(own.redeem_enabled, usual.redeem_enabled), coalesce(own.claim_enabled, usual.claim_enabled),
           coalesce(own.redemptions_per_hour, usual.redemptions_per_hour),
           coalesce(own.redemptions_per_day, usual.redemptions_per_day),
           coalesce(own.guesses_per_claimer, usual.guesses_per_claimer),
           coalesce(own.guesses_per_device, usual.guesses_per_device),
           coalesce(own.guesses_per_company, usual.guesses_per_company)
      FROM rewards.company_settings usual
      LEFT JOIN rewards.company_settings own ON own.company_id = rewards.get_current_company_id()
     WHERE usual.company_id = '00000000-0000-0000-0000-000000000000'
       AND rewards.get_current_company_id() IS NOT NULL
$function$;
COMMENT ON FUNCTION rewards.current_settings() IS
    'The settings that hold for the company of the context: its own, and the defaults where it has none. One row; none without a context, and for the role user';
-- What the doctor looks at: the tables that companies share, and what is written on them. Facts only; what is wrong with
-- them is said in 17_tenant_doctor_*.sql. In PL/pgSQL, which plans once what all of those ask.

-- Functions are read from the stored expression, because pg_depend does not know of calls of built-in ones.
CREATE FUNCTION rewards.doctor_policies()
    RETURNS TABLE (policy oid, relation oid, name text, is_permissive boolean, command "char", using_text text, check_text text,
                   functions oid[], reads_setting boolean, says_or boolean, is_of_company boolean, checks_company boolean, is_known boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH written AS (
            SELECT p.*, pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text,
                   concat_ws(' ', p.polqual::text, p.polwithcheck::text) AS nodes,
                   ' = \(*( SELECT )?rewards\.get_(current|back_end)_company_id\(\)|rewards\.get_(current|back_end)_company_id\(\)( AS [a-z_]+\))? = ' AS comparison
              FROM pg_policy p)
        SELECT w.oid, w.polrelid, quote_ident(w.polname), w.polpermissive, w.polcmd, w.using_text, w.check_text,
               called.functions,
               EXISTS (SELECT FROM pg_proc f WHERE f.oid = ANY (called.functions)
                          AND concat_ws(' ', f.proname, f.prosrc, pg_get_function_sqlbody(f.oid)) ~* '\mcurrent_setting\M'),
               w.nodes LIKE '%{BOOLEXPR :boolop or %',
               called.company AND coalesce(w.using_text, w.check_text) ~ w.comparison,
               called.company AND coalesce(w.check_text, w.using_text) ~ w.comparison,
               w.polcmd = 'r' AND (w.using_text = 'rewards.crosses_companies()'
                   OR c.relnamespace = 'rewards'::regnamespace
                      AND w.using_text = '(company_id = ''00000000-0000-0000-0000-000000000000''::uuid)')
          FROM written w JOIN pg_class c ON c.oid = w.polrelid
         CROSS JOIN LATERAL (SELECT ARRAY(SELECT DISTINCT call[1]::oid FROM regexp_matches(w.nodes, ':(?:funcid|opfuncid) (\d+)', 'g') AS call))
                         AS found (functions)
         CROSS JOIN LATERAL (SELECT found.functions, found.functions && ARRAY['rewards.get_current_company_id()'::regprocedure::oid,
                                                                              'rewards.get_back_end_company_id()'::regprocedure::oid])
                         AS called (functions, company);
END
$function$;
COMMENT ON FUNCTION rewards.doctor_policies() IS
    'Part of tenant_doctor(): all policies, the functions that they call, whether they compare a company (is_of_company, and checks_company for new rows) or are those that pg_rewards makes besides (is_known)';

CREATE FUNCTION rewards.doctor_grants() RETURNS TABLE (relation oid, grantee text, privilege text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT DISTINCT g.relation, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, g.privilege
      FROM (SELECT c.oid, c.relowner, a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
            UNION ALL
            SELECT c.oid, c.relowner, a.grantee, a.privilege_type
              FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
             WHERE t.attacl IS NOT NULL) AS g (relation, owner, grantee, privilege)
      LEFT JOIN pg_roles r ON r.oid = g.grantee
     WHERE g.grantee <> g.owner
$function$;
COMMENT ON FUNCTION rewards.doctor_grants() IS
    'Part of tenant_doctor(): who besides its owner has a privilege on a relation or a column of it';

-- A table whose policy compares another column has that one for its company column.
CREATE FUNCTION rewards.doctor_tables(column_name name)
    RETURNS TABLE (relation oid, name text, kind "char", owner oid, is_ours boolean, is_partition boolean, is_child boolean,
                   has_rls boolean, is_forced boolean, is_protected boolean, has_policies boolean, is_restricted boolean, reads_setting boolean,
                   attnum smallint, company_column text, column_type text, is_uuid boolean, is_nullable boolean, default_text text,
                   enabling text, new_policy text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH of_policies AS (
            SELECT p.relation, bool_or(p.is_of_company) AS is_of_company, bool_or(p.name = 'tenant') AS is_name_taken,
                   bool_or(p.reads_setting AND NOT p.is_of_company) AS reads_setting,
                   bool_or(p.is_of_company AND NOT p.is_permissive AND NOT p.says_or AND p.command = '*' AND y.polroles = '{0}') AS is_restricted,
                   min(a.attnum) AS attnum
              FROM rewards.doctor_policies() p JOIN pg_policy y ON y.oid = p.policy
             CROSS JOIN LATERAL (SELECT coalesce(p.using_text, p.check_text)) AS e (expression)
              LEFT JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum > 0 AND NOT a.attisdropped AND p.is_of_company
                   AND (strpos(e.expression, format('(%I = rewards.get_', a.attname)) > 0
                        OR strpos(e.expression, format('(%I = (rewards.get_', a.attname)) > 0
                        OR strpos(e.expression, format('_company_id() = %I)', a.attname)) > 0
                        OR strpos(e.expression, format('(%I = ( SELECT rewards.get_', a.attname)) > 0)
             GROUP BY p.relation)
        SELECT c.oid, r.name, c.relkind, c.relowner, n.nspname = 'rewards', c.relispartition,
               EXISTS (SELECT FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent
                        WHERE i.inhrelid = c.oid AND parent.relrowsecurity),
               c.relrowsecurity, c.relforcerowsecurity, c.relrowsecurity AND coalesce(p.is_of_company, false), p.relation IS NOT NULL,
               coalesce(p.is_restricted, false), coalesce(p.reads_setting, false),
               a.attnum, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), r.is_uuid, NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
               CASE WHEN r.is_uuid THEN format('SELECT rewards.enable_tenant_rls(%L%s)', r.name,
                    CASE WHEN a.attname <> 'company_id' THEN format(', company_column => %L', a.attname) END) END,
               CASE WHEN r.is_uuid THEN format('CREATE POLICY %s ON %s USING (%I = rewards.get_current_company_id())',
                    CASE WHEN p.is_name_taken THEN 'tenant_of_row' ELSE 'tenant' END, r.name, a.attname) END
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN of_policies p ON p.relation = c.oid
          LEFT JOIN pg_attribute named ON named.attrelid = c.oid AND named.attname = column_name
               AND named.attnum > 0 AND NOT named.attisdropped
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = coalesce(named.attnum, p.attnum)
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname), coalesce(a.atttypid = 'uuid'::regtype, false)) AS r (name, is_uuid)
         WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND (named.attnum IS NOT NULL OR p.is_of_company);
END
$function$;
COMMENT ON FUNCTION rewards.doctor_tables(name) IS
    'Part of tenant_doctor(): the tables that have the company column, or a policy that compares a company, with names as in SQL; is_protected: row-level security is on and such a policy is there';
-- What keys tell of other companies: the server looks for them past row-level security.

-- A uuid that the table makes itself cannot be guessed, so asking for it tells nothing: whoever has it knows of the row.
CREATE FUNCTION rewards.doctor_unique_keys(company_column name)
    RETURNS TABLE (table_name text, company_column text, index_name text, constraint_name name, constraint_type "char", definition text,
                   is_referenced boolean, is_counted boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT t.name, t.company_column, i.indexrelid::regclass::text, k.conname, k.contype, pg_get_constraintdef(k.oid),
           EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid), made.is_counted
      FROM rewards.doctor_tables(company_column) t
      JOIN pg_index i ON i.indrelid = t.relation AND (i.indisunique OR i.indisexclusion)
      LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = t.relation AND k.contype IN ('p', 'u', 'x')
     CROSS JOIN LATERAL (SELECT (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key (columns)
     CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(a.atttypid = 'uuid'::regtype AND pg_get_expr(d.adbin, d.adrelid) LIKE '%()'), false) AS is_random,
               coalesce(bool_and(a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'), false) AS is_counted
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = t.relation AND a.attnum = ANY (key.columns)) AS made
     WHERE t.is_protected AND NOT t.attnum = ANY (key.columns) AND NOT made.is_random
       AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
       -- Ours are written by functions only, which ask for keys that cannot be guessed either.
       AND (NOT t.is_ours OR t.relation IN (SELECT g.relation FROM rewards.doctor_grants() g WHERE g.privilege IN ('INSERT', 'UPDATE')))
$function$;
COMMENT ON FUNCTION rewards.doctor_unique_keys(name) IS
    'Part of tenant_doctor(): the unique keys and exclusion constraints of protected tables that do not contain the company; is_counted: of numbers from a sequence only';

CREATE FUNCTION rewards.doctor_key_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN k.is_counted THEN 'info' ELSE 'warning' END,
           CASE WHEN k.constraint_name IS NULL THEN 'index ' || k.index_name ELSE format('constraint %I on %s', k.constraint_name, k.table_name) END,
           'key_without_company',
           CASE WHEN k.is_counted THEN 'Its numbers tell a company how many rows the others have.'
                ELSE 'An INSERT or UPDATE that it refuses tells a company of a row of another.' END
           || CASE WHEN k.is_referenced THEN ' Foreign keys refer to it: change those first.'
                   WHEN k.constraint_name IS NULL THEN format(' It takes two statements: create an index that contains %s, and drop this one.', k.company_column)
                   ELSE '' END,
           CASE WHEN k.constraint_name IS NOT NULL AND NOT k.is_referenced THEN
               format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s', k.table_name, k.constraint_name,
                      overlay(k.definition PLACING format('(%s%s, ', k.company_column, CASE k.constraint_type WHEN 'x' THEN ' WITH =' END)
                              FROM strpos(k.definition, '(') FOR 1)) END
      FROM rewards.doctor_unique_keys(company_column) k
$function$;
COMMENT ON FUNCTION rewards.doctor_key_findings(name) IS
    'Part of tenant_doctor(): key_without_company';

CREATE FUNCTION rewards.doctor_foreign_keys(company_column name)
    RETURNS TABLE (name name, child text, child_company text, child_key text, parent text, parent_company text, parent_key text,
                   acts boolean, nulls_on_update boolean, is_ready boolean, actions text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH tables AS MATERIALIZED (SELECT * FROM rewards.doctor_tables(company_column) t WHERE t.has_rls AND t.attnum IS NOT NULL)
    SELECT k.conname, child.name, child.company_column, c.child_key, parent.name, parent.company_column, c.parent_key,
           k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'), k.confupdtype IN ('n', 'd'),
           EXISTS (SELECT FROM pg_index i CROSS JOIN LATERAL (SELECT (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key (columns)
                    WHERE i.indrelid = k.confrelid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
                      AND key.columns @> (parent.attnum || k.confkey) AND key.columns <@ (parent.attnum || k.confkey)),
           -- What the definition says after its columns. SET NULL must not take the company along.
           regexp_replace(substr(pg_get_constraintdef(k.oid), length(format('FOREIGN KEY (%s) REFERENCES %s(%s)', c.child_key, parent.name, c.parent_key)) + 1),
                          '(ON DELETE SET (?:NULL|DEFAULT))(?! \()', format('\1 (%s)', replace(c.child_key, '\', '\\')))
      FROM pg_constraint k JOIN tables child ON child.relation = k.conrelid JOIN tables parent ON parent.relation = k.confrelid
     CROSS JOIN LATERAL (
        SELECT string_agg(quote_ident(h.attname), ', ' ORDER BY u.place), string_agg(quote_ident(t.attname), ', ' ORDER BY u.place),
               bool_or(u.here = child.attnum AND u.there = parent.attnum)
          FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (here, there, place)
          JOIN pg_attribute h ON h.attrelid = k.conrelid AND h.attnum = u.here
          JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = u.there) AS c (child_key, parent_key, has_company)
     WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT c.has_company
$function$;
COMMENT ON FUNCTION rewards.doctor_foreign_keys(name) IS
    'Part of tenant_doctor(): the foreign keys between tables with row-level security that do not contain the company; is_ready: the other table has a key to refer to that does';

CREATE FUNCTION rewards.doctor_foreign_key_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'error', format('constraint %I on %s', k.name, k.child),
           CASE WHEN k.acts THEN 'cascade_across_companies' ELSE 'foreign_key_without_company' END,
           CASE WHEN k.acts THEN 'A row can refer to one of another company, and is changed or deleted with it.'
                ELSE 'A row can refer to one of another company, and so tells that it is there.' END
           || CASE WHEN k.is_ready THEN '' ELSE format(' First: ALTER TABLE %s ADD UNIQUE (%s, %s).', k.parent, k.parent_company, k.parent_key) END,
           CASE WHEN k.is_ready AND NOT k.nulls_on_update THEN
               format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I FOREIGN KEY (%s, %s) REFERENCES %s (%s, %s)%s', k.child, k.name, k.name,
                      k.child_company, k.child_key, k.parent, k.parent_company, k.parent_key, k.actions) END
      FROM rewards.doctor_foreign_keys(company_column) k
$function$;
COMMENT ON FUNCTION rewards.doctor_foreign_key_findings(name) IS
    'Part of tenant_doctor(): foreign_key_without_company, cascade_across_companies';
-- What gets a coupon's code or a company token into the server's log. Each connection has the setting that is nearest to it: of
-- its role in this database, of its role, of the database, of all roles, of the server.

CREATE FUNCTION rewards.doctor_connections() RETURNS TABLE (role oid, place text, value jsonb)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH database AS (SELECT oid, datname FROM pg_database WHERE datname = current_database()),
    setting AS (
        SELECT s.setrole, split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value,
               CASE WHEN s.setrole = 0 THEN 3 ELSE 1 END + CASE WHEN s.setdatabase = 0 THEN 1 ELSE 0 END AS distance
          FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS line
         WHERE s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM database)
        UNION ALL
        SELECT 0, name, reset_val, 5 FROM pg_settings)
    SELECT r.role, CASE WHEN r.role = 0 THEN format('DATABASE %I', d.datname) ELSE format('ROLE %I IN DATABASE %I', p.rolname, d.datname) END,
           (SELECT jsonb_object_agg(n.name, n.value)
              FROM (SELECT DISTINCT ON (s.name) s.name, s.value FROM setting s
                     WHERE s.setrole IN (0, r.role) AND s.name ~ '^(log|debug_print|auto_explain\.log|synchronous)_'
                     ORDER BY s.name, s.distance) AS n)
      FROM (SELECT DISTINCT setrole FROM setting) AS r (role) LEFT JOIN pg_roles p ON p.oid = r.role CROSS JOIN database d
$function$;
COMMENT ON FUNCTION rewards.doctor_connections() IS
    'Part of tenant_doctor() and check_settings(): the settings about logging and commits that connections to this database have: those of any role (role 0), and those of roles that have settings of their own';

CREATE FUNCTION rewards.doctor_log_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH logging AS (
        SELECT s.role, s.place, s.value,
               s.value ->> 'log_statement' IN ('mod', 'all') OR s.value ->> 'log_min_duration_statement' !~ '^-'
               OR s.value ->> 'log_min_duration_sample' !~ '^-' AND (s.value ->> 'log_statement_sample_rate')::float8 > 0
               OR (s.value ->> 'log_transaction_sample_rate')::float8 > 0 AS logs_statements,
               coalesce(s.value ->> 'auto_explain.log_min_duration' !~ '^-', false) AS explains
          FROM rewards.doctor_connections() s),
    found AS (
        SELECT l.role, l.place, f.name, f.safe
          FROM logging l
         CROSS JOIN LATERAL (VALUES
            (l.logs_statements OR l.explains, NULL, NULL),
            (l.logs_statements AND l.value ->> 'log_parameter_max_length' !~ '^0', 'log_parameter_max_length', '0'),
            (l.value ->> 'log_parameter_max_length_on_error' !~ '^0', 'log_parameter_max_length_on_error', '0'),
            -- New in version 16, and there it logs them whole if nobody says otherwise.
            (l.explains AND l.value ->> 'auto_explain.log_parameter_max_length' !~ '^0', 'auto_explain.log_parameter_max_length', '0'),
            (l.explains AND (l.value ->> 'auto_explain.log_verbose')::boolean, 'auto_explain.log_verbose', 'off'),
            ((l.value ->> 'debug_print_parse')::boolean, 'debug_print_parse', 'off'),
            ((l.value ->> 'debug_print_rewritten')::boolean, 'debug_print_rewritten', 'off'),
            ((l.value ->> 'debug_print_plan')::boolean, 'debug_print_plan', 'off')) AS f (is_found, name, safe)
         WHERE f.is_found)
    -- What is said of everybody is not said of each role again.
    SELECT CASE WHEN f.name IS NULL THEN 'info' ELSE 'warning' END, f.place,
           CASE WHEN f.name IS NULL THEN 'statements_in_log' ELSE 'parameters_in_log' END,
           CASE WHEN f.name IS NULL THEN 'Statements are logged as they are sent: have clients pass codes and tokens as parameters, never written out; and where auto_explain is at work, never in a condition, which it shows with their values.'
                ELSE format('As %s is set, codes and tokens get into the server''s log although they are passed as parameters.', f.name) END,
           'ALTER ' || f.place || ' SET ' || f.name || ' = ' || f.safe
      FROM found f
     WHERE f.role = 0 OR NOT EXISTS (SELECT FROM found o WHERE o.role = 0 AND o.name IS NOT DISTINCT FROM f.name)
$function$;
COMMENT ON FUNCTION rewards.doctor_log_findings() IS
    'Part of tenant_doctor(): parameters_in_log, statements_in_log';
-- What is wrong with policies: what they call, and whom they let in besides.

CREATE FUNCTION rewards.doctor_policy_function_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH called AS (
        SELECT called.function, min(format('%s on %s', p.name, t.name)) AS policy
          FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_policies() p ON p.relation = t.relation
         CROSS JOIN LATERAL unnest(p.functions) AS called (function)
         GROUP BY called.function)
    SELECT f.severity, c.function::regprocedure::text, f.finding, format('Policy %s calls it. %s', c.policy, f.why),
           CASE WHEN p.pronamespace <> 'pg_catalog'::regnamespace THEN format('ALTER FUNCTION %s %s', c.function::regprocedure, f.label) END
      FROM called c JOIN pg_proc p ON p.oid = c.function
     CROSS JOIN LATERAL (VALUES
        -- One that computes from the row alone may be immutable: it is not folded into a plan.
        (p.provolatile = 'i' AND p.pronamespace <> 'pg_catalog'::regnamespace
         AND (p.pronargs = 0 OR concat_ws(' ', p.prosrc, pg_get_function_sqlbody(p.oid))
                                ~* '\m(current_setting|get_(current|back_end|first|last)_(company|user)_id)\M'),
         'error', 'immutable_function', 'IMMUTABLE lets a plan keep the company of the transaction that it was made in.', 'STABLE'),
        (p.provolatile = 'v', 'warning', 'volatile_function', 'VOLATILE keeps the planner from using an index, and it is called for each row.', 'STABLE'),
        (p.proparallel <> 's', 'warning', 'parallel_unsafe_function', 'No query of the table runs in parallel.', 'PARALLEL SAFE'))
        AS f (is_found, severity, finding, why, label)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_policy_function_findings(name) IS
    'Part of tenant_doctor(): immutable_function, volatile_function, parallel_unsafe_function';

CREATE FUNCTION rewards.doctor_policy_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, format('policy %s on %s', p.name, t.name), f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_policies() p ON p.relation = t.relation
     CROSS JOIN LATERAL (SELECT format('ALTER POLICY %s ON %s', p.name, t.name), concat_ws(' ', p.using_text, p.check_text),
                                format('(%s = rewards.get_current_company_id())', t.company_column),
                                '\( SELECT (rewards\.get_[a-z_]+\(\)) AS [a-z_]+\)') AS x (altered, said, condition, wrapped)
     CROSS JOIN LATERAL (VALUES
        (p.reads_setting AND NOT p.is_of_company, 'error', 'forgeable_setting',
         'Whoever runs SQL sets a setting to what he likes. Where the policy says more than the company, write its condition anew.',
         CASE WHEN t.is_uuid AND x.said !~ ' (AND|OR) ' AND strpos(x.said, format('(%s = ', t.company_column)) > 0
              THEN concat_ws(' ', x.altered, CASE WHEN p.using_text IS NOT NULL THEN 'USING ' || x.condition END,
                             CASE WHEN p.check_text IS NOT NULL THEN 'WITH CHECK ' || x.condition END) END),
        (x.said ~ x.wrapped, 'warning', 'wrapped_predicate',
         'In a SELECT of its own the company is hidden from the planner, whose estimates are those of an average company.',
         concat_ws(' ', x.altered, 'USING (' || regexp_replace(p.using_text, x.wrapped, '\1', 'g') || ')',
                   'WITH CHECK (' || regexp_replace(p.check_text, x.wrapped, '\1', 'g') || ')')),
        (p.is_permissive AND NOT p.is_known AND NOT t.is_restricted AND t.is_protected AND NOT p.is_of_company AND NOT p.reads_setting,
         'error', 'widening_policy', 'Permissive policies add up: it lets in rows that the policy of the company keeps out.',
         format('DROP POLICY %s ON %s', p.name, t.name)),
        (p.is_permissive AND NOT t.is_restricted AND p.is_of_company AND p.says_or, 'warning', 'policy_with_or',
         'What its OR lets in besides the rows of the company only you can tell: write the condition without it, or prove it with assert_tenant_isolation().',
         NULL),
        (p.is_permissive AND NOT t.is_restricted AND p.is_of_company AND NOT p.checks_company, 'error', 'unchecked_write',
         'Its WITH CHECK lets rows of other companies be written.',
         format('%s WITH CHECK (%s)', x.altered, p.using_text)))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_policy_findings(name) IS
    'Part of tenant_doctor(): forgeable_setting, wrapped_predicate, widening_policy, policy_with_or, unchecked_write';

CREATE FUNCTION rewards.doctor_coverage_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'warning', t.name, 'partial_policy',
           format('No policy of the company lets anybody %s, and another policy might.', string_agg(c.verb, ', ' ORDER BY c.place)), t.new_policy
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS c (place, command, verb)
     WHERE t.is_protected AND NOT t.is_restricted
       AND NOT EXISTS (SELECT FROM rewards.doctor_policies() p
                        WHERE p.relation = t.relation AND p.is_of_company AND p.is_permissive AND p.command IN ('*', c.command::"char"))
     GROUP BY t.name, t.new_policy
$function$;
COMMENT ON FUNCTION rewards.doctor_coverage_findings(name) IS
    'Part of tenant_doctor(): partial_policy';
-- Who gets past row-level security by a privilege, a role or the ownership of a table.

CREATE FUNCTION rewards.doctor_grant_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN bool_or(g.privilege = 'TRUNCATE') THEN 'error' ELSE 'warning' END, t.name, 'privilege_past_rls',
           format('%s has %s, which row-level security does not limit.', g.grantee, string_agg(g.privilege, ', ' ORDER BY g.privilege)),
           format('REVOKE %s ON %s FROM %s', string_agg(g.privilege, ', ' ORDER BY g.privilege), t.name, g.grantee)
      FROM rewards.doctor_tables(company_column) t JOIN rewards.doctor_grants() g ON g.relation = t.relation
     WHERE g.privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
     GROUP BY t.name, g.grantee
$function$;
COMMENT ON FUNCTION rewards.doctor_grant_findings(name) IS
    'Part of tenant_doctor(): privilege_past_rls';

-- Up to 15 whoever is a member can SET ROLE; later a membership says whether he can.
CREATE FUNCTION rewards.doctor_role_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE memberships AS MATERIALIZED (
        SELECT m.member, m.roleid FROM pg_auth_members m WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)),
    reached (login, role, via) AS (
        SELECT r.oid, r.oid, NULL::oid FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls
        UNION
        SELECT a.login, m.roleid, m.member FROM reached a JOIN memberships m ON m.member = a.role)
    SELECT DISTINCT ON (login.rolname, target.rolname)
           'error', format('role %I', login.rolname), 'bypass_reachable',
           format('It can SET ROLE to %I, %s.', target.rolname,
                  CASE WHEN target.rolsuper THEN 'a superuser' ELSE 'which has BYPASSRLS' END),
           format('REVOKE %I FROM %I', target.rolname, via.rolname)
      FROM reached a JOIN pg_roles login ON login.oid = a.login JOIN pg_roles target ON target.oid = a.role JOIN pg_roles via ON via.oid = a.via
     WHERE target.rolsuper OR target.rolbypassrls
    UNION ALL
    -- A backup has to see everything, so this much is right for a role that enters no company, and there is nothing to mend.
    SELECT CASE WHEN e.enters THEN 'error' ELSE 'info' END, format('role %I', r.rolname), 'login_with_bypassrls',
           'Row-level security does not hold it. That is for backups, and for nothing that an application connects as.',
           CASE WHEN e.enters THEN format('ALTER ROLE %I NOBYPASSRLS', r.rolname) END
      FROM pg_roles r CROSS JOIN LATERAL (SELECT has_function_privilege(r.oid, 'rewards.set_company_context(uuid, text, text)', 'EXECUTE')) AS e (enters)
     WHERE r.rolcanlogin AND r.rolbypassrls AND NOT r.rolsuper
$function$;
COMMENT ON FUNCTION rewards.doctor_role_findings() IS
    'Part of tenant_doctor(): bypass_reachable, login_with_bypassrls';

-- An owner that logs in is what an application connects as when nobody else can enter a company; otherwise it may be
-- what the schema is deployed with.
CREATE FUNCTION rewards.doctor_owner_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH owners AS (
        SELECT t.owner, count(*) AS tables, min(t.name) AS example FROM rewards.doctor_tables(company_column) t WHERE t.is_protected GROUP BY t.owner),
    ours AS (SELECT relowner FROM pg_class WHERE oid = to_regclass('rewards.data_version')),
    entering AS (
        SELECT a.grantee FROM pg_proc p, aclexplode(p.proacl) a
         WHERE p.pronamespace = 'rewards'::regnamespace AND p.proname IN ('set_company_context', 'set_company_context_token')
           AND a.grantee <> p.proowner AND a.grantee NOT IN (SELECT relowner FROM ours))
    SELECT f.severity, format('role %I', r.rolname), f.finding, format(f.why, o.tables, o.example), f.mend
      FROM owners o JOIN pg_roles r ON r.oid = o.owner
     CROSS JOIN LATERAL (
        SELECT NOT EXISTS (SELECT FROM entering) OR r.oid NOT IN (SELECT relowner FROM ours)
               AND has_function_privilege(r.oid, 'rewards.set_company_context(uuid, text, text)', 'EXECUTE')) AS e (serves)
     CROSS JOIN LATERAL (VALUES
        (r.rolsuper, 'warning', 'superuser_owner',
         'It owns %s protected tables, such as %s, and neither they nor what has their owner''s rights are held by row-level security: ALTER TABLE ... OWNER TO a role that deploys them.',
         NULL),
        (NOT r.rolsuper AND r.rolcanlogin, CASE WHEN e.serves THEN 'warning' ELSE 'info' END, 'owner_logs_in',
         'It owns %s protected tables, such as %s, and can turn row-level security off: that is for deployments, and for nothing that an application connects as.',
         CASE WHEN e.serves THEN format('ALTER ROLE %I NOLOGIN', r.rolname) END))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_owner_findings(name) IS
    'Part of tenant_doctor(): superuser_owner, owner_logs_in';
-- What is wrong around the tables: settings that stay, and the server itself.

CREATE FUNCTION rewards.known_rls_cves(server_version_num integer DEFAULT current_setting('server_version_num')::integer)
    RETURNS TABLE (cve text, fixed_in text, problem text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT c.cve, f.version, c.problem
      FROM (VALUES
        ('CVE-2023-2455', '{15.3}', 'A cached plan of an inlined function keeps the policies of another role.'),
        ('CVE-2023-39418', '{15.4}', 'MERGE does not check new rows against the policies for UPDATE and SELECT.'),
        ('CVE-2024-4317', '{15.7,16.3}', 'pg_stats_ext_exprs shows values of other users'' tables. A cluster made before needs a script besides: see the release notes.'),
        ('CVE-2024-10976', '{15.9,16.5,17.1}', 'A cached plan keeps the policies of another role where a table is below a subquery or view.'),
        ('CVE-2024-10978', '{15.9,16.5,17.1}', 'After SET ROLE or SET SESSION AUTHORIZATION the wrong role can be in force.'),
        ('CVE-2025-8713', '{15.14,16.10,17.6}', 'Statistics show values of rows that policies on partitions and inheritance children hide.'),
        ('CVE-2026-14666', '{15.19,16.15,17.11,18.6}', 'A cached plan keeps policies that a change of roles has made invalid.'),
        ('CVE-2026-116311', '{15.20,16.16,17.12,18.7}', 'With DROP OWNED BY a role takes itself out of restrictive policies.'),
        ('CVE-2026-116327', '{15.20,16.16,17.12,18.7}', 'A leaky function is taken for leak-proof, and sees rows that policies hide.'),
        ('CVE-2026-120154', '{15.20,16.16,17.12,18.7}', 'Conditions of ON CONFLICT see rows that policies hide.'))
        AS c (cve, fixed_in, problem)
     CROSS JOIN LATERAL unnest(c.fixed_in::text[]) AS f (version)
     WHERE split_part(f.version, '.', 1)::integer = server_version_num / 10000
       AND split_part(f.version, '.', 2)::integer > server_version_num % 10000
$function$;
COMMENT ON FUNCTION rewards.known_rls_cves(integer) IS
    'The published vulnerabilities of row-level security that a server of this version has, and the minor version that mends them';

-- Null: this transaction is of a company, and cannot tell.
CREATE FUNCTION rewards.doctor_has_several_companies() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF to_regclass('rewards.user_points_cache') IS NULL THEN
        RETURN false;
    END IF;
    RETURN (SELECT count(*) > 1 FROM rewards.companies());
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION rewards.doctor_has_several_companies() IS
    'Part of tenant_doctor(): whether accounts of more than one company exist';

CREATE FUNCTION rewards.doctor_setting_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH settings AS (
        SELECT split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value,
               CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ROLE ALL' WHEN s.setrole = 0 THEN format('DATABASE %I', d.datname)
                    ELSE format('ROLE %I', r.rolname) || coalesce(' IN DATABASE ' || quote_ident(d.datname), '') END AS place
          FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
         CROSS JOIN LATERAL unnest(s.setconfig) AS line
         WHERE s.setdatabase = 0 OR d.datname = current_database())
    SELECT f.severity, s.place, f.finding, f.why, format('ALTER %s RESET %s', s.place, s.name)
      FROM settings s
     CROSS JOIN LATERAL (VALUES
        (CASE s.name WHEN 'row_security' THEN NOT s.value::boolean END, 'warning', 'row_security_off',
         'What row-level security would filter becomes an error. That is for backups; applications are then given a role that it does not hold.'),
        (s.name = 'session_replication_role' AND s.value <> 'origin', 'error', 'triggers_off',
         format('session_replication_role = %s turns off guards, audit and foreign keys.', s.value)),
        (CASE s.name WHEN 'rewards.default_company_id' THEN s.value <> '' AND rewards.doctor_has_several_companies() IS NOT FALSE END,
         'warning', 'default_company', 'What forgets to name a company acts for this one, and there are others.'))
        AS f (is_found, severity, finding, why)
     WHERE f.is_found
    UNION ALL
    SELECT 'error', c.cve, 'vulnerable_server', format('%s Update the server to %s or later.', c.problem, c.fixed_in), NULL
      FROM rewards.known_rls_cves() c
$function$;
COMMENT ON FUNCTION rewards.doctor_setting_findings() IS
    'Part of tenant_doctor(): row_security_off, triggers_off, default_company, vulnerable_server';
-- What is wrong with the tables themselves: row-level security, company column, index and guard. An error lets a row out
-- or in today; a warning needs one more mistake, or costs speed.

CREATE FUNCTION rewards.doctor_table_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN LATERAL (VALUES
        (NOT t.has_rls AND NOT t.is_child, 'error', 'no_rls', 'Whoever may read the table reads the rows of all companies.',
         CASE WHEN t.has_policies THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) ELSE t.enabling END),
        -- No policy is needed: rows are read and written through the parent, whose policies hold then.
        (NOT t.has_rls AND t.is_child, 'error', 'unprotected_child',
         'The policies of its parent do not hold for whoever names this partition or child itself.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.name)),
        (t.has_rls AND NOT t.is_forced, 'error', 'no_force',
         'Row-level security does not hold the owner, nor views and functions that have its rights.',
         format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name)),
        (t.has_rls AND NOT t.is_child AND NOT t.has_policies, 'warning', 'no_tenant_policy',
         'Row-level security without a policy shows nobody a row.', t.enabling),
        (t.has_rls AND NOT t.is_child AND t.has_policies AND NOT t.is_protected AND NOT t.reads_setting, 'error',
         'no_tenant_policy', 'None of its policies compares the company with that of the transaction.', t.new_policy))
        AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found AND t.kind <> 'f'
$function$;
COMMENT ON FUNCTION rewards.doctor_table_findings(name) IS
    'Part of tenant_doctor(): no_rls, unprotected_child, no_force, no_tenant_policy';

CREATE FUNCTION rewards.doctor_column_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'warning', t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t
     CROSS JOIN LATERAL (VALUES
        (NOT t.is_uuid, 'column_not_uuid',
         format('A company is a uuid, and column %s is %s; where a policy, an index or a partition key uses it, no single statement changes that.',
                t.company_column, t.column_type),
         CASE WHEN t.kind = 'r' AND NOT t.has_policies AND t.column_type ~ '^(text|character)'
              THEN format('ALTER TABLE %1$s ALTER COLUMN %2$s DROP DEFAULT, ALTER COLUMN %2$s TYPE uuid USING %2$s::uuid',
                          t.name, t.company_column) END),
        (t.is_protected AND t.is_nullable, 'nullable_column', format('A row without %s is of no company, and nobody sees it.', t.company_column),
         format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL', t.name, t.company_column)),
        (t.is_protected AND t.is_uuid AND t.default_text IS DISTINCT FROM 'rewards.get_current_company_id()', 'no_default',
         format('An INSERT that leaves %s out does not get the company of the transaction.', t.company_column),
         format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT rewards.get_current_company_id()', t.name, t.company_column)))
        AS f (is_found, finding, why, mend)
     WHERE f.is_found AND t.attnum IS NOT NULL AND NOT t.is_partition AND t.kind <> 'f'
$function$;
COMMENT ON FUNCTION rewards.doctor_column_findings(name) IS
    'Part of tenant_doctor(): column_not_uuid, nullable_column, no_default';

-- Not of the tables of schema rewards: those are found by user, and written by functions, which check the company.
CREATE FUNCTION rewards.doctor_support_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH guards AS (
        SELECT g.tgrelid, g.tgname, g.tgenabled IN ('O', 'A') AS is_enabled
          FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
         WHERE p.pronamespace = 'rewards'::regnamespace AND p.proname = 'guard_tenant_row'
           AND g.tgtype & 31 = 31 AND g.tgqual IS NULL AND g.tgattr::text = '')  -- before each row of every INSERT, UPDATE, DELETE
    SELECT 'warning', t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t LEFT JOIN guards g ON g.tgrelid = t.relation
     CROSS JOIN LATERAL (VALUES
        (NOT t.is_partition AND NOT EXISTS (
             SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
              WHERE i.indrelid = t.relation AND i.indkey[0] = t.attnum AND i.indpred IS NULL AND i.indisvalid AND m.amname IN ('btree', 'hash')),
         'no_index', format('Every query has %s in its condition, and no index begins with it. On a table in use: CREATE INDEX CONCURRENTLY.', t.company_column),
         format('CREATE INDEX ON %s (%s)', t.name, t.company_column)),
        (NOT t.is_partition AND t.is_uuid AND g.tgrelid IS NULL, 'no_guard',
         'Its owner, roles with BYPASSRLS and superusers can write rows of any company without saying so.', t.enabling),
        (NOT g.is_enabled, 'guard_disabled',
         'Its owner, roles with BYPASSRLS and superusers can write rows of any company without saying so.',
         format('ALTER TABLE %s ENABLE TRIGGER ', t.name) || quote_ident(g.tgname)))
        AS f (is_found, finding, why, mend)
     WHERE f.is_found AND t.is_protected AND t.attnum IS NOT NULL AND NOT t.is_ours
$function$;
COMMENT ON FUNCTION rewards.doctor_support_findings(name) IS
    'Part of tenant_doctor(): no_index, no_guard, guard_disabled';
-- What shows rows of protected tables past their policies: views, copies, functions, publications.

-- Through views over views, too: one with its owner's rights shows what another below it shows that owner.
CREATE FUNCTION rewards.doctor_views(company_column name)
    RETURNS TABLE (view oid, name text, kind "char", owner oid, table_name text, is_invoker boolean, is_held boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE reads (view, relation) AS MATERIALIZED (
        SELECT DISTINCT r.ev_class, d.refobjid
          FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
         WHERE r.ev_type = '1' AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class),
    shows (view, relation) AS (
        SELECT r.view, r.relation FROM reads r WHERE r.relation IN (SELECT t.relation FROM rewards.doctor_tables(company_column) t WHERE t.is_protected)
        UNION
        SELECT r.view, s.relation FROM shows s JOIN reads r ON r.relation = s.view)
    SELECT v.oid, format('%I.%I', n.nspname, v.relname), v.relkind, v.relowner, min(t.oid::regclass::text),
           coalesce((SELECT option_value::boolean FROM pg_options_to_table(v.reloptions) WHERE option_name = 'security_invoker'), false),
           NOT (r.rolsuper OR r.rolbypassrls) AND bool_and(t.relforcerowsecurity OR NOT pg_has_role(v.relowner, t.relowner, 'USAGE'))
      FROM shows s JOIN pg_class v ON v.oid = s.view JOIN pg_namespace n ON n.oid = v.relnamespace
      JOIN pg_class t ON t.oid = s.relation JOIN pg_roles r ON r.oid = v.relowner
     WHERE v.relpersistence <> 't'  -- which is of one session
     GROUP BY v.oid, v.relname, v.relkind, v.relowner, v.reloptions, n.nspname, r.rolsuper, r.rolbypassrls
$function$;
COMMENT ON FUNCTION rewards.doctor_views(name) IS
    'Part of tenant_doctor(): views and materialised views that show protected tables, at any depth; is_held: row-level security holds their owner there';

CREATE FUNCTION rewards.doctor_view_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH grantees AS (SELECT relation, string_agg(DISTINCT grantee, ', ') AS names FROM rewards.doctor_grants() GROUP BY relation)
    SELECT f.severity, v.name, f.finding, f.why, f.mend
      FROM rewards.doctor_views(company_column) v LEFT JOIN grantees g ON g.relation = v.view
     CROSS JOIN LATERAL (VALUES
        (v.kind = 'v' AND NOT v.is_invoker, CASE WHEN v.is_held THEN 'warning' ELSE 'error' END, 'owner_rights_view',
         format('It reads %s with the rights of its owner, %s.', v.table_name,
                CASE WHEN v.is_held THEN 'and not with those of whoever queries it' ELSE 'whom row-level security does not hold' END),
         format('ALTER VIEW %s SET (security_invoker = true)', v.name)),
        (v.kind = 'm' AND g.names IS NOT NULL, 'error', 'materialized_view', format('It keeps rows of %s without policies, open to %s.', v.table_name, g.names),
         format('REVOKE ALL ON %s FROM %s', v.name, g.names))) AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
    UNION ALL
    SELECT f.severity, t.name, f.finding, f.why, f.mend
      FROM rewards.doctor_tables(company_column) t LEFT JOIN grantees g ON g.relation = t.relation
      LEFT JOIN pg_publication_tables p ON format('%I.%I', p.schemaname, p.tablename) = t.name
     CROSS JOIN LATERAL (VALUES
        (t.kind = 'f' AND g.names IS NOT NULL, 'error', 'foreign_table', format('A foreign table has no row-level security, and is open to %s.', g.names),
         format('REVOKE ALL ON %s FROM %s', t.name, g.names)),
        (t.is_protected AND p.pubname IS NOT NULL AND p.rowfilter IS NULL, 'info', 'unfiltered_publication',
         format('Publication %s sends the rows of all companies: protect them on the subscriber as well, or give it a row filter.', quote_ident(p.pubname)),
         NULL)) AS f (is_found, severity, finding, why, mend)
     WHERE f.is_found
$function$;
COMMENT ON FUNCTION rewards.doctor_view_findings(name) IS
    'Part of tenant_doctor(): owner_rights_view, materialized_view, foreign_table, unfiltered_publication';

-- A function that only names a table is suspected, too: nobody can tell what its text will do.
CREATE FUNCTION rewards.doctor_definer_findings(company_column name)
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH definers AS MATERIALIZED (
        SELECT p.oid, p.oid::regprocedure::text AS name, p.prosrc, p.proowner, r.rolsuper OR r.rolbypassrls AS is_above, quote_ident(n.nspname) AS schema,
               (SELECT substr(setting, 13) FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path
          FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'))
    SELECT 'error', d.name, 'unpinned_search_path',
           'Whoever calls it chooses, with search_path or temporary tables, what its names mean, and acts with its owner''s rights.',
           format('ALTER ROUTINE %s SET search_path = pg_catalog, %s, pg_temp', d.name, d.schema)
      FROM definers d WHERE d.search_path IS NULL OR d.search_path <> '""' AND d.search_path !~ '(^|[ ,"])pg_temp"?$'
    UNION ALL
    SELECT 'warning', d.name, 'definer_past_rls',
           format('It has the rights of an owner whom row-level security does not hold, and names %s.', min(t.name)),
           format('ALTER ROUTINE %s SECURITY INVOKER', d.name)
      FROM definers d JOIN rewards.doctor_tables(company_column) t
           ON t.is_protected AND (d.is_above OR NOT t.is_forced AND pg_has_role(d.proowner, t.owner, 'USAGE'))
      JOIN pg_class c ON c.oid = t.relation
     WHERE strpos(d.prosrc, quote_ident(c.relname)) > 0
           AND d.prosrc ~ format('(^|\W)%s(\W|$)', regexp_replace(quote_ident(c.relname), '(\W)', '\\\1', 'g'))
        OR EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = d.oid
                      AND e.refclassid = 'pg_class'::regclass AND e.refobjid = t.relation)
     GROUP BY d.name
$function$;
COMMENT ON FUNCTION rewards.doctor_definer_findings(name) IS
    'Part of tenant_doctor(): unpinned_search_path, definer_past_rls';
-- What leaves companies unprotected, and the statement that mends it.

CREATE FUNCTION rewards.tenant_doctor(company_column name DEFAULT 'company_id')
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.*
      FROM (SELECT * FROM rewards.doctor_table_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_column_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_support_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_policy_function_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_policy_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_coverage_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_key_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_foreign_key_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_view_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_definer_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_grant_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_owner_findings(company_column)
            UNION ALL SELECT * FROM rewards.doctor_role_findings()
            UNION ALL SELECT * FROM rewards.doctor_setting_findings()
            UNION ALL SELECT * FROM rewards.doctor_log_findings()) AS f (severity, object, finding, why, mend)
     ORDER BY array_position(ARRAY['error', 'warning', 'info'], f.severity), f.object, f.finding, f.mend
$function$;
COMMENT ON FUNCTION rewards.tenant_doctor(name) IS
    'What leaves companies unprotected in this database, a row for each finding: error (rows get out or in today), warning (it takes one more mistake, or costs speed), info (to know). mend is the statement that mends it; null where it takes more than one, and why says what. Looks at the tables that have the company column or a policy of pg_rewards, and at what hangs on them. No rows: healthy';
-- Under which settings of the server does a promise not hold? Those about companies and logs are the doctor's findings, too.

CREATE FUNCTION rewards.is_preloaded() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_is_preloaded';
COMMENT ON FUNCTION rewards.is_preloaded() IS
    'Part of check_settings(): whether the server has loaded pg_rewards at its start (shared_preload_libraries)';

CREATE FUNCTION rewards.key_file_is_in_data_directory() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_key_file_is_in_data_directory';
COMMENT ON FUNCTION rewards.key_file_is_in_data_directory() IS
    'Part of check_settings(): whether the file that rewards.key_file names is below the data directory, behind all links';

CREATE FUNCTION rewards.durability_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.severity, 'setting ' || s.name, f.finding, f.why, f.mend
      FROM (VALUES
        ('fsync', 'off', 'error', 'not_durable', 'After a crash of the machine, what was acknowledged can be lost, and the database be damaged.',
         'ALTER SYSTEM SET fsync = on'),
        ('full_page_writes', 'off', 'error', 'torn_pages', 'After a crash of the machine, pages can be half old and half new.',
         'ALTER SYSTEM SET full_page_writes = on'),
        ('zero_damaged_pages', 'on', 'error', 'damage_ignored', 'A damaged page is emptied when it is read: its entries are gone, and no statement fails.',
         'ALTER SYSTEM SET zero_damaged_pages = off'),
        ('ignore_checksum_failure', 'on', 'error', 'damage_ignored', 'What is read from a damaged page is taken for true.',
         'ALTER SYSTEM SET ignore_checksum_failure = off'),
        ('ignore_system_indexes', 'on', 'warning', 'damage_ignored', 'The server runs as it does for repairs.', 'ALTER SYSTEM SET ignore_system_indexes = off'),
        ('data_checksums', 'off', 'warning', 'damage_unnoticed',
         'A page that a disk has damaged is read without an error. Stop the server and run pg_checksums --enable.', NULL))
        AS f (name, value, severity, finding, why, mend)
      JOIN pg_settings s ON s.name = f.name AND s.setting = f.value
    UNION ALL
    SELECT 'warning', 'standby ' || r.application_name, 'standby_not_waited_for',
           'Promoted after the loss of this server, it lacks what had not reached it, though it was acknowledged. Name it in synchronous_standby_names, or do without that promise.', NULL
      FROM pg_stat_replication r WHERE r.sync_state = 'async' AND r.state = 'streaming' AND current_setting('synchronous_standby_names') = ''
$function$;
COMMENT ON FUNCTION rewards.durability_findings() IS
    'Part of check_settings(): not_durable, torn_pages, damage_ignored, damage_unnoticed, standby_not_waited_for of the server as a whole';

-- Whether a commit waits is for each connection to say; the setting that is nearest to it counts.
CREATE FUNCTION rewards.commit_findings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH connection AS (
        SELECT c.role, c.place, c.value ->> 'synchronous_commit' AS waits_for FROM rewards.doctor_connections() c
        UNION ALL
        SELECT NULL, 'this session', s.setting FROM pg_settings s WHERE s.name = 'synchronous_commit' AND s.setting <> s.reset_val)
    SELECT f.severity, c.place, f.finding, f.why,
           CASE WHEN c.role IS NULL THEN 'RESET synchronous_commit' ELSE format('ALTER %s SET synchronous_commit = on', c.place) END
      FROM connection c
      JOIN (VALUES
        ('off', false, 'error', 'commit_not_waited_for', 'A call is acknowledged before it is on the disk: a crash of the server loses the last of them.'),
        ('local', true, 'error', 'standby_not_waited_for', 'A call is acknowledged before a standby has it: after a failover the last of them are missing.'),
        ('remote_write', true, 'warning', 'standby_not_waited_for', 'A call is acknowledged before a standby has it on its disk: a crash of both machines loses the last of them.'))
        AS f (waits_for, needs_standby, severity, finding, why) ON f.waits_for = c.waits_for
     WHERE (NOT f.needs_standby OR current_setting('synchronous_standby_names') <> '')
       AND (c.role IS NULL OR c.role = 0 OR NOT EXISTS (SELECT FROM connection o WHERE o.role = 0 AND o.waits_for = c.waits_for))
$function$;
COMMENT ON FUNCTION rewards.commit_findings() IS
    'Part of check_settings(): commit_not_waited_for, standby_not_waited_for of connections to this database';

CREATE FUNCTION rewards.check_settings()
    RETURNS TABLE (severity text, object text, finding text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT f.*
      FROM (SELECT * FROM rewards.durability_findings()
            UNION ALL SELECT * FROM rewards.commit_findings()
            UNION ALL SELECT * FROM rewards.doctor_setting_findings()
            UNION ALL SELECT * FROM rewards.doctor_log_findings()
            UNION ALL
            SELECT 'warning', 'setting rewards.key_file', 'key_file_in_data_directory',
                   'A copy of the data directory, such as a base backup, has the keys beside what they protect. Copy the file to a folder outside of it that only the server can read, and name it in rewards.key_file.', NULL
             WHERE rewards.key_file_is_in_data_directory()
            UNION ALL
            SELECT 'info', 'setting shared_preload_libraries', 'guesses_roll_back',
                   'An application that rolls back what was refused forgets who guesses codes. Add pg_rewards to shared_preload_libraries and restart the server: what is counted is then in memory.', NULL
             WHERE NOT rewards.is_preloaded()) AS f (severity, object, finding, why, mend)
     ORDER BY array_position(ARRAY['error', 'warning', 'info'], f.severity), f.object, f.finding, f.mend
$function$;
COMMENT ON FUNCTION rewards.check_settings() IS
    'Under which settings of this server a promise of pg_rewards does not hold, a row for each: error (what was acknowledged, or a company''s rows, can get lost or out), warning (it takes one more mistake or fault), info (to know). mend is the statement that mends it, after which ALTER SYSTEM takes SELECT pg_reload_conf(); null where it takes more than one, and why says what. No rows: every promise holds';
CREATE FUNCTION rewards.uuidv7() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv7';
COMMENT ON FUNCTION rewards.uuidv7() IS
    'A new time-ordered UUID (RFC 9562, version 7, with the fraction of the millisecond)';

CREATE FUNCTION rewards.uuidv7_floor(moment timestamptz) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv7_floor';
COMMENT ON FUNCTION rewards.uuidv7_floor(timestamptz) IS
    'The least version-7 UUID of a moment: WHERE id >= uuidv7_floor(a) AND id < uuidv7_floor(b) finds by the index on id what uuidv7() named from a up to b. A moment that no such UUID can tell counts as the nearest that one can';

CREATE FUNCTION rewards.uuidv5(namespace uuid, name text) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv5';
COMMENT ON FUNCTION rewards.uuidv5(uuid, text) IS
    'The stable UUID of a name in a namespace (RFC 9562, version 5): turns member numbers or e-mail addresses of a company into user ids';

CREATE FUNCTION rewards.cleanup_expired_nonces() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_cleanup_expired_nonces';
COMMENT ON FUNCTION rewards.cleanup_expired_nonces() IS
    'Deletes the company''s used nonces whose expires_at has passed, and returns how many; a nonce is kept at least as long as an event with it would be accepted. For a scheduler. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.award_points(
    user_id uuid, points bigint, reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    event_type text DEFAULT 'award', event_time timestamptz DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_award_points';
COMMENT ON FUNCTION rewards.award_points(uuid, bigint, text, text, text, timestamptz) IS
    'Adds points (zero or more) to an account as a validated event. Outcome: awarded, nonce_conflict. The same idempotency key with the same arguments gives the first answer again, replayed. event_time null: now. Errors: invalid_parameter_value, numeric_value_out_of_range, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.deduct_points(
    user_id uuid, points bigint, reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    event_type text DEFAULT 'deduction', event_time timestamptz DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_deduct_points';
COMMENT ON FUNCTION rewards.deduct_points(uuid, bigint, text, text, text, timestamptz) IS
    'Takes points (one or more) from an account as a validated event. Outcome: deducted, insufficient_points, nonce_conflict. Errors and replay as award_points()';

CREATE FUNCTION rewards.calculate_user_points(
    target_user_id uuid,
    OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    account CONSTANT uuid := rewards.require_user_id(target_user_id);
BEGIN
    SELECT coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated'), 0),
           coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status NOT IN ('validated', 'rejected')), 0),
           coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated' AND e.points_delta > 0), 0),
           coalesce(-sum(e.points_delta) FILTER (WHERE e.validation_status = 'validated' AND e.points_delta < 0), 0)
      INTO available_points, pending_points, lifetime_earned, lifetime_spent
      FROM ONLY rewards.points_events e
     WHERE e.user_id = account AND e.company_id = rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.calculate_user_points(uuid) IS
    'The balance of an account as its events give it, in points, read from the ledger and not from the cache. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.refresh_user_points_cache(target_user_id uuid) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_refresh_user_points_cache';
COMMENT ON FUNCTION rewards.refresh_user_points_cache(uuid) IS
    'Rebuilds the balance of an account from its events and returns the available points. Not needed in normal running: the balance follows every event. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context, check_violation when the events sum to less than zero';

-- Triggers of points_events and user_points_cache.
CREATE FUNCTION rewards.keep_balance() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_keep_balance';
COMMENT ON FUNCTION rewards.keep_balance() IS
    'Trigger: brings the balances up to date with the events that a statement inserted or changed';

CREATE FUNCTION rewards.guard_event_update() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_event_update';
COMMENT ON FUNCTION rewards.guard_event_update() IS
    'Trigger: lets an event''s status move along its edges, with who and when, and nothing else change';

CREATE FUNCTION rewards.open_account_at_zero() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF (NEW.available_points, NEW.pending_points, NEW.lifetime_earned, NEW.lifetime_spent, NEW.expiring_points, NEW.version)
           IS DISTINCT FROM (0, 0, 0, 0, 0, 0)
       OR NEW.chain_head IS NOT NULL OR NEW.next_expiry IS NOT NULL THEN
        RAISE EXCEPTION 'an account opens with a balance of zero'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'INSERT or COPY the events into points_events; the balance follows.';
    END IF;
    IF greatest(NEW.updated_at, NEW.opened_at) > clock_timestamp() THEN
        RAISE EXCEPTION 'an account cannot open in the future'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'The clock of an account never goes back: everything later would be stamped with that time.';
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.open_account_at_zero() IS
    'Trigger: refuses an account that does not start with a balance of zero and no entries, or starts in the future';

-- The hashes of entries, computed anew from their rows.
CREATE FUNCTION rewards.event_entry_hash(
    previous bytea, version bigint, recorded_at timestamptz, balance_after bigint, event record,
    first_status text DEFAULT NULL, first_validated_by text DEFAULT NULL,
    first_validated_at timestamptz DEFAULT NULL, first_notes text DEFAULT NULL) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rewards_event_entry_hash';
COMMENT ON FUNCTION rewards.event_entry_hash(bytea, bigint, timestamptz, bigint, record, text, text, timestamptz, text) IS
    'The entry_hash that an event (a row of points_events) has as this entry of its account, after the entry with the hash previous (null: the account''s first). For an event whose status has changed since, first_status and the others say what it was written with. Null for a null row or place';

CREATE FUNCTION rewards.status_entry_hash(previous bytea, entry record) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rewards_status_entry_hash';
COMMENT ON FUNCTION rewards.status_entry_hash(bytea, record) IS
    'The entry_hash that a change of status (a row of ledger_entries of kind status) has after the entry with the hash previous';
CREATE FUNCTION rewards.expire_points(max_accounts integer DEFAULT 1000, OUT accounts bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_expire_points';
COMMENT ON FUNCTION rewards.expire_points(integer) IS
    'Takes away the company''s points that have expired, as events, of the accounts where they are longest overdue. For a scheduler: never waits for a lock, and leaves accounts that others hold (skipped) for the next time. Every call that locks an account does the same for it. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.refund_points(
    user_id uuid, event_id uuid, reason text DEFAULT NULL,
    OUT refund_event_id uuid, OUT outcome text, OUT balance bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_refund_points';
COMMENT ON FUNCTION rewards.refund_points(uuid, uuid, text) IS
    'Gives back what an event spent, once: points that expire come back with their date, or live for company_settings.refunded_points_live if that is longer. Outcome: refunded, already_refunded, not_refundable (not validated, nothing spent, expired points, or a coupon''s price), event_not_found. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
-- The past of an account: whether an event was in time, what the books said at a moment, and what happened, page by page.
-- One plan serves every account: making it anew would take longer than running it. The settings are for accounts with far
-- more events than most have: the index that has the order, and not one that finds them all to be sorted.

CREATE FUNCTION rewards.within_attribution_window(event_time timestamptz, anchor timestamptz, span interval DEFAULT '14 days')
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_within_attribution_window';
COMMENT ON FUNCTION rewards.within_attribution_window(timestamptz, timestamptz, interval) IS
    'Did the event happen from the anchor on and before anchor + span? In UTC, where a day has 24 hours, whatever the session''s TimeZone; months are those of the calendar in UTC. The end is not in the window; null when an argument is. Errors: invalid_parameter_value for a negative span, datetime_field_overflow beyond the end of time';

CREATE FUNCTION rewards.balance_at(user_id uuid, at timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    found_version bigint := 0;
    found_at timestamptz := timestamptz '-infinity';
    found_balance bigint := 0;
    searched bigint := 0;
    too_new bigint;
    middle bigint;
    probe record;
    written_balance bigint;
BEGIN
    PERFORM rewards.require_user_id(user_id);
    -- The newest entry of ledger_entries that is not too new: versions are in the order of time, so they can be halved.
    SELECT l.version, l.recorded_at, l.balance_after INTO probe
      FROM ONLY rewards.ledger_entries l
     WHERE l.user_id = balance_at.user_id AND l.company_id = company
     ORDER BY l.version DESC LIMIT 1;
    IF probe.recorded_at <= balance_at.at THEN
        found_version := probe.version;
        found_at := probe.recorded_at;
        found_balance := probe.balance_after;
    ELSE
        too_new := probe.version;
    END IF;
    WHILE searched + 1 < too_new LOOP
        middle := searched + (too_new - searched) / 2;
        SELECT l.version, l.recorded_at, l.balance_after INTO probe
          FROM ONLY rewards.ledger_entries l
         WHERE l.user_id = balance_at.user_id AND l.company_id = company AND l.version > searched AND l.version <= middle
         ORDER BY l.version DESC LIMIT 1;
        IF probe.recorded_at > balance_at.at THEN
            too_new := probe.version;
            CONTINUE;
        END IF;
        searched := middle;
        found_version := coalesce(probe.version, found_version);
        found_at := coalesce(probe.recorded_at, found_at);
        found_balance := coalesce(probe.balance_after, found_balance);
    END LOOP;

    -- An entry in its event's own row was recorded when the event's id says. Newer than the one found are only those with
    -- ids from its time on, and of one time the version tells.
    SELECT e.balance_after INTO written_balance
      FROM ONLY rewards.points_events e
     WHERE e.user_id = balance_at.user_id AND e.company_id = company AND e.version > found_version
       AND e.id >= rewards.uuidv7_floor(found_at)
       AND e.id < rewards.uuidv7_floor(least(balance_at.at, '9999-12-31 00:00:00+00') + interval '1 microsecond')
     ORDER BY e.id DESC LIMIT 1;
    RETURN coalesce(written_balance, found_balance);
END
$function$;
COMMENT ON FUNCTION rewards.balance_at(uuid, timestamptz) IS
    'Available points of an account as the books stood at a moment: after its newest entry that had been recorded by then, 0 before the first. Goes by when things were recorded, not by event_time. Final for a moment once the transactions that were open then have ended. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.points_history(user_id uuid, max_rows integer DEFAULT 50, before uuid DEFAULT NULL)
    RETURNS TABLE (event_id uuid, event_time timestamptz, event_type text, points_delta bigint, validation_status text,
                   trust_score integer, related_entity_type text, related_entity_id text, balance_after bigint,
                   created_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    is_member CONSTANT boolean := rewards.get_current_user_id() IS NOT NULL;
    before_time timestamptz := timestamptz 'infinity';
    before_id uuid := uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff';
BEGIN
    PERFORM rewards.require_user_id(user_id);
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be between 1 and 1000'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For the page after this one, pass the event_id of its last row as before.';
    END IF;
    IF before IS NOT NULL THEN
        SELECT e.event_time, e.id INTO before_time, before_id
          FROM ONLY rewards.points_events e
         WHERE e.user_id = points_history.user_id AND e.id = points_history.before
           -- No index goes by this: where most accounts are small, a plan for all of them would take the index of the
           -- account, and look for the event through all of a large one.
           AND e.company_id IS NOT DISTINCT FROM company;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'before is not an event of this account'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Pass the event_id of the last row of the page before, or null for the newest events.';
        END IF;
    END IF;
    RETURN QUERY
        SELECT e.id, e.event_time, e.event_type, e.points_delta, e.validation_status,
               CASE WHEN NOT is_member THEN e.trust_score END, e.related_entity_type, e.related_entity_id,
               coalesce(e.balance_after, (SELECT l.balance_after FROM ONLY rewards.ledger_entries l
                                           WHERE l.event_id = e.id AND l.kind = 'event'
                                             -- Nor by these, for the same reason.
                                             AND l.user_id IS NOT DISTINCT FROM e.user_id
                                             AND l.company_id IS NOT DISTINCT FROM company)),
               e.created_at
          FROM ONLY rewards.points_events e
         WHERE e.user_id = points_history.user_id AND e.company_id = company AND (e.event_time, e.id) < (before_time, before_id)
         ORDER BY e.event_time DESC, e.id DESC
         LIMIT max_rows;
END
$function$;
COMMENT ON FUNCTION rewards.points_history(uuid, integer, uuid) IS
    'The events of an account, newest first by event_time and id, up to max_rows (1 to 1000) of them; before is the event_id of the last row of the page before. balance_after: available points when the event had been recorded, whatever happened to its status since. trust_score is null for members. Errors: invalid_parameter_value, insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';
-- Do the balances agree with the ledger? rewards.ledger_discrepancies answers for every account at every moment;
-- reconcile_ledger() asks it for few accounts only, having passed over the rest in one parallel scan.

CREATE FUNCTION rewards.companies() RETURNS SETOF uuid
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'rewards_companies';
COMMENT ON FUNCTION rewards.companies() IS
    'The companies that have accounts, for the loop of a scheduler that then works for each in a transaction of its own. Sees past row-level security, so grant it to schedulers only. Errors: insufficient_privilege where a company context is set';

CREATE FUNCTION rewards.show_progress(what text, place tid, pages bigint) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_show_progress';
COMMENT ON FUNCTION rewards.show_progress(text, tid, bigint) IS
    'True. Called with the ctid of each row that a statement scans, it shows how much of the table''s pages have been read, in percent: as application_name in pg_stat_activity once a second, and as a NOTICE every ten percent. For functions that read a whole table';

-- Unlike sum(bigint), whose state is large and has to be serialized for parallel workers.
CREATE AGGREGATE rewards.sum_points(points bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.sum_points(bigint) IS
    'Sum of points as a bigint. Errors: numeric_value_out_of_range, also for a sum that would come back into range';

CREATE FUNCTION rewards.sum_events_add(sums bigint[], points bigint, validation_status text) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_sum_events_add';
COMMENT ON FUNCTION rewards.sum_events_add(bigint[], bigint, text) IS 'Part of the aggregate sum_events()';
CREATE FUNCTION rewards.sum_events_combine(sums bigint[], others bigint[]) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_sum_events_combine';
COMMENT ON FUNCTION rewards.sum_events_combine(bigint[], bigint[]) IS 'Part of the aggregate sum_events()';
CREATE AGGREGATE rewards.sum_events(points bigint, validation_status text) (
    SFUNC = rewards.sum_events_add, STYPE = bigint[], INITCOND = '{0,0,0}', COMBINEFUNC = rewards.sum_events_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.sum_events(bigint, text) IS
    'Sums of the points of events: pending, earned and spent, as an account has them. Errors: numeric_value_out_of_range';

CREATE FUNCTION rewards.reconcile_ledger()
    RETURNS TABLE (user_id uuid, differs text[], available_points bigint, ledger_available numeric,
                   pending_points bigint, ledger_pending numeric, lifetime_earned bigint, ledger_earned numeric,
                   lifetime_spent bigint, ledger_spent numeric, expiring_points bigint, ledger_expiring numeric)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    pages bigint;
BEGIN
    IF company IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    END IF;
    IF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot reconcile the ledger' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    END IF;
    pages := pg_relation_size('rewards.points_events') / current_setting('block_size')::integer;
    -- Events are added up in parallel, which RETURN QUERY alone allows, and then compared with their account. IS NOT NULL is always
    -- true, and the planner knows: of a function by itself it would expect a third of the rows.
    RETURN QUERY
        SELECT d.user_id, d.differs, d.available_points, d.ledger_available, d.pending_points, d.ledger_pending,
               d.lifetime_earned, d.ledger_earned, d.lifetime_spent, d.ledger_spent, d.expiring_points, d.ledger_expiring
          FROM rewards.ledger_discrepancies d
         WHERE d.company_id = company AND d.user_id = ANY (ARRAY(
            SELECT member
              FROM (SELECT e.user_id, rewards.sum_events(e.points_delta, e.validation_status)
                      FROM ONLY rewards.points_events e
                     WHERE e.company_id = company AND rewards.show_progress('reconcile_ledger()', e.ctid, pages) IS NOT NULL
                     GROUP BY e.user_id) AS event (member, sums)
              FULL JOIN (SELECT a.user_id, ARRAY[a.pending_points, a.lifetime_earned, a.lifetime_spent], a.expiring_points,
                                a.available_points = a.lifetime_earned - a.lifetime_spent AND a.expiring_points <= a.available_points
                           FROM ONLY rewards.user_points_cache a WHERE a.company_id = company)
                        AS account (member, sums, expiring, is_sound) USING (member)
              FULL JOIN (SELECT l.user_id, rewards.sum_points(l.remaining)
                           FROM ONLY rewards.point_lots l WHERE l.company_id = company GROUP BY l.user_id)
                        AS lot (member, remaining) USING (member)
             WHERE account.is_sound IS NOT TRUE
                OR account.sums <> coalesce(event.sums, '{0,0,0}') OR account.expiring <> coalesce(lot.remaining, 0)))
         ORDER BY d.user_id;
EXCEPTION WHEN numeric_value_out_of_range THEN
    -- Sums that leave bigint, if only on their way: the view's are larger.
    RETURN QUERY
        SELECT d.user_id, d.differs, d.available_points, d.ledger_available, d.pending_points, d.ledger_pending,
               d.lifetime_earned, d.ledger_earned, d.lifetime_spent, d.ledger_spent, d.expiring_points, d.ledger_expiring
          FROM rewards.ledger_discrepancies d WHERE d.company_id = company ORDER BY d.user_id;
END
$function$;
COMMENT ON FUNCTION rewards.reconcile_ledger() IS
    'The rows of ledger_discrepancies for the company: none when its books agree. One parallel pass over all of its events and accounts, whose progress pg_stat_activity shows as application_name. Right under load: each account is looked at in one snapshot. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
-- Merkle trees as RFC 6962 has them: a leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right).
CREATE FUNCTION rewards.merkle_root_add(internal, leaf bytea) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_root_add';
COMMENT ON FUNCTION rewards.merkle_root_add(internal, bytea) IS 'Part of the aggregate merkle_root()';
CREATE FUNCTION rewards.merkle_root_end(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_root_end';
COMMENT ON FUNCTION rewards.merkle_root_end(internal) IS 'Part of the aggregate merkle_root()';
CREATE AGGREGATE rewards.merkle_root(leaf bytea) (
    SFUNC = rewards.merkle_root_add, STYPE = internal, SSPACE = 4200, FINALFUNC = rewards.merkle_root_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.merkle_root(bytea) IS
    'Root of the Merkle tree (RFC 6962, SHA-256) over the leaves, in the order of the aggregate: say ORDER BY. Of no leaves it is the SHA-256 of nothing. Errors: null_value_not_allowed';

CREATE FUNCTION rewards.merkle_path_add(internal, leaf bytea, index bigint) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_path_add';
COMMENT ON FUNCTION rewards.merkle_path_add(internal, bytea, bigint) IS 'Part of the aggregate merkle_path()';
CREATE FUNCTION rewards.merkle_path_end(internal) RETURNS bytea[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_merkle_path_end';
COMMENT ON FUNCTION rewards.merkle_path_end(internal) IS 'Part of the aggregate merkle_path()';
CREATE AGGREGATE rewards.merkle_path(leaf bytea, index bigint) (
    SFUNC = rewards.merkle_path_add, STYPE = internal, SSPACE = 4200, FINALFUNC = rewards.merkle_path_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE rewards.merkle_path(bytea, bigint) IS
    'The hashes that lead from the leaf number index (from 0, the same in all rows) to the root, its sibling first; null when there are not so many leaves. Errors: invalid_parameter_value, null_value_not_allowed';

CREATE FUNCTION rewards.follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[]) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_follow_merkle_path';
COMMENT ON FUNCTION rewards.follow_merkle_path(bytea, bigint, bigint, bytea[]) IS
    'The root to which a path leads from a leaf: compare it with the root of the block. Errors: invalid_text_representation for a path that no leaf of a tree of that many has, invalid_parameter_value';

CREATE FUNCTION rewards.block_hash(
    company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint,
    root bytea, previous_hash bytea, sealed_at timestamptz, sealed_by text) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_block_hash';
COMMENT ON FUNCTION rewards.block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text) IS
    'SHA-256 of the text "pg_rewards block v1" and the arguments in this order: company_id 16 bytes, numbers 8 bytes (big-endian, two''s complement), hashes 32 bytes, sealed_at 8 bytes (microseconds since 1970 UTC), sealed_by to the end. Null when a hash is not of 32 bytes';

-- Up to where blocks go, for each server that a book ('ledger' or 'audit') of the company was on, this one included. A
-- walk down the index, as there are many blocks and few servers.
CREATE FUNCTION rewards.sealed_systems(
    book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id(), OUT system_id bigint, OUT to_xid bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE sealed AS (
        (SELECT b.system_id, b.to_xid FROM rewards.book_blocks b
          WHERE b.book = sealed_systems.book AND b.company_id = company ORDER BY b.system_id DESC, b.to_xid DESC LIMIT 1)
        UNION ALL
        SELECT lower.system_id, lower.to_xid FROM sealed CROSS JOIN LATERAL (
            SELECT b.system_id, b.to_xid FROM rewards.book_blocks b
             WHERE b.book = sealed_systems.book AND b.company_id = company AND b.system_id < sealed.system_id
             ORDER BY b.system_id DESC, b.to_xid DESC LIMIT 1) AS lower)
    SELECT s.system_id, s.to_xid FROM sealed s
    UNION ALL
    SELECT c.system_identifier, 0 FROM pg_control_system() c
     WHERE c.system_identifier NOT IN (SELECT s.system_id FROM sealed s)
$function$;
COMMENT ON FUNCTION rewards.sealed_systems(text, uuid) IS
    'Up to which transaction (exclusive) the entries of a book of the company are sealed, for each server that they were written on and for this one (0: nothing yet)';

CREATE FUNCTION rewards.seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_seal_ledger';
COMMENT ON FUNCTION rewards.seal_ledger() IS
    'Seals all entries of the company whose transactions, and all older ones of the server, have ended: how many blocks and entries this made, and the number of the last block. Without new entries there is no new block. Seals its rows of audit_log in audit_blocks as well, which are not counted here, and those about all companies. For any scheduler; several at once wait for one another, and nobody who writes waits. Errors: read_only_sql_transaction on a standby, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.ledger_digest(
    OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamptz, OUT digest text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT l.block, l.block_hash,
           (SELECT sum(b.entries)::bigint FROM ONLY rewards.ledger_blocks b WHERE b.company_id = company.id AND b.block <= l.block),
           l.sealed_at,
           CASE WHEN l.block IS NOT NULL OR a.block IS NOT NULL THEN
               format('pg_rewards:1:%s:%s:%s:%s:%s', company.id, coalesce(l.block, 0), encode(coalesce(l.block_hash, none.hash), 'hex'),
                      coalesce(a.block, 0), encode(coalesce(a.block_hash, none.hash), 'hex')) END
      FROM (SELECT coalesce(rewards.get_current_company_id(), CASE WHEN rewards.crosses_companies() THEN
                '00000000-0000-0000-0000-000000000000'::uuid END)) AS company (id)
     CROSS JOIN (SELECT decode(repeat('00', 32), 'hex')) AS none (hash)
      LEFT JOIN LATERAL (SELECT b.* FROM ONLY rewards.ledger_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS l ON true
      LEFT JOIN LATERAL (SELECT b.* FROM ONLY rewards.audit_blocks b
                          WHERE b.company_id = company.id ORDER BY b.block DESC LIMIT 1) AS a ON true
$function$;
COMMENT ON FUNCTION rewards.ledger_digest() IS
    'The last block of the ledger of the company, the entries in all its blocks so far, and one line (digest), also of the last block of its audit log, to keep outside of the reach of whoever may change this database: verify_ledger(digest => ...) and verify_audit(digest => ...) then prove that nothing up to those blocks was changed. In cross-company access it is of what the audit log has about all companies. Nulls before the first block';

CREATE FUNCTION rewards.event_receipt(event_id uuid, user_id uuid DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_event_receipt';
COMMENT ON FUNCTION rewards.event_receipt(uuid, uuid) IS
    'The proof that an event is in a sealed block: leaf, index, size, path and block, all hashes in hexadecimal; SHA-256 alone leads from the leaf to the root and from the block to block_hash. sealed is false while it waits for seal_ledger(), null: no such event. user_id spares a search through all users. Errors: data_corrupted when the block is not what was sealed, insufficient_privilege for another member';
-- Is the ledger what was written? Each function gives, for each of its checks, how much it looked at, how much of that is
-- bad, and the first that is. They read with the rights of the caller and with one snapshot, and never fail over
-- what they find: columns that somebody has changed may contain anything.

-- The sentence that an entry is at: bad ones are compared as text, and shown without the zeroes.
CREATE FUNCTION rewards.entry_place(user_id uuid, version bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT format('user %s version %s', user_id, lpad(version::text, 19, '0')) $function$;
COMMENT ON FUNCTION rewards.entry_place(uuid, bigint) IS 'Part of verify_ledger(): names an entry, in an order that text has';

-- The entries in the blocks from since_block on and in none, as a condition on system_id and xid. With the numbers in the
-- text of a query the planner sees that they are few, and at which end of the table.
CREATE FUNCTION rewards.entries_since(
    since_block bigint, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id()) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT string_agg(format('system_id = %s AND xid >= %s', s.system_id, coalesce(
               (SELECT min(b.from_xid) FROM rewards.book_blocks b
                 WHERE b.book = entries_since.book AND b.company_id = company AND b.system_id = s.system_id
                   AND b.block >= since_block), s.to_xid)), ' OR ')
      FROM rewards.sealed_systems(book, company) s
$function$;
COMMENT ON FUNCTION rewards.entries_since(bigint, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): a condition for the entries in the blocks from since_block on and in none';

CREATE FUNCTION rewards.unsealed_entries(OUT entries bigint, OUT oldest timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('SELECT count(*), min(recorded_at) FROM rewards.ledger WHERE company_id = $1 AND (%s)', rewards.entries_since(NULL))
       INTO entries, oldest USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.unsealed_entries() IS
    'How many entries of the company are in no block, and when the oldest of them was recorded; see the view ledger_seal_lag';

-- Checks of single entries, as a query. $1 is the company, $2 the only user or null. event_source brings forth e,
-- an event with its own entry, f, the first change of its status, and p, the entry before; entry_source the same with l, a
-- row of ledger_entries, and its event e.
CREATE FUNCTION rewards.verify_chains_query(event_source text, entry_source text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT format($query$
        WITH verdict AS (
            SELECT e.user_id, e.version, e.version <> 1 AND p.version IS NULL AS gap, e.created_at < p.recorded_at AS back,
                   (e.balance_after = coalesce(p.balance_after, 0)::numeric
                        + CASE coalesce(f.old_status, e.validation_status) WHEN 'validated' THEN e.points_delta ELSE 0 END) IS NOT TRUE AS off,
                   (e.entry_hash = CASE WHEN p.entry_hash IS NULL OR octet_length(p.entry_hash) = 32
                        THEN rewards.event_entry_hash(p.entry_hash, e.version, e.created_at, e.balance_after, e,
                                 f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes) END) IS NOT TRUE AS changed
              FROM %1$s
            UNION ALL
            SELECT l.user_id, l.version, l.version <> 1 AND p.version IS NULL, l.recorded_at < p.recorded_at,
                   (l.balance_after = coalesce(p.balance_after, 0)::numeric
                        + CASE CASE l.kind WHEN 'event' THEN coalesce(f.old_status, e.validation_status) ELSE l.new_status END
                               WHEN 'validated' THEN e.points_delta ELSE 0 END) IS NOT TRUE,
                   (l.entry_hash = CASE WHEN p.entry_hash IS NULL OR octet_length(p.entry_hash) = 32 THEN CASE l.kind
                        WHEN 'event' THEN rewards.event_entry_hash(p.entry_hash, l.version, l.recorded_at, l.balance_after, e,
                                              f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
                        ELSE rewards.status_entry_hash(p.entry_hash, l) END END) IS NOT TRUE
              FROM %2$s),
        summary AS (
            SELECT count(*) AS checked, count(*) FILTER (WHERE gap) AS gaps, count(*) FILTER (WHERE back) AS backs,
                   count(*) FILTER (WHERE off) AS offs, count(*) FILTER (WHERE changed) AS changes,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE gap) AS first_gap,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE back) AS first_back,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE off) AS first_off,
                   min(rewards.entry_place(user_id, version)) FILTER (WHERE changed) AS first_change
              FROM verdict)
        SELECT row.name, s.checked, row.bad, row.first_bad
          FROM summary s CROSS JOIN LATERAL (VALUES ('numbering', s.gaps, s.first_gap), ('entry hash', s.changes, s.first_change),
              ('clock', s.backs, s.first_back), ('running balance', s.offs, s.first_off)) AS row (name, bad, first_bad)
    $query$, event_source, entry_source)
$function$;
COMMENT ON FUNCTION rewards.verify_chains_query(text, text) IS 'Part of verify_ledger(): the query that checks single entries';

-- All entries: sets are joined. Nested loops are off because a wrong guess at the number of rows would make this quadratic,
-- merge joins because they would sort whole rows. This is maintenance, so it may use as much memory as that.
CREATE FUNCTION rewards.verify_chains(only_user uuid DEFAULT NULL)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_mergejoin = off SET jit = off SET work_mem = '64MB'
AS $function$
DECLARE
    first_change CONSTANT text := $sql$(SELECT DISTINCT ON (user_id, event_id) user_id, event_id,
                old_status, old_validated_by, old_validated_at, old_notes FROM ONLY rewards.ledger_entries
           WHERE company_id = $1 AND ($2 IS NULL OR user_id = $2) AND kind = 'status' ORDER BY user_id, event_id, version)$sql$;
BEGIN
    PERFORM rewards.require_user_id(only_user) WHERE only_user IS NOT NULL;
    PERFORM set_config('work_mem', current_setting('maintenance_work_mem'), true);  -- until this function returns
    RETURN QUERY EXECUTE rewards.verify_chains_query(
        format($sql$ONLY rewards.points_events e
            LEFT JOIN %s f ON f.user_id = e.user_id AND f.event_id = e.id
            LEFT JOIN rewards.ledger p ON p.company_id = $1 AND p.user_id = e.user_id AND p.version = e.version - 1
           WHERE e.company_id = $1 AND ($2 IS NULL OR e.user_id = $2) AND e.version IS NOT NULL$sql$, first_change),
        format($sql$ONLY rewards.ledger_entries l
            LEFT JOIN ONLY rewards.points_events e ON e.company_id = $1 AND e.user_id = l.user_id AND e.id = l.event_id
            LEFT JOIN %s f ON f.user_id = l.user_id AND f.event_id = l.event_id
            LEFT JOIN rewards.ledger p ON p.company_id = $1 AND p.user_id = l.user_id AND p.version = l.version - 1
           WHERE l.company_id = $1 AND ($2 IS NULL OR l.user_id = $2)$sql$, first_change))
    USING rewards.get_current_company_id(), only_user;
END
$function$;
COMMENT ON FUNCTION rewards.verify_chains(uuid) IS
    'Part of verify_ledger(): are the entries of the accounts numbered without gaps, and is each what its hash says. Errors: insufficient_privilege in the role user for another user';

-- New entries: each looks for its neighbours by index. Ids of events with entries of their own are in the order of time.
CREATE FUNCTION rewards.verify_chains_since(since_block bigint)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
DECLARE
    wanted CONSTANT text := rewards.entries_since(since_block);
    first_change CONSTANT text := $sql$LATERAL (SELECT c.* FROM ONLY rewards.ledger_entries c
           WHERE c.company_id = $1 AND c.user_id = %1$s.user_id AND c.event_id = %1$s.%2$s AND c.kind = 'status'
           ORDER BY c.version LIMIT 1)$sql$;
    previous CONSTANT text := $sql$LATERAL (
            SELECT b.version, b.entry_hash, b.recorded_at, b.balance_after FROM ONLY rewards.ledger_entries b
             WHERE b.company_id = $1 AND b.user_id = %1$s.user_id AND b.version = %1$s.version - 1
            UNION ALL
            SELECT b.* FROM (SELECT b.version, b.entry_hash, b.created_at, b.balance_after FROM ONLY rewards.points_events b
                     WHERE b.company_id = $1 AND b.user_id = %1$s.user_id AND b.id < %2$s AND b.version < %1$s.version
                     ORDER BY b.id DESC LIMIT 1) AS b WHERE b.version = %1$s.version - 1)$sql$;
BEGIN
    RETURN QUERY EXECUTE rewards.verify_chains_query(
        format($sql$(SELECT * FROM ONLY rewards.points_events WHERE company_id = $1 AND (%s) AND version IS NOT NULL) AS e
            LEFT JOIN %s AS f ON true LEFT JOIN %s AS p ON true$sql$,
            wanted, format(first_change, 'e', 'id'), format(previous, 'e', 'e.id')),
        format($sql$(SELECT * FROM ONLY rewards.ledger_entries WHERE company_id = $1 AND (%s)) AS l
            LEFT JOIN LATERAL (SELECT * FROM ONLY rewards.points_events e WHERE e.company_id = $1
                                  AND e.user_id = l.user_id AND e.id = l.event_id LIMIT 1) AS e ON true
            LEFT JOIN %s AS f ON true LEFT JOIN %s AS p ON true$sql$,
            wanted, format(first_change, 'l', 'event_id'), format(previous, 'l', 'rewards.uuidv7_floor(l.recorded_at + interval $$1 millisecond$$)')))
    USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.verify_chains_since(bigint) IS
    'Part of verify_ledger(): as verify_chains(), for the entries in the blocks from since_block on and in none';

-- Checks of accounts and events against their entries.
CREATE FUNCTION rewards.verify_accounts(only_user uuid DEFAULT NULL)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $function$
    SELECT rewards.require_user_id(only_user) WHERE only_user IS NOT NULL;
    WITH ended AS (
        SELECT user_id, (a.version = count(e.version) AND a.version = coalesce(max(e.version), 0)
                         AND (a.version = 0 AND a.chain_head IS NULL
                              OR bool_or(e.version = a.version AND e.entry_hash = a.chain_head))) IS NOT TRUE AS bad
          FROM (SELECT user_id, version, chain_head FROM ONLY rewards.user_points_cache
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS a
          FULL JOIN (SELECT user_id, version, entry_hash FROM rewards.ledger
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS e
         USING (user_id)
         GROUP BY user_id, a.version, a.chain_head),
    summed AS (
        SELECT user_id, (a.available_points, a.pending_points, a.lifetime_earned, a.lifetime_spent)
                        IS DISTINCT FROM (coalesce(e.available, 0), coalesce(e.pending, 0), coalesce(e.earned, 0), coalesce(e.spent, 0)) AS bad
          FROM (SELECT * FROM ONLY rewards.user_points_cache
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS a
          FULL JOIN (SELECT user_id, sum(points_delta) FILTER (WHERE validation_status = 'validated') AS available,
                            sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')) AS pending,
                            sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0) AS earned,
                            -sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0) AS spent
                       FROM ONLY rewards.points_events
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                      GROUP BY user_id) AS e USING (user_id)),
    entered AS (
        SELECT coalesce(e.user_id, l.user_id) AS user_id, coalesce(e.id, l.event_id) AS event_id,
               (coalesce(l.first, 0) + CASE WHEN e.version IS NULL THEN 0 ELSE 1 END = 1) IS NOT TRUE OR e.id IS NULL AS bad
          FROM (SELECT user_id, id, version FROM ONLY rewards.points_events
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)) AS e
          FULL JOIN (SELECT user_id, event_id, count(*) FILTER (WHERE kind = 'event') AS first FROM ONLY rewards.ledger_entries
                      WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                      GROUP BY user_id, event_id) AS l ON l.user_id = e.user_id AND l.event_id = e.id),
    decided AS (
        SELECT l.user_id, l.event_id, (e.validation_status, e.validated_by, e.validated_at, e.validation_notes)
                                      IS DISTINCT FROM (l.new_status, l.new_validated_by, l.new_validated_at, l.new_notes) AS bad
          FROM (SELECT DISTINCT ON (user_id, event_id) * FROM ONLY rewards.ledger_entries
                 WHERE company_id = rewards.get_current_company_id() AND (only_user IS NULL OR user_id = only_user)
                   AND kind = 'status' ORDER BY user_id, event_id, version DESC) AS l
          LEFT JOIN ONLY rewards.points_events e
            ON e.company_id = rewards.get_current_company_id() AND e.user_id = l.user_id AND e.id = l.event_id)
    SELECT 'account head', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM ended
    UNION ALL
    SELECT 'balance', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM summed
    UNION ALL
    SELECT 'event entry', count(*), count(*) FILTER (WHERE bad), min(format('user %s event %s', user_id, event_id)) FILTER (WHERE bad) FROM entered
    UNION ALL
    SELECT 'event status', count(*), count(*) FILTER (WHERE bad), min(format('user %s event %s', user_id, event_id)) FILTER (WHERE bad) FROM decided
$function$;
COMMENT ON FUNCTION rewards.verify_accounts(uuid) IS
    'Part of verify_ledger(): do accounts end where their entries end, are balances the sums of the events, has every event its entry, and the status that its entries led to. Errors: insufficient_privilege in the role user for another user';

-- The same for what has new entries. An event without any cannot be found so, nor a balance without reading all events:
-- here it is compared with what the newest entry says.
CREATE FUNCTION rewards.verify_accounts_since(since_block bigint)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
    WITH entry AS MATERIALIZED (
        SELECT user_id, event_id FROM rewards.ledger WHERE company_id = $1 AND (%s)),
    ended AS (
        SELECT t.user_id, (a.version = n.version AND a.chain_head = n.entry_hash) IS NOT TRUE AS bad,
               (a.available_points = n.balance_after) IS NOT TRUE AS off
          FROM (SELECT DISTINCT user_id FROM entry) AS t
          LEFT JOIN LATERAL (SELECT a.* FROM ONLY rewards.user_points_cache a
                              WHERE a.user_id = t.user_id AND a.company_id = $1 LIMIT 1) AS a ON true
          LEFT JOIN LATERAL (
              SELECT last.* FROM (
                  (SELECT l.version, l.entry_hash, l.balance_after FROM ONLY rewards.ledger_entries l
                    WHERE l.user_id = t.user_id AND l.company_id = $1 ORDER BY l.version DESC LIMIT 1)
                  UNION ALL
                  (SELECT e.version, e.entry_hash, e.balance_after FROM ONLY rewards.points_events e
                    WHERE e.user_id = t.user_id AND e.company_id = $1 AND e.version IS NOT NULL
                    ORDER BY e.id DESC LIMIT 1)) AS last
               ORDER BY last.version DESC LIMIT 1) AS n ON true),
    decided AS (
        SELECT t.user_id, t.event_id, e.id IS NULL AS missing,
               l.version IS NOT NULL AND (e.validation_status, e.validated_by, e.validated_at, e.validation_notes)
                   IS DISTINCT FROM (l.new_status, l.new_validated_by, l.new_validated_at, l.new_notes) AS bad
          FROM (SELECT DISTINCT user_id, event_id FROM entry) AS t
          LEFT JOIN LATERAL (SELECT e.* FROM ONLY rewards.points_events e WHERE e.company_id = $1
                                AND e.user_id = t.user_id AND e.id = t.event_id LIMIT 1) AS e ON true
          LEFT JOIN LATERAL (SELECT l.* FROM ONLY rewards.ledger_entries l WHERE l.company_id = $1
                                AND l.user_id = t.user_id AND l.event_id = t.event_id AND l.kind = 'status'
                              ORDER BY l.version DESC LIMIT 1) AS l ON true)
    SELECT 'account head', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id) FILTER (WHERE bad) FROM ended
    UNION ALL
    SELECT 'balance', count(*), count(*) FILTER (WHERE off), min('user ' || user_id) FILTER (WHERE off) FROM ended
    UNION ALL
    SELECT 'event entry', count(*), count(*) FILTER (WHERE missing), min('user ' || user_id || ' event ' || event_id) FILTER (WHERE missing) FROM decided
    UNION ALL
    SELECT 'event status', count(*), count(*) FILTER (WHERE bad), min('user ' || user_id || ' event ' || event_id) FILTER (WHERE bad) FROM decided
    $query$, rewards.entries_since(since_block)) USING rewards.get_current_company_id();
END
$function$;
COMMENT ON FUNCTION rewards.verify_accounts_since(bigint) IS
    'Part of verify_ledger(): as verify_accounts(), for the accounts and events with entries in the blocks from since_block on and in none';

CREATE FUNCTION rewards.verify_blocks(
    since_block bigint DEFAULT 1, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id())
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
    WITH chain AS MATERIALIZED (
        SELECT b.*, lag(b.block, 1, 0::bigint) OVER every AS previous_block,
               lag(b.block_hash, 1, decode(repeat('00', 32), 'hex')) OVER every AS hash_before,
               lag(b.to_xid, 1, 0::bigint) OVER own AS xid_before, row_number() OVER own - 1 AS place
          FROM rewards.book_blocks b WHERE b.book = $3 AND b.company_id = $1
        WINDOW every AS (ORDER BY b.block), own AS (PARTITION BY b.system_id ORDER BY b.block)),
    system AS (
        SELECT system_id, array_agg(to_xid ORDER BY block) AS ends FROM chain GROUP BY system_id),
    content AS (
        SELECT system_id, place, count(*) AS entries, rewards.merkle_root(leaf_place || entry_hash ORDER BY leaf_place) AS root
          FROM (SELECT system_id, width_bucket(e.xid, s.ends) AS place, e.place AS leaf_place, coalesce(e.entry_hash, '') AS entry_hash
                  FROM system s JOIN (SELECT * FROM rewards.book_entries WHERE book = $3 AND company_id = $1 AND (%s)) AS e USING (system_id)) AS placed
         GROUP BY system_id, place),
    verdict AS (
        SELECT c.block, c.previous_block + 1 <> c.block AS gap,
               (c.previous_hash = c.hash_before) IS NOT TRUE OR (c.from_xid = c.xid_before) IS NOT TRUE AS loose,
               (c.block_hash = rewards.block_hash(c.company_id, c.block, c.system_id, c.from_xid, c.to_xid, c.entries, c.root,
                                                  c.previous_hash, c.sealed_at, c.sealed_by)) IS NOT TRUE AS changed,
               c.block >= $2 AS wanted,
               (c.entries = coalesce(t.entries, 0) AND c.root = coalesce(t.root, sha256(''))) IS NOT TRUE AS other
          FROM chain c LEFT JOIN content t ON t.system_id = c.system_id AND t.place = c.place)
    SELECT row.* FROM (
        SELECT count(*) AS every, count(*) FILTER (WHERE wanted) AS wanted,
               count(*) FILTER (WHERE gap) AS gaps, count(*) FILTER (WHERE loose) AS loose,
               count(*) FILTER (WHERE changed) AS changed, count(*) FILTER (WHERE wanted AND other) AS other,
               min(block) FILTER (WHERE gap) AS first_gap, min(block) FILTER (WHERE loose) AS first_loose,
               min(block) FILTER (WHERE changed) AS first_changed, min(block) FILTER (WHERE wanted AND other) AS first_other
          FROM verdict) AS s
     CROSS JOIN LATERAL (VALUES ('block numbering', s.every, s.gaps, 'block ' || s.first_gap),
        ('block chain', s.every, s.loose, 'block ' || s.first_loose), ('block hash', s.every, s.changed, 'block ' || s.first_changed),
        ('block entries', s.wanted, s.other, 'block ' || s.first_other)) AS row
    $query$, rewards.entries_since(since_block, book, company)) USING company, since_block, book;
END
$function$;
COMMENT ON FUNCTION rewards.verify_blocks(bigint, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): are all blocks there, each with the hash of the one before, and do those from since_block on have the entries that they were sealed with';

CREATE FUNCTION rewards.verify_digest(
    digest text, book text DEFAULT 'ledger', company uuid DEFAULT rewards.get_current_company_id())
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    part CONSTANT text[] := regexp_match(digest, '^pg_rewards:1:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,18}):([0-9a-f]{64}):([0-9]{1,18}):([0-9a-f]{64})$');
    number CONSTANT bigint := nullif(part[CASE book WHEN 'audit' THEN 4 ELSE 2 END]::bigint, 0);
    hash CONSTANT bytea := decode(part[CASE book WHEN 'audit' THEN 5 ELSE 3 END], 'hex');
BEGIN
    IF digest IS NOT NULL AND part IS NULL THEN
        RAISE EXCEPTION 'not a digest of a ledger: %', left(digest, 200)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass the digest column of ledger_digest() as it was kept.';
    END IF;
    IF part[1]::uuid <> company THEN
        RAISE EXCEPTION 'the digest is of company %, and this transaction is of company %', part[1], company
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT 'digest', count(number), count(number) - count(b.block),
               CASE WHEN count(number) > count(b.block) THEN 'block ' || number END
          FROM (SELECT) AS given LEFT JOIN rewards.book_blocks b
            ON b.book = verify_digest.book AND b.company_id = company AND b.block = number AND b.block_hash = hash;
END
$function$;
COMMENT ON FUNCTION rewards.verify_digest(text, text, uuid) IS
    'Part of verify_ledger() and verify_audit(): is the block that the digest was taken of still there, with the same hash? Errors: invalid_parameter_value';

CREATE FUNCTION rewards.verify_ledger(since_block bigint DEFAULT 1, digest text DEFAULT NULL)
    RETURNS TABLE (layer text, "check" text, status text, checked bigint, bad bigint, first_bad text, detail text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF rewards.get_current_company_id() IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    ELSIF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot verify the ledger' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    ELSIF since_block IS NULL OR since_block < 1 THEN
        RAISE EXCEPTION 'since_block must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT d.layer, d.name, CASE f.bad WHEN 0 THEN 'ok' ELSE 'bad' END, f.checked, f.bad,
               regexp_replace(f.first_bad, 'version 0+(?=[0-9])', 'version '), d.detail
          FROM (SELECT * FROM rewards.verify_chains() WHERE since_block = 1
                UNION ALL SELECT * FROM rewards.verify_chains_since(since_block) WHERE since_block > 1
                UNION ALL SELECT * FROM rewards.verify_accounts() WHERE since_block = 1
                UNION ALL SELECT * FROM rewards.verify_accounts_since(since_block) WHERE since_block > 1
                UNION ALL SELECT * FROM rewards.verify_blocks(since_block)
                UNION ALL SELECT * FROM rewards.verify_digest(digest)) AS f
          JOIN (VALUES
            (1, '1', 'numbering', 'the entries of each account are numbered without gaps'),
            (2, '1', 'entry hash', 'each entry has the hash of its content and of the entry before it'),
            (3, '1', 'clock', 'no entry was recorded before the one it follows'),
            (4, '1', 'running balance', 'each balance_after is the one before it and what the entry did'),
            (5, '1', 'account head', 'each account ends with its last entry'),
            (6, '1', 'event entry', 'every event has one entry that says it was written, and every entry an event'),
            (7, '1', 'event status', 'each event has the status that its last change says'),
            (8, 'balance', 'balance', CASE since_block WHEN 1 THEN 'each balance is the sum of the account''s events'
                                       ELSE 'each balance is what the last entry says' END),
            (9, '2', 'block numbering', 'blocks are numbered from 1 without gaps'),
            (10, '2', 'block chain', 'each block has the hash of the one before it, and begins where that ended'),
            (11, '2', 'block hash', 'each block has the hash of its content'),
            (12, '2', 'block entries', 'each block has the entries that it was sealed with'),
            (13, '3', 'digest', CASE WHEN digest IS NULL THEN 'no digest was given: blocks that were made anew as a whole are not noticed'
                                ELSE 'the block that the digest was taken of is there with its hash' END))
            AS d (place, layer, name, detail) ON d.name = f.check_name
         ORDER BY d.place;
END
$function$;
COMMENT ON FUNCTION rewards.verify_ledger(bigint, text) IS
    'Is the ledger of the company what was written? A row for each check: layer (1 account chains, balance, 2 blocks, 3 digest), status ok or bad, how many were checked and are bad, and the first that is. since_block > 1: only entries in the blocks from that one on, and those in no block; an event without any entry, and a balance against all its events, is looked for only from block 1. digest: a line that ledger_digest() gave once. Errors: invalid_authorization_specification without a context, insufficient_privilege for role user, invalid_parameter_value';

CREATE FUNCTION rewards.repair_account(user_id uuid, dry_run boolean DEFAULT true)
    RETURNS TABLE (column_name text, current text, repaired text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 9 AS 'MODULE_PATHNAME', 'rewards_repair_account';
COMMENT ON FUNCTION rewards.repair_account(uuid, boolean) IS
    'Rebuilds what an account says of itself (its balances, what expires, version and head of the chain) from its entries, if these verify: a row for each column that differs. dry_run: only tells. What is changed is recorded in audit_log. Errors: data_corrupted when the entries do not verify, insufficient_privilege for role user, invalid_authorization_specification without a context';
-- Is the audit log what was written? As for the ledger, with the rights of the caller and one snapshot.
CREATE FUNCTION rewards.verify_audit_rows(since_block bigint, company uuid)
    RETURNS TABLE (check_name text, checked bigint, bad bigint, first_bad text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT 'entry hash', count(*), count(*) FILTER (WHERE changed), min('row ' || id) FILTER (WHERE changed)
          FROM (SELECT a.id, (a.entry_hash = rewards.audit_entry_hash(a)) IS NOT TRUE AS changed
                  FROM ONLY rewards.audit_log a WHERE a.company_id = $1 AND (%s)) AS verdict
    $query$, CASE WHEN since_block = 1 THEN 'true' ELSE rewards.entries_since(since_block, 'audit', company) END) USING company;
END
$function$;
COMMENT ON FUNCTION rewards.verify_audit_rows(bigint, uuid) IS
    'Part of verify_audit(): has each row the hash of what it says, of those in the blocks from since_block on and in none';

CREATE FUNCTION rewards.verify_audit(since_block bigint DEFAULT 1, digest text DEFAULT NULL)
    RETURNS TABLE ("check" text, status text, checked bigint, bad bigint, first_bad text, detail text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    company CONSTANT uuid := coalesce(rewards.get_current_company_id(),
        CASE WHEN rewards.crosses_companies() THEN '00000000-0000-0000-0000-000000000000'::uuid END);
BEGIN
    IF company IS NULL THEN
        RAISE EXCEPTION 'no company context is set' USING ERRCODE = 'invalid_authorization_specification',
            HINT = 'Call rewards.set_company_context() first, in the same transaction.';
    ELSIF rewards.get_current_user_id() IS NOT NULL THEN
        RAISE EXCEPTION 'a member cannot verify the audit log' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The context of this transaction has role user; this takes service or admin.';
    ELSIF since_block IS NULL OR since_block < 1 THEN
        RAISE EXCEPTION 'since_block must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT d.name, CASE f.bad WHEN 0 THEN 'ok' ELSE 'bad' END, f.checked, f.bad, f.first_bad, d.detail
          FROM (SELECT * FROM rewards.verify_audit_rows(since_block, company)
                UNION ALL SELECT * FROM rewards.verify_blocks(since_block, 'audit', company)
                UNION ALL SELECT * FROM rewards.verify_digest(digest, 'audit', company)) AS f
          JOIN (VALUES
            (1, 'entry hash', 'each row has the hash of what it says'),
            (2, 'block numbering', 'blocks are numbered from 1 without gaps'),
            (3, 'block chain', 'each block has the hash of the one before it, and begins where that ended'),
            (4, 'block hash', 'each block has the hash of its content'),
            (5, 'block entries', 'each block has the rows that it was sealed with'),
            (6, 'digest', CASE WHEN digest IS NULL THEN 'no digest was given: blocks that were made anew as a whole are not noticed'
                               ELSE 'the block that the digest was taken of is there with its hash' END))
            AS d (place, name, detail) ON d.name = f.check_name
         ORDER BY d.place;
END
$function$;
COMMENT ON FUNCTION rewards.verify_audit(bigint, text) IS
    'Is the audit log of the company what was written? In cross-company access: what it has about all companies. A row for each check: status ok or bad, how many were checked and are bad, and the first that is. Finds rows of sealed blocks that were changed, taken away or slipped in, and blocks that were changed, taken away or made anew without all that follow. Who makes all blocks anew is noticed only with digest, a line that ledger_digest() gave once and that was kept elsewhere; who takes away the last blocks with their rows, or changes a row and its hash that no block has yet, only so or not at all: seal often. since_block > 1: only rows in the blocks from that one on, and those in no block. Errors: invalid_authorization_specification without a context, insufficient_privilege for role user, invalid_parameter_value';
-- What events are scored by, why an event has its score, and what other rules would have made of it.

CREATE FUNCTION rewards.trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean) RETURNS SETOF record
    LANGUAGE c STABLE PARALLEL SAFE ROWS 16 AS 'MODULE_PATHNAME', 'rewards_trust_features';
COMMENT ON FUNCTION rewards.trust_features() IS
    'What trust rules can look at: ord is its subscript in points_events.trust_features (always, with 0, is the constant 1 and not stored); may_raise: rules on it may have a positive weight, as clients cannot choose it';

CREATE FUNCTION rewards.trust_score(features integer[], rules_version integer DEFAULT NULL,
    OUT score integer, OUT reasons text[])
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_trust_score';
COMMENT ON FUNCTION rewards.trust_score(integer[], integer) IS
    'Score (0 to 100) that a version of the trust rules gives to features in the order of trust_features(), and the rules that applied, the heaviest first, without base. rules_version null: the newest of the company, else the newest default. Errors: undefined_object for a version that does not exist, null_value_not_allowed, array_subscript_error, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.explain_event(event_id uuid, user_id uuid DEFAULT NULL)
    RETURNS TABLE (rule text, feature text, observed integer, comparison text, threshold integer, weight integer,
                   sentence text, applies boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT rewards.require_user_id(explain_event.user_id) WHERE explain_event.user_id IS NOT NULL;
    WITH event AS (
        SELECT e.company_id, e.trust_version, e.trust_features FROM ONLY rewards.points_events e
         WHERE e.id = explain_event.event_id AND e.user_id = explain_event.user_id
        UNION ALL
        SELECT e.company_id, e.trust_version, e.trust_features FROM ONLY rewards.points_events e
         WHERE e.id = explain_event.event_id AND explain_event.user_id IS NULL
    ), seen AS (
        SELECT r.rule, r.feature, r.comparison, r.threshold, r.weight, r.sentence,
               CASE WHEN r.feature = 'always' THEN 1 ELSE e.trust_features[f.ord] END AS observed
          FROM event e
          JOIN rewards.trust_rules r ON r.version = e.trust_version
           AND r.company_id IN (e.company_id, '00000000-0000-0000-0000-000000000000')
          JOIN rewards.trust_features() f ON f.feature = r.feature
    ), judged AS (
        SELECT s.*, coalesce(CASE s.comparison
                                 WHEN '<' THEN s.observed < s.threshold
                                 WHEN '<=' THEN s.observed <= s.threshold
                                 WHEN '=' THEN s.observed = s.threshold
                                 WHEN '>=' THEN s.observed >= s.threshold
                                 WHEN '>' THEN s.observed > s.threshold
                             END, false) AS applies
          FROM seen s
    )
    SELECT j.rule, j.feature, j.observed, j.comparison, j.threshold, j.weight, j.sentence, j.applies
      FROM judged j
     ORDER BY j.applies DESC, j.rule = 'base' DESC, abs(j.weight) DESC, j.rule COLLATE "C"
$function$;
COMMENT ON FUNCTION rewards.explain_event(uuid, uuid) IS
    'Every trust rule of the version that scored an event of the company, with what was observed (null: unknown) and whether it applied; the weights of those that did sum to the trust score, within 0 to 100. No rows for an event that was not scored. With the user_id the event is found by its key, without it by a search. Errors: insufficient_privilege in the role user for another user';

CREATE FUNCTION rewards.backtest_trust_rules(rules_version integer, from_time timestamptz, to_time timestamptz)
    RETURNS TABLE (old_status text, new_status text, events bigint, points bigint)
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $function$
    -- Without an event in that time nothing else would ask whether the caller may, and the version exists.
    SELECT rewards.trust_score('{}', backtest_trust_rules.rules_version);
    WITH bar AS (
        SELECT coalesce(own.trust_validate_at, standard.trust_validate_at) AS validate_at,
               coalesce(own.trust_review_at, standard.trust_review_at) AS review_at
          FROM rewards.company_settings standard
          LEFT JOIN rewards.company_settings own ON own.company_id = rewards.get_current_company_id()
         WHERE standard.company_id = '00000000-0000-0000-0000-000000000000'
    ), scored AS MATERIALIZED (
        SELECT e.points_delta, e.trust_score AS old_score,
               (rewards.trust_score(e.trust_features, backtest_trust_rules.rules_version)).score AS new_score
          FROM ONLY rewards.points_events e
         WHERE e.company_id = rewards.get_current_company_id()
           AND e.created_at >= coalesce(from_time, '-infinity') AND e.created_at < coalesce(to_time, 'infinity')
           AND e.trust_features IS NOT NULL AND e.trust_score IS NOT NULL
    )
    SELECT CASE WHEN s.old_score >= b.validate_at THEN 'validated'
                WHEN s.old_score >= b.review_at THEN 'pending_review' ELSE 'rejected' END,
           CASE WHEN s.new_score >= b.validate_at THEN 'validated'
                WHEN s.new_score >= b.review_at THEN 'pending_review' ELSE 'rejected' END,
           count(*), sum(s.points_delta)::bigint
      FROM scored s, bar b
     GROUP BY 1, 2
     ORDER BY 1 DESC, 2 DESC
$function$;
COMMENT ON FUNCTION rewards.backtest_trust_rules(integer, timestamptz, timestamptz) IS
    'What a version of the trust rules (null: the newest) would have made of the events of the company that were scored and recorded from from_time until before to_time (null: open): how many, and how many points, by the status that the stored score and the new one give under the company''s thresholds of today. Changes nothing. Errors as trust_score()';

-- A version is written by one statement, which has to bring the rule base; as there is only one base to a
-- version, no other statement can add to it, at the same time or later.
CREATE FUNCTION rewards.require_whole_trust_version() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most_rules CONSTANT integer := 64;
    bad record;
BEGIN
    SELECT n.version, count(*) AS rules, bool_or(n.rule = 'base') AS has_base INTO bad
      FROM new_rules n
     GROUP BY n.company_id, n.version
    HAVING count(*) > most_rules OR NOT bool_or(n.rule = 'base')
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT bad.has_base THEN
        RAISE EXCEPTION 'the statement inserts rules of version % without its rule base', bad.version
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'A version is inserted whole, by one statement, and nothing is added to it later: insert a new version of all rules.';
    END IF;
    RAISE EXCEPTION 'version % has % rules, and at most % are possible', bad.version, bad.rules, most_rules
        USING ERRCODE = 'program_limit_exceeded', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
              HINT = 'Leave out rules that weigh nothing.';
END
$function$;
COMMENT ON FUNCTION rewards.require_whole_trust_version() IS
    'Trigger: a version of the trust rules is inserted whole, by one statement';

CREATE FUNCTION rewards.require_trust_versions() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    missing integer;
BEGIN
    SELECT wanted INTO missing
      FROM unnest(ARRAY[NEW.trust_version, NEW.shadow_version]) AS wanted
     WHERE NOT EXISTS (
        SELECT FROM ONLY rewards.trust_rules r
         WHERE r.version = wanted
           AND r.company_id = CASE WHEN wanted < 1000 THEN '00000000-0000-0000-0000-000000000000' ELSE NEW.company_id END)
       AND wanted IS NOT NULL
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'version % of the trust rules does not exist', missing
            USING ERRCODE = 'undefined_object', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                  HINT = 'rewards.trust_rules has the versions: those below 1000 are the defaults, the others the company''s.';
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.require_trust_versions() IS
    'Trigger: refuses settings that name a version of the trust rules which does not exist, as no event could be scored';
CREATE FUNCTION rewards.event_request_hash(user_id uuid, event_type text, event_time timestamptz, nonce text)
    RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_event_request_hash';
COMMENT ON FUNCTION rewards.event_request_hash(uuid, text, timestamptz, text) IS
    'The hash that an attestation has to carry to speak for this event of the context''s company: SHA-256, in base64url without padding, of the six lines "pg_rewards event v1", company, user, event type, event time in whole milliseconds since 1970, and nonce. The app asks Play Integrity for it as requestHash or nonce, and App Attest for the text itself as client data. Errors: invalid_text_representation for an event type with a line break, insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.examine_attestation(
    user_id uuid, device_id text, verdict jsonb, request_hash text DEFAULT NULL,
    OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_examine_attestation';
COMMENT ON FUNCTION rewards.examine_attestation(uuid, text, jsonb, text) IS
    'Examines a verdict that belongs to no event, such as that of a login, as submit_points_event() does those of events: level none, invalid, basic, device or strong; whether the app is the published one; whether the verdict is for request_hash (hexadecimal, base64 or base64url); whether it is new. It is new once, so do not examine an event''s verdict here first. Errors: program_limit_exceeded for a verdict over 16 kB, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.cleanup_expired_attestations() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_cleanup_expired_attestations';
COMMENT ON FUNCTION rewards.cleanup_expired_attestations() IS
    'Removes attestations of the context''s company that are too old to be accepted again, and returns how many there were; counters of App Attest keys stay. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.flag_account(
    user_id uuid, insight_type text DEFAULT 'manual_flag', severity text DEFAULT 'medium', details jsonb DEFAULT NULL,
    event_id uuid DEFAULT NULL, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_flag_account';
COMMENT ON FUNCTION rewards.flag_account(uuid, text, text, jsonb, uuid) IS
    'Notes an insight about an account (user_id 00000000-0000-0000-0000-000000000000: about the company), and the event it was noticed by, for back ends and honeypots. Outcome: flagged, or counted when there is an open one of its type, whose severity then becomes the higher one and whose details become these. Errors: invalid_parameter_value for an unknown type or severity, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.resolve_fraud_insight(insight_id uuid, note text DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_resolve_fraud_insight';
COMMENT ON FUNCTION rewards.resolve_fraud_insight(uuid, text) IS
    'Closes an insight in the name of the context''s actor; the next occurrence opens another one. Outcome: resolved, already_resolved, not_found. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';
-- What a client proposes, and the server decides.
CREATE FUNCTION rewards.submit_points_event(
    user_id uuid, event_type text, event_time timestamptz, nonce text,
    device_id text DEFAULT NULL, attestation jsonb DEFAULT NULL,
    proof_type text DEFAULT NULL, proof_payload jsonb DEFAULT NULL, payload_hash text DEFAULT NULL,
    related_entity_type text DEFAULT NULL, related_entity_id text DEFAULT NULL,
    device_info jsonb DEFAULT NULL, ip_address inet DEFAULT NULL,
    OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer,
    OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_submit_points_event';
COMMENT ON FUNCTION rewards.submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet) IS
    'Records an event with the points of its rule and a trust score. Outcome: recorded (status: validated, pending, pending_review or rejected; reasons: the trust rules that applied), nonce_conflict, outside_window, unknown_event_type, event_type_inactive, proof_required, too_soon, rate_limited, duplicate_payload; retry_after: after how many seconds one may succeed, null where waiting does not help. The same nonce with the same event gives the first answer again, replayed. attestation: the verdict of the back end''s verifier. Errors: invalid_parameter_value, null_value_not_allowed, program_limit_exceeded, insufficient_privilege for another member, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.submit_points_events(
    events jsonb,
    OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint,
    OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'rewards_submit_points_events';
COMMENT ON FUNCTION rewards.submit_points_events(jsonb) IS
    'submit_points_event() for an array of objects with its arguments, at most 100,000: one row each, in their order, with an outcome of its own, as if they were submitted one by one, user by user. One lock per user; nothing is written where an element is not well-formed. A refusal is an outcome, whatever rewards.on_refusal says. Errors: as submit_points_event(), naming the element in detail and context';
CREATE FUNCTION rewards.validate_points_event(
    event_id uuid, proven boolean DEFAULT NULL, note text DEFAULT NULL,
    OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_validate_points_event';
COMMENT ON FUNCTION rewards.validate_points_event(uuid, boolean, text) IS
    'Decides a pending event by its trust score; proven false rejects it. note: at most 10,000 bytes; null leaves the old one. Outcome: validated, pending_review, rejected (its status; replayed when it was no longer pending), insufficient_points, not_waiting. Errors: invalid_parameter_value, lock_not_available when an UPDATE has the event, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.validate_pending_events(
    max_events integer DEFAULT 1000,
    OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_validate_pending_events';
COMMENT ON FUNCTION rewards.validate_pending_events(integer) IS
    'Decides the oldest pending events of the company (by their ids, which are in the order of time) whose rule''s pending_for is over, by their trust scores; those that would take more points than there are wait for review. For a scheduler: never waits for a lock, and leaves what others hold (skipped) for the next time. Errors as validate_points_event(), invalid_parameter_value';

CREATE FUNCTION rewards.review_points_event(
    event_id uuid, decision text, actor text DEFAULT NULL, note text DEFAULT NULL,
    OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_review_points_event';
COMMENT ON FUNCTION rewards.review_points_event(uuid, text, text, text) IS
    'A person decides an event that waits: approve, reject or flag. actor null: that of the context; an admin acts under its own name. Above company_settings.review_four_eyes_points it takes two who approve, both of them after the last change of the event''s status. Outcome: approved, rejected, flagged, needs_second_approval, already_decided, insufficient_points, not_waiting; replayed when the event has that status already. note: at most 10,000 bytes; null leaves the old one. Errors: invalid_parameter_value, lock_not_available when an UPDATE has the event, insufficient_privilege, invalid_authorization_specification without a context';
-- For staff, who may not write the table.
CREATE FUNCTION rewards.create_coupon_template(template jsonb) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_create_coupon_template';
COMMENT ON FUNCTION rewards.create_coupon_template(jsonb) IS
    'Creates a coupon template of the company from an object whose members are columns of coupon_templates, and returns its id. Columns that are not given have their defaults. Recorded in audit_log. Errors: invalid_parameter_value for a member that is no column or cannot be set, not_null_violation, check_violation, those of the columns'' types, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.change_coupon_template(template_id uuid, changes jsonb) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_change_coupon_template';
COMMENT ON FUNCTION rewards.change_coupon_template(uuid, jsonb) IS
    'Changes the columns of a coupon template that are members of the object; null takes a limit away. Outcome: changed, template_not_found. Coupons that were issued keep what they promised; total_stock can be lowered to what has been issued (check_violation). Recorded in audit_log. Errors: as create_coupon_template()';

CREATE FUNCTION rewards.stamp_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.stamp_update() IS
    'Trigger: sets updated_at';
CREATE FUNCTION rewards.coupon_guessers(
    OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamptz,
    OUT forgotten_at timestamptz) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_coupon_guessers';
COMMENT ON FUNCTION rewards.coupon_guessers() IS
    'Who has tried codes of the context''s company that do not exist: claimers, devices, and the company as a whole (name null). guesses: those not forgotten yet, of most_guesses, which is a tenth for claimers and devices while the company has as many as it may. blocked_until: when the outcome stops being try_later; null: it is not. Where the library is preloaded, names are cut after 63 bytes. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.forget_guesses(claimed_by text, device_id text DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_forget_guesses';
COMMENT ON FUNCTION rewards.forget_guesses(text, text) IS
    'Lets a claimer, a device or both, of which one may be null, try codes again, as if they had not guessed. Outcome: forgotten, not_found. Where the library is preloaded it is done at once, whatever becomes of the transaction. It is audited. Errors: null_value_not_allowed, insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.restock_coupon(
    template_id uuid, quantity bigint,
    OUT outcome text, OUT total_stock bigint, OUT available bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_restock_coupon';
COMMENT ON FUNCTION rewards.restock_coupon(uuid, bigint) IS
    'Adds to the total_stock of a template, and says how many coupons can be issued now. Outcome: restocked, template_not_found, unlimited (it has no total_stock). It does not wait for those who are redeeming; those who come wait until it is committed, so call it in a transaction of its own. Recorded in audit_log. Errors: invalid_parameter_value for a quantity below 1, numeric_value_out_of_range, insufficient_privilege for role user, invalid_authorization_specification without a context';

-- Row triggers: hot functions write without statements, and so does a DBA who knows nothing of stripes.
CREATE FUNCTION rewards.keep_stock() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_keep_stock';
COMMENT ON FUNCTION rewards.keep_stock() IS
    'Trigger: spreads total_stock of a template over its stripes in coupon_stock. Errors: check_violation when more than that has been issued';

CREATE FUNCTION rewards.return_to_stock() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_return_to_stock';
COMMENT ON FUNCTION rewards.return_to_stock() IS
    'Trigger: gives a revoked coupon back to the stock that it was taken from';
CREATE FUNCTION rewards.import_vendor_codes(
    template_id uuid, codes text[], label text DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
    OUT ordinal integer, OUT outcome text, OUT batch_id uuid)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_import_vendor_codes';
COMMENT ON FUNCTION rewards.import_vendor_codes(uuid, text[], text, timestamptz) IS
    'Imports 1 to 1,000,000 codes of a vendor for a template as one batch, and says of each, in their order, what became of it: imported, duplicate (the company has it already, be it handed out or withdrawn), duplicate_in_import, blank (or null), too_long (more than 255 bytes). Blanks around a code are left out; upper and lower case differ. Each is stored encrypted, and handed out while the template has vendor_codes. expires_at: until when the vendor accepts them; null: for ever. Imports of one company come one after the other. Pass the codes as a bound parameter, or the server''s log may have them. Recorded in audit_log, without the codes. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.reveal_vendor_code(
    coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamptz)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_reveal_vendor_code';
COMMENT ON FUNCTION rewards.reveal_vendor_code(uuid) IS
    'The vendor''s code of a coupon, for its holder or the back end. Outcome: revealed (also when it was before: revealed_at is the first time), coupon_not_found (or of another member), no_vendor_code (it has one of ours), already_revoked, already_expired, shredded. A code that was revealed is never handed out to anybody else, even if the coupon is revoked. Recorded in audit_log each time, without the code. Errors: invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file, data_corrupted when the code is not what was imported';

CREATE FUNCTION rewards.shred_vendor_batch(
    batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_shred_vendor_batch';
COMMENT ON FUNCTION rewards.shred_vendor_batch(uuid, text) IS
    'Erases the key of a batch of vendor codes: nobody can read them any more, with the key file neither. What was available is withdrawn. unseen: coupons whose holders have not looked at their code, and cannot any more: revoke them, with a refund. Backups and WAL from before have the wrapped key until they are gone. Outcome: shredded, already_shredded, batch_not_found. reason: 1 to 1,000 bytes. Waits for whoever is redeeming or revealing a code of the batch. Recorded in audit_log. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';

-- A row trigger: whoever revokes a coupon, a DBA too, gives its code back.
CREATE FUNCTION rewards.return_vendor_code() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_return_vendor_code';
COMMENT ON FUNCTION rewards.return_vendor_code() IS
    'Trigger: puts the vendor code of a revoked coupon back, to be handed out again; one that somebody has seen is withdrawn';
CREATE FUNCTION rewards.redeem_coupon(
    user_id uuid, template_id uuid, nonce text,
    OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamptz,
    OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_redeem_coupon';
COMMENT ON FUNCTION rewards.redeem_coupon(uuid, uuid, text) IS
    'Turns points into a coupon. Outcome: redeemed, nonce_conflict, disabled (company_settings), template_not_found, template_inactive, ended, not_started, out_of_stock, limit_reached, rate_limited, insufficient_points; retry_after: after how many seconds one may succeed, null where waiting does not help. The same nonce and template again give the same coupon and code, replayed. The code is derived, never stored; that of a vendor is null here: see reveal_vendor_code(). Errors: invalid_parameter_value, insufficient_privilege for another member, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.redeem_coupons(
    user_id uuid, template_ids uuid[], nonce text,
    OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text,
    OUT expires_at timestamptz, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'rewards_redeem_coupons';
COMMENT ON FUNCTION rewards.redeem_coupons(uuid, uuid[], text) IS
    'redeem_coupon() for 1 to 100 templates under one nonce, all or none: one row for each, in their order; a template may be there several times. When one of them is refused, its row has the reason and the others not_redeemed; nonce_conflict and disabled are in every row. Errors: as redeem_coupon()';

CREATE FUNCTION rewards.hash_coupon_code(code text) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_hash_coupon_code';
COMMENT ON FUNCTION rewards.hash_coupon_code(text) IS
    'The code_hash under which the current company''s coupon with this code is stored: HMAC-SHA-256 of company and code. For staff who look a code up. Errors: invalid_text_representation for a malformed code';

-- A trigger of coupons.
CREATE FUNCTION rewards.guard_coupon_update() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_guard_coupon_update';
COMMENT ON FUNCTION rewards.guard_coupon_update() IS
    'Trigger: lets a coupon take the steps that coupons can take (issued or held, then redeemed, revoked or expired; expired, then revoked), each with its columns, and nothing else change but expires_at while it is open and metadata. What the UPDATE does not say is filled in: who redeemed or revoked it and when, the end of a hold, updated_at';
-- At the counter.
CREATE FUNCTION rewards.claim_coupon(
    code text, claimed_by text, proof jsonb DEFAULT NULL, claim_ref text DEFAULT NULL, device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text,
    OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_claim_coupon';
COMMENT ON FUNCTION rewards.claim_coupon(text, text, jsonb, text, text) IS
    'Uses a code at the counter, once. Outcome: claimed; malformed (a typing error, found without looking it up); not_redeemable (unknown, used, revoked, expired, held by somebody else, a vendor''s, or of another company: deliberately not told apart); disabled (company_settings.claim_enabled); try_later (too many codes that do not exist; retry_after in seconds). The same code, claimed_by and claim_ref again give the same answer, replayed; a claim_ref may serve several coupons. reason is the exact word, for role admin alone: unknown, already_claimed, revoked, expired, held, vendor_code, or the outcome. Errors: invalid_parameter_value, null_value_not_allowed, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.hold_coupon(
    code text, held_by text, hold_for interval DEFAULT '15 minutes', device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamptz,
    OUT replayed boolean, OUT reason text, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_hold_coupon';
COMMENT ON FUNCTION rewards.hold_coupon(text, text, interval, text) IS
    'Reserves a coupon for hold_for (at most 7 days, and never beyond expires_at), in which only held_by can claim it, as claimed_by. Outcome: held, or a refusal and its reason as in claim_coupon(). Held again by the same holder before held_until it is replayed, and the hold gets no shorter. A hold that is over needs no release. Errors: as in claim_coupon()';

CREATE FUNCTION rewards.release_coupon(
    code text, held_by text, device_id text DEFAULT NULL,
    OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_release_coupon';
COMMENT ON FUNCTION rewards.release_coupon(text, text, text) IS
    'Ends a hold of held_by. Outcome: released, replayed when nobody held the coupon any more; or a refusal and its reason as in claim_coupon(), not_redeemable if somebody else holds it. Errors: as in claim_coupon()';
CREATE FUNCTION rewards.mark_expired_coupons(
    max_coupons integer DEFAULT 1000, OUT expired bigint, OUT released bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_mark_expired_coupons';
COMMENT ON FUNCTION rewards.mark_expired_coupons(integer) IS
    'Brings the status of the company''s coupons up to date with time: those past expires_at are expired, the longest overdue first, and held ones whose hold is over are issued again. For a scheduler: at most max_coupons (1 to 100000) in a call, never waits for a lock, and leaves coupons that others hold (skipped) for the next time. Claims do not depend on it. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.coupon_public_ref(coupon_id uuid) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_coupon_public_ref';
COMMENT ON FUNCTION rewards.coupon_public_ref(uuid) IS
    'What a coupon is called in a support call, where nobody should read out its code: 12 symbols in three groups, the last a check. It follows from the id alone, tells when the coupon was issued, and claims nothing: codes have 16 or 20 symbols';

CREATE FUNCTION rewards.find_coupon_by_ref(ref text)
    RETURNS TABLE (
        coupon_id uuid, issued_to uuid, template_id uuid, status text, coupon_value numeric, coupon_value_type text,
        issued_at timestamptz, issued_points_cost bigint, expires_at timestamptz, held_until timestamptz,
        redeemed_at timestamptz, redeemed_by text, revoked_at timestamptz, revoke_reason text, refunded_at timestamptz)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', 'rewards_find_coupon_by_ref';
COMMENT ON FUNCTION rewards.find_coupon_by_ref(text) IS
    'The company''s coupons with this reference (coupon_public_ref()), as forgiving of how it is typed as codes are: one, or none, or, when several were issued within a millisecond, now and then more. Found in the index of ids. Errors: invalid_text_representation for a reference with a typing error, insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.reissue_coupon_code(
    coupon_id uuid, reason text,
    OUT outcome text, OUT coupon_code text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_reissue_coupon_code';
COMMENT ON FUNCTION rewards.reissue_coupon_code(uuid, text) IS
    'Gives a coupon another code, under the newest key; with the commit the old one is dead. Outcome: reissued, already_claimed, already_revoked, already_expired, coupon_held, vendor_code, coupon_not_found. Each call makes another code: after a lost answer, the nonce of redeem_coupon() gives the newest. reason: at most 1,000 bytes, for the audit row, which has no code. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';
CREATE FUNCTION rewards.revoke_coupon(
    coupon_id uuid, reason text, refund boolean DEFAULT false,
    OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_revoke_coupon';
COMMENT ON FUNCTION rewards.revoke_coupon(uuid, text, boolean) IS
    'Takes a coupon back, one that has expired too; with refund its points return, once, to the lots that they came from. Outcome: revoked, refunded (it was revoked before, and its points return now), already_revoked, already_refunded, already_claimed, coupon_not_found. points_refunded and refund_event_id are those of the coupon''s refund, also when that was made before: whoever lost an answer asks again. A coupon of a batch has no user_id and no balance, and nothing to refund. reason: at most 1,000 bytes, kept with the coupon, the event and the audit row. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
-- Keys change hands: rotate to a new one, lay it over tags of one that has leaked, retire what nothing needs.

CREATE FUNCTION rewards.rotate_coupon_key(slot integer DEFAULT NULL) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_rotate_coupon_key';
COMMENT ON FUNCTION rewards.rotate_coupon_key(integer) IS
    'From the commit on new codes (and, after rotate_token_key(), new tokens) are made with the key in this slot of the key file, which all servers have to have already, and older ones stay good; returns the slot. Without a slot the server adds a random key to the file, in a slot that was never used, and the file has to be copied to every standby then; a call that is rolled back leaves the line there, of which nothing comes. Not in a company context. Errors: invalid_parameter_value, undefined_object for a slot that the file does not have, object_not_in_prerequisite_state for one that is retired or laid over, object_in_use while another database of the server adds a key, insufficient_privilege in a company context or, as other file errors, when the file cannot be written';

CREATE FUNCTION rewards.retire_coupon_key(slot integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_retire_coupon_key';
COMMENT ON FUNCTION rewards.retire_coupon_key(integer) IS
    'Says that nothing needs the key in this slot any more: its line may go from the key file, and there is no way back. Waits for calls that write coupons, and lets others wait for its commit. Not in a company context. Errors: object_in_use (with numbers) while coupons that can be claimed, token keys, batches of vendor codes or keys that it is laid over need it, object_not_in_prerequisite_state for the one that makes the new codes, undefined_object for a slot that was never used, insufficient_privilege in a company context';

CREATE FUNCTION rewards.relayer_coupon_key(slot integer, max_coupons integer DEFAULT 1000,
    OUT relayered integer, OUT complete boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_relayer_coupon_key';
COMMENT ON FUNCTION rewards.relayer_coupon_key(integer, integer) IS
    'For a key that others may have: lays the issuing key over code_hash of the coupons of this slot that can still be claimed, so that nobody who has the old key and a copy of the table can search for codes; whoever has the key and the ids of coupons can compute their codes, against which only reissue_coupon_code() helps. Looks at max_coupons coupons (at most 100000) and goes on with the next call where this one has ended, or with the coupon that somebody was just changing: call it, each time in a transaction of its own, until complete. Codes stay good all the while. Not in a company context. Errors: object_not_in_prerequisite_state for the slot that makes the new codes or is retired, undefined_object for one that was never used, invalid_parameter_value, insufficient_privilege in a company context';

CREATE FUNCTION rewards.legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_legacy_code_hash';
COMMENT ON FUNCTION rewards.legacy_code_hash(integer, bytea) IS
    'For the import of coupons of another programme into the company: code_hash and layer_slot of a coupon with key_slot = slot and code_symbols = 0, whose code that programme has kept as code_hmac, the HMAC-SHA-256 of its text in capitals under the secret in the "legacy" line of this slot of the key file. Such a coupon can be claimed by its old code, and shown it cannot be; reissue_coupon_code() gives it one of ours. Errors: invalid_parameter_value, undefined_object when the key file has no such line, object_not_in_prerequisite_state for a slot that is retired, insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.begin_coupon_batch(
    template_id uuid, quantity integer, label text, expires_at timestamptz DEFAULT NULL,
    OUT outcome text, OUT batch_id uuid, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_begin_coupon_batch';
COMMENT ON FUNCTION rewards.begin_coupon_batch(uuid, integer, text, timestamptz) IS
    'Begins a batch of bearer coupons, whose holder nobody knows: 1 to 100000000 of them, at the value that the template has now, whether or not members can redeem it. expires_at: null is as the template says. The same label, template and quantity again give the same batch, replayed. Outcome: begun, template_not_found, ended (its coupons would have expired), out_of_stock (the template has not so many left: none is taken), label_taken. Errors: invalid_parameter_value, object_not_in_prerequisite_state for a template with vendor codes, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.issue_coupon_batch(
    batch_id uuid, max_codes integer DEFAULT 100000,
    OUT outcome text, OUT issued bigint, OUT remaining bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_issue_coupon_batch';
COMMENT ON FUNCTION rewards.issue_coupon_batch(uuid, integer) IS
    'Issues the next coupons of a batch, in the order of their numbers: call it, a transaction each time, until none remain. What was interrupted goes on behind the last commit. coupon_batches says how far a batch is, and pg_stat_activity how far a call (application_name). max_codes: 1 to 1000000. Outcome: issued, batch_not_found, batch_revoked. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.coupon_batch_codes(
    batch_id uuid, after_number integer DEFAULT 0, max_codes integer DEFAULT 100000)
    RETURNS TABLE (number integer, coupon_id uuid, coupon_code text, expires_at timestamptz)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_coupon_batch_codes';
COMMENT ON FUNCTION rewards.coupon_batch_codes(uuid, integer, integer) IS
    'The codes of a batch''s coupons that can still be used (issued or held), of the max_codes (1 to 1000000) numbers after after_number: COPY (SELECT * FROM rewards.coupon_batch_codes(...)) TO STDOUT. Again with the same arguments it gives the same codes. They are derived, and kept in memory only: an ORDER BY of many, or a table, would write them to disk. Recorded in audit_log. Errors: undefined_object for a batch that the company does not have, invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context, object_not_in_prerequisite_state without a usable key file';

CREATE FUNCTION rewards.revoke_coupon_batch(
    batch_id uuid, reason text, max_coupons integer DEFAULT 100000,
    OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_revoke_coupon_batch';
COMMENT ON FUNCTION rewards.revoke_coupon_batch(uuid, text, integer) IS
    'Revokes a batch: nothing more of it is issued from the first call on, and each call revokes its next coupons, in the order of their numbers; call it, a transaction each time, until none remain. What has been claimed stays so (claimed says how many of those looked at). The reason (1 to 1000 bytes) of the first call is that of all, and recorded in audit_log. max_coupons: 1 to 1000000. Outcome: revoked, batch_not_found. Errors: invalid_parameter_value, insufficient_privilege for role user, invalid_authorization_specification without a context';
CREATE FUNCTION rewards.grant_access(
    app regrole DEFAULT NULL, admin regrole DEFAULT NULL, backup regrole DEFAULT NULL, tenant regrole DEFAULT NULL,
    cross_company regrole DEFAULT NULL) RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- What a programme is made of.
    for_both CONSTANT text[] := ARRAY[
        'set_company_context(uuid, text, text)', 'issue_company_token(uuid, text, text, interval, timestamptz, bytea)',
        'set_company_context_token(text)', 'get_context_challenge()', 'require_company_id()', 'require_user_id(uuid)',
        'session_residue()', 'session_settings()', 'current_settings()', 'uuidv7()', 'uuidv7_floor(timestamptz)', 'uuidv5(uuid, text)',
        'cleanup_expired_nonces()',
        'award_points(uuid, bigint, text, text, text, timestamptz)', 'deduct_points(uuid, bigint, text, text, text, timestamptz)',
        'refund_points(uuid, uuid, text)', 'expire_points(integer)', 'calculate_user_points(uuid)',
        'points_history(uuid, integer, uuid)', 'balance_at(uuid, timestamptz)',
        'within_attribution_window(timestamptz, timestamptz, interval)', 'seal_ledger()', 'event_receipt(uuid, uuid)',
        'event_request_hash(uuid, text, timestamptz, text)', 'examine_attestation(uuid, text, jsonb, text)',
        'cleanup_expired_attestations()', 'flag_account(uuid, text, text, jsonb, uuid)',
        'submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet)',
        'submit_points_events(jsonb)', 'validate_points_event(uuid, boolean, text)', 'validate_pending_events(integer)',
        'redeem_coupon(uuid, uuid, text)',
        'redeem_coupons(uuid, uuid[], text)',
        'import_vendor_codes(uuid, text[], text, timestamptz)',
        'reveal_vendor_code(uuid)',
        'revoke_coupon(uuid, text, boolean)',
        'reissue_coupon_code(uuid, text)',
        'coupon_public_ref(uuid)',
        'claim_coupon(text, text, jsonb, text, text)',
        'hold_coupon(text, text, interval, text)',
        'release_coupon(text, text, text)',
        'mark_expired_coupons(integer)'];
    -- What people decide, and what shows more than a programme needs.
    for_staff CONSTANT text[] := ARRAY[
        'code_data_version()', 'companies()', 'rotate_token_key()', 'retire_token_key(integer)',
        'rotate_coupon_key(integer)', 'retire_coupon_key(integer)',
        'relayer_coupon_key(integer, integer)',
        'legacy_code_hash(integer, bytea)',
        'refresh_user_points_cache(uuid)', 'reconcile_ledger()', 'show_progress(text, tid, bigint)', 'sum_points(bigint)', 'sum_events(bigint, text)',
        'ledger_digest()', 'verify_ledger(bigint, text)', 'verify_audit(bigint, text)', 'verify_audit_rows(bigint, uuid)', 'verify_chains(uuid)', 'verify_chains_since(bigint)',
        'verify_accounts(uuid)', 'verify_accounts_since(bigint)', 'verify_blocks(bigint, text, uuid)', 'verify_digest(text, text, uuid)',
        'verify_chains_query(text, text)', 'entry_place(uuid, bigint)', 'entries_since(bigint, text, uuid)', 'sealed_systems(text, uuid)',
        'unsealed_entries()', 'event_entry_hash(bytea, bigint, timestamptz, bigint, record, text, text, timestamptz, text)',
        'status_entry_hash(bytea, record)', 'merkle_root(bytea)', 'merkle_path(bytea, bigint)',
        'follow_merkle_path(bytea, bigint, bigint, bytea[])',
        'block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text)', 'audit_entry_hash(record)',
        'repair_account(uuid, boolean)',
        'trust_features()', 'trust_score(integer[], integer)', 'explain_event(uuid, uuid)',
        'backtest_trust_rules(integer, timestamptz, timestamptz)', 'resolve_fraud_insight(uuid, text)',
        'review_points_event(uuid, text, text, text)',
        'create_coupon_template(jsonb)',
        'change_coupon_template(uuid, jsonb)',
        'restock_coupon(uuid, bigint)',
        'shred_vendor_batch(uuid, text)',
        'begin_coupon_batch(uuid, integer, text, timestamptz)',
        'issue_coupon_batch(uuid, integer)',
        'coupon_batch_codes(uuid, integer, integer)',
        'revoke_coupon_batch(uuid, text, integer)',
        'hash_coupon_code(text)',
        'find_coupon_by_ref(text)',
        'coupon_guessers()',
        'forget_guesses(text, text)',
        'tenant_doctor(name)', 'doctor_policies()', 'doctor_grants()', 'doctor_tables(name)',
        'doctor_unique_keys(name)', 'doctor_key_findings(name)', 'doctor_foreign_keys(name)',
        'doctor_foreign_key_findings(name)', 'doctor_policy_function_findings(name)',
        'doctor_policy_findings(name)', 'doctor_coverage_findings(name)', 'doctor_grant_findings(name)',
        'doctor_role_findings()', 'doctor_owner_findings(name)', 'known_rls_cves(integer)', 'doctor_has_several_companies()',
        'doctor_setting_findings()',
        'doctor_connections()',
        'doctor_log_findings()',
        'check_settings()', 'durability_findings()', 'commit_findings()', 'is_preloaded()', 'key_file_is_in_data_directory()',
        'doctor_table_findings(name)', 'doctor_column_findings(name)',
        'doctor_support_findings(name)', 'doctor_views(name)', 'doctor_view_findings(name)', 'doctor_definer_findings(name)'];
    -- What protects tables of the application, for staff who own some: each function asks whether the caller does.
    for_table_owners CONSTANT text[] := ARRAY[
        'enable_tenant_rls(regclass, name, boolean, text[], boolean)', 'disable_tenant_rls(regclass, boolean)',
        'tenant_tables(regclass)', 'tenant_policy_column(oid)', 'tenant_column_statements(regclass, name)', 'cross_company_roles()',
        'tenant_policy_statements(regclass, name)', 'tenant_triggers(regclass, name, boolean, text[])',
        'tenant_trigger_statements(regclass, name, boolean, text[])', 'require_tenant_root(regclass)',
        'require_tenant_tables(regclass)', 'require_company_column(regclass, name)', 'require_no_conflict(regclass, name)',
        'count_rows_of_nobody(regclass, name)', 'guard_tenant_row()', 'refuse_write()', 'audit_changes()',
        'assert_tenant_isolation(regclass, uuid, uuid, regrole)', 'company_column_of(regclass)',
        'isolation_foreign_keys(regclass, name)', 'isolation_samples(regclass, name, uuid, uuid)',
        'isolation_subject(regclass, name, uuid, uuid, jsonb)', 'isolation_columns(regclass)', 'isolation_controls(rewards.isolation_subject)',
        'isolation_reads(rewards.isolation_subject)', 'isolation_writes(rewards.isolation_subject)',
        'isolation_conflicts(rewards.isolation_subject)', 'isolation_pointers(rewards.isolation_subject)',
        'isolation_guard(rewards.isolation_subject)', 'isolation_outside(rewards.isolation_subject)',
        'isolation_parts(rewards.isolation_subject)', 'isolation_attempts(regclass, name, uuid, uuid, regrole, jsonb)'];
    -- What SQL that somebody else wrote may call: what acts for one member and refuses every other, and what computes.
    -- A company is entered by token alone. Not what the back end answers for (points, counter, clean-up, seals),
    -- although such a call is refused in the role user anyway: a token may be of the role service.
    for_tenants CONSTANT text[] := ARRAY[
        'set_company_context_token(text)', 'get_context_challenge()', 'session_residue()', 'session_settings()',
        'require_company_id()', 'require_user_id(uuid)', 'uuidv7()', 'uuidv7_floor(timestamptz)', 'uuidv5(uuid, text)',
        'calculate_user_points(uuid)', 'points_history(uuid, integer, uuid)', 'balance_at(uuid, timestamptz)',
        'within_attribution_window(timestamptz, timestamptz, interval)', 'event_receipt(uuid, uuid)',
        'event_request_hash(uuid, text, timestamptz, text)',
        'submit_points_event(uuid, text, timestamptz, text, text, jsonb, text, jsonb, text, text, text, jsonb, inet)',
        'submit_points_events(jsonb)',
        'redeem_coupons(uuid, uuid[], text)',
        'reveal_vendor_code(uuid)',
        'redeem_coupon(uuid, uuid, text)',
        'coupon_public_ref(uuid)'];
    -- What reads everything reads tables, and verifies what was recorded of it.
    for_cross_company CONSTANT text[] := ARRAY[
        'begin_cross_company_access(text)', 'uuidv7_floor(timestamptz)', 'ledger_digest()', 'verify_audit(bigint, text)',
        'verify_audit_rows(bigint, uuid)', 'verify_blocks(bigint, text, uuid)', 'verify_digest(text, text, uuid)',
        'entries_since(bigint, text, uuid)', 'sealed_systems(text, uuid)', 'audit_entry_hash(record)', 'merkle_root(bytea)',
        'block_hash(uuid, bigint, bigint, bigint, bigint, bigint, bytea, bytea, timestamptz, text)'];
    -- Of their company and, in the role user, of their member; so tenants read them, too.
    read_by_both CONSTANT text[] := ARRAY[
        'company_settings', 'user_points_cache', 'points_events', 'ledger_entries', 'ledger', 'point_lots',
        'ledger_discrepancies', 'point_rules', 'coupon_templates',
        'coupon_stock',
        'coupons'];
    read_by_staff CONSTANT text[] := ARRAY[
        'coupon_guesses',
        'data_version', 'token_keys', 'audit_log', 'used_nonces', 'forgotten_nonces', 'point_lot_uses', 'points_liability', 'ledger_blocks',
        'audit_blocks', 'book_blocks', 'book_entries', 'ledger_seal_lag', 'trust_rules', 'account_devices',
        'attestation_cache', 'fraud_insights', 'open_fraud_insights', 'event_approvals', 'review_queue',
        'coupon_batches',
        'coupon_stock_discrepancies',
        'master_keys',
        'vendor_batches',
        'vendor_codes',
        'vendor_batch_stock',
        'vendor_stock',
        'vendor_code_discrepancies'];
    statement text;
    missing regrole := (SELECT grantee FROM unnest(ARRAY[app, admin, backup, tenant, cross_company]) AS grantee
                         WHERE grantee IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = grantee) LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'role "%" does not exist', missing USING ERRCODE = 'undefined_object';
    END IF;
    IF to_regclass('rewards.data_version') IS NULL THEN
        RAISE EXCEPTION 'the rewards tables are not installed in database "%"', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT rewards.install() creates them.';
    ELSIF NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE oid = backup) THEN
        RAISE EXCEPTION 'role % cannot read whole tables, as a backup has to', backup
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'pg_dump turns row_security off, which is an error for a role that row-level security holds.',
                  HINT = format('A superuser lets it: ALTER ROLE %s BYPASSRLS.', backup);
    END IF;
    FOR statement IN
        SELECT format('GRANT USAGE ON SCHEMA rewards TO %s', grantee)
          FROM unnest(ARRAY[app, admin, backup, tenant, cross_company]) AS grantee WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, grantee)
          FROM unnest(ARRAY[app, admin]) AS grantee, unnest(for_both) AS signature WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, admin)
          FROM unnest(for_staff || for_table_owners) AS signature WHERE admin IS NOT NULL
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, tenant)
          FROM unnest(for_tenants) AS signature WHERE tenant IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, grantee)
          FROM unnest(ARRAY[app, admin, tenant]) AS grantee, unnest(read_by_both) AS relation WHERE grantee IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, admin)
          FROM unnest(read_by_staff) AS relation WHERE admin IS NOT NULL
        UNION ALL
        (SELECT format('GRANT SELECT ON rewards.%I TO %s', relname, backup)
           FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind IN ('r', 'p') AND backup IS NOT NULL
          ORDER BY relname)
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION rewards.%s TO %s', signature, cross_company)
          FROM unnest(for_cross_company) AS signature WHERE cross_company IS NOT NULL
        UNION ALL
        SELECT format('GRANT SELECT ON rewards.%s TO %s', relation, cross_company)
          FROM unnest(read_by_both || array_remove(read_by_staff, 'ledger_seal_lag')) AS relation WHERE cross_company IS NOT NULL
        UNION ALL
        -- For these roles alone: a permissive policy for PUBLIC would be an OR in every query of an application, and
        -- no index on company_id could serve it.
        (SELECT CASE WHEN polroles IS NULL THEN
                    format('CREATE POLICY cross_company ON rewards.%I FOR SELECT TO %s USING (rewards.crosses_companies())', relname, cross_company)
                ELSE format('ALTER POLICY cross_company ON rewards.%I TO %s', relname,
                            (SELECT string_agg(role::regrole::text, ', ' ORDER BY role) FROM unnest(polroles || cross_company::oid) AS role)) END
           FROM pg_class LEFT JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'cross_company'
          WHERE relnamespace = 'rewards'::regnamespace AND relrowsecurity AND cross_company IS NOT NULL
            AND (cross_company = ANY (polroles)) IS NOT TRUE
          ORDER BY relname)
    LOOP
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
    SELECT split_part(entrance, '(', 1) INTO statement
      FROM unnest(ARRAY['set_company_context(uuid, text, text)', 'begin_cross_company_access(text)',
                        'issue_company_token(uuid, text, text, interval, timestamptz, bytea)'])
           WITH ORDINALITY AS entrances (entrance, place), pg_roles
     WHERE pg_has_role(tenant, oid, 'MEMBER') AND has_function_privilege(oid, 'rewards.' || entrance, 'EXECUTE')
     ORDER BY place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role % may call %(), and so would the SQL of tenants', tenant, statement
            USING ERRCODE = 'invalid_grant_operation',
                  HINT = 'Tenants need a role of their own that is no member of the roles of the back end or staff.';
    END IF;
END
$function$;
COMMENT ON FUNCTION rewards.grant_access(regrole, regrole, regrole, regrole, regrole) IS
    'Grants a back end (app), staff (admin), pg_dump (backup: all rows of our tables, for a role with BYPASSRLS), SQL of tenants (tenant: enters by token, or by adopt_request_claims() if you grant it that) and who may read the rows of all companies (cross_company: see begin_cross_company_access(); its policies are for this role alone, so call enable_tenant_rls() again for tables of yours) what they need, and returns the statements it ran: EXECUTE on functions and SELECT under row-level security, no writing of tables. Call it again after an update. Creates and alters no roles. Errors: undefined_object for a role that does not exist, object_not_in_prerequisite_state without tables or for a backup role that row-level security holds, invalid_grant_operation for a tenant role that has another way into a company';

-- Nothing is executable by accident: PUBLIC has the harmless readers of the context, which policies and defaults
-- call in the name of whoever queries a table; everything else is granted by name. Only functions that are new: what the
-- script of an extension grants or revokes turns all grants of a function into initial ones, which no dump has.
DO $block$
DECLARE
    readers CONSTANT text[] := ARRAY['get_current_company_id', 'get_back_end_company_id', 'get_current_user_id',
        'get_first_user_id', 'get_last_user_id', 'crosses_companies'];
    fresh record;
BEGIN
    FOR fresh IN
        SELECT p.oid::regprocedure AS signature, proname
          FROM pg_proc AS p JOIN pg_depend AS d ON classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e'
          JOIN pg_extension AS e ON refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND extname = 'pg_rewards'
         WHERE NOT EXISTS (SELECT FROM pg_init_privs AS i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', fresh.signature);
        IF fresh.proname = ANY (readers) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', fresh.signature);
        END IF;
    END LOOP;
END
$block$;
