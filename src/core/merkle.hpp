// How do many entries get one digest, by which each of them can be shown to be among them?
//
// The trees of RFC 6962 (and 9162): a leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left ||
// right), and of n leaves the left side has the largest power of two below n. Leaves come one by one
// and nothing is allocated: what is kept of them is the roots of the complete subtrees so far.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/digest.hpp"

namespace rewards {

inline constexpr std::size_t tallest_merkle_tree = 64;

// The roots of complete subtrees, the largest first: one for each bit of the number of leaves.
struct MerkleTree {
    std::uint64_t leaves;
    std::size_t height;
    std::array<Digest, tallest_merkle_tree> stack;
};

// The siblings that lead from one leaf to the root, the leaf's own first.
struct MerklePath {
    std::uint64_t index;  // of the leaf, from 0
    std::size_t place;    // in the stack: the subtree that the leaf is in, once it is there
    std::size_t length;
    std::array<Digest, tallest_merkle_tree> siblings;
};

// Begin with zeroes: MerkleTree{}. Where a path is wanted, every leaf is added with it, and the root
// completes it.
Error add_leaf(MerkleTree& tree, Bytes data, MerklePath* path = nullptr) noexcept;
Result<Digest> merkle_root(MerkleTree tree, MerklePath* path = nullptr) noexcept;

// Where the path of a leaf leads in a tree of that many leaves: to the root, if the leaf is in it. A
// path that no such tree has is malformed.
Result<Digest> follow_path(Bytes data, std::uint64_t index, std::uint64_t leaves,
                           std::span<const Digest> siblings) noexcept;

}  // namespace rewards
