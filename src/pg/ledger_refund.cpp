// refund_points: what an event spent comes back, once.
#include "pg/ledger_refund.hpp"

#include "pg/ledger_expiry.hpp"
#include "pg/ledger_lookup.hpp"
#include "pg/raise.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

std::optional<Uuid> refund_once(Ledger& ledger, Account& account, const Refund& refund) {
    const char* name = psprintf("%s%s", refund_payload.data(), uuid_text(refund.spent_by));
    if (is_known_payload(ledger, account.key, name)) return std::nullopt;
    Posting posting{};
    posting.event_type = "refund";
    posting.points = refund.points;
    posting.proof_type = "server";
    posting.payload_hash = to_datum(std::string_view(name));
    posting.reason = refund.reason;
    posting.related_type = refund.related_type;
    posting.related_id = uuid_text(refund.related_id);
    const Uuid id = post_event(ledger, account, posting);
    const Settings settings = settings_of(*ledger.write, account.key.company);
    return_expiring(ledger, account, refund.spent_by, account.now + settings.refunded_points_live);
    return id;
}

namespace {

struct RefundRequest {
    Uuid user;
    Uuid event;
    std::optional<std::string_view> reason;
};

struct RefundAnswer {
    const Refusal* refusal;
    std::optional<Uuid> event;
    std::int64_t balance;
};

// Coupons are revoked, or both the coupon and its price would be the member's; what expired is gone.
bool is_refundable(const Table& events) {
    const std::string_view type = text_view(value(events, event::event_type));
    return text_view(value(events, event::validation_status)) == text_of(Status::validated) &&
           DatumGetInt64(value(events, event::points_delta)) < 0 && type != "coupon_redemption" &&
           type != "points_expiry";
}

RefundAnswer refused(const Refusal& refusal, const Account& account) {
    return {&refusal, std::nullopt, account.balance.available};
}

RefundAnswer refund(Ledger& ledger, Account& account, const RefundRequest& request) {
    Table& events = ledger.events;
    if (!find(events, event::by_id, {to_datum(request.user), to_datum(request.event)}) ||
        uuid_of(value(events, event::company_id)) != account.key.company)
        return refused(refusal::event_not_found, account);
    if (!is_refundable(events)) return refused(refusal::not_refundable, account);
    const std::int64_t spent = -DatumGetInt64(value(events, event::points_delta));
    const std::optional<Uuid> refunded =
        refund_once(ledger, account, {request.event, spent, "points_event", request.event, request.reason});
    if (!refunded) return refused(refusal::already_refunded, account);
    return {nullptr, refunded, account.balance.available};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_refund_points) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Context& context = require_context();
    require_back_end(context, "refund points");
    const RefundRequest request{arguments.uuid(0, "user_id"), arguments.uuid(1, "event_id"),
                                arguments.optional_text(2)};
    RefundAnswer answer{};
    with_write("refund_points()", [&](Write& write) {
        with_account(write, {request.user, context.company},
                     [&](Ledger& ledger, Account& account) { answer = refund(ledger, account, request); });
    });
    if (answer.refusal != nullptr) refuse(*answer.refusal, psprintf("{\"balance\": " INT64_FORMAT "}", answer.balance));
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "refunded";
    return make_row(fcinfo, {answer.event ? RowField(to_datum(*answer.event)) : RowField(),
                             to_datum(std::string_view(outcome)), Int64GetDatum(answer.balance)});
}
}
