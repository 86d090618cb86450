#include "base/file_lock.h"

#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre {

namespace {

// Whether the open file is still what the path names: the last holder may have removed it (release_and_remove).
bool still_named(const Fd& file, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

bool try_lock(const Fd& file, LockMode mode, const fs::path& path) {
  const int operation = (mode == LockMode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  while (::flock(file.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) {
      return false;
    }
    if (errno != EINTR) {
      throw sys_error("lock", path.native());
    }
  }
  return true;
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const fs::path& path, LockMode mode) {
  while (true) {
    Fd file = open_file(path, O_RDWR | O_CREAT, 0644);
    if (!try_lock(file, mode, path)) {
      return std::nullopt;
    }
    if (still_named(file, path)) {
      return FileLock(std::move(file), path);
    }
  }
}

// Polls, so that a cancelled wait ends without signals or a helper thread. The pause grows to 20 ms: holders of these
// locks either finish within microseconds or work for seconds.
FileLock FileLock::acquire(const fs::path& path, LockMode mode, const CancelToken& cancel) {
  auto pause = std::chrono::microseconds(50);
  constexpr auto longest_pause = std::chrono::milliseconds(20);
  while (true) {
    if (auto lock = try_acquire(path, mode)) {
      return std::move(*lock);
    }
    cancel.check();
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, longest_pause);
  }
}

void FileLock::release_and_remove() noexcept {
  ::unlink(path_.c_str());
  file_.reset();
}

}  // namespace nacre
