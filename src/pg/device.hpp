// Which devices does an account use, and how many accounts use a device?
#pragma once

#include "pg/nonce.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

inline constexpr std::size_t longest_device_id = 255;
inline constexpr std::int64_t most_accounts_counted = 50;

struct DeviceSeen {
    std::int64_t accounts;  // of the company on this device, this one included; counted up to most_accounts_counted
    bool is_new;            // to this account
};

// Remembers a device that is new to the account, which has to be locked. Callers have looked at the length of its name.
DeviceSeen see_device(Write& write, const AccountKey& account, std::string_view device_id, TimestampTz now);

}  // namespace rewards::pg
