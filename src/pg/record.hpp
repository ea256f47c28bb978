// Rows that SQL hands over as a value, read by the names of their columns: users add columns of their own.
#pragma once

#include "pg/layout.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

// Fills `fields` with the wanted columns of the row that an argument is, in their order; an error, with `hint`, when it
// lacks one of that name and type. Where they are is kept from call to call, for one such argument of a function.
void read_record(FunctionCallInfo call, int argument, std::span<const Column> wanted, const char* hint,
                 RowField* fields);

}  // namespace rewards::pg
