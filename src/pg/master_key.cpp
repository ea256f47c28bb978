#include "pg/master_key.hpp"

#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

enum : std::uint8_t {
    slot_number,
    kind_name,
    state_name,
    fingerprint_bytes,
    layer_slot,
    next_coupon,
    created_at,
    created_by,
    retired_at,
    retired_by
};
enum : std::size_t { by_slot };
constexpr Column columns[] = {
    {"slot", INT2OID},
    {"kind", TEXTOID},
    {"state", TEXTOID},
    {"fingerprint", BYTEAOID},
    {"layer_slot", INT2OID},
    {"layer_next", UUIDOID},
    {"created_at", TIMESTAMPTZOID},
    {"created_by", TEXTOID},
    {"retired_at", TIMESTAMPTZOID},
    {"retired_by", TEXTOID},
};
constexpr Lookup lookups[] = {{1, {slot_number}, true}};
TableLayout layout{"master_keys", columns, lookups};

Datum slot_datum(unsigned slot) { return Int16GetDatum(static_cast<std::int16_t>(slot)); }

std::string_view name_of(MasterState state) {
    switch (state) {
        case MasterState::issuing: return "issuing";
        case MasterState::verify_only: return "verify_only";
        case MasterState::retired: break;
    }
    return "retired";
}

MasterState state_called(std::string_view name) {
    if (name == name_of(MasterState::issuing)) return MasterState::issuing;
    return name == name_of(MasterState::verify_only) ? MasterState::verify_only : MasterState::retired;
}

MasterKey key_in(const Table& table) {
    MasterKey key{};
    key.kind = text_view(value(table, kind_name)) == "legacy" ? KeyKind::legacy : KeyKind::derived;
    key.state = state_called(text_view(value(table, state_name)));
    const std::string_view print = bytes_view(value(table, fingerprint_bytes));
    std::memcpy(key.fingerprint.data(), print.data(), std::min(print.size(), key.fingerprint.size()));
    if (const auto layer = optional_value(table, layer_slot))
        key.layer = static_cast<std::uint8_t>(DatumGetInt16(*layer));
    return key;
}

Table& lock_slot(Write& write, unsigned slot) {
    Table& table = open_for_writing(write, layout);
    if (!lock_row(table, by_slot, {slot_datum(slot)})) raise_unused_slot(slot);
    return table;
}

// Statement triggers do not fire for what is written this way.
void tell_other_backends(const Table& table) { CacheInvalidateRelcache(table.relation); }

}  // namespace

MasterKeys read_master_keys() {
    MasterKeys keys{};
    with_read([&](Write& read) {
        Table& table = open_for_reading(read, layout);
        for_each(table, by_slot, {}, [&] {
            const auto slot = static_cast<unsigned>(DatumGetInt16(value(table, slot_number)));
            keys.slots[slot] = key_in(table);
            if (keys.slots[slot].state == MasterState::issuing) keys.issuing = slot;
            return true;
        });
    });
    return keys;
}

std::bitset<slot_count> slots_in_use(const MasterKeys& keys) {
    std::bitset<slot_count> used;
    for (unsigned slot = 0; slot < slot_count; ++slot) used[slot] = keys.slots[slot].kind != KeyKind::none;
    return used;
}

void lock_master_keys(Write&) { table_close(open_table(layout, ShareRowExclusiveLock), NoLock); }

void add_master_key(Write& write, unsigned slot, const MasterKey& key) {
    Table& table = open_for_writing(write, layout);
    insert(table, {{slot_number, slot_datum(slot)},
                   {kind_name, to_datum(std::string_view(key.kind == KeyKind::legacy ? "legacy" : "derived"))},
                   {state_name, to_datum(name_of(key.state))},
                   {fingerprint_bytes, bytea_datum(key.fingerprint)},
                   {layer_slot, key.layer ? RowField(slot_datum(*key.layer)) : RowField()},
                   {created_at, TimestampTzGetDatum(GetCurrentTimestamp())},
                   {created_by, to_datum(std::string_view(current_actor()))}});
    tell_other_backends(table);
}

void set_state(Write& write, unsigned slot, MasterState state) {
    Table& table = lock_slot(write, slot);
    const bool retires = state == MasterState::retired;
    update(table, {{state_name, to_datum(name_of(state))},
                   {retired_at, retires ? RowField(TimestampTzGetDatum(GetCurrentTimestamp())) : RowField()},
                   {retired_by, retires ? RowField(to_datum(std::string_view(current_actor()))) : RowField()}});
    tell_other_backends(table);
}

void set_layer(Write& write, unsigned slot, unsigned layer) {
    Table& table = lock_slot(write, slot);
    update(table, {{layer_slot, slot_datum(layer)}});
    tell_other_backends(table);
}

std::optional<Uuid> next_to_layer(Write& write, unsigned slot) {
    const auto coupon = optional_value(lock_slot(write, slot), next_coupon);
    return coupon ? std::optional(uuid_of(*coupon)) : std::nullopt;
}

void set_next_to_layer(Write& write, unsigned slot, const std::optional<Uuid>& coupon) {
    update(lock_slot(write, slot), {{next_coupon, field_of(coupon)}});
}

unsigned slot_argument(const Arguments& arguments, int index) {
    constexpr auto last = static_cast<std::int32_t>(slot_count) - 1;
    const std::int32_t slot = DatumGetInt32(arguments.required(index, "slot"));
    if (slot < 0 || slot > last)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("slot must be between 0 and %d", last));
    return static_cast<unsigned>(slot);
}

void raise_unused_slot(unsigned slot) {
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("this database has used no key in slot %u", slot),
            errhint("See rewards.master_keys."));
    pg_unreachable();
}

void require_no_company(const char* what) {
    if (is_sealed())
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("a company cannot %s", what),
                errhint("Keys are those of all companies: call this in a transaction that has no company context."));
}

void watch_master_keys(void (*forget)()) { layout.when_changed = forget; }

}  // namespace rewards::pg
