// What does a coupon code look like, and how is a typed one understood?
//
//     S R EEEEEEEEEEEEE C      16 symbols: key slot, route, 65 bits, check
//     S R EEEEEEEEEEEEEEEEE C  20 symbols: key slot, route, 85 bits, check
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace rewards {

inline constexpr std::size_t standard_symbols = 16;
inline constexpr std::size_t long_symbols = 20;

// One Crockford base32 symbol each: 0..31.
inline constexpr unsigned slot_count = 32;
inline constexpr unsigned route_count = 32;

// Normalised: upper-case Crockford symbols without separators.
struct CouponCode {
    std::array<char, long_symbols> symbols;
    std::uint8_t length;

    constexpr std::string_view view() const noexcept { return {symbols.data(), length}; }
};

// In groups of four with '-' between them, and terminated by a zero byte.
struct FormattedCode {
    std::array<char, 25> text;
    std::uint8_t length;

    constexpr std::string_view view() const noexcept { return {text.data(), length}; }
};

// Forgives case, the separators that people and phones put in, and O, I, L for 0, 1, 1.
Result<CouponCode> parse_code(std::string_view typed) noexcept;

// Takes five bits of entropy for each symbol, most significant first.
Result<CouponCode> compose_code(unsigned slot, unsigned route, std::span<const std::uint8_t, 32> entropy,
                                std::size_t symbols) noexcept;

unsigned slot_of(const CouponCode& code) noexcept;
unsigned route_of(const CouponCode& code) noexcept;

FormattedCode format_code(const CouponCode& code) noexcept;

}  // namespace rewards
