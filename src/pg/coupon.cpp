#include "pg/coupon.hpp"

#include "pg/key_ring.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace coupon_template {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"points_cost", INT8OID},
    {"coupon_value_type", TEXTOID},
    {"coupon_value", NUMERICOID},
    {"expires_after_days", INT4OID},
    {"is_active", BOOLOID},
    {"high_value", BOOLOID},
    {"max_redemptions_per_user", INT4OID},
};
constexpr Lookup lookups[] = {{1, {id}}};
TableLayout layout{"coupon_templates", columns, lookups};
}  // namespace
}  // namespace coupon_template

namespace coupon {
namespace {
constexpr Column columns[] = {
    {"coupon_id", UUIDOID},          {"company_id", UUIDOID},
    {"code_hash", BYTEAOID},         {"key_slot", INT2OID},
    {"code_route", INT2OID},         {"code_symbols", INT2OID},
    {"code_generation", INT4OID},    {"template_id", UUIDOID},
    {"issued_to", UUIDOID},          {"issued_points_cost", INT8OID},
    {"coupon_value_type", TEXTOID},  {"coupon_value", NUMERICOID},
    {"issued_at", TIMESTAMPTZOID},   {"status", TEXTOID},
    {"redeemed_at", TIMESTAMPTZOID}, {"redeemed_by", TEXTOID},
    {"redemption_proof", JSONBOID},  {"expires_at", TIMESTAMPTZOID},
    {"metadata", JSONBOID},          {"created_at", TIMESTAMPTZOID},
    {"updated_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {
    {2, {coupon_id, issued_to}},
    {1, {code_hash}},
    {2, {issued_to, template_id}},
};
TableLayout layout{"coupons", columns, lookups};
}  // namespace
}  // namespace coupon

namespace {
int configured_route = 0;
}

Table& open_templates(Write& write) { return open_for_reading(write, coupon_template::layout); }

Table& open_coupons(Write& write) { return open_for_writing(write, coupon::layout); }

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

void define_coupon_settings() {
    DefineCustomIntVariable(
        "rewards.coupon_route", "Route symbol of new coupon codes: tells installations or shards apart.", nullptr,
        &configured_route, 0, 0, static_cast<int>(route_count) - 1, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

unsigned coupon_route() { return static_cast<unsigned>(configured_route); }

}  // namespace rewards::pg
