// A rename into the store that is taken back unless the row follows. Internal to store/.
#pragma once

#include <sys/types.h>

#include "store/layout.h"

namespace nacre::store {

// Renames `from` to `to`, after moving what is there to the trash: inside a write transaction, whatever has no whole
// row is garbage. Unless kept, goes back on destruction, so that a full disk leaves nothing behind.
class PlacedPath {
 public:
  PlacedPath(const Layout& layout, fs::path from, fs::path to);
  ~PlacedPath();
  PlacedPath(const PlacedPath&) = delete;
  PlacedPath& operator=(const PlacedPath&) = delete;
  void keep() noexcept { kept_ = true; }

 private:
  fs::path from_, to_;
  ino_t inode_ = 0;
  bool kept_ = false;
};

}  // namespace nacre::store
