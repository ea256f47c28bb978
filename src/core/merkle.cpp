#include "core/merkle.hpp"

#include <bit>

#include "core/hashing.hpp"

namespace rewards {

namespace {

constexpr std::uint8_t leaf_tag = 0;
constexpr std::uint8_t node_tag = 1;

constexpr Error hashing_failed{Fault::crypto, "could not compute a node of a Merkle tree"};
constexpr Error wrong_path{Fault::malformed, "not a path of a Merkle tree of this size"};

bool hash_leaf(Bytes data, Digest& leaf) noexcept {
    return Hashing(sha256_algorithm()).add(big_endian(leaf_tag)).add(data).finish(leaf);
}

// The result may be one of the two.
bool hash_node(const Digest& left, const Digest& right, Digest& node) noexcept {
    return Hashing(sha256_algorithm()).add(big_endian(node_tag)).add(left).add(right).finish(node);
}

// A path grows whenever the subtree that its leaf is in gets a sibling.
void note_sibling(const MerkleTree& tree, std::size_t left, MerklePath& path) noexcept {
    if (path.index >= tree.leaves || path.place < left) return;
    path.siblings[path.length++] = tree.stack[path.place == left ? left + 1 : left];
    path.place = left;
}

bool join_last_two(MerkleTree& tree, MerklePath* path) noexcept {
    const std::size_t left = tree.height - 2;
    if (path != nullptr) note_sibling(tree, left, *path);
    --tree.height;
    return hash_node(tree.stack[left], tree.stack[left + 1], tree.stack[left]);
}

}  // namespace

Error add_leaf(MerkleTree& tree, Bytes data, MerklePath* path) noexcept {
    if (!hash_leaf(data, tree.stack[tree.height])) return hashing_failed;
    if (path != nullptr && path->index == tree.leaves) path->place = tree.height;
    ++tree.height;
    ++tree.leaves;
    while (tree.height > static_cast<std::size_t>(std::popcount(tree.leaves)))
        if (!join_last_two(tree, path)) return hashing_failed;
    return {};
}

Result<Digest> merkle_root(MerkleTree tree, MerklePath* path) noexcept {
    if (path != nullptr && path->index >= tree.leaves) return wrong_path;
    if (tree.leaves == 0) return sha256({});
    while (tree.height > 1)
        if (!join_last_two(tree, path)) return hashing_failed;
    return tree.stack[0];
}

Result<Digest> follow_path(Bytes data, std::uint64_t index, std::uint64_t leaves,
                           std::span<const Digest> siblings) noexcept {
    if (index >= leaves) return wrong_path;
    Result<Digest> node;
    if (!hash_leaf(data, node.value)) return hashing_failed;
    std::uint64_t last = leaves - 1;
    for (const Digest& sibling : siblings) {
        if (last == 0) return wrong_path;
        // The last node of a level that has no sibling moves up as it is.
        while ((index & 1) == 0 && index == last) {
            index >>= 1;
            last >>= 1;
        }
        const bool hashed =
            (index & 1) == 0 ? hash_node(node.value, sibling, node.value) : hash_node(sibling, node.value, node.value);
        if (!hashed) return hashing_failed;
        index >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong_path;
    return node;
}

}  // namespace rewards
