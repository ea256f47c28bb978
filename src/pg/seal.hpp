// Queries about sealed blocks, which run as the owner of the tables and read with the active snapshot.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

TableLayout& blocks_layout();

// A row that SPI holds.
struct SqlRow {
    HeapTuple tuple;
    TupleDesc columns;

    RowField field(int number) const;
    Datum required(int number) const;
    std::int64_t integer(int number) const { return DatumGetInt64(required(number)); }
};

struct SqlRows {
    SPITupleTable* table;
    std::uint64_t count;

    SqlRow operator[](std::uint64_t index) const { return {table->vals[index], table->tupdesc}; }
};

struct SqlArgument {
    Oid type;
    RowField field;
};

// Between SPI_connect() and SPI_finish().
SqlRows read_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments);

}  // namespace rewards::pg
