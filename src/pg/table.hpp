// How do hot functions write? Through the executor's simple path, the one logical replication's
// apply worker uses: constraints, row triggers, generated columns and indexes all work; planning
// and privilege checks do not happen. Whoever comes here has checked context and role.
//
// After a lock, old snapshots lie: every read here takes the latest one.
#pragma once

#include "pg/layout.hpp"
#include "pg/postgres.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

inline constexpr std::size_t most_tables = 8;

// One write: its executor state, and the tables to close at its end.
struct Write {
    EState* estate;
    std::array<Relation, most_tables> relations;
    std::size_t relation_count;
};

struct Table {
    TableLayout* layout;
    Relation relation;
    ResultRelInfo* info;         // null when opened for reading
    ResultRelInfo* speculative;  // null until insert_if_new needs it
    TupleTableSlot* found;       // the row that find or lock_row came to
    TupleTableSlot* row;         // the row that insert or update writes
    EState* estate;
    std::uint64_t locked_in;  // the number of the write that locked the found row
};

struct Cell {
    std::uint8_t column;
    RowField field;
};

Write begin_write(const char* function);
void end_write(Write& write);

// The bracket around a hot function's reads and writes; `function` is named where writing is not
// possible (read-only transaction, standby). On error the server cleans up.
template <typename Body>
void with_write(const char* function, Body body) {
    Write write = begin_write(function);
    body(write);
    end_write(write);
}

Table open_for_reading(Write& write, TableLayout& layout);
Table open_for_writing(Write& write, TableLayout& layout);

// The first row whose leading key columns equal `keys`, as of now.
bool find(Table& table, std::size_t lookup, std::initializer_list<Datum> keys);

// The same in its newest version, locked for update until the end of the transaction.
bool lock_row(Table& table, std::size_t lookup, std::initializer_list<Datum> keys);

// Counts, up to `limit`, the rows that match `keys` and whose text column is not `except`.
std::int64_t count_rows(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, std::uint8_t column,
                        std::string_view except, std::int64_t limit);

// A column of the found row.
std::optional<Datum> optional_value(const Table& table, std::uint8_t column);
Datum value(const Table& table, std::uint8_t column);

void insert(Table& table, std::initializer_list<Cell> cells);

// Inserts unless a row with the same key exists, after waiting for whoever is inserting or deleting
// one. Unlike ON CONFLICT DO NOTHING it does not fail at REPEATABLE READ when that row is new.
bool insert_if_new(Table& table, std::size_t lookup, std::initializer_list<Cell> cells);

// Changes the found row, which has to be locked.
void update(Table& table, std::initializer_list<Cell> cells);

struct Identity {
    Oid user;
    int security_context;
    int setting_level;
};
Identity become(Oid owner);
void become_again(const Identity& identity);

// Statements about our tables run as their owner, outside of forced row-level security and with a
// search_path that nobody else can reach: what the books contain does not depend on who asks.
template <typename Body>
void as_owner(Relation relation, Body body) {
    const Identity caller = become(relation->rd_rel->relowner);
    body();
    become_again(caller);
}

// The bracket around reads alone, which are possible on a standby, too.
Write begin_read();
void end_read(Write& read);

template <typename Body>
void with_read(Body body) {
    Write read = begin_read();
    body(read);
    end_read(read);
}

// Calls `visit` for each row whose leading key columns equal `keys`, in the order of the index, until
// it returns false; the row is the found one.
void for_each(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, bool (*visit)(void*), void* visitor);

template <typename Visit>
void for_each(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, Visit visit) {
    for_each(
        table, lookup, keys, [](void* visitor) -> bool { return (*static_cast<Visit*>(visitor))(); }, &visit);
}

}  // namespace rewards::pg
