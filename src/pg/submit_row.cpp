#include "pg/submit_row.hpp"

namespace rewards::pg {

namespace {

void require_size(const RowField& field, const char* name) {
    if (field.is_null) return;
    const std::size_t size = toast_raw_datum_size(field.value);
    if (size > largest_payload)
        ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                errmsg("%s must not have more than %zu bytes, and has %zu", name, largest_payload, size),
                errhint("Keep large proofs elsewhere, and pass their hash as payload_hash."));
}

}  // namespace

void require_sound(const Submission& submission) {
    require_size(submission.proof_payload, "proof_payload");
    require_size(submission.device_info, "device_info");
    if (submission.payload_hash && submission.payload_hash->starts_with(refund_payload))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("payload_hash must not start with \"%s\"", refund_payload.data()),
                errhint("That is how refund_points() knows what it has refunded."));
}

void put_answer(RowField* fields, const SubmitAnswer& answer) {
    const bool is_recorded = answer.refusal == nullptr;
    *fields++ = answer.event ? uuid_result(*answer.event) : RowField();
    *fields++ = to_datum(std::string_view(is_recorded ? "recorded" : answer.refusal->outcome));
    *fields++ = is_recorded ? to_datum(text_of(answer.status)) : RowField();
    *fields++ = is_recorded ? Int64GetDatum(answer.points) : RowField();
    *fields++ = answer.trust_score ? Int32GetDatum(*answer.trust_score) : RowField();
    *fields++ = answer.reasons;
    *fields++ = BoolGetDatum(answer.replayed);
    *fields++ = Int64GetDatum(answer.balance);
    *fields++ = answer.retry.after_seconds ? Int64GetDatum(*answer.retry.after_seconds) : RowField();
}

}  // namespace rewards::pg
