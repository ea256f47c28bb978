#include "pg/coupon_counter.hpp"

#include "pg/coupon_code.hpp"
#include "pg/coupon_guess.hpp"
#include "pg/setting.hpp"

namespace rewards::pg {

namespace {

bool is_same_claim(const Table& coupons, const Presented& presented) {
    return presented.claim_ref && status_of(coupons) == CouponStatus::redeemed &&
           optional_text(coupons, coupon::claim_ref) == presented.claim_ref &&
           optional_text(coupons, coupon::redeemed_by) == presented.by;
}

// In the exact word; null: it may be used.
const char* reason_not_to_use(const Table& coupons, std::string_view by, TimestampTz now) {
    const CouponStatus status = status_of(coupons);
    if (status == CouponStatus::redeemed) return refusal::already_claimed.outcome;
    if (!is_open(status)) return text_of(status).data();
    if (is_past_date(coupons, now)) return text_of(CouponStatus::expired).data();
    if (optional_value(coupons, coupon::vendor_code_id)) return "vendor_code";
    if (is_held(coupons, now) && optional_text(coupons, coupon::held_by) != by) return text_of(status).data();
    return nullptr;
}

Finding decide(Write& write, const Context& context, Table& coupons, const Presented& presented) {
    const auto refused = [](const Refusal& refusal, const char* reason) {
        return Finding{&refusal, reason, {}, false, 0};
    };
    const Guesser guesser{presented.by, presented.device_id};
    if (const std::optional<Retry> retry = guess_blocked(write, context, guesser))
        return {&refusal::try_later, refusal::try_later.outcome, *retry, false, 0};
    const CodeFound found = lock_by_code(coupons, context.company, presented.code);
    if (found == CodeFound::malformed) return refused(refusal::malformed, refusal::malformed.outcome);
    const bool is_there = found == CodeFound::found;
    const TimestampTz now = GetCurrentTimestamp();
    if (is_there && is_same_claim(coupons, presented)) return {nullptr, nullptr, {}, true, now};
    if (!settings_of(write, context.company).claim_enabled)
        return refused(refusal::disabled, refusal::disabled.outcome);
    if (!is_there) note_guess(write, context, guesser);
    const char* reason = is_there ? reason_not_to_use(coupons, presented.by, now) : "unknown";
    if (reason != nullptr) return refused(refusal::not_redeemable, reason);
    return {nullptr, nullptr, {}, false, now};
}

}  // namespace

bool is_held(const Table& coupons, TimestampTz now) {
    return status_of(coupons) == CouponStatus::held && optional_time(coupons, coupon::held_until) > now;
}

Finding examine(Write& write, const Context& context, Table& coupons, const Presented& presented) {
    Finding finding = decide(write, context, coupons, presented);
    // To everybody else the ways in which a code can be no good look alike.
    if (context.role != Role::admin) finding.reason = nullptr;
    return finding;
}

Worth worth_of(const Table& coupons) {
    const auto keep = [](Datum datum) { return PointerGetDatum(PG_DETOAST_DATUM_COPY(datum)); };
    return {uuid_result(uuid_of(value(coupons, coupon::coupon_id))), keep(value(coupons, coupon::coupon_value)),
            keep(value(coupons, coupon::coupon_value_type))};
}

void refuse_as_found(const Finding& finding) {
    if (finding.refusal == nullptr) return;
    const char* detail = finding.reason != nullptr ? psprintf("{\"reason\": \"%s\"}", finding.reason) : "{}";
    refuse(*finding.refusal, detail, finding.retry);
}

RowField outcome_of(const Finding& finding, std::string_view success) {
    return to_datum(finding.refusal != nullptr ? std::string_view(finding.refusal->outcome) : success);
}

RowField reason_of(const Finding& finding) {
    return finding.reason != nullptr ? RowField(to_datum(std::string_view(finding.reason))) : RowField();
}

RowField retry_after(const Finding& finding) {
    return finding.retry.after_seconds ? RowField(Int64GetDatum(*finding.retry.after_seconds)) : RowField();
}

}  // namespace rewards::pg
