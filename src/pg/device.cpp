#include "pg/device.hpp"

namespace rewards::pg {

namespace {

enum : std::uint8_t { user_id, company_id, device, first_seen_at };
constexpr Column columns[] = {
    {"user_id", UUIDOID}, {"company_id", UUIDOID}, {"device_id", TEXTOID}, {"first_seen_at", TIMESTAMPTZOID}};
enum : std::size_t { by_key, by_device };
constexpr Lookup lookups[] = {{3, {user_id, company_id, device}, true}, {2, {company_id, device}}};
TableLayout layout{"account_devices", columns, lookups};

}  // namespace

DeviceSeen see_device(Write& write, const AccountKey& account, std::string_view device_id, TimestampTz now) {
    const Datum name = to_datum(device_id);
    Table& known = open_for_reading(write, layout);
    const std::int64_t accounts =
        count_rows(known, by_device, {to_datum(account.company), name}, device, "", most_accounts_counted);
    if (find(known, by_key, {to_datum(account.user), to_datum(account.company), name})) return {accounts, false};

    insert(open_for_writing(write, layout), {{user_id, to_datum(account.user)},
                                             {company_id, to_datum(account.company)},
                                             {device, name},
                                             {first_seen_at, TimestampTzGetDatum(now)}});
    return {Min(accounts + 1, most_accounts_counted), true};
}

}  // namespace rewards::pg
