#include "pg/ledger_lookup.hpp"

#include "pg/ledger_entry.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

std::optional<Uuid> user_of_event(Ledger& ledger, const Uuid& company, const Uuid& id) {
    std::optional<Uuid> user;
    read_newest_as_owner(ledger.events.relation,
                         "SELECT user_id FROM ONLY rewards.points_events WHERE id = $1 AND company_id = $2"
                         "   AND validation_status IN ('pending', 'validating', 'pending_review', 'flagged')",
                         {{UUIDOID, to_datum(id)}, {UUIDOID, to_datum(company)}}, [&](const SqlRows& rows) {
                             if (rows.count > 0) user = rows[0].uuid(1);
                         });
    return user ? user : user_in_entries(ledger, company, id);
}

bool is_known_payload(const Ledger& ledger, const AccountKey& account, std::string_view hash) {
    return find(ledger.events, event::by_payload, {to_datum(account.user), to_datum(account.company), to_datum(hash)});
}

}  // namespace rewards::pg
