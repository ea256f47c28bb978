// What an account's row remembers of the events that were submitted for it: limits and trust go by it.
#pragma once

#include "core/limit.hpp"
#include "core/trust.hpp"
#include "pg/ledger.hpp"

namespace rewards::pg {

struct Activity {
    std::int64_t submitted;
    std::optional<TimestampTz> last_submitted_at;
    std::optional<TimestampTz> last_event_time;
    Spacing spacing;
    Windows windows;
    TimestampTz opened_at;
    bool is_changed;
};

// Of the account that was locked last, whose row is found.
Activity read_activity(const Account& account);

// Between the event times of this event and of the one submitted before it.
std::optional<std::int64_t> spacing_ms(const Activity& activity, TimestampTz event_time);

void count_submission(Activity& activity, TimestampTz event_time, std::int64_t points, TimestampTz now);

// Saves the account and, if it changed, its activity.
void save_account(Account& account, const Activity& activity);

}  // namespace rewards::pg
