// A token that is made is read as it was made; one that was altered, or made up, is not read at all.
#include "core/tenant_token.hpp"

#include <algorithm>
#include <string>

#include "require.hpp"
#include "take.hpp"

namespace {

using namespace rewards;

KeyRing& ring() {
    static KeyRing* const opened =
        open_key_ring("slot 0 " + std::string(64, '5') + "\nslot 7 " + std::string(64, '7')).value;
    return *opened;
}

CompanyToken token_from(Bytes& input) {
    CompanyToken token{};
    const auto kinds = take<3>(input);
    constexpr TokenRole roles[] = {TokenRole::user, TokenRole::service, TokenRole::admin};
    token.key = {static_cast<std::uint32_t>(take_number(input)), static_cast<std::uint8_t>(kinds[0] % 2 * 7)};
    token.audience = {take_number(input), static_cast<std::uint32_t>(take_number(input))};
    token.issued_at = take_number(input);
    token.not_before = take_number(input);
    token.expires_at = take_number(input);
    token.company = take<16>(input);
    token.role = roles[kinds[1] % 3];
    if (kinds[2] % 2 != 0) token.challenge = take<16>(input);
    token.actor_size = take<1>(input)[0];
    const auto actor = take<token_actor_max>(input);
    std::copy_n(actor.begin(), token.actor_size, token.actor.begin());
    return token;
}

bool same(const CompanyToken& one, const CompanyToken& other) {
    return one.key == other.key && one.audience == other.audience && one.issued_at == other.issued_at &&
           one.not_before == other.not_before && one.expires_at == other.expires_at && one.company == other.company &&
           one.role == other.role && one.challenge == other.challenge && one.actor_view() == other.actor_view();
}

// Nobody knows the key, so what is read is what the same fields make.
void read(std::string_view text) {
    const auto written = decode_token(text);
    if (!written.ok()) {
        REQUIRE(written.error.fault == Fault::malformed && written.error.text[0] != '\0');
        return;
    }
    const auto token = open_token(ring(), written.value);
    if (!token.ok()) {
        REQUIRE(token.error.fault == Fault::malformed || token.error.fault == Fault::key_unusable);
        return;
    }
    const auto again = compose_token(ring(), token.value);
    REQUIRE(again.ok() && again.value.view() == text);
}

bool is_accepted(std::string_view text) {
    const auto written = decode_token(text);
    return written.ok() && open_token(ring(), written.value).ok();
}

void make_and_alter(Bytes input) {
    const std::size_t place = take_number(input);
    const CompanyToken token = token_from(input);
    const auto made = compose_token(ring(), token);
    REQUIRE(made.ok());
    const std::string text(made.value.view());
    const auto written = decode_token(text);
    REQUIRE(written.ok() && claimed_key(written.value) == token.key);
    const auto opened = open_token(ring(), written.value);
    REQUIRE(opened.ok() && same(opened.value, token));

    std::string altered = text;
    char& symbol = altered[place % text.size()];
    symbol = static_cast<char>(symbol ^ static_cast<char>(1 + place / text.size() % 255));
    REQUIRE(!is_accepted(altered));
    REQUIRE(!is_accepted(text.substr(0, place % text.size())));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read({reinterpret_cast<const char*>(data), size});
    make_and_alter({data, size});
    return 0;
}
