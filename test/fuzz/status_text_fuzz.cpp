// A status that is read has exactly the name it was read from.
#include <string_view>

#include "core/ledger.hpp"
#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto status = rewards::status_from_text(text);
    if (status.ok())
        REQUIRE(rewards::text_of(status.value) == text);
    else
        REQUIRE(status.error.fault == rewards::Fault::malformed);
    return 0;
}
