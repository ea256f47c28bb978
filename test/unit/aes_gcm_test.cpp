#include "core/aes_gcm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex;
using test::unhex_to;
using Octets = std::vector<std::uint8_t>;
using KeyBytes = std::array<std::uint8_t, gcm_key_size>;
using Key = std::unique_ptr<GcmKey, decltype([](GcmKey* key) { close_gcm_key(key); })>;

Key open(std::string_view key) {
    const auto opened = open_gcm_key(unhex_to<KeyBytes>(key));
    EXPECT_TRUE(opened.ok()) << opened.error.text;
    return Key(opened.value);
}

Octets seal(GcmKey& key, const GcmNonce& nonce, Bytes bound, Bytes message) {
    Octets sealed(message.size() + gcm_tag_size);
    const auto length = gcm_seal(key, nonce, bound, message, sealed);
    EXPECT_TRUE(length.ok()) << length.error.text;
    EXPECT_EQ(length.value, sealed.size());
    return sealed;
}

struct Vector {
    const char* name;
    const char* key;
    const char* nonce;
    const char* bound;
    const char* message;
    const char* sealed;
};

constexpr const char* key_15 = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B; those with nonces of 12 bytes.
constexpr Vector vectors[] = {
    {"case 13", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"case 14", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"case 15", key_15, "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {"case 16", key_15, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(AesGcm, AgreesWithItsAuthors) {
    for (const Vector& vector : vectors) {
        const Key key = open(vector.key);
        const auto nonce = unhex_to<GcmNonce>(vector.nonce);
        const Octets message = unhex(vector.message);
        EXPECT_EQ(hex(seal(*key, nonce, unhex(vector.bound), message)), vector.sealed) << vector.name;
        Octets opened(message.size());
        const auto length = gcm_open(*key, nonce, unhex(vector.bound), unhex(vector.sealed), opened);
        ASSERT_TRUE(length.ok()) << vector.name;
        EXPECT_EQ(length.value, message.size());
        EXPECT_EQ(opened, message) << vector.name;
    }
}

TEST(AesGcm, KeepsNothingFromOneMessageToTheNext) {
    const Key key = open(vectors[3].key);
    for (int round = 0; round < 3; ++round)
        for (const Vector* vector : {&vectors[2], &vectors[3]})
            EXPECT_EQ(hex(seal(*key, unhex_to<GcmNonce>(vector->nonce), unhex(vector->bound), unhex(vector->message))),
                      vector->sealed);
}

class Tampering : public testing::Test {
protected:
    const Key key = open(key_15);
    const GcmNonce nonce = unhex_to<GcmNonce>("cafebabefacedbaddecaf888");
    const Octets bound = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const Octets message = unhex("d9313225f88406e5a55909c5aff5269a86a7a953");
    const Octets sealed = seal(*key, nonce, bound, message);

    void refuses(GcmKey& by, const GcmNonce& with, Bytes bound_to, Bytes what, const char* why) const {
        Octets opened(message.size(), 0xee);
        const auto length = gcm_open(by, with, bound_to, what, opened);
        EXPECT_EQ(length.error.fault, Fault::not_authentic) << why;
        const std::size_t touched = what.size() < gcm_tag_size ? 0 : what.size() - gcm_tag_size;
        EXPECT_TRUE(std::all_of(opened.begin(), opened.begin() + static_cast<std::ptrdiff_t>(touched),
                                [](std::uint8_t byte) { return byte == 0; }))
            << why << ": a forged message is left behind";
    }
};

TEST_F(Tampering, WithAnyBitIsNoticed) {
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Octets changed = sealed;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
        refuses(*key, nonce, bound, changed, "a bit of the message or its tag");
    }
    for (std::size_t bit = 0; bit < bound.size() * 8; ++bit) {
        Octets changed = bound;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
        refuses(*key, nonce, changed, sealed, "a bit of what it is bound to");
    }
    for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit) {
        GcmNonce changed = nonce;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
        refuses(*key, changed, bound, sealed, "a bit of the nonce");
    }
}

TEST_F(Tampering, WithLengthOrKeyIsNoticed) {
    for (std::size_t size = 0; size < sealed.size(); ++size)
        refuses(*key, nonce, bound, Bytes(sealed).first(size), "cut short");
    refuses(*key, nonce, {}, sealed, "bound to nothing");
    refuses(*open("0000000000000000000000000000000000000000000000000000000000000000"), nonce, bound, sealed,
            "other key");
}

TEST_F(Tampering, LeavesTheKeyUsable) {
    Octets changed = sealed;
    changed.back() ^= 1;
    refuses(*key, nonce, bound, changed, "wrong tag");
    Octets opened(message.size());
    EXPECT_TRUE(gcm_open(*key, nonce, bound, sealed, opened).ok());
    EXPECT_EQ(opened, message);
}

TEST_F(Tampering, NeverWritesBehindTheRoomThereIs) {
    Octets small(sealed.size() - 1);
    EXPECT_EQ(gcm_seal(*key, nonce, bound, message, small).error.fault, Fault::crypto);
    Octets smaller(message.size() - 1);
    EXPECT_EQ(gcm_open(*key, nonce, bound, sealed, smaller).error.fault, Fault::crypto);
}

}  // namespace
}  // namespace rewards
