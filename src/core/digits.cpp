#include "core/digits.hpp"

#include <array>

namespace rewards {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> values_of_digits() noexcept {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t value = 0; value < digits.size(); ++value)
        values[static_cast<unsigned char>(digits[value])] = static_cast<std::uint8_t>(value);
    return values;
}
constexpr std::array<std::uint8_t, 256> values = values_of_digits();

}  // namespace

std::optional<unsigned> hex_value(char symbol) noexcept {
    if (symbol >= '0' && symbol <= '9') return symbol - '0';
    if (symbol >= 'a' && symbol <= 'f') return symbol - 'a' + 10;
    if (symbol >= 'A' && symbol <= 'F') return symbol - 'A' + 10;
    return std::nullopt;
}

std::optional<unsigned> base64url_value(char symbol) noexcept {
    const std::uint8_t value = values[static_cast<unsigned char>(symbol)];
    if (value == no_digit) return std::nullopt;
    return value;
}

std::size_t encode_base64url(Bytes bytes, std::span<char> text) noexcept {
    std::size_t next = 0;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (held += 8; held >= 6; held -= 6) text[next++] = digits[bits >> (held - 6) & 63];
    }
    if (held > 0) text[next++] = digits[bits << (6 - held) & 63];
    return next;
}

}  // namespace rewards
