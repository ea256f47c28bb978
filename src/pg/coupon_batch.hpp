// Batches of bearer coupons: a batch stands in the place of the holder, and its coupons are numbered from 1.
#pragma once

#include "pg/progress.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace coupon_batch {
enum : std::uint8_t {
    id,
    company_id,
    label,
    template_id,
    quantity,
    issued,
    coupon_value_type,
    coupon_value,
    code_symbols,
    stock_stripe,
    expires_at,
    created_at,
    created_by,
    revoked_at,
    revoked_by,
    revoke_reason,
    revoked,
    updated_at
};
enum : std::size_t { by_id, by_label };
}  // namespace coupon_batch

// What one call does at most: it is one transaction.
inline constexpr std::int64_t most_of_a_batch = 1'000'000;

Table& open_batches(Write& write);

// The company's batch becomes the found row, locked. False: there is none.
bool lock_batch(Table& batches, const Uuid& company, const Uuid& id);

// A count in the found row.
std::int32_t batch_count(const Table& batches, std::uint8_t column);

// Calls `body` with the numbers after `after` up to `last`, each in memory of its own, and shows how far it is with `what`.
template <typename Body>
void for_numbers(Write& write, std::string_view what, std::int32_t after, std::int32_t last, Body body) {
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards coupon", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    for (std::int32_t before = after; before < last; ++before) {
        CHECK_FOR_INTERRUPTS();
        const std::int32_t number = before + 1;
        body(number);
        show_progress(what, number - after, last - after);
        MemoryContextReset(memory);
        ResetPerTupleExprContext(write.estate);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

}  // namespace rewards::pg
