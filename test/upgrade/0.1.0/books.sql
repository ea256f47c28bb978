--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: pg_rewards; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_rewards WITH SCHEMA pg_catalog;


--
-- Name: EXTENSION pg_rewards; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pg_rewards IS 'Points ledger, single-use coupons and tenant isolation for rewards programmes.';


--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO postgres;

--
-- Name: note_claim(); Type: FUNCTION; Schema: rewards; Owner: frozen_owner
--

CREATE FUNCTION rewards.note_claim() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RETURN NULL; END $$;


ALTER FUNCTION rewards.note_claim() OWNER TO frozen_owner;

--
-- Name: answer(text); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.answer(call text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(r::text, E''\n'') FROM (%s) AS r', call) INTO answer;
    RETURN answer;
END $$;


ALTER FUNCTION shop.answer(call text) OWNER TO postgres;

--
-- Name: enter(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.enter() RETURNS void
    LANGUAGE sql
    AS $$ SELECT rewards.set_company_context(shop.id('c', 1), 'mary', 'admin') $$;


ALTER FUNCTION shop.enter() OWNER TO postgres;

--
-- Name: id(text, integer); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.id(kind text, name integer) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN (((kind || '0000000-0000-4000-8000-'::text) || lpad((name)::text, 12, '0'::text)))::uuid;


ALTER FUNCTION shop.id(kind text, name integer) OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: account_devices; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.account_devices (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    device_id text NOT NULL COLLATE pg_catalog."C",
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_devices_device_id_check CHECK (((octet_length(device_id) >= 1) AND (octet_length(device_id) <= 255)))
);

ALTER TABLE ONLY rewards.account_devices FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.account_devices OWNER TO frozen_owner;

--
-- Name: TABLE account_devices; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.account_devices IS 'Devices from which events of an account were submitted';


--
-- Name: COLUMN account_devices.device_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.account_devices.device_id IS 'As the app names the device, 1 to 255 bytes; it means something within its company only';


--
-- Name: attestation_cache; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.attestation_cache (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    attestation_token_hash text NOT NULL COLLATE pg_catalog."C",
    device_id text COLLATE pg_catalog."C",
    platform text NOT NULL,
    is_valid boolean NOT NULL,
    integrity_verdict jsonb,
    counter bigint,
    verified_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    device_info jsonb,
    CONSTRAINT attestation_cache_counter_check CHECK ((counter >= 0))
)
WITH (fillfactor='80');

ALTER TABLE ONLY rewards.attestation_cache FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.attestation_cache OWNER TO frozen_owner;

--
-- Name: TABLE attestation_cache; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.attestation_cache IS 'Attestations that were examined, so that none is accepted twice: one row per Play Integrity token, until it is too old to be accepted anyway, and per App Attest key';


--
-- Name: COLUMN attestation_cache.attestation_token_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.attestation_token_hash IS 'SHA-256, in hexadecimal digits, of what names the token (the request details of a Play Integrity verdict) or the App Attest key';


--
-- Name: COLUMN attestation_cache.device_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.device_id IS 'Device that it last came from, as the app names it';


--
-- Name: COLUMN attestation_cache.is_valid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.is_valid IS 'Whether it spoke for the device: level basic or better';


--
-- Name: COLUMN attestation_cache.integrity_verdict; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.integrity_verdict IS 'The verdict, as the verifier delivered it';


--
-- Name: COLUMN attestation_cache.counter; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.counter IS 'Highest counter of the App Attest key; only grows';


--
-- Name: COLUMN attestation_cache.expires_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.attestation_cache.expires_at IS 'When cleanup_expired_attestations() may remove the row; infinity for counters, which forgotten would count anew';


--
-- Name: audit_blocks; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.audit_blocks (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    block bigint NOT NULL,
    system_id bigint NOT NULL,
    from_xid bigint NOT NULL,
    to_xid bigint NOT NULL,
    entries bigint NOT NULL,
    root bytea NOT NULL,
    previous_hash bytea NOT NULL,
    block_hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    sealed_by text NOT NULL,
    CONSTRAINT audit_blocks_sound CHECK (((block > 0) AND (from_xid >= 0) AND (from_xid < to_xid) AND (entries >= 0)))
);

ALTER TABLE ONLY rewards.audit_blocks FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.audit_blocks OWNER TO frozen_owner;

--
-- Name: TABLE audit_blocks; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.audit_blocks IS 'Sealed blocks of the audit log of a company (zeroes: what is about all of them), written by seal_ledger(), each with the hash of the one before it';


--
-- Name: COLUMN audit_blocks.block; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.block IS 'Number of the block in its company: from 1, without gaps';


--
-- Name: COLUMN audit_blocks.system_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.system_id IS 'Identifier of the server (pg_control_system) whose transactions wrote the entries';


--
-- Name: COLUMN audit_blocks.from_xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.from_xid IS 'The block has the entries of this server''s transactions from this one ...';


--
-- Name: COLUMN audit_blocks.to_xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.to_xid IS '... up to, and not including, this one; all of them have ended';


--
-- Name: COLUMN audit_blocks.root; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the rows of audit_log, ordered by id. A leaf is 48 bytes: id, entry_hash';


--
-- Name: COLUMN audit_blocks.previous_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.previous_hash IS 'block_hash of the block before this one; 32 bytes of zero in the first';


--
-- Name: COLUMN audit_blocks.block_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_blocks.block_hash IS 'SHA-256 of all other columns: see block_hash()';


--
-- Name: audit_log; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.audit_log (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    user_id uuid,
    action text NOT NULL,
    table_name text,
    actor text NOT NULL,
    old jsonb,
    new jsonb,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    entry_hash bytea NOT NULL,
    xid bigint NOT NULL,
    system_id bigint NOT NULL
);

ALTER TABLE ONLY rewards.audit_log FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.audit_log OWNER TO frozen_owner;

--
-- Name: TABLE audit_log; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.audit_log IS 'Who did what in a company, with what it was before and after; append-only';


--
-- Name: COLUMN audit_log.company_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.company_id IS 'The company that it was about; zeroes for all of them: defaults, and cross-company access. Only cross-company access sees those';


--
-- Name: COLUMN audit_log.user_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.user_id IS 'The member whose account it was about; null when it was about none';


--
-- Name: COLUMN audit_log.action; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.action IS 'What was done: the name of a function, or INSERT, UPDATE or DELETE for a row that SQL changed (audit_changes())';


--
-- Name: COLUMN audit_log.table_name; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.table_name IS 'The table of a row that SQL changed, with its schema, quoted where SQL needs it; null for what functions record';


--
-- Name: COLUMN audit_log.actor; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.actor IS 'Actor of the company context or, without one, the role that logged in';


--
-- Name: COLUMN audit_log.entry_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.entry_hash IS 'SHA-256 of the columns before it: see audit_entry_hash()';


--
-- Name: COLUMN audit_log.xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.audit_log.xid IS 'Transaction that wrote the row, on the server of system_id: the blocks of seal_ledger() go by it';


--
-- Name: ledger_blocks; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.ledger_blocks (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    block bigint NOT NULL,
    system_id bigint NOT NULL,
    from_xid bigint NOT NULL,
    to_xid bigint NOT NULL,
    entries bigint NOT NULL,
    root bytea NOT NULL,
    previous_hash bytea NOT NULL,
    block_hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    sealed_by text NOT NULL,
    CONSTRAINT ledger_blocks_sound CHECK (((block > 0) AND (from_xid >= 0) AND (from_xid < to_xid) AND (entries >= 0)))
);

ALTER TABLE ONLY rewards.ledger_blocks FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.ledger_blocks OWNER TO frozen_owner;

--
-- Name: TABLE ledger_blocks; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.ledger_blocks IS 'Sealed blocks of the ledger of a company, written by seal_ledger(), each with the hash of the one before it';


--
-- Name: COLUMN ledger_blocks.block; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.block IS 'Number of the block in its company: from 1, without gaps';


--
-- Name: COLUMN ledger_blocks.system_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.system_id IS 'Identifier of the server (pg_control_system) whose transactions wrote the entries';


--
-- Name: COLUMN ledger_blocks.from_xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.from_xid IS 'The block has the entries of this server''s transactions from this one ...';


--
-- Name: COLUMN ledger_blocks.to_xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.to_xid IS '... up to, and not including, this one; all of them have ended';


--
-- Name: COLUMN ledger_blocks.root; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.root IS 'Root of the Merkle tree (RFC 6962) over the entries, ordered by user_id and version. A leaf is 56 bytes: user_id, version (big-endian), entry_hash';


--
-- Name: COLUMN ledger_blocks.previous_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.previous_hash IS 'block_hash of the block before this one; 32 bytes of zero in the first';


--
-- Name: COLUMN ledger_blocks.block_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.ledger_blocks.block_hash IS 'SHA-256 of all other columns: see block_hash()';


--
-- Name: book_blocks; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.book_blocks WITH (security_invoker='true') AS
 SELECT 'ledger'::text AS book,
    b.company_id,
    b.block,
    b.system_id,
    b.from_xid,
    b.to_xid,
    b.entries,
    b.root,
    b.previous_hash,
    b.block_hash,
    b.sealed_at,
    b.sealed_by
   FROM ONLY rewards.ledger_blocks b
UNION ALL
 SELECT 'audit'::text AS book,
    b.company_id,
    b.block,
    b.system_id,
    b.from_xid,
    b.to_xid,
    b.entries,
    b.root,
    b.previous_hash,
    b.block_hash,
    b.sealed_at,
    b.sealed_by
   FROM ONLY rewards.audit_blocks b;


ALTER TABLE rewards.book_blocks OWNER TO frozen_owner;

--
-- Name: VIEW book_blocks; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.book_blocks IS 'Blocks of the ledger and of the audit log';


--
-- Name: ledger_entries; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.ledger_entries (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    version bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    balance_after bigint NOT NULL,
    old_status text,
    old_validated_by text,
    old_validated_at timestamp with time zone,
    old_notes text,
    new_status text,
    new_validated_by text,
    new_validated_at timestamp with time zone,
    new_notes text,
    entry_hash bytea NOT NULL,
    xid bigint NOT NULL,
    system_id bigint NOT NULL,
    CONSTRAINT ledger_entries_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'status'::text])))
);

ALTER TABLE ONLY rewards.ledger_entries FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.ledger_entries OWNER TO frozen_owner;

--
-- Name: TABLE ledger_entries; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.ledger_entries IS 'Entries of accounts that are not in an event''s own row: events written by SQL, and changes of status. rewards.ledger shows all entries in order';


--
-- Name: points_events; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.points_events (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    event_type text NOT NULL,
    event_time timestamp with time zone NOT NULL,
    points_delta bigint NOT NULL,
    proof_type text,
    proof_payload jsonb,
    payload_hash text,
    nonce text COLLATE pg_catalog."C",
    trust_score integer,
    validation_status text DEFAULT 'pending'::text NOT NULL,
    validated_by text,
    validated_at timestamp with time zone,
    validation_notes text,
    device_id text,
    device_info jsonb,
    ip_address inet,
    related_entity_type text,
    related_entity_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    trust_features integer[],
    trust_version integer,
    shadow_score integer,
    version bigint,
    balance_after bigint,
    entry_hash bytea,
    xid bigint,
    system_id bigint,
    till text DEFAULT 'till 1'::text NOT NULL,
    CONSTRAINT points_events_sound CHECK (((validation_status = ANY (ARRAY['pending'::text, 'validating'::text, 'validated'::text, 'rejected'::text, 'pending_review'::text, 'flagged'::text])) AND ((trust_score >= 0) AND (trust_score <= 100)) AND (points_delta >= '-9223372036854775807'::bigint) AND (event_type <> ''::text)))
);

ALTER TABLE ONLY rewards.points_events FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.points_events OWNER TO frozen_owner;

--
-- Name: TABLE points_events; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.points_events IS 'The ledger: append-only. The balance follows every INSERT and COPY; only the status of an event may change';


--
-- Name: COLUMN points_events.event_time; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.event_time IS 'When it happened, as the event says; attribution goes by this';


--
-- Name: COLUMN points_events.points_delta; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.points_delta IS 'Points: positive earned, negative spent; counts once the event is validated';


--
-- Name: COLUMN points_events.validated_by; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.validated_by IS 'Actor of the company context, or the database role, that decided the status';


--
-- Name: COLUMN points_events.created_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.created_at IS 'When the server recorded it; never goes back on an account';


--
-- Name: COLUMN points_events.expires_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.expires_at IS 'When these points expire, unless they are spent before; null: never';


--
-- Name: COLUMN points_events.trust_features; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.trust_features IS 'What the trust rules saw, in the order of rewards.trust_features(); null elements were unknown';


--
-- Name: COLUMN points_events.trust_version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.trust_version IS 'Version of the trust rules that gave trust_score';


--
-- Name: COLUMN points_events.shadow_score; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.shadow_score IS 'Score that the company''s shadow version of the trust rules would have given';


--
-- Name: COLUMN points_events.version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.version IS 'Number of this entry on its account. Null for an event that came in by SQL: its entry is in ledger_entries';


--
-- Name: COLUMN points_events.balance_after; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.balance_after IS 'Available points of the account after this entry';


--
-- Name: COLUMN points_events.entry_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.entry_hash IS 'SHA-256 of this entry and of the hash of the account''s entry before it';


--
-- Name: COLUMN points_events.xid; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.xid IS 'Transaction that wrote the entry (its xid8 as a number, which BRIN can index), on the server of system_id: the blocks of seal_ledger() go by it';


--
-- Name: COLUMN points_events.till; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.points_events.till IS 'Where it was rung up';


--
-- Name: ledger; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.ledger WITH (security_invoker='true') AS
 SELECT points_events.user_id,
    points_events.company_id,
    points_events.version,
    points_events.id AS event_id,
    'event'::text AS kind,
    points_events.created_at AS recorded_at,
    points_events.balance_after,
    points_events.entry_hash,
    points_events.xid,
    points_events.system_id
   FROM rewards.points_events
  WHERE (points_events.version IS NOT NULL)
UNION ALL
 SELECT ledger_entries.user_id,
    ledger_entries.company_id,
    ledger_entries.version,
    ledger_entries.event_id,
    ledger_entries.kind,
    ledger_entries.recorded_at,
    ledger_entries.balance_after,
    ledger_entries.entry_hash,
    ledger_entries.xid,
    ledger_entries.system_id
   FROM rewards.ledger_entries;


ALTER TABLE rewards.ledger OWNER TO frozen_owner;

--
-- Name: VIEW ledger; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.ledger IS 'Every entry of every account: an event (kind event) or a change of its status (kind status), numbered without gaps by version and chained by entry_hash';


--
-- Name: book_entries; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.book_entries WITH (security_invoker='true') AS
 SELECT 'ledger'::text AS book,
    ledger.company_id,
    ledger.system_id,
    ledger.xid,
    ledger.recorded_at,
    (uuid_send(ledger.user_id) || int8send(ledger.version)) AS place,
    ledger.entry_hash
   FROM rewards.ledger
UNION ALL
 SELECT 'audit'::text AS book,
    audit_log.company_id,
    audit_log.system_id,
    audit_log.xid,
    audit_log.created_at AS recorded_at,
    uuid_send(audit_log.id) AS place,
    audit_log.entry_hash
   FROM ONLY rewards.audit_log;


ALTER TABLE rewards.book_entries OWNER TO frozen_owner;

--
-- Name: VIEW book_entries; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.book_entries IS 'Entries of the ledger and rows of the audit log, as they are in blocks: a leaf is the place and the hash of the entry, leaves are in the order of their places';


--
-- Name: company_settings; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.company_settings (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    trust_validate_at integer,
    trust_review_at integer,
    trust_version integer,
    shadow_version integer,
    hold_all boolean,
    events_per_hour bigint,
    points_per_hour bigint,
    events_per_day bigint,
    points_per_day bigint,
    accepted_age interval,
    accepted_ahead interval,
    review_four_eyes_points bigint,
    refunded_points_live interval,
    redeem_enabled boolean,
    claim_enabled boolean,
    redemptions_per_hour bigint,
    redemptions_per_day bigint,
    guesses_per_claimer bigint,
    guesses_per_device bigint,
    guesses_per_company bigint,
    CONSTRAINT company_settings_default_complete CHECK (((company_id <> '00000000-0000-0000-0000-000000000000'::uuid) OR (ROW(trust_validate_at, trust_review_at, hold_all, events_per_hour, points_per_hour, events_per_day, points_per_day, accepted_age, accepted_ahead, refunded_points_live, redeem_enabled, claim_enabled, guesses_per_claimer, guesses_per_device, guesses_per_company) IS NOT NULL))),
    CONSTRAINT company_settings_events_per_day_check CHECK ((events_per_day > 0)),
    CONSTRAINT company_settings_events_per_hour_check CHECK ((events_per_hour > 0)),
    CONSTRAINT company_settings_guesses_per_claimer_check CHECK ((guesses_per_claimer > 0)),
    CONSTRAINT company_settings_guesses_per_company_check CHECK ((guesses_per_company > 0)),
    CONSTRAINT company_settings_guesses_per_device_check CHECK ((guesses_per_device > 0)),
    CONSTRAINT company_settings_lengths CHECK (((accepted_age > '00:00:00'::interval) AND (accepted_age <= '366 days'::interval) AND (EXTRACT(year FROM accepted_age) = (0)::numeric) AND (EXTRACT(month FROM accepted_age) = (0)::numeric) AND (accepted_ahead >= '00:00:00'::interval) AND (accepted_ahead <= '1 day'::interval) AND (EXTRACT(year FROM accepted_ahead) = (0)::numeric) AND (EXTRACT(month FROM accepted_ahead) = (0)::numeric) AND (refunded_points_live > '00:00:00'::interval) AND (refunded_points_live <= '36500 days'::interval) AND (EXTRACT(year FROM refunded_points_live) = (0)::numeric) AND (EXTRACT(month FROM refunded_points_live) = (0)::numeric))),
    CONSTRAINT company_settings_points_per_day_check CHECK ((points_per_day > 0)),
    CONSTRAINT company_settings_points_per_hour_check CHECK ((points_per_hour > 0)),
    CONSTRAINT company_settings_redemptions_per_day_check CHECK ((redemptions_per_day > 0)),
    CONSTRAINT company_settings_redemptions_per_hour_check CHECK ((redemptions_per_hour > 0)),
    CONSTRAINT company_settings_review_four_eyes_points_check CHECK ((review_four_eyes_points >= 0)),
    CONSTRAINT company_settings_thresholds CHECK ((((trust_validate_at IS NULL) = (trust_review_at IS NULL)) AND (trust_review_at >= 0) AND (trust_review_at <= trust_validate_at) AND (trust_validate_at <= 100)))
);

ALTER TABLE ONLY rewards.company_settings FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.company_settings OWNER TO frozen_owner;

--
-- Name: TABLE company_settings; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.company_settings IS 'Settings of each company. What is null is as in the row of company 00000000-0000-0000-0000-000000000000, the default; rewards.current_settings() shows what holds';


--
-- Name: COLUMN company_settings.trust_validate_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.trust_validate_at IS 'Trust score (0 to 100) from which a submitted event is validated at once';


--
-- Name: COLUMN company_settings.trust_review_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.trust_review_at IS 'Trust score from which it waits for review; below it is rejected';


--
-- Name: COLUMN company_settings.trust_version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.trust_version IS 'Version of the trust rules; null, in the default too: the newest';


--
-- Name: COLUMN company_settings.shadow_version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.shadow_version IS 'Version of the trust rules that is scored along and decides nothing; null, in the default too: none';


--
-- Name: COLUMN company_settings.hold_all; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.hold_all IS 'Every submitted event that its score does not reject waits for review';


--
-- Name: COLUMN company_settings.events_per_hour; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.events_per_hour IS 'Events that an account may submit within any 60 minutes; unlimited: 9223372036854775807. Likewise for points and days (24 hours)';


--
-- Name: COLUMN company_settings.points_per_hour; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.points_per_hour IS 'Points of events, rejected ones not counted, that an account may submit within any 60 minutes';


--
-- Name: COLUMN company_settings.accepted_age; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.accepted_age IS 'How old a submitted event may be, by its event_time. Nonces are remembered for this long and accepted_ahead, and for 7 days and 10 minutes at least; those of events submitted before it is raised, for as long as was right then';


--
-- Name: COLUMN company_settings.accepted_ahead; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.accepted_ahead IS 'How far in the future the event_time of a submitted event may be';


--
-- Name: COLUMN company_settings.review_four_eyes_points; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.review_four_eyes_points IS 'Events of more points than this need two approvals; null, in the default too: one is enough';


--
-- Name: COLUMN company_settings.refunded_points_live; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.refunded_points_live IS 'How long refunded points that expire can be spent at least, if their own date is sooner';


--
-- Name: COLUMN company_settings.redeem_enabled; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.redeem_enabled IS 'Points can be redeemed for coupons; false: the outcome is disabled';


--
-- Name: COLUMN company_settings.claim_enabled; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.claim_enabled IS 'Codes can be claimed and held; false: the outcome is disabled';


--
-- Name: COLUMN company_settings.redemptions_per_hour; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.redemptions_per_hour IS 'Coupons an account may redeem within any 60 minutes; null, in the default too: no limit. Likewise for a day (24 hours)';


--
-- Name: COLUMN company_settings.guesses_per_claimer; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.company_settings.guesses_per_claimer IS 'Well-formed codes that do not exist, which one claimer may try within an hour before it has to wait. Likewise for a device, and for the whole company, beyond which claimers and devices have a tenth of theirs';


--
-- Name: coupon_batches; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.coupon_batches (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    label text NOT NULL,
    template_id uuid NOT NULL,
    quantity integer NOT NULL,
    issued integer DEFAULT 0 NOT NULL,
    coupon_value_type text NOT NULL,
    coupon_value numeric NOT NULL,
    code_symbols smallint NOT NULL,
    stock_stripe smallint,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by text,
    revoke_reason text,
    revoked integer DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT coupon_batches_sound CHECK (((label <> ''::text) AND (quantity > 0) AND ((issued >= 0) AND (issued <= quantity)) AND ((revoked >= 0) AND (revoked <= issued)) AND ((revoked_at IS NULL) = (revoked_by IS NULL)) AND ((revoked_at IS NULL) = (revoke_reason IS NULL)) AND ((revoked = 0) OR (revoked_at IS NOT NULL))))
);

ALTER TABLE ONLY rewards.coupon_batches FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.coupon_batches OWNER TO frozen_owner;

--
-- Name: TABLE coupon_batches; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.coupon_batches IS 'Batches of bearer coupons, and how far each has come: see begin_coupon_batch()';


--
-- Name: COLUMN coupon_batches.label; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.label IS 'What people call it; a company has one batch of a label';


--
-- Name: COLUMN coupon_batches.issued; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.issued IS 'Its coupons with the numbers 1 to this one exist: see issue_coupon_batch()';


--
-- Name: COLUMN coupon_batches.coupon_value; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.coupon_value IS 'What each coupon is worth, as the template had it when the batch began';


--
-- Name: COLUMN coupon_batches.stock_stripe; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.stock_stripe IS 'Where in coupon_stock all of it was taken from when it began; null: the template had no limit';


--
-- Name: COLUMN coupon_batches.expires_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.expires_at IS 'When all of its coupons expire; null: never';


--
-- Name: COLUMN coupon_batches.revoked_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.revoked_at IS 'Since when no more of it are issued and its coupons are being revoked';


--
-- Name: COLUMN coupon_batches.revoked; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_batches.revoked IS 'Its coupons with the numbers 1 to this one have been revoked, unless they had been claimed: see revoke_coupon_batch()';


--
-- Name: coupon_guesses; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.coupon_guesses (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    forgotten_at timestamp with time zone NOT NULL,
    CONSTRAINT coupon_guesses_check CHECK (((kind = 'company'::text) = (name = ''::text))),
    CONSTRAINT coupon_guesses_kind_check CHECK ((kind = ANY (ARRAY['claimer'::text, 'device'::text, 'company'::text])))
);

ALTER TABLE ONLY rewards.coupon_guesses FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.coupon_guesses OWNER TO frozen_owner;

--
-- Name: TABLE coupon_guesses; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.coupon_guesses IS 'Claimers and devices that have tried well-formed codes which do not exist, and the company as a whole; empty where shared_preload_libraries has pg_rewards. rewards.coupon_guessers() reads it, or the server''s memory';


--
-- Name: COLUMN coupon_guesses.forgotten_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_guesses.forgotten_at IS 'When the last guess is forgotten: each weighs an hour divided by the limit, one after the other';


--
-- Name: coupon_stock; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.coupon_stock (
    template_id uuid NOT NULL,
    stripe smallint NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    allotted bigint NOT NULL,
    taken bigint NOT NULL,
    CONSTRAINT coupon_stock_sound CHECK (((taken >= 0) AND (taken <= allotted))),
    CONSTRAINT coupon_stock_stripe_check CHECK (((stripe >= 0) AND (stripe <= 15)))
)
WITH (fillfactor='10');

ALTER TABLE ONLY rewards.coupon_stock FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.coupon_stock OWNER TO frozen_owner;

--
-- Name: TABLE coupon_stock; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.coupon_stock IS 'Stock of the templates that have a total_stock, in 16 stripes each; follows coupon_templates and coupons. Left of a template: sum(allotted - taken)';


--
-- Name: COLUMN coupon_stock.allotted; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_stock.allotted IS 'The stripe''s part of total_stock';


--
-- Name: COLUMN coupon_stock.taken; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_stock.taken IS 'Coupons that were taken from it (their stock_stripe), and what batches have begun with (coupon_batches), revoked ones not counted. Those issued while there was no limit are of no stripe';


--
-- Name: coupon_stock_discrepancies; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.coupon_stock_discrepancies AS
SELECT
    NULL::uuid AS template_id,
    NULL::smallint AS stripe,
    NULL::bigint AS recorded,
    NULL::numeric AS counted;


ALTER TABLE rewards.coupon_stock_discrepancies OWNER TO frozen_owner;

--
-- Name: VIEW coupon_stock_discrepancies; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.coupon_stock_discrepancies IS 'Stripes whose taken (recorded) is not the number of their coupons and of those that batches have still to issue (counted); without a stripe: templates whose total_stock is not what their stripes are allotted. Must be empty';


--
-- Name: coupon_templates; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.coupon_templates (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    template_name text NOT NULL,
    description text,
    points_cost bigint NOT NULL,
    coupon_value_type text NOT NULL,
    coupon_value numeric NOT NULL,
    partner_name text,
    partner_id text,
    terms_and_conditions text,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    expires_after_days integer,
    coupons_expire_at timestamp with time zone,
    is_active boolean DEFAULT true NOT NULL,
    high_value boolean DEFAULT false NOT NULL,
    max_redemptions_per_user integer,
    total_stock bigint,
    vendor_codes boolean DEFAULT false NOT NULL,
    low_stock_at integer,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT coupon_templates_sound CHECK (((template_name <> ''::text) AND (points_cost >= 0) AND (coupon_value_type = ANY (ARRAY['percentage'::text, 'fixed_amount'::text, 'product'::text])) AND (coupon_value >= (0)::numeric) AND (coupon_value < 'Infinity'::numeric) AND ((coupon_value_type <> 'percentage'::text) OR (coupon_value <= (100)::numeric)) AND ((expires_after_days >= 1) AND (expires_after_days <= 36500)) AND (ends_at > starts_at) AND (max_redemptions_per_user > 0) AND (total_stock >= 0) AND (low_stock_at > 0))),
    CONSTRAINT named_partner CHECK ((partner_name <> ''::text))
);

ALTER TABLE ONLY rewards.coupon_templates FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.coupon_templates OWNER TO frozen_owner;

--
-- Name: TABLE coupon_templates; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.coupon_templates IS 'What points can buy: price in points, value, validity and limits';


--
-- Name: COLUMN coupon_templates.coupon_value; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.coupon_value IS 'Percent, units of the company''s currency, or pieces of the product, as coupon_value_type says';


--
-- Name: COLUMN coupon_templates.starts_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.starts_at IS 'From when it can be redeemed; null: at once. Until ends_at, which is not in it any more; null: no end';


--
-- Name: COLUMN coupon_templates.expires_after_days; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.expires_after_days IS 'Days from redemption in which the coupon can be claimed; null: for ever';


--
-- Name: COLUMN coupon_templates.coupons_expire_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.coupons_expire_at IS 'When all of its coupons expire at the latest; null: each after expires_after_days, or never';


--
-- Name: COLUMN coupon_templates.high_value; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.high_value IS 'Codes of 20 symbols (85 bits) instead of 16 (65 bits)';


--
-- Name: COLUMN coupon_templates.max_redemptions_per_user; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.max_redemptions_per_user IS 'Coupons of this template one user may be issued, revoked ones not counted; null: no limit';


--
-- Name: COLUMN coupon_templates.total_stock; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.total_stock IS 'Coupons that may be issued, those not counted that have been revoked or were issued while there was no limit; null: no limit';


--
-- Name: COLUMN coupon_templates.vendor_codes; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.vendor_codes IS 'Its coupons get a code that was imported from a vendor instead of one of ours';


--
-- Name: COLUMN coupon_templates.low_stock_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupon_templates.low_stock_at IS 'With how many vendor codes left staff get an insight; null: never';


--
-- Name: coupons; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.coupons (
    coupon_id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    code_hash bytea NOT NULL,
    plaintext_code text,
    key_slot smallint NOT NULL,
    layer_slot smallint,
    code_route smallint NOT NULL,
    code_symbols smallint NOT NULL,
    code_generation integer DEFAULT 0 NOT NULL,
    template_id uuid NOT NULL,
    issued_to uuid NOT NULL,
    issued_points_cost bigint NOT NULL,
    points_event_id uuid,
    stock_stripe smallint,
    vendor_code_id uuid,
    batch_id uuid,
    batch_number integer,
    coupon_value_type text NOT NULL,
    coupon_value numeric NOT NULL,
    issued_at timestamp with time zone DEFAULT now() NOT NULL,
    status text DEFAULT 'issued'::text NOT NULL,
    redeemed_at timestamp with time zone,
    redeemed_by text,
    redemption_proof jsonb,
    claim_ref text,
    held_by text,
    held_until timestamp with time zone,
    expires_at timestamp with time zone,
    metadata jsonb,
    revoked_at timestamp with time zone,
    revoked_by text,
    revoke_reason text,
    refunded_at timestamp with time zone,
    refund_points_event_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT coupons_sound CHECK (((plaintext_code IS NULL) AND (status = ANY (ARRAY['issued'::text, 'held'::text, 'redeemed'::text, 'revoked'::text, 'expired'::text])) AND (octet_length(code_hash) = 32))),
    CONSTRAINT coupons_status CHECK ((((redeemed_at IS NOT NULL) = (status = 'redeemed'::text)) AND (((redeemed_by IS NULL) AND (redemption_proof IS NULL) AND (claim_ref IS NULL)) OR (status = 'redeemed'::text)) AND ((held_by IS NOT NULL) = (status = 'held'::text)) AND ((held_until IS NOT NULL) = (status = 'held'::text)) AND ((revoked_at IS NOT NULL) = (status = 'revoked'::text)) AND (((revoked_by IS NULL) AND (revoke_reason IS NULL) AND (refunded_at IS NULL)) OR (status = 'revoked'::text)) AND ((refunded_at IS NULL) = (refund_points_event_id IS NULL))))
)
WITH (fillfactor='85');

