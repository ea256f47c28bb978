// shred_vendor_batch: the key of a batch is erased, and with it what its codes say. return_vendor_code: the trigger by
// which a revoked coupon gives its code back.
#include "pg/audit.hpp"
#include "pg/raise.hpp"
#include "pg/trigger.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

namespace {

constexpr std::size_t codes_at_once = 1000;
constexpr const char* return_wanted = "AFTER UPDATE ON rewards.coupons FOR EACH ROW";

struct Shredded {
    const Refusal* refusal;
    std::int64_t withdrawn;
    std::int64_t unseen;  // assigned to coupons whose holders have not looked
    std::int64_t revealed;
};

struct CodeIds {
    std::array<Uuid, codes_at_once> ids;
    std::size_t count;
};

CodeIds next_codes(Table& codes, const Uuid& batch, const std::optional<Uuid>& after) {
    CodeIds next{};
    const Range rest{after ? std::optional(to_datum(*after)) : std::nullopt, std::nullopt};
    scan_range(codes, vendor_code::by_batch, {to_datum(batch)}, rest, ForwardScanDirection, [&] {
        const Uuid id = uuid_of(value(codes, vendor_code::id));
        if (!after || id != *after) next.ids[next.count++] = id;
        return next.count < next.ids.size();
    });
    return next;
}

// Whoever is handing the code out, taking it back or looking at it has ended when it is locked, and sees afterwards
// that its batch is gone.
void withdraw(Table& codes, const Uuid& id, Shredded& shredded) {
    if (!lock_row(codes, vendor_code::by_id, {to_datum(id)})) return;
    if (has_status(codes, "revealed")) ++shredded.revealed;
    if (has_status(codes, "assigned")) ++shredded.unseen;
    if (!has_status(codes, "available")) return;
    ++shredded.withdrawn;
    update(codes, {{vendor_code::status, to_datum(std::string_view("withdrawn"))},
                   {vendor_code::withdrawn_at, TimestampTzGetDatum(GetCurrentTimestamp())}});
}

void withdraw_all(Write& write, const Uuid& batch, Shredded& shredded) {
    Table& codes = open_vendor_codes(write);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards vendor code", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    std::optional<Uuid> last;
    for (CodeIds next = next_codes(codes, batch, last); next.count > 0; next = next_codes(codes, batch, last)) {
        for (std::size_t one = 0; one < next.count; ++one) {
            CHECK_FOR_INTERRUPTS();
            withdraw(codes, next.ids[one], shredded);
            ResetPerTupleExprContext(write.estate);
        }
        last = next.ids[next.count - 1];
        MemoryContextReset(memory);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

Shredded shred(Write& write, const Context& context, const Uuid& batch, std::string_view reason) {
    Table& batches = open_vendor_batches_to_write(write);
    // Looks before it locks: nobody waits for a row of another company.
    if (!find(batches, vendor_batch::by_id, {to_datum(batch)}) || batch_of(batches).company != context.company ||
        !lock_row(batches, vendor_batch::by_id, {to_datum(batch)}))
        return {&refusal::batch_not_found, 0, 0, 0};
    if (optional_value(batches, vendor_batch::shredded_at)) return {&refusal::already_shredded, 0, 0, 0};
    update(batches, {{vendor_batch::wrapped_key, {}},
                     {vendor_batch::shredded_at, TimestampTzGetDatum(GetCurrentTimestamp())},
                     {vendor_batch::shredded_by, to_datum(std::string_view(current_actor()))},
                     {vendor_batch::shred_reason, to_datum(reason)}});
    Shredded shredded{};
    withdraw_all(write, batch, shredded);
    record_audit(write, context,
                 {"shred_vendor_batch", {}, {}, jsonb_of_texts({{"batch_id", uuid_text(batch)}, {"reason", reason}})});
    return shredded;
}

std::optional<Uuid> uuid_in(const TriggerData* trigger, const char* column) {
    TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    bool is_null;
    const Datum id = heap_getattr(trigger->tg_newtuple, column_number(columns, {column, UUIDOID}), columns, &is_null);
    if (is_null) return std::nullopt;
    return uuid_of(id);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_shred_vendor_batch) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid batch = arguments.uuid(0, "batch_id");
    const std::string_view reason = arguments.word(1, "reason", longest_reason);
    const Context& context = require_context();
    require_back_end(context, "shred vendor codes");
    Shredded shredded{};
    with_write("shred_vendor_batch()", [&](Write& write) { shredded = shred(write, context, batch, reason); });
    if (shredded.refusal != nullptr) refuse(*shredded.refusal, psprintf("{\"batch_id\": \"%s\"}", uuid_text(batch)));
    const char* outcome = shredded.refusal != nullptr ? shredded.refusal->outcome : "shredded";
    return make_row(fcinfo, {to_datum(std::string_view(outcome)), Int64GetDatum(shredded.withdrawn),
                             Int64GetDatum(shredded.unseen), Int64GetDatum(shredded.revealed)});
}

SQL_FUNCTION(rewards_return_vendor_code) {
    using namespace rewards::pg;
    const TriggerData* trigger = called_as_trigger(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, return_wanted);
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || !is_own(coupons_layout(), trigger->tg_relation))
        raise_misattached(return_wanted);
    const std::optional<rewards::Uuid> code = uuid_in(trigger, "vendor_code_id");
    if (code && is_revocation(trigger))
        with_write("return_vendor_code()",
                   [&](Write& write) { return_vendor_code(write, *code, *uuid_in(trigger, "coupon_id")); });
    PG_RETURN_POINTER(nullptr);
}
}
