#include "core/limit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace rewards {

std::ostream& operator<<(std::ostream& out, const Window& window) {
    return out << "since " << window.started << ": " << window.events << " events, " << window.points
               << " points; before: " << window.past_events << ", " << window.past_points;
}

namespace {

constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t second = microseconds_per_second;
constexpr std::int64_t minute = 60 * second;
// A Tuesday in 2026, at the full hour.
constexpr std::int64_t ten = (9'600 * std::int64_t{24} + 10) * hour_length;
constexpr Limit hundred_an_hour{hour_length, 100, 1000};

struct Event {
    std::int64_t at;
    std::int64_t points;
};

// What the definition says, in the slowest way.
Usage exactly(const std::vector<Event>& events, std::int64_t now, std::int64_t length) {
    Usage used;
    for (const Event& event : events)
        if (event.at > now - length && event.at <= now) used = {used.events + 1, used.points + event.points};
    return used;
}

std::optional<Excess> recounted(const std::vector<Event>& events, const Limit& limit, std::int64_t points,
                                std::int64_t now) {
    Recount recount{limit, now, points};
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (const auto excess = count(recount, event->at, event->points)) return excess;
    return std::nullopt;
}

TEST(Windows, CountInTheBucketThatIsRunning) {
    Window window = add(roll({}, ten, hour_length), 7);
    EXPECT_EQ(window, (Window{ten, 1, 7, 0, 0}));
    window = add(roll(window, ten + hour_length - 1, hour_length), 3);
    EXPECT_EQ(window, (Window{ten, 2, 10, 0, 0}));
}

TEST(Windows, BecomeThePastAfterTheirLengthAndNothingAfterTwice) {
    const Window window{ten, 2, 10, 5, 50};
    EXPECT_EQ(roll(window, ten, hour_length), window);
    EXPECT_EQ(roll(window, ten + hour_length - 1, hour_length), window);
    EXPECT_EQ(roll(window, ten + hour_length, hour_length), (Window{ten + hour_length, 0, 0, 2, 10}));
    EXPECT_EQ(roll(window, ten + 2 * hour_length - 1, hour_length), (Window{ten + hour_length, 0, 0, 2, 10}));
    EXPECT_EQ(roll(window, ten + 2 * hour_length, hour_length), (Window{ten + 2 * hour_length, 0, 0, 0, 0}));
    EXPECT_EQ(roll(window, ten + 1000 * hour_length + 5, hour_length),
              (Window{ten + 1000 * hour_length + 5, 0, 0, 0, 0}));
}

TEST(Windows, DoNotRollBack) {
    const Window window{ten, 2, 10, 5, 50};
    EXPECT_EQ(roll(window, ten - 5 * hour_length, hour_length), window);
    EXPECT_EQ(roll(window, std::numeric_limits<std::int64_t>::min(), hour_length), window);
}

TEST(Windows, OfAnyAgeRoll) {
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(roll({lowest, 2, 10, 5, 50}, highest, hour_length), (Window{highest, 0, 0, 0, 0}));
}

TEST(Windows, OfAnHourAndADayRollAndCountTogether) {
    const Windows windows = add(roll(Windows{{ten, 1, 10, 0, 0}, {ten, 1, 10, 0, 0}}, ten + hour_length), 5);
    EXPECT_EQ(windows.hour, (Window{ten + hour_length, 1, 5, 1, 10}));
    EXPECT_EQ(windows.day, (Window{ten, 2, 15, 0, 0}));
}

TEST(Windows, BoundWithBothBuckets) {
    const Usage most = bound({ten, 2, 10, 5, 50});
    EXPECT_EQ(most.events, 7);
    EXPECT_EQ(most.points, 60);
}

TEST(Windows, StayAtTheHighestNumberThereIs) {
    const Window full{ten, highest, highest, 1, 1};
    EXPECT_EQ(add(full, 1), full);
    EXPECT_EQ(bound(full).events, highest);
    EXPECT_EQ(bound(full).points, highest);
    EXPECT_EQ(estimated_events({ten, 3, 0, highest, 0}, ten + 5, hour_length), highest);
}

TEST(Windows, EstimateTheRunningHourFromTheShareOfThePastOneThatIsStillInIt) {
    const Window window{ten, 10, 0, 60, 0};
    EXPECT_EQ(estimated_events(window, ten, hour_length), 70);
    EXPECT_EQ(estimated_events(window, ten + 15 * minute, hour_length), 55);
    EXPECT_EQ(estimated_events(window, ten + 59 * minute, hour_length), 11);
    EXPECT_EQ(estimated_events(window, ten + hour_length, hour_length), 10);
    EXPECT_EQ(estimated_events(window, ten + 9 * hour_length, hour_length), 10);
    EXPECT_EQ(estimated_events({}, ten, hour_length), 0);
}

TEST(Limits, ClearWhatFitsWhateverIsInTheWindow) {
    EXPECT_TRUE(surely_allows(hundred_an_hour, {}, 0));
    EXPECT_TRUE(surely_allows(hundred_an_hour, {ten, 50, 0, 49, 0}, 0));
    EXPECT_FALSE(surely_allows(hundred_an_hour, {ten, 50, 0, 50, 0}, 0));
    EXPECT_TRUE(surely_allows(hundred_an_hour, {ten, 1, 400, 1, 400}, 200));
    EXPECT_FALSE(surely_allows(hundred_an_hour, {ten, 1, 400, 1, 400}, 201));
}

TEST(Limits, NeverAllowAnEventThatIsAboveThemByItself) {
    EXPECT_TRUE(could_allow(hundred_an_hour, 1000));
    EXPECT_FALSE(could_allow(hundred_an_hour, 1001));
    EXPECT_TRUE(could_allow({hour_length, 1, highest}, highest));
}

TEST(Limits, OfTheHighestNumberLimitNothing) {
    constexpr Limit unlimited{hour_length, highest, highest};
    EXPECT_TRUE(surely_allows(unlimited, {ten, 1'000'000'000, highest, 1'000'000'000, highest}, highest));
}

// The example of the documentation: full hours have no meaning.
TEST(Limits, RefuseThe101stEventAcrossTheFullHourUntilTheFirstHasLeft) {
    std::vector<Event> events;
    for (int one = 0; one < 100; ++one) events.push_back({ten + 30 * minute + one * 17 * second, 1});
    const std::int64_t now = ten + 65 * minute;
    const auto excess = recounted(events, hundred_an_hour, 1, now);
    ASSERT_TRUE(excess);
    EXPECT_EQ(excess->measure, Measure::events);
    EXPECT_EQ(excess->fits_at, ten + 90 * minute);
    EXPECT_EQ(seconds_until(excess->fits_at, now), 25 * 60);
    EXPECT_TRUE(recounted(events, hundred_an_hour, 1, ten + 90 * minute - 1));
    EXPECT_FALSE(recounted(events, hundred_an_hour, 1, ten + 90 * minute));
}

TEST(Limits, HoldWhatIsExactlyAsOldAsTheWindowForGone) {
    const std::vector<Event> one = {{ten, 10}};
    constexpr Limit one_an_hour{hour_length, 1, 1000};
    EXPECT_TRUE(recounted(one, one_an_hour, 0, ten + hour_length - 1));
    EXPECT_FALSE(recounted(one, one_an_hour, 0, ten + hour_length));
    EXPECT_TRUE(recounted(one, one_an_hour, 0, ten)) << "two events may have one time";
}

TEST(Limits, OfPointsAreReachedExactly) {
    const std::vector<Event> events = {{ten, 300}, {ten + minute, 300}, {ten + 2 * minute, 300}};
    const std::int64_t now = ten + 3 * minute;
    EXPECT_FALSE(recounted(events, hundred_an_hour, 100, now));
    const auto first = recounted(events, hundred_an_hour, 101, now);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->measure, Measure::points);
    EXPECT_EQ(first->fits_at, ten + hour_length);
    EXPECT_EQ(recounted(events, hundred_an_hour, 400, now)->fits_at, ten + hour_length);
    EXPECT_EQ(recounted(events, hundred_an_hour, 401, now)->fits_at, ten + minute + hour_length);
    EXPECT_EQ(recounted(events, hundred_an_hour, 1000, now)->fits_at, ten + 2 * minute + hour_length);
}

TEST(Limits, ThatWereLoweredLetInWhatFitsAgainAndNoSooner) {
    std::vector<Event> events;
    for (int one = 0; one < 10; ++one) events.push_back({ten + one * minute, 1});
    constexpr Limit three{hour_length, 3, 1000};
    EXPECT_EQ(recounted(events, three, 1, ten + 10 * minute)->fits_at, ten + 7 * minute + hour_length);
}

TEST(Waits, AreWholeSecondsRoundedUpAndAtLeastOne) {
    EXPECT_EQ(seconds_until(ten, ten), 1);
    EXPECT_EQ(seconds_until(ten - minute, ten), 1);
    EXPECT_EQ(seconds_until(ten + 1, ten), 1);
    EXPECT_EQ(seconds_until(ten + second, ten), 1);
    EXPECT_EQ(seconds_until(ten + second + 1, ten), 2);
    EXPECT_EQ(seconds_until(ten + hour_length, ten), 3600);
}

bool fits(const Usage& used, const Limit& limit, std::int64_t points) {
    return used.events + 1 <= limit.events && used.points + points <= limit.points;
}

// Decides as the shell does, by the bound if it can and by a recount if it must, and compares every
// decision with the definition.
struct Submitter {
    Limit limit;
    std::vector<Event> events;
    Window window;
    int refused = 0;
    int cleared = 0;

