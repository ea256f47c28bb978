// claim_coupon: the code is used at the counter, once.
#include "pg/coupon_code.hpp"
#include "pg/coupon_counter.hpp"

namespace rewards::pg {

namespace {

struct Claimed {
    Finding finding;
    Worth worth;
};

Claimed claim(Write& write, const Context& context, const Presented& presented, const RowField& proof) {
    Table& coupons = open_coupons(write);
    const Finding finding = examine(write, context, coupons, presented);
    if (finding.refusal != nullptr) return {finding, {}};
    const Worth worth = worth_of(coupons);
    if (!finding.is_repeated)
        update(coupons, {{coupon::status, to_datum(text_of(CouponStatus::redeemed))},
                         {coupon::redeemed_at, TimestampTzGetDatum(finding.now)},
                         {coupon::redeemed_by, to_datum(presented.by)},
                         {coupon::redemption_proof, proof},
                         {coupon::claim_ref, field_of(presented.claim_ref)},
                         {coupon::updated_at, TimestampTzGetDatum(finding.now)}});
    return {finding, worth};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_claim_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Presented presented{text_view(arguments.required(0, "code")),
                              arguments.word(1, "claimed_by", longest_at_counter),
                              arguments.optional_word(4, "device_id", longest_at_counter),
                              arguments.optional_word(3, "claim_ref", longest_at_counter)};
    const RowField proof = arguments.is_null(2) ? RowField() : RowField(arguments.datum(2));
    const Context& context = require_context();
    require_back_end(context, "claim a coupon");
    Claimed claimed{};
    with_write("claim_coupon()", [&](Write& write) { claimed = claim(write, context, presented, proof); });
    refuse_as_found(claimed.finding);
    return make_row(fcinfo, {outcome_of(claimed.finding, "claimed"), claimed.worth.coupon, claimed.worth.value,
                             claimed.worth.value_type, BoolGetDatum(claimed.finding.is_repeated),
                             reason_of(claimed.finding), retry_after(claimed.finding)});
}

SQL_FUNCTION(rewards_hash_coupon_code) {
    using namespace rewards::pg;
    const rewards::CouponCode code = value_or_raise(rewards::parse_code(text_view(PG_GETARG_DATUM(0))));
    const Context& context = require_context();
    require_back_end(context, "hash a coupon code");
    return bytea_datum(stored_tag(context.company, code));
}
}
