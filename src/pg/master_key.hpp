// Which keys of the key file does this database use, and for what? The rows of master_keys: fingerprints, so that a
// lost or foreign file is noticed, and what each key is still good for.
#pragma once

#include <bitset>

#include "core/key_ring.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

enum class MasterState : std::uint8_t { issuing, verify_only, retired };

struct MasterKey {
    KeyKind kind;  // none: the database does not use the slot
    MasterState state;
    KeyFingerprint fingerprint;
    std::optional<std::uint8_t> layer;  // the slot whose key is laid over tags of this one

    bool operator==(const MasterKey&) const = default;
};

struct MasterKeys {
    std::array<MasterKey, slot_count> slots;
    std::optional<unsigned> issuing;

    bool operator==(const MasterKeys&) const = default;
};

// As of now.
MasterKeys read_master_keys();

std::bitset<slot_count> slots_in_use(const MasterKeys& keys);

// One at a time, and each sees what the one before has committed.
void lock_master_keys(Write& write);
template <typename Body>
void with_locked_master_keys(const char* function, Body body) {
    with_write(function, [&](Write& write) {
        lock_master_keys(write);
        body(write);
    });
}

void add_master_key(Write& write, unsigned slot, const MasterKey& key);
void set_state(Write& write, unsigned slot, MasterState state);
void set_layer(Write& write, unsigned slot, unsigned layer_slot);

// The coupon that relayer_coupon_key() goes on with for tags of the slot; nothing: not begun, or through.
std::optional<Uuid> next_to_layer(Write& write, unsigned slot);
void set_next_to_layer(Write& write, unsigned slot, const std::optional<Uuid>& coupon);

// A slot number between 0 and 31.
unsigned slot_argument(const Arguments& arguments, int index);

[[noreturn]] void raise_unused_slot(unsigned slot);

// Keys are those of all companies; `what` completes "a company cannot ...".
void require_no_company(const char* what);

// `forget` is called whenever somebody has changed the table.
void watch_master_keys(void (*forget)());

}  // namespace rewards::pg
