// How many are left? The stock of a template is split into stripes, so that those who redeem at once need not wait for
// each other.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

namespace coupon_stock {
enum : std::uint8_t { template_id, stripe, company_id, allotted, taken };
enum : std::size_t { by_stripe };
}  // namespace coupon_stock

using Stripe = std::int16_t;
inline constexpr Stripe stripe_count = 16;

Table& open_stock(Write& write);

// Locks a stripe of the template, which becomes the found row.
bool lock_stripe(Table& stock, const Uuid& template_id, Stripe stripe, LockWaitPolicy wait);

// How many are left in the stripe of the found row.
std::int64_t left_in(const Table& stock);

// How many are left in all stripes, as of what is committed now.
std::int64_t left_in_stock(Write& write, const Uuid& template_id);

// Takes one out of the stock, from a stripe that nobody else holds. Waits only when others hold all stripes that have
// some: one who rolls back must not leave any behind. Nothing: it is sold out.
std::optional<Stripe> take_from_stock(Write& write, const Uuid& template_id, const Uuid& user);

// For several of one template. Everybody who wants that comes to the stripes in their order, from the one that gave the
// last, and waits for them: nobody holds what somebody before him waits for.
std::optional<Stripe> take_in_order(Write& write, const Uuid& template_id, Stripe from);

// Takes many out of the stock, all from one stripe, which gets its share of the others for it. The template's row must be
// locked. Waits for those who redeem only when there is no other way. Nothing: there are not so many left.
std::optional<Stripe> take_many(Write& write, const Uuid& template_id, std::int64_t quantity);

void return_to_stock(Write& write, const Uuid& template_id, Stripe stripe, std::int64_t quantity = 1);

}  // namespace rewards::pg
