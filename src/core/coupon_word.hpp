// Would somebody read a word that offends in this code?
#pragma once

#include <string_view>

namespace rewards {

// Looks across the groups of a code, and takes digits for the letters that they look like.
bool has_blocked_word(std::string_view symbols) noexcept;

}  // namespace rewards
