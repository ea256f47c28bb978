#include "core/key_ring.hpp"

#include <memory>
#include <new>

#include "core/secret.hpp"

namespace rewards {

namespace {

struct CloseHmacKey {
    void operator()(HmacKey* key) const noexcept { close_hmac_key(key); }
};
using OwnedHmacKey = std::unique_ptr<HmacKey, CloseHmacKey>;

struct SlotKeys {
    std::array<OwnedHmacKey, purpose_count> keys;
    KeyFingerprint fingerprint{};
    KeyKind kind = KeyKind::none;
};

// HKDF info, in the order of KeyPurpose.
constexpr std::array<std::string_view, purpose_count - 1> purposes = {
    "pg_rewards coupon code v1",   "pg_rewards coupon tag v1", "pg_rewards coupon layer v1",
    "pg_rewards company token v1", "pg_rewards vendor key v1", "pg_rewards vendor tag v1"};
constexpr std::string_view fingerprint_purpose = "pg_rewards key fingerprint v1";

constexpr std::size_t legacy_fingerprint_size = 2;

constexpr Error no_such_slot{Fault::key_unusable, "key file contains no key for this slot"};

Error derive_key(Bytes master, std::string_view purpose, OwnedHmacKey& key) noexcept {
    std::array<std::uint8_t, 32> derived;
    const WipeAtExit wipe(derived);
    if (const auto length = hkdf_sha256(master, {}, bytes_of(purpose), derived); !length.ok()) return length.error;
    const auto opened = open_hmac_key(derived);
    key.reset(opened.value);
    return opened.error;
}

Error derive_keys(Bytes master, SlotKeys& slot) noexcept {
    for (std::size_t purpose = 0; purpose < purposes.size(); ++purpose)
        if (const Error error = derive_key(master, purposes[purpose], slot.keys[purpose])) return error;
    return hkdf_sha256(master, {}, bytes_of(fingerprint_purpose), slot.fingerprint).error;
}

Error take_legacy_key(Bytes secret, SlotKeys& slot) noexcept {
    const auto opened = open_hmac_key(secret);
    slot.keys[static_cast<std::size_t>(KeyPurpose::legacy_tag)].reset(opened.value);
    if (!opened.ok()) return opened.error;
    const auto short_fingerprint = std::span(slot.fingerprint).first<legacy_fingerprint_size>();
    return hkdf_sha256(secret, {}, bytes_of(fingerprint_purpose), short_fingerprint).error;
}

Error open_slot(const FileKey& key, SlotKeys& slot) noexcept {
    slot.kind = key.kind;
    if (key.kind == KeyKind::none) return {};
    return key.kind == KeyKind::derived ? derive_keys(key.bytes(), slot) : take_legacy_key(key.bytes(), slot);
}

}  // namespace

struct KeyRing {
    std::array<SlotKeys, slot_count> slots;
    unsigned newest_slot = 0;
};

Result<KeyRing*> open_key_ring(std::string_view key_file_text) noexcept {
    KeyFile file{};
    const WipeAtExit wipe(file);
    if (const Error error = read_key_file(key_file_text, file)) return error;

    std::unique_ptr<KeyRing> ring(new (std::nothrow) KeyRing);
    if (!ring) return Error{Fault::crypto, "out of memory"};
    for (unsigned slot = 0; slot < slot_count; ++slot)
        if (const Error error = open_slot(file.keys[slot], ring->slots[slot])) return error;
    ring->newest_slot = file.newest_slot;
    return ring.release();
}

void close_key_ring(KeyRing* ring) noexcept { delete ring; }

KeyKind kind_of(const KeyRing& ring, unsigned slot) noexcept {
    return slot < slot_count ? ring.slots[slot].kind : KeyKind::none;
}

unsigned newest_slot(const KeyRing& ring) noexcept { return ring.newest_slot; }

Result<KeyFingerprint> key_fingerprint(const KeyRing& ring, unsigned slot) noexcept {
    if (kind_of(ring, slot) == KeyKind::none) return no_such_slot;
    return ring.slots[slot].fingerprint;
}

Result<HmacKey*> key_for(KeyRing& ring, unsigned slot, KeyPurpose purpose) noexcept {
    if (slot >= slot_count) return no_such_slot;
    HmacKey* const key = ring.slots[slot].keys[static_cast<std::size_t>(purpose)].get();
    if (key == nullptr) return no_such_slot;
    return key;
}

}  // namespace rewards
