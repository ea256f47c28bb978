#include "pg/nonce.hpp"

#include "pg/raise.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

namespace forgotten_row {
enum : std::uint8_t { company_id, used_until };
enum : std::size_t { by_company };
constexpr Column columns[] = {{"company_id", UUIDOID}, {"used_until", TIMESTAMPTZOID}};
constexpr Lookup lookups[] = {{1, {company_id}, true}};
TableLayout layout{"forgotten_nonces", columns, lookups};
}  // namespace forgotten_row

enum : std::uint8_t {
    user_id,
    company_id,
    nonce_text,
    event_type_text,
    created_at,
    expires_at,
    fingerprint_bytes,
    event_id,
    coupon_id,
    coupon_ids,
    balance
};

constexpr Column columns[] = {
    {"user_id", UUIDOID},           {"company_id", UUIDOID},        {"nonce", TEXTOID},        {"event_type", TEXTOID},
    {"created_at", TIMESTAMPTZOID}, {"expires_at", TIMESTAMPTZOID}, {"fingerprint", BYTEAOID}, {"event_id", UUIDOID},
    {"coupon_id", UUIDOID},         {"coupon_ids", UUIDARRAYOID},   {"balance", INT8OID},
};
enum : std::size_t { by_key };
constexpr Lookup lookups[] = {{3, {user_id, company_id, nonce_text}}};

TableLayout nonces_layout{"used_nonces", columns, lookups};

// Fits an index entry, and any UUID, hash or URL-like key that clients use.
constexpr std::size_t longest_nonce = 255;

std::optional<Uuid> optional_uuid(const Table& table, std::uint8_t column) {
    const std::optional<Datum> datum = optional_value(table, column);
    if (!datum) return std::nullopt;
    return uuid_of(*datum);
}

}  // namespace

std::string_view nonce_argument(const Arguments& arguments, int index, const char* name) {
    return arguments.word(index, name, longest_nonce);
}

Table& open_nonces(Write& write) { return open_for_writing(write, nonces_layout); }

NonceFound look_up_nonce(Table& nonces, const AccountKey& account, std::string_view nonce, const Fingerprint& request) {
    if (!find(nonces, by_key, {to_datum(account.user), to_datum(account.company), to_datum(nonce)}))
        return {NonceUse::unused, {}};
    const std::optional<Datum> known = optional_value(nonces, fingerprint_bytes);
    if (!known || bytes_view(*known) != text_of_bytes(request)) return {NonceUse::other_request, {}};
    return {NonceUse::same_request,
            {optional_uuid(nonces, event_id), optional_uuid(nonces, coupon_id), DatumGetInt64(value(nonces, balance)),
             field_of(optional_value(nonces, coupon_ids))}};
}

bool are_unused(Table& nonces, const AccountKey& account, std::span<std::string_view> asked) {
    std::ranges::sort(asked);
    if (std::ranges::adjacent_find(asked) != asked.end()) return false;
    bool is_met = false;
    scan_range(nonces, by_key, {to_datum(account.user), to_datum(account.company)}, {to_datum(asked.front()), {}},
               ForwardScanDirection, [&] {
                   is_met = text_view(value(nonces, nonce_text)) <= asked.back();
                   return false;
               });
    return !is_met;
}

void remember_nonce(Write& write, Table& nonces, const AccountKey& account, std::string_view nonce,
                    std::string_view event_type, const Fingerprint& request, const Answer& answer, TimestampTz now) {
    const std::int64_t retention = nonce_retention(settings_of(write, account.company));
    insert(nonces, {{user_id, to_datum(account.user)},
                    {company_id, to_datum(account.company)},
                    {nonce_text, to_datum(nonce)},
                    {event_type_text, to_datum(event_type)},
                    {created_at, TimestampTzGetDatum(now)},
                    {expires_at, TimestampTzGetDatum(now + retention)},
                    {fingerprint_bytes, bytea_datum(request)},
                    {event_id, field_of(answer.event)},
                    {coupon_id, field_of(answer.coupon)},
                    {coupon_ids, answer.coupons},
                    {balance, Int64GetDatum(answer.balance)}});
}

std::optional<TimestampTz> forgotten_until(Write& write, const Uuid& company) {
    Table& forgotten = open_for_reading(write, forgotten_row::layout);
    if (!find(forgotten, forgotten_row::by_company, {to_datum(company)})) return std::nullopt;
    return DatumGetTimestampTz(value(forgotten, forgotten_row::used_until));
}

}  // namespace rewards::pg
