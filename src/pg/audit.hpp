// What was done beyond what the books themselves say.
#pragma once

#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

struct AuditRecord {
    const char* action;
    RowField user;
    RowField old_values;  // jsonb
    RowField new_values;
};

// By the actor of the context, now.
void record_audit(Write& write, const Context& context, const AuditRecord& record);

}  // namespace rewards::pg
