// begin_coupon_batch: what all coupons of a batch will promise.
#include "pg/coupon_batch.hpp"

#include "core/coupon_code.hpp"
#include "pg/audit.hpp"
#include "pg/coupon_template.hpp"
#include "pg/raise.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace coupon_batch {
namespace {
constexpr Column columns[] = {
    {"id", UUIDOID},
    {"company_id", UUIDOID},
    {"label", TEXTOID},
    {"template_id", UUIDOID},
    {"quantity", INT4OID},
    {"issued", INT4OID},
    {"coupon_value_type", TEXTOID},
    {"coupon_value", NUMERICOID},
    {"code_symbols", INT2OID},
    {"expires_at", TIMESTAMPTZOID},
    {"created_at", TIMESTAMPTZOID},
    {"created_by", TEXTOID},
    {"revoked_at", TIMESTAMPTZOID},
    {"revoked_by", TEXTOID},
    {"revoke_reason", TEXTOID},
    {"revoked", INT4OID},
    {"updated_at", TIMESTAMPTZOID},
};
constexpr Lookup lookups[] = {
    {1, {id}},
    {2, {company_id, label}, true},
};
TableLayout layout{"coupon_batches", columns, lookups};
}  // namespace
}  // namespace coupon_batch

Table& open_batches(Write& write) { return open_for_writing(write, coupon_batch::layout); }

bool lock_batch(Table& batches, const Uuid& company, const Uuid& id) {
    return lock_row(batches, coupon_batch::by_id, {to_datum(id)}) &&
           uuid_of(value(batches, coupon_batch::company_id)) == company;
}

std::int32_t batch_count(const Table& batches, std::uint8_t column) { return DatumGetInt32(value(batches, column)); }

const char* quoted(std::string_view text) {
    StringInfoData json;
    initStringInfo(&json);
    escape_json(&json, pnstrdup(text.data(), text.size()));
    return json.data;
}

void audit_batch(Write& write, const Context& context, const char* action, const Uuid& batch, const char* details) {
    char* json = psprintf("{\"batch_id\": \"%s\", %s}", uuid_text(batch), details);
    record_audit(write, context, {action, {}, {}, DirectFunctionCall1(jsonb_in, CStringGetDatum(json))});
}

namespace {

constexpr std::int64_t largest_batch = 100'000'000;
constexpr std::size_t longest_label = 255;

struct BatchRequest {
    Uuid template_id;
    std::int32_t quantity;
    std::string_view label;
    std::optional<TimestampTz> expires_at;
};

struct BatchAnswer {
    const Refusal* refusal;
    std::optional<Uuid> batch;
    bool replayed;
};

BatchAnswer refused(const Refusal& refusal) { return {&refusal, std::nullopt, false}; }

// The same request again, whose answer was lost, or another one with the same label.
BatchAnswer answer_again(const Table& batches, const BatchRequest& request) {
    const std::optional<Datum> expires_at = optional_value(batches, coupon_batch::expires_at);
    const bool is_same =
        uuid_of(value(batches, coupon_batch::template_id)) == request.template_id &&
        batch_count(batches, coupon_batch::quantity) == request.quantity &&
        (!request.expires_at || (expires_at && DatumGetTimestampTz(*expires_at) == *request.expires_at));
    if (!is_same) return refused(refusal::label_taken);
    return {nullptr, uuid_of(value(batches, coupon_batch::id)), true};
}

// As the template in the found row has it, unless the request is for less.
std::optional<TimestampTz> expiry_of(const Table& templates, const BatchRequest& request, TimestampTz now) {
    std::optional<TimestampTz> latest;
    if (const auto time = optional_value(templates, coupon_template::coupons_expire_at))
        latest = DatumGetTimestampTz(*time);
    if (request.expires_at && latest && *request.expires_at > *latest)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("expires_at must not be after the template's coupons_expire_at"),
                errhint("Leave it out: the coupons expire when the template says."));
    if (request.expires_at) return request.expires_at;
    const auto days = optional_value(templates, coupon_template::expires_after_days);
    if (!days) return latest;
    const TimestampTz after_days = now + DatumGetInt32(*days) * USECS_PER_DAY;
    return latest ? Min(after_days, *latest) : after_days;
}

