// How many points is an event worth? A rule says; integers only, rounded down.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/result.hpp"

namespace rewards {

inline constexpr std::size_t most_streak_steps = 16;

// From so many consecutive days on, points are multiplied.
struct StreakStep {
    std::int32_t days;
    std::int32_t permille;
};

struct StreakSteps {
    std::array<StreakStep, most_streak_steps> steps{};
    std::size_t count = 0;
};

// Days after which nothing more is gained; 0: there are no steps.
std::int32_t longest_streak(const StreakSteps& steps) noexcept;

// That of the longest step that was reached, in any order of the steps; none: 1000.
std::int32_t permille_for(const StreakSteps& steps, std::int32_t streak_days) noexcept;

struct PointTerms {
    std::int64_t base = 0;
    std::optional<std::int64_t> least;
    std::optional<std::int64_t> most;
    StreakSteps streak;
};

// `left` is what the day's cap still allows, if there is one; it comes last, so that it can go below
// the least. Base points are not negative.
Result<std::int64_t> points_for(const PointTerms& terms, std::int32_t streak_days,
                                std::optional<std::int64_t> left) noexcept;

// The day of a time in microseconds since an epoch that began at midnight, UTC.
std::int64_t utc_day(std::int64_t microseconds) noexcept;

}  // namespace rewards
