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

inline constexpr std::size_t most_tables = 16;

struct Write;
struct WaitingRows;

struct Table {
    TableLayout* layout;
    Relation relation;
    ResultRelInfo* info;         // null when opened for reading
    ResultRelInfo* speculative;  // null until insert_if_new needs it
    TupleTableSlot* found;       // the row that find or lock_row came to
    TupleTableSlot* row;         // the row that insert or update writes
    Write* write;
    EState* estate;
    WaitingRows* waiting;     // null: rows are written one by one
    std::uint64_t locked_in;  // the number of the write that locked the found row
};

// One write: its executor state, and the tables it has opened, each once.
struct Write {
    EState* estate;
    std::array<Table, most_tables> tables;
    std::size_t table_count;
    bool gathers_rows;  // those that are inserted wait for each other: for calls that write many
};

struct Cell {
    std::uint8_t column;
    RowField field;
};

// On a standby every transaction is read-only.
void require_writable(const char* function);

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

// The bracket around reads alone, which are possible on a standby, too.
Write begin_read();
void end_read(Write& read);

template <typename Body>
void with_read(Body body) {
    Write read = begin_read();
    body(read);
    end_read(read);
}

// Writes are nested when a row trigger calls one of our functions: the number of the innermost.
std::uint64_t newest_write();

Table& open_for_reading(Write& write, TableLayout& layout);
Table& open_for_writing(Write& write, TableLayout& layout);

// All of a table that is written to; only what gets new entries needs them.
void open_indexes(Table& table);

// Of the key column after those that are given: from `from`, which is in it, until `until`, which is not.
struct Range {
    std::optional<Datum> from;
    std::optional<Datum> until;
};

struct RangeScan {
    Table* table;
    Relation index;
    IndexScanDesc rows;
    Snapshot snapshot;
    ScanDirection direction;
};

RangeScan begin_scan(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, const Range& range,
                     ScanDirection direction);
bool next_row(RangeScan& scan);
void end_scan(RangeScan& scan);

// Visits the rows whose leading key columns equal `keys` and whose next one is in `range`, as of now and
// with what this call has written, in the order of the index or backwards, as the found row of the
// table, until `body` returns false. It must not write to the table.
template <typename Body>
void scan_range(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, const Range& range,
                ScanDirection direction, Body body) {
    RangeScan scan = begin_scan(table, lookup, keys, range, direction);
    while (next_row(scan) && body()) CHECK_FOR_INTERRUPTS();
    end_scan(scan);
}

template <typename Body>
void for_each(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, Body body) {
    scan_range(table, lookup, keys, {}, ForwardScanDirection, body);
}

// The first row whose leading key columns equal `keys`, as of now.
bool find(Table& table, std::size_t lookup, std::initializer_list<Datum> keys);

// The same in its newest version, locked for update until the end of the transaction. With LockWaitSkip a
// row that somebody else has locked counts as not found.
bool lock_row(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, LockWaitPolicy wait = LockWaitBlock);

// Locks the found row as it was found: not when somebody else has locked it, or changed it since.
bool lock_found(Table& table);

// Waits, without locking anything, for a transaction that has changed or locked the first row whose leading key columns
// equal `keys`; false: nobody has.
bool wait_for_holder(Table& table, std::size_t lookup, std::initializer_list<Datum> keys);

// Counts, up to `limit`, the rows that match `keys` and whose text column is not `except`.
std::int64_t count_rows(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, std::uint8_t column,
                        std::string_view except, std::int64_t limit);

RowField field_in(TupleTableSlot* row, AttrNumber number);

// A column of the found row.
std::optional<Datum> optional_value(const Table& table, std::uint8_t column);
std::optional<TimestampTz> optional_time(const Table& table, std::uint8_t column);
std::optional<std::string_view> optional_text(const Table& table, std::uint8_t column);
Datum value(const Table& table, std::uint8_t column);

// What this call has written it can find, and change again: a batch counts its own events.
void make_visible(const Table& table);

void insert(Table& table, std::span<const Cell> cells);

// Inserts unless a row with the same key exists, after waiting for whoever is inserting or deleting
// one. Unlike ON CONFLICT DO NOTHING it does not fail at REPEATABLE READ when that row is new.
bool insert_if_new(Table& table, std::size_t lookup, std::span<const Cell> cells);

// Changes the found row, which has to be locked.
void update(Table& table, std::span<const Cell> cells);

inline void insert(Table& table, std::initializer_list<Cell> cells) {
    insert(table, std::span(cells.begin(), cells.size()));
}
inline bool insert_if_new(Table& table, std::size_t lookup, std::initializer_list<Cell> cells) {
    return insert_if_new(table, lookup, std::span(cells.begin(), cells.size()));
}
inline void update(Table& table, std::initializer_list<Cell> cells) {
    update(table, std::span(cells.begin(), cells.size()));
}

// Removes the found row, which has to be locked.
void remove(Table& table);

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

}  // namespace rewards::pg
