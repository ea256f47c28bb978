// Guesses in the server's memory: of all databases and companies, in a place of fixed size, until the server restarts.
#pragma once

#include "pg/coupon_suspect.hpp"

namespace rewards::pg {

// Is there such a place? Only a library that the server loaded itself has one.
bool has_guess_memory();

// Says of each suspect when its guesses are forgotten.
void recall_from_memory(const Uuid& company, std::span<Suspect> suspects);

// Counts one guess of each.
void count_in_memory(const Uuid& company, std::span<Suspect> suspects, TimestampTz now);

// False: there was nothing to forget.
bool forget_in_memory(const Uuid& company, SuspectKind kind, std::string_view name, TimestampTz now);

// Those of the company with open guesses, as Suspect*; long names are cut. In the current memory context.
List* list_in_memory(const Uuid& company, TimestampTz now);

// Defines rewards.guess_slots and, while the server loads its libraries, asks for the place.
void prepare_guess_memory();

}  // namespace rewards::pg
