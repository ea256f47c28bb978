#include "pg/ledger.hpp"

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
    {"validation_status", TEXTOID},
    {"validated_by", TEXTOID},
    {"validated_at", TIMESTAMPTZOID},
    {"validation_notes", TEXTOID},
};
TableLayout layout{"points_events", columns, {}};
}  // namespace
}  // namespace event

namespace {

namespace account_row {
enum : std::uint8_t { user_id, company_id, available, pending, earned, spent, last_event_id, updated_at };
enum : std::size_t { by_key };
constexpr Column columns[] = {
    {"user_id", UUIDOID},        {"company_id", UUIDOID},        {"available_points", INT8OID},
    {"pending_points", INT8OID}, {"lifetime_earned", INT8OID},   {"lifetime_spent", INT8OID},
    {"last_event_id", UUIDOID},  {"updated_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {{2, {user_id, company_id}, true}};
TableLayout layout{"user_points_cache", columns, lookups};
}  // namespace account_row

RowField field_of(const std::optional<std::string_view>& text) {
    return text ? RowField(to_datum(*text)) : RowField(std::nullopt);
}

void open_account(Table& accounts, const AccountKey& key) {
    const Datum none = Int64GetDatum(0);
    insert_if_new(accounts, account_row::by_key,
                  {{account_row::user_id, to_datum(key.user)},
                   {account_row::company_id, to_datum(key.company)},
                   {account_row::available, none},
                   {account_row::pending, none},
                   {account_row::earned, none},
                   {account_row::spent, none},
                   {account_row::updated_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
}

std::int64_t points_in(const Table& accounts, std::uint8_t column) { return DatumGetInt64(value(accounts, column)); }

}  // namespace

Table open_accounts(Write& write) { return open_for_writing(write, account_row::layout); }

Account lock_account(Table& accounts, const AccountKey& key) {
    while (!lock_row(accounts, account_row::by_key, {to_datum(key.user), to_datum(key.company)}))
        open_account(accounts, key);
    const Balance balance{points_in(accounts, account_row::available), points_in(accounts, account_row::pending),
                          points_in(accounts, account_row::earned), points_in(accounts, account_row::spent)};
    const TimestampTz last = DatumGetTimestampTz(value(accounts, account_row::updated_at));
    return {key, &accounts, balance, Max(GetCurrentTimestamp(), last)};
}

void write_balance(Account& account, const std::optional<Uuid>& last_event) {
    const Balance& balance = account.balance;
    const std::optional<Datum> event =
        last_event ? to_datum(*last_event) : optional_value(*account.row, account_row::last_event_id);
    update(*account.row, {{account_row::available, Int64GetDatum(balance.available)},
                          {account_row::pending, Int64GetDatum(balance.pending)},
                          {account_row::earned, Int64GetDatum(balance.earned)},
                          {account_row::spent, Int64GetDatum(balance.spent)},
                          {account_row::last_event_id, event ? RowField(*event) : RowField(std::nullopt)},
                          {account_row::updated_at, TimestampTzGetDatum(account.now)}});
}

Uuid post_event(Write& write, Account& account, const Context& context, const Posting& posting) {
    account.balance = value_or_raise(add_event(account.balance, posting.points, Status::validated));
    const Uuid id = new_uuid(account.now);
    Table events = open_for_writing(write, event::layout);
    insert(events, {{event::id, to_datum(id)},
                    {event::user_id, to_datum(account.key.user)},
                    {event::company_id, to_datum(account.key.company)},
                    {event::event_type, to_datum(posting.event_type)},
                    {event::event_time, TimestampTzGetDatum(posting.event_time.value_or(account.now))},
                    {event::points_delta, Int64GetDatum(posting.points)},
                    {event::proof_type, to_datum(posting.proof_type)},
                    {event::nonce, field_of(posting.nonce)},
                    {event::related_entity_type, field_of(posting.related_type)},
                    {event::related_entity_id, field_of(posting.related_id)},
                    {event::created_at, TimestampTzGetDatum(account.now)},
                    {event::validation_status, to_datum(text_of(Status::validated))},
                    {event::validated_by, to_datum(std::string_view(context.actor.data()))},
                    {event::validated_at, TimestampTzGetDatum(account.now)},
                    {event::validation_notes, field_of(posting.reason)}});
    write_balance(account, id);
    return id;
}

TableLayout& events_layout() { return event::layout; }

TableLayout& accounts_layout() { return account_row::layout; }

}  // namespace rewards::pg
