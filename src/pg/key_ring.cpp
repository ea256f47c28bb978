#include "pg/key_ring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/key_file.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

KeyRing* ring = nullptr;
bool is_stale = true;
bool is_recorded = false;  // the newest slot, in coupon_keys
char* configured_path = nullptr;

void forget_keys() { is_stale = true; }
void path_changed(const char*, void*) { is_stale = true; }

enum : std::uint8_t { slot_number, fingerprint_bytes, created_at };
enum : std::size_t { by_slot };
constexpr Column columns[] = {{"slot", INT2OID}, {"fingerprint", BYTEAOID}, {"created_at", TIMESTAMPTZOID}};
constexpr Lookup lookups[] = {{1, {slot_number}, true}};
TableLayout layout{"coupon_keys", columns, lookups, forget_keys};

const char* key_path() {
    if (configured_path == nullptr || *configured_path == '\0') return psprintf("%s/pg_rewards.keys", DataDir);
    return is_absolute_path(configured_path) ? configured_path : psprintf("%s/%s", DataDir, configured_path);
}

struct KeyText {
    std::array<char, 8192> text;
    std::size_t size;
};

// Where the file lies is for the server's log, not for every client.
int log_path(const char* path) { return errdetail_log("The file is \"%s\" (rewards.key_file).", path); }

int hint_to_restore() {
    return errhint(
        "Put back the key file that belongs to this database. Nothing is lost: its coupons and tokens work again with "
        "it.");
}

[[noreturn]] void raise_file(const char* action, const char* path) {
    ereport(ERROR, errcode_for_file_access(), errmsg("could not %s the key file: %m", action), log_path(path));
    pg_unreachable();
}

void require_private(const struct stat& status, const char* path) {
    if (!S_ISREG(status.st_mode))
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is not a regular file"), log_path(path),
                hint_to_restore());
    if (status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
                errmsg("the key file is accessible to others than the server"), log_path(path),
                errhint("Whoever reads this file can compute every coupon code and enter every company: give it to the "
                        "server's user with mode 0600, "
                        "and if others may have read it, replace the key."));
    if (static_cast<std::size_t>(status.st_size) > sizeof(KeyText::text))
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is too large"), log_path(path),
                hint_to_restore());
}

// False when there is no such file.
bool read_key_text(const char* path, KeyText& key) {
    const int file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
    if (file < 0 && errno == ENOENT) return false;
    if (file < 0) raise_file("open", path);
    struct stat status;
    if (fstat(file, &status) != 0) raise_file("examine", path);
    require_private(status, path);
    const ssize_t size = read(file, key.text.data(), key.text.size());
    if (size < 0) raise_file("read", path);
    key.size = static_cast<std::size_t>(size);
    CloseTransientFile(file);
    return true;
}

// Written whole under another name and then linked, which fails when another backend was first.
void create_key_file(const char* path) {
    const char* draft = psprintf("%s.new.%d", path, MyProcPid);
    Master master;
    std::array<char, key_file_size_max> text;
    if (!pg_strong_random(master.data(), master.size()))
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate a key"));
    const std::size_t size = format_key_file(master, text);
    explicit_bzero(master.data(), master.size());

    unlink(draft);
    const int file = OpenTransientFilePerm(draft, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, S_IRUSR | S_IWUSR);
    const bool is_written =
        file >= 0 && write(file, text.data(), size) == static_cast<ssize_t>(size) && pg_fsync(file) == 0;
    explicit_bzero(text.data(), text.size());
    if (!is_written) {
        const int reason = errno != 0 ? errno : ENOSPC;
        unlink(draft);
        errno = reason;
        raise_file("write", draft);
    }
    CloseTransientFile(file);
    const bool is_linked = link(draft, path) == 0 || errno == EEXIST;
    const int reason = errno;
    unlink(draft);
    errno = reason;
    if (!is_linked) raise_file("create", path);
    char* folder = pstrdup(path);
    get_parent_directory(folder);
    fsync_fname(folder, true);
    ereport(LOG, errmsg("created key file \"%s\"", path), errhint("Keep a copy of it outside of this server."));
}

struct Fingerprints {
    std::uint64_t count;
    unsigned slots[slot_count];
    KeyFingerprint prints[slot_count];
};

