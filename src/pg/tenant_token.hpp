// A company token is a context that somebody else has vouched for, for a short time and for this database.
#pragma once

namespace rewards::pg {

// Defines rewards.require_token_challenge.
void define_token_settings();

}  // namespace rewards::pg
