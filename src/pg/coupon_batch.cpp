// begin_coupon_batch: what all coupons of a batch will promise.
#include "pg/coupon_batch.hpp"

#include "pg/audit.hpp"
#include "pg/coupon_stock.hpp"
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
    {"stock_stripe", INT2OID},
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

// Looks before it locks: nobody waits for a row of another company.
bool lock_batch(Table& batches, const Uuid& company, const Uuid& id) {
    return find(batches, coupon_batch::by_id, {to_datum(id)}) &&
           uuid_of(value(batches, coupon_batch::company_id)) == company &&
           lock_row(batches, coupon_batch::by_id, {to_datum(id)});
}

std::int32_t batch_count(const Table& batches, std::uint8_t column) { return DatumGetInt32(value(batches, column)); }

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

struct NewBatch {
    Offer offer;
    TimestampTz now;
    Uuid id;
    std::optional<TimestampTz> expires_at;
    std::optional<Stripe> stripe;  // its stock; nothing: there is no limit
};

BatchAnswer refused(const Refusal& refusal) { return {&refusal, std::nullopt, false}; }

bool find_label(Table& batches, const Context& context, const BatchRequest& request) {
    return find(batches, coupon_batch::by_label, {to_datum(context.company), to_datum(request.label)});
}

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

// As the template says, unless the request is for less.
std::optional<TimestampTz> expiry_of(const Offer& offer, const BatchRequest& request, TimestampTz now) {
    if (!request.expires_at) return expiry_of(offer, now);
    if (offer.coupons_expire_at && *request.expires_at > *offer.coupons_expire_at)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("expires_at must not be after the template's coupons_expire_at"),
                errhint("Leave it out: the coupons expire when the template says."));
    return request.expires_at;
}

void require_own_codes(const Offer& offer) {
    if (!offer.has_vendor_codes) return;
    ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            errmsg("the coupons of this template get their codes from a vendor"),
            errhint("A batch makes codes of its own: make a template for it without vendor_codes."));
}

// Locked, because a batch moves its stock about.
std::optional<Offer> lock_offer(Write& write, const Uuid& company, const Uuid& template_id) {
    Table& templates = open_for_writing(write, templates_layout());
    if (!find_offer(templates, company, template_id) ||
        !lock_row(templates, coupon_template::by_id, {to_datum(template_id)}))
        return std::nullopt;
    return find_offer(templates, company, template_id);
}

bool insert_batch(Table& batches, const Context& context, const BatchRequest& request, const NewBatch& batch) {
    return insert_if_new(
        batches, coupon_batch::by_label,
        {{coupon_batch::id, to_datum(batch.id)},
         {coupon_batch::company_id, to_datum(context.company)},
         {coupon_batch::label, to_datum(request.label)},
         {coupon_batch::template_id, to_datum(request.template_id)},
         {coupon_batch::quantity, Int32GetDatum(request.quantity)},
         {coupon_batch::issued, Int32GetDatum(0)},
         {coupon_batch::coupon_value_type, batch.offer.value_type},
         {coupon_batch::coupon_value, batch.offer.value},
         {coupon_batch::code_symbols, Int16GetDatum(static_cast<std::int16_t>(batch.offer.symbols))},
         {coupon_batch::stock_stripe, batch.stripe ? RowField(Int16GetDatum(*batch.stripe)) : RowField()},
         {coupon_batch::expires_at, field_of(batch.expires_at)},
         {coupon_batch::created_at, TimestampTzGetDatum(batch.now)},
         {coupon_batch::created_by, to_datum(std::string_view(current_actor()))},
         {coupon_batch::revoked, Int32GetDatum(0)},
         {coupon_batch::updated_at, TimestampTzGetDatum(batch.now)}});
}

void audit_begin(Write& write, const Context& context, const BatchRequest& request, const Uuid& batch) {
    record_audit(write, context,
                 {"begin_coupon_batch",
                  {},
                  {},
                  jsonb_of_texts({{"batch_id", uuid_text(batch)},
                                  {"template_id", uuid_text(request.template_id)},
                                  {"quantity", psprintf("%d", request.quantity)},
                                  {"label", request.label}})});
}

BatchAnswer begin(Write& write, const Context& context, const BatchRequest& request) {
    Table& batches = open_batches(write);
    const std::optional<Offer> offer = lock_offer(write, context.company, request.template_id);
    if (!offer) return refused(refusal::template_not_found);
    if (find_label(batches, context, request)) return answer_again(batches, request);
    require_own_codes(*offer);
    NewBatch batch{*offer, GetCurrentTimestamp(), {}, {}, {}};
    batch.id = new_uuid(batch.now);
    batch.expires_at = expiry_of(*offer, request, batch.now);
    if (batch.expires_at && *batch.expires_at <= batch.now) return refused(refusal::ended);
    if (offer->is_limited) {
        batch.stripe = take_many(write, request.template_id, request.quantity);
        if (!batch.stripe) return refused(refusal::out_of_stock);
    }
    if (!insert_batch(batches, context, request, batch)) {  // somebody else was first
        if (batch.stripe) return_to_stock(write, request.template_id, *batch.stripe, request.quantity);
        return begin(write, context, request);
    }
    audit_begin(write, context, request, batch.id);
    return {nullptr, batch.id, false};
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
