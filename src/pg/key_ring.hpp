// Where do coupon codes and company tokens come from? The keys of the key file, checked against those that this
// database has used.
#pragma once

#include "core/key_ring.hpp"
#include "pg/master_key.hpp"

namespace rewards::pg {

// The keys, read anew when the file's path or master_keys have changed. `may_create`: the first use ever, in a
// transaction that may write, makes the key file and records its last key as the issuing one.
KeyRing& key_ring(bool may_create);

// The same, from the file as it is now: somebody has just added a key to it.
KeyRing& key_ring_anew();

// The slot whose key makes new codes and tokens; like key_ring(true) it may be the first use.
unsigned issuing_slot();

// What the rows of master_keys say, whatever the file has; read anew when they have changed.
const MasterKeys& master_keys();

// Has anything changed since `used` was read? Then the keys will be read again. Whoever does not find what he looks for
// by the keys he has asks this: news of a change may come later than what the change has done.
bool have_keys_changed(const MasterKeys& used);

// Defines rewards.key_file.
void define_key_settings();

}  // namespace rewards::pg
