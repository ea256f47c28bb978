// What does this event earn, and may it? The company's rule for its type decides, or else the default rule.
#pragma once

#include "core/rule.hpp"
#include "pg/nonce.hpp"
#include "pg/raise.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// A row of point_rules. Lengths of time are in microseconds.
struct PointRule {
    PointTerms terms;
    bool is_active;
    bool proof_required;
    std::optional<std::int64_t> min_interval;
    std::optional<std::int64_t> daily_cap;
    std::optional<TimestampTz> active_from;
    std::optional<TimestampTz> active_until;
    std::optional<Interval> expires_after;
    std::optional<std::int64_t> pending_for;  // the event waits so long as pending before it is decided
};

// Kept by the backend until the table changes. Nothing: the type is unknown.
std::optional<PointRule> find_rule(Write& write, const Uuid& company, std::string_view event_type);

struct RuleRequest {
    std::string_view event_type;
    TimestampTz event_time;
    std::optional<std::string_view> related_type;
    std::optional<std::string_view> related_id;
    bool has_proof;
    TimestampTz now;
};

struct RuleOutcome {
    const Refusal* refusal;                           // null: none
    std::optional<std::int64_t> retry_after_seconds;  // when an event of that moment would do; nothing: now, or never
    std::int64_t points;
    std::int32_t streak_days;  // this day included; 0: the rule has no streaks
    std::optional<TimestampTz> expires_at;
};

// The consecutive days with an event that were counted last, back from the day of an event.
struct Streak {
    std::string_view event_type;
    std::optional<std::string_view> related_type;
    std::optional<std::string_view> related_id;
    std::int64_t day;
    std::int32_t longest;
    std::int32_t days;
};

// `events` is open; the account has to be locked. Between two calls with the same `last`, which begins as nothing, no event of
// the account is written but those that were asked about: more events of a day do not change its streak.
RuleOutcome apply_rule(Table& events, const AccountKey& account, const PointRule& rule, const RuleRequest& request,
                       std::optional<Streak>& last);

}  // namespace rewards::pg
