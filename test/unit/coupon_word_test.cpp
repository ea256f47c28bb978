#include "core/coupon_word.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/coupon_key.hpp"
#include "ring.hpp"
#include "vectors.hpp"

namespace rewards {
namespace {

using test::line;
using test::one_key;
using test::open;
using test::Ring;

constexpr std::string_view clean_code = "00X9Y2QRK7MNH3TB";

CodeSpec spec_of(unsigned number, std::size_t symbols = standard_symbols) {
    CodeSpec spec{0, 0, symbols, 0, {}};
    for (std::size_t byte = 0; byte < 4; ++byte) spec.coupon_id[byte] = static_cast<std::uint8_t>(number >> 8 * byte);
    return spec;
}

TEST(ABlockedWord, IsFoundWhereverItStands) {
    ASSERT_FALSE(has_blocked_word(clean_code));
    for (std::size_t place = 0; place + 4 <= clean_code.size(); ++place) {
        std::string code(clean_code);
        code.replace(place, 4, "TWAT");
        EXPECT_TRUE(has_blocked_word(code)) << code;
    }
}

// Codes have no I, L, O and U: a word with them is written with the symbols that people read for them.
TEST(ABlockedWord, IsFoundInTheSymbolsThatAreReadForIt) {
    for (const char* word : {"SH1T", "5H17", "5H1T",  "D1CK", "P0RN",  "P0P0RN", "FVCK",  "CVNT", "A55",
                             "4SS",  "S1VT", "N1GG",  "N166", "N196",  "B1TCH",  "817CH", "W4NK", "R4P3",
                             "M3RD", "F1CK", "F072E", "PV74", "KVRVA", "H1713R", "1488"})
        EXPECT_TRUE(has_blocked_word(std::string("00XY") + word + "QRK7")) << word;
}

TEST(ABlockedWord, IsNotWhatOnlyHasItsLettersOrBeginsLikeOne) {
    for (const char* code : {"TWXAT", "TAWT", "SHXT", "SHAT", "D0CK", "T", "", "KK", "666", "0000000000000000"})
        EXPECT_FALSE(has_blocked_word(code)) << code;
}

TEST(PublishedCodes, HaveNoBlockedWord) {
    for (const auto& vector : test::vectors("code"))
        EXPECT_FALSE(has_blocked_word(parse_code(vector.expected).value.view())) << vector.line;
}

TEST(ANewCode, IsTheFirstGenerationWithoutABlockedWord) {
    const Ring ring = open(line(0, one_key));
    unsigned blocked = 0;
    constexpr unsigned codes = 20'000;
    for (unsigned number = 0; number < codes; ++number) {
        const CodeSpec wanted = spec_of(number, number % 2 ? standard_symbols : long_symbols);
        CodeSpec spec = wanted;
        const auto code = derive_new_code(*ring, spec);
        ASSERT_TRUE(code.ok());
        EXPECT_FALSE(has_blocked_word(code.value.view())) << number;
        EXPECT_EQ(code.value.view(), derive_code(*ring, spec).value.view()) << number;
        for (CodeSpec before = wanted; before.generation < spec.generation; ++before.generation)
            EXPECT_TRUE(has_blocked_word(derive_code(*ring, before).value.view())) << number;
        blocked += spec.generation != wanted.generation;
    }
    EXPECT_GT(blocked, 0U);
    EXPECT_LT(blocked, codes / 20);
}

TEST(ANewCode, NeedsTheKeyOfItsSlot) {
    const Ring ring = open(line(4, one_key));
    CodeSpec spec = spec_of(1);
    EXPECT_EQ(derive_new_code(*ring, spec).error.fault, Fault::key_unusable);
    EXPECT_EQ(spec.generation, 0U);
}

}  // namespace
}  // namespace rewards
