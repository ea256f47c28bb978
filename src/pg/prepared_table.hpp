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

// What kind of entries: those of a row that was updated, and then perhaps for summarizing indexes only; or those of one that may
// meet another row of the same key, which is told.
struct NewEntries {
    bool is_update = false;
    bool only_summarizing = false;
    List* key = NIL;
    bool* met_another = nullptr;
};

// The entries of a row in the open indexes. Returns the indexes that are to be checked again later.
List* insert_entries(ResultRelInfo* info, EState* estate, TupleTableSlot* row, const NewEntries& entries = {});

// Their locks are kept, as those on tables are: the next call finds them.
void close_indexes(ResultRelInfo* info);

}  // namespace rewards::pg
