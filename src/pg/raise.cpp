#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

int sqlstate_of(Fault fault) {
    switch (fault) {
        case Fault::malformed: return ERRCODE_INVALID_TEXT_REPRESENTATION;
        case Fault::out_of_range: return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case Fault::insufficient: return ERRCODE_CHECK_VIOLATION;
        case Fault::key_unusable: return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        case Fault::not_authentic: return ERRCODE_DATA_CORRUPTED;
        case Fault::crypto: return ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
        case Fault::none: break;
    }
    return ERRCODE_INTERNAL_ERROR;
}

const char* hint_for(Fault fault) {
    switch (fault) {
        case Fault::insufficient: return "The account has fewer points than this takes away.";
        case Fault::not_authentic: return "Restore the row, and that of its batch, from a backup.";
        default: return nullptr;
    }
}

enum OnRefusal : int { return_row, raise_error };
int on_refusal = return_row;

constexpr config_enum_entry on_refusal_options[] = {
    {"return", return_row, false}, {"raise", raise_error, false}, {nullptr, 0, false}};

// PostgREST announces itself by this setting and reads its answer's status and headers from the others.
bool is_postgrest() {
    const char* method = GetConfigOption("request.method", true, false);
    return method != nullptr && *method != '\0';
}

void tell_postgrest(const char* setting, const char* value) {
    set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

// As PostgREST wants them, an array of objects of one header each; the RateLimit fields are those of the
// HTTP working group (a quota per window, and what remains until when).
const char* headers_of(const Retry& retry) {
    StringInfoData text;
    initStringInfo(&text);
    if (retry.after_seconds) appendStringInfo(&text, "{\"Retry-After\": \"" INT64_FORMAT "\"}", *retry.after_seconds);
    if (retry.limit == nullptr) return psprintf("[%s]", text.data);
    if (retry.after_seconds) appendStringInfoString(&text, ", ");
    appendStringInfo(&text,
                     "{\"RateLimit-Policy\": \"\\\"%s\\\";q=" INT64_FORMAT ";w=" INT64_FORMAT
                     "\"}, {\"RateLimit\": \"\\\"%s\\\";r=" INT64_FORMAT,
                     retry.limit, retry.quota, retry.window_seconds, retry.limit, retry.remaining);
    if (retry.after_seconds) appendStringInfo(&text, ";t=" INT64_FORMAT, *retry.after_seconds);
    return psprintf("[%s\"}]", text.data);
}

// One JSON array after another, or the members of one object in another.
const char* joined(const char* one, const char* other) {
    const Datum all = DirectFunctionCall2(jsonb_concat, DirectFunctionCall1(jsonb_in, CStringGetDatum(one)),
                                          DirectFunctionCall1(jsonb_in, CStringGetDatum(other)));
    return DatumGetCString(DirectFunctionCall1(jsonb_out, all));
}

// Headers that somebody else has set stay.
void add_headers(const char* headers) {
    const char* others = GetConfigOption("response.headers", true, false);
    const bool is_first = others == nullptr || *others == '\0';
    tell_postgrest("response.headers", is_first ? headers : joined(others, headers));
}

// An error carries no headers: what they would say goes with its detail.
const char* detail_of(const char* detail, const Retry& retry) {
    if (!retry.after_seconds && retry.limit == nullptr) return detail;
    StringInfoData wait;
    initStringInfo(&wait);
    appendStringInfoString(&wait, "{\"retry_after\": ");
    if (retry.after_seconds)
        appendStringInfo(&wait, INT64_FORMAT, *retry.after_seconds);
    else
        appendStringInfoString(&wait, "null");
    if (retry.limit != nullptr) appendStringInfo(&wait, ", \"limit\": \"%s\"", retry.limit);
    appendStringInfoChar(&wait, '}');
    return joined(detail, wait.data);
}

int postgrest_sqlstate(int http_status) {
    return MAKE_SQLSTATE('P', 'T', '0' + http_status / 100, '0' + http_status / 10 % 10, '0' + http_status % 10);
}

}  // namespace

void raise(const Error& error) {
    const char* hint = hint_for(error.fault);
    ereport(ERROR, errcode(sqlstate_of(error.fault)), errmsg("%s", error.text),
            hint != nullptr ? errhint("%s", hint) : 0);
    pg_unreachable();
}

void raise_length(const char* name, std::size_t length, std::size_t limit) {
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
            errmsg("%s must have 1 to %zu bytes, and has %zu", name, limit, length));
    pg_unreachable();
}

void refuse(const Refusal& refusal, const char* detail, const Retry& retry) {
    if (on_refusal == raise_error)
        ereport(ERROR, errcode(postgrest_sqlstate(refusal.http_status)), errmsg("%s", refusal.outcome),
                errdetail_internal("%s", detail_of(detail, retry)), errhint("%s", refusal.hint));
    if (!is_postgrest()) return;
    tell_postgrest("response.status", psprintf("%d", refusal.http_status));
    if (retry.after_seconds || retry.limit != nullptr) add_headers(headers_of(retry));
}

void define_refusal_setting() {
    DefineCustomEnumVariable("rewards.on_refusal",
                             "What a refusal does: return a row with the outcome, or raise PTnnn.",
                             "A raised refusal rolls back what it recorded, too.", &on_refusal, return_row,
                             on_refusal_options, PGC_USERSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace rewards::pg
