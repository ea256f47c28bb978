#include "pg/coupon_guess_memory.hpp"

#include "core/nonce.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

// Who is meant, whatever its name's length: databases and companies cannot be confused.
struct Key {
    Oid database;
    SuspectKind kind;
    Uuid company;
    Digest name;

    friend bool operator==(const Key&, const Key&) = default;
};
static_assert(std::has_unique_object_representations_v<Key>, "its bytes are hashed");

constexpr std::size_t shown_name_length = 63;

// A slot whose guesses are forgotten is free; so is one of zeros.
struct Slot {
    Key key;
    TimestampTz forgotten_at;
    char shown_name[shown_name_length + 1];
};

// A suspect has its place in one set. Small sets make looking and evicting cheap, and a full one is full by chance alone
// long before the others.
constexpr int slots_in_set = 16;

struct Memory {
    LWLock* lock;
    std::uint32_t set_count;
};

static_assert(sizeof(Slot) == 128, "the description of rewards.guess_slots says so");

constexpr const char* memory_name = "pg_rewards guesses";

int configured_slots = 8192;
Memory* memory = nullptr;
shmem_request_hook_type request_memory_of_others = nullptr;
shmem_startup_hook_type start_memory_of_others = nullptr;

std::uint32_t configured_sets() { return static_cast<std::uint32_t>((configured_slots - 1) / slots_in_set + 1); }

Size memory_size() {
    return add_size(MAXALIGN(sizeof(Memory)), mul_size(configured_sets(), slots_in_set * sizeof(Slot)));
}

std::span<Slot> all_slots() {
    auto* first = reinterpret_cast<Slot*>(reinterpret_cast<char*>(memory) + MAXALIGN(sizeof(Memory)));
    return {first, std::size_t{memory->set_count} * slots_in_set};
}

void request_memory() {
    if (request_memory_of_others != nullptr) request_memory_of_others();
    RequestAddinShmemSpace(memory_size());
    RequestNamedLWLockTranche(memory_name, 1);
}

void start_memory() {
    if (start_memory_of_others != nullptr) start_memory_of_others();
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool is_there;
    memory = static_cast<Memory*>(ShmemInitStruct(memory_name, memory_size(), &is_there));
    if (!is_there) {
        std::memset(memory, 0, memory_size());
        *memory = {&GetNamedLWLockTranche(memory_name)->lock, configured_sets()};
    }
    LWLockRelease(AddinShmemInitLock);
}

Key key_of(const Uuid& company, SuspectKind kind, std::string_view name) {
    const rewards::Field fields[] = {{name, false}};
    return {MyDatabaseId, kind, company, value_or_raise(fingerprint(fields))};
}

std::span<Slot> set_of(const Key& key) {
    const std::uint32_t hash = hash_bytes(reinterpret_cast<const unsigned char*>(&key), sizeof(Key));
    return all_slots().subspan(std::size_t{hash % memory->set_count} * slots_in_set, slots_in_set);
}

Slot* find_slot(std::span<Slot> set, const Key& key) {
    const auto found = std::ranges::find(set, key, &Slot::key);
    return found == set.end() ? nullptr : &*found;
}

// What is forgotten weighs nothing. Companies stay to the last: nobody can have many of them, but who would hide an
// attack can have many names.
std::pair<bool, TimestampTz> guilt_of(const Slot& slot, TimestampTz now) {
    if (slot.forgotten_at <= now) return {false, 0};
    return {slot.key.kind == SuspectKind::company, slot.forgotten_at};
}

Slot& evict_least_guilty(std::span<Slot> set, TimestampTz now) {
    return *std::ranges::min_element(set, {}, [now](const Slot& slot) { return guilt_of(slot, now); });
}

Slot& take_slot(const Key& key, std::string_view name, TimestampTz now) {
    const std::span<Slot> set = set_of(key);
    if (Slot* known = find_slot(set, key)) return *known;
    Slot& slot = evict_least_guilty(set, now);
    slot = {key, now, {}};
    const int length = pg_mbcliplen(name.data(), static_cast<int>(name.size()), shown_name_length);
    std::memcpy(slot.shown_name, name.data(), static_cast<std::size_t>(length));
    return slot;
}

// The bracket around looking and changing. Keys are made before it: nothing that may fail is done while others wait.
template <typename Body>
void with_memory(LWLockMode mode, Body body) {
    LWLockAcquire(memory->lock, mode);
    body();
    LWLockRelease(memory->lock);
}

}  // namespace

bool has_guess_memory() { return memory != nullptr; }

void recall_from_memory(const Uuid& company, std::span<Suspect> suspects) {
    for (Suspect& suspect : suspects) {
        const Key key = key_of(company, suspect.kind, suspect.name);
        with_memory(LW_SHARED, [&] {
            const Slot* slot = find_slot(set_of(key), key);
            suspect.forgotten_at = slot == nullptr ? never_guessed : slot->forgotten_at;
        });
    }
}

void count_in_memory(const Uuid& company, std::span<Suspect> suspects, TimestampTz now) {
    for (Suspect& suspect : suspects) {
        const Key key = key_of(company, suspect.kind, suspect.name);
        with_memory(LW_EXCLUSIVE, [&] {
            Slot& slot = take_slot(key, suspect.name, now);
            slot.forgotten_at = add_guess(suspect.limit, slot.forgotten_at, now);
            suspect.forgotten_at = slot.forgotten_at;
        });
    }
}

bool forget_in_memory(const Uuid& company, SuspectKind kind, std::string_view name, TimestampTz now) {
    const Key key = key_of(company, kind, name);
    bool is_forgotten = false;
    with_memory(LW_EXCLUSIVE, [&] {
        Slot* slot = find_slot(set_of(key), key);
        if (slot == nullptr || slot->forgotten_at <= now) return;
        slot->forgotten_at = now;
        is_forgotten = true;
    });
    return is_forgotten;
}

List* list_in_memory(const Uuid& company, TimestampTz now) {
    List* found = NIL;
    with_memory(LW_SHARED, [&] {
        for (const Slot& slot : all_slots()) {
            if (slot.forgotten_at <= now || slot.key.database != MyDatabaseId || slot.key.company != company) continue;
            auto* suspect = static_cast<Suspect*>(palloc(sizeof(Suspect)));
            *suspect = {slot.key.kind, pstrdup(slot.shown_name), {}, slot.forgotten_at};
            found = lappend(found, suspect);
        }
    });
    return found;
}

void prepare_guess_memory() {
    const bool is_preloaded = process_shared_preload_libraries_in_progress;
    DefineCustomIntVariable(
        "rewards.guess_slots",
        "How many claimers, devices and companies are remembered for trying codes that do not exist.",
        "Used where shared_preload_libraries has pg_rewards; 128 bytes each.", &configured_slots, 8192, slots_in_set,
        16 * 1024 * 1024, is_preloaded ? PGC_POSTMASTER : PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
    if (!is_preloaded) return;
    request_memory_of_others = shmem_request_hook;
    shmem_request_hook = request_memory;
    start_memory_of_others = shmem_startup_hook;
    shmem_startup_hook = start_memory;
}

}  // namespace rewards::pg
