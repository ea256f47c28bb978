// How does a coupon code follow from a key, and what is stored in its place?
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/coupon_code.hpp"
#include "core/key_ring.hpp"
#include "core/uuid.hpp"

namespace rewards {

struct CodeSpec {
    unsigned slot;
    unsigned route;
    std::size_t symbols;
    std::uint32_t generation;
    Uuid coupon_id;
};

Result<CouponCode> derive_code(KeyRing& ring, const CodeSpec& spec) noexcept;

// The same, for a new code: moves the spec on to the first generation, from its own on, in which nobody reads a word
// that offends. What has been handed out stays as it is.
Result<CouponCode> derive_new_code(KeyRing& ring, CodeSpec& spec) noexcept;

// The keyed tag by which a code is found; uses the key slot that the code names.
Result<Digest> code_tag(KeyRing& ring, const Uuid& company_id, const CouponCode& code) noexcept;

}  // namespace rewards
