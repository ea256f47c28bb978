// merkle_root(), merkle_path(): Merkle trees as aggregates, over leaves in the order that they are given.
#include "core/merkle.hpp"
#include "pg/raise.hpp"
#include "pg/values.hpp"

extern "C" {
#include "utils/array.h"
}

namespace rewards::pg {

namespace {

struct Growing {
    MerkleTree tree;
    MerklePath path;  // of merkle_path()
};

Growing& state_of(FunctionCallInfo call) {
    MemoryContext context;
    if (AggCheckCallContext(call, &context) == 0)
        ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("must be called as a part of an aggregate"));
    if (call->args[0].isnull) return *static_cast<Growing*>(MemoryContextAllocZero(context, sizeof(Growing)));
    return *reinterpret_cast<Growing*>(call->args[0].value);
}

Bytes bytes_in(Datum datum) { return bytes_of(bytes_view(datum)); }

void raise_if(const Error& error) {
    if (error) raise(error);
}

std::uint64_t count_argument(const Arguments& arguments, int index, const char* name) {
    const std::int64_t count = arguments.integer(index, name);
    if (count < 0) ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be negative", name));
    return static_cast<std::uint64_t>(count);
}

Datum array_of(std::span<const Digest> digests) {
    Datum elements[tallest_merkle_tree];
    for (std::size_t one = 0; one < digests.size(); ++one) elements[one] = bytea_datum(digests[one]);
    return PointerGetDatum(
        construct_array(elements, static_cast<int>(digests.size()), BYTEAOID, -1, false, TYPALIGN_INT));
}

std::size_t read_digests(Datum datum, std::span<Digest> digests) {
    Datum* elements;
    bool* nulls;
    int count;
    deconstruct_array(DatumGetArrayTypeP(datum), BYTEAOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
    if (static_cast<std::size_t>(count) > digests.size())
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("path has more than %zu hashes", digests.size()));
    for (int one = 0; one < count; ++one) {
        const Bytes bytes = nulls[one] ? Bytes() : bytes_in(elements[one]);
        if (bytes.size() != digests[one].size())
            ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a hash of path must have 32 bytes"));
        std::memcpy(digests[one].data(), bytes.data(), bytes.size());
    }
    return static_cast<std::size_t>(count);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_merkle_root_add) {
    using namespace rewards::pg;
    Growing& growing = state_of(fcinfo);
    raise_if(rewards::add_leaf(growing.tree, bytes_in(Arguments{fcinfo}.required(1, "leaf"))));
    PG_RETURN_POINTER(&growing);
}

SQL_FUNCTION(rewards_merkle_path_add) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    Growing& growing = state_of(fcinfo);
    const std::uint64_t index = count_argument(arguments, 2, "index");
    if (growing.tree.leaves == 0) growing.path.index = index;
    if (growing.path.index != index)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("index must be the same for all leaves"));
    raise_if(rewards::add_leaf(growing.tree, bytes_in(arguments.required(1, "leaf")), &growing.path));
    PG_RETURN_POINTER(&growing);
}

SQL_FUNCTION(rewards_merkle_root_end) {
    using namespace rewards::pg;
    const Growing& growing = state_of(fcinfo);
    return bytea_datum(value_or_raise(rewards::merkle_root(growing.tree)));
}

// The state stays as it is: the server may ask for the result again.
SQL_FUNCTION(rewards_merkle_path_end) {
    using namespace rewards::pg;
    const Growing& growing = state_of(fcinfo);
    if (growing.path.index >= growing.tree.leaves) PG_RETURN_NULL();
    rewards::MerklePath path = growing.path;
    (void)value_or_raise(rewards::merkle_root(growing.tree, &path));
    return array_of({path.siblings.data(), path.length});
}

SQL_FUNCTION(rewards_follow_merkle_path) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    std::array<rewards::Digest, rewards::tallest_merkle_tree> siblings;
    const std::size_t count = read_digests(arguments.required(3, "path"), siblings);
    return bytea_datum(value_or_raise(
        rewards::follow_path(bytes_in(arguments.required(0, "leaf")), count_argument(arguments, 1, "index"),
                             count_argument(arguments, 2, "leaves"), {siblings.data(), count})));
}
}
