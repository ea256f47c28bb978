#include "pg/coupon_guess.hpp"

#include "core/limit.hpp"
#include "pg/audit.hpp"
#include "pg/coupon_guess_memory.hpp"
#include "pg/coupon_guess_table.hpp"
#include "pg/insight.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

constexpr std::int64_t pause_between_insights = USECS_PER_MINUTE;

// The company comes last: in the table its row is the one that everybody meets.
struct Suspects {
    std::array<Suspect, 3> all;
    std::size_t count;

    std::span<Suspect> span() { return std::span(all).first(count); }
    const Suspect& company() const { return all[count - 1]; }
};

GuessLimit limit_of(const Settings& settings, SuspectKind kind) {
    switch (kind) {
        case SuspectKind::claimer: return {settings.guesses_per_claimer};
        case SuspectKind::device: return {settings.guesses_per_device};
        case SuspectKind::company: break;
    }
    return {settings.guesses_per_company, true};
}

const char* setting_of(SuspectKind kind) {
    switch (kind) {
        case SuspectKind::claimer: return "guesses_per_claimer";
        case SuspectKind::device: return "guesses_per_device";
        case SuspectKind::company: break;
    }
    return "guesses_per_company";
}

Suspects suspects_of(const Settings& settings, const Guesser& guesser) {
    const auto suspect = [&](SuspectKind kind, std::string_view name) {
        return Suspect{kind, name, limit_of(settings, kind), never_guessed};
    };
    Suspects suspects{{suspect(SuspectKind::claimer, guesser.claimed_by)}, 1};
    if (guesser.device_id) suspects.all[suspects.count++] = suspect(SuspectKind::device, *guesser.device_id);
    suspects.all[suspects.count++] = suspect(SuspectKind::company, {});
    return suspects;
}

void recall(Write& write, const Uuid& company, std::span<Suspect> suspects) {
    if (has_guess_memory())
        recall_from_memory(company, suspects);
    else
        recall_from_table(write, company, suspects);
}

void count(Write& write, const Uuid& company, std::span<Suspect> suspects, TimestampTz now) {
    if (has_guess_memory())
        count_in_memory(company, suspects, now);
    else
        count_in_table(write, company, suspects, now);
}

bool is_exhausted(const Suspect& suspect, TimestampTz now) {
    return allowed_at(suspect.limit, suspect.limit.per_hour, suspect.forgotten_at, now).has_value();
}

// How many guesses may be open: a company that is attacked is strict with everybody who has guessed, and stops nobody
// by itself.
std::int64_t most_open(const Suspect& suspect, bool is_attacked) {
    return is_attacked && suspect.kind != SuspectKind::company ? strict_limit(suspect.limit) : suspect.limit.per_hour;
}

std::optional<TimestampTz> stopped_until(const Suspect& suspect, bool is_attacked, TimestampTz now) {
    if (suspect.kind == SuspectKind::company) return std::nullopt;
    return allowed_at(suspect.limit, most_open(suspect, is_attacked), suspect.forgotten_at, now);
}

void note_attack(Write& write, const Uuid& company, const Suspect& by, const Guesser& guesser) {
    const bool is_of_company = by.kind == SuspectKind::company;
    Insight insight{};
    insight.type = insight_type::code_guessing;
    insight.severity = is_of_company ? Severity::high : Severity::medium;
    insight.details = jsonb_of_texts({{"limit", std::string_view(setting_of(by.kind))},
                                      {"claimed_by", guesser.claimed_by},
                                      {"device_id", guesser.device_id}});
    note_company_insight_rarely(write, company, insight, pause_between_insights);
}

}  // namespace

std::optional<Retry> guess_blocked(Write& write, const Context& context, const Guesser& guesser) {
    Suspects suspects = suspects_of(settings_of(write, context.company), guesser);
    recall(write, context.company, suspects.span());
    const TimestampTz now = GetCurrentTimestamp();
    const bool is_attacked = is_exhausted(suspects.company(), now);
    const Suspect* last = nullptr;
    TimestampTz until = 0;
    for (const Suspect& suspect : suspects.span()) {
        const std::optional<TimestampTz> stopped = stopped_until(suspect, is_attacked, now);
        if (!stopped || (last != nullptr && *stopped <= until)) continue;
        last = &suspect;
        until = *stopped;
    }
    if (last == nullptr) return std::nullopt;
    note_attack(write, context.company, is_attacked ? suspects.company() : *last, guesser);
    return Retry{seconds_until(until, now), setting_of(last->kind), most_open(*last, is_attacked),
                 hour_length / microseconds_per_second, 0};
}

