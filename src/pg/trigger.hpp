// A trigger function can be attached to any table and event by whoever may execute it; each says
// what it is made for.
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

// `shape` is made of TRIGGER_EVENT_BEFORE or _AFTER and, for row triggers, TRIGGER_EVENT_ROW;
// `wanted` says the same in SQL.
const TriggerData* called_as_trigger(FunctionCallInfo call, TriggerEvent shape, const char* wanted);

[[noreturn]] void raise_misattached(const char* wanted);

}  // namespace rewards::pg
