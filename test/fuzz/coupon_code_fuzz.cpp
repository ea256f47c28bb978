// A code that is read is read the same again; a code that is made is read, and a typo in it is found.
#include "core/coupon_code.hpp"

#include <algorithm>
#include <string>

#include "require.hpp"

namespace {

using namespace rewards;

bool same(const CouponCode& one, const CouponCode& other) { return one.view() == other.view(); }

void read(std::string_view typed) {
    const auto code = parse_code(typed);
    if (!code.ok()) {
        REQUIRE(code.error.fault == Fault::malformed && code.error.text[0] != '\0');
        return;
    }
    REQUIRE(code.value.length == standard_symbols || code.value.length == long_symbols);
    REQUIRE(slot_of(code.value) < slot_count && route_of(code.value) < route_count);

    const FormattedCode formatted = format_code(code.value);
    REQUIRE(formatted.length == code.value.length + code.value.length / 4 - 1);
    const auto again = parse_code(formatted.view());
    REQUIRE(again.ok() && same(again.value, code.value));
}

void make(std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, 32> entropy{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), entropy.size()), entropy.begin());
    const unsigned slot = entropy[31] % slot_count;
    const unsigned route = entropy[30] % route_count;
    const std::size_t symbols = entropy[29] % 2 ? standard_symbols : long_symbols;

    const auto made = compose_code(slot, route, entropy, symbols);
    REQUIRE(made.ok() && made.value.length == symbols);
    REQUIRE(slot_of(made.value) == slot && route_of(made.value) == route);
    const auto understood = parse_code(made.value.view());
    REQUIRE(understood.ok() && same(understood.value, made.value));

    std::string typo(made.value.view());
    char& symbol = typo[entropy[28] % symbols];
    symbol = symbol == '7' ? '8' : '7';
    REQUIRE(!parse_code(typo).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read({reinterpret_cast<const char*>(data), size});
    make({data, size});
    return 0;
}