void note_guess(Write& write, const Context& context, const Guesser& guesser) {
    Suspects suspects = suspects_of(settings_of(write, context.company), guesser);
    const TimestampTz now = GetCurrentTimestamp();
    count(write, context.company, suspects.span(), now);
    const Suspect* exhausted = nullptr;
    for (const Suspect& suspect : suspects.span())
        if (is_exhausted(suspect, now)) exhausted = &suspect;
    if (exhausted != nullptr) note_attack(write, context.company, *exhausted, guesser);
}

namespace {

void put_guesser(ReturnSetInfo* result, const Suspect& suspect, bool is_attacked, TimestampTz now) {
    const std::optional<TimestampTz> until = stopped_until(suspect, is_attacked, now);
    const RowField fields[] = {to_datum(text_of(suspect.kind)),
                               suspect.kind == SuspectKind::company ? RowField() : RowField(to_datum(suspect.name)),
                               Int64GetDatum(open_guesses(suspect.limit, suspect.forgotten_at, now)),
                               Int64GetDatum(most_open(suspect, is_attacked)),
                               field_of(until),
                               TimestampTzGetDatum(suspect.forgotten_at)};
    Datum values[std::size(fields)];
    bool nulls[std::size(fields)];
    for (std::size_t one = 0; one < std::size(fields); ++one) {
        values[one] = fields[one].value;
        nulls[one] = fields[one].is_null;
    }
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void list_guessers(ReturnSetInfo* result, Write& read, const Uuid& company) {
    const Settings settings = settings_of(read, company);
    const TimestampTz now = GetCurrentTimestamp();
    List* guessers = has_guess_memory() ? list_in_memory(company, now) : list_in_table(read, company, now);
    bool is_attacked = false;
    ListCell* cell;
    foreach (cell, guessers) {
        auto* suspect = static_cast<Suspect*>(lfirst(cell));
        suspect->limit = limit_of(settings, suspect->kind);
        is_attacked = is_attacked || (suspect->kind == SuspectKind::company && is_exhausted(*suspect, now));
    }
    foreach (cell, guessers) put_guesser(result, *static_cast<const Suspect*>(lfirst(cell)), is_attacked, now);
}

bool forget(Write& write, const Uuid& company, SuspectKind kind, std::optional<std::string_view> name) {
    if (!name) return false;
    const TimestampTz now = GetCurrentTimestamp();
    return has_guess_memory() ? forget_in_memory(company, kind, *name, now)
                              : forget_in_table(write, company, kind, *name, now);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_coupon_guessers) {
    using namespace rewards::pg;
    const Context& context = require_context();
    require_back_end(context, "see who guesses codes");
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    with_read([&](Write& read) { list_guessers(result, read, context.company); });
    PG_RETURN_NULL();
}

// The memory is there if, and only if, it was asked for at the server's start.
SQL_FUNCTION(rewards_is_preloaded) {
    (void)fcinfo;
    PG_RETURN_BOOL(rewards::pg::has_guess_memory());
}

SQL_FUNCTION(rewards_forget_guesses) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const std::optional<std::string_view> claimed_by = arguments.optional_text(0);
    const std::optional<std::string_view> device_id = arguments.optional_text(1);
    if (!claimed_by && !device_id)
        ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                errmsg("claimed_by and device_id must not both be null"),
                errhint("rewards.coupon_guessers() lists who has guessed."));
    const Context& context = require_context();
    require_back_end(context, "forget guesses");
    bool was_there = false;
    with_write("forget_guesses()", [&](Write& write) {
        was_there = forget(write, context.company, SuspectKind::claimer, claimed_by);
        was_there = forget(write, context.company, SuspectKind::device, device_id) || was_there;
        if (!was_there) return;
        const Datum whose = jsonb_of_texts({{"claimed_by", claimed_by}, {"device_id", device_id}});
        record_audit(write, context, {"forget_guesses", {}, {}, whose});
    });
    return to_datum(std::string_view(was_there ? "forgotten" : "not_found"));
}
}
