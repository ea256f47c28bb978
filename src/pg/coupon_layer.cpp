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
}