void require_own_codes(const Table& templates) {
    if (!DatumGetBool(value(templates, coupon_template::vendor_codes))) return;
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            errmsg("the coupons of this template get their codes from a vendor"),
            errhint("A batch makes codes of its own: make a template for it without vendor_codes."));
}

std::int16_t symbols_of(const Table& templates) {
    return DatumGetBool(value(templates, coupon_template::high_value)) ? long_symbols : standard_symbols;
}

void audit_begin(Write& write, const Context& context, const BatchRequest& request, const Uuid& batch) {
    audit_batch(write, context, "begin_coupon_batch", batch,
                psprintf("\"template_id\": \"%s\", \"quantity\": %d, \"label\": %s", uuid_text(request.template_id),
                         request.quantity, quoted(request.label)));
}

BatchAnswer begin(Write& write, const Context& context, const BatchRequest& request) {
    Table& batches = open_batches(write);
    const Datum label = to_datum(request.label);
    if (find(batches, coupon_batch::by_label, {to_datum(context.company), label}))
        return answer_again(batches, request);
    Table& templates = open_templates(write);
    if (!find(templates, coupon_template::by_id, {to_datum(request.template_id)}) ||
        uuid_of(value(templates, coupon_template::company_id)) != context.company)
        return refused(refusal::template_not_found);
    require_own_codes(templates);
    const TimestampTz now = GetCurrentTimestamp();
    const std::optional<TimestampTz> expires_at = expiry_of(templates, request, now);
    if (expires_at && *expires_at <= now) return refused(refusal::ended);

    const Uuid id = new_uuid(now);
    const bool is_new =
        insert_if_new(batches, coupon_batch::by_label,
                      {{coupon_batch::id, to_datum(id)},
                       {coupon_batch::company_id, to_datum(context.company)},
                       {coupon_batch::label, label},
                       {coupon_batch::template_id, to_datum(request.template_id)},
                       {coupon_batch::quantity, Int32GetDatum(request.quantity)},
                       {coupon_batch::issued, Int32GetDatum(0)},
                       {coupon_batch::coupon_value_type, value(templates, coupon_template::coupon_value_type)},
                       {coupon_batch::coupon_value, value(templates, coupon_template::coupon_value)},
                       {coupon_batch::code_symbols, Int16GetDatum(symbols_of(templates))},
                       {coupon_batch::expires_at, field_of(expires_at)},
                       {coupon_batch::created_at, TimestampTzGetDatum(now)},
                       {coupon_batch::created_by, to_datum(std::string_view(current_actor()))},
                       {coupon_batch::revoked, Int32GetDatum(0)},
                       {coupon_batch::updated_at, TimestampTzGetDatum(now)}});
    if (!is_new) return begin(write, context, request);  // somebody else was first
    audit_begin(write, context, request, id);
    return {nullptr, id, false};
}

BatchRequest read_request(const Arguments& arguments) {
    BatchRequest request{arguments.uuid(0, "template_id"),
                         static_cast<std::int32_t>(arguments.count(1, "quantity", largest_batch)),
                         arguments.word(2, "label", longest_label), std::nullopt};
    if (!arguments.is_null(3))
        request.expires_at = finite_timestamp(DatumGetTimestampTz(arguments.datum(3)), "expires_at");
    return request;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_begin_coupon_batch) {
    using namespace rewards::pg;
    const BatchRequest request = read_request({fcinfo});
    const Context& context = require_context();
    require_back_end(context, "begin a batch of coupons");
    BatchAnswer answer{};
    with_write("begin_coupon_batch()", [&](Write& write) { answer = begin(write, context, request); });
    if (answer.refusal != nullptr) refuse(*answer.refusal, "{}");
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "begun";
    return make_row(fcinfo,
                    {to_datum(std::string_view(outcome)), field_of(answer.batch), BoolGetDatum(answer.replayed)});
}
}
