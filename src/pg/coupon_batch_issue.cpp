// issue_coupon_batch: the next coupons of a batch, as many as one transaction should make.
#include "core/coupon_batch.hpp"
#include "pg/coupon_batch.hpp"
#include "pg/coupon_code.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

struct IssueAnswer {
    const Refusal* refusal;
    std::int64_t issued;
    std::int64_t remaining;
};

// Of the batch in the found row. Its values go from row to row as they are.
struct Series {
    Uuid batch;
    Uuid company;
    Uuid template_id;
    std::size_t symbols;
    Datum value_type;
    Datum value;
    RowField stripe;
    RowField expires_at;
    Datum now;
    Datum status;
};

Series read_series(const Table& batches, TimestampTz now) {
    return {uuid_of(value(batches, coupon_batch::id)),
            uuid_of(value(batches, coupon_batch::company_id)),
            uuid_of(value(batches, coupon_batch::template_id)),
            static_cast<std::size_t>(DatumGetInt16(value(batches, coupon_batch::code_symbols))),
            value(batches, coupon_batch::coupon_value_type),
            value(batches, coupon_batch::coupon_value),
            field_of(optional_value(batches, coupon_batch::stock_stripe)),
            field_of(optional_value(batches, coupon_batch::expires_at)),
            TimestampTzGetDatum(now),
            to_datum(text_of(CouponStatus::issued))};
}

void issue_one(Table& coupons, const Series& series, std::int32_t number) {
    const Uuid id = batch_coupon_id(series.batch, static_cast<std::uint32_t>(number));
    const IssuedCode issued = issue_code(coupons, series.company, id, series.symbols);
    insert(coupons, {{coupon::coupon_id, to_datum(id)},
                     {coupon::company_id, to_datum(series.company)},
                     {coupon::code_hash, bytea_datum(issued.tag)},
                     {coupon::key_slot, Int16GetDatum(static_cast<std::int16_t>(issued.spec.slot))},
                     {coupon::code_route, Int16GetDatum(static_cast<std::int16_t>(issued.spec.route))},
                     {coupon::code_symbols, Int16GetDatum(static_cast<std::int16_t>(issued.spec.symbols))},
                     {coupon::code_generation, Int32GetDatum(static_cast<std::int32_t>(issued.spec.generation))},
                     {coupon::template_id, to_datum(series.template_id)},
                     {coupon::issued_to, to_datum(series.batch)},
                     {coupon::issued_points_cost, Int64GetDatum(0)},
                     {coupon::stock_stripe, series.stripe},
                     {coupon::batch_id, to_datum(series.batch)},
                     {coupon::batch_number, Int32GetDatum(number)},
                     {coupon::coupon_value_type, series.value_type},
                     {coupon::coupon_value, series.value},
                     {coupon::issued_at, series.now},
                     {coupon::status, series.status},
                     {coupon::expires_at, series.expires_at},
                     {coupon::created_at, series.now},
                     {coupon::updated_at, series.now}});
}

// The batch's row is the lock: another call goes on where this one ends.
IssueAnswer issue(Write& write, const Context& context, const Uuid& batch, std::int64_t most) {
    Table& batches = open_batches(write);
    if (!lock_batch(batches, context.company, batch)) return {&refusal::batch_not_found, 0, 0};
    if (optional_value(batches, coupon_batch::revoked_at)) return {&refusal::batch_revoked, 0, 0};
    const std::int32_t quantity = batch_count(batches, coupon_batch::quantity);
    const std::int32_t before = batch_count(batches, coupon_batch::issued);
    const auto last = static_cast<std::int32_t>(Min(before + most, quantity));
    if (last > before) {
        const TimestampTz now = GetCurrentTimestamp();
        const Series series = read_series(batches, now);
        Table& coupons = open_coupons(write);
        for_numbers(write, "issue_coupon_batch()", before, last,
                    [&](std::int32_t number) { issue_one(coupons, series, number); });
        update(batches,
               {{coupon_batch::issued, Int32GetDatum(last)}, {coupon_batch::updated_at, TimestampTzGetDatum(now)}});
    }
    return {nullptr, last - before, quantity - last};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_issue_coupon_batch) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid batch = arguments.uuid(0, "batch_id");
    const std::int64_t most = arguments.count(1, "max_codes", most_of_a_batch);
    const Context& context = require_context();
    require_back_end(context, "issue a batch of coupons");
    IssueAnswer answer{};
    with_write("issue_coupon_batch()", [&](Write& write) { answer = issue(write, context, batch, most); });
    if (answer.refusal != nullptr) refuse(*answer.refusal, "{}");
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "issued";
    return make_row(
        fcinfo, {to_datum(std::string_view(outcome)), Int64GetDatum(answer.issued), Int64GetDatum(answer.remaining)});
}
}
