// What may an UPDATE of coupons change, whoever writes it? What belongs to the step that the coupon takes by it.
#include "pg/coupon.hpp"
#include "pg/raise.hpp"
#include "pg/row_update.hpp"

namespace rewards::pg {

namespace {

constexpr const char* guard_wanted = "BEFORE UPDATE ON rewards.coupons FOR EACH ROW";

// The steps, each a bit; one UPDATE may take several.
enum : unsigned {
    claiming = 1U << 0,
    holding = 1U << 1,  // or letting go
    revoking = 1U << 2,
    refunding = 1U << 3,
    reissuing = 1U << 4,
    layering = 1U << 5,
    staying_open = 1U << 6,
    any_step = ~0U
};

// In which steps does the column change? 0: in none.
constexpr unsigned steps_of(std::uint8_t column) {
    switch (column) {
        case coupon::code_hash:
        case coupon::layer_slot: return reissuing | layering;
        case coupon::key_slot:
        case coupon::code_route:
        case coupon::code_symbols:
        case coupon::code_generation: return reissuing;
        case coupon::redeemed_at:
        case coupon::redeemed_by:
        case coupon::redemption_proof:
        case coupon::claim_ref: return claiming;
        case coupon::held_by:
        case coupon::held_until: return holding;
        case coupon::expires_at: return staying_open;
        case coupon::revoked_at:
        case coupon::revoked_by:
        case coupon::revoke_reason:
        case coupon::stock_stripe: return revoking;
        case coupon::refunded_at:
        case coupon::refund_points_event_id: return refunding;
        case coupon::status:
        case coupon::metadata:
        case coupon::updated_at: return any_step;
        default: return 0;
    }
}

struct Move {
    CouponStatus from;
    CouponStatus to;
};

CouponStatus status_in(RowField status) {
    if (status.is_null)
        ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION), errmsg("status of a coupon must not be null"));
    return value_or_raise(coupon_status_from_text(text_view(status.value)));
}

Move read_move(const RowUpdate& update) {
    const Move move{status_in(update.field_before(coupon::status)), status_in(update.field_after(coupon::status))};
    if (move.from != move.to && !may_become(move.from, move.to))
        ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                errmsg("a coupon cannot go from %s to %s", text_of(move.from).data(), text_of(move.to).data()),
                errhint("redeemed and revoked are final, and an expired coupon can only be revoked."));
    return move;
}

// The next generation of a code: no code that was handed out before comes back.
bool is_reissue(const RowUpdate& update, const Move& move) {
    const RowField generation = update.field_after(coupon::code_generation);
    return move.to == CouponStatus::issued && update.is_changed(coupon::code_hash) && !generation.is_null &&
           DatumGetInt32(generation.value) > DatumGetInt32(update.field_before(coupon::code_generation).value);
}

bool is_layering(const RowUpdate& update) {
    return update.is_changed(coupon::code_hash) && update.is_changed(coupon::layer_slot) &&
           !update.field_after(coupon::layer_slot).is_null;
}

// Once: what was refunded before stays as it is.
bool is_refund(const RowUpdate& update, const Move& move) {
    return move.to == CouponStatus::revoked && update.field_before(coupon::refunded_at).is_null;
}

unsigned steps_in(const RowUpdate& update, const Move& move) {
    unsigned steps = 0;
    if (move.from != move.to && move.to == CouponStatus::redeemed) steps |= claiming;
    if (move.from != move.to && move.to == CouponStatus::revoked) steps |= revoking;
    if (move.from == CouponStatus::held || move.to == CouponStatus::held) steps |= holding;
    if (is_open(move.from) && is_open(move.to)) steps |= staying_open;
    if (is_refund(update, move)) steps |= refunding;
    if (is_reissue(update, move)) steps |= reissuing;
    if (is_layering(update)) steps |= layering;
    return steps;
}

void require_steps(const RowUpdate& update, const Move& move) {
    const unsigned steps = steps_in(update, move);
    for (std::uint8_t column = 0; column < coupon::column_count; ++column)
        if (steps_of(column) != any_step && (steps_of(column) & steps) == 0 && update.is_changed(column))
            ereport(ERROR, errcode(ERRCODE_RESTRICT_VIOLATION),
                    errmsg("column \"%s\" of a coupon that is %s cannot change this way",
                           update.layout->columns[column].name, text_of(move.to).data()),
                    errhint("A coupon is what was promised at issue: revoke it and issue another one."));
}

// Of this transaction? Then whoever writes has said it.
bool is_stamped(RowField time) {
    return !time.is_null && DatumGetTimestampTz(time.value) >= GetCurrentTransactionStartTimestamp();
}

// Who and when: what the UPDATE does not say itself, the context and the clock do. A hold ends with its status.
HeapTuple stamp(const RowUpdate& update, const Move& move) {
    Cell stamps[5];
    std::size_t count = 0;
    const TimestampTz now = GetCurrentTimestamp();
    const auto fill = [&](std::uint8_t column, Datum value) {
        if (update.field_after(column).is_null) stamps[count++] = {column, value};
    };
    const auto clear = [&](std::uint8_t column) {
        if (!update.field_after(column).is_null) stamps[count++] = {column, RowField()};
    };
    if (move.from != move.to && move.to == CouponStatus::redeemed) {
        fill(coupon::redeemed_at, TimestampTzGetDatum(now));
        fill(coupon::redeemed_by, to_datum(std::string_view(current_actor())));
    }
    if (move.from != move.to && move.to == CouponStatus::revoked) {
        fill(coupon::revoked_at, TimestampTzGetDatum(now));
        fill(coupon::revoked_by, to_datum(std::string_view(current_actor())));
    }
    if (move.from == CouponStatus::held && move.to != CouponStatus::held) {
        clear(coupon::held_by);
        clear(coupon::held_until);
    }
    if (!is_stamped(update.field_after(coupon::updated_at)))
        stamps[count++] = {coupon::updated_at, TimestampTzGetDatum(now)};
    return with_cells(update, {stamps, count});
}

HeapTuple guard_update(const TriggerData* trigger) {
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) raise_misattached(guard_wanted);
    TableLayout other;
    const RowUpdate update = read_update(trigger, layout_of(coupons_layout(), trigger->tg_relation, other));
    const Move move = read_move(update);
    require_steps(update, move);
    // A subscriber writes what the publisher has decided.
    return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ? update.tuple : stamp(update, move);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_guard_coupon_update) {
    using namespace rewards::pg;
    PG_RETURN_POINTER(guard_update(called_as_trigger(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, guard_wanted)));
}
}
