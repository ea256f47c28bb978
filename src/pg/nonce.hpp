// Has this request been answered before? One idempotency key, one request, one answer.
#pragma once

#include "core/nonce.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

struct AccountKey {
    Uuid user;
    Uuid company;
};

struct Answer {
    std::optional<Uuid> event;
    std::optional<Uuid> coupon;
    std::int64_t balance;
    RowField coupons{};  // uuid[], of a request for several
};

enum class NonceUse : std::uint8_t { unused, same_request, other_request };

struct NonceFound {
    NonceUse use;
    Answer answer;
};

std::string_view nonce_argument(const Arguments& arguments, int index, const char* name);

Table& open_nonces(Write& write);

// The account has to be locked: its lock is what keeps two uses of one nonce apart.
NonceFound look_up_nonce(Table& nonces, const AccountKey& account, std::string_view nonce, const Fingerprint& request);

// One search for nonces that an account asks for together, which are put into their order: is none of them used, and none there
// twice? Yes, if nothing lies between the first and the last. If something does, look_up_nonce() tells of each.
bool are_unused(Table& nonces, const AccountKey& account, std::span<std::string_view> asked);

// For as long as an event of the company may come late.
void remember_nonce(Write& write, Table& nonces, const AccountKey& account, std::string_view nonce,
                    std::string_view event_type, const Fingerprint& request, const Answer& answer, TimestampTz now);

// Up to when the nonces were used that have been forgotten; nothing: none have.
std::optional<TimestampTz> forgotten_until(Write& write, const Uuid& company);

}  // namespace rewards::pg
