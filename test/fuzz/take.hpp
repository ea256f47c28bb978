// How does a fuzz target make values of its input? It takes what there is, and zeros after it.
#pragma once

#include "core/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace rewards {

template <std::size_t size>
std::array<std::uint8_t, size> take(Bytes& input) {
    std::array<std::uint8_t, size> bytes{};
    const std::size_t taken = std::min(size, input.size());
    std::copy_n(input.begin(), taken, bytes.begin());
    input = input.subspan(taken);
    return bytes;
}

inline std::uint64_t take_number(Bytes& input) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : take<8>(input)) number = number << 8 | byte;
    return number;
}

}  // namespace rewards
