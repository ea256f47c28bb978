#include "pg/rule.hpp"

#include "core/limit.hpp"
#include "pg/ledger.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

struct Kept {
    bool is_there;
    Uuid company;
    std::size_t type_size;
    std::array<char, longest_event_type> type;
    PointRule rule;
};

// A rule has one place to be in: what comes later takes it.
std::array<Kept, 64> kept{};
std::uint64_t changes = 0;

void forget_rules() {
    ++changes;
    for (Kept& one : kept) one.is_there = false;
}

enum : std::uint8_t {
    company_id,
    event_type,
    base_points,
    min_points,
    max_points,
    min_interval,
    daily_cap,
    proof_required,
    streak_days,
    streak_permille,
    active_from,
    active_until,
    expires_after,
    pending_for,
    is_active,
    column_count
};
constexpr Column columns[] = {
    {"company_id", UUIDOID},         {"event_type", TEXTOID},
    {"base_points", INT8OID},        {"min_points", INT8OID},
    {"max_points", INT8OID},         {"min_interval", INTERVALOID},
    {"daily_cap", INT8OID},          {"proof_required", BOOLOID},
    {"streak_days", INT4ARRAYOID},   {"streak_permille", INT4ARRAYOID},
    {"active_from", TIMESTAMPTZOID}, {"active_until", TIMESTAMPTZOID},
    {"expires_after", INTERVALOID},  {"pending_for", INTERVALOID},
    {"is_active", BOOLOID},
};
static_assert(std::size(columns) == column_count);
enum : std::size_t { by_type };
constexpr Lookup lookups[] = {{2, {company_id, event_type}, true}};
TableLayout layout{"point_rules", columns, lookups, forget_rules};

std::optional<std::int64_t> optional_number(const Table& rules, std::uint8_t column) {
    const std::optional<Datum> number = optional_value(rules, column);
    if (!number) return std::nullopt;
    return DatumGetInt64(*number);
}

std::optional<std::int64_t> optional_length(const Table& rules, std::uint8_t column) {
    const std::optional<Datum> interval = optional_value(rules, column);
    if (!interval) return std::nullopt;
    return interval_length(*interval);
}

struct Numbers {
    std::array<std::int32_t, most_streak_steps> numbers;
    std::size_t count;
};

// Checks what the table checks, because this reads memory.
Numbers numbers_in(const Table& rules, std::uint8_t column) {
    Numbers read{};
    const std::optional<Datum> stored = optional_value(rules, column);
    if (!stored) return read;
    ArrayType* array = DatumGetArrayTypeP(*stored);
    const int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    if (count > static_cast<int>(most_streak_steps) || array_contains_nulls(array))
        ereport(ERROR, errcode(ERRCODE_CHECK_VIOLATION),
                errmsg("column \"%s\" of rewards.point_rules must have up to %zu elements, none of them null",
                       columns[column].name, most_streak_steps));
    read.count = static_cast<std::size_t>(count);
    std::memcpy(read.numbers.data(), ARR_DATA_PTR(array), read.count * sizeof(std::int32_t));
    return read;
}

StreakSteps streak_in(const Table& rules) {
    const Numbers days = numbers_in(rules, streak_days);
    const Numbers permille = numbers_in(rules, streak_permille);
    StreakSteps steps{};
    steps.count = Min(days.count, permille.count);
    for (std::size_t step = 0; step < steps.count; ++step)
        steps.steps[step] = {days.numbers[step], permille.numbers[step]};
    return steps;
}

PointRule rule_in(const Table& rules) {
    PointRule rule{};
    rule.terms.base = DatumGetInt64(value(rules, base_points));
    rule.terms.least = optional_number(rules, min_points);
    rule.terms.most = optional_number(rules, max_points);
    rule.terms.streak = streak_in(rules);
    rule.is_active = DatumGetBool(value(rules, is_active));
    rule.proof_required = DatumGetBool(value(rules, proof_required));
    rule.min_interval = optional_length(rules, min_interval);
    rule.daily_cap = optional_number(rules, daily_cap);
    rule.active_from = optional_number(rules, active_from);
    rule.active_until = optional_number(rules, active_until);
    if (const std::optional<Datum> after = optional_value(rules, expires_after))
        rule.expires_after = *DatumGetIntervalP(*after);
    rule.pending_for = optional_length(rules, pending_for);
    return rule;
}

