-- For staff, who may not write the table.
CREATE FUNCTION rewards.create_coupon_template(template jsonb) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_create_coupon_template';
COMMENT ON FUNCTION rewards.create_coupon_template(jsonb) IS
    'Creates a coupon template of the company from an object whose members are columns of coupon_templates, and returns its id. Columns that are not given have their defaults. Recorded in audit_log. Errors: invalid_parameter_value for a member that is no column or cannot be set, not_null_violation, check_violation, those of the columns'' types, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.change_coupon_template(template_id uuid, changes jsonb) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_change_coupon_template';
COMMENT ON FUNCTION rewards.change_coupon_template(uuid, jsonb) IS
    'Changes the columns of a coupon template that are members of the object; null takes a limit away. Outcome: changed, template_not_found. Coupons that were issued keep what they promised; total_stock can be lowered to what has been issued (check_violation). Recorded in audit_log. Errors: as create_coupon_template()';

CREATE FUNCTION rewards.stamp_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION rewards.stamp_update() IS
    'Trigger: sets updated_at';
