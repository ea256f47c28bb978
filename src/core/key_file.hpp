// Where do the keys come from? From a text file with blank lines, comments that start with '#', and
//
//     slot N <64 hexadecimal digits>          a master key of ours
//     legacy N <2 to 256 hexadecimal digits>  the secret of a programme that issued codes before us
//
// with N from 0 to 31, each once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/bytes.hpp"
#include "core/coupon_code.hpp"
#include "core/result.hpp"

namespace rewards {

using Master = std::array<std::uint8_t, 32>;

enum class KeyKind : std::uint8_t { none, derived, legacy };

struct FileKey {
    KeyKind kind;
    std::uint8_t size;
    std::array<std::uint8_t, 128> secret;

    constexpr Bytes bytes() const noexcept { return Bytes(secret).first(size); }
};

struct KeyFile {
    std::array<FileKey, slot_count> keys;
    unsigned newest_slot;  // the last one of ours in the file
};

// Whatever it returns, `file` may hold secrets afterwards: wipe it.
Error read_key_file(std::string_view text, KeyFile& file) noexcept;

// Writes the line of a key, with its end, and returns its length.
inline constexpr std::size_t key_line_size_max = 80;
std::size_t format_key_line(unsigned slot, const Master& master, std::span<char, key_line_size_max> line) noexcept;

// Writes the file for a first key, in slot 0, and returns its length.
inline constexpr std::size_t key_file_size_max = 1536;
std::size_t format_key_file(const Master& master, std::span<char, key_file_size_max> text) noexcept;

}  // namespace rewards
