// How far is a statement that takes long? It says so in pg_stat_activity, where other sessions look.
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

// To be called for every row: it looks at the clock now and then. `what` is done to `done` of `total`.
void show_progress(std::string_view what, std::int64_t done, std::int64_t total);

}  // namespace rewards::pg
