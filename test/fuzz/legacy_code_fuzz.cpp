// A code of the programme before is the same in small letters and with blanks around it, and no other code is.
#include "core/coupon_key.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "require.hpp"

namespace {

using namespace rewards;

KeyRing& ring() {
    static KeyRing* const opened =
        open_key_ring("slot 0 " + std::string(64, '5') + "\nlegacy 3 " + std::string(8, '7')).value;
    return *opened;
}

std::string changed(std::string_view text, int (*change)(int)) {
    std::string other(text);
    std::ranges::transform(other, other.begin(),
                           [change](unsigned char symbol) { return static_cast<char>(change(symbol)); });
    return other;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view typed(reinterpret_cast<const char*>(data), size);
    const auto tag = legacy_tag(ring(), 3, typed);
    REQUIRE(tag.ok() == is_legacy_length(typed));
    if (!tag.ok()) {
        REQUIRE(tag.error.fault == Fault::malformed);
        return 0;
    }
    constexpr std::array<int (*)(int), 2> changes = {std::tolower, std::toupper};
    for (const auto change : changes) {
        const auto same = legacy_tag(ring(), 3, " " + changed(typed, change) + "\t");
        REQUIRE(same.ok() && same.value == tag.value);
    }
    const auto other = legacy_tag(ring(), 3, "x" + std::string(typed));
    REQUIRE(!other.ok() || other.value != tag.value);
    return 0;
}
