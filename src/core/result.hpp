// How does the core report failure, when nothing may be thrown across its edge?
#pragma once

#include <cstdint>
#include <type_traits>

namespace rewards {

enum class Fault : std::uint8_t {
    none,
    malformed,
    out_of_range,
    insufficient,
    key_unusable,
    not_authentic,
    crypto,
};

// The text has static storage and never contains what was passed in: it may reach a log.
struct Error {
    Fault fault = Fault::none;
    const char* text = "";

    constexpr explicit operator bool() const noexcept { return fault != Fault::none; }
};

// Either a value or an error. A function returns one or the other as it stands; the server may
// jump over a Result, so it holds nothing that needs a destructor.
template <typename T>
struct [[nodiscard]] Result {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

    T value{};
    Error error{};

    constexpr Result() noexcept = default;
    constexpr Result(const T& success) noexcept : value(success) {}
    constexpr Result(Error failure) noexcept : error(failure) {}

    constexpr bool ok() const noexcept { return error.fault == Fault::none; }
};

}  // namespace rewards
