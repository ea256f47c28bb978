// Points: an account is locked, an event is written, the balance follows.
#pragma once

#include "core/digest.hpp"
#include "core/ledger.hpp"
#include "pg/nonce.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

// Points that have a date of expiry.
struct Expiring {
    std::int64_t points;
    std::optional<TimestampTz> next;  // when the first of them go
};

// An account whose row this transaction has locked.
struct Account {
    AccountKey key;
    Table* row;  // found
    Balance balance;
    TimestampTz now;  // the account's clock: later than at its last entry
    std::int64_t version;
    Digest chain_head;
    Expiring expiring;
    std::optional<Uuid> last_event;
    std::int64_t rejected_events;  // of those submitted
    bool is_changed;
};

// The tables that points move through.
struct Ledger {
    Write* write;
    Table& accounts;
    Table& events;
};

Ledger open_ledger(Write& write);

// Locks the account, opens it if it is new, and takes away the points that have expired.
Account lock_account(Ledger& ledger, const AccountKey& key);

// Nothing: somebody else holds it, or it does not exist.
std::optional<Account> try_lock_account(Ledger& ledger, const AccountKey& key);

// Locks the row, or opens the account, without a look at what the row says.
void lock_account_row(Ledger& ledger, const AccountKey& key);

// Writes what changed back to the locked row, with these cells of other columns. Once per lock.
void save_account(Account& account, std::span<const Cell> others = {});

// The bracket around what is done under an account's lock.
template <typename Body>
void with_account(Write& write, const AccountKey& key, Body body) {
    Ledger ledger = open_ledger(write);
    Account account = lock_account(ledger, key);
    body(ledger, account);
    save_account(account);
}

// A statement that is writing events has not brought the balance up to them yet, and will: what is
// summed meanwhile would be counted twice.
void require_settled(Write& write);

inline constexpr std::size_t longest_event_type = 100;

// The type of the event that pays for a coupon.
inline constexpr std::string_view redemption_event = "coupon_redemption";

struct Posting {
    std::string_view event_type;
    std::optional<TimestampTz> event_time;  // nothing: the account's now
    std::int64_t points;
    Status status = Status::validated;
    std::optional<std::string_view> proof_type;
    RowField proof_payload;
    RowField payload_hash;
    std::optional<std::string_view> nonce;
    std::optional<std::string_view> reason;
    std::optional<std::string_view> device_id;
    RowField device_info;
    RowField ip_address;
    std::optional<std::string_view> related_type;
    std::optional<std::string_view> related_id;
    std::optional<TimestampTz> expires_at;
    RowField trust_score;
    RowField trust_features;
    RowField trust_version;
    RowField shadow_score;
};

// The payload_hash of an event's refund, before the event's id: the unique index allows it once.
inline constexpr std::string_view refund_payload = "refund:";

// Writes an event with its entry, and moves the balance and the points that expire. The account is
// left to be saved.
Uuid post_event(Ledger& ledger, Account& account, const Posting& posting);

// The same without the points that expire, for those who move them.
Uuid write_event(Ledger& ledger, Account& account, const Posting& posting);

// The columns of points_events; those before validation_status never change.
namespace event {
enum : std::uint8_t {
    id,
    user_id,
    company_id,
    event_type,
    event_time,
    points_delta,
    proof_type,
    proof_payload,
    payload_hash,
    nonce,
    trust_score,
    device_id,
    device_info,
    ip_address,
    related_entity_type,
    related_entity_id,
    created_at,
    expires_at,
    trust_features,
    trust_version,
    shadow_score,
    version,
    balance_after,
    entry_hash,
    xid,
    system_id,
    validation_status,
    validated_by,
    validated_at,
    validation_notes,
    column_count
};
// Of an account by event_time; of a user in the order of writing; of an account, what has a hash.
enum : std::size_t { by_time, by_id, by_payload };
}  // namespace event

TableLayout& events_layout();
TableLayout& accounts_layout();

// The columns of user_points_cache.
namespace account_row {
enum : std::uint8_t {
    user_id,
    company_id,
    available,
    pending,
    earned,
    spent,
    last_event_id,
    updated_at,
    opened_at,
    version,
    chain_head,
    expiring,
    next_expiry,
    submitted,
    rejected,
    last_submitted_at,
    last_event_time,
    spacing_mean,
    spacing_deviation,
    hour_started,
    hour_events,
    hour_points,
    past_hour_events,
    past_hour_points,
    day_started,
    day_events,
    day_points,
    past_day_events,
    past_day_points
};
}  // namespace account_row

}  // namespace rewards::pg