std::optional<PointRule> read_rule(Write& write, const Uuid& company, std::string_view type) {
    Table& rules = open_for_reading(write, layout);
    const Datum wanted = to_datum(type);
    if (!find(rules, by_type, {to_datum(company), wanted}) && !find(rules, by_type, {to_datum(nil_company), wanted}))
        return std::nullopt;
    return rule_in(rules);
}

Kept& place_of(const Uuid& company, std::string_view type) {
    const auto* text = reinterpret_cast<const unsigned char*>(type.data());
    const std::uint32_t hash =
        hash_combine(hash_bytes(company.data(), company.size()), hash_bytes(text, static_cast<int>(type.size())));
    return kept[hash % kept.size()];
}

bool is_kept(const Kept& place, const Uuid& company, std::string_view type) {
    return place.is_there && place.company == company && std::string_view(place.type.data(), place.type_size) == type;
}

bool holds_at(const PointRule& rule, TimestampTz time) {
    return rule.is_active && (!rule.active_from || *rule.active_from <= time) &&
           (!rule.active_until || time < *rule.active_until);
}

// What an earlier event must share with the one that is asked about. Rejected ones did not happen.
bool counts(const Table& events, std::string_view type) {
    return text_view(value(events, event::event_type)) == type &&
           text_view(value(events, event::validation_status)) != text_of(Status::rejected);
}

bool is_text(const Table& events, std::uint8_t column, const std::optional<std::string_view>& wanted) {
    const std::optional<Datum> text = optional_value(events, column);
    return text.has_value() == wanted.has_value() && (!text || text_view(*text) == *wanted);
}

Range times(TimestampTz from, TimestampTz until) { return {TimestampTzGetDatum(from), TimestampTzGetDatum(until)}; }

Range times_of_day(std::int64_t day) { return times(day * USECS_PER_DAY, (day + 1) * USECS_PER_DAY); }

// When the latest event of the type happened that is closer than `distance`, before or after.
std::optional<TimestampTz> neighbour(Table& events, const AccountKey& account, const RuleRequest& request,
                                     std::int64_t distance) {
    std::optional<TimestampTz> found;
    scan_range(events, event::by_time, {to_datum(account.user), to_datum(account.company)},
               times(request.event_time - distance + 1, request.event_time + distance), BackwardScanDirection, [&] {
                   if (counts(events, request.event_type))
                       found = DatumGetTimestampTz(value(events, event::event_time));
                   return !found;
               });
    return found;
}

bool is_of_streak(const Table& events, const RuleRequest& request) {
    return counts(events, request.event_type) && is_text(events, event::related_entity_type, request.related_type) &&
           is_text(events, event::related_entity_id, request.related_id);
}

// Rows of a day that counts already cost less than another search, as long as they are few.
constexpr int most_passed = 8;

// Goes on with the days before those that `streak` has, up to the longest, until a gap or a day with many events. Returns
// whether it has got to its end.
bool lengthen(Streak& streak, Table& events, const AccountKey& account, const RuleRequest& request) {
    bool is_over = true;
    int passed = 0;
    const auto lengthen_by_found = [&] {
        const std::int64_t missing = streak.day - streak.days;
        const std::int64_t day = utc_day(DatumGetTimestampTz(value(events, event::event_time)));
        if (day < missing) return false;
        if (day > missing) is_over = ++passed < most_passed;
        if (day == missing && is_of_streak(events, request)) {
            ++streak.days;
            passed = 0;
        }
        return is_over && streak.days < streak.longest;
    };
    scan_range(events, event::by_time, {to_datum(account.user), to_datum(account.company)},
               times((streak.day - streak.longest + 1) * USECS_PER_DAY, (streak.day - streak.days + 1) * USECS_PER_DAY),
               BackwardScanDirection, lengthen_by_found);
    return is_over;
}

