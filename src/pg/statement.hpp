// SQL that rewards runs itself, as the owner of the tables.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

// A row that SPI holds. Column numbers start at 1.
struct SqlRow {
    HeapTuple tuple;
    TupleDesc columns;

    RowField field(int number) const;
    Datum required(int number) const;
    std::int64_t integer(int number) const { return DatumGetInt64(required(number)); }
    Uuid uuid(int number) const { return uuid_of(required(number)); }
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

// Reads with the active snapshot, between SPI_connect() and SPI_finish().
SqlRows read_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments);

// Reads what is committed now, at REPEATABLE READ too; `read` gets the rows, which are gone afterwards.
template <typename Read>
void read_newest_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments, Read read) {
    PushActiveSnapshot(GetLatestSnapshot());
    SPI_connect();
    read(read_as_owner(relation, sql, arguments));
    SPI_finish();
    PopActiveSnapshot();
}

// Runs a statement that writes and selects one row, between SPI_connect() and SPI_finish().
SqlRows write_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments);

// Runs a statement that writes and selects one number, which is returned.
std::int64_t count_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments);

// Returns how many rows were deleted.
std::uint64_t delete_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments);

}  // namespace rewards::pg
