// cleanup_expired_nonces: when may a nonce be forgotten? When no event with it would be accepted any more.
#include "pg/nonce.hpp"
#include "pg/statement.hpp"
#include "pg/tenant.hpp"

extern "C" {

SQL_FUNCTION(rewards_cleanup_expired_nonces) {
    using namespace rewards::pg;
    (void)fcinfo;
    const Context& context = require_context();
    require_back_end(context, "delete expired nonces");
    std::uint64_t count = 0;
    with_write("cleanup_expired_nonces()", [&](Write& write) {
        const Table& nonces = open_nonces(write);
        count = delete_as_owner(nonces.relation,
                                "DELETE FROM ONLY rewards.used_nonces WHERE company_id = $1 AND expires_at < now()",
                                {{UUIDOID, to_datum(context.company)}});
    });
    PG_RETURN_INT64(static_cast<std::int64_t>(count));
}
}