ALTER TABLE ONLY rewards.coupons FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.coupons OWNER TO frozen_owner;

--
-- Name: TABLE coupons; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.coupons IS 'Issued coupons. A code is derived from the key file when it is handed out and stored nowhere';


--
-- Name: COLUMN coupons.code_hash; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.code_hash IS 'HMAC-SHA-256 of company and code under the key in key_slot';


--
-- Name: COLUMN coupons.plaintext_code; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.plaintext_code IS 'Always null: here so that an audit can see that it is';


--
-- Name: COLUMN coupons.key_slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.key_slot IS 'Where in the key file the key of its code is: see master_keys';


--
-- Name: COLUMN coupons.layer_slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.layer_slot IS 'The key slot whose key was laid over code_hash; null: none';


--
-- Name: COLUMN coupons.code_symbols; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.code_symbols IS 'How long its code is: 16 or 20; 0: the code is not one of ours, and cannot be shown again';


--
-- Name: COLUMN coupons.points_event_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.points_event_id IS 'The event that its points were spent by';


--
-- Name: COLUMN coupons.stock_stripe; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.stock_stripe IS 'Where in coupon_stock it was taken from; null: its template had no limit, or its whole batch was revoked, which gave it back';


--
-- Name: COLUMN coupons.vendor_code_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.vendor_code_id IS 'The vendor''s code that is handed out instead of one of ours';


--
-- Name: COLUMN coupons.batch_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.batch_id IS 'The batch of bearer coupons that it was issued in, which is issued_to then; and batch_number its place there, from 1';


--
-- Name: COLUMN coupons.coupon_value; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.coupon_value IS 'The value promised at issue; a later change of the template does not touch it';


--
-- Name: COLUMN coupons.redeemed_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.redeemed_at IS 'When the code was claimed at the counter (rewards.claim_coupon)';


--
-- Name: COLUMN coupons.redeemed_by; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.redeemed_by IS 'Who claimed it';


--
-- Name: COLUMN coupons.claim_ref; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.claim_ref IS 'What the claimer calls the claim: with it the same claim gets the same answer again';


--
-- Name: COLUMN coupons.held_until; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.held_until IS 'Until when only held_by can claim it';


--
-- Name: COLUMN coupons.expires_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.coupons.expires_at IS 'From when it cannot be claimed any more; null: never. It can be changed while the coupon is open';


--
-- Name: data_version; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.data_version (
    singleton boolean DEFAULT true NOT NULL,
    version integer NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT data_version_singleton_check CHECK (singleton),
    CONSTRAINT data_version_version_check CHECK ((version > 0))
);


ALTER TABLE rewards.data_version OWNER TO frozen_owner;

--
-- Name: TABLE data_version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.data_version IS 'Version of the pg_rewards tables in this database; written by install() and migrate()';


--
-- Name: event_approvals; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.event_approvals (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    event_id uuid NOT NULL,
    approved_by text NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    note text
);

ALTER TABLE ONLY rewards.event_approvals FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.event_approvals OWNER TO frozen_owner;

--
-- Name: TABLE event_approvals; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.event_approvals IS 'First approvals of events whose points need a second person. They hold until the status of the event changes: after a flag it takes two again';


--
-- Name: forgotten_nonces; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.forgotten_nonces (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    used_until timestamp with time zone NOT NULL
);

ALTER TABLE ONLY rewards.forgotten_nonces FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.forgotten_nonces OWNER TO frozen_owner;

--
-- Name: TABLE forgotten_nonces; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.forgotten_nonces IS 'Up to when the nonces were used that cleanup_expired_nonces() has removed: submitted events from before are not accepted, whatever accepted_age says';


--
-- Name: fraud_insights; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.fraud_insights (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    insight_type text NOT NULL COLLATE pg_catalog."C",
    severity text DEFAULT 'medium'::text NOT NULL,
    score integer,
    details jsonb,
    related_event_ids uuid[] DEFAULT '{}'::uuid[],
    occurrences bigint DEFAULT 1 NOT NULL,
    resolved boolean DEFAULT false NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    resolution_notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fraud_insights_sound CHECK (((insight_type = ANY (ARRAY['velocity_anomaly'::text, 'suspicious_pattern'::text, 'device_mismatch'::text, 'device_sharing'::text, 'replay_attempt'::text, 'bulk_submission'::text, 'honeypot_triggered'::text, 'attestation_failure'::text, 'low_trust_score'::text, 'clock_skew'::text, 'code_guessing'::text, 'low_stock'::text, 'manual_flag'::text])) AND (severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])) AND ((score >= 0) AND (score <= 100)) AND (occurrences > 0)))
)
WITH (fillfactor='80');

ALTER TABLE ONLY rewards.fraud_insights FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.fraud_insights OWNER TO frozen_owner;

--
-- Name: TABLE fraud_insights; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.fraud_insights IS 'Signs of fraud, for staff: one open row per account (or company: user_id) and insight_type, which counts its occurrences until somebody resolves it. Members do not see them';


--
-- Name: COLUMN fraud_insights.user_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.user_id IS 'The account''s; 00000000-0000-0000-0000-000000000000: it is about the company, not an account';


--
-- Name: COLUMN fraud_insights.severity; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.severity IS 'low, medium, high or critical: the highest of all occurrences';


--
-- Name: COLUMN fraud_insights.score; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.score IS 'Trust score (0 to 100) of the newest occurrence that had one';


--
-- Name: COLUMN fraud_insights.details; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.details IS 'What the newest occurrence was like';


--
-- Name: COLUMN fraud_insights.related_event_ids; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.related_event_ids IS 'The newest 20 events that it was noticed by, oldest first';


--
-- Name: COLUMN fraud_insights.occurrences; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.occurrences IS 'How often it was noticed, from created_at to updated_at';


--
-- Name: COLUMN fraud_insights.resolved_by; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.fraud_insights.resolved_by IS 'Actor of the company context that resolved it';


--
-- Name: point_lots; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.point_lots (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    remaining bigint NOT NULL,
    CONSTRAINT point_lots_remaining_check CHECK ((remaining > 0))
);

ALTER TABLE ONLY rewards.point_lots FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.point_lots OWNER TO frozen_owner;

--
-- Name: TABLE point_lots; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.point_lots IS 'Points that expire and are not spent: one row for each event that earned some. Those that expire soonest are spent first';


--
-- Name: COLUMN point_lots.event_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_lots.event_id IS 'The event that earned them';


--
-- Name: COLUMN point_lots.remaining; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_lots.remaining IS 'What is left of them, in points';


--
-- Name: user_points_cache; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.user_points_cache (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    available_points bigint DEFAULT 0 NOT NULL,
    pending_points bigint DEFAULT 0 NOT NULL,
    lifetime_earned bigint DEFAULT 0 NOT NULL,
    lifetime_spent bigint DEFAULT 0 NOT NULL,
    last_event_id uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    chain_head bytea,
    expiring_points bigint DEFAULT 0 NOT NULL,
    next_expiry timestamp with time zone,
    submitted_events bigint DEFAULT 0 NOT NULL,
    rejected_events bigint DEFAULT 0 NOT NULL,
    last_submitted_at timestamp with time zone,
    last_event_time timestamp with time zone,
    spacing_mean bigint DEFAULT 0 NOT NULL,
    spacing_deviation bigint DEFAULT 0 NOT NULL,
    hour_started timestamp with time zone,
    hour_events bigint DEFAULT 0 NOT NULL,
    hour_points bigint DEFAULT 0 NOT NULL,
    past_hour_events bigint DEFAULT 0 NOT NULL,
    past_hour_points bigint DEFAULT 0 NOT NULL,
    day_started timestamp with time zone,
    day_events bigint DEFAULT 0 NOT NULL,
    day_points bigint DEFAULT 0 NOT NULL,
    past_day_events bigint DEFAULT 0 NOT NULL,
    past_day_points bigint DEFAULT 0 NOT NULL,
    CONSTRAINT user_points_cache_never_negative CHECK (((available_points >= 0) AND (lifetime_earned >= 0) AND (lifetime_spent >= 0)))
)
WITH (fillfactor='70');

ALTER TABLE ONLY rewards.user_points_cache FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.user_points_cache OWNER TO frozen_owner;

--
-- Name: TABLE user_points_cache; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.user_points_cache IS 'One row per account (a user in a company): its balance, derived from points_events, and the lock for every write to it';


--
-- Name: COLUMN user_points_cache.available_points; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.available_points IS 'Sum of the validated events, in points; what the member can spend';


--
-- Name: COLUMN user_points_cache.pending_points; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.pending_points IS 'Sum of the events that are neither validated nor rejected, in points';


--
-- Name: COLUMN user_points_cache.lifetime_earned; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.lifetime_earned IS 'Sum of the positive validated events, in points';


--
-- Name: COLUMN user_points_cache.lifetime_spent; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.lifetime_spent IS 'Sum of the negative validated events, in points, as a positive number; what expired unspent (points_expiry) is part of it, so that earned less spent is available';


--
-- Name: COLUMN user_points_cache.version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.version IS 'Number of the account''s newest entry: an event, or a later change of its status; there are no gaps';


--
-- Name: COLUMN user_points_cache.chain_head; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.chain_head IS 'Hash of the newest entry, which contains the hash of the one before it';


--
-- Name: COLUMN user_points_cache.expiring_points; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.expiring_points IS 'The part of available_points that has a date of expiry (the sum of point_lots)';


--
-- Name: COLUMN user_points_cache.next_expiry; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.next_expiry IS 'When the first of them expire';


--
-- Name: COLUMN user_points_cache.spacing_mean; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.spacing_mean IS 'Moving average of the time between submitted events by their event_time, in milliseconds';


--
-- Name: COLUMN user_points_cache.spacing_deviation; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.spacing_deviation IS 'Moving average of how far a spacing is from that average, in milliseconds';


--
-- Name: COLUMN user_points_cache.hour_started; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.user_points_cache.hour_started IS 'Start of the hour that hour_events and hour_points count; past_hour_ counts the hour before it. Together they bound every rolling hour from above. Likewise for the day';


--
-- Name: ledger_discrepancies; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.ledger_discrepancies WITH (security_invoker='true') AS
 SELECT account.user_id,
    account.company_id,
    array_remove(ARRAY[
        CASE
            WHEN (NOT account.has_account) THEN 'account'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((account.available_points)::numeric <> account.ledger_available) THEN 'available_points'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((account.pending_points)::numeric <> account.ledger_pending) THEN 'pending_points'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((account.lifetime_earned)::numeric <> account.ledger_earned) THEN 'lifetime_earned'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((account.lifetime_spent)::numeric <> account.ledger_spent) THEN 'lifetime_spent'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((account.expiring_points)::numeric <> account.ledger_expiring) OR (account.expiring_points > account.available_points)) THEN 'expiring_points'::text
            ELSE NULL::text
        END], NULL::text) AS differs,
    account.available_points,
    account.ledger_available,
    account.pending_points,
    account.ledger_pending,
    account.lifetime_earned,
    account.ledger_earned,
    account.lifetime_spent,
    account.ledger_spent,
    account.expiring_points,
    account.ledger_expiring
   FROM ( SELECT book.user_id,
            book.company_id,
            bool_or(book.is_account) AS has_account,
            max(book.available_points) AS available_points,
            (COALESCE(sum(book.earned), (0)::numeric) + COALESCE(sum(book.spent), (0)::numeric)) AS ledger_available,
            max(book.pending_points) AS pending_points,
            COALESCE(sum(book.pending), (0)::numeric) AS ledger_pending,
            max(book.lifetime_earned) AS lifetime_earned,
            COALESCE(sum(book.earned), (0)::numeric) AS ledger_earned,
            max(book.lifetime_spent) AS lifetime_spent,
            (- COALESCE(sum(book.spent), (0)::numeric)) AS ledger_spent,
            max(book.expiring_points) AS expiring_points,
            COALESCE(sum(book.remaining), (0)::numeric) AS ledger_expiring
           FROM ( SELECT user_points_cache.user_id,
                    user_points_cache.company_id,
                    true AS "?column?",
                    user_points_cache.available_points,
                    user_points_cache.pending_points,
                    user_points_cache.lifetime_earned,
                    user_points_cache.lifetime_spent,
                    user_points_cache.expiring_points,
                    NULL::bigint AS int8,
                    NULL::bigint AS int8,
                    NULL::bigint AS int8,
                    NULL::bigint AS int8
                   FROM rewards.user_points_cache
                UNION ALL
                 SELECT points_events.user_id,
                    points_events.company_id,
                    false,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                        CASE
                            WHEN (points_events.validation_status <> ALL (ARRAY['validated'::text, 'rejected'::text])) THEN points_events.points_delta
                            ELSE NULL::bigint
                        END AS "case",
                        CASE
                            WHEN ((points_events.validation_status = 'validated'::text) AND (points_events.points_delta > 0)) THEN points_events.points_delta
                            ELSE NULL::bigint
                        END AS "case",
                        CASE
                            WHEN ((points_events.validation_status = 'validated'::text) AND (points_events.points_delta < 0)) THEN points_events.points_delta
                            ELSE NULL::bigint
                        END AS "case",
                    NULL::bigint
                   FROM rewards.points_events
                UNION ALL
                 SELECT point_lots.user_id,
                    point_lots.company_id,
                    false,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    NULL::bigint,
                    point_lots.remaining
                   FROM rewards.point_lots) book(user_id, company_id, is_account, available_points, pending_points, lifetime_earned, lifetime_spent, expiring_points, pending, earned, spent, remaining)
          GROUP BY book.user_id, book.company_id) account
  WHERE ((NOT account.has_account) OR ((((((account.available_points)::numeric IS DISTINCT FROM account.ledger_available) OR ((account.pending_points)::numeric IS DISTINCT FROM account.ledger_pending)) OR ((account.lifetime_earned)::numeric IS DISTINCT FROM account.ledger_earned)) OR ((account.lifetime_spent)::numeric IS DISTINCT FROM account.ledger_spent)) OR ((account.expiring_points)::numeric IS DISTINCT FROM account.ledger_expiring)) OR (account.expiring_points > account.available_points));


ALTER TABLE rewards.ledger_discrepancies OWNER TO frozen_owner;

--
-- Name: VIEW ledger_discrepancies; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.ledger_discrepancies IS 'Accounts whose figures are not what their events and lots say, at this moment: empty, unless somebody has gone around the ledger. differs names the columns, or account where there is none. reconcile_ledger() is the quick way to look at millions of accounts';


--
-- Name: ledger_seal_lag; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.ledger_seal_lag WITH (security_invoker='true') AS
 SELECT company.id AS company_id,
    unsealed.entries AS unsealed_entries,
    unsealed.oldest AS oldest_unsealed,
    GREATEST((statement_timestamp() - unsealed.oldest), '00:00:00'::interval) AS lag,
    newest.block AS last_block,
    newest.sealed_at
   FROM ((( SELECT rewards.get_current_company_id() AS get_current_company_id) company(id)
     LEFT JOIN LATERAL ( SELECT b.block,
            b.sealed_at
           FROM rewards.ledger_blocks b
          WHERE (b.company_id = company.id)
          ORDER BY b.block DESC
         LIMIT 1) newest ON (true))
     CROSS JOIN rewards.unsealed_entries() unsealed(entries, oldest))
  WHERE (company.id IS NOT NULL);


ALTER TABLE rewards.ledger_seal_lag OWNER TO frozen_owner;

--
-- Name: VIEW ledger_seal_lag; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.ledger_seal_lag IS 'How far seal_ledger() is behind, for the company of the context: entries in no block yet, since when the oldest of them has been waiting (lag), and the last block. A long transaction holds all later entries back';


--
-- Name: master_keys; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.master_keys (
    slot smallint NOT NULL,
    kind text DEFAULT 'derived'::text NOT NULL,
    state text NOT NULL,
    fingerprint bytea NOT NULL,
    layer_slot smallint,
    layer_next uuid,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    retired_at timestamp with time zone,
    retired_by text,
    CONSTRAINT master_keys_sound CHECK (((kind = ANY (ARRAY['derived'::text, 'legacy'::text])) AND ((slot >= 0) AND (slot <= 31)) AND (state = ANY (ARRAY['issuing'::text, 'verify_only'::text, 'retired'::text])) AND (octet_length(fingerprint) = 16) AND ((layer_slot >= 0) AND (layer_slot <= 31)) AND (layer_slot <> slot) AND ((state <> 'issuing'::text) OR ((kind = 'derived'::text) AND (layer_slot IS NULL))) AND ((kind = 'derived'::text) OR (layer_slot IS NOT NULL)) AND ((state = 'retired'::text) = (retired_at IS NOT NULL)) AND ((retired_at IS NULL) = (retired_by IS NULL))))
);


ALTER TABLE rewards.master_keys OWNER TO frozen_owner;

--
-- Name: TABLE master_keys; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.master_keys IS 'The keys that this database has used, for coupons or tokens: fingerprints; the keys themselves are in the file rewards.key_file. See rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key()';


--
-- Name: COLUMN master_keys.slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.slot IS 'Where in the key file the key is; never used again for another';


--
-- Name: COLUMN master_keys.kind; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.kind IS 'derived: a master key of ours; legacy: the secret of a programme that issued codes before';


--
-- Name: COLUMN master_keys.state; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.state IS 'issuing (one: makes new codes and tokens), verify_only (older codes and tokens stay good) or retired (nothing needs it, and its line may go from the file)';


--
-- Name: COLUMN master_keys.fingerprint; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.fingerprint IS 'Tells keys apart and tells nothing about them; of a legacy secret two bytes and zeroes, because a secret that can be guessed could be tried against more';


--
-- Name: COLUMN master_keys.layer_slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.layer_slot IS 'The slot whose key is laid over code_hash of coupons of this one: see relayer_coupon_key(); null: none';


--
-- Name: COLUMN master_keys.layer_next; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.master_keys.layer_next IS 'The coupon that relayer_coupon_key() goes on with; null: not begun, or through';


--
-- Name: open_fraud_insights; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.open_fraud_insights WITH (security_invoker='true') AS
 SELECT fraud_insights.id,
    fraud_insights.company_id,
    fraud_insights.user_id,
    fraud_insights.insight_type,
    fraud_insights.severity,
    fraud_insights.score,
    fraud_insights.occurrences,
    fraud_insights.details,
    fraud_insights.related_event_ids,
    fraud_insights.created_at,
    fraud_insights.updated_at
   FROM rewards.fraud_insights
  WHERE (NOT fraud_insights.resolved)
  ORDER BY (array_position(ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text], fraud_insights.severity)), fraud_insights.created_at, fraud_insights.id;


ALTER TABLE rewards.open_fraud_insights OWNER TO frozen_owner;

--
-- Name: VIEW open_fraud_insights; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.open_fraud_insights IS 'Insights that nobody has resolved, the most severe first, and of those the oldest';


--
-- Name: point_lot_uses; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.point_lot_uses (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    event_id uuid NOT NULL,
    lot_event_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    points bigint NOT NULL,
    CONSTRAINT point_lot_uses_points_check CHECK ((points > 0))
);

ALTER TABLE ONLY rewards.point_lot_uses FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.point_lot_uses OWNER TO frozen_owner;

--
-- Name: TABLE point_lot_uses; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.point_lot_uses IS 'Which expiring points an event spent, so that a refund can give them back with their date';


--
-- Name: COLUMN point_lot_uses.event_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_lot_uses.event_id IS 'The event that spent them';


--
-- Name: point_rules; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.point_rules (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    event_type text NOT NULL COLLATE pg_catalog."C",
    description text,
    base_points bigint NOT NULL,
    min_points bigint,
    max_points bigint,
    min_interval interval,
    daily_cap bigint,
    proof_required boolean DEFAULT false NOT NULL,
    streak_days integer[] DEFAULT '{7,14,30,90}'::integer[],
    streak_permille integer[] DEFAULT '{1200,1300,1500,2000}'::integer[],
    active_from timestamp with time zone,
    active_until timestamp with time zone,
    expires_after interval,
    pending_for interval,
    is_active boolean DEFAULT true NOT NULL,
    CONSTRAINT point_rules_lengths CHECK (((min_interval > '00:00:00'::interval) AND (min_interval <= '366 days'::interval) AND (EXTRACT(year FROM min_interval) = (0)::numeric) AND (EXTRACT(month FROM min_interval) = (0)::numeric) AND (pending_for >= '00:00:00'::interval) AND (pending_for <= '366 days'::interval) AND (EXTRACT(year FROM pending_for) = (0)::numeric) AND (EXTRACT(month FROM pending_for) = (0)::numeric) AND (expires_after > '00:00:00'::interval) AND (expires_after <= '100 years'::interval))),
    CONSTRAINT point_rules_sound CHECK (((event_type <> ''::text) AND (octet_length(event_type) <= 100) AND (base_points >= 0) AND (min_points >= 0) AND (max_points >= 0) AND (daily_cap >= 0) AND (min_points <= max_points) AND (active_from < active_until))),
    CONSTRAINT point_rules_streak CHECK ((((streak_days IS NULL) = (streak_permille IS NULL)) AND (array_ndims(streak_days) = 1) AND (array_ndims(streak_permille) = 1) AND ((cardinality(streak_days) >= 1) AND (cardinality(streak_days) <= 16)) AND (cardinality(streak_days) = cardinality(streak_permille)) AND (array_position(streak_days, NULL::integer) IS NULL) AND (array_position(streak_permille, NULL::integer) IS NULL) AND (1 <= ALL (streak_days)) AND (366 >= ALL (streak_days)) AND (0 <= ALL (streak_permille)) AND (100000 >= ALL (streak_permille))))
);

ALTER TABLE ONLY rewards.point_rules FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.point_rules OWNER TO frozen_owner;

--
-- Name: TABLE point_rules; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.point_rules IS 'What a submitted event of each type earns. A company''s rule goes before that of company 00000000-0000-0000-0000-000000000000, which is for all; a type without a rule is refused (unknown_event_type)';


--
-- Name: COLUMN point_rules.base_points; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.base_points IS 'Points of one event, times the step of its streak (rounded down), then not below min_points, not above max_points, and not above what is left of daily_cap';


--
-- Name: COLUMN point_rules.min_interval; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.min_interval IS 'Least time between two events of the type on an account, by event_time, in either direction; null: none (refused: too_soon)';


--
-- Name: COLUMN point_rules.daily_cap; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.daily_cap IS 'Most points from events of the type on an account within a UTC day of event_time; more are recorded with the points that are left, or with 0';


--
-- Name: COLUMN point_rules.proof_required; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.proof_required IS 'Events without a proof are refused (proof_required)';


--
-- Name: COLUMN point_rules.streak_days; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.streak_days IS 'Consecutive UTC days of event_time, the event''s own included, with an event of the type about the same related entity: from so many days on, points are multiplied. In any order; null: no streaks';


--
-- Name: COLUMN point_rules.streak_permille; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.streak_permille IS 'The multiplier of each of streak_days, in thousandths: 1200 is times 1.2';


--
-- Name: COLUMN point_rules.active_from; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.active_from IS 'First event_time for which the rule holds; null: no first. Outside of it: event_type_inactive';


--
-- Name: COLUMN point_rules.active_until; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.active_until IS 'Event_time from which it does not hold any more; null: no end';


--
-- Name: COLUMN point_rules.expires_after; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.expires_after IS 'Points expire so long after event_time, by the UTC calendar; null: never';


--
-- Name: COLUMN point_rules.pending_for; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.point_rules.pending_for IS 'Events wait so long as pending before validate_pending_events() decides them; null: they are decided at once';


--
-- Name: points_liability; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.points_liability WITH (security_invoker='true') AS
 SELECT point_lots.company_id,
    date_trunc('month'::text, point_lots.expires_at, 'UTC'::text) AS expiry_month,
    (sum(point_lots.remaining))::bigint AS points,
    count(DISTINCT point_lots.user_id) AS accounts
   FROM rewards.point_lots
  GROUP BY point_lots.company_id, (date_trunc('month'::text, point_lots.expires_at, 'UTC'::text))
UNION ALL
 SELECT user_points_cache.company_id,
    NULL::timestamp with time zone AS expiry_month,
    (sum((user_points_cache.available_points - user_points_cache.expiring_points)))::bigint AS points,
    count(*) AS accounts
   FROM rewards.user_points_cache
  WHERE (user_points_cache.available_points > user_points_cache.expiring_points)
  GROUP BY user_points_cache.company_id;


ALTER TABLE rewards.points_liability OWNER TO frozen_owner;

--
-- Name: VIEW points_liability; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.points_liability IS 'Points that members hold, by the UTC month in which they expire; a null month: never';


--
-- Name: review_queue; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.review_queue WITH (security_invoker='true') AS
 SELECT e.id AS event_id,
    e.user_id,
    e.company_id,
    e.event_type,
    e.event_time,
    e.points_delta AS points,
    e.validation_status AS status,
    e.trust_score,
    e.created_at,
    (clock_timestamp() - e.created_at) AS age,
    a.approved_by AS first_approval_by,
    ( SELECT count(*) AS count
           FROM rewards.fraud_insights i
          WHERE ((i.user_id = e.user_id) AND (i.company_id = e.company_id) AND (NOT i.resolved))) AS open_insights
   FROM (rewards.points_events e
     LEFT JOIN rewards.event_approvals a ON (((a.user_id = e.user_id) AND (a.company_id = e.company_id) AND (a.event_id = e.id) AND ((a.approved_at > e.validated_at) OR (e.validated_at IS NULL)))))
  WHERE (e.validation_status = ANY (ARRAY['pending_review'::text, 'flagged'::text]))
  ORDER BY (abs(e.points_delta)) DESC, e.created_at;


ALTER TABLE rewards.review_queue OWNER TO frozen_owner;

--
-- Name: VIEW review_queue; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.review_queue IS 'Events that wait for a person, those with the most points at stake first, then the oldest; see review_points_event()';


--
-- Name: token_keys; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.token_keys (
    key_id integer NOT NULL,
    slot smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    retired_at timestamp with time zone,
    retired_by text,
    CONSTRAINT token_keys_sound CHECK (((key_id > 0) AND ((slot >= 0) AND (slot <= 31)) AND ((retired_at IS NULL) = (retired_by IS NULL))))
);


ALTER TABLE rewards.token_keys OWNER TO frozen_owner;

--
-- Name: TABLE token_keys; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.token_keys IS 'Keys of company tokens: the newest that is not retired makes new ones, and the tokens of all that are not retired are accepted. See rotate_token_key() and retire_token_key()';


--
-- Name: COLUMN token_keys.key_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.token_keys.key_id IS 'What a token names its key by; never used again';


--
-- Name: COLUMN token_keys.slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.token_keys.slot IS 'Slot of the key file (rewards.key_file) that the key is derived from';


--
-- Name: COLUMN token_keys.retired_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.token_keys.retired_at IS 'Since when none of its tokens is accepted; there is no way back';


--
-- Name: trust_rules; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.trust_rules (
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    version integer NOT NULL,
    rule text NOT NULL,
    feature text NOT NULL,
    comparison text NOT NULL,
    threshold integer NOT NULL,
    weight integer NOT NULL,
    sentence text NOT NULL,
    CONSTRAINT trust_rules_base_is_for_everybody CHECK ((((rule = 'base'::text) = (feature = 'always'::text)) AND ((rule <> 'base'::text) OR ((comparison = '='::text) AND (threshold = 1))))),
    CONSTRAINT trust_rules_raise_by_proof_only CHECK (((weight <= 0) OR ((feature = ANY (ARRAY['always'::text, 'attestation'::text, 'app_recognized'::text, 'request_bound'::text, 'counter_fresh'::text, 'account_age_s'::text])) AND (comparison = ANY (ARRAY['='::text, '>='::text, '>'::text])) AND (threshold >= 1)))),
    CONSTRAINT trust_rules_sound CHECK (((rule ~ '^[a-z][a-z0-9_]{0,47}$'::text) AND (feature = ANY (ARRAY['always'::text, 'spacing_ms'::text, 'hourly_events'::text, 'device_accounts'::text, 'device_is_new'::text, 'attestation'::text, 'app_recognized'::text, 'request_bound'::text, 'counter_fresh'::text, 'clock_ahead_s'::text, 'event_age_s'::text, 'account_age_s'::text, 'nonce_conflicts'::text, 'open_insights'::text, 'rejected_percent'::text, 'spacing_variation'::text])) AND (comparison = ANY (ARRAY['<'::text, '<='::text, '='::text, '>='::text, '>'::text])) AND ((weight >= '-100'::integer) AND (weight <= 100)) AND (sentence <> ''::text))),
    CONSTRAINT trust_rules_version_says_whose CHECK (((version >= 1) AND ((company_id = '00000000-0000-0000-0000-000000000000'::uuid) = (version < 1000))))
);

ALTER TABLE ONLY rewards.trust_rules FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.trust_rules OWNER TO frozen_owner;

--
-- Name: TABLE trust_rules; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.trust_rules IS 'Versions of the rules that score submitted events. The score is the sum of the weights of the rules that apply, from 0 to 100. A version is inserted by one statement and never changes';


--
-- Name: COLUMN trust_rules.company_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.company_id IS 'Whose rules; the company of zeros has the defaults, for companies that have none';


--
-- Name: COLUMN trust_rules.version; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.version IS 'Below 1000: of the defaults; from 1000 on: of a company. The newest is in force, unless the settings name another';


--
-- Name: COLUMN trust_rules.rule; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.rule IS 'Name, as it appears in the reasons of a score; base is the one that everybody starts from';


