// Real containers through run_container().
#include "runtime/run.h"

#include <array>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "run_support.h"
#include "runtime/oci_runtime.h"

namespace nacre::runtime::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(RunTest, gives_back_output_and_exit_code) {
  const Outcome outcome = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.error, "err\n");
  EXPECT_EQ(outcome.status, 7);
}

TEST_F(RunTest, leaves_nothing_behind_with_rm) {
  EXPECT_EQ(run(shell("echo x > /new")).status, 0);
  EXPECT_THAT(container_directories(), IsEmpty());
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(RunTest, keeps_the_container_without_rm) {
  RunOptions kept = shell("echo kept > /new; exit 3");
  kept.after_exit = AfterExit::keep;
  kept.name = "keeper";
  const Outcome first = run(kept);
  EXPECT_EQ(first.status, 3) << first.error;
  const auto records = containers();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].name, "keeper");
  EXPECT_EQ(records[0].state, "exited");
  EXPECT_EQ(records[0].exit_code, 3);
  EXPECT_EQ(records[0].command, "sh -c echo kept > /new; exit 3");
  EXPECT_EQ(read_file(store::Layout(root()).containers() / records[0].id / "upper/new", 100), "kept\n");

  const Outcome second = run(kept);
  EXPECT_EQ(second.status, 125);
  EXPECT_THAT(second.error, HasSubstr("already in use"));
  EXPECT_EQ(container_directories().size(), 1U);
}

TEST_F(RunTest, a_signal_shows_as_128_and_more) {
  // Not process 1, which signals of its own namespace cannot kill: its parent shell reports.
  EXPECT_EQ(run(shell("sh -c 'kill -KILL $$'; exit $?")).status, 137);
}

