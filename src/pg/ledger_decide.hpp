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

// Locks the account of an event that is to be decided, once nobody is changing the event. An UPDATE of its status
// has the event first and wants the account then, so whoever waited here with the account would never get on.
Account lock_account_of_event(Ledger& ledger, const AccountKey& key, const Uuid& id);

// Of the account, in its newest version and locked; nothing: there is no such event,
std::optional<Undecided> lock_event(Ledger& ledger, const Account& account, const Uuid& id);
// or somebody else holds it, which is an error above.
std::optional<Undecided> try_lock_event(Ledger& ledger, const Account& account, const Uuid& id);

// Changes the status of the event that was locked last, and what follows from it. A null note leaves the old one.
void decide_event(Ledger& ledger, Account& account, const Undecided& event, Status status, std::string_view actor,
                  const std::optional<std::string_view>& note);

// Why, in the words of whoever decides.
std::optional<std::string_view> note_argument(const Arguments& arguments, int index);

// Points that an event takes away cannot be more than there are.
bool is_covered(const Account& account, const Undecided& event);

}  // namespace rewards::pg
