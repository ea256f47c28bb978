#include "core/coupon_batch.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"

namespace rewards {
namespace {

using test::hex;
using test::unhex_to;

const Uuid batch = unhex_to<Uuid>("017f22e279b07000b8c4dc0c0c07398f");

TEST(ACouponOfABatch, IsTheBatchSoManyMillisecondsLater) {
    EXPECT_EQ(hex(batch_coupon_id(batch, 0)), "017f22e279b08000b8c4dc0c0c07398f");
    EXPECT_EQ(hex(batch_coupon_id(batch, 1)), "017f22e279b18000b8c4dc0c0c07398f");
    EXPECT_EQ(hex(batch_coupon_id(batch, 0xffffffff)), "018022e279af8000b8c4dc0c0c07398f");
}

TEST(ACouponOfABatch, NeverHasTheIdOfAVersion7Uuid) {
    for (std::uint32_t number = 0; number < 1000; ++number) EXPECT_EQ(batch_coupon_id(batch, number)[6] >> 4, 8);
}

TEST(ACouponOfABatch, ComesAfterTheOneBeforeIt) {
    for (std::uint32_t number = 0; number < 100'000; ++number)
        ASSERT_LT(batch_coupon_id(batch, number), batch_coupon_id(batch, number + 1)) << number;
}

TEST(ACouponOfABatch, DiffersFromThatOfAnotherBatchOfTheSameMoment) {
    Uuid other = batch;
    other[15] ^= 1;
    EXPECT_NE(batch_coupon_id(batch, 7), batch_coupon_id(other, 7));
}

TEST(ACouponOfABatch, StaysAUuidWhereTheMillisecondsEnd) {
    const auto last = unhex_to<Uuid>("ffffffffffff7000b8c4dc0c0c07398f");
    EXPECT_EQ(hex(batch_coupon_id(last, 2)), "0000000000018000b8c4dc0c0c07398f");
}

}  // namespace
}  // namespace rewards
