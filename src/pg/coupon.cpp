#include "pg/coupon.hpp"

#include "pg/raise.hpp"

namespace rewards::pg {

namespace coupon {
namespace {
constexpr Column columns[] = {
    {"coupon_id", UUIDOID},
    {"company_id", UUIDOID},
    {"code_hash", BYTEAOID},
    {"key_slot", INT2OID},
    {"layer_slot", INT2OID},
    {"code_route", INT2OID},
    {"code_symbols", INT2OID},
    {"code_generation", INT4OID},
    {"template_id", UUIDOID},
    {"issued_to", UUIDOID},
    {"issued_points_cost", INT8OID},
    {"points_event_id", UUIDOID},
    {"stock_stripe", INT2OID},
    {"vendor_code_id", UUIDOID},
    {"batch_id", UUIDOID},
    {"batch_number", INT4OID},
    {"coupon_value_type", TEXTOID},
    {"coupon_value", NUMERICOID},
    {"issued_at", TIMESTAMPTZOID},
    {"status", TEXTOID},
    {"redeemed_at", TIMESTAMPTZOID},
    {"redeemed_by", TEXTOID},
    {"redemption_proof", JSONBOID},
    {"claim_ref", TEXTOID},
    {"held_by", TEXTOID},
    {"held_until", TIMESTAMPTZOID},
    {"expires_at", TIMESTAMPTZOID},
    {"metadata", JSONBOID},
    {"revoked_at", TIMESTAMPTZOID},
    {"revoked_by", TEXTOID},
    {"revoke_reason", TEXTOID},
    {"refunded_at", TIMESTAMPTZOID},
    {"refund_points_event_id", UUIDOID},
    {"created_at", TIMESTAMPTZOID},
    {"updated_at", TIMESTAMPTZOID},
};
static_assert(std::size(columns) == column_count);
constexpr Lookup lookups[] = {
    {2, {coupon_id, issued_to}},
    {1, {code_hash}},
    {2, {issued_to, template_id}},
};
TableLayout layout{"coupons", columns, lookups};
}  // namespace
}  // namespace coupon

TableLayout& coupons_layout() { return coupon::layout; }

Table& open_coupons(Write& write) { return open_for_writing(write, coupon::layout); }

Table& open_coupons_for_reading(Write& read) { return open_for_reading(read, coupon::layout); }

bool find_coupon(Table& coupons, const Uuid& company, const Uuid& id) {
    return find(coupons, coupon::by_id, {to_datum(id)}) && uuid_of(value(coupons, coupon::company_id)) == company;
}

// Looks before it locks: nobody waits for a row of another company.
bool lock_coupon(Table& coupons, const Uuid& company, const Uuid& id) {
    return find_coupon(coupons, company, id) && lock_row(coupons, coupon::by_id, {to_datum(id)});
}

bool is_revocation(const TriggerData* trigger) {
    TableLayout other;
    const AttrNumber number = layout_of(coupon::layout, trigger->tg_relation, other).attributes[coupon::status];
    const auto is_revoked = [&](HeapTuple row) {
        bool is_null;
        const Datum status = heap_getattr(row, number, RelationGetDescr(trigger->tg_relation), &is_null);
        return !is_null && text_view(status) == text_of(CouponStatus::revoked);
    };
    return !is_revoked(trigger->tg_trigtuple) && is_revoked(trigger->tg_newtuple);
}

CouponStatus status_of(const Table& coupons) {
    return value_or_raise(coupon_status_from_text(text_view(value(coupons, coupon::status))));
}

bool is_past_date(const Table& coupons, TimestampTz now) {
    const std::optional<TimestampTz> expires_at = optional_time(coupons, coupon::expires_at);
    return expires_at && *expires_at <= now;
}

void hold_coupons() { table_close(open_table(coupon::layout, ShareLock), NoLock); }

}  // namespace rewards::pg
