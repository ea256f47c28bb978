#include "core/rule.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace rewards {

namespace {

constexpr std::int64_t one_in_permille = 1000;
constexpr std::int64_t microseconds_per_day = 86'400'000'000;

std::span<const StreakStep> used(const StreakSteps& steps) noexcept {
    return std::span(steps.steps).first(steps.count);
}

// Nothing when it is out of range. In two parts, because the product may be although the result is not.
std::optional<std::int64_t> multiply(std::int64_t points, std::int64_t permille) noexcept {
    std::int64_t thousands;
    const std::int64_t rest = points % one_in_permille * permille / one_in_permille;
    if (__builtin_mul_overflow(points / one_in_permille, permille, &thousands) ||
        __builtin_add_overflow(thousands, rest, &thousands))
        return std::nullopt;
    return thousands;
}

}  // namespace

std::int32_t longest_streak(const StreakSteps& steps) noexcept {
    std::int32_t longest = 0;
    for (const StreakStep& step : used(steps)) longest = std::max(longest, step.days);
    return longest;
}

std::int32_t permille_for(const StreakSteps& steps, std::int32_t streak_days) noexcept {
    StreakStep reached{0, one_in_permille};
    for (const StreakStep& step : used(steps))
        if (step.days <= streak_days && step.days > reached.days) reached = step;
    return reached.permille;
}

Result<std::int64_t> points_for(const PointTerms& terms, std::int32_t streak_days,
                                std::optional<std::int64_t> left) noexcept {
    const std::optional<std::int64_t> multiplied = multiply(terms.base, permille_for(terms.streak, streak_days));
    if (!multiplied && !terms.most && !left) return Error{Fault::out_of_range, "points out of range"};
    std::int64_t points = multiplied.value_or(std::numeric_limits<std::int64_t>::max());
    if (terms.least) points = std::max(points, *terms.least);
    if (terms.most) points = std::min(points, *terms.most);
    if (left) points = std::min(points, std::max<std::int64_t>(*left, 0));
    return points;
}

std::int64_t utc_day(std::int64_t microseconds) noexcept {
    const std::int64_t day = microseconds / microseconds_per_day;
    return microseconds % microseconds_per_day < 0 ? day - 1 : day;
}

}  // namespace rewards