Fingerprints recorded_fingerprints(Relation keys) {
    Fingerprints recorded{};
    PushActiveSnapshot(GetLatestSnapshot());
    as_owner(keys, [&] {
        SPI_connect();
        if (SPI_execute("SELECT slot, fingerprint FROM rewards.coupon_keys", true, slot_count) != SPI_OK_SELECT)
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not read coupon_keys"));
        for (recorded.count = 0; recorded.count < SPI_processed; ++recorded.count) {
            const HeapTuple row = SPI_tuptable->vals[recorded.count];
            bool is_null;
            recorded.slots[recorded.count] =
                static_cast<unsigned>(DatumGetInt16(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &is_null)));
            const std::string_view print = bytes_view(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &is_null));
            std::memcpy(recorded.prints[recorded.count].data(), print.data(), std::tuple_size_v<KeyFingerprint>);
        }
        SPI_finish();
    });
    PopActiveSnapshot();
    return recorded;
}

// Other backends may hold the keys of a file that had no such slot: they have to read it again.
void record_fingerprint(Relation keys, unsigned slot, const KeyFingerprint& print) {
    with_write("the first use of a key", [&](Write& write) {
        Table& table = open_for_writing(write, layout);
        insert_if_new(table, by_slot,
                      {{slot_number, Int16GetDatum(static_cast<std::int16_t>(slot))},
                       {fingerprint_bytes, bytea_datum(print)},
                       {created_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
    });
    CacheInvalidateRelcache(keys);
}

bool has_fingerprint(const Fingerprints& recorded, unsigned slot) {
    return std::find(recorded.slots, recorded.slots + recorded.count, slot) != recorded.slots + recorded.count;
}

void require_known_keys(const KeyRing& keys, const Fingerprints& recorded, const char* path) {
    for (std::uint64_t one = 0; one < recorded.count; ++one) {
        const unsigned slot = recorded.slots[one];
        if (has_slot(keys, slot) && value_or_raise(key_fingerprint(keys, slot)) == recorded.prints[one]) continue;
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("the key file does not hold the key that this database used in slot %u", slot), log_path(path),
                hint_to_restore());
    }
}

KeyRing* read_key_file(const char* path, bool may_create, bool is_first_use) {
    KeyText key;
    bool is_there = read_key_text(path, key);
    if (!is_there && is_first_use && may_create) {
        create_key_file(path);
        is_there = read_key_text(path, key);
    }
    if (!is_there)
        ereport(
            ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the key file does not exist"),
            log_path(path),
            is_first_use
                ? errhint("The first call of rewards.redeem_coupon() or issue_company_token() creates it.")
                : errhint("Coupons or tokens of this database were made with it: put it back from your backup, or set "
                          "rewards.key_file to where it is. Nothing is lost meanwhile."));
    const Result<KeyRing*> opened = open_key_ring({key.text.data(), key.size});
    explicit_bzero(&key, sizeof key);
    if (!opened.ok())
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is not usable: %s", opened.error.text),
                log_path(path), hint_to_restore());
    return opened.value;
}

void load_keys(bool may_create) {
    Relation keys = open_table(layout, AccessShareLock);
    const char* path = key_path();
    Fingerprints recorded = recorded_fingerprints(keys);
    KeyRing* fresh = read_key_file(path, may_create, recorded.count == 0);
    close_key_ring(ring);
    ring = fresh;
    is_stale = true;
    require_known_keys(*ring, recorded, path);
    const unsigned slot = newest_slot(*ring);
    if (may_create && !has_fingerprint(recorded, slot)) {
        record_fingerprint(keys, slot, value_or_raise(key_fingerprint(*ring, slot)));
        recorded = recorded_fingerprints(keys);
        require_known_keys(*ring, recorded, path);  // somebody else may have been first, with another key
    }
    table_close(keys, NoLock);
    is_recorded = has_fingerprint(recorded, slot);
    is_stale = false;
}

}  // namespace

KeyRing& key_ring(bool may_create) {
    if (is_stale || (may_create && !is_recorded)) load_keys(may_create);
    return *ring;
}

KeyRing& key_ring_anew() {
    forget_keys();
    return key_ring(true);
}

void define_key_settings() {
    DefineCustomStringVariable("rewards.key_file", "File with the master keys of coupon codes and company tokens.",
                               "Empty: pg_rewards.keys in the data directory, created at the first use.",
                               &configured_path, "", PGC_SUSET, GUC_SUPERUSER_ONLY, nullptr, path_changed, nullptr);
}

}  // namespace rewards::pg
