-- What a run keeps of its own, in a schema of its own: how far it has come, what it could not carry over, and the balances of
-- both sides. It stays until you drop it.

CREATE SCHEMA IF NOT EXISTS rewards_migration;

DROP TABLE IF EXISTS rewards_migration.run;
CREATE TABLE rewards_migration.run (
    company_id uuid     NOT NULL,
    is_dry_run boolean  NOT NULL,
    key_slot   smallint,
    words      jsonb    NOT NULL,
    adjusts    boolean  NOT NULL
);
COMMENT ON TABLE rewards_migration.run IS 'What the run that goes on, or the last one, was asked for: one row';

CREATE TABLE IF NOT EXISTS rewards_migration.members (
    company_id    uuid    NOT NULL,
    source_user   text    NOT NULL,
    user_id       uuid    NOT NULL,
    batch         integer NOT NULL,
    PRIMARY KEY (company_id, source_user)
);
CREATE INDEX IF NOT EXISTS members_batch ON rewards_migration.members (company_id, batch);
COMMENT ON TABLE rewards_migration.members IS 'Who has anything in the source, which user_id that is here, and which batch carries it over';

CREATE TABLE IF NOT EXISTS rewards_migration.batches (
    company_id  uuid    NOT NULL,
    batch       integer NOT NULL,
    source_rows bigint  NOT NULL,
    copied_at   timestamptz,
    PRIMARY KEY (company_id, batch)
);
COMMENT ON TABLE rewards_migration.batches IS 'The batches; one with copied_at is done with, unless it left something behind or the source has other rows by now';

CREATE TABLE IF NOT EXISTS rewards_migration.shared_codes (
    code_hash text PRIMARY KEY,
    coupon_id text NOT NULL
);
COMMENT ON TABLE rewards_migration.shared_codes IS 'Codes that several coupons of the source have, and the one that keeps it: a live one, or else the oldest';

CREATE TABLE IF NOT EXISTS rewards_migration.report (
    company_id   uuid    NOT NULL,
    is_dry_run   boolean NOT NULL,
    batch        integer,
    source_table text    NOT NULL,
    source_id    text,
    source_user  text,
    outcome      text    NOT NULL CHECK (outcome IN ('left_behind', 'changed')),
    reason       text    NOT NULL
);
CREATE INDEX IF NOT EXISTS report_batch ON rewards_migration.report (company_id, is_dry_run, batch);
COMMENT ON TABLE rewards_migration.report IS 'Every row of the source that was left behind, and every one that is not what it was, with the reason';

CREATE TABLE IF NOT EXISTS rewards_migration.balances (
    company_id       uuid    NOT NULL,
    is_dry_run       boolean NOT NULL,
    batch            integer NOT NULL,
    user_id          uuid    NOT NULL,
    source_cache     numeric,
    source_events    numeric NOT NULL,
    available_points bigint  NOT NULL,
    PRIMARY KEY (company_id, is_dry_run, user_id)
);
COMMENT ON TABLE rewards_migration.balances IS 'Each member''s balance in the source, by its cache and by its events, and here';

DROP VIEW IF EXISTS rewards_migration.balance_differences;
CREATE VIEW rewards_migration.balance_differences AS
    SELECT b.*, coalesce(b.source_cache, b.source_events) - b.available_points AS missing,
           CASE WHEN b.source_events = b.available_points THEN 'the source''s cache does not agree with its events'
                ELSE 'events were left behind' END AS reason
      FROM rewards_migration.balances b
     WHERE coalesce(b.source_cache, b.source_events) <> b.available_points;
COMMENT ON VIEW rewards_migration.balance_differences IS 'Members who would not find the balance that they had';

-- A word of the source, as the programme's own people translate it.
DROP FUNCTION IF EXISTS rewards_migration.word(text);
CREATE FUNCTION rewards_migration.word(word text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT coalesce(r.words ->> word, word) FROM rewards_migration.run r $function$;
COMMENT ON FUNCTION rewards_migration.word(text) IS 'What a status or kind of the source is called here';

-- Ids and users that are no UUIDs get one that follows from them, in the company's namespace.
DROP FUNCTION IF EXISTS rewards_migration.uuid_of(uuid, text, text);
CREATE FUNCTION rewards_migration.uuid_of(company uuid, kind text, id text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN id ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN id::uuid ELSE rewards.uuidv5(company, kind || id) END;
COMMENT ON FUNCTION rewards_migration.uuid_of(uuid, text, text) IS 'The UUID that an id of the source has here; kind is empty for users, so that a back end finds them by uuidv5(company, user)';
