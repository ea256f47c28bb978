// Which keys make company tokens, and whose tokens are accepted? The rows of token_keys: each gives a slot of the key
// file a number, and is retired once.
#pragma once

#include "core/tenant_token.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

enum class KeyState : std::uint8_t { unknown, in_use, retired };

// Of the key with this number and slot.
KeyState state_of(const TokenKey& key);

// The key for new tokens: the newest that is not retired. The first call ever makes one, and the key file; an error
// when all are retired.
TokenKey key_for_new_tokens();

// Waits for whoever is writing token_keys, and lets nobody else until the transaction ends.
void hold_token_keys();

}  // namespace rewards::pg
