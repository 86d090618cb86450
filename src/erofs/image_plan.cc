#include "erofs/image_plan.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "erofs/chunk_map.h"
#include "erofs/xattr_codec.h"

namespace nacre::erofs {
namespace {

using tree::Entry;
using tree::FileTree;
using tree::Inode;
using tree::InodeId;
using tree::InodeType;

// A small archive can describe sparse files whose chunk indexes fill a disk.
constexpr std::uint64_t free_sparse_overhead = 256 * 1024 * 1024;

// Hands out the metadata area from its beginning. What must stay within a block may leave a gap behind, which a later
// inode fills.
class MetadataSpace {
 public:
  std::uint64_t take(std::uint64_t size) {
    size = round_up(size, inode_slot);
    if (size <= gap_size_) {
      return take_from_gap(size);
    }
    const std::uint64_t offset = end_;
    end_ += size;
    return offset;
  }

  std::uint64_t take_within_block(std::uint64_t size) {
    size = round_up(size, inode_slot);
    if (size <= gap_size_) {
      return take_from_gap(size);
    }
    const std::uint64_t left = block_size - end_ % block_size;
    if (size > left) {
      if (left > gap_size_) {
        gap_ = end_;
        gap_size_ = left;
      }
      end_ += left;
    }
    return take(size);
  }

  std::uint64_t end() const noexcept { return end_; }

 private:
  std::uint64_t take_from_gap(std::uint64_t size) {
    const std::uint64_t offset = gap_;
    gap_ += size;
    gap_size_ -= size;
    return offset;
  }

  std::uint64_t end_ = 0;
  std::uint64_t gap_ = 0, gap_size_ = 0;
};

// The time most inodes have: theirs need not be stored. Ties go to the earliest.
Timestamp most_common_time(const FileTree& tree) {
  std::vector<Timestamp> times;
  times.reserve(tree.inode_count());
  for (InodeId id = 0; id < tree.inode_count(); ++id) {
    times.push_back(tree.inode(id).mtime);
  }
  std::ranges::sort(times);
  Timestamp best = times.front();
  std::ptrdiff_t best_count = 0;
  for (auto begin = times.begin(); begin != times.end();) {
    const auto end = std::upper_bound(begin, times.end(), *begin);
    if (end - begin > best_count) {
      best = *begin;
      best_count = end - begin;
    }
    begin = end;
  }
  return best;
}

class Planner {
 public:
  Planner(const FileTree& tree, std::span<const std::uint64_t> device_sizes)
      : tree_(tree), device_sizes_(device_sizes) {
    std::vector<std::uint64_t> blocks;
    for (const std::uint64_t size : device_sizes) {
      blocks.push_back(blocks_of(size));
      if (blocks.back() >= hole_block) {
        throw Error(Code::unsupported,
                    fmt::format("write index: a layer of {} bytes is larger than EROFS addresses", size));
      }
    }
    plan_.devices = map_devices(blocks);
    plan_.build_time = most_common_time(tree);
    plan_.inodes.resize(tree.inode_count());
  }

  ImagePlan run() {
    for (InodeId id = 0; id < tree_.inode_count(); ++id) {
      plan_inode(id);
    }
    place_areas();
    for (InodeId id = 0; id < plan_.inodes.size(); ++id) {
      plan_.by_offset.push_back(id);
    }
    std::ranges::sort(plan_.by_offset, {}, [&](InodeId id) { return plan_.inodes[id].offset; });
    return std::move(plan_);
  }

 private:
  void plan_inode(InodeId id) {
    const Inode& inode = tree_.inode(id);
    InodePlan& plan = plan_.inodes[id];
    plan.xattr_size = static_cast<std::uint32_t>(encoded_xattrs_size(stored_xattrs(tree_, id)));
    plan.size = inode_size(id);
    plan.form = form_of(inode, plan.size, plan_.build_time);
    if (inode.type == InodeType::directory || inode.type == InodeType::symlink) {
      place_with_tail(id, plan);
    } else if (inode.type == InodeType::regular && inode.size != 0 && !map_flat(id, plan)) {
      place_chunked(id, plan);
    } else {
      plan.offset = metadata_.take(head_size(plan));
    }
  }

  std::uint64_t inode_size(InodeId id) const {
    const Inode& inode = tree_.inode(id);
    if (inode.type != InodeType::directory) {
      return inode.type == InodeType::regular || inode.type == InodeType::symlink ? inode.size : 0;
    }
    const std::vector<Entry> items = directory_items(tree_, id);
    std::uint64_t full_blocks = 0;
    for (std::span<const Entry> rest = items;; ++full_blocks) {
      const std::size_t count = items_in_block(rest);
      if (count == rest.size()) {
        return full_blocks * block_size + items_size(rest);
      }
      rest = rest.subspan(count);
    }
  }

  static std::uint64_t head_size(const InodePlan& plan) { return size_of(plan.form) + plan.xattr_size; }

  // What fills no block goes behind the inode if both fit into one block, the rest into blocks of its own.
  void place_with_tail(InodeId id, InodePlan& plan) {
    const std::uint64_t tail = plan.size % block_size;
    std::uint64_t blocks = blocks_of(plan.size);
    if (tail != 0 && head_size(plan) + tail <= block_size) {
      plan.layout = DataLayout::flat_inline;
      plan.offset = metadata_.take_within_block(head_size(plan) + tail);
      --blocks;
    } else {
      plan.offset = metadata_.take(head_size(plan));
    }
    if (blocks != 0) {
      plan.data_block = take_blocks(plain_blocks_, blocks);
      plan_.plain.push_back(id);
    }
  }

