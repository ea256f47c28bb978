#include "core/timestamp.hpp"

#include <gtest/gtest.h>

namespace rewards {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;

TEST(Timestamp, CountsFromTheYear2000) {
    EXPECT_EQ(parse_timestamp("2000-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_timestamp("1999-12-31T23:59:59Z"), -second);
    EXPECT_EQ(parse_timestamp("2000-03-01T00:00:00Z"), 60 * day);  // a leap year
    EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), -946'684'800 * second);
}

// By the date command: date -u -d '2026-11-22 17:16:15' +%s is 1795367775.
TEST(Timestamp, ReadsAFractionOfOneToSixDigits) {
    constexpr std::int64_t moment = (1'795'367'775 - 946'684'800) * second;
    EXPECT_EQ(parse_timestamp("2026-11-22T17:16:15Z"), moment);
    EXPECT_EQ(parse_timestamp("2026-11-22T17:16:15.5Z"), moment + 500'000);
    EXPECT_EQ(parse_timestamp("2026-11-22T17:16:15.000001Z"), moment + 1);
    EXPECT_EQ(parse_timestamp("2026-11-22T17:16:15.999999Z"), moment + 999'999);
}

TEST(Timestamp, SubtractsTheOffset) {
    EXPECT_EQ(parse_timestamp("2000-01-01T05:30:00+05:30"), 0);
    EXPECT_EQ(parse_timestamp("1999-12-31T16:00:00-08:00"), 0);
    EXPECT_EQ(parse_timestamp("2000-01-01T00:00:00-00:00"), 0);
    EXPECT_EQ(parse_timestamp("2000-01-01T15:59:00+15:59"), 0);
}

TEST(Timestamp, LeavesOtherTextsToTheServer) {
    for (const char* text : {"",
                             "2000",
                             "2000-01-01",
                             "2000-01-01T00:00:00",
                             "2000-01-01 00:00:00Z",
                             "2000-01-01t00:00:00z",
                             "2000-01-01T00:00:00z",
                             "2000-01-01T00:00Z",
                             "2000-01-01T00:00:00+00",
                             "2000-01-01T00:00:00+0000",
                             "2000-01-01T00:00:00+16:00",
                             "2000-01-01T24:00:00Z",
                             "2000-01-01T00:60:00Z",
                             "2000-01-01T00:00:60Z",
                             "2000-01-01T00:00:00.Z",
                             "2000-01-01T00:00:00.1234567Z",
                             "2000-01-01T00:00:00Z ",
                             "2000-13-01T00:00:00Z",
                             "2000-00-01T00:00:00Z",
                             "2000-01-00T00:00:00Z",
                             "2000-01-32T00:00:00Z",
                             "2001-02-29T00:00:00Z",
                             "0000-01-01T00:00:00Z",
                             "12000-01-01T00:00:00Z",
                             "+000-01-01T00:00:00Z",
                             "2000-01-01T0a:00:00Z"})
        EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(Timestamp, KnowsTheYears1To9999) {
    EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z"), -730'119 * day);
    EXPECT_EQ(parse_timestamp("9999-12-31T00:00:00Z"), 2'921'939 * day);
}

}  // namespace
}  // namespace rewards