    void submit(std::int64_t now, std::int64_t points) {
        window = roll(window, now, limit.length);
        const Usage used = exactly(events, now, limit.length);
        ASSERT_GE(bound(window).events, used.events) << window << " at " << now;
        ASSERT_GE(bound(window).points, used.points) << window << " at " << now;
        std::optional<Excess> excess;
        if (surely_allows(limit, window, points))
            ++cleared;
        else
            excess = recounted(events, limit, points, now);
        ASSERT_EQ(!excess, fits(used, limit, points)) << window << " at " << now;
        if (!excess) {
            window = add(window, points);
            events.push_back({now, points});
            return;
        }
        ++refused;
        const std::int64_t fits_at = excess.value_or(Excess{}).fits_at;
        ASSERT_FALSE(fits(exactly(events, fits_at - 1, limit.length), limit, points)) << "it could have come sooner";
        ASSERT_TRUE(fits(exactly(events, fits_at, limit.length), limit, points)) << "it comes back in vain";
    }
};

// In bursts, and with pauses of about a window's length.
void submit_at_random(unsigned seed, const Limit& limit) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", length " << limit.length);
    std::mt19937_64 random(seed);
    const auto below = [&](std::int64_t most) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
    };
    const std::int64_t pauses[] = {2, limit.length / 40, limit.length / 3, limit.length + 2, 3 * limit.length};
    Submitter submitter{limit, {}, {}};
    std::int64_t now = ten;
    for (int call = 0; call < 2000 && !testing::Test::HasFatalFailure(); ++call) {
        now += below(pauses[below(10) == 0 ? below(5) : below(2)]);
        submitter.submit(now, below(40));
    }
    EXPECT_GT(submitter.refused, 20);
    EXPECT_GT(submitter.cleared, 100);
}

TEST(Limits, DecideAsTheirDefinitionDoes) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        submit_at_random(seed, {hour_length, 30, 100'000});
        submit_at_random(seed, {hour_length, 100'000, 400});
        submit_at_random(seed, {40, 7, 100});
    }
}

}  // namespace
}  // namespace rewards
