// How are rows written? See table.hpp.
#include "pg/table_wait.hpp"

namespace rewards::pg {

namespace {

// Row triggers that name columns (UPDATE OF ...) and generated columns go by this.
void tell_updated_columns(const Table& table, std::span<const Cell> cells) {
    Bitmapset* columns = nullptr;
    for (const Cell& cell : cells)
        columns = bms_add_member(columns, table.layout->attributes[cell.column] - FirstLowInvalidHeapAttributeNumber);
    RangeTblEntry* entry = exec_rt_fetch(table.info->ri_RangeTableIndex, table.estate);
#if PG_VERSION_NUM >= 160000
    Bitmapset** updated = &getRTEPermissionInfo(table.estate->es_rteperminfos, entry)->updatedCols;
#else
    Bitmapset** updated = &entry->updatedCols;
#endif
    bms_free(*updated);
    *updated = columns;
}

void set_cells(const Table& table, TupleTableSlot* row, std::span<const Cell> cells) {
    for (const Cell& cell : cells) {
        const int index = table.layout->attributes[cell.column] - 1;
        row->tts_values[index] = cell.field.value;
        row->tts_isnull[index] = cell.field.is_null;
    }
}

void set_other_defaults(const Table& table, TupleTableSlot* row) {
    for (int index = 0; index < row->tts_tupleDescriptor->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(row->tts_tupleDescriptor, index);
        if (column->attisdropped || column->attgenerated != '\0') continue;
        Node* expression = build_column_default(table.relation, index + 1);
        if (expression == nullptr && get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
            domain_check(Datum{0}, true, column->atttypid, nullptr, nullptr);
        if (expression == nullptr) continue;
        ExprState* state = ExecInitExpr(expression_planner(reinterpret_cast<Expr*>(expression)), nullptr);
        row->tts_values[index] = ExecEvalExpr(state, GetPerTupleExprContext(table.estate), &row->tts_isnull[index]);
    }
}

[[noreturn]] void raise_skipped(Relation relation) {
    ereport(ERROR, errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
            errmsg("a row trigger on table rewards.%s skipped a row that rewards must write",
                   RelationGetRelationName(relation)),
            errhint("Return NEW from the trigger, or raise an error in it."));
    pg_unreachable();
}

TupleTableSlot* fill_row(const Table& table, std::span<const Cell> cells) {
    TupleTableSlot* row = ExecClearTuple(table.row);
    std::fill_n(row->tts_isnull, row->tts_tupleDescriptor->natts, true);
    if (table.layout->has_other_defaults) {
        MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(table.estate));
        set_other_defaults(table, row);
        MemoryContextSwitchTo(caller);
    }
    set_cells(table, row, cells);
    return ExecStoreVirtualTuple(row);
}

// What the executor does before an insert that may meet another one of the same key.
ResultRelInfo* open_speculatively(Table& table) {
    if (table.speculative != nullptr) return table.speculative;
    MemoryContext caller = MemoryContextSwitchTo(table.estate->es_query_cxt);
    ResultRelInfo* info = makeNode(ResultRelInfo);
    InitResultRelInfo(info, table.relation, table.info->ri_RangeTableIndex, nullptr, 0);
    ExecOpenIndices(info, true);
    table.estate->es_opened_result_relations = lappend(table.estate->es_opened_result_relations, info);
    MemoryContextSwitchTo(caller);
    return table.speculative = info;
}

void check_constraints(ResultRelInfo* info, EState* estate, TupleTableSlot* row, CmdType command) {
    const TupleConstr* constraints = RelationGetDescr(info->ri_RelationDesc)->constr;
    if (constraints == nullptr) return;
    if (constraints->has_generated_stored) ExecComputeStoredGenerated(info, estate, row, command);
    ExecConstraints(info, row, estate);
}

void prepare_insert(ResultRelInfo* info, EState* estate, TupleTableSlot* row) {
    if (info->ri_TrigDesc != nullptr && info->ri_TrigDesc->trig_insert_before_row &&
        !ExecBRInsertTriggers(estate, info, row))
        raise_skipped(info->ri_RelationDesc);
    check_constraints(info, estate, row, CMD_INSERT);
}

bool has_no_conflict(ResultRelInfo* info, EState* estate, TupleTableSlot* row, List* key) {
    ItemPointerData other;
#if PG_VERSION_NUM >= 180000
    ItemPointerData self;
    ItemPointerSetInvalid(&self);
    return ExecCheckIndexConstraints(info, row, estate, &other, &self, key);
#else
    return ExecCheckIndexConstraints(info, row, estate, &other, key);
#endif
}

// The executor keeps what it looks up for a table, such as the functions of its triggers, where it finds
// itself at that moment: that must not be the memory of one row among many.
template <typename Body>
void in_query_memory(const Table& table, Body body) {
    MemoryContext caller = MemoryContextSwitchTo(table.estate->es_query_cxt);
    body();
    MemoryContextSwitchTo(caller);
}

EPQState begin_recheck(const Table& table) {
    EPQState recheck;
#if PG_VERSION_NUM >= 160000
    EvalPlanQualInit(&recheck, table.estate, nullptr, NIL, -1, NIL);
#else
    EvalPlanQualInit(&recheck, table.estate, nullptr, NIL, -1);
#endif
    return recheck;
}

// Waits for whoever is inserting or deleting a row of the same key; false: there is one.
bool insert_speculatively(const Table& table, ResultRelInfo* info, TupleTableSlot* row, List* key, List** recheck) {
    bool met_another = true;
    while (met_another) {
        if (!has_no_conflict(info, table.estate, row, key)) return false;
        const std::uint32_t token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
        table_tuple_insert_speculative(table.relation, row, GetCurrentCommandId(true), 0, nullptr, token);
        met_another = false;
        *recheck = insert_entries(info, table.estate, row, {.key = key, .met_another = &met_another});
        table_tuple_complete_speculative(table.relation, row, token, !met_another);
        SpeculativeInsertionLockRelease(GetCurrentTransactionId());
        CHECK_FOR_INTERRUPTS();
    }
    return true;
}

bool run_before_update(Table& table, TupleTableSlot* row) {
    EPQState recheck = begin_recheck(table);
#if PG_VERSION_NUM >= 180000
    const bool is_kept = ExecBRUpdateTriggers(table.estate, &recheck, table.info, &table.found->tts_tid, nullptr, row,
                                              nullptr, nullptr, false);
#elif PG_VERSION_NUM >= 160000
    const bool is_kept =
        ExecBRUpdateTriggers(table.estate, &recheck, table.info, &table.found->tts_tid, nullptr, row, nullptr, nullptr);
#else
    const bool is_kept =
        ExecBRUpdateTriggers(table.estate, &recheck, table.info, &table.found->tts_tid, nullptr, row, nullptr);
#endif
    EvalPlanQualEnd(&recheck);
    return is_kept;
}

// The new entries of a row that could not stay where the old one's lead.
List* insert_updated_entries(Table& table, TupleTableSlot* row, bool only_summarizing) {
    open_indexes(table);
    return insert_entries(table.info, table.estate, row, {.is_update = true, .only_summarizing = only_summarizing});
}

// What ExecSimpleRelationUpdate does, with the indexes opened only if they get entries: those of a balance do not.
void update_row(Table& table, TupleTableSlot* row) {
    ResultRelInfo* info = table.info;
    CheckCmdReplicaIdentity(table.relation, CMD_UPDATE);
    if (info->ri_TrigDesc != nullptr && info->ri_TrigDesc->trig_update_before_row && !run_before_update(table, row))
        raise_skipped(table.relation);
    check_constraints(info, table.estate, row, CMD_UPDATE);
    ItemPointer replaced = &table.found->tts_tid;
    List* recheck = NIL;
#if PG_VERSION_NUM >= 160000
    TU_UpdateIndexes entries;
    simple_table_tuple_update(table.relation, replaced, row, table.estate->es_snapshot, &entries);
    if (entries != TU_None) recheck = insert_updated_entries(table, row, entries == TU_Summarizing);
#else
    bool entries;
    simple_table_tuple_update(table.relation, replaced, row, table.estate->es_snapshot, &entries);
    if (entries) recheck = insert_updated_entries(table, row, false);
#endif
    ExecARUpdateTriggers(table.estate, info, nullptr, nullptr, replaced, nullptr, row, recheck, nullptr, false);
}

bool is_same(const Form_pg_attribute column, RowField one, RowField other) {
    if (one.is_null || other.is_null) return one.is_null == other.is_null;
    return datum_image_eq(one.value, other.value, column->attbyval, column->attlen);
}

void require_same(const Table& table, TupleTableSlot* row, std::uint8_t column, RowField decided) {
    const AttrNumber number = table.layout->attributes[column];
    if (is_same(TupleDescAttr(row->tts_tupleDescriptor, number - 1), field_in(row, number), decided)) return;
    ereport(ERROR, errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
            errmsg("a row trigger changed column \"%s\" of table rewards.%s", table.layout->columns[column].name,
                   RelationGetRelationName(table.relation)),
            errhint("Triggers may set columns of your own; rewards decides its own columns."));
}

// The books would not add up if a user's trigger dropped or changed what a function just decided.
void require_written(const Table& table, TupleTableSlot* row, std::span<const Cell> cells, bool had_triggers) {
    if (!ItemPointerIsValid(&row->tts_tid)) raise_skipped(table.relation);
    if (!had_triggers) return;
    for (const Cell& cell : cells) require_same(table, row, cell.column, cell.field);
}

// By what a row is found, it changes only if we have decided so.
void require_same_keys(const Table& table, TupleTableSlot* row, std::span<const Cell> cells) {
    for (const Lookup& lookup : table.layout->lookups)
        for (std::size_t key = 0; key < lookup.count; ++key) {
            const std::uint8_t column = lookup.columns[key];
            if (std::ranges::find(cells, column, &Cell::column) != cells.end()) continue;
            require_same(table, row, column, field_in(table.found, table.layout->attributes[column]));
        }
}

// A row trigger may have called a function of ours, which wrote to the row that we hold.
void require_untouched(const Table& table) {
    if (table.locked_in == newest_write()) return;
    ItemPointerData tid = table.found->tts_tid;
    TM_FailureData failure;
    TupleTableSlot* newest = table_slot_create(table.relation, &table.estate->es_tupleTable);
    const TM_Result result =
        table_tuple_lock(table.relation, &tid, GetActiveSnapshot(), newest, GetCurrentCommandId(false),
                         LockTupleNoKeyExclusive, LockWaitBlock, 0, &failure);
    if (result == TM_Ok) return;
    ereport(ERROR, errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
            errmsg("a row trigger changed a row of table rewards.%s that rewards is about to change",
                   RelationGetRelationName(table.relation)),
            errhint("Call functions of rewards from AFTER triggers."));
}

// A trigger or default of the owner's is about to run, and may look at what we have written.
void write_before(const Table& table, bool has_trigger) {
    if (has_trigger || table.layout->has_other_defaults) write_waiting(*table.write);
}

}  // namespace

RowField field_in(TupleTableSlot* row, AttrNumber number) {
    bool is_null;
    const Datum datum = slot_getattr(row, number, &is_null);
    return is_null ? RowField() : RowField(datum);
}

void make_visible(const Table& table) {
    CommandCounterIncrement();
    table.estate->es_output_cid = GetCurrentCommandId(true);
}

void insert(Table& table, std::span<const Cell> cells) {
    open_indexes(table);
    const TriggerDesc* triggers = table.info->ri_TrigDesc;
    const bool had_triggers = triggers != nullptr && triggers->trig_insert_before_row;
    write_before(table, had_triggers);
    TupleTableSlot* row = fill_row(table, cells);
    if (table.waiting != nullptr) {
        in_query_memory(table, [&] { check_constraints(table.info, table.estate, row, CMD_INSERT); });
        return add_waiting(table, row);
    }
    in_query_memory(table, [&] { ExecSimpleRelationInsert(table.info, table.estate, row); });
    require_written(table, row, cells, had_triggers);
    make_visible(table);
}

bool insert_if_new(Table& table, std::size_t lookup, std::span<const Cell> cells) {
    ResultRelInfo* info = open_speculatively(table);
    write_waiting(table);
    write_before(table, info->ri_TrigDesc != nullptr && info->ri_TrigDesc->trig_insert_before_row);
    TupleTableSlot* row = fill_row(table, cells);
    bool is_inserted = false;
    in_query_memory(table, [&] {
        List* key = list_make1_oid(table.layout->indexes[lookup]);
        prepare_insert(info, table.estate, row);
        List* recheck = NIL;
        is_inserted = insert_speculatively(table, info, row, key, &recheck);
        if (is_inserted) ExecARInsertTriggers(table.estate, info, row, recheck, nullptr);
    });
    if (!is_inserted) return false;
    require_written(table, row, cells, true);
    make_visible(table);
    return true;
}

void update(Table& table, std::span<const Cell> cells) {
    const TriggerDesc* triggers = table.info->ri_TrigDesc;
    const bool had_triggers = triggers != nullptr && triggers->trig_update_before_row;
    write_before(table, had_triggers);
    require_untouched(table);
    TupleTableSlot* row = ExecClearTuple(table.row);
    slot_getallattrs(table.found);
    const auto count = static_cast<std::size_t>(row->tts_tupleDescriptor->natts);
    std::memcpy(row->tts_values, table.found->tts_values, count * sizeof(Datum));
    std::memcpy(row->tts_isnull, table.found->tts_isnull, count * sizeof(bool));
    set_cells(table, row, cells);
    ExecStoreVirtualTuple(row);
    in_query_memory(table, [&] {
        tell_updated_columns(table, cells);
        update_row(table, row);
    });
    require_written(table, row, cells, had_triggers);
    if (had_triggers) require_same_keys(table, row, cells);
    make_visible(table);
}

void remove(Table& table) {
    write_before(table, table.info->ri_TrigDesc != nullptr && table.info->ri_TrigDesc->trig_delete_before_row);
    require_untouched(table);
    in_query_memory(table, [&] {
        EPQState recheck = begin_recheck(table);
        ExecSimpleRelationDelete(table.info, table.estate, &recheck, table.found);
        EvalPlanQualEnd(&recheck);
    });
    make_visible(table);
}

}  // namespace rewards::pg
