// A path that a tree gives leads to its root, and whatever else is taken for a path leads there only with a leaf that is in
// that place.
#include "core/merkle.hpp"

#include <vector>

#include "require.hpp"
#include "take.hpp"

namespace {

using namespace rewards;

using Leaf = std::array<std::uint8_t, 1>;

struct Tree {
    std::vector<Leaf> leaves;
    Digest root;
    MerklePath path;
};

Tree plant(Bytes& input) {
    const std::size_t leaves = 1 + take<1>(input)[0] % 40;
    Tree tree{};
    tree.path.index = take<1>(input)[0] % leaves;
    MerkleTree growing{};
    for (std::size_t i = 0; i < leaves; ++i) {
        tree.leaves.push_back(take<1>(input));
        REQUIRE(!add_leaf(growing, tree.leaves.back(), &tree.path));
    }
    const auto root = merkle_root(growing, &tree.path);
    REQUIRE(root.ok());
    tree.root = root.value;
    return tree;
}

// Of the path that the tree gave, and of digests that somebody sent.
std::vector<Digest> mix_path(const Tree& tree, Bytes& input) {
    std::vector<Digest> siblings(tree.path.siblings.begin(), tree.path.siblings.begin() + tree.path.length);
    for (std::size_t changes = take<1>(input)[0] % 4; changes > 0; --changes) {
        const std::size_t place = take<1>(input)[0] % (siblings.size() + 1);
        if (take<1>(input)[0] % 3 == 0 && place < siblings.size())
            siblings.erase(siblings.begin() + static_cast<std::ptrdiff_t>(place));
        else
            siblings.insert(siblings.begin() + static_cast<std::ptrdiff_t>(place), take<32>(input));
    }
    return siblings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes input(data, size);
    const Tree tree = plant(input);
    const auto& path = tree.path;
    const auto led = follow_path(tree.leaves[path.index], path.index, tree.leaves.size(),
                                 std::span(path.siblings).first(path.length));
    REQUIRE(led.ok() && led.value == tree.root);

    const std::vector<Digest> siblings = mix_path(tree, input);
    const Leaf leaf = take<1>(input);
    const std::uint64_t index = take_number(input);
    const auto anywhere = follow_path(leaf, index, take_number(input), siblings);
    REQUIRE(anywhere.ok() || anywhere.error.fault == Fault::malformed);
    const std::uint64_t near = index % tree.leaves.size();
    const auto here = follow_path(leaf, near, tree.leaves.size(), siblings);
    if (here.ok() && here.value == tree.root) REQUIRE(tree.leaves[near] == leaf);
    return 0;
}
