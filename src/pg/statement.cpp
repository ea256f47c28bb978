#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

int execute(const char* sql, std::initializer_list<SqlArgument> arguments, bool read_only) {
    constexpr std::size_t most_arguments = 8;
    Oid types[most_arguments];
    Datum values[most_arguments];
    char nulls[most_arguments];
    int count = 0;
    for (const SqlArgument& argument : arguments) {
        types[count] = argument.type;
        values[count] = argument.field.value;
        nulls[count++] = argument.field.is_null ? 'n' : ' ';
    }
    return SPI_execute_with_args(sql, count, types, values, nulls, read_only, 0);
}

}  // namespace

RowField SqlRow::field(int number) const {
    bool is_null;
    const Datum datum = SPI_getbinval(tuple, columns, number, &is_null);
    return is_null ? RowField() : RowField(datum);
}

Datum SqlRow::required(int number) const {
    const RowField found = field(number);
    if (found.is_null)
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("a column of the ledger is null that must not be"),
                errhint("See rewards.verify_ledger()."));
    return found.value;
}

SqlRows read_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments) {
    as_owner(relation, [&] {
        if (execute(sql, arguments, true) != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not read the tables of rewards"));
    });
    return {SPI_tuptable, SPI_processed};
}

SqlRows write_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments) {
    as_owner(relation, [&] {
        if (execute(sql, arguments, false) != SPI_OK_SELECT || SPI_processed != 1)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not change the tables of rewards"));
    });
    return {SPI_tuptable, SPI_processed};
}

std::int64_t count_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments) {
    SPI_connect();
    const std::int64_t count = write_as_owner(relation, sql, arguments)[0].integer(1);
    SPI_finish();
    return count;
}

std::uint64_t delete_as_owner(Relation relation, const char* sql, std::initializer_list<SqlArgument> arguments) {
    SPI_connect();
    as_owner(relation, [&] {
        if (execute(sql, arguments, false) != SPI_OK_DELETE)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not delete rows of rewards"));
    });
    const std::uint64_t count = SPI_processed;
    SPI_finish();
    return count;
}

}  // namespace rewards::pg
