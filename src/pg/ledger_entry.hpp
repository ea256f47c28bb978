// Entries: what happened to an account, numbered and chained under its lock.
#pragma once

#include "pg/ledger.hpp"

namespace rewards::pg {

// The columns of points_events by their number in `event`. Those of the entry itself do not count.
using EventColumns = std::array<RowField, event::column_count>;

struct Decision {
    RowField status;
    RowField validated_by;
    RowField validated_at;
    RowField notes;
};

struct StatusChange {
    Uuid event;
    Decision before;
    Decision after;
};

struct EntryPlace {
    std::int64_t version;
    TimestampTz recorded_at;
    std::int64_t balance_after;
};

Digest event_entry_hash(const Digest& previous, const EntryPlace& place, const EventColumns& columns);
Digest status_entry_hash(const Digest& previous, const EntryPlace& place, const StatusChange& change);
Digest start_of_chain(const AccountKey& account);

// Gives the account its next entry, after its balance has moved: an event about to be written with
// the entry in its own row,
EntryPlace chain_event(Account& account, const EventColumns& columns);
// an event that SQL has written,
void record_event(Ledger& ledger, Account& account, const EventColumns& columns);
// or a change of an event's status.
void record_status(Ledger& ledger, Account& account, const StatusChange& change);

// With what status was the event written, if it has changed since?
std::optional<Status> first_status(Ledger& ledger, const Uuid& user, const Uuid& event);

// Whose event is it, if its status has changed or SQL has written it?
std::optional<Uuid> user_in_entries(Ledger& ledger, const Uuid& company, const Uuid& event);

}  // namespace rewards::pg
