#include "runtime/oci_runtime.h"

#include <cstdlib>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "errors.h"
#include "runtime/capabilities.h"
#include "runtime/start_error.h"

namespace nacre::runtime::test {
namespace {

using testing::HasSubstr;

// A PATH with programs of the test's choice.
class ChooseRuntime : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("NACRE_RUNTIME");
    ::setenv("PATH", (directory_.path() / "bin").c_str(), 1);
    make_directories(directory_.path() / "bin");
    make_directories(directory_.path() / "cgroup/memory");
  }
  void TearDown() override {
    ::unsetenv("NACRE_RUNTIME");
    ::setenv("PATH", path_before_.c_str(), 1);
  }
  void install(const std::string& name, std::string_view script = "#!/bin/sh\nexit 1\n") const {
    write_file_atomically(directory_.path() / "bin" / name, script, 0755);
  }
  HostRuntime choose() const { return choose_runtime(HostCgroups(directory_.path() / "cgroup")); }

  TempDir directory_{fs::temp_directory_path(), "nacre-choose-test-"};
  std::string path_before_ = std::getenv("PATH");
};

TEST_F(ChooseRuntime, none_is_told_with_what_to_do) {
  EXPECT_EQ(choose().name, "");
  EXPECT_THAT(choose().reason, HasSubstr("install runc"));
  EXPECT_THAT(error_of([&] { OciRuntime(choose(), directory_.path()); }), HasSubstr("install runc"));
}

TEST_F(ChooseRuntime, crun_goes_before_runc_where_it_works) {
  install("runc");
  EXPECT_EQ(choose().name, "runc");
  EXPECT_EQ(choose().reason, "crun is not installed");
  install("crun");
  EXPECT_EQ(choose().name, "crun");
  EXPECT_EQ(choose().path, directory_.path() / "bin/crun");
}

TEST_F(ChooseRuntime, one_can_be_forced) {
  install("runc");
  install("crun");
  ::setenv("NACRE_RUNTIME", "runc", 1);
  EXPECT_EQ(choose().name, "runc");
  ::setenv("NACRE_RUNTIME", (directory_.path() / "bin/crun").c_str(), 1);
  EXPECT_EQ(choose().name, "crun");
  ::setenv("NACRE_RUNTIME", "youki", 1);
  EXPECT_EQ(choose().name, "");
  EXPECT_THAT(choose().reason, HasSubstr("youki"));
}

TEST_F(ChooseRuntime, a_failure_carries_the_runtimes_reason) {
  install("runc",
          "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = --log ] && log=$2; shift; done\n"
          "echo '{\"level\":\"error\",\"msg\":\"runc run failed: the reason\"}' >\"$log\"\necho noise >&2\nexit 1\n");
  const OciRuntime runtime(choose(), directory_.path() / "state");
  make_directories(directory_.path() / "bundle");
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const OciRuntime::Streams streams = {-1, null.get(), null.get()};
  EXPECT_EQ(error_of([&] { runtime.start("id", directory_.path() / "bundle", streams, {}); }),
            "start container process: the reason");
}

TEST_F(ChooseRuntime, a_killed_runtime_is_told) {
  install("runc", "#!/bin/sh\nkill -9 $$\n");
  const OciRuntime runtime(choose(), directory_.path() / "state");
  make_directories(directory_.path() / "bundle");
  EXPECT_EQ(error_of([&] { runtime.start("id", directory_.path() / "bundle", {}, {}); }),
            "start container process: runc was killed by signal 9");
}

TEST_F(ChooseRuntime, destroying_what_is_not_there_is_fine) {
  install("runc");
  const OciRuntime runtime(choose(), directory_.path() / "state");
  runtime.destroy("absent", HostCgroups(directory_.path() / "cgroup"));
}

TEST(DescribeRuntime, names_version_and_profile) {
  const HostRuntime host = describe_runtime();
  EXPECT_FALSE(host.reason.empty());
  EXPECT_FALSE(host.seccomp_profile.empty());
  if (host.name.empty()) {
    GTEST_SKIP() << host.reason;
  }
  EXPECT_THAT(host.version, testing::MatchesRegex("[0-9]+\\..*"));
}

TEST(DescribeRuntime, crun_is_not_chosen_where_it_cannot_work) {
  const HostRuntime host = choose_runtime(HostCgroups());
  if (host.cgroups == CgroupMode::hybrid) {
    EXPECT_NE(host.name, "crun");
    EXPECT_THAT(host.reason, HasSubstr("hybrid"));
  }
}

}  // namespace
}  // namespace nacre::runtime::test
