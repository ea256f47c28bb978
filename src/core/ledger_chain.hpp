// How are the entries of an account chained, so that none can be changed, removed or slipped in? And those of the audit
// log hashed, which follow none?
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace rewards {

enum class EntryKind : std::uint8_t { event = 1, status = 2, audit = 3 };

struct EntryField {
    enum class Form : std::uint8_t { null = 0, number = 1, uuid = 2, text = 3 };

    Form form = Form::null;
    std::int64_t number = 0;
    std::string_view bytes{};

    static constexpr EntryField of(std::int64_t number) noexcept { return {Form::number, number, {}}; }
    static constexpr EntryField of_text(std::string_view text) noexcept { return {Form::text, 0, text}; }
    // The uuid has to outlive the field.
    static EntryField of(const Uuid& uuid) noexcept {
        return {Form::uuid, 0, {reinterpret_cast<const char*>(uuid.data()), uuid.size()}};
    }
};

// What the first entry of an account follows: it ties the chain to whose it is.
Result<Digest> chain_start(const Uuid& company, const Uuid& user) noexcept;

// SHA-256 of: the previous hash; the kind, one byte; then each field as one byte for its form and its
// value: nothing for null, 8 bytes big-endian for a number, 16 for a uuid, and for text 4 bytes of
// length and the text. Injective.
Result<Digest> entry_hash(const Digest& previous, EntryKind kind, std::span<const EntryField> fields) noexcept;

}  // namespace rewards
