#include "core/attestation.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "hex.hpp"

namespace rewards {
namespace {

using namespace std::string_view_literals;

AttestedRequest purchase() {
    return {test::unhex_to<Uuid>("0c0ffee0-1234-4abc-8def-0123456789ab"),
            test::unhex_to<Uuid>("ffeeddcc-bbaa-4988-b766-554433221100"), "purchase", 1767225600123, "n-1"};
}

Digest hash_of(const AttestedRequest& request) {
    const auto hash = request_hash(request);
    EXPECT_TRUE(hash.ok()) << hash.error.text;
    return hash.value;
}

Digest sha256_of(std::string_view text) { return sha256(bytes_of(text)).value; }

// What the documentation tells the makers of apps.
TEST(RequestHash, IsTheDigestOfSixLines) {
    EXPECT_EQ(hash_of(purchase()), sha256_of("pg_rewards event v1\n0c0ffee0-1234-4abc-8def-0123456789ab\n"
                                             "ffeeddcc-bbaa-4988-b766-554433221100\npurchase\n1767225600123\nn-1"));
    // printf '...' | sha256sum
    EXPECT_EQ(test::hex(hash_of(purchase())), "cbfb2e9029736debd308ff16ca423a5a73acf3e2c78a55250f6733e4a01b1067");
}

TEST(RequestHash, WritesAnyTime) {
    const std::string before =
        "pg_rewards event v1\n0c0ffee0-1234-4abc-8def-0123456789ab\nffeeddcc-bbaa-4988-b766-554433221100\npurchase\n";
    AttestedRequest request = purchase();
    for (const std::int64_t time :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10}, std::numeric_limits<std::int64_t>::min(),
          std::numeric_limits<std::int64_t>::max()}) {
        request.event_milliseconds = time;
        EXPECT_EQ(hash_of(request), sha256_of(before + std::to_string(time) + "\nn-1")) << time;
    }
}

TEST(RequestHash, ChangesWithEveryPart) {
    std::set<Digest> hashes = {hash_of(purchase())};
    AttestedRequest request = purchase();
    request.company[15] ^= 1;
    hashes.insert(hash_of(request));
    request = purchase();
    request.user[0] ^= 0x80;
    hashes.insert(hash_of(request));
    request = purchase();
    std::swap(request.user, request.company);
    hashes.insert(hash_of(request));
    request = purchase();
    request.event_type = "Purchase";
    hashes.insert(hash_of(request));
    request = purchase();
    request.event_milliseconds += 1;
    hashes.insert(hash_of(request));
    request = purchase();
    request.nonce = "n-1\n";
    hashes.insert(hash_of(request));
    EXPECT_EQ(hashes.size(), 7U);
}

// Only the last line may go on: otherwise a type with line breaks could pass for other lines.
TEST(RequestHash, RefusesATypeThatCouldPassForOtherLines) {
    AttestedRequest request = purchase();
    request.event_type = "purchase\n1767225600123\nn-1";
    EXPECT_EQ(request_hash(request).error.fault, Fault::malformed);
    request.event_type = "purchase";
    request.nonce = "n-1\n1767225600123\nn-1";
    EXPECT_EQ(hash_of(request), sha256_of("pg_rewards event v1\n0c0ffee0-1234-4abc-8def-0123456789ab\n"
                                          "ffeeddcc-bbaa-4988-b766-554433221100\npurchase\n1767225600123\nn-1\n"
                                          "1767225600123\nn-1"));
}

// The digest of "abc", as coreutils and Python write it.
const Digest abc = test::unhex_to<Digest>("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
constexpr std::string_view abc_url = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

TEST(DigestText, IsBase64urlWithoutPadding) {
    const DigestText text = text_of(abc);
    EXPECT_EQ(std::string_view(text.data(), text.size()), abc_url);
}

TEST(DigestText, IsReadAsVerifiersWriteIt) {
    for (const std::string_view text :
         {abc_url, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0="sv, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="sv,
          "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0"sv,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"sv,
          "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"sv})
        EXPECT_EQ(digest_from_text(text), abc) << text;
}

TEST(DigestText, IsNothingElse) {
    for (const std::string_view text :
         {""sv, "="sv, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa"sv,
          "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=="sv, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0A"sv,
          "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1"sv, " ngWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"sv,
          "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa\0"sv,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"sv,
          "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"sv,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad="sv})
        EXPECT_EQ(digest_from_text(text), std::nullopt) << text;
}

TEST(DigestText, ComesBackForEveryDigest) {
    Digest digest = abc;
    for (int round = 0; round < 1000; ++round) {
        digest = sha256(digest).value;
        const DigestText text = text_of(digest);
        EXPECT_EQ(digest_from_text({text.data(), text.size()}), digest);
        EXPECT_EQ(digest_from_text(test::hex(digest)), digest);
    }
}

TEST(AttestationLevel, OfALabelIsWhatGoogleSaysItMeans) {
    EXPECT_EQ(level_of_label("MEETS_STRONG_INTEGRITY"), AttestationLevel::strong);
    EXPECT_EQ(level_of_label("MEETS_DEVICE_INTEGRITY"), AttestationLevel::device);
    EXPECT_EQ(level_of_label("MEETS_BASIC_INTEGRITY"), AttestationLevel::basic);
    EXPECT_EQ(level_of_label("MEETS_VIRTUAL_INTEGRITY"), AttestationLevel::basic);
    for (const std::string_view label : {"", "meets_strong_integrity", "MEETS_STRONG_INTEGRITY ", "FAILS"})
        EXPECT_EQ(level_of_label(label), AttestationLevel::none) << label;
}

TEST(AttestationLevel, HasAWordAndAStoredNumber) {
    const std::string_view words[] = {"none", "invalid", "basic", "device", "strong"};
    for (std::uint8_t level = 0; level < 5; ++level)
        EXPECT_EQ(text_of(static_cast<AttestationLevel>(level)), words[level]);
}

TEST(Count, IsDigitsOnly) {
    EXPECT_EQ(parse_count("0"), 0);
    EXPECT_EQ(parse_count("007"), 7);
    EXPECT_EQ(parse_count("4294967295"), 4294967295);
    EXPECT_EQ(parse_count("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    for (const std::string_view text :
         {"", "-1", "-0", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808", "NaN"})
        EXPECT_EQ(parse_count(text), std::nullopt) << text;
}

TEST(Verdict, IsTimelyForTenMinutesBothWays) {
    constexpr std::int64_t now = 1767225600000;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    EXPECT_TRUE(is_timely(now, now));
    EXPECT_TRUE(is_timely(now - 600000, now));
    EXPECT_FALSE(is_timely(now - 600001, now));
    EXPECT_TRUE(is_timely(now + 600000, now));
    EXPECT_FALSE(is_timely(now + 600001, now));
    EXPECT_FALSE(is_timely(most, now));
    EXPECT_FALSE(is_timely(0, now));
    EXPECT_FALSE(is_timely(most, least));
    EXPECT_FALSE(is_timely(least, most));
}

}  // namespace
}  // namespace rewards
