#include "pg/limit.hpp"

#include "pg/ledger.hpp"

namespace rewards::pg {

namespace {

struct Checked {
    Limit limit;
    Window window;  // rolled
    const char* events_name;
    const char* points_name;
};

// An id of version 7 says when it was made: this is the first one of a microsecond.
Uuid first_id_of(TimestampTz moment) { return uuid_v7(unix_microseconds(moment), std::array<std::uint8_t, 8>{}); }

// Functions number the events that they write.
bool is_of_function(const Table& events, const Uuid& company) {
    return optional_value(events, event::version) && uuid_of(value(events, event::company_id)) == company;
}

// What a submitted event, which a score tells from others, adds to the points in a window; nothing: it is none.
std::optional<std::int64_t> submitted_points(const Table& events) {
    if (!optional_value(events, event::trust_score)) return std::nullopt;
    if (text_view(value(events, event::validation_status)) == text_of(Status::rejected)) return 0;
    return DatumGetInt64(value(events, event::points_delta));
}

// A redemption counts, whatever it cost.
std::optional<std::int64_t> redemption_points(const Table& events) {
    if (text_view(value(events, event::event_type)) != redemption_event) return std::nullopt;
    return 0;
}

// `points_of` the found event: nothing where it does not count.
template <typename PointsOf>
std::optional<Excess> recount(Table& events, const AccountKey& account, Recount exact, PointsOf points_of) {
    const Uuid oldest = first_id_of(exact.now - exact.limit.length + 1);
    std::optional<Excess> excess;
    scan_range(events, event::by_id, {to_datum(account.user)}, {to_datum(oldest), std::nullopt}, BackwardScanDirection,
               [&] {
                   if (!is_of_function(events, account.company)) return true;
                   if (const std::optional<std::int64_t> points = points_of(events))
                       excess = count(exact, DatumGetTimestampTz(value(events, event::created_at)), *points);
                   return !excess;
               });
    return excess;
}

LimitRefusal refusal_of(const Checked& checked, Measure measure, std::optional<std::int64_t> retry_after_seconds) {
    const bool by_events = measure == Measure::events;
    const Usage used = bound(checked.window);
    const std::int64_t quota = by_events ? checked.limit.events : checked.limit.points;
    const std::int64_t most_used = by_events ? used.events : used.points;
    return {by_events ? checked.events_name : checked.points_name, retry_after_seconds, quota,
            checked.limit.length / microseconds_per_second, Max(quota - most_used, std::int64_t{0})};
}

std::optional<LimitRefusal> check_one(Table& events, const AccountKey& account, const Checked& checked,
                                      std::int64_t points, TimestampTz now) {
    if (surely_allows(checked.limit, checked.window, points)) return std::nullopt;
    if (!could_allow(checked.limit, points)) return refusal_of(checked, Measure::points, std::nullopt);
    const std::optional<Excess> excess = recount(events, account, {checked.limit, now, points}, submitted_points);
    if (!excess) return std::nullopt;
    return refusal_of(checked, excess->measure, seconds_until(excess->fits_at, now));
}

std::optional<LimitRefusal> check_quota(Table& events, const AccountKey& account, const LimitRefusal& quota,
                                        std::int64_t coupons, TimestampTz now) {
    if (coupons > quota.quota) return quota;
    // Room for so many is room for one more when the others of them are there already.
    const Limit limit{quota.window_seconds * microseconds_per_second, quota.quota - (coupons - 1), PG_INT64_MAX};
    const std::optional<Excess> excess = recount(events, account, {limit, now, 0}, redemption_points);
    if (!excess) return std::nullopt;
    LimitRefusal refused = quota;
    refused.retry_after_seconds = seconds_until(excess->fits_at, now);
    return refused;
}

// Of two limits, the one that opens last.
std::optional<LimitRefusal> stricter(const std::optional<LimitRefusal>& one, const std::optional<LimitRefusal>& other) {
    constexpr std::int64_t never = PG_INT64_MAX;
    if (!one || !other) return one ? one : other;
    return one->retry_after_seconds.value_or(never) > other->retry_after_seconds.value_or(never) ? one : other;
}

}  // namespace

std::optional<LimitRefusal> check_limits(Table& events, const AccountKey& account, const Windows& windows,
                                         const Settings& settings, std::int64_t points, TimestampTz now) {
    const Windows rolled = roll(windows, now);
    const Checked hour{{hour_length, settings.events_per_hour, settings.points_per_hour},
                       rolled.hour,
                       "events_per_hour",
                       "points_per_hour"};
    const Checked day{
        {day_length, settings.events_per_day, settings.points_per_day}, rolled.day, "events_per_day", "points_per_day"};
    return stricter(check_one(events, account, hour, points, now), check_one(events, account, day, points, now));
}

std::optional<LimitRefusal> check_redemptions(Table& events, const AccountKey& account, const Settings& settings,
                                              std::int64_t coupons, TimestampTz now) {
    constexpr std::int64_t hour = hour_length / microseconds_per_second;
    constexpr std::int64_t day = day_length / microseconds_per_second;
    std::optional<LimitRefusal> by_hour;
    std::optional<LimitRefusal> by_day;
    if (const auto quota = settings.redemptions_per_hour)
        by_hour = check_quota(events, account, {"redemptions_per_hour", std::nullopt, *quota, hour, 0}, coupons, now);
    if (const auto quota = settings.redemptions_per_day)
        by_day = check_quota(events, account, {"redemptions_per_day", std::nullopt, *quota, day, 0}, coupons, now);
    return stricter(by_hour, by_day);
}

Retry retry_of(const LimitRefusal& refused) {
    return {refused.retry_after_seconds, refused.which, refused.quota, refused.window_seconds, refused.remaining};
}

}  // namespace rewards::pg
