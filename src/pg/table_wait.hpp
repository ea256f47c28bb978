// Rows by the thousand are written together, a page of them at a time. They wait for each other until they are many, or
// until somebody could notice that they are not there.
#pragma once

#include "pg/table.hpp"

namespace rewards::pg {

// A place for rows that wait, in the current memory context. Null: the table has what must see them one by one.
WaitingRows* begin_waiting(const Table& table);

// The row satisfies the constraints already.
void add_waiting(Table& table, TupleTableSlot* row);

void write_waiting(Table& table);
void write_waiting(Write& write);

// The same if the search could come to one of them.
void write_if_met(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, const Range& range);

}  // namespace rewards::pg
