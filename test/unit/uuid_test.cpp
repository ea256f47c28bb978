#include "core/uuid.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex_to;

constexpr std::array<std::uint8_t, 8> zeros{};
constexpr std::array<std::uint8_t, 8> ones{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::uint64_t rfc_moment = 0x017f22e279b0 * std::uint64_t{1000};

// RFC 9562, appendix A.6; its 12 bits after the version are random there and a fraction here.
TEST(UuidV7, PutsTheMomentAndTheRandomBitsWhereTheRfcHasThem) {
    const auto random = unhex_to<std::array<std::uint8_t, 8>>("18c4dc0c0c07398f");
    EXPECT_EQ(hex(uuid_v7(rfc_moment, random)), "017f22e279b0700098c4dc0c0c07398f");
}

TEST(UuidV7, KeepsVersionAndVariantWhateverTheRandomBits) {
    EXPECT_EQ(hex(uuid_v7(rfc_moment, zeros)), "017f22e279b070008000000000000000");
    EXPECT_EQ(hex(uuid_v7(rfc_moment, ones)), "017f22e279b07000bfffffffffffffff");
}

TEST(UuidV7, CountsTheMillisecondIn4096Parts) {
    EXPECT_EQ(hex(uuid_v7(rfc_moment + 500, zeros)), "017f22e279b078008000000000000000");
    EXPECT_EQ(hex(uuid_v7(rfc_moment + 999, zeros)), "017f22e279b07ffb8000000000000000");
    EXPECT_EQ(hex(uuid_v7(rfc_moment + 1000, zeros)), "017f22e279b170008000000000000000");
}

TEST(UuidV7, GrowsWithEveryMicrosecond) {
    for (std::uint64_t moment = rfc_moment; moment < rfc_moment + 3000; ++moment)
        ASSERT_LT(uuid_v7(moment, ones), uuid_v7(moment + 1, zeros)) << moment;
}

TEST(UuidV7, HoldsTheFirstAndTheLastMoment) {
    constexpr std::uint64_t last_millisecond = (std::uint64_t{1} << 48) - 1;
    EXPECT_EQ(hex(uuid_v7(0, zeros)), "00000000000070008000000000000000");
    EXPECT_EQ(hex(uuid_v7(last_millisecond * 1000 + 999, ones)), "ffffffffffff7ffbbfffffffffffffff");
}

// RFC 9562, appendix A.4.
TEST(UuidV5, MakesTheIdThatTheRfcMakes) {
    const auto dns = unhex_to<Uuid>("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    const auto uuid = uuid_v5(dns, "www.example.com");
    ASSERT_TRUE(uuid.ok());
    EXPECT_EQ(uuid.value, unhex_to<Uuid>("2ed6657d-e927-568b-95e1-2665a8aea6a2"));
}

TEST(UuidV5, TakesAnyNameAndNameSpaceApart) {
    const Uuid one = unhex_to<Uuid>("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    const Uuid other = unhex_to<Uuid>("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    EXPECT_TRUE(uuid_v5(one, "").ok());
    EXPECT_NE(uuid_v5(one, "").value, uuid_v5(other, "").value);
    EXPECT_NE(uuid_v5(one, "a").value, uuid_v5(one, std::string_view("a\0", 2)).value);
}

TEST(AUuidInText, IsReadInEitherCaseAndInNoOtherForm) {
    const Uuid uuid = unhex_to<Uuid>("0190a3b2-5c6d-7e8f-9012-3456789abcde");
    EXPECT_EQ(parse_uuid("0190a3b2-5c6d-7e8f-9012-3456789abcde"), uuid);
    EXPECT_EQ(parse_uuid("0190A3B2-5C6D-7E8F-9012-3456789ABCDE"), uuid);
    for (const char* text : {"", "0190a3b25c6d7e8f90123456789abcde", "{0190a3b2-5c6d-7e8f-9012-3456789abcde}",
                             "0190a3b2-5c6d-7e8f-9012-3456789abcd", "0190a3b2-5c6d-7e8f-9012-3456789abcde0",
                             "0190a3b2-5c6d-7e8f-9012-3456789abcdg", "0190a3b2-5c6d-7e8f-90123-456789abcde",
                             "0190a3b2-5c6d-7e8f-9012 3456789abcde", "0190a3b2-5c6d-7e8f--012-3456789abcde",
                             "------------------------------------"})
        EXPECT_EQ(parse_uuid(text), std::nullopt) << text;
}

}  // namespace
}  // namespace rewards
