// How far is an event to be trusted? A table of rules over what was observed, from 0 to 100.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"

namespace rewards {

// What rules can look at. Stored events have their values in this order, the first at subscript 1:
// append only. `always` is 1 and stored nowhere; it is for the rule that everybody starts from.
enum class Feature : std::uint8_t {
    always,
    spacing_ms,       // between the event times of this event and of the one submitted before it
    hourly_events,    // of the account in the running hour, this one included
    device_accounts,  // accounts of the company that were seen on this device
    device_is_new,    // 1: the account's first event from this device
    attestation,      // 0 none, 1 invalid, 2 basic integrity only, 3 device, 4 strong
    app_recognized,   // 0, 1
    request_bound,    // 0: the attestation is for another request, 1: for this one
    counter_fresh,    // 0: the attestation's counter was seen before, 1: it was not
    clock_ahead_s,    // event time after the server's time
    event_age_s,      // event time before the server's time
    account_age_s,
    nonce_conflicts,  // counted on the open insight of kind replay_attempt
    open_insights,
    rejected_percent,   // of the events submitted, where there are enough of them
    spacing_variation,  // moving deviation of the spacing in thousandths of its mean
};
inline constexpr std::size_t feature_count = 16;

Result<Feature> feature_from_text(std::string_view text) noexcept;
std::string_view text_of(Feature feature) noexcept;

// A value that the client chooses must not be able to raise a score.
bool may_raise(Feature feature) noexcept;

// Values of one event, each of them possibly unknown. Larger ones than fit count as the largest.
struct Features {
    std::array<std::int32_t, feature_count> values{1};
    std::uint32_t known = 1;

    void set(Feature feature, std::int64_t value) noexcept;
    std::optional<std::int32_t> get(Feature feature) const noexcept;

    friend constexpr bool operator==(const Features&, const Features&) noexcept = default;
};

enum class Comparison : std::uint8_t { less, at_most, equal, at_least, greater };

Result<Comparison> comparison_from_text(std::string_view text) noexcept;
std::string_view text_of(Comparison comparison) noexcept;

// The name belongs to whoever made the rule. `weight` is what the rule adds to the score where it
// applies, and is negative as a rule.
struct TrustRule {
    Feature feature = Feature::always;
    Comparison comparison = Comparison::equal;
    std::int16_t weight = 0;
    std::int32_t threshold = 0;
    std::string_view name;
};

// A rule may raise a score only by the presence of what a client cannot make up: not by a feature
// that it chooses, nor by the absence of a proof.
bool is_sound(const TrustRule& rule) noexcept;

// An unknown feature applies to nothing.
bool applies(const TrustRule& rule, const Features& features) noexcept;

inline constexpr std::size_t most_trust_rules = 64;

struct TrustRules {
    std::int32_t version = 0;
    std::uint32_t count = 0;
    std::array<TrustRule, most_trust_rules> rules{};
};

struct Score {
    std::int32_t value = 0;     // 0 to 100
    std::uint64_t matched = 0;  // bit n: rule n applied

    friend constexpr bool operator==(const Score&, const Score&) noexcept = default;
};

Result<Score> score(const TrustRules& rules, const Features& features) noexcept;

// How regular are the events of an account? Moving averages of the spacing and of how far spacings
// are from it, as TCP keeps them of its round trips.
struct Spacing {
    std::int64_t mean_ms = 0;
    std::int64_t deviation_ms = 0;

    friend constexpr bool operator==(const Spacing&, const Spacing&) noexcept = default;
};

// `count`: how many spacings the averages hold already.
Spacing next_spacing(Spacing spacing, std::int64_t count, std::int64_t spacing_ms) noexcept;

// Thousandths; unknown before `enough_events` were submitted, and for habits: who comes once a day
// at the same hour is regular, and no robot.
inline constexpr std::int64_t enough_events = 10;
inline constexpr std::int64_t habit_ms = 3'600'000;
std::optional<std::int32_t> spacing_variation(Spacing spacing, std::int64_t submitted_events) noexcept;

// Unknown before `enough_events` were submitted.
std::optional<std::int32_t> rejected_percent(std::int64_t rejected_events, std::int64_t submitted_events) noexcept;

}  // namespace rewards
