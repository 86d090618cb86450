#include "oci/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace nacre::oci {
namespace {

TEST(Utf8, ReadsEveryLength) {
  struct Case {
    std::string text;
    char32_t value;
  };
  for (const Case& c :
       {Case{"\x7F", 0x7F}, Case{"\xC2\x80", 0x80}, Case{"\xDF\xBF", 0x7FF}, Case{"\xE0\xA0\x80", 0x800},
        Case{"\xED\x9F\xBF", 0xD7FF}, Case{"\xEE\x80\x80", 0xE000}, Case{"\xEF\xBF\xBF", 0xFFFF},
        Case{"\xF0\x90\x80\x80", 0x10000}, Case{"\xF4\x8F\xBF\xBF", 0x10FFFF}}) {
    const Utf8Char read = decode_utf8(c.text + "x");
    EXPECT_TRUE(read.valid);
    EXPECT_EQ(read.value, c.value);
    EXPECT_EQ(read.length, c.text.size());
  }
  EXPECT_EQ(decode_utf8(std::string_view("\0", 1)).value, 0U);
}

TEST(Utf8, TakesOneByteOfWhatIsInvalid) {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82",
                           "\xF0\x9F\x92", "\xC3(", "\xE2(\xA1", "\xE2\x82("}) {
    const Utf8Char read = decode_utf8(text);
    EXPECT_FALSE(read.valid) << text;
    EXPECT_EQ(read.length, 1U);
    EXPECT_EQ(read.value, 0xFFFDU);
  }
}

}  // namespace
}  // namespace nacre::oci
