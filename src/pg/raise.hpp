// Misuse is an error with SQLSTATE and hint; a refusal that the business expects is an outcome.
// Both leave the shell through this file.
#pragma once

#include "core/result.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

// What the core found wrong, as an error.
[[noreturn]] void raise(const Error& error);

[[noreturn]] void raise_length(const char* name, std::size_t length, std::size_t limit);

template <typename T>
T value_or_raise(const Result<T>& result) {
    if (!result.ok()) raise(result.error);
    return result.value;
}

struct Refusal {
    const char* outcome;
    int http_status;
    const char* hint;
};

namespace refusal {
inline constexpr Refusal insufficient_points{"insufficient_points", 402,
                                             "The account has fewer points than this costs."};
inline constexpr Refusal template_not_found{"template_not_found", 404,
                                            "The company has no coupon template with this id."};
inline constexpr Refusal nonce_conflict{"nonce_conflict", 409,
                                        "This idempotency key was used for another request; use a new one."};
inline constexpr Refusal limit_reached{"limit_reached", 409,
                                       "The user already has as many coupons of this template as it allows."};
inline constexpr Refusal template_inactive{"template_inactive", 410, "This coupon is not on offer at present."};
inline constexpr Refusal not_redeemable{"not_redeemable", 410, "This code cannot be claimed."};
inline constexpr Refusal malformed{
    "malformed", 422, "The code has a typing error: it has 16 or 20 symbols, of which the last is a check."};
}  // namespace refusal

// Refuses: under rewards.on_refusal = 'raise' an error PTnnn; otherwise the HTTP status for PostgREST,
// if it is there, and back to the caller, who returns the outcome as a row. `detail` is JSON.
void refuse(const Refusal& refusal, const char* detail);

// Defines rewards.on_refusal.
void define_refusal_setting();

}  // namespace rewards::pg
