#include "core/result.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "core/coupon_key.hpp"
#include "core/ledger.hpp"
#include "core/nonce.hpp"
#include "core/uuid.hpp"

namespace rewards {
namespace {

TEST(Result, HoldsASuccess) {
    constexpr Result<int> result = 7;
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.value, 7);
    EXPECT_STREQ(result.error.text, "");
}

TEST(Result, HoldsAFailure) {
    constexpr Result<int> result = Error{Fault::insufficient, "not enough"};
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.error.fault, Fault::insufficient);
    EXPECT_STREQ(result.error.text, "not enough");
    EXPECT_EQ(result.value, 0);
}

TEST(Error, IsTrueOnlyIfThereIsOne) {
    EXPECT_FALSE(Error{});
    EXPECT_TRUE((Error{Fault::crypto, "failed"}));
}

template <typename T>
constexpr bool may_be_jumped_over = std::is_trivially_copyable_v<T>&& std::is_trivially_destructible_v<T>;

TEST(TheEdgeOfTheCore, ReturnsOnlyWhatTheServerMayJumpOver) {
    EXPECT_TRUE(may_be_jumped_over<Error>);
    EXPECT_TRUE(may_be_jumped_over<Uuid>);
    EXPECT_TRUE(may_be_jumped_over<KeyFile>);
    EXPECT_TRUE(may_be_jumped_over<FormattedCode>);
    EXPECT_TRUE(may_be_jumped_over<Result<Balance>>);
    EXPECT_TRUE(may_be_jumped_over<Result<CouponCode>>);
    EXPECT_TRUE(may_be_jumped_over<Result<Digest>>);
    EXPECT_TRUE(may_be_jumped_over<Result<KeyRing*>>);
    EXPECT_TRUE(may_be_jumped_over<Result<Status>>);
}

template <typename Return, typename... Arguments>
constexpr bool never_throws(Return (*)(Arguments...) noexcept) {
    return true;
}
template <typename Return, typename... Arguments>
constexpr bool never_throws(Return (*)(Arguments...)) {
    return false;
}

TEST(TheEdgeOfTheCore, LetsNoExceptionOut) {
    EXPECT_TRUE(never_throws(add_change));
    EXPECT_TRUE(never_throws(add_event));
    EXPECT_TRUE(never_throws(add_sums));
    EXPECT_TRUE(never_throws(change_status));
    EXPECT_TRUE(never_throws(close_hmac_key));
    EXPECT_TRUE(never_throws(close_key_ring));
    EXPECT_TRUE(never_throws(code_tag));
    EXPECT_TRUE(never_throws(compose_code));
    EXPECT_TRUE(never_throws(count_event));
    EXPECT_TRUE(never_throws(derive_code));
    EXPECT_TRUE(never_throws(fingerprint));
    EXPECT_TRUE(never_throws(format_code));
    EXPECT_TRUE(never_throws(format_key_file));
    EXPECT_TRUE(never_throws(format_key_line));
    EXPECT_TRUE(never_throws(hkdf_sha256));
    EXPECT_TRUE(never_throws(hmac_sha256));
    EXPECT_TRUE(never_throws(is_legacy_length));
    EXPECT_TRUE(never_throws(key_fingerprint));
    EXPECT_TRUE(never_throws(key_for));
    EXPECT_TRUE(never_throws(kind_of));
    EXPECT_TRUE(never_throws(layered_tag));
    EXPECT_TRUE(never_throws(legacy_tag));
    EXPECT_TRUE(never_throws(may_become));
    EXPECT_TRUE(never_throws(newest_slot));
    EXPECT_TRUE(never_throws(open_hmac_key));
    EXPECT_TRUE(never_throws(open_key_ring));
    EXPECT_TRUE(never_throws(parse_code));
    EXPECT_TRUE(never_throws(read_key_file));
    EXPECT_TRUE(never_throws(route_of));
    EXPECT_TRUE(never_throws(sha256));
    EXPECT_TRUE(never_throws(slot_of));
    EXPECT_TRUE(never_throws(status_from_text));
    EXPECT_TRUE(never_throws(text_of));
    EXPECT_TRUE(never_throws(uuid_v5));
    EXPECT_TRUE(never_throws(uuid_v7));
}

}  // namespace
}  // namespace rewards
