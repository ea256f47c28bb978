#include "core/digest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex;

using Key = std::unique_ptr<HmacKey, decltype([](HmacKey* key) { close_hmac_key(key); })>;

Key open(Bytes key) {
    const auto opened = open_hmac_key(key);
    EXPECT_TRUE(opened.ok()) << opened.error.text;
    return Key(opened.value);
}

std::string hmac_hex(HmacKey& key, Bytes message) {
    const auto mac = hmac_sha256(key, {message});
    EXPECT_TRUE(mac.ok()) << mac.error.text;
    return hex(mac.value);
}

TEST(Sha256, AgreesWithFips180) {
    EXPECT_EQ(hex(sha256({}).value), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(bytes_of("abc")).value), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).value),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

struct HmacVector {
    const char* name;
    std::vector<std::uint8_t> key;
    std::vector<std::uint8_t> message;
    std::string mac;
};

std::vector<std::uint8_t> ascii(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<HmacVector> rfc_4231() {
    const std::vector<std::uint8_t> long_key(131, 0xaa);
    return {
        {"case 1", std::vector<std::uint8_t>(20, 0x0b), ascii("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"case 2", ascii("Jefe"), ascii("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"case 3", std::vector<std::uint8_t>(20, 0xaa), std::vector<std::uint8_t>(50, 0xdd),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"case 4", unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::vector<std::uint8_t>(50, 0xcd),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {"case 6", long_key, ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {"case 7", long_key,
         ascii("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
               "be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
}

TEST(HmacSha256, AgreesWithRfc4231) {
    for (const HmacVector& vector : rfc_4231())
        EXPECT_EQ(hmac_hex(*open(vector.key), vector.message), vector.mac) << vector.name;
}

// RFC 4231, case 5, is published truncated.
TEST(HmacSha256, AgreesWithTheTruncatedCaseOfRfc4231) {
    const Key key = open(std::vector<std::uint8_t>(20, 0x0c));
    EXPECT_EQ(hmac_hex(*key, bytes_of("Test With Truncation")).substr(0, 32), "a3b6167473100ee06e0c796c2955552b");
}

TEST(HmacSha256, ForgetsTheMessageBefore) {
    const Key key = open(bytes_of("Jefe"));
    const std::string first = hmac_hex(*key, bytes_of("what do ya want for nothing?"));
    EXPECT_NE(hmac_hex(*key, bytes_of("something else")), first);
    EXPECT_EQ(hmac_hex(*key, bytes_of("what do ya want for nothing?")), first);
}

TEST(HmacSha256, TakesItsPartsAsOneMessage) {
    const Key key = open(bytes_of("Jefe"));
    const auto parts = hmac_sha256(*key, {bytes_of("what do ya "), {}, bytes_of("want for nothing?")});
    EXPECT_EQ(hex(parts.value), hmac_hex(*key, bytes_of("what do ya want for nothing?")));
}

TEST(HmacSha256, KeepsKeysApart) {
    const Key one = open(bytes_of("one"));
    const Key other = open(bytes_of("other"));
    const std::string before = hmac_hex(*one, bytes_of("message"));
    EXPECT_NE(hmac_hex(*other, bytes_of("message")), before);
    EXPECT_EQ(hmac_hex(*one, bytes_of("message")), before);
}

TEST(HmacSha256, AcceptsAnEmptyKeyAndAnEmptyMessage) {
    EXPECT_EQ(hmac_hex(*open({}), {}), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

struct HkdfVector {
    const char* name;
    std::string secret, salt, info, derived;
};

const HkdfVector rfc_5869[] = {
    {"case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"case 2",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536"
     "3738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f90919293949596"
     "9798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6"
     "e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09"
     "b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"case 3", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

TEST(HkdfSha256, AgreesWithRfc5869) {
    for (const HkdfVector& vector : rfc_5869) {
        std::vector<std::uint8_t> derived(vector.derived.size() / 2);
        const auto length = hkdf_sha256(unhex(vector.secret), unhex(vector.salt), unhex(vector.info), derived);
        ASSERT_TRUE(length.ok()) << vector.name;
        EXPECT_EQ(length.value, derived.size()) << vector.name;
        EXPECT_EQ(hex(derived), vector.derived) << vector.name;
    }
}

TEST(HkdfSha256, RefusesMoreThanTheRfcAllows) {
    std::vector<std::uint8_t> most(255 * 32);
    EXPECT_TRUE(hkdf_sha256(bytes_of("secret"), {}, {}, most).ok());
    std::vector<std::uint8_t> too_much(most.size() + 1);
    EXPECT_EQ(hkdf_sha256(bytes_of("secret"), {}, {}, too_much).error.fault, Fault::crypto);
}

TEST(BigEndian, PutsTheMostSignificantByteFirst) {
    EXPECT_EQ(hex(big_endian(std::uint32_t{0x01020304})), "01020304");
    EXPECT_EQ(hex(big_endian(std::uint64_t{0xfffefdfcfbfaf9f8})), "fffefdfcfbfaf9f8");
    EXPECT_EQ(hex(big_endian(std::uint64_t{1})), "0000000000000001");
}

}  // namespace
}  // namespace rewards
