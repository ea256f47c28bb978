#include "core/coupon_key.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "hex.hpp"
#include "ring.hpp"
#include "vectors.hpp"

namespace rewards {
namespace {

using test::hex;
using test::line;
using test::one_key;
using test::open;
using test::other_key;
using test::Ring;
using test::unhex_to;

const Uuid coupon = unhex_to<Uuid>("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
const Uuid company = unhex_to<Uuid>("11111111-2222-4333-8444-555555555555");

CodeSpec spec(unsigned slot, std::size_t symbols = standard_symbols) { return {slot, 0, symbols, 0, coupon}; }

CouponCode code_of(KeyRing& ring, const CodeSpec& what) {
    const auto code = derive_code(ring, what);
    EXPECT_TRUE(code.ok()) << code.error.text;
    return code.value;
}

TEST(PublishedVectors, GiveTheSameFingerprints) {
    const auto vectors = test::vectors("fingerprint");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const Ring ring = open(line(3, vector.words[0]));
        EXPECT_EQ(hex(key_fingerprint(*ring, 3).value), vector.expected) << vector.line;
    }
}

TEST(PublishedVectors, GiveTheSameCodes) {
    const auto vectors = test::vectors("code");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const auto& words = vector.words;
        const auto slot = static_cast<unsigned>(std::stoul(words[1]));
        const Ring ring = open(line(slot, words[0]));
        const CouponCode code = code_of(*ring, {
                                                   .slot = slot,
                                                   .route = static_cast<unsigned>(std::stoul(words[2])),
                                                   .symbols = std::stoul(words[3]),
                                                   .generation = static_cast<std::uint32_t>(std::stoul(words[4])),
                                                   .coupon_id = unhex_to<Uuid>(words[5]),
                                               });
        EXPECT_EQ(format_code(code).view(), vector.expected) << vector.line;
    }
}

TEST(PublishedVectors, GiveTheSameTags) {
    const auto vectors = test::vectors("tag");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const CouponCode code = parse_code(vector.words[2]).value;
        const Ring ring = open(line(slot_of(code), vector.words[0]));
        const auto tag = code_tag(*ring, unhex_to<Uuid>(vector.words[1]), code);
        ASSERT_TRUE(tag.ok()) << vector.line;
        EXPECT_EQ(hex(tag.value), vector.expected) << vector.line;
    }
}

TEST(PublishedVectors, GiveTheSameLayers) {
    const auto vectors = test::vectors("layer");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const auto& words = vector.words;
        const Ring ring = open(line(3, words[0]));
        const auto slot = static_cast<unsigned>(std::stoul(words[2]));
        const auto tag = layered_tag(*ring, 3, unhex_to<Uuid>(words[1]), slot, unhex_to<Digest>(words[3]));
        EXPECT_EQ(hex(tag.value), vector.expected) << vector.line;
    }
}

TEST(PublishedVectors, GiveTheSameLegacyTags) {
    const auto vectors = test::vectors("legacy");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const Ring ring = open(line(0, one_key) + "legacy 3 " + vector.words[0]);
        EXPECT_EQ(hex(legacy_tag(*ring, 3, vector.words[1]).value), vector.expected) << vector.line;
    }
}

TEST(DerivingACode, GivesTheSameCodeAgain) {
    const Ring ring = open(line(0, one_key));
    EXPECT_EQ(code_of(*ring, spec(0)).view(), code_of(*ring, spec(0)).view());
}

TEST(DerivingACode, DependsOnKeyCouponAndGeneration) {
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    const Ring renamed = open(line(0, other_key));
    CodeSpec next_generation = spec(0);
    next_generation.generation = 1;
    CodeSpec next_coupon = spec(0);
    next_coupon.coupon_id[15] ^= 1;
    const std::string code(code_of(*ring, spec(0)).view());
    EXPECT_NE(code, code_of(*ring, next_generation).view());
    EXPECT_NE(code, code_of(*ring, next_coupon).view());
    EXPECT_NE(code, code_of(*renamed, spec(0)).view());
    EXPECT_NE(code.substr(2), code_of(*ring, spec(1)).view().substr(2));
}

TEST(DerivingACode, NeedsTheKeyOfItsSlot) {
    const Ring ring = open(line(4, one_key));
    for (const unsigned slot : {0U, 3U, 5U, 31U, 32U, 4294967295U})
        EXPECT_EQ(derive_code(*ring, spec(slot)).error.fault, Fault::key_unusable) << slot;
}

