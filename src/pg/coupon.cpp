#include "pg/coupon.hpp"

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
constexpr Lookup lookups[] = {
    {2, {coupon_id, issued_to}},
    {1, {code_hash}},
    {2, {issued_to, template_id}},
};
TableLayout layout{"coupons", columns, lookups};
}  // namespace
}  // namespace coupon

Table& open_coupons(Write& write) { return open_for_writing(write, coupon::layout); }

void hold_coupons() { table_close(open_table(coupon::layout, ShareLock), NoLock); }

}  // namespace rewards::pg
