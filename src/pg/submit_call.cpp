// submit_points_event: one event that a client proposes.
#include "pg/submit_row.hpp"

namespace rewards::pg {

namespace {

RowField optional_field(const Arguments& arguments, int index) {
    return arguments.is_null(index) ? RowField() : RowField(arguments.datum(index));
}

// The null of JSON is one, too, as it is in a batch.
RowField optional_json(const Arguments& arguments, int index) {
    if (arguments.is_null(index)) return {};
    Jsonb* json = DatumGetJsonbP(arguments.datum(index));
    const bool is_null = JB_ROOT_IS_SCALAR(json) && getIthJsonbValueFromContainer(&json->root, 0)->type == jbvNull;
    return is_null ? RowField() : RowField(arguments.datum(index));
}

Submission read_submission(const Arguments& arguments) {
    Submission submission{};
    submission.user = arguments.uuid(0, "user_id");
    submission.event_type = arguments.word(1, "event_type", longest_event_type);
    submission.event_time = finite_timestamp(DatumGetTimestampTz(arguments.required(2, "event_time")), "event_time");
    submission.nonce = nonce_argument(arguments, 3, "nonce");
    submission.device_id = arguments.optional_word(4, "device_id", longest_identifier);
    submission.attestation = optional_json(arguments, 5);
    submission.proof_type = arguments.optional_word(6, "proof_type", longest_identifier);
    submission.proof_payload = optional_json(arguments, 7);
    submission.payload_hash = arguments.optional_word(8, "payload_hash", longest_identifier);
    submission.related_type = arguments.optional_word(9, "related_entity_type", longest_identifier);
    submission.related_id = arguments.optional_word(10, "related_entity_id", longest_identifier);
    submission.device_info = optional_json(arguments, 11);
    submission.ip_address = optional_field(arguments, 12);
    require_sound(submission);
    return submission;
}

const char* detail_of(const SubmitAnswer& refused) {
    const char* balance = psprintf("{\"balance\": " INT64_FORMAT, refused.balance);
    if (!refused.retry.after_seconds) return psprintf("%s}", balance);
    return psprintf("%s, \"retry_after\": " INT64_FORMAT "}", balance, *refused.retry.after_seconds);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_submit_points_event) {
    using namespace rewards::pg;
    const Submission submission = read_submission({fcinfo});
    const Context& context = require_context();
    require_member(context, submission.user);
    SubmitAnswer answer{};
    with_write("submit_points_event()", [&](Write& write) {
        Ledger ledger = open_ledger(write);
        Account account = lock_account(ledger, {submission.user, context.company});
        Submitter submitter = begin_submitting(ledger, account);
        answer = submit_event(submitter, submission);
        end_submitting(submitter);
    });
    if (answer.refusal != nullptr) refuse(*answer.refusal, detail_of(answer), answer.retry);
    std::array<RowField, answer_fields> fields;
    put_answer(fields.data(), answer);
    return make_row(fcinfo, fields);
}
}
