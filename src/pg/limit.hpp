// Has this account submitted or redeemed too much lately? Exact, under the account's lock.
#pragma once

#include "core/limit.hpp"
#include "pg/nonce.hpp"
#include "pg/raise.hpp"
#include "pg/setting.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// The limit that opens last.
struct LimitRefusal {
    const char* which;                                // the setting: events_per_hour, ...
    std::optional<std::int64_t> retry_after_seconds;  // nothing: so many points never fit
    std::int64_t quota;
    std::int64_t window_seconds;
    std::int64_t remaining;  // of the quota, at least
};

// May the account submit an event of so many points now? `windows` are those of the locked row, rolled
// or not; in most cases they are all it takes. `events` is open.
std::optional<LimitRefusal> check_limits(Table& events, const AccountKey& account, const Windows& windows,
                                         const Settings& settings, std::int64_t points, TimestampTz now);

// May the account redeem so many coupons more now?
std::optional<LimitRefusal> check_redemptions(Table& events, const AccountKey& account, const Settings& settings,
                                              std::int64_t coupons, TimestampTz now);

// For refuse(refusal::rate_limited, ...).
Retry retry_of(const LimitRefusal& refused);

}  // namespace rewards::pg
