#include "cli/output/go_number.h"

#include <gtest/gtest.h>

#include "cli/output/go_quote.h"

namespace nacre::cli {
namespace {

TEST(GoNumber, ReadsEveryTypeThatFits) {
  const auto seven = parse_go_number("7");
  ASSERT_TRUE(seven);
  EXPECT_EQ(seven->integer, 7);
  EXPECT_EQ(seven->unsigned_integer, 7U);
  EXPECT_EQ(seven->floating, 7.0);
  EXPECT_FALSE(seven->written_as_float);

  const auto whole = parse_go_number("1e3");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->integer, 1000);
  EXPECT_TRUE(whole->written_as_float);

  const auto fraction = parse_go_number("-2.5");
  ASSERT_TRUE(fraction);
  EXPECT_FALSE(fraction->integer);
  EXPECT_EQ(fraction->floating, -2.5);

  const auto large = parse_go_number("18446744073709551615");
  ASSERT_TRUE(large);
  EXPECT_FALSE(large->integer);
  EXPECT_EQ(large->unsigned_integer, 18446744073709551615U);

  EXPECT_EQ(parse_go_number("-9223372036854775808")->integer, INT64_MIN);
  EXPECT_EQ(parse_go_number("0x_ff")->integer, 255);
  EXPECT_EQ(parse_go_number("'\\x41'")->integer, 65);
}

TEST(GoNumber, RefusesWhatGoRefuses) {
  for (const char* text : {"",    "+",     "-",     "0x",  "0b2", "08x", "1_", "_1",   "1__0",  "0x1.8", "1e",   "inf",
                           "nan", "0xinf", "1e400", "--1", "1i",  "'",   "''", "'ab'", "'\\q'", ".",     "0x.p1"}) {
    EXPECT_FALSE(parse_go_number(text)) << text;
  }
  EXPECT_EQ(parse_go_number("99999999999999999999").error(), NumberError::overflow);
  EXPECT_EQ(parse_go_number("1e400").error(), NumberError::syntax);
}

TEST(GoNumber, FormatsAsStrconvDoes) {
  EXPECT_EQ(format_go_float(0, 'g', shortest_precision), "0");
  EXPECT_EQ(format_go_float(-0.0, 'g', shortest_precision), "-0");
  EXPECT_EQ(format_go_float(100000, 'g', shortest_precision), "100000");
  EXPECT_EQ(format_go_float(1e6, 'g', shortest_precision), "1e+06");
  EXPECT_EQ(format_go_float(1.7976931348623157e308, 'f', 2).size(), 312U);
  EXPECT_EQ(format_go_float(5e-324, 'g', shortest_precision), "5e-324");
  EXPECT_EQ(format_go_float(0, 'b', shortest_precision), "0p-1074");
  EXPECT_EQ(format_go_float(0, 'x', shortest_precision), "0x0p+00");
  EXPECT_EQ(format_go_float(999.5, 'g', 3), "1e+03");
  EXPECT_EQ(format_go_float(0.5, 'g', 0), "0.5");
}

TEST(GoQuote, RoundTrips) {
  const std::string text = "a\"b\\c\n\t\x01\x7f\xff é\u2028\U0001F600`'";
  EXPECT_EQ(go_unquote(go_quote(text)), text);
  EXPECT_EQ(go_unquote(go_quote(text, QuoteSet::ascii)), text);
  EXPECT_EQ(go_quote(text), "\"a\\\"b\\\\c\\n\\t\\x01\\x7f\\xff é\\u2028\U0001F600`'\"");
  EXPECT_EQ(go_unquote("`a\r\\n`"), "a\\n");
  for (const char* literal : {"", "\"", "\"a", "'a'", "`a`b`", "\"\\\"", "\"a\"b\"", "\"\\x4\"", "\"\\U00110000\""}) {
    EXPECT_FALSE(go_unquote(literal)) << literal;
  }
}

}  // namespace
}  // namespace nacre::cli
