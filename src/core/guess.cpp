#include "core/guess.hpp"

#include <algorithm>

#include "core/limit.hpp"

namespace rewards {

namespace {

// An hour's share; limits that no hour has room for limit nothing.
std::int64_t weight_of(const GuessLimit& limit) noexcept {
    return std::max<std::int64_t>(hour_length / limit.per_hour, 1);
}

std::int64_t later(std::int64_t moment, std::int64_t length) noexcept {
    std::int64_t sum;
    return __builtin_add_overflow(moment, length, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

// How long until all is forgotten.
std::int64_t debt(std::int64_t forgotten_at, std::int64_t now) noexcept {
    std::int64_t length;
    if (forgotten_at <= now) return 0;
    return __builtin_sub_overflow(forgotten_at, now, &length) ? std::numeric_limits<std::int64_t>::max() : length;
}

}  // namespace

std::int64_t add_guess(const GuessLimit& limit, std::int64_t forgotten_at, std::int64_t now) noexcept {
    if (limit.is_capped && allowed_at(limit, limit.per_hour, forgotten_at, now)) return forgotten_at;
    return later(std::max(forgotten_at, now), weight_of(limit));
}

std::int64_t open_guesses(const GuessLimit& limit, std::int64_t forgotten_at, std::int64_t now) noexcept {
    const std::int64_t open = debt(forgotten_at, now);
    return open / weight_of(limit) + (open % weight_of(limit) != 0);
}

std::optional<std::int64_t> allowed_at(const GuessLimit& limit, std::int64_t most, std::int64_t forgotten_at,
                                       std::int64_t now) noexcept {
    const std::int64_t tolerated = (most - 1) * weight_of(limit);
    if (debt(forgotten_at, now) <= tolerated) return std::nullopt;
    return forgotten_at - tolerated;
}

std::int64_t strict_limit(const GuessLimit& limit) noexcept { return std::max<std::int64_t>(limit.per_hour / 10, 1); }

}  // namespace rewards
