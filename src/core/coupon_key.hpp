// How does a coupon code follow from a key, and what is stored in its place?
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/coupon_code.hpp"
#include "core/digest.hpp"
#include "core/key_file.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

using KeyFingerprint = std::array<std::uint8_t, 16>;

// The keys of a key file, ready for use. The caller owns the ring, for the life of a process if it
// likes, and wipes the text it was opened with.
struct KeyRing;
Result<KeyRing*> open_key_ring(std::string_view key_file_text) noexcept;
void close_key_ring(KeyRing* ring) noexcept;

bool has_slot(const KeyRing& ring, unsigned slot) noexcept;
unsigned newest_slot(const KeyRing& ring) noexcept;

// Tells keys apart and tells nothing about them: fit for tables and logs.
Result<KeyFingerprint> key_fingerprint(const KeyRing& ring, unsigned slot) noexcept;

struct CodeSpec {
    unsigned slot;
    unsigned route;
    std::size_t symbols;
    std::uint32_t generation;
    Uuid coupon_id;
};

Result<CouponCode> derive_code(KeyRing& ring, const CodeSpec& spec) noexcept;

// The keyed tag by which a code is found; uses the key slot that the code names.
Result<Digest> code_tag(KeyRing& ring, const Uuid& company_id, const CouponCode& code) noexcept;

}  // namespace rewards
