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
inline constexpr Refusal batch_not_found{"batch_not_found", 404, "The company has no batch with this id."};
inline constexpr Refusal coupon_not_found{"coupon_not_found", 404, "The company has no coupon with this id."};
inline constexpr Refusal not_waiting{"not_waiting", 404,
                                     "No event of the company with this id waits, or has waited, for a decision."};
inline constexpr Refusal event_not_found{"event_not_found", 404, "The user has no event with this id."};
inline constexpr Refusal already_decided{"already_decided", 409,
                                         "Validated and rejected are final; corrections are new events."};
inline constexpr Refusal not_refundable{"not_refundable", 409,
                                        "Only a validated event that spent points can be refunded."};
inline constexpr Refusal already_refunded{"already_refunded", 409, "It was refunded before."};
inline constexpr Refusal nonce_conflict{"nonce_conflict", 409,
                                        "This idempotency key was used for another request; use a new one."};
inline constexpr Refusal duplicate_payload{"duplicate_payload", 409,
                                           "Another event of the account has this payload_hash already."};
inline constexpr Refusal limit_reached{"limit_reached", 409,
                                       "The user already has as many coupons of this template as it allows."};
inline constexpr Refusal not_started{"not_started", 409, "This coupon is not on offer yet."};
inline constexpr Refusal label_taken{"label_taken", 409,
                                     "Another batch of the company has this label: choose another one."};
inline constexpr Refusal batch_revoked{"batch_revoked", 409, "The batch was revoked: nothing more of it is issued."};
inline constexpr Refusal out_of_stock{"out_of_stock", 409, "All coupons of this template have been issued."};
inline constexpr Refusal unlimited{"unlimited", 409,
                                   "The template has no stock to add to: give it a total_stock first."};
inline constexpr Refusal disabled{"disabled", 409, "The company has switched this off for the time being."};
inline constexpr Refusal no_vendor_code{
    "no_vendor_code", 409, "The coupon has a code of ours: redeem_coupon() with its nonce shows it to the holder."};
inline constexpr Refusal already_shredded{"already_shredded", 409, "The codes of this batch are unreadable already."};
inline constexpr Refusal shredded{"shredded", 410,
                                  "Nobody can read this code any more: revoke the coupon, with a refund."};
inline constexpr Refusal already_claimed{"already_claimed", 409, "The coupon has been used."};
inline constexpr Refusal already_revoked{"already_revoked", 409, "The coupon was revoked before."};
inline constexpr Refusal vendor_code{"vendor_code", 409,
                                     "The code is a vendor's: revoke the coupon, and let its holder redeem another."};
inline constexpr Refusal already_expired{"already_expired", 409, "The coupon has expired."};
inline constexpr Refusal coupon_held{"coupon_held", 409, "Somebody is about to use the coupon: release it, or wait."};
inline constexpr Refusal ended{"ended", 410, "This coupon is not on offer any more."};
inline constexpr Refusal template_inactive{"template_inactive", 410, "This coupon is not on offer at present."};
inline constexpr Refusal not_redeemable{"not_redeemable", 410, "This code cannot be claimed."};
inline constexpr Refusal event_type_inactive{"event_type_inactive", 410,
                                             "Events of this type earn nothing at that time."};
inline constexpr Refusal malformed{
    "malformed", 422, "The code has a typing error: it has 16 or 20 symbols, of which the last is a check."};
inline constexpr Refusal unknown_event_type{"unknown_event_type", 422,
                                            "The company has no rule for events of this type: see point_rules."};
inline constexpr Refusal outside_window{
    "outside_window", 422,
    "The event is older, or further ahead, than the company accepts: see accepted_age and accepted_ahead."};
inline constexpr Refusal proof_required{"proof_required", 422, "Events of this type need a proof."};
inline constexpr Refusal too_soon{"too_soon", 429, "The last event of this type was too short a time ago."};
inline constexpr Refusal try_later{"try_later", 429, "Too many codes were tried that do not exist."};
inline constexpr Refusal rate_limited{"rate_limited", 429, "The user has submitted too much in too short a time."};
inline constexpr Refusal redeemed_too_often{"rate_limited", 429,
                                            "The user has redeemed too many coupons in too short a time."};
}  // namespace refusal

// When to come back, for the headers of an HTTP answer.
struct Retry {
    std::optional<std::int64_t> after_seconds;
    const char* limit = nullptr;  // the name of the limit that the rest is about, if it is one
    std::int64_t quota = 0;
    std::int64_t window_seconds = 0;
    std::int64_t remaining = 0;
};

// Refuses: under rewards.on_refusal = 'raise' an error PTnnn; otherwise the HTTP status and headers for
// PostgREST, if it is there, and back to the caller, who returns the outcome as a row. `detail` is JSON.
void refuse(const Refusal& refusal, const char* detail, const Retry& retry = {});

// Defines rewards.on_refusal.
void define_refusal_setting();

}  // namespace rewards::pg
