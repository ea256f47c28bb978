// What holds those whom row-level security does not: owners, BYPASSRLS, superusers? A row trigger, attached by
// enable_tenant_rls(): every row that is written is of the company of the transaction.
#include "pg/raise.hpp"
#include "pg/statement.hpp"
#include "pg/tenant.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* guard_wanted = "BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, with the name of a column";

AttrNumber find_company_column(const TriggerData* trigger, const char* name) {
    const AttrNumber number = column_number(RelationGetDescr(trigger->tg_relation), {name, UUIDOID});
    if (number != InvalidAttrNumber) return number;
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
            errmsg("table \"%s\" has no company column \"%s\" of type uuid",
                   RelationGetRelationName(trigger->tg_relation), name),
            errhint("Call rewards.enable_tenant_rls() with the name that the column has now."));
    pg_unreachable();
}

// What is kept with the call is a guess: it is looked at again for each row, which costs less than to know whether
// the table is still the same.
AttrNumber company_column(FunctionCallInfo call, const TriggerData* trigger) {
    if (trigger->tg_trigger->tgnargs < 1) raise_misattached(guard_wanted);
    const char* name = trigger->tg_trigger->tgargs[0];
    auto* known = static_cast<AttrNumber*>(call->flinfo->fn_extra);
    if (known == nullptr) {
        known = static_cast<AttrNumber*>(MemoryContextAllocZero(call->flinfo->fn_mcxt, sizeof(AttrNumber)));
        call->flinfo->fn_extra = known;
    }
    if (!is_column(RelationGetDescr(trigger->tg_relation), *known, {name, UUIDOID}))
        *known = find_company_column(trigger, name);
    return *known;
}

// Says nothing of the row: whose it is is none of the caller's business.
[[noreturn]] void raise_foreign_row(Relation relation) {
    ereport(
        ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
        errmsg("a row of table \"%s\" is not of the company of this transaction", RelationGetRelationName(relation)),
        errhint("A transaction writes rows of the company that it called rewards.set_company_context() for."),
        errtable(relation));
    pg_unreachable();
}

[[noreturn]] void raise_no_company(Relation relation) {
    ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
            errmsg("table \"%s\" cannot be written without a company context", RelationGetRelationName(relation)),
            errhint("Call rewards.set_company_context() first, in the same transaction."), errtable(relation));
    pg_unreachable();
}

void require_own_row(Relation relation, TupleTableSlot* row, AttrNumber column, const Uuid& company) {
    bool is_null;
    const Datum of_row = slot_getattr(row, column, &is_null);
    if (is_null || uuid_of(of_row) != company) raise_foreign_row(relation);
}

void guard_row(FunctionCallInfo call, const TriggerData* trigger) {
    if (crosses_companies()) return;
    const std::optional<Uuid> company = current_company();
    if (!company) raise_no_company(trigger->tg_relation);
    const AttrNumber column = company_column(call, trigger);
    require_own_row(trigger->tg_relation, trigger->tg_trigslot, column, *company);
    if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
        require_own_row(trigger->tg_relation, trigger->tg_newslot, column, *company);
}

void require_owned(Relation relation) {
    if (!DatumGetBool(DirectFunctionCall2(pg_has_role_id, ObjectIdGetDatum(relation->rd_rel->relowner),
                                          to_datum(std::string_view("USAGE")))))
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                errmsg("must be owner of table %s", RelationGetRelationName(relation)));
}

std::int64_t count_rows_without(Relation relation, const char* column) {
    const char* sql = psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s IS NULL",
                               quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
                                                          RelationGetRelationName(relation)),
                               quote_identifier(column));
    SPI_connect();
    const std::int64_t count = read_as_owner(relation, sql, {})[0].integer(1);
    SPI_finish();
    return count;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_guard_tenant_row) {
    using namespace rewards::pg;
    const TriggerData* trigger = called_as_trigger(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, guard_wanted);
    guard_row(fcinfo, trigger);
    PG_RETURN_POINTER(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

// Row-level security that is forced hides from the owner the very rows that have to be counted.
SQL_FUNCTION(rewards_count_rows_of_nobody) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Oid target = DatumGetObjectId(arguments.required(0, "target"));
    if (get_rel_name(target) == nullptr)
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE), errmsg("there is no table with OID %u", target));
    Relation relation = table_open(target, AccessShareLock);
    require_owned(relation);
    const char* column = NameStr(*DatumGetName(arguments.required(1, "company_column")));
    if (get_attnum(target, column) == InvalidAttrNumber)
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
                errmsg("column \"%s\" of table \"%s\" does not exist", column, RelationGetRelationName(relation)));
    const std::int64_t count = count_rows_without(relation, column);
    table_close(relation, NoLock);
    PG_RETURN_INT64(count);
}
}
