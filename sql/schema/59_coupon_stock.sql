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
COMMENT ON COLUMN rewards.coupon_stock.template_id IS 'Template whose stock it is';
COMMENT ON COLUMN rewards.coupon_stock.stripe IS 'Number of the stripe, 0 to 15';
COMMENT ON COLUMN rewards.coupon_stock.company_id IS 'Company that offers the template';
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
