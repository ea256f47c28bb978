// A key is laid over another: over one that has leaked, and over the secret of a programme before us, always. Then
// what is stored tells nothing to whoever has the key below alone.
#include "core/coupon_key.hpp"
#include "pg/audit.hpp"
#include "pg/coupon.hpp"
#include "pg/key_ring.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

[[noreturn]] void raise_no_legacy_slot(unsigned slot) {
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the key file has no legacy secret in slot %u", slot),
            errhint("Add the line \"legacy %u\" with the secret in hexadecimal digits to the key file of every server.",
                    slot));
    pg_unreachable();
}

void record_legacy_key(unsigned slot) {
    const unsigned layer = issuing_slot();
    const KeyRing& keys = key_ring_anew();
    if (kind_of(keys, slot) != KeyKind::legacy) raise_no_legacy_slot(slot);
    with_locked_master_keys("legacy_code_hash()", [&](Write& write) {
        if (read_master_keys().slots[slot].kind != KeyKind::none) return;
        add_master_key(write, slot,
                       {KeyKind::legacy, MasterState::verify_only, value_or_raise(key_fingerprint(keys, slot)),
                        static_cast<std::uint8_t>(layer)});
    });
}

unsigned layer_of_legacy(unsigned slot) {
    if (master_keys().slots[slot].kind == KeyKind::none) record_legacy_key(slot);
    const MasterKey& key = master_keys().slots[slot];
    if (key.kind != KeyKind::legacy) raise_no_legacy_slot(slot);
    if (key.state == MasterState::retired)
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the key in slot %u is retired", slot),
                errhint("Codes that are kept under its secret cannot be claimed any more."));
    return *key.layer;
}

Digest hmac_argument(const Arguments& arguments, int index) {
    const std::optional<Digest> hmac = digest_of(arguments.required(index, "code_hmac"));
    if (!hmac)
        ereport(
            ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("code_hmac must have 32 bytes"),
            errhint(
                "It is the HMAC-SHA-256 of the code's text; decode(..., 'hex') makes bytes of hexadecimal digits."));
    return *hmac;
}

constexpr std::int64_t most_coupons = 100000;

struct CouponKey {
    Uuid coupon;
    Uuid holder;
};

// What a call looks at, and where the next one goes on; nothing: at the end.
struct Portion {
    CouponKey* coupons;
    std::size_t count;
    std::optional<Uuid> next;
};

bool is_layered_next(const Table& coupons, unsigned slot, TimestampTz now) {
    const auto layer = optional_value(coupons, coupon::layer_slot);
    const auto top = static_cast<unsigned>(DatumGetInt16(layer ? *layer : value(coupons, coupon::key_slot)));
    return top == slot && !optional_value(coupons, coupon::vendor_code_id) && is_open(status_of(coupons)) &&
           !is_past_date(coupons, now);
}

Portion read_portion(Table& coupons, unsigned slot, const std::optional<Uuid>& from, std::int64_t most) {
    Portion portion{static_cast<CouponKey*>(palloc(static_cast<std::size_t>(most) * sizeof(CouponKey))), 0, {}};
    Range range{};
    if (from) range.from = uuid_result(*from);
    const TimestampTz now = GetCurrentTimestamp();
    std::int64_t seen = 0;
    scan_range(coupons, coupon::by_id, {}, range, ForwardScanDirection, [&] {
        const Uuid id = uuid_of(value(coupons, coupon::coupon_id));
        if (seen++ == most) portion.next = id;
        if (!portion.next && is_layered_next(coupons, slot, now))
            portion.coupons[portion.count++] = {id, uuid_of(value(coupons, coupon::issued_to))};
        return !portion.next;
    });
    return portion;
}

