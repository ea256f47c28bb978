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
COMMENT ON COLUMN rewards.coupon_templates.id IS 'Time-ordered identifier (UUID version 7) of the template';
COMMENT ON COLUMN rewards.coupon_templates.company_id IS 'Company that offers it';
COMMENT ON COLUMN rewards.coupon_templates.template_name IS 'What members see it called';
COMMENT ON COLUMN rewards.coupon_templates.description IS 'What it is, for members';
COMMENT ON COLUMN rewards.coupon_templates.points_cost IS 'Price of one coupon, in points';
COMMENT ON COLUMN rewards.coupon_templates.coupon_value_type IS 'percentage, fixed_amount or product';
COMMENT ON COLUMN rewards.coupon_templates.coupon_value IS 'Percent, units of the company''s currency, or pieces of the product, as coupon_value_type says';
COMMENT ON COLUMN rewards.coupon_templates.partner_name IS 'Who gives the value, if it is not the company';
COMMENT ON COLUMN rewards.coupon_templates.partner_id IS 'How the shop''s own tables name that partner';
COMMENT ON COLUMN rewards.coupon_templates.terms_and_conditions IS 'The small print, for members';
COMMENT ON COLUMN rewards.coupon_templates.starts_at IS 'From when it can be redeemed; null: at once. Until ends_at, which is not in it any more; null: no end';
COMMENT ON COLUMN rewards.coupon_templates.ends_at IS 'From when it cannot be redeemed any more; null: no end';
COMMENT ON COLUMN rewards.coupon_templates.expires_after_days IS 'Days from redemption in which the coupon can be claimed; null: for ever';
COMMENT ON COLUMN rewards.coupon_templates.coupons_expire_at IS 'When all of its coupons expire at the latest; null: each after expires_after_days, or never';
COMMENT ON COLUMN rewards.coupon_templates.is_active IS 'Whether it can be redeemed; its coupons can be claimed either way';
COMMENT ON COLUMN rewards.coupon_templates.high_value IS 'Codes of 20 symbols (85 bits) instead of 16 (65 bits)';
COMMENT ON COLUMN rewards.coupon_templates.max_redemptions_per_user IS 'Coupons of this template one user may be issued, revoked ones not counted; null: no limit';
COMMENT ON COLUMN rewards.coupon_templates.total_stock IS 'Coupons that may be issued, those not counted that have been revoked or were issued while there was no limit; null: no limit';
COMMENT ON COLUMN rewards.coupon_templates.vendor_codes IS 'Its coupons get a code that was imported from a vendor instead of one of ours';
COMMENT ON COLUMN rewards.coupon_templates.low_stock_at IS 'With how many vendor codes left staff get an insight; null: never';
COMMENT ON COLUMN rewards.coupon_templates.metadata IS 'Whatever the shop wants to keep with it, as a JSON value';
COMMENT ON COLUMN rewards.coupon_templates.created_at IS 'When it was created';
COMMENT ON COLUMN rewards.coupon_templates.updated_at IS 'When it was last changed';

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
