// What may an UPDATE of points_events change? The status, along its edges, and nothing else.
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* guard_wanted = "BEFORE UPDATE ON rewards.points_events FOR EACH ROW";

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

bool has_decider(const EventUpdate& update) {
    return !heap_attisnull(update.after, update.layout->attributes[event::validated_by], update.columns);
}

// Who and when: what the UPDATE does not say itself, the context and the clock do.
HeapTuple stamp_decision(const EventUpdate& update) {
    int numbers[2];
    Datum values[2];
    bool nulls[2] = {false, false};
    int count = 0;
    const bool says_when = is_changed(update, event::validated_at);
    if (!is_changed(update, event::validated_by) && !(says_when && has_decider(update))) {
        numbers[count] = update.layout->attributes[event::validated_by];
        values[count++] = to_datum(std::string_view(current_actor()));
    }
    if (!says_when) {
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

SQL_FUNCTION(rewards_guard_event_update) {
    using namespace rewards::pg;
    PG_RETURN_POINTER(guard_update(called_as_trigger(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, guard_wanted)));
}
}
