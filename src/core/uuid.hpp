// How are ids made? Version 7 for what happens (ordered by time), version 5 for what has a name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace rewards {

using Uuid = std::array<std::uint8_t, 16>;

// RFC 9562 section 6.2, method 3, with the fraction PostgreSQL 18 uses: 48 bits of milliseconds,
// 12 bits of the millisecond, 62 of the 64 random bits.
Uuid uuid_v7(std::uint64_t unix_microseconds, std::span<const std::uint8_t, 8> random) noexcept;

inline constexpr std::size_t uuid_text_size = 36;

// In the form of RFC 9562, in either case. Nothing: another text.
std::optional<Uuid> parse_uuid(std::string_view text) noexcept;

Result<Uuid> uuid_v5(const Uuid& name_space, std::string_view name) noexcept;

}  // namespace rewards
