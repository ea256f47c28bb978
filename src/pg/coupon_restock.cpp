// A template's total_stock is a promise, which is spread over the stripes of its stock whenever it changes.
#include "pg/audit.hpp"
#include "pg/coupon.hpp"
#include "pg/coupon_stock.hpp"
#include "pg/coupon_template.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

namespace {

constexpr const char* keep_stock_wanted =
    "AFTER INSERT OR UPDATE ON rewards.coupon_templates FOR EACH ROW, where total_stock is not null";
constexpr const char* return_wanted =
    "AFTER UPDATE ON rewards.coupons FOR EACH ROW, where a coupon with a stock_stripe is revoked";

// The stripes that this transaction has locked, and how many are left in them.
struct Locked {
    std::array<bool, stripe_count> stripes;
    std::int64_t count;
    std::int64_t left;
};

Locked lock_stripes(Table& stock, const Uuid& template_id, LockWaitPolicy wait) {
    Locked locked{};
    for (Stripe stripe = 0; stripe < stripe_count; ++stripe) {
        if (!lock_stripe(stock, template_id, stripe, wait)) continue;
        locked.stripes[static_cast<std::size_t>(stripe)] = true;
        locked.left += left_in(stock);
        ++locked.count;
    }
    return locked;
}

void add_stripes(Table& stock, const Uuid& template_id, const Uuid& company) {
    for (Stripe stripe = 0; stripe < stripe_count; ++stripe)
        insert(stock, {{coupon_stock::template_id, to_datum(template_id)},
                       {coupon_stock::stripe, Int16GetDatum(stripe)},
                       {coupon_stock::company_id, to_datum(company)},
                       {coupon_stock::allotted, Int64GetDatum(0)},
                       {coupon_stock::taken, Int64GetDatum(0)}});
}

std::int64_t allotted_to(Table& stock, const Uuid& template_id) {
    std::int64_t allotted = 0;
    for_each(stock, coupon_stock::by_stripe, {to_datum(template_id)}, [&] {
        allotted += DatumGetInt64(value(stock, coupon_stock::allotted));
        return true;
    });
    return allotted;
}

// Evenly, and what is over one by one from the first.
void share_out(Table& stock, const Uuid& template_id, const Locked& locked, std::int64_t left) {
    std::int64_t shares = 0;
    for (Stripe stripe = 0; stripe < stripe_count; ++stripe) {
        if (!locked.stripes[static_cast<std::size_t>(stripe)]) continue;
        lock_stripe(stock, template_id, stripe, LockWaitBlock);
        const std::int64_t share = left / locked.count + (shares++ < left % locked.count ? 1 : 0);
        const std::int64_t taken = DatumGetInt64(value(stock, coupon_stock::taken));
        update(stock, {{coupon_stock::allotted, Int64GetDatum(taken + share)}});
    }
}

// What is allotted changes only here, under the lock of the template's row; what is taken, under those of the stripes.
// Whoever is about to redeem is not waited for, unless there is no other way.
void spread(Write& write, const Uuid& template_id, const Uuid& company, std::int64_t total) {
    Table& stock = open_stock(write);
    if (!find(stock, coupon_stock::by_stripe, {to_datum(template_id)})) add_stripes(stock, template_id, company);
    const std::int64_t more = total - allotted_to(stock, template_id);
    Locked locked = lock_stripes(stock, template_id, LockWaitSkip);
    if (locked.count == 0 || locked.left + more < 0) locked = lock_stripes(stock, template_id, LockWaitBlock);
    if (locked.left + more < 0)
        ereport(ERROR, errcode(ERRCODE_CHECK_VIOLATION),
                errmsg("total_stock cannot be less than the coupons that have been issued"),
                errdetail("It is to be " INT64_FORMAT ", and " INT64_FORMAT " have been issued.", total,
                          total - more - locked.left),
                errhint("To issue no more, set it to what has been issued, or is_active = false."));
    share_out(stock, template_id, locked, locked.left + more);
}

}  // namespace

std::optional<Stripe> take_many(Write& write, const Uuid& template_id, std::int64_t quantity) {
    Table& stock = open_stock(write);
    Locked locked = lock_stripes(stock, template_id, LockWaitSkip);
    if (locked.left < quantity) locked = lock_stripes(stock, template_id, LockWaitBlock);
    if (locked.left < quantity) return std::nullopt;
    share_out(stock, template_id, locked, locked.left - quantity);
    const auto stripe = static_cast<Stripe>(std::ranges::find(locked.stripes, true) - locked.stripes.begin());
    lock_stripe(stock, template_id, stripe, LockWaitBlock);
    const std::int64_t allotted = DatumGetInt64(value(stock, coupon_stock::allotted));
    const std::int64_t taken = DatumGetInt64(value(stock, coupon_stock::taken));
    update(stock, {{coupon_stock::allotted, Int64GetDatum(allotted + quantity)},
                   {coupon_stock::taken, Int64GetDatum(taken + quantity)}});
    return stripe;
}

