// Are secrets gone when they are said to be? This searches the whole memory of the process.
#include "core/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/coupon_key.hpp"
#include "hex.hpp"

namespace rewards {
namespace {

// Kept inverted, or the search would find what it searches for.
using Inverted = std::array<std::uint8_t, 32>;

Inverted inverted(std::string_view hex_text) {
    Inverted pattern;
    for (std::size_t i = 0; i < pattern.size(); ++i)
        pattern[i] =
            static_cast<std::uint8_t>(~(test::nibble(hex_text[2 * i]) << 4 | test::nibble(hex_text[2 * i + 1])));
    return pattern;
}

// A hash state, which OpenSSL keeps as eight native integers.
Inverted inverted_state(std::string_view hex_text) {
    Inverted pattern = inverted(hex_text);
    if constexpr (std::endian::native == std::endian::little)
        for (std::size_t word = 0; word < pattern.size(); word += 4)
            std::reverse(pattern.begin() + word, pattern.begin() + word + 4);
    return pattern;
}

bool found_between(const volatile std::uint8_t* begin, const volatile std::uint8_t* end, const Inverted& pattern) {
    for (; end - begin >= static_cast<std::ptrdiff_t>(pattern.size()); ++begin) {
        std::size_t same = 0;
        while (same < pattern.size() && (begin[same] ^ pattern[same]) == 0xff) ++same;
        if (same == pattern.size()) return true;
    }
    return false;
}

bool in_memory(const Inverted& pattern) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        std::array<char, 5> access{};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access.data()) == 3 && access[1] == 'w' &&
            found_between(reinterpret_cast<const volatile std::uint8_t*>(begin),
                          reinterpret_cast<const volatile std::uint8_t*>(end), pattern))
            return true;
    }
    return false;
}

// Runs it far down the stack, where the search that follows does not write over what it left there.
template <typename Operation>
[[gnu::noinline]] void deep_down(Operation operation) {
    std::array<std::uint8_t, 256 << 10> room;
    asm volatile("" : : "r"(room.data()) : "memory");
    operation();
    asm volatile("" : : "r"(room.data()) : "memory");
}

const char* const master = "d61f4c0a9be27358c1f40d2e8ab697637e5041f2c8d9ab1630254f7e96c8bd1a";

const char* const code_key = "9f219fa057cb2b7de43c9d0940acd5158500e78fa2fba8e0f602bfe2962cc09a";
const char* const inner_digest = "24f8da4401a153840abfb60db754c479cee5b31d166666b2ebcbf8517e122803";

// Of this master: what HKDF derives, and what SHA-256 makes of it with the pads of HMAC.
const std::array plain_secrets = {
    inverted(master),
    inverted(code_key),
    inverted("ded48cb919c6b1ffe15ea5450523ccbf82064694becf7ca272312fec2c81b323"),
};
const std::array prepared_secrets = {
    inverted_state("25801bdc6584293f0bff7f6fb76f83b3ac03c3deb8c4d2000abcdee2ad1acfa8"),
    inverted_state("edad3da658c249b9fb2c04981749fbfd7b77d36bd08a4ae19b2432295fbf6e04"),
    inverted_state("35d4ebd3d5411a011500043643ef858186c72596e27a0323a8c0aa2e0263ced6"),
    inverted_state("725435a9c17025a4c073ce37a5320a2c572be497f521bca6b534cc6b021ee1a6"),
};
// Of its first code: the entropy, and the inner digest on the way to it.
const std::array code_secrets = {
    inverted("491765a45c9680b5b4a3cacd709940ddf85f57ef4b1c86cb753ceae47468067d"),
    inverted(inner_digest),
};

KeyRing* open_deep_down(const std::string& text) {
    KeyRing* ring = nullptr;
    deep_down([&] { ring = open_key_ring(text).value; });
    return ring;
}

constexpr CodeSpec spec{0, 0, standard_symbols, 0, Uuid{}};

class Secrets : public testing::Test {
protected:
    void SetUp() override {
        if (!std::ifstream("/proc/self/maps")) GTEST_SKIP() << "the system does not show the memory of a process";
        // All calls once, with another key: a linker that binds a function at its first call saves the registers, and
        // what they still hold, on the stack. The server binds all functions when it loads a library.
        KeyRing* const ring = open_deep_down("slot 0 " + std::string(64, '0'));
        ASSERT_NE(ring, nullptr);
        deep_down([ring] { EXPECT_TRUE(code_tag(*ring, Uuid{}, derive_code(*ring, spec).value).ok()); });
        close_key_ring(ring);
        EXPECT_FALSE(open_key_ring("slot").ok());
        EXPECT_FALSE(in_memory(inverted(master)));
    }
};

