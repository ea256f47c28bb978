#include "pg/ledger_written.hpp"

#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

// The columns of a row to sort: those of the event, the decision before, and whether points were spent.
enum : std::uint8_t { before = event::column_count, is_spent = before + 4, row_columns };

constexpr std::uint8_t decision[] = {event::validation_status, event::validated_by, event::validated_at,
                                     event::validation_notes};

AttrNumber number_of(std::size_t place) { return static_cast<AttrNumber>(place + 1); }

TupleDesc describe_rows(TupleDesc table) {
    const auto& attributes = events_layout().attributes;
    TupleDesc rows = CreateTemplateTupleDesc(row_columns);
    for (std::size_t column = 0; column < event::column_count; ++column)
        TupleDescCopyEntry(rows, number_of(column), table, attributes[column]);
    for (std::size_t one = 0; one < std::size(decision); ++one)
        TupleDescCopyEntry(rows, number_of(before + one), table, attributes[decision[one]]);
    TupleDescInitBuiltinEntry(rows, number_of(is_spent), "is_spent", BOOLOID, -1, 0);
    return rows;
}

Tuplesortstate* begin_sort(TupleDesc rows) {
    constexpr std::uint8_t keys[] = {event::user_id, event::company_id, is_spent, event::event_time, event::id};
    constexpr std::size_t count = std::size(keys);
    AttrNumber numbers[count];
    Oid operators[count];
    Oid collations[count] = {};
    bool nulls_first[count] = {};
    for (std::size_t one = 0; one < count; ++one) {
        numbers[one] = number_of(keys[one]);
        operators[one] = lookup_type_cache(TupleDescAttr(rows, keys[one])->atttypid, TYPECACHE_LT_OPR)->lt_opr;
    }
    return tuplesort_begin_heap(rows, count, numbers, operators, collations, nulls_first, work_mem, nullptr,
                                TUPLESORT_NONE);
}

struct TransitionTable {
    Tuplestorestate* rows;  // null: the statement keeps none
    TupleTableSlot* row;
};

// Other triggers of the statement read it as well, each from the beginning.
TransitionTable open_transition(Tuplestorestate* rows, TupleDesc columns) {
    if (rows == nullptr) return {};
    tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
    tuplestore_rescan(rows);
    return {rows, MakeSingleTupleTableSlot(columns, &TTSOpsMinimalTuple)};
}

bool next_row(const TransitionTable& table) {
    return table.rows != nullptr && tuplestore_gettupleslot(table.rows, true, false, table.row);
}

RowField column_of(TupleTableSlot* written, std::uint8_t column) {
    return field_in(written, events_layout().attributes[column]);
}

// Only the owner can have allowed that it is null.
Datum required(TupleTableSlot* written, std::uint8_t column) {
    const RowField field = column_of(written, column);
    if (field.is_null)
        ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION),
                errmsg("column \"%s\" of an event must not be null", events_layout().columns[column].name));
    return field.value;
}

void put(TupleTableSlot* row, std::size_t place, const RowField& field) {
    row->tts_values[place] = field.value;
    row->tts_isnull[place] = field.is_null;
}

TupleTableSlot* fill(TupleTableSlot* row, TupleTableSlot* written, TupleTableSlot* replaced) {
    ExecClearTuple(row);
    slot_getallattrs(written);
    for (std::uint8_t column = 0; column < event::column_count; ++column) put(row, column, column_of(written, column));
    for (const std::uint8_t column : {event::company_id, event::validation_status}) (void)required(written, column);
    for (std::size_t one = 0; one < std::size(decision); ++one)
        put(row, before + one, replaced == nullptr ? RowField() : column_of(replaced, decision[one]));
    put(row, is_spent, BoolGetDatum(DatumGetInt64(required(written, event::points_delta)) < 0));
    return ExecStoreVirtualTuple(row);
}

Uuid uuid_in(TupleTableSlot* written, std::uint8_t column) { return uuid_of(required(written, column)); }

// The server notes the two versions of a row together.
bool has_new_status(TupleTableSlot* written, TupleTableSlot* replaced) {
    for (const std::uint8_t key : {event::user_id, event::id})
        if (uuid_in(written, key) != uuid_in(replaced, key))
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("old and new rows of a statement do not match"));
    return text_view(required(written, event::validation_status)) !=
           text_view(required(replaced, event::validation_status));
}

template <typename Body>
void for_each_written(const TransitionTable& written, const TransitionTable& replaced, Body body) {
    while (next_row(written)) {
        CHECK_FOR_INTERRUPTS();
        if (!next_row(replaced) || has_new_status(written.row, replaced.row)) body();
    }
}

WrittenEvent event_in(TupleTableSlot* row) {
    slot_getallattrs(row);
    WrittenEvent written{};
    for (std::size_t column = 0; column < event::column_count; ++column)
        written.columns[column] = field_in(row, number_of(column));
    written.key = {uuid_of(written.columns[event::user_id].value), uuid_of(written.columns[event::company_id].value)};
    written.before = {field_in(row, number_of(before)), field_in(row, number_of(before + 1)),
                      field_in(row, number_of(before + 2)), field_in(row, number_of(before + 3))};
    return written;
}

}  // namespace

WrittenEvents open_written(const TriggerData* trigger) {
    TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    const TransitionTable written = open_transition(trigger->tg_newtable, columns);
    const TransitionTable replaced = open_transition(trigger->tg_oldtable, columns);
    TupleDesc row_columns = describe_rows(columns);
    WrittenEvents events{nullptr, MakeSingleTupleTableSlot(row_columns, &TTSOpsVirtual), false};
    if (tuplestore_tuple_count(written.rows) > 1) events.sort = begin_sort(row_columns);
    for_each_written(written, replaced, [&] {
        fill(events.row, written.row, replaced.row);
        if (events.sort != nullptr) return tuplesort_puttupleslot(events.sort, events.row);
        ExecMaterializeSlot(events.row);
        events.has_row = true;
    });
    for (const TransitionTable& table : {written, replaced})
        if (table.row != nullptr) ExecDropSingleTupleTableSlot(table.row);
    if (events.sort == nullptr) return events;
    tuplesort_performsort(events.sort);
    ExecDropSingleTupleTableSlot(events.row);
    events.row = MakeSingleTupleTableSlot(row_columns, &TTSOpsMinimalTuple);
    return events;
}

std::optional<WrittenEvent> next_written(WrittenEvents& events) {
    const bool has_next = events.sort != nullptr ? tuplesort_gettupleslot(events.sort, true, false, events.row, nullptr)
                                                 : std::exchange(events.has_row, false);
    if (!has_next) return std::nullopt;
    return event_in(events.row);
}

void close_written(WrittenEvents& events) {
    if (events.sort != nullptr) tuplesort_end(events.sort);
    ExecDropSingleTupleTableSlot(events.row);
}

}  // namespace rewards::pg
