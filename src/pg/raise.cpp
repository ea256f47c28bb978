#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

int sqlstate_of(Fault fault) {
    switch (fault) {
        case Fault::malformed: return ERRCODE_INVALID_TEXT_REPRESENTATION;
        case Fault::out_of_range: return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case Fault::insufficient: return ERRCODE_CHECK_VIOLATION;
        case Fault::key_unusable: return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        case Fault::crypto: return ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
        case Fault::none: break;
    }
    return ERRCODE_INTERNAL_ERROR;
}

enum OnRefusal : int { return_row, raise_error };
int on_refusal = return_row;

constexpr config_enum_entry on_refusal_options[] = {
    {"return", return_row, false}, {"raise", raise_error, false}, {nullptr, 0, false}};

// PostgREST announces itself by this setting and reads its answer's status from the other.
void tell_postgrest(int http_status) {
    const char* method = GetConfigOption("request.method", true, false);
    if (method == nullptr || *method == '\0') return;
    set_config_option("response.status", psprintf("%d", http_status), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
                      true, 0, false);
}

int postgrest_sqlstate(int http_status) {
    return MAKE_SQLSTATE('P', 'T', '0' + http_status / 100, '0' + http_status / 10 % 10, '0' + http_status % 10);
}

}  // namespace

void raise(const Error& error) {
    ereport(ERROR, errcode(sqlstate_of(error.fault)), errmsg("%s", error.text),
            error.fault == Fault::insufficient ? errhint("The account has fewer points than this takes away.") : 0);
    pg_unreachable();
}

void raise_length(const char* name, std::size_t length, std::size_t limit) {
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
            errmsg("%s must have 1 to %zu bytes, and has %zu", name, limit, length));
    pg_unreachable();
}

void refuse(const Refusal& refusal, const char* detail) {
    if (on_refusal == raise_error)
        ereport(ERROR, errcode(postgrest_sqlstate(refusal.http_status)), errmsg("%s", refusal.outcome),
                errdetail_internal("%s", detail), errhint("%s", refusal.hint));
    tell_postgrest(refusal.http_status);
}

void define_refusal_setting() {
    DefineCustomEnumVariable("rewards.on_refusal",
                             "What a refusal does: return a row with the outcome, or raise PTnnn.",
                             "A raised refusal rolls back what it recorded, too.", &on_refusal, return_row,
                             on_refusal_options, PGC_USERSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace rewards::pg
