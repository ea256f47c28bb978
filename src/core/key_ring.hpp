// Which keys follow from the masters of the key file? One for each purpose and slot.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/digest.hpp"
#include "core/key_file.hpp"
#include "core/result.hpp"

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

// One key each, so that no output of one purpose can be passed off as that of another.
enum class KeyPurpose : std::uint8_t { coupon_code, coupon_tag, coupon_layer, company_token, vendor_key, vendor_tag };
inline constexpr std::size_t purpose_count = 6;

// The ring keeps the key.
Result<HmacKey*> key_for(KeyRing& ring, unsigned slot, KeyPurpose purpose) noexcept;

}  // namespace rewards
