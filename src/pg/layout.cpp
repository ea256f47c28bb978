#include "pg/layout.hpp"

#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

// A release works on the data of the release before it: until somebody calls migrate(), nothing stands still.
constexpr std::int32_t oldest_data_version = 1;
constexpr std::int32_t code_data_version = 2;

constexpr Column version_columns[] = {{"version", INT4OID}};
TableLayout version_layout{"data_version", version_columns, {}};

TableLayout* watched = nullptr;

void watch(TableLayout& layout) {
    for (const TableLayout* known = watched; known != nullptr; known = known->next_watched)
        if (known == &layout) return;
    layout.next_watched = watched;
    watched = &layout;
}

void forget(TableLayout& layout) {
    layout.is_resolved = false;
    ++layout.changes;
    if (layout.when_changed != nullptr) layout.when_changed();
}

bool is_about(const TableLayout& layout, Oid relation) {
    return relation == InvalidOid || relation == layout.relation ||
           std::ranges::find(layout.prepared.indexes, relation, &PreparedIndex::index) != layout.prepared.indexes.end();
}

// Runs in the middle of anything, so it only marks. InvalidOid stands for all relations.
void on_relation_change(Datum, Oid relation) {
    for (TableLayout* layout = watched; layout != nullptr; layout = layout->next_watched)
        if (is_about(*layout, relation)) forget(*layout);
}

Oid find_table(const char* name) {
    const Oid schema = get_namespace_oid("rewards", true);
    const Oid relation = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
    if (!OidIsValid(relation))
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("the rewards tables are not installed in database \"%s\"", get_database_name(MyDatabaseId)),
                errdetail("Table rewards.%s does not exist.", name), errhint("SELECT rewards.install() creates them."));
    return relation;
}

AttrNumber find_column(TupleDesc columns, const Column& wanted, const char* table) {
    for (int index = 0; index < columns->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(columns, index);
        if (column->attisdropped || std::strcmp(NameStr(column->attname), wanted.name) != 0) continue;
        if (column->atttypid != wanted.type)
            ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("column \"%s\" of rewards.%s has type %s instead of %s", wanted.name, table,
                           format_type_be(column->atttypid), format_type_be(wanted.type)),
                    errhint("Give the column its type back."));
        if (column->atttypmod != -1)
            ereport(
                ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
                errmsg("column \"%s\" of rewards.%s has type %s, which is limited", wanted.name, table,
                       format_type_with_typemod(column->atttypid, column->atttypmod)),
                errhint(
                    "Give the column the type that rewards.install() gave it, and limit it by a CHECK constraint."));
        return column->attnum;
    }
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
            errmsg("column \"%s\" of rewards.%s does not exist", wanted.name, table),
            errhint("SELECT rewards.migrate() brings the tables to this version."));
    pg_unreachable();
}

// An index of the rows that have a value has all rows that a search for a value can find.
bool leaves_out_nulls_only(Relation index, const Form_pg_index form, std::size_t keys) {
    List* conditions = RelationGetIndexPredicate(index);
    if (list_length(conditions) != 1 || !IsA(linitial(conditions), NullTest)) return false;
    const auto* test = static_cast<NullTest*>(linitial(conditions));
    if (test->nulltesttype != IS_NOT_NULL || !IsA(test->arg, Var)) return false;
    const std::span<const int16> columns(form->indkey.values, keys);
    const AttrNumber tested = reinterpret_cast<const Var*>(test->arg)->varattno;
    return std::ranges::find(columns, tested) != columns.end();
}

bool leaves_out_only(Relation index, AttrNumber flag) {
    List* conditions = RelationGetIndexPredicate(index);
    if (list_length(conditions) != 1 || !is_notclause(linitial(conditions))) return false;
    const Expr* negated = get_notclausearg(linitial(conditions));
    return IsA(negated, Var) && reinterpret_cast<const Var*>(negated)->varattno == flag;
}

