#include "core/ledger_chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hex.hpp"
#include "vectors.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex_to;
using Fields = std::vector<EntryField>;
using namespace std::string_view_literals;

constexpr EntryField null{};
EntryField number(std::int64_t value) { return EntryField::of(value); }
EntryField text(std::string_view value) { return EntryField::of_text(value); }

Digest hash_of(const Fields& fields, EntryKind kind = EntryKind::event, const Digest& previous = {}) {
    const auto hash = entry_hash(previous, kind, fields);
    EXPECT_TRUE(hash.ok()) << hash.error.text;
    return hash.value;
}

TEST(ChainStart, TellsAccountsApart) {
    const Uuid one{1};
    const Uuid two{2};
    const std::set<Digest> starts = {chain_start(one, one).value, chain_start(one, two).value,
                                     chain_start(two, one).value, chain_start(two, two).value};
    EXPECT_EQ(starts.size(), 4U);
}

TEST(EntryHash, IsTheSameForTheSameEntry) {
    EXPECT_EQ(hash_of({number(1), text("visit"), null}), hash_of({number(1), text("visit"), null}));
}

// Each pair would be equal under some careless way of joining fields.
TEST(EntryHash, TellsApartWhatJoiningWouldMix) {
    const Uuid uuid = unhex_to<Uuid>("6162636465666768696a6b6c6d6e6f70");
    const Uuid zero{};
    const std::vector<Fields> entries = {
        {},
        {null},
        {null, null},
        {text("")},
        {text(""), text("")},
        {text(""), null},
        {null, text("")},
        {text("a"), text("bc")},
        {text("ab"), text("c")},
        {text("abc")},
        {text("abc"), text("")},
        {text(""), text("abc")},
        {text("a\0"sv)},
        {text("\0a"sv)},
        {text("\0"sv)},
        {text("null")},
        // a number, a uuid and a text of the same bytes
        {number(0)},
        {number(0), number(0)},
        {EntryField::of(zero)},
        {text("\0\0\0\0\0\0\0\0"sv)},
        {text("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv)},
        {EntryField::of(uuid)},
        {text("abcdefghijklmnop")},
        {number(0x6162636465666768)},
        {text("abcdefgh")},
        {number(0x6162636465666768), number(0x696a6b6c6d6e6f70)},
        {number(1), number(-1)},
        {number(-1), number(1)},
        {number(-1)},
        {number(255)},
        {number(0xff00)},
        // what looks like the head of another field
        {text("a\x03\0\0\0\1b"sv)},
        {text("a"), text("b")},
        {text("\0\0\0\1a"sv)},
        {text("\x03\0\0\0\1a"sv)},
        {null, null, text("a")},
        {text("\0\0\x03\0\0\0\1a"sv)},
    };
    std::map<Digest, std::size_t> seen;
    for (std::size_t one = 0; one < entries.size(); ++one) {
        const auto [first, is_new] = seen.emplace(hash_of(entries[one]), one);
        EXPECT_TRUE(is_new) << "entries " << first->second << " and " << one;
    }
}

TEST(EntryHash, DependsOnWhatItFollowsAndOnItsKind) {
    const Fields fields = {number(1), text("visit")};
    Digest other{};
    other.back() = 1;
    const std::set<Digest> hashes = {
        hash_of(fields, EntryKind::event), hash_of(fields, EntryKind::status), hash_of(fields, EntryKind::event, other),
        hash_of(fields, EntryKind::status, other), hash_of({null, number(1), text("visit")})};  // the kind is no field
    EXPECT_EQ(hashes.size(), 5U);
}

TEST(EntryHash, DependsOnEveryBitOfAField) {
    std::set<Digest> hashes;
    for (int bit = 0; bit < 64; ++bit)
        hashes.insert(hash_of({number(static_cast<std::int64_t>(std::uint64_t{1} << bit))}));
    Uuid uuid{};
    for (std::size_t bit = 0; bit < 128; ++bit) {
        uuid = {};
        uuid[bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
        hashes.insert(hash_of({EntryField::of(uuid)}));
    }
    EXPECT_EQ(hashes.size(), 64U + 128U);
}

// The vectors were computed by the openssl command line: see second_opinion.sh.
EntryField field_from(const std::string& word, std::vector<std::string>& texts, std::vector<Uuid>& uuids) {
    const std::string_view value = std::string_view(word).substr(1);
    switch (word.front()) {
        case '#': return number(std::stoll(std::string(value)));
        case '@': return EntryField::of(uuids.emplace_back(unhex_to<Uuid>(value)));
        case '=': return text(texts.emplace_back(test::text_from_hex(value)));
        case '*': return text(texts.emplace_back(static_cast<std::size_t>(std::stoul(std::string(value))), 'x'));
        default: return null;
    }
}

TEST(Chain, IsAsPublished) {
    const auto starts = test::vectors("chain");
    ASSERT_FALSE(starts.empty());
    for (const auto& vector : starts)
        EXPECT_EQ(hex(chain_start(unhex_to<Uuid>(vector.words.at(0)), unhex_to<Uuid>(vector.words.at(1))).value),
                  vector.expected)
            << vector.line;

    const auto entries = test::vectors("entry");
    ASSERT_FALSE(entries.empty());
    for (const auto& vector : entries) {
        std::vector<std::string> texts;
        std::vector<Uuid> uuids;
        texts.reserve(vector.words.size());  // fields look at them
        uuids.reserve(vector.words.size());
        Fields fields;
        for (std::size_t word = 2; word < vector.words.size(); ++word)
            fields.push_back(field_from(vector.words[word], texts, uuids));
        const EntryKind kind = vector.words.at(1) == "event" ? EntryKind::event : EntryKind::status;
        EXPECT_EQ(hex(hash_of(fields, kind, unhex_to<Digest>(vector.words.at(0)))), vector.expected) << vector.line;
    }
}

// Fields are gathered in 512 bytes, of which 33 are taken; a text has five bytes of its own before it.
TEST(EntryHash, IsTheHashOfTheBytesWhereverTheBufferEnds) {
    const auto joined = [](const std::vector<std::string>& texts) {
        std::vector<std::uint8_t> bytes(std::tuple_size_v<Digest>);  // what it follows: zeros
        bytes.push_back(1);                                          // an event
        for (const std::string& one : texts) {
            const auto size = static_cast<std::uint32_t>(one.size());
            bytes.insert(bytes.end(), {3, static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                                       static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        return bytes;
    };
    const auto check = [&](const std::vector<std::string>& texts) {
        Fields fields;
        for (const std::string& one : texts) fields.push_back(text(one));
        const auto expected = sha256(joined(texts));
        ASSERT_TRUE(expected.ok());
        EXPECT_EQ(hash_of(fields), expected.value) << texts.front().size() << " bytes first, of " << texts.size();
    };
    for (std::size_t first = 0; first <= 1100; ++first) check({std::string(first, 'a'), "b", std::string(3, 'c')});
    for (const std::size_t size : {473UL, 474UL, 475UL, 511UL, 512UL, 513UL, 1024UL, 100000UL})
        check({std::string(size, 'a'), std::string(size, 'b'), "", std::string(size, 'c'), "d"});
}

}  // namespace
}  // namespace rewards
