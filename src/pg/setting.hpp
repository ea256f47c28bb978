// What has the company decided? One row of settings per company; what it leaves null is as in the row of the
// nil company, which install() writes.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

// Rules and settings of this company hold for all that have none of their own.
inline constexpr Uuid nil_company{};

// Times are in microseconds.
struct Settings {
    std::int32_t trust_validate_at;
    std::int32_t trust_review_at;
    std::optional<std::int32_t> trust_version;   // nothing: the newest
    std::optional<std::int32_t> shadow_version;  // nothing: none
    bool hold_all;
    std::int64_t events_per_hour;
    std::int64_t points_per_hour;
    std::int64_t events_per_day;
    std::int64_t points_per_day;
    std::int64_t accepted_age;
    std::int64_t accepted_ahead;
    std::optional<std::int64_t> review_four_eyes_points;  // nothing: one approval is enough
    std::int64_t refunded_points_live;
    bool redeem_enabled;
    bool claim_enabled;
    std::optional<std::int64_t> redemptions_per_hour;  // nothing: no limit
    std::optional<std::int64_t> redemptions_per_day;
    std::int64_t guesses_per_claimer;
    std::int64_t guesses_per_device;
    std::int64_t guesses_per_company;
};

// Kept by the backend until the table changes.
Settings settings_of(Write& write, const Uuid& company);

// How long a nonce is remembered: not shorter than an event may be late plus how far its clock may be
// ahead, or clean-up would open the door to replays.
inline constexpr std::int64_t least_nonce_retention = 7 * USECS_PER_DAY + 10 * USECS_PER_MINUTE;
std::int64_t nonce_retention(const Settings& settings);

}  // namespace rewards::pg
