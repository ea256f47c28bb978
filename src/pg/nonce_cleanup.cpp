// cleanup_expired_nonces: when may a nonce be forgotten? When no event with it would be accepted any more.
#include "pg/nonce.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

std::uint64_t delete_expired(const Context& context) {
    SPI_connect();
    Oid types[] = {UUIDOID};
    Datum values[] = {to_datum(context.company)};
    const int result =
        SPI_execute_with_args("DELETE FROM ONLY rewards.used_nonces WHERE company_id = $1 AND expires_at < now()", 1,
                              types, values, nullptr, false, 0);
    if (result != SPI_OK_DELETE)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not delete expired nonces"));
    const std::uint64_t count = SPI_processed;
    SPI_finish();
    return count;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_cleanup_expired_nonces) {
    using namespace rewards::pg;
    (void)fcinfo;
    const Context& context = require_context();
    require_back_end(context, "delete expired nonces");
    std::uint64_t count = 0;
    with_write("cleanup_expired_nonces()", [&](Write& write) {
        const Table& nonces = open_nonces(write);
        as_owner(nonces.relation, [&] { count = delete_expired(context); });
    });
    PG_RETURN_INT64(static_cast<std::int64_t>(count));
}
}