// Has the index every row that the lookup is about, and, if it is a key, no other?
bool covers(Relation index, const TableLayout& layout, const Lookup& lookup) {
    const bool is_partial = !heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr);
    if (lookup.unless) return is_partial && leaves_out_only(index, layout.attributes[*lookup.unless]);
    return !is_partial || (!lookup.is_key && leaves_out_nulls_only(index, index->rd_index, lookup.count));
}

bool serves(Relation index, const TableLayout& layout, const Lookup& lookup) {
    const Form_pg_index form = index->rd_index;
    if (!form->indisvalid || index->rd_rel->relam != BTREE_AM_OID || form->indnkeyatts < lookup.count) return false;
    if (!covers(index, layout, lookup)) return false;
    if (lookup.is_key && !(form->indisunique && form->indimmediate && form->indnkeyatts == lookup.count)) return false;
    for (std::size_t key = 0; key < lookup.count; ++key)
        if (form->indkey.values[key] != layout.attributes[lookup.columns[key]]) return false;
    return true;
}

void find_indexes(TableLayout& layout, Relation relation) {
    layout.indexes.fill(InvalidOid);
    List* indexes = RelationGetIndexList(relation);
    ListCell* cell;
    foreach (cell, indexes) {
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        for (std::size_t one = 0; one < layout.lookups.size(); ++one)
            if (!OidIsValid(layout.indexes[one]) && serves(index, layout, layout.lookups[one]))
                layout.indexes[one] = RelationGetRelid(index);
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
    for (std::size_t one = 0; one < layout.lookups.size(); ++one)
        if (!OidIsValid(layout.indexes[one]))
            ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("table rewards.%s lacks an index that starts with column \"%s\"", layout.name,
                           layout.columns[layout.lookups[one].columns[0]].name),
                    errhint("Create the index that rewards.install() made, or REINDEX it if it is invalid."));
}

bool is_ours(const TableLayout& layout, AttrNumber attribute) {
    for (std::size_t column = 0; column < layout.columns.size(); ++column)
        if (layout.attributes[column] == attribute) return true;
    return false;
}

bool has_other_defaults(const TableLayout& layout, TupleDesc columns) {
    for (int index = 0; index < columns->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(columns, index);
        const bool fills_itself =
            column->atthasdef || column->attidentity != '\0' || column->atttypid >= FirstNormalObjectId;
        if (!column->attisdropped && column->attgenerated == '\0' && fills_itself && !is_ours(layout, column->attnum))
            return true;
    }
    return false;
}

void find_columns(TableLayout& layout, Relation relation) {
    for (std::size_t column = 0; column < layout.columns.size(); ++column)
        layout.attributes[column] = find_column(RelationGetDescr(relation), layout.columns[column], layout.name);
}

// The simple path is for plain tables. Triggers, policies and constraints are those of the table that
// a statement names, so that a parent or child would be a way around ours.
void require_plain_table(Relation relation) {
    const char* name = RelationGetRelationName(relation);
    if (relation->rd_rel->relkind != RELKIND_RELATION)
        ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("rewards.%s is not an ordinary table", name),
                errhint("Put back the table that rewards.install() made."));
    if (relation->rd_rel->relispartition || relation->rd_rel->relhassubclass ||
        has_superclass(RelationGetRelid(relation)))
        ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("rewards.%s takes part in inheritance", name),
                errhint("ALTER TABLE ... NO INHERIT: rows must not be reached by another table's name. After a child "
                        "is gone, VACUUM the table, too."));
}

void resolve(TableLayout& layout, Relation relation) {
    if (layout.is_resolved && layout.relation == RelationGetRelid(relation)) return;
    watch(layout);
    layout.is_resolved = false;
    layout.relation = RelationGetRelid(relation);
    // Looking takes locks, and with them news of changes, after which it has to look again.
    while (!layout.is_resolved) {
        const std::uint64_t changes = layout.changes;
        require_plain_table(relation);
        find_columns(layout, relation);
        layout.has_other_defaults = has_other_defaults(layout, RelationGetDescr(relation));
        find_indexes(layout, relation);
        release(layout.prepared);
        layout.is_resolved = layout.changes == changes;
    }
}

