#include "runtime/relay.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::runtime {

namespace {

constexpr std::size_t buffer_size = 64 * 1024;

// A failed write shows as an error here, not as a signal; every other signal is for the thread that waits for the
// container.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

// Returns the bytes read, 0 at the end. A terminal whose other side is gone ends with EIO.
std::size_t read_some(int from, std::array<char, buffer_size>& buffer) {
  ssize_t n = 0;
  while ((n = ::read(from, buffer.data(), buffer.size())) < 0 && errno == EINTR) {
  }
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

// Waits for a stream that somebody else set to non-blocking.
bool wait_writable(int to) {
  pollfd waiting = {to, POLLOUT, 0};
  return ::poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

bool write_all_to(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(to, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR && !(errno == EAGAIN && wait_writable(to))) {
      return false;
    }
  }
  return true;
}

void pass_output(Fd from, int to) {
  block_signals();
  std::array<char, buffer_size> buffer;
  while (const std::size_t n = read_some(from.get(), buffer)) {
    if (!write_all_to(to, {buffer.data(), n})) {
      return;
    }
  }
}

void pass_input(int from, Fd to, int stop) {
  block_signals();
  std::array<char, buffer_size> buffer;
  while (true) {
    std::array<pollfd, 3> waiting = {{{from, POLLIN, 0}, {stop, POLLIN, 0}, {to.get(), 0, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return;
    }
    if (waiting[1].revents != 0 || (waiting[2].revents & (POLLERR | POLLHUP)) != 0) {
      return;
    }
    if (waiting[0].revents != 0) {
      const std::size_t n = read_some(from, buffer);
      if (n == 0 || !write_all_to(to.get(), {buffer.data(), n})) {
        return;
      }
    }
  }
}

}  // namespace

OutputRelay::OutputRelay(Fd from, int to)
    : thread_([from = std::move(from), to]() mutable { pass_output(std::move(from), to); }) {}

void OutputRelay::finish() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

InputRelay::InputRelay(int from, Fd to) : stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) {
    throw sys_error("create eventfd");
  }
  thread_ =
      std::thread([from, to = std::move(to), stop = stop_.get()]() mutable { pass_input(from, std::move(to), stop); });
}

InputRelay::~InputRelay() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

}  // namespace nacre::runtime
