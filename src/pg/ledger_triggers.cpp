// What keeps the books when points_events is written by SQL instead of by our functions?
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* keep_balance_wanted =
    "AFTER INSERT OR UPDATE ON rewards.points_events FOR EACH STATEMENT, with transition tables old_events and "
    "new_events";
constexpr const char* guard_wanted = "BEFORE UPDATE ON rewards.points_events FOR EACH ROW";

// What the statement changed, one row an account, in the order in which everybody locks accounts.
// new_events counts up and old_events, where there is one, counts down.
constexpr const char* changes_by_insert = R"(
    SELECT user_id, company_id,
           coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0)::bigint,
           coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0)::bigint,
           coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0)::bigint,
           coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0)::bigint,
           max(id::text)::uuid
      FROM new_events GROUP BY user_id, company_id ORDER BY user_id, company_id)";

constexpr const char* changes_by_update = R"(
    SELECT user_id, company_id,
           coalesce(sum(points_delta * way) FILTER (WHERE validation_status = 'validated'), 0)::bigint,
           coalesce(sum(points_delta * way) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0)::bigint,
           coalesce(sum(points_delta * way) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0)::bigint,
           coalesce(-sum(points_delta * way) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0)::bigint,
           NULL::uuid
      FROM (SELECT user_id, company_id, points_delta, validation_status, 1::numeric FROM new_events
            UNION ALL
            SELECT user_id, company_id, points_delta, validation_status, -1::numeric FROM old_events)
           AS changed (user_id, company_id, points_delta, validation_status, way)
     GROUP BY user_id, company_id ORDER BY user_id, company_id)";

struct AccountChange {
    AccountKey key;
    Balance change;
    std::optional<Uuid> last_event;
};

AccountChange change_in(SPITupleTable* rows, std::uint64_t row) {
    const auto column = [&](int number) -> std::optional<Datum> {
        bool is_null;
        const Datum datum = SPI_getbinval(rows->vals[row], rows->tupdesc, number, &is_null);
        if (is_null) return std::nullopt;
        return datum;
    };
    const auto points = [&](int number) { return DatumGetInt64(column(number).value_or(0)); };
    const std::optional<Datum> last_event = column(7);
    return {{uuid_of(*column(1)), uuid_of(*column(2))},
            {points(3), points(4), points(5), points(6)},
            last_event ? std::optional<Uuid>(uuid_of(*last_event)) : std::nullopt};
}

void apply(Table& accounts, const AccountChange& change) {
    if (change.change == Balance{} && !change.last_event) return;
    Account account = lock_account(accounts, change.key);
    account.balance = value_or_raise(add_change(account.balance, change.change));
    write_balance(account, change.last_event);
}

bool is_named(const char* transition_table, const char* wanted) {
    return transition_table != nullptr && std::strcmp(transition_table, wanted) == 0;
}

// Reads the transition tables as the owner: the search_path of whoever writes could hold other
// operators and sums.
SPITupleTable* read_changes(const TriggerData* trigger, std::uint64_t* count) {
    const bool is_insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
    as_owner(trigger->tg_relation, [&] {
        if (SPI_execute(is_insert ? changes_by_insert : changes_by_update, true, 0) != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not sum the events of a statement"));
    });
    *count = SPI_processed;
    return SPI_tuptable;
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
    std::uint64_t count = 0;
    SPITupleTable* changes = read_changes(trigger, &count);
    with_write("points_events", [&](Write& write) {
        if (count == 0) return;
        Table accounts = open_accounts(write);
        for (std::uint64_t row = 0; row < count; ++row) {
            CHECK_FOR_INTERRUPTS();
            apply(accounts, change_in(changes, row));
            ResetPerTupleExprContext(write.estate);
        }
    });
    SPI_finish();
}

// An UPDATE of one event, before it happens.
struct EventUpdate {
    const TableLayout* layout;
    TupleDesc columns;
    HeapTuple before;
    HeapTuple after;
};

bool is_changed(const EventUpdate& update, std::uint8_t column) {
    const AttrNumber number = update.layout->attributes[column];
    const Form_pg_attribute form = TupleDescAttr(update.columns, number - 1);
    bool was_null;
    bool is_null;
    const Datum before = heap_getattr(update.before, number, update.columns, &was_null);
    const Datum after = heap_getattr(update.after, number, update.columns, &is_null);
    return was_null != is_null || (!is_null && !datum_image_eq(before, after, form->attbyval, form->attlen));
}

void require_unchanged(const EventUpdate& update, std::size_t from, std::size_t to) {
    for (std::size_t column = from; column < to; ++column)
        if (is_changed(update, static_cast<std::uint8_t>(column)))
            ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                    errmsg("column \"%s\" of an event cannot change", update.layout->columns[column].name),
                    errhint("The ledger is append-only; corrections are new events: see award_points() and "
                            "deduct_points()."));
}

Status status_in(const EventUpdate& update, HeapTuple row) {
    bool is_null;
    const Datum status =
        heap_getattr(row, update.layout->attributes[event::validation_status], update.columns, &is_null);
    if (is_null)
        ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION), errmsg("validation_status of an event must not be null"));
    return value_or_raise(status_from_text(text_view(status)));
}

// Who and when: what the UPDATE does not say itself, the context and the clock do.
HeapTuple stamp_decision(const EventUpdate& update) {
    int numbers[2];
    Datum values[2];
    bool nulls[2] = {false, false};
    int count = 0;
    if (!is_changed(update, event::validated_by)) {
        numbers[count] = update.layout->attributes[event::validated_by];
        values[count++] = to_datum(std::string_view(current_actor()));
    }
    if (!is_changed(update, event::validated_at)) {
        numbers[count] = update.layout->attributes[event::validated_at];
        values[count++] = TimestampTzGetDatum(GetCurrentTimestamp());
    }
    return heap_modify_tuple_by_cols(update.after, update.columns, count, numbers, values, nulls);
}

HeapTuple guard_update(const TriggerData* trigger) {
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) raise_misattached(guard_wanted);
    TableLayout other;
    const TableLayout& layout = layout_of(events_layout(), trigger->tg_relation, other);
    const EventUpdate update{&layout, RelationGetDescr(trigger->tg_relation), trigger->tg_trigtuple,
                             trigger->tg_newtuple};
    require_unchanged(update, 0, event::validation_status);
    const Status from = status_in(update, update.before);
    const Status to = status_in(update, update.after);
    if (from == to) {
        require_unchanged(update, event::validated_by, layout.columns.size());
        return update.after;
    }
    if (!may_become(from, to))
        ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                errmsg("an event cannot go from %s to %s", text_of(from).data(), text_of(to).data()),
                errhint("validated and rejected are final; corrections are new events."));
    // A subscriber writes what the publisher has decided.
    return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ? update.after : stamp_decision(update);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_keep_balance) {
    using namespace rewards::pg;
    keep_balance(called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER, keep_balance_wanted));
    PG_RETURN_POINTER(nullptr);
}

SQL_FUNCTION(rewards_guard_event_update) {
    using namespace rewards::pg;
    PG_RETURN_POINTER(guard_update(called_as_trigger(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, guard_wanted)));
}
}
