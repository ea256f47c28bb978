#include "core/tenant_token.hpp"

#include <algorithm>

#include "core/secret.hpp"

namespace rewards {

namespace {

constexpr std::uint8_t version = 1;

constexpr Error malformed(const char* text) noexcept { return {Fault::malformed, text}; }

// Takes the bytes of a token in their order; the caller has seen to it that there are enough.
class Reader {
public:
    explicit Reader(Bytes bytes) noexcept : rest_(bytes) {}

    template <std::unsigned_integral Integer>
    Integer number() noexcept {
        Integer value = 0;
        for (const std::uint8_t byte : take(sizeof(Integer))) value = static_cast<Integer>(value << 8 | byte);
        return value;
    }

    template <std::size_t size>
    std::array<std::uint8_t, size> array() noexcept {
        std::array<std::uint8_t, size> bytes;
        std::ranges::copy(take(size), bytes.begin());
        return bytes;
    }

    Bytes take(std::size_t size) noexcept {
        const Bytes taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

private:
    Bytes rest_;
};

class Writer {
public:
    explicit Writer(TokenBytes& written) noexcept : written_(written) {}

    Writer& add(Bytes bytes) noexcept {
        std::ranges::copy(bytes, written_.bytes.begin() + static_cast<std::ptrdiff_t>(written_.size));
        written_.size += bytes.size();
        return *this;
    }

    template <std::unsigned_integral Integer>
    Writer& add(Integer number) noexcept {
        return add(Bytes(big_endian(number)));
    }

private:
    TokenBytes& written_;
};

Bytes signed_part(const TokenBytes& written) noexcept {
    return Bytes(written.bytes).first(written.size - sizeof(Digest));
}

Bytes mac_of(const TokenBytes& written) noexcept {
    return Bytes(written.bytes).first(written.size).last(sizeof(Digest));
}

Result<Digest> compute_mac(KeyRing& ring, unsigned slot, Bytes message) noexcept {
    const auto key = key_for(ring, slot, KeyPurpose::company_token);
    if (!key.ok()) return key.error;
    return hmac_sha256(*key.value, {message});
}

void write_token(const CompanyToken& token, TokenBytes& written) noexcept {
    Writer writer(written);
    writer.add(version).add(token.key.id).add(token.key.slot);
    writer.add(token.audience.system).add(token.audience.database);
    writer.add(token.issued_at).add(token.not_before).add(token.expires_at);
    writer.add(Bytes(token.company)).add(static_cast<std::uint8_t>(token.role));
    writer.add(static_cast<std::uint8_t>(token.challenge.has_value())).add(token.actor_size);
    writer.add(bytes_of(token.actor_view()));
    if (token.challenge) writer.add(Bytes(*token.challenge));
}

bool is_role(std::uint8_t letter) noexcept {
    switch (static_cast<TokenRole>(letter)) {
        case TokenRole::user:
        case TokenRole::service:
        case TokenRole::admin: return true;
    }
    return false;
}

// Of bytes whose MAC is right. What does not fit was made by other code with our key.
Result<CompanyToken> read_token(Bytes bytes) noexcept {
    constexpr Error foreign = malformed("it is not of this version");
    Reader reader(bytes);
    CompanyToken token{};
    reader.take(sizeof version);  // decode_token() has looked at it
    token.key.id = reader.number<std::uint32_t>();
    token.key.slot = reader.number<std::uint8_t>();
    token.audience.system = reader.number<std::uint64_t>();
    token.audience.database = reader.number<std::uint32_t>();
    token.issued_at = reader.number<std::uint64_t>();
    token.not_before = reader.number<std::uint64_t>();
    token.expires_at = reader.number<std::uint64_t>();
    token.company = reader.array<16>();
    const auto role = reader.number<std::uint8_t>();
    const auto has_challenge = reader.number<std::uint8_t>();
    token.actor_size = reader.number<std::uint8_t>();
    const std::size_t challenge_size = has_challenge != 0 ? sizeof(Challenge) : 0;
    if (!is_role(role) || has_challenge > 1 || bytes.size() != token_head_size + token.actor_size + challenge_size)
        return foreign;
    token.role = static_cast<TokenRole>(role);
    std::ranges::copy(reader.take(token.actor_size), token.actor.begin());
    if (has_challenge != 0) token.challenge = reader.array<sizeof(Challenge)>();
    return token;
}

}  // namespace

Result<TokenText> compose_token(KeyRing& ring, const CompanyToken& token) noexcept {
    TokenBytes written{};
    write_token(token, written);
    const auto mac = compute_mac(ring, token.key.slot, Bytes(written.bytes).first(written.size));
    if (!mac.ok()) return mac.error;
    Writer(written).add(Bytes(mac.value));

    TokenText text{};
    std::ranges::copy(token_prefix, text.symbols.begin());
    const std::span<char> rest = std::span(text.symbols).subspan(token_prefix.size());
    text.length = token_prefix.size() + encode_base64url(Bytes(written.bytes).first(written.size), rest);
    return text;
}

Result<TokenBytes> decode_token(std::string_view text) noexcept {
    if (!text.starts_with(token_prefix)) return malformed("it does not begin as a token does");
    text.remove_prefix(token_prefix.size());
    Result<TokenBytes> written;
    const auto size = decode_digits(text, 6, base64url_value, written.value.bytes);
    if (!size) return malformed("it is not base64url without padding, or too long");
    if (*size < token_size_min) return malformed("it is too short");
    if (written.value.bytes.front() != version) return malformed("it is not of this version");
    written.value.size = *size;
    return written;
}

TokenKey claimed_key(const TokenBytes& written) noexcept {
    Reader reader(Bytes(written.bytes).subspan(sizeof version));
    const auto id = reader.number<std::uint32_t>();
    return {id, reader.number<std::uint8_t>()};
}

Result<CompanyToken> open_token(KeyRing& ring, const TokenBytes& written) noexcept {
    auto mac = compute_mac(ring, claimed_key(written).slot, signed_part(written));
    const WipeAtExit wipe(mac.value);  // of an altered token it would be what a forger needs
    if (!mac.ok()) return mac.error;
    if (CRYPTO_memcmp(mac.value.data(), mac_of(written).data(), sizeof(Digest)) != 0)
        return malformed("its HMAC is not right");
    return read_token(signed_part(written));
}

}  // namespace rewards
