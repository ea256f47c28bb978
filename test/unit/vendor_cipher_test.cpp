#include "core/vendor_cipher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "hex.hpp"
#include "ring.hpp"

namespace rewards {
namespace {

using test::hex;
using test::line;
using test::one_key;
using test::open;
using test::other_key;
using test::Ring;
using test::unhex_to;
using Octets = std::vector<std::uint8_t>;
using Cipher = std::unique_ptr<VendorCipher, decltype([](VendorCipher* cipher) { close_vendor_cipher(cipher); })>;

const Uuid company = unhex_to<Uuid>("c0000000-0000-4000-8000-00000000000a");
const VendorBatch batch{company, unhex_to<Uuid>("018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b"), 0};
const VendorCodeName name{unhex_to<Uuid>("018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5c"), 7};
const std::string code = "KINO-2024-ŽLUŤ";

Cipher owned(const Result<VendorCipher*>& cipher) {
    EXPECT_TRUE(cipher.ok()) << cipher.error.text;
    return Cipher(cipher.value);
}

Octets seal(VendorCipher& cipher, const VendorCodeName& of) {
    Octets sealed(code.size() + gcm_tag_size);
    const auto length = seal_vendor_code(cipher, of, bytes_of(code), sealed);
    EXPECT_TRUE(length.ok());
    EXPECT_EQ(length.value, sealed.size());
    return sealed;
}

Fault fault_of(VendorCipher& cipher, const VendorCodeName& of, Bytes sealed) {
    Octets opened(code.size());
    return open_vendor_code(cipher, of, sealed, opened).error.fault;
}

// Computed by Python's cryptography, from the master in one_key and a data key of 32 bytes from 0x40.
TEST(VendorCipher, AgreesWithAnotherProgram) {
    const Ring ring = open(line(0, one_key));
    const auto wrapped = unhex_to<WrappedKey>(
        "21b9687f40510df255b7541051a5d657026ab24b54df5ade61d504bce76c1f3ecfd1d2bad50c1cb360dafb844bc845d1");
    const Cipher cipher = owned(open_vendor_cipher(*ring, batch, wrapped));
    EXPECT_EQ(hex(seal(*cipher, name)), "16cdc298ebcc784f5c39c51c4055e71df3e48ef3ac1be2d912ed3bde7257327d");
    EXPECT_EQ(hex(vendor_code_tag(*ring, 0, company, bytes_of(code)).value),
              "2cd7192ca9c78870ac972ed45b1bd80ad438d07f0b5c15c628083874189e2086");
}

class OneBatch : public testing::Test {
protected:
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    WrappedKey wrapped{};
    const Cipher cipher = owned(create_vendor_cipher(*ring, batch, wrapped));
    const Octets sealed = seal(*cipher, name);

    Fault fault_of_key(KeyRing& by, const VendorBatch& of) const {
        return open_vendor_cipher(by, of, wrapped).error.fault;
    }
};

TEST_F(OneBatch, IsReadAgainByItsWrappedKey) {
    const Cipher again = owned(open_vendor_cipher(*ring, batch, wrapped));
    Octets opened(code.size());
    ASSERT_TRUE(open_vendor_code(*again, name, sealed, opened).ok());
    EXPECT_EQ(std::string(opened.begin(), opened.end()), code);
}

TEST_F(OneBatch, HasItsCodesInEveryNameEncryptedDifferently) {
    EXPECT_NE(seal(*cipher, {name.id, 8}), sealed);
    EXPECT_EQ(std::search(sealed.begin(), sealed.end(), code.begin(), code.begin() + 4), sealed.end());
}

TEST_F(OneBatch, HasAKeyOfItsOwn) {
    WrappedKey other{};
    const Cipher same_name = owned(create_vendor_cipher(*ring, batch, other));
    EXPECT_NE(other, wrapped);
    EXPECT_NE(seal(*same_name, name), sealed);
    EXPECT_EQ(fault_of(*same_name, name, sealed), Fault::not_authentic);
}

TEST_F(OneBatch, OpensUnderItsOwnNameOnly) {
    const Uuid other = unhex_to<Uuid>("018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5d");
    EXPECT_EQ(fault_of_key(*ring, {other, batch.id, 0}), Fault::not_authentic) << "another company";
    EXPECT_EQ(fault_of_key(*ring, {company, other, 0}), Fault::not_authentic) << "another batch";
    EXPECT_EQ(fault_of_key(*ring, {company, batch.id, 1}), Fault::not_authentic) << "another key slot";
    EXPECT_EQ(fault_of_key(*ring, {company, batch.id, 2}), Fault::key_unusable) << "a slot that is not in the file";
    EXPECT_EQ(fault_of_key(*open(line(0, other_key)), batch), Fault::not_authentic) << "another master";
    EXPECT_EQ(fault_of(*cipher, {other, name.ordinal}, sealed), Fault::not_authentic) << "another code's id";
    EXPECT_EQ(fault_of(*cipher, {name.id, 8}, sealed), Fault::not_authentic) << "another code's place";
}

TEST_F(OneBatch, NoticesAnyChangedBit) {
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Octets changed = sealed;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
        EXPECT_EQ(fault_of(*cipher, name, changed), Fault::not_authentic) << bit;
    }
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        WrappedKey changed = wrapped;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
        EXPECT_EQ(open_vendor_cipher(*ring, batch, changed).error.fault, Fault::not_authentic) << bit;
    }
}

// A shredded batch has zeroes, or whatever somebody put in its place.
TEST_F(OneBatch, IsGoneWithItsWrappedKey) {
    EXPECT_EQ(open_vendor_cipher(*ring, batch, WrappedKey{}).error.fault, Fault::not_authentic);
}

TEST(VendorCodeTag, TellsCompaniesSlotsAndCodesApart) {
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    const Digest tag = vendor_code_tag(*ring, 0, company, bytes_of(code)).value;
    EXPECT_EQ(vendor_code_tag(*ring, 0, company, bytes_of(code)).value, tag);
    EXPECT_NE(vendor_code_tag(*ring, 0, batch.id, bytes_of(code)).value, tag);
    EXPECT_NE(vendor_code_tag(*ring, 1, company, bytes_of(code)).value, tag);
    EXPECT_NE(vendor_code_tag(*ring, 0, company, bytes_of("kino-2024-ŽLUŤ")).value, tag);
    EXPECT_EQ(vendor_code_tag(*ring, 2, company, bytes_of(code)).error.fault, Fault::key_unusable);
}

}  // namespace
}  // namespace rewards
