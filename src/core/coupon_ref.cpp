#include "core/coupon_ref.hpp"

#include "core/bytes.hpp"
#include "core/digest.hpp"

namespace rewards {

namespace {

constexpr std::size_t ref_symbols = 12;
constexpr unsigned hash_bits = 7;
constexpr unsigned most_shift = 50;  // of the first of eleven symbols
constexpr std::size_t time_bytes = 6;
constexpr std::uint64_t times = std::uint64_t{1} << 8 * time_bytes;

constexpr std::uint64_t time_of(const CouponRef& ref) noexcept { return ref.bits >> hash_bits; }

constexpr Uuid least_id_at(std::uint64_t time) noexcept {
    Uuid id{};
    for (std::size_t byte = 0; byte < time_bytes; ++byte)
        id[byte] = static_cast<std::uint8_t>(time >> 8 * (time_bytes - 1 - byte));
    return id;
}

}  // namespace

Result<CouponRef> ref_of(const Uuid& coupon) noexcept {
    const auto hash = sha256(coupon);
    if (!hash.ok()) return hash.error;
    std::uint64_t time = 0;
    for (std::size_t byte = 0; byte < time_bytes; ++byte) time = time << 8 | coupon[byte];
    return CouponRef{time << hash_bits | hash.value[0] >> (8 - hash_bits)};
}

Result<CouponRef> parse_ref(std::string_view typed) noexcept {
    Symbols symbols{};
    switch (read_symbols(typed, symbols)) {
        case Typed::too_long: return Error{Fault::malformed, "coupon reference is too long"};
        case Typed::invalid_character: return Error{Fault::malformed, "coupon reference contains an invalid character"};
        case Typed::too_many_symbols:
        case Typed::understood: break;
    }
    if (symbols.length != ref_symbols) return Error{Fault::malformed, "coupon reference must have 12 symbols"};
    if (!has_right_check(symbols)) return Error{Fault::malformed, "coupon reference does not match its check symbol"};
    CouponRef ref{};
    for (const char symbol : symbols.view().substr(0, ref_symbols - 1)) ref.bits = ref.bits << 5 | bits_of(symbol);
    return ref;
}

GroupedSymbols format_ref(const CouponRef& ref) noexcept {
    Symbols symbols{};
    for (unsigned done = 0; done <= most_shift; done += 5)
        symbols.append(symbol_of(static_cast<unsigned>(ref.bits >> (most_shift - done))));
    append_check(symbols);
    return group_symbols(symbols);
}

Uuid first_id_with(const CouponRef& ref) noexcept { return least_id_at(time_of(ref)); }

std::optional<Uuid> first_id_after(const CouponRef& ref) noexcept {
    if (time_of(ref) + 1 == times) return std::nullopt;
    return least_id_at(time_of(ref) + 1);
}

}  // namespace rewards
