// mark_expired_coupons: for a scheduler. Nothing waits for it: claim_coupon() goes by the dates themselves.
#include "pg/coupon.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

constexpr std::int64_t most_at_once = 100'000;

// Coupons past their date and holds that are over, those that are longest overdue first.
constexpr const char* due_coupons = R"(
    SELECT coupon_id, issued_to FROM ONLY rewards.coupons
     WHERE company_id = $1 AND status IN ('issued', 'held') AND least(expires_at, held_until) <= $2
     ORDER BY least(expires_at, held_until) LIMIT $3)";

struct DueCoupon {
    Uuid id;
    Uuid holder;
};

struct DueCoupons {
    DueCoupon* first;
    std::uint64_t count;
};

DueCoupons read_due(const Table& coupons, const Uuid& company, TimestampTz now, std::int64_t limit) {
    DueCoupons due{};
    MemoryContext caller = CurrentMemoryContext;
    read_newest_as_owner(
        coupons.relation, due_coupons,
        {{UUIDOID, to_datum(company)}, {TIMESTAMPTZOID, TimestampTzGetDatum(now)}, {INT8OID, Int64GetDatum(limit)}},
        [&](const SqlRows& rows) {
            due.count = rows.count;
            due.first = static_cast<DueCoupon*>(MemoryContextAlloc(caller, (rows.count + 1) * sizeof(DueCoupon)));
            for (std::uint64_t row = 0; row < rows.count; ++row)
                due.first[row] = {rows[row].uuid(1), rows[row].uuid(2)};
        });
    return due;
}

// What time has made of the coupon in the found row; nothing: it is as it was.
std::optional<CouponStatus> overtaken_by_time(const Table& coupons, TimestampTz now) {
    const CouponStatus status = status_of(coupons);
    if (!is_open(status)) return std::nullopt;
    if (is_past_date(coupons, now)) return CouponStatus::expired;
    if (status == CouponStatus::held && optional_time(coupons, coupon::held_until) <= now) return CouponStatus::issued;
    return std::nullopt;
}

struct Tally {
    std::int64_t expired;
    std::int64_t released;
    std::int64_t skipped;
};

void mark(Table& coupons, const DueCoupon& due, TimestampTz now, Tally& tally) {
    std::optional<CouponStatus> status;
    if (lock_row(coupons, coupon::by_id, {to_datum(due.id), to_datum(due.holder)}, LockWaitSkip))
        status = overtaken_by_time(coupons, now);
    if (!status) {
        ++tally.skipped;
        return;
    }
    update(coupons, {{coupon::status, to_datum(text_of(*status))}, {coupon::updated_at, TimestampTzGetDatum(now)}});
    ++(*status == CouponStatus::expired ? tally.expired : tally.released);
}

Tally mark_all_due(Write& write, const Uuid& company, std::int64_t limit) {
    Table& coupons = open_coupons(write);
    const TimestampTz now = GetCurrentTimestamp();
    const DueCoupons due = read_due(coupons, company, now, limit);
    Tally tally{};
    for (std::uint64_t one = 0; one < due.count; ++one) {
        CHECK_FOR_INTERRUPTS();
        mark(coupons, due.first[one], now, tally);
    }
    return tally;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_mark_expired_coupons) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "mark coupons as expired");
    const std::int64_t limit = arguments.count(0, "max_coupons", most_at_once);
    Tally tally{};
    with_write("mark_expired_coupons()", [&](Write& write) { tally = mark_all_due(write, context.company, limit); });
    return make_row(fcinfo,
                    {Int64GetDatum(tally.expired), Int64GetDatum(tally.released), Int64GetDatum(tally.skipped)});
}
}
