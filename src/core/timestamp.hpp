// When was that? A moment as JSON writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rewards {

// Microseconds since 2000-01-01T00:00:00Z, from the form of RFC 3339 with a capital T, Z and no more than six digits of a
// second. Nothing: another text, which may be a time in one of the many other forms that the server takes.
std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept;

}  // namespace rewards
