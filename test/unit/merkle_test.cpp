#include "core/merkle.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex;
using test::unhex_to;

using Data = std::vector<std::uint8_t>;
using Leaves = std::vector<Data>;

// The leaves and roots by which implementations of Certificate Transparency agree.
const Leaves published_leaves = {
    unhex(""),
    unhex("00"),
    unhex("10"),
    unhex("2021"),
    unhex("3031"),
    unhex("40414243"),
    unhex("5051525354555657"),
    unhex("606162636465666768696a6b6c6d6e6f"),
};
const char* const published_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

Leaves first(std::size_t count, const Leaves& leaves) {
    return {leaves.begin(), leaves.begin() + std::ptrdiff_t(count)};
}

// Different ones, of lengths around the block size of SHA-256.
Leaves some_leaves(std::size_t count) {
    Leaves leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.emplace_back(i, static_cast<std::uint8_t>(i));
    return leaves;
}

MerkleTree tree_of(const Leaves& leaves, MerklePath* path = nullptr) {
    MerkleTree tree{};
    for (const Data& leaf : leaves) EXPECT_FALSE(add_leaf(tree, leaf, path));
    return tree;
}

std::string root_of(const Leaves& leaves) { return hex(merkle_root(tree_of(leaves)).value); }

std::vector<Digest> path_to(std::uint64_t index, const Leaves& leaves) {
    MerklePath path{};
    path.index = index;
    EXPECT_TRUE(merkle_root(tree_of(leaves, &path), &path).ok());
    return {path.siblings.begin(), path.siblings.begin() + std::ptrdiff_t(path.length)};
}

std::vector<std::string> hex_path_to(std::uint64_t index, const Leaves& leaves) {
    std::vector<std::string> path;
    for (const Digest& sibling : path_to(index, leaves)) path.push_back(hex(sibling));
    return path;
}

// The definition of RFC 9162, section 2.1.1, word for word.
Digest by_definition(const Leaves& leaves) {
    Data message;
    if (leaves.size() == 1) {
        message.push_back(0);
        message.insert(message.end(), leaves[0].begin(), leaves[0].end());
    } else if (leaves.size() > 1) {
        std::size_t split = 1;
        while (split * 2 < leaves.size()) split *= 2;
        message.push_back(1);
        for (const Leaves& side : {first(split, leaves), Leaves(leaves.begin() + std::ptrdiff_t(split), leaves.end())})
            for (const std::uint8_t byte : by_definition(side)) message.push_back(byte);
    }
    return sha256(message).value;
}

TEST(Merkle, AgreesWithThePublishedRoots) {
    for (std::size_t count = 0; count <= published_leaves.size(); ++count)
        EXPECT_EQ(root_of(first(count, published_leaves)), published_roots[count]) << count;
}

