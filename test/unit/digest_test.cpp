#include "core/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

// Keys around the block of 64 bytes, where a long key is hashed and a short one padded, and messages around blocks.
// Computed by Python's hmac.
struct LengthVector {
    std::size_t key;
    std::size_t message;
    const char* mac;
};

const LengthVector lengths[] = {
    {0, 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    {0, 64, "e99320f46fe075fa41ea834a6fa8b95720e03facbea652477fb4d6a47d001d4f"},
    {1, 0, "2f8738164025afdddbc18665c6e8f37de9498db7fd194873c61ee30c22192a9a"},
    {1, 64, "14274b44893419239f0cd9aa4110276963e109e02c3e2919cd5eb553a25013a0"},
    {31, 0, "e31297f3bfcd4cac59def250a61e0bf86838388e381940192b683887fd4e6bad"},
    {31, 64, "199beb363f0d6225141013aaedd1db4c0aa010b2f41e0867ffeee30f8d8a1f4b"},
    {32, 0, "462476a897ddfdbd40d1420e08a5bcfeeb25c3e2ade6a0a9083b327b9ef9fca1"},
    {32, 64, "ced4fc629d058c89bbbf611223421a2e4a5b86dc05b5739a4f5bb0d999f18ce7"},
    {33, 0, "010dc14a213f41d39a620827abf374abc3542425c2d7bdb492aba4515c88314b"},
    {33, 64, "051a91f3bb13ed360b7c50c9dbe271ab76995791ac867f0ad664efbf481490f7"},
    {63, 0, "6d3f298be7bae388fd14e89cc2343c2aecb21cc32528bbc5fb7b088330411e99"},
    {63, 64, "c75bc1c4041db4c5e2d5f7bdaed5603d73d07ea97fef08d13e9226e7e3aa2a46"},
    {64, 0, "a8bcfb5fbebd6dffec2993621ec46e39b5afa98d5ad06eb65063a2e7e207ba1a"},
    {64, 1, "5db0cf0388e409a1cd4101b568db77486d1424e5f4a9cc55b21517ce79ec5fa0"},
    {64, 55, "11a01947d9c6c9a325d3670e7ae0489cb03edb733491d1fe8107373a0cba9165"},
    {64, 56, "ed3e8a5e07b708491f5596eda00f8a17804191939ff248be82ff5f64192c9892"},
    {64, 63, "d0017c5e505360230af26ca064d422daec56f680bcb2239bca47b80471c6bf28"},
    {64, 64, "b7eb28abe55c1a57fe36e566c9431d9d4ff961193f4a7d50ce8c693d80cdeca2"},
    {64, 65, "47d625d0d80e9125754b2af5c2990ac5d62d3411f98ccf3933365af0eaa776c6"},
    {64, 119, "4c61d3c35cd60bec032ff2ddc0377e87a364050817db4d160fbdc0fb2b8351d8"},
    {64, 128, "4690049c6eb840355e88f07efe5f83193e1e7652a69ff05255835865d5b42d7b"},
    {65, 0, "ebd84bceb8262de51405765765f6bc9d4dbe4cf6c6b940160b902b42c89bb118"},
    {65, 1, "7d70a308d4975ce7476a3faadd24bb61c0dfb4a6b4a133280d4acb2d3025839d"},
    {65, 55, "0123ffcbe298bb51acfed647ae9ac2a7c364a5e64db6d874df1c1d161eae4aed"},
    {65, 56, "897439170fa90ab73d9f915ccc1114aae06287532fdd98db44db31ca7555c6ac"},
    {65, 63, "9f9ca3445b07b51c396ce8833935c46fabf19ddc47a9a7c30876fc5a0d32ffb3"},
    {65, 64, "f132e565a42d0170ac0e8a0ffc1b2248f7a7253af16c295e9b39ee2c0d0da3d7"},
    {65, 65, "2c0dc34beea71f9ebceab7df4e316bf5faa358fa75ee574236064f8e80cd7456"},
    {65, 119, "e086e1c42657c67eb00f5d30afa09082f474dc1422b2011a86ff62344a90e064"},
    {65, 128, "feee9341e1c3d2d580b55bb8b65db302b4148146edffc926d23b0d89e10d7f89"},
    {127, 0, "2d403d79bef95334d054c826aaf3d5c5a784309ce8385ce84ab26e623332703a"},
    {127, 64, "2870fc9e3c6b4d5eaa4b9e56df829a1a55fd68f01c16f314e786a849b5961431"},
    {128, 0, "c51d47077f472c1e9291529bb4dc63915de0e618d89d4e19c2b9e8289695d89b"},
    {128, 64, "ce6a58ef70d3c1ee98f080d08b133a4491caf325eadb9036762a437b19231506"},
    {129, 0, "ecbeb1068f7d4f27cc5c74aa82eea06aa21d3e849872b2a8b7311a3b718b2404"},
    {129, 64, "a33cf429c0c27b6922477d7a73ac71eeef8e37cae566492941d89927484b6842"},
    {256, 0, "55146933d582405ff8c39be5473c4ef828d18dbe1aa0ebed7d3656994095bfc9"},
    {256, 64, "e8b5c827e3c0bd7d281b8ae89cbf9045876d002637bac3435968cd925c849488"},
};

std::vector<std::uint8_t> counted(std::size_t size, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(size);
    for (std::uint8_t& byte : bytes) byte = first++;
    return bytes;
}

TEST(HmacSha256, TakesKeysAndMessagesOfAnyLength) {
    for (const LengthVector& vector : lengths)
        EXPECT_EQ(hmac_hex(*open(counted(vector.key, 1)), counted(vector.message, 128)), vector.mac)
            << vector.key << " " << vector.message;
}

// A long key and its digest are one key for HMAC, and so is a key with zeroes behind it: nobody may tell them apart by
// their length alone.
TEST(HmacSha256, TakesKeysThatAreTheSameForTheSame) {
    const auto long_key = counted(65, 1);
    const std::string mac = hmac_hex(*open(long_key), bytes_of("message"));
    EXPECT_EQ(hmac_hex(*open(sha256(long_key).value), bytes_of("message")), mac);
    EXPECT_EQ(hmac_hex(*open(bytes_of("Jefe")), bytes_of("m")),
              hmac_hex(*open(unhex("4a65666500000000")), bytes_of("m")));
}

TEST(HmacSha256, ChangesWithEveryBitOfKeyAndMessage) {
    const auto key = counted(64, 1);
    const auto message = counted(33, 128);
    const std::string mac = hmac_hex(*open(key), message);
    for (std::size_t bit = 0; bit < 8 * key.size(); ++bit) {
        auto other = key;
        other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ 1U << bit % 8);
        EXPECT_NE(hmac_hex(*open(other), message), mac) << bit;
    }
    for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
        auto other = message;
        other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ 1U << bit % 8);
        EXPECT_NE(hmac_hex(*open(key), other), mac) << bit;
    }
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

