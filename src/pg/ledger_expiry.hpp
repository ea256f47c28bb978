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

// Points of an account that one event earned and that expire together.
struct Lot {
    Uuid event;
    TimestampTz expires_at;
    std::int64_t points;
};

// How far the spends under one lock have got through the lots, each of which is read once and written once
// however many they are.
struct Spending {
    Lot* lots;  // null: nothing was spent
    std::size_t count;
    std::size_t at;
    std::int64_t taken;   // of the lot at `at`, and not written yet
    std::int64_t wanted;  // for how many points the lots were read
};

// Earned points with a date become a lot; spent points are taken from the lots that expire soonest.
void follow_expiry(Ledger& ledger, Account& account, const Movement& movement);

// The same for many movements, after which the spending is to be settled.
void follow_expiry(Ledger& ledger, Account& account, Spending& spending, const Movement& movement);
void settle_spending(Ledger& ledger, Account& account, Spending& spending);

// Takes away, as events, what has expired by the account's now.
void expire_points(Ledger& ledger, Account& account);

// Gives back the expiring points that an event spent, with their date, or `not_before` if that is later.
void return_expiring(Ledger& ledger, Account& account, const Uuid& spent_by, TimestampTz not_before);

}  // namespace rewards::pg
