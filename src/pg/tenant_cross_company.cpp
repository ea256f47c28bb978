// begin_cross_company_access(): breaks the glass. One transaction reads the rows of all companies, and says why before
// it does.
#include "pg/audit.hpp"

namespace rewards::pg {

namespace {

std::string_view checked_reason(std::string_view reason) {
    constexpr int limit = 1000;
    const int length = pg_mbstrlen_with_len(reason.data(), static_cast<int>(reason.size()));
    if (length > limit)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("reason must have 1 to %d characters, and has %d", limit, length));
    if (reason.find_first_not_of(' ') == std::string_view::npos)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reason must not be empty"),
                errhint("Whoever reads the audit log wants to know what the access was for."));
    if (has_control_character(reason))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reason must not contain control characters"));
    return reason;
}

Datum reason_as_json(std::string_view reason, const char* role) {
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfoString(&json, "{\"reason\": ");
    escape_json(&json, pnstrdup(reason.data(), reason.size()));
    appendStringInfoString(&json, ", \"role\": ");
    escape_json(&json, role);
    appendStringInfoChar(&json, '}');
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

// The server's log keeps it even if the transaction is rolled back, and so before anything is open.
void log_access(std::string_view reason, const char* role) {
    ereport(LOG_SERVER_ONLY, errmsg("cross-company access begins: role \"%s\", logged in as \"%s\", reason: %.*s", role,
                                    current_actor(), static_cast<int>(reason.size()), reason.data()));
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_begin_cross_company_access) {
    using namespace rewards::pg;
    const std::string_view reason = checked_reason(text_view(Arguments{fcinfo}.required(0, "reason")));
    if (is_sealed())
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("cross-company access cannot begin in a transaction that has been sealed"),
                errhint("One transaction serves one company, or reads all of them: COMMIT or ROLLBACK first."));
    const char* role = GetUserNameFromId(GetUserId(), false);
    with_write("begin_cross_company_access()", [&](Write& write) {
        record_audit(write, all_companies, {"begin_cross_company_access", {}, {}, reason_as_json(reason, role)});
    });
    log_access(reason, role);
    enter_cross_company();
    PG_RETURN_VOID();
}
}
