// audit_changes(): what did a statement change, row by row, in a table whose rows are of companies?
//
// The rows come from the transition tables. They are made JSON with the rights of whoever runs the statement, as
// types of users may have casts of users; only the row of the audit log is written without asking for a right.
#include "pg/audit.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* audit_changes_wanted =
    "AFTER INSERT, UPDATE or DELETE triggers FOR EACH STATEMENT, with transition tables for old and new rows, and the "
    "name of a column of type uuid as its first argument";

constexpr std::string_view redacted = "[redacted]";

// The table of the trigger, looked at once for a statement.
struct Audited {
    const TriggerData* trigger;
    Write* write;
    const char* action;
    TupleDesc columns;
    FmgrInfo* to_json;  // of each column
    AttrNumber company;
    AttrNumber user;  // 0: it has none
    Bitmapset* key;   // of the primary key, by number of the column; null: there is none
    RowField name;
};

AttrNumber find_uuid_column(TupleDesc columns, const char* name) { return column_number(columns, {name, UUIDOID}); }

// What is generated when it is read is in no transition table.
bool is_stored(const Form_pg_attribute column) { return !column->attisdropped && column->attgenerated != 'v'; }

// to_jsonb() wants to know what type it is called with, as if a parser had seen the call.
FmgrInfo* prepare_conversions(TupleDesc columns) {
    auto* conversions = static_cast<FmgrInfo*>(palloc0(sizeof(FmgrInfo) * static_cast<std::size_t>(columns->natts)));
    for (int index = 0; index < columns->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(columns, index);
        if (!is_stored(column)) continue;
        List* arguments = list_make1(makeNullConst(column->atttypid, column->atttypmod, column->attcollation));
        fmgr_info(F_TO_JSONB, &conversions[index]);
        fmgr_info_set_expr(reinterpret_cast<Node*>(makeFuncExpr(F_TO_JSONB, JSONBOID, arguments, InvalidOid,
                                                                column->attcollation, COERCE_EXPLICIT_CALL)),
                           &conversions[index]);
    }
    return conversions;
}

// The bits of the server's set count from the system columns.
Bitmapset* key_of(Relation relation) {
    Bitmapset* key = nullptr;
    const Bitmapset* attributes = RelationGetIndexAttrBitmap(relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
    for (int bit = -1; (bit = bms_next_member(attributes, bit)) >= 0;)
        key = bms_add_member(key, bit + FirstLowInvalidHeapAttributeNumber);
    return key;
}

const char* action_of(TriggerEvent event) {
    if (TRIGGER_FIRED_BY_INSERT(event)) return "INSERT";
    return TRIGGER_FIRED_BY_DELETE(event) ? "DELETE" : "UPDATE";
}

Audited look_at(const TriggerData* trigger, Write& write) {
    Relation relation = trigger->tg_relation;
    TupleDesc columns = RelationGetDescr(relation);
    const AttrNumber user = find_uuid_column(columns, "user_id");
    return {trigger,
            &write,
            action_of(trigger->tg_event),
            columns,
            prepare_conversions(columns),
            find_uuid_column(columns, trigger->tg_trigger->tgargs[0]),
            user != InvalidAttrNumber ? user : find_uuid_column(columns, "issued_to"),
            key_of(relation),
            to_datum(std::string_view(quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
                                                                 RelationGetRelationName(relation))))};
}

bool is_redacted(const Audited& table, std::string_view key) {
    const Trigger* definition = table.trigger->tg_trigger;
    for (int one = 1; one < definition->tgnargs; ++one)
        if (key == definition->tgargs[one]) return true;
    return false;
}

JsonbValue json_text(std::string_view text) {
    JsonbValue value;
    value.type = jbvString;
    value.val.string.val = const_cast<char*>(text.data());
    value.val.string.len = static_cast<int>(text.size());
    return value;
}

