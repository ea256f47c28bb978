// Whatever a verifier writes is read as a digest or not at all, and two requests have the same hash only if they are
// the same.
#include <algorithm>
#include <cstring>

#include "core/attestation.hpp"
#include "require.hpp"

namespace {

using namespace rewards;

// The first byte cuts off the event type, the next eight are the time, and the rest is the nonce.
AttestedRequest take_request(std::string_view& rest) {
    AttestedRequest request{};
    if (rest.size() < 9) return request;
    const std::size_t type_size = std::min<std::size_t>(static_cast<unsigned char>(rest[0]) % 16, rest.size() - 9);
    std::memcpy(&request.event_milliseconds, rest.data() + 1, sizeof request.event_milliseconds);
    request.event_type = rest.substr(9, type_size);
    rest.remove_prefix(9 + type_size);
    request.nonce = rest.substr(0, rest.size() / 2);
    rest.remove_prefix(request.nonce.size());
    return request;
}

bool same(const AttestedRequest& one, const AttestedRequest& other) {
    return one.event_type == other.event_type && one.event_milliseconds == other.event_milliseconds &&
           one.nonce == other.nonce;
}

void check_texts(std::string_view text) {
    if (const auto digest = digest_from_text(text)) {
        const DigestText written = text_of(*digest);
        REQUIRE(digest_from_text({written.data(), written.size()}) == digest);
    }
    if (const auto count = parse_count(text)) {
        REQUIRE(*count >= 0);
        REQUIRE(std::ranges::all_of(text, [](char symbol) { return symbol >= '0' && symbol <= '9'; }));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    check_texts(rest);
    const AttestedRequest first = take_request(rest);
    const AttestedRequest second = take_request(rest);
    const auto one = request_hash(first);
    const auto other = request_hash(second);
    REQUIRE(one.ok() == (first.event_type.find('\n') == std::string_view::npos));
    if (one.ok() && other.ok()) REQUIRE((one.value == other.value) == same(first, second));
    return 0;
}
