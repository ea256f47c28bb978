#include "pg/key_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

char* configured_path = nullptr;
void (*tell_of_path)() = nullptr;

void path_changed(const char*, void*) { tell_of_path(); }

// All slots with legacy secrets of the greatest length, and comments.
struct KeyText {
    std::array<char, 16384> text;
    std::size_t size;

    std::string_view view() const { return {text.data(), size}; }
    void wipe() { explicit_bzero(this, sizeof *this); }
};

[[noreturn]] void raise_file(const char* action, const char* path) {
    ereport(ERROR, errcode_for_file_access(), errmsg("could not %s the key file: %m", action), log_key_path(path));
    pg_unreachable();
}

struct stat require_private(int file, const char* path) {
    struct stat status;
    if (fstat(file, &status) != 0) raise_file("examine", path);
    if (!S_ISREG(status.st_mode))
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is not a regular file"),
                log_key_path(path), hint_to_restore_keys());
    if (status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
                errmsg("the key file is accessible to others than the server"), log_key_path(path),
                errhint("Whoever reads this file can compute every coupon code and enter every company: give it to the "
                        "server's user with mode 0600, "
                        "and if others may have read it, replace the key."));
    if (static_cast<std::size_t>(status.st_size) > sizeof(KeyText::text))
        ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is too large"), log_key_path(path),
                hint_to_restore_keys());
    return status;
}

void read_key_text(int file, const char* path, KeyText& key) {
    const ssize_t size = read(file, key.text.data(), key.text.size());
    if (size < 0) raise_file("read", path);
    key.size = static_cast<std::size_t>(size);
}

[[noreturn]] void raise_unusable(const Error& error, const char* path) {
    ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("the key file is not usable: %s", error.text),
            log_key_path(path), hint_to_restore_keys());
    pg_unreachable();
}

// A file is written whole under another name first: nobody ever finds half of one.
struct Draft {
    const char* path;
    int file;
};

Draft open_draft(const char* path, mode_t mode) {
    const char* name = psprintf("%s.new.%d", path, MyProcPid);
    unlink(name);
    return {name, OpenTransientFilePerm(name, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, mode)};
}

bool write_draft(const Draft& draft, std::string_view text) {
    errno = 0;
    const bool is_written =
        write(draft.file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && pg_fsync(draft.file) == 0;
    if (!is_written && errno == 0) errno = ENOSPC;
    return is_written;
}

// Keeps what the reason was.
void remove_draft(const Draft& draft) {
    const int reason = errno;
    unlink(draft.path);
    errno = reason;
}

void sync_folder(const char* path) {
    char* folder = pstrdup(path);
    get_parent_directory(folder);
    fsync_fname(folder, true);
}

int hint_to_add_by_hand() {
    return errhint(
        "Add a line with a new key to the file of every server by hand, \"slot\", an unused number and what \"openssl "
        "rand -hex 32\" prints, and pass the number to rewards.rotate_coupon_key().");
}

[[noreturn]] void raise_not_added(const char* path) {
    ereport(ERROR, errcode_for_file_access(), errmsg("could not add a key to the key file: %m"), log_key_path(path),
            hint_to_add_by_hand());
    pg_unreachable();
}

[[noreturn]] void raise_being_changed(const char* path) {
    ereport(ERROR, errcode(ERRCODE_OBJECT_IN_USE), errmsg("somebody else is adding a key to the key file"),
            log_key_path(path), errhint("Try again: other databases of this server have the same file."));
    pg_unreachable();
}

// Where links lead to: the file is replaced, and they stay.
const char* real_path(const char* path) {
    char real[PATH_MAX];
    if (realpath(path, real) == nullptr) raise_not_added(path);
    return pstrdup(real);
}

// Another database of this server may be adding a key, too: the lock is on the file, and who had to wait for it would
// hold one that has been replaced.
int open_locked(const char* path) {
    const int file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
    if (file < 0) raise_not_added(path);
    struct stat locked, current;
    if (flock(file, LOCK_EX | LOCK_NB) != 0 || fstat(file, &locked) != 0 || stat(path, &current) != 0 ||
        locked.st_ino != current.st_ino)
        raise_being_changed(path);
    return file;
}

Result<unsigned> free_slot(const KeyText& key, const std::bitset<slot_count>& slots_in_use) {
    const Result<KeyRing*> keys = open_key_ring(key.view());
    if (!keys.ok()) return keys.error;
    unsigned slot = 0;
    while (slot < slot_count && (slots_in_use[slot] || kind_of(*keys.value, slot) != KeyKind::none)) ++slot;
    close_key_ring(keys.value);
    if (slot == slot_count) return Error{Fault::key_unusable, "all 32 slots have been used"};
    return slot;
}

Result<unsigned> add_line(KeyText& key, const std::bitset<slot_count>& slots_in_use) {
    if (key.size + 1 + key_line_size_max > key.text.size()) return Error{Fault::key_unusable, "it is too large"};
    const Result<unsigned> slot = free_slot(key, slots_in_use);
    if (!slot.ok()) return slot;
    Master master;
    if (!pg_strong_random(master.data(), master.size())) return Error{Fault::crypto, "no random bytes"};
    if (!key.view().ends_with('\n')) key.text[key.size++] = '\n';
    key.size += format_key_line(slot.value, master, std::span(key.text).subspan(key.size).first<key_line_size_max>());
    explicit_bzero(master.data(), master.size());
    return slot;
}

}  // namespace