// The row is read as any reader would, but without privileges: it says what the code may do, not
// what the user may see.
std::int32_t read_data_version(Relation relation) {
    std::optional<std::int32_t> version;
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
    TupleTableSlot* row = table_slot_create(relation, nullptr);
    if (table_scan_getnextslot(scan, ForwardScanDirection, row)) {
        bool is_null;
        version = DatumGetInt32(slot_getattr(row, version_layout.attributes[0], &is_null));
    }
    ExecDropSingleTupleTableSlot(row);
    table_endscan(scan);
    UnregisterSnapshot(snapshot);
    return version.value_or(0);
}

void check_data_version() {
    if (version_layout.is_resolved) return;
    Relation relation = table_open(find_table(version_layout.name), AccessShareLock);
    resolve(version_layout, relation);
    const std::int32_t found = read_data_version(relation);
    table_close(relation, AccessShareLock);
    if (found >= oldest_data_version && found <= code_data_version) return;
    version_layout.is_resolved = false;
    ereport(
        ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        errmsg("the rewards tables are at version %d, and this code works with versions %d to %d", found,
               oldest_data_version, code_data_version),
        found < oldest_data_version
            ? errhint(
                  "ALTER EXTENSION pg_rewards UPDATE, then SELECT rewards.migrate() brings the tables to this version.")
            : errhint("The data is newer than the code: install the release that wrote it, then ALTER EXTENSION "
                      "pg_rewards UPDATE, then reconnect."));
}

}  // namespace

AttrNumber column_number(TupleDesc columns, const Column& wanted) {
    for (AttrNumber number = 1; number <= columns->natts; ++number)
        if (is_column(columns, number, wanted)) return number;
    return InvalidAttrNumber;
}

bool is_own(const TableLayout& layout, Relation relation) {
    return std::strcmp(RelationGetRelationName(relation), layout.name) == 0 &&
           RelationGetNamespace(relation) == get_namespace_oid("rewards", true);
}

TableLayout& layout_of(TableLayout& layout, Relation relation, TableLayout& other) {
    if (is_own(layout, relation)) {
        resolve(layout, relation);
        return layout;
    }
    other = TableLayout{layout.name, layout.columns, {}};
    find_columns(other, relation);
    return other;
}

Relation open_table(TableLayout& layout, LOCKMODE lock) {
    Relation relation = nullptr;
    // Taking the lock hears of pending changes; only after it can the layout be believed.
    if (layout.is_resolved) relation = try_table_open(layout.relation, lock);
    if (relation != nullptr && !layout.is_resolved) {
        table_close(relation, lock);
        relation = nullptr;
    }
    if (relation == nullptr) relation = table_open(find_table(layout.name), lock);
    check_data_version();
    resolve(layout, relation);
    return relation;
}

const PreparedTable& prepared_table(TableLayout& layout, Relation relation) {
    do {
        resolve(layout, relation);
        if (layout.prepared.memory == nullptr) layout.prepared = prepare_table(relation);
    } while (!layout.is_resolved);
    return layout.prepared;
}

// Here too, only after the locks can be believed what is known.
const PreparedTable& lock_indexes(TableLayout& layout, Relation relation) {
    do {
        for (const PreparedIndex& one : prepared_table(layout, relation).indexes)
            LockRelationOid(one.index, RowExclusiveLock);
    } while (!layout.is_resolved);
    return layout.prepared;
}

void watch_tables() { CacheRegisterRelcacheCallback(on_relation_change, Datum{0}); }

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_code_data_version) {
    (void)fcinfo;
    PG_RETURN_INT32(rewards::pg::code_data_version);
}

SQL_FUNCTION(rewards_forget_cached_table) {
    const TriggerData* trigger =
        rewards::pg::called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER, "AFTER ... FOR EACH STATEMENT");
    CacheInvalidateRelcache(trigger->tg_relation);
    PG_RETURN_POINTER(nullptr);
}
}
