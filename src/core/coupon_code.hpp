// What does a coupon code look like, and how is a typed one understood?
//
//     S R EEEEEEEEEEEEE C      16 symbols: key slot, route, 65 bits, check
//     S R EEEEEEEEEEEEEEEEE C  20 symbols: key slot, route, 85 bits, check
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/coupon_symbol.hpp"
#include "core/result.hpp"

namespace rewards {

inline constexpr std::size_t standard_symbols = 16;
inline constexpr std::size_t long_symbols = most_symbols;

// One Crockford base32 symbol each: 0..31.
inline constexpr unsigned slot_count = 32;
inline constexpr unsigned route_count = 32;

using CouponCode = Symbols;
using FormattedCode = GroupedSymbols;

// As forgiving as read_symbols().
Result<CouponCode> parse_code(std::string_view typed) noexcept;

// Takes five bits of entropy for each symbol, most significant first.
Result<CouponCode> compose_code(unsigned slot, unsigned route, std::span<const std::uint8_t, 32> entropy,
                                std::size_t symbols) noexcept;

unsigned slot_of(const CouponCode& code) noexcept;
unsigned route_of(const CouponCode& code) noexcept;

FormattedCode format_code(const CouponCode& code) noexcept;

}  // namespace rewards
