#include "core/aes_gcm.hpp"

#include <openssl/evp.h>

#include <limits>
#include <memory>
#include <new>

#include "core/secret.hpp"

namespace rewards {

namespace {

struct FreeCipherContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }  // wipes the key
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

enum Direction : int { opening = 0, sealing = 1 };

constexpr Error cipher_failed{Fault::crypto, "could not encrypt or decrypt with AES-256-GCM"};
constexpr Error not_authentic{Fault::not_authentic, "encrypted data was changed, or is of another row"};

}  // namespace

// One context for each direction: a key schedule costs more than a short message.
struct GcmKey {
    CipherContext sealing{EVP_CIPHER_CTX_new()};
    CipherContext opening{EVP_CIPHER_CTX_new()};
};

namespace {

bool set_key(EVP_CIPHER_CTX* context, std::span<const std::uint8_t, gcm_key_size> key, Direction direction) noexcept {
    return context && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), nullptr, direction) == 1;
}

bool fits_int(std::size_t size) noexcept { return size <= std::size_t{std::numeric_limits<int>::max()}; }

bool begin(EVP_CIPHER_CTX* context, const GcmNonce& nonce, Bytes bound, Direction direction) noexcept {
    int length = 0;
    return fits_int(bound.size()) &&
           EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), direction) == 1 &&
           EVP_CipherUpdate(context, nullptr, &length, bound.data(), static_cast<int>(bound.size())) == 1;
}

bool transform(EVP_CIPHER_CTX* context, Bytes from, std::uint8_t* to) noexcept {
    int length = 0;
    return fits_int(from.size()) &&
           EVP_CipherUpdate(context, to, &length, from.data(), static_cast<int>(from.size())) == 1;
}

// GCM has no padding: the end brings no bytes, and when opening says whether the tag is right.
bool finish(EVP_CIPHER_CTX* context) noexcept {
    std::uint8_t nothing[EVP_MAX_BLOCK_LENGTH];
    int length = 0;
    return EVP_CipherFinal_ex(context, nothing, &length) == 1;
}

}  // namespace

Result<GcmKey*> open_gcm_key(std::span<const std::uint8_t, gcm_key_size> key) noexcept {
    std::unique_ptr<GcmKey> prepared(new (std::nothrow) GcmKey);
    if (!prepared || !set_key(prepared->sealing.get(), key, sealing) || !set_key(prepared->opening.get(), key, opening))
        return cipher_failed;
    return prepared.release();
}

void close_gcm_key(GcmKey* key) noexcept { delete key; }

Result<std::size_t> gcm_seal(GcmKey& key, const GcmNonce& nonce, Bytes bound, Bytes message,
                             std::span<std::uint8_t> sealed) noexcept {
    EVP_CIPHER_CTX* const context = key.sealing.get();
    if (sealed.size() < message.size() + gcm_tag_size) return cipher_failed;
    if (!begin(context, nonce, bound, sealing) || !transform(context, message, sealed.data()) || !finish(context) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, int{gcm_tag_size}, sealed.data() + message.size()) != 1)
        return cipher_failed;
    return message.size() + gcm_tag_size;
}

Result<std::size_t> gcm_open(GcmKey& key, const GcmNonce& nonce, Bytes bound, Bytes sealed,
                             std::span<std::uint8_t> message) noexcept {
    EVP_CIPHER_CTX* const context = key.opening.get();
    if (sealed.size() < gcm_tag_size) return not_authentic;
    const std::size_t size = sealed.size() - gcm_tag_size;
    if (message.size() < size) return cipher_failed;
    std::array<std::uint8_t, gcm_tag_size> tag;
    for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = sealed[size + i];
    if (begin(context, nonce, bound, opening) && transform(context, sealed.first(size), message.data()) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, int{gcm_tag_size}, tag.data()) == 1 && finish(context))
        return size;
    OPENSSL_cleanse(message.data(), size);
    return not_authentic;
}

}  // namespace rewards
