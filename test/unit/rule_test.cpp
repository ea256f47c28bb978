#include "core/rule.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace rewards {
namespace {

constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t day = 86'400'000'000;

constexpr StreakSteps usual_steps{{{{7, 1200}, {14, 1300}, {30, 1500}, {90, 2000}}}, 4};
constexpr PointTerms ten_points{10, std::nullopt, std::nullopt, {}};
constexpr PointTerms ten_with_streaks{10, std::nullopt, std::nullopt, usual_steps};

std::int64_t points(const PointTerms& terms, std::int32_t streak_days,
                    std::optional<std::int64_t> left = std::nullopt) {
    const Result<std::int64_t> result = points_for(terms, streak_days, left);
    EXPECT_TRUE(result.ok()) << result.error.text;
    return result.value;
}

TEST(Points, AreTheBaseOfTheRule) {
    EXPECT_EQ(points(ten_points, 0), 10);
    EXPECT_EQ(points(ten_points, 100), 10);
    EXPECT_EQ(points({}, 1), 0);
}

TEST(Points, GrowFromTheDayOnThatAStepIsReached) {
    const std::pair<std::int32_t, std::int64_t> expected[] = {
        {0, 10},  {1, 10},  {6, 10},  {7, 12},  {13, 12}, {14, 13},
        {29, 13}, {30, 15}, {89, 15}, {90, 20}, {91, 20}, {std::numeric_limits<std::int32_t>::max(), 20}};
    for (const auto& [days, worth] : expected) EXPECT_EQ(points(ten_with_streaks, days), worth) << days << " days";
}

TEST(Points, AreRoundedDown) {
    PointTerms terms = ten_with_streaks;
    terms.base = 9;
    EXPECT_EQ(points(terms, 7), 10);   // 10.8
    EXPECT_EQ(points(terms, 30), 13);  // 13.5
    terms.base = 1;
    EXPECT_EQ(points(terms, 30), 1);
    terms.base = 1'000'001;
    EXPECT_EQ(points(terms, 14), 1'300'001);  // and 0.3
}

TEST(Points, StayBetweenLeastAndMost) {
    PointTerms terms = ten_with_streaks;
    terms.least = 11;
    terms.most = 14;
    EXPECT_EQ(points(terms, 1), 11);
    EXPECT_EQ(points(terms, 7), 12);
    EXPECT_EQ(points(terms, 30), 14);
    terms.most = 0;
    EXPECT_EQ(points(terms, 30), 0);
}

TEST(Points, AreNotMoreThanIsLeftOfTheDay) {
    PointTerms terms = ten_points;
    EXPECT_EQ(points(terms, 1, 11), 10);
    EXPECT_EQ(points(terms, 1, 10), 10);
    EXPECT_EQ(points(terms, 1, 9), 9);
    EXPECT_EQ(points(terms, 1, 0), 0);
    EXPECT_EQ(points(terms, 1, -5), 0);
    terms.least = 5;
    EXPECT_EQ(points(terms, 1, 2), 2) << "the cap goes before the least";
}

TEST(Points, OutOfRangeAreAnErrorUnlessSomethingBoundsThem) {
    PointTerms terms = ten_with_streaks;
    terms.base = highest;
    EXPECT_EQ(points(terms, 1), highest);
    EXPECT_EQ(points_for(terms, 90, std::nullopt).error.fault, Fault::out_of_range);
    EXPECT_EQ(points(terms, 90, 77), 77);
    terms.most = 500;
    EXPECT_EQ(points(terms, 90), 500);
    terms.most = std::nullopt;
    terms.base = highest / 2;
    EXPECT_EQ(points(terms, 90), highest - 1) << "the product in thousandths is out of range, the points are not";
    terms.base = highest / 2 + 1;
    EXPECT_EQ(points_for(terms, 90, std::nullopt).error.fault, Fault::out_of_range);
}

TEST(Streaks, MayHaveTheirStepsInAnyOrder) {
    constexpr StreakSteps steps{{{{30, 1500}, {7, 1200}, {14, 900}}}, 3};
    EXPECT_EQ(permille_for(steps, 6), 1000);
    EXPECT_EQ(permille_for(steps, 8), 1200);
    EXPECT_EQ(permille_for(steps, 20), 900);
    EXPECT_EQ(permille_for(steps, 30), 1500);
    EXPECT_EQ(longest_streak(steps), 30);
}

TEST(Streaks, WithoutStepsMultiplyNothing) {
    EXPECT_EQ(permille_for({}, 1000), 1000);
    EXPECT_EQ(longest_streak({}), 0);
    EXPECT_EQ(longest_streak(usual_steps), 90);
}

TEST(Streaks, UseAllStepsThatThereAreRoomFor) {
    StreakSteps steps;
    for (std::int32_t step = 1; step <= static_cast<std::int32_t>(most_streak_steps); ++step)
        steps.steps[steps.count++] = {step * 10, 1000 + step};
    EXPECT_EQ(permille_for(steps, 160), 1016);
    EXPECT_EQ(permille_for(steps, 159), 1015);
}

TEST(Days, BeginAtMidnightUtcOnBothSidesOfTheEpoch) {
    EXPECT_EQ(utc_day(0), 0);
    EXPECT_EQ(utc_day(day - 1), 0);
    EXPECT_EQ(utc_day(day), 1);
    EXPECT_EQ(utc_day(-1), -1);
    EXPECT_EQ(utc_day(-day), -1);
    EXPECT_EQ(utc_day(-day - 1), -2);
    EXPECT_EQ(utc_day(9'600 * day + day / 2), 9'600);
}

}  // namespace
}  // namespace rewards
