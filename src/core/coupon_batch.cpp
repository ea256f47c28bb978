#include "core/coupon_batch.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace rewards {

Uuid batch_coupon_id(const Uuid& batch, std::uint32_t number) noexcept {
    constexpr std::size_t time_bytes = 6;
    std::uint64_t milliseconds = 0;
    for (std::size_t one = 0; one < time_bytes; ++one) milliseconds = milliseconds << 8 | batch[one];

    Uuid coupon = batch;
    std::ranges::copy_n(big_endian((milliseconds + number) << 16).begin(), time_bytes, coupon.begin());
    coupon[time_bytes] = static_cast<std::uint8_t>((batch[time_bytes] & 0x0f) | 0x80);
    return coupon;
}

}  // namespace rewards
