// Which keys follow from the key file? Of a master one for each purpose; a legacy secret is a key as it is.
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

// None: the file has no such slot.
KeyKind kind_of(const KeyRing& ring, unsigned slot) noexcept;

// The last master in the file.
unsigned newest_slot(const KeyRing& ring) noexcept;

// Tells keys apart and tells nothing about them: fit for tables and logs. As a legacy secret may be one that can be
// guessed, 16 bits have to do for it.
Result<KeyFingerprint> key_fingerprint(const KeyRing& ring, unsigned slot) noexcept;

// One key each, so that no output of one purpose can be passed off as that of another.
enum class KeyPurpose : std::uint8_t {
    coupon_code,
    coupon_tag,
    coupon_layer,
    company_token,
    vendor_key,
    vendor_tag,
    legacy_tag  // the only one of a legacy slot
};
inline constexpr std::size_t purpose_count = 7;

// The ring keeps the key.
Result<HmacKey*> key_for(KeyRing& ring, unsigned slot, KeyPurpose purpose) noexcept;

}  // namespace rewards
