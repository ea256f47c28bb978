#include "core/coupon_status.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rewards {

namespace {

constexpr CouponStatus all[] = {CouponStatus::issued, CouponStatus::held, CouponStatus::redeemed, CouponStatus::revoked,
                                CouponStatus::expired};

TEST(CouponStatus, IsTheWordThatItIsReadFrom) {
    for (const CouponStatus status : all) {
        const Result<CouponStatus> read = coupon_status_from_text(text_of(status));
        ASSERT_TRUE(read.ok());
        EXPECT_EQ(read.value, status);
    }
    for (const char* word : {"", "Issued", "issued ", "used", "claimed"})
        EXPECT_EQ(coupon_status_from_text(word).error.fault, Fault::malformed) << word;
}

TEST(CouponStatus, GoesAlongItsEdgesOnly) {
    std::string edges;
    for (const CouponStatus from : all)
        for (const CouponStatus to : all)
            if (may_become(from, to)) edges.append(text_of(from)).append(" -> ").append(text_of(to)).append("\n");
    EXPECT_EQ(edges,
              "issued -> held\nissued -> redeemed\nissued -> revoked\nissued -> expired\n"
              "held -> issued\nheld -> redeemed\nheld -> revoked\nheld -> expired\n"
              "expired -> revoked\n");
}

TEST(CouponStatus, IsOpenWhileItCanBeClaimed) {
    for (const CouponStatus status : all)
        EXPECT_EQ(is_open(status), may_become(status, CouponStatus::redeemed)) << text_of(status);
}

}  // namespace

}  // namespace rewards
