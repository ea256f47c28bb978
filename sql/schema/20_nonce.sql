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
