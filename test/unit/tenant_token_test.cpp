#include "core/tenant_token.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hex.hpp"
#include "ring.hpp"
#include "vectors.hpp"

namespace rewards {
namespace {

using test::line;
using test::one_key;
using test::open;
using test::other_key;
using test::Ring;
using test::unhex_to;

CompanyToken a_token(unsigned slot = 0) {
    CompanyToken token{};
    token.key = {1, static_cast<std::uint8_t>(slot)};
    token.audience = {7394857162534857261U, 16384};
    token.issued_at = 1'700'000'000'000'000;
    token.not_before = 1'700'000'000'000'001;
    token.expires_at = 1'700'000'300'000'000;
    token.company = unhex_to<Uuid>("11111111-2222-4333-8444-555555555555");
    token.role = TokenRole::service;
    return token;
}

CompanyToken with_actor(CompanyToken token, std::string_view actor) {
    token.actor_size = static_cast<std::uint8_t>(actor.size());
    std::ranges::copy(actor, token.actor.begin());
    return token;
}

std::string composed(KeyRing& ring, const CompanyToken& token) {
    const auto text = compose_token(ring, token);
    EXPECT_TRUE(text.ok()) << text.error.text;
    return std::string(text.value.view());
}

Result<CompanyToken> opened(KeyRing& ring, std::string_view text) {
    const auto written = decode_token(text);
    if (!written.ok()) return written.error;
    return open_token(ring, written.value);
}

void expect_same(const CompanyToken& one, const CompanyToken& other) {
    EXPECT_EQ(one.key, other.key);
    EXPECT_EQ(one.audience, other.audience);
    EXPECT_EQ(one.issued_at, other.issued_at);
    EXPECT_EQ(one.not_before, other.not_before);
    EXPECT_EQ(one.expires_at, other.expires_at);
    EXPECT_EQ(one.company, other.company);
    EXPECT_EQ(one.role, other.role);
    EXPECT_EQ(one.challenge, other.challenge);
    EXPECT_EQ(one.actor_view(), other.actor_view());
}

TokenRole role_named(const std::string& name) {
    for (const TokenRole role : {TokenRole::user, TokenRole::service, TokenRole::admin})
        if (name[0] == static_cast<char>(role)) return role;
    throw std::invalid_argument(name);
}

CompanyToken token_of(const test::Vector& vector) {
    const auto& words = vector.words;
    CompanyToken token{};
    token.key = {static_cast<std::uint32_t>(std::stoul(words[2])), static_cast<std::uint8_t>(std::stoul(words[1]))};
    token.audience = {std::stoull(words[3]), static_cast<std::uint32_t>(std::stoul(words[4]))};
    token.issued_at = std::stoull(words[5]);
    token.not_before = std::stoull(words[6]);
    token.expires_at = std::stoull(words[7]);
    token.company = unhex_to<Uuid>(words[8]);
    token.role = role_named(words[9]);
    if (words[10] != "null") token.challenge = unhex_to<Challenge>(words[10]);
    return with_actor(token, test::text_from_hex(words[11].substr(1)));
}

TEST(PublishedVectors, GiveTheSameTokensAndAreReadAgain) {
    const auto vectors = test::vectors("token");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        const CompanyToken token = token_of(vector);
        const Ring ring = open(line(token.key.slot, vector.words[0]));
        EXPECT_EQ(composed(*ring, token), vector.expected) << vector.line;
        const auto read = opened(*ring, vector.expected);
        ASSERT_TRUE(read.ok()) << vector.line << ": " << read.error.text;
        expect_same(read.value, token);
    }
}

TEST(AToken, IsReadAsItWasMade) {
    const Ring ring = open(line(5, one_key));
    for (const TokenRole role : {TokenRole::user, TokenRole::service, TokenRole::admin})
        for (const std::size_t size : {0U, 1U, 36U, 255U})
            for (const bool is_bound : {false, true}) {
                CompanyToken token = with_actor(a_token(5), std::string(size, '\xff'));
                token.role = role;
                if (is_bound) token.challenge = unhex_to<Challenge>("ffffffffffffffffffffffffffffffff");
                const auto read = opened(*ring, composed(*ring, token));
                ASSERT_TRUE(read.ok()) << read.error.text;
                expect_same(read.value, token);
            }
}

TEST(AToken, SaysWhichKeyItWasMadeWith) {
    const Ring ring = open(line(31, one_key));
    CompanyToken token = a_token(31);
    token.key.id = 4'294'967'295;
    EXPECT_EQ(claimed_key(decode_token(composed(*ring, token)).value), token.key);
}

TEST(AToken, IsTextThatNeedsNoQuoting) {
    const Ring ring = open(line(0, one_key));
    const std::string text = composed(*ring, with_actor(a_token(), std::string(255, '\xfe')));
    EXPECT_TRUE(text.starts_with("pgr_"));
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
}

TEST(AToken, IsMadeOfAllOfItsFields) {
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    std::set<std::string> texts;
    const auto add = [&](auto change) {
        CompanyToken token = with_actor(a_token(), "till");
        change(token);
        texts.insert(composed(*ring, token));
    };
    add([](CompanyToken&) {});
    add([](CompanyToken& token) { token.key.id = 2; });
    add([](CompanyToken& token) { token.key.slot = 1; });
    add([](CompanyToken& token) { ++token.audience.system; });
    add([](CompanyToken& token) { ++token.audience.database; });
    add([](CompanyToken& token) { ++token.issued_at; });
    add([](CompanyToken& token) { ++token.not_before; });
    add([](CompanyToken& token) { ++token.expires_at; });
    add([](CompanyToken& token) { token.company[15] ^= 1; });
    add([](CompanyToken& token) { token.role = TokenRole::admin; });
    add([](CompanyToken& token) { token.challenge = Challenge{}; });
    add([](CompanyToken& token) { token = with_actor(token, "tall"); });
    add([](CompanyToken& token) { token = with_actor(token, "till "); });
    add([](CompanyToken& token) { token.actor_size = 0; });
    EXPECT_EQ(texts.size(), 14U);
}

TEST(AnAlteredToken, IsRefusedWhicheverBitWasChanged) {
    const Ring ring = open(line(0, one_key) + line(1, other_key));
    CompanyToken token = with_actor(a_token(), "till 7");
    token.challenge = Challenge{};
    const auto written = decode_token(composed(*ring, token));
    ASSERT_TRUE(open_token(*ring, written.value).ok());
    for (std::size_t byte = 0; byte < written.value.size; ++byte)
        for (unsigned bit = 0; bit < 8; ++bit) {
            TokenBytes altered = written.value;
            altered.bytes[byte] ^= static_cast<std::uint8_t>(1U << bit);
            EXPECT_FALSE(open_token(*ring, altered).ok()) << byte << " " << bit;
        }
}

TEST(AnAlteredToken, IsRefusedWhicheverSymbolWasChanged) {
    const Ring ring = open(line(0, one_key));
    const std::string text = composed(*ring, with_actor(a_token(), "till 7"));
    for (std::size_t i = 0; i < text.size(); ++i)
        for (int symbol = 0; symbol < 256; ++symbol) {
            std::string altered = text;
            altered[i] = static_cast<char>(symbol);
            EXPECT_EQ(opened(*ring, altered).ok(), altered == text) << i << " " << symbol;
        }
}

TEST(AnAlteredToken, IsRefusedWhateverIsMissingOrAdded) {
    const Ring ring = open(line(0, one_key));
    for (const std::string& actor : {std::string(), std::string("till"), std::string("tills"), std::string(255, 'x')}) {
        const std::string text = composed(*ring, with_actor(a_token(), actor));
        for (std::size_t length = 0; length < text.size(); ++length) {
            EXPECT_FALSE(opened(*ring, text.substr(0, length)).ok()) << length;
            EXPECT_FALSE(opened(*ring, text.substr(0, length) + text.substr(length + 1)).ok()) << length;
        }
        for (const char* more : {"=", "==", "A", "AA", "AAA", "AAAA", " ", "\n", "-", "_", "pgr_"}) {
            EXPECT_FALSE(opened(*ring, text + more).ok()) << more;
            EXPECT_FALSE(opened(*ring, more + text).ok()) << more;
        }
        EXPECT_FALSE(opened(*ring, text + std::string(1, '\0')).ok());
        EXPECT_FALSE(opened(*ring, text + text).ok());
    }
}

// Of the last symbol some bits may be beyond the last byte: they have to be zero.
TEST(AToken, HasOneSpelling) {
    const Ring ring = open(line(0, one_key));
    for (const std::string actor : {"", "1", "12"}) {
        const std::string text = composed(*ring, with_actor(a_token(), actor));
        const auto bytes = decode_token(text).value.size;
        int accepted = 0;
        for (const char symbol : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
            accepted += opened(*ring, text.substr(0, text.size() - 1) + symbol).ok();
        EXPECT_EQ(accepted, 1) << bytes;
    }
}

TEST(AToken, NeedsTheKeyItWasMadeWith) {
    const Ring ring = open(line(0, one_key));
    const std::string text = composed(*ring, a_token());
    EXPECT_TRUE(opened(*open(line(0, one_key) + line(1, other_key)), text).ok());
    EXPECT_EQ(opened(*open(line(0, other_key)), text).error.fault, Fault::malformed);
    EXPECT_EQ(opened(*open(line(1, one_key)), text).error.fault, Fault::key_unusable);
    EXPECT_EQ(compose_token(*ring, a_token(1)).error.fault, Fault::key_unusable);
    EXPECT_EQ(compose_token(*ring, a_token(32)).error.fault, Fault::key_unusable);
}

// The keys of other purposes make no tokens: the MAC of one made with them is not right.
TEST(AToken, IsNotMadeWithTheKeyOfAnotherPurpose) {
    const Ring ring = open(line(0, one_key));
    const auto written = decode_token(composed(*ring, a_token())).value;
    const Bytes message(written.bytes.data(), written.size - sizeof(Digest));
    for (const KeyPurpose purpose : {KeyPurpose::coupon_code, KeyPurpose::coupon_tag, KeyPurpose::company_token}) {
        TokenBytes forged = written;
        const auto mac = hmac_sha256(*key_for(*ring, 0, purpose).value, {message});
        std::ranges::copy(mac.value, forged.bytes.begin() + static_cast<std::ptrdiff_t>(message.size()));
        EXPECT_EQ(open_token(*ring, forged).ok(), purpose == KeyPurpose::company_token);
    }
}

// What has the right MAC and still is no token was made by other code with the same key.
TEST(AToken, OfAnotherLayoutIsRefused) {
    const Ring ring = open(line(0, one_key));
    const auto written = decode_token(composed(*ring, with_actor(a_token(), std::string(40, 'x')))).value;
    const std::size_t size = written.size - sizeof(Digest);
    const auto resealed = [&](std::size_t place, std::uint8_t value) {
        TokenBytes changed = written;
        changed.bytes[place] = value;
        const auto mac =
            hmac_sha256(*key_for(*ring, 0, KeyPurpose::company_token).value, {Bytes(changed.bytes.data(), size)});
        std::ranges::copy(mac.value, changed.bytes.begin() + static_cast<std::ptrdiff_t>(size));
        return open_token(*ring, changed);
    };
    constexpr std::size_t role = token_head_size - 3, has_challenge = token_head_size - 2, actor = token_head_size - 1;
    EXPECT_TRUE(resealed(role, 'a').ok());
    for (const std::uint8_t letter : std::initializer_list<std::uint8_t>{0, 1, 'c', 'A', 255})
        EXPECT_FALSE(resealed(role, letter).ok()) << letter;
    for (const std::uint8_t flag : std::initializer_list<std::uint8_t>{1, 2, 255})
        EXPECT_FALSE(resealed(has_challenge, flag).ok()) << flag;
    for (const std::uint8_t length : std::initializer_list<std::uint8_t>{0, 39, 41, 255})
        EXPECT_FALSE(resealed(actor, length).ok()) << length;
}

TEST(ARefusal, DoesNotRepeatWhatWasWritten) {
    const Ring ring = open(line(0, one_key));
    const std::string text = composed(*ring, a_token());
    for (const std::string& bad : {text.substr(1), text + "=", text.substr(0, text.size() - 2), text + "AAAA"}) {
        const std::string reason = opened(*ring, bad).error.text;
        EXPECT_FALSE(reason.empty());
        for (std::size_t i = 0; i + 8 <= bad.size(); ++i) EXPECT_EQ(reason.find(bad.substr(i, 8)), std::string::npos);
    }
}

}  // namespace
}  // namespace rewards
