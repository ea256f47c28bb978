// What looked like fraud? One open row per account and kind, which counts.
#pragma once

#include "pg/nonce.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

namespace insight_type {
inline constexpr std::string_view velocity_anomaly = "velocity_anomaly";
inline constexpr std::string_view suspicious_pattern = "suspicious_pattern";
inline constexpr std::string_view device_mismatch = "device_mismatch";
inline constexpr std::string_view device_sharing = "device_sharing";
inline constexpr std::string_view replay_attempt = "replay_attempt";
inline constexpr std::string_view bulk_submission = "bulk_submission";
inline constexpr std::string_view honeypot_triggered = "honeypot_triggered";
inline constexpr std::string_view attestation_failure = "attestation_failure";
inline constexpr std::string_view low_trust_score = "low_trust_score";
inline constexpr std::string_view clock_skew = "clock_skew";
inline constexpr std::string_view code_guessing = "code_guessing";
inline constexpr std::string_view low_stock = "low_stock";
inline constexpr std::string_view manual_flag = "manual_flag";
}  // namespace insight_type

enum class Severity : std::uint8_t { low, medium, high, critical };

inline constexpr std::size_t most_insight_events = 20;

struct Insight {
    std::string_view type;  // one of insight_type
    Severity severity;
    std::optional<std::int32_t> score;  // the trust score, 0 to 100
    std::optional<Datum> details;       // jsonb
    std::span<const Uuid> events;       // oldest first
    std::int64_t occurrences = 1;
};

struct NotedInsight {
    Uuid id;
    std::int64_t occurrences;  // 1: it is new
};

// Opens an insight, or counts up the open one of its kind: the severity becomes the higher one, score and details the
// newer ones, and the events join the newest 20. The account has to be locked.
NotedInsight note_insight(Write& write, const AccountKey& account, const Insight& insight);

// The user_id of insights that are about no account, but about the company.
inline constexpr Uuid whole_company{};

// The same for the company, and for what comes in floods: not if somebody has noted it within the last `pause` microseconds
// and taken it as seriously, or is about to. Waits for nobody who counts one up.
void note_company_insight_rarely(Write& write, const Uuid& company, const Insight& insight, std::int64_t pause);

// What the company's open insight of this kind says; nothing: there is none.
std::optional<Datum> open_details(Write& write, const Uuid& company, std::string_view type);

// A nonce that came back with another request; `call` is the function that refused it. Lives as long as the memory
// context.
Insight nonce_conflict(std::string_view call, std::string_view nonce);

// How often what the open insights of an account are about was noticed, by the place of their type; 0: none is open.
inline constexpr std::size_t insight_type_count = 13;
using OpenInsights = std::array<std::int64_t, insight_type_count>;
std::size_t place_of(std::string_view insight_type);

// The account has to be locked. Costs an index probe where there are none.
OpenInsights read_open(Write& write, const AccountKey& account);

}  // namespace rewards::pg
