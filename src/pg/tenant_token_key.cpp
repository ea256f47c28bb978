#include "pg/tenant_token_key.hpp"

#include "pg/key_ring.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

struct Kept {
    TokenKey key;
    KeyState state;
};

// A key has one place to be in: who comes later takes it. Unknown keys are not kept.
std::array<Kept, 8> kept{};
std::uint64_t changes = 0;

void forget_states() {
    ++changes;
    kept.fill({});
}

enum : std::uint8_t { key_id, slot, created_at, created_by, retired_at, retired_by };
enum : std::size_t { by_key };
constexpr Column columns[] = {{"key_id", INT4OID},
                              {"slot", INT2OID},
                              {"created_at", TIMESTAMPTZOID},
                              {"created_by", TEXTOID},
                              {"retired_at", TIMESTAMPTZOID},
                              {"retired_by", TEXTOID}};
constexpr Lookup lookups[] = {{1, {key_id}, true}};
TableLayout layout{"token_keys", columns, lookups, forget_states};

Datum id_datum(std::uint32_t id) { return Int32GetDatum(static_cast<std::int32_t>(id)); }

TokenKey key_in(const Table& table) {
    return {static_cast<std::uint32_t>(DatumGetInt32(value(table, key_id))),
            static_cast<std::uint8_t>(DatumGetInt16(value(table, slot)))};
}

bool is_retired(const Table& table) { return optional_value(table, retired_at).has_value(); }

KeyState read_state(const TokenKey& key) {
    KeyState state = KeyState::unknown;
    with_read([&](Write& read) {
        Table& table = open_for_reading(read, layout);
        if (find(table, by_key, {id_datum(key.id)}) && key_in(table) == key)
            state = is_retired(table) ? KeyState::retired : KeyState::in_use;
    });
    return state;
}

struct Newest {
    std::optional<TokenKey> key;  // of all
    std::optional<TokenKey> in_use;
};

Newest newest_keys(Write& write) {
    Newest newest{};
    Table& table = open_for_reading(write, layout);
    scan_range(table, by_key, {}, {}, BackwardScanDirection, [&] {
        if (!newest.key) newest.key = key_in(table);
        if (!is_retired(table)) newest.in_use = key_in(table);
        return !newest.in_use;
    });
    return newest;
}

// Statement triggers do not fire for what is written this way.
void tell_other_backends(const Table& table) { CacheInvalidateRelcache(table.relation); }

TokenKey add_key(Write& write, const Newest& newest) {
    constexpr std::uint32_t last = PG_INT32_MAX;
    if (newest.key && newest.key->id == last)
        ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("there are no more numbers for token keys"));
    const TokenKey key{newest.key ? newest.key->id + 1 : 1, static_cast<std::uint8_t>(issuing_slot())};
    Table& table = open_for_writing(write, layout);
    insert(table, {{key_id, id_datum(key.id)},
                   {slot, Int16GetDatum(key.slot)},
                   {created_at, TimestampTzGetDatum(GetCurrentTimestamp())},
                   {created_by, to_datum(std::string_view(current_actor()))}});
    tell_other_backends(table);
    return key;
}

// One at a time, and each sees what the one before has committed.
template <typename Body>
void with_locked_keys(const char* function, Body body) {
    with_write(function, [&](Write& write) {
        Relation lock = open_table(layout, ShareRowExclusiveLock);
        body(write);
        table_close(lock, NoLock);
    });
}

TokenKey first_key() {
    std::optional<TokenKey> first;
    with_locked_keys("issue_company_token()", [&](Write& write) {
        const Newest newest = newest_keys(write);
        first = newest.in_use ? *newest.in_use : add_key(write, newest);
    });
    return *first;
}

void retire(Write& write, std::int32_t id) {
    Table& table = open_for_writing(write, layout);
    if (!lock_row(table, by_key, {Int32GetDatum(id)}))
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no token key %d", id),
                errhint("See rewards.token_keys."));
    if (is_retired(table))
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("token key %d is retired already", id),
                errhint("See rewards.token_keys for when and by whom."));
    update(table, {{retired_at, TimestampTzGetDatum(GetCurrentTimestamp())},
                   {retired_by, to_datum(std::string_view(current_actor()))}});
    tell_other_backends(table);
}

}  // namespace

KeyState state_of(const TokenKey& key) {
    if (key.id == 0 || key.id > PG_INT32_MAX) return KeyState::unknown;
    Kept& place = kept[key.id % kept.size()];
    if (place.state != KeyState::unknown && place.key == key) return place.state;
    const std::uint64_t changes_before = changes;
    const KeyState state = read_state(key);
    // What changed while it was read is not worth keeping.
    if (changes == changes_before) place = {key, state};
    return state;
}

TokenKey key_for_new_tokens() {
    Newest newest{};
    with_read([&](Write& read) { newest = newest_keys(read); });
    if (!newest.key) return first_key();
    if (!newest.in_use)
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("all token keys are retired"),
                errhint("SELECT rewards.rotate_token_key() makes another."));
    return *newest.in_use;
}

void hold_token_keys() { table_close(open_table(layout, ShareLock), NoLock); }

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_rotate_token_key) {
    using namespace rewards::pg;
    (void)fcinfo;
    require_no_company("rotate a token key");
    std::uint32_t id = 0;
    with_locked_keys("rotate_token_key()", [&](Write& write) { id = add_key(write, newest_keys(write)).id; });
    PG_RETURN_INT32(static_cast<std::int32_t>(id));
}

SQL_FUNCTION(rewards_retire_token_key) {
    using namespace rewards::pg;
    const std::int32_t id = DatumGetInt32(Arguments{fcinfo}.required(0, "key_id"));
    require_no_company("retire a token key");
    with_write("retire_token_key()", [&](Write& write) { retire(write, id); });
    PG_RETURN_VOID();
}
}
