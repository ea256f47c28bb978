// redeem_coupon: points become a coupon.
#include "pg/coupon_code.hpp"
#include "pg/coupon_template.hpp"
#include "pg/insight.hpp"
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace {

struct RedeemRequest {
    Uuid user;
    Uuid template_id;
    std::string_view nonce;
};

// What the template in the found row offers. Its value goes from row to row as it is.
struct Offer {
    std::int64_t cost;
    std::size_t symbols;
    std::optional<std::int64_t> most_per_user;
    std::optional<std::int64_t> days;
    std::string_view value_type;
    Datum value;
};

struct RedeemAnswer {
    const Refusal* refusal;
    std::optional<Uuid> coupon;
    std::optional<FormattedCode> code;
    std::optional<TimestampTz> expires_at;
    std::int64_t balance;
    bool replayed;
};

Fingerprint fingerprint_of(const RedeemRequest& request) {
    const rewards::Field fields[] = {{"redeem_coupon()", false}, {text_of_bytes(request.template_id), false}};
    return value_or_raise(fingerprint(fields));
}

RedeemAnswer refused(const Refusal& refusal, const Account& account) {
    return {&refusal, std::nullopt, std::nullopt, std::nullopt, account.balance.available, false};
}

Offer read_offer(const Table& templates) {
    Offer offer{};
    offer.cost = DatumGetInt64(value(templates, coupon_template::points_cost));
    offer.symbols = DatumGetBool(value(templates, coupon_template::high_value)) ? long_symbols : standard_symbols;
    if (const auto most = optional_value(templates, coupon_template::max_redemptions_per_user))
        offer.most_per_user = DatumGetInt32(*most);
    if (const auto days = optional_value(templates, coupon_template::expires_after_days))
        offer.days = DatumGetInt32(*days);
    offer.value_type = text_view(value(templates, coupon_template::coupon_value_type));
    offer.value = value(templates, coupon_template::coupon_value);
    return offer;
}

// The refusals in the order in which a customer can do something about them; null: none.
const Refusal* reason_to_refuse(Table& templates, Table& coupons, const Account& account,
                                const RedeemRequest& request) {
    if (!find(templates, coupon_template::by_id, {to_datum(request.template_id)}) ||
        uuid_of(value(templates, coupon_template::company_id)) != account.key.company)
        return &refusal::template_not_found;
    if (!DatumGetBool(value(templates, coupon_template::is_active))) return &refusal::template_inactive;
    const Offer offer = read_offer(templates);
    if (offer.most_per_user &&
        count_rows(coupons, coupon::by_holder, {to_datum(request.user), to_datum(request.template_id)}, coupon::status,
                   "revoked", *offer.most_per_user) >= *offer.most_per_user)
        return &refusal::limit_reached;
    if (account.balance.available < offer.cost) return &refusal::insufficient_points;
    return nullptr;
}

RedeemAnswer issue(Ledger& ledger, Account& account, Table& coupons, const Offer& offer, const RedeemRequest& request) {
    const Uuid id = new_uuid(account.now);
    const IssuedCode issued = issue_code(coupons, account.key.company, id, offer.symbols);
    std::optional<TimestampTz> expires_at;
    if (offer.days) expires_at = account.now + *offer.days * USECS_PER_DAY;
    Posting posting{};
    posting.event_type = "coupon_redemption";
    posting.points = -offer.cost;
    posting.proof_type = "server";
    posting.nonce = request.nonce;
    posting.related_type = "coupon";
    posting.related_id = uuid_text(id);
    const Uuid event = post_event(ledger, account, posting);
    insert(coupons,
           {{coupon::coupon_id, to_datum(id)},
            {coupon::company_id, to_datum(account.key.company)},
            {coupon::code_hash, bytea_datum(issued.tag)},
            {coupon::key_slot, Int16GetDatum(static_cast<std::int16_t>(issued.spec.slot))},
            {coupon::code_route, Int16GetDatum(static_cast<std::int16_t>(issued.spec.route))},
            {coupon::code_symbols, Int16GetDatum(static_cast<std::int16_t>(issued.spec.symbols))},
            {coupon::code_generation, Int32GetDatum(static_cast<std::int32_t>(issued.spec.generation))},
            {coupon::template_id, to_datum(request.template_id)},
            {coupon::issued_to, to_datum(request.user)},
            {coupon::issued_points_cost, Int64GetDatum(offer.cost)},
            {coupon::points_event_id, to_datum(event)},
            {coupon::coupon_value_type, to_datum(offer.value_type)},
            {coupon::coupon_value, offer.value},
            {coupon::issued_at, TimestampTzGetDatum(account.now)},
            {coupon::status, to_datum(std::string_view("issued"))},
            {coupon::expires_at, expires_at ? RowField(TimestampTzGetDatum(*expires_at)) : RowField(std::nullopt)},
            {coupon::created_at, TimestampTzGetDatum(account.now)},
            {coupon::updated_at, TimestampTzGetDatum(account.now)}});
    return {nullptr, id, format_code(issued.code), expires_at, account.balance.available, false};
}

RedeemAnswer replay(Table& coupons, const Answer& first, const RedeemRequest& request) {
    if (!first.coupon || !find(coupons, coupon::by_id, {to_datum(*first.coupon), to_datum(request.user)}))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the coupon that this nonce was answered with is gone"));
    std::optional<TimestampTz> expires_at;
    if (const auto time = optional_value(coupons, coupon::expires_at)) expires_at = DatumGetTimestampTz(*time);
    return {nullptr, first.coupon, code_of(coupons), expires_at, first.balance, true};
}

RedeemAnswer redeem(Ledger& ledger, Account& account, const RedeemRequest& request) {
    Table& nonces = open_nonces(*ledger.write);
    Table& coupons = open_coupons(*ledger.write);
    const Fingerprint print = fingerprint_of(request);
    const NonceFound found = look_up_nonce(nonces, account.key, request.nonce, print);
    if (found.use == NonceUse::other_request) {
        note_insight(*ledger.write, account.key, nonce_conflict("redeem_coupon()", request.nonce));
        return refused(refusal::nonce_conflict, account);
    }
    if (found.use == NonceUse::same_request) return replay(coupons, found.answer, request);

    Table& templates = open_templates(*ledger.write);
    if (const Refusal* reason = reason_to_refuse(templates, coupons, account, request))
        return refused(*reason, account);
    const RedeemAnswer answer = issue(ledger, account, coupons, read_offer(templates), request);
    remember_nonce(*ledger.write, nonces, account.key, request.nonce, "coupon_redemption", print,
                   {std::nullopt, answer.coupon, answer.balance}, account.now);
    return answer;
}

Datum row_of(FunctionCallInfo call, const RedeemAnswer& answer) {
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "redeemed";
    const RowField none{std::nullopt};
    return make_row(call,
                    {to_datum(std::string_view(outcome)), answer.coupon ? RowField(to_datum(*answer.coupon)) : none,
                     answer.code ? RowField(to_datum(answer.code->view())) : none,
                     answer.expires_at ? RowField(TimestampTzGetDatum(*answer.expires_at)) : none,
                     Int64GetDatum(answer.balance), BoolGetDatum(answer.replayed)});
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_redeem_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const RedeemRequest request{arguments.uuid(0, "user_id"), arguments.uuid(1, "template_id"),
                                nonce_argument(arguments, 2, "nonce")};
    const Context& context = require_context();
    require_member(context, request.user);
    RedeemAnswer answer{};
    with_write("redeem_coupon()", [&](Write& write) {
        with_account(write, {request.user, context.company},
                     [&](Ledger& ledger, Account& account) { answer = redeem(ledger, account, request); });
    });
    if (answer.refusal != nullptr)
        refuse(*answer.refusal, psprintf("{\"points_remaining\": " INT64_FORMAT "}", answer.balance));
    return row_of(fcinfo, answer);
}
}
