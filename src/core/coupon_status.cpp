#include "core/coupon_status.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rewards {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> status_names = {"issued", "held", "redeemed", "revoked", "expired"};

}  // namespace

Result<CouponStatus> coupon_status_from_text(std::string_view text) noexcept {
    const auto name = std::ranges::find(status_names, text);
    if (name == status_names.end()) return Error{Fault::malformed, "unknown coupon status"};
    return static_cast<CouponStatus>(name - status_names.begin());
}

std::string_view text_of(CouponStatus status) noexcept { return status_names[static_cast<std::size_t>(status)]; }

bool may_become(CouponStatus from, CouponStatus to) noexcept {
    if (is_open(from)) return to != from;
    return from == CouponStatus::expired && to == CouponStatus::revoked;
}

}  // namespace rewards
