// How are rows found? By index, with the newest snapshot.
#include "pg/table_wait.hpp"

namespace rewards::pg {

namespace {

RegProcedure equality_of(Oid type) {
    switch (type) {
        case UUIDOID: return F_UUID_EQ;
        case INT2OID: return F_INT2EQ;
        case TIMESTAMPTZOID: return F_TIMESTAMPTZ_EQ;
        case BOOLOID: return F_BOOLEQ;
        case INT4OID: return F_INT4EQ;
        case INT8OID: return F_INT8EQ;
        case TEXTOID: return F_TEXTEQ;
        case BYTEAOID: return F_BYTEAEQ;
        default:
            ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot search by type %s", format_type_be(type)));
    }
    pg_unreachable();
}

struct RangeComparison {
    RegProcedure at_least;
    RegProcedure less;
};

RangeComparison range_comparison_of(Oid type) {
    switch (type) {
        case UUIDOID: return {F_UUID_GE, F_UUID_LT};
        case TIMESTAMPTZOID: return {F_TIMESTAMPTZ_GE, F_TIMESTAMPTZ_LT};
        case TEXTOID: return {F_TEXT_GE, F_TEXT_LT};
        default:
            ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot search in a range of type %s", format_type_be(type)));
    }
    pg_unreachable();
}

// With the lock that a write to the table takes anyway.
Relation open_index(const Table& table, std::size_t lookup) {
    return index_open(table.layout->indexes[lookup], table.info != nullptr ? RowExclusiveLock : AccessShareLock);
}

IndexScanDesc begin_index_scan(const Table& table, Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
    return index_beginscan(table.relation, index, snapshot, nullptr, keys, 0);
#else
    return index_beginscan(table.relation, index, snapshot, keys, 0);
#endif
}

struct SearchKeys {
    ScanKeyData keys[most_keys + 1];  // a range has two ends
    int count;
};

void add_key(SearchKeys& search, Relation index, std::size_t column, StrategyNumber strategy, RegProcedure compare,
             Datum value) {
    ScanKeyEntryInitialize(&search.keys[search.count++], 0, static_cast<AttrNumber>(column + 1), strategy, InvalidOid,
                           index->rd_indcollation[column], compare, value);
}

void add_range(SearchKeys& search, Relation index, std::size_t column, Oid type, const Range& range) {
    const RangeComparison compare = range_comparison_of(type);
    if (range.from) add_key(search, index, column, BTGreaterEqualStrategyNumber, compare.at_least, *range.from);
    if (range.until) add_key(search, index, column, BTLessStrategyNumber, compare.less, *range.until);
}

SearchKeys equal_to(const Table& table, const Lookup& by, Relation index, std::initializer_list<Datum> keys) {
    SearchKeys search;
    search.count = 0;
    std::size_t column = 0;
    for (Datum key : keys) {
        const Oid type = table.layout->columns[by.columns[column]].type;
        add_key(search, index, column, BTEqualStrategyNumber, equality_of(type), key);
        ++column;
    }
    return search;
}

bool is_others(TransactionId transaction) {
    return TransactionIdIsInProgress(transaction) && !TransactionIdIsCurrentTransactionId(transaction);
}

// A dirty snapshot tells who is changing a row, not who has only locked it.
TransactionId locker_of(TupleTableSlot* row) {
    HeapTupleHeader header = ExecFetchSlotHeapTuple(row, false, nullptr)->t_data;
    const std::uint16_t state = header->t_infomask;
    const TransactionId holder = HeapTupleHeaderGetRawXmax(header);
    if ((state & HEAP_XMAX_INVALID) != 0 || !HEAP_XMAX_IS_LOCKED_ONLY(state)) return InvalidTransactionId;
    if ((state & HEAP_XMAX_IS_MULTI) == 0) return is_others(holder) ? holder : InvalidTransactionId;
    MultiXactMember* members;
    const int count = GetMultiXactIdMembers(holder, &members, false, true);
    for (int one = 0; one < count; ++one)
        if (is_others(members[one].xid)) return members[one].xid;
    return InvalidTransactionId;
}

// Who has changed or locked the row and has not ended?
TransactionId holder_of(Table& table, std::size_t lookup, std::initializer_list<Datum> keys) {
    write_waiting(table);
    Relation index = open_index(table, lookup);
    const SearchKeys search = equal_to(table, table.layout->lookups[lookup], index, keys);
    SnapshotData dirty;
    InitDirtySnapshot(dirty);
    dirty.xmax = InvalidTransactionId;
    IndexScanDesc rows = begin_index_scan(table, index, &dirty, search.count);
    index_rescan(rows, const_cast<ScanKey>(search.keys), search.count, nullptr, 0);
    TransactionId holder = InvalidTransactionId;
    if (index_getnext_slot(rows, ForwardScanDirection, table.found))
        holder = TransactionIdIsValid(dirty.xmax) ? dirty.xmax : locker_of(table.found);
    index_endscan(rows);
    index_close(index, NoLock);
    return holder;
}

}  // namespace

RangeScan begin_scan(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, const Range& range,
                     ScanDirection direction) {
    const Lookup& by = table.layout->lookups[lookup];
    write_if_met(table, lookup, keys, range);
    Relation index = open_index(table, lookup);
    SearchKeys search = equal_to(table, by, index, keys);
    const std::size_t column = keys.size();
    if (range.from || range.until)
        add_range(search, index, column, table.layout->columns[by.columns[column]].type, range);
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    IndexScanDesc rows = begin_index_scan(table, index, snapshot, search.count);
    index_rescan(rows, search.keys, search.count, nullptr, 0);
    return {&table, index, rows, snapshot, direction};
}

bool wait_for_holder(Table& table, std::size_t lookup, std::initializer_list<Datum> keys) {
    const TransactionId holder = holder_of(table, lookup, keys);
    if (!TransactionIdIsValid(holder)) return false;
    XactLockTableWait(holder, table.relation, &table.found->tts_tid, XLTW_Lock);
    return true;
}

bool next_row(RangeScan& scan) { return index_getnext_slot(scan.rows, scan.direction, scan.table->found); }

void end_scan(RangeScan& scan) {
    index_endscan(scan.rows);
    UnregisterSnapshot(scan.snapshot);
    index_close(scan.index, NoLock);
}

bool find(Table& table, std::size_t lookup, std::initializer_list<Datum> keys) {
    bool found = false;
    for_each(table, lookup, keys, [&] {
        found = true;
        return false;
    });
    return found;
}

std::int64_t count_rows(Table& table, std::size_t lookup, std::initializer_list<Datum> keys, std::uint8_t column,
                        std::string_view except, std::int64_t limit) {
    std::int64_t count = 0;
    if (limit <= 0) return count;
    for_each(table, lookup, keys, [&] {
        if (text_view(value(table, column)) != except) ++count;
        return count < limit;
    });
    return count;
}

std::optional<Datum> optional_value(const Table& table, std::uint8_t column) {
    bool is_null;
    const Datum datum = slot_getattr(table.found, table.layout->attributes[column], &is_null);
    if (is_null) return std::nullopt;
    return datum;
}

std::optional<TimestampTz> optional_time(const Table& table, std::uint8_t column) {
    const std::optional<Datum> time = optional_value(table, column);
    if (!time) return std::nullopt;
    return DatumGetTimestampTz(*time);
}

std::optional<std::string_view> optional_text(const Table& table, std::uint8_t column) {
    const std::optional<Datum> text = optional_value(table, column);
    if (!text) return std::nullopt;
    return text_view(*text);
}

Datum value(const Table& table, std::uint8_t column) {
    const std::optional<Datum> datum = optional_value(table, column);
    if (!datum)
        ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION),
                errmsg("column \"%s\" of table rewards.%s is null", table.layout->columns[column].name,
                       RelationGetRelationName(table.relation)));
    return *datum;
}

}  // namespace rewards::pg
