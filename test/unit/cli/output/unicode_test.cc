#include "cli/output/unicode.h"

#include <gtest/gtest.h>

namespace nacre::cli {
namespace {

TEST(Unicode, KnowsLettersOutsideAscii) {
  EXPECT_TRUE(is_alphanumeric(U'_'));
  EXPECT_TRUE(is_alphanumeric(U'é'));
  EXPECT_TRUE(is_alphanumeric(U'日'));
  EXPECT_FALSE(is_alphanumeric(U'-'));
  EXPECT_FALSE(is_alphanumeric(0x1F600));
  EXPECT_FALSE(is_alphanumeric(0xFFFD));
  EXPECT_EQ(to_upper(U'é'), U'É');
  EXPECT_EQ(to_lower(U'Ω'), U'ω');
  EXPECT_EQ(to_upper(U'ß'), U'ß');
}

TEST(Unicode, PrintsWhatGoPrints) {
  EXPECT_TRUE(is_printable(U' '));
  EXPECT_TRUE(is_printable(0x1F600));
  EXPECT_TRUE(is_printable(0xFFFD));
  for (const char32_t c : {0x00U, 0x1BU, 0x7FU, 0x85U, 0xA0U, 0xADU, 0x200BU, 0x202EU, 0x3000U, 0xE000U, 0xFEFFU}) {
    EXPECT_FALSE(is_printable(c)) << static_cast<unsigned>(c);
  }
}

TEST(Unicode, EncodesCharacters) {
  std::string text;
  for (const char32_t c : {U'a', U'é', U'日', char32_t{0x1F600}, char32_t{0xD800}, char32_t{0x110000}}) {
    append_utf8(text, c);
  }
  EXPECT_EQ(text, "aé日\U0001F600\uFFFD\uFFFD");
  EXPECT_EQ(count_characters(text), 6U);
  EXPECT_EQ(count_characters("\xff\xfe"), 2U);
}

}  // namespace
}  // namespace nacre::cli
