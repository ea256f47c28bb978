#include "core/coupon_ref.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "core/coupon_code.hpp"
#include "hex.hpp"

namespace rewards {
namespace {

using test::unhex_to;

const Uuid coupon = unhex_to<Uuid>("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

std::string text_of(const Uuid& id) {
    const auto ref = ref_of(id);
    EXPECT_TRUE(ref.ok()) << ref.error.text;
    return std::string(format_ref(ref.value).view());
}

Uuid random_id(std::mt19937& random) {
    Uuid id;
    for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random());
    return id;
}

// Computed without a line of this code, from 017f22e279b0 and the first 7 bits of the SHA-256 of the id.
TEST(AReference, IsWrittenInThreeGroupsOfFour) { EXPECT_EQ(text_of(coupon), "05ZJ-5RKS-P177"); }

TEST(AReference, IsReadTheSameAgainHoweverItIsTyped) {
    std::mt19937 random(1);
    for (int count = 0; count < 1000; ++count) {
        const Uuid id = random_id(random);
        const std::string text = text_of(id);
        EXPECT_EQ(text.size(), 14U);
        EXPECT_EQ(parse_ref(text).value, ref_of(id).value) << text;
        std::string typed = " " + text + " ";
        for (char& symbol : typed) symbol = symbol == '0' ? 'o' : symbol == '1' ? 'l' : symbol == '-' ? '.' : symbol;
        EXPECT_EQ(parse_ref(typed).value, ref_of(id).value) << typed;
    }
}

TEST(AReference, TellsSingleErrorsAndSwapsApart) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string text = text_of(coupon);
    std::erase(text, '-');
    for (std::size_t place = 0; place < text.size(); ++place) {
        for (const char symbol : alphabet) {
            std::string typo = text;
            typo[place] = symbol;
            EXPECT_EQ(parse_ref(typo).ok(), typo == text) << typo;
        }
        std::string swapped = text;
        std::swap(swapped[place], swapped[(place + 1) % text.size()]);
        EXPECT_EQ(parse_ref(swapped).ok(), swapped == text) << swapped;
    }
}

TEST(AReference, IsNoCodeAndNoCodeIsAReference) {
    EXPECT_FALSE(parse_code(text_of(coupon)).ok());
    std::mt19937 random(2);
    std::array<std::uint8_t, 32> entropy;
    for (std::uint8_t& byte : entropy) byte = static_cast<std::uint8_t>(random());
    for (const std::size_t symbols : {standard_symbols, long_symbols}) {
        const CouponCode code = compose_code(0, 0, entropy, symbols).value;
        EXPECT_FALSE(parse_ref(code.view()).ok());
        EXPECT_FALSE(parse_ref(format_code(code).view()).ok());
    }
}

TEST(AReference, SaysWhatIsWrongWithWhatWasTyped) {
    EXPECT_STREQ(parse_ref("").error.text, "coupon reference must have 12 symbols");
    EXPECT_STREQ(parse_ref("0000-0000-000").error.text, "coupon reference must have 12 symbols");
    EXPECT_STREQ(parse_ref(std::string(21, '0')).error.text, "coupon reference must have 12 symbols");
    EXPECT_STREQ(parse_ref(std::string(129, '0')).error.text, "coupon reference is too long");
    EXPECT_STREQ(parse_ref("0000-0000-00!0").error.text, "coupon reference contains an invalid character");
    EXPECT_STREQ(parse_ref("0000-0000-0001").error.text, "coupon reference does not match its check symbol");
    EXPECT_TRUE(parse_ref("0000-0000-0000").ok());
}

TEST(AReference, SaysBetweenWhichIdsItsCouponIs) {
    std::mt19937 random(3);
    for (int count = 0; count < 1000; ++count) {
        const Uuid id = random_id(random);
        const CouponRef ref = ref_of(id).value;
        EXPECT_LE(first_id_with(ref), id);
        const auto after = first_id_after(ref);
        EXPECT_TRUE(!after || id < *after);
    }
    EXPECT_EQ(first_id_with(ref_of(coupon).value), unhex_to<Uuid>("017f22e2-79b0-0000-0000-000000000000"));
    EXPECT_EQ(first_id_after(ref_of(coupon).value), unhex_to<Uuid>("017f22e2-79b1-0000-0000-000000000000"));
}

TEST(AReference, AlsoHoldsAtTheEndsOfTime) {
    Uuid last;
    last.fill(0xff);
    EXPECT_EQ(first_id_after(ref_of(last).value), std::nullopt);
    EXPECT_EQ(parse_ref(text_of(last)).value, ref_of(last).value);
    EXPECT_EQ(first_id_with(ref_of(Uuid{}).value), Uuid{});
}

TEST(References, OfOneMillisecondDifferNearlyAlways) {
    std::set<std::uint64_t> refs;
    Uuid id = coupon;
    for (unsigned count = 0; count < 128; ++count) {
        id[15] = static_cast<std::uint8_t>(count);
        refs.insert(ref_of(id).value.bits);
    }
    EXPECT_GT(refs.size(), 60U);
}

}  // namespace
}  // namespace rewards