--
-- Name: COLUMN trust_rules.feature; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.feature IS 'What the rule looks at, one of rewards.trust_features(): _ms milliseconds, _s seconds, _percent percent, spacing_variation thousandths, attestation 0 none, 1 invalid, 2 basic integrity only, 3 device, 4 strong; others are counts, or 0 and 1. What is unknown applies to no rule';


--
-- Name: COLUMN trust_rules.weight; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.weight IS 'Added to the score where the rule applies; positive only where a proof is present';


--
-- Name: COLUMN trust_rules.sentence; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.trust_rules.sentence IS 'Why the rule is there, for staff who look at an event';


--
-- Name: used_nonces; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.used_nonces (
    user_id uuid NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    nonce text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    fingerprint bytea,
    event_id uuid,
    coupon_id uuid,
    coupon_ids uuid[],
    balance bigint
);

ALTER TABLE ONLY rewards.used_nonces FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.used_nonces OWNER TO frozen_owner;

--
-- Name: TABLE used_nonces; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.used_nonces IS 'Idempotency keys that have been used: what was asked (fingerprint) and what was answered (event, coupon, balance)';


--
-- Name: COLUMN used_nonces.fingerprint; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.used_nonces.fingerprint IS 'SHA-256 of the request; a null fingerprint (a nonce carried over from another system) matches no request';


--
-- Name: COLUMN used_nonces.coupon_ids; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.used_nonces.coupon_ids IS 'The coupons of redeem_coupons(), in the order of its request';


--
-- Name: COLUMN used_nonces.balance; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.used_nonces.balance IS 'Available points that the first answer reported';


--
-- Name: vendor_batches; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.vendor_batches (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    number integer NOT NULL,
    template_id uuid NOT NULL,
    label text,
    codes integer DEFAULT 0 NOT NULL,
    key_slot smallint NOT NULL,
    wrapped_key bytea,
    expires_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    imported_at timestamp with time zone DEFAULT now() NOT NULL,
    imported_by text NOT NULL,
    shredded_at timestamp with time zone,
    shredded_by text,
    shred_reason text,
    CONSTRAINT vendor_batches_sound CHECK (((number > 0) AND (codes >= 0) AND ((key_slot >= 0) AND (key_slot <= 31)) AND (octet_length(wrapped_key) = 48) AND ((wrapped_key IS NULL) = (shredded_at IS NOT NULL)) AND ((shredded_at IS NULL) = (shredded_by IS NULL)) AND ((shredded_at IS NULL) = (shred_reason IS NULL))))
);

ALTER TABLE ONLY rewards.vendor_batches FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.vendor_batches OWNER TO frozen_owner;

--
-- Name: TABLE vendor_batches; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.vendor_batches IS 'Imports of vendor codes: one row for each call of import_vendor_codes() that brought a new code';


--
-- Name: COLUMN vendor_batches.number; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_batches.number IS 'Counts the imports of the company, which come one after the other';


--
-- Name: COLUMN vendor_batches.codes; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_batches.codes IS 'How many codes it brought';


--
-- Name: COLUMN vendor_batches.key_slot; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_batches.key_slot IS 'The slot of the master key that wraps the key of the batch, and tags its codes';


--
-- Name: COLUMN vendor_batches.wrapped_key; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_batches.wrapped_key IS 'The key of its codes, encrypted with AES-256-GCM; null after shred_vendor_batch(): then nobody can read them any more';


--
-- Name: COLUMN vendor_batches.expires_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_batches.expires_at IS 'Until when the vendor accepts the codes; infinity: for ever';


--
-- Name: vendor_codes; Type: TABLE; Schema: rewards; Owner: frozen_owner
--

CREATE TABLE rewards.vendor_codes (
    id uuid DEFAULT rewards.uuidv7() NOT NULL,
    company_id uuid DEFAULT rewards.get_current_company_id() NOT NULL,
    batch_id uuid NOT NULL,
    ordinal integer NOT NULL,
    template_id uuid NOT NULL,
    code_tag bytea NOT NULL,
    sealed_code bytea NOT NULL,
    expires_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    status text DEFAULT 'available'::text NOT NULL COLLATE pg_catalog."C",
    coupon_id uuid,
    assigned_at timestamp with time zone,
    revealed_at timestamp with time zone,
    revealed_by text,
    withdrawn_at timestamp with time zone,
    CONSTRAINT vendor_codes_sound CHECK (((ordinal > 0) AND (octet_length(code_tag) = 32) AND (octet_length(sealed_code) > 16) AND (status = ANY (ARRAY['available'::text, 'assigned'::text, 'revealed'::text, 'withdrawn'::text])) AND ((status <> 'available'::text) OR (coupon_id IS NULL)) AND ((status <> ALL (ARRAY['assigned'::text, 'revealed'::text])) OR (coupon_id IS NOT NULL)) AND ((coupon_id IS NULL) = (assigned_at IS NULL)) AND ((status <> 'revealed'::text) OR (revealed_at IS NOT NULL)) AND ((status <> ALL (ARRAY['available'::text, 'assigned'::text])) OR (revealed_at IS NULL)) AND ((revealed_at IS NULL) = (revealed_by IS NULL)) AND ((status = 'withdrawn'::text) = (withdrawn_at IS NOT NULL))))
);

ALTER TABLE ONLY rewards.vendor_codes FORCE ROW LEVEL SECURITY;


ALTER TABLE rewards.vendor_codes OWNER TO frozen_owner;

--
-- Name: TABLE vendor_codes; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON TABLE rewards.vendor_codes IS 'Codes of vendors, encrypted. A code that somebody has seen never goes back to be handed out again';


--
-- Name: COLUMN vendor_codes.ordinal; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.ordinal IS 'Its place in the import, from 1';


--
-- Name: COLUMN vendor_codes.code_tag; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.code_tag IS 'HMAC-SHA-256 of company and code, by which the same code is known again';


--
-- Name: COLUMN vendor_codes.sealed_code; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.sealed_code IS 'The code under the key of its batch: AES-256-GCM, bound to company, batch and id; the nonce is ordinal';


--
-- Name: COLUMN vendor_codes.status; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.status IS 'available; assigned to a coupon; revealed to somebody; withdrawn: never to be handed out, because its batch was shredded or its coupon revoked after somebody had seen it';


--
-- Name: COLUMN vendor_codes.coupon_id; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.coupon_id IS 'The coupon that it was assigned to';


--
-- Name: COLUMN vendor_codes.revealed_at; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON COLUMN rewards.vendor_codes.revealed_at IS 'When somebody saw it first; audit_log has every time';


--
-- Name: vendor_batch_stock; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.vendor_batch_stock WITH (security_invoker='true') AS
 SELECT b.company_id,
    b.template_id,
    b.id AS batch_id,
    b.number,
    b.label,
    b.expires_at,
    b.shredded_at,
    b.codes,
    c.available,
    c.expired,
    c.assigned,
    c.revealed,
    c.withdrawn
   FROM (rewards.vendor_batches b
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE ((vendor_codes.status = 'available'::text) AND (vendor_codes.expires_at > clock_timestamp()))) AS available,
            count(*) FILTER (WHERE ((vendor_codes.status = 'available'::text) AND (vendor_codes.expires_at <= clock_timestamp()))) AS expired,
            count(*) FILTER (WHERE (vendor_codes.status = 'assigned'::text)) AS assigned,
            count(*) FILTER (WHERE (vendor_codes.status = 'revealed'::text)) AS revealed,
            count(*) FILTER (WHERE (vendor_codes.status = 'withdrawn'::text)) AS withdrawn
           FROM rewards.vendor_codes
          WHERE (vendor_codes.batch_id = b.id)) c);


ALTER TABLE rewards.vendor_batch_stock OWNER TO frozen_owner;

--
-- Name: VIEW vendor_batch_stock; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.vendor_batch_stock IS 'Where the codes of each import are: available, expired before they were handed out, assigned to a coupon but seen by nobody, revealed, withdrawn';


--
-- Name: vendor_code_discrepancies; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.vendor_code_discrepancies WITH (security_invoker='true') AS
 SELECT COALESCE(c.company_id, v.company_id) AS company_id,
    v.id AS vendor_code_id,
    v.status AS code_status,
    c.coupon_id,
    c.status AS coupon_status
   FROM (( SELECT vendor_codes.company_id,
            vendor_codes.id,
            vendor_codes.status,
            vendor_codes.coupon_id
           FROM rewards.vendor_codes
          WHERE (vendor_codes.coupon_id IS NOT NULL)) v
     FULL JOIN ( SELECT coupons.company_id,
            coupons.coupon_id,
            coupons.status,
            coupons.vendor_code_id
           FROM rewards.coupons
          WHERE ((coupons.vendor_code_id IS NOT NULL) AND (coupons.status <> 'revoked'::text))) c ON (((c.coupon_id = v.coupon_id) AND (c.vendor_code_id = v.id) AND (c.company_id = v.company_id))))
  WHERE ((v.id IS NULL) OR ((c.coupon_id IS NULL) <> (v.status = 'withdrawn'::text)));


ALTER TABLE rewards.vendor_code_discrepancies OWNER TO frozen_owner;

--
-- Name: VIEW vendor_code_discrepancies; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.vendor_code_discrepancies IS 'Vendor codes and coupons that do not belong to each other as they should: has to be empty. A code is assigned to one coupon, and a coupon that is not revoked has its code';


--
-- Name: vendor_stock; Type: VIEW; Schema: rewards; Owner: frozen_owner
--

CREATE VIEW rewards.vendor_stock WITH (security_invoker='true') AS
 SELECT t.company_id,
    t.id AS template_id,
    t.template_name,
    t.vendor_codes,
    t.low_stock_at,
    s.available,
    s.expired,
    s.assigned,
    s.revealed,
    s.withdrawn,
    s.next_expiry,
    (s.available <= t.low_stock_at) AS is_low
   FROM (rewards.coupon_templates t
     CROSS JOIN LATERAL ( SELECT (COALESCE(sum(vendor_batch_stock.available), (0)::numeric))::bigint AS available,
            (COALESCE(sum(vendor_batch_stock.expired), (0)::numeric))::bigint AS expired,
            (COALESCE(sum(vendor_batch_stock.assigned), (0)::numeric))::bigint AS assigned,
            (COALESCE(sum(vendor_batch_stock.revealed), (0)::numeric))::bigint AS revealed,
            (COALESCE(sum(vendor_batch_stock.withdrawn), (0)::numeric))::bigint AS withdrawn,
            min(vendor_batch_stock.expires_at) FILTER (WHERE (vendor_batch_stock.available > 0)) AS next_expiry
           FROM rewards.vendor_batch_stock
          WHERE (vendor_batch_stock.template_id = t.id)) s)
  WHERE (t.vendor_codes OR (EXISTS ( SELECT
           FROM rewards.vendor_batches b
          WHERE (b.template_id = t.id))));


ALTER TABLE rewards.vendor_stock OWNER TO frozen_owner;

--
-- Name: VIEW vendor_stock; Type: COMMENT; Schema: rewards; Owner: frozen_owner
--

COMMENT ON VIEW rewards.vendor_stock IS 'What is left of the vendor codes of each template that has some or, as vendor_codes says, hands them out. is_low: not more than low_stock_at; null where that is null';


--
-- Name: kept; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.kept (
    place integer NOT NULL,
    kind text,
    call text,
    answer text
);


ALTER TABLE shop.kept OWNER TO postgres;

--
-- Name: kept_place_seq; Type: SEQUENCE; Schema: shop; Owner: postgres
--

ALTER TABLE shop.kept ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shop.kept_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Data for Name: account_devices; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.account_devices (user_id, company_id, device_id, first_seen_at) FROM stdin;
\.


--
-- Data for Name: attestation_cache; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.attestation_cache (user_id, company_id, attestation_token_hash, device_id, platform, is_valid, integrity_verdict, counter, verified_at, expires_at, device_info) FROM stdin;
\.


--
-- Data for Name: audit_blocks; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.audit_blocks (company_id, block, system_id, from_xid, to_xid, entries, root, previous_hash, block_hash, sealed_at, sealed_by) FROM stdin;
c0000000-0000-4000-8000-000000000001	1	7711121234751322003	0	754	7	\\x9b040c62a40d8fa90924f4c1077dc8adb5a2ef46bbf189fbfdaede9080df9692	\\x0000000000000000000000000000000000000000000000000000000000000000	\\x6b71ee9bdb5fdecd3168d4ea7a5b8df69a30550bff7084f0b923903b410eb202	2026-11-22 22:08:42.001926+00	mary
c0000000-0000-4000-8000-000000000001	2	7711121234751322003	754	756	3	\\xe882eb81dcbb0a1f2b5ebafe007dc0cf264e068bb4f883a6bf9bec85c77bf9c5	\\x6b71ee9bdb5fdecd3168d4ea7a5b8df69a30550bff7084f0b923903b410eb202	\\xa5de75b2c9abcc1e4b54fecf732adc402fd6aba16f5956ba87343db6831d6235	2026-11-22 22:08:42.015079+00	mary
\.


--
-- Data for Name: audit_log; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.audit_log (id, company_id, user_id, action, table_name, actor, old, new, created_at, entry_hash, xid, system_id) FROM stdin;
01a2054d-e9f2-7c41-8243-58d796cf1c54	c0000000-0000-4000-8000-000000000001	\N	INSERT	rewards.company_settings	mary	\N	{"hold_all": null, "company_id": "c0000000-0000-4000-8000-000000000001", "accepted_age": null, "claim_enabled": null, "trust_version": null, "accepted_ahead": null, "events_per_day": null, "points_per_day": null, "redeem_enabled": null, "shadow_version": null, "events_per_hour": null, "points_per_hour": null, "trust_review_at": null, "trust_validate_at": null, "guesses_per_device": null, "guesses_per_claimer": null, "guesses_per_company": null, "redemptions_per_day": null, "redemptions_per_hour": null, "refunded_points_live": null, "review_four_eyes_points": null}	2026-11-22 22:08:41.970766+00	\\x6a2bf6b1107bb1464b8e466127a5f15fb94708b01f9b177a1b07a01496340a90	752	7711121234751322003
01a2054d-e9f4-7ac4-b22a-5b4a645f9939	c0000000-0000-4000-8000-000000000001	\N	INSERT	rewards.point_rules	mary	\N	{"daily_cap": null, "is_active": true, "company_id": "c0000000-0000-4000-8000-000000000001", "event_type": "visit", "max_points": null, "min_points": null, "active_from": null, "base_points": 10, "description": null, "pending_for": null, "streak_days": [7, 14, 30, 90], "active_until": null, "min_interval": null, "expires_after": null, "proof_required": false, "streak_permille": [1200, 1300, 1500, 2000]}	2026-11-22 22:08:41.972673+00	\\x036bf1db104663f18f6c98077c508c8560be127dedd8d3683fa01dda82e4fb2e	752	7711121234751322003
01a2054d-e9f6-76c8-ae73-5aa1a54405f1	c0000000-0000-4000-8000-000000000001	\N	INSERT	rewards.coupon_templates	mary	\N	{"id": "b0000000-0000-4000-8000-000000000001", "ends_at": null, "metadata": {}, "is_active": true, "starts_at": null, "company_id": "c0000000-0000-4000-8000-000000000001", "created_at": "2026-11-22T22:08:41.968513+00:00", "high_value": false, "partner_id": null, "updated_at": "2026-11-22T22:08:41.968513+00:00", "description": null, "points_cost": 100, "total_stock": null, "coupon_value": 10, "low_stock_at": null, "partner_name": null, "vendor_codes": false, "template_name": "ten off", "coupon_value_type": "fixed_amount", "coupons_expire_at": null, "expires_after_days": null, "terms_and_conditions": null, "max_redemptions_per_user": null}	2026-11-22 22:08:41.974424+00	\\x190e3beb56b26bcc4306356ff400994fa7b7f4dac401208aa52444a9a56e8f0b	752	7711121234751322003
01a2054d-e9f6-77be-a8b7-d9d3d6b71d3a	c0000000-0000-4000-8000-000000000001	\N	INSERT	rewards.coupon_templates	mary	\N	{"id": "b0000000-0000-4000-8000-000000000002", "ends_at": null, "metadata": {}, "is_active": true, "starts_at": null, "company_id": "c0000000-0000-4000-8000-000000000001", "created_at": "2026-11-22T22:08:41.968513+00:00", "high_value": false, "partner_id": null, "updated_at": "2026-11-22T22:08:41.968513+00:00", "description": null, "points_cost": 50, "total_stock": 100, "coupon_value": 5, "low_stock_at": null, "partner_name": null, "vendor_codes": false, "template_name": "one of a hundred", "coupon_value_type": "percentage", "coupons_expire_at": null, "expires_after_days": null, "terms_and_conditions": null, "max_redemptions_per_user": null}	2026-11-22 22:08:41.974484+00	\\xf4ce2dff5b05d48a33553459608d7da31aef9dfb4025df5ade95c79cdbf105c5	752	7711121234751322003
01a2054d-e9f6-7839-ae28-80c4380deb20	c0000000-0000-4000-8000-000000000001	\N	INSERT	rewards.coupon_templates	mary	\N	{"id": "b0000000-0000-4000-8000-000000000003", "ends_at": null, "metadata": {}, "is_active": true, "starts_at": null, "company_id": "c0000000-0000-4000-8000-000000000001", "created_at": "2026-11-22T22:08:41.968513+00:00", "high_value": false, "partner_id": null, "updated_at": "2026-11-22T22:08:41.968513+00:00", "description": null, "points_cost": 20, "total_stock": null, "coupon_value": 1, "low_stock_at": null, "partner_name": null, "vendor_codes": true, "template_name": "cinema", "coupon_value_type": "product", "coupons_expire_at": null, "expires_after_days": null, "terms_and_conditions": null, "max_redemptions_per_user": null}	2026-11-22 22:08:41.974514+00	\\x55fa3be1c098b7ee411249c6c74a591b968b03f2bcb6ba9fccdf9e1a90c8f32c	752	7711121234751322003
01a2054d-e9f9-7a49-936d-67f3a040f8e0	c0000000-0000-4000-8000-000000000001	\N	import_vendor_codes	\N	mary	\N	{"refused": 0, "batch_id": "01a2054d-e9f7-7018-98f9-d9d42b6caa2b", "imported": 3, "template_id": "b0000000-0000-4000-8000-000000000003"}	2026-11-22 22:08:41.977643+00	\\xbcb03aca8008919db8cfd90bc0f6630f99f7a69980cdc4308ff2b89d75914458	752	7711121234751322003
01a2054d-ea06-7e5a-9d9f-c8e3d43a6317	c0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000004	reveal_vendor_code	\N	mary	\N	{"coupon_id": "01a2054d-ea06-706a-97bb-07a7af570c16", "vendor_code_id": "01a2054d-e9f7-7018-8b0d-71dfba469b06"}	2026-11-22 22:08:41.990897+00	\\xd8bb14a9e8299d1ec5b76a6589c08e391aa30bc4afbb2b00e03ffb7b877c23a1	753	7711121234751322003
01a2054d-ea16-7acc-b2c0-0c841353dcc3	c0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000003	revoke_coupon	\N	mary	{"status": "issued"}	{"reason": "by mistake", "status": "revoked", "coupon_id": "01a2054d-ea05-7bae-9370-f883639dd013"}	2026-11-22 22:08:42.006675+00	\\x8b5f03d8655ae2223785eeb4886b4893fd6e612852e6edef041b170d7c9fd69d	755	7711121234751322003
01a2054d-ea16-7b5c-b4cb-50184ecc0fec	c0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000003	refund_coupon	\N	mary	\N	{"reason": "by mistake", "coupon_id": "01a2054d-ea05-7bae-9370-f883639dd013", "refund_points_event_id": "01a2054d-ea16-77ce-bae3-7165458e0240"}	2026-11-22 22:08:42.00671+00	\\x316c83897457b421112f91aedc74473e2990b7784aaeef5bbd46e1fd6f5d7a9f	755	7711121234751322003
01a2054d-ea18-7112-9955-f27e85025bad	c0000000-0000-4000-8000-000000000001	\N	begin_coupon_batch	\N	mary	\N	{"label": "leaflets", "batch_id": "01a2054d-ea17-7beb-b336-edb6821d9743", "quantity": "10", "template_id": "b0000000-0000-4000-8000-000000000002"}	2026-11-22 22:08:42.008067+00	\\x448ab21606f5d2c51711f30f0cfd5e92eb5856d7c91d8000da3b814aed0e8800	755	7711121234751322003
01a2054d-ea23-750a-b891-a6e043739cbc	c0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000004	reveal_vendor_code	\N	mary	\N	{"coupon_id": "01a2054d-ea06-706a-97bb-07a7af570c16", "vendor_code_id": "01a2054d-e9f7-7018-8b0d-71dfba469b06"}	2026-11-22 22:08:42.019315+00	\\x54249577549bf636798fd700c454304bfd5fed14e196a9956bc1ef18e88acef5	757	7711121234751322003
\.


--
-- Data for Name: company_settings; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.company_settings (company_id, trust_validate_at, trust_review_at, trust_version, shadow_version, hold_all, events_per_hour, points_per_hour, events_per_day, points_per_day, accepted_age, accepted_ahead, review_four_eyes_points, refunded_points_live, redeem_enabled, claim_enabled, redemptions_per_hour, redemptions_per_day, guesses_per_claimer, guesses_per_device, guesses_per_company) FROM stdin;
00000000-0000-0000-0000-000000000000	60	30	\N	\N	f	100	1000	500	5000	7 days	00:10:00	\N	30 days	t	t	\N	\N	10	10	1000
c0000000-0000-4000-8000-000000000001	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
\.


--
-- Data for Name: coupon_batches; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.coupon_batches (id, company_id, label, template_id, quantity, issued, coupon_value_type, coupon_value, code_symbols, stock_stripe, expires_at, created_at, created_by, revoked_at, revoked_by, revoke_reason, revoked, updated_at) FROM stdin;
01a2054d-ea17-7beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	leaflets	b0000000-0000-4000-8000-000000000002	10	10	percentage	5	16	0	\N	2026-11-22 22:08:42.007745+00	mary	\N	\N	\N	0	2026-11-22 22:08:42.008393+00
\.


--
-- Data for Name: coupon_guesses; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.coupon_guesses (company_id, kind, name, forgotten_at) FROM stdin;
\.


--
-- Data for Name: coupon_stock; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.coupon_stock (template_id, stripe, company_id, allotted, taken) FROM stdin;
b0000000-0000-4000-8000-000000000002	1	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	2	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	3	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	4	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	5	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	6	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	7	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	8	c0000000-0000-4000-8000-000000000001	6	0
b0000000-0000-4000-8000-000000000002	0	c0000000-0000-4000-8000-000000000001	16	10
b0000000-0000-4000-8000-000000000002	9	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	10	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	11	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	12	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	13	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	14	c0000000-0000-4000-8000-000000000001	5	0
b0000000-0000-4000-8000-000000000002	15	c0000000-0000-4000-8000-000000000001	6	1
\.


--
-- Data for Name: coupon_templates; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.coupon_templates (id, company_id, template_name, description, points_cost, coupon_value_type, coupon_value, partner_name, partner_id, terms_and_conditions, starts_at, ends_at, expires_after_days, coupons_expire_at, is_active, high_value, max_redemptions_per_user, total_stock, vendor_codes, low_stock_at, metadata, created_at, updated_at) FROM stdin;
b0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	ten off	\N	100	fixed_amount	10	\N	\N	\N	\N	\N	\N	\N	t	f	\N	\N	f	\N	{}	2026-11-22 22:08:41.968513+00	2026-11-22 22:08:41.968513+00
b0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	one of a hundred	\N	50	percentage	5	\N	\N	\N	\N	\N	\N	\N	t	f	\N	100	f	\N	{}	2026-11-22 22:08:41.968513+00	2026-11-22 22:08:41.968513+00
b0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	cinema	\N	20	product	1	\N	\N	\N	\N	\N	\N	\N	t	f	\N	\N	t	\N	{}	2026-11-22 22:08:41.968513+00	2026-11-22 22:08:41.968513+00
\.


--
-- Data for Name: coupons; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.coupons (coupon_id, company_id, code_hash, plaintext_code, key_slot, layer_slot, code_route, code_symbols, code_generation, template_id, issued_to, issued_points_cost, points_event_id, stock_stripe, vendor_code_id, batch_id, batch_number, coupon_value_type, coupon_value, issued_at, status, redeemed_at, redeemed_by, redemption_proof, claim_ref, held_by, held_until, expires_at, metadata, revoked_at, revoked_by, revoke_reason, refunded_at, refund_points_event_id, created_at, updated_at) FROM stdin;
01a2054d-ea03-7441-a969-7be28fee391f	c0000000-0000-4000-8000-000000000001	\\xcdb3e5d156d97c893e5c9f06a8488aabc89204e2f8d34e6dfa09e79057aab5be	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000001	100	01a2054d-ea03-7441-a3a1-ffa2f8f124e4	\N	\N	\N	\N	fixed_amount	10	2026-11-22 22:08:41.987266+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.987266+00	2026-11-22 22:08:41.987266+00
01a2054d-ea05-7697-b3c1-3bc8f4aafb39	c0000000-0000-4000-8000-000000000001	\\xcf2ad2c34fdbd4a31f32ec4e4db99117d06e5a4edbd79c0b94271dc7ec80ff50	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	a0000000-0000-4000-8000-000000000002	50	01a2054d-ea05-7697-88a4-57ed501861ef	15	\N	\N	\N	percentage	5	2026-11-22 22:08:41.989412+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.989412+00	2026-11-22 22:08:41.989412+00
01a2054d-ea06-706a-97bb-07a7af570c16	c0000000-0000-4000-8000-000000000001	\\x7e5c07ffb8ddd5271314d7e2048651ff5857aa9bbcf551feb293476724cb212c	\N	0	\N	0	0	0	b0000000-0000-4000-8000-000000000003	a0000000-0000-4000-8000-000000000004	20	01a2054d-ea06-706a-b619-c3988484d9a0	\N	01a2054d-e9f7-7018-8b0d-71dfba469b06	\N	\N	product	1	2026-11-22 22:08:41.990026+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.990026+00	2026-11-22 22:08:41.990026+00
01a2054d-ea05-706a-9f37-648b8af6c57e	c0000000-0000-4000-8000-000000000001	\\xebf5d63c50c340a71a1807d8d2595ff9e72f2634f64e4c9e3edc2652ff2de85e	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000002	100	01a2054d-ea05-706a-8c79-605cb210c648	\N	\N	\N	\N	fixed_amount	10	2026-11-22 22:08:41.989026+00	redeemed	2026-11-22 22:08:42.005865+00	till	\N	receipt 1	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.989026+00	2026-11-22 22:08:42.005865+00
01a2054d-ea05-7bae-9370-f883639dd013	c0000000-0000-4000-8000-000000000001	\\x9bf37b67fe54209a75ba93b691a782a7ec001da58f4fb744744d1d38755c0a05	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000001	a0000000-0000-4000-8000-000000000003	100	01a2054d-ea05-7bae-af57-0c2e5a83d4e3	\N	\N	\N	\N	fixed_amount	10	2026-11-22 22:08:41.98973+00	revoked	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.006488+00	mary	by mistake	2026-11-22 22:08:42.006488+00	01a2054d-ea16-77ce-bae3-7165458e0240	2026-11-22 22:08:41.98973+00	2026-11-22 22:08:42.006488+00
01a2054d-ea18-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x336ed91244cf38b487d2c8322902b1befb33c7e1fca69e790c3ea8383e7ae3a7	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	1	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea19-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\xc6aee7dc625034129287a0fdc619c7942f7a2e30e8c82153d58fd0facccc010e	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	2	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1a-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x5ec5034bdc16cb346bca972c431ba5c4a199624fe42efaeccf58b8130c03e9f9	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	3	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1b-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x09e1b0af8be8fb3ef285715e7dadffcc9bac30a70d6ea805b57f1f3cbf0cbd7a	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	4	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1c-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\xb17d3634afd36df01802861053f5fbd2ce09edbdafa98bc405db318f9dd2f0f7	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	5	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1d-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x495a3b9c7663512f8ad60d625a2f8b38e5d1f4217552dda8626bfbb6d33dd67c	\N	0	\N	0	16	1	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	6	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1e-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x6930a9138eb315658728b71da36ba815fc5665d70bc0add62d9244cac2e2445a	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	7	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea1f-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\xd9d4353ce41c6445e4f71fd2920dc11e7907f79dac2629247765d46ea203dbc8	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	8	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea20-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x2e8b10ecdb6fd9d8e32b7339f69c46f56a6b0139f53fb81bb0d406b88668f71c	\N	0	\N	0	16	0	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	9	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
01a2054d-ea21-8beb-b336-edb6821d9743	c0000000-0000-4000-8000-000000000001	\\x2a52b4bc77ef76bfb5634ef951c9641bebd2aa049013b9a8fca0bf7e534dec0c	\N	0	\N	0	16	1	b0000000-0000-4000-8000-000000000002	01a2054d-ea17-7beb-b336-edb6821d9743	0	\N	0	\N	01a2054d-ea17-7beb-b336-edb6821d9743	10	percentage	5	2026-11-22 22:08:42.008393+00	issued	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:42.008393+00	2026-11-22 22:08:42.008393+00
\.


--
-- Data for Name: data_version; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.data_version (singleton, version, changed_at) FROM stdin;
t	1	2026-11-22 22:08:41.750829+00
\.


--
-- Data for Name: event_approvals; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.event_approvals (user_id, company_id, event_id, approved_by, approved_at, note) FROM stdin;
\.


--
-- Data for Name: forgotten_nonces; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.forgotten_nonces (company_id, used_until) FROM stdin;
\.


--
-- Data for Name: fraud_insights; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.fraud_insights (id, user_id, company_id, insight_type, severity, score, details, related_event_ids, occurrences, resolved, resolved_at, resolved_by, resolution_notes, created_at, updated_at) FROM stdin;
01a2054d-ea08-7687-b369-f1da440c246f	a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	manual_flag	high	\N	\N	{}	1	f	\N	\N	\N	2026-11-22 22:08:41.992408+00	2026-11-22 22:08:41.992408+00
\.


