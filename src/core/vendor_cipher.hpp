// How are the codes of a vendor kept? Encrypted under a random key of their batch, which is wrapped under a key that
// follows from a master and the batch: who erases the wrapped key has erased the codes, wherever they were copied to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/aes_gcm.hpp"
#include "core/key_ring.hpp"
#include "core/uuid.hpp"

namespace rewards {

struct VendorBatch {
    Uuid company;
    Uuid id;
    unsigned slot;
};

// Its place in the import is what makes its nonce unique in the batch.
struct VendorCodeName {
    Uuid id;
    std::uint32_t ordinal;
};

using WrappedKey = std::array<std::uint8_t, gcm_key_size + gcm_tag_size>;

// The codes of one batch. The caller owns it and closes it.
struct VendorCipher;
void close_vendor_cipher(VendorCipher* cipher) noexcept;

// Draws the key of a new batch, and fills in what is to be stored of it.
Result<VendorCipher*> create_vendor_cipher(KeyRing& ring, const VendorBatch& batch, WrappedKey& wrapped) noexcept;

// Fault::not_authentic: the key was wrapped for another batch, or changed.
Result<VendorCipher*> open_vendor_cipher(KeyRing& ring, const VendorBatch& batch, const WrappedKey& wrapped) noexcept;

// `sealed` has room for the code and gcm_tag_size more bytes; returns the length. Once for each name.
Result<std::size_t> seal_vendor_code(VendorCipher& cipher, const VendorCodeName& name, Bytes code,
                                     std::span<std::uint8_t> sealed) noexcept;

// Fault::not_authentic: it is not what was sealed as this code of this batch of this company.
Result<std::size_t> open_vendor_code(VendorCipher& cipher, const VendorCodeName& name, Bytes sealed,
                                     std::span<std::uint8_t> code) noexcept;

// By which a code that was imported before is known again.
Result<Digest> vendor_code_tag(KeyRing& ring, unsigned slot, const Uuid& company, Bytes code) noexcept;

}  // namespace rewards
