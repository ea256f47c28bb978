#include "pg/table_wait.hpp"

namespace rewards::pg {

namespace {

constexpr std::size_t most_waiting = 256;
constexpr std::size_t most_waiting_bytes = 64 * 1024;

}  // namespace

struct WaitingRows {
    MemoryContext memory;  // for what writing them leaves behind
    std::array<TupleTableSlot*, most_waiting> rows;
    std::array<std::array<std::uint32_t, most_waiting>, most_lookups> hashes;  // of the last key of each lookup
    std::size_t count;
    std::size_t slots;
    std::size_t bytes;
};

namespace {

bool is_ours(const Table& table, Relation index) {
    return index->rd_index->indisprimary ||
           std::ranges::find(table.layout->indexes, RelationGetRelid(index)) != table.layout->indexes.end();
}

// Ours take what we write. The owner's may not, and then the error has to come with the row that it is about.
bool may_refuse(const Table& table, int index) {
    Relation relation = table.info->ri_IndexRelationDescs[index];
    const IndexInfo* info = table.info->ri_IndexRelationInfo[index];
    return !is_ours(table, relation) &&
           (info->ii_Unique || info->ii_ExclusionOps != nullptr || info->ii_Expressions != NIL);
}

bool may_refuse_rows(const Table& table) {
    for (int index = 0; index < table.info->ri_NumIndices; ++index)
        if (may_refuse(table, index)) return true;
    return false;
}

TupleTableSlot* slot_for(const Table& table, WaitingRows& waiting, std::size_t place) {
    if (place < waiting.slots) return waiting.rows[place];
    MemoryContext caller = MemoryContextSwitchTo(table.estate->es_query_cxt);
    waiting.rows[place] = ExecInitExtraTupleSlot(table.estate, RelationGetDescr(table.relation), &TTSOpsHeapTuple);
    MemoryContextSwitchTo(caller);
    waiting.slots = place + 1;
    return waiting.rows[place];
}

void add_entries(const Table& table, TupleTableSlot* row) {
    List* recheck = insert_entries(table.info, table.estate, row);
    ExecARInsertTriggers(table.estate, table.info, row, recheck, nullptr);
}

AttrNumber number_of(const Table& table, std::uint8_t column) { return table.layout->attributes[column]; }

std::uint32_t hash_of(const Table& table, std::uint8_t column, Datum key) {
    const Form_pg_attribute form = TupleDescAttr(RelationGetDescr(table.relation), number_of(table, column) - 1);
    if (form->attbyval) return hash_bytes_uint32(static_cast<std::uint32_t>(key ^ key >> 32));
    const std::string_view bytes = form->attlen > 0
                                       ? std::string_view(DatumGetPointer(key), static_cast<std::size_t>(form->attlen))
                                       : bytes_view(key);
    return hash_bytes(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
}

void note_keys(const Table& table, TupleTableSlot* row, std::size_t place) {
    for (std::size_t lookup = 0; lookup < table.layout->lookups.size(); ++lookup) {
        const Lookup& by = table.layout->lookups[lookup];
        const std::uint8_t last = by.columns[by.count - 1u];
        const int index = number_of(table, last) - 1;
        table.waiting->hashes[lookup][place] =
            row->tts_isnull[index] ? 0 : hash_of(table, last, row->tts_values[index]);
    }
}

struct Search {
    const Lookup& by;
    std::initializer_list<Datum> keys;
    const Range& range;
};

// Only times are compared: another value might be in the range.
bool is_in_range(const Table& table, TupleTableSlot* row, const Search& search) {
    const std::uint8_t column = search.by.columns[search.keys.size()];
    if (table.layout->columns[column].type != TIMESTAMPTZOID) return true;
    bool is_null;
    const TimestampTz time = DatumGetTimestampTz(slot_getattr(row, number_of(table, column), &is_null));
    return !is_null && (!search.range.from || time >= DatumGetTimestampTz(*search.range.from)) &&
           (!search.range.until || time < DatumGetTimestampTz(*search.range.until));
}

bool is_met(const Table& table, TupleTableSlot* row, const Search& search) {
    if ((search.range.from || search.range.until) && !is_in_range(table, row, search)) return false;
    const std::uint8_t* column = search.by.columns.data();
    for (Datum key : search.keys) {
        const AttrNumber number = number_of(table, *column++);
        const Form_pg_attribute form = TupleDescAttr(row->tts_tupleDescriptor, number - 1);
        bool is_null;
        const Datum value = slot_getattr(row, number, &is_null);
        if (is_null || !datum_image_eq(value, key, form->attbyval, form->attlen)) return false;
    }
    return true;
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
    const std::size_t place = waiting.count++;
    note_keys(table, row, place);
    TupleTableSlot* slot = ExecCopySlot(slot_for(table, waiting, place), row);
    waiting.bytes += ExecFetchSlotHeapTuple(slot, true, nullptr)->t_len;
    if (waiting.count == most_waiting || waiting.bytes > most_waiting_bytes) write_waiting(table);
}

void write_waiting(Table& table) {
    if (table.waiting == nullptr || table.waiting->count == 0) return;
    WaitingRows& waiting = *table.waiting;
    MemoryContext caller = MemoryContextSwitchTo(waiting.memory);
    table_multi_insert(table.relation, waiting.rows.data(), static_cast<int>(waiting.count), GetCurrentCommandId(true),
                       0, nullptr);
    MemoryContextSwitchTo(table.estate->es_query_cxt);
    for (TupleTableSlot* row : std::span(waiting.rows).first(waiting.count)) {
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

void write_if_met(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, const Range& range) {
    if (table.waiting == nullptr || table.waiting->count == 0) return;
    const WaitingRows& waiting = *table.waiting;
    const Search search{table.layout->lookups[lookup], keys, range};
    const bool has_last_key = keys.size() == search.by.count;
    const std::uint32_t hash = has_last_key ? hash_of(table, search.by.columns[keys.size() - 1], *(keys.end() - 1)) : 0;
    for (std::size_t place = 0; place < waiting.count; ++place)
        if ((!has_last_key || waiting.hashes[lookup][place] == hash) && is_met(table, waiting.rows[place], search))
            return write_waiting(table);
}

}  // namespace rewards::pg
