// What entries of the ledger and of the audit log have in common: hashed by their columns, sealed by who wrote them.
#pragma once

#include "core/ledger_chain.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

// A column as entry_hash() takes it; what has no fixed width goes by its text.
EntryField entry_field(Oid type, const RowField& field);

// The transaction that writes, and the server that it is of: the blocks of seal_ledger() go by them.
Datum entry_xid();
Datum entry_system();

}  // namespace rewards::pg
