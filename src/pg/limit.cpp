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

// Functions number the events that they write, and a score says that it was submitted.
bool is_submitted(const Table& events, const Uuid& company) {
    return optional_value(events, event::version) && optional_value(events, event::trust_score) &&
           uuid_of(value(events, event::company_id)) == company;
}

std::int64_t points_in(const Table& events) {
    if (text_view(value(events, event::validation_status)) == text_of(Status::rejected)) return 0;
    return DatumGetInt64(value(events, event::points_delta));
}

std::optional<Excess> recount(Table& events, const AccountKey& account, const Checked& checked, std::int64_t points,
                              TimestampTz now) {
    Recount exact{checked.limit, now, points};
    const Uuid oldest = first_id_of(now - checked.limit.length + 1);
    std::optional<Excess> excess;
    scan_range(events, event::by_id, {to_datum(account.user)}, {to_datum(oldest), std::nullopt}, BackwardScanDirection,
               [&] {
                   if (is_submitted(events, account.company))
                       excess = count(exact, DatumGetTimestampTz(value(events, event::created_at)), points_in(events));
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
    const std::optional<Excess> excess = recount(events, account, checked, points, now);
    if (!excess) return std::nullopt;
    return refusal_of(checked, excess->measure, seconds_until(excess->fits_at, now));
}

bool opens_later(const LimitRefusal& one, const LimitRefusal& other) {
    constexpr std::int64_t never = PG_INT64_MAX;
    return one.retry_after_seconds.value_or(never) > other.retry_after_seconds.value_or(never);
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
    const std::optional<LimitRefusal> by_hour = check_one(events, account, hour, points, now);
    const std::optional<LimitRefusal> by_day = check_one(events, account, day, points, now);
    if (!by_hour || !by_day) return by_hour ? by_hour : by_day;
    return opens_later(*by_hour, *by_day) ? by_hour : by_day;
}

Retry retry_of(const LimitRefusal& refused) {
    return {refused.retry_after_seconds, refused.which, refused.quota, refused.window_seconds, refused.remaining};
}

}  // namespace rewards::pg
