#include "core/key_file.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/digits.hpp"

namespace rewards {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view first_slot = "slot 0 ";

constexpr std::string_view file_header =
    "# Keys of pg_rewards: of coupon codes and company tokens\n"
    "#\n"
    "# Whoever has this file can compute every coupon code and enter every company.\n"
    "# Without it no code can be issued, shown again or claimed, and no token be\n"
    "# issued or accepted, and pg_dump does not save it: keep a copy outside this\n"
    "# server, in a safe place. Mode 0600, owned by the operating system user that\n"
    "# runs the server.\n"
    "#\n"
    "# To rotate, append a line with an unused slot (0 to 31) and 64 new random\n"
    "# hexadecimal digits (openssl rand -hex 32). The last line makes the new codes\n"
    "# and, after rewards.rotate_token_key(), the new tokens. Older lines keep older\n"
    "# codes and tokens good: do not change or remove them.\n"
    "\n";

static_assert(file_header.size() + first_slot.size() + 2 * sizeof(Master) + 1 <= key_file_size_max);

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

bool read_master(std::string_view hex, Master& master) noexcept {
    return hex.size() == 2 * master.size() && decode_digits(hex, 4, hex_value, master);
}

bool read_slot(std::string_view digits, unsigned& slot) noexcept {
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), slot);
    return error == std::errc{} && end == digits.end() && slot < slot_count;
}

Error read_line(std::string_view line, KeyFile& file) noexcept {
    const std::string_view keyword = take_word(line);
    if (keyword.empty() || keyword.starts_with('#')) return {};
    if (keyword != "slot") return unusable("key file contains a line that is neither a comment nor a slot");

    unsigned slot = 0;
    if (!read_slot(take_word(line), slot))
        return unusable("key file contains a slot that is not a number from 0 to 31");
    if (file.present[slot]) return unusable("key file contains a slot twice");

    Master& master = file.masters[slot];
    if (!read_master(take_word(line), master) || !take_word(line).empty())
        return unusable("key file contains a key that is not 64 hexadecimal digits");
    // Copied and not replaced: that rotation would protect nothing.
    for (unsigned other = 0; other < slot_count; ++other)
        if (file.present[other] && file.masters[other] == master)
            return unusable("key file contains the same key in two slots");

    file.present.set(slot);
    file.newest_slot = slot;
    return {};
}

}  // namespace

Error read_key_file(std::string_view text, KeyFile& file) noexcept {
    if (text.size() > readable_size_max) return unusable("key file is too large");
    while (!text.empty())
        if (const Error error = read_line(take_until("\n", text), file)) return error;
    if (file.present.none()) return unusable("key file contains no key");
    return {};
}

std::size_t format_key_file(const Master& master, std::span<char, key_file_size_max> text) noexcept {
    auto end = std::ranges::copy(file_header, text.begin()).out;
    end = std::ranges::copy(first_slot, end).out;
    for (const std::uint8_t byte : master) {
        *end++ = hex_digits[byte >> 4];
        *end++ = hex_digits[byte & 15];
    }
    *end++ = '\n';
    return static_cast<std::size_t>(end - text.begin());
}

}  // namespace rewards
