// revoke_coupon: a coupon is taken back and, if so wished, its points are given back, once.
#include "pg/audit.hpp"
#include "pg/coupon.hpp"
#include "pg/ledger_refund.hpp"
#include "pg/raise.hpp"

namespace rewards::pg {

namespace {

struct Revocation {
    Uuid coupon;
    std::string_view reason;
    bool is_refund_wanted;
};

// Who paid for the coupon. For a coupon of a batch, which is its bearer's, nobody did.
struct Payer {
    Ledger* ledger = nullptr;
    Account* account = nullptr;
};

struct Decision {
    const Refusal* refusal;
    bool is_to_revoke;
    bool is_to_refund;
};

struct RevokeAnswer {
    const Refusal* refusal = nullptr;
    const char* outcome = nullptr;
    std::optional<Uuid> user;
    std::int64_t points_refunded = 0;
    std::optional<Uuid> refund_event;
    std::optional<std::int64_t> balance;
};

bool is_of_batch(const Table& coupons) { return optional_value(coupons, coupon::batch_id).has_value(); }

std::int64_t cost_of(const Table& coupons) { return DatumGetInt64(value(coupons, coupon::issued_points_cost)); }

Decision decide(const Table& coupons, const Revocation& request) {
    const CouponStatus status = status_of(coupons);
    if (status == CouponStatus::redeemed) return {&refusal::already_claimed, false, false};
    const bool is_refunded = optional_value(coupons, coupon::refunded_at).has_value();
    const bool is_to_refund = request.is_refund_wanted && !is_refunded && cost_of(coupons) > 0 && !is_of_batch(coupons);
    if (status != CouponStatus::revoked) return {nullptr, true, is_to_refund};
    if (is_to_refund) return {nullptr, false, true};
    return {request.is_refund_wanted && is_refunded ? &refusal::already_refunded : &refusal::already_revoked, false,
            false};
}

// What is known of the coupon's refund, which may be one of long ago: whoever lost the first answer asks again.
RevokeAnswer answer_of(const Table& coupons, const Payer& payer) {
    RevokeAnswer answer{};
    if (payer.account == nullptr) return answer;
    answer.user = payer.account->key.user;
    answer.balance = payer.account->balance.available;
    if (const auto event = optional_value(coupons, coupon::refund_points_event_id)) {
        answer.refund_event = uuid_of(*event);
        answer.points_refunded = cost_of(coupons);
    }
    return answer;
}

RevokeAnswer refused(const Refusal& refusal, RevokeAnswer answer) {
    answer.refusal = &refusal;
    answer.outcome = refusal.outcome;
    return answer;
}

// A coupon that was brought from elsewhere may not know the event it was paid with: its own id stands in.
std::optional<Uuid> refund(const Payer& payer, const Table& coupons, const Revocation& request) {
    const std::optional<Datum> spent_by = optional_value(coupons, coupon::points_event_id);
    return refund_once(
        *payer.ledger, *payer.account,
        {spent_by ? uuid_of(*spent_by) : request.coupon, cost_of(coupons), "coupon", request.coupon, request.reason});
}

void mark(Table& coupons, const Decision& decision, const Revocation& request, const RevokeAnswer& answer,
          TimestampTz now) {
    std::array<Cell, 7> cells;
    std::size_t count = 0;
    const auto set = [&](std::uint8_t column, const RowField& field) { cells[count++] = {column, field}; };
    if (decision.is_to_revoke) {
        set(coupon::status, to_datum(text_of(CouponStatus::revoked)));
        set(coupon::revoked_at, TimestampTzGetDatum(now));
        set(coupon::revoked_by, to_datum(std::string_view(current_actor())));
        set(coupon::revoke_reason, to_datum(request.reason));
    }
    if (decision.is_to_refund) {
        set(coupon::refunded_at, TimestampTzGetDatum(now));
        set(coupon::refund_points_event_id, to_datum(*answer.refund_event));
    }
    set(coupon::updated_at, TimestampTzGetDatum(now));
    update(coupons, std::span<const Cell>(cells).first(count));
}

void audit(Write& write, const Context& context, const Decision& decision, const Revocation& request,
           const RevokeAnswer& answer, CouponStatus before) {
    const char* id = uuid_text(request.coupon);
    if (decision.is_to_revoke)
        record_audit(
            write, context,
            {"revoke_coupon", field_of(answer.user), jsonb_of_texts({{"status", text_of(before)}}),
             jsonb_of_texts(
                 {{"coupon_id", id}, {"status", text_of(CouponStatus::revoked)}, {"reason", request.reason}})});
    if (decision.is_to_refund)
        record_audit(write, context,
                     {"refund_coupon",
                      field_of(answer.user),
                      {},
                      jsonb_of_texts({{"coupon_id", id},
                                      {"refund_points_event_id", uuid_text(*answer.refund_event)},
                                      {"reason", request.reason}})});
}

RevokeAnswer revoke_from(Write& write, const Context& context, const Payer& payer, const Revocation& request) {
    Table& coupons = open_coupons(write);
    if (!lock_coupon(coupons, context.company, request.coupon)) return refused(refusal::coupon_not_found, {});
    const Decision decision = decide(coupons, request);
    RevokeAnswer answer = answer_of(coupons, payer);
    if (decision.refusal != nullptr) return refused(*decision.refusal, answer);
    if (decision.is_to_refund) {
        answer.refund_event = refund(payer, coupons, request);
        if (!answer.refund_event) return refused(refusal::already_refunded, answer);
        answer.points_refunded = cost_of(coupons);
        answer.balance = payer.account->balance.available;
    }
    answer.outcome = decision.is_to_revoke ? "revoked" : "refunded";
    audit(write, context, decision, request, answer, status_of(coupons));
    mark(coupons, decision, request, answer, payer.account != nullptr ? payer.account->now : GetCurrentTimestamp());
    return answer;
}

// The account before the coupon, as everywhere: whose account it is never changes.
RevokeAnswer revoke(Write& write, const Context& context, const Revocation& request) {
    Table& coupons = open_coupons(write);
    if (!find_coupon(coupons, context.company, request.coupon)) return refused(refusal::coupon_not_found, {});
    if (is_of_batch(coupons)) return revoke_from(write, context, {}, request);
    const AccountKey key{uuid_of(value(coupons, coupon::issued_to)), context.company};
    RevokeAnswer answer{};
    with_account(write, key, [&](Ledger& ledger, Account& account) {
        answer = revoke_from(write, context, {&ledger, &account}, request);
    });
    return answer;
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_revoke_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Revocation request{arguments.uuid(0, "coupon_id"), arguments.word(1, "reason", longest_reason),
                             DatumGetBool(arguments.required(2, "refund"))};
    const Context& context = require_context();
    require_back_end(context, "revoke a coupon");
    RevokeAnswer answer{};
    with_write("revoke_coupon()", [&](Write& write) { answer = revoke(write, context, request); });
    if (answer.refusal != nullptr)
        refuse(*answer.refusal, psprintf("{\"coupon_id\": \"%s\"}", uuid_text(request.coupon)));
    return make_row(fcinfo, {to_datum(std::string_view(answer.outcome)), field_of(answer.user),
                             Int64GetDatum(answer.points_refunded), field_of(answer.refund_event),
                             answer.balance ? RowField(Int64GetDatum(*answer.balance)) : RowField()});
}
}
