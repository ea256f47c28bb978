// How does a secret leave no copy on the stack? Core only: this owns a destructor.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <type_traits>

namespace rewards {

// Declare it right after the variable it guards; the compiler may not optimise this wipe away.
// Aggregates only: of a pointer or a span it would wipe the wrong thing.
class WipeAtExit {
public:
    template <typename Secret>
    requires(std::is_aggregate_v<Secret>&& std::is_trivially_copyable_v<Secret>) explicit WipeAtExit(
        Secret& secret) noexcept
        : memory_(&secret), size_(sizeof secret) {}
    ~WipeAtExit() { OPENSSL_cleanse(memory_, size_); }

    WipeAtExit(const WipeAtExit&) = delete;
    WipeAtExit& operator=(const WipeAtExit&) = delete;

private:
    void* memory_;
    std::size_t size_;
};

}  // namespace rewards
