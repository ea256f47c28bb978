#include "core/ledger_block.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex_to;

Block some_block() {
    Block block{};
    block.company = unhex_to<Uuid>("11111111-1111-4111-8111-111111111111");
    block.number = 2;
    block.system = -7;
    block.from_xid = 731;
    block.to_xid = 4294967296;
    block.entries = 3;
    block.root.fill(0xaa);
    block.previous.fill(0xbb);
    block.sealed_at = 1700000000123456;
    block.sealed_by = "scheduler";
    return block;
}

std::string hash_of(const Block& block) { return hex(block_hash(block).value); }

// Computed with perl: sha256_hex(tag . pack('H*', company) . pack('q>*', numbers) . ...), as the documentation has it.
TEST(Block, HasThePublishedHash) {
    EXPECT_EQ(hash_of(some_block()), "47624c112b8cd78ac3bf5ba690a78ad20e065b4774c435e41c847a839120af4d");
}

TEST(Block, HasAnotherHashWithEveryOtherField) {
    std::set<std::string> hashes = {hash_of(some_block())};
    const auto expect_new = [&](auto change) {
        Block block = some_block();
        change(block);
        EXPECT_TRUE(hashes.insert(hash_of(block)).second) << hashes.size();
    };
    expect_new([](Block& block) { block.company[15] ^= 1; });
    expect_new([](Block& block) { ++block.number; });
    expect_new([](Block& block) { ++block.system; });
    expect_new([](Block& block) { ++block.from_xid; });
    expect_new([](Block& block) { ++block.to_xid; });
    expect_new([](Block& block) { ++block.entries; });
    expect_new([](Block& block) { block.root[31] ^= 1; });
    expect_new([](Block& block) { block.previous[0] ^= 1; });
    expect_new([](Block& block) { ++block.sealed_at; });
    expect_new([](Block& block) { block.sealed_by = "schedule"; });
    expect_new([](Block& block) { std::swap(block.from_xid, block.to_xid); });
    expect_new([](Block& block) { std::swap(block.root, block.previous); });
}

}  // namespace
}  // namespace rewards