TEST(DerivingACode, RefusesARouteOrALengthThatDoesNotExist) {
    const Ring ring = open(line(0, one_key));
    CodeSpec route = spec(0);
    route.route = 32;
    EXPECT_EQ(derive_code(*ring, route).error.fault, Fault::out_of_range);
    EXPECT_EQ(derive_code(*ring, spec(0, 18)).error.fault, Fault::out_of_range);
}

TEST(TheTag, DependsOnCompanyCodeAndKey) {
    const Ring ring = open(line(0, one_key));
    const Ring renamed = open(line(0, other_key));
    const CouponCode standard = code_of(*ring, spec(0));
    const CouponCode longer = code_of(*ring, spec(0, long_symbols));
    const std::set<Digest> tags = {
        code_tag(*ring, company, standard).value,
        code_tag(*ring, coupon, standard).value,
        code_tag(*ring, company, longer).value,
        code_tag(*renamed, company, standard).value,
    };
    EXPECT_EQ(tags.size(), 4U);
}

TEST(TheTag, NeedsTheKeyOfTheSlotThatTheCodeNames) {
    const Ring issuer = open(line(4, one_key));
    const CouponCode code = code_of(*issuer, spec(4));
    EXPECT_TRUE(code_tag(*issuer, company, code).ok());
    EXPECT_EQ(code_tag(*open(line(5, one_key)), company, code).error.fault, Fault::key_unusable);
}

TEST(Rotation, KeepsOldCodesClaimableAndMakesNewOnesFromTheLastLine) {
    const Ring before = open(line(7, one_key));
    const Ring after = open(line(7, one_key) + line(2, other_key));
    EXPECT_EQ(newest_slot(*before), 7U);
    EXPECT_EQ(newest_slot(*after), 2U);

    const CouponCode old_code = code_of(*before, spec(7));
    EXPECT_EQ(code_tag(*before, company, old_code).value, code_tag(*after, company, old_code).value);
    EXPECT_EQ(slot_of(code_of(*after, spec(newest_slot(*after)))), 2U);
}

// HMAC-SHA-256 of "SPRING-7" under "old secret", as OpenSSL has it.
const std::string old_secret = "6f6c6420736563726574";
const std::string kept_tag = "d139f971fd1780fb7efdf64a60865ac19a600240d6a27d9e72f347e95bd33722";

Ring open_legacy() { return open(line(1, one_key) + "legacy 20 " + old_secret + "\n" + line(2, other_key)); }

TEST(ALegacyTag, IsWhatTheOtherProgrammeKeptHoweverTheCodeIsTyped) {
    const Ring ring = open_legacy();
    for (const std::string_view typed : {"SPRING-7", "spring-7", " \t Spring-7\r\n"})
        EXPECT_EQ(hex(legacy_tag(*ring, 20, typed).value), kept_tag) << typed;
    for (const std::string_view typed : {"SPRING7", "SPRING -7", "SPRING-7."})
        EXPECT_NE(hex(legacy_tag(*ring, 20, typed).value), kept_tag) << typed;
}

TEST(ALegacyTag, IsOfOneTo128Bytes) {
    const Ring ring = open_legacy();
    for (const std::string& typed : {std::string(), std::string(" \n"), std::string(129, 'x')}) {
        EXPECT_FALSE(is_legacy_length(typed));
        EXPECT_EQ(legacy_tag(*ring, 20, typed).error.fault, Fault::malformed);
    }
    for (const std::string& typed : {std::string("x"), std::string(128, 'x'), " " + std::string(128, 'x') + " "}) {
        EXPECT_TRUE(is_legacy_length(typed));
        EXPECT_TRUE(legacy_tag(*ring, 20, typed).ok());
    }
}

TEST(ALegacySlot, IsGoodForLegacyTagsAlone) {
    const Ring ring = open_legacy();
    EXPECT_EQ(kind_of(*ring, 20), KeyKind::legacy);
    EXPECT_EQ(newest_slot(*ring), 2U);
    for (const KeyPurpose purpose : {KeyPurpose::coupon_code, KeyPurpose::coupon_tag, KeyPurpose::coupon_layer,
                                     KeyPurpose::company_token, KeyPurpose::vendor_key, KeyPurpose::vendor_tag}) {
        EXPECT_FALSE(key_for(*ring, 20, purpose).ok());
        EXPECT_TRUE(key_for(*ring, 1, purpose).ok());
    }
    EXPECT_FALSE(key_for(*ring, 1, KeyPurpose::legacy_tag).ok());
    EXPECT_FALSE(legacy_tag(*ring, 1, "SPRING-7").ok());
    EXPECT_FALSE(derive_code(*ring, spec(20)).ok());
}

