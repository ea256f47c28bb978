#include "core/limit.hpp"

#include <algorithm>
#include <limits>

namespace rewards {

namespace {

constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

// Points are not negative. A sum that is out of range is too high for every limit but "unlimited".
std::int64_t sum(std::int64_t one, std::int64_t other) noexcept {
    std::int64_t total;
    return __builtin_add_overflow(one, other, &total) ? highest : total;
}

std::int64_t elapsed(std::int64_t since, std::int64_t now) noexcept {
    std::int64_t length;
    if (now <= since) return 0;
    return __builtin_sub_overflow(now, since, &length) ? highest : length;
}

bool fits(const Limit& limit, const Usage& used, std::int64_t points) noexcept {
    return used.events < limit.events && sum(used.points, points) <= limit.points;
}

}  // namespace

Window roll(const Window& window, std::int64_t now, std::int64_t length) noexcept {
    const std::int64_t age = elapsed(window.started, now);
    if (age < length) return window;
    if (age - length >= length) return {now, 0, 0, 0, 0};
    return {window.started + length, 0, 0, window.events, window.points};
}

Windows roll(const Windows& windows, std::int64_t now) noexcept {
    return {roll(windows.hour, now, hour_length), roll(windows.day, now, day_length)};
}

Window add(Window rolled, std::int64_t points) noexcept {
    rolled.events = sum(rolled.events, 1);
    rolled.points = sum(rolled.points, points);
    return rolled;
}

Windows add(const Windows& rolled, std::int64_t points) noexcept {
    return {add(rolled.hour, points), add(rolled.day, points)};
}

Usage bound(const Window& rolled) noexcept {
    return {sum(rolled.events, rolled.past_events), sum(rolled.points, rolled.past_points)};
}

std::int64_t estimated_events(const Window& rolled, std::int64_t now, std::int64_t length) noexcept {
    const std::int64_t left = length - std::min(elapsed(rolled.started, now), length);
    std::int64_t still_inside;
    if (__builtin_mul_overflow(rolled.past_events, left, &still_inside)) return bound(rolled).events;
    return sum(rolled.events, still_inside / length);
}

bool surely_allows(const Limit& limit, const Window& rolled, std::int64_t points) noexcept {
    return fits(limit, bound(rolled), points);
}

bool could_allow(const Limit& limit, std::int64_t points) noexcept { return fits(limit, {}, points); }

std::optional<Excess> count(Recount& recount, std::int64_t at, std::int64_t points) noexcept {
    if (elapsed(at, recount.now) >= recount.limit.length) return std::nullopt;
    recount.used = {sum(recount.used.events, 1), sum(recount.used.points, points)};
    if (fits(recount.limit, recount.used, recount.new_points)) return std::nullopt;
    const bool too_many = recount.used.events >= recount.limit.events;
    return Excess{too_many ? Measure::events : Measure::points, at + recount.limit.length};
}

std::int64_t seconds_until(std::int64_t moment, std::int64_t now) noexcept {
    const std::int64_t wait = elapsed(now, moment);
    return std::max<std::int64_t>(wait / microseconds_per_second + (wait % microseconds_per_second != 0), 1);
}

}  // namespace rewards
