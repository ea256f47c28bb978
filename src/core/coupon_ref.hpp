// How is a coupon named in a support call, where nobody should have to read out its code? By a reference that claims
// nothing: 12 symbols, of which 11 are the first 48 bits of the coupon's id and 7 of the id's SHA-256, and one a check.
//
// The first bits of an id are its millisecond, by which the coupon is found in the index of ids; the others tell
// coupons of one millisecond apart, nearly always. A code has 16 or 20 symbols, so neither is ever read as the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/coupon_symbol.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

struct CouponRef {
    std::uint64_t bits;  // 55

    friend constexpr bool operator==(const CouponRef&, const CouponRef&) noexcept = default;
};

Result<CouponRef> ref_of(const Uuid& coupon) noexcept;

// As forgiving as read_symbols().
Result<CouponRef> parse_ref(std::string_view typed) noexcept;

GroupedSymbols format_ref(const CouponRef& ref) noexcept;

// The least id that can have this reference, and the least that cannot any more; nothing: there is none.
Uuid first_id_with(const CouponRef& ref) noexcept;
std::optional<Uuid> first_id_after(const CouponRef& ref) noexcept;

}  // namespace rewards
