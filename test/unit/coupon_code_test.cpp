#include "core/coupon_code.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace rewards {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t lengths[] = {standard_symbols, long_symbols};

using Entropy = std::array<std::uint8_t, 32>;

CouponCode compose(unsigned slot, unsigned route, const Entropy& entropy, std::size_t symbols) {
    const auto code = compose_code(slot, route, entropy, symbols);
    EXPECT_TRUE(code.ok()) << code.error.text;
    return code.value;
}

// The same codes in every run.
std::vector<CouponCode> sample(std::size_t symbols, unsigned count = 50) {
    std::mt19937 random(20240229);
    std::vector<CouponCode> codes;
    for (unsigned i = 0; i < count; ++i) {
        Entropy entropy;
        for (auto& byte : entropy) byte = static_cast<std::uint8_t>(random());
        codes.push_back(compose(random() % slot_count, random() % route_count, entropy, symbols));
    }
    return codes;
}

std::string parsed(std::string_view typed) {
    const auto code = parse_code(typed);
    return code.ok() ? std::string(code.value.view()) : code.error.text;
}

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

const std::string wrong_length = "coupon code must have 16 or 20 symbols";
const std::string invalid_character = "coupon code contains an invalid character";
const std::string wrong_check = "coupon code does not match its check symbol";

TEST(ComposingACode, PutsSlotAndRouteFirstAndTheEntropyBehind) {
    Entropy entropy{};
    entropy[0] = 0b00001'000;
    entropy[1] = 0b10'00011'0;
    entropy[8] = 0b10000000;  // bit 64, the last one of a standard code
    EXPECT_EQ(compose(5, 31, entropy, standard_symbols).view().substr(0, 15), "5Z1230000000001");
    EXPECT_EQ(compose(5, 31, entropy, long_symbols).view().substr(0, 15), "5Z1230000000001");
}

TEST(ComposingACode, UsesSixtyFiveOrEightyFiveBitsAndNoMore) {
    for (const std::size_t symbols : lengths) {
        const std::size_t used = (symbols - 3) * 5;
        const std::string reference(compose(1, 2, Entropy{}, symbols).view());
        for (std::size_t bit = 0; bit < 256; ++bit) {
            Entropy entropy{};
            entropy[bit / 8] = static_cast<std::uint8_t>(0x80 >> bit % 8);
            EXPECT_EQ(compose(1, 2, entropy, symbols).view() == reference, bit >= used) << bit;
        }
    }
}

TEST(ComposingACode, KeepsSlotAndRouteReadable) {
    for (unsigned slot = 0; slot < slot_count; ++slot)
        for (unsigned route = 0; route < route_count; ++route) {
            const CouponCode code = compose(slot, route, Entropy{}, standard_symbols);
            EXPECT_EQ(slot_of(code), slot);
            EXPECT_EQ(route_of(code), route);
        }
}

TEST(ComposingACode, RefusesWhatACodeCannotHold) {
    EXPECT_EQ(compose_code(32, 0, Entropy{}, standard_symbols).error.fault, Fault::out_of_range);
    EXPECT_EQ(compose_code(0, 32, Entropy{}, standard_symbols).error.fault, Fault::out_of_range);
    for (const std::size_t symbols : {0U, 1U, 15U, 17U, 19U, 21U})
        EXPECT_EQ(compose_code(0, 0, Entropy{}, symbols).error.fault, Fault::out_of_range) << symbols;
}

TEST(ParsingACode, ReturnsWhatWasComposed) {
    for (const std::size_t symbols : lengths)
        for (const CouponCode& code : sample(symbols)) {
            EXPECT_EQ(parsed(code.view()), code.view());
            EXPECT_EQ(parsed(format_code(code).view()), code.view());
        }
}

TEST(ParsingACode, ForgivesLowerCase) {
    for (const std::size_t symbols : lengths)
        for (const CouponCode& code : sample(symbols)) EXPECT_EQ(parsed(lower(std::string(code.view()))), code.view());
}

TEST(ParsingACode, ReadsLookAlikesAsTheDigitsTheyResemble) {
    const std::string zeros(16, '0');
    EXPECT_EQ(parsed(zeros), zeros);
    EXPECT_EQ(parsed("OoOoOoOoOoOoOoOo"), zeros);
    const CouponCode code = compose(1, 1, Entropy{}, standard_symbols);
    for (const char one : {'1', 'I', 'i', 'L', 'l'}) {
        std::string typed(code.view());
        typed[0] = typed[1] = one;
        EXPECT_EQ(parsed(typed), code.view()) << one;
    }
}

TEST(ParsingACode, ForgivesTheSeparatorsThatPeopleAndPhonesPutIn) {
    for (const std::string separator :
         {"-",      " ",      "_",      ".",      "\t",     "\n",     "\r\n",   "--",     " - ",
          "\u00A0", "\u00AD", "\u2002", "\u2003", "\u2009", "\u200B", "\u2010", "\u2011", "\u2012",
          "\u2013", "\u2014", "\u2015", "\u202F", "\u2060", "\u2212", "\u3000", "\uFEFF"}) {
        const CouponCode code = sample(long_symbols, 1).front();
        const std::string symbols(code.view());
        std::string typed = separator;
        for (std::size_t i = 0; i < symbols.size(); i += 4) typed += symbols.substr(i, 4) + separator;
        EXPECT_EQ(parsed(typed), symbols) << typed;
    }
}

