#include "core/ledger.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace rewards {

std::ostream& operator<<(std::ostream& out, const Balance& balance) {
    return out << "available " << balance.available << ", pending " << balance.pending << ", earned " << balance.earned
               << ", spent " << balance.spent;
}

namespace {

using enum Status;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::array all_statuses = {pending, validating, validated, rejected, pending_review, flagged};
constexpr std::array waiting_statuses = {pending, validating, pending_review, flagged};

constexpr Balance some_balance{.available = 100, .pending = 7, .earned = 150, .spent = 50};

TEST(Status, HasTheNamesThatTheTableHas) {
    EXPECT_EQ(text_of(pending), "pending");
    EXPECT_EQ(text_of(validating), "validating");
    EXPECT_EQ(text_of(validated), "validated");
    EXPECT_EQ(text_of(rejected), "rejected");
    EXPECT_EQ(text_of(pending_review), "pending_review");
    EXPECT_EQ(text_of(flagged), "flagged");
}

TEST(Status, IsReadFromItsNameAndNothingElse) {
    for (const Status status : all_statuses) {
        const auto read = status_from_text(text_of(status));
        ASSERT_TRUE(read.ok());
        EXPECT_EQ(read.value, status);
    }
    for (const std::string_view text : {"", "Pending", "pending ", "valid", "validatedx", "unknown"})
        EXPECT_EQ(status_from_text(text).error.fault, Fault::malformed) << text;
    EXPECT_FALSE(status_from_text(std::string_view("flagged\0", 8)).ok());
}

TEST(Status, ChangesAlongTheAllowedEdgesOnly) {
    const std::set<std::pair<Status, Status>> allowed = {
        {pending, validating},        {pending, validated},  {pending, rejected},         {pending, pending_review},
        {pending, flagged},           {validating, pending}, {validating, validated},     {validating, rejected},
        {validating, pending_review}, {validating, flagged}, {pending_review, validated}, {pending_review, rejected},
        {pending_review, flagged},    {flagged, validated},  {flagged, rejected},         {flagged, pending_review},
    };
    for (const Status from : all_statuses)
        for (const Status to : all_statuses)
            EXPECT_EQ(may_become(from, to), allowed.contains({from, to})) << text_of(from) << " -> " << text_of(to);
}

TEST(AddingAnEvent, MakesValidatedPointsAvailableAndEarned) {
    const auto after = add_event(some_balance, 30, validated);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after.value, (Balance{.available = 130, .pending = 7, .earned = 180, .spent = 50}));
}

TEST(AddingAnEvent, CountsValidatedDeductionsAsSpent) {
    const auto after = add_event(some_balance, -30, validated);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after.value, (Balance{.available = 70, .pending = 7, .earned = 150, .spent = 80}));
}

TEST(AddingAnEvent, LeavesWhatIsNotValidatedPending) {
    for (const Status status : waiting_statuses) {
        const auto after = add_event(some_balance, -30, status);
        ASSERT_TRUE(after.ok());
        EXPECT_EQ(after.value, (Balance{.available = 100, .pending = -23, .earned = 150, .spent = 50}));
    }
}

TEST(AddingAnEvent, IgnoresRejectedPoints) {
    for (const std::int64_t delta : {lowest, std::int64_t{-5}, std::int64_t{5}, highest})
        EXPECT_EQ(add_event(some_balance, delta, rejected).value, some_balance);
}

TEST(AddingAnEvent, SpendsTheLastPointAndNotOneMore) {
    EXPECT_EQ(add_event(some_balance, -100, validated).value.available, 0);
    EXPECT_EQ(add_event(some_balance, -101, validated).error.fault, Fault::insufficient);
}

TEST(AddingAnEvent, ChangesNothingForZeroPoints) {
    for (const Status status : all_statuses) EXPECT_EQ(add_event(some_balance, 0, status).value, some_balance);
}

