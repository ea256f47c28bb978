// Templates: what points can buy, as the functions of this folder read and write it.
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
    low_stock_at,
    updated_at
};
enum : std::size_t { by_id };
}  // namespace coupon_template

TableLayout& templates_layout();

Table& open_templates(Write& write);

// What a template offers. It outlives the row that it was read from; the value goes from row to row as it is.
struct Offer {
    bool is_active;
    bool is_limited;  // by its stock
    bool has_vendor_codes;
    std::optional<std::int64_t> low_stock_at;  // of vendor codes
    std::int64_t cost;
    std::size_t symbols;
    std::optional<TimestampTz> starts_at;
    std::optional<TimestampTz> ends_at;
    std::optional<std::int64_t> days;
    std::optional<TimestampTz> coupons_expire_at;
    std::optional<std::int64_t> most_per_user;
    Datum value_type;
    Datum value;
};

// As the table has it now. Nothing: the company has no such template.
std::optional<Offer> find_offer(Table& templates, const Uuid& company, const Uuid& template_id);

// The same, from what this backend has kept since the templates last changed.
std::optional<Offer> known_offer(Write& write, const Uuid& company, const Uuid& template_id);

// When a coupon that is issued now expires; nothing: never.
std::optional<TimestampTz> expiry_of(const Offer& offer, TimestampTz now);

}  // namespace rewards::pg
