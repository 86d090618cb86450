#include "cli/output/text.h"

#include <gtest/gtest.h>

#include "cli/output/unicode.h"

namespace nacre::cli {
namespace {

TEST(Text, EscapesWhatCouldSteerATerminal) {
  EXPECT_EQ(escape_controls("plain ünïcode 日本"), "plain ünïcode 日本");
  EXPECT_EQ(escape_controls("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(escape_controls("a\tb\nc\x7f"), "a\\x09b\\x0ac\\x7f");
  EXPECT_EQ(escape_controls("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escape_controls("a\u202e\u0085\u2028\u200b\u00a0"), "a\\u202e\\u0085\\u2028\\u200b\u00a0");
  EXPECT_EQ(escape_controls("\U000E0041"), "\\U000e0041");
}

TEST(Text, FitsColumns) {
  EXPECT_EQ(fit_columns("hello", 3), "hel");
  EXPECT_EQ(fit_columns("hello", 10), "hello");
  EXPECT_EQ(fit_columns("日本語", 5), "日本");
  EXPECT_EQ(fit_columns("e\u0301x", 1), "e\u0301");
  EXPECT_EQ(fit_columns("x", 0), "");
  EXPECT_EQ(fit_columns("x", -1), "");
}

TEST(Text, Shortens) {
  EXPECT_EQ(ellipsis("hello", 5), "hello");
  EXPECT_EQ(ellipsis("hello!", 5), "hell…");
  EXPECT_EQ(ellipsis("日本語", 5), "日本…");
  EXPECT_EQ(ellipsis("hello", 1), "…");
  EXPECT_EQ(ellipsis("hello", 0), "");
}

TEST(Text, KnowsWidths) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\x1b\t"), 0U);
}

TEST(Text, APipeIsNoTerminal) {
  EXPECT_FALSE(is_terminal(-1));
  EXPECT_EQ(terminal_size(-1).columns, 80);
  EXPECT_EQ(terminal_size(-1).rows, 24);
}

}  // namespace
}  // namespace nacre::cli
