// How is a message hashed piece by piece? Core only: these own memory.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace rewards {

struct FreeHashContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using HashContext = std::unique_ptr<EVP_MD_CTX, FreeHashContext>;

const EVP_MD* sha256_algorithm() noexcept;

// Remembers its first failure, so that only finish() has to be checked.
class Hashing {
public:
    explicit Hashing(const EVP_MD* algorithm) noexcept
        : context_(EVP_MD_CTX_new()), ok_(context_ && EVP_DigestInit_ex2(context_.get(), algorithm, nullptr)) {}

    Hashing& add(Bytes bytes) noexcept {
        ok_ = ok_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
        return *this;
    }

    // `size` is the algorithm's own: nothing is truncated here.
    template <std::size_t size>
    bool finish(std::array<std::uint8_t, size>& digest) noexcept {
        return ok_ && EVP_MD_CTX_get_size(context_.get()) == int{size} &&
               EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    }

private:
    HashContext context_;
    bool ok_;
};

}  // namespace rewards
