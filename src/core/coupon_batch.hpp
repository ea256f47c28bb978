// Which id has a coupon of a batch? One that follows from the batch and the coupon's number there, so that whoever goes
// on with an interrupted batch makes no coupon twice.
#pragma once

#include <cstdint>

#include "core/uuid.hpp"

namespace rewards {

// The batch's id, `number` milliseconds later, and of version 8: what RFC 9562 leaves to us. In the order of the numbers,
// so that an index grows at one end; different in the first 48 bits, by which people tell coupons apart.
Uuid batch_coupon_id(const Uuid& batch, std::uint32_t number) noexcept;

}  // namespace rewards
