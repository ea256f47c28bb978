#include "core/trust.hpp"

#include <algorithm>
#include <limits>

namespace rewards {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, feature_count> feature_names = {
    "always",          "spacing_ms",    "hourly_events",    "device_accounts",   "device_is_new", "attestation",
    "app_recognized",  "request_bound", "counter_fresh",    "clock_ahead_s",     "event_age_s",   "account_age_s",
    "nonce_conflicts", "open_insights", "rejected_percent", "spacing_variation",
};
constexpr std::array<std::string_view, 5> comparison_names = {"<", "<=", "=", ">=", ">"};

static_assert(static_cast<std::size_t>(Feature::spacing_variation) + 1 == feature_count);
static_assert(feature_count <= 32, "Features::known has a bit for each");

// Spacings are kept where arithmetic with them does not overflow: 2^50 ms are 35,000 years.
constexpr std::int64_t bounded(std::int64_t spacing_ms) noexcept {
    return std::clamp<std::int64_t>(spacing_ms, 0, std::int64_t{1} << 50);
}

constexpr std::size_t index_of(Feature feature) noexcept { return static_cast<std::size_t>(feature); }

constexpr std::int32_t saturated(std::int64_t value) noexcept {
    using Limits = std::numeric_limits<std::int32_t>;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

bool holds(Comparison comparison, std::int32_t value, std::int32_t threshold) noexcept {
    switch (comparison) {
        case Comparison::less: return value < threshold;
        case Comparison::at_most: return value <= threshold;
        case Comparison::equal: return value == threshold;
        case Comparison::at_least: return value >= threshold;
        case Comparison::greater: return value > threshold;
    }
    return false;
}

}  // namespace

Result<Feature> feature_from_text(std::string_view text) noexcept {
    const auto name = std::ranges::find(feature_names, text);
    if (name == feature_names.end()) return Error{Fault::malformed, "unknown trust feature"};
    return static_cast<Feature>(name - feature_names.begin());
}

std::string_view text_of(Feature feature) noexcept { return feature_names[index_of(feature)]; }

bool may_raise(Feature feature) noexcept {
    switch (feature) {
        case Feature::always:
        case Feature::attestation:
        case Feature::app_recognized:
        case Feature::request_bound:
        case Feature::counter_fresh:
        case Feature::account_age_s: return true;
        default: return false;
    }
}

void Features::set(Feature feature, std::int64_t value) noexcept {
    if (feature == Feature::always) return;
    values[index_of(feature)] = saturated(value);
    known |= 1U << index_of(feature);
}

std::optional<std::int32_t> Features::get(Feature feature) const noexcept {
    if ((known >> index_of(feature) & 1) == 0) return std::nullopt;
    return values[index_of(feature)];
}

Result<Comparison> comparison_from_text(std::string_view text) noexcept {
    const auto name = std::ranges::find(comparison_names, text);
    if (name == comparison_names.end()) return Error{Fault::malformed, "unknown comparison"};
    return static_cast<Comparison>(name - comparison_names.begin());
}

std::string_view text_of(Comparison comparison) noexcept {
    return comparison_names[static_cast<std::size_t>(comparison)];
}

bool is_sound(const TrustRule& rule) noexcept {
    if (rule.weight <= 0) return true;
    const bool asks_for_less = rule.comparison == Comparison::less || rule.comparison == Comparison::at_most;
    return may_raise(rule.feature) && !asks_for_less && rule.threshold >= 1;
}

bool applies(const TrustRule& rule, const Features& features) noexcept {
    const std::optional<std::int32_t> value = features.get(rule.feature);
    return value && holds(rule.comparison, *value, rule.threshold);
}

Result<Score> score(const TrustRules& rules, const Features& features) noexcept {
    if (rules.count > most_trust_rules) return Error{Fault::out_of_range, "too many trust rules"};
    Score result;
    std::int32_t sum = 0;
    for (std::uint32_t one = 0; one < rules.count; ++one) {
        const TrustRule& rule = rules.rules[one];
        if (!is_sound(rule)) return Error{Fault::malformed, "a trust rule raises the score for what clients choose"};
        if (!applies(rule, features)) continue;
        sum += rule.weight;
        result.matched |= std::uint64_t{1} << one;
    }
    result.value = std::clamp(sum, 0, 100);
    return result;
}

Spacing next_spacing(Spacing spacing, std::int64_t count, std::int64_t spacing_ms) noexcept {
    const std::int64_t latest = bounded(spacing_ms);
    if (count <= 0) return {latest, latest / 2};
    const std::int64_t mean = bounded(spacing.mean_ms);
    const std::int64_t deviation = bounded(spacing.deviation_ms);
    const std::int64_t off = latest - mean;
    const std::int64_t distance = off < 0 ? -off : off;
    return {mean + off / 8, deviation + (distance - deviation) / 4};
}

std::optional<std::int32_t> spacing_variation(Spacing spacing, std::int64_t submitted_events) noexcept {
    if (submitted_events < enough_events || spacing.mean_ms >= habit_ms) return std::nullopt;
    if (spacing.mean_ms <= 0) return 0;
    return saturated(bounded(spacing.deviation_ms) * 1000 / spacing.mean_ms);
}

std::optional<std::int32_t> rejected_percent(std::int64_t rejected_events, std::int64_t submitted_events) noexcept {
    if (submitted_events < enough_events) return std::nullopt;
    return saturated(rejected_events * 100 / submitted_events);
}

}  // namespace rewards
