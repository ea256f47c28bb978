// repair_account(): what an account says about itself, rebuilt from entries that verify.
#include "pg/audit.hpp"
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

constexpr const char* is_known = R"(
    SELECT EXISTS (SELECT FROM ONLY rewards.user_points_cache WHERE company_id = rewards.get_current_company_id() AND user_id = $1)
        OR EXISTS (SELECT FROM ONLY rewards.points_events WHERE company_id = rewards.get_current_company_id() AND user_id = $1)
        OR EXISTS (SELECT FROM ONLY rewards.ledger_entries WHERE company_id = rewards.get_current_company_id() AND user_id = $1))";

// What must not be: then the entries do not say what the account was. The head of the account has to be
// one of them, or those that are missing after it would be forgotten for good.
constexpr const char* first_fault = R"(
    SELECT f.check_name || coalesce(': ' || regexp_replace(f.first_bad, 'version 0+(?=[0-9])', 'version '), '')
      FROM (SELECT * FROM rewards.verify_chains($1) UNION ALL SELECT * FROM rewards.verify_accounts($1)) AS f
     WHERE f.bad > 0 AND f.check_name IN ('numbering', 'entry hash', 'clock', 'event entry', 'event status')
    UNION ALL
    SELECT 'account head: version ' || a.version FROM ONLY rewards.user_points_cache a
     WHERE a.company_id = rewards.get_current_company_id() AND a.user_id = $1
       AND (a.version <> 0 OR a.chain_head IS NOT NULL)
       AND NOT EXISTS (SELECT FROM rewards.ledger e WHERE e.company_id = a.company_id AND e.user_id = a.user_id
                          AND e.version = a.version AND e.entry_hash = a.chain_head)
     LIMIT 1)";

// The values in the order of `repaired_columns`, and what differs, before and after.
constexpr const char* repair_plan = R"(
    WITH account AS (
        SELECT a.* FROM (SELECT) AS one LEFT JOIN ONLY rewards.user_points_cache a
            ON a.company_id = rewards.get_current_company_id() AND a.user_id = $1),
    summed AS (
        SELECT sum(available_points)::bigint AS available, sum(pending_points)::bigint AS pending,
               sum(lifetime_earned)::bigint AS earned, sum(lifetime_spent)::bigint AS spent
          FROM rewards.calculate_user_points($1)),
    chain AS (
        SELECT coalesce(max(version), 0) AS version, max(recorded_at) AS recorded_at FROM rewards.ledger
         WHERE company_id = rewards.get_current_company_id() AND user_id = $1),
    lots AS (
        SELECT coalesce(sum(remaining), 0)::bigint AS points, min(expires_at) AS next FROM ONLY rewards.point_lots
         WHERE company_id = rewards.get_current_company_id() AND user_id = $1),
    rebuilt AS (
        SELECT s.available AS available_points, s.pending AS pending_points, s.earned AS lifetime_earned,
               s.spent AS lifetime_spent, c.version,
               (SELECT e.entry_hash FROM rewards.ledger e WHERE e.company_id = rewards.get_current_company_id()
                   AND e.user_id = $1 AND e.version = c.version) AS chain_head,
               coalesce(greatest(a.updated_at, c.recorded_at), clock_timestamp()) AS updated_at,
               l.points AS expiring_points, l.next AS next_expiry
          FROM account a, summed s, chain c, lots l),
    different AS (
        SELECT r.key, coalesce(o.value, 'null') AS before, r.value AS after
          FROM rebuilt, account, jsonb_each(to_jsonb(rebuilt)) AS r
          LEFT JOIN jsonb_each(to_jsonb(account)) AS o ON o.key = r.key
         WHERE o.value IS DISTINCT FROM r.value)
    SELECT rebuilt.*, (SELECT jsonb_object_agg(key, before) FROM different),
           (SELECT jsonb_object_agg(key, after) FROM different) FROM rebuilt)";

constexpr std::uint8_t repaired_columns[] = {
    account_row::available,  account_row::pending,  account_row::earned,
    account_row::spent,      account_row::version,  account_row::chain_head,
    account_row::updated_at, account_row::expiring, account_row::next_expiry,
};
constexpr int before_number = std::size(repaired_columns) + 1;
constexpr int after_number = before_number + 1;

constexpr const char* plan_rows = R"(
    SELECT n.key, o.value, n.value FROM jsonb_each_text($2) AS n JOIN jsonb_each_text($1) AS o USING (key) ORDER BY n.key)";

bool is_account(const RowField& user) {
    Relation accounts = open_table(accounts_layout(), AccessShareLock);
    SPI_connect();
    const bool found = DatumGetBool(read_as_owner(accounts, is_known, {{UUIDOID, user}})[0].required(1));
    SPI_finish();
    table_close(accounts, AccessShareLock);
    return found;
}

SqlRow plan_repair(Relation accounts, const RowField& user) {
    const SqlRows faults = read_as_owner(accounts, first_fault, {{UUIDOID, user}});
    if (faults.count > 0)
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the entries of this account cannot be relied on"),
                errdetail("%s", TextDatumGetCString(faults[0].required(1))),
                errhint("See rewards.verify_ledger(). A balance is rebuilt only from entries that verify."));
    return read_as_owner(accounts, repair_plan, {{UUIDOID, user}})[0];
}

void show_plan(FunctionCallInfo call, Relation accounts, const SqlRow& plan) {
    const SqlRows rows = read_as_owner(accounts, plan_rows,
                                       {{JSONBOID, plan.field(before_number)}, {JSONBOID, plan.field(after_number)}});
    for (std::uint64_t row = 0; row < rows.count; ++row)
        add_row(call, std::array{rows[row].field(1), rows[row].field(2), rows[row].field(3)});
}

void repair(Ledger& ledger, const Context& context, const RowField& user, const SqlRow& plan) {
    std::array<Cell, std::size(repaired_columns)> cells;
    for (std::size_t one = 0; one < cells.size(); ++one)
        cells[one] = {repaired_columns[one], plan.field(static_cast<int>(one) + 1)};
    update(ledger.accounts, cells);
    record_audit(*ledger.write, context, {"repair_account", user, plan.field(before_number), plan.field(after_number)});
}

void show_repair(FunctionCallInfo call, const RowField& user) {
    Relation accounts = open_table(accounts_layout(), AccessShareLock);
    SPI_connect();
    show_plan(call, accounts, plan_repair(accounts, user));
    SPI_finish();
    table_close(accounts, AccessShareLock);
}

// Under the lock of the account, and with a snapshot from after it.
void make_repair(FunctionCallInfo call, const Context& context, const RowField& user) {
    with_write("repair_account()", [&](Write& write) {
        require_settled(write);
        Ledger ledger = open_ledger(write);
        lock_account_row(ledger, {uuid_of(user.value), context.company});
        PushActiveSnapshot(GetLatestSnapshot());
        SPI_connect();
        const SqlRow plan = plan_repair(ledger.accounts.relation, user);
        show_plan(call, ledger.accounts.relation, plan);
        if (!plan.field(after_number).is_null) repair(ledger, context, user, plan);
        SPI_finish();
        PopActiveSnapshot();
    });
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_repair_account) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const RowField user = arguments.required(0, "user_id");
    const bool is_dry_run = DatumGetBool(arguments.required(1, "dry_run"));
    const Context& context = require_context();
    require_back_end(context, "repair accounts");
    InitMaterializedSRF(fcinfo, 0);
    if (!is_account(user)) return Datum{0};
    if (is_dry_run)
        show_repair(fcinfo, user);
    else
        make_repair(fcinfo, context, user);
    return Datum{0};
}
}
