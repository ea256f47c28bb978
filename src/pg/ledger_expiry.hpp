// Points that expire: which are left, which are spent first, and what happens when their time comes.
#pragma once

#include "pg/ledger.hpp"

namespace rewards::pg {

// A validated event that has just moved the balance.
struct Movement {
    Uuid event;
    std::int64_t points;
    std::optional<TimestampTz> expires_at;
};

// Earned points with a date become a lot; spent points are taken from the lots that expire soonest.
void follow_expiry(Ledger& ledger, Account& account, const Movement& movement);

// Takes away, as events, what has expired by the account's now.
void expire_points(Ledger& ledger, Account& account);

// Gives back the expiring points that an event spent, with their date, or `not_before` if that is later.
void return_expiring(Ledger& ledger, Account& account, const Uuid& spent_by, TimestampTz not_before);

}  // namespace rewards::pg
