// assert_tenant_isolation(): is a table isolated? The statements that try to cross, and what each should lead to, are
// written in SQL (14_tenant_assert.sql). Here each runs as a company, in the name of the acting role, and is undone.
#include "pg/table.hpp"
#include "pg/tenant.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

constexpr std::string_view verbs[] = {"INSERT", "UPDATE", "DELETE"};

struct Report {
    ReturnSetInfo* result;
    int lines;
    const char* direction;                      // before the description of each line
    std::array<int, std::size(verbs)> refused;  // the SQLSTATE by which the application refuses a verb to everybody
    int controls;
    int controls_passed;
};

struct Subject {
    Oid table;
    Oid owner;
    Oid acting_role;
    NameData company_column;
    Uuid company_a;
    Uuid company_b;
};

// What runs in a subtransaction, and what comes out of it.
struct Execution {
    const char* statement;
    Oid role;
    bool past_rls;
    MemoryContext caller_memory;
    std::uint64_t rows;
    char* text;  // of the first column of the first row
};

void add_text(const Report& report, const char* line) {
    Datum values[1] = {CStringGetTextDatum(line)};
    bool nulls[1] = {false};
    tuplestore_putvalues(report.result->setResult, report.result->setDesc, values, nulls);
}

// A line of TAP is one line, and # starts a directive.
const char* tap_text(const char* text) {
    StringInfoData escaped;
    initStringInfo(&escaped);
    for (; *text != '\0'; ++text) {
        if (*text == '#' || *text == '\\') appendStringInfoChar(&escaped, '\\');
        appendStringInfoChar(&escaped, static_cast<unsigned char>(*text) < ' ' ? ' ' : *text);
    }
    return escaped.data;
}

void add_line(Report& report, bool is_ok, const char* description, const char* diagnostic = nullptr) {
    add_text(report, psprintf("%s %d - %s%s", is_ok ? "ok" : "not ok", ++report.lines, report.direction,
                              tap_text(description)));
    if (diagnostic != nullptr) add_text(report, psprintf("# %s", tap_text(diagnostic)));
}

void add_skipped(Report& report, const char* description, const char* reason) {
    add_text(report, psprintf("ok %d - %s%s # SKIP %s", ++report.lines, report.direction, tap_text(description),
                              tap_text(reason)));
}

void add_plan(const Report& report) { add_text(report, psprintf("1..%d", report.lines)); }

// As a restricted operation: triggers of the table must not gain the caller's rights, or leave something prepared
// behind. Constraints are not left to a commit that does not come. The rollback gives the caller's identity back.
void execute(void* state) {
    auto* run = static_cast<Execution*>(state);
    Oid caller;
    int context;
    GetUserIdAndSecContext(&caller, &context);
    SetUserIdAndSecContext(run->role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION |
                                          (run->past_rls ? SECURITY_NOFORCE_RLS : 0));
    set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
    SPI_connect();
    SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
    const int result = SPI_execute(run->statement, false, 1);
    if (result < 0)
        ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                errmsg("the statement cannot be run: %s", SPI_result_code_string(result)));
    run->rows = SPI_processed;
    if (result == SPI_OK_SELECT && SPI_processed > 0 && SPI_tuptable->tupdesc->natts > 0) {
        const char* text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
        if (text != nullptr) run->text = MemoryContextStrdup(run->caller_memory, text);
    }
    SPI_finish();
}

Execution execution_of(const char* statement, Oid role) {
    return {statement, role, false, CurrentMemoryContext, 0, nullptr};
}

const char* diagnostic_of(const Trial& trial, const Execution& run) {
    if (trial.is_error) return psprintf("%s: %s", unpack_sql_state(trial.sqlstate), trial.message);
    return run.rows > 0 ? "It reached a row." : "It succeeded, and reached no row.";
}

// Parameters are the subject's: table, company column, both companies, acting role and samples.
void query(const Subject& subject, const char* samples, const char* sql) {
    Oid types[] = {REGCLASSOID, NAMEOID, UUIDOID, UUIDOID, REGROLEOID, JSONBOID};
    Datum values[] = {ObjectIdGetDatum(subject.table),       NameGetDatum(&subject.company_column),
                      to_datum(subject.company_a),           to_datum(subject.company_b),
                      ObjectIdGetDatum(subject.acting_role), DirectFunctionCall1(jsonb_in, CStringGetDatum(samples))};
    if (SPI_execute_with_args(sql, std::size(types), types, values, nullptr, false, 0) != SPI_OK_SELECT)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not prepare the statements"));
}

struct AttemptRow {
    HeapTuple tuple;
    TupleDesc columns;

