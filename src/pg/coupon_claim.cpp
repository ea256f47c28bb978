// claim_coupon: the code is used at the counter, once.
#include "pg/coupon_code.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

constexpr std::size_t longest_claimer = 255;

struct Claim {
    std::string_view code;
    std::string_view claimed_by;
    RowField proof;
};

struct Claimed {
    const Refusal* refusal;
    std::optional<Uuid> coupon;
    Datum value;
    Datum value_type;
};

bool is_claimable(const Table& coupons, TimestampTz now) {
    if (text_view(value(coupons, coupon::status)) != "issued") return false;
    const std::optional<Datum> expires_at = optional_value(coupons, coupon::expires_at);
    return !expires_at || DatumGetTimestampTz(*expires_at) > now;
}

// Datums that outlive the write.
Datum keep(Datum datum) { return PointerGetDatum(PG_DETOAST_DATUM_COPY(datum)); }

Claimed refuse_claim(const Refusal& refusal) { return {&refusal, std::nullopt, 0, 0}; }

Claimed claim(Write& write, const Context& context, const Claim& claim) {
    Table& coupons = open_coupons(write);
    const CodeFound found = lock_by_code(coupons, context.company, claim.code);
    if (found == CodeFound::malformed) return refuse_claim(refusal::malformed);
    if (found == CodeFound::unknown) return refuse_claim(refusal::not_redeemable);
    const TimestampTz now = GetCurrentTimestamp();
    if (!is_claimable(coupons, now)) return refuse_claim(refusal::not_redeemable);
    const Claimed claimed{nullptr, uuid_of(value(coupons, coupon::coupon_id)),
                          keep(value(coupons, coupon::coupon_value)), keep(value(coupons, coupon::coupon_value_type))};
    update(coupons, {{coupon::status, to_datum(std::string_view("redeemed"))},
                     {coupon::redeemed_at, TimestampTzGetDatum(now)},
                     {coupon::redeemed_by, to_datum(claim.claimed_by)},
                     {coupon::redemption_proof, claim.proof},
                     {coupon::updated_at, TimestampTzGetDatum(now)}});
    return claimed;
}

Datum row_of(FunctionCallInfo call, const Claimed& claimed) {
    const RowField none{std::nullopt};
    if (claimed.refusal != nullptr)
        return make_row(call, {to_datum(std::string_view(claimed.refusal->outcome)), none, none, none});
    return make_row(
        call, {to_datum(std::string_view("claimed")), to_datum(*claimed.coupon), claimed.value, claimed.value_type});
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_claim_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const std::string_view code = text_view(arguments.required(0, "code"));
    const std::string_view claimed_by = arguments.word(1, "claimed_by", longest_claimer);
    const RowField proof = arguments.is_null(2) ? RowField(std::nullopt) : RowField(arguments.datum(2));
    const Context& context = require_context();
    require_back_end(context, "claim a coupon");
    Claimed claimed{};
    with_write("claim_coupon()", [&](Write& write) { claimed = claim(write, context, {code, claimed_by, proof}); });
    if (claimed.refusal != nullptr) refuse(*claimed.refusal, "{}");
    return row_of(fcinfo, claimed);
}

SQL_FUNCTION(rewards_hash_coupon_code) {
    using namespace rewards::pg;
    const rewards::CouponCode code = value_or_raise(rewards::parse_code(text_view(PG_GETARG_DATUM(0))));
    const Context& context = require_context();
    require_back_end(context, "hash a coupon code");
    return bytea_datum(stored_tag(context.company, code));
}
}
