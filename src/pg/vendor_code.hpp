// Codes that a vendor has made and rewards hands out, each once. They are encrypted; which of them is taken, seen or
// gone is said by their rows, under the lock of which everything about a code is decided.
#pragma once

#include "core/vendor_cipher.hpp"
#include "pg/coupon_code.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

namespace vendor_batch {
enum : std::uint8_t {
    id,
    company_id,
    number,
    template_id,
    label,
    codes,
    key_slot,
    wrapped_key,
    expires_at,
    imported_at,
    imported_by,
    shredded_at,
    shredded_by,
    shred_reason
};
enum : std::size_t { by_id, by_number };
}  // namespace vendor_batch

namespace vendor_code {
enum : std::uint8_t {
    id,
    company_id,
    batch_id,
    ordinal,
    template_id,
    code_tag,
    sealed_code,
    expires_at,
    status,
    coupon_id,
    assigned_at,
    revealed_at,
    revealed_by,
    withdrawn_at
};
// By pool: of a template and status, the soonest expiring first.
enum : std::size_t { by_id, by_tag, by_pool, by_batch };
}  // namespace vendor_code

Table& open_vendor_batches(Write& write);
Table& open_vendor_batches_to_write(Write& write);
Table& open_vendor_codes(Write& write);

// Waits for whoever is importing or shredding, and lets nobody else until the transaction ends.
void hold_vendor_batches();

bool has_status(const Table& codes, std::string_view status);

// What the found batch's codes are encrypted with.
VendorBatch batch_of(const Table& batches);

// The batch of the found code becomes the found one.
void find_batch_of(const Table& codes, Table& batches);

// The cipher, which is closed with the current memory context, however that ends.
VendorCipher& keep(const Result<VendorCipher*>& cipher);

// A code that this transaction has assigned to the coupon that is about to be issued.
struct TakenVendorCode {
    Uuid id;
    Uuid coupon;
    IssuedCode issued;
    std::optional<TimestampTz> expires_at;
};

// Takes the code that expires soonest, for a new coupon. It waits only when others hold all that are left: one who rolls
// back must not leave any behind. Nothing: there is none.
std::optional<TakenVendorCode> take_vendor_code(Write& write, const Uuid& template_id, TimestampTz now);

// Puts the code of a coupon back, unless somebody has seen it, or nobody can read it any more: then it is withdrawn.
void return_vendor_code(Write& write, const Uuid& id, const Uuid& coupon);

// How many could be handed out now; counts no further than to `limit`.
std::int64_t left_of_vendor_codes(Write& write, const Uuid& template_id, std::int64_t limit);

// Tells staff when not more than `low_at` are left: once for each template and open insight, and again when there is
// none left.
void note_low_stock(Write& write, const Uuid& company, const Uuid& template_id, std::int64_t low_at);

}  // namespace rewards::pg
