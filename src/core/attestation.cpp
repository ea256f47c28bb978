#include "core/attestation.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/digits.hpp"
#include "core/hashing.hpp"

namespace rewards {

namespace {

// Names the layout: phones build it, so another layout needs another tag.
constexpr std::string_view layout_tag = "pg_rewards event v1\n";
constexpr std::uint8_t line_break[] = {'\n'};

constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr std::size_t hex_size = 2 * std::tuple_size_v<Digest>;
constexpr std::size_t base64_size = std::tuple_size_v<DigestText>;

using UuidText = std::array<char, 36>;

UuidText text_of_uuid(const Uuid& uuid) noexcept {
    UuidText text;
    std::size_t next = 0;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[next++] = '-';
        text[next++] = hex_digits[uuid[i] >> 4];
        text[next++] = hex_digits[uuid[i] & 15];
    }
    return text;
}

template <std::size_t size>
std::string_view view(const std::array<char, size>& text) noexcept {
    return {text.data(), text.size()};
}

// Not std::to_chars, whose table of digits would be exported from the library.
std::string_view decimal(std::int64_t number, std::array<char, 20>& digits) noexcept {
    std::uint64_t rest = static_cast<std::uint64_t>(number);
    if (number < 0) rest = 0 - rest;
    std::size_t first = digits.size();
    do digits[--first] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0) digits[--first] = '-';
    return {digits.data() + first, digits.size() - first};
}

std::optional<unsigned> base64_value(char symbol) noexcept {
    if (symbol == '+') return 62;
    if (symbol == '/') return 63;
    return base64url_value(symbol);
}

template <typename ValueOf>
std::optional<Digest> decode(std::string_view text, unsigned width, ValueOf value_of) noexcept {
    Digest digest{};
    if (decode_digits(text, width, value_of, digest) != digest.size()) return std::nullopt;
    return digest;
}

}  // namespace

Result<Digest> request_hash(const AttestedRequest& request) noexcept {
    if (request.event_type.find('\n') != std::string_view::npos)
        return Error{Fault::malformed, "the event type of an attested event must not contain a line break"};
    std::array<char, 20> digits;
    const std::string_view milliseconds = decimal(request.event_milliseconds, digits);

    Hashing hashing(sha256_algorithm());
    hashing.add(bytes_of(layout_tag));
    hashing.add(bytes_of(view(text_of_uuid(request.company)))).add(line_break);
    hashing.add(bytes_of(view(text_of_uuid(request.user)))).add(line_break);
    hashing.add(bytes_of(request.event_type)).add(line_break);
    hashing.add(bytes_of(milliseconds)).add(line_break).add(bytes_of(request.nonce));

    Result<Digest> hash;
    if (!hashing.finish(hash.value)) hash.error = {Fault::crypto, "could not compute the hash of a request"};
    return hash;
}

DigestText text_of(const Digest& digest) noexcept {
    DigestText text;
    encode_base64url(digest, text);
    return text;
}

std::optional<Digest> digest_from_text(std::string_view text) noexcept {
    if (text.size() == hex_size) return decode(text, 4, hex_value);
    if (text.size() == base64_size + 1 && text.back() == '=') text.remove_suffix(1);
    if (text.size() == base64_size) return decode(text, 6, base64_value);
    return std::nullopt;
}

std::string_view text_of(AttestationLevel level) noexcept {
    switch (level) {
        case AttestationLevel::none: return "none";
        case AttestationLevel::invalid: return "invalid";
        case AttestationLevel::basic: return "basic";
        case AttestationLevel::device: return "device";
        case AttestationLevel::strong: return "strong";
    }
    return "";
}

AttestationLevel level_of_label(std::string_view label) noexcept {
    if (label == "MEETS_STRONG_INTEGRITY") return AttestationLevel::strong;
    if (label == "MEETS_DEVICE_INTEGRITY") return AttestationLevel::device;
    if (label == "MEETS_BASIC_INTEGRITY") return AttestationLevel::basic;
    if (label == "MEETS_VIRTUAL_INTEGRITY") return AttestationLevel::basic;  // an emulator that Google vouches for
    return AttestationLevel::none;
}

std::optional<std::int64_t> parse_count(std::string_view digits) noexcept {
    std::int64_t count = 0;
    const char* const end = digits.data() + digits.size();
    if (digits.empty() || digits.front() == '-') return std::nullopt;
    const auto [stopped, fault] = std::from_chars(digits.data(), end, count);
    if (fault != std::errc{} || stopped != end) return std::nullopt;
    return count;
}

// In unsigned arithmetic, as the time may be any number.
bool is_timely(std::int64_t made_milliseconds, std::int64_t now_milliseconds) noexcept {
    const auto made = static_cast<std::uint64_t>(made_milliseconds);
    const auto now = static_cast<std::uint64_t>(now_milliseconds);
    const std::uint64_t distance = made_milliseconds < now_milliseconds ? now - made : made - now;
    return distance <= static_cast<std::uint64_t>(verdict_validity_milliseconds);
}

}  // namespace rewards
