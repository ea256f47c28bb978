#include "pg/coupon_stock.hpp"

namespace rewards::pg {

namespace coupon_stock {
namespace {
constexpr Column columns[] = {
    {"template_id", UUIDOID}, {"stripe", INT2OID}, {"company_id", UUIDOID}, {"allotted", INT8OID}, {"taken", INT8OID},
};
constexpr Lookup lookups[] = {{2, {template_id, stripe}, true}};
TableLayout layout{"coupon_stock", columns, lookups};
}  // namespace
}  // namespace coupon_stock

namespace {

// One bit for each stripe.
using StripeSet = std::uint32_t;
static_assert(stripe_count <= 32);

StripeSet only(Stripe stripe) { return StripeSet{1} << stripe; }

StripeSet stripes_with_some(Table& stock, const Uuid& template_id) {
    StripeSet some = 0;
    for_each(stock, coupon_stock::by_stripe, {to_datum(template_id)}, [&] {
        if (left_in(stock) > 0) some |= only(DatumGetInt16(value(stock, coupon_stock::stripe)));
        return true;
    });
    return some;
}

void add_to_taken(Table& stock, std::int64_t change) {
    const std::int64_t taken = DatumGetInt64(value(stock, coupon_stock::taken));
    update(stock, {{coupon_stock::taken, Int64GetDatum(taken + change)}});
}

bool has_some(Table& stock, const Uuid& template_id, Stripe stripe) {
    return find(stock, coupon_stock::by_stripe, {to_datum(template_id), Int16GetDatum(stripe)}) && left_in(stock) > 0;
}

// Not when it is somebody else's at the moment, nor when it has changed before it could be locked: whoever had the lock of a
// stripe with nothing left, and then waited for another one, could be waited for by its holder.
bool try_to_take(Table& stock, const Uuid& template_id, Stripe stripe) {
    if (!has_some(stock, template_id, stripe) || !lock_found(stock)) return false;
    add_to_taken(stock, 1);
    return true;
}

}  // namespace

Table& open_stock(Write& write) { return open_for_writing(write, coupon_stock::layout); }

bool lock_stripe(Table& stock, const Uuid& template_id, Stripe stripe, LockWaitPolicy wait) {
    return lock_row(stock, coupon_stock::by_stripe, {to_datum(template_id), Int16GetDatum(stripe)}, wait);
}

std::int64_t left_in(const Table& stock) {
    return DatumGetInt64(value(stock, coupon_stock::allotted)) - DatumGetInt64(value(stock, coupon_stock::taken));
}

std::int64_t left_in_stock(Write& write, const Uuid& template_id) {
    Table& stock = open_for_reading(write, coupon_stock::layout);
    std::int64_t left = 0;
    for_each(stock, coupon_stock::by_stripe, {to_datum(template_id)}, [&] {
        left += left_in(stock);
        return true;
    });
    return left;
}

std::optional<Stripe> take_from_stock(Write& write, const Uuid& template_id, const Uuid& user) {
    Table& stock = open_stock(write);
    const auto own = static_cast<Stripe>(hash_bytes(user.data(), user.size()) % stripe_count);
    if (try_to_take(stock, template_id, own)) return own;
    while (const StripeSet some = stripes_with_some(stock, template_id)) {
        std::optional<Stripe> held;
        for (Stripe offset = 0; offset < stripe_count; ++offset) {
            const auto stripe = static_cast<Stripe>((own + offset) % stripe_count);
            if ((some & only(stripe)) == 0) continue;
            if (try_to_take(stock, template_id, stripe)) return stripe;
            if (!held) held = stripe;
        }
        wait_for_holder(stock, coupon_stock::by_stripe, {to_datum(template_id), Int16GetDatum(*held)});
        CHECK_FOR_INTERRUPTS();
    }
    return std::nullopt;
}

std::optional<Stripe> take_in_order(Write& write, const Uuid& template_id, Stripe from) {
    Table& stock = open_stock(write);
    for (Stripe stripe = from; stripe < stripe_count; ++stripe) {
        if (!has_some(stock, template_id, stripe) || !lock_stripe(stock, template_id, stripe, LockWaitBlock) ||
            left_in(stock) == 0)
            continue;
        add_to_taken(stock, 1);
        return stripe;
    }
    return std::nullopt;
}

void return_to_stock(Write& write, const Uuid& template_id, Stripe stripe, std::int64_t quantity) {
    Table& stock = open_stock(write);
    if (!lock_stripe(stock, template_id, stripe, LockWaitBlock))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the stock that a coupon was taken from is gone"),
                errhint("See rewards.coupon_stock_discrepancies."));
    add_to_taken(stock, -quantity);
}

}  // namespace rewards::pg
