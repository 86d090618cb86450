#include "runtime/supervise.h"

#include <array>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgets to say so
#include <sys/pidfd.h>
}

#include "base/error.h"

namespace nacre::runtime {

namespace {

// One that this process was told to ignore (by nohup, or as a background job of a script) is not the container's
// either.
void add_unless_ignored(sigset_t& set, int number) {
  struct sigaction action{};
  if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
    ::sigaddset(&set, number);
  }
}

sigset_t container_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH}) {
    add_unless_ignored(set, number);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
    add_unless_ignored(set, number);
  }
  return set;
}

ExitStatus reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      throw sys_error("wait for the container's process");
    }
  }
  return WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0};
}

}  // namespace

HeldSignals::HeldSignals() {
  const sigset_t set = container_signals();
  if (const int error_number = ::pthread_sigmask(SIG_BLOCK, &set, &before_); error_number != 0) {
    throw sys_error_from(error_number, "hold signals");
  }
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) {
    const Error error = sys_error("create signalfd");
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw error;
  }
}

HeldSignals::~HeldSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

ChildSubreaper::ChildSubreaper() {
  ::prctl(PR_GET_CHILD_SUBREAPER, &before_, 0, 0, 0);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    throw sys_error("become a child subreaper");
  }
}

ChildSubreaper::~ChildSubreaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, before_, 0, 0, 0);
}

ExitStatus supervise(pid_t init, const HeldSignals& signals, const std::function<void()>& on_resize) {
  const Fd process(::pidfd_open(init, 0));
  if (!process) {
    throw sys_error("watch the container's process");
  }
  constexpr int forceful = 3;
  int interrupts = 0;
  while (true) {
    std::array<pollfd, 2> waiting = {{{process.get(), POLLIN, 0}, {signals.fd().get(), POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      throw sys_error("wait for the container's process");
    }
    if (waiting[0].revents != 0) {
      return reap(init);
    }
    signalfd_siginfo arrived{};
    while (::read(signals.fd().get(), &arrived, sizeof arrived) == sizeof arrived) {
      int number = static_cast<int>(arrived.ssi_signo);
      if (number == SIGWINCH) {
        on_resize();
        continue;
      }
      if ((number == SIGINT || number == SIGTERM) && ++interrupts == forceful) {
        number = SIGKILL;
      }
      ::pidfd_send_signal(process.get(), number, nullptr, 0);
    }
  }
}

}  // namespace nacre::runtime