// Copies a value, without what is under a key that is not to be seen.
void push_value(const Audited& table, JsonbParseState** object, Jsonb* json) {
    JsonbValue item;
    if (JB_ROOT_IS_SCALAR(json)) {
        JsonbExtractScalar(&json->root, &item);
        pushJsonbValue(object, WJB_VALUE, &item);
        return;
    }
    JsonbIterator* rest = JsonbIteratorInit(&json->root);
    bool hide = false;
    for (;;) {
        // What is hidden comes as one value, however much there is in it.
        const JsonbIteratorToken token = JsonbIteratorNext(&rest, &item, hide);
        if (token == WJB_DONE) return;
        if (hide) item = json_text(redacted);
        hide = token == WJB_KEY &&
               is_redacted(table, {item.val.string.val, static_cast<std::size_t>(item.val.string.len)});
        pushJsonbValue(object, token, token < WJB_BEGIN_ARRAY ? &item : nullptr);
    }
}

void push_column(const Audited& table, JsonbParseState** object, TupleTableSlot* row, int index) {
    const char* name = NameStr(TupleDescAttr(table.columns, index)->attname);
    JsonbValue item = json_text(name);
    pushJsonbValue(object, WJB_KEY, &item);
    if (is_redacted(table, name)) {
        item = json_text(redacted);
        pushJsonbValue(object, WJB_VALUE, &item);
    } else if (row->tts_isnull[index]) {
        item.type = jbvNull;
        pushJsonbValue(object, WJB_VALUE, &item);
    } else {
        push_value(table, object, DatumGetJsonbP(FunctionCall1(&table.to_json[index], row->tts_values[index])));
    }
}

// The columns in `wanted`, or all; nothing for no row.
RowField json_of(const Audited& table, TupleTableSlot* row, const Bitmapset* wanted) {
    if (row == nullptr) return {};
    JsonbParseState* object = nullptr;
    pushJsonbValue(&object, WJB_BEGIN_OBJECT, nullptr);
    for (int index = 0; index < table.columns->natts; ++index)
        if (is_stored(TupleDescAttr(table.columns, index)) && (wanted == nullptr || bms_is_member(index + 1, wanted)))
            push_column(table, &object, row, index);
    return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&object, WJB_END_OBJECT, nullptr)));
}

RowField uuid_in(TupleTableSlot* row, AttrNumber number) {
    return number != InvalidAttrNumber ? field_in(row, number) : RowField();
}

void record_row(const Audited& table, TupleTableSlot* old_row, TupleTableSlot* new_row, const Bitmapset* wanted) {
    TupleTableSlot* row = new_row != nullptr ? new_row : old_row;
    const RowField company = uuid_in(row, table.company);
    record_audit(*table.write, company.is_null ? all_companies : uuid_of(company.value),
                 {table.action, uuid_in(row, table.user), json_of(table, old_row, wanted),
                  json_of(table, new_row, wanted), table.name});
}

bool is_same(const Form_pg_attribute column, const TupleTableSlot* one, const TupleTableSlot* other) {
    const int index = column->attnum - 1;
    if (one->tts_isnull[index] || other->tts_isnull[index]) return one->tts_isnull[index] == other->tts_isnull[index];
    return datum_image_eq(one->tts_values[index], other->tts_values[index], column->attbyval, column->attlen);
}

Bitmapset* changed_columns(const Audited& table, const TupleTableSlot* old_row, const TupleTableSlot* new_row) {
    Bitmapset* changed = nullptr;
    for (int index = 0; index < table.columns->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(table.columns, index);
        if (is_stored(column) && !is_same(column, old_row, new_row)) changed = bms_add_member(changed, column->attnum);
    }
    return changed;
}

void record_update(const Audited& table, TupleTableSlot* old_row, TupleTableSlot* new_row) {
    Bitmapset* changed = changed_columns(table, old_row, new_row);
    if (changed == nullptr) return;
    if (bms_is_member(table.company, changed)) {
        // Neither company is to see a row of the other.
        record_row(table, old_row, nullptr, nullptr);
        record_row(table, nullptr, new_row, nullptr);
    } else {
        record_row(table, old_row, new_row, table.key != nullptr ? bms_add_members(changed, table.key) : nullptr);
    }
}

