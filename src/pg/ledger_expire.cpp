// expire_points: for a scheduler, so that what has expired is gone without anybody touching the account.
#include "pg/ledger.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

constexpr std::int64_t most_at_once = 100'000;

struct DueAccounts {
    Uuid* users;
    std::uint64_t count;
};

DueAccounts read_due(const Ledger& ledger, const Uuid& company, std::int64_t limit) {
    DueAccounts due{};
    MemoryContext caller = CurrentMemoryContext;
    PushActiveSnapshot(GetLatestSnapshot());
    as_owner(ledger.accounts.relation, [&] {
        SPI_connect();
        Oid types[] = {UUIDOID, INT8OID};
        Datum values[] = {to_datum(company), Int64GetDatum(limit)};
        const int result = SPI_execute_with_args(
            "SELECT user_id FROM (SELECT user_id FROM rewards.user_points_cache"
            "  WHERE company_id = $1 AND next_expiry <= now() ORDER BY next_expiry LIMIT $2) AS first ORDER BY user_id",
            2, types, values, nullptr, true, 0);
        if (result != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not look up points that expire"));
        due.count = SPI_processed;
        due.users = static_cast<Uuid*>(MemoryContextAlloc(caller, (due.count + 1) * sizeof(Uuid)));
        bool is_null;
        for (std::uint64_t row = 0; row < due.count; ++row)
            due.users[row] = uuid_of(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &is_null));
        SPI_finish();
    });
    PopActiveSnapshot();
    return due;
}

struct Tally {
    std::int64_t accounts;
    std::int64_t skipped;
};

// Locking an account takes away what has expired.
Tally expire_all_due(Write& write, const Uuid& company, std::int64_t limit) {
    Ledger ledger = open_ledger(write);
    const DueAccounts due = read_due(ledger, company, limit);
    Tally tally{};
    for (std::uint64_t one = 0; one < due.count; ++one) {
        CHECK_FOR_INTERRUPTS();
        std::optional<Account> account = try_lock_account(ledger, {due.users[one], company});
        ++(account ? tally.accounts : tally.skipped);
        if (account) save_account(*account);
    }
    return tally;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_expire_points) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "expire points");
    const std::int64_t limit = DatumGetInt32(arguments.required(0, "max_accounts"));
    if (limit < 1 || limit > most_at_once)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("max_accounts must be 1 to " INT64_FORMAT ", and is " INT64_FORMAT, most_at_once, limit));
    Tally tally{};
    with_write("expire_points()", [&](Write& write) { tally = expire_all_due(write, context.company, limit); });
    return make_row(fcinfo, {Int64GetDatum(tally.accounts), Int64GetDatum(tally.skipped)});
}
}
