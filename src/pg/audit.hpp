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
    RowField table_name = {};  // of a row that SQL changed
};

// What is about all companies, or about none, is of this one.
inline constexpr Uuid all_companies{};

// By the actor of the context, now.
void record_audit(Write& write, const Uuid& company, const AuditRecord& record);
inline void record_audit(Write& write, const Context& context, const AuditRecord& record) {
    record_audit(write, context.company, record);
}

}  // namespace rewards::pg