TEST(ParsingACode, RefusesForeignCharacters) {
    const CouponCode code = sample(standard_symbols, 1).front();
    for (int byte = 0; byte < 256; ++byte) {
        std::string typed(code.view());
        typed[7] = static_cast<char>(byte);
        const bool symbol = (alphabet.find(static_cast<char>(std::toupper(byte))) != std::string_view::npos ||
                             std::string_view("OoIiLl").find(static_cast<char>(byte)) != std::string_view::npos);
        const bool separator = std::string_view("- _.\t\r\n").find(static_cast<char>(byte)) != std::string_view::npos;
        EXPECT_EQ(parsed(typed) == invalid_character, !symbol && !separator) << byte;
    }
}

TEST(ParsingACode, HasNoSymbolU) {
    EXPECT_EQ(parsed("000000000000000U"), invalid_character);
    EXPECT_EQ(parsed("u000000000000000"), invalid_character);
}

TEST(ParsingACode, RefusesAnUnfinishedSeparator) {
    EXPECT_EQ(parsed("0000000000000000\xE2\x80"), invalid_character);
    EXPECT_EQ(parsed("0000000000000000\xC2"), invalid_character);
}

TEST(ParsingACode, RefusesEveryOtherLength) {
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::string zeros(length, '0');
        const bool accepted = length == standard_symbols || length == long_symbols;
        EXPECT_EQ(parsed(zeros), accepted ? zeros : wrong_length) << length;
    }
}

TEST(ParsingACode, DoesNotReadOnAndOn) {
    const std::string code(16, '0');
    EXPECT_EQ(parsed(code + std::string(112, ' ')), code);
    EXPECT_EQ(parsed(code + std::string(113, ' ')), "coupon code is too long");
    EXPECT_EQ(parsed(std::string(100'000'000, ' ')), "coupon code is too long");
}

TEST(TheCheckSymbol, FindsEverySingleWrongSymbol) {
    for (const std::size_t symbols : lengths)
        for (const CouponCode& code : sample(symbols))
            for (std::size_t i = 0; i < symbols; ++i)
                for (const char wrong : alphabet) {
                    if (wrong == code.symbols[i]) continue;
                    std::string typed(code.view());
                    typed[i] = wrong;
                    ASSERT_EQ(parsed(typed), wrong_check) << typed << " for " << code.view();
                }
}

TEST(TheCheckSymbol, FindsEverySwapOfTwoSymbolsNeighboursOrNot) {
    for (const std::size_t symbols : lengths)
        for (const CouponCode& code : sample(symbols))
            for (std::size_t i = 0; i < symbols; ++i)
                for (std::size_t j = i + 1; j < symbols; ++j) {
                    if (code.symbols[i] == code.symbols[j]) continue;
                    std::string typed(code.view());
                    std::swap(typed[i], typed[j]);
                    ASSERT_EQ(parsed(typed), wrong_check) << typed << " for " << code.view();
                }
}

// The definition, term by term: the sum of a^(n-1-i) * s(i) is zero in GF(32).
TEST(TheCheckSymbol, MakesTheWeightedSumZero) {
    const auto times = [](unsigned left, unsigned right) {
        unsigned product = 0;
        for (unsigned bit = 0; bit < 5; ++bit)
            if (right >> bit & 1) product ^= left << bit;
        for (unsigned bit = 9; bit >= 5; --bit)
            if (product >> bit & 1) product ^= 0b100101U << (bit - 5);
        return product;
    };
    for (const std::size_t symbols : lengths)
        for (const CouponCode& code : sample(symbols)) {
            unsigned sum = 0;
            for (std::size_t i = 0; i < symbols; ++i) {
                unsigned weight = 1;
                for (std::size_t power = 0; power < symbols - 1 - i; ++power) weight = times(weight, 2);
                sum ^= times(weight, static_cast<unsigned>(alphabet.find(code.symbols[i])));
            }
            EXPECT_EQ(sum, 0U) << code.view();
        }
}

TEST(FormattingACode, SeparatesGroupsOfFour) {
    EXPECT_EQ(format_code(compose(0, 0, Entropy{}, standard_symbols)).view(), "0000-0000-0000-0000");
    EXPECT_EQ(format_code(compose(0, 0, Entropy{}, long_symbols)).view(), "0000-0000-0000-0000-0000");
    EXPECT_EQ(format_code(parse_code("00yn1xpeqvxywr2c").value).view(), "00YN-1XPE-QVXY-WR2C");
}

TEST(FormattingACode, EndsWithAZeroByteForCallersThatWantOne) {
    for (const std::size_t symbols : lengths) {
        const FormattedCode formatted = format_code(compose(0, 0, Entropy{}, symbols));
        EXPECT_EQ(std::string(formatted.text.data()), formatted.view());
    }
}

}  // namespace
}  // namespace rewards