--
-- Data for Name: ledger_blocks; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.ledger_blocks (company_id, block, system_id, from_xid, to_xid, entries, root, previous_hash, block_hash, sealed_at, sealed_by) FROM stdin;
c0000000-0000-4000-8000-000000000001	1	7711121234751322003	0	754	62	\\xefb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58	\\x0000000000000000000000000000000000000000000000000000000000000000	\\xf8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782	2026-11-22 22:08:41.999575+00	mary
c0000000-0000-4000-8000-000000000001	2	7711121234751322003	754	756	2	\\x2701767730d7c96675e6b0b5be2e70464e786d8d375461f0824b9dab407faa96	\\xf8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782	\\xa5bf1e03e7b9d026292649fbaeed601a27b9d0ee680350388b010bc4d0f85bb1	2026-11-22 22:08:42.013245+00	mary
\.


--
-- Data for Name: ledger_entries; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.ledger_entries (user_id, company_id, version, event_id, kind, recorded_at, balance_after, old_status, old_validated_by, old_validated_at, old_notes, new_status, new_validated_by, new_validated_at, new_notes, entry_hash, xid, system_id) FROM stdin;
a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	2	01a2054d-e9fd-7062-ae59-d5d126e4cb6d	event	2026-11-22 22:08:41.98192+00	1001	\N	\N	\N	\N	\N	\N	\N	\N	\\x4812857da61f7ad853735fceec9a85edb08331d9d027ede6d6b33af55df3ebc7	752	7711121234751322003
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	2	01a2054d-e9fd-7170-90f7-78f3b8fd5fc0	event	2026-11-22 22:08:41.982427+00	2002	\N	\N	\N	\N	\N	\N	\N	\N	\\x908170f037e587c07c00d0a9c724bdf70372b6034593c3b4dc1ba8d62dd817c5	752	7711121234751322003
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	2	01a2054d-e9fd-71df-9934-9ca861c4d288	event	2026-11-22 22:08:41.982455+00	3003	\N	\N	\N	\N	\N	\N	\N	\N	\\x0a3141e0a2bf96b3bd37aaf29734f4ab147c7e39dcab1525f5360229d0aa8018	752	7711121234751322003
a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	2	01a2054d-e9fd-7218-bd75-ed8c4155db24	event	2026-11-22 22:08:41.982472+00	4004	\N	\N	\N	\N	\N	\N	\N	\N	\\x91a19259ffe6bd3a6eb6b869d420ba3fa9f28b7ad94cbb7c0bb68bfd9c73590c	752	7711121234751322003
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	2	01a2054d-e9fd-723d-9d80-efa5addc43a3	event	2026-11-22 22:08:41.982488+00	5005	\N	\N	\N	\N	\N	\N	\N	\N	\\x9c105001155f8bb7b9051fd0b50c44a5206372bc4de99c0a27dec914e93823fa	752	7711121234751322003
a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-725a-8359-3682b0d9617d	event	2026-11-22 22:08:41.982823+00	6	\N	\N	\N	\N	\N	\N	\N	\N	\\x19ed25198a7826834a79c6d92b13b1a668ea0790854783e704b5c736a0cc71c1	752	7711121234751322003
a0000000-0000-4000-8000-000000000007	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7276-b834-0d0c2c13ba55	event	2026-11-22 22:08:41.982879+00	7	\N	\N	\N	\N	\N	\N	\N	\N	\\xbb9f71c83bcbd95b9ffa66e4a3e3aea2d972b89d66af892fbfe998ccbdc41600	752	7711121234751322003
a0000000-0000-4000-8000-000000000008	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7297-9678-f465141f6052	event	2026-11-22 22:08:41.982919+00	8	\N	\N	\N	\N	\N	\N	\N	\N	\\x9ef5d9afb5bf4b0c33c516e5b2bf7fd9f97bf206cbcc4b253984a5ebeb7a3697	752	7711121234751322003
a0000000-0000-4000-8000-000000000009	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-72b8-8764-1555937a17f6	event	2026-11-22 22:08:41.983057+00	9	\N	\N	\N	\N	\N	\N	\N	\N	\\x86d0b44e77bbb7d880144ac0b7f828c9fef9b67feef7d72dd865ac228e3d6ff8	752	7711121234751322003
a0000000-0000-4000-8000-000000000010	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-72dd-8430-41e70d64e9dc	event	2026-11-22 22:08:41.983118+00	10	\N	\N	\N	\N	\N	\N	\N	\N	\\x7e6d6fb77f3c068e3866a6199821994a275f3c42425a08ce3bb2e5923c544cb6	752	7711121234751322003
a0000000-0000-4000-8000-000000000011	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-72f9-a882-63f70b14c79b	event	2026-11-22 22:08:41.983162+00	11	\N	\N	\N	\N	\N	\N	\N	\N	\\x1f31ff3686a9b1db238aa1f4fb7e3d3eb332f1d275a482e3c95a4f407a2324f9	752	7711121234751322003
a0000000-0000-4000-8000-000000000012	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-731a-95bc-1ec57cb1ab50	event	2026-11-22 22:08:41.983206+00	12	\N	\N	\N	\N	\N	\N	\N	\N	\\xd10a3ee2e529c3cea0811519941b168a13ab102ad57ce9ea71bad9ccae253926	752	7711121234751322003
a0000000-0000-4000-8000-000000000013	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-733b-854e-f8b9e0b2d610	event	2026-11-22 22:08:41.983244+00	13	\N	\N	\N	\N	\N	\N	\N	\N	\\xe4f3a033e2cabf87ac60f474bac0536896c99e9c5408dffe013eb801d72437ed	752	7711121234751322003
a0000000-0000-4000-8000-000000000014	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7353-8fc3-7166df957ea6	event	2026-11-22 22:08:41.983285+00	14	\N	\N	\N	\N	\N	\N	\N	\N	\\x3aba42d6ffc821eb0f4f5b4c61979766e13848e03516d749f883f351d356d697	752	7711121234751322003
a0000000-0000-4000-8000-000000000015	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7391-a025-735947551144	event	2026-11-22 22:08:41.983324+00	15	\N	\N	\N	\N	\N	\N	\N	\N	\\x72b91be75da7b96245a5c709ae2d6618692818efc7c99e5d70ea124c12d1a7b9	752	7711121234751322003
a0000000-0000-4000-8000-000000000016	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-73b6-a0a5-2216daa28d95	event	2026-11-22 22:08:41.983362+00	16	\N	\N	\N	\N	\N	\N	\N	\N	\\x3bd7f8014fe0f96db53b94719074a57f3ea71fad4008eeddc2761530764fc09d	752	7711121234751322003
a0000000-0000-4000-8000-000000000017	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-73d2-b489-b839b3be29c6	event	2026-11-22 22:08:41.983404+00	17	\N	\N	\N	\N	\N	\N	\N	\N	\\xb7a5b98eb6c0b28296916d06789342920d085165ac7ff69952a1f2df256a179b	752	7711121234751322003
a0000000-0000-4000-8000-000000000018	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-73f3-9105-16b956eb7925	event	2026-11-22 22:08:41.983442+00	18	\N	\N	\N	\N	\N	\N	\N	\N	\\xb47113664bfa88935e44aea2321b36c318d73f947f03e2c1e629e2143d5a35ea	752	7711121234751322003
a0000000-0000-4000-8000-000000000019	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7414-b790-f0891e6f9f6d	event	2026-11-22 22:08:41.98348+00	19	\N	\N	\N	\N	\N	\N	\N	\N	\\x1d9e3f99e1b88cdb3dcda1852c02cb2e99a49ed55984696f7a51c22ff0649203	752	7711121234751322003
a0000000-0000-4000-8000-000000000020	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7435-93e4-b1b9c80c5034	event	2026-11-22 22:08:41.983537+00	20	\N	\N	\N	\N	\N	\N	\N	\N	\\xff8782d7c8fcc159e87d743865930834608b8fb430f2817a0ac57ea8347257dc	752	7711121234751322003
a0000000-0000-4000-8000-000000000021	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7451-9608-ae411a9da86b	event	2026-11-22 22:08:41.983576+00	21	\N	\N	\N	\N	\N	\N	\N	\N	\\x5c42bbaea796bb85dea9b2d78a9a97f33fed9c76b35699802c5adc5f45879251	752	7711121234751322003
a0000000-0000-4000-8000-000000000022	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7472-bf85-b45e0ee5e839	event	2026-11-22 22:08:41.983616+00	22	\N	\N	\N	\N	\N	\N	\N	\N	\\x5ed55536327adc5d8adefaa20a691cdb28c3e76be92b50dab0350eda9db0da4b	752	7711121234751322003
a0000000-0000-4000-8000-000000000023	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7493-a18f-9ef01c745c73	event	2026-11-22 22:08:41.983653+00	23	\N	\N	\N	\N	\N	\N	\N	\N	\\xd8c89dc5dedc6056d852eb25a746cfb626ff4b6cfcceae6aa40bb9a5852faaf8	752	7711121234751322003
a0000000-0000-4000-8000-000000000024	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-74b0-a3a9-e4ae8cf6c9ba	event	2026-11-22 22:08:41.983691+00	24	\N	\N	\N	\N	\N	\N	\N	\N	\\xa3412f9471a9d15cefcf7d72015c4aa1f016933e5fd2d1bbebd9061b69666410	752	7711121234751322003
a0000000-0000-4000-8000-000000000025	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-74d0-8edf-fcb0bdbc9fd2	event	2026-11-22 22:08:41.983732+00	25	\N	\N	\N	\N	\N	\N	\N	\N	\\xf5169286241f8950eaade544c886cb1238c5f03dd1051cfa3d860ab27e5cbced	752	7711121234751322003
a0000000-0000-4000-8000-000000000026	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-74fd-a1c8-07f3d0938977	event	2026-11-22 22:08:41.98377+00	26	\N	\N	\N	\N	\N	\N	\N	\N	\\x74fa13ba6440e7cc15fc93931f75fd32c39a522800ffba50fb0d6d00bf1323b8	752	7711121234751322003
a0000000-0000-4000-8000-000000000027	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-751e-ac62-96cc2ec32269	event	2026-11-22 22:08:41.98381+00	27	\N	\N	\N	\N	\N	\N	\N	\N	\\xc6a5076886f59289cec1db4310e14f6d5d8fa63cb480077169b2c4475ddb8c2b	752	7711121234751322003
a0000000-0000-4000-8000-000000000028	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-753f-8f93-a0d8d45e0c40	event	2026-11-22 22:08:41.983849+00	28	\N	\N	\N	\N	\N	\N	\N	\N	\\x4f212b3c74f39d1775dd98ac584c5acab44fe5306c992f08255e3992a8a8ab3e	752	7711121234751322003
a0000000-0000-4000-8000-000000000029	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-755c-864e-8978a4b07153	event	2026-11-22 22:08:41.983886+00	29	\N	\N	\N	\N	\N	\N	\N	\N	\\x18bcd665c30092cd1dab03cf22509080dc0ded941ebad28eb91a112bd60efefd	752	7711121234751322003
a0000000-0000-4000-8000-000000000030	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-757c-b16e-a2b2e725fe04	event	2026-11-22 22:08:41.983927+00	30	\N	\N	\N	\N	\N	\N	\N	\N	\\xe0f035a2c3f3e71fb3683478f0ddbc96930208a6d53449467b133d9e4bdf368c	752	7711121234751322003
a0000000-0000-4000-8000-000000000031	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7599-b095-566532d9e59a	event	2026-11-22 22:08:41.983981+00	31	\N	\N	\N	\N	\N	\N	\N	\N	\\xb3836c93a1238b3ad44a14e5e97e16dd0b5f9e79ccaea241def64f1e4e34fab4	752	7711121234751322003
a0000000-0000-4000-8000-000000000032	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-75ba-9fe7-9fc92d6b3164	event	2026-11-22 22:08:41.984023+00	32	\N	\N	\N	\N	\N	\N	\N	\N	\\x7c6be8dc6181d530850eaa5a40111a8d7fec11d70a0234c2d5d904798df9833c	752	7711121234751322003
a0000000-0000-4000-8000-000000000033	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-75d7-8563-2a5f4884faed	event	2026-11-22 22:08:41.984063+00	33	\N	\N	\N	\N	\N	\N	\N	\N	\\xbab6086a8531c12b71eda84fc5049cc8317cf2a7c21d39c0b3f5bf6092df9eb2	752	7711121234751322003
a0000000-0000-4000-8000-000000000034	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-75f7-b606-533e20cc7d59	event	2026-11-22 22:08:41.984116+00	34	\N	\N	\N	\N	\N	\N	\N	\N	\\xf6fff0fd8849c5f0680d24cd8570891b15074bb526b838fc2111a7494fc14a3e	752	7711121234751322003
a0000000-0000-4000-8000-000000000035	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7618-85d7-c8facf3b6352	event	2026-11-22 22:08:41.984162+00	35	\N	\N	\N	\N	\N	\N	\N	\N	\\xfd6e92eb9f3b06710bdb7e90879f002040b3fcecccd99c577f5bd618241bbac4	752	7711121234751322003
a0000000-0000-4000-8000-000000000036	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7639-80a9-74df2272c604	event	2026-11-22 22:08:41.9842+00	36	\N	\N	\N	\N	\N	\N	\N	\N	\\x573b5736c965ca7842a6bc7f1555a1263672fb78bdbe841d2f1212b58c46c1c4	752	7711121234751322003
a0000000-0000-4000-8000-000000000037	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7662-a25e-44c6c3c821f9	event	2026-11-22 22:08:41.984236+00	37	\N	\N	\N	\N	\N	\N	\N	\N	\\x7fada508e4070f53c25b957970233541e02a9af83e0ab7a9f3b7669e1c2eb2a7	752	7711121234751322003
a0000000-0000-4000-8000-000000000038	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-767e-b7e8-08c676b07797	event	2026-11-22 22:08:41.984277+00	38	\N	\N	\N	\N	\N	\N	\N	\N	\\xda56410547b9ee178f1e8bd8c175b9a87afa2c7e8a24eb6b3bd50040477a89d7	752	7711121234751322003
a0000000-0000-4000-8000-000000000039	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-76a3-9dbf-a0c81e2f5493	event	2026-11-22 22:08:41.984315+00	39	\N	\N	\N	\N	\N	\N	\N	\N	\\x21cb06ec2b475082eeba95f596429bcb4ada5650cb1bdd9c1a498c06b58c974c	752	7711121234751322003
a0000000-0000-4000-8000-000000000040	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-76c4-8e2e-297998fb4ec1	event	2026-11-22 22:08:41.984355+00	40	\N	\N	\N	\N	\N	\N	\N	\N	\\x44ab78d89b44f6c5f587b787b7f2508c71302c877d62ff5d7ca6fb8d717d034e	752	7711121234751322003
a0000000-0000-4000-8000-000000000041	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-76e5-b757-692666e100bc	event	2026-11-22 22:08:41.984393+00	41	\N	\N	\N	\N	\N	\N	\N	\N	\\x85682d552635526eb5b0d84a9d3ef0b1fdc48b98bcf3a20abbb78c225c73915e	752	7711121234751322003
a0000000-0000-4000-8000-000000000042	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7706-a410-0a63153e0168	event	2026-11-22 22:08:41.98445+00	42	\N	\N	\N	\N	\N	\N	\N	\N	\\xb204bc5f7747508849d6e22cdb36449919c52fdb2a2c7c8085586a4c34f0e385	752	7711121234751322003
a0000000-0000-4000-8000-000000000043	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7726-af58-546e14e64215	event	2026-11-22 22:08:41.984492+00	43	\N	\N	\N	\N	\N	\N	\N	\N	\\x3d2996a2bf6aa6b43a0c7bc661ba163704cd161ed213820dee8c2e543ab2fcd9	752	7711121234751322003
a0000000-0000-4000-8000-000000000044	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7747-8f9c-d28b3bdc5b8b	event	2026-11-22 22:08:41.984531+00	44	\N	\N	\N	\N	\N	\N	\N	\N	\\xc284968578c8dd1803a6b00e76492dc9b2aa1d09821ddbbe6801c28eb537349d	752	7711121234751322003
a0000000-0000-4000-8000-000000000045	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7768-b365-4c9318b2c1cd	event	2026-11-22 22:08:41.984574+00	45	\N	\N	\N	\N	\N	\N	\N	\N	\\x8b743c3fd7f7a10bd416fad0bf0fe61b448f93c096a4ab1a903a49cfaf242e3f	752	7711121234751322003
a0000000-0000-4000-8000-000000000046	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-77f7-965e-aa41afd6c252	event	2026-11-22 22:08:41.984613+00	46	\N	\N	\N	\N	\N	\N	\N	\N	\\x3014b2460510a26faae8d8027c12b4f16926be10bfb2bfa62e47e7aeb7878eb3	752	7711121234751322003
a0000000-0000-4000-8000-000000000047	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7818-b45c-6f98f05ec59d	event	2026-11-22 22:08:41.984653+00	47	\N	\N	\N	\N	\N	\N	\N	\N	\\x6616ceec22de6576052d1e328b24ebcee85c88a1c5cbdc8ffdce9d899aa9c8d0	752	7711121234751322003
a0000000-0000-4000-8000-000000000048	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7a76-bd9a-4d909f7e1ef6	event	2026-11-22 22:08:41.984694+00	48	\N	\N	\N	\N	\N	\N	\N	\N	\\xfbf476d6a2be0ff4050ca87071c44ff988fb05f798d658dfefe5790598e99910	752	7711121234751322003
a0000000-0000-4000-8000-000000000049	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7a9b-8e75-b0da9db522d7	event	2026-11-22 22:08:41.984838+00	49	\N	\N	\N	\N	\N	\N	\N	\N	\\x5a1c1177c27b59acc50b3d8d0bf709b673bd09748e2327ccb631c1dbf0d3c600	752	7711121234751322003
a0000000-0000-4000-8000-000000000050	c0000000-0000-4000-8000-000000000001	1	01a2054d-e9fd-7ac0-a179-ad5b5d56125e	event	2026-11-22 22:08:41.984881+00	50	\N	\N	\N	\N	\N	\N	\N	\N	\\x22c67b17f3c55939e94d9c8530e7eb9cdcd219ce3d0b5cffa22c8a8de23f9318	752	7711121234751322003
\.


--
-- Data for Name: master_keys; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.master_keys (slot, kind, state, fingerprint, layer_slot, layer_next, created_at, created_by, retired_at, retired_by) FROM stdin;
0	derived	issuing	\\x69961051921fa4b6302faceedcc231ff	\N	\N	2026-11-22 22:08:41.976356+00	mary	\N	\N
\.


--
-- Data for Name: point_lot_uses; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.point_lot_uses (user_id, company_id, event_id, lot_event_id, expires_at, points) FROM stdin;
a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	01a2054d-ea03-7441-a3a1-ffa2f8f124e4	01a2054d-e9fd-7062-ae59-d5d126e4cb6d	2126-01-31 00:00:00+00	1
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	01a2054d-ea05-706a-8c79-605cb210c648	01a2054d-e9fd-7170-90f7-78f3b8fd5fc0	2126-01-31 00:00:00+00	2
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	01a2054d-ea05-7bae-af57-0c2e5a83d4e3	01a2054d-e9fd-71df-9934-9ca861c4d288	2126-01-31 00:00:00+00	3
a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	01a2054d-ea06-706a-b619-c3988484d9a0	01a2054d-e9fd-7218-bd75-ed8c4155db24	2126-01-31 00:00:00+00	4
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	01a2054d-ea06-779d-be20-883c2cb3ad59	01a2054d-e9fd-723d-9d80-efa5addc43a3	2126-01-31 00:00:00+00	5
\.


--
-- Data for Name: point_lots; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.point_lots (user_id, company_id, expires_at, event_id, remaining) FROM stdin;
a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-725a-8359-3682b0d9617d	6
a0000000-0000-4000-8000-000000000007	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7276-b834-0d0c2c13ba55	7
a0000000-0000-4000-8000-000000000008	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7297-9678-f465141f6052	8
a0000000-0000-4000-8000-000000000009	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-72b8-8764-1555937a17f6	9
a0000000-0000-4000-8000-000000000010	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-72dd-8430-41e70d64e9dc	10
a0000000-0000-4000-8000-000000000011	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-72f9-a882-63f70b14c79b	11
a0000000-0000-4000-8000-000000000012	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-731a-95bc-1ec57cb1ab50	12
a0000000-0000-4000-8000-000000000013	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-733b-854e-f8b9e0b2d610	13
a0000000-0000-4000-8000-000000000014	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7353-8fc3-7166df957ea6	14
a0000000-0000-4000-8000-000000000015	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7391-a025-735947551144	15
a0000000-0000-4000-8000-000000000016	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-73b6-a0a5-2216daa28d95	16
a0000000-0000-4000-8000-000000000017	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-73d2-b489-b839b3be29c6	17
a0000000-0000-4000-8000-000000000018	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-73f3-9105-16b956eb7925	18
a0000000-0000-4000-8000-000000000019	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7414-b790-f0891e6f9f6d	19
a0000000-0000-4000-8000-000000000020	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7435-93e4-b1b9c80c5034	20
a0000000-0000-4000-8000-000000000021	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7451-9608-ae411a9da86b	21
a0000000-0000-4000-8000-000000000022	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7472-bf85-b45e0ee5e839	22
a0000000-0000-4000-8000-000000000023	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7493-a18f-9ef01c745c73	23
a0000000-0000-4000-8000-000000000024	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-74b0-a3a9-e4ae8cf6c9ba	24
a0000000-0000-4000-8000-000000000025	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-74d0-8edf-fcb0bdbc9fd2	25
a0000000-0000-4000-8000-000000000026	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-74fd-a1c8-07f3d0938977	26
a0000000-0000-4000-8000-000000000027	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-751e-ac62-96cc2ec32269	27
a0000000-0000-4000-8000-000000000028	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-753f-8f93-a0d8d45e0c40	28
a0000000-0000-4000-8000-000000000029	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-755c-864e-8978a4b07153	29
a0000000-0000-4000-8000-000000000030	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-757c-b16e-a2b2e725fe04	30
a0000000-0000-4000-8000-000000000031	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7599-b095-566532d9e59a	31
a0000000-0000-4000-8000-000000000032	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-75ba-9fe7-9fc92d6b3164	32
a0000000-0000-4000-8000-000000000033	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-75d7-8563-2a5f4884faed	33
a0000000-0000-4000-8000-000000000034	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-75f7-b606-533e20cc7d59	34
a0000000-0000-4000-8000-000000000035	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7618-85d7-c8facf3b6352	35
a0000000-0000-4000-8000-000000000036	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7639-80a9-74df2272c604	36
a0000000-0000-4000-8000-000000000037	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7662-a25e-44c6c3c821f9	37
a0000000-0000-4000-8000-000000000038	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-767e-b7e8-08c676b07797	38
a0000000-0000-4000-8000-000000000039	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-76a3-9dbf-a0c81e2f5493	39
a0000000-0000-4000-8000-000000000040	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-76c4-8e2e-297998fb4ec1	40
a0000000-0000-4000-8000-000000000041	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-76e5-b757-692666e100bc	41
a0000000-0000-4000-8000-000000000042	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7706-a410-0a63153e0168	42
a0000000-0000-4000-8000-000000000043	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7726-af58-546e14e64215	43
a0000000-0000-4000-8000-000000000044	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7747-8f9c-d28b3bdc5b8b	44
a0000000-0000-4000-8000-000000000045	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7768-b365-4c9318b2c1cd	45
a0000000-0000-4000-8000-000000000046	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-77f7-965e-aa41afd6c252	46
a0000000-0000-4000-8000-000000000047	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7818-b45c-6f98f05ec59d	47
a0000000-0000-4000-8000-000000000048	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7a76-bd9a-4d909f7e1ef6	48
a0000000-0000-4000-8000-000000000049	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7a9b-8e75-b0da9db522d7	49
a0000000-0000-4000-8000-000000000050	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-7ac0-a179-ad5b5d56125e	50
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-71df-9934-9ca861c4d288	3
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	2126-01-31 00:00:00+00	01a2054d-e9fd-723d-9d80-efa5addc43a3	5
\.


--
-- Data for Name: point_rules; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.point_rules (company_id, event_type, description, base_points, min_points, max_points, min_interval, daily_cap, proof_required, streak_days, streak_permille, active_from, active_until, expires_after, pending_for, is_active) FROM stdin;
c0000000-0000-4000-8000-000000000001	visit	\N	10	\N	\N	\N	\N	f	{7,14,30,90}	{1200,1300,1500,2000}	\N	\N	\N	\N	t
\.


