// Somebody at the counter has typed in a code: may its coupon be used?
#pragma once

#include "pg/coupon.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

// Who is there, a device, and what the counter calls a claim.
inline constexpr std::size_t longest_at_counter = 255;

struct Presented {
    std::string_view code;
    std::string_view by;
    std::optional<std::string_view> device_id;
    std::optional<std::string_view> claim_ref;  // of a claim
};

struct Finding {
    const Refusal* refusal;  // null: it may, or is_repeated
    const char* reason;      // of a refusal, in the exact word: for role admin alone
    Retry retry;
    bool is_repeated;  // this very claim has used it before
    TimestampTz now;
};

// Without a refusal, the coupon is the found row, locked.
Finding examine(Write& write, const Context& context, Table& coupons, const Presented& presented);

// Does somebody hold the coupon in the found row, for longer than `now`?
bool is_held(const Table& coupons, TimestampTz now);

// What the coupon in the found row is good for, for the answer; nothing: all are null. Outlives the write.
struct Worth {
    RowField coupon;
    RowField value;
    RowField value_type;
};
Worth worth_of(const Table& coupons);

// Refuses, if that is what was found.
void refuse_as_found(const Finding& finding);

// Columns of the answer.
RowField outcome_of(const Finding& finding, std::string_view success);
RowField reason_of(const Finding& finding);
RowField retry_after(const Finding& finding);

}  // namespace rewards::pg
