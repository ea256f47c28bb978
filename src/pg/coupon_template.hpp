// Templates: what points can buy, as the functions of this folder read it.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

namespace coupon_template {
enum : std::uint8_t {
    id,
    company_id,
    points_cost,
    coupon_value_type,
    coupon_value,
    starts_at,
    ends_at,
    expires_after_days,
    coupons_expire_at,
    is_active,
    high_value,
    max_redemptions_per_user,
    total_stock,
    vendor_codes,
    low_stock_at
};
enum : std::size_t { by_id };
}  // namespace coupon_template

Table& open_templates(Write& write);

}  // namespace rewards::pg
