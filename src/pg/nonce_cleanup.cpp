// cleanup_expired_nonces: when may a nonce be forgotten? When no event with it would be accepted any more.
#include "pg/nonce.hpp"
#include "pg/statement.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

// Data of version 1 has no trigger that notes what is forgotten. What is known of a nonce that came from elsewhere is
// when it expired: it was used a retention earlier.
constexpr const char* forget_expired = R"(
    WITH gone AS (
        DELETE FROM ONLY rewards.used_nonces WHERE company_id = $1 AND expires_at < now()
        RETURNING least(created_at, expires_at - interval '7 days 10 minutes') AS used_at),
    noted AS (
        INSERT INTO rewards.forgotten_nonces AS known (company_id, used_until)
        SELECT $1, max(used_at) FROM gone HAVING count(*) > 0
            ON CONFLICT (company_id) DO UPDATE SET used_until = greatest(known.used_until, EXCLUDED.used_until))
    SELECT count(*) FROM gone)";

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_cleanup_expired_nonces) {
    using namespace rewards::pg;
    (void)fcinfo;
    const Context& context = require_context();
    require_back_end(context, "delete expired nonces");
    std::int64_t count = 0;
    with_write("cleanup_expired_nonces()", [&](Write& write) {
        count = count_as_owner(open_nonces(write).relation, forget_expired, {{UUIDOID, to_datum(context.company)}});
    });
    PG_RETURN_INT64(count);
}
}
