// review_points_event: a person decides about an event, two people about many points.
#include "pg/ledger_decide.hpp"
#include "pg/ledger_lookup.hpp"
#include "pg/raise.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

namespace approval_row {
enum : std::uint8_t { user_id, company_id, event_id, approved_by, approved_at, note };
enum : std::size_t { by_event };
constexpr Column columns[] = {
    {"user_id", UUIDOID},     {"company_id", UUIDOID},         {"event_id", UUIDOID},
    {"approved_by", TEXTOID}, {"approved_at", TIMESTAMPTZOID}, {"note", TEXTOID},
};
constexpr Lookup lookups[] = {{3, {user_id, company_id, event_id}}};
TableLayout layout{"event_approvals", columns, lookups};
}  // namespace approval_row

constexpr std::size_t longest_actor = 255;

struct DecisionName {
    std::string_view name;
    Status status;
    const char* outcome;
};
constexpr DecisionName decisions[] = {
    {"approve", Status::validated, "approved"},
    {"reject", Status::rejected, "rejected"},
    {"flag", Status::flagged, "flagged"},
};

struct Review {
    Uuid event;
    const DecisionName* decision;
    std::string_view actor;
    std::optional<std::string_view> note;
};

struct ReviewAnswer {
    const Refusal* refusal;
    const char* outcome;
    std::optional<std::int64_t> balance;
    bool replayed;
};

ReviewAnswer refused(const Refusal& refusal, std::optional<std::int64_t> balance) {
    return {&refusal, refusal.outcome, balance, false};
}

const DecisionName* decision_argument(const Arguments& arguments, int index) {
    const std::string_view given = text_view(arguments.required(index, "decision"));
    const auto* found = std::ranges::find(decisions, given, &DecisionName::name);
    if (found == std::end(decisions))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("decision must be approve, reject or flag"));
    return found;
}

// A back end says for whom it acts; staff act under their own name.
std::string_view actor_argument(const Arguments& arguments, int index, const Context& context) {
    if (arguments.is_null(index)) return context.actor.data();
    const std::string_view actor = arguments.word(index, "actor", longest_actor);
    if (context.role == Role::admin && actor != context.actor.data())
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("an admin acts under its own name"),
                errhint("Leave actor out: it is the one of rewards.set_company_context()."));
    return actor;
}

struct Approvals {
    bool by_actor;
    bool by_other;
};

// Of the event as it is: a change of its status since, a flag above all, is a reason to look again.
Approvals read_approvals(Ledger& ledger, Table& approvals, const AccountKey& key, const Review& review) {
    const std::optional<Datum> changed = optional_value(ledger.events, event::validated_at);
    const TimestampTz since = changed ? DatumGetTimestampTz(*changed) : DT_NOBEGIN;
    Approvals found{};
    for_each(approvals, approval_row::by_event, {to_datum(key.user), to_datum(key.company), to_datum(review.event)},
             [&] {
                 if (DatumGetTimestampTz(value(approvals, approval_row::approved_at)) <= since) return true;
                 const bool is_own = text_view(value(approvals, approval_row::approved_by)) == review.actor;
                 (is_own ? found.by_actor : found.by_other) = true;
                 return true;
             });
    return found;
}

// Nothing: it does not, or it has it. Otherwise: has the actor approved before?
std::optional<bool> needs_second_approval(Ledger& ledger, const Account& account, const Undecided& event,
                                          const Review& review) {
    const Settings settings = settings_of(*ledger.write, account.key.company);
    if (review.decision->status != Status::validated || !settings.review_four_eyes_points ||
        std::abs(event.points) <= *settings.review_four_eyes_points)
        return std::nullopt;
    Table& approvals = open_for_writing(*ledger.write, approval_row::layout);
    const Approvals found = read_approvals(ledger, approvals, account.key, review);
    if (found.by_other) return std::nullopt;
    if (!found.by_actor)
        insert(approvals, {{approval_row::user_id, to_datum(account.key.user)},
                           {approval_row::company_id, to_datum(account.key.company)},
                           {approval_row::event_id, to_datum(review.event)},
                           {approval_row::approved_by, to_datum(review.actor)},
                           {approval_row::approved_at, TimestampTzGetDatum(account.now)},
                           {approval_row::note, review.note ? to_datum(*review.note) : RowField()}});
    return found.by_actor;
}

ReviewAnswer review_locked(Ledger& ledger, Account& account, const Review& review) {
    const std::optional<Undecided> event = lock_event(ledger, account, review.event);
    if (!event) return refused(refusal::not_waiting, std::nullopt);
    const std::int64_t available = account.balance.available;
    const DecisionName& decision = *review.decision;
    if (event->status == decision.status) return {nullptr, decision.outcome, available, true};
    if (!may_become(event->status, decision.status)) return refused(refusal::already_decided, available);
    if (decision.status == Status::validated && !is_covered(account, *event))
        return refused(refusal::insufficient_points, available);
    if (const auto has_approved = needs_second_approval(ledger, account, *event, review))
        return {nullptr, "needs_second_approval", available, *has_approved};
    decide_event(ledger, account, *event, decision.status, review.actor, review.note);
    return {nullptr, decision.outcome, account.balance.available, false};
}

// What waited when the event was looked up may be decided by the time its account is locked.
ReviewAnswer review(Write& write, const Context& context, const Review& request) {
    Ledger ledger = open_ledger(write);
    const std::optional<Uuid> user = user_of_event(ledger, context.company, request.event);
    if (!user) return refused(refusal::not_waiting, std::nullopt);
    Account account = lock_account_of_event(ledger, {*user, context.company}, request.event);
    const ReviewAnswer answer = review_locked(ledger, account, request);
    save_account(account);
    return answer;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_review_points_event) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "review events");
    Review request{arguments.uuid(0, "event_id"), decision_argument(arguments, 1),
                   actor_argument(arguments, 2, context), note_argument(arguments, 3)};
    ReviewAnswer answer{};
    with_write("review_points_event()", [&](Write& write) { answer = review(write, context, request); });
    if (answer.refusal != nullptr)
        refuse(*answer.refusal, psprintf("{\"event_id\": \"%s\"}", uuid_text(request.event)));
    return make_row(fcinfo, {to_datum(std::string_view(answer.outcome)),
                             answer.balance ? RowField(Int64GetDatum(*answer.balance)) : RowField(),
                             BoolGetDatum(answer.replayed)});
}
}
