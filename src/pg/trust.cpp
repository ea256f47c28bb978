// How are trust rules kept? A company's newest version is looked up once, and sets of rules are read
// once, until the table changes; most companies share the defaults.
#include "pg/trust.hpp"

#include "pg/raise.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

constexpr Uuid defaults{};
constexpr std::size_t longest_name = 48;

enum : std::uint8_t { company_id, version_number, rule_name, feature, comparison, threshold, weight };
enum : std::size_t { by_company, by_version };
constexpr Column columns[] = {{"company_id", UUIDOID}, {"version", INT4OID},   {"rule", TEXTOID},  {"feature", TEXTOID},
                              {"comparison", TEXTOID}, {"threshold", INT4OID}, {"weight", INT4OID}};
constexpr Lookup lookups[] = {{1, {company_id}}, {2, {company_id, version_number}}};

// What was read in another generation is stale. Nothing is emptied: a caller may be reading it.
std::uint64_t generation = 1;
void forget_rules() { ++generation; }
TableLayout layout{"trust_rules", columns, lookups, forget_rules};

struct Newest {
    std::uint64_t generation;
    Uuid company;
    std::int32_t version;
};
std::array<Newest, 256> newest_versions{};

// Sets are replaced in turn.
struct RuleSet {
    std::uint64_t generation;
    Uuid owner;
    TrustRules rules;
    std::array<std::array<char, longest_name>, most_trust_rules> names;
};
std::array<RuleSet, 16> sets{};
std::size_t next_set = 0;

Newest& slot_of(const Uuid& company) {
    std::uint64_t bits;
    std::memcpy(&bits, company.data() + company.size() - sizeof bits, sizeof bits);
    return newest_versions[(bits * 0x9E3779B97F4A7C15u) >> 56];
}

std::optional<std::int32_t> newest_of(Table& table, const Uuid& owner) {
    std::optional<std::int32_t> newest;
    for_each(table, by_company, {to_datum(owner)}, [&] {
        const std::int32_t version = DatumGetInt32(value(table, version_number));
        newest = std::max(newest.value_or(version), version);
        return true;
    });
    return newest;
}

[[noreturn]] void raise_no_rules() {
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("there are no trust rules"),
            errhint("rewards.install() inserts version 1 of the defaults into rewards.trust_rules: put it back."));
    pg_unreachable();
}

[[noreturn]] void raise_missing(std::int32_t version) {
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("version %d of the trust rules does not exist", version),
            errhint("rewards.trust_rules has the versions: those below %d are the defaults, the others the company's.",
                    first_company_version));
    pg_unreachable();
}

// The table's constraints let nothing of this in.
[[noreturn]] void raise_unsound(std::int32_t version, std::string_view name) {
    ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
            errmsg("rule \"%.*s\" of version %d of the trust rules is not usable", static_cast<int>(name.size()),
                   name.data(), version),
            errhint("Put back the constraints that rewards.install() made on rewards.trust_rules, and add a version "
                    "that satisfies them."));
    pg_unreachable();
}

std::int32_t newest_version(const Uuid& company) {
    Newest& slot = slot_of(company);
    if (slot.generation == generation && slot.company == company) return slot.version;
    const std::uint64_t read_in = generation;
    std::optional<std::int32_t> newest;
    with_read([&](Write& read) {
        Table& table = open_for_reading(read, layout);
        newest = newest_of(table, company);
        if (!newest) newest = newest_of(table, defaults);
    });
    if (!newest) raise_no_rules();
    slot = {read_in, company, *newest};
    return *newest;
}

TrustRule read_rule(const Table& table, std::int32_t version) {
    const std::string_view name = text_view(value(table, rule_name));
    const Result<Feature> looks_at = feature_from_text(text_view(value(table, feature)));
    const Result<Comparison> by = comparison_from_text(text_view(value(table, comparison)));
    const std::int32_t weighs = DatumGetInt32(value(table, weight));
    const TrustRule rule{looks_at.value, by.value, static_cast<std::int16_t>(weighs),
                         DatumGetInt32(value(table, threshold)), name};
    if (!looks_at.ok() || !by.ok() || name.size() > longest_name || rule.weight != weighs || !is_sound(rule))
        raise_unsound(version, name);
    return rule;
}

bool is_heavier(const TrustRule& one, const TrustRule& other) {
    const int weighs = std::abs(one.weight);
    const int other_weighs = std::abs(other.weight);
    return weighs != other_weighs ? weighs > other_weighs : one.name < other.name;
}

void add_rule(RuleSet& set, const TrustRule& rule) {
    TrustRules& rules = set.rules;
    if (rules.count == most_trust_rules) raise_unsound(rules.version, rule.name);
    std::array<char, longest_name>& name = set.names[rules.count];
    std::memcpy(name.data(), rule.name.data(), rule.name.size());
    rules.rules[rules.count] = rule;
    rules.rules[rules.count++].name = {name.data(), rule.name.size()};
}

