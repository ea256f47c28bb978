// Where do coupon codes come from? Master keys in a file that only the server can read; this
// database keeps their fingerprints, so that a lost or foreign file is noticed.
#pragma once

#include "core/coupon_key.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// The keys, read anew when the file's path or coupon_keys have changed. `may_create`: the first use
// ever, in a transaction that may write, makes the key file and records the fingerprint.
KeyRing& coupon_keys(bool may_create);

// Defines rewards.key_file.
void define_key_settings();

}  // namespace rewards::pg
