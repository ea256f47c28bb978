#include "core/trust.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rewards {

std::ostream& operator<<(std::ostream& out, const Score& score) {
    return out << "score " << score.value << ", matched " << score.matched;
}

std::ostream& operator<<(std::ostream& out, const Spacing& spacing) {
    return out << spacing.mean_ms << " ms, off by " << spacing.deviation_ms << " ms";
}

namespace {

using enum Comparison;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::array all_comparisons = {less, at_most, equal, at_least, greater};

static_assert(std::is_trivially_copyable_v<Features> && std::is_trivially_destructible_v<Features>);
static_assert(std::is_trivially_copyable_v<TrustRules> && std::is_trivially_destructible_v<TrustRules>);

constexpr TrustRule base{Feature::always, equal, 70, 1, "base"};

TrustRules rules_of(std::initializer_list<TrustRule> list) {
    TrustRules rules;
    rules.version = 1;
    for (const TrustRule& rule : list) rules.rules[rules.count++] = rule;
    return rules;
}

Features observed(std::initializer_list<std::pair<Feature, std::int64_t>> list) {
    Features features;
    for (const auto& [feature, value] : list) features.set(feature, value);
    return features;
}

// Stored events are read by this order for ever: it may grow, and do nothing else.
TEST(Feature, HasItsNameAtItsPlace) {
    constexpr std::array<std::string_view, feature_count> names = {
        "always",          "spacing_ms",    "hourly_events",    "device_accounts",   "device_is_new", "attestation",
        "app_recognized",  "request_bound", "counter_fresh",    "clock_ahead_s",     "event_age_s",   "account_age_s",
        "nonce_conflicts", "open_insights", "rejected_percent", "spacing_variation",
    };
    for (std::size_t one = 0; one < feature_count; ++one) EXPECT_EQ(text_of(static_cast<Feature>(one)), names[one]);
}

TEST(Feature, IsReadFromItsNameAndNothingElse) {
    for (std::size_t one = 0; one < feature_count; ++one) {
        const auto read = feature_from_text(text_of(static_cast<Feature>(one)));
        ASSERT_TRUE(read.ok());
        EXPECT_EQ(read.value, static_cast<Feature>(one));
    }
    for (const std::string_view text : {"", "Always", "spacing", "spacing_ms ", "spacing_mss"})
        EXPECT_EQ(feature_from_text(text).error.fault, Fault::malformed) << text;
}

TEST(Feature, MayRaiseAScoreOnlyWhereNoClientChoosesIt) {
    const std::set raising = {Feature::always,        Feature::attestation,   Feature::app_recognized,
                              Feature::request_bound, Feature::counter_fresh, Feature::account_age_s};
    for (std::size_t one = 0; one < feature_count; ++one)
        EXPECT_EQ(may_raise(static_cast<Feature>(one)), raising.contains(static_cast<Feature>(one)))
            << text_of(static_cast<Feature>(one));
}

TEST(Comparison, IsReadFromItsSignAndNothingElse) {
    for (const Comparison comparison : all_comparisons) {
        const auto read = comparison_from_text(text_of(comparison));
        ASSERT_TRUE(read.ok());
        EXPECT_EQ(read.value, comparison);
    }
    EXPECT_EQ(text_of(less), "<");
    EXPECT_EQ(text_of(at_most), "<=");
    EXPECT_EQ(text_of(equal), "=");
    EXPECT_EQ(text_of(at_least), ">=");
    EXPECT_EQ(text_of(greater), ">");
    for (const std::string_view text : {"", "==", "<>", "< ", "!="})
        EXPECT_EQ(comparison_from_text(text).error.fault, Fault::malformed) << text;
}

TEST(Comparison, HoldsBelowAtAndAboveTheThreshold) {
    const auto holds_for = [](Comparison comparison, std::int64_t value) {
        return applies({Feature::spacing_ms, comparison, -1, 1000, ""}, observed({{Feature::spacing_ms, value}}));
    };
    const auto expect = [&](Comparison comparison, bool below, bool at, bool above) {
        EXPECT_EQ(holds_for(comparison, 999), below) << text_of(comparison);
        EXPECT_EQ(holds_for(comparison, 1000), at) << text_of(comparison);
        EXPECT_EQ(holds_for(comparison, 1001), above) << text_of(comparison);
    };
    expect(less, true, false, false);
    expect(at_most, true, true, false);
    expect(equal, false, true, false);
    expect(at_least, false, true, true);
    expect(greater, false, false, true);
}

TEST(Features, AreUnknownUntilSet) {
    Features features;
    for (std::size_t one = 1; one < feature_count; ++one)
        EXPECT_EQ(features.get(static_cast<Feature>(one)), std::nullopt);
    features.set(Feature::device_accounts, 0);
    EXPECT_EQ(features.get(Feature::device_accounts), 0);
    EXPECT_EQ(features.get(Feature::hourly_events), std::nullopt);
    EXPECT_EQ(features.get(Feature::device_is_new), std::nullopt);
}

TEST(Features, HoldTheLastOneAsWell) {
    EXPECT_EQ(observed({{Feature::spacing_variation, 7}}).get(Feature::spacing_variation), 7);
}

TEST(Features, HaveAlwaysAtOne) {
    EXPECT_EQ(Features().get(Feature::always), 1);
    EXPECT_EQ(observed({{Feature::always, 5}}), Features());
}

TEST(Features, KeepTheNearestValueThatFits) {
    using Limits = std::numeric_limits<std::int32_t>;
    const auto kept = [](std::int64_t value) {
        return observed({{Feature::spacing_ms, value}}).get(Feature::spacing_ms);
    };
    EXPECT_EQ(kept(highest), Limits::max());
    EXPECT_EQ(kept(std::int64_t{Limits::max()} + 1), Limits::max());
    EXPECT_EQ(kept(Limits::max()), Limits::max());
    EXPECT_EQ(kept(std::int64_t{Limits::max()} - 1), Limits::max() - 1);
    EXPECT_EQ(kept(std::int64_t{Limits::min()} - 1), Limits::min());
    EXPECT_EQ(kept(lowest), Limits::min());
}

TEST(Scoring, SumsTheRulesThatApplyAndNamesThem) {
    const TrustRules rules = rules_of({base,
                                       {Feature::spacing_ms, less, -80, 1000, "fast"},
                                       {Feature::attestation, at_least, 5, 3, "device"},
                                       {Feature::attestation, at_least, 5, 4, "strong"}});
    EXPECT_EQ(score(rules, Features()).value, (Score{70, 0b0001}));
    EXPECT_EQ(score(rules, observed({{Feature::attestation, 3}})).value, (Score{75, 0b0101}));
    EXPECT_EQ(score(rules, observed({{Feature::attestation, 4}})).value, (Score{80, 0b1101}));
    EXPECT_EQ(score(rules, observed({{Feature::spacing_ms, 1000}})).value, (Score{70, 0b0001}));
    EXPECT_EQ(score(rules, observed({{Feature::spacing_ms, 999}, {Feature::attestation, 4}})).value,
              (Score{0, 0b1111}));
}

TEST(Scoring, StaysBetween0And100AndIsBoundedAtTheEndOnly) {
    const TrustRule more{Feature::always, equal, 100, 1, ""};
    const TrustRule less_of_it{Feature::always, equal, -100, 1, ""};
    EXPECT_EQ(score(rules_of({more, more}), {}).value.value, 100);
    EXPECT_EQ(score(rules_of({less_of_it, less_of_it}), {}).value.value, 0);
    EXPECT_EQ(score(rules_of({less_of_it, more, base}), {}).value.value, 70);
    EXPECT_EQ(score(rules_of({more, base, less_of_it}), {}).value.value, 70);
    EXPECT_EQ(score(rules_of({}), {}).value, Score());
}

TEST(Scoring, MatchesNothingThatIsUnknown) {
    for (const Comparison comparison : all_comparisons)
        for (const std::int32_t threshold : {-1, 0, 1})
            EXPECT_EQ(score(rules_of({{Feature::nonce_conflicts, comparison, -10, threshold, ""}}), {}).value, Score());
}

TEST(Scoring, TakesSixtyFourRulesAndNotOneMore) {
    TrustRules rules;
    for (TrustRule& rule : rules.rules) rule = {Feature::always, equal, 1, 1, ""};
    rules.count = most_trust_rules;
    EXPECT_EQ(score(rules, {}).value, (Score{64, ~std::uint64_t{0}}));
    rules.count = most_trust_rules + 1;
    EXPECT_EQ(score(rules, {}).error.fault, Fault::out_of_range);
}

TEST(Scoring, RefusesARuleThatRaisesTheScoreForWhatAClientChooses) {
    for (std::size_t one = 0; one < feature_count; ++one) {
        const auto feature = static_cast<Feature>(one);
        EXPECT_EQ(score(rules_of({{feature, equal, 1, 1, ""}}), {}).ok(), may_raise(feature)) << text_of(feature);
        EXPECT_TRUE(score(rules_of({{feature, equal, 0, 1, ""}}), {}).ok());
        EXPECT_TRUE(score(rules_of({{feature, less, -1, 1, ""}}), {}).ok());
    }
}

TEST(Scoring, RefusesARuleThatRaisesTheScoreForTheAbsenceOfAProof) {
    const auto raises_by = [](Comparison comparison, std::int32_t threshold) {
        return score(rules_of({{Feature::attestation, comparison, 1, threshold, ""}}), {}).ok();
    };
    for (const Comparison comparison : all_comparisons) {
        EXPECT_EQ(raises_by(comparison, 1), comparison != less && comparison != at_most) << text_of(comparison);
        EXPECT_FALSE(raises_by(comparison, 0)) << text_of(comparison);
    }
}

// The averages of an account whose events come at these intervals.
Spacing after(std::initializer_list<std::int64_t> spacings) {
    Spacing spacing;
    std::int64_t count = 0;
    for (const std::int64_t one : spacings) spacing = next_spacing(spacing, count++, one);
    return spacing;
}

TEST(Spacing, StartsAtTheFirstWithHalfOfItInDoubt) {
    EXPECT_EQ(after({60'000}), (Spacing{60'000, 30'000}));
    EXPECT_EQ(next_spacing({1, 2}, -1, 60'000), (Spacing{60'000, 30'000}));
}

TEST(Spacing, FollowsByAnEighthAndAQuarter) {
    EXPECT_EQ(after({60'000, 60'000}), (Spacing{60'000, 22'500}));
    EXPECT_EQ(after({60'000, 68'000}), (Spacing{61'000, 24'500}));
    EXPECT_EQ(after({60'000, 52'000}), (Spacing{59'000, 24'500}));
    EXPECT_EQ(after({60'000, 0}), (Spacing{52'500, 37'500}));
}

TEST(Spacing, IsNeverNegativeAndNeverOverflows) {
    constexpr std::array<std::int64_t, 7> edges = {lowest, -1, 0, 1, 1000, highest - 1, highest};
    for (const std::int64_t mean : edges)
        for (const std::int64_t deviation : edges)
            for (const std::int64_t latest : edges)
                for (const std::int64_t count : {0, 1, 9}) {
                    const Spacing next = next_spacing({mean, deviation}, count, latest);
                    EXPECT_GE(next.mean_ms, 0);
                    EXPECT_GE(next.deviation_ms, 0);
                    EXPECT_TRUE(spacing_variation({mean, deviation}, 10).value_or(0) >= 0);
                }
}

TEST(Variation, IsSmallForATimerAndLargeForAPerson) {
    const Spacing timer =
        after({60'000, 60'100, 59'900, 60'000, 60'200, 59'800, 60'000, 60'100, 60'000, 60'000, 60'000});
    const Spacing person =
        after({60'000, 130'000, 20'000, 45'000, 300'000, 15'000, 80'000, 33'000, 120'000, 9'000, 70'000});
    EXPECT_LT(spacing_variation(timer, 12), 50);
    EXPECT_GT(spacing_variation(person, 12), 400);
}

TEST(Variation, IsInThousandthsOfTheMean) {
    EXPECT_EQ(spacing_variation({60'000, 30'000}, 10), 500);
    EXPECT_EQ(spacing_variation({60'000, 90'000}, 10), 1500);
    EXPECT_EQ(spacing_variation({60'000, 59}, 10), 0);
    EXPECT_EQ(spacing_variation({60'000, 60}, 10), 1);
    EXPECT_EQ(spacing_variation({0, 0}, 10), 0);
    EXPECT_EQ(spacing_variation({1, highest}, 10), std::numeric_limits<std::int32_t>::max());
}

TEST(Variation, IsUnknownBeforeThereAreTenEvents) {
    EXPECT_EQ(spacing_variation({60'000, 0}, 9), std::nullopt);
    EXPECT_EQ(spacing_variation({60'000, 0}, 10), 0);
}

TEST(Variation, IsUnknownForHabits) {
    EXPECT_EQ(spacing_variation({habit_ms - 1, 0}, 10), 0);
    EXPECT_EQ(spacing_variation({habit_ms, 0}, 10), std::nullopt);
}

TEST(RejectedPercent, IsOfTenEventsAtLeast) {
    EXPECT_EQ(rejected_percent(9, 9), std::nullopt);
    EXPECT_EQ(rejected_percent(0, 10), 0);
    EXPECT_EQ(rejected_percent(5, 10), 50);
    EXPECT_EQ(rejected_percent(199, 1000), 19);
    EXPECT_EQ(rejected_percent(10, 10), 100);
    EXPECT_EQ(rejected_percent(0, 0), std::nullopt);
}

}  // namespace
}  // namespace rewards
