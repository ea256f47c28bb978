// How are the symbols of codes and references read and written? Crockford's base32, in groups of
// four, the last a check.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rewards {

inline constexpr std::size_t most_symbols = 20;

// Normalised: upper-case Crockford symbols without separators.
struct Symbols {
    std::array<char, most_symbols> symbols;
    std::uint8_t length;

    constexpr std::string_view view() const noexcept { return {symbols.data(), length}; }
    constexpr void append(char symbol) noexcept { symbols[length++] = symbol; }
};

// With '-' between groups of four, and terminated by a zero byte.
struct GroupedSymbols {
    std::array<char, most_symbols / 4 * 5> text;
    std::uint8_t length;

    constexpr std::string_view view() const noexcept { return {text.data(), length}; }
};

enum class Typed : std::uint8_t { understood, too_long, too_many_symbols, invalid_character };

// Forgives case, the separators that people and phones put in, and O, I, L for 0, 1, 1.
Typed read_symbols(std::string_view typed, Symbols& read) noexcept;

GroupedSymbols group_symbols(const Symbols& symbols) noexcept;

char symbol_of(unsigned five_bits) noexcept;
unsigned bits_of(char symbol) noexcept;

// No single wrong symbol and no swap of two symbols leaves the check right.
void append_check(Symbols& symbols) noexcept;
bool has_right_check(const Symbols& symbols) noexcept;

}  // namespace rewards
