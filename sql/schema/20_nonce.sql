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
COMMENT ON COLUMN rewards.used_nonces.user_id IS 'Member whose request it was';
COMMENT ON COLUMN rewards.used_nonces.company_id IS 'Company in which the member asked';
COMMENT ON COLUMN rewards.used_nonces.nonce IS 'The idempotency key, as the caller chose it';
COMMENT ON COLUMN rewards.used_nonces.event_type IS 'What was asked for: the type of the event';
COMMENT ON COLUMN rewards.used_nonces.created_at IS 'When it was used first';
COMMENT ON COLUMN rewards.used_nonces.expires_at IS 'From when cleanup_expired_nonces() may delete it: an event with it would not be accepted any more';
COMMENT ON COLUMN rewards.used_nonces.fingerprint IS 'SHA-256 of the request; a null fingerprint (a nonce carried over from another system) matches no request';
COMMENT ON COLUMN rewards.used_nonces.event_id IS 'The event of the answer; null: it made none';
COMMENT ON COLUMN rewards.used_nonces.coupon_id IS 'The coupon of the answer; null: it has none, or several';
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
COMMENT ON TABLE rewards.forgotten_nonces IS 'Up to when the nonces were used that are deleted since: submitted events from before are not accepted, whatever accepted_age says';
COMMENT ON COLUMN rewards.forgotten_nonces.company_id IS 'Company whose nonces they were';
COMMENT ON COLUMN rewards.forgotten_nonces.used_until IS 'When the youngest of them was used';

ALTER TABLE rewards.forgotten_nonces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.forgotten_nonces
    USING (company_id = rewards.get_back_end_company_id());

-- @since 2@
-- Whoever deletes nonces, by whatever way, leaves word of it, and the word stays.
CREATE TRIGGER note_forgotten AFTER DELETE ON rewards.used_nonces REFERENCING OLD TABLE AS forgotten
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.note_forgotten_nonces();
ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER note_forgotten;
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON rewards.forgotten_nonces
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('What has been forgotten stays forgotten: without this row, old events would be accepted again.');
ALTER TABLE rewards.forgotten_nonces ENABLE ALWAYS TRIGGER refuse_removal;
-- @end@
