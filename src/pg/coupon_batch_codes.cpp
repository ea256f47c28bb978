// coupon_batch_codes: the codes of a batch, for whoever prints or sends them.
#include "core/coupon_batch.hpp"
#include "pg/audit.hpp"
#include "pg/coupon_batch.hpp"
#include "pg/coupon_code.hpp"

namespace rewards::pg {

namespace {

struct Export {
    Uuid batch;
    std::int32_t after;
    std::int64_t most;
};

// With work_mem the server would write what does not fit to a temporary file, and a code must not be on a disk.
void keep_in_memory(ReturnSetInfo* result) {
    constexpr std::int64_t kilobytes = most_of_a_batch * 256 / 1024;
    tuplestore_end(result->setResult);
    MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    result->setResult = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, kilobytes);
    MemoryContextSwitchTo(caller);
}

// Of a coupon that can still be used.
std::optional<FormattedCode> usable_code(const Table& coupons) {
    if (!is_open(status_of(coupons))) return std::nullopt;
    return code_of(coupons);
}

void put_code(ReturnSetInfo* result, const Table& coupons, std::int32_t number, const FormattedCode& code) {
    const std::optional<Datum> expires_at = optional_value(coupons, coupon::expires_at);
    Datum values[] = {Int32GetDatum(number), value(coupons, coupon::coupon_id), to_datum(code.view()),
                      expires_at.value_or(0)};
    bool nulls[] = {false, false, false, !expires_at};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void export_codes(Write& write, const Context& context, const Export& wanted, ReturnSetInfo* result) {
    Table& batches = open_batches(write);
    if (!find(batches, coupon_batch::by_id, {to_datum(wanted.batch)}) ||
        uuid_of(value(batches, coupon_batch::company_id)) != context.company)
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the company has no coupon batch with this id"),
                errhint("See rewards.coupon_batches."));
    const std::int32_t issued = batch_count(batches, coupon_batch::issued);
    const auto last = static_cast<std::int32_t>(Min(wanted.after + wanted.most, issued));
    Table& coupons = open_coupons(write);
    std::int64_t codes = 0;
    for_numbers(write, "coupon_batch_codes()", wanted.after, last, [&](std::int32_t number) {
        const Uuid id = batch_coupon_id(wanted.batch, static_cast<std::uint32_t>(number));
        if (!find(coupons, coupon::by_id, {to_datum(id), to_datum(wanted.batch)})) return;
        const std::optional<FormattedCode> code = usable_code(coupons);
        if (!code) return;
        put_code(result, coupons, number, *code);
        ++codes;
    });
    record_audit(write, context,
                 {"coupon_batch_codes",
                  {},
                  {},
                  jsonb_of_texts({{"batch_id", uuid_text(wanted.batch)},
                                  {"from_number", psprintf(INT64_FORMAT, std::int64_t{wanted.after} + 1)},
                                  {"to_number", psprintf("%d", last)},
                                  {"codes", psprintf(INT64_FORMAT, codes)}})});
}

Export read_export(const Arguments& arguments) {
    Export wanted{arguments.uuid(0, "batch_id"), DatumGetInt32(arguments.required(1, "after_number")),
                  arguments.count(2, "max_codes", most_of_a_batch)};
    if (wanted.after < 0)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("after_number must not be negative"),
                errhint("0 begins with the first coupon of the batch."));
    return wanted;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_coupon_batch_codes) {
    using namespace rewards::pg;
    const Export wanted = read_export({fcinfo});
    const Context& context = require_context();
    require_back_end(context, "read the codes of a batch");
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    keep_in_memory(result);
    with_write("coupon_batch_codes()", [&](Write& write) { export_codes(write, context, wanted, result); });
    PG_RETURN_NULL();
}
}
