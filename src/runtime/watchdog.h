// Somebody to clean up when this process is killed.
#pragma once

#include <functional>
#include <span>

#include <sys/types.h>

#include "base/fd.h"

namespace nacre::runtime {

// A forked process that sleeps until this one ends. If this one ends without having dismissed it, by SIGKILL or a
// crash, it runs `on_death`; then or otherwise it ends. It holds nothing open but `keep_open`, is in a session of its
// own, and has /dev/null as its streams. Create before threads are started. Move-only; destruction dismisses.
class Watchdog {
 public:
  Watchdog(const std::function<void()>& on_death, std::span<const int> keep_open);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  pid_t pid_ = -1;
  Fd alive_;  // the watchdog reads its other end: a byte is a dismissal, the end of file a death
};

}  // namespace nacre::runtime