void read_set(RuleSet& set, const Uuid& owner, std::int32_t version) {
    set.rules.version = version;
    set.rules.count = 0;
    with_read([&](Write& read) {
        Table& table = open_for_reading(read, layout);
        for_each(table, by_version, {to_datum(owner), Int32GetDatum(version)}, [&] {
            add_rule(set, read_rule(table, version));
            return true;
        });
    });
    if (set.rules.count == 0) raise_missing(version);
    std::sort(set.rules.rules.begin(), set.rules.rules.begin() + set.rules.count, is_heavier);
}

const TrustRules& rules_of(const Uuid& owner, std::int32_t version) {
    for (const RuleSet& known : sets)
        if (known.generation == generation && known.rules.version == version && known.owner == owner)
            return known.rules;
    RuleSet& set = sets[next_set++ % sets.size()];
    const std::uint64_t read_in = generation;
    set.generation = 0;
    read_set(set, owner, version);
    set.owner = owner;
    set.generation = read_in;
    return set.rules;
}

}  // namespace

const TrustRules& trust_rules(const Uuid& company, std::optional<std::int32_t> version) {
    const std::int32_t wanted = version ? *version : newest_version(company);
    return rules_of(wanted < first_company_version ? defaults : company, wanted);
}

Datum features_datum(const Features& features) {
    Datum values[feature_count];
    bool nulls[feature_count];
    int count = 0;
    for (std::size_t one = 1; one < feature_count; ++one) {
        const std::optional<std::int32_t> observed = features.get(static_cast<Feature>(one));
        values[one - 1] = Int32GetDatum(observed.value_or(0));
        nulls[one - 1] = !observed;
        if (observed) count = static_cast<int>(one);
    }
    if (count == 0) return PointerGetDatum(construct_empty_array(INT4OID));
    int lower_bound = 1;
    return PointerGetDatum(
        construct_md_array(values, nulls, 1, &count, &lower_bound, INT4OID, sizeof(std::int32_t), true, TYPALIGN_INT));
}

Features features_of(Datum array) {
    ArrayType* given = DatumGetArrayTypeP(array);
    Features features;
    if (ARR_NDIM(given) == 0) return features;
    if (ARR_NDIM(given) != 1 || ARR_LBOUND(given)[0] != 1)
        ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                errmsg("trust features must be an array of one dimension that starts at 1"),
                errhint("rewards.trust_features() has the order."));
    Datum* values;
    bool* nulls;
    int count;
    deconstruct_array(given, INT4OID, sizeof(std::int32_t), true, TYPALIGN_INT, &values, &nulls, &count);
    // What a newer release may have added is not known to these rules either.
    const std::size_t usable = std::min(static_cast<std::size_t>(count), feature_count - 1);
    for (std::size_t one = 0; one < usable; ++one)
        if (!nulls[one]) features.set(static_cast<Feature>(one + 1), DatumGetInt32(values[one]));
    return features;
}

Datum reasons_datum(const TrustRules& rules, std::uint64_t matched) {
    Datum names[most_trust_rules];
    int count = 0;
    for (std::uint32_t one = 0; one < rules.count; ++one) {
        const TrustRule& rule = rules.rules[one];
        if ((matched >> one & 1) == 0 || rule.weight == 0 || rule.feature == Feature::always) continue;
        names[count++] = to_datum(rule.name);
    }
    return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_trust_features) {
    using namespace rewards;
    InitMaterializedSRF(fcinfo, 0);
    const auto* result = reinterpret_cast<const ReturnSetInfo*>(fcinfo->resultinfo);
    for (std::size_t one = 0; one < feature_count; ++one) {
        const auto feature = static_cast<Feature>(one);
        Datum values[] = {Int32GetDatum(static_cast<std::int32_t>(one)), pg::to_datum(text_of(feature)),
                          BoolGetDatum(may_raise(feature))};
        bool nulls[] = {false, false, false};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return Datum{0};
}

SQL_FUNCTION(rewards_trust_score) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Features features = features_of(arguments.required(0, "features"));
    const std::optional<std::int32_t> version =
        arguments.is_null(1) ? std::nullopt : std::optional(DatumGetInt32(arguments.datum(1)));
    const Context& context = require_context();
    require_back_end(context, "see trust scores");
    const rewards::TrustRules& rules = trust_rules(context.company, version);
    const rewards::Score result = value_or_raise(rewards::score(rules, features));
    return make_row(fcinfo, {Int32GetDatum(result.value), reasons_datum(rules, result.matched)});
}
}
