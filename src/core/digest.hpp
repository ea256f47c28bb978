// SHA-256, HMAC-SHA-256 and HKDF-SHA-256.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace rewards {

using Digest = std::array<std::uint8_t, 32>;

Result<Digest> sha256(Bytes message) noexcept;

// A key prepared once and used for many messages. The caller owns it and closes it.
struct HmacKey;
Result<HmacKey*> open_hmac_key(Bytes key) noexcept;
void close_hmac_key(HmacKey* key) noexcept;

// The parts are hashed as one message. Keep all but one of fixed width: where one part ends and
// the next begins is not hashed.
Result<Digest> hmac_sha256(HmacKey& key, std::initializer_list<Bytes> parts) noexcept;

// RFC 5869; fills all of `derived` (at most 255 * 32 bytes) and returns its length.
Result<std::size_t> hkdf_sha256(Bytes secret, Bytes salt, Bytes info, std::span<std::uint8_t> derived) noexcept;

}  // namespace rewards
