#include "cli/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nacre::cli {
namespace {

TEST(Version, IsANumberThatScriptsCanCompare) {
  EXPECT_THAT(version_number(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(Version, TheLineNamesTheProgram) {
  EXPECT_EQ(version_line(), "nacre version " + version_number());
}

}  // namespace
}  // namespace nacre::cli