TEST(ALegacySlot, HasAFingerprintThatTellsLittle) {
    const auto print = key_fingerprint(*open_legacy(), 20).value;
    EXPECT_EQ(hex(print).substr(4), std::string(28, '0'));
    EXPECT_NE(print, key_fingerprint(*open(line(1, one_key) + "legacy 20 " + old_secret + "00"), 20).value);
}

TEST(ALayeredTag, DependsOnEverythingThatGoesIn) {
    const Ring ring = open_legacy();
    const auto below = unhex_to<Digest>(kept_tag);
    auto other_below = below;
    other_below[31] ^= 1;
    std::set<Digest> tags;
    for (const auto& tag : {layered_tag(*ring, 1, company, 20, below), layered_tag(*ring, 2, company, 20, below),
                            layered_tag(*ring, 1, coupon, 20, below), layered_tag(*ring, 1, company, 21, below),
                            layered_tag(*ring, 1, company, 20, other_below)}) {
        EXPECT_TRUE(tag.ok());
        tags.insert(tag.value);
    }
    EXPECT_EQ(tags.size(), 5U);
    EXPECT_EQ(layered_tag(*ring, 20, company, 1, below).error.fault, Fault::key_unusable);
    EXPECT_EQ(layered_tag(*ring, 3, company, 1, below).error.fault, Fault::key_unusable);
    EXPECT_EQ(layered_tag(*ring, slot_count, company, 1, below).error.fault, Fault::key_unusable);
}

TEST(KeyFingerprints, TellKeysApartWhateverTheirSlot) {
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    const Ring moved = open(line(9, one_key));
    EXPECT_NE(key_fingerprint(*ring, 0).value, key_fingerprint(*ring, 1).value);
    EXPECT_EQ(key_fingerprint(*ring, 0).value, key_fingerprint(*moved, 9).value);
    EXPECT_EQ(key_fingerprint(*ring, 2).error.fault, Fault::key_unusable);
}

TEST(AKeyFile, MayHoldAllSlots) {
    std::string text;
    for (unsigned slot = 0; slot < slot_count; ++slot) {
        std::string key = one_key;
        key[0] = "0123456789abcdef"[slot / 2];
        key[63] = "ef"[slot % 2];
        text += line(slot, key);
    }
    const Ring ring = open(text);
    for (unsigned slot = 0; slot < slot_count; ++slot) EXPECT_EQ(kind_of(*ring, slot), KeyKind::derived);
    EXPECT_EQ(kind_of(*ring, slot_count), KeyKind::none);
    EXPECT_EQ(newest_slot(*ring), 31U);
}

TEST(AKeyFile, MayHaveCommentsBlankLinesCarriageReturnsAndCapitals) {
    std::string capitals = one_key;
    for (char& digit : capitals) digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
    const Ring plain = open(line(0, one_key));
    const Ring decorated =
        open("\r\n# a comment: slot 0 of what?\r\n  \t\r\n\t slot\t0   " + capitals + " \r\n  # end");
    EXPECT_EQ(key_fingerprint(*plain, 0).value, key_fingerprint(*decorated, 0).value);
}

TEST(AKeyFile, MayLackTheLastLineEnd) { EXPECT_EQ(kind_of(*open("slot 0 " + one_key), 0), KeyKind::derived); }

struct BadKeyFile {
    const char* what;
    std::string text;
    std::string complaint;
};

