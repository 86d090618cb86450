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

Fd Fd::duplicate() const {
  const int copy = ::fcntl(number_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    throw sys_error("duplicate file descriptor");
  }
  return Fd(copy);
}

}  // namespace nacre
