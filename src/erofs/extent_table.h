// Where the bytes of chunk-based files really are: what of them stands in the image is a copy. Internal to erofs/.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "erofs/format.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

enum class Sparse : std::uint32_t { no = 0, yes = 1 };

struct FileExtents {
  std::uint16_t device;
  Sparse sparse;
  std::vector<tree::Extent> extents;
};

// One file's record.
std::string encode_extents(std::uint64_t nid, const FileExtents& file);

class ExtentTable {
 public:
  // Throws Error (corrupt), as does take(), for records that are cut short, or overlap, or lie outside their device.
  ExtentTable(Bytes table, std::span<const DeviceMapping> devices);

  // The extents of the file of this size. A file that has none in the table, or was asked for before, is an Error
  // (corrupt): no image makes the reader use a record twice.
  FileExtents take(std::uint64_t nid, std::uint64_t file_size);

 private:
  Bytes table_;
  std::span<const DeviceMapping> devices_;
  std::unordered_map<std::uint64_t, std::uint64_t> records_;  // nid to offset in the table
};

}  // namespace nacre::erofs
