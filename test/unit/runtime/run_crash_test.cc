// nacre killed in the middle of a run.
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "run_support.h"
#include "runtime/cgroup.h"
#include "runtime/oci_runtime.h"

namespace nacre::runtime::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class CrashTest : public RunTest {
 protected:
  RunningNacre start_sleeping(AfterExit after_exit = AfterExit::remove) {
    RunOptions sleeping = shell("echo ready; sleep 1000");
    sleeping.after_exit = after_exit;
    RunningNacre nacre = start(sleeping);
    nacre.wait_for("ready\n");
    return nacre;
  }

  static std::vector<pid_t> children_of(pid_t pid) {
    std::istringstream list(read_file(fmt::format("/proc/{}/task/{}/children", pid, pid), 65536));
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) {
      children.push_back(child);
    }
    return children;
  }

  // "" for a process that has just ended, as the runtime's own do.
  static std::string name_of_process(pid_t pid) {
    try {
      return read_file(fmt::format("/proc/{}/comm", pid), 100);
    } catch (const Error&) {
      return "";
    }
  }

  // As a power cut would have it: nobody is left to clean up.
  static void kill_with_watchdog(const RunningNacre& nacre) {
    const std::string own_name = name_of_process(::getpid());
    for (const pid_t child : children_of(nacre.pid())) {
      if (name_of_process(child) == own_name) {
        ::kill(child, SIGKILL);
      }
    }
    nacre.signal(SIGKILL);
  }

  bool knows_cgroup(const std::string& id) const {
    const fs::path groups = "/sys/fs/cgroup";
    return path_exists(groups / "nacre" / id) || path_exists(groups / "pids/nacre" / id) ||
           path_exists(groups / "unified/nacre" / id);
  }
};

TEST_F(CrashTest, the_container_dies_with_us) {
  RunningNacre nacre = start_sleeping();
  nacre.signal(SIGKILL);
  // The container has our pipe as its output: the end of it is the end of the container.
  EXPECT_EQ(nacre.finish().output, "ready\n");
}

TEST_F(CrashTest, the_next_run_sweeps_up) {
  RunningNacre nacre = start_sleeping();
  ASSERT_THAT(container_directories(), SizeIs(1));
  const std::string id = container_directories()[0];
  EXPECT_TRUE(knows_cgroup(id));
  nacre.signal(SIGKILL);
  nacre.finish();
  EXPECT_EQ(run(options({"true"})).status, 0);
  EXPECT_THAT(container_directories(), IsEmpty());
  EXPECT_THAT(containers(), IsEmpty());
  EXPECT_FALSE(path_exists(OciRuntime::default_state_directory() / id));
  EXPECT_FALSE(knows_cgroup(id));
}

TEST_F(CrashTest, a_container_that_outlived_everybody_is_ended_by_the_next_run) {
  RunningNacre nacre = start_sleeping();
  const std::string id = container_directories().at(0);
  kill_with_watchdog(nacre);
  nacre.wait_for_death();
  EXPECT_EQ(run(options({"true"})).status, 0);
  EXPECT_EQ(nacre.finish().output, "ready\n");
  EXPECT_THAT(container_directories(), IsEmpty());
  EXPECT_THAT(containers(), IsEmpty());
  EXPECT_FALSE(path_exists(OciRuntime::default_state_directory() / id));
  EXPECT_FALSE(knows_cgroup(id));
}

TEST_F(CrashTest, a_container_to_keep_is_kept_as_killed) {
  RunningNacre nacre = start_sleeping(AfterExit::keep);
  nacre.signal(SIGKILL);
  nacre.finish();
  EXPECT_EQ(run(options({"true"})).status, 0);
  const auto records = containers();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].state, "exited");
  EXPECT_EQ(records[0].exit_code, 137);
  EXPECT_EQ(container_directories(), std::vector<std::string>{records[0].id});
}

TEST_F(CrashTest, a_running_container_is_left_alone) {
  RunningNacre nacre = start_sleeping();
  EXPECT_EQ(run(options({"true"})).status, 0);
  EXPECT_THAT(container_directories(), SizeIs(1));
  ASSERT_THAT(containers(), SizeIs(1));
  EXPECT_EQ(containers()[0].state, "running");
  nacre.signal(SIGKILL);
  nacre.finish();
}

TEST_F(CrashTest, a_directory_without_a_record_goes) {
  const fs::path orphan = store::Layout(root()).containers() / std::string(64, 'a');
  make_directories(orphan / "upper");
  EXPECT_EQ(run(options({"true"})).status, 0);
  EXPECT_FALSE(path_exists(orphan));
}

TEST_F(CrashTest, nothing_stays_mounted) {
  RunningNacre nacre = start_sleeping();
  EXPECT_EQ(read_file("/proc/self/mountinfo", 1 << 20).find(root().native()), std::string::npos);
  nacre.signal(SIGKILL);
  nacre.finish();
  EXPECT_EQ(read_file("/proc/self/mountinfo", 1 << 20).find(root().native()), std::string::npos);
}

}  // namespace
}  // namespace nacre::runtime::test
