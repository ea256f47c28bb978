// How is a message hashed piece by piece? Core only: these own memory.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
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

// Many small pieces: one call of the digest for a usual message instead of one for each. Not for secrets: it keeps a copy.
class Gathered {
public:
    explicit Gathered(Hashing& hashing) noexcept : hashing_(hashing) {}

    void add(Bytes bytes) noexcept {
        if (bytes.size() > buffer_.size() - used_) flush();
        if (bytes.size() > buffer_.size()) {
            hashing_.add(bytes);
            return;
        }
        std::ranges::copy(bytes, buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += bytes.size();
    }

    void flush() noexcept {
        hashing_.add(Bytes(buffer_).first(used_));
        used_ = 0;
    }

private:
    Hashing& hashing_;
    std::array<std::uint8_t, 512> buffer_;
    std::size_t used_ = 0;
};

}  // namespace rewards
