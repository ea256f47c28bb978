// Two requests have the same fingerprint only if they are the same, field by field.
#include <algorithm>
#include <vector>

#include "core/nonce.hpp"
#include "require.hpp"

namespace {

using namespace rewards;

// Each byte cuts off a field: its length, or, from 0xc0 on, a null; 0x80 ends the request.
std::vector<Field> take_request(std::string_view& rest) {
    std::vector<Field> fields;
    while (!rest.empty()) {
        const auto cut = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        if (cut == 0x80) break;
        if (cut >= 0xc0) {
            fields.push_back({{}, true});
            continue;
        }
        const std::size_t length = std::min<std::size_t>(cut % 32, rest.size());
        fields.push_back({rest.substr(0, length), false});
        rest.remove_prefix(length);
    }
    return fields;
}

bool same(const Field& one, const Field& other) {
    return one.is_null == other.is_null && (one.is_null || one.bytes == other.bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::vector<Field> first = take_request(rest);
    const std::vector<Field> second = take_request(rest);
    const auto first_print = fingerprint(first);
    const auto second_print = fingerprint(second);
    REQUIRE(first_print.ok() && second_print.ok());
    REQUIRE((first_print.value == second_print.value) == std::ranges::equal(first, second, same));
    return 0;
}
