#include "runtime/environment.h"

#include <cstdlib>

#include <gmock/gmock.h>

#include "base/temp.h"
#include "errors.h"

namespace nacre::runtime::test {
namespace {

using testing::ElementsAre;

class EnvFile : public testing::Test {
 protected:
  std::vector<std::string> read(std::string_view content) {
    write_file_atomically(file_, content);
    return read_env_file(file_);
  }
  std::string error(std::string_view content) {
    return error_of([&] { read(content); });
  }
  TempDir directory_{fs::temp_directory_path(), "nacre-env-test-"};
  fs::path file_ = directory_.path() / "env";
};

TEST(EnvFlag, takes_values_from_here) {
  ::setenv("NACRE_TEST_SET", "here", 1);
  ::unsetenv("NACRE_TEST_UNSET");
  EXPECT_EQ(parse_env_flag("A=b=c"), "A=b=c");
  EXPECT_EQ(parse_env_flag("A="), "A=");
  EXPECT_EQ(parse_env_flag("NACRE_TEST_SET"), "NACRE_TEST_SET=here");
  EXPECT_EQ(parse_env_flag("NACRE_TEST_UNSET"), "NACRE_TEST_UNSET");
  EXPECT_EQ(error_of([] { parse_env_flag(""); }), "invalid environment variable: ");
  EXPECT_EQ(error_of([] { parse_env_flag("=x"); }), "invalid environment variable: =x");
}

TEST_F(EnvFile, is_lines_of_variables) {
  ::setenv("NACRE_TEST_SET", "here", 1);
  ::unsetenv("NACRE_TEST_UNSET");
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "A=1\n# comment\n\n  B=two words \"kept\"\r\nNACRE_TEST_SET\nNACRE_TEST_UNSET\nC="),
              ElementsAre("A=1", "B=two words \"kept\"", "NACRE_TEST_SET=here", "C="));
  EXPECT_THAT(read(""), ElementsAre());
}

TEST_F(EnvFile, errors_are_dockers) {
  const std::string start = "invalid env file (" + file_.native() + "): ";
  EXPECT_EQ(error("a b=c\n"), start + "variable 'a b' contains whitespaces");
  EXPECT_EQ(error("=c\n"), start + "no variable name on line '=c'");
  EXPECT_EQ(error("\xff\xfe=c\n"), start + "invalid utf8 bytes at line 1: [255 254 61 99]");
  EXPECT_EQ(error("A=1\nB=\xC0\x80\n"), start + "invalid utf8 bytes at line 2: [66 61 192 128]");
  EXPECT_NE(error_of([] { read_env_file("/nonexistent/env"); }), "no error");
}

TEST(Environment, merges_in_dockers_order) {
  const std::vector<std::string> image = {"PATH=/bin", "A=image", "B=image", "C=image"};
  const std::vector<std::string> user = {"B=user", "D=user", "C", "ABSENT"};
  EXPECT_THAT(merge_environment(image, user, "host", TermVariable::yes),
              ElementsAre("PATH=/bin", "HOSTNAME=host", "TERM=xterm", "A=image", "B=user", "D=user"));
  EXPECT_THAT(merge_environment({}, {}, "h", TermVariable::no),
              ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h"));
}

TEST(Environment, finds_variables) {
  const std::vector<std::string> environment = {"HOMES=no", "HOME=/root"};
  EXPECT_EQ(variable(environment, "HOME"), "/root");
  EXPECT_EQ(variable(environment, "HOM"), "");
}

}  // namespace
}  // namespace nacre::runtime::test
