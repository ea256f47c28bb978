#include "core/nonce.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "hex.hpp"
#include "vectors.hpp"

namespace rewards {
namespace {

using Fields = std::vector<Field>;

Field value(std::string_view bytes) { return {bytes, false}; }
constexpr Field null{{}, true};

Fingerprint print_of(const Fields& fields) {
    const auto print = fingerprint(fields);
    EXPECT_TRUE(print.ok()) << print.error.text;
    return print.value;
}

TEST(Fingerprint, IsTheSameForTheSameRequest) {
    EXPECT_EQ(print_of({value("award"), null, value("100")}), print_of({value("award"), null, value("100")}));
}

TEST(Fingerprint, DoesNotLookAtTheBytesOfANull) { EXPECT_EQ(print_of({{"left over", true}}), print_of({null})); }

// Each pair would be equal under some careless way of joining fields.
TEST(Fingerprint, TellsApartWhatJoiningWouldMix) {
    using namespace std::string_view_literals;
    const std::vector<Fields> requests = {
        {},
        {null},
        {null, null},
        {value("")},
        {value(""), value("")},
        {value(""), null},
        {null, value("")},
        {value("a"), value("bc")},
        {value("ab"), value("c")},
        {value("abc")},
        {value("abc"), value("")},
        {value(""), value("abc")},
        {value("bc"), value("a")},
        {value("a"), null},
        {value("a\0"sv)},
        {value("\0a"sv)},
        {value("\0"sv)},
        {value("\0\0"sv)},
        {value("null")},
        {value("NULL")},
        {value("1"), value("2"), value("3")},
        {value("12"), value("3")},
        {value("1,2"), value("3")},
        {value("a\1b"), value("c")},
        {value("a"), value("b\1c")},
    };
    std::set<Fingerprint> prints;
    for (const Fields& request : requests) prints.insert(print_of(request));
    EXPECT_EQ(prints.size(), requests.size());
}

// One field that holds, byte for byte, what two fields are hashed as.
TEST(Fingerprint, CannotBeForgedByAFieldThatLooksLikeTwo) {
    std::string forged = "a";
    forged += '\1';
    forged += std::string(7, '\0') + '\1';
    forged += "b";
    EXPECT_NE(print_of({value(forged)}), print_of({value("a"), value("b")}));
}

TEST(Fingerprint, IsInjectiveOverAllShortRequests) {
    const std::vector<Field> choices = {null, value(""), value("a"), value("b"), value("aa"), value("ab"), value("\1")};
    std::set<Fingerprint> prints = {print_of({})};
    std::size_t requests = 1;
    for (const Field& first : choices) {
        prints.insert(print_of({first}));
        for (const Field& second : choices) {
            prints.insert(print_of({first, second}));
            for (const Field& third : choices) prints.insert(print_of({first, second, third}));
        }
    }
    requests += choices.size() * (1 + choices.size() * (1 + choices.size()));
    EXPECT_EQ(prints.size(), requests);
}

TEST(Fingerprint, AgreesWithThePublishedVectors) {
    const auto vectors = test::vectors("request");
    ASSERT_FALSE(vectors.empty());
    for (const auto& vector : vectors) {
        std::vector<std::string> contents;
        for (const std::string& word : vector.words)
            contents.push_back(word == "null" ? "" : test::text_from_hex(word.substr(1)));
        Fields fields;
        for (std::size_t i = 0; i < contents.size(); ++i) fields.push_back({contents[i], vector.words[i] == "null"});
        EXPECT_EQ(test::hex(print_of(fields)), vector.expected) << vector.line;
    }
}

}  // namespace
}  // namespace rewards
