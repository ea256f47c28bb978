// The hashes that entries should have, computed anew from their rows: what verify_ledger() compares with.
#include "pg/ledger_entry.hpp"
#include "pg/record.hpp"

namespace rewards::pg {

namespace {

constexpr const char* rows_wanted = "Pass a row of rewards.points_events or rewards.ledger_entries.";

Digest previous_hash(const Arguments& arguments, const AccountKey& account) {
    if (arguments.is_null(0)) return start_of_chain(account);
    const std::optional<Digest> previous = digest_of(arguments.datum(0));
    if (!previous)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("previous must be a SHA-256 digest"));
    return *previous;
}

// What a status entry says; see ledger_entries.
namespace change_row {
enum : std::uint8_t {
    user_id,
    company_id,
    version,
    event_id,
    recorded_at,
    balance_after,
    old_status,
    old_validated_by,
    old_validated_at,
    old_notes,
    new_status,
    new_validated_by,
    new_validated_at,
    new_notes,
    column_count
};
constexpr Column columns[] = {
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"version", INT8OID},
    {"event_id", UUIDOID},
    {"recorded_at", TIMESTAMPTZOID},
    {"balance_after", INT8OID},
    {"old_status", TEXTOID},
    {"old_validated_by", TEXTOID},
    {"old_validated_at", TIMESTAMPTZOID},
    {"old_notes", TEXTOID},
    {"new_status", TEXTOID},
    {"new_validated_by", TEXTOID},
    {"new_validated_at", TIMESTAMPTZOID},
    {"new_notes", TEXTOID},
};
static_assert(std::size(columns) == column_count);
}  // namespace change_row

Decision decision_in(const RowField* fields) { return {fields[0], fields[1], fields[2], fields[3]}; }

EntryPlace place_in(const RowField& version, const RowField& recorded_at, const RowField& balance_after) {
    return {DatumGetInt64(version.value), DatumGetTimestampTz(recorded_at.value), DatumGetInt64(balance_after.value)};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_event_entry_hash) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    for (int argument = 1; argument <= 4; ++argument)
        if (arguments.is_null(argument)) PG_RETURN_NULL();
    EventColumns columns{};
    read_record(fcinfo, 4, events_layout().columns, rows_wanted, columns.data());
    if (columns[event::user_id].is_null || columns[event::company_id].is_null) PG_RETURN_NULL();
    const AccountKey account{uuid_of(columns[event::user_id].value), uuid_of(columns[event::company_id].value)};
    constexpr int first_decision_argument = 5;
    if (!arguments.is_null(first_decision_argument))
        for (int one = 0; one < 4; ++one) {
            const int argument = first_decision_argument + one;
            columns[event::validation_status + one] =
                arguments.is_null(argument) ? RowField() : RowField(arguments.datum(argument));
        }
    const EntryPlace place =
        place_in(RowField(arguments.datum(1)), RowField(arguments.datum(2)), RowField(arguments.datum(3)));
    return bytea_datum(event_entry_hash(previous_hash(arguments, account), place, columns));
}

SQL_FUNCTION(rewards_status_entry_hash) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    if (arguments.is_null(1)) PG_RETURN_NULL();
    std::array<RowField, change_row::column_count> fields;
    read_record(fcinfo, 1, change_row::columns, rows_wanted, fields.data());
    for (const auto column : {change_row::user_id, change_row::company_id, change_row::event_id, change_row::version,
                              change_row::recorded_at, change_row::balance_after})
        if (fields[column].is_null) PG_RETURN_NULL();
    const AccountKey account{uuid_of(fields[change_row::user_id].value), uuid_of(fields[change_row::company_id].value)};
    const StatusChange change{uuid_of(fields[change_row::event_id].value), decision_in(&fields[change_row::old_status]),
                              decision_in(&fields[change_row::new_status])};
    const EntryPlace place =
        place_in(fields[change_row::version], fields[change_row::recorded_at], fields[change_row::balance_after]);
    return bytea_datum(status_entry_hash(previous_hash(arguments, account), place, change));
}
}
