#include "core/coupon_key.hpp"

#include <algorithm>
#include <array>

#include "core/coupon_word.hpp"
#include "core/secret.hpp"

namespace rewards {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t legacy_size_max = 128;

std::string_view without_blanks(std::string_view typed) noexcept {
    const std::size_t begin = std::min(typed.find_first_not_of(blanks), typed.size());
    return typed.substr(begin, typed.find_last_not_of(blanks) + 1 - begin);
}

constexpr char capital(char symbol) noexcept {
    return symbol >= 'a' && symbol <= 'z' ? static_cast<char>(symbol - 'a' + 'A') : symbol;
}

}  // namespace

Result<CouponCode> derive_code(KeyRing& ring, const CodeSpec& spec) noexcept {
    const auto key = key_for(ring, spec.slot, KeyPurpose::coupon_code);
    if (!key.ok()) return key.error;
    auto entropy = hmac_sha256(*key.value, {spec.coupon_id, big_endian(spec.generation)});
    const WipeAtExit wipe(entropy.value);
    if (!entropy.ok()) return entropy.error;
    return compose_code(spec.slot, spec.route, entropy.value, spec.symbols);
}

Result<CouponCode> derive_new_code(KeyRing& ring, CodeSpec& spec) noexcept {
    auto code = derive_code(ring, spec);
    while (code.ok() && has_blocked_word(code.value.view())) {
        ++spec.generation;
        code = derive_code(ring, spec);
    }
    return code;
}

Result<Digest> code_tag(KeyRing& ring, const Uuid& company_id, const CouponCode& code) noexcept {
    const auto key = key_for(ring, slot_of(code), KeyPurpose::coupon_tag);
    if (!key.ok()) return key.error;
    return hmac_sha256(*key.value, {company_id, bytes_of(code.view())});
}

bool is_legacy_length(std::string_view typed) noexcept {
    const std::size_t size = without_blanks(typed).size();
    return size > 0 && size <= legacy_size_max;
}

Result<Digest> legacy_tag(KeyRing& ring, unsigned slot, std::string_view typed) noexcept {
    if (!is_legacy_length(typed)) return Error{Fault::malformed, "coupon code must have 1 to 128 bytes"};
    std::array<char, legacy_size_max> text;
    const WipeAtExit wipe(text);
    const std::string_view code = without_blanks(typed);
    std::ranges::transform(code, text.begin(), capital);

    const auto key = key_for(ring, slot, KeyPurpose::legacy_tag);
    if (!key.ok()) return key.error;
    return hmac_sha256(*key.value, {bytes_of({text.data(), code.size()})});
}

Result<Digest> layered_tag(KeyRing& ring, unsigned layer_slot, const Uuid& company_id, unsigned slot,
                           const Digest& tag) noexcept {
    const auto key = key_for(ring, layer_slot, KeyPurpose::coupon_layer);
    if (!key.ok()) return key.error;
    return hmac_sha256(*key.value, {company_id, big_endian(static_cast<std::uint8_t>(slot)), tag});
}

}  // namespace rewards