    char* text(const char* name) const { return SPI_getvalue(tuple, columns, SPI_fnumber(columns, name)); }
    Datum datum(const char* name, bool* is_null) const {
        return SPI_getbinval(tuple, columns, SPI_fnumber(columns, name), is_null);
    }
    bool flag(const char* name) const {
        bool is_null;
        return DatumGetBool(datum(name, &is_null));
    }
    std::optional<Uuid> company() const {
        bool is_null;
        const Datum company = datum("company", &is_null);
        if (is_null) return std::nullopt;
        return uuid_of(company);
    }
};

bool is_wanted(const AttemptRow& attempt, const Trial& trial, const Execution& run) {
    bool is_null;
    if (trial.is_error) return std::strstr(attempt.text("wanted_states"), unpack_sql_state(trial.sqlstate)) != nullptr;
    const Datum rows = attempt.datum("wanted_rows", &is_null);
    return !is_null && static_cast<std::uint64_t>(DatumGetInt64(rows)) == run.rows;
}

int* refused_state(Report& report, const char* verb) {
    for (std::size_t index = 0; index < std::size(verbs); ++index)
        if (verbs[index] == verb) return &report.refused[index];
    return nullptr;
}

// Constraints are looked at after the guard, and so cannot stand in for it.
bool stands_in_for_guard(int sqlstate) {
    return ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
           sqlstate == ERRCODE_RESTRICT_VIOLATION;
}

// A table may be append-only, say, or referenced. What it refuses to everybody needs no more proof. Errors of class 42
// are no refusals of this kind: either nobody may do it, and nothing is proved, or the statement makes no sense.
bool is_refused_to_everybody(Report& report, const AttemptRow& attempt, const Trial& trial) {
    int* refused = refused_state(report, attempt.text("verb"));
    if (!trial.is_error || refused == nullptr ||
        ERRCODE_TO_CATEGORY(trial.sqlstate) == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
        (attempt.flag("past_rls") && !stands_in_for_guard(trial.sqlstate)))
        return false;
    if (attempt.flag("is_control")) *refused = trial.sqlstate;
    return *refused == trial.sqlstate;
}

void judge(Report& report, const AttemptRow& attempt, const Trial& trial, const Execution& run) {
    const char* description = attempt.text("description");
    const bool is_ok = is_wanted(attempt, trial, run);
    if (attempt.flag("is_control")) {
        ++report.controls;
        report.controls_passed += is_ok;
    }
    if (!is_ok && is_refused_to_everybody(report, attempt, trial))
        add_skipped(report, description, psprintf("a company cannot do it either, %s", diagnostic_of(trial, run)));
    else
        add_line(report, is_ok, description, is_ok ? nullptr : diagnostic_of(trial, run));
}

bool may_act_as(Oid role) {
#if PG_VERSION_NUM >= 160000
    return member_can_set_role(GetUserId(), role);
#else
    return is_member_of_role(GetUserId(), role);
#endif
}

void attempt(Report& report, const Subject& subject, const AttemptRow& row) {
    const char* description = row.text("description");
    const bool past_rls = row.flag("past_rls");
    if (const char* finding = row.text("finding")) return add_line(report, false, description, finding);
    if (const char* reason = row.text("skipped")) return add_skipped(report, description, reason);
    if (past_rls && !may_act_as(subject.owner))
        return add_skipped(report, description, "only a member of the role that owns the table can try it");
    Execution run = execution_of(row.text("statement"), past_rls ? subject.owner : subject.acting_role);
    run.past_rls = past_rls;
    judge(report, row, try_as_company(row.company(), execute, &run), run);
}

void run_attempts(Report& report, const Subject& subject, const char* samples) {
    query(subject, samples, "SELECT * FROM rewards.isolation_attempts($1, $2, $3, $4, $5, $6)");
    const SPITupleTable* rows = SPI_tuptable;
    const std::uint64_t count = SPI_processed;
    for (std::uint64_t index = 0; index < count; ++index) {
        CHECK_FOR_INTERRUPTS();
        attempt(report, subject, {rows->vals[index], rows->tupdesc});
    }
    if (report.controls > 0)
        add_line(report, report.controls_passed > 0,
                 "a company can write rows of its own, so that refusals mean something");
}

// Gives the samples as one JSON object; null: a company does not see a row of its own, and nothing can be proved.
const char* take_samples(Report& report, const Subject& subject) {
    query(subject, "{}", "SELECT * FROM rewards.isolation_samples($1, $2, $3, $4)");
    const SPITupleTable* rows = SPI_tuptable;
    const std::uint64_t count = SPI_processed;
    bool is_complete = true;
    StringInfoData samples;
    initStringInfo(&samples);
    for (std::uint64_t index = 0; index < count; ++index) {
        const AttemptRow row{rows->vals[index], rows->tupdesc};
        const char* name = row.text("name");
        Execution run = execution_of(row.text("statement"), subject.acting_role);
        const Trial trial = try_as_company(row.company(), execute, &run);
        if (std::strlen(name) == 1) {
            is_complete = is_complete && run.text != nullptr;
            add_line(report, run.text != nullptr,
                     *name == 'a' ? "a company sees a row of its own" : "the other company sees a row of its own",
                     run.text == nullptr ? diagnostic_of(trial, run) : nullptr);
        }
        appendStringInfoString(&samples, index == 0 ? "{" : ", ");
        escape_json(&samples, name);
        appendStringInfo(&samples, ": %s", run.text != nullptr ? run.text : "null");
    }
    appendStringInfoChar(&samples, '}');
    return is_complete ? samples.data : nullptr;
}

