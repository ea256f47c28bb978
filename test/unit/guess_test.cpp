#include "core/guess.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/limit.hpp"

namespace rewards {
namespace {

constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t minute = 60 * microseconds_per_second;
// A Tuesday in 2026, at ten.
constexpr std::int64_t ten = (9'600 * std::int64_t{24} + 10) * hour_length;
constexpr GuessLimit ten_an_hour{10};

bool is_allowed(const GuessLimit& limit, std::int64_t forgotten_at, std::int64_t now) {
    return !allowed_at(limit, limit.per_hour, forgotten_at, now);
}

std::int64_t after(const GuessLimit& limit, std::int64_t guesses, std::int64_t now) {
    std::int64_t forgotten_at = never_guessed;
    for (; guesses > 0; --guesses) forgotten_at = add_guess(limit, forgotten_at, now);
    return forgotten_at;
}

TEST(Guesses, AreAllowedUpToTheLimitAtOnceAndNotOneMore) {
    for (const std::int64_t per_hour : {1, 2, 7, 10, 11, 999, 1000, 3601, 999'999}) {
        const GuessLimit limit{per_hour};
        std::int64_t forgotten_at = never_guessed;
        for (std::int64_t one = 0; one < per_hour; ++one) {
            ASSERT_TRUE(is_allowed(limit, forgotten_at, ten)) << per_hour << ", after " << one;
            ASSERT_EQ(open_guesses(limit, forgotten_at, ten), one);
            forgotten_at = add_guess(limit, forgotten_at, ten);
        }
        EXPECT_FALSE(is_allowed(limit, forgotten_at, ten)) << per_hour;
    }
}

TEST(Guesses, AreForgottenOneByOne) {
    const std::int64_t full = after(ten_an_hour, 10, ten);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, full, ten), ten + 6 * minute);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, full, ten + 6 * minute - 1), ten + 6 * minute);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, full, ten + 6 * minute), std::nullopt);
    const std::int64_t again = add_guess(ten_an_hour, full, ten + 6 * minute);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, again, ten + 6 * minute), ten + 12 * minute);
    EXPECT_EQ(open_guesses(ten_an_hour, full, ten + 59 * minute), 1);
    EXPECT_EQ(open_guesses(ten_an_hour, full, ten + 60 * minute), 0);
}

TEST(Guesses, ThatAreForgottenLeaveNothing) {
    const std::int64_t full = after(ten_an_hour, 10, ten);
    const std::int64_t tomorrow = ten + day_length;
    EXPECT_EQ(add_guess(ten_an_hour, full, tomorrow), add_guess(ten_an_hour, never_guessed, tomorrow));
    EXPECT_EQ(add_guess(ten_an_hour, never_guessed, tomorrow), tomorrow + 6 * minute);
}

// Several calls may have been let in before the first of them counted: it takes the longer.
TEST(Guesses, AboveTheLimitArePaidForWithTime) {
    const std::int64_t twice = after(ten_an_hour, 20, ten);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, twice, ten), ten + 66 * minute);
}

TEST(Guesses, AboveACapAreNotCounted) {
    constexpr GuessLimit company{1000, true};
    EXPECT_EQ(after(company, 1'000'000, ten), after(company, 1000, ten));
    EXPECT_EQ(after(company, 1000, ten), ten + hour_length);
    EXPECT_FALSE(is_allowed(company, after(company, 1000, ten), ten));
}

TEST(Guesses, LeaveATenthWhileTheCompanyIsAttacked) {
    EXPECT_EQ(strict_limit({1000}), 100);
    EXPECT_EQ(strict_limit({19}), 1);
    EXPECT_EQ(strict_limit({10}), 1);
    EXPECT_EQ(strict_limit({1}), 1);
    EXPECT_EQ(allowed_at(ten_an_hour, 1, never_guessed, ten), std::nullopt) << "who has not guessed is let in";
    EXPECT_EQ(allowed_at(ten_an_hour, 1, after(ten_an_hour, 1, ten), ten), ten + 6 * minute);
    EXPECT_EQ(allowed_at(ten_an_hour, 1, after(ten_an_hour, 1, ten), ten + 6 * minute), std::nullopt);
}

TEST(Guesses, OfAnUnlimitedHourLimitNothing) {
    constexpr GuessLimit unlimited{highest};
    EXPECT_TRUE(is_allowed(unlimited, after(unlimited, 1000, ten), ten));
    EXPECT_EQ(open_guesses(unlimited, after(unlimited, 1000, ten), ten), 1000);
}

TEST(Guesses, SurviveMomentsAtTheEndsOfTime) {
    EXPECT_EQ(allowed_at(ten_an_hour, 10, highest, ten), highest - 54 * minute);
    EXPECT_EQ(allowed_at(ten_an_hour, 10, highest, never_guessed), highest - 54 * minute);
    EXPECT_EQ(add_guess(ten_an_hour, highest, ten), highest);
    EXPECT_EQ(open_guesses(ten_an_hour, highest, never_guessed), highest / (6 * minute) + 1);
    EXPECT_TRUE(is_allowed(ten_an_hour, never_guessed, never_guessed));
    EXPECT_TRUE(is_allowed(ten_an_hour, never_guessed, highest));
}

// Whoever tries whenever it is allowed gets no more than the limit at once and its rate from then on.
TEST(Guesses, OfTheMostEagerKeepTheRate) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; ++round) {
        const GuessLimit limit{1 + static_cast<std::int64_t>(random() % 50)};
        std::int64_t forgotten_at = never_guessed, guesses = 0;
        for (std::int64_t now = ten; now <= ten + 5 * hour_length;
             now += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * minute))) {
            if (!is_allowed(limit, forgotten_at, now)) continue;
            forgotten_at = add_guess(limit, forgotten_at, now);
            ++guesses;
        }
        EXPECT_LE(guesses, 6 * limit.per_hour + 1);
        EXPECT_GE(guesses, 5 * limit.per_hour);
    }
}

}  // namespace
}  // namespace rewards