--
-- Data for Name: points_events; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, proof_type, proof_payload, payload_hash, nonce, trust_score, validation_status, validated_by, validated_at, validation_notes, device_id, device_info, ip_address, related_entity_type, related_entity_id, created_at, expires_at, trust_features, trust_version, shadow_score, version, balance_after, entry_hash, xid, system_id, till) FROM stdin;
01a2054d-e9fb-781c-b65c-d6d45e627ab1	a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	award	2026-11-22 22:08:41.979507+00	1000	server	\N	\N	welcome	\N	validated	mary	2026-11-22 22:08:41.979507+00	welcome	\N	\N	\N	\N	\N	2026-11-22 22:08:41.979507+00	\N	\N	\N	\N	1	1000	\\x1a485744fbcc0433c79d557821792f1664fbcf0c78b5470c6bd624f818ced2b9	752	7711121234751322003	till 1
01a2054d-e9fc-74b4-98f1-ef673a22bfb4	a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	award	2026-11-22 22:08:41.980294+00	2000	server	\N	\N	welcome	\N	validated	mary	2026-11-22 22:08:41.980294+00	welcome	\N	\N	\N	\N	\N	2026-11-22 22:08:41.980294+00	\N	\N	\N	\N	1	2000	\\x1f2ee2505ca58e921b168730f173f9ae3b0d04af451bb5dd1323f403b570205e	752	7711121234751322003	till 1
01a2054d-e9fc-770a-9fe6-a3bc9d2f43e8	a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	award	2026-11-22 22:08:41.98044+00	3000	server	\N	\N	welcome	\N	validated	mary	2026-11-22 22:08:41.98044+00	welcome	\N	\N	\N	\N	\N	2026-11-22 22:08:41.98044+00	\N	\N	\N	\N	1	3000	\\x11f53d0f79d43d05e6eab07a2a1c147b4423df281df82229510b862261e10eb1	752	7711121234751322003	till 1
01a2054d-e9fc-785e-8174-34a36ba23ec5	a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	award	2026-11-22 22:08:41.980523+00	4000	server	\N	\N	welcome	\N	validated	mary	2026-11-22 22:08:41.980523+00	welcome	\N	\N	\N	\N	\N	2026-11-22 22:08:41.980523+00	\N	\N	\N	\N	1	4000	\\x06859375e93e34d05ed4e3e9761bbe83a871b3593c7bd5ce5c7d01fcb39c36fd	752	7711121234751322003	till 1
01a2054d-e9fc-7985-837f-6063a8bff0a8	a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	award	2026-11-22 22:08:41.980595+00	5000	server	\N	\N	welcome	\N	validated	mary	2026-11-22 22:08:41.980595+00	welcome	\N	\N	\N	\N	\N	2026-11-22 22:08:41.980595+00	\N	\N	\N	\N	1	5000	\\xaeff648bf6ba21be2395151e266757d2b53872bca661c3b84e115993ab6cc17e	752	7711121234751322003	till 1
01a2054d-e9fd-7062-ae59-d5d126e4cb6d	a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	1	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7170-90f7-78f3b8fd5fc0	a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	2	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-71df-9934-9ca861c4d288	a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	3	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7218-bd75-ed8c4155db24	a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	4	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-723d-9d80-efa5addc43a3	a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	5	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-725a-8359-3682b0d9617d	a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	6	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7276-b834-0d0c2c13ba55	a0000000-0000-4000-8000-000000000007	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	7	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7297-9678-f465141f6052	a0000000-0000-4000-8000-000000000008	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	8	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-72b8-8764-1555937a17f6	a0000000-0000-4000-8000-000000000009	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	9	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-72dd-8430-41e70d64e9dc	a0000000-0000-4000-8000-000000000010	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	10	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-72f9-a882-63f70b14c79b	a0000000-0000-4000-8000-000000000011	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	11	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-731a-95bc-1ec57cb1ab50	a0000000-0000-4000-8000-000000000012	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	12	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-733b-854e-f8b9e0b2d610	a0000000-0000-4000-8000-000000000013	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	13	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7353-8fc3-7166df957ea6	a0000000-0000-4000-8000-000000000014	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	14	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7391-a025-735947551144	a0000000-0000-4000-8000-000000000015	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	15	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-73b6-a0a5-2216daa28d95	a0000000-0000-4000-8000-000000000016	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	16	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-73d2-b489-b839b3be29c6	a0000000-0000-4000-8000-000000000017	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	17	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-73f3-9105-16b956eb7925	a0000000-0000-4000-8000-000000000018	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	18	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7414-b790-f0891e6f9f6d	a0000000-0000-4000-8000-000000000019	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	19	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7435-93e4-b1b9c80c5034	a0000000-0000-4000-8000-000000000020	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	20	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7451-9608-ae411a9da86b	a0000000-0000-4000-8000-000000000021	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	21	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7472-bf85-b45e0ee5e839	a0000000-0000-4000-8000-000000000022	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	22	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7493-a18f-9ef01c745c73	a0000000-0000-4000-8000-000000000023	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	23	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-74b0-a3a9-e4ae8cf6c9ba	a0000000-0000-4000-8000-000000000024	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	24	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-74d0-8edf-fcb0bdbc9fd2	a0000000-0000-4000-8000-000000000025	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	25	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-74fd-a1c8-07f3d0938977	a0000000-0000-4000-8000-000000000026	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	26	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-751e-ac62-96cc2ec32269	a0000000-0000-4000-8000-000000000027	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	27	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-753f-8f93-a0d8d45e0c40	a0000000-0000-4000-8000-000000000028	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	28	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-755c-864e-8978a4b07153	a0000000-0000-4000-8000-000000000029	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	29	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-757c-b16e-a2b2e725fe04	a0000000-0000-4000-8000-000000000030	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	30	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7599-b095-566532d9e59a	a0000000-0000-4000-8000-000000000031	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	31	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-75ba-9fe7-9fc92d6b3164	a0000000-0000-4000-8000-000000000032	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	32	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-75d7-8563-2a5f4884faed	a0000000-0000-4000-8000-000000000033	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	33	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-75f7-b606-533e20cc7d59	a0000000-0000-4000-8000-000000000034	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	34	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7618-85d7-c8facf3b6352	a0000000-0000-4000-8000-000000000035	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	35	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7639-80a9-74df2272c604	a0000000-0000-4000-8000-000000000036	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	36	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7662-a25e-44c6c3c821f9	a0000000-0000-4000-8000-000000000037	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	37	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-767e-b7e8-08c676b07797	a0000000-0000-4000-8000-000000000038	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	38	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-76a3-9dbf-a0c81e2f5493	a0000000-0000-4000-8000-000000000039	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	39	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-76c4-8e2e-297998fb4ec1	a0000000-0000-4000-8000-000000000040	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	40	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-76e5-b757-692666e100bc	a0000000-0000-4000-8000-000000000041	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	41	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7706-a410-0a63153e0168	a0000000-0000-4000-8000-000000000042	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	42	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7726-af58-546e14e64215	a0000000-0000-4000-8000-000000000043	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	43	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7747-8f9c-d28b3bdc5b8b	a0000000-0000-4000-8000-000000000044	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	44	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7768-b365-4c9318b2c1cd	a0000000-0000-4000-8000-000000000045	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	45	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-77f7-965e-aa41afd6c252	a0000000-0000-4000-8000-000000000046	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	46	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7818-b45c-6f98f05ec59d	a0000000-0000-4000-8000-000000000047	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	47	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7a76-bd9a-4d909f7e1ef6	a0000000-0000-4000-8000-000000000048	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	48	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7a9b-8e75-b0da9db522d7	a0000000-0000-4000-8000-000000000049	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	49	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-e9fd-7ac0-a179-ad5b5d56125e	a0000000-0000-4000-8000-000000000050	c0000000-0000-4000-8000-000000000001	import	2026-01-31 12:00:00+00	50	\N	\N	\N	\N	\N	validated	\N	\N	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.968513+00	2126-01-31 00:00:00+00	\N	\N	\N	\N	\N	\N	\N	\N	till 1
01a2054d-ea03-7441-a3a1-ffa2f8f124e4	a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	coupon_redemption	2026-11-22 22:08:41.987266+00	-100	server	\N	\N	unclaimed	\N	validated	mary	2026-11-22 22:08:41.987266+00	\N	\N	\N	\N	coupon	01a2054d-ea03-7441-a969-7be28fee391f	2026-11-22 22:08:41.987266+00	\N	\N	\N	\N	3	901	\\xf5267c41123910fcd64cd772c538688248116b8de1f8b5573075c0eb00801344	753	7711121234751322003	till 1
01a2054d-ea05-706a-8c79-605cb210c648	a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	coupon_redemption	2026-11-22 22:08:41.989026+00	-100	server	\N	\N	claimed	\N	validated	mary	2026-11-22 22:08:41.989026+00	\N	\N	\N	\N	coupon	01a2054d-ea05-706a-9f37-648b8af6c57e	2026-11-22 22:08:41.989026+00	\N	\N	\N	\N	3	1902	\\x1a91db208a53cda664caa27d673cda31691dec6af7de133a230d93e5f72f68be	753	7711121234751322003	till 1
01a2054d-ea05-7697-88a4-57ed501861ef	a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	coupon_redemption	2026-11-22 22:08:41.989412+00	-50	server	\N	\N	of stock	\N	validated	mary	2026-11-22 22:08:41.989412+00	\N	\N	\N	\N	coupon	01a2054d-ea05-7697-b3c1-3bc8f4aafb39	2026-11-22 22:08:41.989412+00	\N	\N	\N	\N	4	1852	\\xf77e7996ab79a8cb4ec2564abecaff0bc638959e9e96b335b6030d5b57c8c1c0	753	7711121234751322003	till 1
01a2054d-ea05-7bae-af57-0c2e5a83d4e3	a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	coupon_redemption	2026-11-22 22:08:41.98973+00	-100	server	\N	\N	revoked	\N	validated	mary	2026-11-22 22:08:41.98973+00	\N	\N	\N	\N	coupon	01a2054d-ea05-7bae-9370-f883639dd013	2026-11-22 22:08:41.98973+00	\N	\N	\N	\N	3	2903	\\x5d0850837b28120609806ecd31b889964b07ac00cda68a31ae6a61e075b55379	753	7711121234751322003	till 1
01a2054d-ea06-706a-b619-c3988484d9a0	a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	coupon_redemption	2026-11-22 22:08:41.990026+00	-20	server	\N	\N	cinema	\N	validated	mary	2026-11-22 22:08:41.990026+00	\N	\N	\N	\N	coupon	01a2054d-ea06-706a-97bb-07a7af570c16	2026-11-22 22:08:41.990026+00	\N	\N	\N	\N	3	3984	\\xea42b4a917ea74268828d97dfc1095b4da7975e1174bbe5865dd2f41b2c25209	753	7711121234751322003	till 1
01a2054d-ea06-779d-be20-883c2cb3ad59	a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	deduction	2026-11-22 22:08:41.990476+00	-400	server	\N	\N	mug	\N	validated	mary	2026-11-22 22:08:41.990476+00	mug	\N	\N	\N	\N	\N	2026-11-22 22:08:41.990476+00	\N	\N	\N	\N	3	4605	\\x2de44ca69f1d2bb671594ad4209c14ba226a6d62f390eeadae3e4b30e3f6d517	753	7711121234751322003	till 1
01a2054d-ea07-7795-bcc0-63992514bf3e	a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	visit	2026-11-22 22:07:41.985636+00	10	\N	\N	\N	visit	65	validated	mary	2026-11-22 22:08:41.991474+00	\N	\N	\N	\N	\N	\N	2026-11-22 22:08:41.991474+00	\N	{NULL,1,NULL,NULL,0,NULL,NULL,NULL,0,60,0,0,0}	1	\N	2	16	\\xc7e271ef329a4f6ef7eebdda514a6c3ff1503b758eb198ca169946afafb5fba4	753	7711121234751322003	till 1
01a2054d-ea16-77ce-bae3-7165458e0240	a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	refund	2026-11-22 22:08:42.006488+00	100	server	\N	refund:01a2054d-ea05-7bae-af57-0c2e5a83d4e3	\N	\N	validated	mary	2026-11-22 22:08:42.006488+00	by mistake	\N	\N	\N	coupon	01a2054d-ea05-7bae-9370-f883639dd013	2026-11-22 22:08:42.006488+00	\N	\N	\N	\N	4	3003	\\x7161cca41e1b4485bb24c5ea4f6c53ab0f640e7eb4bfd199d6002d5e3467b3f2	755	7711121234751322003	till 1
01a2054d-ea17-7218-a678-375ad55fa3a4	a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	refund	2026-11-22 22:08:42.007131+00	400	server	\N	refund:01a2054d-ea06-779d-be20-883c2cb3ad59	\N	\N	validated	mary	2026-11-22 22:08:42.007131+00	\N	\N	\N	\N	points_event	01a2054d-ea06-779d-be20-883c2cb3ad59	2026-11-22 22:08:42.007131+00	\N	\N	\N	\N	4	5005	\\x1e0032dd12d49ac93d869880cb08daa8a8b118b493a255f4f4b0981e448ddf7e	755	7711121234751322003	till 1
\.


--
-- Data for Name: token_keys; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.token_keys (key_id, slot, created_at, created_by, retired_at, retired_by) FROM stdin;
\.


--
-- Data for Name: trust_rules; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence) FROM stdin;
00000000-0000-0000-0000-000000000000	1	base	always	=	1	70	An event of which nothing bad is known is accepted, with or without attestation.
00000000-0000-0000-0000-000000000000	1	attestation_device	attestation	>=	3	5	The device has shown that it is a genuine one.
00000000-0000-0000-0000-000000000000	1	attestation_strong	attestation	>=	4	5	The device has shown in hardware that it is a genuine one.
00000000-0000-0000-0000-000000000000	1	attestation_for_this_request	request_bound	=	1	8	The attestation was made for this very request.
00000000-0000-0000-0000-000000000000	1	attestation_counter_fresh	counter_fresh	=	1	4	The attestation was not used before.
00000000-0000-0000-0000-000000000000	1	attestation_basic_only	attestation	=	2	-35	The device is rooted, unlocked or emulated: it has basic integrity only.
00000000-0000-0000-0000-000000000000	1	attestation_invalid	attestation	=	1	-40	There is an attestation, and it does not verify.
00000000-0000-0000-0000-000000000000	1	attestation_for_another_request	request_bound	=	0	-80	The attestation was made for another request: the hash does not match what was submitted.
00000000-0000-0000-0000-000000000000	1	attestation_replayed	counter_fresh	=	0	-80	The attestation was used before: its counter did not move on.
00000000-0000-0000-0000-000000000000	1	app_not_recognized	app_recognized	=	0	-40	The app that sent it is not the one that was published.
00000000-0000-0000-0000-000000000000	1	spacing_below_one_second	spacing_ms	<	1000	-80	Less than a second lies between this event and the one before it: nobody does that by hand.
00000000-0000-0000-0000-000000000000	1	spacing_below_three_seconds	spacing_ms	<	3000	-10	Less than three seconds lie between this event and the one before it.
00000000-0000-0000-0000-000000000000	1	spacing_robotic	spacing_variation	<	50	-35	The events come at intervals that differ by less than a twentieth, as from a timer.
00000000-0000-0000-0000-000000000000	1	busy_hour	hourly_events	>=	40	-5	Many events within an hour; a phone that was offline may send as many.
00000000-0000-0000-0000-000000000000	1	very_busy_hour	hourly_events	>=	80	-20	More events within an hour than an offline phone would have collected.
00000000-0000-0000-0000-000000000000	1	device_new	device_is_new	=	1	-5	The account has not used this device before.
00000000-0000-0000-0000-000000000000	1	device_shared	device_accounts	>=	5	-10	More accounts use this device than a family has members.
00000000-0000-0000-0000-000000000000	1	device_crowded	device_accounts	>=	10	-25	As many accounts use this device as on one that collects for others.
00000000-0000-0000-0000-000000000000	1	clock_ahead	clock_ahead_s	>=	60	-5	The event says that it happened a minute or more from now.
00000000-0000-0000-0000-000000000000	1	clock_far_ahead	clock_ahead_s	>=	300	-5	The event says that it happened five minutes or more from now.
00000000-0000-0000-0000-000000000000	1	event_late	event_age_s	>=	259200	-5	The event was sent three days or more after it happened.
00000000-0000-0000-0000-000000000000	1	account_new	account_age_s	<	86400	-5	The account is less than a day old.
00000000-0000-0000-0000-000000000000	1	nonce_conflict	nonce_conflicts	>=	1	-5	A nonce of the account came again with another request.
00000000-0000-0000-0000-000000000000	1	nonce_conflicts_repeated	nonce_conflicts	>=	3	-25	Nonces of the account came again with other requests, three times or more.
00000000-0000-0000-0000-000000000000	1	nonce_conflicts_many	nonce_conflicts	>=	5	-45	Nonces of the account came again with other requests, five times or more: somebody replays what was sent.
00000000-0000-0000-0000-000000000000	1	insight_open	open_insights	>=	1	-5	A suspicion about the account has not been resolved.
00000000-0000-0000-0000-000000000000	1	insights_open	open_insights	>=	3	-20	Three or more suspicions about the account have not been resolved.
00000000-0000-0000-0000-000000000000	1	often_rejected	rejected_percent	>=	20	-10	A fifth or more of the account's events were rejected.
00000000-0000-0000-0000-000000000000	1	mostly_rejected	rejected_percent	>=	50	-20	Half or more of the account's events were rejected.
\.


--
-- Data for Name: used_nonces; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.used_nonces (user_id, company_id, nonce, event_type, created_at, expires_at, fingerprint, event_id, coupon_id, coupon_ids, balance) FROM stdin;
a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	welcome	award	2026-11-22 22:08:41.979507+00	2026-11-29 22:18:41.979507+00	\\x5284a553ff3b084f44cc91cc6e3815cab1b5728f32375a4b7ab4d29c264796b7	01a2054d-e9fb-781c-b65c-d6d45e627ab1	\N	\N	1000
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	welcome	award	2026-11-22 22:08:41.980294+00	2026-11-29 22:18:41.980294+00	\\xc48e374c3eba1a385c6ed3714165117f4bd434c0a67d0c772d599375ab12143c	01a2054d-e9fc-74b4-98f1-ef673a22bfb4	\N	\N	2000
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	welcome	award	2026-11-22 22:08:41.98044+00	2026-11-29 22:18:41.98044+00	\\xc97438be15bc0bb35395675d515d3c18f6a8dc84a60c6b8a1d31949d0af5c2b4	01a2054d-e9fc-770a-9fe6-a3bc9d2f43e8	\N	\N	3000
a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	welcome	award	2026-11-22 22:08:41.980523+00	2026-11-29 22:18:41.980523+00	\\x537a884914020c60c8ef14f99dbc018ab4ca9e21be65fc7f2cc55d371844ed1e	01a2054d-e9fc-785e-8174-34a36ba23ec5	\N	\N	4000
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	welcome	award	2026-11-22 22:08:41.980595+00	2026-11-29 22:18:41.980595+00	\\x439a998d310de6cfeb0622b9179c74d28c060116507f19666fd96d30484bd105	01a2054d-e9fc-7985-837f-6063a8bff0a8	\N	\N	5000
a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	unclaimed	coupon_redemption	2026-11-22 22:08:41.987266+00	2026-11-29 22:18:41.987266+00	\\x6de46213332eb3dfd695db4af48702a87563534512ea13354c6185372e65bf7b	\N	01a2054d-ea03-7441-a969-7be28fee391f	\N	901
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	claimed	coupon_redemption	2026-11-22 22:08:41.989026+00	2026-11-29 22:18:41.989026+00	\\x6de46213332eb3dfd695db4af48702a87563534512ea13354c6185372e65bf7b	\N	01a2054d-ea05-706a-9f37-648b8af6c57e	\N	1902
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	of stock	coupon_redemption	2026-11-22 22:08:41.989412+00	2026-11-29 22:18:41.989412+00	\\xa1d2eb2febb9410b8beecb3062f8968102f94db93008ea9f60cc118879a2989d	\N	01a2054d-ea05-7697-b3c1-3bc8f4aafb39	\N	1852
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	revoked	coupon_redemption	2026-11-22 22:08:41.98973+00	2026-11-29 22:18:41.98973+00	\\x6de46213332eb3dfd695db4af48702a87563534512ea13354c6185372e65bf7b	\N	01a2054d-ea05-7bae-9370-f883639dd013	\N	2903
a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	cinema	coupon_redemption	2026-11-22 22:08:41.990026+00	2026-11-29 22:18:41.990026+00	\\x920bf92a9aad2788db28d46672bafd68f51e61148acbcf10dea88a25d85763d8	\N	01a2054d-ea06-706a-97bb-07a7af570c16	\N	3984
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	mug	deduction	2026-11-22 22:08:41.990476+00	2026-11-29 22:18:41.990476+00	\\x90f5264c8022d8e85233d1edfb5978a8e7d52e5182318fc4bdf749f6953f1d83	01a2054d-ea06-779d-be20-883c2cb3ad59	\N	\N	4605
a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	visit	visit	2026-11-22 22:08:41.991474+00	2026-11-29 22:18:41.991474+00	\\xe963f00b513167122a36b7bdaf92e177add0f36503de24ed40c5157e9ac7e760	01a2054d-ea07-7795-bcc0-63992514bf3e	\N	\N	16
\.


--
-- Data for Name: user_points_cache; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.user_points_cache (user_id, company_id, available_points, pending_points, lifetime_earned, lifetime_spent, last_event_id, updated_at, opened_at, version, chain_head, expiring_points, next_expiry, submitted_events, rejected_events, last_submitted_at, last_event_time, spacing_mean, spacing_deviation, hour_started, hour_events, hour_points, past_hour_events, past_hour_points, day_started, day_events, day_points, past_day_events, past_day_points) FROM stdin;
a0000000-0000-4000-8000-000000000002	c0000000-0000-4000-8000-000000000001	1852	0	2002	150	01a2054d-ea05-7697-88a4-57ed501861ef	2026-11-22 22:08:41.989412+00	2026-11-22 22:08:41.968513+00	4	\\xf77e7996ab79a8cb4ec2564abecaff0bc638959e9e96b335b6030d5b57c8c1c0	0	\N	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000004	c0000000-0000-4000-8000-000000000001	3984	0	4004	20	01a2054d-ea06-706a-b619-c3988484d9a0	2026-11-22 22:08:41.990026+00	2026-11-22 22:08:41.968513+00	3	\\xea42b4a917ea74268828d97dfc1095b4da7975e1174bbe5865dd2f41b2c25209	0	\N	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000007	c0000000-0000-4000-8000-000000000001	7	0	7	0	01a2054d-e9fd-7276-b834-0d0c2c13ba55	2026-11-22 22:08:41.982879+00	2026-11-22 22:08:41.968513+00	1	\\xbb9f71c83bcbd95b9ffa66e4a3e3aea2d972b89d66af892fbfe998ccbdc41600	7	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000008	c0000000-0000-4000-8000-000000000001	8	0	8	0	01a2054d-e9fd-7297-9678-f465141f6052	2026-11-22 22:08:41.982919+00	2026-11-22 22:08:41.968513+00	1	\\x9ef5d9afb5bf4b0c33c516e5b2bf7fd9f97bf206cbcc4b253984a5ebeb7a3697	8	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000001	c0000000-0000-4000-8000-000000000001	901	0	1001	100	01a2054d-ea03-7441-a3a1-ffa2f8f124e4	2026-11-22 22:08:41.987266+00	2026-11-22 22:08:41.968513+00	3	\\xf5267c41123910fcd64cd772c538688248116b8de1f8b5573075c0eb00801344	0	\N	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000006	c0000000-0000-4000-8000-000000000001	16	0	16	0	01a2054d-ea07-7795-bcc0-63992514bf3e	2026-11-22 22:08:41.991474+00	2026-11-22 22:08:41.968513+00	2	\\xc7e271ef329a4f6ef7eebdda514a6c3ff1503b758eb198ca169946afafb5fba4	6	2126-01-31 00:00:00+00	1	0	2026-11-22 22:08:41.991474+00	2026-11-22 22:07:41.985636+00	0	0	2026-11-22 22:08:41.991474+00	1	10	0	0	2026-11-22 22:08:41.991474+00	1	10	0	0
a0000000-0000-4000-8000-000000000003	c0000000-0000-4000-8000-000000000001	3003	0	3103	100	01a2054d-ea16-77ce-bae3-7165458e0240	2026-11-22 22:08:42.006488+00	2026-11-22 22:08:41.968513+00	4	\\x7161cca41e1b4485bb24c5ea4f6c53ab0f640e7eb4bfd199d6002d5e3467b3f2	3	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000005	c0000000-0000-4000-8000-000000000001	5005	0	5405	400	01a2054d-ea17-7218-a678-375ad55fa3a4	2026-11-22 22:08:42.007131+00	2026-11-22 22:08:41.968513+00	4	\\x1e0032dd12d49ac93d869880cb08daa8a8b118b493a255f4f4b0981e448ddf7e	5	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000009	c0000000-0000-4000-8000-000000000001	9	0	9	0	01a2054d-e9fd-72b8-8764-1555937a17f6	2026-11-22 22:08:41.983057+00	2026-11-22 22:08:41.968513+00	1	\\x86d0b44e77bbb7d880144ac0b7f828c9fef9b67feef7d72dd865ac228e3d6ff8	9	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000010	c0000000-0000-4000-8000-000000000001	10	0	10	0	01a2054d-e9fd-72dd-8430-41e70d64e9dc	2026-11-22 22:08:41.983118+00	2026-11-22 22:08:41.968513+00	1	\\x7e6d6fb77f3c068e3866a6199821994a275f3c42425a08ce3bb2e5923c544cb6	10	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000011	c0000000-0000-4000-8000-000000000001	11	0	11	0	01a2054d-e9fd-72f9-a882-63f70b14c79b	2026-11-22 22:08:41.983162+00	2026-11-22 22:08:41.968513+00	1	\\x1f31ff3686a9b1db238aa1f4fb7e3d3eb332f1d275a482e3c95a4f407a2324f9	11	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000012	c0000000-0000-4000-8000-000000000001	12	0	12	0	01a2054d-e9fd-731a-95bc-1ec57cb1ab50	2026-11-22 22:08:41.983206+00	2026-11-22 22:08:41.968513+00	1	\\xd10a3ee2e529c3cea0811519941b168a13ab102ad57ce9ea71bad9ccae253926	12	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000013	c0000000-0000-4000-8000-000000000001	13	0	13	0	01a2054d-e9fd-733b-854e-f8b9e0b2d610	2026-11-22 22:08:41.983244+00	2026-11-22 22:08:41.968513+00	1	\\xe4f3a033e2cabf87ac60f474bac0536896c99e9c5408dffe013eb801d72437ed	13	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000014	c0000000-0000-4000-8000-000000000001	14	0	14	0	01a2054d-e9fd-7353-8fc3-7166df957ea6	2026-11-22 22:08:41.983285+00	2026-11-22 22:08:41.968513+00	1	\\x3aba42d6ffc821eb0f4f5b4c61979766e13848e03516d749f883f351d356d697	14	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000015	c0000000-0000-4000-8000-000000000001	15	0	15	0	01a2054d-e9fd-7391-a025-735947551144	2026-11-22 22:08:41.983324+00	2026-11-22 22:08:41.968513+00	1	\\x72b91be75da7b96245a5c709ae2d6618692818efc7c99e5d70ea124c12d1a7b9	15	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000016	c0000000-0000-4000-8000-000000000001	16	0	16	0	01a2054d-e9fd-73b6-a0a5-2216daa28d95	2026-11-22 22:08:41.983362+00	2026-11-22 22:08:41.968513+00	1	\\x3bd7f8014fe0f96db53b94719074a57f3ea71fad4008eeddc2761530764fc09d	16	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000017	c0000000-0000-4000-8000-000000000001	17	0	17	0	01a2054d-e9fd-73d2-b489-b839b3be29c6	2026-11-22 22:08:41.983404+00	2026-11-22 22:08:41.968513+00	1	\\xb7a5b98eb6c0b28296916d06789342920d085165ac7ff69952a1f2df256a179b	17	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000018	c0000000-0000-4000-8000-000000000001	18	0	18	0	01a2054d-e9fd-73f3-9105-16b956eb7925	2026-11-22 22:08:41.983442+00	2026-11-22 22:08:41.968513+00	1	\\xb47113664bfa88935e44aea2321b36c318d73f947f03e2c1e629e2143d5a35ea	18	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000019	c0000000-0000-4000-8000-000000000001	19	0	19	0	01a2054d-e9fd-7414-b790-f0891e6f9f6d	2026-11-22 22:08:41.98348+00	2026-11-22 22:08:41.968513+00	1	\\x1d9e3f99e1b88cdb3dcda1852c02cb2e99a49ed55984696f7a51c22ff0649203	19	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000020	c0000000-0000-4000-8000-000000000001	20	0	20	0	01a2054d-e9fd-7435-93e4-b1b9c80c5034	2026-11-22 22:08:41.983537+00	2026-11-22 22:08:41.968513+00	1	\\xff8782d7c8fcc159e87d743865930834608b8fb430f2817a0ac57ea8347257dc	20	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000021	c0000000-0000-4000-8000-000000000001	21	0	21	0	01a2054d-e9fd-7451-9608-ae411a9da86b	2026-11-22 22:08:41.983576+00	2026-11-22 22:08:41.968513+00	1	\\x5c42bbaea796bb85dea9b2d78a9a97f33fed9c76b35699802c5adc5f45879251	21	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000022	c0000000-0000-4000-8000-000000000001	22	0	22	0	01a2054d-e9fd-7472-bf85-b45e0ee5e839	2026-11-22 22:08:41.983616+00	2026-11-22 22:08:41.968513+00	1	\\x5ed55536327adc5d8adefaa20a691cdb28c3e76be92b50dab0350eda9db0da4b	22	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000023	c0000000-0000-4000-8000-000000000001	23	0	23	0	01a2054d-e9fd-7493-a18f-9ef01c745c73	2026-11-22 22:08:41.983653+00	2026-11-22 22:08:41.968513+00	1	\\xd8c89dc5dedc6056d852eb25a746cfb626ff4b6cfcceae6aa40bb9a5852faaf8	23	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000024	c0000000-0000-4000-8000-000000000001	24	0	24	0	01a2054d-e9fd-74b0-a3a9-e4ae8cf6c9ba	2026-11-22 22:08:41.983691+00	2026-11-22 22:08:41.968513+00	1	\\xa3412f9471a9d15cefcf7d72015c4aa1f016933e5fd2d1bbebd9061b69666410	24	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000025	c0000000-0000-4000-8000-000000000001	25	0	25	0	01a2054d-e9fd-74d0-8edf-fcb0bdbc9fd2	2026-11-22 22:08:41.983732+00	2026-11-22 22:08:41.968513+00	1	\\xf5169286241f8950eaade544c886cb1238c5f03dd1051cfa3d860ab27e5cbced	25	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000026	c0000000-0000-4000-8000-000000000001	26	0	26	0	01a2054d-e9fd-74fd-a1c8-07f3d0938977	2026-11-22 22:08:41.98377+00	2026-11-22 22:08:41.968513+00	1	\\x74fa13ba6440e7cc15fc93931f75fd32c39a522800ffba50fb0d6d00bf1323b8	26	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000027	c0000000-0000-4000-8000-000000000001	27	0	27	0	01a2054d-e9fd-751e-ac62-96cc2ec32269	2026-11-22 22:08:41.98381+00	2026-11-22 22:08:41.968513+00	1	\\xc6a5076886f59289cec1db4310e14f6d5d8fa63cb480077169b2c4475ddb8c2b	27	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000028	c0000000-0000-4000-8000-000000000001	28	0	28	0	01a2054d-e9fd-753f-8f93-a0d8d45e0c40	2026-11-22 22:08:41.983849+00	2026-11-22 22:08:41.968513+00	1	\\x4f212b3c74f39d1775dd98ac584c5acab44fe5306c992f08255e3992a8a8ab3e	28	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000029	c0000000-0000-4000-8000-000000000001	29	0	29	0	01a2054d-e9fd-755c-864e-8978a4b07153	2026-11-22 22:08:41.983886+00	2026-11-22 22:08:41.968513+00	1	\\x18bcd665c30092cd1dab03cf22509080dc0ded941ebad28eb91a112bd60efefd	29	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000030	c0000000-0000-4000-8000-000000000001	30	0	30	0	01a2054d-e9fd-757c-b16e-a2b2e725fe04	2026-11-22 22:08:41.983927+00	2026-11-22 22:08:41.968513+00	1	\\xe0f035a2c3f3e71fb3683478f0ddbc96930208a6d53449467b133d9e4bdf368c	30	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000031	c0000000-0000-4000-8000-000000000001	31	0	31	0	01a2054d-e9fd-7599-b095-566532d9e59a	2026-11-22 22:08:41.983981+00	2026-11-22 22:08:41.968513+00	1	\\xb3836c93a1238b3ad44a14e5e97e16dd0b5f9e79ccaea241def64f1e4e34fab4	31	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000032	c0000000-0000-4000-8000-000000000001	32	0	32	0	01a2054d-e9fd-75ba-9fe7-9fc92d6b3164	2026-11-22 22:08:41.984023+00	2026-11-22 22:08:41.968513+00	1	\\x7c6be8dc6181d530850eaa5a40111a8d7fec11d70a0234c2d5d904798df9833c	32	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000033	c0000000-0000-4000-8000-000000000001	33	0	33	0	01a2054d-e9fd-75d7-8563-2a5f4884faed	2026-11-22 22:08:41.984063+00	2026-11-22 22:08:41.968513+00	1	\\xbab6086a8531c12b71eda84fc5049cc8317cf2a7c21d39c0b3f5bf6092df9eb2	33	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000034	c0000000-0000-4000-8000-000000000001	34	0	34	0	01a2054d-e9fd-75f7-b606-533e20cc7d59	2026-11-22 22:08:41.984116+00	2026-11-22 22:08:41.968513+00	1	\\xf6fff0fd8849c5f0680d24cd8570891b15074bb526b838fc2111a7494fc14a3e	34	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000035	c0000000-0000-4000-8000-000000000001	35	0	35	0	01a2054d-e9fd-7618-85d7-c8facf3b6352	2026-11-22 22:08:41.984162+00	2026-11-22 22:08:41.968513+00	1	\\xfd6e92eb9f3b06710bdb7e90879f002040b3fcecccd99c577f5bd618241bbac4	35	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000036	c0000000-0000-4000-8000-000000000001	36	0	36	0	01a2054d-e9fd-7639-80a9-74df2272c604	2026-11-22 22:08:41.9842+00	2026-11-22 22:08:41.968513+00	1	\\x573b5736c965ca7842a6bc7f1555a1263672fb78bdbe841d2f1212b58c46c1c4	36	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000037	c0000000-0000-4000-8000-000000000001	37	0	37	0	01a2054d-e9fd-7662-a25e-44c6c3c821f9	2026-11-22 22:08:41.984236+00	2026-11-22 22:08:41.968513+00	1	\\x7fada508e4070f53c25b957970233541e02a9af83e0ab7a9f3b7669e1c2eb2a7	37	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000038	c0000000-0000-4000-8000-000000000001	38	0	38	0	01a2054d-e9fd-767e-b7e8-08c676b07797	2026-11-22 22:08:41.984277+00	2026-11-22 22:08:41.968513+00	1	\\xda56410547b9ee178f1e8bd8c175b9a87afa2c7e8a24eb6b3bd50040477a89d7	38	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000039	c0000000-0000-4000-8000-000000000001	39	0	39	0	01a2054d-e9fd-76a3-9dbf-a0c81e2f5493	2026-11-22 22:08:41.984315+00	2026-11-22 22:08:41.968513+00	1	\\x21cb06ec2b475082eeba95f596429bcb4ada5650cb1bdd9c1a498c06b58c974c	39	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000040	c0000000-0000-4000-8000-000000000001	40	0	40	0	01a2054d-e9fd-76c4-8e2e-297998fb4ec1	2026-11-22 22:08:41.984355+00	2026-11-22 22:08:41.968513+00	1	\\x44ab78d89b44f6c5f587b787b7f2508c71302c877d62ff5d7ca6fb8d717d034e	40	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000041	c0000000-0000-4000-8000-000000000001	41	0	41	0	01a2054d-e9fd-76e5-b757-692666e100bc	2026-11-22 22:08:41.984393+00	2026-11-22 22:08:41.968513+00	1	\\x85682d552635526eb5b0d84a9d3ef0b1fdc48b98bcf3a20abbb78c225c73915e	41	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000042	c0000000-0000-4000-8000-000000000001	42	0	42	0	01a2054d-e9fd-7706-a410-0a63153e0168	2026-11-22 22:08:41.98445+00	2026-11-22 22:08:41.968513+00	1	\\xb204bc5f7747508849d6e22cdb36449919c52fdb2a2c7c8085586a4c34f0e385	42	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000043	c0000000-0000-4000-8000-000000000001	43	0	43	0	01a2054d-e9fd-7726-af58-546e14e64215	2026-11-22 22:08:41.984492+00	2026-11-22 22:08:41.968513+00	1	\\x3d2996a2bf6aa6b43a0c7bc661ba163704cd161ed213820dee8c2e543ab2fcd9	43	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000044	c0000000-0000-4000-8000-000000000001	44	0	44	0	01a2054d-e9fd-7747-8f9c-d28b3bdc5b8b	2026-11-22 22:08:41.984531+00	2026-11-22 22:08:41.968513+00	1	\\xc284968578c8dd1803a6b00e76492dc9b2aa1d09821ddbbe6801c28eb537349d	44	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000045	c0000000-0000-4000-8000-000000000001	45	0	45	0	01a2054d-e9fd-7768-b365-4c9318b2c1cd	2026-11-22 22:08:41.984574+00	2026-11-22 22:08:41.968513+00	1	\\x8b743c3fd7f7a10bd416fad0bf0fe61b448f93c096a4ab1a903a49cfaf242e3f	45	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000046	c0000000-0000-4000-8000-000000000001	46	0	46	0	01a2054d-e9fd-77f7-965e-aa41afd6c252	2026-11-22 22:08:41.984613+00	2026-11-22 22:08:41.968513+00	1	\\x3014b2460510a26faae8d8027c12b4f16926be10bfb2bfa62e47e7aeb7878eb3	46	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000047	c0000000-0000-4000-8000-000000000001	47	0	47	0	01a2054d-e9fd-7818-b45c-6f98f05ec59d	2026-11-22 22:08:41.984653+00	2026-11-22 22:08:41.968513+00	1	\\x6616ceec22de6576052d1e328b24ebcee85c88a1c5cbdc8ffdce9d899aa9c8d0	47	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000048	c0000000-0000-4000-8000-000000000001	48	0	48	0	01a2054d-e9fd-7a76-bd9a-4d909f7e1ef6	2026-11-22 22:08:41.984694+00	2026-11-22 22:08:41.968513+00	1	\\xfbf476d6a2be0ff4050ca87071c44ff988fb05f798d658dfefe5790598e99910	48	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000049	c0000000-0000-4000-8000-000000000001	49	0	49	0	01a2054d-e9fd-7a9b-8e75-b0da9db522d7	2026-11-22 22:08:41.984838+00	2026-11-22 22:08:41.968513+00	1	\\x5a1c1177c27b59acc50b3d8d0bf709b673bd09748e2327ccb631c1dbf0d3c600	49	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
a0000000-0000-4000-8000-000000000050	c0000000-0000-4000-8000-000000000001	50	0	50	0	01a2054d-e9fd-7ac0-a179-ad5b5d56125e	2026-11-22 22:08:41.984881+00	2026-11-22 22:08:41.968513+00	1	\\x22c67b17f3c55939e94d9c8530e7eb9cdcd219ce3d0b5cffa22c8a8de23f9318	50	2126-01-31 00:00:00+00	0	0	\N	\N	0	0	\N	0	0	0	0	\N	0	0	0	0
\.


