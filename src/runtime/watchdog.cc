#include "runtime/watchdog.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::runtime {

namespace {

// Closes every descriptor that is not in `kept` (sorted): the locks this process shares with its parent must not
// outlive it.
void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned from = 3;
  for (const int number : kept) {
    const auto next = static_cast<unsigned>(number);
    if (next > from) {
      ::close_range(from, next - 1, 0);
    }
    from = std::max(from, next + 1);
  }
  ::close_range(from, ~0U, 0);
}

void detach_streams() {
  const int null = ::open("/dev/null", O_RDWR);
  for (int stream = 0; stream < 3 && null >= 0; ++stream) {
    ::dup2(null, stream);
  }
}

[[noreturn]] void watch(int alive, const std::function<void()>& on_death, std::span<const int> keep_open) {
  ::setsid();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    ::signal(number, SIG_IGN);
  }
  detach_streams();
  std::vector<int> kept(keep_open.begin(), keep_open.end());
  kept.push_back(alive);
  close_all_but(kept);
  char byte = 0;
  ssize_t n = 0;
  while ((n = ::read(alive, &byte, 1)) < 0 && errno == EINTR) {
  }
  if (n == 0) {
    try {
      on_death();
    } catch (...) {
      ::_exit(1);  // nobody is left to tell
    }
  }
  ::_exit(0);
}

}  // namespace

Watchdog::Watchdog(const std::function<void()>& on_death, std::span<const int> keep_open) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw sys_error("create pipe");
  }
  const Fd read_end(ends[0]);
  alive_.reset(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw sys_error("start a watchdog process");
  }
  if (pid_ == 0) {
    watch(read_end.get(), on_death, keep_open);
  }
}

Watchdog::~Watchdog() {
  const char byte = 0;
  [[maybe_unused]] const ssize_t n = ::write(alive_.get(), &byte, 1);
  alive_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace nacre::runtime
