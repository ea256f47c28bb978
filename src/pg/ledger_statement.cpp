// What keeps the books when points_events is written by SQL instead of by our functions?
#include "pg/ledger_entry.hpp"
#include "pg/ledger_expiry.hpp"
#include "pg/raise.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* keep_balance_wanted =
    "AFTER INSERT OR UPDATE ON rewards.points_events FOR EACH STATEMENT, with transition tables old_events and "
    "new_events";

constexpr long rows_at_once = 1000;

// A row of what the statement wrote, and for an UPDATE the decision that it replaced.
struct WrittenEvent {
    AccountKey key;
    EventColumns columns;
    Decision before;
};

// The account whose rows are being recorded.
struct Current {
    Ledger* ledger;
    bool is_update;
    std::optional<Account> account;
    std::optional<Uuid> newest_event;
    TimestampTz earliest;
    Spending spending;
};

// One account after the other, in the order in which everybody locks them; earned before spent, as only
// the end of a statement has to be a balance that may be.
const char* query_for(bool is_update) {
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfoString(&sql, "SELECT ");
    for (const Column& column : events_layout().columns) appendStringInfo(&sql, "n.%s, ", column.name);
    if (is_update)
        appendStringInfoString(&sql,
                               "o.validation_status, o.validated_by, o.validated_at, o.validation_notes"
                               " FROM new_events n JOIN old_events o ON o.user_id = n.user_id AND o.id = n.id"
                               " WHERE n.validation_status <> o.validation_status");
    else
        appendStringInfoString(&sql, "NULL, NULL, NULL, NULL FROM new_events n");
    appendStringInfoString(&sql, " ORDER BY n.user_id, n.company_id, n.points_delta < 0, n.event_time, n.id");
    return sql.data;
}

RowField field_in(HeapTuple row, TupleDesc columns, int number) {
    bool is_null;
    const Datum datum = SPI_getbinval(row, columns, number, &is_null);
    return is_null ? RowField() : RowField(datum);
}

WrittenEvent read_event(HeapTuple row, TupleDesc columns) {
    WrittenEvent written{};
    for (std::uint8_t column = 0; column < event::column_count; ++column)
        written.columns[column] = field_in(row, columns, column + 1);
    written.key = {uuid_of(written.columns[event::user_id].value), uuid_of(written.columns[event::company_id].value)};
    RowField* const before[] = {&written.before.status, &written.before.validated_by, &written.before.validated_at,
                                &written.before.notes};
    for (int number = 0; number < 4; ++number)
        *before[number] = field_in(row, columns, event::column_count + 1 + number);
    return written;
}

// Entries are numbered and chained under the account's lock, by nobody else.
void require_no_entry(const EventColumns& columns) {
    for (std::uint8_t column = event::version; column <= event::system_id; ++column)
        if (!columns[column].is_null)
            ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                    errmsg("column \"%s\" of an event is not for INSERT", events_layout().columns[column].name),
                    errhint("Leave it out: rewards numbers and chains what is written. To restore a dump of the data "
                            "alone, use --disable-triggers."));
}

Status status_of(const RowField& field) { return value_or_raise(status_from_text(text_view(field.value))); }

void follow(Current& current, const EventColumns& columns, Status status) {
    if (status != Status::validated) return;
    std::optional<TimestampTz> expires_at;
    if (!columns[event::expires_at].is_null) expires_at = DatumGetTimestampTz(columns[event::expires_at].value);
    follow_expiry(*current.ledger, *current.account, current.spending,
                  {uuid_of(columns[event::id].value), DatumGetInt64(columns[event::points_delta].value), expires_at});
}

void record_insert(Current& current, const EventColumns& columns) {
    require_no_entry(columns);
    Account& account = *current.account;
    const Status status = status_of(columns[event::validation_status]);
    const Uuid id = uuid_of(columns[event::id].value);
    account.balance =
        value_or_raise(add_event(account.balance, DatumGetInt64(columns[event::points_delta].value), status));
    record_event(*current.ledger, account, columns);
    if (!current.newest_event || *current.newest_event < id) current.newest_event = account.last_event = id;
    current.earliest = Min(current.earliest, DatumGetTimestampTz(columns[event::created_at].value));
    follow(current, columns, status);
}

