// reissue_coupon_code: the code has become known to somebody; the coupon gets another, and the old one is dead.
#include "pg/audit.hpp"
#include "pg/coupon_code.hpp"
#include "pg/coupon_counter.hpp"
#include "pg/coupon_template.hpp"

namespace rewards::pg {

namespace {

struct Reissued {
    const Refusal* refusal;
    std::optional<FormattedCode> code;
};

const Refusal* reason_to_refuse(const Table& coupons, TimestampTz now) {
    const CouponStatus status = status_of(coupons);
    if (status == CouponStatus::redeemed) return &refusal::already_claimed;
    if (status == CouponStatus::revoked) return &refusal::already_revoked;
    if (status == CouponStatus::expired || is_past_date(coupons, now)) return &refusal::already_expired;
    if (is_held(coupons, now)) return &refusal::coupon_held;
    if (optional_value(coupons, coupon::vendor_code_id)) return &refusal::vendor_code;
    return nullptr;
}

// As long as the old code; one that was brought from elsewhere has no length of ours, and gets that of its template.
std::size_t symbols_for(Write& write, const Table& coupons) {
    const auto old = static_cast<std::size_t>(DatumGetInt16(value(coupons, coupon::code_symbols)));
    if (old == standard_symbols || old == long_symbols) return old;
    Table& templates = open_templates(write);
    const bool is_known = find(templates, coupon_template::by_id, {value(coupons, coupon::template_id)});
    return is_known && !DatumGetBool(value(templates, coupon_template::high_value)) ? standard_symbols : long_symbols;
}

void audit(Write& write, const Context& context, const Table& coupons, const Uuid& id, std::string_view reason) {
    const bool is_of_batch = optional_value(coupons, coupon::batch_id).has_value();
    record_audit(write, context,
                 {"reissue_coupon_code",
                  is_of_batch ? RowField() : RowField(value(coupons, coupon::issued_to)),
                  {},
                  jsonb_of_texts({{"coupon_id", uuid_text(id)}, {"reason", reason}})});
}

Reissued reissue(Write& write, const Context& context, const Uuid& id, std::string_view reason) {
    Table& coupons = open_coupons(write);
    if (!lock_coupon(coupons, context.company, id)) return {&refusal::coupon_not_found, std::nullopt};
    const TimestampTz now = GetCurrentTimestamp();
    if (const Refusal* refusal = reason_to_refuse(coupons, now)) return {refusal, std::nullopt};
    audit(write, context, coupons, id, reason);
    const auto generation = static_cast<std::uint32_t>(DatumGetInt32(value(coupons, coupon::code_generation)));
    const std::size_t symbols = symbols_for(write, coupons);
    const IssuedCode issued = issue_code(coupons, context.company, id, symbols, generation + 1);
    // The found row is another now: the new code was looked for among those that there are.
    lock_coupon(coupons, context.company, id);
    update(coupons, {{coupon::status, to_datum(text_of(CouponStatus::issued))},  // a hold that is over ends
                     {coupon::code_hash, bytea_datum(issued.tag)},
                     {coupon::key_slot, Int16GetDatum(static_cast<std::int16_t>(issued.spec.slot))},
                     {coupon::layer_slot, {}},
                     {coupon::code_route, Int16GetDatum(static_cast<std::int16_t>(issued.spec.route))},
                     {coupon::code_symbols, Int16GetDatum(static_cast<std::int16_t>(issued.spec.symbols))},
                     {coupon::code_generation, Int32GetDatum(static_cast<std::int32_t>(issued.spec.generation))},
                     {coupon::updated_at, TimestampTzGetDatum(now)}});
    return {nullptr, format_code(issued.code)};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_reissue_coupon_code) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid id = arguments.uuid(0, "coupon_id");
    const std::string_view reason = arguments.word(1, "reason", longest_reason);
    const Context& context = require_context();
    require_back_end(context, "reissue the code of a coupon");
    Reissued reissued{};
    with_write("reissue_coupon_code()", [&](Write& write) { reissued = reissue(write, context, id, reason); });
    if (reissued.refusal != nullptr) refuse(*reissued.refusal, psprintf("{\"coupon_id\": \"%s\"}", uuid_text(id)));
    const char* outcome = reissued.refusal != nullptr ? reissued.refusal->outcome : "reissued";
    return make_row(fcinfo, {to_datum(std::string_view(outcome)),
                             reissued.code ? RowField(to_datum(reissued.code->view())) : RowField()});
}
}