// A transition table, read from its start; others may be reading it, too.
struct Rows {
    Tuplestorestate* store;  // null: there are none
    int place;
    TupleTableSlot* row;
};

Rows read_rows(const Audited& table, Tuplestorestate* store) {
    if (store == nullptr) return {};
    const Rows rows{store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND),
                    MakeSingleTupleTableSlot(table.columns, &TTSOpsMinimalTuple)};
    tuplestore_select_read_pointer(store, rows.place);
    tuplestore_rescan(store);
    return rows;
}

bool next(const Rows& rows) {
    if (rows.store == nullptr) return false;
    tuplestore_select_read_pointer(rows.store, rows.place);
    if (!tuplestore_gettupleslot(rows.store, true, false, rows.row)) return false;
    slot_getallattrs(rows.row);
    return true;
}

// The memory of one row is given back before the next.
template <typename Next, typename Record>
void for_each_row(const Audited& table, Next next_one, Record record) {
    MemoryContext one_row = AllocSetContextCreate(CurrentMemoryContext, "rewards audited row", ALLOCSET_DEFAULT_SIZES);
    while (next_one()) {
        CHECK_FOR_INTERRUPTS();
        MemoryContext caller = MemoryContextSwitchTo(one_row);
        record();
        MemoryContextSwitchTo(caller);
        MemoryContextReset(one_row);
        ResetPerTupleExprContext(table.write->estate);
    }
    MemoryContextDelete(one_row);
}

void record_statement(const Audited& table) {
    const Rows old_rows = read_rows(table, table.trigger->tg_oldtable);
    const Rows new_rows = read_rows(table, table.trigger->tg_newtable);
    // Both are filled row by row. Where a row trigger has kept one that moves from being written elsewhere, who comes
    // after it has another's place.
    const bool are_paired = old_rows.store != nullptr && new_rows.store != nullptr &&
                            tuplestore_tuple_count(old_rows.store) == tuplestore_tuple_count(new_rows.store);
    if (are_paired) {
        for_each_row(
            table, [&] { return next(old_rows) && next(new_rows); },
            [&] { record_update(table, old_rows.row, new_rows.row); });
    } else {
        for_each_row(
            table, [&] { return next(old_rows); }, [&] { record_row(table, old_rows.row, nullptr, nullptr); });
        for_each_row(
            table, [&] { return next(new_rows); }, [&] { record_row(table, nullptr, new_rows.row, nullptr); });
    }
    for (const Rows& rows : {old_rows, new_rows})
        if (rows.row != nullptr) ExecDropSingleTupleTableSlot(rows.row);
}

bool has_rows_for(const TriggerData* trigger) {
    const TriggerEvent event = trigger->tg_event;
    const bool wants_old = TRIGGER_FIRED_BY_UPDATE(event) || TRIGGER_FIRED_BY_DELETE(event);
    const bool wants_new = TRIGGER_FIRED_BY_UPDATE(event) || TRIGGER_FIRED_BY_INSERT(event);
    return (wants_old || wants_new) && (!wants_old || trigger->tg_oldtable != nullptr) &&
           (!wants_new || trigger->tg_newtable != nullptr);
}

bool is_empty(Tuplestorestate* store) { return store == nullptr || tuplestore_tuple_count(store) == 0; }

void audit_changes(const TriggerData* trigger) {
    const Trigger* definition = trigger->tg_trigger;
    if (definition->tgnargs == 0 || !has_rows_for(trigger) ||
        find_uuid_column(RelationGetDescr(trigger->tg_relation), definition->tgargs[0]) == InvalidAttrNumber)
        raise_misattached(audit_changes_wanted);
    if (is_empty(trigger->tg_oldtable) && is_empty(trigger->tg_newtable)) return;
    with_write("audit_changes()", [&](Write& write) { record_statement(look_at(trigger, write)); });
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_audit_changes) {
    using namespace rewards::pg;
    audit_changes(called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER, audit_changes_wanted));
    PG_RETURN_POINTER(nullptr);
}
}
