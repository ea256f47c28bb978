#include "pg/coupon.hpp"
#include "pg/key_ring.hpp"
#include "pg/layout.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"
#include "pg/tenant_claims.hpp"
#include "pg/tenant_token.hpp"

extern "C" {

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void) {
    using namespace rewards::pg;
    define_context_settings();
    define_token_settings();
    define_claim_settings();
    define_refusal_setting();
    define_key_settings();
    define_coupon_settings();
    MarkGUCPrefixReserved("rewards");
    watch_tables();
}
}