--
-- Data for Name: vendor_batches; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.vendor_batches (id, company_id, number, template_id, label, codes, key_slot, wrapped_key, expires_at, imported_at, imported_by, shredded_at, shredded_by, shred_reason) FROM stdin;
01a2054d-e9f7-7018-98f9-d9d42b6caa2b	c0000000-0000-4000-8000-000000000001	1	b0000000-0000-4000-8000-000000000003	first	3	0	\\x4ff4b3e5b3b6d3002ea706abdc705c6f1d0737de6b5c9b23b15564874b3e1d6bde2bf32e02c82a62c8372a6275f9c70d	infinity	2026-11-22 22:08:41.975006+00	mary	\N	\N	\N
\.


--
-- Data for Name: vendor_codes; Type: TABLE DATA; Schema: rewards; Owner: frozen_owner
--

COPY rewards.vendor_codes (id, company_id, batch_id, ordinal, template_id, code_tag, sealed_code, expires_at, status, coupon_id, assigned_at, revealed_at, revealed_by, withdrawn_at) FROM stdin;
01a2054d-e9f7-701c-9799-7b716a76199f	c0000000-0000-4000-8000-000000000001	01a2054d-e9f7-7018-98f9-d9d42b6caa2b	2	b0000000-0000-4000-8000-000000000003	\\x6d9c7d43bd815f6a1d99671738ba015d3296922aa6e8df327810d7c4d447ac4b	\\x5e24f4ba55096afa0834a6b1427a117e9a404f555ad0ba89	infinity	available	\N	\N	\N	\N	\N
01a2054d-e9f7-7020-8cec-4112311c6067	c0000000-0000-4000-8000-000000000001	01a2054d-e9f7-7018-98f9-d9d42b6caa2b	3	b0000000-0000-4000-8000-000000000003	\\xd9fe9aba095c153b3b239b195817a510ef0ac6c22a9adae3cd0fad9a2b287524	\\x8c4cbc396c4f1c26151f4cedcb9db13bcd0e4eb1c1e3f1e3	infinity	available	\N	\N	\N	\N	\N
01a2054d-e9f7-7018-8b0d-71dfba469b06	c0000000-0000-4000-8000-000000000001	01a2054d-e9f7-7018-98f9-d9d42b6caa2b	1	b0000000-0000-4000-8000-000000000003	\\x1491652e562a916b0297df8ff2647b0a75a07f78f2b06ef319520608910beef1	\\x0a0fa7903713c22c8fbca092a71a5d7303a6a310db03d930	infinity	revealed	01a2054d-ea06-706a-97bb-07a7af570c16	2026-11-22 22:08:41.990026+00	2026-11-22 22:08:41.991023+00	mary	\N
\.


--
-- Data for Name: kept; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.kept (place, kind, call, answer) FROM stdin;
9	claim	SELECT outcome, value FROM rewards.claim_coupon('00M8-MCEE-E3AY-BGQC', 'till')	\N
1	same	SELECT outcome, balance, replayed FROM rewards.award_points(shop.id('a', 1), 1000, 'welcome', 'welcome')	(awarded,1000,t)
2	same	SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 1), shop.id('b', 1), 'unclaimed')	(redeemed,01a2054d-ea03-7441-a969-7be28fee391f,00M8-MCEE-E3AY-BGQC,t)
3	same	SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 1), 'claimed')	(redeemed,01a2054d-ea05-706a-9f37-648b8af6c57e,009C-D58J-09CC-0QQC,t)
4	same	SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 2), 'of stock')	(redeemed,01a2054d-ea05-7697-b3c1-3bc8f4aafb39,00D1-JE39-6DK9-V0BR,t)
5	same	SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 3), shop.id('b', 1), 'revoked')	(redeemed,01a2054d-ea05-7bae-9370-f883639dd013,003N-K3V4-7BS4-D9C0,t)
6	same	SELECT outcome, coupon_id, replayed FROM rewards.redeem_coupon(shop.id('a', 4), shop.id('b', 3), 'cinema')	(redeemed,01a2054d-ea06-706a-97bb-07a7af570c16,t)
7	same	SELECT outcome, balance, replayed FROM rewards.deduct_points(shop.id('a', 5), 400, 'mug', 'mug')	(deducted,4605,t)
8	same	SELECT v.outcome, v.code FROM rewards.redeem_coupon(shop.id('a', 4), shop.id('b', 3), 'cinema') AS r, rewards.reveal_vendor_code(r.coupon_id) AS v	(revealed,CINEMA-1)
10	same	SELECT outcome, value, replayed FROM rewards.claim_coupon('009C-D58J-09CC-0QQC', 'till', claim_ref => 'receipt 1')	(claimed,10,t)
11	same	SELECT rewards.event_receipt('01a2054d-e9fb-781c-b65c-d6d45e627ab1')	("{""leaf"": ""a000000000004000800000000000000100000000000000011a485744fbcc0433c79d557821792f1664fbcf0c78b5470c6bd624f818ced2b9"", ""path"": [""41409fa4ccce6a08b16b46bb05fefdda32d69d80af03d56670a9964bea97c92f"", ""794aadc61df5bcf4d925021e466c522ee0fec74267d0decc0bd7aaadf949fbdf"", ""e7eff9fb1d7ffd3fa78983aed4caa8755e0fc9d8a6a052faf939b4b0d6f3ff9d"", ""0db3e7349c290b49086806a1add55bc630adbf435d7afc7c18f70a08b66efef0"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 0, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000001"", ""version"": ""1"", ""event_id"": ""01a2054d-e9fb-781c-b65c-d6d45e627ab1"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""1a485744fbcc0433c79d557821792f1664fbcf0c78b5470c6bd624f818ced2b9""}")
12	same	SELECT rewards.event_receipt('01a2054d-e9fc-74b4-98f1-ef673a22bfb4')	("{""leaf"": ""a000000000004000800000000000000200000000000000011f2ee2505ca58e921b168730f173f9ae3b0d04af451bb5dd1323f403b570205e"", ""path"": [""27308619de0cf8bfde68348858ad9849058638c37a61fed9d59035d367bcba72"", ""4a1b3be34481dd80c0cc80e0609b13a971c8b054ec0fc7898e5aaf5f2af30785"", ""e7eff9fb1d7ffd3fa78983aed4caa8755e0fc9d8a6a052faf939b4b0d6f3ff9d"", ""0db3e7349c290b49086806a1add55bc630adbf435d7afc7c18f70a08b66efef0"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 3, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000002"", ""version"": ""1"", ""event_id"": ""01a2054d-e9fc-74b4-98f1-ef673a22bfb4"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""1f2ee2505ca58e921b168730f173f9ae3b0d04af451bb5dd1323f403b570205e""}")
13	same	SELECT rewards.event_receipt('01a2054d-e9fc-770a-9fe6-a3bc9d2f43e8')	("{""leaf"": ""a0000000000040008000000000000003000000000000000111f53d0f79d43d05e6eab07a2a1c147b4423df281df82229510b862261e10eb1"", ""path"": [""9bab2426a745e0c76c8d0d99000bce3b9daf9cbf678631f2231b7453b4035685"", ""d70b01038afccf006b2bf24b8cba4eb08822a32839649ff736c41e8a0d5dcb4f"", ""25591440ceea05c7423d33d7707d47bede86ecc2628b94f790defc35039794e9"", ""0db3e7349c290b49086806a1add55bc630adbf435d7afc7c18f70a08b66efef0"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 7, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000003"", ""version"": ""1"", ""event_id"": ""01a2054d-e9fc-770a-9fe6-a3bc9d2f43e8"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""11f53d0f79d43d05e6eab07a2a1c147b4423df281df82229510b862261e10eb1""}")
14	same	SELECT rewards.event_receipt('01a2054d-e9fc-785e-8174-34a36ba23ec5')	("{""leaf"": ""a0000000000040008000000000000004000000000000000106859375e93e34d05ed4e3e9761bbe83a871b3593c7bd5ce5c7d01fcb39c36fd"", ""path"": [""218b0ebdf2839354b44c005d345227b20585fd2d95d9d64cc36c969b452d42ff"", ""dca514658772336ca08e6f739e0345ca0bfff10834dd55997e1ef9dbc3bda127"", ""49c68c5c52affa83734419c3d4794eb309b64126a496d9fb740392b2612772c8"", ""db3d4a98c00eb04aa56c0eb0873b0480d9e9532225ae4dec1a4ef27a4563755c"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 10, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000004"", ""version"": ""1"", ""event_id"": ""01a2054d-e9fc-785e-8174-34a36ba23ec5"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""06859375e93e34d05ed4e3e9761bbe83a871b3593c7bd5ce5c7d01fcb39c36fd""}")
15	same	SELECT rewards.event_receipt('01a2054d-e9fc-7985-837f-6063a8bff0a8')	("{""leaf"": ""a00000000000400080000000000000050000000000000001aeff648bf6ba21be2395151e266757d2b53872bca661c3b84e115993ab6cc17e"", ""path"": [""c5f8c7130f5981f9959fd11bc929a5850309894b19d432197136f8f07a474741"", ""99204d7203cb841aab060fb09c27af4449979ccef0466ec612e70d915d476764"", ""b67fe8a069918514db61db4271d5ccf07fe94b84860b6342abb9fdc15c9b6f2d"", ""db3d4a98c00eb04aa56c0eb0873b0480d9e9532225ae4dec1a4ef27a4563755c"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 13, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000005"", ""version"": ""1"", ""event_id"": ""01a2054d-e9fc-7985-837f-6063a8bff0a8"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""aeff648bf6ba21be2395151e266757d2b53872bca661c3b84e115993ab6cc17e""}")
16	same	SELECT rewards.event_receipt('01a2054d-ea06-779d-be20-883c2cb3ad59')	("{""leaf"": ""a000000000004000800000000000000500000000000000032de44ca69f1d2bb671594ad4209c14ba226a6d62f390eeadae3e4b30e3f6d517"", ""path"": [""f776b0f7457032fa4df12511afc019d0923566a31114575dc034ca86ae914ae8"", ""aa54370db97f774047ad1b409d9e3c73d005a2d62f221c209eafcdb2735a0925"", ""b67fe8a069918514db61db4271d5ccf07fe94b84860b6342abb9fdc15c9b6f2d"", ""db3d4a98c00eb04aa56c0eb0873b0480d9e9532225ae4dec1a4ef27a4563755c"", ""9af5498db3cd2417570c39553c39aacabd91ef23590ab6c142adbd596e6169f8"", ""a30f5aa7852b806613f490b7c4dbe47b28b502c6ed3bb0c5681d57e9f4b2f1f5""], ""size"": 62, ""block"": {""root"": ""efb918e7f0df65d3ce076919b97e15d662cb1b3cb3507456d38001434de05b58"", ""block"": 1, ""to_xid"": ""754"", ""entries"": 62, ""from_xid"": ""0"", ""sealed_at"": ""1795385321999575"", ""sealed_by"": ""mary"", ""system_id"": ""7711121234751322003"", ""block_hash"": ""f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782"", ""previous_hash"": ""0000000000000000000000000000000000000000000000000000000000000000""}, ""index"": 15, ""format"": ""pg_rewards receipt v1"", ""sealed"": true, ""user_id"": ""a0000000-0000-4000-8000-000000000005"", ""version"": ""3"", ""event_id"": ""01a2054d-ea06-779d-be20-883c2cb3ad59"", ""company_id"": ""c0000000-0000-4000-8000-000000000001"", ""entry_hash"": ""2de44ca69f1d2bb671594ad4209c14ba226a6d62f390eeadae3e4b30e3f6d517""}")
17	same	SELECT layer, "check", status, bad FROM rewards.verify_ledger(digest => 'pg_rewards:1:c0000000-0000-4000-8000-000000000001:1:f8c72add21461f2b697348eaf9c9d76b2628a97ac767d6d146840d75b581f782:1:6b71ee9bdb5fdecd3168d4ea7a5b8df69a30550bff7084f0b923903b410eb202') WHERE layer = 'digest' OR "check" ~ 'digest'	(3,digest,ok,0)
18	same	SELECT user_id, available_points, pending_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache ORDER BY user_id	(a0000000-0000-4000-8000-000000000001,901,0,1001,100)\n(a0000000-0000-4000-8000-000000000002,1852,0,2002,150)\n(a0000000-0000-4000-8000-000000000003,3003,0,3103,100)\n(a0000000-0000-4000-8000-000000000004,3984,0,4004,20)\n(a0000000-0000-4000-8000-000000000005,5005,0,5405,400)\n(a0000000-0000-4000-8000-000000000006,16,0,16,0)\n(a0000000-0000-4000-8000-000000000007,7,0,7,0)\n(a0000000-0000-4000-8000-000000000008,8,0,8,0)\n(a0000000-0000-4000-8000-000000000009,9,0,9,0)\n(a0000000-0000-4000-8000-000000000010,10,0,10,0)\n(a0000000-0000-4000-8000-000000000011,11,0,11,0)\n(a0000000-0000-4000-8000-000000000012,12,0,12,0)\n(a0000000-0000-4000-8000-000000000013,13,0,13,0)\n(a0000000-0000-4000-8000-000000000014,14,0,14,0)\n(a0000000-0000-4000-8000-000000000015,15,0,15,0)\n(a0000000-0000-4000-8000-000000000016,16,0,16,0)\n(a0000000-0000-4000-8000-000000000017,17,0,17,0)\n(a0000000-0000-4000-8000-000000000018,18,0,18,0)\n(a0000000-0000-4000-8000-000000000019,19,0,19,0)\n(a0000000-0000-4000-8000-000000000020,20,0,20,0)\n(a0000000-0000-4000-8000-000000000021,21,0,21,0)\n(a0000000-0000-4000-8000-000000000022,22,0,22,0)\n(a0000000-0000-4000-8000-000000000023,23,0,23,0)\n(a0000000-0000-4000-8000-000000000024,24,0,24,0)\n(a0000000-0000-4000-8000-000000000025,25,0,25,0)\n(a0000000-0000-4000-8000-000000000026,26,0,26,0)\n(a0000000-0000-4000-8000-000000000027,27,0,27,0)\n(a0000000-0000-4000-8000-000000000028,28,0,28,0)\n(a0000000-0000-4000-8000-000000000029,29,0,29,0)\n(a0000000-0000-4000-8000-000000000030,30,0,30,0)\n(a0000000-0000-4000-8000-000000000031,31,0,31,0)\n(a0000000-0000-4000-8000-000000000032,32,0,32,0)\n(a0000000-0000-4000-8000-000000000033,33,0,33,0)\n(a0000000-0000-4000-8000-000000000034,34,0,34,0)\n(a0000000-0000-4000-8000-000000000035,35,0,35,0)\n(a0000000-0000-4000-8000-000000000036,36,0,36,0)\n(a0000000-0000-4000-8000-000000000037,37,0,37,0)\n(a0000000-0000-4000-8000-000000000038,38,0,38,0)\n(a0000000-0000-4000-8000-000000000039,39,0,39,0)\n(a0000000-0000-4000-8000-000000000040,40,0,40,0)\n(a0000000-0000-4000-8000-000000000041,41,0,41,0)\n(a0000000-0000-4000-8000-000000000042,42,0,42,0)\n(a0000000-0000-4000-8000-000000000043,43,0,43,0)\n(a0000000-0000-4000-8000-000000000044,44,0,44,0)\n(a0000000-0000-4000-8000-000000000045,45,0,45,0)\n(a0000000-0000-4000-8000-000000000046,46,0,46,0)\n(a0000000-0000-4000-8000-000000000047,47,0,47,0)\n(a0000000-0000-4000-8000-000000000048,48,0,48,0)\n(a0000000-0000-4000-8000-000000000049,49,0,49,0)\n(a0000000-0000-4000-8000-000000000050,50,0,50,0)
19	same	SELECT * FROM rewards.balance_at(shop.id('a', 5), '2026-06-01')	(0)
20	none	SELECT * FROM rewards.verify_ledger() WHERE status = 'bad'	\N
21	none	SELECT * FROM rewards.verify_audit() WHERE status = 'bad'	\N
22	none	SELECT * FROM rewards.reconcile_ledger()	\N
23	none	SELECT * FROM rewards.ledger_discrepancies	\N
24	none	SELECT * FROM rewards.coupon_stock_discrepancies	\N
\.


--
-- Name: kept_place_seq; Type: SEQUENCE SET; Schema: shop; Owner: postgres
--

SELECT pg_catalog.setval('shop.kept_place_seq', 24, true);


--
-- Name: account_devices account_devices_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.account_devices
    ADD CONSTRAINT account_devices_pkey PRIMARY KEY (user_id, company_id, device_id);


--
-- Name: attestation_cache attestation_cache_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.attestation_cache
    ADD CONSTRAINT attestation_cache_pkey PRIMARY KEY (user_id, company_id, attestation_token_hash);


--
-- Name: audit_blocks audit_blocks_company_id_system_id_to_xid_key; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.audit_blocks
    ADD CONSTRAINT audit_blocks_company_id_system_id_to_xid_key UNIQUE (company_id, system_id, to_xid);


--
-- Name: audit_blocks audit_blocks_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.audit_blocks
    ADD CONSTRAINT audit_blocks_pkey PRIMARY KEY (company_id, block);


--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (company_id, id);


--
-- Name: company_settings company_settings_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.company_settings
    ADD CONSTRAINT company_settings_pkey PRIMARY KEY (company_id);


--
-- Name: coupon_batches coupon_batches_label; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupon_batches
    ADD CONSTRAINT coupon_batches_label UNIQUE (company_id, label);


--
-- Name: coupon_batches coupon_batches_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupon_batches
    ADD CONSTRAINT coupon_batches_pkey PRIMARY KEY (id);


--
-- Name: coupon_guesses coupon_guesses_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupon_guesses
    ADD CONSTRAINT coupon_guesses_pkey PRIMARY KEY (company_id, kind, name);


--
-- Name: coupon_stock coupon_stock_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupon_stock
    ADD CONSTRAINT coupon_stock_pkey PRIMARY KEY (template_id, stripe);


--
-- Name: coupon_templates coupon_templates_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupon_templates
    ADD CONSTRAINT coupon_templates_pkey PRIMARY KEY (id);


--
-- Name: coupons coupons_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (coupon_id, issued_to);


--
-- Name: data_version data_version_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.data_version
    ADD CONSTRAINT data_version_pkey PRIMARY KEY (singleton);


--
-- Name: event_approvals event_approvals_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.event_approvals
    ADD CONSTRAINT event_approvals_pkey PRIMARY KEY (user_id, company_id, event_id, approved_by, approved_at);


--
-- Name: forgotten_nonces forgotten_nonces_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.forgotten_nonces
    ADD CONSTRAINT forgotten_nonces_pkey PRIMARY KEY (company_id);


--
-- Name: fraud_insights fraud_insights_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.fraud_insights
    ADD CONSTRAINT fraud_insights_pkey PRIMARY KEY (user_id, id);


--
-- Name: ledger_blocks ledger_blocks_company_id_system_id_to_xid_key; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.ledger_blocks
    ADD CONSTRAINT ledger_blocks_company_id_system_id_to_xid_key UNIQUE (company_id, system_id, to_xid);


--
-- Name: ledger_blocks ledger_blocks_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.ledger_blocks
    ADD CONSTRAINT ledger_blocks_pkey PRIMARY KEY (company_id, block);


--
-- Name: ledger_entries ledger_entries_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.ledger_entries
    ADD CONSTRAINT ledger_entries_pkey PRIMARY KEY (user_id, company_id, version);


--
-- Name: master_keys master_keys_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.master_keys
    ADD CONSTRAINT master_keys_pkey PRIMARY KEY (slot);


--
-- Name: point_lot_uses point_lot_uses_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.point_lot_uses
    ADD CONSTRAINT point_lot_uses_pkey PRIMARY KEY (user_id, company_id, event_id, lot_event_id, expires_at);


--
-- Name: point_lots point_lots_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.point_lots
    ADD CONSTRAINT point_lots_pkey PRIMARY KEY (user_id, company_id, expires_at, event_id);


--
-- Name: point_rules point_rules_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.point_rules
    ADD CONSTRAINT point_rules_pkey PRIMARY KEY (company_id, event_type);


--
-- Name: points_events points_events_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.points_events
    ADD CONSTRAINT points_events_pkey PRIMARY KEY (user_id, id);


--
-- Name: token_keys token_keys_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.token_keys
    ADD CONSTRAINT token_keys_pkey PRIMARY KEY (key_id);


--
-- Name: trust_rules trust_rules_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.trust_rules
    ADD CONSTRAINT trust_rules_pkey PRIMARY KEY (company_id, version, rule);


--
-- Name: used_nonces used_nonces_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.used_nonces
    ADD CONSTRAINT used_nonces_pkey PRIMARY KEY (user_id, company_id, nonce);


--
-- Name: user_points_cache user_points_cache_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.user_points_cache
    ADD CONSTRAINT user_points_cache_pkey PRIMARY KEY (user_id, company_id);


--
-- Name: vendor_batches vendor_batches_company_id_number_key; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.vendor_batches
    ADD CONSTRAINT vendor_batches_company_id_number_key UNIQUE (company_id, number);


--
-- Name: vendor_batches vendor_batches_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.vendor_batches
    ADD CONSTRAINT vendor_batches_pkey PRIMARY KEY (id);


--
-- Name: vendor_codes vendor_codes_pkey; Type: CONSTRAINT; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE ONLY rewards.vendor_codes
    ADD CONSTRAINT vendor_codes_pkey PRIMARY KEY (id);


--
-- Name: account_devices_device; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX account_devices_device ON rewards.account_devices USING btree (company_id, device_id);


--
-- Name: attestation_cache_expires_at; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX attestation_cache_expires_at ON rewards.attestation_cache USING brin (expires_at);


--
-- Name: audit_log_of_user; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX audit_log_of_user ON rewards.audit_log USING btree (user_id, id) WHERE (user_id IS NOT NULL);


--
-- Name: audit_log_xid; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX audit_log_xid ON rewards.audit_log USING brin (system_id, xid) WITH (autosummarize='on');


--
-- Name: coupon_guesses_forgotten; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX coupon_guesses_forgotten ON rewards.coupon_guesses USING btree (company_id, forgotten_at);


--
-- Name: coupon_templates_company; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX coupon_templates_company ON rewards.coupon_templates USING btree (company_id);


--
-- Name: coupons_by_partner; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX coupons_by_partner ON rewards.coupons USING btree (((metadata ->> 'partner'::text)));


--
-- Name: coupons_code; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE UNIQUE INDEX coupons_code ON rewards.coupons USING btree (code_hash, issued_to);


--
-- Name: coupons_due; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX coupons_due ON rewards.coupons USING btree (company_id, LEAST(expires_at, held_until)) WHERE ((status = ANY (ARRAY['issued'::text, 'held'::text])) AND (LEAST(expires_at, held_until) IS NOT NULL));


--
-- Name: coupons_holder; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX coupons_holder ON rewards.coupons USING btree (issued_to, template_id);


--
-- Name: fraud_insights_id; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX fraud_insights_id ON rewards.fraud_insights USING btree (company_id, id);


--
-- Name: fraud_insights_one_open; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE UNIQUE INDEX fraud_insights_one_open ON rewards.fraud_insights USING btree (user_id, company_id, insight_type) WHERE (NOT resolved);


--
-- Name: ledger_entries_event; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX ledger_entries_event ON rewards.ledger_entries USING btree (event_id, version);


--
-- Name: ledger_entries_xid; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX ledger_entries_xid ON rewards.ledger_entries USING brin (system_id, xid) WITH (autosummarize='on');


--
-- Name: master_keys_issuing; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE UNIQUE INDEX master_keys_issuing ON rewards.master_keys USING btree (state) WHERE (state = 'issuing'::text);


--
-- Name: points_events_history; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX points_events_history ON rewards.points_events USING btree (user_id, company_id, event_time, id);


--
-- Name: points_events_payload; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE UNIQUE INDEX points_events_payload ON rewards.points_events USING btree (user_id, company_id, payload_hash) WHERE (payload_hash IS NOT NULL);


--
-- Name: points_events_undecided; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX points_events_undecided ON rewards.points_events USING btree (company_id, id) WHERE (validation_status = ANY (ARRAY['pending'::text, 'validating'::text, 'pending_review'::text, 'flagged'::text]));


--
-- Name: points_events_xid; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX points_events_xid ON rewards.points_events USING brin (system_id, xid) WITH (autosummarize='on');


--
-- Name: used_nonces_expires_at; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX used_nonces_expires_at ON rewards.used_nonces USING brin (expires_at);


--
-- Name: user_points_cache_company; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX user_points_cache_company ON rewards.user_points_cache USING btree (company_id);


--
-- Name: user_points_cache_expiry; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX user_points_cache_expiry ON rewards.user_points_cache USING btree (company_id, next_expiry) WHERE (next_expiry IS NOT NULL);


--
-- Name: vendor_codes_batch; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX vendor_codes_batch ON rewards.vendor_codes USING btree (batch_id, id);


--
-- Name: vendor_codes_pool; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE INDEX vendor_codes_pool ON rewards.vendor_codes USING btree (template_id, status, expires_at);


--
-- Name: vendor_codes_tag; Type: INDEX; Schema: rewards; Owner: frozen_owner
--

CREATE UNIQUE INDEX vendor_codes_tag ON rewards.vendor_codes USING btree (company_id, code_tag);


--
-- Name: coupon_stock_discrepancies _RETURN; Type: RULE; Schema: rewards; Owner: frozen_owner
--

CREATE OR REPLACE VIEW rewards.coupon_stock_discrepancies WITH (security_invoker='true') AS
 WITH used AS (
         SELECT coupons.template_id,
            coupons.stock_stripe AS stripe,
            count(*) AS coupons
           FROM rewards.coupons
          WHERE ((coupons.stock_stripe IS NOT NULL) AND (coupons.status <> 'revoked'::text))
          GROUP BY coupons.template_id, coupons.stock_stripe
        UNION ALL
         SELECT coupon_batches.template_id,
            coupon_batches.stock_stripe,
            (coupon_batches.quantity - coupon_batches.issued)
           FROM rewards.coupon_batches
          WHERE ((coupon_batches.stock_stripe IS NOT NULL) AND (coupon_batches.revoked_at IS NULL))
        ), counted AS (
         SELECT used.template_id,
            used.stripe,
            (sum(used.coupons))::bigint AS coupons
           FROM used
          GROUP BY used.template_id, used.stripe
        )
 SELECT COALESCE(stock.template_id, counted.template_id) AS template_id,
    COALESCE(stock.stripe, counted.stripe) AS stripe,
    COALESCE(stock.taken, (0)::bigint) AS recorded,
    COALESCE(counted.coupons, (0)::bigint) AS counted
   FROM (rewards.coupon_stock stock
     FULL JOIN counted USING (template_id, stripe))
  WHERE (COALESCE(stock.taken, (0)::bigint) <> COALESCE(counted.coupons, (0)::bigint))
