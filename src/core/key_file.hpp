// Where do the keys come from? From a text file with lines `slot N <64 hexadecimal digits>`,
// N from 0 to 31, blank lines, and comments that start with '#'.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/coupon_code.hpp"
#include "core/result.hpp"

namespace rewards {

using Master = std::array<std::uint8_t, 32>;

struct KeyFile {
    std::array<Master, slot_count> masters;
    std::bitset<slot_count> present;
    unsigned newest_slot;  // the last one in the file
};

// Whatever it returns, `file` may hold masters afterwards: wipe it.
Error read_key_file(std::string_view text, KeyFile& file) noexcept;

// Writes the file for a first key, in slot 0, and returns its length.
inline constexpr std::size_t key_file_size_max = 1024;
std::size_t format_key_file(const Master& master, std::span<char, key_file_size_max> text) noexcept;

}  // namespace rewards
