// How do bytes become digits of a text, and digits bytes again?
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/bytes.hpp"

namespace rewards {

// In either case.
std::optional<unsigned> hex_value(char symbol) noexcept;

std::optional<unsigned> base64url_value(char symbol) noexcept;

// Without padding.
constexpr std::size_t base64url_size(std::size_t bytes) noexcept { return (bytes * 4 + 2) / 3; }

// Returns the length; `text` has to have room for it.
std::size_t encode_base64url(Bytes bytes, std::span<char> text) noexcept;

// Reads digits of `width` bits each and returns how many bytes they are. Nothing: a digit that is none, more than
// there is room for, a digit too many, or a rest of bits that is not zero.
template <typename ValueOf>
std::optional<std::size_t> decode_digits(std::string_view text, unsigned width, ValueOf value_of,
                                         std::span<std::uint8_t> bytes) noexcept {
    std::size_t next = 0;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char symbol : text) {
        const std::optional<unsigned> value = value_of(symbol);
        if (!value) return std::nullopt;
        bits = bits << width | *value;
        held += width;
        if (held < 8) continue;
        if (next == bytes.size()) return std::nullopt;
        held -= 8;
        bytes[next++] = static_cast<std::uint8_t>(bits >> held);
        bits &= (1U << held) - 1;
    }
    if (held >= width || bits != 0) return std::nullopt;
    return next;
}

}  // namespace rewards