void record_update(Current& current, const WrittenEvent& written) {
    Account& account = *current.account;
    const EventColumns& columns = written.columns;
    const Status status = status_of(columns[event::validation_status]);
    account.balance = value_or_raise(change_status(account.balance, DatumGetInt64(columns[event::points_delta].value),
                                                   status_of(written.before.status), status));
    record_status(*current.ledger, account,
                  {uuid_of(columns[event::id].value),
                   written.before,
                   {columns[event::validation_status], columns[event::validated_by], columns[event::validated_at],
                    columns[event::validation_notes]}});
    if (status == Status::rejected && !columns[event::trust_score].is_null) ++account.rejected_events;
    follow(current, columns, status);
}

// An account is as old as its oldest event, which may have been recorded elsewhere.
void leave_account(Current& current) {
    if (!current.account) return;
    settle_spending(*current.ledger, *current.account, current.spending);
    const TimestampTz opened_at = DatumGetTimestampTz(value(*current.account->row, account_row::opened_at));
    const Cell older[] = {{account_row::opened_at, TimestampTzGetDatum(current.earliest)}};
    save_account(*current.account,
                 current.earliest < opened_at ? std::span<const Cell>(older) : std::span<const Cell>());
}

void enter_account(Current& current, const AccountKey& key) {
    if (current.account && current.account->key.user == key.user && current.account->key.company == key.company) return;
    leave_account(current);
    current.account = lock_account(*current.ledger, key);
    current.newest_event = std::nullopt;
    current.earliest = DT_NOEND;
}

void record_rows(Current& current, const SPITupleTable* rows, std::uint64_t count) {
    for (std::uint64_t row = 0; row < count; ++row) {
        CHECK_FOR_INTERRUPTS();
        const WrittenEvent written = read_event(rows->vals[row], rows->tupdesc);
        enter_account(current, written.key);
        if (current.is_update)
            record_update(current, written);
        else
            record_insert(current, written.columns);
        ResetPerTupleExprContext(current.ledger->write->estate);
    }
}

// Reads the transition tables as the owner: the search_path of whoever writes could hold other
// operators.
Portal open_rows(const TriggerData* trigger, bool is_update) {
    Portal portal = nullptr;
    as_owner(trigger->tg_relation, [&] {
        SPIPlanPtr plan = SPI_prepare(query_for(is_update), 0, nullptr);
        if (plan == nullptr)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not read the events of a statement"));
        portal = SPI_cursor_open(nullptr, plan, nullptr, nullptr, true);
    });
    return portal;
}

void record_statement(Ledger& ledger, const TriggerData* trigger) {
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    Current current{&ledger, is_update, std::nullopt, std::nullopt, DT_NOEND, {}};
    Portal portal = open_rows(trigger, is_update);
    MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "rewards statement", ALLOCSET_DEFAULT_SIZES);
    for (;;) {
        as_owner(trigger->tg_relation, [&] { SPI_cursor_fetch(portal, true, rows_at_once); });
        if (SPI_processed == 0) break;
        SPITupleTable* rows = SPI_tuptable;
        MemoryContext caller = MemoryContextSwitchTo(batch);
        record_rows(current, rows, SPI_processed);
        MemoryContextSwitchTo(caller);
        MemoryContextReset(batch);
        SPI_freetuptable(rows);
    }
    leave_account(current);
    SPI_cursor_close(portal);
}

bool is_named(const char* transition_table, const char* wanted) {
    return transition_table != nullptr && std::strcmp(transition_table, wanted) == 0;
}

void keep_balance(const TriggerData* trigger) {
    const Trigger* definition = trigger->tg_trigger;
    const bool is_insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    if (!is_own(events_layout(), trigger->tg_relation) || !(is_insert || is_update) ||
        !is_named(definition->tgnewtable, "new_events") ||
        (is_update && !is_named(definition->tgoldtable, "old_events")))
        raise_misattached(keep_balance_wanted);
    SPI_connect();
    SPI_register_trigger_data(const_cast<TriggerData*>(trigger));
    with_write("points_events", [&](Write& write) {
        Ledger ledger = open_ledger(write);
        record_statement(ledger, trigger);
    });
    SPI_finish();
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_keep_balance) {
    using namespace rewards::pg;
    keep_balance(called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER, keep_balance_wanted));
    PG_RETURN_POINTER(nullptr);
}
}
