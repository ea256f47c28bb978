// Values between SQL and C++: reading arguments, making results. Everything here is trivial.
#pragma once

#include "core/digest.hpp"
#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

inline Uuid uuid_of(Datum datum) {
    Uuid uuid;
    std::memcpy(uuid.data(), DatumGetUUIDP(datum)->data, uuid.size());
    return uuid;
}

// The datum points at the uuid, which must outlive it.
inline Datum to_datum(const Uuid& uuid) { return PointerGetDatum(uuid.data()); }

// A copy in the current memory context.
inline Datum uuid_result(const Uuid& uuid) {
    auto* copy = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    std::memcpy(copy->data, uuid.data(), uuid.size());
    return UUIDPGetDatum(copy);
}

inline Datum to_datum(std::string_view text) {
    return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

// Not an overload of to_datum: a fingerprint of 16 bytes has the type of a Uuid.
Datum bytea_datum(std::span<const std::uint8_t> bytes);

// An object of texts; what is absent is left out.
using JsonText = std::pair<const char*, std::optional<std::string_view>>;
Datum jsonb_of_texts(std::initializer_list<JsonText> fields);

// The view lives as long as the datum, or as the memory context where it had to be detoasted.
std::string_view text_view(Datum datum);

std::string_view bytes_view(Datum datum);

inline std::string_view text_of_bytes(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Of a bytea; nothing: it does not have the length of one.
std::optional<Digest> digest_of(Datum bytes);

// One that would look like something else in a log.
bool has_control_character(std::string_view text);

// Canonical text, in the current memory context.
const char* uuid_text(const Uuid& uuid);

// The fields of a timestamp, finite or an error that names the argument.
TimestampTz finite_timestamp(TimestampTz time, const char* name);

std::uint64_t unix_microseconds(TimestampTz time);

// In microseconds; a day has 24 hours. The tables of rewards allow no months where this is used.
std::int64_t interval_length(Datum interval);

// One call's arguments by position; errors name the argument.
struct Arguments {
    FunctionCallInfo call;

    bool is_null(int index) const { return call->args[index].isnull; }
    Datum datum(int index) const { return call->args[index].value; }

    Datum required(int index, const char* name) const;
    std::optional<std::string_view> optional_text(int index) const;

    Uuid uuid(int index, const char* name) const { return uuid_of(required(index, name)); }
    std::int64_t integer(int index, const char* name) const { return DatumGetInt64(required(index, name)); }

    // How many at most: an integer (not bigint) between 1 and `limit`.
    std::int64_t count(int index, const char* name, std::int64_t limit) const;

    // Between 1 and `limit` bytes.
    std::string_view word(int index, const char* name, std::size_t limit) const;
    std::optional<std::string_view> optional_word(int index, const char* name, std::size_t limit) const;

    // An interval of more than zero and at most so many hours, in microseconds.
    std::int64_t duration(int index, const char* name, int most_hours) const;
};

struct RowField {
    Datum value = 0;
    bool is_null = true;

    constexpr RowField() = default;
    constexpr RowField(Datum datum) : value(datum), is_null(false) {}
    constexpr RowField(std::nullopt_t) {}
};

// Nothing is null. What has to be pointed at has to outlive the field.
inline RowField field_of(const std::optional<Datum>& datum) { return datum ? RowField(*datum) : RowField(); }
inline RowField field_of(const std::optional<bool>& answer) { return answer ? BoolGetDatum(*answer) : RowField(); }
inline RowField field_of(const std::optional<TimestampTz>& time) {
    return time ? TimestampTzGetDatum(*time) : RowField();
}
inline RowField field_of(const std::optional<Uuid>& uuid) { return uuid ? to_datum(*uuid) : RowField(); }
inline RowField field_of(const std::optional<std::string_view>& text) { return text ? to_datum(*text) : RowField(); }

// A row of the function's OUT columns.
Datum make_row(FunctionCallInfo call, std::span<const RowField> fields);
inline Datum make_row(FunctionCallInfo call, std::initializer_list<RowField> fields) {
    return make_row(call, std::span(fields.begin(), fields.size()));
}

// Adds a row to the set that the function returns, which InitMaterializedSRF() has begun.
void add_row(FunctionCallInfo call, std::span<const RowField> fields);

}  // namespace rewards::pg
