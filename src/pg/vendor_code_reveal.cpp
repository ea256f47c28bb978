// reveal_vendor_code: the holder of a coupon, or the back end for it, sees the vendor's code. From then on it is not
// handed out to anybody else.
#include "pg/audit.hpp"
#include "pg/key_ring.hpp"
#include "pg/raise.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

namespace {

struct RevealAnswer {
    const Refusal* refusal;
    RowField code;
    std::optional<TimestampTz> first_revealed_at;
};

RevealAnswer refused(const Refusal& refusal) { return {&refusal, {}, std::nullopt}; }

bool may_see(const Context& context, const Table& coupons) {
    if (uuid_of(value(coupons, coupon::company_id)) != context.company) return false;
    return context.role != Role::user || uuid_of(value(coupons, coupon::issued_to)) == context.member;
}

bool is_over(const Table& coupons) {
    return status_of(coupons) == CouponStatus::expired || is_past_date(coupons, GetCurrentTimestamp());
}

// Of the coupon in the found row; null: none.
const Refusal* reason_to_refuse(const Table& coupons) {
    if (!optional_value(coupons, coupon::vendor_code_id)) return &refusal::no_vendor_code;
    if (status_of(coupons) == CouponStatus::revoked) return &refusal::already_revoked;
    if (is_over(coupons)) return &refusal::already_expired;
    return nullptr;
}

// Under its lock: who revoked the coupon meanwhile has taken the code from it.
bool lock_code_of(Table& codes, const Table& coupons) {
    if (!lock_row(codes, vendor_code::by_id, {value(coupons, coupon::vendor_code_id)})) return false;
    const std::optional<Datum> coupon = optional_value(codes, vendor_code::coupon_id);
    return coupon && uuid_of(*coupon) == uuid_of(value(coupons, coupon::coupon_id)) && !has_status(codes, "withdrawn");
}

// In the memory of the call, as an answer; nothing else keeps it.
Datum decrypt(const Table& codes, const Table& batches) {
    WrappedKey wrapped{};
    const std::string_view stored = bytes_view(value(batches, vendor_batch::wrapped_key));
    if (stored.size() == wrapped.size()) std::memcpy(wrapped.data(), stored.data(), wrapped.size());
    VendorCipher& cipher = keep(open_vendor_cipher(key_ring(false), batch_of(batches), wrapped));
    const VendorCodeName name{uuid_of(value(codes, vendor_code::id)),
                              static_cast<std::uint32_t>(DatumGetInt32(value(codes, vendor_code::ordinal)))};
    const std::string_view sealed = bytes_view(value(codes, vendor_code::sealed_code));
    auto* code = static_cast<text*>(palloc(VARHDRSZ + sealed.size()));
    const std::size_t length = value_or_raise(open_vendor_code(
        cipher, name, bytes_of(sealed), {reinterpret_cast<std::uint8_t*>(VARDATA(code)), sealed.size()}));
    SET_VARSIZE(code, VARHDRSZ + length);
    return PointerGetDatum(code);
}

TimestampTz note_first_reveal(Table& codes) {
    if (const std::optional<Datum> revealed_at = optional_value(codes, vendor_code::revealed_at))
        return DatumGetTimestampTz(*revealed_at);
    const TimestampTz now = GetCurrentTimestamp();
    update(codes, {{vendor_code::status, to_datum(std::string_view("revealed"))},
                   {vendor_code::revealed_at, TimestampTzGetDatum(now)},
                   {vendor_code::revealed_by, to_datum(std::string_view(current_actor()))}});
    return now;
}

RevealAnswer reveal(Write& write, const Context& context, const Uuid& coupon_id) {
    Table& coupons = open_coupons(write);
    if (!find(coupons, coupon::by_id, {to_datum(coupon_id)}) || !may_see(context, coupons))
        return refused(refusal::coupon_not_found);
    if (const Refusal* reason = reason_to_refuse(coupons)) return refused(*reason);
    Table& codes = open_vendor_codes(write);
    if (!lock_code_of(codes, coupons)) return refused(refusal::already_revoked);
    Table& batches = open_vendor_batches(write);
    find_batch_of(codes, batches);
    if (optional_value(batches, vendor_batch::shredded_at)) return refused(refusal::shredded);
    const Datum code = decrypt(codes, batches);
    record_audit(write, context,
                 {"reveal_vendor_code",
                  value(coupons, coupon::issued_to),
                  {},
                  jsonb_of_texts({{"coupon_id", uuid_text(coupon_id)},
                                  {"vendor_code_id", uuid_text(uuid_of(value(codes, vendor_code::id)))}})});
    return {nullptr, code, note_first_reveal(codes)};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_reveal_vendor_code) {
    using namespace rewards::pg;
    const rewards::Uuid coupon = Arguments{fcinfo}.uuid(0, "coupon_id");
    const Context& context = require_context();
    RevealAnswer answer{};
    with_write("reveal_vendor_code()", [&](Write& write) { answer = reveal(write, context, coupon); });
    if (answer.refusal != nullptr) refuse(*answer.refusal, psprintf("{\"coupon_id\": \"%s\"}", uuid_text(coupon)));
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "revealed";
    return make_row(fcinfo, {to_datum(std::string_view(outcome)), answer.code, field_of(answer.first_revealed_at)});
}
}
