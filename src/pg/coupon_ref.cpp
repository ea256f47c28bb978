// coupon_public_ref, find_coupon_by_ref: a coupon is spoken of without its code.
#include "core/coupon_ref.hpp"

#include "pg/coupon.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

// In the order of the function's columns.
constexpr std::uint8_t shown[] = {
    coupon::coupon_id,    coupon::issued_to,         coupon::template_id, coupon::status,
    coupon::coupon_value, coupon::coupon_value_type, coupon::issued_at,   coupon::issued_points_cost,
    coupon::expires_at,   coupon::held_until,        coupon::redeemed_at, coupon::redeemed_by,
    coupon::revoked_at,   coupon::revoke_reason,     coupon::refunded_at,
};

void show(ReturnSetInfo* result, const Table& coupons) {
    std::array<Datum, std::size(shown)> values;
    std::array<bool, std::size(shown)> nulls;
    for (std::size_t one = 0; one < std::size(shown); ++one) {
        const RowField field = field_of(optional_value(coupons, shown[one]));
        values[one] = field.value;
        nulls[one] = field.is_null;
    }
    tuplestore_putvalues(result->setResult, result->setDesc, values.data(), nulls.data());
}

void show_coupons_with(const CouponRef& ref, const Uuid& company, ReturnSetInfo* result) {
    const Uuid first = first_id_with(ref);
    const std::optional<Uuid> after = first_id_after(ref);
    Range range{to_datum(first), std::nullopt};
    if (after) range.until = to_datum(*after);
    with_read([&](Write& read) {
        Table& coupons = open_coupons_for_reading(read);
        scan_range(coupons, coupon::by_id, {}, range, ForwardScanDirection, [&] {
            if (uuid_of(value(coupons, coupon::company_id)) == company &&
                value_or_raise(ref_of(uuid_of(value(coupons, coupon::coupon_id)))) == ref)
                show(result, coupons);
            return true;
        });
    });
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_coupon_public_ref) {
    using namespace rewards::pg;
    const rewards::CouponRef ref = value_or_raise(rewards::ref_of(uuid_of(PG_GETARG_DATUM(0))));
    return to_datum(rewards::format_ref(ref).view());
}

SQL_FUNCTION(rewards_find_coupon_by_ref) {
    using namespace rewards::pg;
    const rewards::CouponRef ref = value_or_raise(rewards::parse_ref(text_view(Arguments{fcinfo}.required(0, "ref"))));
    const Context& context = require_context();
    require_back_end(context, "look up a coupon by its reference");
    InitMaterializedSRF(fcinfo, 0);
    show_coupons_with(ref, context.company, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
    return Datum{0};
}
}
