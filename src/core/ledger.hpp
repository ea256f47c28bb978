// What does an event, or a change of its status, do to a balance?
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace rewards {

enum class Status : std::uint8_t {
    pending,
    validating,
    validated,
    rejected,
    pending_review,
    flagged,
};

Result<Status> status_from_text(std::string_view text) noexcept;
std::string_view text_of(Status status) noexcept;

// Validated and rejected are final: a correction is a new event.
bool may_become(Status from, Status to) noexcept;

struct Balance {
    std::int64_t available = 0;
    std::int64_t pending = 0;
    std::int64_t earned = 0;
    std::int64_t spent = 0;

    friend constexpr bool operator==(const Balance&, const Balance&) noexcept = default;
};

// Validated points are available and count as earned or spent, rejected ones count nowhere,
// all others are pending. Available points never become negative.
Result<Balance> add_event(Balance balance, std::int64_t delta, Status status) noexcept;
Result<Balance> change_status(Balance balance, std::int64_t delta, Status from, Status to) noexcept;
// What many events changed together; the order among them does not matter, only where it ends.
Result<Balance> add_change(const Balance& balance, const Balance& change) noexcept;

// What events come to, added up in any order: nothing is refused but more points than there are numbers for.
struct EventSums {
    std::int64_t pending = 0;
    std::int64_t earned = 0;
    std::int64_t spent = 0;

    friend constexpr bool operator==(const EventSums&, const EventSums&) noexcept = default;
};

// What is neither validated nor rejected is pending.
Result<EventSums> count_event(EventSums sums, std::int64_t delta, std::string_view status) noexcept;
Result<EventSums> add_sums(const EventSums& one, const EventSums& other) noexcept;

}  // namespace rewards
