#include "oci/shown.h"

#include <gtest/gtest.h>

namespace nacre::oci {
namespace {

TEST(Shown, KeepsWhatReads) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("alpine:3.20 – größe"), "alpine:3.20 – größe");
}

TEST(Shown, EscapesWhatSteersATerminal) {
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(shown("\x1b[31m\r\n\x7f"), "\\x1b[31m\\x0d\\x0a\\x7f");
  EXPECT_EQ(shown("\xC2\x9B"), "\\xc2\\x9b");  // the one-character form of ESC [
  EXPECT_EQ(shown("\xff\xE2\x82"), "\\xff\\xe2\\x82");
}

TEST(Shown, CutsAfterAWholeCharacter) {
  EXPECT_EQ(shown(std::string(160, 'a')), std::string(160, 'a'));
  EXPECT_EQ(shown(std::string(161, 'a')), std::string(160, 'a') + "...");
  EXPECT_EQ(shown(std::string(159, 'a') + "éé"), std::string(159, 'a') + "é...");
}

}  // namespace
}  // namespace nacre::oci
