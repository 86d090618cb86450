// What files take on disk. Internal to store/.
#pragma once

#include <set>
#include <utility>

#include <sys/types.h>

#include "store/layout.h"

namespace nacre::store {

// Inodes with several names that were counted already.
using SeenInodes = std::set<std::pair<dev_t, ino_t>>;

// Blocks of a file, or of a directory and everything below it, in bytes; each inode counts once. What vanishes
// meanwhile, or is not there, counts nothing.
std::uint64_t allocated_bytes(const fs::path& path, SeenInodes& seen);

}  // namespace nacre::store
