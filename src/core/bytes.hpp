// How do text and integers become the bytes that are hashed?
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rewards {

using Bytes = std::span<const std::uint8_t>;

inline Bytes bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <std::unsigned_integral Integer>
constexpr std::array<std::uint8_t, sizeof(Integer)> big_endian(Integer value) noexcept {
    std::array<std::uint8_t, sizeof(Integer)> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(value >> 8 * (bytes.size() - 1 - i));
    return bytes;
}

}  // namespace rewards
