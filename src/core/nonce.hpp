// Is a request that repeats a nonce the same request? Equal fingerprints say so.
#pragma once

#include <span>
#include <string_view>

#include "core/digest.hpp"
#include "core/result.hpp"

namespace rewards {

struct Field {
    std::string_view bytes;
    bool is_null = false;
};

using Fingerprint = Digest;

// Injective: two lists of fields hash the same bytes only if they are equal, field by field. The
// bytes of a null field do not count.
Result<Fingerprint> fingerprint(std::span<const Field> fields) noexcept;

}  // namespace rewards
