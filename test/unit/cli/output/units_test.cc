#include "cli/output/units.h"

#include <fstream>

#include <gtest/gtest.h>

#include "oci/json.h"

namespace nacre::cli {
namespace {

// test/golden/template/tables.go printed these with the format of docker's go-units.
TEST(Units, AgreeWithGo) {
  std::ifstream file(NACRE_SOURCE_DIR "/test/golden/template/tables.json");
  const oci::Json golden = oci::Json::parse(file);
  ASSERT_FALSE(golden.at("sizes").empty());
  for (const auto& size : golden.at("sizes")) {
    const double bytes = size.at("bytes").get<double>();
    EXPECT_EQ(human_size(bytes, 3), size.at("three").get<std::string>());
    EXPECT_EQ(human_size(bytes), size.at("four").get<std::string>());
    EXPECT_EQ(human_size_binary(bytes), size.at("binary").get<std::string>());
  }
}

TEST(Units, TellAges) {
  const Timestamp now{1'700'000'000, 500};
  EXPECT_EQ(time_ago(now, now), "Less than a second ago");
  EXPECT_EQ(time_ago({1'700'000'000 - 14 * 24 * 3600, 0}, now), "2 weeks ago");
  // Not yet a whole second.
  EXPECT_EQ(time_ago({1'699'999'999, 501}, now), "Less than a second ago");
  EXPECT_EQ(time_ago({1'699'999'999, 500}, now), "1 second ago");
  // Clocks differ: what is to come was just now.
  EXPECT_EQ(time_ago({1'800'000'000, 0}, now), "Less than a second ago");
}

}  // namespace
}  // namespace nacre::cli
