// redeem_coupon, redeem_coupons: what SQL asks for, and the rows that it gets.
#include "pg/coupon_redeem.hpp"

namespace rewards::pg {

namespace {

constexpr int most_items = 100;

RedeemAnswer redeem_once(const Context& context, const RedeemRequest& request) {
    RedeemAnswer answer{};
    with_write(request.function, [&](Write& write) {
        with_account(write, {request.user, context.company},
                     [&](Ledger& ledger, Account& account) { answer = redeem(ledger, account, request); });
    });
    return answer;
}

const char* outcome_of(const RedeemAnswer& answer, std::size_t item) {
    if (!answer.refused) return "redeemed";
    if (!answer.refused->item || *answer.refused->item == item) return answer.refused->refusal->outcome;
    return "not_redeemed";
}

RowField retry_after(const RedeemAnswer& answer, std::size_t item) {
    if (!answer.refused || answer.refused->item.value_or(item) != item) return {};
    const std::optional<std::int64_t>& seconds = answer.refused->retry.after_seconds;
    return seconds ? RowField(Int64GetDatum(*seconds)) : RowField();
}

constexpr std::size_t answer_fields = 7;

void put_answer(RowField* fields, const RedeemAnswer& answer, const RedeemItem& item, std::size_t index) {
    fields[0] = to_datum(std::string_view(outcome_of(answer, index)));
    fields[1] = field_of(item.coupon);
    fields[2] = item.code ? RowField(to_datum(item.code->view())) : RowField();
    fields[3] = field_of(item.expires_at);
    fields[4] = Int64GetDatum(answer.balance);
    fields[5] = BoolGetDatum(answer.replayed);
    fields[6] = retry_after(answer, index);
}

std::span<RedeemItem> read_items(const Arguments& arguments, int index, const char* name) {
    ArrayType* given = DatumGetArrayTypeP(arguments.required(index, name));
    const int count = ArrayGetNItems(ARR_NDIM(given), ARR_DIMS(given));
    if (ARR_NDIM(given) != 1 || count > most_items || array_contains_nulls(given))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("%s must have 1 to %d elements in one dimension, and none that is null", name, most_items));
    auto* items = static_cast<RedeemItem*>(palloc0(static_cast<std::size_t>(count) * sizeof(RedeemItem)));
    for (int one = 0; one < count; ++one)
        items[one].template_id =
            uuid_of(PointerGetDatum(ARR_DATA_PTR(given) + static_cast<std::size_t>(one) * sizeof(Uuid)));
    return {items, static_cast<std::size_t>(count)};
}

const char* detail_of(const RedeemRequest& request, const RedeemAnswer& answer) {
    const char* points = psprintf("{\"points_remaining\": " INT64_FORMAT, answer.balance);
    if (!request.is_for_several || !answer.refused->item) return psprintf("%s}", points);
    return psprintf("%s, \"ordinal\": %zu}", points, *answer.refused->item + 1);
}

void refuse_redemption(const RedeemRequest& request, const RedeemAnswer& answer) {
    if (answer.refused) refuse(*answer.refused->refusal, detail_of(request, answer), answer.refused->retry);
}

void return_rows(FunctionCallInfo call, const RedeemRequest& request, const RedeemAnswer& answer) {
    InitMaterializedSRF(call, 0);
    for (std::size_t one = 0; one < request.items.size(); ++one) {
        const RedeemItem& item = request.items[one];
        RowField fields[2 + answer_fields] = {Int32GetDatum(static_cast<std::int32_t>(one + 1)),
                                              to_datum(item.template_id)};
        put_answer(fields + 2, answer, item, one);
        add_row(call, fields);
    }
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_redeem_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    RedeemItem item{};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    item.template_id = arguments.uuid(1, "template_id");
    const RedeemRequest request{"redeem_coupon()", false, user, nonce_argument(arguments, 2, "nonce"), {&item, 1}};
    const Context& context = require_context();
    require_member(context, user);
    const RedeemAnswer answer = redeem_once(context, request);
    refuse_redemption(request, answer);
    RowField fields[answer_fields];
    put_answer(fields, answer, item, 0);
    return make_row(fcinfo, fields);
}

SQL_FUNCTION(rewards_redeem_coupons) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    const Context& context = require_context();
    require_member(context, user);
    const std::span<RedeemItem> items = read_items(arguments, 1, "template_ids");
    const RedeemRequest request{"redeem_coupons()", true, user, nonce_argument(arguments, 2, "nonce"), items};
    const RedeemAnswer answer = redeem_once(context, request);
    refuse_redemption(request, answer);
    return_rows(fcinfo, request, answer);
    return Datum{0};
}
}
