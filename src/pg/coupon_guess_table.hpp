// Guesses in a table, for want of a place in the server's memory: counted when the call commits.
#pragma once

#include "pg/coupon_suspect.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// Says of each suspect when its guesses are forgotten.
void recall_from_table(Write& write, const Uuid& company, std::span<Suspect> suspects);

// Counts one guess of each. Who counts the same claimer or device waits for the other's transaction; nobody waits for the
// company, so that of guesses in transactions that overlap it may count one only.
void count_in_table(Write& write, const Uuid& company, std::span<Suspect> suspects, TimestampTz now);

// False: there was nothing to forget.
bool forget_in_table(Write& write, const Uuid& company, SuspectKind kind, std::string_view name, TimestampTz now);

// Those of the company with open guesses, as Suspect*. In the current memory context.
List* list_in_table(Write& write, const Uuid& company, TimestampTz now);

}  // namespace rewards::pg
