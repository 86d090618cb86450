#include "registry/retry.h"

#include <gtest/gtest.h>

namespace nacre::registry {
namespace {

using namespace std::chrono_literals;

TEST(Retry, OnlyWhatMayPassIsTriedAgain) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_TRUE(is_passing(status)) << status;
  }
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 416, 501, 505}) {
    EXPECT_FALSE(is_passing(status)) << status;
  }
}

TEST(Retry, DelaysGrowAndVary) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(retry_delay(2, nullptr), 100ms);
    EXPECT_LE(retry_delay(2, nullptr), 200ms);
    EXPECT_GE(retry_delay(5, nullptr), 800ms);
    EXPECT_LE(retry_delay(5, nullptr), 1600ms);
    EXPECT_LE(retry_delay(1000, nullptr), 10s);
  }
}

TEST(Retry, TheServerMaySayHowLong) {
  net::Headers headers;
  headers.add("Retry-After", "7");
  EXPECT_EQ(retry_delay(2, &headers), 7s);
  net::Headers long_ones;
  long_ones.add("retry-after", "86400");
  EXPECT_EQ(retry_delay(2, &long_ones), 60s);
}

TEST(Retry, RetryAfterIsSecondsOrADate) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:57 GMT", now), 20s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:40:00 GMT", now), 0s);
  for (const char* const bad : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:57 CET", "12x"}) {
    EXPECT_EQ(parse_retry_after(bad, now), std::nullopt) << bad;
  }
}

TEST(Retry, WaitingCanBeCancelled) {
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(wait(1h, cancel), Cancelled);
}

}  // namespace
}  // namespace nacre::registry
