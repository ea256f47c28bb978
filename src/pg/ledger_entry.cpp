#include "pg/ledger_entry.hpp"

#include "pg/entry.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

namespace entry_row {
enum : std::uint8_t {
    user_id,
    company_id,
    version,
    event_id,
    kind,
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
    entry_hash,
    xid,
    system_id
};
constexpr Column columns[] = {
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"version", INT8OID},
    {"event_id", UUIDOID},
    {"kind", TEXTOID},
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
    {"entry_hash", BYTEAOID},
    {"xid", INT8OID},
    {"system_id", INT8OID},
};
enum : std::size_t { by_event };
constexpr Lookup lookups[] = {{1, {event_id}}};
TableLayout layout{"ledger_entries", columns, lookups};
}  // namespace entry_row

// Whose it is, is in the start of the chain; the entry's own columns are its place and its result.
bool is_content(std::uint8_t column) {
    return column != event::user_id && column != event::company_id &&
           !(column >= event::version && column <= event::system_id);
}

constexpr std::size_t place_fields = 3;

void put_place(std::array<EntryField, place_fields + event::column_count>& fields, const EntryPlace& place) {
    fields[0] = EntryField::of(place.version);
    fields[1] = EntryField::of(place.recorded_at);
    fields[2] = EntryField::of(place.balance_after);
}

EntryPlace next_place(Account& account) {
    account.is_changed = true;
    return {++account.version, account.now, account.balance.available};
}

void insert_entry(Ledger& ledger, const Account& account, const EntryPlace& place, const Uuid& event,
                  std::string_view kind, const StatusChange& change) {
    insert(open_for_writing(*ledger.write, entry_row::layout),
           {{entry_row::user_id, to_datum(account.key.user)},
            {entry_row::company_id, to_datum(account.key.company)},
            {entry_row::version, Int64GetDatum(place.version)},
            {entry_row::event_id, to_datum(event)},
            {entry_row::kind, to_datum(kind)},
            {entry_row::recorded_at, TimestampTzGetDatum(place.recorded_at)},
            {entry_row::balance_after, Int64GetDatum(place.balance_after)},
            {entry_row::old_status, change.before.status},
            {entry_row::old_validated_by, change.before.validated_by},
            {entry_row::old_validated_at, change.before.validated_at},
            {entry_row::old_notes, change.before.notes},
            {entry_row::new_status, change.after.status},
            {entry_row::new_validated_by, change.after.validated_by},
            {entry_row::new_validated_at, change.after.validated_at},
            {entry_row::new_notes, change.after.notes},
            {entry_row::entry_hash, bytea_datum(account.chain_head)},
            {entry_row::xid, entry_xid()},
            {entry_row::system_id, entry_system()}});
}

}  // namespace

Digest event_entry_hash(const Digest& previous, const EntryPlace& place, const EventColumns& columns) {
    std::array<EntryField, place_fields + event::column_count> fields;
    put_place(fields, place);
    std::size_t count = place_fields;
    for (std::uint8_t column = 0; column < event::column_count; ++column)
        if (is_content(column)) fields[count++] = entry_field(events_layout().columns[column].type, columns[column]);
    return value_or_raise(entry_hash(previous, EntryKind::event, std::span(fields).first(count)));
}

Digest status_entry_hash(const Digest& previous, const EntryPlace& place, const StatusChange& change) {
    std::array<EntryField, place_fields + event::column_count> fields;
    put_place(fields, place);
    std::size_t count = place_fields;
    fields[count++] = EntryField::of(change.event);
    for (const Decision& decision : {change.before, change.after}) {
        fields[count++] = entry_field(TEXTOID, decision.status);
        fields[count++] = entry_field(TEXTOID, decision.validated_by);
        fields[count++] = entry_field(TIMESTAMPTZOID, decision.validated_at);
        fields[count++] = entry_field(TEXTOID, decision.notes);
    }
    return value_or_raise(entry_hash(previous, EntryKind::status, std::span(fields).first(count)));
}

Digest start_of_chain(const AccountKey& account) { return value_or_raise(chain_start(account.company, account.user)); }

EntryPlace chain_event(Account& account, const EventColumns& columns) {
    const EntryPlace place = next_place(account);
    account.chain_head = event_entry_hash(account.chain_head, place, columns);
    return place;
}

void record_event(Ledger& ledger, Account& account, const EventColumns& columns) {
    const EntryPlace place = chain_event(account, columns);
    insert_entry(ledger, account, place, uuid_of(columns[event::id].value), "event", {});
}

void record_status(Ledger& ledger, Account& account, const StatusChange& change) {
    const EntryPlace place = next_place(account);
    account.chain_head = status_entry_hash(account.chain_head, place, change);
    insert_entry(ledger, account, place, change.event, "status", change);
}

std::optional<Status> first_status(Ledger& ledger, const Uuid& user, const Uuid& event) {
    Table& entries = open_for_reading(*ledger.write, entry_row::layout);
    std::optional<Status> first;
    std::int64_t first_version = PG_INT64_MAX;
    for_each(entries, entry_row::by_event, {to_datum(event)}, [&] {
        const std::int64_t version = DatumGetInt64(value(entries, entry_row::version));
        const std::optional<Datum> status = optional_value(entries, entry_row::old_status);
        if (!status || version > first_version || uuid_of(value(entries, entry_row::user_id)) != user) return true;
        first_version = version;
        first = value_or_raise(status_from_text(text_view(*status)));
        return true;
    });
    return first;
}

std::optional<Uuid> user_in_entries(Ledger& ledger, const Uuid& company, const Uuid& event) {
    Table& entries = open_for_reading(*ledger.write, entry_row::layout);
    std::optional<Uuid> user;
    for_each(entries, entry_row::by_event, {to_datum(event)}, [&] {
        if (uuid_of(value(entries, entry_row::company_id)) == company)
            user = uuid_of(value(entries, entry_row::user_id));
        return !user;
    });
    return user;
}

}  // namespace rewards::pg