TEST(Merkle, AgreesWithThePublishedPaths) {
    using Path = std::vector<std::string>;
    EXPECT_EQ(hex_path_to(0, first(1, published_leaves)), Path{});
    EXPECT_EQ(hex_path_to(0, published_leaves),
              (Path{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
    EXPECT_EQ(hex_path_to(5, published_leaves),
              (Path{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
    EXPECT_EQ(hex_path_to(2, first(3, published_leaves)),
              (Path{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
}

TEST(Merkle, AgreesWithTheDefinition) {
    for (std::size_t count = 0; count <= 70; ++count) {
        const Leaves leaves = some_leaves(count);
        EXPECT_EQ(root_of(leaves), hex(by_definition(leaves))) << count;
    }
}

TEST(Merkle, LeadsFromEveryLeafToTheRoot) {
    for (std::size_t count = 1; count <= 70; ++count) {
        const Leaves leaves = some_leaves(count);
        const std::string root = root_of(leaves);
        for (std::uint64_t index = 0; index < count; ++index) {
            const auto end = follow_path(leaves[index], index, count, path_to(index, leaves));
            ASSERT_TRUE(end.ok()) << index << " of " << count;
            EXPECT_EQ(hex(end.value), root) << index << " of " << count;
        }
    }
}

TEST(Merkle, TakesAMillionLeaves) {
    MerkleTree tree{};
    MerklePath path{};
    path.index = 999'999;
    for (std::uint64_t i = 0; i < 1'000'001; ++i) EXPECT_FALSE(add_leaf(tree, big_endian(i), &path));
    const auto root = merkle_root(tree, &path);
    EXPECT_EQ(tree.height, 8U);
    EXPECT_EQ(path.length, 13U);
    const auto end = follow_path(big_endian(path.index), path.index, tree.leaves, {path.siblings.data(), path.length});
    EXPECT_EQ(hex(end.value), hex(root.value));
}

TEST(Merkle, TellsALeafFromANode) {
    const Leaves pair = some_leaves(2);
    Data node;
    for (const Data& leaf : pair)
        for (const std::uint8_t byte : by_definition({leaf})) node.push_back(byte);
    EXPECT_NE(root_of({node}), root_of(pair));
}

TEST(Merkle, GoesOnAfterARoot) {
    MerkleTree tree = tree_of(first(5, published_leaves));
    EXPECT_EQ(hex(merkle_root(tree).value), published_roots[5]);
    EXPECT_FALSE(add_leaf(tree, published_leaves[5]));
    EXPECT_EQ(hex(merkle_root(tree).value), published_roots[6]);
}

TEST(MerklePath, DoesNotLeadToTheRootFromElsewhere) {
    const Leaves leaves = some_leaves(11);
    const std::string root = root_of(leaves);
    for (std::uint64_t index = 0; index < leaves.size(); ++index) {
        const std::vector<Digest> path = path_to(index, leaves);
        for (std::uint64_t other = 0; other < leaves.size(); ++other) {
            if (other == index) continue;
            EXPECT_NE(hex(follow_path(leaves[index], other, leaves.size(), path).value), root);
            EXPECT_NE(hex(follow_path(leaves[other], index, leaves.size(), path).value), root);
        }
    }
}

TEST(MerklePath, BreaksWithEveryBitOfEverySibling) {
    const Leaves leaves = some_leaves(7);
    const std::string root = root_of(leaves);
    std::vector<Digest> path = path_to(6, leaves);
    for (Digest& sibling : path)
        for (std::uint8_t& byte : sibling) {
            byte ^= 1;
            EXPECT_NE(hex(follow_path(leaves[6], 6, leaves.size(), path).value), root);
            byte ^= 1;
        }
    EXPECT_EQ(hex(follow_path(leaves[6], 6, leaves.size(), path).value), root);
}

TEST(MerklePath, HasTheLengthThatItsPlaceAsksFor) {
    for (std::size_t count = 1; count <= 20; ++count)
        for (std::uint64_t index = 0; index < count; ++index) {
            const Leaves leaves = some_leaves(count);
            std::vector<Digest> path = path_to(index, leaves);
            path.emplace_back();
            EXPECT_EQ(follow_path(leaves[index], index, count, path).error.fault, Fault::malformed);
            path.pop_back();
            if (path.empty()) continue;
            path.pop_back();
            EXPECT_EQ(follow_path(leaves[index], index, count, path).error.fault, Fault::malformed);
        }
}

TEST(MerklePath, IsOfALeafThatIsThere) {
    const Leaves leaves = some_leaves(3);
    MerklePath path{};
    path.index = 3;
    EXPECT_EQ(merkle_root(tree_of(leaves, &path), &path).error.fault, Fault::malformed);
    EXPECT_EQ(follow_path(leaves[0], 3, 3, {}).error.fault, Fault::malformed);
    EXPECT_EQ(follow_path(leaves[0], 0, 0, {}).error.fault, Fault::malformed);
    path = {};
    EXPECT_EQ(merkle_root(MerkleTree{}, &path).error.fault, Fault::malformed);
}

}  // namespace
}  // namespace rewards
