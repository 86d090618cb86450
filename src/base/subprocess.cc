#include "base/subprocess.h"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace nacre {

namespace {

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Everything the child needs, prepared before the fork: between fork and exec only async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::array<int, 3> standard;
  const std::vector<int>& keep_open;
  bool die_with_parent;
  pid_t parent;
};

[[noreturn]] void report_and_exit(int report) {
  const int error_number = errno;
  [[maybe_unused]] const ssize_t n = ::write(report, &error_number, sizeof error_number);
  ::_exit(127);
}

[[noreturn]] void run_child(const Prepared& prepared, int report) {
  if (prepared.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != prepared.parent) {  // it died before the line above
      ::_exit(127);
    }
  }
  for (int target = 0; target < 3; ++target) {
    const int from = prepared.standard[static_cast<std::size_t>(target)];
    if (from == target ? ::fcntl(from, F_SETFD, 0) < 0 : (from >= 0 && ::dup2(from, target) < 0)) {
      report_and_exit(report);
    }
  }
  for (const int number : prepared.keep_open) {
    ::fcntl(number, F_SETFD, 0);
  }
  // A shell's default, whatever this program does with the signal.
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(prepared.program.c_str(), prepared.argv.data(),
           prepared.environment.empty() ? environ : prepared.environment.data());
  report_and_exit(report);
}

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw sys_error("create pipe");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

ExitStatus decode(int status) {
  if (WIFSIGNALED(status)) {
    return {0, WTERMSIG(status)};
  }
  return {WEXITSTATUS(status), 0};
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    return ::access(std::string(name).c_str(), X_OK) == 0 ? std::optional(std::string(name)) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate = std::string(rest.substr(0, end)) + "/" + std::string(name);
    if (end > 0 && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

Child Child::spawn(const Command& command) {
  const auto program = find_program(command.argv.at(0));
  if (!program) {
    throw Error(Code::not_found, "start '" + command.argv[0] + "': no such program in PATH; install it");
  }
  Fd null;
  std::array<int, 3> standard = {command.standard_input, command.standard_output, command.standard_error};
  if (standard[0] < 0) {
    null = open_file("/dev/null", O_RDONLY);
    standard[0] = null.get();
  }
  Prepared prepared{
      *program,  c_strings(command.argv), command.environment ? c_strings(*command.environment) : std::vector<char*>{},
      standard,  command.keep_open,       command.die_with_parent,
      ::getpid()};
  auto [report_read, report_write] = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw sys_error("start", *program);
  }
  if (pid == 0) {
    run_child(prepared, report_write.get());
  }
  Child child(pid);
  report_write.reset();
  int error_number = 0;
  if (read_up_to(report_read, std::as_writable_bytes(std::span(&error_number, 1))) == sizeof error_number) {
    throw sys_error_from(error_number, "start", *program);
  }
  return child;
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void Child::signal(int number) const {
  if (pid_ > 0) {
    ::kill(pid_, number);
  }
}

ExitStatus Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) {
      throw sys_error("wait for child process");
    }
  }
  pid_ = -1;
  return decode(status);
}

std::optional<ExitStatus> Child::poll() {
  int status = 0;
  const pid_t done = ::waitpid(pid_, &status, WNOHANG);
  if (done < 0 && errno != EINTR) {
    throw sys_error("wait for child process");
  }
  if (done <= 0) {
    return std::nullopt;
  }
  pid_ = -1;
  return decode(status);
}

namespace {

// Takes what a pipe has now; closes it at its end. Bytes beyond the limit are read and dropped, so the child never
// blocks.
void drain_some(Fd& pipe, std::string& into, std::size_t limit) {
  std::array<char, 16 * 1024> buffer{};
  const ssize_t n = ::read(pipe.get(), buffer.data(), buffer.size());
  if (n > 0) {
    into.append(buffer.data(), std::min(static_cast<std::size_t>(n), limit - std::min(limit, into.size())));
  } else if (n == 0 || errno != EINTR) {
    pipe.reset();
  }
}

}  // namespace

CapturedOutput run_captured(Command command) {
  auto [out_read, out_write] = make_pipe();
  auto [error_read, error_write] = make_pipe();
  command.standard_output = out_write.get();
  command.standard_error = error_write.get();
  Child child = Child::spawn(command);
  out_write.reset();
  error_write.reset();

  CapturedOutput captured;
  while (out_read || error_read) {
    std::array<pollfd, 2> waiting = {pollfd{out_read.get(), POLLIN, 0}, pollfd{error_read.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      throw sys_error("wait for output");
    }
    if (waiting[0].revents != 0) {
      drain_some(out_read, captured.output, 1024 * 1024);
    }
    if (waiting[1].revents != 0) {
      drain_some(error_read, captured.error, 64 * 1024);
    }
  }
  captured.status = child.wait();
  return captured;
}

}  // namespace nacre
