#include "store/trash.h"

#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ioprio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/random.h"
#include "store/disk_usage.h"

namespace nacre::store {

std::uint64_t move_to_trash(const Layout& layout, const fs::path& path) {
  if (!path_exists(path)) {
    return 0;
  }
  SeenInodes seen;
  const std::uint64_t bytes = allocated_bytes(path, seen);
  rename_path(path, layout.trash() / fmt::format("{}.{}", path.filename().native(), random_hex(8)));
  return bytes;
}

std::uint64_t unlink_trash(const Layout& layout) {
  std::uint64_t bytes = 0;
  for (const std::string& name : list_directory(layout.trash())) {
    bytes += remove_tree(layout.trash() / name);
  }
  return bytes;
}

namespace {

// Lets go of everything inherited: terminal, pipes a reader waits on, lease files whose locks would live on with us.
void become_daemon() {
  ::setsid();
  ::close_range(0, ~0U, 0);
  occupy_standard_descriptors();
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE}) {
    std::signal(number, SIG_DFL);
  }
  ::prctl(PR_SET_NAME, "nacre-trash");
  ::setpriority(PRIO_PROCESS, 0, 19);
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

}  // namespace

void unlink_trash_in_background(const Layout& layout) {
  if (list_directory(layout.trash()).empty()) {
    return;
  }
  const pid_t child = ::fork();
  if (child < 0) {
    throw sys_error("start process to empty the trash");
  }
  if (child == 0) {
    // The child ends at once and leaves a grandchild to init, so nobody has to wait for it. Both leave by _exit: the
    // destructors and the database belong to the parent.
    if (::fork() == 0) {
      become_daemon();
      try {
        unlink_trash(layout);
      } catch (...) {
        // What stays is taken by the next one.
      }
    }
    ::_exit(0);
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace nacre::store
