#include "pg/vendor_code.hpp"

#include "pg/raise.hpp"

namespace rewards::pg {

namespace vendor_batch {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"number", INT4OID},
    {"template_id", UUIDOID},
    {"label", TEXTOID},
    {"codes", INT4OID},
    {"key_slot", INT2OID},
    {"wrapped_key", BYTEAOID},
    {"expires_at", TIMESTAMPTZOID},
    {"imported_at", TIMESTAMPTZOID},
    {"imported_by", TEXTOID},
    {"shredded_at", TIMESTAMPTZOID},
    {"shredded_by", TEXTOID},
    {"shred_reason", TEXTOID},
};
constexpr Lookup lookups[] = {{1, {id}}, {2, {company_id, number}, true}};
TableLayout layout{"vendor_batches", columns, lookups};
}  // namespace
}  // namespace vendor_batch

namespace vendor_code {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"batch_id", UUIDOID},
    {"ordinal", INT4OID},
    {"template_id", UUIDOID},
    {"code_tag", BYTEAOID},
    {"sealed_code", BYTEAOID},
    {"expires_at", TIMESTAMPTZOID},
    {"status", TEXTOID},
    {"coupon_id", UUIDOID},
    {"assigned_at", TIMESTAMPTZOID},
    {"revealed_at", TIMESTAMPTZOID},
    {"revealed_by", TEXTOID},
    {"withdrawn_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {
    {1, {id}}, {2, {company_id, code_tag}, true}, {3, {template_id, status, expires_at}}, {2, {batch_id, id}}};
TableLayout layout{"vendor_codes", columns, lookups};
}  // namespace
}  // namespace vendor_code

namespace {

void close_cipher(void* cipher) { close_vendor_cipher(static_cast<VendorCipher*>(cipher)); }

// What was found in the pool: a code that is locked now, or the first one that somebody else has locked.
struct PoolSearch {
    bool is_locked;
    std::optional<Uuid> held;
};

PoolSearch search_pool(Table& codes, const Uuid& template_id) {
    PoolSearch search{};
    const Range unexpired{TimestampTzGetDatum(GetCurrentTimestamp() + 1), std::nullopt};
    scan_range(codes, vendor_code::by_pool, {to_datum(template_id), to_datum(std::string_view("available"))}, unexpired,
               ForwardScanDirection, [&] {
                   const Uuid id = uuid_of(value(codes, vendor_code::id));
                   const bool is_mine = lock_row(codes, vendor_code::by_id, {to_datum(id)}, LockWaitSkip);
                   search.is_locked = is_mine && has_status(codes, "available");
                   if (!is_mine && !search.held) search.held = id;
                   return !search.is_locked;
               });
    return search;
}

unsigned slot_of_batch(Write& write, const Uuid& batch) {
    Table& batches = open_vendor_batches(write);
    if (!find(batches, vendor_batch::by_id, {to_datum(batch)}))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the batch of a vendor code is gone"),
                errhint("Restore rewards.vendor_batches from a backup."));
    return batch_of(batches).slot;
}

LockedVendorCode read_locked(Write& write, const Table& codes) {
    LockedVendorCode code{};
    code.id = uuid_of(value(codes, vendor_code::id));
    code.slot = slot_of_batch(write, uuid_of(value(codes, vendor_code::batch_id)));
    code.tag = digest_of(value(codes, vendor_code::code_tag)).value_or(Digest{});
    const TimestampTz expires_at = DatumGetTimestampTz(value(codes, vendor_code::expires_at));
    if (!TIMESTAMP_NOT_FINITE(expires_at)) code.expires_at = expires_at;
    return code;
}

}  // namespace

Table& open_vendor_batches(Write& write) { return open_for_writing(write, vendor_batch::layout); }
Table& open_vendor_codes(Write& write) { return open_for_writing(write, vendor_code::layout); }

bool has_status(const Table& codes, std::string_view status) {
    return text_view(value(codes, vendor_code::status)) == status;
}

VendorBatch batch_of(const Table& batches) {
    return {uuid_of(value(batches, vendor_batch::company_id)), uuid_of(value(batches, vendor_batch::id)),
            static_cast<unsigned>(DatumGetInt16(value(batches, vendor_batch::key_slot)))};
}

VendorCipher& keep(const Result<VendorCipher*>& cipher) {
    VendorCipher* opened = value_or_raise(cipher);
    auto* at_end =
        static_cast<MemoryContextCallback*>(MemoryContextAllocZero(CurrentMemoryContext, sizeof(MemoryContextCallback)));
    at_end->func = close_cipher;
    at_end->arg = opened;
    MemoryContextRegisterResetCallback(CurrentMemoryContext, at_end);
    return *opened;
}

std::optional<LockedVendorCode> lock_vendor_code(Write& write, const Uuid& template_id) {
    Table& codes = open_vendor_codes(write);
    for (;;) {
        const PoolSearch search = search_pool(codes, template_id);
        if (search.is_locked) return read_locked(write, codes);
        if (!search.held) return std::nullopt;
        // Whoever holds it takes it or gives it up; the others that are held may have come free meanwhile.
        if (lock_row(codes, vendor_code::by_id, {to_datum(*search.held)}) && has_status(codes, "available"))
            return read_locked(write, codes);
        CHECK_FOR_INTERRUPTS();
    }
}

IssuedCode assign_vendor_code(Write& write, const LockedVendorCode& code, const Uuid& coupon, TimestampTz now) {
    Table& codes = open_vendor_codes(write);
    if (!lock_row(codes, vendor_code::by_id, {to_datum(code.id)}))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("a vendor code is gone that was locked"));
    update(codes, {{vendor_code::status, to_datum(std::string_view("assigned"))},
                   {vendor_code::coupon_id, to_datum(coupon)},
                   {vendor_code::assigned_at, TimestampTzGetDatum(now)}});
    std::array<std::uint8_t, sizeof(Digest) + sizeof(Uuid)> tag_and_coupon;
    std::ranges::copy(coupon, std::ranges::copy(code.tag, tag_and_coupon.begin()).out);
    return {{code.slot, 0, 0, 0, coupon}, {}, value_or_raise(sha256(tag_and_coupon))};
}

}  // namespace rewards::pg
