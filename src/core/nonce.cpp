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
    Gathered gathered(hashing);
    gathered.add(bytes_of(layout_tag));
    gathered.add(big_endian(std::uint64_t{fields.size()}));
    for (const Field& field : fields) {
        gathered.add(field.is_null ? null_flag : value_flag);
        if (field.is_null) continue;
        gathered.add(big_endian(std::uint64_t{field.bytes.size()}));
        gathered.add(bytes_of(field.bytes));
    }
    gathered.flush();

    Result<Fingerprint> print;
    if (!hashing.finish(print.value)) print.error = {Fault::crypto, "could not compute a request fingerprint"};
    return print;
}

}  // namespace rewards
