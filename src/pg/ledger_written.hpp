// Which events has a statement written? Those in its transition tables, in the order in which they are to be recorded.
#pragma once

#include "pg/ledger_entry.hpp"

namespace rewards::pg {

// And, for an UPDATE, the decision that it replaced.
struct WrittenEvent {
    AccountKey key;
    EventColumns columns;
    Decision before;
};

struct WrittenEvents {
    Tuplesortstate* sort;  // null: one row needs none
    TupleTableSlot* row;
    bool has_row;  // the one that needs no sort
};

// One account after the other, in the order in which everybody locks them; earned before spent, as only the end of a
// statement has to be a balance that may be; then by time. Of an UPDATE, those whose status has changed.
WrittenEvents open_written(const TriggerData* trigger);

// Good until the next one. Nothing: there are no more.
std::optional<WrittenEvent> next_written(WrittenEvents& events);

void close_written(WrittenEvents& events);

}  // namespace rewards::pg
