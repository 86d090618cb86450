// Advisory locks between processes.
#pragma once

#include <optional>

#include "base/cancel.h"
#include "base/fd.h"
#include "base/file.h"

namespace nacre {

enum class LockMode { shared, exclusive };

// A lock on a file made for the purpose (flock: it dies with the process, however the process dies). Move-only;
// released on destruction. Several locks are taken in sorted order of their paths.
class FileLock {
 public:
  // Waits, in a way the cancel token can end.
  [[nodiscard]] static FileLock acquire(const fs::path& path, LockMode mode, const CancelToken& cancel = {});
  // Returns nothing when somebody else holds it.
  [[nodiscard]] static std::optional<FileLock> try_acquire(const fs::path& path, LockMode mode);

  const fs::path& path() const noexcept { return path_; }
  // Unlinks the lock file while it is still held, then releases it. acquire() notices a lock file that lost its name
  // and starts again, so two holders never believe in different files.
  void release_and_remove() noexcept;

 private:
  FileLock(Fd file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Fd file_;
  fs::path path_;
};

}  // namespace nacre
