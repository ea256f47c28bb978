// The client proposes, the server decides: nonce, rule, limits, trust, event, balance and insights, under
// one lock.
#pragma once

#include "pg/insight_tally.hpp"
#include "pg/raise.hpp"
#include "pg/rule.hpp"
#include "pg/setting.hpp"
#include "pg/submit_activity.hpp"

namespace rewards::pg {

struct Submission {
    Uuid user;
    std::string_view event_type;
    TimestampTz event_time;
    std::string_view nonce;
    std::optional<std::string_view> device_id;
    RowField attestation;
    std::optional<std::string_view> proof_type;
    RowField proof_payload;
    std::optional<std::string_view> payload_hash;
    std::optional<std::string_view> related_type;
    std::optional<std::string_view> related_id;
    RowField device_info;
    RowField ip_address;
};

struct SubmitAnswer {
    const Refusal* refusal;
    Retry retry;
    std::optional<Uuid> event;
    Status status;
    std::int64_t points;
    std::optional<std::int32_t> trust_score;
    RowField reasons;  // text[]
    std::int64_t balance;
    bool replayed;
};

// An account that events are being submitted for.
struct Submitter {
    Ledger* ledger;
    Account* account;
    Activity activity;
    Settings settings;
    InsightTallies insights;
    std::optional<Streak> last_streak;
    bool nonces_are_unused;  // as is already known of all that are submitted
};

// Between locking an account, whose row is found, and saving it. The memory context has to last until then.
Submitter begin_submitting(Ledger& ledger, Account& account);
void end_submitting(Submitter& submitter);

SubmitAnswer submit_event(Submitter& submitter, const Submission& submission);

inline constexpr std::size_t longest_identifier = 255;
inline constexpr std::size_t largest_payload = 256 * 1024;

}  // namespace rewards::pg
