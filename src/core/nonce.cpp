#include "core/nonce.hpp"

#include <cstdint>

#include "core/hashing.hpp"

namespace rewards {

namespace {

// Names the layout: stored fingerprints outlive the code, so another layout needs another tag.
constexpr std::string_view layout_tag = "pg_rewards request v1";
constexpr std::uint8_t null_flag[] = {0};
constexpr std::uint8_t value_flag[] = {1};

}  // namespace

Result<Fingerprint> fingerprint(std::span<const Field> fields) noexcept {
    Hashing hashing(sha256_algorithm());
    hashing.add(bytes_of(layout_tag)).add(big_endian(std::uint64_t{fields.size()}));
    for (const Field& field : fields) {
        if (field.is_null)
            hashing.add(null_flag);
        else
            hashing.add(value_flag).add(big_endian(std::uint64_t{field.bytes.size()})).add(bytes_of(field.bytes));
    }

    Result<Fingerprint> print;
    if (!hashing.finish(print.value)) print.error = {Fault::crypto, "could not compute a request fingerprint"};
    return print;
}

}  // namespace rewards
