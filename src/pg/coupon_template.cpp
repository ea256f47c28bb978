#include "pg/coupon_template.hpp"

namespace rewards::pg {

namespace coupon_template {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"points_cost", INT8OID},
    {"coupon_value_type", TEXTOID},
    {"coupon_value", NUMERICOID},
    {"starts_at", TIMESTAMPTZOID},
    {"ends_at", TIMESTAMPTZOID},
    {"expires_after_days", INT4OID},
    {"coupons_expire_at", TIMESTAMPTZOID},
    {"is_active", BOOLOID},
    {"high_value", BOOLOID},
    {"max_redemptions_per_user", INT4OID},
    {"total_stock", INT8OID},
    {"vendor_codes", BOOLOID},
    {"low_stock_at", INT4OID},
};
constexpr Lookup lookups[] = {{1, {id}}};
TableLayout layout{"coupon_templates", columns, lookups};
}  // namespace
}  // namespace coupon_template

Table& open_templates(Write& write) { return open_for_reading(write, coupon_template::layout); }

}  // namespace rewards::pg
