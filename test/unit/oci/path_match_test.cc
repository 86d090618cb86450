#include "oci/path_match.h"

#include <gtest/gtest.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view name;
  bool matches;
};

// What Go's path.Match answers.
constexpr Case cases[] = {
    {"abc", "abc", true},
    {"abc", "abcd", false},
    {"", "", true},
    {"", "a", false},
    {"*", "abc", true},
    {"*", "", true},
    {"**", "", true},
    {"*c", "abc", true},
    {"a*", "a", true},
    {"a*", "abc", true},
    {"a*", "ab/c", false},
    {"a*/b", "abc/b", true},
    {"a*/b", "a/c/b", false},
    {"*/", "a/", true},
    {"*/*", "a/b", true},
    {"*/*", "a/b/c", false},
    {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
    {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
    {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false},
    {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
    {"a*b?c*x", "abxbbxdbxebxczzx", true},
    {"a*b?c*x", "abxbbxdbxebxczzy", false},
    {"*x", "xxx", true},
    {"*ab", "aab", true},
    {"ab[c]", "abc", true},
    {"ab[b-d]", "abc", true},
    {"ab[e-g]", "abc", false},
    {"ab[^c]", "abc", false},
    {"ab[^b-d]", "abc", false},
    {"ab[^e-g]", "abc", true},
    {"ab[!c]", "ab!", true},
    {"[d-b]", "c", false},
    {"a[^a]b", "a/b", true},
    {"a?b", "a/b", false},
    {"a*b", "a/b", false},
    {"*[^x]*y", "a/by", false},
    {"a\\*b", "a*b", true},
    {"a\\*b", "ab", false},
    {"\\a", "a", true},
    {"[\\]a]", "]", true},
    {"[\\-]", "-", true},
    {"[x\\-]", "x", true},
    {"[x\\-]", "z", false},
    {"[\\-x]", "a", false},
    {"]", "]", true},
    {"-", "-", true},
    {"a-z", "a-z", true},
    {"a?b", "a☺b", true},
    {"a???b", "a☺b", false},
    {"a[^a]b", "a☺b", true},
    {"[a-ζ]*", "α", true},
    {"*[a-ζ]", "A", false},
    {"a[☺]b", "a☺b", true},
    {"?", "\xff", true},
};

TEST(PathPattern, AgreesWithGo) {
  for (const Case& c : cases) {
    EXPECT_EQ(PathPattern(c.pattern).matches(c.name), c.matches) << c.pattern << " on " << c.name;
  }
}

TEST(PathPattern, RefusesWhatIsMalformed) {
  for (const char* pattern :
       {"[",  "[^",  "[^bc", "a[",  "[a",  "[]",  "[]a]",   "[-]",      "[x-]", "[-x]", "[^-x]", "[a-b-c]",
        "\\", "[\\", "[a\\", "a\\", "[a-", "[^]", "[\xff]", "[a-\xff]", "a/b[", "*[",   "x*[-]"}) {
    const std::string error = error_of([&] { const PathPattern compiled(pattern); });
    EXPECT_TRUE(error.starts_with("invalid: pattern '")) << pattern;
    EXPECT_TRUE(error.ends_with("': syntax error in pattern")) << pattern;
  }
}

TEST(PathPattern, ManyStarsTakeNoMoreThanQuadraticSteps) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "a*";
  }
  EXPECT_FALSE(PathPattern(pattern + "b").matches(std::string(2000, 'a')));
  EXPECT_TRUE(PathPattern(pattern).matches(std::string(2000, 'a')));
}

}  // namespace
}  // namespace nacre::oci
