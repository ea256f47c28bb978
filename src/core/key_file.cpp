#include "core/key_file.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/digits.hpp"

namespace rewards {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view line_start = "slot ";

constexpr std::string_view file_header =
    "# Keys of pg_rewards: of coupon codes and company tokens\n"
    "#\n"
    "# Whoever has this file can compute every coupon code and enter every company.\n"
    "# Without it no code can be issued, shown again or claimed, and no token be\n"
    "# issued or accepted, and pg_dump does not save it: keep a copy outside this\n"
    "# server, in a safe place. Mode 0600, owned by the operating system user that\n"
    "# runs the server.\n"
    "#\n"
    "# SELECT rewards.rotate_coupon_key() adds a key and makes the new codes with it;\n"
    "# give the file to your standbys then. Or first add the same line everywhere:\n"
    "# an unused slot (0 to 31) and 64 random hexadecimal digits (openssl rand -hex\n"
    "# 32); and call rewards.rotate_coupon_key(slot) when all servers have it. Older\n"
    "# lines keep older codes and tokens good: do not change them, and remove one\n"
    "# only after rewards.retire_coupon_key(slot). A line \"legacy\" in place of \"slot\"\n"
    "# has the secret of the programme that issued codes before: see migrating.md.\n"
    "\n";

static_assert(file_header.size() + key_line_size_max <= key_file_size_max);

// A comment may be long, but a file of this size is some other file.
constexpr std::size_t readable_size_max = 65536;

constexpr Error unusable(const char* text) noexcept { return {Fault::key_unusable, text}; }

// Takes the text before the first of the delimiters off the rest, with one delimiter.
std::string_view take_until(std::string_view delimiters, std::string_view& rest) noexcept {
    const std::size_t end = std::min(rest.find_first_of(delimiters), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

std::string_view take_word(std::string_view& rest) noexcept {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    return take_until(blanks, rest);
}

KeyKind kind_called(std::string_view keyword) noexcept {
    if (keyword == "slot") return KeyKind::derived;
    return keyword == "legacy" ? KeyKind::legacy : KeyKind::none;
}

// Of ours a master is as long as HKDF likes it; a legacy secret is what it was.
Error read_secret(std::string_view hex, KeyKind kind, FileKey& key) noexcept {
    const std::size_t size = decode_digits(hex, 4, hex_value, key.secret).value_or(0);
    key.size = static_cast<std::uint8_t>(size);
    if (kind == KeyKind::derived && size != sizeof(Master))
        return unusable("key file contains a key that is not 64 hexadecimal digits");
    if (size == 0) return unusable("key file contains a legacy secret that is not 2 to 256 hexadecimal digits");
    return {};
}

bool read_slot(std::string_view digits, unsigned& slot) noexcept {
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), slot);
    return error == std::errc{} && end == digits.end() && slot < slot_count;
}

Error read_line(std::string_view line, KeyFile& file) noexcept {
    const std::string_view keyword = take_word(line);
    if (keyword.empty() || keyword.starts_with('#')) return {};
    const KeyKind kind = kind_called(keyword);
    if (kind == KeyKind::none) return unusable("key file contains a line that is neither a comment nor a slot");

    unsigned slot = 0;
    if (!read_slot(take_word(line), slot))
        return unusable("key file contains a slot that is not a number from 0 to 31");
    FileKey& key = file.keys[slot];
    if (key.kind != KeyKind::none) return unusable("key file contains a slot twice");

    if (const Error error = read_secret(take_word(line), kind, key)) return error;
    if (!take_word(line).empty()) return unusable("key file contains a line with something behind the key");
    // Copied and not replaced: that rotation would protect nothing.
    for (const FileKey& other : file.keys)
        if (other.kind != KeyKind::none && std::ranges::equal(other.bytes(), key.bytes()))
            return unusable("key file contains the same key in two slots");

    key.kind = kind;
    if (kind == KeyKind::derived) file.newest_slot = slot;
    return {};
}

}  // namespace

Error read_key_file(std::string_view text, KeyFile& file) noexcept {
    if (text.size() > readable_size_max) return unusable("key file is too large");
    while (!text.empty())
        if (const Error error = read_line(take_until("\n", text), file)) return error;
    if (file.keys[file.newest_slot].kind != KeyKind::derived) return unusable("key file contains no key");
    return {};
}

std::size_t format_key_line(unsigned slot, const Master& master, std::span<char, key_line_size_max> line) noexcept {
    char* end = std::ranges::copy(line_start, line.data()).out;
    if (slot >= 10) *end++ = static_cast<char>('0' + slot / 10);
    *end++ = static_cast<char>('0' + slot % 10);
    *end++ = ' ';
    for (const std::uint8_t byte : master) {
        *end++ = hex_digits[byte >> 4];
        *end++ = hex_digits[byte & 15];
    }
    *end++ = '\n';
    return static_cast<std::size_t>(end - line.data());
}

std::size_t format_key_file(const Master& master, std::span<char, key_file_size_max> text) noexcept {
    std::ranges::copy(file_header, text.begin());
    return file_header.size() + format_key_line(0, master, text.subspan<file_header.size(), key_line_size_max>());
}

}  // namespace rewards
