// Which request was an attestation made for, and how much does it say of the device?
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

struct AttestedRequest {
    Uuid company;
    Uuid user;
    std::string_view event_type;
    std::int64_t event_milliseconds;  // since 1970
    std::string_view nonce;
};

// SHA-256 of a text that is easy to make on a phone, six lines without a line break at the end:
//
//   pg_rewards event v1
//   <company, lower-case UUID>
//   <user, lower-case UUID>
//   <event_type>
//   <event_time, whole milliseconds since 1970 in decimal>
//   <nonce>
//
// Injective, because only the last line may contain line breaks: an event type that has one is malformed.
Result<Digest> request_hash(const AttestedRequest& request) noexcept;

// How request_hash() is written: base64url without padding.
using DigestText = std::array<char, 43>;
DigestText text_of(const Digest& digest) noexcept;

// As verifiers deliver it: hexadecimal, base64 or base64url, with or without padding. Nothing: no SHA-256 digest.
std::optional<Digest> digest_from_text(std::string_view text) noexcept;

// The numbers are stored.
enum class AttestationLevel : std::uint8_t { none, invalid, basic, device, strong };
std::string_view text_of(AttestationLevel level) noexcept;

// What a device label of Play Integrity (MEETS_...) amounts to; none for one that is not known.
AttestationLevel level_of_label(std::string_view label) noexcept;

// A whole number from zero on, in decimal digits, as JSON writes it or as text: nothing if it is anything else.
std::optional<std::int64_t> parse_count(std::string_view digits) noexcept;

// How old, or how far ahead of our clock, a Play Integrity verdict may be.
inline constexpr std::int64_t verdict_validity_milliseconds = 10 * 60 * 1000;
bool is_timely(std::int64_t made_milliseconds, std::int64_t now_milliseconds) noexcept;

}  // namespace rewards
