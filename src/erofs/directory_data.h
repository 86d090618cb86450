// The bytes of a directory. Internal to erofs/.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace nacre::erofs {

struct Dirent {
  std::string_view name;  // a view of the image
  std::uint64_t nid;
  std::uint8_t type;
};

// Appends the entries of one block (the last one may be shorter) to those of the blocks before. Throws Error (corrupt)
// unless every name is one that Linux takes and sorts behind all before it.
void read_directory_block(Bytes block, std::vector<Dirent>& dirents);

}  // namespace nacre::erofs
