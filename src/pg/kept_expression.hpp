// Which expressions of a table can be planned and compiled once, for many statements?
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

// Planned; null: the server has to do it for each statement.
Expr* plan_kept(Node* expression);

}  // namespace rewards::pg
