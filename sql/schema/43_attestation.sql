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
COMMENT ON COLUMN rewards.attestation_cache.user_id IS 'Member whose device spoke';
COMMENT ON COLUMN rewards.attestation_cache.company_id IS 'Company in which it was examined';
COMMENT ON COLUMN rewards.attestation_cache.attestation_token_hash IS 'SHA-256, in hexadecimal digits, of what names the token (the request details of a Play Integrity verdict) or the App Attest key';
COMMENT ON COLUMN rewards.attestation_cache.device_id IS 'Device that it last came from, as the app names it';
COMMENT ON COLUMN rewards.attestation_cache.platform IS 'android (a Play Integrity token) or ios (an App Attest key)';
COMMENT ON COLUMN rewards.attestation_cache.is_valid IS 'Whether it spoke for the device: level basic or better';
COMMENT ON COLUMN rewards.attestation_cache.integrity_verdict IS 'The verdict, as the verifier delivered it';
COMMENT ON COLUMN rewards.attestation_cache.counter IS 'Highest counter of the App Attest key; only grows';
COMMENT ON COLUMN rewards.attestation_cache.verified_at IS 'When it was last examined';
COMMENT ON COLUMN rewards.attestation_cache.expires_at IS 'When cleanup_expired_attestations() may remove the row; infinity for counters, which forgotten would count anew';
COMMENT ON COLUMN rewards.attestation_cache.device_info IS 'Free for the shop: the extension leaves it null';

-- Clean-up walks the table in the order it was written.
CREATE INDEX attestation_cache_expires_at ON rewards.attestation_cache USING brin (expires_at);

ALTER TABLE rewards.attestation_cache ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.attestation_cache
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.attestation_cache AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
