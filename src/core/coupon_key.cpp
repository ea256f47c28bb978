#include "core/coupon_key.hpp"

#include <memory>
#include <new>

#include "core/secret.hpp"

namespace rewards {

namespace {

struct CloseHmacKey {
    void operator()(HmacKey* key) const noexcept { close_hmac_key(key); }
};
using OwnedHmacKey = std::unique_ptr<HmacKey, CloseHmacKey>;

// One purpose each (HKDF info), so that no output of one can be passed off as another.
struct SlotKeys {
    OwnedHmacKey code;
    OwnedHmacKey tag;
    KeyFingerprint fingerprint{};
};

constexpr std::string_view code_purpose = "pg_rewards coupon code v1";
constexpr std::string_view tag_purpose = "pg_rewards coupon tag v1";
constexpr std::string_view fingerprint_purpose = "pg_rewards key fingerprint v1";

constexpr Error no_such_slot{Fault::key_unusable, "key file contains no key for this slot"};

Error derive_key(const Master& master, std::string_view purpose, OwnedHmacKey& key) noexcept {
    std::array<std::uint8_t, 32> derived;
    const WipeAtExit wipe(derived);
    if (const auto length = hkdf_sha256(master, {}, bytes_of(purpose), derived); !length.ok()) return length.error;
    const auto opened = open_hmac_key(derived);
    key.reset(opened.value);
    return opened.error;
}

Error derive_keys(const Master& master, SlotKeys& keys) noexcept {
    if (const Error error = derive_key(master, code_purpose, keys.code)) return error;
    if (const Error error = derive_key(master, tag_purpose, keys.tag)) return error;
    return hkdf_sha256(master, {}, bytes_of(fingerprint_purpose), keys.fingerprint).error;
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
        if (file.present[slot])
            if (const Error error = derive_keys(file.masters[slot], ring->slots[slot])) return error;
    ring->newest_slot = file.newest_slot;
    return ring.release();
}

void close_key_ring(KeyRing* ring) noexcept { delete ring; }

bool has_slot(const KeyRing& ring, unsigned slot) noexcept { return slot < slot_count && ring.slots[slot].code; }

unsigned newest_slot(const KeyRing& ring) noexcept { return ring.newest_slot; }

Result<KeyFingerprint> key_fingerprint(const KeyRing& ring, unsigned slot) noexcept {
    if (!has_slot(ring, slot)) return no_such_slot;
    return ring.slots[slot].fingerprint;
}

Result<CouponCode> derive_code(KeyRing& ring, const CodeSpec& spec) noexcept {
    if (!has_slot(ring, spec.slot)) return no_such_slot;
    auto entropy = hmac_sha256(*ring.slots[spec.slot].code, {spec.coupon_id, big_endian(spec.generation)});
    const WipeAtExit wipe(entropy.value);
    if (!entropy.ok()) return entropy.error;
    return compose_code(spec.slot, spec.route, entropy.value, spec.symbols);
}

Result<Digest> code_tag(KeyRing& ring, const Uuid& company_id, const CouponCode& code) noexcept {
    const unsigned slot = slot_of(code);
    if (!has_slot(ring, slot)) return no_such_slot;
    return hmac_sha256(*ring.slots[slot].tag, {company_id, bytes_of(code.view())});
}

}  // namespace rewards
