// A name that is read, of a status, a feature or a comparison, is exactly the text it was read from.
#include <string_view>

#include "core/coupon_status.hpp"
#include "core/ledger.hpp"
#include "core/trust.hpp"
#include "require.hpp"

namespace {

template <typename Named>
void check(const rewards::Result<Named>& read, std::string_view text) {
    if (read.ok())
        REQUIRE(text_of(read.value) == text);
    else
        REQUIRE(read.error.fault == rewards::Fault::malformed && read.error.text[0] != '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(rewards::status_from_text(text), text);
    check(rewards::coupon_status_from_text(text), text);
    check(rewards::feature_from_text(text), text);
    check(rewards::comparison_from_text(text), text);
    return 0;
}