TEST_F(Secrets, AreFoundWhereTheyAreLeft) {
    const Inverted pattern = inverted(master);
    EXPECT_FALSE(in_memory(pattern));
    auto copy = std::make_unique<Inverted>();
    for (std::size_t i = 0; i < pattern.size(); ++i) (*copy)[i] = static_cast<std::uint8_t>(~pattern[i]);
    EXPECT_TRUE(in_memory(pattern));
    OPENSSL_cleanse(copy->data(), copy->size());
    EXPECT_FALSE(in_memory(pattern));
}

TEST_F(Secrets, AreWipedWhenTheirScopeEnds) {
    const Inverted pattern = inverted(master);
    auto copy = std::make_unique<Inverted>();
    {
        const WipeAtExit wipe(*copy);
        for (std::size_t i = 0; i < pattern.size(); ++i) (*copy)[i] = static_cast<std::uint8_t>(~pattern[i]);
        EXPECT_TRUE(in_memory(pattern));
    }
    EXPECT_FALSE(in_memory(pattern));
}

TEST_F(Secrets, OfAnHmacAreGoneWhenItIsReturned) {
    auto key = test::unhex(code_key);
    HmacKey* prepared = nullptr;
    deep_down([&] { prepared = open_hmac_key(key).value; });
    ASSERT_NE(prepared, nullptr);
    for (const int pad : {0x36, 0x5c}) {
        Inverted padded = inverted(code_key);
        for (std::uint8_t& byte : padded) byte = static_cast<std::uint8_t>(byte ^ pad);
        EXPECT_FALSE(in_memory(padded));
    }
    deep_down([&] { EXPECT_TRUE(hmac_sha256(*prepared, {spec.coupon_id, big_endian(spec.generation)}).ok()); });
    EXPECT_FALSE(in_memory(inverted(inner_digest)));
    close_hmac_key(prepared);
    OPENSSL_cleanse(key.data(), key.size());
}

TEST_F(Secrets, OfAnOpenKeyRingAreThePreparedOnesOnly) {
    KeyRing* const ring = open_deep_down(std::string("slot 0 ") + master);
    ASSERT_NE(ring, nullptr);
    for (const Inverted& pattern : plain_secrets) EXPECT_FALSE(in_memory(pattern));
    for (const Inverted& pattern : prepared_secrets) EXPECT_TRUE(in_memory(pattern));
    close_key_ring(ring);
}

TEST_F(Secrets, OfADerivedCodeAreGoneWhenItIsReturned) {
    KeyRing* const ring = open_deep_down(std::string("slot 0 ") + master);
    ASSERT_NE(ring, nullptr);
    deep_down([ring] { EXPECT_TRUE(derive_code(*ring, spec).ok()); });
    for (const Inverted& pattern : code_secrets) EXPECT_FALSE(in_memory(pattern));
    close_key_ring(ring);
}

TEST_F(Secrets, OfAUsedKeyRingAreGoneWhenItIsClosed) {
    KeyRing* const ring = open_deep_down(std::string("slot 0 ") + master);
    ASSERT_NE(ring, nullptr);
    deep_down([ring] { EXPECT_TRUE(code_tag(*ring, Uuid{}, derive_code(*ring, spec).value).ok()); });
    deep_down([ring] { close_key_ring(ring); });
    for (const Inverted& pattern : plain_secrets) EXPECT_FALSE(in_memory(pattern));
    for (const Inverted& pattern : prepared_secrets) EXPECT_FALSE(in_memory(pattern));
}

TEST_F(Secrets, OfALegacySlotAreGoneWhenTheRingIsOpenAndATagIsMade) {
    KeyRing* const ring = open_deep_down("slot 1 " + std::string(64, '1') + "\nlegacy 0 " + master);
    ASSERT_NE(ring, nullptr);
    EXPECT_FALSE(in_memory(plain_secrets[0]));
    deep_down([ring] {
        const auto tag = legacy_tag(*ring, 0, "SPRING-7");
        EXPECT_TRUE(tag.ok() && layered_tag(*ring, 1, Uuid{}, 0, tag.value).ok());
    });
    EXPECT_FALSE(in_memory(plain_secrets[0]));
    close_key_ring(ring);
}

TEST_F(Secrets, OfARefusedKeyFileAreGone) {
    EXPECT_EQ(open_deep_down(std::string("slot 0 ") + master + "\nslot 1"), nullptr);
    for (const Inverted& pattern : plain_secrets) EXPECT_FALSE(in_memory(pattern));
}

}  // namespace
}  // namespace rewards
