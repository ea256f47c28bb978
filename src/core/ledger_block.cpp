#include "core/ledger_block.hpp"

#include "core/hashing.hpp"

namespace rewards {

namespace {

// Names the layout: stored hashes outlive the code, so another layout needs another tag.
constexpr std::string_view layout_tag = "pg_rewards block v1";

auto number_bytes(std::int64_t number) noexcept { return big_endian(static_cast<std::uint64_t>(number)); }

}  // namespace

Result<Digest> block_hash(const Block& block) noexcept {
    Hashing hashing(sha256_algorithm());
    hashing.add(bytes_of(layout_tag)).add(block.company);
    for (const std::int64_t number : {block.number, block.system, block.from_xid, block.to_xid, block.entries})
        hashing.add(number_bytes(number));
    hashing.add(block.root).add(block.previous).add(number_bytes(block.sealed_at)).add(bytes_of(block.sealed_by));

    Result<Digest> hash;
    if (!hashing.finish(hash.value)) hash.error = {Fault::crypto, "could not compute the hash of a block"};
    return hash;
}

}  // namespace rewards
