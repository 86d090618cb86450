#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre {

void Fd::reset(int number) noexcept {
  const int old = std::exchange(number_, number);
  if (old >= 0) {
    ::close(old);
  }
}

Fd Fd::duplicate_of(int number) {
  const int copy = ::fcntl(number, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    throw sys_error("duplicate file descriptor");
  }
  return Fd(copy);
}

void occupy_standard_descriptors() noexcept {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) < 0) {
      // Gets the lowest number that is free, which is this one. Opened the wrong way round, and for the children, too.
      ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

}  // namespace nacre
