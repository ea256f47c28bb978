// What does an attestation verdict say of the device, and is it about this very request?
#pragma once

#include "core/attestation.hpp"
#include "pg/nonce.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// The three answers are nothing where the verdict does not get as far: at level none and invalid.
struct AttestationFindings {
    AttestationLevel level;
    std::optional<bool> app_recognized;  // nothing also where the verdict leaves it open
    std::optional<bool> request_bound;   // false also where the verdict has no hash
    std::optional<bool> counter_fresh;   // false: the verdict, or one after it, has been here before
};

// Examines a verdict (jsonb) and remembers it, so that it counts as fresh once. The account has to be locked.
// Wrong shapes are of level invalid; only a verdict too large to be one is an error. A member is not believed a verdict
// that it brings itself (context of role user): it can be invalid, but not better than none, and leaves no trace.
AttestationFindings examine_attestation(Write& write, const AccountKey& account,
                                        const std::optional<std::string_view>& device_id, Datum verdict,
                                        const Digest& request_hash, TimestampTz now);

// What a phone asks its attestation for: see core/attestation.hpp. An error if event_type has a line break.
Digest event_request_hash(const AccountKey& account, std::string_view event_type, TimestampTz event_time,
                          std::string_view nonce);

}  // namespace rewards::pg
