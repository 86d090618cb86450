// Containers with a terminal, driven from the other side of a pseudo terminal of the test.
#include <array>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "run_support.h"

namespace nacre::runtime::test {
namespace {

using testing::HasSubstr;

class TerminalTest : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    int master = -1;
    int slave = -1;
    const winsize size{24, 80, 0, 0};
    ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
    master_.reset(master);
    slave_.reset(slave);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    before_ = settings();
  }
  void TearDown() override {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  void start_interactive(std::string script) {
    RunOptions with = shell(std::move(script));
    with.standard_input = Stdin::open;
    with.terminal = Terminal::yes;
    pid_ = start_on(with, slave_.get(), slave_.get(), slave_.get());
  }

  termios settings() const {
    termios current{};
    ::tcgetattr(slave_.get(), &current);
    return current;
  }
  bool is_as_before() const {
    const termios now = settings();
    return now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag && now.c_lflag == before_.c_lflag;
  }

  void type(std::string_view text) const { write_all(master_, as_bytes(text)); }
  // What the user sees, until it contains text.
  std::string see(std::string_view text) {
    std::array<char, 1024> buffer{};
    while (seen_.find(text) == std::string::npos) {
      const ssize_t n = ::read(master_.get(), buffer.data(), buffer.size());
      if (n <= 0) {
        ADD_FAILURE() << "the terminal closed: " << seen_;
        break;
      }
      seen_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return seen_;
  }
  int finish() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  Fd master_, slave_;
  termios before_{};
  pid_t pid_ = -1;
  std::string seen_;
};

TEST_F(TerminalTest, the_container_has_a_terminal_of_its_own) {
  start_interactive("tty; stty size; echo $TERM; test -t 2 && echo all");
  EXPECT_THAT(see("all\r\n"), HasSubstr("/dev/pts/0\r\n24 80\r\nxterm\r\n"));
  EXPECT_EQ(finish(), 0);
}

TEST_F(TerminalTest, keys_pass_raw_and_the_terminal_is_restored) {
  start_interactive("echo ready; read line; echo got $line; exit 5");
  see("ready\r\n");
  type("typed\n");
  see("got typed\r\n");
  EXPECT_EQ(finish(), 5);
  EXPECT_TRUE(is_as_before());
}

TEST_F(TerminalTest, interrupts_are_the_containers) {
  start_interactive("trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.1; done");
  see("ready\r\n");
  type("\x03");
  see("interrupted\r\n");
  EXPECT_EQ(finish(), 9);
}

TEST_F(TerminalTest, a_new_size_is_passed_on) {
  start_interactive("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done");
  see("ready\r\n");
  const winsize larger{40, 132, 0, 0};
  ASSERT_EQ(::ioctl(slave_.get(), TIOCSWINSZ, &larger), 0);
  ::kill(pid_, SIGWINCH);
  see("40 132\r\n");
  EXPECT_EQ(finish(), 0);
}

TEST_F(TerminalTest, it_is_restored_when_the_start_fails) {
  RunOptions missing = options({"nope"});
  missing.standard_input = Stdin::open;
  missing.terminal = Terminal::yes;
  pid_ = start_on(missing, slave_.get(), slave_.get(), slave_.get());
  see("executable file not found in $PATH");
  EXPECT_EQ(finish(), 127);
  EXPECT_TRUE(is_as_before());
}

TEST_F(TerminalTest, it_is_restored_when_we_are_killed) {
  start_interactive("echo ready; sleep 1000");
  see("ready\r\n");
  while (is_as_before()) {  // raw mode comes with the first relayed byte or a little later
    std::this_thread::yield();
  }
  ::kill(pid_, SIGKILL);
  EXPECT_EQ(finish(), 1000 + SIGKILL);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_as_before() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(is_as_before());
}

TEST_F(TerminalTest, without_a_terminal_of_ours) {
  RunOptions terminal = shell("test -t 0 && test -t 1 && echo yes");
  terminal.terminal = Terminal::yes;
  const Outcome outcome = run(terminal);
  EXPECT_EQ(outcome.output, "yes\r\n");
  EXPECT_EQ(outcome.status, 0);
  terminal.standard_input = Stdin::open;
  const Outcome refused = run(terminal);
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.error, "the input device is not a TTY\n");
}

TEST_F(TerminalTest, programs_see_no_terminal_without_being_given_one) {
  RunOptions plain = shell("test -t 0 || test -t 1 || test -t 2 || echo none; read x; echo $x");
  plain.standard_input = Stdin::open;
  pid_ = start_on(plain, slave_.get(), slave_.get(), slave_.get());
  see("none\r\n");
  type("line\n");
  see("line\r\nline\r\n");  // the echo of our terminal, and the container's
  EXPECT_EQ(finish(), 0);
}

}  // namespace
}  // namespace nacre::runtime::test
