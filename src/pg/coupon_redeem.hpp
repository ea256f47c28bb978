// Redemption: points become coupons, one or several, all or none.
#pragma once

#include "core/coupon_code.hpp"
#include "pg/coupon_stock.hpp"
#include "pg/coupon_template.hpp"
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

// One coupon of a request, and what has become of it.
struct RedeemItem {
    Uuid template_id;
    Offer offer;
    std::optional<Stripe> stripe;
    std::optional<TakenVendorCode> vendor_code;
    std::optional<Uuid> coupon;
    std::optional<FormattedCode> code;  // nothing: the vendor's, which reveal_vendor_code() shows
    std::optional<TimestampTz> expires_at;
};

struct RedeemRequest {
    const char* function;
    bool is_for_several;  // redeem_coupons(), be it for one
    Uuid user;
    std::string_view nonce;
    std::span<RedeemItem> items;
};

struct RedeemRefusal {
    const Refusal* refusal;
    std::optional<std::size_t> item;  // nothing: the request as a whole
    Retry retry{};
};

struct RedeemAnswer {
    std::optional<RedeemRefusal> refused;
    std::int64_t balance;
    bool replayed;
};

// Fills the items in. The account is locked, and left to be saved.
RedeemAnswer redeem(Ledger& ledger, Account& account, const RedeemRequest& request);

}  // namespace rewards::pg
