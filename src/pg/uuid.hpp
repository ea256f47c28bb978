// Unpredictable bytes for identifiers.
#pragma once

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

// A new version-7 UUID for the given moment.
Uuid new_uuid(TimestampTz moment);

// No UUID of that moment or later is smaller. Moments that no version-7 UUID can tell, infinite ones
// among them, are as the nearest end of those that one can.
Uuid least_uuid(TimestampTz moment);

}  // namespace rewards::pg