bool is_same(const Streak& streak, const RuleRequest& request, std::int64_t day, std::int32_t longest) {
    return streak.day == day && streak.longest == longest && streak.event_type == request.event_type &&
           streak.related_type == request.related_type && streak.related_id == request.related_id;
}

// Counted anew for each day, and not further back than changes the points: a late event may have closed a gap.
std::int32_t streak_of(Table& events, const AccountKey& account, const PointRule& rule, const RuleRequest& request,
                       std::optional<Streak>& last) {
    const std::int32_t longest = longest_streak(rule.terms.streak);
    if (longest == 0) return 0;
    const std::int64_t day = utc_day(request.event_time);
    if (last && is_same(*last, request, day, longest)) return last->days;
    last = {request.event_type, request.related_type, request.related_id, day, longest, 1};
    while (last->days < longest && !lengthen(*last, events, account, request)) continue;
    return last->days;
}

std::optional<std::int64_t> left_today(Table& events, const AccountKey& account, const PointRule& rule,
                                       const RuleRequest& request) {
    if (!rule.daily_cap) return std::nullopt;
    std::int64_t left = *rule.daily_cap;
    scan_range(events, event::by_time, {to_datum(account.user), to_datum(account.company)},
               times_of_day(utc_day(request.event_time)), ForwardScanDirection, [&] {
                   const std::int64_t points = DatumGetInt64(value(events, event::points_delta));
                   if (points > 0 && counts(events, request.event_type)) left -= Min(points, left);
                   return left > 0;
               });
    return left;
}

// By the calendar of UTC, whatever the session's time zone.
std::optional<TimestampTz> expiry_of(const PointRule& rule, TimestampTz event_time) {
    if (!rule.expires_after) return std::nullopt;
    Interval after = *rule.expires_after;
    return DatumGetTimestamp(
        DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(event_time), IntervalPGetDatum(&after)));
}

RuleOutcome refused(const Refusal& refusal) { return {&refusal, std::nullopt, 0, 0, std::nullopt}; }

// This event comes too soon for ever. The wait is for the next one, if that has to wait.
RuleOutcome refused_until(TimestampTz moment, TimestampTz now) {
    RuleOutcome outcome = refused(refusal::too_soon);
    if (moment > now) outcome.retry_after_seconds = seconds_until(moment, now);
    return outcome;
}

}  // namespace

std::optional<PointRule> find_rule(Write& write, const Uuid& company, std::string_view type) {
    if (type.size() > longest_event_type) return std::nullopt;
    Kept& place = place_of(company, type);
    if (is_kept(place, company, type)) return place.rule;
    const std::uint64_t changes_before = changes;
    const std::optional<PointRule> rule = read_rule(write, company, type);
    if (!rule) return std::nullopt;
    // What changed while it was read is not worth keeping.
    place.is_there = changes == changes_before;
    place.company = company;
    place.type_size = type.size();
    std::ranges::copy(type, place.type.begin());
    place.rule = *rule;
    return rule;
}

RuleOutcome apply_rule(Table& events, const AccountKey& account, const PointRule& rule, const RuleRequest& request,
                       std::optional<Streak>& last) {
    if (!holds_at(rule, request.event_time)) return refused(refusal::event_type_inactive);
    if (rule.proof_required && !request.has_proof) return refused(refusal::proof_required);
    if (rule.min_interval)
        if (const auto other = neighbour(events, account, request, *rule.min_interval))
            return refused_until(*other + *rule.min_interval, request.now);
    const std::int32_t days = streak_of(events, account, rule, request, last);
    const std::optional<std::int64_t> left = left_today(events, account, rule, request);
    return {nullptr, std::nullopt, value_or_raise(points_for(rule.terms, days, left)), days,
            expiry_of(rule, request.event_time)};
}

}  // namespace rewards::pg
