#include "core/coupon_symbol.hpp"

#include <algorithm>

namespace rewards {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint8_t no_symbol = 0xff;

// Room for any code with a separator of three bytes around each symbol; longer input is not read.
constexpr std::size_t typed_size_max = 128;

consteval std::array<std::uint8_t, 256> make_symbol_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_symbol);
    const auto assign = [&values](char symbol, std::size_t value) {
        values[static_cast<unsigned char>(symbol)] = static_cast<std::uint8_t>(value);
        if (symbol >= 'A') values[static_cast<unsigned char>(symbol - 'A' + 'a')] = static_cast<std::uint8_t>(value);
    };
    for (std::size_t value = 0; value < alphabet.size(); ++value) assign(alphabet[value], value);
    assign('O', 0);
    assign('I', 1);
    assign('L', 1);
    return values;
}

constexpr std::array<std::uint8_t, 256> symbol_values = make_symbol_values();

constexpr std::uint8_t value_of(char symbol) noexcept { return symbol_values[static_cast<unsigned char>(symbol)]; }

// What keyboards, messengers and PDFs make of '-' and ' ', in UTF-8.
constexpr auto separators = std::to_array<std::string_view>({
    "-",      " ", "_", ".", "\t", "\r", "\n",
    "\u00A0",  // no-break space
    "\u00AD",  // soft hyphen
    "\u2002",  // en space
    "\u2003",  // em space
    "\u2009",  // thin space
    "\u200B",  // zero-width space
    "\u2010",  // hyphen
    "\u2011",  // no-break hyphen
    "\u2012",  // figure dash
    "\u2013",  // en dash
    "\u2014",  // em dash
    "\u2015",  // horizontal bar
    "\u202F",  // narrow no-break space
    "\u2060",  // word joiner
    "\u2212",  // minus sign
    "\u3000",  // ideographic space
    "\uFEFF",  // byte-order mark
});

std::size_t separator_width(std::string_view typed) noexcept {
    const auto found =
        std::ranges::find_if(separators, [typed](std::string_view separator) { return typed.starts_with(separator); });
    return found == separators.end() ? 0 : found->size();
}

// Multiplication by the generator a = x of GF(32) = GF(2)[x] / (x^5 + x^2 + 1).
constexpr unsigned times_a(unsigned element) noexcept { return element << 1 ^ (element & 0b10000 ? 0b100101 : 0); }

// The sum of a^(n-1-i) * symbol i, by Horner's rule, which is zero with the check. As a has order 31,
// all weights differ.
constexpr unsigned weighted_sum(std::string_view symbols) noexcept {
    unsigned sum = 0;
    for (const char symbol : symbols) sum = times_a(sum) ^ value_of(symbol);
    return sum;
}

}  // namespace

Typed read_symbols(std::string_view typed, Symbols& read) noexcept {
    if (typed.size() > typed_size_max) return Typed::too_long;
    read = {};
    while (!typed.empty()) {
        const std::uint8_t value = value_of(typed.front());
        const std::size_t width = value == no_symbol ? separator_width(typed) : 1;
        if (width == 0) return Typed::invalid_character;
        typed.remove_prefix(width);
        if (value == no_symbol) continue;
        if (read.length == most_symbols) return Typed::too_many_symbols;
        read.append(alphabet[value]);
    }
    return Typed::understood;
}

GroupedSymbols group_symbols(const Symbols& symbols) noexcept {
    GroupedSymbols grouped{};
    for (std::size_t i = 0; i < symbols.length; ++i) {
        if (i > 0 && i % 4 == 0) grouped.text[grouped.length++] = '-';
        grouped.text[grouped.length++] = symbols.symbols[i];
    }
    return grouped;
}

char symbol_of(unsigned five_bits) noexcept { return alphabet[five_bits & 31]; }

unsigned bits_of(char symbol) noexcept { return value_of(symbol); }

void append_check(Symbols& symbols) noexcept { symbols.append(alphabet[times_a(weighted_sum(symbols.view()))]); }

bool has_right_check(const Symbols& symbols) noexcept { return weighted_sum(symbols.view()) == 0; }

}  // namespace rewards
