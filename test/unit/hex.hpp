// How do tests read and show bytes?
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rewards::test {

inline std::uint8_t nibble(char digit) {
    const std::size_t value = std::string_view("0123456789abcdef").find(digit);
    if (value == std::string_view::npos) throw std::invalid_argument("not a hexadecimal digit");
    return static_cast<std::uint8_t>(value);
}

// Skips '-', so that UUIDs are read as well.
inline std::vector<std::uint8_t> unhex(std::string_view text) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), [](char digit) { return digit != '-'; });
    if (digits.size() % 2 != 0) throw std::invalid_argument("half a byte");
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(nibble(digits[i]) << 4 | nibble(digits[i + 1])));
    return bytes;
}

template <typename Array>
Array unhex_to(std::string_view text) {
    const std::vector<std::uint8_t> bytes = unhex(text);
    Array array;
    if (bytes.size() != array.size()) throw std::invalid_argument("wrong number of bytes");
    std::ranges::copy(bytes, array.begin());
    return array;
}

inline std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

}  // namespace rewards::test
