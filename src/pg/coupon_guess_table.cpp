#include "pg/coupon_guess_table.hpp"

namespace rewards::pg {

namespace {

enum : std::uint8_t { company_id, kind, name, forgotten_at };
enum : std::size_t { by_key, by_time };
constexpr Column columns[] = {
    {"company_id", UUIDOID}, {"kind", TEXTOID}, {"name", TEXTOID}, {"forgotten_at", TIMESTAMPTZOID}};
constexpr Lookup lookups[] = {{3, {company_id, kind, name}, true}, {2, {company_id, forgotten_at}}};
TableLayout layout{"coupon_guesses", columns, lookups};

// Each new row takes away two that are forgotten, so that no more than were open at once stay.
constexpr std::size_t most_swept = 2;

struct RowName {
    Datum kind;
    Datum name;
};

SuspectKind kind_of(std::string_view text) {
    for (const SuspectKind one : {SuspectKind::claimer, SuspectKind::device})
        if (text_of(one) == text) return one;
    return SuspectKind::company;
}

TimestampTz time_of(const Table& guesses) { return DatumGetTimestampTz(value(guesses, forgotten_at)); }

void sweep(Table& guesses, const Uuid& company, TimestampTz now) {
    std::array<RowName, most_swept> old;
    std::size_t count = 0;
    scan_range(
        guesses, by_time, {to_datum(company)}, {std::nullopt, TimestampTzGetDatum(now)}, ForwardScanDirection, [&] {
            old[count] = {datumCopy(value(guesses, kind), false, -1), datumCopy(value(guesses, name), false, -1)};
            return ++count < most_swept;
        });
    for (const RowName& row : std::span(old).first(count))
        if (lock_row(guesses, by_key, {to_datum(company), row.kind, row.name}, LockWaitSkip) && time_of(guesses) < now)
            remove(guesses);
}

bool count_again(Table& guesses, Suspect& suspect, TimestampTz now) {
    suspect.forgotten_at = add_guess(suspect.limit, time_of(guesses), now);
    update(guesses, {{forgotten_at, TimestampTzGetDatum(suspect.forgotten_at)}});
    return true;
}

bool count_first(Table& guesses, const Uuid& company, Suspect& suspect, TimestampTz now) {
    suspect.forgotten_at = add_guess(suspect.limit, never_guessed, now);
    const bool is_new = insert_if_new(guesses, by_key,
                                      {{company_id, to_datum(company)},
                                       {kind, to_datum(text_of(suspect.kind))},
                                       {name, to_datum(suspect.name)},
                                       {forgotten_at, TimestampTzGetDatum(suspect.forgotten_at)}});
    if (is_new) sweep(guesses, company, now);
    return is_new;
}

void count_one(Table& guesses, const Uuid& company, Suspect& suspect, TimestampTz now) {
    const Datum keys[] = {to_datum(company), to_datum(text_of(suspect.kind)), to_datum(suspect.name)};
    const bool is_company = suspect.kind == SuspectKind::company;
    for (bool is_done = false; !is_done;) {
        CHECK_FOR_INTERRUPTS();
        if (lock_row(guesses, by_key, {keys[0], keys[1], keys[2]}, is_company ? LockWaitSkip : LockWaitBlock))
            is_done = count_again(guesses, suspect, now);
        else if (is_company && find(guesses, by_key, {keys[0], keys[1], keys[2]}))
            is_done = true;
        else
            is_done = count_first(guesses, company, suspect, now);
    }
}

}  // namespace

void recall_from_table(Write& write, const Uuid& company, std::span<Suspect> suspects) {
    Table& guesses = open_for_reading(write, layout);
    for (Suspect& suspect : suspects)
        suspect.forgotten_at =
            find(guesses, by_key, {to_datum(company), to_datum(text_of(suspect.kind)), to_datum(suspect.name)})
                ? time_of(guesses)
                : never_guessed;
}

void count_in_table(Write& write, const Uuid& company, std::span<Suspect> suspects, TimestampTz now) {
    Table& guesses = open_for_writing(write, layout);
    for (Suspect& suspect : suspects) count_one(guesses, company, suspect, now);
}

bool forget_in_table(Write& write, const Uuid& company, SuspectKind suspect, std::string_view of, TimestampTz now) {
    Table& guesses = open_for_writing(write, layout);
    if (!lock_row(guesses, by_key, {to_datum(company), to_datum(text_of(suspect)), to_datum(of)})) return false;
    const bool is_open = time_of(guesses) > now;
    remove(guesses);
    return is_open;
}

List* list_in_table(Write& write, const Uuid& company, TimestampTz now) {
    Table& guesses = open_for_reading(write, layout);
    List* found = NIL;
    scan_range(guesses, by_time, {to_datum(company)}, {TimestampTzGetDatum(now + 1), std::nullopt},
               ForwardScanDirection, [&] {
                   auto* suspect = static_cast<Suspect*>(palloc(sizeof(Suspect)));
                   *suspect = {kind_of(text_view(value(guesses, kind))),
                               TextDatumGetCString(value(guesses, name)),
                               {},
                               time_of(guesses)};
                   found = lappend(found, suspect);
                   return true;
               });
    return found;
}

}  // namespace rewards::pg
