#include "pg/coupon_code.hpp"
#include "pg/coupon_guess_memory.hpp"
#include "pg/key_ring.hpp"
#include "pg/layout.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"
#include "pg/tenant_claims.hpp"
#include "pg/tenant_role.hpp"
#include "pg/tenant_session.hpp"
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
    define_code_settings();
    prepare_guess_memory();
    MarkGUCPrefixReserved("rewards");
    watch_tables();
    // Last: should any of the above fail, the server calls this again, and what hooks twice calls itself.
    keep_role_while_sealed();
    refuse_residue_while_sealed();
}
}
