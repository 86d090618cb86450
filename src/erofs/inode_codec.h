// One inode on disk. Internal to erofs/.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "erofs/format.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

enum class InodeForm : std::uint8_t { compact, extended };

// What stands in the inode itself.
struct StoredInode {
  tree::Inode inode;  // type, mode, owner, time and device numbers; size where the tree has one
  InodeForm form = InodeForm::extended;
  DataLayout layout = DataLayout::flat_plain;
  std::uint64_t size = 0;        // i_size
  std::uint32_t link_count = 0;  // i_nlink
  std::uint32_t location = 0;    // of data: the first block, or the chunk format
  std::uint64_t head_size = 0;   // bytes of the inode
  std::uint64_t xattr_size = 0;  // bytes of xattrs behind it
};

// compact, when the build time and 16 bits say all there is to say.
InodeForm form_of(const tree::Inode& inode, std::uint64_t size, const Timestamp& build_time);
constexpr std::uint64_t size_of(InodeForm form) {
  return form == InodeForm::compact ? compact_inode_size : extended_inode_size;
}

// number: an inode number for 32-bit stat(). The time of a compact inode is not stored, nor are head_size and
// inode.link_count.
std::string encode_inode(const StoredInode& stored, std::uint32_t number);

// The inode at the beginning of `bytes`; throws Error (corrupt). The xattrs may lie outside of the image yet.
StoredInode decode_inode(Bytes bytes, const Timestamp& build_time);

// Linux's FT_*: what readdir says an entry is.
std::uint8_t dirent_type(tree::InodeType type);

}  // namespace nacre::erofs