TEST(ChangingTheStatus, MovesPendingPoints) {
    const Balance before{.available = 10, .pending = 40, .earned = 10};
    EXPECT_EQ(change_status(before, 40, pending, validated).value, (Balance{.available = 50, .earned = 50}));
    EXPECT_EQ(change_status(before, 40, flagged, rejected).value, (Balance{.available = 10, .earned = 10}));
    EXPECT_EQ(change_status(before, 40, pending, pending_review).value, before);
}

TEST(ChangingTheStatus, RefusesEveryOtherEdge) {
    for (const Status from : all_statuses)
        for (const Status to : all_statuses)
            if (!may_become(from, to)) {
                const auto after = change_status(some_balance, 1, from, to);
                EXPECT_EQ(after.error.fault, Fault::malformed) << text_of(from) << " -> " << text_of(to);
            }
}

TEST(ChangingTheStatus, DoesNotOverdraw) {
    const Balance before{.available = 10, .pending = -11, .earned = 10};
    EXPECT_EQ(change_status(before, -11, pending, validated).error.fault, Fault::insufficient);
}

TEST(ChangingTheStatus, EndsWhereAddingAtOnceWouldHaveEnded) {
    for (const std::int64_t delta : {-100, -1, 0, 1, 100})
        for (const Status first : all_statuses)
            for (const Status then : all_statuses) {
                if (!may_become(first, then)) continue;
                const auto waiting = add_event(some_balance, delta, first);
                ASSERT_TRUE(waiting.ok());
                EXPECT_EQ(change_status(waiting.value, delta, first, then).value,
                          add_event(some_balance, delta, then).value);
            }
}

TEST(AddingAChange, AddsEveryPart) {
    const Balance change{.available = -30, .pending = 5, .earned = 20, .spent = 50};
    EXPECT_EQ(add_change(some_balance, change).value,
              (Balance{.available = 70, .pending = 12, .earned = 170, .spent = 100}));
}

TEST(AddingAChange, OverdrawsNothing) {
    EXPECT_EQ(add_change(some_balance, {.available = -100}).value.available, 0);
    EXPECT_EQ(add_change(some_balance, {.available = -101}).error.fault, Fault::insufficient);
}

TEST(AddingAChange, RefusesASumOutOfRangeInEveryPart) {
    for (std::int64_t Balance::*part : {&Balance::available, &Balance::pending, &Balance::earned, &Balance::spent})
        for (const auto& [most, more] : {std::pair{highest, std::int64_t{1}}, std::pair{lowest, std::int64_t{-1}}}) {
            Balance balance;
            balance.*part = most;
            Balance change;
            change.*part = more;
            EXPECT_EQ(add_change(balance, change).error.fault, Fault::out_of_range);
        }
}

TEST(AddingAChange, EndsWhereItsEventsWouldHaveEnded) {
    const auto earned = add_event(some_balance, 40, validated);
    const auto spent = add_event(earned.value, -120, validated);
    const Balance together{.available = -80, .earned = 40, .spent = 120};
    EXPECT_EQ(add_change(some_balance, together).value, spent.value);
}

TEST(AddingEventsUp, PutsEachWhereItsStatusSays) {
    constexpr EventSums before{.pending = 7, .earned = 150, .spent = 50};
    EXPECT_EQ(count_event(before, 30, "validated").value, (EventSums{.pending = 7, .earned = 180, .spent = 50}));
    EXPECT_EQ(count_event(before, -30, "validated").value, (EventSums{.pending = 7, .earned = 150, .spent = 80}));
    EXPECT_EQ(count_event(before, 30, "rejected").value, before);
    for (const std::string_view status : {"pending", "validating", "pending_review", "flagged", "unknown", ""})
        EXPECT_EQ(count_event(before, -30, status).value, (EventSums{.pending = -23, .earned = 150, .spent = 50}));
}

TEST(AddingEventsUp, MaySpendBeforeItEarns) { EXPECT_EQ(count_event(EventSums{}, -30, "validated").value.spent, 30); }

