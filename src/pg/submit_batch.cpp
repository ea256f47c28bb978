// submit_points_events: thousands of events in one call, each with its own outcome. Accounts are locked one
// after the other in the order of their users, as everybody locks them; the events of an account keep
// their order.
#include "core/timestamp.hpp"
#include "pg/submit_row.hpp"

namespace rewards::pg {

namespace {

constexpr int most_events = 100'000;

struct BatchEvent {
    Submission submission;
    SubmitAnswer answer;
};

// In the order of the accounts.
struct Turn {
    Uuid user;
    int event;
};

struct Batch {
    BatchEvent* events;
    int count;
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

constexpr std::string_view member_names[] = {
    "user_id",           "event_type",  "event_time",    "nonce",        "device_id",
    "attestation",       "proof_type",  "proof_payload", "payload_hash", "related_entity_type",
    "related_entity_id", "device_info", "ip_address"};

namespace member {
enum : std::uint8_t {
    user_id,
    event_type,
    event_time,
    nonce,
    device_id,
    attestation,
    proof_type,
    proof_payload,
    payload_hash,
    related_entity_type,
    related_entity_id,
    device_info,
    ip_address,
    count
};
static_assert(std::size(member_names) == count);
}  // namespace member

// What is missing is null.
using Members = std::array<JsonbValue, member::count>;

std::string_view text_of(const JsonbValue& text) {
    return {text.val.string.val, static_cast<std::size_t>(text.val.string.len)};
}

// A misspelt member would be lost in silence.
JsonbValue& named(Members& members, std::string_view name) {
    const auto* known = std::ranges::find(member_names, name);
    if (known == std::end(member_names))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("an event has no member \"%.*s\"", static_cast<int>(name.size()), name.data()),
                errhint("The members are the arguments of rewards.submit_points_event()."));
    return members[static_cast<std::size_t>(known - member_names)];
}

Members members_of(JsonbContainer* event) {
    Members members{};
    JsonbIterator* iterator = JsonbIteratorInit(event);
    JsonbValue name;
    JsonbIteratorNext(&iterator, &name, true);
    while (JsonbIteratorNext(&iterator, &name, true) == WJB_KEY)
        JsonbIteratorNext(&iterator, &named(members, text_of(name)), true);
    return members;
}

std::optional<std::string_view> text_in(const Members& members, std::uint8_t place) {
    const JsonbValue& found = members[place];
    if (found.type == jbvNull) return std::nullopt;
    if (found.type != jbvString)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("%s must be a string", member_names[place].data()));
    return text_of(found);
}

std::string_view required_text(const Members& members, std::uint8_t place) {
    const std::optional<std::string_view> text = text_in(members, place);
    if (!text)
        ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                errmsg("%s must not be null", member_names[place].data()));
    return *text;
}

void require_word(std::string_view text, std::uint8_t place, std::size_t limit) {
    if (text.empty() || text.size() > limit) raise_length(member_names[place].data(), text.size(), limit);
}

std::optional<std::string_view> word_in(const Members& members, std::uint8_t place, std::size_t limit) {
    const std::optional<std::string_view> text = text_in(members, place);
    if (text) require_word(*text, place, limit);
    return text;
}

std::string_view required_word(const Members& members, std::uint8_t place, std::size_t limit) {
    const std::string_view text = required_text(members, place);
    require_word(text, place, limit);
    return text;
}

RowField json_in(Members& members, std::uint8_t place) {
    if (members[place].type == jbvNull) return {};
    return JsonbPGetDatum(JsonbValueToJsonb(&members[place]));
}

// For the input functions of types.
Datum terminated(std::string_view text) { return CStringGetDatum(pnstrdup(text.data(), text.size())); }

RowField address_in(const Members& members, std::uint8_t place) {
    const std::optional<std::string_view> text = text_in(members, place);
    return text ? DirectFunctionCall1(inet_in, terminated(*text)) : RowField();
}

// Other spellings are for the type's own input function, which takes its time.
Uuid user_in(const Members& members) {
    const std::string_view text = required_text(members, member::user_id);
    const std::optional<Uuid> usual = parse_uuid(text);
    return usual ? *usual : uuid_of(DirectFunctionCall1(uuid_in, terminated(text)));
}

