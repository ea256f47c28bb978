#include "pg/ledger_decide.hpp"

#include "pg/ledger_entry.hpp"
#include "pg/ledger_expiry.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

constexpr std::size_t longest_note = 10'000;

RowField field_in(const Table& row, std::uint8_t column) {
    const std::optional<Datum> datum = optional_value(row, column);
    return datum ? RowField(*datum) : RowField();
}

Decision decision_in(const Table& events) {
    return {field_in(events, event::validation_status), field_in(events, event::validated_by),
            field_in(events, event::validated_at), field_in(events, event::validation_notes)};
}

bool is_found_of(const Table& events, const Uuid& company) {
    return uuid_of(value(events, event::company_id)) == company;
}

}  // namespace

Account lock_account_of_event(Ledger& ledger, const AccountKey& key, const Uuid& id) {
    while (wait_for_holder(ledger.events, event::by_id, {to_datum(key.user), to_datum(id)})) CHECK_FOR_INTERRUPTS();
    return lock_account(ledger, key);
}

std::optional<Undecided> lock_event(Ledger& ledger, const Account& account, const Uuid& id) {
    if (const auto event = try_lock_event(ledger, account, id)) return event;
    if (find(ledger.events, event::by_id, {to_datum(account.key.user), to_datum(id)}) &&
        is_found_of(ledger.events, account.key.company))
        ereport(ERROR, errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("the event is being changed by somebody else"),
                errhint("Try again, in a transaction of its own."));
    return std::nullopt;
}

std::optional<Undecided> try_lock_event(Ledger& ledger, const Account& account, const Uuid& id) {
    Table& events = ledger.events;
    if (!lock_row(events, event::by_id, {to_datum(account.key.user), to_datum(id)}, LockWaitSkip)) return std::nullopt;
    if (!is_found_of(events, account.key.company)) return std::nullopt;
    Undecided event{id, value_or_raise(status_from_text(text_view(value(events, event::validation_status)))),
                    DatumGetInt64(value(events, event::points_delta)), std::nullopt};
    if (const auto score = optional_value(events, event::trust_score)) event.trust_score = DatumGetInt32(*score);
    return event;
}

void decide_event(Ledger& ledger, Account& account, const Undecided& event, Status status, std::string_view actor,
                  const std::optional<std::string_view>& note) {
    Table& events = ledger.events;
    account.balance = value_or_raise(change_status(account.balance, event.points, event.status, status));
    if (account.is_changed) ++account.now;
    const Decision before = decision_in(events);
    std::optional<TimestampTz> expires_at;
    if (const auto time = optional_value(events, event::expires_at)) expires_at = DatumGetTimestampTz(*time);
    const Decision after{to_datum(text_of(status)), to_datum(actor), TimestampTzGetDatum(account.now),
                         note ? RowField(to_datum(*note)) : before.notes};
    record_status(ledger, account, {event.id, before, after});
    update(events, {{event::validation_status, after.status},
                    {event::validated_by, after.validated_by},
                    {event::validated_at, after.validated_at},
                    {event::validation_notes, after.notes}});
    if (status == Status::rejected && event.trust_score) ++account.rejected_events;
    if (status == Status::validated) follow_expiry(ledger, account, {event.id, event.points, expires_at});
}

std::optional<std::string_view> note_argument(const Arguments& arguments, int index) {
    const std::optional<std::string_view> note = arguments.optional_text(index);
    if (note && note->size() > longest_note) raise_length("note", note->size(), longest_note);
    return note;
}

bool is_covered(const Account& account, const Undecided& event) {
    return event.points >= 0 || account.balance.available >= -event.points;
}

}  // namespace rewards::pg
