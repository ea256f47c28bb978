// The status of an event moves along its edges, under the lock of its account.
#pragma once

#include "pg/ledger.hpp"

namespace rewards::pg {

// What an event that waits looks like to whoever decides.
struct Undecided {
    Uuid id;
    Status status;
    std::int64_t points;
    std::optional<std::int32_t> trust_score;
};

// Of the account, in its newest version and locked; nothing: there is no such event, or with LockWaitSkip
// somebody else holds it.
std::optional<Undecided> lock_event(Ledger& ledger, const Account& account, const Uuid& id, LockWaitPolicy wait);

// Changes the status of the event that was locked last, and what follows from it. A null note leaves the old one.
void decide_event(Ledger& ledger, Account& account, const Undecided& event, Status status, std::string_view actor,
                  const std::optional<std::string_view>& note);

// Points that an event takes away cannot be more than there are.
bool is_covered(const Account& account, const Undecided& event);

}  // namespace rewards::pg