namespace {

// The row of an AFTER trigger as it is now.
struct TriggerRow {
    const TableLayout& layout;
    TupleDesc columns;
    HeapTuple row;

    RowField field(std::uint8_t column) const {
        bool is_null;
        const Datum datum = heap_getattr(row, layout.attributes[column], columns, &is_null);
        return is_null ? RowField() : RowField(datum);
    }
    Uuid uuid(std::uint8_t column) const { return uuid_of(field(column).value); }
};

TriggerRow row_of(const TriggerData* trigger, TableLayout& layout, const char* wanted) {
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    if (!is_own(layout, trigger->tg_relation) || !(is_update || TRIGGER_FIRED_BY_INSERT(trigger->tg_event)))
        raise_misattached(wanted);
    TableLayout other;
    return {layout_of(layout, trigger->tg_relation, other), RelationGetDescr(trigger->tg_relation),
            is_update ? trigger->tg_newtuple : trigger->tg_trigtuple};
}

void keep_stock(const TriggerRow& row) {
    const RowField total = row.field(coupon_template::total_stock);
    if (total.is_null) raise_misattached(keep_stock_wanted);
    with_write("coupon_templates", [&](Write& write) {
        spread(write, row.uuid(coupon_template::id), row.uuid(coupon_template::company_id), DatumGetInt64(total.value));
    });
}

void return_revoked(const TriggerRow& row) {
    const RowField stripe = row.field(coupon::stock_stripe);
    if (stripe.is_null) return;
    with_write("coupons", [&](Write& write) {
        return_to_stock(write, row.uuid(coupon::template_id), DatumGetInt16(stripe.value));
    });
}

struct Restocked {
    const Refusal* refusal;
    std::optional<std::int64_t> total;
    std::optional<std::int64_t> left;
};

std::int64_t raised(std::int64_t total, std::int64_t quantity) {
    std::int64_t sum;
    if (__builtin_add_overflow(total, quantity, &sum))
        ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("total_stock would be out of range"),
                errhint("A template without a total_stock has no limit."));
    return sum;
}

Datum total_stock_json(const Uuid& template_id, std::int64_t total) {
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"id\": \"%s\", \"total_stock\": " INT64_FORMAT "}",
                                                                  uuid_text(template_id), total)));
}

// Only a row of the company may be locked: waiting would tell that another company's exists.
Restocked restock(Write& write, const Context& context, const Uuid& template_id, std::int64_t quantity) {
    Table& templates = open_for_writing(write, templates_layout());
    if (!find(templates, coupon_template::by_id, {to_datum(template_id)}) ||
        uuid_of(value(templates, coupon_template::company_id)) != context.company ||
        !lock_row(templates, coupon_template::by_id, {to_datum(template_id)}))
        return {&refusal::template_not_found, std::nullopt, std::nullopt};
    const std::optional<Datum> stored = optional_value(templates, coupon_template::total_stock);
    if (!stored) return {&refusal::unlimited, std::nullopt, std::nullopt};
    const std::int64_t before = DatumGetInt64(*stored);
    const std::int64_t total = raised(before, quantity);
    update(templates, {{coupon_template::total_stock, Int64GetDatum(total)},
                       {coupon_template::updated_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
    record_audit(
        write, context,
        {"restock_coupon", RowField(), total_stock_json(template_id, before), total_stock_json(template_id, total)});
    return {nullptr, total, std::nullopt};
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_keep_stock) {
    using namespace rewards::pg;
    const TriggerData* trigger = called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, keep_stock_wanted);
    keep_stock(row_of(trigger, templates_layout(), keep_stock_wanted));
    PG_RETURN_POINTER(nullptr);
}

SQL_FUNCTION(rewards_return_to_stock) {
    using namespace rewards::pg;
    const TriggerData* trigger = called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, return_wanted);
    const TriggerRow row = row_of(trigger, coupons_layout(), return_wanted);
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) raise_misattached(return_wanted);
    if (is_revocation(trigger)) return_revoked(row);
    PG_RETURN_POINTER(nullptr);
}

SQL_FUNCTION(rewards_restock_coupon) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid template_id = arguments.uuid(0, "template_id");
    const std::int64_t quantity = arguments.integer(1, "quantity");
    const Context& context = require_context();
    require_back_end(context, "restock coupons");
    if (quantity < 1)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("quantity must be at least 1, and is " INT64_FORMAT, quantity),
                errhint("To take some away, lower total_stock with rewards.change_coupon_template()."));
    Restocked answer{};
    with_write("restock_coupon()", [&](Write& write) { answer = restock(write, context, template_id, quantity); });
    if (answer.refusal != nullptr) refuse(*answer.refusal, "{}");
    if (answer.total) with_read([&](Write& read) { answer.left = left_in_stock(read, template_id); });
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : "restocked";
    const auto number = [](const std::optional<std::int64_t>& given) {
        return given ? RowField(Int64GetDatum(*given)) : RowField();
    };
    return make_row(fcinfo, {to_datum(std::string_view(outcome)), number(answer.total), number(answer.left)});
}
}