std::vector<BadKeyFile> bad_key_files() {
    const std::string no_key = "key file contains no key";
    const std::string no_line = "key file contains a line that is neither a comment nor a slot";
    const std::string no_slot = "key file contains a slot that is not a number from 0 to 31";
    const std::string no_hex = "key file contains a key that is not 64 hexadecimal digits";
    const std::string no_secret = "key file contains a legacy secret that is not 2 to 256 hexadecimal digits";
    std::string foreign_digit = one_key;
    foreign_digit[63] = 'g';
    return {
        {"empty", "", no_key},
        {"comments only", "# slot 0 " + one_key + "\n\n", no_key},
        {"bare key", one_key, no_line},
        {"another keyword", "key 0 " + one_key, no_line},
        {"capital keyword", "SLOT 0 " + one_key, no_line},
        {"equals sign", "slot=0 " + one_key, no_line},
        {"byte-order mark", "\uFEFFslot 0 " + one_key, no_line},
        {"zero bytes", std::string(4096, '\0'), no_line},
        {"rubbish behind a good line", line(0, one_key) + "rubbish", no_line},
        {"no slot", "slot", no_slot},
        {"slot forgotten", "slot " + one_key, no_slot},
        {"slot too high", line(32, one_key), no_slot},
        {"slot much too high", "slot 99999999999999999999 " + one_key, no_slot},
        {"slot negative", "slot -1 " + one_key, no_slot},
        {"slot signed", "slot +1 " + one_key, no_slot},
        {"slot hexadecimal", "slot 0x1 " + one_key, no_slot},
        {"slot with a colon", "slot 0: " + one_key, no_slot},
        {"slot twice", line(3, one_key) + line(3, other_key), "key file contains a slot twice"},
        {"slot twice, spelt otherwise", line(3, one_key) + "slot 03 " + other_key, "key file contains a slot twice"},
        {"key missing", "slot 0", no_hex},
        {"key too short", "slot 0 " + one_key.substr(1), no_hex},
        {"key too long", "slot 0 " + one_key + "0", no_hex},
        {"key with a foreign digit", "slot 0 " + foreign_digit, no_hex},
        {"key in two words", "slot 0 " + one_key.substr(0, 32) + " " + one_key.substr(32), no_hex},
        {"key with a remark", "slot 0 " + one_key + " # mine",
         "key file contains a line with something behind the key"},
        {"key in two slots", line(0, one_key) + line(1, one_key), "key file contains the same key in two slots"},
        {"legacy only", "legacy 0 " + one_key, no_key},
        {"legacy without a secret", line(0, one_key) + "legacy 1", no_secret},
        {"legacy with half a byte", line(0, one_key) + "legacy 1 abc", no_secret},
        {"legacy too long", line(0, one_key) + "legacy 1 " + std::string(258, 'a'), no_secret},
        {"legacy in a slot of ours", line(0, one_key) + "legacy 0 abcd", "key file contains a slot twice"},
        {"legacy that is a key of ours", line(0, one_key) + "legacy 1 " + one_key,
         "key file contains the same key in two slots"},
        {"legacy in two slots", line(0, one_key) + "legacy 1 abcd\nlegacy 2 ABCD",
         "key file contains the same key in two slots"},
        {"second key bad", line(0, one_key) + "slot 1 " + other_key.substr(2), no_hex},
        {"too large", line(0, one_key) + "#" + std::string(65536, '#'), "key file is too large"},
    };
}

TEST(AKeyFile, IsRefusedWithTheReason) {
    for (const BadKeyFile& file : bad_key_files()) {
        const auto opened = open_key_ring(file.text);
        EXPECT_EQ(opened.error.fault, Fault::key_unusable) << file.what;
        EXPECT_EQ(opened.error.text, file.complaint) << file.what;
        EXPECT_EQ(opened.value, nullptr) << file.what;
    }
}

// Eight digits in a row would be a leak already.
TEST(AKeyFile, IsRefusedWithoutRepeatingItsDigits) {
    for (const BadKeyFile& file : bad_key_files()) {
        const std::string text = open_key_ring(file.text).error.text;
        for (const std::string& key : {one_key, other_key})
            for (std::size_t i = 0; i + 8 <= key.size(); ++i)
                EXPECT_EQ(text.find(key.substr(i, 8)), std::string::npos) << file.what;
    }
}

std::string formatted(const Master& master) {
    std::array<char, key_file_size_max> text;
    return {text.data(), format_key_file(master, text)};
}

TEST(ANewKeyFile, OpensWithItsMasterInSlotZero) {
    const std::string text = formatted(unhex_to<Master>(one_key));
    EXPECT_TRUE(text.ends_with("\nslot 0 " + one_key + "\n"));
    const Ring ring = open(text);
    EXPECT_EQ(newest_slot(*ring), 0U);
    EXPECT_EQ(key_fingerprint(*ring, 0).value, key_fingerprint(*open(line(0, one_key)), 0).value);
}

TEST(ANewKeyFile, TakesASecondKeyAtItsEnd) {
    const Ring ring = open(formatted(unhex_to<Master>(one_key)) + line(1, other_key));
    EXPECT_EQ(kind_of(*ring, 0), KeyKind::derived);
    EXPECT_EQ(newest_slot(*ring), 1U);
}

TEST(AKeyLine, IsReadAsItsKeyInItsSlot) {
    for (unsigned slot = 0; slot < slot_count; ++slot) {
        std::array<char, key_line_size_max> text;
        const std::size_t length = format_key_line(slot, unhex_to<Master>(one_key), text);
        EXPECT_EQ(std::string_view(text.data(), length), line(slot, one_key));
    }
}

TEST(ANewKeyFile, TellsWhatItIsInLinesThatFitATerminal) {
    const std::string text = formatted(Master{});
    EXPECT_NE(text.find("Whoever has this file can compute every coupon code"), std::string::npos);
    EXPECT_NE(text.find("keep a copy"), std::string::npos);
    EXPECT_NE(text.find("0600"), std::string::npos);
    for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
        EXPECT_LE(end - start, 80U);
}

}  // namespace
}  // namespace rewards
