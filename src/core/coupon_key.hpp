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

// What a programme before us has kept of a code: HMAC-SHA-256 of its text, in capitals and without blanks around it,
// which has 1 to 128 bytes then.
bool is_legacy_length(std::string_view typed) noexcept;
Result<Digest> legacy_tag(KeyRing& ring, unsigned slot, std::string_view typed) noexcept;

// What is stored in place of a tag that was made with the key of `slot`, so that nobody who has that key can search
// for its code.
Result<Digest> layered_tag(KeyRing& ring, unsigned layer_slot, const Uuid& company_id, unsigned slot,
                           const Digest& tag) noexcept;

}  // namespace rewards
