// Points: an account is locked, an event is written, the balance follows.
#pragma once

#include "core/ledger.hpp"
#include "pg/nonce.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

// An account whose row this transaction has locked.
struct Account {
    AccountKey key;
    Table* row;  // found
    Balance balance;
    TimestampTz now;  // the account's clock: never behind its last entry
};

Table open_accounts(Write& write);

// Locks the account, and opens it if it is new.
Account lock_account(Table& accounts, const AccountKey& key);

// Writes the balance back to the locked row. Once per lock.
void write_balance(Account& account, const std::optional<Uuid>& last_event);

struct Posting {
    std::string_view event_type;
    std::optional<TimestampTz> event_time;  // nothing: the account's now
    std::int64_t points;
    std::string_view proof_type;
    std::optional<std::string_view> nonce;
    std::optional<std::string_view> reason;
    std::optional<std::string_view> related_type;
    std::optional<std::string_view> related_id;
};

// Writes a validated event, and the balance with it.
Uuid post_event(Write& write, Account& account, const Context& context, const Posting& posting);

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
    validation_status,
    validated_by,
    validated_at,
    validation_notes
};
}  // namespace event

TableLayout& events_layout();
TableLayout& accounts_layout();

}  // namespace rewards::pg
