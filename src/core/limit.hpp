// How often is too often? Rolling windows over what an account submitted. Two neighbouring buckets of a
// window's length bound every rolling window from above, so that most calls need to count nothing;
// the others count the events themselves, newest first.
//
// Times are microseconds since any epoch. A window is half-open: what is exactly as old as the
// window is long has left it.
#pragma once

#include <cstdint>
#include <optional>

namespace rewards {

inline constexpr std::int64_t microseconds_per_second = 1'000'000;
inline constexpr std::int64_t hour_length = 3'600 * microseconds_per_second;
inline constexpr std::int64_t day_length = 24 * hour_length;

// The bucket that began at `started`, and the one before it. All zero: nothing was ever counted.
struct Window {
    std::int64_t started = 0;
    std::int64_t events = 0;
    std::int64_t points = 0;
    std::int64_t past_events = 0;
    std::int64_t past_points = 0;

    friend constexpr bool operator==(const Window&, const Window&) noexcept = default;
};

struct Windows {
    Window hour;
    Window day;
};

// The buckets as they are at `now`, which is not before anything that they count.
Window roll(const Window& window, std::int64_t now, std::int64_t length) noexcept;
Windows roll(const Windows& windows, std::int64_t now) noexcept;

// Counts an event of now in a rolled window. Points that do not count (the event is rejected) are 0.
Window add(Window rolled, std::int64_t points) noexcept;
Windows add(const Windows& rolled, std::int64_t points) noexcept;

struct Usage {
    std::int64_t events = 0;
    std::int64_t points = 0;
};

// At least what the rolling window holds.
Usage bound(const Window& rolled) noexcept;

// About how many events the rolling window holds, if those of the past bucket were spread evenly.
std::int64_t estimated_events(const Window& rolled, std::int64_t now, std::int64_t length) noexcept;

// What a rolling window may hold.
struct Limit {
    std::int64_t length;
    std::int64_t events;
    std::int64_t points;
};

// One more event of so many points fits, whatever is in the window.
bool surely_allows(const Limit& limit, const Window& rolled, std::int64_t points) noexcept;

// An event with more points than the limit fits no window, however empty.
bool could_allow(const Limit& limit, std::int64_t points) noexcept;

enum class Measure : std::uint8_t { events, points };

struct Excess {
    Measure measure;
    std::int64_t fits_at;  // when enough has left the window
};

// An exact count, fed with the events of the window, newest first.
struct Recount {
    Limit limit;
    std::int64_t now;
    std::int64_t new_points;
    Usage used{};
};

// Counts one event. The first excess is the answer: everything older leaves the window earlier.
std::optional<Excess> count(Recount& recount, std::int64_t at, std::int64_t points) noexcept;

// Whole seconds after which `moment` is reached; at least one.
std::int64_t seconds_until(std::int64_t moment, std::int64_t now) noexcept;

}  // namespace rewards