TimestampTz time_in(const Members& members, std::uint8_t place) {
    const std::string_view text = required_text(members, place);
    if (const std::optional<std::int64_t> usual = parse_timestamp(text)) return *usual;
    const Datum time =
        DirectFunctionCall3(timestamptz_in, terminated(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    return finite_timestamp(DatumGetTimestampTz(time), member_names[place].data());
}

Submission read_submission(JsonbContainer* event) {
    Members members = members_of(event);
    Submission submission{};
    submission.user = user_in(members);
    submission.event_type = required_word(members, member::event_type, longest_event_type);
    submission.event_time = time_in(members, member::event_time);
    submission.nonce = required_word(members, member::nonce, longest_identifier);
    submission.device_id = word_in(members, member::device_id, longest_identifier);
    submission.attestation = json_in(members, member::attestation);
    submission.proof_type = word_in(members, member::proof_type, longest_identifier);
    submission.proof_payload = json_in(members, member::proof_payload);
    submission.payload_hash = word_in(members, member::payload_hash, longest_identifier);
    submission.related_type = word_in(members, member::related_entity_type, longest_identifier);
    submission.related_id = word_in(members, member::related_entity_id, longest_identifier);
    submission.device_info = json_in(members, member::device_info);
    submission.ip_address = address_in(members, member::ip_address);
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

std::span<const Turn> order_by_account(const Batch& batch) {
    const auto count = static_cast<std::size_t>(batch.count);
    const std::span turns(static_cast<Turn*>(palloc((count + 1) * sizeof(Turn))), count);
    for (int one = 0; one < batch.count; ++one)
        turns[static_cast<std::size_t>(one)] = {batch.events[one].submission.user, one};
    std::ranges::sort(turns, [](const Turn& one, const Turn& other) {
        return one.user != other.user ? one.user < other.user : one.event < other.event;
    });
    return turns;
}

std::span<const Turn> first_account_of(std::span<const Turn> turns) {
    const auto next = std::ranges::find_if(turns, [&](const Turn& turn) { return turn.user != turns.front().user; });
    return turns.first(static_cast<std::size_t>(next - turns.begin()));
}

// What the answer points at has to outlive the event's own memory.
SubmitAnswer keep(const SubmitAnswer& answer) {
    SubmitAnswer kept = answer;
    if (!answer.reasons.is_null) kept.reasons = datumCopy(answer.reasons.value, false, -1);
    return kept;
}

bool are_nonces_unused(const Submitter& submitter, const Batch& batch, std::span<const Turn> turns) {
    if (turns.size() == 1) return false;  // the look-up takes as long
    const std::span nonces(static_cast<std::string_view*>(palloc(turns.size() * sizeof(std::string_view))),
                           turns.size());
    std::ranges::transform(turns, nonces.begin(),
                           [&](const Turn& turn) { return batch.events[turn.event].submission.nonce; });
    return are_unused(open_nonces(*submitter.ledger->write), submitter.account->key, nonces);
}

void submit_account(Ledger& ledger, const Context& context, Batch& batch, std::span<const Turn> turns) {
    batch.current = turns.front().event;
    Account account = lock_account(ledger, {turns.front().user, context.company});
    Submitter submitter = begin_submitting(ledger, account);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards event", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    submitter.nonces_are_unused = are_nonces_unused(submitter, batch, turns);
    for (const Turn& turn : turns) {
        CHECK_FOR_INTERRUPTS();
        MemoryContextReset(memory);
        batch.current = turn.event;
        BatchEvent& event = batch.events[batch.current];
        const SubmitAnswer answer = submit_event(submitter, event.submission);
        MemoryContextSwitchTo(caller);
        event.answer = keep(answer);
        MemoryContextSwitchTo(memory);
        ResetPerTupleExprContext(ledger.write->estate);
    }
    MemoryContextSwitchTo(caller);
    end_submitting(submitter);
    MemoryContextDelete(memory);
    batch.current = nothing_current;
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
    Batch batch{nullptr, 0, nothing_current, false};
    ErrorContextCallback which_event{error_context_stack, say_which_event, &batch};
    error_context_stack = &which_event;
    read_events(batch, events, context);
    const std::span<const Turn> turns = order_by_account(batch);
    with_write("submit_points_events()", [&](Write& write) {
        write.gathers_rows = true;
        Ledger ledger = open_ledger(write);
        for (std::span rest = turns; !rest.empty();) {
            const std::span account = first_account_of(rest);
            submit_account(ledger, context, batch, account);
            rest = rest.subspan(account.size());
        }
    });
    error_context_stack = which_event.previous;
    return_rows(fcinfo, batch);
    PG_RETURN_NULL();
}
}
