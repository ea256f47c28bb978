#include "pg/coupon_template.hpp"

#include "core/coupon_code.hpp"

namespace rewards::pg {

namespace {

// The bytes of a datum, in the place of a kept offer.
struct KeptDatum {
    alignas(std::int64_t) std::array<char, 48> bytes;

    bool keep(Datum datum) {
        const Size size = VARSIZE_ANY(DatumGetPointer(datum));
        if (size > bytes.size()) return false;
        std::memcpy(bytes.data(), DatumGetPointer(datum), size);
        return true;
    }
    Datum copy() const { return datumCopy(PointerGetDatum(bytes.data()), false, -1); }
};

struct Kept {
    bool is_there;
    Uuid company;
    Uuid template_id;
    Offer offer;
    KeptDatum value_type;
    KeptDatum value;
};

// A template has one place to be in: what comes later takes it.
std::array<Kept, 64> kept{};
std::uint64_t changes = 0;

void forget_offers() {
    ++changes;
    for (Kept& one : kept) one.is_there = false;
}

}  // namespace

namespace coupon_template {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"points_cost", INT8OID},
    {"coupon_value_type", TEXTOID},
    {"coupon_value", NUMERICOID},
    {"starts_at", TIMESTAMPTZOID},
    {"ends_at", TIMESTAMPTZOID},
    {"expires_after_days", INT4OID},
    {"coupons_expire_at", TIMESTAMPTZOID},
    {"is_active", BOOLOID},
    {"high_value", BOOLOID},
    {"max_redemptions_per_user", INT4OID},
    {"total_stock", INT8OID},
    {"vendor_codes", BOOLOID},
    {"low_stock_at", INT4OID},
    {"updated_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {{1, {id}}};
TableLayout layout{"coupon_templates", columns, lookups, forget_offers};
}  // namespace
}  // namespace coupon_template

namespace {

std::optional<std::int64_t> number_in(const Table& templates, std::uint8_t column) {
    const std::optional<Datum> number = optional_value(templates, column);
    if (!number) return std::nullopt;
    return DatumGetInt32(*number);
}

std::optional<TimestampTz> time_in(const Table& templates, std::uint8_t column) {
    const std::optional<Datum> time = optional_value(templates, column);
    if (!time) return std::nullopt;
    return DatumGetTimestampTz(*time);
}

bool flag_in(const Table& templates, std::uint8_t column) { return DatumGetBool(value(templates, column)); }

Offer offer_in(const Kept& place) {
    Offer offer = place.offer;
    offer.value_type = place.value_type.copy();
    offer.value = place.value.copy();
    return offer;
}

Datum copy_in(const Table& templates, std::uint8_t column) { return datumCopy(value(templates, column), false, -1); }

}  // namespace

TableLayout& templates_layout() { return coupon_template::layout; }

Table& open_templates(Write& write) { return open_for_reading(write, coupon_template::layout); }

std::optional<Offer> find_offer(Table& templates, const Uuid& company, const Uuid& template_id) {
    if (!find(templates, coupon_template::by_id, {to_datum(template_id)}) ||
        uuid_of(value(templates, coupon_template::company_id)) != company)
        return std::nullopt;
    Offer offer{};
    offer.is_active = flag_in(templates, coupon_template::is_active);
    offer.is_limited = optional_value(templates, coupon_template::total_stock).has_value();
    offer.has_vendor_codes = flag_in(templates, coupon_template::vendor_codes);
    offer.low_stock_at = number_in(templates, coupon_template::low_stock_at);
    offer.cost = DatumGetInt64(value(templates, coupon_template::points_cost));
    offer.symbols = flag_in(templates, coupon_template::high_value) ? long_symbols : standard_symbols;
    offer.starts_at = time_in(templates, coupon_template::starts_at);
    offer.ends_at = time_in(templates, coupon_template::ends_at);
    offer.days = number_in(templates, coupon_template::expires_after_days);
    offer.coupons_expire_at = time_in(templates, coupon_template::coupons_expire_at);
    offer.most_per_user = number_in(templates, coupon_template::max_redemptions_per_user);
    offer.value_type = copy_in(templates, coupon_template::coupon_value_type);
    offer.value = copy_in(templates, coupon_template::coupon_value);
    return offer;
}

std::optional<Offer> known_offer(Write& write, const Uuid& company, const Uuid& template_id) {
    Kept& place = kept[hash_bytes(template_id.data(), template_id.size()) % kept.size()];
    if (place.is_there && place.template_id == template_id && place.company == company) return offer_in(place);
    const std::uint64_t changes_before = changes;
    const std::optional<Offer> offer = find_offer(open_templates(write), company, template_id);
    if (!offer) return std::nullopt;
    place = {false, company, template_id, *offer, {}, {}};
    // What changed while it was read is not worth keeping, nor is there room for a value of unusual length.
    place.is_there =
        place.value_type.keep(offer->value_type) && place.value.keep(offer->value) && changes == changes_before;
    return offer;
}

std::optional<TimestampTz> expiry_of(const Offer& offer, TimestampTz now) {
    if (!offer.days) return offer.coupons_expire_at;
    return Min(now + *offer.days * USECS_PER_DAY, offer.coupons_expire_at.value_or(DT_NOEND));
}

}  // namespace rewards::pg
