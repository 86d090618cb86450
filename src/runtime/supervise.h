// Waiting for a container's process while passing signals on to it.
#pragma once

#include <functional>

#include <signal.h>
#include <sys/types.h>

#include "base/fd.h"
#include "base/subprocess.h"

namespace nacre::runtime {

// From its construction on, signals meant for the container (INT, TERM, HUP, QUIT, USR1, USR2, ALRM, WINCH, real-time)
// wait instead of acting on this process; destruction lets them act again. One at a time, on the thread that waits.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals();
  const Fd& fd() const noexcept { return fd_; }  // a signalfd

 private:
  sigset_t before_{};
  Fd fd_;
};

// Makes orphans of this process's children its own children, as the runtime leaves the container's init behind; as
// before on destruction.
class ChildSubreaper {
 public:
  ChildSubreaper();
  ChildSubreaper(const ChildSubreaper&) = delete;
  ChildSubreaper& operator=(const ChildSubreaper&) = delete;
  ~ChildSubreaper();

 private:
  int before_ = 0;
};

// Waits for a container's init, a child of this process, to end. Held signals go to it; WINCH calls on_resize instead.
// As the init of a namespace may ignore INT and TERM, the third of them kills it.
ExitStatus supervise(pid_t init, const HeldSignals& signals, const std::function<void()>& on_resize);

}  // namespace nacre::runtime
