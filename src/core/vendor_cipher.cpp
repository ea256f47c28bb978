#include "core/vendor_cipher.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <new>

#include "core/secret.hpp"

namespace rewards {

namespace {

struct CloseGcmKey {
    void operator()(GcmKey* key) const noexcept { close_gcm_key(key); }
};
using OwnedGcmKey = std::unique_ptr<GcmKey, CloseGcmKey>;
using DataKey = std::array<std::uint8_t, gcm_key_size>;

// A wrapping key wraps one data key, once.
constexpr GcmNonce wrapping_nonce{};

constexpr Error no_random{Fault::crypto, "could not draw a random key"};
constexpr Error no_memory{Fault::crypto, "out of memory"};

std::array<std::uint8_t, 2 * sizeof(Uuid)> name_of(const VendorBatch& batch) noexcept {
    std::array<std::uint8_t, 2 * sizeof(Uuid)> name;
    std::ranges::copy(batch.id, std::ranges::copy(batch.company, name.begin()).out);
    return name;
}

GcmNonce nonce_of(const VendorCodeName& name) noexcept {
    GcmNonce nonce{};
    const auto ordinal = big_endian(name.ordinal);
    std::ranges::copy_backward(ordinal, nonce.end());
    return nonce;
}

Error open_wrapping_key(KeyRing& ring, const VendorBatch& batch, OwnedGcmKey& key) noexcept {
    const auto master = key_for(ring, batch.slot, KeyPurpose::vendor_key);
    if (!master.ok()) return master.error;
    auto derived = hmac_sha256(*master.value, {batch.company, batch.id});
    const WipeAtExit wipe(derived.value);
    if (!derived.ok()) return derived.error;
    const auto opened = open_gcm_key(derived.value);
    key.reset(opened.value);
    return opened.error;
}

}  // namespace

struct VendorCipher {
    OwnedGcmKey key;
    std::array<std::uint8_t, 3 * sizeof(Uuid)> bound;  // company, batch, code
};

namespace {

Bytes bind(VendorCipher& cipher, const VendorCodeName& name) noexcept {
    std::ranges::copy_backward(name.id, cipher.bound.end());
    return cipher.bound;
}

Result<VendorCipher*> make_cipher(const VendorBatch& batch, const DataKey& key) noexcept {
    const auto opened = open_gcm_key(key);
    if (!opened.ok()) return opened.error;
    OwnedGcmKey owned(opened.value);
    auto* cipher = new (std::nothrow) VendorCipher{std::move(owned), {}};
    if (!cipher) return no_memory;
    std::ranges::copy(name_of(batch), cipher->bound.begin());
    return cipher;
}

}  // namespace

void close_vendor_cipher(VendorCipher* cipher) noexcept { delete cipher; }

Result<VendorCipher*> create_vendor_cipher(KeyRing& ring, const VendorBatch& batch, WrappedKey& wrapped) noexcept {
    OwnedGcmKey wrapping;
    if (const Error error = open_wrapping_key(ring, batch, wrapping)) return error;
    DataKey key;
    const WipeAtExit wipe(key);
    if (RAND_priv_bytes(key.data(), int{key.size()}) != 1) return no_random;
    const auto sealed = gcm_seal(*wrapping, wrapping_nonce, name_of(batch), key, wrapped);
    return sealed.ok() ? make_cipher(batch, key) : sealed.error;
}

Result<VendorCipher*> open_vendor_cipher(KeyRing& ring, const VendorBatch& batch, const WrappedKey& wrapped) noexcept {
    OwnedGcmKey wrapping;
    if (const Error error = open_wrapping_key(ring, batch, wrapping)) return error;
    DataKey key;
    const WipeAtExit wipe(key);
    const auto opened = gcm_open(*wrapping, wrapping_nonce, name_of(batch), wrapped, key);
    return opened.ok() ? make_cipher(batch, key) : opened.error;
}

Result<std::size_t> seal_vendor_code(VendorCipher& cipher, const VendorCodeName& name, Bytes code,
                                     std::span<std::uint8_t> sealed) noexcept {
    return gcm_seal(*cipher.key, nonce_of(name), bind(cipher, name), code, sealed);
}

Result<std::size_t> open_vendor_code(VendorCipher& cipher, const VendorCodeName& name, Bytes sealed,
                                     std::span<std::uint8_t> code) noexcept {
    return gcm_open(*cipher.key, nonce_of(name), bind(cipher, name), sealed, code);
}

Result<Digest> vendor_code_tag(KeyRing& ring, unsigned slot, const Uuid& company, Bytes code) noexcept {
    const auto key = key_for(ring, slot, KeyPurpose::vendor_tag);
    if (!key.ok()) return key.error;
    return hmac_sha256(*key.value, {company, code});
}

}  // namespace rewards
