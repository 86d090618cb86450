#include "base/clock.h"

#include <gtest/gtest.h>

namespace nacre {
namespace {

TEST(Timestamp, ReadsRfc3339) {
  EXPECT_EQ(Timestamp::parse("1970-01-01T00:00:00Z"), (Timestamp{0, 0}));
  EXPECT_EQ(Timestamp::parse("2020-01-23T16:53:06.686519038Z"), (Timestamp{1579798386, 686519038}));
  EXPECT_EQ(Timestamp::parse("2020-01-23T18:53:06.5+02:00"), (Timestamp{1579798386, 500000000}));
  EXPECT_EQ(Timestamp::parse("0001-01-01T00:00:00Z"), (Timestamp{-62135596800, 0}));
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2020", "2020-13-01T00:00:00Z", "2020-02-30T00:00:00Z", "2021-02-29T00:00:00Z", "2020-01-01T24:00:00Z",
        "2020-01-01T00:00:00", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00Zx", "2020-01-01T00:00:00+2:00"}) {
    EXPECT_FALSE(Timestamp::parse(text)) << text;
  }
}

TEST(Timestamp, WritesWhatItReads) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2020-01-23T16:53:06.686519038Z", "2020-02-29T23:59:59.5Z",
                           "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"}) {
    EXPECT_EQ(Timestamp::parse(text).value().rfc3339(), text);
  }
}

TEST(Duration, ReadsGoDurations) {
  EXPECT_EQ(parse_duration("24h"), 86'400'000'000'000);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000);
  EXPECT_EQ(parse_duration("300ms"), 300'000'000);
  EXPECT_EQ(parse_duration("-2m"), -120'000'000'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* text : {"", "1", "h", "1x", "--1s", "1h-1m", "999999999999h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

// The values of docker's go-units tests.
TEST(Duration, InWordsAsDockerSaysIt) {
  EXPECT_EQ(duration_in_words(0), "Less than a second");
  EXPECT_EQ(duration_in_words(1), "1 second");
  EXPECT_EQ(duration_in_words(45), "45 seconds");
  EXPECT_EQ(duration_in_words(60), "About a minute");
  EXPECT_EQ(duration_in_words(3 * 60), "3 minutes");
  EXPECT_EQ(duration_in_words(35 * 60 + 40), "35 minutes");
  EXPECT_EQ(duration_in_words(3600), "About an hour");
  EXPECT_EQ(duration_in_words(3600 + 45 * 60), "2 hours");
  EXPECT_EQ(duration_in_words(32 * 3600), "32 hours");
  EXPECT_EQ(duration_in_words(60 * 3600), "2 days");
  EXPECT_EQ(duration_in_words(20 * 86400), "2 weeks");
  EXPECT_EQ(duration_in_words(70 * 86400), "2 months");
  EXPECT_EQ(duration_in_words(750 * 86400), "2 years");
}

}  // namespace
}  // namespace nacre
