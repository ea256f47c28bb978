#include "pg/values.hpp"

#include "pg/raise.hpp"

namespace rewards::pg {

Datum bytea_datum(std::span<const std::uint8_t> bytes) {
    auto* value = static_cast<bytea*>(palloc(VARHDRSZ + bytes.size()));
    SET_VARSIZE(value, VARHDRSZ + bytes.size());
    std::memcpy(VARDATA(value), bytes.data(), bytes.size());
    return PointerGetDatum(value);
}

Datum jsonb_of_texts(std::initializer_list<JsonText> fields) {
    StringInfoData json;
    initStringInfo(&json);
    const char* separator = "{";
    for (const auto& [name, text] : fields) {
        if (!text) continue;
        appendStringInfo(&json, "%s\"%s\": ", separator, name);
        escape_json(&json, pnstrdup(text->data(), text->size()));
        separator = ", ";
    }
    appendStringInfoString(&json, json.len == 0 ? "{}" : "}");
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

std::string_view text_view(Datum datum) { return bytes_view(datum); }

std::string_view bytes_view(Datum datum) {
    const auto* value = reinterpret_cast<const varlena*>(PG_DETOAST_DATUM_PACKED(datum));
    return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

std::optional<Digest> digest_of(Datum bytes) {
    const std::string_view view = bytes_view(bytes);
    Digest digest{};
    if (view.size() != digest.size()) return std::nullopt;
    std::memcpy(digest.data(), view.data(), digest.size());
    return digest;
}

bool has_control_character(std::string_view text) {
    for (char symbol : text)
        if (static_cast<unsigned char>(symbol) < 0x20 || symbol == 0x7f) return true;
    return false;
}

const char* uuid_text(const Uuid& uuid) { return DatumGetCString(DirectFunctionCall1(uuid_out, to_datum(uuid))); }

TimestampTz finite_timestamp(TimestampTz time, const char* name) {
    if (TIMESTAMP_NOT_FINITE(time))
        ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("%s must be a finite time", name));
    return time;
}

std::uint64_t unix_microseconds(TimestampTz time) {
    constexpr std::int64_t epoch_days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
    return static_cast<std::uint64_t>(time) + static_cast<std::uint64_t>(epoch_days * USECS_PER_DAY);
}

std::int64_t interval_length(Datum datum) {
    const Interval* interval = DatumGetIntervalP(datum);
    return interval->time + (std::int64_t{interval->month} * DAYS_PER_MONTH + interval->day) * USECS_PER_DAY;
}

Datum Arguments::required(int index, const char* name) const {
    if (is_null(index)) ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name));
    return datum(index);
}

std::optional<std::string_view> Arguments::optional_text(int index) const {
    if (is_null(index)) return std::nullopt;
    return text_view(datum(index));
}

std::int64_t Arguments::count(int index, const char* name, std::int64_t limit) const {
    const std::int64_t given = DatumGetInt32(required(index, name));
    if (given < 1 || given > limit)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("%s must be 1 to " INT64_FORMAT ", and is " INT64_FORMAT, name, limit, given));
    return given;
}

std::string_view Arguments::word(int index, const char* name, std::size_t limit) const {
    std::string_view text = text_view(required(index, name));
    if (text.empty() || text.size() > limit) raise_length(name, text.size(), limit);
    return text;
}

std::optional<std::string_view> Arguments::optional_word(int index, const char* name, std::size_t limit) const {
    if (is_null(index)) return std::nullopt;
    return word(index, name, limit);
}

// Compared as intervals: the length of a very long one would overflow.
std::int64_t Arguments::duration(int index, const char* name, int most_hours) const {
    Interval none{0, 0, 0};
    Interval longest{most_hours * USECS_PER_HOUR, 0, 0};
    const Datum given = required(index, name);
    if (DatumGetBool(DirectFunctionCall2(interval_le, given, IntervalPGetDatum(&none))) ||
        DatumGetBool(DirectFunctionCall2(interval_gt, given, IntervalPGetDatum(&longest))))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("%s must be more than zero and at most %d hours", name, most_hours));
    return interval_length(given);
}

namespace {

// OUT columns as a blessed descriptor. Blessed record types last as long as the backend, so the
// descriptors are kept, one for each function that has been called.
TupleDesc result_columns(FunctionCallInfo call) {
    struct Known {
        Oid function;
        TupleDesc columns;
    };
    static std::array<Known, 64> known{};
    static std::size_t next = 0;

    const Oid function = call->flinfo->fn_oid;
    for (const Known& one : known)
        if (one.function == function) return one.columns;

    TupleDesc columns;
    if (get_call_result_type(call, nullptr, &columns) != TYPEFUNC_COMPOSITE)
        ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("function must return a row"));
    MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
    Known& slot = known[next++ % known.size()];
    if (slot.columns != nullptr) FreeTupleDesc(slot.columns);
    slot = {InvalidOid, nullptr};
    columns = BlessTupleDesc(CreateTupleDescCopy(columns));
    slot = {function, columns};
    MemoryContextSwitchTo(caller);
    return columns;
}

struct RowValues {
    static constexpr std::size_t most_fields = 16;
    Datum values[most_fields];
    bool nulls[most_fields];
};

RowValues values_of(TupleDesc columns, std::span<const RowField> fields) {
    if (fields.size() != static_cast<std::size_t>(columns->natts))
        ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
                errmsg("the function's SQL definition does not match the loaded library"),
                errhint("Run ALTER EXTENSION pg_rewards UPDATE and reconnect."));
    RowValues row;
    std::size_t index = 0;
    for (const RowField& field : fields) {
        row.values[index] = field.value;
        row.nulls[index] = field.is_null;
        ++index;
    }
    return row;
}

}  // namespace

Datum make_row(FunctionCallInfo call, std::span<const RowField> fields) {
    TupleDesc columns = result_columns(call);
    RowValues row = values_of(columns, fields);
    return HeapTupleGetDatum(heap_form_tuple(columns, row.values, row.nulls));
}

void add_row(FunctionCallInfo call, std::span<const RowField> fields) {
    const auto* result = reinterpret_cast<const ReturnSetInfo*>(call->resultinfo);
    RowValues row = values_of(result->setDesc, fields);
    tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

}  // namespace rewards::pg
