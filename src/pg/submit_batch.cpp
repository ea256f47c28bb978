// submit_points_events: thousands of events in one call, each with its own outcome. Accounts are locked one
// after the other in the order of their users, as everybody locks them; the events of an account keep
// their order.
#include "pg/submit_row.hpp"

namespace rewards::pg {

namespace {

constexpr int most_events = 100'000;

struct BatchEvent {
    Submission submission;
    SubmitAnswer answer;
};

struct Batch {
    BatchEvent* events;
    int count;
    int* order;   // of the accounts
    int current;  // the event that is being read or submitted, for error messages; nothing_current
    bool is_read;
};

constexpr int nothing_current = -1;

// An API that drops the context still tells its client which event is not well-formed.
void say_which_event(void* argument) {
    const Batch& batch = *static_cast<const Batch*>(argument);
    if (batch.current == nothing_current) return;
    errcontext("event %d of the batch", batch.current + 1);
    if (!batch.is_read) errdetail("It is about event %d of the batch.", batch.current + 1);
}

JsonbValue* member_of(JsonbContainer* event, const char* name) {
    return getKeyJsonValueFromContainer(event, name, static_cast<int>(std::strlen(name)), nullptr);
}

bool is_given(const JsonbValue* found) { return found != nullptr && found->type != jbvNull; }

std::optional<std::string_view> text_in(JsonbContainer* event, const char* name) {
    const JsonbValue* found = member_of(event, name);
    if (!is_given(found)) return std::nullopt;
    if (found->type != jbvString)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a string", name));
    return std::string_view(found->val.string.val, static_cast<std::size_t>(found->val.string.len));
}

const char* required_text(JsonbContainer* event, const char* name) {
    const std::optional<std::string_view> text = text_in(event, name);
    if (!text) ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name));
    return pnstrdup(text->data(), text->size());
}

std::optional<std::string_view> word_in(JsonbContainer* event, const char* name, std::size_t limit) {
    const std::optional<std::string_view> text = text_in(event, name);
    if (text && (text->empty() || text->size() > limit)) raise_length(name, text->size(), limit);
    return text;
}

std::string_view required_word(JsonbContainer* event, const char* name, std::size_t limit) {
    const std::string_view text = required_text(event, name);
    if (text.empty() || text.size() > limit) raise_length(name, text.size(), limit);
    return text;
}

RowField json_in(JsonbContainer* event, const char* name) {
    JsonbValue* found = member_of(event, name);
    if (!is_given(found)) return {};
    return JsonbPGetDatum(JsonbValueToJsonb(found));
}

RowField address_in(JsonbContainer* event, const char* name) {
    const std::optional<std::string_view> text = text_in(event, name);
    if (!text) return {};
    return DirectFunctionCall1(inet_in, CStringGetDatum(pnstrdup(text->data(), text->size())));
}

TimestampTz time_in(JsonbContainer* event, const char* name) {
    const Datum time = DirectFunctionCall3(timestamptz_in, CStringGetDatum(required_text(event, name)),
                                           ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    return finite_timestamp(DatumGetTimestampTz(time), name);
}

constexpr std::string_view known_members[] = {
    "user_id",           "event_type",  "event_time",    "nonce",        "device_id",
    "attestation",       "proof_type",  "proof_payload", "payload_hash", "related_entity_type",
    "related_entity_id", "device_info", "ip_address"};

// A misspelt member would be lost in silence.
void require_known_members(JsonbContainer* event) {
    JsonbIterator* iterator = JsonbIteratorInit(event);
    JsonbValue key;
    for (auto token = JsonbIteratorNext(&iterator, &key, false); token != WJB_DONE;
         token = JsonbIteratorNext(&iterator, &key, true)) {
        if (token != WJB_KEY) continue;
        const std::string_view name(key.val.string.val, static_cast<std::size_t>(key.val.string.len));
        if (std::ranges::find(known_members, name) == std::end(known_members))
            ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("an event has no member \"%.*s\"", static_cast<int>(name.size()), name.data()),
                    errhint("The members are the arguments of rewards.submit_points_event()."));
    }
}

Submission read_submission(JsonbContainer* event) {
    require_known_members(event);
    Submission submission{};
    submission.user = uuid_of(DirectFunctionCall1(uuid_in, CStringGetDatum(required_text(event, "user_id"))));
    submission.event_type = required_word(event, "event_type", longest_event_type);
    submission.event_time = time_in(event, "event_time");
    submission.nonce = required_word(event, "nonce", longest_identifier);
    submission.device_id = word_in(event, "device_id", longest_identifier);
    submission.attestation = json_in(event, "attestation");
    submission.proof_type = word_in(event, "proof_type", longest_identifier);
    submission.proof_payload = json_in(event, "proof_payload");
    submission.payload_hash = word_in(event, "payload_hash", longest_identifier);
    submission.related_type = word_in(event, "related_entity_type", longest_identifier);
    submission.related_id = word_in(event, "related_entity_id", longest_identifier);
    submission.device_info = json_in(event, "device_info");
    submission.ip_address = address_in(event, "ip_address");
    require_sound(submission);
    return submission;
}

