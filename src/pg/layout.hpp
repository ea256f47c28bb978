// Where are our tables' columns and indexes in this database? Users add columns and indexes, drop
// their own, restore dumps: positions are looked up by name once and forgotten when a table changes.
#pragma once

#include "pg/postgres.hpp"
#include "pg/prepared_table.hpp"

namespace rewards::pg {

struct Column {
    const char* name;
    Oid type;
};

// Is it the column at this number?
inline bool is_column(TupleDesc columns, AttrNumber number, const Column& wanted) {
    if (number < 1 || number > columns->natts) return false;
    const Form_pg_attribute column = TupleDescAttr(columns, number - 1);
    return !column->attisdropped && column->atttypid == wanted.type &&
           std::strcmp(NameStr(column->attname), wanted.name) == 0;
}

// InvalidAttrNumber: there is none of this name and type.
AttrNumber column_number(TupleDesc columns, const Column& wanted);

inline constexpr std::size_t most_columns = 40;
inline constexpr std::size_t most_keys = 4;
inline constexpr std::size_t most_lookups = 4;

// The leading columns of a B-tree index to search by; or all of those of a unique one, by which a row
// is inserted unless it exists. `unless`: only rows in which this column is false are in the index.
struct Lookup {
    std::uint8_t count;
    std::array<std::uint8_t, most_keys> columns;
    bool is_key = false;
    std::optional<std::uint8_t> unless = std::nullopt;
};

// What the code knows of a table and, after `resolve`, where the catalogue has it. One static each.
struct TableLayout {
    const char* name;
    std::span<const Column> columns;
    std::span<const Lookup> lookups;
    void (*when_changed)() = nullptr;

    bool is_resolved = false;
    std::uint64_t changes = 0;        // heard of
    bool has_other_defaults = false;  // on columns that are not ours
    Oid relation = InvalidOid;
    std::array<AttrNumber, most_columns> attributes{};
    std::array<Oid, most_lookups> indexes{};
    PreparedTable prepared{};
    TableLayout* next_watched = nullptr;
};

// Opens the table, which has to be of the version this code knows, with an up-to-date layout.
Relation open_table(TableLayout& layout, LOCKMODE lock);

// What a write to the open table begins with; and its indexes, which are locked.
const PreparedTable& prepared_table(TableLayout& layout, Relation relation);
const PreparedTable& lock_indexes(TableLayout& layout, Relation relation);

// The layout of a trigger's table: ours, without the version check, as triggers must not stop a
// migration; or, in `other`, that of a table with the same columns.
TableLayout& layout_of(TableLayout& layout, Relation relation, TableLayout& other);

// Is this the table of this layout, and not a copy or a namesake?
bool is_own(const TableLayout& layout, Relation relation);

// Starts to listen to changes of tables. `when_changed` of a layout is called on every change of the
// table's definition and, where it has the trigger forget_cached_table, of its rows.
void watch_tables();

}  // namespace rewards::pg
