// What may an UPDATE of points_events change? The status, along its edges, and nothing else.
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/row_update.hpp"

namespace rewards::pg {

namespace {

constexpr const char* guard_wanted = "BEFORE UPDATE ON rewards.points_events FOR EACH ROW";

void require_unchanged(const RowUpdate& update, std::size_t from, std::size_t to) {
    for (std::size_t column = from; column < to; ++column)
        if (update.is_changed(static_cast<std::uint8_t>(column)))
            ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                    errmsg("column \"%s\" of an event cannot change", update.layout->columns[column].name),
                    errhint("The ledger is append-only; corrections are new events: see award_points() and "
                            "deduct_points()."));
}

Status status_in(RowField status) {
    if (status.is_null)
        ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION), errmsg("validation_status of an event must not be null"));
    return value_or_raise(status_from_text(text_view(status.value)));
}

// Who and when: what the UPDATE does not say itself, the context and the clock do.
HeapTuple stamp_decision(const RowUpdate& update) {
    Cell stamps[2];
    std::size_t count = 0;
    const bool says_when = update.is_changed(event::validated_at);
    const bool has_decider = !update.field_after(event::validated_by).is_null;
    if (!update.is_changed(event::validated_by) && !(says_when && has_decider))
        stamps[count++] = {event::validated_by, to_datum(std::string_view(current_actor()))};
    if (!says_when) stamps[count++] = {event::validated_at, TimestampTzGetDatum(GetCurrentTimestamp())};
    return with_cells(update, {stamps, count});
}

HeapTuple guard_update(const TriggerData* trigger) {
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) raise_misattached(guard_wanted);
    TableLayout other;
    const TableLayout& layout = layout_of(events_layout(), trigger->tg_relation, other);
    const RowUpdate update = read_update(trigger, layout);
    require_unchanged(update, 0, event::validation_status);
    const Status from = status_in(update.field_before(event::validation_status));
    const Status to = status_in(update.field_after(event::validation_status));
    if (from == to) {
        require_unchanged(update, event::validated_by, layout.columns.size());
        return update.tuple;
    }
    if (!may_become(from, to))
        ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                errmsg("an event cannot go from %s to %s", text_of(from).data(), text_of(to).data()),
                errhint("validated and rejected are final; corrections are new events."));
    // A subscriber writes what the publisher has decided.
    return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ? update.tuple : stamp_decision(update);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_guard_event_update) {
    using namespace rewards::pg;
    PG_RETURN_POINTER(guard_update(called_as_trigger(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, guard_wanted)));
}
}
