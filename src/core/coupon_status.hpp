// What can become of a coupon?
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace rewards {

enum class CouponStatus : std::uint8_t { issued, held, redeemed, revoked, expired };

Result<CouponStatus> coupon_status_from_text(std::string_view text) noexcept;
std::string_view text_of(CouponStatus status) noexcept;

// Redeemed and revoked are final; an expired coupon can still be revoked, and its points be given back.
bool may_become(CouponStatus from, CouponStatus to) noexcept;

// Can it still be claimed, as far as its status goes?
constexpr bool is_open(CouponStatus status) noexcept {
    return status == CouponStatus::issued || status == CouponStatus::held;
}

}  // namespace rewards
