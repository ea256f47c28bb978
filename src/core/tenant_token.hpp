// How does a company token say who may act for which company, so that nobody else can say it?
//
// Its bytes, numbers big-endian: version (1 byte), key id (4), key slot (1), system and database that it is for (8, 4),
// issued_at, not_before and expires_at (8 each, microseconds since 1970), company (16), role (1), has a challenge (1),
// length of the actor (1), the actor, the challenge (16, if there is one), and the HMAC-SHA-256 of all before it (32)
// under the key of the slot for this purpose. Its text: "pgr_" and the bytes in base64url, without padding. No two
// texts are the same token, and no two tokens have the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/digits.hpp"
#include "core/key_ring.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

inline constexpr std::string_view token_prefix = "pgr_";

// In the bytes of a token, where a key may be known by its number alone.
struct TokenKey {
    std::uint32_t id;
    std::uint8_t slot;

    bool operator==(const TokenKey&) const = default;
};

struct Audience {
    std::uint64_t system;
    std::uint32_t database;

    bool operator==(const Audience&) const = default;
};

// The letters are in the bytes.
enum class TokenRole : std::uint8_t { user = 'u', service = 's', admin = 'a' };

using Challenge = std::array<std::uint8_t, 16>;

inline constexpr std::size_t token_actor_max = 255;

struct CompanyToken {
    TokenKey key;
    Audience audience;
    std::uint64_t issued_at;  // microseconds since 1970, as the next two
    std::uint64_t not_before;
    std::uint64_t expires_at;
    Uuid company;
    TokenRole role;
    std::optional<Challenge> challenge;
    std::uint8_t actor_size;  // 0: there is no actor
    std::array<char, token_actor_max> actor;

    std::string_view actor_view() const noexcept { return {actor.data(), actor_size}; }
};

inline constexpr std::size_t token_head_size = 1 + 4 + 1 + 8 + 4 + 3 * 8 + 16 + 1 + 1 + 1;
inline constexpr std::size_t token_size_min = token_head_size + sizeof(Digest);
inline constexpr std::size_t token_size_max = token_size_min + token_actor_max + sizeof(Challenge);

struct TokenBytes {
    std::array<std::uint8_t, token_size_max> bytes;
    std::size_t size;
};

struct TokenText {
    std::array<char, token_prefix.size() + base64url_size(token_size_max)> symbols;
    std::size_t length;

    std::string_view view() const noexcept { return {symbols.data(), length}; }
};

Result<TokenText> compose_token(KeyRing& ring, const CompanyToken& token) noexcept;

// What was written, of which nothing can be believed yet.
Result<TokenBytes> decode_token(std::string_view text) noexcept;

// The key that it says it was made with.
TokenKey claimed_key(const TokenBytes& written) noexcept;

// The token, if it was made with that key.
Result<CompanyToken> open_token(KeyRing& ring, const TokenBytes& written) noexcept;

}  // namespace rewards