TEST(AddingEventsUp, RefusesSumsOutOfRange) {
    EXPECT_EQ(count_event(EventSums{.pending = highest}, 1, "pending").error.fault, Fault::out_of_range);
    EXPECT_EQ(count_event(EventSums{.pending = lowest}, -1, "flagged").error.fault, Fault::out_of_range);
    EXPECT_EQ(count_event(EventSums{.earned = highest}, 1, "validated").error.fault, Fault::out_of_range);
    EXPECT_EQ(count_event(EventSums{.spent = highest}, -1, "validated").error.fault, Fault::out_of_range);
    EXPECT_EQ(count_event(EventSums{}, lowest, "validated").error.fault, Fault::out_of_range);
    for (std::int64_t EventSums::*part : {&EventSums::pending, &EventSums::earned, &EventSums::spent}) {
        EventSums most;
        most.*part = highest;
        EventSums more;
        more.*part = 1;
        EXPECT_EQ(add_sums(most, more).error.fault, Fault::out_of_range);
    }
}

TEST(AddingEventsUp, GoesOnFromSums) {
    EXPECT_EQ(add_sums({.pending = 1, .earned = 2, .spent = 3}, {.pending = -40, .earned = 50, .spent = 60}).value,
              (EventSums{.pending = -39, .earned = 52, .spent = 63}));
}

// The same sums in 128 bits, at the edges of 64.
__extension__ typedef __int128 Wide;

bool fits(Wide value) { return value >= lowest && value <= highest; }

Result<Balance> model(const Balance& before, Wide pending_change, Wide delta, Status status) {
    const bool settled = status == validated;
    const bool waits = !settled && status != rejected;
    const Wide available = Wide{before.available} + (settled ? delta : 0);
    const Wide pending_points = Wide{before.pending} + pending_change + (waits ? delta : 0);
    const Wide earned = Wide{before.earned} + (settled && delta > 0 ? delta : 0);
    const Wide spent = Wide{before.spent} + (settled && delta < 0 ? -delta : 0);
    if (!fits(available) || !fits(pending_points) || !fits(earned) || !fits(spent))
        return Error{Fault::out_of_range, ""};
    if (settled && available < 0) return Error{Fault::insufficient, ""};
    return Balance{static_cast<std::int64_t>(available), static_cast<std::int64_t>(pending_points),
                   static_cast<std::int64_t>(earned), static_cast<std::int64_t>(spent)};
}

constexpr std::array<std::int64_t, 9> edges = {lowest, lowest + 1, -2, -1, 0, 1, 2, highest - 1, highest};

template <typename Check>
void for_balances_at_the_edges(Check check) {
    for (const std::int64_t available : edges)
        for (const std::int64_t waiting : edges)
            for (const std::int64_t earned : edges)
                for (const std::int64_t spent : edges) check(Balance{available, waiting, earned, spent});
}

bool same(const Result<Balance>& one, const Result<Balance>& other) {
    return one.error.fault == other.error.fault && (!one.ok() || one.value == other.value);
}

TEST(AddingAnEvent, AgreesWithWiderArithmeticAtBothEndsOfTheRange) {
    for_balances_at_the_edges([](const Balance& before) {
        for (const std::int64_t delta : edges)
            for (const Status status : all_statuses)
                ASSERT_TRUE(same(add_event(before, delta, status), model(before, 0, delta, status)))
                    << before << "; " << delta << " " << text_of(status);
    });
}

TEST(ChangingTheStatus, AgreesWithWiderArithmeticAtBothEndsOfTheRange) {
    for_balances_at_the_edges([](const Balance& before) {
        for (const std::int64_t delta : edges)
            for (const Status to : {validated, rejected, flagged})
                ASSERT_TRUE(same(change_status(before, delta, pending, to), model(before, -Wide{delta}, delta, to)))
                    << before << "; " << delta << " " << text_of(to);
    });
}

}  // namespace
}  // namespace rewards
