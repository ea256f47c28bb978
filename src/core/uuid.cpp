#include "core/uuid.hpp"

#include <algorithm>

#include "core/digits.hpp"
#include "core/hashing.hpp"

namespace rewards {

namespace {

constexpr std::uint8_t rfc_variant(std::uint8_t byte) noexcept {
    return static_cast<std::uint8_t>((byte & 0x3f) | 0x80);
}

}  // namespace

Uuid uuid_v7(std::uint64_t unix_microseconds, std::span<const std::uint8_t, 8> random) noexcept {
    constexpr std::uint64_t version = 7;
    const std::uint64_t milliseconds = unix_microseconds / 1000;
    const std::uint64_t fraction = unix_microseconds % 1000 * 4096 / 1000;

    Uuid uuid;
    std::ranges::copy(big_endian(milliseconds << 16 | version << 12 | fraction), uuid.begin());
    std::ranges::copy(random, uuid.begin() + 8);
    uuid[8] = rfc_variant(uuid[8]);
    return uuid;
}

std::optional<Uuid> parse_uuid(std::string_view text) noexcept {
    if (text.size() != uuid_text_size) return std::nullopt;
    Uuid uuid{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen && text[i] == '-') continue;
        const std::optional<unsigned> digit = hex_value(text[i]);
        if (is_hyphen || !digit) return std::nullopt;
        uuid[digits / 2] = static_cast<std::uint8_t>(unsigned{uuid[digits / 2]} << 4 | *digit);
        ++digits;
    }
    return uuid;
}

Result<Uuid> uuid_v5(const Uuid& name_space, std::string_view name) noexcept {
    std::array<std::uint8_t, 20> digest;
    if (!Hashing(EVP_sha1()).add(name_space).add(bytes_of(name)).finish(digest))
        return Error{Fault::crypto, "could not compute a SHA-1 digest"};

    Uuid uuid;
    std::copy_n(digest.begin(), uuid.size(), uuid.begin());
    uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x50);
    uuid[8] = rfc_variant(uuid[8]);
    return uuid;
}

}  // namespace rewards
