// Events by what only some have an index entry for.
#pragma once

#include "pg/ledger.hpp"

namespace rewards::pg {

// Whose event is it, if it is one of the company's that waits for a decision, or did wait?
std::optional<Uuid> user_of_event(Ledger& ledger, const Uuid& company, const Uuid& id);

// Has the account, which is locked, an event with this payload_hash?
bool is_known_payload(const Ledger& ledger, const AccountKey& account, std::string_view hash);

}  // namespace rewards::pg
