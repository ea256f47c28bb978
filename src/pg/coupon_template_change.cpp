// create_coupon_template, change_coupon_template: templates for staff who may not write the table. They are written by
// SQL, as the owner of the table, so that defaults, constraints and the audit are those of any other statement.
#include "pg/coupon_template.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

// An id that somebody chooses could be tried, to see whether another company has it.
constexpr std::string_view fixed_columns[] = {"id", "company_id", "created_at", "updated_at"};

bool is_settable(TupleDesc columns, std::string_view name) {
    if (std::ranges::find(fixed_columns, name) != std::end(fixed_columns)) return false;
    for (int index = 0; index < columns->natts; ++index) {
        const Form_pg_attribute column = TupleDescAttr(columns, index);
        if (!column->attisdropped && column->attgenerated == '\0' && name == NameStr(column->attname)) return true;
    }
    return false;
}

// The names of an object's members, each of which is a column that may be set.
template <typename Body>
void for_each_member(TupleDesc columns, Jsonb* object, Body body) {
    JsonbIterator* iterator = JsonbIteratorInit(&object->root);
    JsonbValue key;
    for (auto token = JsonbIteratorNext(&iterator, &key, false); token != WJB_DONE;
         token = JsonbIteratorNext(&iterator, &key, true)) {
        if (token != WJB_KEY) continue;
        const char* name = pnstrdup(key.val.string.val, static_cast<Size>(key.val.string.len));
        if (!is_settable(columns, name))
            ereport(
                ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("a template has no member \"%s\" that can be set", name),
                errhint(
                    "The members are the columns of rewards.coupon_templates, except id, company_id, created_at and "
                    "updated_at."));
        body(quote_identifier(name));
    }
}

Jsonb* object_argument(const Arguments& arguments, int index, const char* name) {
    Jsonb* object = DatumGetJsonbP(arguments.required(index, name));
    if (!JB_ROOT_IS_OBJECT(object))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a JSON object", name));
    return object;
}

// Columns that are not given have their defaults.
const char* insert_of(TupleDesc columns, Jsonb* given) {
    StringInfoData names;
    StringInfoData fields;
    initStringInfo(&names);
    initStringInfo(&fields);
    for_each_member(columns, given, [&](const char* name) {
        appendStringInfo(&names, ", %s", name);
        appendStringInfo(&fields, ", given.%s", name);
    });
    return psprintf(
        "WITH made AS (INSERT INTO rewards.coupon_templates (company_id%s) SELECT $1%s"
        " FROM jsonb_populate_record(NULL::rewards.coupon_templates, $2) AS given RETURNING id) SELECT id FROM made",
        names.data, fields.data);
}

const char* update_of(TupleDesc columns, Jsonb* changes) {
    StringInfoData cells;
    initStringInfo(&cells);
    for_each_member(columns, changes, [&](const char* name) {
        appendStringInfo(&cells, "%s%s = given.%s", cells.len == 0 ? "" : ", ", name, name);
    });
    if (cells.len == 0)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("changes must have at least one member"));
    return psprintf(
        "WITH changed AS (UPDATE rewards.coupon_templates AS template SET %s"
        " FROM jsonb_populate_record(NULL::rewards.coupon_templates, $2) AS given"
        " WHERE template.company_id = $1 AND template.id = $3 RETURNING 1) SELECT count(*) FROM changed",
        cells.data);
}

Uuid create(const Context& context, Jsonb* given) {
    Relation templates = open_table(templates_layout(), RowExclusiveLock);
    const char* sql = insert_of(RelationGetDescr(templates), given);
    SPI_connect();
    const Uuid id =
        write_as_owner(templates, sql, {{UUIDOID, to_datum(context.company)}, {JSONBOID, JsonbPGetDatum(given)}})[0]
            .uuid(1);
    SPI_finish();
    table_close(templates, NoLock);
    return id;
}

bool change(const Context& context, const Uuid& template_id, Jsonb* changes) {
    Relation templates = open_table(templates_layout(), RowExclusiveLock);
    const char* sql = update_of(RelationGetDescr(templates), changes);
    const std::int64_t changed = count_as_owner(
        templates, sql,
        {{UUIDOID, to_datum(context.company)}, {JSONBOID, JsonbPGetDatum(changes)}, {UUIDOID, to_datum(template_id)}});
    table_close(templates, NoLock);
    return changed > 0;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_create_coupon_template) {
    using namespace rewards::pg;
    Jsonb* given = object_argument({fcinfo}, 0, "template");
    const Context& context = require_context();
    require_back_end(context, "create coupon templates");
    require_writable("create_coupon_template()");
    return uuid_result(create(context, given));
}

SQL_FUNCTION(rewards_change_coupon_template) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid template_id = arguments.uuid(0, "template_id");
    Jsonb* changes = object_argument(arguments, 1, "changes");
    const Context& context = require_context();
    require_back_end(context, "change coupon templates");
    require_writable("change_coupon_template()");
    const bool is_found = change(context, template_id, changes);
    if (!is_found) refuse(refusal::template_not_found, "{}");
    return to_datum(std::string_view(is_found ? "changed" : refusal::template_not_found.outcome));
}
}
