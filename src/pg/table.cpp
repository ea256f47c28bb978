#include "pg/table.hpp"

#include "pg/table_wait.hpp"

namespace rewards::pg {

namespace {

std::uint64_t writes_begun = 0;

Index add_range_table_entry(EState* estate, Relation relation) {
    RangeTblEntry* entry = makeNode(RangeTblEntry);
    entry->rtekind = RTE_RELATION;
    entry->relid = RelationGetRelid(relation);
    entry->relkind = relation->rd_rel->relkind;
    entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
    addRTEPermissionInfo(&estate->es_rteperminfos, entry);
#endif
    estate->es_range_table = lappend(estate->es_range_table, entry);
    estate->es_range_table_size = list_length(estate->es_range_table);
    return estate->es_range_table_size;
}

Table* find_open(Write& write, const TableLayout& layout) {
    for (std::size_t one = 0; one < write.table_count; ++one)
        if (write.tables[one].layout == &layout) return &write.tables[one];
    return nullptr;
}

Table& open(Write& write, TableLayout& layout, LOCKMODE lock) {
    Relation relation = open_table(layout, lock);
    if (write.table_count == most_tables)
        ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many tables in one write"));
    Table& table = write.tables[write.table_count++];
    table.layout = &layout;
    table.relation = relation;
    table.found = table_slot_create(relation, &write.estate->es_tupleTable);
    table.write = &write;
    table.estate = write.estate;
    return table;
}

void prepare_writing(Write& write, Table& table) {
    table.info = result_info(prepared_table(*table.layout, table.relation), table.relation,
                             add_range_table_entry(write.estate, table.relation));
    table.row = ExecInitExtraTupleSlot(write.estate, RelationGetDescr(table.relation), &TTSOpsVirtual);
    write.estate->es_opened_result_relations = lappend(write.estate->es_opened_result_relations, table.info);
}

// The found row, which becomes its newest version where that is to be followed.
TM_Result lock_version(Table& table, LockWaitPolicy wait, std::uint8_t flags, TM_FailureData& failure) {
    ItemPointerData tid = table.found->tts_tid;
    const TM_Result result =
        table_tuple_lock(table.relation, &tid, GetActiveSnapshot(), table.found, GetCurrentCommandId(false),
                         LockTupleNoKeyExclusive, wait, flags, &failure);
    if (result == TM_Ok) table.locked_in = newest_write();
    return result;
}

}  // namespace

std::uint64_t newest_write() { return writes_begun; }

void require_writable(const char* function) {
    if (!XactReadOnly) return;
    ereport(ERROR, errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
            errmsg("cannot execute %s in a read-only transaction", function),
            RecoveryInProgress() ? errhint("This server is a standby and answers reads alone: call the primary.")
                                 : errhint("Begin a transaction that is READ WRITE."));
}

Write begin_write(const char* function) {
    require_writable(function);
    PreventCommandIfParallelMode(function);
    PushActiveSnapshot(GetLatestSnapshot());
    Write write{};
    write.estate = CreateExecutorState();
    write.estate->es_snapshot = GetActiveSnapshot();
    write.estate->es_output_cid = GetCurrentCommandId(true);
    AfterTriggerBeginQuery();
    ++writes_begun;
    return write;
}

void end_write(Write& write) {
    write_waiting(write);
    AfterTriggerEndQuery(write.estate);
    ExecResetTupleTable(write.estate->es_tupleTable, false);
    for (std::size_t one = 0; one < write.table_count; ++one)
        if (write.tables[one].info != nullptr) close_indexes(write.tables[one].info);
    ExecCloseResultRelations(write.estate);
    for (std::size_t one = 0; one < write.table_count; ++one) table_close(write.tables[one].relation, NoLock);
    FreeExecutorState(write.estate);
    PopActiveSnapshot();
    CommandCounterIncrement();
}

Write begin_read() {
    PushActiveSnapshot(GetLatestSnapshot());
    Write read{};
    read.estate = CreateExecutorState();
    read.estate->es_snapshot = GetActiveSnapshot();
    return read;
}

void end_read(Write& read) {
    ExecResetTupleTable(read.estate->es_tupleTable, false);
    for (std::size_t one = 0; one < read.table_count; ++one) table_close(read.tables[one].relation, NoLock);
    FreeExecutorState(read.estate);
    PopActiveSnapshot();
}

Table& open_for_reading(Write& write, TableLayout& layout) {
    if (Table* known = find_open(write, layout)) return *known;
    MemoryContext caller = MemoryContextSwitchTo(write.estate->es_query_cxt);
    Table& table = open(write, layout, AccessShareLock);
    MemoryContextSwitchTo(caller);
    return table;
}

Table& open_for_writing(Write& write, TableLayout& layout) {
    Table* known = find_open(write, layout);
    if (known != nullptr && known->info != nullptr) return *known;
    MemoryContext caller = MemoryContextSwitchTo(write.estate->es_query_cxt);
    if (known != nullptr) LockRelationOid(RelationGetRelid(known->relation), RowExclusiveLock);
    Table& table = known != nullptr ? *known : open(write, layout, RowExclusiveLock);
    prepare_writing(write, table);
    MemoryContextSwitchTo(caller);
    return table;
}

void open_indexes(Table& table) {
    if (table.info->ri_NumIndices > 0) return;
    MemoryContext caller = MemoryContextSwitchTo(table.estate->es_query_cxt);
    open_indexes(lock_indexes(*table.layout, table.relation), table.info);
    if (table.write->gathers_rows) table.waiting = begin_waiting(table);
    MemoryContextSwitchTo(caller);
}

bool lock_row(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, LockWaitPolicy wait) {
    while (find(table, lookup, keys)) {
        TM_FailureData failure;
        failure.traversed = false;
        const TM_Result result = lock_version(table, wait, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, failure);
        // A newer version may have other keys: look again, now that nobody else can change it.
        if (result == TM_Ok && failure.traversed) continue;
        if (result == TM_Ok) {
            AcceptInvalidationMessages();  // what is kept of rules and templates must not be older than the lock
            return true;
        }
        if (result == TM_WouldBlock) return false;
        if (result != TM_Deleted)
            ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("a row of table rewards.%s was changed by the statement that is to lock it",
                           RelationGetRelationName(table.relation)),
                    errhint("Call the function in a statement of its own."));
    }
    return false;
}

bool lock_found(Table& table) {
    TM_FailureData failure;
    return lock_version(table, LockWaitSkip, 0, failure) == TM_Ok;
}

Identity become(Oid owner) {
    Identity caller;
    GetUserIdAndSecContext(&caller.user, &caller.security_context);
    caller.setting_level = NewGUCNestLevel();
    set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                      false);
    SetUserIdAndSecContext(owner, caller.security_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
    return caller;
}

void become_again(const Identity& identity) {
    SetUserIdAndSecContext(identity.user, identity.security_context);
    AtEOXact_GUC(false, identity.setting_level);
}

}  // namespace rewards::pg