// RFC 5869, 2.2: without a salt it is as many zeroes as a digest has bytes.
TEST(HkdfSha256, TakesNoSaltForZeroes) {
    std::array<std::uint8_t, 42> without, with_zeroes;
    EXPECT_TRUE(hkdf_sha256(bytes_of("secret"), {}, bytes_of("info"), without).ok());
    EXPECT_TRUE(hkdf_sha256(bytes_of("secret"), Digest{}, bytes_of("info"), with_zeroes).ok());
    EXPECT_EQ(without, with_zeroes);
}

// Blocks are chained: a shorter key is the beginning of a longer one, at the edge of a block, too.
TEST(HkdfSha256, DerivesAnyLengthFromTheSameBlocks) {
    std::vector<std::uint8_t> longest(255 * 32);
    EXPECT_TRUE(hkdf_sha256(bytes_of("secret"), bytes_of("salt"), bytes_of("info"), longest).ok());
    for (const std::size_t size : {1U, 31U, 32U, 33U, 64U, 65U, 8159U}) {
        std::vector<std::uint8_t> derived(size);
        EXPECT_TRUE(hkdf_sha256(bytes_of("secret"), bytes_of("salt"), bytes_of("info"), derived).ok());
        EXPECT_TRUE(std::equal(derived.begin(), derived.end(), longest.begin())) << size;
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
