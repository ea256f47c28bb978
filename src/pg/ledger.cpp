#include "pg/ledger.hpp"

#include "pg/entry.hpp"
#include "pg/ledger_entry.hpp"
#include "pg/ledger_expiry.hpp"
#include "pg/raise.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace event {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"event_type", TEXTOID},
    {"event_time", TIMESTAMPTZOID},
    {"points_delta", INT8OID},
    {"proof_type", TEXTOID},
    {"proof_payload", JSONBOID},
    {"payload_hash", TEXTOID},
    {"nonce", TEXTOID},
    {"trust_score", INT4OID},
    {"device_id", TEXTOID},
    {"device_info", JSONBOID},
    {"ip_address", INETOID},
    {"related_entity_type", TEXTOID},
    {"related_entity_id", TEXTOID},
    {"created_at", TIMESTAMPTZOID},
    {"expires_at", TIMESTAMPTZOID},
    {"trust_features", INT4ARRAYOID},
    {"trust_version", INT4OID},
    {"shadow_score", INT4OID},
    {"version", INT8OID},
    {"balance_after", INT8OID},
    {"entry_hash", BYTEAOID},
    {"xid", INT8OID},
    {"system_id", INT8OID},
    {"validation_status", TEXTOID},
    {"validated_by", TEXTOID},
    {"validated_at", TIMESTAMPTZOID},
    {"validation_notes", TEXTOID},
};
static_assert(std::size(columns) == column_count);
constexpr Lookup lookups[] = {
    {3, {user_id, company_id, event_time}}, {2, {user_id, id}}, {3, {user_id, company_id, payload_hash}}};
TableLayout layout{"points_events", columns, lookups};
}  // namespace
}  // namespace event

namespace {

// What waits for a decision has nobody who decided it.
bool is_decided(Status status) { return status == Status::validated || status == Status::rejected; }

EventColumns columns_of(const Uuid& id, const Account& account, const Posting& posting) {
    EventColumns columns{};
    columns[event::id] = to_datum(id);
    columns[event::user_id] = to_datum(account.key.user);
    columns[event::company_id] = to_datum(account.key.company);
    columns[event::event_type] = to_datum(posting.event_type);
    columns[event::event_time] = TimestampTzGetDatum(posting.event_time.value_or(account.now));
    columns[event::points_delta] = Int64GetDatum(posting.points);
    columns[event::proof_type] = field_of(posting.proof_type);
    columns[event::proof_payload] = posting.proof_payload;
    columns[event::payload_hash] = posting.payload_hash;
    columns[event::nonce] = field_of(posting.nonce);
    columns[event::trust_score] = posting.trust_score;
    columns[event::device_id] = field_of(posting.device_id);
    columns[event::device_info] = posting.device_info;
    columns[event::ip_address] = posting.ip_address;
    columns[event::related_entity_type] = field_of(posting.related_type);
    columns[event::related_entity_id] = field_of(posting.related_id);
    columns[event::created_at] = TimestampTzGetDatum(account.now);
    columns[event::expires_at] = field_of(posting.expires_at);
    columns[event::trust_features] = posting.trust_features;
    columns[event::trust_version] = posting.trust_version;
    columns[event::shadow_score] = posting.shadow_score;
    columns[event::validation_status] = to_datum(text_of(posting.status));
    columns[event::validation_notes] = field_of(posting.reason);
    if (is_decided(posting.status)) {
        columns[event::validated_by] = to_datum(std::string_view(current_actor()));
        columns[event::validated_at] = TimestampTzGetDatum(account.now);
    }
    return columns;
}

void set_entry(EventColumns& columns, const EntryPlace& place, const Digest& hash) {
    columns[event::version] = Int64GetDatum(place.version);
    columns[event::balance_after] = Int64GetDatum(place.balance_after);
    columns[event::entry_hash] = bytea_datum(hash);
    columns[event::xid] = entry_xid();
    columns[event::system_id] = entry_system();
}

void insert_event(Table& events, const EventColumns& columns) {
    std::array<Cell, event::column_count> cells;
    for (std::uint8_t column = 0; column < event::column_count; ++column) cells[column] = {column, columns[column]};
    insert(events, cells);
}

}  // namespace

Uuid write_event(Ledger& ledger, Account& account, const Posting& posting) {
    if (account.is_changed) ++account.now;  // later than what this lock has written already, by its id as well
    account.balance = value_or_raise(add_event(account.balance, posting.points, posting.status));
    const Uuid id = new_uuid(account.now);
    EventColumns columns = columns_of(id, account, posting);
    const EntryPlace place = chain_event(account, columns);
    set_entry(columns, place, account.chain_head);
    insert_event(ledger.events, columns);
    account.last_event = id;
    return id;
}

Uuid post_event(Ledger& ledger, Account& account, const Posting& posting) {
    const Uuid id = write_event(ledger, account, posting);
    if (posting.status == Status::validated) follow_expiry(ledger, account, {id, posting.points, posting.expires_at});
    return id;
}

TableLayout& events_layout() { return event::layout; }

}  // namespace rewards::pg
