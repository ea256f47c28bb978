// The file with the keys: where it is, whether it is private, and how a key gets into it.
#pragma once

#include <bitset>

#include "core/key_file.hpp"
#include "core/key_ring.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

// As rewards.key_file has it, with the data directory in front of what is relative.
const char* key_path();

// Where a link leads to counts. A file that is not there yet is where it would be made.
bool is_in_data_directory(const char* path);

// Where the file lies is for the server's log, not for every client.
int log_key_path(const char* path);
int hint_to_restore_keys();

// The keys in the file; null: there is none. The caller closes them.
KeyRing* open_key_file(const char* path);

// Makes the file with a first key, unless somebody else is faster.
void create_key_file(const char* path);

// Adds a random key to the file, in a slot that neither the file nor the database uses, and returns the slot. It stays
// in the file when the transaction is rolled back; nothing uses it then.
unsigned add_key_to_file(const char* path, const std::bitset<slot_count>& slots_in_use);

// Defines rewards.key_file; `when_changed` is called when it has another value.
void define_key_file_setting(void (*when_changed)());

}  // namespace rewards::pg
