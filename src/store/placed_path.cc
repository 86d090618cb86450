#include "store/placed_path.h"

#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/trash.h"

namespace nacre::store {

namespace {

ino_t inode_of(const fs::path& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

PlacedPath::PlacedPath(const Layout& layout, fs::path from, fs::path to)
    : from_(std::move(from)), to_(std::move(to)), inode_(inode_of(from_)) {
  move_to_trash(layout, to_);
  rename_path(from_, to_);
}

PlacedPath::~PlacedPath() {
  // A failed commit may have ended the transaction, and another process may have put its own there since.
  if (!kept_ && inode_of(to_) == inode_) {
    std::rename(to_.c_str(), from_.c_str());  // what this cannot undo, the next sweep takes
  }
}

}  // namespace nacre::store
