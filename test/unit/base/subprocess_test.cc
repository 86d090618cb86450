#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/error.h"

namespace nacre {
namespace {

Command shell(std::string script) {
  Command command;
  command.argv = {"sh", "-c", std::move(script)};
  return command;
}

TEST(Subprocess, CapturesBothStreamsAndTheExitCode) {
  const auto captured = run_captured(shell("echo out; echo error >&2; exit 3"));
  EXPECT_EQ(captured.output, "out\n");
  EXPECT_EQ(captured.error, "error\n");
  EXPECT_EQ(captured.status.code, 3);
  EXPECT_EQ(captured.status.shell_code(), 3);
}

TEST(Subprocess, ReportsTheSignal) {
  const auto captured = run_captured(shell("kill -TERM $$"));
  EXPECT_EQ(captured.status.signal, SIGTERM);
  EXPECT_EQ(captured.status.shell_code(), 128 + SIGTERM);
}

TEST(Subprocess, BoundsWhatItKeeps) {
  const auto captured = run_captured(shell("head -c 3000000 /dev/zero"));
  EXPECT_EQ(captured.output.size(), 1024U * 1024U);
  EXPECT_EQ(captured.status.code, 0);
}

TEST(Subprocess, AMissingProgramIsNotFound) {
  Command command;
  command.argv = {"no-such-program-anywhere"};
  try {
    Child::spawn(command);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
  }
}

TEST(Subprocess, TheEnvironmentIsTheOneGiven) {
  Command command = shell("echo $MARK; echo ${HOME-none}");
  command.environment = {"MARK=here", "PATH=/usr/bin:/bin"};
  EXPECT_EQ(run_captured(command).output, "here\nnone\n");
}

TEST(Subprocess, AChildNobodyWaitedForIsKilled) {
  pid_t pid = 0;
  {
    const Child child = Child::spawn(shell("exec sleep 1000"));
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Subprocess, FindsProgramsInPath) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_FALSE(find_program("no-such-program-anywhere"));
}

}  // namespace
}  // namespace nacre
