#include "erofs/chunk_map.h"

#include <algorithm>
#include <utility>

#include "erofs/format.h"

namespace nacre::erofs {
namespace {

std::uint64_t cost(const ChunkSize& size) {
  return size.count * chunk_index_size + size.copied_blocks * block_size;
}

}  // namespace

// Whether one extent gives the whole chunk in whole blocks.
bool ChunkMap::is_mapped(const tree::Extent& extent, std::uint64_t begin, std::uint64_t end) const {
  if (begin < extent.file_offset || end > extent.file_offset + extent.length) {
    return false;
  }
  const std::uint64_t device_begin = extent.device_offset + (begin - extent.file_offset);
  return device_begin % block_size == 0 && round_up(device_begin + (end - begin), block_size) <= device_size_;
}

ChunkSize ChunkMap::measure(unsigned bits) const {
  const std::uint64_t chunk = std::uint64_t{1} << bits;
  ChunkSize size{bits, (file_size_ + chunk - 1) >> bits, 0};
  std::uint64_t next = 0;  // chunks below it are counted
  const auto count_copied = [&](std::uint64_t first, std::uint64_t last) {
    first = std::max(first, next);
    if (first <= last) {
      size.copied_blocks += blocks_of(std::min((last + 1) << bits, file_size_) - (first << bits));
      next = last + 1;
    }
  };
  const auto mapped = [&](const tree::Extent& extent, std::uint64_t index) {
    return is_mapped(extent, index << bits, std::min((index + 1) << bits, file_size_));
  };
  for (const tree::Extent& extent : extents_) {
    const std::uint64_t first = extent.file_offset >> bits;
    const std::uint64_t last = (extent.file_offset + extent.length - 1) >> bits;
    if (extent.device_offset % block_size != extent.file_offset % block_size) {
      count_copied(first, last);
      continue;
    }
    // What lies between is covered from end to end.
    for (const std::uint64_t index : {first, last}) {
      if (!mapped(extent, index)) {
        count_copied(index, index);
      }
    }
  }
  return size;
}

ChunkSize ChunkMap::cheapest_size() const {
  ChunkSize best = measure(max_chunk_bits);
  for (unsigned bits = max_chunk_bits - 1; bits >= block_bits; --bits) {
    const ChunkSize size = measure(bits);
    if (cost(size) < cost(best)) {
      best = size;
    }
  }
  return best;
}

void ChunkMap::for_each(unsigned bits, const std::function<void(const Chunk&)>& visit) const {
  auto extent = extents_.begin();
  for (std::uint64_t begin = 0; begin < file_size_;) {
    const std::uint64_t end = std::min(begin + (std::uint64_t{1} << bits), file_size_);
    while (extent != extents_.end() && extent->file_offset + extent->length <= begin) {
      ++extent;
    }
    Chunk chunk{ChunkKind::hole, begin, end, 0};
    if (extent != extents_.end() && extent->file_offset < end) {
      const bool mapped = is_mapped(*extent, begin, end);
      chunk.kind = mapped ? ChunkKind::mapped : ChunkKind::copied;
      chunk.device_offset = mapped ? extent->device_offset + (begin - extent->file_offset) : 0;
    }
    visit(chunk);
    begin = end;
  }
}

}  // namespace nacre::erofs
