#include "pg/coupon_redeem.hpp"

#include "pg/coupon_code.hpp"
#include "pg/insight.hpp"
#include "pg/limit.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace {

// Injective: ids are of one length.
Fingerprint fingerprint_of(const RedeemRequest& request) {
    const std::size_t count = request.items.size();
    auto* ids = static_cast<Uuid*>(palloc(count * sizeof(Uuid)));
    for (std::size_t one = 0; one < count; ++one) ids[one] = request.items[one].template_id;
    const rewards::Field fields[] = {{request.function, false},
                                     {text_of_bytes({ids->data(), count * sizeof(Uuid)}), false}};
    return value_or_raise(fingerprint(fields));
}

const Refusal* not_on_offer(const Offer& offer, TimestampTz now) {
    if (!offer.is_active) return &refusal::template_inactive;
    if (offer.ends_at && *offer.ends_at <= now) return &refusal::ended;
    if (offer.coupons_expire_at && *offer.coupons_expire_at <= now) return &refusal::ended;
    if (offer.starts_at && *offer.starts_at > now) return &refusal::not_started;
    return nullptr;
}

Retry at(TimestampTz moment, TimestampTz now) {
    if (TIMESTAMP_NOT_FINITE(moment)) return {};
    return {seconds_until(moment, now)};
}

// A request that is being looked through, item by item.
struct Review {
    Ledger& ledger;
    const Account& account;
    const RedeemRequest& request;
    std::optional<LimitRefusal> too_often;
    std::int64_t points_left;
};

bool is_limit_reached(const Review& review, std::size_t item) {
    const RedeemItem& wanted = review.request.items[item];
    if (!wanted.offer.most_per_user) return false;
    const std::int64_t most = *wanted.offer.most_per_user;
    const std::int64_t earlier =
        std::ranges::count(review.request.items.first(item), wanted.template_id, &RedeemItem::template_id);
    const Datum user = to_datum(review.request.user);
    return earlier + count_rows(open_coupons(*review.ledger.write), coupon::by_holder,
                                {user, to_datum(wanted.template_id)}, coupon::status, "revoked", most) >=
           most;
}

// What is about the user.
std::optional<RedeemRefusal> reason_of_account(const Review& review, std::size_t item) {
    if (is_limit_reached(review, item)) return RedeemRefusal{&refusal::limit_reached, item};
    if (review.too_often) return RedeemRefusal{&refusal::redeemed_too_often, item, retry_of(*review.too_often)};
    if (review.points_left < review.request.items[item].offer.cost)
        return RedeemRefusal{&refusal::insufficient_points, item};
    return std::nullopt;
}

bool is_sold_out(Write& write, const Uuid& template_id, const Offer& offer) {
    return (offer.is_limited && left_in_stock(write, template_id) == 0) ||
           (offer.has_vendor_codes && left_of_vendor_codes(write, template_id, 1) == 0);
}

// In the order in which a customer can do something about it. Nobody should save up for what is sold out.
std::optional<RedeemRefusal> reason_to_refuse(Review& review, std::size_t item) {
    Write& write = *review.ledger.write;
    RedeemItem& wanted = review.request.items[item];
    const std::optional<Offer> offer = known_offer(write, review.account.key.company, wanted.template_id);
    if (!offer) return RedeemRefusal{&refusal::template_not_found, item};
    wanted.offer = *offer;
    const TimestampTz now = review.account.now;
    if (const Refusal* reason = not_on_offer(*offer, now))
        return RedeemRefusal{reason, item, reason == &refusal::not_started ? at(*offer->starts_at, now) : Retry{}};
    const std::optional<RedeemRefusal> reason = reason_of_account(review, item);
    if (reason && is_sold_out(write, wanted.template_id, *offer)) return RedeemRefusal{&refusal::out_of_stock, item};
    review.points_left -= offer->cost;
    return reason;
}

std::optional<RedeemRefusal> look_through(Ledger& ledger, const Account& account, const RedeemRequest& request) {
    const Settings settings = settings_of(*ledger.write, account.key.company);
    if (!settings.redeem_enabled) return RedeemRefusal{&refusal::disabled, std::nullopt};
    const auto coupons = static_cast<std::int64_t>(request.items.size());
    Review review{ledger, account, request,
                  check_redemptions(ledger.events, account.key, settings, coupons, account.now),
                  account.balance.available};
    for (std::size_t item = 0; item < request.items.size(); ++item)
        if (const auto reason = reason_to_refuse(review, item)) return reason;
    return std::nullopt;
}

