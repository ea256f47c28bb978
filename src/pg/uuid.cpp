// Where do random bytes come from cheaply? A strong draw costs about the same for 8 bytes as for
// 512, so one block is drawn and handed out in slices, each wiped as it goes.
#include "pg/uuid.hpp"

#include "pg/raise.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

constexpr std::size_t slice_size = 8;

struct Block {
    std::array<std::uint8_t, 512> bytes;
    std::size_t left;
};
Block block{};

std::array<std::uint8_t, slice_size> random_slice() {
    if (block.left < slice_size) {
        if (!pg_strong_random(block.bytes.data(), block.bytes.size()))
            ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes"));
        block.left = block.bytes.size();
    }
    std::array<std::uint8_t, slice_size> slice;
    block.left -= slice_size;
    std::memcpy(slice.data(), block.bytes.data() + block.left, slice_size);
    explicit_bzero(block.bytes.data() + block.left, slice_size);
    return slice;
}

}  // namespace

Uuid new_uuid(TimestampTz moment) { return uuid_v7(unix_microseconds(moment), random_slice()); }

Uuid least_uuid(TimestampTz moment) {
    constexpr TimestampTz first = (UNIX_EPOCH_JDATE - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
    constexpr TimestampTz last = first + ((std::int64_t{1} << 48) * 1000 - 1);  // 48 bits of milliseconds
    constexpr std::array<std::uint8_t, slice_size> nothing{};
    Uuid beyond;
    beyond.fill(0xff);
    return moment > last ? beyond : uuid_v7(unix_microseconds(Max(moment, first)), nothing);
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_uuidv7) {
    (void)fcinfo;
    return rewards::pg::uuid_result(rewards::pg::new_uuid(GetCurrentTimestamp()));
}

SQL_FUNCTION(rewards_uuidv7_floor) {
    return rewards::pg::uuid_result(rewards::pg::least_uuid(PG_GETARG_TIMESTAMPTZ(0)));
}

SQL_FUNCTION(rewards_uuidv5) {
    using namespace rewards::pg;
    const rewards::Uuid name_space = uuid_of(PG_GETARG_DATUM(0));
    return uuid_result(value_or_raise(rewards::uuid_v5(name_space, text_view(PG_GETARG_DATUM(1)))));
}
}
