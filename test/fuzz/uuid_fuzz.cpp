// A UUID that is read is the same when it is written anew, and every UUID that is written is read.
#include "core/uuid.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "require.hpp"

namespace {

using namespace rewards;

std::string write(const Uuid& uuid) {
    std::string text;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += "0123456789abcdef"[uuid[i] >> 4];
        text += "0123456789abcdef"[uuid[i] & 0xf];
    }
    return text;
}

void read(std::string_view text) {
    const auto uuid = parse_uuid(text);
    if (!uuid) return;
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char symbol) { return static_cast<char>(std::tolower(symbol)); });
    REQUIRE(write(*uuid) == lower);
}

void make(std::span<const std::uint8_t> bytes) {
    Uuid uuid{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.size()), uuid.begin());
    REQUIRE(parse_uuid(write(uuid)) == uuid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read({reinterpret_cast<const char*>(data), size});
    make({data, size});
    return 0;
}
