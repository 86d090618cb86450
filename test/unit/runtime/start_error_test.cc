#include "runtime/start_error.h"

#include <gtest/gtest.h>

namespace nacre::runtime::test {
namespace {

struct Case {
  const char* runtime;
  int status;
  const char* message;
};

TEST(StartError, says_what_the_runtime_said) {
  // As runc 1.1 and crun 1.8 write them.
  const Case cases[] = {
      {"runc run failed: unable to start container process: exec: \"nope\": executable file not found in $PATH", 127,
       "start container process: exec: \"nope\": executable file not found in $PATH"},
      {"runc run failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory",
       127, "start container process: exec: \"/nope\": stat /nope: no such file or directory"},
      {"runc run failed: unable to start container process: exec: \"/etc\": permission denied", 126,
       "start container process: exec: \"/etc\": permission denied"},
      {"runc run failed: unable to start container process: exec: \"/etc\": is a directory", 126,
       "start container process: exec: \"/etc\": is a directory"},
      {"runc run failed: unable to start container process: error during container init: sethostname: invalid argument",
       125, "start container process: sethostname: invalid argument"},
      {"runc run failed: unable to start container process: error during container init: error mounting \"/x\" to "
       "rootfs "
       "at \"/y\": mount /x:/y: no such file or directory",
       125,
       "start container process: error mounting \"/x\" to rootfs at \"/y\": mount /x:/y: no such file or directory"},
      {"executable file `nope` not found in $PATH: No such file or directory", 127,
       "start container process: exec: \"nope\": executable file not found in $PATH"},
      {"executable file `/nope` not found: No such file or directory", 127,
       "start container process: exec: \"/nope\": stat /nope: no such file or directory"},
      {"open executable: Permission denied", 126, "start container process: open executable: Permission denied"},
      {"", 125, "start container process: the runtime failed without a reason"},
  };
  for (const Case& expected : cases) {
    const StartError error = start_error_of(expected.runtime);
    EXPECT_EQ(error.exit_status(), expected.status) << expected.runtime;
    EXPECT_EQ(error.message(), expected.message);
  }
}

TEST(StartError, keeps_its_status_through_context) {
  try {
    with_context("while testing", [] { throw StartError(127, "gone"); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(run_exit_status(error), 127);
    EXPECT_EQ(error.message(), "while testing: gone");
  }
  EXPECT_EQ(run_exit_status(Error(Code::not_found, "any other")), 125);
}

TEST(RuntimeLog, the_last_error_counts) {
  EXPECT_EQ(last_error_of("{\"level\":\"warning\",\"msg\":\"w\"}\n{\"level\":\"error\",\"msg\":\"first\"}\n"
                          "{\"level\":\"error\",\"msg\":\"second \\\"quoted\\\"\",\"time\":\"t\"}\n"),
            "second \"quoted\"");
  EXPECT_EQ(last_error_of(""), "");
  EXPECT_EQ(last_error_of("not json\n{\"level\":\"error\",\"msg\":\"e\"}\n{\"level\":\"err"), "e");
  EXPECT_EQ(last_error_of("{\"level\":5}\n[]\n"), "");
}

}  // namespace
}  // namespace nacre::runtime::test
