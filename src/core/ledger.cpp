#include "core/ledger.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rewards {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 6> status_names = {
    "pending", "validating", "validated", "rejected", "pending_review", "flagged",
};

constexpr unsigned bit(Status status) noexcept { return 1U << static_cast<unsigned>(status); }

constexpr unsigned successors(Status from) noexcept {
    constexpr unsigned all = (1U << status_names.size()) - 1;
    constexpr unsigned reviewed = bit(Status::validated) | bit(Status::rejected);
    switch (from) {
        case Status::pending:
        case Status::validating: return all & ~bit(from);
        case Status::pending_review: return reviewed | bit(Status::flagged);
        case Status::flagged: return reviewed | bit(Status::pending_review);
        case Status::validated:
        case Status::rejected: return 0;
    }
    return 0;
}

constexpr bool counts_as_pending(Status status) noexcept {
    return status != Status::validated && status != Status::rejected;
}

constexpr Error overflow{Fault::out_of_range, "points out of range"};
constexpr Error overdrawn{Fault::insufficient, "insufficient points"};

// Does it overflow? Subtracted, not negated and added: the lowest delta has no negative.
bool add_validated(std::int64_t delta, std::int64_t& earned, std::int64_t& spent) noexcept {
    return delta < 0 ? __builtin_sub_overflow(spent, delta, &spent) : __builtin_add_overflow(earned, delta, &earned);
}

Result<Balance> settle(Balance balance, std::int64_t delta) noexcept {
    if (__builtin_add_overflow(balance.available, delta, &balance.available) ||
        add_validated(delta, balance.earned, balance.spent))
        return overflow;
    if (balance.available < 0) return overdrawn;
    return balance;
}

}  // namespace

Result<Status> status_from_text(std::string_view text) noexcept {
    const auto name = std::ranges::find(status_names, text);
    if (name == status_names.end()) return Error{Fault::malformed, "unknown validation status"};
    return static_cast<Status>(name - status_names.begin());
}

std::string_view text_of(Status status) noexcept { return status_names[static_cast<std::size_t>(status)]; }

bool may_become(Status from, Status to) noexcept { return (successors(from) & bit(to)) != 0; }

Result<Balance> add_event(Balance balance, std::int64_t delta, Status status) noexcept {
    if (status == Status::validated) return settle(balance, delta);
    if (counts_as_pending(status) && __builtin_add_overflow(balance.pending, delta, &balance.pending)) return overflow;
    return balance;
}

Result<Balance> change_status(Balance balance, std::int64_t delta, Status from, Status to) noexcept {
    if (!may_become(from, to)) return Error{Fault::malformed, "validation status cannot change that way"};
    // Only what is pending may change at all, so there is nothing to take back elsewhere.
    if (counts_as_pending(to)) return balance;
    if (__builtin_sub_overflow(balance.pending, delta, &balance.pending)) return overflow;
    return add_event(balance, delta, to);
}

Result<Balance> add_change(const Balance& balance, const Balance& change) noexcept {
    Balance sum;
    if (__builtin_add_overflow(balance.available, change.available, &sum.available) ||
        __builtin_add_overflow(balance.pending, change.pending, &sum.pending) ||
        __builtin_add_overflow(balance.earned, change.earned, &sum.earned) ||
        __builtin_add_overflow(balance.spent, change.spent, &sum.spent))
        return overflow;
    if (sum.available < 0) return overdrawn;
    return sum;
}

Result<EventSums> count_event(EventSums sums, std::int64_t delta, std::string_view status) noexcept {
    if (status == text_of(Status::validated)) {
        if (add_validated(delta, sums.earned, sums.spent)) return overflow;
    } else if (status != text_of(Status::rejected)) {
        if (__builtin_add_overflow(sums.pending, delta, &sums.pending)) return overflow;
    }
    return sums;
}

Result<EventSums> add_sums(const EventSums& one, const EventSums& other) noexcept {
    EventSums sums;
    if (__builtin_add_overflow(one.pending, other.pending, &sums.pending) ||
        __builtin_add_overflow(one.earned, other.earned, &sums.earned) ||
        __builtin_add_overflow(one.spent, other.spent, &sums.spent))
        return overflow;
    return sums;
}

}  // namespace rewards
