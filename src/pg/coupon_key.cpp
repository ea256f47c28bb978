// Keys change hands: a new one makes the new codes, an old one goes when nothing needs it any more.
#include "pg/audit.hpp"
#include "pg/coupon.hpp"
#include "pg/key_file.hpp"
#include "pg/key_ring.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"
#include "pg/tenant_token_key.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

namespace {

RowField slot_json(unsigned slot) {
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"slot\": %u}", slot)));
}

// A key that is in the file of every server already.
void require_can_issue(const KeyRing& keys, unsigned slot) {
    if (kind_of(keys, slot) != KeyKind::derived)
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the key file has no key of ours in slot %u", slot),
                errhint("Add a line with it to the file of every server first."));
    const MasterKey& key = master_keys().slots[slot];
    if (key.kind == KeyKind::none || (key.state != MasterState::retired && !key.layer)) return;
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the key in slot %u issues no more", slot),
            errdetail(key.layer ? "Another key was laid over it, as over one that has leaked." : "It was retired."),
            errhint("Rotate to a key in a slot that was not used before."));
}

void issue_with(Write& write, const KeyRing& keys, unsigned slot) {
    const MasterKeys used = master_keys();
    if (used.issuing == slot) return;
    set_state(write, *used.issuing, MasterState::verify_only);
    if (used.slots[slot].kind == KeyKind::none)
        add_master_key(write, slot,
                       {KeyKind::derived, MasterState::issuing, value_or_raise(key_fingerprint(keys, slot)), {}});
    else
        set_state(write, slot, MasterState::issuing);
    record_audit(write, all_companies, {"rotate_coupon_key", {}, slot_json(*used.issuing), slot_json(slot)});
}

unsigned rotate(std::optional<unsigned> given) {
    unsigned slot = 0;
    key_ring(true);  // a file that is not this database's gets no key
    with_locked_master_keys("rotate_coupon_key()", [&](Write& write) {
        slot = given ? *given : add_key_to_file(key_path(), slots_in_use(master_keys()));
        const KeyRing& keys = key_ring_anew();
        require_can_issue(keys, slot);
        issue_with(write, keys, slot);
    });
    if (!given)
        ereport(NOTICE, errmsg("the key file has a new key in slot %u", slot),
                errhint("Copy the file to every standby, and to where its copy is kept, now."));
    return slot;
}

constexpr const char* count_uses = R"(
    SELECT (SELECT count(*) FROM rewards.coupons
             WHERE $1 IN (key_slot, layer_slot) AND status IN ('issued', 'held')
               AND (expires_at IS NULL OR expires_at > clock_timestamp())),
           (SELECT count(*) FROM rewards.token_keys WHERE slot = $1 AND retired_at IS NULL),
           (SELECT count(*) FROM rewards.vendor_batches WHERE key_slot = $1 AND shredded_at IS NULL),
           (SELECT count(*) FROM rewards.master_keys WHERE layer_slot = $1 AND state <> 'retired'))";

// Whoever is issuing with a key that he has read before is waited for.
void require_unused(Write& write, unsigned slot) {
    hold_coupons();
    hold_token_keys();
    hold_vendor_batches();
    const Datum number = Int16GetDatum(static_cast<std::int16_t>(slot));
    read_newest_as_owner(open_coupons(write).relation, count_uses, {{INT2OID, number}}, [&](const SqlRows& rows) {
        const std::int64_t coupons = rows[0].integer(1), tokens = rows[0].integer(2);
        const std::int64_t batches = rows[0].integer(3), layers = rows[0].integer(4);
        if (coupons == 0 && tokens == 0 && batches == 0 && layers == 0) return;
        ereport(ERROR, errcode(ERRCODE_OBJECT_IN_USE), errmsg("the key in slot %u is still needed", slot),
                errdetail("It is needed by " INT64_FORMAT " coupons that can be claimed, by " INT64_FORMAT
                          " token keys, by " INT64_FORMAT " batches of vendor codes, and by " INT64_FORMAT
                          " keys that it is laid over.",
                          coupons, tokens, batches, layers),
                errhint("Wait until its coupons are claimed or have expired, or reissue their codes; retire its token "
                        "keys, shred its batches, and retire the keys that it is laid over, first."));
    });
}

void retire(unsigned slot) {
    with_locked_master_keys("retire_coupon_key()", [&](Write& write) {
        const MasterKey key = read_master_keys().slots[slot];
        if (key.kind == KeyKind::none) raise_unused_slot(slot);
        if (key.state == MasterState::issuing)
            ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the key in slot %u makes the new codes", slot),
                    errhint("SELECT rewards.rotate_coupon_key() puts another in its place."));
        if (key.state == MasterState::retired)
            ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the key in slot %u is retired already", slot),
                    errhint("See rewards.master_keys for when and by whom."));
        require_unused(write, slot);
        set_state(write, slot, MasterState::retired);
        record_audit(write, all_companies, {"retire_coupon_key", {}, slot_json(slot), {}});
    });
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_rotate_coupon_key) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    require_no_company("rotate a key");
    std::optional<unsigned> slot;
    if (!arguments.is_null(0)) slot = slot_argument(arguments, 0);
    PG_RETURN_INT32(static_cast<std::int32_t>(rotate(slot)));
}

SQL_FUNCTION(rewards_retire_coupon_key) {
    using namespace rewards::pg;
    const unsigned slot = slot_argument(Arguments{fcinfo}, 0);
    require_no_company("retire a key");
    retire(slot);
    PG_RETURN_VOID();
}

SQL_FUNCTION(rewards_key_file_is_in_data_directory) {
    using namespace rewards::pg;
    (void)fcinfo;
    PG_RETURN_BOOL(is_in_data_directory(key_path()));
}
}
