#include "pg/vendor_code.hpp"

#include "pg/raise.hpp"
#include "pg/uuid.hpp"

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
    {"id", UUIDOID},           {"company_id", UUIDOID},          {"batch_id", UUIDOID},
    {"ordinal", INT4OID},      {"template_id", UUIDOID},         {"code_tag", BYTEAOID},
    {"sealed_code", BYTEAOID}, {"expires_at", TIMESTAMPTZOID},   {"status", TEXTOID},
    {"coupon_id", UUIDOID},    {"assigned_at", TIMESTAMPTZOID},  {"revealed_at", TIMESTAMPTZOID},
    {"revealed_by", TEXTOID},  {"withdrawn_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {
    {1, {id}}, {2, {company_id, code_tag}, true}, {3, {template_id, status, expires_at}}, {2, {batch_id, id}}};
TableLayout layout{"vendor_codes", columns, lookups};
}  // namespace
}  // namespace vendor_code

namespace {

void close_cipher(void* cipher) { close_vendor_cipher(static_cast<VendorCipher*>(cipher)); }

// Codes that can be handed out, the soonest expiring first.
template <typename Body>
void for_each_available(Table& codes, const Uuid& template_id, Body body) {
    const Range unexpired{TimestampTzGetDatum(GetCurrentTimestamp() + 1), std::nullopt};
    scan_range(codes, vendor_code::by_pool, {to_datum(template_id), to_datum(std::string_view("available"))}, unexpired,
               ForwardScanDirection, body);
}

// A code that is locked now or, failing that, the first that somebody else has locked.
struct PoolSearch {
    bool is_locked;
    std::optional<Uuid> held;
};

PoolSearch lock_available(Table& codes, const Uuid& template_id) {
    PoolSearch search{};
    for_each_available(codes, template_id, [&] {
        const Uuid id = uuid_of(value(codes, vendor_code::id));
        const bool is_mine = lock_row(codes, vendor_code::by_id, {to_datum(id)}, LockWaitSkip);
        search.is_locked = is_mine && has_status(codes, "available");
        if (!is_mine && !search.held) search.held = id;
        return !search.is_locked;
    });
    return search;
}

// What a coupon keeps in place of a code's tag is of that coupon and the vendor's code: one that came back may go to
// the same member again.
IssuedCode issued_as(const Uuid& coupon, unsigned slot, const Digest& vendor_tag) {
    std::array<std::uint8_t, sizeof(Digest) + sizeof(Uuid)> tag_and_coupon;
    std::ranges::copy(coupon, std::ranges::copy(vendor_tag, tag_and_coupon.begin()).out);
    return {{slot, 0, 0, 0, coupon}, {}, value_or_raise(sha256(tag_and_coupon))};
}

TakenVendorCode take_found(Write& write, Table& codes, TimestampTz now) {
    Table& batches = open_vendor_batches(write);
    find_batch_of(codes, batches);
    TakenVendorCode taken{};
    taken.id = uuid_of(value(codes, vendor_code::id));
    taken.coupon = new_uuid(now);
    const Digest tag = digest_of(value(codes, vendor_code::code_tag)).value_or(Digest{});
    taken.issued = issued_as(taken.coupon, batch_of(batches).slot, tag);
    const TimestampTz expires_at = DatumGetTimestampTz(value(codes, vendor_code::expires_at));
    if (!TIMESTAMP_NOT_FINITE(expires_at)) taken.expires_at = expires_at;
    update(codes, {{vendor_code::status, to_datum(std::string_view("assigned"))},
                   {vendor_code::coupon_id, to_datum(taken.coupon)},
                   {vendor_code::assigned_at, TimestampTzGetDatum(now)}});
    return taken;
}

bool is_of_coupon(const Table& codes, const Uuid& coupon) {
    const std::optional<Datum> id = optional_value(codes, vendor_code::coupon_id);
    return id && uuid_of(*id) == coupon;
}

bool can_be_assigned_again(Write& write, const Table& codes) {
    Table& batches = open_vendor_batches(write);
    find_batch_of(codes, batches);
    return has_status(codes, "assigned") && !optional_value(batches, vendor_batch::shredded_at);
}

}  // namespace

Table& open_vendor_batches(Write& write) { return open_for_reading(write, vendor_batch::layout); }
Table& open_vendor_batches_to_write(Write& write) { return open_for_writing(write, vendor_batch::layout); }
Table& open_vendor_codes(Write& write) { return open_for_writing(write, vendor_code::layout); }

void hold_vendor_batches() { table_close(open_table(vendor_batch::layout, ShareLock), NoLock); }

bool has_status(const Table& codes, std::string_view status) {
    return text_view(value(codes, vendor_code::status)) == status;
}

VendorBatch batch_of(const Table& batches) {
    return {uuid_of(value(batches, vendor_batch::company_id)), uuid_of(value(batches, vendor_batch::id)),
            static_cast<unsigned>(DatumGetInt16(value(batches, vendor_batch::key_slot)))};
}

void find_batch_of(const Table& codes, Table& batches) {
    if (!find(batches, vendor_batch::by_id, {value(codes, vendor_code::batch_id)}))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the batch of a vendor code is gone"),
                errhint("Restore rewards.vendor_batches from a backup."));
}

VendorCipher& keep(const Result<VendorCipher*>& cipher) {
    VendorCipher* opened = value_or_raise(cipher);
    auto* at_end = static_cast<MemoryContextCallback*>(
        MemoryContextAllocZero(CurrentMemoryContext, sizeof(MemoryContextCallback)));
    at_end->func = close_cipher;
    at_end->arg = opened;
    MemoryContextRegisterResetCallback(CurrentMemoryContext, at_end);
    return *opened;
}

std::optional<TakenVendorCode> take_vendor_code(Write& write, const Uuid& template_id, TimestampTz now) {
    Table& codes = open_vendor_codes(write);
    for (;;) {
        const PoolSearch search = lock_available(codes, template_id);
        if (search.is_locked) return take_found(write, codes, now);
        if (!search.held) return std::nullopt;
        wait_for_holder(codes, vendor_code::by_id, {to_datum(*search.held)});
        CHECK_FOR_INTERRUPTS();
    }
}

void return_vendor_code(Write& write, const Uuid& id, const Uuid& coupon) {
    Table& codes = open_vendor_codes(write);
    if (!lock_row(codes, vendor_code::by_id, {to_datum(id)}) || !is_of_coupon(codes, coupon)) return;
    if (can_be_assigned_again(write, codes))
        update(codes, {{vendor_code::status, to_datum(std::string_view("available"))},
                       {vendor_code::coupon_id, {}},
                       {vendor_code::assigned_at, {}}});
    else
        update(codes, {{vendor_code::status, to_datum(std::string_view("withdrawn"))},
                       {vendor_code::withdrawn_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
}

std::int64_t left_of_vendor_codes(Write& write, const Uuid& template_id, std::int64_t limit) {
    std::int64_t left = 0;
    for_each_available(open_vendor_codes(write), template_id, [&] { return ++left < limit; });
    return left;
}

}  // namespace rewards::pg
