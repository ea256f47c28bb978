// Where do coupon codes and company tokens come from? Master keys in a file that only the server can read; this
// database keeps their fingerprints, so that a lost or foreign file is noticed.
#pragma once

#include "core/key_ring.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// The keys, read anew when the file's path or coupon_keys have changed. `may_create`: the first use
// ever, in a transaction that may write, makes the key file and records the fingerprint.
KeyRing& key_ring(bool may_create);

// The same, from the file as it is now: somebody has just added a key to it.
KeyRing& key_ring_anew();

// Defines rewards.key_file.
void define_key_settings();

}  // namespace rewards::pg