UNION ALL
 SELECT templates.id AS template_id,
    NULL::smallint AS stripe,
    templates.total_stock AS recorded,
    COALESCE(sum(stock.allotted), (0)::numeric) AS counted
   FROM (rewards.coupon_templates templates
     LEFT JOIN rewards.coupon_stock stock ON ((stock.template_id = templates.id)))
  WHERE (templates.total_stock IS NOT NULL)
  GROUP BY templates.id
 HAVING ((templates.total_stock)::numeric <> COALESCE(sum(stock.allotted), (0)::numeric));


--
-- Name: company_settings audit_delete; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_delete AFTER DELETE ON rewards.company_settings REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: coupon_templates audit_delete; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_delete AFTER DELETE ON rewards.coupon_templates REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: point_rules audit_delete; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_delete AFTER DELETE ON rewards.point_rules REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: company_settings audit_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.company_settings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: coupon_templates audit_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.coupon_templates REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: point_rules audit_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.point_rules REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: trust_rules audit_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_insert AFTER INSERT ON rewards.trust_rules REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: company_settings audit_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON rewards.company_settings REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: coupon_templates audit_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON rewards.coupon_templates REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: point_rules audit_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON rewards.point_rules REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');


--
-- Name: company_settings company_settings_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER company_settings_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.company_settings FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: coupon_templates coupon_templates_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER coupon_templates_changed AFTER DELETE OR UPDATE OR TRUNCATE ON rewards.coupon_templates FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: data_version data_version_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER data_version_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.data_version FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: coupons guard_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER guard_update BEFORE UPDATE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.guard_coupon_update();

ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER guard_update;


--
-- Name: points_events guard_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER guard_update BEFORE UPDATE ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION rewards.guard_event_update();

ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER guard_update;


--
-- Name: points_events keep_balance_on_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_balance_on_insert AFTER INSERT ON rewards.points_events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION rewards.keep_balance();


--
-- Name: points_events keep_balance_on_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_balance_on_update AFTER UPDATE ON rewards.points_events REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION rewards.keep_balance();


--
-- Name: company_settings keep_default; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_default BEFORE DELETE ON rewards.company_settings FOR EACH ROW WHEN ((old.company_id = '00000000-0000-0000-0000-000000000000'::uuid)) EXECUTE FUNCTION rewards.refuse_write('All companies depend on the default settings: UPDATE them.');


--
-- Name: company_settings keep_default_in_place; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_default_in_place BEFORE UPDATE OF company_id ON rewards.company_settings FOR EACH ROW WHEN ((old.company_id <> new.company_id)) EXECUTE FUNCTION rewards.refuse_write('INSERT a row for the other company.');


--
-- Name: company_settings keep_defaults; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_defaults BEFORE TRUNCATE ON rewards.company_settings FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('All companies depend on the default settings: UPDATE them.');


--
-- Name: coupon_templates keep_in_place; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_in_place BEFORE UPDATE ON rewards.coupon_templates FOR EACH ROW WHEN (((old.id <> new.id) OR (old.company_id <> new.company_id))) EXECUTE FUNCTION rewards.refuse_write('The id and the company of a template are fixed: INSERT another one.');

ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER keep_in_place;


--
-- Name: coupon_templates keep_stock_on_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_stock_on_insert AFTER INSERT ON rewards.coupon_templates FOR EACH ROW WHEN ((new.total_stock IS NOT NULL)) EXECUTE FUNCTION rewards.keep_stock();


--
-- Name: coupon_templates keep_stock_on_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_stock_on_update AFTER UPDATE ON rewards.coupon_templates FOR EACH ROW WHEN (((new.total_stock IS NOT NULL) AND (new.total_stock IS DISTINCT FROM old.total_stock))) EXECUTE FUNCTION rewards.keep_stock();


--
-- Name: used_nonces keep_unexpired; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER keep_unexpired BEFORE DELETE ON rewards.used_nonces FOR EACH ROW WHEN ((old.expires_at >= now())) EXECUTE FUNCTION rewards.refuse_write('A nonce can be deleted when it has expired; see cleanup_expired_nonces().');

ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER keep_unexpired;


--
-- Name: master_keys master_keys_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER master_keys_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.master_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: coupons note_claim; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER note_claim AFTER UPDATE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.note_claim();


--
-- Name: user_points_cache open_at_zero; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER open_at_zero BEFORE INSERT ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION rewards.open_account_at_zero();


--
-- Name: point_rules point_rules_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER point_rules_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.point_rules FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: audit_blocks refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_blocks FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');


--
-- Name: audit_log refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.audit_log FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What is done is recorded by those who do it.');


--
-- Name: coupon_batches refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.coupon_batches FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('begin_coupon_batch() begins batches.');


--
-- Name: event_approvals refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.event_approvals FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');


--
-- Name: ledger_blocks refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.ledger_blocks FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('seal_ledger() seals blocks.');


--
-- Name: ledger_entries refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events: write your event there.');


--
-- Name: master_keys refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.master_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key() adds keys.');


--
-- Name: point_lot_uses refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lot_uses FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');


--
-- Name: point_lots refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.point_lots FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');


--
-- Name: token_keys refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.token_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_token_key() makes keys.');


--
-- Name: vendor_batches refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_batches FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');


--
-- Name: vendor_codes refuse_insert; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_codes FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');


--
-- Name: coupon_templates refuse_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.coupon_templates FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Set is_active = false: a template stays on record.');

ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER refuse_removal;


--
-- Name: coupons refuse_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.coupons FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('A coupon that was issued is kept; revoke_coupon() takes it back.');

ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER refuse_removal;


--
-- Name: points_events refuse_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.points_events FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('The ledger is append-only; corrections are new events: see award_points() and deduct_points().');

ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_removal;


--
-- Name: user_points_cache refuse_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.user_points_cache FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('An account lives as long as its events.');

ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_removal;


--
-- Name: master_keys refuse_row_change; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.master_keys FOR EACH ROW WHEN (((old.state = 'retired'::text) OR (old.slot <> new.slot) OR (old.kind <> new.kind) OR (old.fingerprint <> new.fingerprint) OR (old.layer_slot <> new.layer_slot) OR ((old.layer_slot IS NOT NULL) AND (new.layer_slot IS NULL)) OR (old.created_at <> new.created_at) OR (old.created_by <> new.created_by))) EXECUTE FUNCTION rewards.refuse_write('A key can be laid over, once, and be retired, once; it stays what it is.');

ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_change;


--
-- Name: token_keys refuse_row_change; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_change BEFORE UPDATE ON rewards.token_keys FOR EACH ROW WHEN (((old.retired_at IS NOT NULL) OR (new.retired_at IS NULL) OR (old.key_id <> new.key_id) OR (old.slot <> new.slot) OR (old.created_at <> new.created_at) OR (old.created_by <> new.created_by))) EXECUTE FUNCTION rewards.refuse_write('A key can be retired, once, and nothing else.');

ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_change;


--
-- Name: coupon_templates refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.coupon_templates FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Set is_active = false: a template stays on record.');

ALTER TABLE rewards.coupon_templates ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: coupons refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('A coupon that was issued is kept; revoke_coupon() takes it back.');

ALTER TABLE rewards.coupons ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: master_keys refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.master_keys FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_coupon_key() retires a key; it stays on record.');

ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: points_events refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.points_events FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('The ledger is append-only; corrections are new events: see award_points() and deduct_points().');

ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: token_keys refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.token_keys FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');

ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: user_points_cache refuse_row_removal; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_removal BEFORE DELETE ON rewards.user_points_cache FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('An account lives as long as its events.');

ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_row_removal;


--
-- Name: audit_blocks refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.audit_blocks FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');

ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: audit_log refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.audit_log FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');

ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: event_approvals refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.event_approvals FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');

ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: ledger_blocks refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.ledger_blocks FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');

ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: ledger_entries refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.ledger_entries FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events, and never change.');

ALTER TABLE rewards.ledger_entries ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: point_lot_uses refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.point_lot_uses FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events, and never changes.');

ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: trust_rules refuse_row_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_row_write BEFORE DELETE OR UPDATE ON rewards.trust_rules FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('Old scores are explained by these rules: insert a new version of all of them.');

ALTER TABLE rewards.trust_rules ENABLE ALWAYS TRIGGER refuse_row_write;


--
-- Name: used_nonces refuse_truncate; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON rewards.used_nonces FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('A nonce can be deleted when it has expired; see cleanup_expired_nonces().');

ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER refuse_truncate;


--
-- Name: used_nonces refuse_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_update BEFORE UPDATE ON rewards.used_nonces FOR EACH ROW EXECUTE FUNCTION rewards.refuse_write('A nonce stays as it was used; cleanup_expired_nonces() forgets it in time.');

ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER refuse_update;


--
-- Name: user_points_cache refuse_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_update BEFORE UPDATE ON rewards.user_points_cache FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Balances follow points_events; refresh_user_points_cache() rebuilds one.');

ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_update;


--
-- Name: audit_blocks refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.audit_blocks FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');

ALTER TABLE rewards.audit_blocks ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: audit_log refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.audit_log FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What was done stays on record.');

ALTER TABLE rewards.audit_log ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: coupon_batches refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.coupon_batches FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('issue_coupon_batch() and revoke_coupon_batch() carry a batch on; it stays on record.');

ALTER TABLE rewards.coupon_batches ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: coupon_stock refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.coupon_stock FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Stock follows total_stock of coupon_templates, and coupons: see restock_coupon().');

ALTER TABLE rewards.coupon_stock ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: event_approvals refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.event_approvals FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('review_points_event() records approvals.');

ALTER TABLE rewards.event_approvals ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: ledger_blocks refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.ledger_blocks FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Blocks are sealed for good.');

ALTER TABLE rewards.ledger_blocks ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: ledger_entries refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Entries follow points_events, and never change.');

ALTER TABLE rewards.ledger_entries ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: master_keys refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.master_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('rotate_coupon_key(), relayer_coupon_key() and retire_coupon_key() change keys; they stay on record.');

ALTER TABLE rewards.master_keys ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: point_lot_uses refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.point_lot_uses FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What an event spent follows points_events: write your event there.');

ALTER TABLE rewards.point_lot_uses ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: point_lots refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.point_lots FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Lots follow points_events: write your event there, with its expires_at.');

ALTER TABLE rewards.point_lots ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: token_keys refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.token_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('retire_token_key() retires a key; it stays on record.');

ALTER TABLE rewards.token_keys ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: trust_rules refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.trust_rules FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Old scores are explained by these rules: insert a new version of all of them.');

ALTER TABLE rewards.trust_rules ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: vendor_batches refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.vendor_batches FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('shred_vendor_batch() makes the codes of a batch unreadable; what was handed out stays on record.');

ALTER TABLE rewards.vendor_batches ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: vendor_codes refuse_write; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER refuse_write BEFORE DELETE OR UPDATE OR TRUNCATE ON rewards.vendor_codes FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Vendor codes follow their coupons; shred_vendor_batch() takes those of a batch back.');

ALTER TABLE rewards.vendor_codes ENABLE ALWAYS TRIGGER refuse_write;


--
-- Name: company_settings require_trust_versions; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER require_trust_versions BEFORE INSERT OR UPDATE OF trust_version, shadow_version ON rewards.company_settings FOR EACH ROW EXECUTE FUNCTION rewards.require_trust_versions();


--
-- Name: trust_rules require_whole_version; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER require_whole_version AFTER INSERT ON rewards.trust_rules REFERENCING NEW TABLE AS new_rules FOR EACH STATEMENT EXECUTE FUNCTION rewards.require_whole_trust_version();


--
-- Name: coupons return_to_stock; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER return_to_stock AFTER UPDATE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.return_to_stock();


--
-- Name: coupons return_vendor_code; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER return_vendor_code AFTER UPDATE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.return_vendor_code();


--
-- Name: coupon_templates stamp_update; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER stamp_update BEFORE UPDATE ON rewards.coupon_templates FOR EACH ROW WHEN (((old.* *<> new.*) AND (old.updated_at = new.updated_at))) EXECUTE FUNCTION rewards.stamp_update();


--
-- Name: token_keys token_keys_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER token_keys_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.token_keys FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: trust_rules trust_rules_changed; Type: TRIGGER; Schema: rewards; Owner: frozen_owner
--

CREATE TRIGGER trust_rules_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON rewards.trust_rules FOR EACH STATEMENT EXECUTE FUNCTION rewards.forget_cached_table();


--
-- Name: account_devices; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.account_devices ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_blocks all_companies; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY all_companies ON rewards.audit_blocks AS RESTRICTIVE USING (((company_id <> '00000000-0000-0000-0000-000000000000'::uuid) OR rewards.crosses_companies()));


--
-- Name: audit_log all_companies; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY all_companies ON rewards.audit_log AS RESTRICTIVE USING (((company_id <> '00000000-0000-0000-0000-000000000000'::uuid) OR rewards.crosses_companies()));


--
-- Name: attestation_cache; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.attestation_cache ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_blocks; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.audit_blocks ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_log; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.audit_log ENABLE ROW LEVEL SECURITY;

--
-- Name: company_settings; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.company_settings ENABLE ROW LEVEL SECURITY;

--
-- Name: coupon_batches; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.coupon_batches ENABLE ROW LEVEL SECURITY;

--
-- Name: coupon_guesses; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.coupon_guesses ENABLE ROW LEVEL SECURITY;

--
-- Name: coupon_stock; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.coupon_stock ENABLE ROW LEVEL SECURITY;

--
-- Name: coupon_templates; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.coupon_templates ENABLE ROW LEVEL SECURITY;

--
-- Name: coupons; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.coupons ENABLE ROW LEVEL SECURITY;