  // A file that is one run of whole blocks of a device in reach needs nothing but its first block's number.
  bool map_flat(InodeId id, InodePlan& plan) const {
    const Inode& inode = tree_.inode(id);
    if (inode.device >= plan_.devices.size()) {
      throw Error(Code::internal,
                  fmt::format("write index: a file is on device {} of {}", inode.device, plan_.devices.size()));
    }
    const DeviceMapping& device = plan_.devices[inode.device];
    if (tree_.is_sparse(id) || device.mapped_block == 0 || inode.data_offset % block_size != 0 ||
        round_up(inode.data_offset + inode.size, block_size) > device_sizes_[inode.device]) {
      return false;
    }
    plan.data_block = static_cast<std::uint32_t>(device.mapped_block + inode.data_offset / block_size);
    return true;
  }

  void place_chunked(InodeId id, InodePlan& plan) {
    const ChunkMap map(tree_.extents(id), plan.size, device_sizes_[tree_.inode(id).device]);
    const ChunkSize size = map.cheapest_size();
    if (size.count > (sparse_budget() - sparse_overhead_) / chunk_index_size) {
      throw_too_scattered();
    }
    sparse_overhead_ += size.count * chunk_index_size;
    if (size.copied_blocks > (sparse_budget() - sparse_overhead_) / block_size) {
      throw_too_scattered();
    }
    sparse_overhead_ += size.copied_blocks * block_size;
    plan.layout = DataLayout::chunk_based;
    plan.chunk_bits = static_cast<std::uint8_t>(size.bits);
    plan.offset = metadata_.take(round_up(head_size(plan), chunk_index_size) + size.count * chunk_index_size);
    plan.data_block = take_blocks(copied_blocks_, size.copied_blocks);
    plan_.chunked.push_back(id);
    plan_.extent_table_size += extent_record_size * (1 + map.extents().size());
  }

  std::uint64_t sparse_budget() const {
    std::uint64_t budget = free_sparse_overhead;
    for (const DeviceMapping& device : plan_.devices) {
      budget += device.blocks * block_size;
    }
    return budget;
  }

  [[noreturn]] static void throw_too_scattered() {
    throw Error(Code::unsupported, "write index: the sparse files are too large and too scattered to be mapped");
  }

  static std::uint32_t take_blocks(std::uint64_t& taken, std::uint64_t blocks) {
    const std::uint64_t first = taken;
    taken += blocks;
    check_addressable(taken);
    return static_cast<std::uint32_t>(first);
  }

  static void check_addressable(std::uint64_t blocks) {
    if (blocks > first_mapped_block) {
      throw Error(Code::unsupported, "write index: it would be larger than 1 TiB");
    }
  }

  // Until now block numbers counted from the beginning of their area.
  void place_areas() {
    plan_.metadata_block = blocks_of(device_table_offset + plan_.devices.size() * device_slot_size);
    plan_.metadata_size = metadata_.end();
    plan_.plain_block = plan_.metadata_block + blocks_of(plan_.metadata_size);
    plan_.extent_table_block = plan_.plain_block + plain_blocks_;
    plan_.copied_block = plan_.extent_table_block + blocks_of(plan_.extent_table_size);
    plan_.total_blocks = plan_.copied_block + copied_blocks_;
    check_addressable(plan_.total_blocks);
    for (const InodeId id : plan_.plain) {
      plan_.inodes[id].data_block += static_cast<std::uint32_t>(plan_.plain_block);
    }
    for (const InodeId id : plan_.chunked) {
      plan_.inodes[id].data_block += static_cast<std::uint32_t>(plan_.copied_block);
    }
  }

  const FileTree& tree_;
  std::span<const std::uint64_t> device_sizes_;
  ImagePlan plan_;
  MetadataSpace metadata_;
  std::uint64_t plain_blocks_ = 0, copied_blocks_ = 0;
  std::uint64_t sparse_overhead_ = 0;
};

}  // namespace

ImagePlan plan_image(const FileTree& tree, std::span<const std::uint64_t> device_sizes) {
  return Planner(tree, device_sizes).run();
}

std::vector<Entry> directory_items(const FileTree& tree, InodeId directory) {
  const std::span<const Entry> entries = tree.entries(directory);
  std::vector<Entry> items;
  items.reserve(entries.size() + 2);
  items.assign(entries.begin(), entries.end());
  for (const Entry& dots : {Entry{".", directory}, Entry{"..", tree.parent(directory)}}) {
    items.insert(std::ranges::lower_bound(items, dots.name, {}, &Entry::name), dots);
  }
  return items;
}

std::size_t items_in_block(std::span<const Entry> items) {
  std::uint64_t used = 0;
  std::size_t count = 0;
  while (count < items.size() && used + dirent_size + items[count].name.size() <= block_size) {
    used += dirent_size + items[count].name.size();
    ++count;
  }
  return count;
}

std::uint64_t items_size(std::span<const Entry> items) {
  std::uint64_t size = 0;
  for (const Entry& item : items) {
    size += dirent_size + item.name.size();
  }
  return size;
}

}  // namespace nacre::erofs
