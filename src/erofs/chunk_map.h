// How a file that is not one plain run of whole blocks is cut into chunks. Internal to erofs/.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tree/file_tree.h"

namespace nacre::erofs {

// Where a chunk's bytes come from.
enum class ChunkKind {
  hole,    // zeros
  mapped,  // whole blocks of the device
  copied,  // neither: it is put together in the image
};

struct Chunk {
  ChunkKind kind;
  std::uint64_t begin, end;     // in the file; the last one ends with it
  std::uint64_t device_offset;  // of a mapped one
};

// All chunks of a file have one size, a power of two of at least a block.
struct ChunkSize {
  unsigned bits;
  std::uint64_t count;
  std::uint64_t copied_blocks;
};

class ChunkMap {
 public:
  // device_size: bytes there really are; a chunk that would need more, as the last block of an unpadded tar does, is
  // copied.
  ChunkMap(std::vector<tree::Extent> extents, std::uint64_t file_size, std::uint64_t device_size)
      : extents_(std::move(extents)), file_size_(file_size), device_size_(device_size) {}

  // The chunk size that costs the image the fewest bytes: small chunks need a long index, and every chunk that is not
  // wholly a hole or wholly whole blocks must be copied.
  ChunkSize cheapest_size() const;

  void for_each(unsigned bits, const std::function<void(const Chunk&)>& visit) const;
  const std::vector<tree::Extent>& extents() const noexcept { return extents_; }

 private:
  ChunkSize measure(unsigned bits) const;
  bool is_mapped(const tree::Extent& extent, std::uint64_t begin, std::uint64_t end) const;

  std::vector<tree::Extent> extents_;
  std::uint64_t file_size_;
  std::uint64_t device_size_;
};

}  // namespace nacre::erofs
