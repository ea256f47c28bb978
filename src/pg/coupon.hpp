// Templates and coupons, as the functions of this folder read and write them.
#pragma once

#include "core/coupon_key.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace coupon_template {
enum : std::uint8_t {
    id,
    company_id,
    points_cost,
    coupon_value_type,
    coupon_value,
    expires_after_days,
    is_active,
    high_value,
    max_redemptions_per_user
};
enum : std::size_t { by_id };
}  // namespace coupon_template

namespace coupon {
enum : std::uint8_t {
    coupon_id,
    company_id,
    code_hash,
    key_slot,
    code_route,
    code_symbols,
    code_generation,
    template_id,
    issued_to,
    issued_points_cost,
    coupon_value_type,
    coupon_value,
    issued_at,
    status,
    redeemed_at,
    redeemed_by,
    redemption_proof,
    expires_at,
    metadata,
    created_at,
    updated_at
};
enum : std::size_t { by_id, by_code, by_holder };
}  // namespace coupon

Table& open_templates(Write& write);
Table& open_coupons(Write& write);

// The code of the coupon in the found row, which only its holder and the issuing call may see.
FormattedCode code_of(const Table& coupons);

// Defines rewards.coupon_route.
void define_coupon_settings();
unsigned coupon_route();

}  // namespace rewards::pg
