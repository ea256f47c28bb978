#include "core/ledger_chain.hpp"

#include "core/hashing.hpp"

namespace rewards {

namespace {

// Names the layout: stored hashes outlive the code, so another layout needs another tag.
constexpr std::string_view layout_tag = "pg_rewards account v1";

constexpr Error hashing_failed{Fault::crypto, "could not compute the hash of a ledger entry"};

void add_field(Gathered& gathered, const EntryField& field) noexcept {
    gathered.add(big_endian(static_cast<std::uint8_t>(field.form)));
    switch (field.form) {
        case EntryField::Form::null: break;
        case EntryField::Form::number: gathered.add(big_endian(static_cast<std::uint64_t>(field.number))); break;
        case EntryField::Form::text:
            gathered.add(big_endian(static_cast<std::uint32_t>(field.bytes.size())));
            [[fallthrough]];
        case EntryField::Form::uuid: gathered.add(bytes_of(field.bytes)); break;
    }
}

}  // namespace

Result<Digest> chain_start(const Uuid& company, const Uuid& user) noexcept {
    Result<Digest> start;
    if (!Hashing(sha256_algorithm()).add(bytes_of(layout_tag)).add(company).add(user).finish(start.value))
        start.error = hashing_failed;
    return start;
}

Result<Digest> entry_hash(const Digest& previous, EntryKind kind, std::span<const EntryField> fields) noexcept {
    Hashing hashing(sha256_algorithm());
    Gathered gathered(hashing);
    gathered.add(previous);
    gathered.add(big_endian(static_cast<std::uint8_t>(kind)));
    for (const EntryField& field : fields) add_field(gathered, field);
    gathered.flush();

    Result<Digest> hash;
    if (!hashing.finish(hash.value)) hash.error = hashing_failed;
    return hash;
}

}  // namespace rewards
