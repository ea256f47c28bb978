// revoke_coupon_batch: the whole batch, in steps of one transaction each.
#include "core/coupon_batch.hpp"
#include "pg/audit.hpp"
#include "pg/coupon.hpp"
#include "pg/coupon_batch.hpp"
#include "pg/coupon_stock.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

struct RevokeAnswer {
    const Refusal* refusal;
    std::int64_t revoked;
    std::int64_t claimed;
    std::int64_t remaining;
};

void give_back(Write& write, const Table& batches, std::int64_t quantity) {
    const std::optional<Datum> stripe = optional_value(batches, coupon_batch::stock_stripe);
    if (!stripe || quantity == 0) return;
    return_to_stock(write, uuid_of(value(batches, coupon_batch::template_id)), DatumGetInt16(*stripe), quantity);
}

// From now on nothing more of it is issued.
void close_batch(Write& write, Table& batches, const Context& context, const Uuid& batch, std::string_view reason) {
    const Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
    give_back(write, batches,
              batch_count(batches, coupon_batch::quantity) - batch_count(batches, coupon_batch::issued));
    update(batches, {{coupon_batch::revoked_at, now},
                     {coupon_batch::revoked_by, to_datum(std::string_view(current_actor()))},
                     {coupon_batch::revoke_reason, to_datum(reason)},
                     {coupon_batch::updated_at, now}});
    record_audit(write, context,
                 {"revoke_coupon_batch", {}, {}, jsonb_of_texts({{"batch_id", uuid_text(batch)}, {"reason", reason}})});
    lock_batch(batches, context.company, batch);  // in its new version
}

// Without its stripe, so that the coupon does not go back to stock by itself: a stripe that changes with every coupon
// would have as many versions in one transaction, and each change go through all of them.
void revoke_one(Table& coupons, const Uuid& batch, std::int32_t number, Datum reason, RevokeAnswer& answer) {
    const Uuid id = batch_coupon_id(batch, static_cast<std::uint32_t>(number));
    if (!lock_row(coupons, coupon::by_id, {to_datum(id), to_datum(batch)})) return;
    const CouponStatus status = status_of(coupons);
    if (status == CouponStatus::redeemed) ++answer.claimed;
    if (!may_become(status, CouponStatus::revoked)) return;
    const Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
    update(coupons, {{coupon::status, to_datum(text_of(CouponStatus::revoked))},
                     {coupon::revoked_at, now},
                     {coupon::revoked_by, to_datum(std::string_view(current_actor()))},
                     {coupon::revoke_reason, reason},
                     {coupon::held_by, {}},
                     {coupon::held_until, {}},
                     {coupon::stock_stripe, {}},
                     {coupon::updated_at, now}});
    ++answer.revoked;
}

RevokeAnswer revoke(Write& write, const Context& context, const Uuid& batch, std::string_view reason,
                    std::int64_t most) {
    Table& batches = open_batches(write);
    if (!lock_batch(batches, context.company, batch)) return {&refusal::batch_not_found, 0, 0, 0};
    if (!optional_value(batches, coupon_batch::revoked_at)) close_batch(write, batches, context, batch, reason);
    const std::int32_t issued = batch_count(batches, coupon_batch::issued);
    const std::int32_t before = batch_count(batches, coupon_batch::revoked);
    const auto last = static_cast<std::int32_t>(Min(before + most, issued));
    const Datum recorded_reason = value(batches, coupon_batch::revoke_reason);
    Table& coupons = open_coupons(write);
    RevokeAnswer answer{nullptr, 0, 0, issued - last};
    for_numbers(write, "revoke_coupon_batch()", before, last,
                [&](std::int32_t number) { revoke_one(coupons, batch, number, recorded_reason, answer); });
    give_back(write, batches, answer.revoked);
    if (last > before)
        update(batches, {{coupon_batch::revoked, Int32GetDatum(last)},
                         {coupon_batch::updated_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
    return answer;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_revoke_coupon_batch) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid batch = arguments.uuid(0, "batch_id");
    const std::string_view reason = arguments.word(1, "reason", longest_reason);
    const std::int64_t most = arguments.count(2, "max_coupons", most_of_a_batch);
    const Context& context = require_context();
    require_back_end(context, "revoke a batch of coupons");
    RevokeAnswer answer{};
    with_write("revoke_coupon_batch()", [&](Write& write) { answer = revoke(write, context, batch, reason, most); });
    if (answer.refusal != nullptr) refuse(*answer.refusal, "{}");
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "revoked";
    return make_row(fcinfo, {to_datum(std::string_view(outcome)), Int64GetDatum(answer.revoked),
                             Int64GetDatum(answer.claimed), Int64GetDatum(answer.remaining)});
}
}