const char* key_path() {
    if (configured_path == nullptr || *configured_path == '\0') return psprintf("%s/pg_rewards.keys", DataDir);
    return is_absolute_path(configured_path) ? configured_path : psprintf("%s/%s", DataDir, configured_path);
}

bool is_in_data_directory(const char* path) {
    char folder[PATH_MAX], real[PATH_MAX];
    const char* data = realpath(DataDir, folder) != nullptr ? folder : DataDir;
    return path_is_prefix_of_path(data, realpath(path, real) != nullptr ? real : path);
}

int log_key_path(const char* path) { return errdetail_log("The file is \"%s\" (rewards.key_file).", path); }

int hint_to_restore_keys() {
    return errhint(
        "Put back the key file that belongs to this database, on a standby its primary's. Nothing is lost: its coupons "
        "and tokens work again with it.");
}

KeyRing* open_key_file(const char* path) {
    const int file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
    if (file < 0 && errno == ENOENT) return nullptr;
    if (file < 0) raise_file("open", path);
    require_private(file, path);
    KeyText key;
    read_key_text(file, path, key);
    const Result<KeyRing*> opened = open_key_ring(key.view());
    key.wipe();
    CloseTransientFile(file);
    if (!opened.ok()) raise_unusable(opened.error, path);
    return opened.value;
}

// Linked, and not renamed: that fails when another backend was first.
void create_key_file(const char* path) {
    const Draft draft = open_draft(path, S_IRUSR | S_IWUSR);
    if (draft.file < 0) raise_file("write", draft.path);
    Master master;
    std::array<char, key_file_size_max> text;
    if (!pg_strong_random(master.data(), master.size()))
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate a key"));
    const bool is_written = write_draft(draft, {text.data(), format_key_file(master, text)});
    explicit_bzero(master.data(), master.size());
    explicit_bzero(text.data(), text.size());
    if (!is_written) remove_draft(draft);
    if (!is_written) raise_file("write", draft.path);
    CloseTransientFile(draft.file);
    const bool is_linked = link(draft.path, path) == 0 || errno == EEXIST;
    remove_draft(draft);
    if (!is_linked) raise_file("create", path);
    sync_folder(path);
    ereport(LOG, errmsg("created key file \"%s\"", path), errhint("Keep a copy of it outside of this server."));
}

unsigned add_key_to_file(const char* configured, const std::bitset<slot_count>& slots_in_use) {
    const char* path = real_path(configured);
    const int file = open_locked(path);
    const struct stat status = require_private(file, path);
    const Draft draft = open_draft(path, status.st_mode & S_IRWXU);
    if (draft.file < 0) raise_not_added(path);
    KeyText key;
    read_key_text(file, path, key);
    const Result<unsigned> slot = add_line(key, slots_in_use);
    const bool is_written = slot.ok() && write_draft(draft, key.view()) && rename(draft.path, path) == 0;
    key.wipe();
    if (!is_written) remove_draft(draft);
    if (!slot.ok()) raise_unusable(slot.error, path);
    if (!is_written) raise_not_added(path);
    CloseTransientFile(draft.file);
    sync_folder(path);
    CloseTransientFile(file);
    return slot.value;
}

void define_key_file_setting(void (*when_changed)()) {
    tell_of_path = when_changed;
    DefineCustomStringVariable("rewards.key_file", "File with the master keys of coupon codes and company tokens.",
                               "Empty: pg_rewards.keys in the data directory, created at the first use.",
                               &configured_path, "", PGC_SUSET, GUC_SUPERUSER_ONLY, nullptr, path_changed, nullptr);
}

}  // namespace rewards::pg
