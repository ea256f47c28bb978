// How many codes that do not exist may somebody try? Every guess weighs on whoever made it for its share of an hour, one
// after the other: as many as are allowed in an hour at once, and from then on one for each share that passes. What has to
// be known of a guesser is one moment: when the last guess is forgotten.
//
// Times are microseconds since any epoch.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace rewards {

struct GuessLimit {
    std::int64_t per_hour;   // at least 1
    bool is_capped = false;  // guesses above it weigh nothing: for those who are watched and never stopped
};

inline constexpr std::int64_t never_guessed = std::numeric_limits<std::int64_t>::min();

// When all guesses are forgotten, with one more of now.
std::int64_t add_guess(const GuessLimit& limit, std::int64_t forgotten_at, std::int64_t now) noexcept;

// Those that are not forgotten yet.
std::int64_t open_guesses(const GuessLimit& limit, std::int64_t forgotten_at, std::int64_t now) noexcept;

// When fewer than `most` guesses, which is 1 to per_hour, are open; nothing: now.
std::optional<std::int64_t> allowed_at(const GuessLimit& limit, std::int64_t most, std::int64_t forgotten_at,
                                       std::int64_t now) noexcept;

// How many may be open while the company is attacked: whoever has not guessed may still err once.
std::int64_t strict_limit(const GuessLimit& limit) noexcept;

}  // namespace rewards
