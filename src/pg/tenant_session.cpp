#include "pg/tenant_session.hpp"

#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type next_object_access = nullptr;

bool holds_cursor = true;  // this transaction may have declared one: true until the one that loaded us ends
int refresh_level = 0;     // of REFRESH MATERIALIZED VIEW CONCURRENTLY, in subtransactions; 0: we are in none

[[noreturn]] void refuse_while_sealed(const char* what, const char* hint) {
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            errmsg("cannot %s while a company context is sealed", what), errhint("%s", hint));
    pg_unreachable();
}

bool is_held_cursor(const Node* statement) {
    return IsA(statement, DeclareCursorStmt) &&
           (reinterpret_cast<const DeclareCursorStmt*>(statement)->options & CURSOR_OPT_HOLD) != 0;
}

void refuse_statement(const Node* statement) {
    if (is_held_cursor(statement))
        refuse_while_sealed("declare a cursor WITH HOLD",
                            "Read a cursor without HOLD to its end before the transaction ends.");
    if (IsA(statement, ListenStmt))
        refuse_while_sealed("execute LISTEN",
                            "Listen on a connection of its own, outside of any company's transaction.");
}

bool needs_diff_table(const Node* statement) {
    return IsA(statement, RefreshMatViewStmt) && reinterpret_cast<const RefreshMatViewStmt*>(statement)->concurrent;
}

void watch_statement(PlannedStmt* planned, const char* query, bool read_only_tree, ProcessUtilityContext context,
                     ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
                     QueryCompletion* completion) {
    const Node* statement = planned->utilityStmt;
    if (is_sealed()) refuse_statement(statement);
    if (is_held_cursor(statement)) holds_cursor = true;
    const int outer_refresh = refresh_level;
    if (needs_diff_table(statement)) refresh_level = GetCurrentTransactionNestLevel();
    const auto run = next_utility == nullptr ? standard_ProcessUtility : next_utility;
    run(planned, query, read_only_tree, context, parameters, environment, receiver, completion);
    refresh_level = outer_refresh;  // after an error the callbacks below do it
}

// The creation_time of pg_cursors does not tell: all statements of a procedure have that of its CALL.
bool is_of_this_transaction(const char* cursor) {
    Portal portal = GetPortalByName(cursor);
    return PortalIsValid(portal) && portal->createSubid != InvalidSubTransactionId;
}

// A held cursor of this very transaction would read on to its end at COMMIT, with the rows of the company.
void refuse_held_cursor() {
    if (!holds_cursor) return;
    SPI_connect();
    if (SPI_execute("SELECT name FROM pg_catalog.pg_cursors WHERE is_holdable", true, 0) != SPI_OK_SELECT)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not list cursors"));
    for (std::uint64_t row = 0; row < SPI_processed; ++row) {
        const char* cursor = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1);
        if (is_of_this_transaction(cursor))
            ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("cursor \"%s\" WITH HOLD would outlive the company context", cursor),
                    errhint("CLOSE it, or COMMIT, before the company context is set."));
    }
    SPI_finish();
}

// The row types of relations and the array types of types come along with what is asked for itself.
bool comes_along(Oid catalog, HeapTuple object) {
    if (catalog != TypeRelationId) return false;
    const auto* type = reinterpret_cast<Form_pg_type>(GETSTRUCT(object));
    return type->typtype == TYPTYPE_COMPOSITE || IsTrueArrayType(type);
}

// The schema of an object that this command has just created, if it is one to be refused.
Oid schema_of(Oid catalog, Oid object) {
    const AttrNumber column = get_object_attnum_namespace(catalog);
    if (column == InvalidAttrNumber) return InvalidOid;
    Relation relation = table_open(catalog, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, get_object_attnum_oid(catalog), BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
    SysScanDesc scan = systable_beginscan(relation, get_object_oid_index(catalog), true, SnapshotSelf, 1, &key);
    HeapTuple found = systable_getnext(scan);
    Oid schema = InvalidOid;
    bool is_null;
    if (HeapTupleIsValid(found) && !comes_along(catalog, found))
        schema = DatumGetObjectId(heap_getattr(found, column, RelationGetDescr(relation), &is_null));
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return schema;
}

void refuse_temporary(Oid catalog, Oid object) {
    if (!is_objectclass_supported(catalog)) return;
    const Oid schema = schema_of(catalog, object);
    if (OidIsValid(schema) && isAnyTempNamespace(schema))
        refuse_while_sealed(
            "create temporary objects",
            "Create them before the company context, ON COMMIT DROP, or do without: WITH queries, arrays, jsonb.");
}

// While a materialised view is refreshed, the server lets nobody but itself create a temporary relation.
bool is_servers_own(Oid catalog, const void* creation) {
    return static_cast<const ObjectAccessPostCreate*>(creation)->is_internal ||
           (refresh_level > 0 && catalog == RelationRelationId);
}

void watch_object(ObjectAccessType access, Oid catalog, Oid object, int column, void* details) {
    if (access == OAT_POST_CREATE && column == 0 && is_sealed() && !is_servers_own(catalog, details))
        refuse_temporary(catalog, object);
    if (next_object_access != nullptr) next_object_access(access, catalog, object, column, details);
}

void forget_transaction(XactEvent event, void*) {
    switch (event) {
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_ABORT:
        case XACT_EVENT_PREPARE:
            holds_cursor = false;
            refresh_level = 0;
            break;
        default: break;
    }
}

void forget_subtransaction(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB && refresh_level >= GetCurrentTransactionNestLevel()) refresh_level = 0;
}

}  // namespace

void refuse_residue_while_sealed() {
    before_sealing(refuse_held_cursor);
    RegisterXactCallback(forget_transaction, nullptr);
    RegisterSubXactCallback(forget_subtransaction, nullptr);
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = watch_statement;
    next_object_access = object_access_hook;
    object_access_hook = watch_object;
}

}  // namespace rewards::pg
