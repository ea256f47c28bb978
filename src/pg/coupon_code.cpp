#include "pg/coupon_code.hpp"

#include "pg/key_ring.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

int configured_route = 0;

struct CodeKeys {
    KeyRing& ring;
    const MasterKeys& used;
    const Uuid company;
};

// A tag, and the slot whose key it was made with.
struct KeyedTag {
    unsigned slot;
    Digest tag;
};

KeyedTag tag_of(const CodeKeys& keys, const CouponCode& code) {
    return {slot_of(code), value_or_raise(code_tag(keys.ring, keys.company, code))};
}

std::optional<KeyedTag> layer_over(const CodeKeys& keys, const KeyedTag& below) {
    const std::optional<std::uint8_t> layer = keys.used.slots[below.slot].layer;
    if (!layer) return std::nullopt;
    return KeyedTag{*layer, value_or_raise(layered_tag(keys.ring, *layer, keys.company, below.slot, below.tag))};
}

// In this order, because a coupon goes from a tag to the one laid over it: whoever looks there later does not miss it.
template <typename Look>
bool follow_layers(const CodeKeys& keys, std::optional<KeyedTag> from, Look look) {
    for (; from; from = layer_over(keys, *from))
        if (look(from->tag)) return true;
    return false;
}

bool is_live_legacy(const MasterKey& key) { return key.kind == KeyKind::legacy && key.state != MasterState::retired; }

bool may_be_legacy(std::string_view typed) {
    return is_legacy_length(typed) && std::ranges::any_of(master_keys().slots, is_live_legacy);
}

// What a programme before us has kept is stored with a layer over it alone.
template <typename Look>
bool look_for_legacy(const CodeKeys& keys, std::string_view typed, Look look) {
    for (unsigned slot = 0; slot < slot_count; ++slot) {
        if (!is_live_legacy(keys.used.slots[slot])) continue;
        const KeyedTag kept{slot, value_or_raise(legacy_tag(keys.ring, slot, typed))};
        if (follow_layers(keys, layer_over(keys, kept), look)) return true;
    }
    return false;
}

template <typename Look>
bool look_everywhere(const CodeKeys& keys, const Result<CouponCode>& code, std::string_view typed, Look look) {
    const bool is_ours = code.ok() && kind_of(keys.ring, slot_of(code.value)) == KeyKind::derived;
    if (is_ours && follow_layers(keys, tag_of(keys, code.value), look)) return true;
    return may_be_legacy(typed) && look_for_legacy(keys, typed, look);
}

}  // namespace

// 65 bits of a keyed function meet by chance once in a hundred million codes: then the next
// generation serves.
IssuedCode issue_code(Table& coupons, const Uuid& company, const Uuid& coupon, std::size_t symbols,
                      std::uint32_t generation) {
    CodeSpec spec{issuing_slot(), static_cast<unsigned>(configured_route), symbols, generation, coupon};
    KeyRing& keys = key_ring(true);
    for (;; ++spec.generation) {
        const CouponCode code = value_or_raise(derive_new_code(keys, spec));
        const Digest tag = value_or_raise(code_tag(keys, company, code));
        if (!find(coupons, coupon::by_code, {bytea_datum(tag)})) return {spec, code, tag};
        CHECK_FOR_INTERRUPTS();
    }
}

std::optional<FormattedCode> code_of(const Table& coupons) {
    const CodeSpec spec{static_cast<unsigned>(DatumGetInt16(value(coupons, coupon::key_slot))),
                        static_cast<unsigned>(DatumGetInt16(value(coupons, coupon::code_route))),
                        static_cast<std::size_t>(DatumGetInt16(value(coupons, coupon::code_symbols))),
                        static_cast<std::uint32_t>(DatumGetInt32(value(coupons, coupon::code_generation))),
                        uuid_of(value(coupons, coupon::coupon_id))};
    const MasterKeys used = master_keys();
    const MasterKey& key = used.slots[spec.slot];
    if (spec.symbols == 0 || (key.kind != KeyKind::none && key.state == MasterState::retired)) return std::nullopt;
    const CodeKeys keys{key_ring(false), used, uuid_of(value(coupons, coupon::company_id))};
    const CouponCode code = value_or_raise(derive_code(keys.ring, spec));
    const std::string_view stored = bytes_view(value(coupons, coupon::code_hash));
    if (!follow_layers(keys, tag_of(keys, code), [&](const Digest& tag) { return text_of_bytes(tag) == stored; }))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the code of a coupon cannot be derived again"),
                errdetail("The coupon's row does not match the key in slot %u.", spec.slot),
                errhint("The row was changed, or the coupon was brought from elsewhere: reissue its code."));
    return format_code(code);
}

CodeFound lock_by_code(Table& coupons, const Uuid& company, std::string_view typed) {
    const Result<CouponCode> code = parse_code(typed);
    if (!code.ok() && !may_be_legacy(typed)) return CodeFound::malformed;
    for (;;) {
        KeyRing& ring = key_ring(true);
        const MasterKeys used = master_keys();
        const bool is_found = look_everywhere({ring, used, company}, code, typed, [&](const Digest& tag) {
            return lock_row(coupons, coupon::by_code, {bytea_datum(tag)});
        });
        if (is_found)
            return uuid_of(value(coupons, coupon::company_id)) == company ? CodeFound::found : CodeFound::unknown;
        if (!have_keys_changed(used)) return CodeFound::unknown;
    }
}

Digest stored_tag(const Uuid& company, const CouponCode& code) {
    KeyRing& ring = key_ring(false);
    const MasterKeys used = master_keys();
    const CodeKeys keys{ring, used, company};
    const KeyedTag issued = tag_of(keys, code);
    Digest stored = issued.tag;
    if (!used.slots[issued.slot].layer) return stored;
    with_read([&](Write& read) {
        Table& coupons = open_coupons_for_reading(read);
        follow_layers(keys, issued, [&](const Digest& tag) {
            if (!find(coupons, coupon::by_code, {bytea_datum(tag)})) return false;
            stored = tag;
            return true;
        });
    });
    return stored;
}

void define_code_settings() {
    DefineCustomIntVariable(
        "rewards.coupon_route", "Route symbol of new coupon codes: tells installations or shards apart.", nullptr,
        &configured_route, 0, 0, static_cast<int>(route_count) - 1, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace rewards::pg
