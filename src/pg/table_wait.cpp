#include "pg/table_wait.hpp"

namespace rewards::pg {

namespace {

constexpr int most_waiting = 256;
constexpr std::size_t most_waiting_bytes = 64 * 1024;

}  // namespace

struct WaitingRows {
    MemoryContext memory;  // for what writing them leaves behind
    std::array<TupleTableSlot*, most_waiting> rows;
    int count;
    int slots;
    std::size_t bytes;
};

namespace {

bool is_ours(const Table& table, Relation index) {
    return index->rd_index->indisprimary ||
           std::ranges::find(table.layout->indexes, RelationGetRelid(index)) != table.layout->indexes.end();
}

// In ours, nothing of what we write exists. In the owner's it may, and the error has to come with the row that it is about.
bool may_refuse_rows(const Table& table) {
    const ResultRelInfo* info = table.info;
    for (int one = 0; one < info->ri_NumIndices; ++one) {
        Relation index = info->ri_IndexRelationDescs[one];
        if ((index->rd_index->indisunique || index->rd_index->indisexclusion) && !is_ours(table, index)) return true;
    }
    return false;
}

TupleTableSlot* next_slot(const Table& table, WaitingRows& waiting) {
    TupleTableSlot*& slot = waiting.rows[static_cast<std::size_t>(waiting.count++)];
    if (waiting.count <= waiting.slots) return slot;
    waiting.slots = waiting.count;
    MemoryContext caller = MemoryContextSwitchTo(table.estate->es_query_cxt);
    slot = ExecInitExtraTupleSlot(table.estate, RelationGetDescr(table.relation), &TTSOpsHeapTuple);
    MemoryContextSwitchTo(caller);
    return slot;
}

void add_entries(const Table& table, TupleTableSlot* row) {
#if PG_VERSION_NUM >= 160000
    List* recheck = ExecInsertIndexTuples(table.info, row, table.estate, false, false, nullptr, NIL, false);
#else
    List* recheck = ExecInsertIndexTuples(table.info, row, table.estate, false, false, nullptr, NIL);
#endif
    ExecARInsertTriggers(table.estate, table.info, row, recheck, nullptr);
}

// Ends of other types are not looked at: the row could be in the range.
bool is_outside(Datum value, Oid type, const Range& range) {
    if (type != TIMESTAMPTZOID) return false;
    const TimestampTz time = DatumGetTimestampTz(value);
    return (range.from && time < DatumGetTimestampTz(*range.from)) ||
           (range.until && time >= DatumGetTimestampTz(*range.until));
}

bool is_met(const Table& table, TupleTableSlot* row, const Lookup& by, std::initializer_list<Datum> keys,
            const Range& range) {
    const std::uint8_t* column = by.columns.data();
    bool is_null;
    for (Datum key : keys) {
        const AttrNumber number = table.layout->attributes[*column++];
        const Form_pg_attribute form = TupleDescAttr(row->tts_tupleDescriptor, number - 1);
        const Datum value = slot_getattr(row, number, &is_null);
        if (is_null || !datum_image_eq(value, key, form->attbyval, form->attlen)) return false;
    }
    if (!range.from && !range.until) return true;
    const Datum value = slot_getattr(row, table.layout->attributes[*column], &is_null);
    return !is_null && !is_outside(value, table.layout->columns[*column].type, range);
}

}  // namespace

WaitingRows* begin_waiting(const Table& table) {
    const TriggerDesc* triggers = table.info->ri_TrigDesc;
    if (table.layout->has_other_defaults || (triggers != nullptr && triggers->trig_insert_before_row) ||
        may_refuse_rows(table))
        return nullptr;
    auto* waiting = static_cast<WaitingRows*>(palloc0(sizeof(WaitingRows)));
    waiting->memory = AllocSetContextCreate(CurrentMemoryContext, "rewards waiting rows", ALLOCSET_DEFAULT_SIZES);
    return waiting;
}

void add_waiting(Table& table, TupleTableSlot* row) {
    WaitingRows& waiting = *table.waiting;
    TupleTableSlot* slot = ExecCopySlot(next_slot(table, waiting), row);
    waiting.bytes += ExecFetchSlotHeapTuple(slot, true, nullptr)->t_len;
    if (waiting.count == most_waiting || waiting.bytes > most_waiting_bytes) write_waiting(table);
}

void write_waiting(Table& table) {
    if (table.waiting == nullptr || table.waiting->count == 0) return;
    WaitingRows& waiting = *table.waiting;
    MemoryContext caller = MemoryContextSwitchTo(waiting.memory);
    table_multi_insert(table.relation, waiting.rows.data(), waiting.count, GetCurrentCommandId(true), 0, nullptr);
    MemoryContextSwitchTo(table.estate->es_query_cxt);
    for (TupleTableSlot* row : std::span(waiting.rows).first(static_cast<std::size_t>(waiting.count))) {
        add_entries(table, row);
        ExecClearTuple(row);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextReset(waiting.memory);
    waiting.count = 0;
    waiting.bytes = 0;
    make_visible(table);
}

void write_waiting(Write& write) {
    for (std::size_t one = 0; one < write.table_count; ++one) write_waiting(write.tables[one]);
}

void write_if_met(Table& table, const Lookup& by, std::initializer_list<Datum> keys, const Range& range) {
    if (table.waiting == nullptr) return;
    const auto waiting = std::span(table.waiting->rows).first(static_cast<std::size_t>(table.waiting->count));
    if (std::ranges::any_of(waiting, [&](TupleTableSlot* row) { return is_met(table, row, by, keys, range); }))
        write_waiting(table);
}

}  // namespace rewards::pg
