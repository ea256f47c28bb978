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
COMMENT ON COLUMN rewards.coupon_batches.id IS 'Time-ordered identifier (UUID version 7) of the batch; its coupons are issued to it';
COMMENT ON COLUMN rewards.coupon_batches.company_id IS 'Company that issues it';
COMMENT ON COLUMN rewards.coupon_batches.label IS 'What people call it; a company has one batch of a label';
COMMENT ON COLUMN rewards.coupon_batches.template_id IS 'Template of its coupons';
COMMENT ON COLUMN rewards.coupon_batches.quantity IS 'How many coupons it is to have';
COMMENT ON COLUMN rewards.coupon_batches.issued IS 'Its coupons with the numbers 1 to this one exist: see issue_coupon_batch()';
COMMENT ON COLUMN rewards.coupon_batches.coupon_value_type IS 'percentage, fixed_amount or product, as the template had it when the batch began';
COMMENT ON COLUMN rewards.coupon_batches.coupon_value IS 'What each coupon is worth, as the template had it when the batch began';
COMMENT ON COLUMN rewards.coupon_batches.code_symbols IS 'How long its codes are: 16 or 20 symbols';
COMMENT ON COLUMN rewards.coupon_batches.stock_stripe IS 'Where in coupon_stock all of it was taken from when it began; null: the template had no limit';
COMMENT ON COLUMN rewards.coupon_batches.expires_at IS 'When all of its coupons expire; null: never';
COMMENT ON COLUMN rewards.coupon_batches.created_at IS 'When it began';
COMMENT ON COLUMN rewards.coupon_batches.created_by IS 'Who began it: actor of the company context, or the database role';
COMMENT ON COLUMN rewards.coupon_batches.revoked_at IS 'Since when no more of it are issued and its coupons are being revoked';
COMMENT ON COLUMN rewards.coupon_batches.revoked_by IS 'By whom; null: it is not';
COMMENT ON COLUMN rewards.coupon_batches.revoke_reason IS 'Why';
COMMENT ON COLUMN rewards.coupon_batches.revoked IS 'Its coupons with the numbers 1 to this one have been revoked, unless they had been claimed: see revoke_coupon_batch()';
COMMENT ON COLUMN rewards.coupon_batches.updated_at IS 'When it was last issued from, or revoked';

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