// Everybody takes from the templates in the order of their ids, or two requests could each hold what the other waits
// for.
std::size_t* order_of_taking(std::span<const RedeemItem> items) {
    auto* order = static_cast<std::size_t*>(palloc(items.size() * sizeof(std::size_t)));
    for (std::size_t one = 0; one < items.size(); ++one) order[one] = one;
    std::sort(order, order + items.size(), [&](std::size_t one, std::size_t other) {
        return std::pair(items[one].template_id, one) < std::pair(items[other].template_id, other);
    });
    return order;
}

// Items of one template are next to each other in the order.
std::optional<Stripe> take_stripe(Write& write, const RedeemRequest& request, const std::size_t* order,
                                  std::size_t place) {
    const RedeemItem& item = request.items[order[place]];
    const auto is_same_at = [&](std::size_t other) {
        return other < request.items.size() && request.items[order[other]].template_id == item.template_id;
    };
    if (place > 0 && is_same_at(place - 1))
        return take_in_order(write, item.template_id, *request.items[order[place - 1]].stripe);
    if (is_same_at(place + 1)) return take_in_order(write, item.template_id, 0);
    return take_from_stock(write, item.template_id, request.user);
}

bool take(Write& write, const RedeemRequest& request, const std::size_t* order, std::size_t place, TimestampTz now) {
    RedeemItem& item = request.items[order[place]];
    if (item.offer.is_limited) item.stripe = take_stripe(write, request, order, place);
    if (item.offer.is_limited && !item.stripe) return false;
    if (item.offer.has_vendor_codes) item.vendor_code = take_vendor_code(write, item.template_id, now);
    return !item.offer.has_vendor_codes || item.vendor_code;
}

void give_back(Write& write, const RedeemItem& item) {
    if (item.stripe) return_to_stock(write, item.template_id, *item.stripe);
    if (item.vendor_code) return_vendor_code(write, item.vendor_code->id, item.vendor_code->coupon);
}

// All or nothing: a refusal gives back what was taken.
std::optional<RedeemRefusal> take_all(Write& write, const RedeemRequest& request, TimestampTz now) {
    const std::size_t* order = order_of_taking(request.items);
    for (std::size_t place = 0; place < request.items.size(); ++place) {
        if (take(write, request, order, place, now)) continue;
        for (std::size_t one = 0; one <= place; ++one) give_back(write, request.items[order[one]]);
        return RedeemRefusal{&refusal::out_of_stock, order[place]};
    }
    return std::nullopt;
}

void note_low_stock_of(Write& write, const Uuid& company, std::span<const RedeemItem> items) {
    for (const RedeemItem& item : items)
        if (item.offer.has_vendor_codes && item.offer.low_stock_at)
            note_low_stock(write, company, item.template_id, *item.offer.low_stock_at);
}

// A vendor's code may go before its coupon would.
std::optional<TimestampTz> expiry_of(const RedeemItem& item, TimestampTz now) {
    const std::optional<TimestampTz> expires_at = expiry_of(item.offer, now);
    if (!item.vendor_code || !item.vendor_code->expires_at) return expires_at;
    return expires_at ? Min(*expires_at, *item.vendor_code->expires_at) : item.vendor_code->expires_at;
}

Uuid pay(Ledger& ledger, Account& account, const RedeemRequest& request, const Offer& offer, const Uuid& coupon) {
    Posting posting{};
    posting.event_type = redemption_event;
    posting.points = -offer.cost;
    posting.proof_type = "server";
    posting.nonce = request.nonce;
    posting.related_type = "coupon";
    posting.related_id = uuid_text(coupon);
    return post_event(ledger, account, posting);
}

void issue(Ledger& ledger, Account& account, const RedeemRequest& request, RedeemItem& item) {
    Table& coupons = open_coupons(*ledger.write);
    const Offer& offer = item.offer;
    const Uuid id = item.vendor_code ? item.vendor_code->coupon : new_uuid(account.now);
    const IssuedCode issued =
        item.vendor_code ? item.vendor_code->issued : issue_code(coupons, account.key.company, id, offer.symbols);
    item.coupon = id;
    if (!item.vendor_code) item.code = format_code(issued.code);
    item.expires_at = expiry_of(item, account.now);
    const Uuid event = pay(ledger, account, request, offer, id);
    insert(coupons, {{coupon::coupon_id, to_datum(id)},
                     {coupon::company_id, to_datum(account.key.company)},
                     {coupon::code_hash, bytea_datum(issued.tag)},
                     {coupon::key_slot, Int16GetDatum(static_cast<std::int16_t>(issued.spec.slot))},
                     {coupon::code_route, Int16GetDatum(static_cast<std::int16_t>(issued.spec.route))},
                     {coupon::code_symbols, Int16GetDatum(static_cast<std::int16_t>(issued.spec.symbols))},
                     {coupon::code_generation, Int32GetDatum(static_cast<std::int32_t>(issued.spec.generation))},
                     {coupon::template_id, to_datum(item.template_id)},
                     {coupon::issued_to, to_datum(request.user)},
                     {coupon::issued_points_cost, Int64GetDatum(offer.cost)},
                     {coupon::points_event_id, to_datum(event)},
                     {coupon::stock_stripe, item.stripe ? RowField(Int16GetDatum(*item.stripe)) : RowField()},
                     {coupon::vendor_code_id, item.vendor_code ? RowField(to_datum(item.vendor_code->id)) : RowField()},
                     {coupon::coupon_value_type, offer.value_type},
                     {coupon::coupon_value, offer.value},
                     {coupon::issued_at, TimestampTzGetDatum(account.now)},
                     {coupon::status, to_datum(text_of(CouponStatus::issued))},
                     {coupon::expires_at, field_of(item.expires_at)},
                     {coupon::created_at, TimestampTzGetDatum(account.now)},
                     {coupon::updated_at, TimestampTzGetDatum(account.now)}});
}

