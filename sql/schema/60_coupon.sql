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
    expires_after_days       integer,
    is_active                boolean     NOT NULL DEFAULT true,
    high_value               boolean     NOT NULL DEFAULT false,
    max_redemptions_per_user integer,
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
        AND max_redemptions_per_user > 0)
);
COMMENT ON TABLE rewards.coupon_templates IS 'What points can buy: price in points, value, validity and limits';
COMMENT ON COLUMN rewards.coupon_templates.coupon_value IS 'Percent, units of the company''s currency, or pieces of the product, as coupon_value_type says';
COMMENT ON COLUMN rewards.coupon_templates.expires_after_days IS 'Days from redemption in which the coupon can be claimed; null: for ever';
COMMENT ON COLUMN rewards.coupon_templates.high_value IS 'Codes of 20 symbols (85 bits) instead of 16 (65 bits)';
COMMENT ON COLUMN rewards.coupon_templates.max_redemptions_per_user IS 'Coupons of this template one user may be issued, revoked ones not counted; null: no limit';

CREATE INDEX coupon_templates_company ON rewards.coupon_templates (company_id);

CREATE TABLE rewards.coupons (
    coupon_id              uuid        NOT NULL DEFAULT rewards.uuidv7(),
    company_id             uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    code_hash              bytea       NOT NULL,
    plaintext_code         text,
    key_slot               smallint    NOT NULL,
    code_route             smallint    NOT NULL,
    code_symbols           smallint    NOT NULL,
    code_generation        integer     NOT NULL DEFAULT 0,
    template_id            uuid        NOT NULL,
    issued_to              uuid        NOT NULL,
    issued_points_cost     bigint      NOT NULL,
    coupon_value_type      text        NOT NULL,
    coupon_value           numeric     NOT NULL,
    issued_at              timestamptz NOT NULL DEFAULT now(),
    status                 text        NOT NULL DEFAULT 'issued',
    redeemed_at            timestamptz,
    redeemed_by            text,
    redemption_proof       jsonb,
    expires_at             timestamptz,
    metadata               jsonb,
    refunded_at            timestamptz,
    refund_points_event_id uuid,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupon_id, issued_to),
    CONSTRAINT coupons_sound CHECK (
        plaintext_code IS NULL
        AND status IN ('issued', 'held', 'redeemed', 'revoked', 'expired')
        AND octet_length(code_hash) = 32
        AND (status <> 'redeemed' OR redeemed_at IS NOT NULL))
) WITH (fillfactor = 85);
COMMENT ON TABLE rewards.coupons IS 'Issued coupons. A code is derived from the key file when it is handed out and stored nowhere';
COMMENT ON COLUMN rewards.coupons.code_hash IS 'HMAC-SHA-256 of company and code under the key in key_slot';
COMMENT ON COLUMN rewards.coupons.plaintext_code IS 'Always null: here so that an audit can see that it is';
COMMENT ON COLUMN rewards.coupons.coupon_value IS 'The value promised at issue; a later change of the template does not touch it';
COMMENT ON COLUMN rewards.coupons.redeemed_at IS 'When the code was claimed at the counter (rewards.claim_coupon)';
COMMENT ON COLUMN rewards.coupons.redeemed_by IS 'Who claimed it';

CREATE UNIQUE INDEX coupons_code ON rewards.coupons (code_hash, issued_to);
CREATE INDEX coupons_holder ON rewards.coupons (issued_to, template_id);

-- Which master keys this database's coupons and tokens were made with, so that a wrong or lost key file is
-- noticed before anything is issued under it. Fingerprints only.
CREATE TABLE rewards.coupon_keys (
    slot        smallint    PRIMARY KEY CHECK (slot BETWEEN 0 AND 31),
    fingerprint bytea       NOT NULL CHECK (octet_length(fingerprint) = 16),
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE rewards.coupon_keys IS 'Fingerprints of the master keys this database has used, for coupons or tokens; the keys themselves are in the file rewards.key_file';
CREATE TRIGGER coupon_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rewards.coupon_keys
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

ALTER TABLE rewards.coupons ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupons
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.coupons AS RESTRICTIVE
    USING (issued_to BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