--
-- Name: company_settings defaults; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY defaults ON rewards.company_settings FOR SELECT USING ((company_id = '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: point_rules defaults; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY defaults ON rewards.point_rules FOR SELECT USING ((company_id = '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: trust_rules defaults; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY defaults ON rewards.trust_rules FOR SELECT USING ((company_id = '00000000-0000-0000-0000-000000000000'::uuid));


--
-- Name: event_approvals; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.event_approvals ENABLE ROW LEVEL SECURITY;

--
-- Name: forgotten_nonces; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.forgotten_nonces ENABLE ROW LEVEL SECURITY;

--
-- Name: fraud_insights; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.fraud_insights ENABLE ROW LEVEL SECURITY;

--
-- Name: ledger_blocks; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.ledger_blocks ENABLE ROW LEVEL SECURITY;

--
-- Name: ledger_entries; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.ledger_entries ENABLE ROW LEVEL SECURITY;

--
-- Name: account_devices member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.account_devices AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: attestation_cache member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.attestation_cache AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: company_settings member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.company_settings AS RESTRICTIVE USING ((rewards.get_current_user_id() IS NULL));


--
-- Name: coupon_templates member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.coupon_templates AS RESTRICTIVE USING ((is_active OR (rewards.get_current_user_id() IS NULL)));


--
-- Name: coupons member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.coupons AS RESTRICTIVE USING (((issued_to >= rewards.get_first_user_id()) AND (issued_to <= rewards.get_last_user_id())));


--
-- Name: ledger_entries member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.ledger_entries AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: point_lot_uses member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.point_lot_uses AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: point_lots member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.point_lots AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: point_rules member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.point_rules AS RESTRICTIVE USING ((is_active OR (rewards.get_current_user_id() IS NULL)));


--
-- Name: points_events member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.points_events AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: trust_rules member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.trust_rules AS RESTRICTIVE USING ((rewards.get_current_user_id() IS NULL));


--
-- Name: used_nonces member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.used_nonces AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: user_points_cache member; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY member ON rewards.user_points_cache AS RESTRICTIVE USING (((user_id >= rewards.get_first_user_id()) AND (user_id <= rewards.get_last_user_id())));


--
-- Name: points_events own_till; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY own_till ON rewards.points_events AS RESTRICTIVE FOR SELECT TO frozen_own USING ((till = 'till 1'::text));


--
-- Name: point_lot_uses; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.point_lot_uses ENABLE ROW LEVEL SECURITY;

--
-- Name: point_lots; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.point_lots ENABLE ROW LEVEL SECURITY;

--
-- Name: point_rules; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.point_rules ENABLE ROW LEVEL SECURITY;

--
-- Name: points_events; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.points_events ENABLE ROW LEVEL SECURITY;

--
-- Name: account_devices tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.account_devices USING ((company_id = rewards.get_current_company_id()));


--
-- Name: attestation_cache tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.attestation_cache USING ((company_id = rewards.get_current_company_id()));


--
-- Name: audit_blocks tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.audit_blocks USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: audit_log tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.audit_log USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: company_settings tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.company_settings USING ((company_id = rewards.get_current_company_id()));


--
-- Name: coupon_batches tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.coupon_batches USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: coupon_guesses tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.coupon_guesses USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: coupon_stock tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.coupon_stock USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: coupon_templates tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.coupon_templates USING ((company_id = rewards.get_current_company_id()));


--
-- Name: coupons tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.coupons USING ((company_id = rewards.get_current_company_id()));


--
-- Name: event_approvals tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.event_approvals USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: forgotten_nonces tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.forgotten_nonces USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: fraud_insights tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.fraud_insights USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: ledger_blocks tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.ledger_blocks USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: ledger_entries tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.ledger_entries USING ((company_id = rewards.get_current_company_id()));


--
-- Name: point_lot_uses tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.point_lot_uses USING ((company_id = rewards.get_current_company_id()));


--
-- Name: point_lots tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.point_lots USING ((company_id = rewards.get_current_company_id()));


--
-- Name: point_rules tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.point_rules USING ((company_id = rewards.get_current_company_id()));


--
-- Name: points_events tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.points_events USING ((company_id = rewards.get_current_company_id()));


--
-- Name: trust_rules tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.trust_rules USING ((company_id = rewards.get_current_company_id()));


--
-- Name: used_nonces tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.used_nonces USING ((company_id = rewards.get_current_company_id()));


--
-- Name: user_points_cache tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.user_points_cache USING ((company_id = rewards.get_current_company_id()));


--
-- Name: vendor_batches tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.vendor_batches USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: vendor_codes tenant; Type: POLICY; Schema: rewards; Owner: frozen_owner
--

CREATE POLICY tenant ON rewards.vendor_codes USING ((company_id = rewards.get_back_end_company_id()));


--
-- Name: trust_rules; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.trust_rules ENABLE ROW LEVEL SECURITY;

--
-- Name: used_nonces; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.used_nonces ENABLE ROW LEVEL SECURITY;

--
-- Name: user_points_cache; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.user_points_cache ENABLE ROW LEVEL SECURITY;

--
-- Name: vendor_batches; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.vendor_batches ENABLE ROW LEVEL SECURITY;

--
-- Name: vendor_codes; Type: ROW SECURITY; Schema: rewards; Owner: frozen_owner
--

ALTER TABLE rewards.vendor_codes ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA rewards; Type: ACL; Schema: -; Owner: postgres
--

GRANT ALL ON SCHEMA rewards TO frozen_owner;
GRANT USAGE ON SCHEMA rewards TO frozen_app;
GRANT USAGE ON SCHEMA rewards TO frozen_staff;
GRANT USAGE ON SCHEMA rewards TO frozen_own;


--
-- Name: FUNCTION adopt_request_claims(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.adopt_request_claims() TO frozen_owner;


--
-- Name: FUNCTION assert_tenant_isolation(target regclass, company_a uuid, company_b uuid, acting_role regrole); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.assert_tenant_isolation(target regclass, company_a uuid, company_b uuid, acting_role regrole) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.assert_tenant_isolation(target regclass, company_a uuid, company_b uuid, acting_role regrole) TO frozen_staff;


--
-- Name: FUNCTION audit_changes(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.audit_changes() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.audit_changes() TO frozen_staff;


--
-- Name: FUNCTION audit_entry_hash(audit_row record); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.audit_entry_hash(audit_row record) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.audit_entry_hash(audit_row record) TO frozen_staff;


--
-- Name: FUNCTION award_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.award_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.award_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_app;
GRANT ALL ON FUNCTION rewards.award_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_staff;


--
-- Name: FUNCTION backtest_trust_rules(rules_version integer, from_time timestamp with time zone, to_time timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.backtest_trust_rules(rules_version integer, from_time timestamp with time zone, to_time timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.backtest_trust_rules(rules_version integer, from_time timestamp with time zone, to_time timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION balance_at(user_id uuid, at timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.balance_at(user_id uuid, at timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.balance_at(user_id uuid, at timestamp with time zone) TO frozen_app;
GRANT ALL ON FUNCTION rewards.balance_at(user_id uuid, at timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION begin_coupon_batch(template_id uuid, quantity integer, label text, expires_at timestamp with time zone, OUT outcome text, OUT batch_id uuid, OUT replayed boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.begin_coupon_batch(template_id uuid, quantity integer, label text, expires_at timestamp with time zone, OUT outcome text, OUT batch_id uuid, OUT replayed boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.begin_coupon_batch(template_id uuid, quantity integer, label text, expires_at timestamp with time zone, OUT outcome text, OUT batch_id uuid, OUT replayed boolean) TO frozen_staff;


--
-- Name: FUNCTION block_hash(company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint, root bytea, previous_hash bytea, sealed_at timestamp with time zone, sealed_by text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.block_hash(company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint, root bytea, previous_hash bytea, sealed_at timestamp with time zone, sealed_by text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.block_hash(company_id uuid, block bigint, system_id bigint, from_xid bigint, to_xid bigint, entries bigint, root bytea, previous_hash bytea, sealed_at timestamp with time zone, sealed_by text) TO frozen_staff;


--
-- Name: FUNCTION calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint) TO frozen_staff;
GRANT ALL ON FUNCTION rewards.calculate_user_points(target_user_id uuid, OUT available_points bigint, OUT pending_points bigint, OUT lifetime_earned bigint, OUT lifetime_spent bigint) TO frozen_own;


--
-- Name: FUNCTION change_coupon_template(template_id uuid, changes jsonb); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.change_coupon_template(template_id uuid, changes jsonb) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.change_coupon_template(template_id uuid, changes jsonb) TO frozen_staff;


--
-- Name: FUNCTION check_settings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.check_settings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.check_settings() TO frozen_staff;


--
-- Name: FUNCTION claim_coupon(code text, claimed_by text, proof jsonb, claim_ref text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.claim_coupon(code text, claimed_by text, proof jsonb, claim_ref text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.claim_coupon(code text, claimed_by text, proof jsonb, claim_ref text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.claim_coupon(code text, claimed_by text, proof jsonb, claim_ref text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION cleanup_expired_attestations(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.cleanup_expired_attestations() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.cleanup_expired_attestations() TO frozen_app;
GRANT ALL ON FUNCTION rewards.cleanup_expired_attestations() TO frozen_staff;


--
-- Name: FUNCTION cleanup_expired_nonces(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.cleanup_expired_nonces() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.cleanup_expired_nonces() TO frozen_app;
GRANT ALL ON FUNCTION rewards.cleanup_expired_nonces() TO frozen_staff;


--
-- Name: FUNCTION code_data_version(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.code_data_version() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.code_data_version() TO frozen_staff;


--
-- Name: FUNCTION commit_findings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.commit_findings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.commit_findings() TO frozen_staff;


--
-- Name: FUNCTION companies(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.companies() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.companies() TO frozen_staff;


--
-- Name: FUNCTION company_column_of(target regclass); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.company_column_of(target regclass) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.company_column_of(target regclass) TO frozen_staff;


--
-- Name: FUNCTION count_rows_of_nobody(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.count_rows_of_nobody(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.count_rows_of_nobody(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION coupon_batch_codes(batch_id uuid, after_number integer, max_codes integer); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.coupon_batch_codes(batch_id uuid, after_number integer, max_codes integer) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.coupon_batch_codes(batch_id uuid, after_number integer, max_codes integer) TO frozen_staff;


--
-- Name: FUNCTION coupon_guessers(OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamp with time zone, OUT forgotten_at timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.coupon_guessers(OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamp with time zone, OUT forgotten_at timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.coupon_guessers(OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamp with time zone, OUT forgotten_at timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION coupon_public_ref(coupon_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.coupon_public_ref(coupon_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.coupon_public_ref(coupon_id uuid) TO frozen_app;
GRANT ALL ON FUNCTION rewards.coupon_public_ref(coupon_id uuid) TO frozen_staff;


--
-- Name: FUNCTION create_coupon_template(template jsonb); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.create_coupon_template(template jsonb) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.create_coupon_template(template jsonb) TO frozen_staff;


--
-- Name: FUNCTION cross_company_roles(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.cross_company_roles() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.cross_company_roles() TO frozen_staff;


--
-- Name: FUNCTION crosses_companies(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.crosses_companies() TO frozen_owner;


--
-- Name: FUNCTION current_settings(OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer, OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint, OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval, OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean, OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint, OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.current_settings(OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer, OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint, OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval, OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean, OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint, OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.current_settings(OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer, OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint, OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval, OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean, OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint, OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.current_settings(OUT trust_validate_at integer, OUT trust_review_at integer, OUT trust_version integer, OUT shadow_version integer, OUT hold_all boolean, OUT events_per_hour bigint, OUT points_per_hour bigint, OUT events_per_day bigint, OUT points_per_day bigint, OUT accepted_age interval, OUT accepted_ahead interval, OUT review_four_eyes_points bigint, OUT refunded_points_live interval, OUT redeem_enabled boolean, OUT claim_enabled boolean, OUT redemptions_per_hour bigint, OUT redemptions_per_day bigint, OUT guesses_per_claimer bigint, OUT guesses_per_device bigint, OUT guesses_per_company bigint) TO frozen_staff;


--
-- Name: FUNCTION deduct_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.deduct_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.deduct_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_app;
GRANT ALL ON FUNCTION rewards.deduct_points(user_id uuid, points bigint, reason text, idempotency_key text, event_type text, event_time timestamp with time zone, OUT event_id uuid, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_staff;


--
-- Name: FUNCTION disable_tenant_rls(target regclass, dry_run boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.disable_tenant_rls(target regclass, dry_run boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.disable_tenant_rls(target regclass, dry_run boolean) TO frozen_staff;


--
-- Name: FUNCTION doctor_column_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_column_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_column_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_connections(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_connections() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_connections() TO frozen_staff;


--
-- Name: FUNCTION doctor_coverage_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_coverage_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_coverage_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_definer_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_definer_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_definer_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_foreign_key_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_foreign_key_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_foreign_key_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_foreign_keys(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_foreign_keys(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_foreign_keys(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_grant_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_grant_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_grant_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_grants(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_grants() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_grants() TO frozen_staff;


--
-- Name: FUNCTION doctor_has_several_companies(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_has_several_companies() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_has_several_companies() TO frozen_staff;


--
-- Name: FUNCTION doctor_key_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_key_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_key_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_log_findings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_log_findings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_log_findings() TO frozen_staff;


--
-- Name: FUNCTION doctor_owner_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_owner_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_owner_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_policies(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_policies() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_policies() TO frozen_staff;


--
-- Name: FUNCTION doctor_policy_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_policy_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_policy_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_policy_function_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_policy_function_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_policy_function_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_role_findings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_role_findings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_role_findings() TO frozen_staff;


--
-- Name: FUNCTION doctor_setting_findings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_setting_findings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_setting_findings() TO frozen_staff;


--
-- Name: FUNCTION doctor_support_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_support_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_support_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_table_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_table_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_table_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_tables(column_name name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_tables(column_name name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_tables(column_name name) TO frozen_staff;


--
-- Name: FUNCTION doctor_unique_keys(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_unique_keys(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_unique_keys(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_view_findings(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_view_findings(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_view_findings(company_column name) TO frozen_staff;


--
-- Name: FUNCTION doctor_views(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.doctor_views(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.doctor_views(company_column name) TO frozen_staff;


--
-- Name: FUNCTION durability_findings(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.durability_findings() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.durability_findings() TO frozen_staff;


--
-- Name: FUNCTION enable_tenant_rls(target regclass, company_column name, audit boolean, redact text[], dry_run boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.enable_tenant_rls(target regclass, company_column name, audit boolean, redact text[], dry_run boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.enable_tenant_rls(target regclass, company_column name, audit boolean, redact text[], dry_run boolean) TO frozen_staff;


--
-- Name: FUNCTION get_current_company_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_current_company_id() TO frozen_owner;


--
-- Name: FUNCTION entries_since(since_block bigint, book text, company uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.entries_since(since_block bigint, book text, company uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.entries_since(since_block bigint, book text, company uuid) TO frozen_staff;


--
-- Name: FUNCTION entry_place(user_id uuid, version bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.entry_place(user_id uuid, version bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.entry_place(user_id uuid, version bigint) TO frozen_staff;


--
-- Name: FUNCTION event_entry_hash(previous bytea, version bigint, recorded_at timestamp with time zone, balance_after bigint, event record, first_status text, first_validated_by text, first_validated_at timestamp with time zone, first_notes text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.event_entry_hash(previous bytea, version bigint, recorded_at timestamp with time zone, balance_after bigint, event record, first_status text, first_validated_by text, first_validated_at timestamp with time zone, first_notes text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.event_entry_hash(previous bytea, version bigint, recorded_at timestamp with time zone, balance_after bigint, event record, first_status text, first_validated_by text, first_validated_at timestamp with time zone, first_notes text) TO frozen_staff;


--
-- Name: FUNCTION event_receipt(event_id uuid, user_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.event_receipt(event_id uuid, user_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.event_receipt(event_id uuid, user_id uuid) TO frozen_app;
GRANT ALL ON FUNCTION rewards.event_receipt(event_id uuid, user_id uuid) TO frozen_staff;


--
-- Name: FUNCTION event_request_hash(user_id uuid, event_type text, event_time timestamp with time zone, nonce text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.event_request_hash(user_id uuid, event_type text, event_time timestamp with time zone, nonce text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.event_request_hash(user_id uuid, event_type text, event_time timestamp with time zone, nonce text) TO frozen_app;
GRANT ALL ON FUNCTION rewards.event_request_hash(user_id uuid, event_type text, event_time timestamp with time zone, nonce text) TO frozen_staff;


--
-- Name: FUNCTION examine_attestation(user_id uuid, device_id text, verdict jsonb, request_hash text, OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.examine_attestation(user_id uuid, device_id text, verdict jsonb, request_hash text, OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.examine_attestation(user_id uuid, device_id text, verdict jsonb, request_hash text, OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean) TO frozen_app;
GRANT ALL ON FUNCTION rewards.examine_attestation(user_id uuid, device_id text, verdict jsonb, request_hash text, OUT level text, OUT app_recognized boolean, OUT request_bound boolean, OUT counter_fresh boolean) TO frozen_staff;


--
-- Name: FUNCTION expire_points(max_accounts integer, OUT accounts bigint, OUT skipped bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.expire_points(max_accounts integer, OUT accounts bigint, OUT skipped bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.expire_points(max_accounts integer, OUT accounts bigint, OUT skipped bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.expire_points(max_accounts integer, OUT accounts bigint, OUT skipped bigint) TO frozen_staff;


--
-- Name: FUNCTION explain_event(event_id uuid, user_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.explain_event(event_id uuid, user_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.explain_event(event_id uuid, user_id uuid) TO frozen_staff;


--
-- Name: FUNCTION find_coupon_by_ref(ref text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.find_coupon_by_ref(ref text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.find_coupon_by_ref(ref text) TO frozen_staff;


--
-- Name: FUNCTION flag_account(user_id uuid, insight_type text, severity text, details jsonb, event_id uuid, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.flag_account(user_id uuid, insight_type text, severity text, details jsonb, event_id uuid, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.flag_account(user_id uuid, insight_type text, severity text, details jsonb, event_id uuid, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.flag_account(user_id uuid, insight_type text, severity text, details jsonb, event_id uuid, OUT outcome text, OUT insight_id uuid, OUT occurrences bigint) TO frozen_staff;


--
-- Name: FUNCTION follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[]); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[]) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.follow_merkle_path(leaf bytea, index bigint, leaves bigint, path bytea[]) TO frozen_staff;


--
-- Name: FUNCTION forget_cached_table(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.forget_cached_table() TO frozen_owner;


--
-- Name: FUNCTION forget_guesses(claimed_by text, device_id text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.forget_guesses(claimed_by text, device_id text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.forget_guesses(claimed_by text, device_id text) TO frozen_staff;


--
-- Name: FUNCTION get_back_end_company_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_back_end_company_id() TO frozen_owner;


--
-- Name: FUNCTION get_context_challenge(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_context_challenge() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.get_context_challenge() TO frozen_app;
GRANT ALL ON FUNCTION rewards.get_context_challenge() TO frozen_staff;


--
-- Name: FUNCTION get_current_user_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_current_user_id() TO frozen_owner;


--
-- Name: FUNCTION get_first_user_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_first_user_id() TO frozen_owner;


--
-- Name: FUNCTION get_last_user_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.get_last_user_id() TO frozen_owner;


--
-- Name: FUNCTION grant_access(app regrole, admin regrole, backup regrole, tenant regrole, cross_company regrole); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.grant_access(app regrole, admin regrole, backup regrole, tenant regrole, cross_company regrole) TO frozen_owner;


--
-- Name: FUNCTION guard_coupon_update(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.guard_coupon_update() TO frozen_owner;


--
-- Name: FUNCTION guard_event_update(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.guard_event_update() TO frozen_owner;


--
-- Name: FUNCTION guard_tenant_row(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.guard_tenant_row() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.guard_tenant_row() TO frozen_staff;


--
-- Name: FUNCTION hash_coupon_code(code text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.hash_coupon_code(code text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.hash_coupon_code(code text) TO frozen_staff;


--
-- Name: FUNCTION hold_coupon(code text, held_by text, hold_for interval, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamp with time zone, OUT replayed boolean, OUT reason text, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.hold_coupon(code text, held_by text, hold_for interval, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamp with time zone, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.hold_coupon(code text, held_by text, hold_for interval, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamp with time zone, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.hold_coupon(code text, held_by text, hold_for interval, device_id text, OUT outcome text, OUT coupon_id uuid, OUT value numeric, OUT value_type text, OUT held_until timestamp with time zone, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION import_vendor_codes(template_id uuid, codes text[], label text, expires_at timestamp with time zone, OUT ordinal integer, OUT outcome text, OUT batch_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.import_vendor_codes(template_id uuid, codes text[], label text, expires_at timestamp with time zone, OUT ordinal integer, OUT outcome text, OUT batch_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.import_vendor_codes(template_id uuid, codes text[], label text, expires_at timestamp with time zone, OUT ordinal integer, OUT outcome text, OUT batch_id uuid) TO frozen_app;
GRANT ALL ON FUNCTION rewards.import_vendor_codes(template_id uuid, codes text[], label text, expires_at timestamp with time zone, OUT ordinal integer, OUT outcome text, OUT batch_id uuid) TO frozen_staff;


--
-- Name: FUNCTION install(owner regrole); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.install(owner regrole) TO frozen_owner;


--
-- Name: FUNCTION is_preloaded(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.is_preloaded() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.is_preloaded() TO frozen_staff;


--
-- Name: FUNCTION isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_attempts(target regclass, company_column name, company_a uuid, company_b uuid, acting_role regrole, samples jsonb) TO frozen_staff;


--
-- Name: FUNCTION isolation_columns(target regclass); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_columns(target regclass) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_columns(target regclass) TO frozen_staff;


--
-- Name: FUNCTION isolation_conflicts(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_conflicts(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_conflicts(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_controls(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_controls(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_controls(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_foreign_keys(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_foreign_keys(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_foreign_keys(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION isolation_guard(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_guard(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_guard(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_outside(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_outside(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_outside(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_parts(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_parts(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_parts(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_pointers(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_pointers(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_pointers(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_reads(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_reads(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_reads(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_samples(target regclass, company_column name, company_a uuid, company_b uuid) TO frozen_staff;


--
-- Name: FUNCTION isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_subject(target regclass, company_column name, company_a uuid, company_b uuid, samples jsonb) TO frozen_staff;


--
-- Name: FUNCTION isolation_writes(subject rewards.isolation_subject); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.isolation_writes(subject rewards.isolation_subject) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.isolation_writes(subject rewards.isolation_subject) TO frozen_staff;


--
-- Name: FUNCTION issue_company_token(company_id uuid, actor text, role text, ttl interval, not_before timestamp with time zone, challenge bytea); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.issue_company_token(company_id uuid, actor text, role text, ttl interval, not_before timestamp with time zone, challenge bytea) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.issue_company_token(company_id uuid, actor text, role text, ttl interval, not_before timestamp with time zone, challenge bytea) TO frozen_app;
GRANT ALL ON FUNCTION rewards.issue_company_token(company_id uuid, actor text, role text, ttl interval, not_before timestamp with time zone, challenge bytea) TO frozen_staff;


--
-- Name: FUNCTION issue_coupon_batch(batch_id uuid, max_codes integer, OUT outcome text, OUT issued bigint, OUT remaining bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.issue_coupon_batch(batch_id uuid, max_codes integer, OUT outcome text, OUT issued bigint, OUT remaining bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.issue_coupon_batch(batch_id uuid, max_codes integer, OUT outcome text, OUT issued bigint, OUT remaining bigint) TO frozen_staff;


--
-- Name: FUNCTION keep_balance(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.keep_balance() TO frozen_owner;


--
-- Name: FUNCTION keep_stock(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.keep_stock() TO frozen_owner;


--
-- Name: FUNCTION key_file_is_in_data_directory(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.key_file_is_in_data_directory() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.key_file_is_in_data_directory() TO frozen_staff;


--
-- Name: FUNCTION known_rls_cves(server_version_num integer); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.known_rls_cves(server_version_num integer) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.known_rls_cves(server_version_num integer) TO frozen_staff;


--
-- Name: FUNCTION ledger_digest(OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamp with time zone, OUT digest text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.ledger_digest(OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamp with time zone, OUT digest text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.ledger_digest(OUT block bigint, OUT block_hash bytea, OUT entries bigint, OUT sealed_at timestamp with time zone, OUT digest text) TO frozen_staff;


--
-- Name: FUNCTION legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint) TO frozen_staff;


--
-- Name: FUNCTION mark_expired_coupons(max_coupons integer, OUT expired bigint, OUT released bigint, OUT skipped bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.mark_expired_coupons(max_coupons integer, OUT expired bigint, OUT released bigint, OUT skipped bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.mark_expired_coupons(max_coupons integer, OUT expired bigint, OUT released bigint, OUT skipped bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.mark_expired_coupons(max_coupons integer, OUT expired bigint, OUT released bigint, OUT skipped bigint) TO frozen_staff;


--
-- Name: FUNCTION merkle_path_add(internal, leaf bytea, index bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_path_add(internal, leaf bytea, index bigint) TO frozen_owner;


--
-- Name: FUNCTION merkle_path_end(internal); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_path_end(internal) TO frozen_owner;


--
-- Name: FUNCTION merkle_root_add(internal, leaf bytea); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_root_add(internal, leaf bytea) TO frozen_owner;


--
-- Name: FUNCTION merkle_root_end(internal); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_root_end(internal) TO frozen_owner;


--
-- Name: FUNCTION migrate(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.migrate() TO frozen_owner;


--
-- Name: FUNCTION open_account_at_zero(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.open_account_at_zero() TO frozen_owner;


--
-- Name: FUNCTION points_history(user_id uuid, max_rows integer, before uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.points_history(user_id uuid, max_rows integer, before uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.points_history(user_id uuid, max_rows integer, before uuid) TO frozen_app;
GRANT ALL ON FUNCTION rewards.points_history(user_id uuid, max_rows integer, before uuid) TO frozen_staff;


--
-- Name: FUNCTION reconcile_ledger(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.reconcile_ledger() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.reconcile_ledger() TO frozen_staff;


--
-- Name: FUNCTION redeem_coupon(user_id uuid, template_id uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.redeem_coupon(user_id uuid, template_id uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.redeem_coupon(user_id uuid, template_id uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.redeem_coupon(user_id uuid, template_id uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION redeem_coupons(user_id uuid, template_ids uuid[], nonce text, OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.redeem_coupons(user_id uuid, template_ids uuid[], nonce text, OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.redeem_coupons(user_id uuid, template_ids uuid[], nonce text, OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.redeem_coupons(user_id uuid, template_ids uuid[], nonce text, OUT ordinal integer, OUT template_id uuid, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamp with time zone, OUT points_remaining bigint, OUT replayed boolean, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION refresh_user_points_cache(target_user_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.refresh_user_points_cache(target_user_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.refresh_user_points_cache(target_user_id uuid) TO frozen_staff;


--
-- Name: FUNCTION refund_points(user_id uuid, event_id uuid, reason text, OUT refund_event_id uuid, OUT outcome text, OUT balance bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.refund_points(user_id uuid, event_id uuid, reason text, OUT refund_event_id uuid, OUT outcome text, OUT balance bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.refund_points(user_id uuid, event_id uuid, reason text, OUT refund_event_id uuid, OUT outcome text, OUT balance bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.refund_points(user_id uuid, event_id uuid, reason text, OUT refund_event_id uuid, OUT outcome text, OUT balance bigint) TO frozen_staff;


--
-- Name: FUNCTION refuse_write(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.refuse_write() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.refuse_write() TO frozen_staff;


--
-- Name: FUNCTION reissue_coupon_code(coupon_id uuid, reason text, OUT outcome text, OUT coupon_code text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.reissue_coupon_code(coupon_id uuid, reason text, OUT outcome text, OUT coupon_code text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.reissue_coupon_code(coupon_id uuid, reason text, OUT outcome text, OUT coupon_code text) TO frozen_app;
GRANT ALL ON FUNCTION rewards.reissue_coupon_code(coupon_id uuid, reason text, OUT outcome text, OUT coupon_code text) TO frozen_staff;


--
-- Name: FUNCTION relayer_coupon_key(slot integer, max_coupons integer, OUT relayered integer, OUT complete boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.relayer_coupon_key(slot integer, max_coupons integer, OUT relayered integer, OUT complete boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.relayer_coupon_key(slot integer, max_coupons integer, OUT relayered integer, OUT complete boolean) TO frozen_staff;


--
-- Name: FUNCTION release_coupon(code text, held_by text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.release_coupon(code text, held_by text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.release_coupon(code text, held_by text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.release_coupon(code text, held_by text, device_id text, OUT outcome text, OUT coupon_id uuid, OUT replayed boolean, OUT reason text, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION repair_account(user_id uuid, dry_run boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.repair_account(user_id uuid, dry_run boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.repair_account(user_id uuid, dry_run boolean) TO frozen_staff;


--
-- Name: FUNCTION require_company_column(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_company_column(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_company_column(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION require_company_id(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_company_id() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_company_id() TO frozen_app;
GRANT ALL ON FUNCTION rewards.require_company_id() TO frozen_staff;


--
-- Name: FUNCTION require_no_conflict(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_no_conflict(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_no_conflict(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION require_tenant_root(target regclass); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_tenant_root(target regclass) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_tenant_root(target regclass) TO frozen_staff;


--
-- Name: FUNCTION require_tenant_tables(target regclass); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_tenant_tables(target regclass) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_tenant_tables(target regclass) TO frozen_staff;


--
-- Name: FUNCTION require_trust_versions(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_trust_versions() TO frozen_owner;


--
-- Name: FUNCTION require_user_id(user_id uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_user_id(user_id uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.require_user_id(user_id uuid) TO frozen_app;
GRANT ALL ON FUNCTION rewards.require_user_id(user_id uuid) TO frozen_staff;


--
-- Name: FUNCTION require_whole_trust_version(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.require_whole_trust_version() TO frozen_owner;


--
-- Name: FUNCTION resolve_fraud_insight(insight_id uuid, note text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.resolve_fraud_insight(insight_id uuid, note text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.resolve_fraud_insight(insight_id uuid, note text) TO frozen_staff;


--
-- Name: FUNCTION restock_coupon(template_id uuid, quantity bigint, OUT outcome text, OUT total_stock bigint, OUT available bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.restock_coupon(template_id uuid, quantity bigint, OUT outcome text, OUT total_stock bigint, OUT available bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.restock_coupon(template_id uuid, quantity bigint, OUT outcome text, OUT total_stock bigint, OUT available bigint) TO frozen_staff;


--
-- Name: FUNCTION retire_coupon_key(slot integer); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.retire_coupon_key(slot integer) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.retire_coupon_key(slot integer) TO frozen_staff;


--
-- Name: FUNCTION retire_token_key(key_id integer); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.retire_token_key(key_id integer) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.retire_token_key(key_id integer) TO frozen_staff;


--
-- Name: FUNCTION return_to_stock(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.return_to_stock() TO frozen_owner;


--
-- Name: FUNCTION return_vendor_code(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.return_vendor_code() TO frozen_owner;


--
-- Name: FUNCTION reveal_vendor_code(coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.reveal_vendor_code(coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.reveal_vendor_code(coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamp with time zone) TO frozen_app;
GRANT ALL ON FUNCTION rewards.reveal_vendor_code(coupon_id uuid, OUT outcome text, OUT code text, OUT revealed_at timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION review_points_event(event_id uuid, decision text, actor text, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.review_points_event(event_id uuid, decision text, actor text, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.review_points_event(event_id uuid, decision text, actor text, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_staff;


--
-- Name: FUNCTION revoke_coupon(coupon_id uuid, reason text, refund boolean, OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.revoke_coupon(coupon_id uuid, reason text, refund boolean, OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.revoke_coupon(coupon_id uuid, reason text, refund boolean, OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.revoke_coupon(coupon_id uuid, reason text, refund boolean, OUT outcome text, OUT user_id uuid, OUT points_refunded bigint, OUT refund_event_id uuid, OUT balance bigint) TO frozen_staff;


--
-- Name: FUNCTION revoke_coupon_batch(batch_id uuid, reason text, max_coupons integer, OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.revoke_coupon_batch(batch_id uuid, reason text, max_coupons integer, OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.revoke_coupon_batch(batch_id uuid, reason text, max_coupons integer, OUT outcome text, OUT revoked bigint, OUT claimed bigint, OUT remaining bigint) TO frozen_staff;


--
-- Name: FUNCTION rotate_coupon_key(slot integer); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.rotate_coupon_key(slot integer) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.rotate_coupon_key(slot integer) TO frozen_staff;


--
-- Name: FUNCTION rotate_token_key(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.rotate_token_key() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.rotate_token_key() TO frozen_staff;


--
-- Name: FUNCTION seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.seal_ledger(OUT blocks bigint, OUT entries bigint, OUT last_block bigint) TO frozen_staff;


--
-- Name: FUNCTION sealed_systems(book text, company uuid, OUT system_id bigint, OUT to_xid bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.sealed_systems(book text, company uuid, OUT system_id bigint, OUT to_xid bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.sealed_systems(book text, company uuid, OUT system_id bigint, OUT to_xid bigint) TO frozen_staff;


--
-- Name: FUNCTION session_settings(OUT name text, OUT setting text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.session_settings(OUT name text, OUT setting text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.session_settings(OUT name text, OUT setting text) TO frozen_app;
GRANT ALL ON FUNCTION rewards.session_settings(OUT name text, OUT setting text) TO frozen_staff;


--
-- Name: FUNCTION session_residue(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.session_residue() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.session_residue() TO frozen_app;
GRANT ALL ON FUNCTION rewards.session_residue() TO frozen_staff;


--
-- Name: FUNCTION set_company_context(company_id uuid, actor text, role text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.set_company_context(company_id uuid, actor text, role text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.set_company_context(company_id uuid, actor text, role text) TO frozen_app;
GRANT ALL ON FUNCTION rewards.set_company_context(company_id uuid, actor text, role text) TO frozen_staff;


--
-- Name: FUNCTION set_company_context_token(token text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.set_company_context_token(token text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.set_company_context_token(token text) TO frozen_app;
GRANT ALL ON FUNCTION rewards.set_company_context_token(token text) TO frozen_staff;


--
-- Name: FUNCTION show_progress(what text, place tid, pages bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.show_progress(what text, place tid, pages bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.show_progress(what text, place tid, pages bigint) TO frozen_staff;


--
-- Name: FUNCTION shred_vendor_batch(batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.shred_vendor_batch(batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.shred_vendor_batch(batch_id uuid, reason text, OUT outcome text, OUT withdrawn bigint, OUT unseen bigint, OUT revealed bigint) TO frozen_staff;


--
-- Name: FUNCTION stamp_update(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.stamp_update() TO frozen_owner;


--
-- Name: FUNCTION status_entry_hash(previous bytea, entry record); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.status_entry_hash(previous bytea, entry record) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.status_entry_hash(previous bytea, entry record) TO frozen_staff;


--
-- Name: FUNCTION submit_points_event(user_id uuid, event_type text, event_time timestamp with time zone, nonce text, device_id text, attestation jsonb, proof_type text, proof_payload jsonb, payload_hash text, related_entity_type text, related_entity_id text, device_info jsonb, ip_address inet, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.submit_points_event(user_id uuid, event_type text, event_time timestamp with time zone, nonce text, device_id text, attestation jsonb, proof_type text, proof_payload jsonb, payload_hash text, related_entity_type text, related_entity_id text, device_info jsonb, ip_address inet, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.submit_points_event(user_id uuid, event_type text, event_time timestamp with time zone, nonce text, device_id text, attestation jsonb, proof_type text, proof_payload jsonb, payload_hash text, related_entity_type text, related_entity_id text, device_info jsonb, ip_address inet, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.submit_points_event(user_id uuid, event_type text, event_time timestamp with time zone, nonce text, device_id text, attestation jsonb, proof_type text, proof_payload jsonb, payload_hash text, related_entity_type text, related_entity_id text, device_info jsonb, ip_address inet, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION submit_points_events(events jsonb, OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.submit_points_events(events jsonb, OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.submit_points_events(events jsonb, OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.submit_points_events(events jsonb, OUT ordinal integer, OUT user_id uuid, OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean, OUT balance bigint, OUT retry_after bigint) TO frozen_staff;


--
-- Name: FUNCTION sum_events_add(sums bigint[], points bigint, validation_status text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.sum_events_add(sums bigint[], points bigint, validation_status text) TO frozen_owner;


--
-- Name: FUNCTION sum_events_combine(sums bigint[], others bigint[]); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.sum_events_combine(sums bigint[], others bigint[]) TO frozen_owner;


--
-- Name: FUNCTION tenant_column_statements(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_column_statements(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_column_statements(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION tenant_doctor(company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_doctor(company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_doctor(company_column name) TO frozen_staff;


--
-- Name: FUNCTION tenant_policy_column(relation oid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_policy_column(relation oid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_policy_column(relation oid) TO frozen_staff;


--
-- Name: FUNCTION tenant_policy_statements(target regclass, company_column name); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_policy_statements(target regclass, company_column name) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_policy_statements(target regclass, company_column name) TO frozen_staff;


--
-- Name: FUNCTION tenant_tables(target regclass); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_tables(target regclass) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_tables(target regclass) TO frozen_staff;


--
-- Name: FUNCTION tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[]); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[]) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_trigger_statements(target regclass, company_column name, audit boolean, redact text[]) TO frozen_staff;


--
-- Name: FUNCTION tenant_triggers(target regclass, company_column name, audit boolean, redact text[]); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.tenant_triggers(target regclass, company_column name, audit boolean, redact text[]) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.tenant_triggers(target regclass, company_column name, audit boolean, redact text[]) TO frozen_staff;


--
-- Name: FUNCTION trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.trust_features(OUT ord integer, OUT feature text, OUT may_raise boolean) TO frozen_staff;


--
-- Name: FUNCTION trust_score(features integer[], rules_version integer, OUT score integer, OUT reasons text[]); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.trust_score(features integer[], rules_version integer, OUT score integer, OUT reasons text[]) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.trust_score(features integer[], rules_version integer, OUT score integer, OUT reasons text[]) TO frozen_staff;


--
-- Name: FUNCTION unsealed_entries(OUT entries bigint, OUT oldest timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.unsealed_entries(OUT entries bigint, OUT oldest timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.unsealed_entries(OUT entries bigint, OUT oldest timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION uuidv5(namespace uuid, name text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.uuidv5(namespace uuid, name text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.uuidv5(namespace uuid, name text) TO frozen_staff;


--
-- Name: FUNCTION uuidv7(); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.uuidv7() TO frozen_owner;
GRANT ALL ON FUNCTION rewards.uuidv7() TO frozen_app;
GRANT ALL ON FUNCTION rewards.uuidv7() TO frozen_staff;


--
-- Name: FUNCTION uuidv7_floor(moment timestamp with time zone); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.uuidv7_floor(moment timestamp with time zone) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.uuidv7_floor(moment timestamp with time zone) TO frozen_app;
GRANT ALL ON FUNCTION rewards.uuidv7_floor(moment timestamp with time zone) TO frozen_staff;


--
-- Name: FUNCTION validate_pending_events(max_events integer, OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.validate_pending_events(max_events integer, OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.validate_pending_events(max_events integer, OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint) TO frozen_app;
GRANT ALL ON FUNCTION rewards.validate_pending_events(max_events integer, OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint) TO frozen_staff;


--
-- Name: FUNCTION validate_points_event(event_id uuid, proven boolean, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.validate_points_event(event_id uuid, proven boolean, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.validate_points_event(event_id uuid, proven boolean, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_app;
GRANT ALL ON FUNCTION rewards.validate_points_event(event_id uuid, proven boolean, note text, OUT outcome text, OUT balance bigint, OUT replayed boolean) TO frozen_staff;


--
-- Name: FUNCTION verify_accounts(only_user uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_accounts(only_user uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_accounts(only_user uuid) TO frozen_staff;


--
-- Name: FUNCTION verify_accounts_since(since_block bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_accounts_since(since_block bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_accounts_since(since_block bigint) TO frozen_staff;


--
-- Name: FUNCTION verify_audit(since_block bigint, digest text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_audit(since_block bigint, digest text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_audit(since_block bigint, digest text) TO frozen_staff;


--
-- Name: FUNCTION verify_audit_rows(since_block bigint, company uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_audit_rows(since_block bigint, company uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_audit_rows(since_block bigint, company uuid) TO frozen_staff;


--
-- Name: FUNCTION verify_blocks(since_block bigint, book text, company uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_blocks(since_block bigint, book text, company uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_blocks(since_block bigint, book text, company uuid) TO frozen_staff;


--
-- Name: FUNCTION verify_chains(only_user uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_chains(only_user uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_chains(only_user uuid) TO frozen_staff;


--
-- Name: FUNCTION verify_chains_query(event_source text, entry_source text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_chains_query(event_source text, entry_source text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_chains_query(event_source text, entry_source text) TO frozen_staff;


--
-- Name: FUNCTION verify_chains_since(since_block bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_chains_since(since_block bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_chains_since(since_block bigint) TO frozen_staff;


--
-- Name: FUNCTION verify_digest(digest text, book text, company uuid); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_digest(digest text, book text, company uuid) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_digest(digest text, book text, company uuid) TO frozen_staff;


--
-- Name: FUNCTION verify_ledger(since_block bigint, digest text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.verify_ledger(since_block bigint, digest text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.verify_ledger(since_block bigint, digest text) TO frozen_staff;


--
-- Name: FUNCTION within_attribution_window(event_time timestamp with time zone, anchor timestamp with time zone, span interval); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.within_attribution_window(event_time timestamp with time zone, anchor timestamp with time zone, span interval) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.within_attribution_window(event_time timestamp with time zone, anchor timestamp with time zone, span interval) TO frozen_app;
GRANT ALL ON FUNCTION rewards.within_attribution_window(event_time timestamp with time zone, anchor timestamp with time zone, span interval) TO frozen_staff;


--
-- Name: FUNCTION merkle_path(bytea, bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_path(bytea, bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.merkle_path(bytea, bigint) TO frozen_staff;


--
-- Name: FUNCTION merkle_root(bytea); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.merkle_root(bytea) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.merkle_root(bytea) TO frozen_staff;


--
-- Name: FUNCTION sum_events(bigint, text); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.sum_events(bigint, text) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.sum_events(bigint, text) TO frozen_staff;


--
-- Name: FUNCTION sum_points(bigint); Type: ACL; Schema: rewards; Owner: postgres
--

GRANT ALL ON FUNCTION rewards.sum_points(bigint) TO frozen_owner;
GRANT ALL ON FUNCTION rewards.sum_points(bigint) TO frozen_staff;


--
-- Name: TABLE account_devices; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.account_devices TO frozen_staff;


--
-- Name: TABLE attestation_cache; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.attestation_cache TO frozen_staff;


--
-- Name: TABLE audit_blocks; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.audit_blocks TO frozen_staff;


--
-- Name: TABLE audit_log; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.audit_log TO frozen_staff;


--
-- Name: TABLE ledger_blocks; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.ledger_blocks TO frozen_staff;


--
-- Name: TABLE book_blocks; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.book_blocks TO frozen_staff;


--
-- Name: TABLE ledger_entries; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.ledger_entries TO frozen_app;
GRANT SELECT ON TABLE rewards.ledger_entries TO frozen_staff;


--
-- Name: TABLE points_events; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.points_events TO frozen_app;
GRANT SELECT ON TABLE rewards.points_events TO frozen_staff;
GRANT SELECT ON TABLE rewards.points_events TO frozen_own;


--
-- Name: TABLE ledger; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.ledger TO frozen_app;
GRANT SELECT ON TABLE rewards.ledger TO frozen_staff;


--
-- Name: TABLE book_entries; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.book_entries TO frozen_staff;


--
-- Name: TABLE company_settings; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.company_settings TO frozen_app;
GRANT SELECT ON TABLE rewards.company_settings TO frozen_staff;


--
-- Name: TABLE coupon_batches; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupon_batches TO frozen_staff;


--
-- Name: TABLE coupon_guesses; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupon_guesses TO frozen_staff;


--
-- Name: TABLE coupon_stock; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupon_stock TO frozen_app;
GRANT SELECT ON TABLE rewards.coupon_stock TO frozen_staff;


--
-- Name: TABLE coupon_stock_discrepancies; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupon_stock_discrepancies TO frozen_staff;


--
-- Name: TABLE coupon_templates; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupon_templates TO frozen_app;
GRANT SELECT ON TABLE rewards.coupon_templates TO frozen_staff;


--
-- Name: TABLE coupons; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.coupons TO frozen_app;
GRANT SELECT ON TABLE rewards.coupons TO frozen_staff;


--
-- Name: TABLE data_version; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.data_version TO frozen_staff;


--
-- Name: TABLE event_approvals; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.event_approvals TO frozen_staff;


--
-- Name: TABLE forgotten_nonces; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.forgotten_nonces TO frozen_staff;


--
-- Name: TABLE fraud_insights; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.fraud_insights TO frozen_staff;


--
-- Name: TABLE point_lots; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.point_lots TO frozen_app;
GRANT SELECT ON TABLE rewards.point_lots TO frozen_staff;


--
-- Name: TABLE user_points_cache; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.user_points_cache TO frozen_app;
GRANT SELECT ON TABLE rewards.user_points_cache TO frozen_staff;


--
-- Name: TABLE ledger_discrepancies; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.ledger_discrepancies TO frozen_app;
GRANT SELECT ON TABLE rewards.ledger_discrepancies TO frozen_staff;


--
-- Name: TABLE ledger_seal_lag; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.ledger_seal_lag TO frozen_staff;


--
-- Name: TABLE master_keys; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.master_keys TO frozen_staff;


--
-- Name: TABLE open_fraud_insights; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.open_fraud_insights TO frozen_staff;


--
-- Name: TABLE point_lot_uses; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.point_lot_uses TO frozen_staff;


--
-- Name: TABLE point_rules; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.point_rules TO frozen_app;
GRANT SELECT ON TABLE rewards.point_rules TO frozen_staff;


--
-- Name: TABLE points_liability; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.points_liability TO frozen_staff;


--
-- Name: TABLE review_queue; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.review_queue TO frozen_staff;


--
-- Name: TABLE token_keys; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.token_keys TO frozen_staff;


--
-- Name: TABLE trust_rules; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.trust_rules TO frozen_staff;


--
-- Name: TABLE used_nonces; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.used_nonces TO frozen_staff;


--
-- Name: TABLE vendor_batches; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.vendor_batches TO frozen_staff;


--
-- Name: TABLE vendor_codes; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.vendor_codes TO frozen_staff;


--
-- Name: TABLE vendor_batch_stock; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.vendor_batch_stock TO frozen_staff;


--
-- Name: TABLE vendor_code_discrepancies; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.vendor_code_discrepancies TO frozen_staff;


--
-- Name: TABLE vendor_stock; Type: ACL; Schema: rewards; Owner: frozen_owner
--

GRANT SELECT ON TABLE rewards.vendor_stock TO frozen_staff;


--
-- PostgreSQL database dump complete
--


