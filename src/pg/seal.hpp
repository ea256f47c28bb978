// Blocks of the ledger, sealed for good.
#pragma once

#include "pg/statement.hpp"

namespace rewards::pg {

TableLayout& blocks_layout();

}  // namespace rewards::pg
