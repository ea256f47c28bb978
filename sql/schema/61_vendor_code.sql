-- A coupon that is revoked gives its vendor code back, unless somebody has seen it.
CREATE TRIGGER return_vendor_code AFTER UPDATE ON rewards.coupons
    FOR EACH ROW EXECUTE FUNCTION rewards.return_vendor_code();

CREATE VIEW rewards.vendor_code_discrepancies WITH (security_invoker = true) AS
    SELECT coalesce(c.company_id, v.company_id) AS company_id, v.id AS vendor_code_id, v.status AS code_status,
           c.coupon_id, c.status AS coupon_status
      FROM (SELECT company_id, id, status, coupon_id FROM rewards.vendor_codes WHERE coupon_id IS NOT NULL) v
      FULL JOIN (SELECT company_id, coupon_id, status, vendor_code_id
                   FROM rewards.coupons WHERE vendor_code_id IS NOT NULL AND status <> 'revoked') c
        ON c.coupon_id = v.coupon_id AND c.vendor_code_id = v.id AND c.company_id = v.company_id
     WHERE v.id IS NULL OR (c.coupon_id IS NULL) <> (v.status = 'withdrawn');
COMMENT ON VIEW rewards.vendor_code_discrepancies IS 'Vendor codes and coupons that do not belong to each other as they should: has to be empty. A code is assigned to one coupon, and a coupon that is not revoked has its code';