void lay_over(Table& coupons, unsigned slot, unsigned layer) {
    rewards::Digest tag;
    const std::string_view stored = bytes_view(value(coupons, coupon::code_hash));
    std::memcpy(tag.data(), stored.data(), tag.size());
    const Digest layered =
        value_or_raise(layered_tag(key_ring(false), layer, uuid_of(value(coupons, coupon::company_id)), slot, tag));
    update(coupons, {{coupon::code_hash, bytea_datum(layered)},
                     {coupon::layer_slot, Int16GetDatum(static_cast<std::int16_t>(layer))},
                     {coupon::updated_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
}

// Stops at a coupon that somebody else is changing: waiting for it could be a deadlock, as he may wait for one of ours.
std::int32_t lay_over_portion(Write& write, unsigned slot, unsigned layer, Portion& portion) {
    Table& coupons = open_coupons(write);
    std::int32_t done = 0;
    for (std::size_t one = 0; one < portion.count; ++one) {
        const CouponKey& key = portion.coupons[one];
        CHECK_FOR_INTERRUPTS();
        if (!lock_row(coupons, coupon::by_id, {to_datum(key.coupon), to_datum(key.holder)}, LockWaitSkip)) {
            portion.next = key.coupon;
            return done;
        }
        if (!is_layered_next(coupons, slot, GetCurrentTimestamp())) continue;
        lay_over(coupons, slot, layer);
        ++done;
    }
    return done;
}

void audit_layer(Write& write, unsigned slot, unsigned layer, bool is_complete) {
    const char* what =
        psprintf("{\"slot\": %u, \"layer_slot\": %u, \"complete\": %s}", slot, layer, is_complete ? "true" : "false");
    record_audit(write, all_companies,
                 {"relayer_coupon_key", {}, {}, DirectFunctionCall1(jsonb_in, CStringGetDatum(what))});
}

// What is laid over a key stays that, be it done in many calls and another key issuing meanwhile.
unsigned layer_of(Write& write, unsigned slot) {
    const unsigned issuing = issuing_slot();
    const MasterKey key = master_keys().slots[slot];
    if (key.kind == KeyKind::none) raise_unused_slot(slot);
    if (key.layer) return *key.layer;
    if (key.state == MasterState::verify_only) {
        set_layer(write, slot, issuing);
        audit_layer(write, slot, issuing, false);
        return issuing;
    }
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            errmsg("the key in slot %u cannot be laid over", slot),
            key.state == MasterState::issuing
                ? errhint("It makes the new codes: SELECT rewards.rotate_coupon_key() puts another in its place.")
                : errhint("It is retired, and no coupon needs it."));
    pg_unreachable();
}

struct Relayered {
    std::int32_t coupons;
    bool is_complete;
};

Relayered relayer(unsigned slot, std::int64_t most) {
    Relayered result{};
    with_locked_master_keys("relayer_coupon_key()", [&](Write& write) {
        const unsigned layer = layer_of(write, slot);
        const auto from = next_to_layer(write, slot);
        Portion portion = read_portion(open_coupons(write), slot, from, most);
        result.coupons = lay_over_portion(write, slot, layer, portion);
        result.is_complete = !portion.next;
        set_next_to_layer(write, slot, portion.next);
        if (result.is_complete) audit_layer(write, slot, layer, true);
    });
    return result;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_legacy_code_hash) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const unsigned slot = slot_argument(arguments, 0);
    const rewards::Digest hmac = hmac_argument(arguments, 1);
    const Context& context = require_context();
    require_back_end(context, "import coupons");
    const unsigned layer = layer_of_legacy(slot);
    const rewards::Digest tag =
        value_or_raise(rewards::layered_tag(key_ring(false), layer, context.company, slot, hmac));
    return make_row(fcinfo, {bytea_datum(tag), Int16GetDatum(static_cast<std::int16_t>(layer))});
}

SQL_FUNCTION(rewards_relayer_coupon_key) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const unsigned slot = slot_argument(arguments, 0);
    const std::int64_t most = arguments.count(1, "max_coupons", most_coupons);
    require_no_company("lay a key over another");
    const Relayered result = relayer(slot, most);
    return make_row(fcinfo, {Int32GetDatum(result.coupons), BoolGetDatum(result.is_complete)});
}
}
