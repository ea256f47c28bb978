#include "pg/ledger_lookup.hpp"

#include "pg/ledger_entry.hpp"

namespace rewards::pg {

std::optional<Uuid> user_of_event(Ledger& ledger, const Uuid& company, const Uuid& id) {
    std::optional<Uuid> user;
    PushActiveSnapshot(GetLatestSnapshot());
    as_owner(ledger.events.relation, [&] {
        SPI_connect();
        Oid types[] = {UUIDOID, UUIDOID};
        Datum values[] = {to_datum(id), to_datum(company)};
        const int result = SPI_execute_with_args(
            "SELECT user_id FROM rewards.points_events WHERE id = $1 AND company_id = $2"
            "   AND validation_status IN ('pending', 'validating', 'pending_review', 'flagged')",
            2, types, values, nullptr, true, 1);
        if (result != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not look up an event"));
        bool is_null;
        if (SPI_processed > 0) user = uuid_of(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
        SPI_finish();
    });
    PopActiveSnapshot();
    return user ? user : user_in_entries(ledger, company, id);
}

bool is_known_payload(const Ledger& ledger, const AccountKey& account, std::string_view hash) {
    bool is_known = false;
    PushActiveSnapshot(GetLatestSnapshot());
    as_owner(ledger.events.relation, [&] {
        SPI_connect();
        Oid types[] = {UUIDOID, UUIDOID, TEXTOID};
        Datum values[] = {to_datum(account.user), to_datum(account.company), to_datum(hash)};
        const int result = SPI_execute_with_args(
            "SELECT FROM rewards.points_events WHERE user_id = $1 AND company_id = $2 AND payload_hash = $3", 3, types,
            values, nullptr, true, 1);
        if (result != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not look up a payload_hash"));
        is_known = SPI_processed > 0;
        SPI_finish();
    });
    PopActiveSnapshot();
    return is_known;
}

}  // namespace rewards::pg
