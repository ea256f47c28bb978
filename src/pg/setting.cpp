#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

struct Kept {
    bool is_there;
    Uuid company;
    Settings settings;
};

// A company has one place to be in: who comes later takes it.
std::array<Kept, 32> kept{};
std::uint64_t changes = 0;

void forget_settings() {
    ++changes;
    for (Kept& one : kept) one.is_there = false;
}

enum : std::uint8_t {
    company_id,
    trust_validate_at,
    trust_review_at,
    trust_version,
    shadow_version,
    hold_all,
    events_per_hour,
    points_per_hour,
    events_per_day,
    points_per_day,
    accepted_age,
    accepted_ahead,
    review_four_eyes_points,
    refunded_points_live,
    redeem_enabled,
    claim_enabled,
    redemptions_per_hour,
    redemptions_per_day,
    guesses_per_claimer,
    guesses_per_device,
    guesses_per_company,
    column_count
};
constexpr Column columns[] = {
    {"company_id", UUIDOID},
    {"trust_validate_at", INT4OID},
    {"trust_review_at", INT4OID},
    {"trust_version", INT4OID},
    {"shadow_version", INT4OID},
    {"hold_all", BOOLOID},
    {"events_per_hour", INT8OID},
    {"points_per_hour", INT8OID},
    {"events_per_day", INT8OID},
    {"points_per_day", INT8OID},
    {"accepted_age", INTERVALOID},
    {"accepted_ahead", INTERVALOID},
    {"review_four_eyes_points", INT8OID},
    {"refunded_points_live", INTERVALOID},
    {"redeem_enabled", BOOLOID},
    {"claim_enabled", BOOLOID},
    {"redemptions_per_hour", INT8OID},
    {"redemptions_per_day", INT8OID},
    {"guesses_per_claimer", INT8OID},
    {"guesses_per_device", INT8OID},
    {"guesses_per_company", INT8OID},
};
static_assert(std::size(columns) == column_count);
enum : std::size_t { by_company };
constexpr Lookup lookups[] = {{1, {company_id}, true}};
TableLayout layout{"company_settings", columns, lookups, forget_settings};

// The columns of a company's row over those of the row before it.
using Values = std::array<std::optional<Datum>, column_count>;

void overlay(Values& values, Write& write, const Table& row) {
    MemoryContext caller = MemoryContextSwitchTo(write.estate->es_query_cxt);
    for (std::uint8_t column = 0; column < column_count; ++column)
        if (const std::optional<Datum> value = optional_value(row, column))
            values[column] = columns[column].type == INTERVALOID ? datumCopy(*value, false, sizeof(Interval)) : *value;
    MemoryContextSwitchTo(caller);
}

Datum required(const Values& values, std::uint8_t column) {
    if (!values[column])
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("column \"%s\" of the default company settings is null", columns[column].name),
                errhint("Set it in the row of rewards.company_settings whose company_id is "
                        "00000000-0000-0000-0000-000000000000."));
    return *values[column];
}

std::optional<std::int32_t> optional_number(const Values& values, std::uint8_t column) {
    if (!values[column]) return std::nullopt;
    return DatumGetInt32(*values[column]);
}

Settings settings_from(const Values& values) {
    const auto number = [&](std::uint8_t column) { return DatumGetInt64(required(values, column)); };
    const auto flag = [&](std::uint8_t column) { return DatumGetBool(required(values, column)); };
    const auto length = [&](std::uint8_t column) { return interval_length(required(values, column)); };
    Settings settings{};
    settings.trust_validate_at = DatumGetInt32(required(values, trust_validate_at));
    settings.trust_review_at = DatumGetInt32(required(values, trust_review_at));
    settings.trust_version = optional_number(values, trust_version);
    settings.shadow_version = optional_number(values, shadow_version);
    settings.hold_all = flag(hold_all);
    settings.events_per_hour = number(events_per_hour);
    settings.points_per_hour = number(points_per_hour);
    settings.events_per_day = number(events_per_day);
    settings.points_per_day = number(points_per_day);
    settings.accepted_age = length(accepted_age);
    settings.accepted_ahead = length(accepted_ahead);
    if (values[review_four_eyes_points]) settings.review_four_eyes_points = number(review_four_eyes_points);
    settings.refunded_points_live = length(refunded_points_live);
    settings.redeem_enabled = flag(redeem_enabled);
    settings.claim_enabled = flag(claim_enabled);
    if (values[redemptions_per_hour]) settings.redemptions_per_hour = number(redemptions_per_hour);
    if (values[redemptions_per_day]) settings.redemptions_per_day = number(redemptions_per_day);
    settings.guesses_per_claimer = number(guesses_per_claimer);
    settings.guesses_per_device = number(guesses_per_device);
    settings.guesses_per_company = number(guesses_per_company);
    return settings;
}

Settings read_settings(Write& write, const Uuid& company) {
    Table& table = open_for_reading(write, layout);
    Values values{};
    if (find(table, by_company, {to_datum(nil_company)})) overlay(values, write, table);
    if (find(table, by_company, {to_datum(company)})) overlay(values, write, table);
    return settings_from(values);
}

}  // namespace

Settings settings_of(Write& write, const Uuid& company) {
    Kept& place = kept[hash_bytes(company.data(), company.size()) % kept.size()];
    if (place.is_there && place.company == company) return place.settings;
    const std::uint64_t changes_before = changes;
    const Settings settings = read_settings(write, company);
    // What changed while it was read is not worth keeping.
    place = {changes == changes_before, company, settings};
    return settings;
}

std::int64_t nonce_retention(const Settings& settings) {
    return Max(least_nonce_retention, settings.accepted_age + settings.accepted_ahead);
}

}  // namespace rewards::pg
