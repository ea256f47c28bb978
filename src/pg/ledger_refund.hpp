// What was spent comes back.
#pragma once

#include "pg/ledger.hpp"

namespace rewards::pg {

struct Refund {
    Uuid spent_by;  // the event
    std::int64_t points;
    std::string_view related_type;  // what the refund is of
    Uuid related_id;
    std::optional<std::string_view> reason;
};

// Gives the points back to the lots that they were taken from, and returns the event. Nothing: they came back before.
std::optional<Uuid> refund_once(Ledger& ledger, Account& account, const Refund& refund);

}  // namespace rewards::pg
