#include "base/temp.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/random.h"

namespace nacre {

namespace {

fs::path unique_path(const fs::path& parent, std::string_view prefix) {
  return parent / (std::string(prefix) + random_hex(8));
}

}  // namespace

TempDir::TempDir(const fs::path& parent, std::string_view prefix) : path_(unique_path(parent, prefix)) {
  if (::mkdir(path_.c_str(), 0755) != 0) {
    throw sys_error("create directory", path_.native());
  }
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
  if (path_.empty()) {
    return;
  }
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // Nobody to tell from here; whatever stays is swept by the owner of the parent directory.
  }
}

fs::path TempDir::release() noexcept {
  return std::exchange(path_, {});
}

TempFile::TempFile(const fs::path& parent, std::string_view prefix, mode_t mode) : path_(unique_path(parent, prefix)) {
  fd_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL, mode);
}

TempFile::TempFile(TempFile&& other) noexcept : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}

TempFile::~TempFile() {
  if (path_.empty()) {
    return;
  }
  try {
    remove_file(path_);
  } catch (const Error&) {
    // As above: an orphan in the parent directory is swept later.
  }
}

void TempFile::commit(const fs::path& target) {
  with_context([&] { return path_.native(); }, [&] { sync_file(fd_); });
  rename_path(path_, target);
  path_.clear();
  sync_directory(target.parent_path());
}

}  // namespace nacre
