// validate_points_event, validate_pending_events: what waited for a proof, or for its time, is decided by its score.
#include "pg/ledger_decide.hpp"
#include "pg/ledger_lookup.hpp"
#include "pg/raise.hpp"
#include "pg/setting.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

constexpr std::int64_t most_at_once = 100'000;

bool is_pending(Status status) { return status == Status::pending || status == Status::validating; }

// An event without a score came in by SQL: a person looks at it.
Status status_for(const Settings& settings, const Undecided& event) {
    if (event.trust_score && *event.trust_score < settings.trust_review_at) return Status::rejected;
    if (settings.hold_all || !event.trust_score) return Status::pending_review;
    return *event.trust_score < settings.trust_validate_at ? Status::pending_review : Status::validated;
}

struct Validation {
    Uuid event;
    std::optional<bool> is_proven;
    std::optional<std::string_view> note;
};

struct ValidationAnswer {
    const Refusal* refusal;
    Status status;
    std::optional<std::int64_t> balance;
    bool replayed;
};

ValidationAnswer validate_locked(Ledger& ledger, Account& account, const Validation& validation) {
    const std::optional<Undecided> event = lock_event(ledger, account, validation.event);
    if (!event) return {&refusal::not_waiting, {}, std::nullopt, false};
    const std::int64_t available = account.balance.available;
    if (!is_pending(event->status)) return {nullptr, event->status, available, true};
    Status status = status_for(settings_of(*ledger.write, account.key.company), *event);
    if (validation.is_proven && !*validation.is_proven) status = Status::rejected;
    if (status == Status::validated && !is_covered(account, *event))
        return {&refusal::insufficient_points, {}, available, false};
    decide_event(ledger, account, *event, status, current_actor(), validation.note);
    return {nullptr, status, account.balance.available, false};
}

ValidationAnswer validate(Write& write, const Context& context, const Validation& validation) {
    Ledger ledger = open_ledger(write);
    const std::optional<Uuid> user = user_of_event(ledger, context.company, validation.event);
    if (!user) return {&refusal::not_waiting, {}, std::nullopt, false};
    Account account = lock_account_of_event(ledger, {*user, context.company}, validation.event);
    const ValidationAnswer answer = validate_locked(ledger, account, validation);
    save_account(account);
    return answer;
}

// Those whose time has come, account by account, so that each is locked and saved once.
constexpr const char* due_events = R"(
    SELECT user_id, id
      FROM (SELECT e.user_id, e.id
              FROM rewards.points_events e
              LEFT JOIN rewards.point_rules own ON own.company_id = e.company_id AND own.event_type = e.event_type
              LEFT JOIN rewards.point_rules everybodys
                     ON everybodys.company_id = '00000000-0000-0000-0000-000000000000'
                    AND everybodys.event_type = e.event_type
             WHERE e.company_id = $1 AND e.validation_status = 'pending'
               AND e.created_at <= now() - CASE WHEN own.company_id IS NOT NULL THEN coalesce(own.pending_for, '0')
                                                ELSE coalesce(everybodys.pending_for, '0') END
             ORDER BY e.id LIMIT $2) AS oldest
     ORDER BY user_id, id)";

struct DueEvent {
    Uuid user;
    Uuid id;
};

struct DueEvents {
    DueEvent* first;
    std::uint64_t count;
};

DueEvents read_due(const Ledger& ledger, const Uuid& company, std::int64_t limit) {
    DueEvents due{};
    MemoryContext caller = CurrentMemoryContext;
    read_newest_as_owner(
        ledger.events.relation, due_events, {{UUIDOID, to_datum(company)}, {INT8OID, Int64GetDatum(limit)}},
        [&](const SqlRows& rows) {
            due.count = rows.count;
            due.first = static_cast<DueEvent*>(MemoryContextAlloc(caller, (rows.count + 1) * sizeof(DueEvent)));
            for (std::uint64_t row = 0; row < rows.count; ++row)
                due.first[row] = {rows[row].uuid(1), rows[row].uuid(2)};
        });
    return due;
}

struct Tally {
    std::int64_t validated;
    std::int64_t pending_review;
    std::int64_t rejected;
    std::int64_t skipped;
};

void count(Tally& tally, Status status) {
    if (status == Status::validated) ++tally.validated;
    if (status == Status::pending_review) ++tally.pending_review;
    if (status == Status::rejected) ++tally.rejected;
}

void validate_due(Ledger& ledger, Account& account, const Settings& settings, const Uuid& id, Tally& tally) {
    const std::optional<Undecided> event = try_lock_event(ledger, account, id);
    if (!event || event->status != Status::pending) {
        ++tally.skipped;
        return;
    }
    Status status = status_for(settings, *event);
    // Left as it is, it would be among the oldest for ever.
    if (status == Status::validated && !is_covered(account, *event)) status = Status::pending_review;
    decide_event(ledger, account, *event, status, current_actor(), std::nullopt);
    count(tally, status);
}

// Accounts and events that somebody else has locked are left for the next time: this never waits.
Tally validate_all_due(Write& write, const Uuid& company, std::int64_t limit) {
    Ledger ledger = open_ledger(write);
    const Settings settings = settings_of(write, company);
    const DueEvents due = read_due(ledger, company, limit);
    Tally tally{};
    for (std::uint64_t one = 0; one < due.count;) {
        CHECK_FOR_INTERRUPTS();
        const Uuid& user = due.first[one].user;
        std::optional<Account> account = try_lock_account(ledger, {user, company});
        for (; one < due.count && due.first[one].user == user; ++one) {
            if (account)
                validate_due(ledger, *account, settings, due.first[one].id, tally);
            else
                ++tally.skipped;
        }
        if (account) save_account(*account);
    }
    return tally;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_validate_points_event) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "validate events");
    Validation validation{arguments.uuid(0, "event_id"), std::nullopt, note_argument(arguments, 2)};
    if (!arguments.is_null(1)) validation.is_proven = DatumGetBool(arguments.datum(1));
    ValidationAnswer answer{};
    with_write("validate_points_event()", [&](Write& write) { answer = validate(write, context, validation); });
    if (answer.refusal != nullptr)
        refuse(*answer.refusal, psprintf("{\"event_id\": \"%s\"}", uuid_text(validation.event)));
    const std::string_view outcome =
        answer.refusal != nullptr ? answer.refusal->outcome : rewards::text_of(answer.status);
    return make_row(fcinfo, {to_datum(outcome), answer.balance ? RowField(Int64GetDatum(*answer.balance)) : RowField(),
                             BoolGetDatum(answer.replayed)});
}

SQL_FUNCTION(rewards_validate_pending_events) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "validate events");
    const std::int64_t limit = arguments.count(0, "max_events", most_at_once);
    Tally tally{};
    with_write("validate_pending_events()",
               [&](Write& write) { tally = validate_all_due(write, context.company, limit); });
    return make_row(fcinfo, {Int64GetDatum(tally.validated), Int64GetDatum(tally.pending_review),
                             Int64GetDatum(tally.rejected), Int64GetDatum(tally.skipped)});
}
}
