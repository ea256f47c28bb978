// How do a coupon and its code find each other? The code is derived from a key and stored nowhere; the coupon's row has
// a keyed tag of it.
#pragma once

#include "core/coupon_key.hpp"
#include "pg/coupon.hpp"

namespace rewards::pg {

struct IssuedCode {
    CodeSpec spec;
    CouponCode code;
    Digest tag;
};

// A code for the coupon that no other coupon has, of this generation or, should there be a reason, one of the next.
IssuedCode issue_code(Table& coupons, const Uuid& company, const Uuid& coupon, std::size_t symbols,
                      std::uint32_t generation = 0);

// The code of the coupon in the found row, which only its holder and the issuing call may see. Nothing: its code was
// not made by us, or its key is retired.
std::optional<FormattedCode> code_of(const Table& coupons);

enum class CodeFound : std::uint8_t { malformed, unknown, found };

// Looks for the company's coupon with the code that somebody has typed. When it is found, it is the found row, locked.
// While there are coupons of a programme before us, whose codes may look like anything, nothing of a plausible length
// is malformed.
CodeFound lock_by_code(Table& coupons, const Uuid& company, std::string_view typed);

// The tag under which the company's coupon with this code is stored; where there is none, would be when it is issued.
Digest stored_tag(const Uuid& company, const CouponCode& code);

// Defines rewards.coupon_route.
void define_code_settings();

}  // namespace rewards::pg
