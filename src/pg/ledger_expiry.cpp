#include "pg/ledger_expiry.hpp"

#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

namespace lot_row {
enum : std::uint8_t { user_id, company_id, expires_at, event_id, remaining };
enum : std::size_t { by_key };
constexpr Column columns[] = {
    {"user_id", UUIDOID},  {"company_id", UUIDOID}, {"expires_at", TIMESTAMPTZOID},
    {"event_id", UUIDOID}, {"remaining", INT8OID},
};
constexpr Lookup lookups[] = {{4, {user_id, company_id, expires_at, event_id}, true}};
TableLayout layout{"point_lots", columns, lookups};
}  // namespace lot_row

namespace use_row {
enum : std::uint8_t { user_id, company_id, event_id, lot_event_id, expires_at, points };
enum : std::size_t { by_event };
constexpr Column columns[] = {
    {"user_id", UUIDOID},      {"company_id", UUIDOID},        {"event_id", UUIDOID},
    {"lot_event_id", UUIDOID}, {"expires_at", TIMESTAMPTZOID}, {"points", INT8OID},
};
constexpr Lookup lookups[] = {{3, {user_id, company_id, event_id}}};
TableLayout layout{"point_lot_uses", columns, lookups};
}  // namespace use_row

// An array that lives in the current memory context.
struct Lots {
    Lot* first;
    std::size_t count;
    std::size_t room;
};

void append(Lots& lots, const Lot& lot) {
    if (lots.count == lots.room) {
        lots.room = lots.room == 0 ? 16 : lots.room * 2;
        const std::size_t size = lots.room * sizeof(Lot);
        lots.first = static_cast<Lot*>(lots.first == nullptr ? palloc(size) : repalloc(lots.first, size));
    }
    lots.first[lots.count++] = lot;
}

void write_expiry(Ledger& ledger, Account& account, const Lot& lot) {
    Posting posting{};
    posting.event_type = "points_expiry";
    posting.event_time = lot.expires_at;
    posting.points = -lot.points;
    posting.proof_type = "server";
    posting.related_type = "points_event";
    posting.related_id = uuid_text(lot.event);
    write_event(ledger, account, posting);
}

// Those that expire soonest, as many as make `points` or are due at `due`, and the next one after them.
Lots read_soonest(Table& lots, const AccountKey& key, std::int64_t points, TimestampTz due) {
    Lots soonest{};
    for_each(lots, lot_row::by_key, {to_datum(key.user), to_datum(key.company)}, [&] {
        const Lot lot{uuid_of(value(lots, lot_row::event_id)), DatumGetTimestampTz(value(lots, lot_row::expires_at)),
                      DatumGetInt64(value(lots, lot_row::remaining))};
        append(soonest, lot);
        const bool goes_on = points > 0 || lot.expires_at <= due;
        points -= lot.points;
        return goes_on;
    });
    return soonest;
}

void lock_lot(Table& lots, const AccountKey& key, const Lot& lot) {
    if (lock_row(lots, lot_row::by_key,
                 {to_datum(key.user), to_datum(key.company), TimestampTzGetDatum(lot.expires_at), to_datum(lot.event)}))
        return;
    ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("expiring points of an account are gone"),
            errhint("See rewards.verify_ledger()."));
}

void take(Table& lots, const AccountKey& key, const Lot& lot, std::int64_t points) {
    lock_lot(lots, key, lot);
    if (points == lot.points)
        remove(lots);
    else
        update(lots, {{lot_row::remaining, Int64GetDatum(lot.points - points)}});
}

void put(Table& lots, const AccountKey& key, const Lot& lot) {
    insert(lots, {{lot_row::user_id, to_datum(key.user)},
                  {lot_row::company_id, to_datum(key.company)},
                  {lot_row::expires_at, TimestampTzGetDatum(lot.expires_at)},
                  {lot_row::event_id, to_datum(lot.event)},
                  {lot_row::remaining, Int64GetDatum(lot.points)}});
}

void remember_use(Table& uses, const AccountKey& key, const Uuid& event, const Lot& lot, std::int64_t points) {
    insert(uses, {{use_row::user_id, to_datum(key.user)},
                  {use_row::company_id, to_datum(key.company)},
                  {use_row::event_id, to_datum(event)},
                  {use_row::lot_event_id, to_datum(lot.event)},
                  {use_row::expires_at, TimestampTzGetDatum(lot.expires_at)},
                  {use_row::points, Int64GetDatum(points)}});
}

void add_expiring(Account& account, const Lot& lot) {
    account.expiring.points += lot.points;
    account.expiring.next = account.expiring.next ? Min(*account.expiring.next, lot.expires_at) : lot.expires_at;
}

