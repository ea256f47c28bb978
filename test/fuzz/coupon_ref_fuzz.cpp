// A reference that is read is read the same again, and never as a code; one that is made leads back to its id.
#include "core/coupon_ref.hpp"

#include <algorithm>

#include "core/coupon_code.hpp"
#include "core/coupon_word.hpp"
#include "require.hpp"

namespace {

using namespace rewards;

void read(std::string_view typed) {
    has_blocked_word(typed);
    const auto ref = parse_ref(typed);
    if (!ref.ok()) {
        REQUIRE(ref.error.fault == Fault::malformed && ref.error.text[0] != '\0');
        return;
    }
    REQUIRE(!parse_code(typed).ok());
    const auto again = parse_ref(format_ref(ref.value).view());
    REQUIRE(again.ok() && again.value == ref.value);
}

void make(std::span<const std::uint8_t> bytes) {
    Uuid id{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
    const auto ref = ref_of(id);
    REQUIRE(ref.ok());
    const GroupedSymbols text = format_ref(ref.value);
    REQUIRE(text.length == 14);
    const auto understood = parse_ref(text.view());
    REQUIRE(understood.ok() && understood.value == ref.value);
    const auto after = first_id_after(ref.value);
    REQUIRE(first_id_with(ref.value) <= id && (!after || id < *after));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read({reinterpret_cast<const char*>(data), size});
    make({data, size});
    return 0;
}
