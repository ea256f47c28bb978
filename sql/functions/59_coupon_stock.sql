CREATE FUNCTION rewards.restock_coupon(
    template_id uuid, quantity bigint,
    OUT outcome text, OUT total_stock bigint, OUT available bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_restock_coupon';
COMMENT ON FUNCTION rewards.restock_coupon(uuid, bigint) IS
    'Adds to the total_stock of a template, and says how many coupons can be issued now. Outcome: restocked, template_not_found, unlimited (it has no total_stock). It does not wait for those who are redeeming; those who come wait until it is committed, so call it in a transaction of its own. Recorded in audit_log. Errors: invalid_parameter_value for a quantity below 1, numeric_value_out_of_range, insufficient_privilege for role user, invalid_authorization_specification without a context';

-- Row triggers: hot functions write without statements, and so does a DBA who knows nothing of stripes.
CREATE FUNCTION rewards.keep_stock() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_keep_stock';
COMMENT ON FUNCTION rewards.keep_stock() IS
    'Trigger: spreads total_stock of a template over its stripes in coupon_stock. Errors: check_violation when more than that has been issued';

CREATE FUNCTION rewards.return_to_stock() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'rewards_return_to_stock';
COMMENT ON FUNCTION rewards.return_to_stock() IS
    'Trigger: gives a revoked coupon back to the stock that it was taken from';
