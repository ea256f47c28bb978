// expire_points: for a scheduler, so that what has expired is gone without anybody touching the account.
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

constexpr std::int64_t most_at_once = 100'000;

struct DueAccounts {
    Uuid* users;
    std::uint64_t count;
};

constexpr const char* due_accounts = R"(
    SELECT user_id FROM (SELECT user_id FROM ONLY rewards.user_points_cache
                          WHERE company_id = $1 AND next_expiry <= now() ORDER BY next_expiry LIMIT $2) AS first
     ORDER BY user_id)";

DueAccounts read_due(const Ledger& ledger, const Uuid& company, std::int64_t limit) {
    DueAccounts due{};
    MemoryContext caller = CurrentMemoryContext;
    read_newest_as_owner(ledger.accounts.relation, due_accounts,
                         {{UUIDOID, to_datum(company)}, {INT8OID, Int64GetDatum(limit)}}, [&](const SqlRows& rows) {
                             due.count = rows.count;
                             due.users =
                                 static_cast<Uuid*>(MemoryContextAlloc(caller, (rows.count + 1) * sizeof(Uuid)));
                             for (std::uint64_t row = 0; row < rows.count; ++row) due.users[row] = rows[row].uuid(1);
                         });
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
    const std::int64_t limit = arguments.count(0, "max_accounts", most_at_once);
    Tally tally{};
    with_write("expire_points()", [&](Write& write) { tally = expire_all_due(write, context.company, limit); });
    return make_row(fcinfo, {Int64GetDatum(tally.accounts), Int64GetDatum(tally.skipped)});
}
}
