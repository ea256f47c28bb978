// For whom are guesses counted, and what is known of each?
#pragma once

#include "core/guess.hpp"
#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

enum class SuspectKind : std::uint32_t { claimer, device, company };

constexpr std::string_view text_of(SuspectKind kind) {
    constexpr std::string_view words[] = {"claimer", "device", "company"};
    return words[static_cast<std::size_t>(kind)];
}

struct Suspect {
    SuspectKind kind;
    std::string_view name;  // within the company; empty: the company itself
    GuessLimit limit;
    std::int64_t forgotten_at;
};

}  // namespace rewards::pg
