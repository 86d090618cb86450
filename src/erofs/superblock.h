// The fixed parts of an image, as the reader needs them. Internal to erofs/.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "erofs/format.h"

namespace nacre::erofs {

struct Superblock {
  Timestamp build_time;
  std::uint64_t root_nid = 0;
  std::uint64_t nid_base = 0;  // byte offset of nid 0
  std::uint64_t inode_count = 0;
  std::vector<DeviceMapping> devices;
  Bytes extent_table;
};

// Throws Error (corrupt) unless the image is one of ours, whole, with everything named here inside of it.
Superblock read_superblock(Bytes image);

[[noreturn]] void throw_damaged(std::string_view what);

}  // namespace nacre::erofs
