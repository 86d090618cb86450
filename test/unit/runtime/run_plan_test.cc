#include "runtime/run_plan.h"

#include <gmock/gmock.h>

#include "base/temp.h"
#include "errors.h"
#include "runtime/container_names.h"
#include "runtime/run.h"

namespace nacre::runtime::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Plan : public testing::Test {
 protected:
  Plan() {
    make_directories(directory_.path() / "pids");
    options_.command = {"sh", "-c", "x"};
    options_.warn = [this](std::string_view text) { warnings_.emplace_back(text); };
  }
  RunPlan plan() { return plan_run(options_, defaults_, HostCgroups(directory_.path())); }
  std::string error() {
    return error_of([&] { plan(); });
  }

  TempDir directory_{fs::temp_directory_path(), "nacre-plan-test-"};
  RunOptions options_;
  oci::ContainerDefaults defaults_;
  std::vector<std::string> warnings_;
};

TEST_F(Plan, options_go_before_the_image) {
  defaults_.user = "image";
  defaults_.working_dir = "/image/";
  defaults_.stop_signal = "SIGQUIT";
  EXPECT_EQ(plan().user, "image");
  EXPECT_EQ(plan().working_directory, "/image");
  EXPECT_EQ(plan().stop_signal, "SIGQUIT");
  options_.user = "mine";
  options_.working_directory = "/mine";
  options_.stop_signal = "int";
  EXPECT_EQ(plan().user, "mine");
  EXPECT_EQ(plan().working_directory, "/mine");
  EXPECT_EQ(plan().stop_signal, "SIGINT");
  EXPECT_EQ(plan().command_text, "sh -c x");
}

TEST_F(Plan, bad_options_are_told_before_anything_is_made) {
  options_.working_directory = "rel";
  EXPECT_EQ(error(), "the working directory 'rel' is invalid, it needs to be an absolute path");
  options_.working_directory = "";
  options_.stop_signal = "FOO";
  EXPECT_EQ(error(), "invalid signal: FOO");
  options_.stop_signal = "";
  options_.memory = 1;
  EXPECT_EQ(error(), "minimum memory limit allowed is 6MB");
  options_.memory.reset();
  options_.cap_add = {"foo"};
  EXPECT_EQ(error(), "invalid CapAdd: unknown capability: \"CAP_FOO\"");
}

TEST_F(Plan, limits_the_host_lacks_are_left_out_with_a_warning) {
  make_directories(directory_.path() / "cpu");
  options_.memory = 64 << 20;
  options_.pids_limit = 10;
  const Limits limits = plan().limits;
  EXPECT_EQ(limits.memory, std::nullopt);
  EXPECT_EQ(limits.pids, 10);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("memory limit capabilities"));
}

TEST_F(Plan, swap_is_as_much_as_memory) {
  make_directories(directory_.path() / "memory");
  options_.memory = 64 << 20;
  EXPECT_EQ(plan().limits.memory_and_swap, std::nullopt);
  EXPECT_THAT(warnings_.at(0), HasSubstr("swap"));
  write_file_atomically(directory_.path() / "memory/memory.memsw.limit_in_bytes", "");
  EXPECT_EQ(plan().limits.memory_and_swap, 128 << 20);
}

TEST_F(Plan, zero_limits_are_none) {
  options_.pids_limit = 0;
  options_.memory = 0;
  options_.nano_cpus = 0;
  const Limits limits = plan().limits;
  EXPECT_FALSE(limits.pids || limits.memory || limits.nano_cpus);
  options_.pids_limit = -5;
  EXPECT_EQ(plan().limits.pids, -1);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Plan, entrypoint_and_command) {
  options_.command.clear();
  EXPECT_THAT(error(), HasSubstr("no command specified"));
  defaults_.cmd = {{"c"}};
  EXPECT_THAT(process_arguments(defaults_, options_), ElementsAre("c"));
  defaults_.entrypoint = {{"e", "1"}};
  EXPECT_THAT(process_arguments(defaults_, options_), ElementsAre("e", "1", "c"));
  options_.command = {"mine"};
  EXPECT_THAT(process_arguments(defaults_, options_), ElementsAre("e", "1", "mine"));
  options_.entrypoint = "other";
  EXPECT_THAT(process_arguments(defaults_, options_), ElementsAre("other", "mine"));
  options_.command.clear();
  EXPECT_THAT(process_arguments(defaults_, options_), ElementsAre("other"));
  options_.entrypoint = "";
  EXPECT_THAT(error(), HasSubstr("no command specified"));
}

TEST(PlatformWarning, is_dockers) {
  const auto amd64 = oci::Platform::parse("linux/amd64");
  const auto arm64 = oci::Platform::parse("linux/arm64");
  EXPECT_EQ(
      platform_warning(arm64, amd64, PlatformChoice::host),
      "The requested image's platform (linux/arm64) does not match the detected host platform (linux/amd64) and no "
      "specific platform was requested");
  EXPECT_EQ(platform_warning(arm64, amd64, PlatformChoice::requested), std::nullopt);
  EXPECT_EQ(platform_warning(amd64, amd64, PlatformChoice::host), std::nullopt);
}

TEST(Network, has_two_modes_for_now) {
  EXPECT_EQ(parse_network("none"), NetworkMode::none);
  EXPECT_EQ(parse_network("host"), NetworkMode::host);
  EXPECT_THAT(error_of([] { parse_network("foo"); }), HasSubstr("network foo not found"));
}

TEST(ContainerNames, follow_dockers_rule) {
  for (const char* name : {"ab", "a1_.-", "X-y"}) {
    EXPECT_EQ(error_of([&] { check_container_name(name); }), "no error") << name;
  }
  for (const char* name : {"", "a", "-ab", "a/b", "a b", "é1"}) {
    EXPECT_EQ(error_of([&] { check_container_name(name); }),
              std::string("invalid container name (") + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  }
  for (int i = 0; i < 100; ++i) {
    check_container_name(random_container_name());
  }
  EXPECT_NE(random_container_name() + random_container_name(), random_container_name() + random_container_name());
}

}  // namespace
}  // namespace nacre::runtime::test
