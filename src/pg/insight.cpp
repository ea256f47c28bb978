#include "pg/insight.hpp"

#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace {

namespace row {
enum : std::uint8_t {
    id,
    user_id,
    company_id,
    insight_type,
    severity,
    score,
    details,
    related_event_ids,
    occurrences,
    resolved,
    resolved_at,
    resolved_by,
    resolution_notes,
    created_at,
    updated_at
};
enum : std::size_t { by_open, by_id };
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"insight_type", TEXTOID},
    {"severity", TEXTOID},
    {"score", INT4OID},
    {"details", JSONBOID},
    {"related_event_ids", UUIDARRAYOID},
    {"occurrences", INT8OID},
    {"resolved", BOOLOID},
    {"resolved_at", TIMESTAMPTZOID},
    {"resolved_by", TEXTOID},
    {"resolution_notes", TEXTOID},
    {"created_at", TIMESTAMPTZOID},
    {"updated_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {{3, {user_id, company_id, insight_type}, true, resolved}, {2, {company_id, id}}};
TableLayout layout{"fraud_insights", columns, lookups};
}  // namespace row

constexpr std::string_view types[] = {
    insight_type::velocity_anomaly,   insight_type::suspicious_pattern,  insight_type::device_mismatch,
    insight_type::device_sharing,     insight_type::replay_attempt,      insight_type::bulk_submission,
    insight_type::honeypot_triggered, insight_type::attestation_failure, insight_type::low_trust_score,
    insight_type::clock_skew,         insight_type::code_guessing,       insight_type::low_stock,
    insight_type::manual_flag,
};
static_assert(std::size(types) == insight_type_count);
constexpr std::string_view severities[] = {"low", "medium", "high", "critical"};

std::optional<Severity> severity_of(std::string_view text) {
    for (std::size_t one = 0; one < std::size(severities); ++one)
        if (severities[one] == text) return static_cast<Severity>(one);
    return std::nullopt;
}

Datum text_datum(Severity severity) { return to_datum(severities[static_cast<std::size_t>(severity)]); }

RowField score_field(const Insight& insight) {
    return insight.score ? RowField(Int32GetDatum(*insight.score)) : RowField(std::nullopt);
}

