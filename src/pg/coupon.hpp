// Coupons, as the functions of this folder read and write them.
#pragma once

#include "core/coupon_status.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace coupon {
enum : std::uint8_t {
    coupon_id,
    company_id,
    code_hash,
    key_slot,
    layer_slot,
    code_route,
    code_symbols,
    code_generation,
    template_id,
    issued_to,
    issued_points_cost,
    points_event_id,
    stock_stripe,
    vendor_code_id,
    batch_id,
    batch_number,
    coupon_value_type,
    coupon_value,
    issued_at,
    status,
    redeemed_at,
    redeemed_by,
    redemption_proof,
    claim_ref,
    held_by,
    held_until,
    expires_at,
    metadata,
    revoked_at,
    revoked_by,
    revoke_reason,
    refunded_at,
    refund_points_event_id,
    created_at,
    updated_at,
    column_count
};
enum : std::size_t { by_id, by_code, by_holder };
}  // namespace coupon

TableLayout& coupons_layout();

// Of why something is done to a coupon, in bytes.
inline constexpr std::size_t longest_reason = 1000;

Table& open_coupons(Write& write);
Table& open_coupons_for_reading(Write& read);

// The company's coupon with this id becomes the found row; the second locks it. Whoever locks its holder's account, too,
// does that first.
bool find_coupon(Table& coupons, const Uuid& company, const Uuid& id);
bool lock_coupon(Table& coupons, const Uuid& company, const Uuid& id);

// Does the UPDATE that an AFTER trigger of ours is fired by revoke the coupon?
bool is_revocation(const TriggerData* trigger);

// Of the found row.
CouponStatus status_of(const Table& coupons);

// Is it past its date, whatever its status says?
bool is_past_date(const Table& coupons, TimestampTz now);

// Waits for whoever is writing coupons, and lets nobody else until the transaction ends.
void hold_coupons();

}  // namespace rewards::pg
