// The account row: the lock that every write for an account holds, and what it says about the account.
#include "pg/ledger.hpp"
#include "pg/ledger_entry.hpp"
#include "pg/ledger_expiry.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace account_row {
namespace {
enum : std::size_t { by_key };
constexpr Column columns[] = {
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"available_points", INT8OID},
    {"pending_points", INT8OID},
    {"lifetime_earned", INT8OID},
    {"lifetime_spent", INT8OID},
    {"last_event_id", UUIDOID},
    {"updated_at", TIMESTAMPTZOID},
    {"opened_at", TIMESTAMPTZOID},
    {"version", INT8OID},
    {"chain_head", BYTEAOID},
    {"expiring_points", INT8OID},
    {"next_expiry", TIMESTAMPTZOID},
    {"submitted_events", INT8OID},
    {"rejected_events", INT8OID},
    {"last_submitted_at", TIMESTAMPTZOID},
    {"last_event_time", TIMESTAMPTZOID},
    {"spacing_mean", INT8OID},
    {"spacing_deviation", INT8OID},
    {"hour_started", TIMESTAMPTZOID},
    {"hour_events", INT8OID},
    {"hour_points", INT8OID},
    {"past_hour_events", INT8OID},
    {"past_hour_points", INT8OID},
    {"day_started", TIMESTAMPTZOID},
    {"day_events", INT8OID},
    {"day_points", INT8OID},
    {"past_day_events", INT8OID},
    {"past_day_points", INT8OID},
};
constexpr Lookup lookups[] = {{2, {user_id, company_id}, true}};
TableLayout layout{"user_points_cache", columns, lookups};
}  // namespace
}  // namespace account_row

namespace {

constexpr std::size_t most_cells = std::size(account_row::columns);

// Everything about a new account is zero, or not known yet.
void open_account(Table& accounts, const AccountKey& key) {
    const Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
    std::array<Cell, most_cells> cells;
    std::size_t count = 0;
    for (std::uint8_t column = 0; column < most_cells; ++column)
        if (account_row::columns[column].type == INT8OID) cells[count++] = {column, Int64GetDatum(0)};
    cells[count++] = {account_row::user_id, to_datum(key.user)};
    cells[count++] = {account_row::company_id, to_datum(key.company)};
    cells[count++] = {account_row::updated_at, now};
    cells[count++] = {account_row::opened_at, now};
    insert_if_new(accounts, account_row::by_key, std::span<const Cell>(cells).first(count));
}

std::int64_t number_in(const Table& accounts, std::uint8_t column) { return DatumGetInt64(value(accounts, column)); }

Digest chain_head_in(const Table& accounts, const AccountKey& key) {
    const std::optional<Datum> stored = optional_value(accounts, account_row::chain_head);
    if (!stored) return start_of_chain(key);
    const std::optional<Digest> head = digest_of(*stored);
    if (!head)
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the chain_head of an account is not a SHA-256 digest"),
                errhint("See rewards.verify_ledger() and rewards.repair_account()."));
    return *head;
}

Account read_account(Table& accounts, const AccountKey& key) {
    Account account{};
    account.key = key;
    account.row = &accounts;
    account.balance = {number_in(accounts, account_row::available), number_in(accounts, account_row::pending),
                       number_in(accounts, account_row::earned), number_in(accounts, account_row::spent)};
    account.now = Max(GetCurrentTimestamp(), DatumGetTimestampTz(value(accounts, account_row::updated_at)) + 1);
    account.version = number_in(accounts, account_row::version);
    account.chain_head = chain_head_in(accounts, key);
    account.rejected_events = number_in(accounts, account_row::rejected);
    account.expiring.points = number_in(accounts, account_row::expiring);
    if (const auto next = optional_value(accounts, account_row::next_expiry))
        account.expiring.next = DatumGetTimestampTz(*next);
    if (const auto event = optional_value(accounts, account_row::last_event_id)) account.last_event = uuid_of(*event);
    return account;
}

Account settled_account(Ledger& ledger, const AccountKey& key) {
    Account account = read_account(ledger.accounts, key);
    if (account.expiring.next && *account.expiring.next <= account.now) expire_points(ledger, account);
    return account;
}

}  // namespace

Ledger open_ledger(Write& write) {
    return {&write, open_for_writing(write, account_row::layout), open_for_writing(write, events_layout())};
}

void lock_account_row(Ledger& ledger, const AccountKey& key) {
    while (!lock_row(ledger.accounts, account_row::by_key, {to_datum(key.user), to_datum(key.company)}))
        open_account(ledger.accounts, key);
}

Account lock_account(Ledger& ledger, const AccountKey& key) {
    lock_account_row(ledger, key);
    return settled_account(ledger, key);
}

std::optional<Account> try_lock_account(Ledger& ledger, const AccountKey& key) {
    if (!lock_row(ledger.accounts, account_row::by_key, {to_datum(key.user), to_datum(key.company)}, LockWaitSkip))
        return std::nullopt;
    return settled_account(ledger, key);
}

void save_account(Account& account, std::span<const Cell> others) {
    if (!account.is_changed && others.empty()) return;
    std::array<Cell, most_cells> cells = {{
        {account_row::available, Int64GetDatum(account.balance.available)},
        {account_row::pending, Int64GetDatum(account.balance.pending)},
        {account_row::earned, Int64GetDatum(account.balance.earned)},
        {account_row::spent, Int64GetDatum(account.balance.spent)},
        {account_row::last_event_id, account.last_event ? to_datum(*account.last_event) : RowField()},
        {account_row::updated_at, TimestampTzGetDatum(account.now)},
        {account_row::version, Int64GetDatum(account.version)},
        {account_row::chain_head, account.version == 0 ? RowField() : bytea_datum(account.chain_head)},
        {account_row::expiring, Int64GetDatum(account.expiring.points)},
        {account_row::next_expiry, field_of(account.expiring.next)},
        {account_row::rejected, Int64GetDatum(account.rejected_events)},
    }};
    constexpr std::size_t own_cells = 11;
    std::ranges::copy(others, cells.begin() + own_cells);
    update(*account.row, std::span<const Cell>(cells).first(own_cells + others.size()));
    account.is_changed = false;
}

TableLayout& accounts_layout() { return account_row::layout; }

}  // namespace rewards::pg