Datum uuid_array(const Uuid* ids, std::size_t count) {
    auto* elements = static_cast<Datum*>(palloc(count * sizeof(Datum)));
    for (std::size_t one = 0; one < count; ++one) elements[one] = to_datum(ids[one]);
    return PointerGetDatum(
        construct_array(elements, static_cast<int>(count), UUIDOID, sizeof(Uuid), false, TYPALIGN_CHAR));
}

Answer answer_to_remember(const RedeemRequest& request, std::int64_t balance) {
    if (!request.is_for_several) return {std::nullopt, request.items[0].coupon, balance};
    auto* ids = static_cast<Uuid*>(palloc(request.items.size() * sizeof(Uuid)));
    for (std::size_t one = 0; one < request.items.size(); ++one) ids[one] = *request.items[one].coupon;
    return {std::nullopt, std::nullopt, balance, uuid_array(ids, request.items.size())};
}

[[noreturn]] void raise_coupon_gone() {
    ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the coupon that this nonce was answered with is gone"));
    pg_unreachable();
}

Uuid remembered_coupon(const RedeemRequest& request, const Answer& first, std::size_t item) {
    if (!request.is_for_several && first.coupon) return *first.coupon;
    if (first.coupons.is_null) raise_coupon_gone();
    const ArrayType* ids = DatumGetArrayTypeP(first.coupons.value);
    if (ARR_HASNULL(ids) || ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)) != static_cast<int>(request.items.size()))
        raise_coupon_gone();
    return uuid_of(PointerGetDatum(ARR_DATA_PTR(ids) + item * sizeof(Uuid)));
}

RedeemAnswer replay(Table& coupons, const Answer& first, const RedeemRequest& request) {
    for (std::size_t one = 0; one < request.items.size(); ++one) {
        RedeemItem& item = request.items[one];
        item.coupon = remembered_coupon(request, first, one);
        if (!find(coupons, coupon::by_id, {to_datum(*item.coupon), to_datum(request.user)})) raise_coupon_gone();
        if (const auto time = optional_value(coupons, coupon::expires_at)) item.expires_at = DatumGetTimestampTz(*time);
        if (!optional_value(coupons, coupon::vendor_code_id)) item.code = code_of(coupons);
    }
    return {std::nullopt, first.balance, true};
}

}  // namespace

RedeemAnswer redeem(Ledger& ledger, Account& account, const RedeemRequest& request) {
    Write& write = *ledger.write;
    Table& nonces = open_nonces(write);
    const Fingerprint print = fingerprint_of(request);
    const NonceFound found = look_up_nonce(nonces, account.key, request.nonce, print);
    if (found.use == NonceUse::other_request) {
        note_insight(write, account.key, nonce_conflict(request.function, request.nonce));
        return {RedeemRefusal{&refusal::nonce_conflict, std::nullopt}, account.balance.available, false};
    }
    if (found.use == NonceUse::same_request) return replay(open_coupons(write), found.answer, request);

    std::optional<RedeemRefusal> refused = look_through(ledger, account, request);
    if (!refused) {
        refused = take_all(write, request, account.now);
        note_low_stock_of(write, account.key.company, request.items);
    }
    if (refused) return {refused, account.balance.available, false};
    for (RedeemItem& item : request.items) issue(ledger, account, request, item);
    const std::int64_t balance = account.balance.available;
    remember_nonce(write, nonces, account.key, request.nonce, redemption_event, print,
                   answer_to_remember(request, balance), account.now);
    return {std::nullopt, balance, false};
}

}  // namespace rewards::pg