Datum uuid_array(Datum* events, std::size_t count) {
    return PointerGetDatum(construct_array(events, static_cast<int>(count), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

// The newest are at the end; whatever a hand has written there, only UUIDs count.
Datum add_events(const std::optional<Datum>& known, std::span<const Uuid> newer) {
    Datum* elements;
    bool* nulls;
    int size = 0;
    if (known)
        deconstruct_array(DatumGetArrayTypeP(*known), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &elements, &nulls,
                          &size);
    Datum events[most_insight_events];
    std::size_t first = most_insight_events;
    for (std::size_t one = newer.size(); one > 0 && first > 0; --one) events[--first] = to_datum(newer[one - 1]);
    for (int one = size - 1; one >= 0 && first > 0; --one)
        if (!nulls[one]) events[--first] = elements[one];
    return uuid_array(events + first, most_insight_events - first);
}

// Nothing: somebody else has just opened one of its kind.
std::optional<NotedInsight> open_insight(Table& insights, const AccountKey& subject, const Insight& insight) {
    const TimestampTz now = GetCurrentTimestamp();
    const Uuid id = new_uuid(now);
    const bool is_new = insert_if_new(insights, row::by_open,
                                      {{row::id, to_datum(id)},
                                       {row::user_id, to_datum(subject.user)},
                                       {row::company_id, to_datum(subject.company)},
                                       {row::insight_type, to_datum(insight.type)},
                                       {row::severity, text_datum(insight.severity)},
                                       {row::score, score_field(insight)},
                                       {row::details, field_of(insight.details)},
                                       {row::related_event_ids, add_events(std::nullopt, insight.events)},
                                       {row::occurrences, Int64GetDatum(insight.occurrences)},
                                       {row::resolved, BoolGetDatum(false)},
                                       {row::created_at, TimestampTzGetDatum(now)},
                                       {row::updated_at, TimestampTzGetDatum(now)}});
    if (!is_new) return std::nullopt;
    return NotedInsight{id, insight.occurrences};
}

NotedInsight count_up(Table& insights, const Insight& insight) {
    const NotedInsight noted{uuid_of(value(insights, row::id)),
                             DatumGetInt64(value(insights, row::occurrences)) + insight.occurrences};
    const Severity before = severity_of(text_view(value(insights, row::severity))).value_or(insight.severity);
    const std::optional<Datum> events = optional_value(insights, row::related_event_ids);
    const std::optional<Datum> details = insight.details ? insight.details : optional_value(insights, row::details);
    const std::optional<Datum> score = optional_value(insights, row::score);
    update(insights, {{row::severity, text_datum(Max(before, insight.severity))},
                      {row::score, insight.score ? score_field(insight) : field_of(score)},
                      {row::details, field_of(details)},
                      {row::related_event_ids,
                       insight.events.empty() ? field_of(events) : RowField(add_events(events, insight.events))},
                      {row::occurrences, Int64GetDatum(noted.occurrences)},
                      {row::updated_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
    return noted;
}

std::string_view known_type(const Arguments& arguments, int index) {
    const std::string_view type = text_view(arguments.required(index, "insight_type"));
    for (const std::string_view known : types)
        if (known == type) return known;
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("insight_type is not known"),
            errhint("It is velocity_anomaly, suspicious_pattern, device_mismatch, device_sharing, replay_attempt, "
                    "bulk_submission, honeypot_triggered, attestation_failure, low_trust_score, clock_skew, "
                    "code_guessing, low_stock or manual_flag."));
    pg_unreachable();
}

Severity known_severity(const Arguments& arguments, int index) {
    const std::optional<Severity> severity = severity_of(text_view(arguments.required(index, "severity")));
    if (!severity)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("severity must be low, medium, high or critical"));
    return *severity;
}

// Noted by somebody within the last `pause`, and taken as seriously.
bool is_fresh(const Table& insights, const Insight& insight, std::int64_t pause) {
    const std::optional<Severity> severity = severity_of(text_view(value(insights, row::severity)));
    return severity && *severity >= insight.severity &&
           DatumGetTimestampTz(value(insights, row::updated_at)) > GetCurrentTimestamp() - pause;
}

const char* resolve_locked(Table& insights, const Datum& company, const Uuid& id, const std::optional<Datum>& note) {
    if (!lock_row(insights, row::by_id, {company, to_datum(id)})) return "not_found";
    if (DatumGetBool(value(insights, row::resolved))) return "already_resolved";

    const Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
    update(insights, {{row::resolved, BoolGetDatum(true)},
                      {row::resolved_at, now},
                      {row::resolved_by, to_datum(std::string_view(current_actor()))},
                      {row::resolution_notes, field_of(note)},
                      {row::updated_at, now}});
    return "resolved";
}

// Under the lock of its account, as everything that is written for one; a company has none.
template <typename Body>
void with_subject(Write& write, const AccountKey& subject, Body body) {
    if (subject.user == whole_company)
        body();
    else
        with_account(write, subject, [&](Ledger&, const Account&) { body(); });
}

const char* resolve(Write& write, const Context& context, const Uuid& id, const std::optional<Datum>& note) {
    Table& insights = open_for_writing(write, row::layout);
    const Datum company = to_datum(context.company);
    if (!find(insights, row::by_id, {company, to_datum(id)})) return "not_found";
    const char* outcome = nullptr;
    with_subject(write, {uuid_of(value(insights, row::user_id)), context.company},
                 [&] { outcome = resolve_locked(insights, company, id, note); });
    return outcome;
}

}  // namespace

NotedInsight note_insight(Write& write, const AccountKey& account, const Insight& insight) {
    Table& insights = open_for_writing(write, row::layout);
    std::optional<NotedInsight> noted;
    while (!noted) {
        CHECK_FOR_INTERRUPTS();
        const bool is_known = lock_row(insights, row::by_open,
                                       {to_datum(account.user), to_datum(account.company), to_datum(insight.type)});
        noted = is_known ? count_up(insights, insight) : open_insight(insights, account, insight);
    }
    return *noted;
}

void note_company_insight_rarely(Write& write, const Uuid& company, const Insight& insight, std::int64_t pause) {
    const Datum of_company = to_datum(company);
    const Datum type = to_datum(insight.type);
    Table& insights = open_for_reading(write, row::layout);
    if (find(insights, row::by_open, {to_datum(whole_company), of_company, type}) && is_fresh(insights, insight, pause))
        return;
    open_for_writing(write, row::layout);
    if (lock_row(insights, row::by_open, {to_datum(whole_company), of_company, type}, LockWaitSkip)) {
        if (!is_fresh(insights, insight, pause)) count_up(insights, insight);
    } else if (!find(insights, row::by_open, {to_datum(whole_company), of_company, type})) {
        open_insight(insights, {whole_company, company}, insight);
    }
}

std::optional<Datum> open_details(Write& write, const Uuid& company, std::string_view type) {
    Table& insights = open_for_reading(write, row::layout);
    if (!find(insights, row::by_open, {to_datum(whole_company), to_datum(company), to_datum(type)}))
        return std::nullopt;
    return optional_value(insights, row::details);
}

Insight nonce_conflict(std::string_view call, std::string_view nonce) {
    return {insight_type::replay_attempt,
            Severity::medium,
            std::nullopt,
            jsonb_of_texts({{"call", call}, {"nonce", nonce}}),
            {}};
}

std::size_t place_of(std::string_view insight_type) {
    return static_cast<std::size_t>(std::ranges::find(types, insight_type) - std::begin(types));
}

OpenInsights read_open(Write& write, const AccountKey& account) {
    Table& insights = open_for_reading(write, row::layout);
    OpenInsights open{};
    for_each(insights, row::by_open, {to_datum(account.user), to_datum(account.company)}, [&] {
        const std::size_t place = place_of(text_view(value(insights, row::insight_type)));
        if (place < open.size()) open[place] = DatumGetInt64(value(insights, row::occurrences));
        return true;
    });
    return open;
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_flag_account) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    rewards::Uuid event;
    Insight insight{};
    insight.type = known_type(arguments, 1);
    insight.severity = known_severity(arguments, 2);
    if (!arguments.is_null(3)) insight.details = arguments.datum(3);
    if (!arguments.is_null(4)) {
        event = uuid_of(arguments.datum(4));
        insight.events = std::span(&event, 1);
    }
    const Context& context = require_context();
    require_back_end(context, "flag accounts");
    NotedInsight noted{};
    with_write("flag_account()", [&](Write& write) {
        const AccountKey subject{user, context.company};
        with_subject(write, subject, [&] { noted = note_insight(write, subject, insight); });
    });
    const std::string_view outcome = noted.occurrences == 1 ? "flagged" : "counted";
    return make_row(fcinfo, {to_datum(outcome), to_datum(noted.id), Int64GetDatum(noted.occurrences)});
}

SQL_FUNCTION(rewards_resolve_fraud_insight) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid id = arguments.uuid(0, "insight_id");
    const std::optional<Datum> note = arguments.is_null(1) ? std::nullopt : std::optional<Datum>(arguments.datum(1));
    const Context& context = require_context();
    require_back_end(context, "resolve insights");
    const char* outcome = nullptr;
    with_write("resolve_fraud_insight()", [&](Write& write) { outcome = resolve(write, context, id, note); });
    return to_datum(std::string_view(outcome));
}
}
