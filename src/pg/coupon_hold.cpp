// hold_coupon, release_coupon: a till reserves a coupon while its customer pays.
#include "pg/coupon_counter.hpp"

namespace rewards::pg {

namespace {

constexpr int most_hours = 7 * 24;

struct Held {
    Finding finding;
    Worth worth;
    RowField until;
    bool is_extended;
};

bool is_held_by(const Table& coupons, std::string_view somebody) {
    return status_of(coupons) == CouponStatus::held && optional_text(coupons, coupon::held_by) == somebody;
}

// A hold does not become shorter by being asked for again, and outlives no coupon.
TimestampTz end_of_hold(const Table& coupons, TimestampTz asked_for, bool is_extended) {
    TimestampTz until = asked_for;
    if (is_extended) until = Max(until, *optional_time(coupons, coupon::held_until));
    if (const auto expires_at = optional_time(coupons, coupon::expires_at)) until = Min(until, *expires_at);
    return until;
}

Held hold(Write& write, const Context& context, const Presented& presented, std::int64_t duration) {
    Table& coupons = open_coupons(write);
    const Finding finding = examine(write, context, coupons, presented);
    if (finding.refusal != nullptr) return {finding, {}, {}, false};
    const bool is_extended = is_held(coupons, finding.now) && is_held_by(coupons, presented.by);
    const TimestampTz until = end_of_hold(coupons, finding.now + duration, is_extended);
    const Worth worth = worth_of(coupons);
    update(coupons, {{coupon::status, to_datum(text_of(CouponStatus::held))},
                     {coupon::held_by, to_datum(presented.by)},
                     {coupon::held_until, TimestampTzGetDatum(until)},
                     {coupon::updated_at, TimestampTzGetDatum(finding.now)}});
    return {finding, worth, TimestampTzGetDatum(until), is_extended};
}

struct Released {
    Finding finding;
    RowField coupon;
    bool was_free;
};

Released release(Write& write, const Context& context, const Presented& presented) {
    Table& coupons = open_coupons(write);
    const Finding finding = examine(write, context, coupons, presented);
    if (finding.refusal != nullptr) return {finding, {}, false};
    const RowField coupon = uuid_result(uuid_of(value(coupons, coupon::coupon_id)));
    const bool was_free = !is_held_by(coupons, presented.by);
    if (!was_free)
        update(coupons, {{coupon::status, to_datum(text_of(CouponStatus::issued))},
                         {coupon::updated_at, TimestampTzGetDatum(finding.now)}});
    return {finding, coupon, was_free};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_hold_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Presented presented{text_view(arguments.required(0, "code")),
                              arguments.word(1, "held_by", longest_at_counter),
                              arguments.optional_word(3, "device_id", longest_at_counter), std::nullopt};
    const std::int64_t duration = arguments.duration(2, "hold_for", most_hours);
    const Context& context = require_context();
    require_back_end(context, "hold a coupon");
    Held held{};
    with_write("hold_coupon()", [&](Write& write) { held = hold(write, context, presented, duration); });
    refuse_as_found(held.finding);
    return make_row(fcinfo,
                    {outcome_of(held.finding, "held"), held.worth.coupon, held.worth.value, held.worth.value_type,
                     held.until, BoolGetDatum(held.is_extended), reason_of(held.finding), retry_after(held.finding)});
}

SQL_FUNCTION(rewards_release_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Presented presented{text_view(arguments.required(0, "code")),
                              arguments.word(1, "held_by", longest_at_counter),
                              arguments.optional_word(2, "device_id", longest_at_counter), std::nullopt};
    const Context& context = require_context();
    require_back_end(context, "release a coupon");
    Released released{};
    with_write("release_coupon()", [&](Write& write) { released = release(write, context, presented); });
    refuse_as_found(released.finding);
    return make_row(fcinfo, {outcome_of(released.finding, "released"), released.coupon, BoolGetDatum(released.was_free),
                             reason_of(released.finding), retry_after(released.finding)});
}
}