TEST_F(RunTest, commands_that_cannot_run) {
  const Outcome missing = run(options({"nope"}));
  EXPECT_EQ(missing.status, 127);
  EXPECT_EQ(missing.error, "start container process: exec: \"nope\": executable file not found in $PATH\n");
  const Outcome no_file = run(options({"/nope"}));
  EXPECT_EQ(no_file.status, 127);
  EXPECT_THAT(no_file.error, HasSubstr("no such file or directory"));
  const Outcome directory = run(options({"/etc"}));
  EXPECT_EQ(directory.status, 126);
  const Outcome text = run(options({"/not-executable"}));
  EXPECT_EQ(text.status, 126);
  EXPECT_THAT(text.error, HasSubstr("ermission denied"));
  const Outcome nothing = run(options({}));
  EXPECT_EQ(nothing.status, 125);
  EXPECT_THAT(nothing.error, StartsWith("no command specified"));
  EXPECT_THAT(container_directories(), IsEmpty());
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(RunTest, standard_input_only_when_asked_for) {
  EXPECT_EQ(run(options({"cat"}), "ignored").output, "");
  RunOptions interactive = options({"cat"});
  interactive.standard_input = Stdin::open;
  EXPECT_EQ(run(interactive, "passed on\n").output, "passed on\n");
}

TEST_F(RunTest, large_output_arrives_whole) {
  const Outcome outcome =
      run(shell("dd if=/dev/zero bs=1M count=8 2>/dev/null; dd if=/dev/zero bs=1M count=4 >&2 2>/dev/null"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.size(), 8U << 20);
}

TEST_F(RunTest, one_stream_for_output_and_error_keeps_its_order) {
  const fs::path file = scratch("both");
  const Fd both = open_file(file, O_RDWR | O_CREAT | O_APPEND);
  const Fd null = open_file("/dev/null", O_RDONLY);
  const pid_t pid =
      start_on(shell("for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done"), null.get(), both.get(), both.get());
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(read_file(file, 1000), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\nout 5\nerr 5\n");
}

TEST_F(RunTest, a_file_keeps_its_owner_whoever_the_container_runs_as) {
  const fs::path file = scratch("output");
  const Fd output = open_file(file, O_RDWR | O_CREAT);
  const Fd null = open_file("/dev/null", O_RDWR);
  RunOptions as_alice = options({"id", "-u"});
  as_alice.user = "alice";
  int status = 0;
  ASSERT_GT(::waitpid(start_on(as_alice, null.get(), output.get(), null.get()), &status, 0), 0);
  struct stat after{};
  ASSERT_EQ(::stat(file.c_str(), &after), 0);
  EXPECT_EQ(after.st_uid, ::geteuid());
  EXPECT_EQ(read_file(file, 100), "1000\n");
}

TEST_F(RunTest, users_and_groups_are_the_images) {
  RunOptions as = options({"id"});
  as.user = "alice";
  EXPECT_EQ(run(as).output, "uid=1000(alice) gid=1000(alice) groups=10(wheel),1000(alice)\n");
  as.user = "12:wheel";
  EXPECT_EQ(run(as).output, "uid=12 gid=10(wheel) groups=10(wheel)\n");
  as.user = "bob";
  const Outcome unknown = run(as);
  EXPECT_EQ(unknown.status, 125);
  EXPECT_EQ(unknown.error, "unable to find user bob: no matching entries in passwd file\n");
}

TEST_F(RunTest, environment_and_host_name) {
  make_image([](oci::ImageConfig::Fields& fields) { fields.defaults.env = {"FROM_IMAGE=1", "GONE=1", "PATH=/bin"}; });
  RunOptions with = options({"env"});
  with.environment = {"MINE=2", "GONE"};
  with.hostname = "shell";
  EXPECT_EQ(run(with).output, "PATH=/bin\nHOSTNAME=shell\nFROM_IMAGE=1\nMINE=2\nHOME=/root\n");
  EXPECT_EQ(run(options({"sh", "-c", "hostname; cat /etc/hostname; echo $HOSTNAME"})).output.size(), 3U * 13);
}

TEST_F(RunTest, entrypoint_and_command) {
  make_image([](oci::ImageConfig::Fields& fields) {
    fields.defaults.entrypoint = {"echo", "entry"};
    fields.defaults.cmd = {"default"};
  });
  EXPECT_EQ(run(options({})).output, "entry default\n");
  EXPECT_EQ(run(options({"given"})).output, "entry given\n");
  RunOptions other = options({"x"});
  other.entrypoint = "cat";
  other.command = {"/etc/hosts"};
  EXPECT_THAT(run(other).output, StartsWith("127.0.0.1\tlocalhost\n"));
  other.entrypoint = "";
  other.command = {"echo", "bare"};
  EXPECT_EQ(run(other).output, "bare\n");
}

TEST_F(RunTest, working_directories_are_made) {
  RunOptions in = options({"pwd"});
  in.working_directory = "/new/../made/deep";
  EXPECT_EQ(run(in).output, "/made/deep\n");
  in.working_directory = "/etc/passwd";
  const Outcome file = run(in);
  EXPECT_EQ(file.status, 125);
  EXPECT_EQ(file.error, "cannot mkdir: /etc/passwd is not a directory\n");
  in.working_directory = "relative";
  EXPECT_THAT(run(in).error, HasSubstr("needs to be an absolute path"));
}

TEST_F(RunTest, confinement_is_dockers) {
  const Outcome status = run(options({"grep", "-E", "^(CapEff|CapBnd|NoNewPrivs|Seccomp):", "/proc/self/status"}));
  EXPECT_THAT(status.output,
              AllOf(HasSubstr("CapEff:\t00000000a80425fb"), HasSubstr("NoNewPrivs:\t0"), HasSubstr("Seccomp:\t2")));
  EXPECT_NE(run(options({"mount", "-t", "tmpfs", "none", "/tmp"})).status, 0);
  EXPECT_NE(run(options({"touch", "/proc/sys/kernel/hostname"})).status, 0);
  EXPECT_NE(run(options({"touch", "/sys/x"})).status, 0);
  EXPECT_EQ(run(options({"ls", "/sys/firmware"})).output, "");
  RunOptions dropped = options({"grep", "CapEff", "/proc/self/status"});
  dropped.cap_drop = {"all"};
  dropped.cap_add = {"net_raw"};
  EXPECT_THAT(run(dropped).output, HasSubstr("0000000000002000"));
}

TEST_F(RunTest, privileged_is_not_confined) {
  RunOptions privileged = shell("mount -t tmpfs none /tmp && grep -E 'Seccomp:' /proc/self/status && ls /dev");
  privileged.privilege = Privilege::privileged;
  const Outcome outcome = run(privileged);
  EXPECT_EQ(outcome.status, 0) << outcome.error;
  EXPECT_THAT(outcome.output, HasSubstr("Seccomp:\t0"));
}

TEST_F(RunTest, a_read_only_root) {
  RunOptions read_only = shell("touch /new");
  read_only.root_access = RootAccess::read_only;
  EXPECT_EQ(run(read_only).status, 1);
  read_only.command = {"sh", "-c", "touch /scratch/new && echo ok"};
  read_only.mounts = {parse_tmpfs_flag("/scratch:size=1m")};
  EXPECT_EQ(run(read_only).output, "ok\n");
}

TEST_F(RunTest, binds) {
  make_directories(scratch("host"));
  write_file_atomically(scratch("host") / "file", "on the host");
  RunOptions bound = shell("cat /mnt/file; echo changed > /mnt/new");
  bound.mounts = {parse_volume_flag(scratch("host").native() + ":/mnt")};
  EXPECT_EQ(run(bound).output, "on the host");
  EXPECT_EQ(read_file(scratch("host") / "new", 100), "changed\n");

  bound.mounts = {parse_volume_flag(scratch("host").native() + ":/mnt:ro,z,rslave")};
  EXPECT_NE(run(bound).status, 0);
  bound.mounts = {parse_volume_flag(scratch("made").native() + ":/mnt")};
  EXPECT_EQ(run(bound).status, 0);
  EXPECT_EQ(read_file(scratch("made") / "new", 100), "changed\n");
  bound.mounts = {parse_mount_flag("type=bind,src=" + scratch("absent").native() + ",dst=/mnt")};
  const Outcome absent = run(bound);
  EXPECT_EQ(absent.status, 125);
  EXPECT_THAT(absent.error, HasSubstr("bind source path does not exist"));
}

TEST_F(RunTest, anonymous_volumes_start_with_what_the_image_has) {
  RunOptions volume = shell("cat /data/seed; echo more > /data/new && mount | grep -c ' /data '");
  volume.root_access = RootAccess::read_only;
  volume.mounts = {parse_volume_flag("/data")};
  EXPECT_EQ(run(volume).output, "from the image\n1\n");
  volume.mounts = {parse_volume_flag("/absent")};
  volume.command = {"sh", "-c", "touch /absent/x && ls /absent"};
  EXPECT_EQ(run(volume).output, "x\n");
}

TEST_F(RunTest, volumes_an_image_declares) {
  make_image([](oci::ImageConfig::Fields& fields) { fields.defaults.volumes = {"/data"}; });
  EXPECT_EQ(run(shell("mount | grep -c ' /data '; cat /data/seed")).output, "1\nfrom the image\n");
  EXPECT_THAT(container_directories(), IsEmpty());
}

TEST_F(RunTest, another_images_tree) {
  RunOptions with = shell("cat /image/data/seed; cat /sub/seed; touch /image/new");
  with.mounts = {parse_mount_flag("type=image,source=busybox,target=/image"),
                 parse_mount_flag("type=image,source=busybox,target=/sub,image-subpath=data")};
  const Outcome outcome = run(with);
  EXPECT_EQ(outcome.output, "from the image\nfrom the image\n");
  EXPECT_NE(outcome.status, 0);
  with.mounts = {parse_mount_flag("type=image,source=nothing,target=/image")};
  EXPECT_EQ(run(with).status, 125);
}

TEST_F(RunTest, networks) {
  EXPECT_EQ(run(shell("ls /sys/class/net")).output, "lo\n");
  RunOptions host = shell("readlink /proc/self/ns/net");
  host.network = NetworkMode::host;
  std::array<char, 64> own{};
  ASSERT_GT(::readlink("/proc/self/ns/net", own.data(), own.size() - 1), 0);
  EXPECT_EQ(run(host).output, std::string(own.data()) + "\n");
}

TEST_F(RunTest, limits_reach_the_kernel) {
  const HostCgroups cgroups;
  if (!cgroups.has_controller("memory") || !cgroups.has_controller("pids") || !cgroups.has_controller("cpu")) {
    GTEST_SKIP() << "this host has no such limits";
  }
  const bool v2 = cgroups.mode() == CgroupMode::v2;
  RunOptions limited =
      shell(v2 ? "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max; ulimit -n"
               : "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us; "
                 "ulimit -n");
  limited.memory = parse_memory_size("64m");
  limited.pids_limit = 20;
  limited.nano_cpus = parse_cpus("0.5");
  limited.ulimits = {parse_ulimit("nofile=100:200")};
  const Outcome outcome = run(limited);
  EXPECT_EQ(outcome.output, v2 ? "67108864\n20\n50000 100000\n100\n" : "67108864\n20\n50000\n100\n") << outcome.error;
}

TEST_F(RunTest, an_init_process) {
  RunOptions with_init = shell("cat /proc/1/cmdline");
  with_init.init = InitProcess::yes;
  const Outcome outcome = run(with_init);
  if (outcome.error.find("no init program") != std::string::npos) {
    GTEST_SKIP() << outcome.error;
  }
  EXPECT_THAT(outcome.output, StartsWith("/sbin/docker-init"));
}

TEST_F(RunTest, signals_are_passed_on) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT}) {
    RunningNacre nacre =
        start(shell(fmt::format("trap 'echo got; exit 42' {}; echo ready; while :; do sleep 0.1; done", number)));
    nacre.wait_for("ready\n");
    nacre.signal(number);
    const Outcome outcome = nacre.finish();
    EXPECT_EQ(outcome.status, 42) << number;
    EXPECT_EQ(outcome.output, "ready\ngot\n");
  }
}

TEST_F(RunTest, the_third_interrupt_ends_what_ignores_them) {
  RunningNacre nacre = start(shell("trap 'echo ignored' INT; echo ready; while :; do sleep 0.1; done"));
  nacre.wait_for("ready\n");
  nacre.signal(SIGINT);
  nacre.wait_for("ignored\n");
  nacre.signal(SIGINT);
  nacre.wait_for("ignored\nignored\n");
  nacre.signal(SIGINT);
  EXPECT_EQ(nacre.finish().status, 137);
  EXPECT_THAT(container_directories(), IsEmpty());
}

}  // namespace
}  // namespace nacre::runtime::test
