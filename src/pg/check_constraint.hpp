// The executor reads and compiles a table's CHECK constraints anew for every statement, which for a
// hot function is every call and was 44 % of a redemption. Compiled once, they are kept with the table's layout.
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

struct CompiledChecks {
    MemoryContext memory;
    ExprState** expressions;  // null: the executor compiles them itself
};

// In the order of the relation's constraints. Valid until the relation changes.
CompiledChecks compile_checks(Relation relation);

// Frees them at the end of the transaction, because a call further up may be using them.
void release_checks(CompiledChecks& checks);

void use_checks(ResultRelInfo* info, const CompiledChecks& checks);

}  // namespace rewards::pg
