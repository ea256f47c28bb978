// companies(): for whom does a scheduler have work? The one question about all companies at once, asked outside of any.
#include "pg/ledger.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

// From company to company along the index, however many accounts each has.
constexpr const char* all_companies = R"(
    WITH RECURSIVE found (company_id) AS (
        (SELECT company_id FROM ONLY rewards.user_points_cache ORDER BY company_id LIMIT 1)
        UNION ALL
        SELECT (SELECT a.company_id FROM ONLY rewards.user_points_cache a
                 WHERE a.company_id > found.company_id ORDER BY a.company_id LIMIT 1)
          FROM found WHERE found.company_id IS NOT NULL)
    SELECT company_id FROM found WHERE company_id IS NOT NULL)";

void require_no_context() {
    if (is_sealed())
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                errmsg("a transaction of one company cannot list the others"),
                errhint("Call companies() before set_company_context(), in a transaction of its own."));
}

void list_companies(ReturnSetInfo* result) {
    SPI_connect();
    if (SPI_execute(all_companies, true, 0) != SPI_OK_SELECT)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not list companies"));
    for (std::uint64_t row = 0; row < SPI_processed; ++row) {
        Datum values[1];
        bool nulls[1];
        values[0] = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &nulls[0]);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    SPI_finish();
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_companies) {
    using namespace rewards::pg;
    require_no_context();
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    Relation accounts = open_table(accounts_layout(), AccessShareLock);
    as_owner(accounts, [&] { list_companies(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)); });
    table_close(accounts, NoLock);
    PG_RETURN_NULL();
}
}
