#include "core/coupon_key.hpp"

#include "core/coupon_word.hpp"
#include "core/secret.hpp"

namespace rewards {

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

}  // namespace rewards
