#include "core/coupon_code.hpp"

namespace rewards {

namespace {

constexpr Error wrong_length{Fault::malformed, "coupon code must have 16 or 20 symbols"};

constexpr bool is_length(std::size_t symbols) noexcept {
    return symbols == standard_symbols || symbols == long_symbols;
}

}  // namespace

Result<CouponCode> parse_code(std::string_view typed) noexcept {
    CouponCode code{};
    switch (read_symbols(typed, code)) {
        case Typed::too_long: return Error{Fault::malformed, "coupon code is too long"};
        case Typed::invalid_character: return Error{Fault::malformed, "coupon code contains an invalid character"};
        case Typed::too_many_symbols: return wrong_length;
        case Typed::understood: break;
    }
    if (!is_length(code.length)) return wrong_length;
    if (!has_right_check(code)) return Error{Fault::malformed, "coupon code does not match its check symbol"};
    return code;
}

Result<CouponCode> compose_code(unsigned slot, unsigned route, std::span<const std::uint8_t, 32> entropy,
                                std::size_t symbols) noexcept {
    if (slot >= slot_count) return Error{Fault::out_of_range, "coupon key slot out of range"};
    if (route >= route_count) return Error{Fault::out_of_range, "coupon route out of range"};
    if (!is_length(symbols)) return Error{Fault::out_of_range, wrong_length.text};

    CouponCode code{};
    code.append(symbol_of(slot));
    code.append(symbol_of(route));
    for (std::size_t bit = 0; code.length < symbols - 1; bit += 5) {
        const unsigned window = unsigned{entropy[bit / 8]} << 8 | entropy[bit / 8 + 1];
        code.append(symbol_of(window >> (11 - bit % 8)));
    }
    append_check(code);
    return code;
}

unsigned slot_of(const CouponCode& code) noexcept { return bits_of(code.symbols[0]); }

unsigned route_of(const CouponCode& code) noexcept { return bits_of(code.symbols[1]); }

FormattedCode format_code(const CouponCode& code) noexcept { return group_symbols(code); }

}  // namespace rewards
