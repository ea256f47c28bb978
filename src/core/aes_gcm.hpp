// AES-256-GCM: what is sealed can be neither read nor changed without the key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace rewards {

inline constexpr std::size_t gcm_key_size = 32;
inline constexpr std::size_t gcm_tag_size = 16;

// Never twice with one key: two messages under one nonce give away both, and with them the key of the tags.
using GcmNonce = std::array<std::uint8_t, 12>;

// A key prepared once and used for many messages. The caller owns it and closes it.
struct GcmKey;
Result<GcmKey*> open_gcm_key(std::span<const std::uint8_t, gcm_key_size> key) noexcept;
void close_gcm_key(GcmKey* key) noexcept;

// `sealed` has room for the message and a tag behind it; returns how many bytes those are. What is `bound` is not in
// it, and must be the same when it is opened.
Result<std::size_t> gcm_seal(GcmKey& key, const GcmNonce& nonce, Bytes bound, Bytes message,
                             std::span<std::uint8_t> sealed) noexcept;

// `message` has room for what was sealed without its tag; returns how many bytes those are. Nothing of a message whose
// tag is wrong is left there.
Result<std::size_t> gcm_open(GcmKey& key, const GcmNonce& nonce, Bytes bound, Bytes sealed,
                             std::span<std::uint8_t> message) noexcept;

}  // namespace rewards