// What was spent is removed, so reading starts with the first lot again; for more each time, as it
// passes what this transaction has removed.
void read_lots(Ledger& ledger, const Account& account, Spending& spending, std::int64_t points) {
    constexpr std::int64_t most = PG_INT64_MAX / 2;
    spending.wanted = Max(points, Min(spending.wanted, most) * 2);
    MemoryContext caller = MemoryContextSwitchTo(ledger.write->estate->es_query_cxt);
    if (spending.lots != nullptr) pfree(spending.lots);
    const Lots soonest =
        read_soonest(open_for_writing(*ledger.write, lot_row::layout), account.key, spending.wanted, DT_NOBEGIN);
    MemoryContextSwitchTo(caller);
    spending.lots = soonest.first;
    spending.count = soonest.count;
    spending.at = 0;
}

bool has_lot(Ledger& ledger, const Account& account, Spending& spending, std::int64_t points) {
    if (spending.at == spending.count && account.expiring.points > 0) read_lots(ledger, account, spending, points);
    return spending.at < spending.count;
}

void spend(Ledger& ledger, Account& account, Spending& spending, const Uuid& event, std::int64_t points) {
    Table& lots = open_for_writing(*ledger.write, lot_row::layout);
    Table& uses = open_for_writing(*ledger.write, use_row::layout);
    while (points > 0 && has_lot(ledger, account, spending, points)) {
        const Lot& lot = spending.lots[spending.at];
        const std::int64_t taken = Min(points, lot.points - spending.taken);
        remember_use(uses, account.key, event, lot, taken);
        account.expiring.points -= taken;
        points -= taken;
        spending.taken += taken;
        if (spending.taken < lot.points) break;
        take(lots, account.key, lot, lot.points);
        spending.taken = 0;
        ++spending.at;
    }
}

void earn(Ledger& ledger, Account& account, const Lot& lot) {
    Table& lots = open_for_writing(*ledger.write, lot_row::layout);
    put(lots, account.key, lot);
    add_expiring(account, lot);
}

}  // namespace

void follow_expiry(Ledger& ledger, Account& account, const Movement& movement) {
    Spending spending{};
    follow_expiry(ledger, account, spending, movement);
    settle_spending(ledger, account, spending);
}

void follow_expiry(Ledger& ledger, Account& account, Spending& spending, const Movement& movement) {
    if (movement.points < 0 && account.expiring.points > 0)
        spend(ledger, account, spending, movement.event, -movement.points);
    if (movement.points > 0 && movement.expires_at) {
        settle_spending(ledger, account, spending);
        earn(ledger, account, {movement.event, *movement.expires_at, movement.points});
    }
}

void settle_spending(Ledger& ledger, Account& account, Spending& spending) {
    if (spending.lots == nullptr) return;
    Table& lots = open_for_writing(*ledger.write, lot_row::layout);
    if (spending.taken > 0) take(lots, account.key, spending.lots[spending.at], spending.taken);
    account.expiring.next = std::nullopt;
    if (has_lot(ledger, account, spending, 1)) account.expiring.next = spending.lots[spending.at].expires_at;
    if (spending.lots != nullptr) pfree(spending.lots);
    spending = {};
}

void expire_points(Ledger& ledger, Account& account) {
    Table& lots = open_for_writing(*ledger.write, lot_row::layout);
    const TimestampTz now = account.now;
    const Lots due = read_soonest(lots, account.key, 0, now);
    account.expiring.next = std::nullopt;
    for (std::size_t one = 0; one < due.count; ++one) {
        const Lot& lot = due.first[one];
        if (lot.expires_at > now) {
            account.expiring.next = lot.expires_at;
            break;
        }
        take(lots, account.key, lot, lot.points);
        account.expiring.points -= lot.points;
        write_expiry(ledger, account, lot);
    }
}

void return_expiring(Ledger& ledger, Account& account, const Uuid& spent_by, TimestampTz not_before) {
    Table& lots = open_for_writing(*ledger.write, lot_row::layout);
    Table& uses = open_for_reading(*ledger.write, use_row::layout);
    Lots spent{};
    for_each(
        uses, use_row::by_event, {to_datum(account.key.user), to_datum(account.key.company), to_datum(spent_by)}, [&] {
            append(spent,
                   {uuid_of(value(uses, use_row::lot_event_id)), DatumGetTimestampTz(value(uses, use_row::expires_at)),
                    DatumGetInt64(value(uses, use_row::points))});
            return true;
        });
    for (std::size_t one = 0; one < spent.count; ++one) {
        Lot lot = spent.first[one];
        lot.expires_at = Max(lot.expires_at, not_before);
        if (lock_row(lots, lot_row::by_key,
                     {to_datum(account.key.user), to_datum(account.key.company), TimestampTzGetDatum(lot.expires_at),
                      to_datum(lot.event)}))
            update(lots,
                   {{lot_row::remaining, Int64GetDatum(DatumGetInt64(value(lots, lot_row::remaining)) + lot.points)}});
        else
            put(lots, account.key, lot);
        add_expiring(account, lot);
    }
}

}  // namespace rewards::pg
