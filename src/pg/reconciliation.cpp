// sum_events(): what the events of an account come to. One call an event, where three sums would take a condition and
// a call each. Its state is an array, which is changed in place, and which parallel workers hand over as it is.
#include "core/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

ArrayType* array_in(Datum datum) {
    ArrayType* array = DatumGetArrayTypeP(datum);
    if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_SIZE(array) != ARR_OVERHEAD_NONULLS(1) + sizeof(EventSums))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sums must be three numbers"));
    return array;
}

// In the order of the elements.
EventSums& sums_of(ArrayType* array) { return *reinterpret_cast<EventSums*>(ARR_DATA_PTR(array)); }

ArrayType* state_of(FunctionCallInfo call) {
    if (AggCheckCallContext(call, nullptr) == 0)
        ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("must be called as a part of an aggregate"));
    return array_in(call->args[0].value);
}

Datum set(ArrayType* state, const Result<EventSums>& sums) {
    sums_of(state) = value_or_raise(sums);
    return PointerGetDatum(state);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_sum_events_add) {
    using namespace rewards::pg;
    ArrayType* state = state_of(fcinfo);
    return set(state, rewards::count_event(sums_of(state), PG_GETARG_INT64(1), text_view(PG_GETARG_DATUM(2))));
}

SQL_FUNCTION(rewards_sum_events_combine) {
    using namespace rewards::pg;
    ArrayType* state = state_of(fcinfo);
    return set(state, rewards::add_sums(sums_of(state), sums_of(array_in(PG_GETARG_DATUM(1)))));
}
}
