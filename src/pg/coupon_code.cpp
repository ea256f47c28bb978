#include "pg/coupon_code.hpp"

#include "pg/key_ring.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {
int configured_route = 0;
}

// 65 bits of a keyed function meet by chance once in a hundred million codes: then the next
// generation serves.
IssuedCode issue_code(Table& coupons, const Uuid& company, const Uuid& coupon, std::size_t symbols,
                      std::uint32_t generation) {
    KeyRing& keys = key_ring(true);
    CodeSpec spec{newest_slot(keys), static_cast<unsigned>(configured_route), symbols, generation, coupon};
    for (;; ++spec.generation) {
        const CouponCode code = value_or_raise(derive_new_code(keys, spec));
        const Digest tag = value_or_raise(code_tag(keys, company, code));
        if (!find(coupons, coupon::by_code, {bytea_datum(tag)})) return {spec, code, tag};
        CHECK_FOR_INTERRUPTS();
    }
}

FormattedCode code_of(const Table& coupons) {
    KeyRing& keys = key_ring(false);
    const CodeSpec spec{static_cast<unsigned>(DatumGetInt16(value(coupons, coupon::key_slot))),
                        static_cast<unsigned>(DatumGetInt16(value(coupons, coupon::code_route))),
                        static_cast<std::size_t>(DatumGetInt16(value(coupons, coupon::code_symbols))),
                        static_cast<std::uint32_t>(DatumGetInt32(value(coupons, coupon::code_generation))),
                        uuid_of(value(coupons, coupon::coupon_id))};
    const CouponCode code = value_or_raise(derive_code(keys, spec));
    const Digest tag = value_or_raise(code_tag(keys, uuid_of(value(coupons, coupon::company_id)), code));
    if (bytes_view(value(coupons, coupon::code_hash)) != text_of_bytes(tag))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the code of a coupon cannot be derived again"),
                errdetail("The coupon's row does not match the key in slot %u.", spec.slot),
                errhint("The row was changed, or the coupon was brought from elsewhere: reissue its code."));
    return format_code(code);
}

CodeFound lock_by_code(Table& coupons, const Uuid& company, std::string_view typed) {
    const Result<CouponCode> code = parse_code(typed);
    if (!code.ok()) return CodeFound::malformed;
    KeyRing& keys = key_ring(true);
    if (!has_slot(keys, slot_of(code.value))) return CodeFound::unknown;
    const Digest tag = value_or_raise(code_tag(keys, company, code.value));
    if (!lock_row(coupons, coupon::by_code, {bytea_datum(tag)})) return CodeFound::unknown;
    return uuid_of(value(coupons, coupon::company_id)) == company ? CodeFound::found : CodeFound::unknown;
}

void define_code_settings() {
    DefineCustomIntVariable(
        "rewards.coupon_route", "Route symbol of new coupon codes: tells installations or shards apart.", nullptr,
        &configured_route, 0, 0, static_cast<int>(route_count) - 1, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace rewards::pg
