// Unpredictable bytes for identifiers.
#pragma once

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

// A new version-7 UUID for the given moment.
Uuid new_uuid(TimestampTz moment);

}  // namespace rewards::pg