void require_acting_role(Oid role) {
    const char* name = GetUserNameFromId(role, false);
    if (!may_act_as(role))
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be a member of role \"%s\"", name),
                errhint("Name a role of yours as acting_role."));
}

// The table's owner and company column; an error for what is no table to protect.
void describe(Subject& subject) {
    Oid types[] = {REGCLASSOID};
    Datum values[] = {ObjectIdGetDatum(subject.table)};
    SPI_execute_with_args("SELECT rewards.require_tenant_root($1)", 1, types, values, nullptr, true, 1);
    SPI_execute_with_args(
        "SELECT relowner, rewards.company_column_of($1) FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) $1",
        1, types, values, nullptr, true, 1);
    bool is_null;
    subject.owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
    const Datum column = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null);
    if (is_null)
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
                errmsg("table \"%s\" has no company column", get_rel_name(subject.table)),
                errhint("See rewards.enable_tenant_rls()."));
    subject.company_column = *DatumGetName(column);
}

// The first company in the table but one.
std::optional<Uuid> find_company(const Subject& subject, const std::optional<Uuid>& other) {
    Oid types[] = {UUIDOID};
    const Uuid but = other.value_or(Uuid{});
    Datum values[] = {to_datum(but)};
    const char nulls[] = {other ? ' ' : 'n', '\0'};
    const char* column = quote_identifier(NameStr(subject.company_column));
    const char* sql = psprintf(
        "SELECT %s FROM %s WHERE %s IS NOT NULL AND ($1 IS NULL OR %s OPERATOR(pg_catalog.<>) $1) ORDER BY 1 LIMIT 1",
        column,
        quote_qualified_identifier(get_namespace_name(get_rel_namespace(subject.table)), get_rel_name(subject.table)),
        column, column);
    SPI_execute_with_args(sql, 1, types, values, nulls, true, 1);
    if (SPI_processed == 0) return std::nullopt;
    bool is_null;
    return uuid_of(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
}

void require_sight_of_all(Oid table) {
    if (DatumGetBool(DirectFunctionCall1(row_security_active, ObjectIdGetDatum(table))))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("company_a and company_b must be given"),
                errhint("Only a role that sees the rows of all companies can find two of them by itself."));
}

bool choose_companies(Subject& subject, std::optional<Uuid> one, std::optional<Uuid> other) {
    if (!one || !other) require_sight_of_all(subject.table);
    if (!one) one = find_company(subject, other);
    if (!other) other = find_company(subject, one);
    if (!one || !other) return false;
    if (*one == *other)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("company_a and company_b must differ"));
    subject.company_a = *one;
    subject.company_b = *other;
    return true;
}

// One way: a policy may hold one company and not the other.
void cross(Report& report, const Subject& subject, const char* direction) {
    report.direction = direction;
    report.controls = report.controls_passed = 0;
    report.refused = {};
    const char* samples = take_samples(report, subject);
    if (samples != nullptr) run_attempts(report, subject, samples);
}

void assert_isolation(Report& report, Subject& subject, const Arguments& arguments) {
    const std::optional<Uuid> none;
    if (has_bypassrls_privilege(subject.acting_role))
        return add_line(report, false, "row-level security holds the acting role",
                        psprintf("Role %s is a superuser or has BYPASSRLS: name another as acting_role.",
                                 GetUserNameFromId(subject.acting_role, false)));
    if (!choose_companies(subject, arguments.is_null(1) ? none : uuid_of(arguments.datum(1)),
                          arguments.is_null(2) ? none : uuid_of(arguments.datum(2))))
        return add_line(report, false, "the table has rows of two companies", "Without them nothing would be proved.");
    cross(report, subject, "from company a to b: ");
    std::swap(subject.company_a, subject.company_b);
    cross(report, subject, "from company b to a: ");
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_assert_tenant_isolation) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    require_writable("assert_tenant_isolation()");
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    Report report{reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo), 0, "", {}, 0, 0};
    Subject subject{};
    subject.table = DatumGetObjectId(arguments.required(0, "target"));
    require_trial_allowed();
    SPI_connect();
    describe(subject);
    subject.acting_role = arguments.is_null(3) ? subject.owner : DatumGetObjectId(arguments.datum(3));
    require_acting_role(subject.acting_role);
    assert_isolation(report, subject, arguments);
    add_plan(report);
    SPI_finish();
    PG_RETURN_NULL();
}
}
