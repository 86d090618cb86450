// Where everything of an image goes, decided before the first byte is written. Internal to erofs/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "erofs/format.h"
#include "erofs/inode_codec.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

struct InodePlan {
  std::uint64_t offset = 0;      // in the metadata area
  std::uint64_t size = 0;        // i_size
  std::uint32_t data_block = 0;  // first block of what stands outside the metadata: device, directory or copied data
  std::uint32_t xattr_size = 0;
  DataLayout layout = DataLayout::flat_plain;
  InodeForm form = InodeForm::extended;
  std::uint8_t chunk_bits = 0;
};

struct ImagePlan {
  std::vector<DeviceMapping> devices;
  Timestamp build_time;           // what a compact inode's time is
  std::vector<InodePlan> inodes;  // by InodeId
  std::vector<tree::InodeId> by_offset;
  // Inodes with blocks of their own, in the order of the blocks.
  std::vector<tree::InodeId> plain;    // directories and symlinks
  std::vector<tree::InodeId> chunked;  // regular files
  std::uint64_t metadata_block = 0, metadata_size = 0;
  std::uint64_t plain_block = 0;
  std::uint64_t extent_table_block = 0, extent_table_size = 0;
  std::uint64_t copied_block = 0;
  std::uint64_t total_blocks = 0;

  std::uint64_t nid(tree::InodeId id) const { return (inodes[id].offset + block_size) / inode_slot; }
  // nids count from here: one block before the metadata, so that none is 0, which readdir() takes for a deleted entry.
  std::uint64_t nid_base_block() const { return metadata_block - 1; }
};

ImagePlan plan_image(const tree::FileTree& tree, std::span<const std::uint64_t> device_sizes);

// A directory's entries as EROFS wants them: with "." and "..", sorted with the rest.
std::vector<tree::Entry> directory_items(const tree::FileTree& tree, tree::InodeId directory);
// How many of the items the next directory block holds; an item never crosses blocks.
std::size_t items_in_block(std::span<const tree::Entry> items);
std::uint64_t items_size(std::span<const tree::Entry> items);

}  // namespace nacre::erofs
