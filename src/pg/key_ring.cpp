#include "pg/key_ring.hpp"

#include "pg/key_file.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

KeyRing* ring = nullptr;
MasterKeys known{};

// Of the path and of master_keys; what was read is that of the change it was read after.
std::uint64_t changes = 1;
std::uint64_t ring_read_after = 0;
std::uint64_t known_read_after = 0;

void forget_keys() { ++changes; }

void require_known_keys(const KeyRing& keys, const MasterKeys& used, const char* path) {
    for (unsigned slot = 0; slot < slot_count; ++slot) {
        const MasterKey& key = used.slots[slot];
        if (key.kind == KeyKind::none || key.state == MasterState::retired) continue;
        if (kind_of(keys, slot) == key.kind && value_or_raise(key_fingerprint(keys, slot)) == key.fingerprint) continue;
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("the key file does not hold the key that this database used in slot %u", slot),
                log_key_path(path), hint_to_restore_keys());
    }
}

KeyRing* read_keys(const char* path, bool may_create, bool is_first_use) {
    KeyRing* keys = open_key_file(path);
    if (keys == nullptr && is_first_use && may_create) {
        create_key_file(path);
        keys = open_key_file(path);
    }
    if (keys == nullptr)
        ereport(
            ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the key file does not exist"),
            log_key_path(path),
            is_first_use
                ? errhint("The first call of rewards.redeem_coupon() or issue_company_token() creates it.")
                : errhint(
                      "Coupons or tokens of this database were made with it: put it back from your backup, on a "
                      "standby from its primary, or set rewards.key_file to where it is. Nothing is lost meanwhile."));
    return keys;
}

// Somebody else may be first: then his key issues.
void record_first_key(const KeyRing& keys) {
    with_locked_master_keys("the first use of a key", [&](Write& write) {
        if (read_master_keys().issuing) return;
        const unsigned slot = newest_slot(keys);
        add_master_key(write, slot,
                       {KeyKind::derived, MasterState::issuing, value_or_raise(key_fingerprint(keys, slot)), {}});
    });
}

void load_keys(bool may_create) {
    const char* path = key_path();
    std::uint64_t before = changes;
    KeyRing* fresh = read_keys(path, may_create, slots_in_use(master_keys()).none());
    close_key_ring(ring);
    ring = fresh;
    ring_read_after = 0;
    require_known_keys(*ring, master_keys(), path);
    if (may_create && !master_keys().issuing) {
        record_first_key(*ring);
        before = changes;
        require_known_keys(*ring, master_keys(), path);
    }
    ring_read_after = before;
}

}  // namespace

const MasterKeys& master_keys() {
    if (known_read_after == changes) return known;
    const std::uint64_t before = changes;
    known = read_master_keys();
    known_read_after = before;
    return known;
}

KeyRing& key_ring(bool may_create) {
    if (ring_read_after != changes || (may_create && !master_keys().issuing)) load_keys(may_create);
    return *ring;
}

KeyRing& key_ring_anew() {
    forget_keys();
    return key_ring(true);
}

unsigned issuing_slot() {
    key_ring(true);
    return *master_keys().issuing;
}

bool have_keys_changed(const MasterKeys& used) {
    if (read_master_keys() == used) return false;
    forget_keys();
    return true;
}

void define_key_settings() {
    define_key_file_setting(forget_keys);
    watch_master_keys(forget_keys);
}

}  // namespace rewards::pg
