// What is in the JSON of an attestation verifier? Reading only: nothing here knows accounts or tables.
#pragma once

#include "core/attestation.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

enum class VerdictKind : std::uint8_t { nothing, play_integrity, app_attest };

// Views live as long as the memory context.
struct Verdict {
    VerdictKind kind;  // nothing: JSON null (level none) or not to be used (level invalid)
    AttestationLevel level;
    std::optional<bool> app_recognized;
    std::optional<std::string_view> hash;  // of the request, as the verifier wrote it
    std::string_view token;                // Play Integrity: what tells this token from any other
    std::optional<std::string_view> key;   // App Attest
    std::optional<std::int64_t> counter;   // App Attest
};

// Of either form, by its keys:
//   Play Integrity: the decoded payload, alone or as tokenPayloadExternal
//   App Attest: keyId, counter or signCount, clientDataHash, environment, bundleIdentifier
// with isValid, verified or error beside it where the verifier says so. An error if it is too large to be one.
Verdict read_verdict(Datum verdict, std::int64_t now_milliseconds);

}  // namespace rewards::pg
