// How does a sealed block of the ledger get its hash, which holds every block before it as well?
#pragma once

#include <cstdint>
#include <string_view>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

struct Block {
    Uuid company;
    std::int64_t number;
    std::int64_t system;
    std::int64_t from_xid;
    std::int64_t to_xid;
    std::int64_t entries;
    Digest root;
    Digest previous;         // the hash of the block before; zeroes in the first
    std::int64_t sealed_at;  // microseconds since 1970, UTC
    std::string_view sealed_by;
};

// SHA-256 of the tag "pg_rewards block v1" and the fields in this order: the uuid and digests as they
// are, numbers in 8 bytes, big-endian, and sealed_by to the end. Injective, as only the last has no
// fixed width.
Result<Digest> block_hash(const Block& block) noexcept;

}  // namespace rewards
