// The executor works out anew, for every statement that writes to a table, what its CHECK constraints, triggers and indexes
// are, and compiles their conditions. For a hot function that is every call, and would be more than half of a redemption. It
// is worked out once, and kept with the table's layout until the table or one of its indexes changes.
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

struct PreparedIndex {
    Oid index;
    IndexInfo* info;  // null: the server has to describe it each time
};

struct PreparedTable {
    MemoryContext memory;  // null: not prepared
    ResultRelInfo* info;   // without indexes
    std::span<PreparedIndex> indexes;
};

PreparedTable prepare_table(Relation relation);

// Frees it at the end of the transaction, because a call further up may be using it.
void release(PreparedTable& prepared);

// What a write to the table begins with, in memory of its own.
ResultRelInfo* result_info(const PreparedTable& prepared, Relation relation, Index range_table_index);

// Opens the indexes, whose locks are held, for `info`.
void open_indexes(const PreparedTable& prepared, ResultRelInfo* info);

// Their locks are kept, as those on tables are: the next call finds them.
void close_indexes(ResultRelInfo* info);

}  // namespace rewards::pg
