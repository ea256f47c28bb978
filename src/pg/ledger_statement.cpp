// What keeps the books when points_events is written by SQL instead of by our functions?
#include "pg/ledger_expiry.hpp"
#include "pg/ledger_written.hpp"
#include "pg/raise.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* keep_balance_wanted =
    "AFTER INSERT OR UPDATE ON rewards.points_events FOR EACH STATEMENT, with transition tables old_events and "
    "new_events";

// The account whose rows are being recorded.
struct Current {
    Ledger* ledger;
    std::optional<Account> account;
    std::optional<Uuid> newest_event;
    TimestampTz earliest;
    Spending spending;
};

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

void record_statement(Ledger& ledger, const TriggerData* trigger) {
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    Current current{&ledger, std::nullopt, std::nullopt, DT_NOEND, {}};
    WrittenEvents events = open_written(trigger);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards event", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    while (const std::optional<WrittenEvent> written = next_written(events)) {
        CHECK_FOR_INTERRUPTS();
        enter_account(current, written->key);
        if (is_update)
            record_update(current, *written);
        else
            record_insert(current, written->columns);
        MemoryContextReset(memory);
        ResetPerTupleExprContext(ledger.write->estate);
    }
    leave_account(current);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    close_written(events);
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
    with_write("points_events", [&](Write& write) {
        write.gathers_rows = true;
        Ledger ledger = open_ledger(write);
        record_statement(ledger, trigger);
    });
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