void read_events(Batch& batch, Jsonb* events, const Context& context) {
    if (!JB_ROOT_IS_ARRAY(events) || JB_ROOT_IS_SCALAR(events))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("events must be a JSON array"),
                errhint("Each element is an object with the arguments of rewards.submit_points_event()."));
    batch.count = static_cast<int>(JB_ROOT_COUNT(events));
    if (batch.count > most_events)
        ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                errmsg("a batch has at most %d events, and this one has %d", most_events, batch.count),
                errhint("Send several batches: each event is safe to repeat under its nonce."));
    const auto count = static_cast<std::size_t>(batch.count);
    batch.events =
        static_cast<BatchEvent*>(MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(BatchEvent)));
    for (batch.current = 0; batch.current < batch.count; ++batch.current) {
        JsonbValue* element = getIthJsonbValueFromContainer(&events->root, static_cast<std::uint32_t>(batch.current));
        if (element->type != jbvBinary || !JsonContainerIsObject(element->val.binary.data))
            ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an event must be a JSON object"));
        batch.events[batch.current] = {read_submission(element->val.binary.data), {}};
        require_member(context, batch.events[batch.current].submission.user);
    }
    batch.current = nothing_current;
    batch.is_read = true;
}

void order_by_account(Batch& batch) {
    batch.order = static_cast<int*>(palloc((static_cast<std::size_t>(batch.count) + 1) * sizeof(int)));
    for (int one = 0; one < batch.count; ++one) batch.order[one] = one;
    std::sort(batch.order, batch.order + batch.count, [&](int one, int other) {
        const Uuid& user = batch.events[one].submission.user;
        const Uuid& other_user = batch.events[other].submission.user;
        return user != other_user ? user < other_user : one < other;
    });
}

// What the answer points at has to outlive the event's own memory.
SubmitAnswer keep(const SubmitAnswer& answer) {
    SubmitAnswer kept = answer;
    if (!answer.reasons.is_null) kept.reasons = datumCopy(answer.reasons.value, false, -1);
    return kept;
}

// Returns where the next account's events begin.
int submit_account(Ledger& ledger, const Context& context, Batch& batch, int first) {
    batch.current = batch.order[first];
    const Uuid user = batch.events[batch.current].submission.user;
    Account account = lock_account(ledger, {user, context.company});
    Submitter submitter = begin_submitting(ledger, account);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards event", ALLOCSET_DEFAULT_SIZES);
    int place = first;
    for (; place < batch.count && batch.events[batch.order[place]].submission.user == user; ++place) {
        CHECK_FOR_INTERRUPTS();
        batch.current = batch.order[place];
        BatchEvent& event = batch.events[batch.current];
        MemoryContext caller = MemoryContextSwitchTo(memory);
        const SubmitAnswer answer = submit_event(submitter, event.submission);
        MemoryContextSwitchTo(caller);
        event.answer = keep(answer);
        MemoryContextReset(memory);
        ResetPerTupleExprContext(ledger.write->estate);
    }
    end_submitting(submitter);
    MemoryContextDelete(memory);
    batch.current = nothing_current;
    return place;
}

void return_rows(FunctionCallInfo call, const Batch& batch) {
    InitMaterializedSRF(call, 0);
    for (int one = 0; one < batch.count; ++one) {
        RowField fields[2 + answer_fields] = {Int32GetDatum(one + 1), to_datum(batch.events[one].submission.user)};
        put_answer(fields + 2, batch.events[one].answer);
        add_row(call, fields);
    }
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_submit_points_events) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    Jsonb* events = DatumGetJsonbP(arguments.required(0, "events"));
    const Context& context = require_context();
    Batch batch{nullptr, 0, nullptr, nothing_current, false};
    ErrorContextCallback which_event{error_context_stack, say_which_event, &batch};
    error_context_stack = &which_event;
    read_events(batch, events, context);
    order_by_account(batch);
    with_write("submit_points_events()", [&](Write& write) {
        write.gathers_rows = true;
        Ledger ledger = open_ledger(write);
        for (int first = 0; first < batch.count;) first = submit_account(ledger, context, batch, first);
    });
    error_context_stack = which_event.previous;
    return_rows(fcinfo, batch);
    PG_RETURN_NULL();
}
}
