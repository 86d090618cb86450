#include "cli/filter_flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nacre::cli {
namespace {

using testing::ElementsAre;

std::vector<std::string> parse(const std::vector<std::string>& words) {
  std::vector<std::string> filters;
  FlagSet flags;
  filter_flag(flags, filters, 'f', "Filter output based on conditions provided");
  flags.parse(words, Interspersed::yes);
  return filters;
}

TEST(FilterFlag, CollectsWhatIsGiven) {
  EXPECT_THAT(parse({"-f", "dangling=true", "--filter=label=a=b", "-flabel!=c", "--filter", "unknown=x"}),
              ElementsAre("dangling=true", "label=a=b", "label!=c", "unknown=x"));
}

TEST(FilterFlag, IgnoresAnEmptyText) {
  EXPECT_THAT(parse({"--filter", "", "--filter="}), testing::IsEmpty());
}

TEST(FilterFlag, RefusesWhatHasNoValue) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"-f", "dangling"}, {"--filter=dangling"}}) {
    try {
      parse(words);
      FAIL() << words[0];
    } catch (const UsageError& error) {
      EXPECT_EQ(error.exit_status, 125);
      EXPECT_EQ(error.message,
                "invalid argument \"dangling\" for \"-f, --filter\" flag: bad format of filter (expected name=value)");
    }
  }
  EXPECT_THAT(parse({"-f", "dangling="}), ElementsAre("dangling="));
}

TEST(FilterFlag, IsShownAsDockersIs) {
  std::vector<std::string> filters;
  FlagSet flags;
  filter_flag(flags, filters, '\0', "help");
  ASSERT_EQ(flags.flags().size(), 1U);
  EXPECT_EQ(flags.flags()[0].name, "filter");
  EXPECT_EQ(flags.flags()[0].value_type, "filter");
  EXPECT_EQ(flags.flags()[0].shorthand, '\0');
}

}  // namespace
}  // namespace nacre::cli
