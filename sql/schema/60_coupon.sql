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
COMMENT ON COLUMN rewards.coupons.coupon_id IS 'Time-ordered identifier (UUID version 7) of the coupon';
COMMENT ON COLUMN rewards.coupons.company_id IS 'Company that issued it';
COMMENT ON COLUMN rewards.coupons.code_hash IS 'HMAC-SHA-256 of company and code under the key in key_slot';
COMMENT ON COLUMN rewards.coupons.plaintext_code IS 'Always null: here so that an audit can see that it is';
COMMENT ON COLUMN rewards.coupons.key_slot IS 'Where in the key file the key of its code is: see master_keys';
COMMENT ON COLUMN rewards.coupons.layer_slot IS 'The key slot whose key was laid over code_hash; null: none';
COMMENT ON COLUMN rewards.coupons.code_route IS 'The second symbol of its code, 0 to 31: a place to route claims by';
COMMENT ON COLUMN rewards.coupons.code_symbols IS 'How long its code is: 16 or 20; 0: the code is not one of ours, and cannot be shown again';
COMMENT ON COLUMN rewards.coupons.code_generation IS 'How many codes it has had before: see reissue_coupon_code()';
COMMENT ON COLUMN rewards.coupons.template_id IS 'Template that it was issued from';
COMMENT ON COLUMN rewards.coupons.issued_to IS 'Member who redeemed it, or the batch of bearer coupons that it is of';
COMMENT ON COLUMN rewards.coupons.issued_points_cost IS 'What was paid for it, in points';
COMMENT ON COLUMN rewards.coupons.points_event_id IS 'The event that its points were spent by';
COMMENT ON COLUMN rewards.coupons.stock_stripe IS 'Where in coupon_stock it was taken from; null: its template had no limit, or its whole batch was revoked, which gave it back';
COMMENT ON COLUMN rewards.coupons.vendor_code_id IS 'The vendor''s code that is handed out instead of one of ours';
COMMENT ON COLUMN rewards.coupons.batch_id IS 'The batch of bearer coupons that it was issued in, which is issued_to then; and batch_number its place there, from 1';
COMMENT ON COLUMN rewards.coupons.batch_number IS 'Its place in its batch, from 1; null: it is of none';
COMMENT ON COLUMN rewards.coupons.coupon_value_type IS 'percentage, fixed_amount or product, as the template had it';
COMMENT ON COLUMN rewards.coupons.coupon_value IS 'The value promised at issue; a later change of the template does not touch it';
COMMENT ON COLUMN rewards.coupons.issued_at IS 'When the points became this coupon, or its batch issued it';
COMMENT ON COLUMN rewards.coupons.status IS 'issued or held: can be claimed; redeemed: its code was claimed; revoked; expired';
COMMENT ON COLUMN rewards.coupons.redeemed_at IS 'When the code was claimed at the counter (rewards.claim_coupon)';
COMMENT ON COLUMN rewards.coupons.redeemed_by IS 'Who claimed it';
COMMENT ON COLUMN rewards.coupons.redemption_proof IS 'What the till gave along with the claim, as a JSON value';
COMMENT ON COLUMN rewards.coupons.claim_ref IS 'What the claimer calls the claim: with it the same claim gets the same answer again';
COMMENT ON COLUMN rewards.coupons.held_by IS 'Who holds it until held_until; null: nobody';
COMMENT ON COLUMN rewards.coupons.held_until IS 'Until when only held_by can claim it';
COMMENT ON COLUMN rewards.coupons.expires_at IS 'From when it cannot be claimed any more; null: never. It can be changed while the coupon is open';
COMMENT ON COLUMN rewards.coupons.metadata IS 'Whatever the shop wants to keep with it, as a JSON value';
COMMENT ON COLUMN rewards.coupons.revoked_at IS 'When it was taken back; null: it was not';
COMMENT ON COLUMN rewards.coupons.revoked_by IS 'By whom: actor of the company context, or the database role';
COMMENT ON COLUMN rewards.coupons.revoke_reason IS 'Why';
COMMENT ON COLUMN rewards.coupons.refunded_at IS 'When its points were given back; null: they were not';
COMMENT ON COLUMN rewards.coupons.refund_points_event_id IS 'The event that gave them back';
COMMENT ON COLUMN rewards.coupons.created_at IS 'When the row was written';
COMMENT ON COLUMN rewards.coupons.updated_at IS 'When it was last changed';

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
