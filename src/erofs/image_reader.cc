#include "erofs/image_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "erofs/directory_data.h"
#include "erofs/extent_table.h"
#include "erofs/format.h"
#include "erofs/inode_codec.h"
#include "erofs/superblock.h"
#include "erofs/xattr_codec.h"
#include "tree/member_path.h"
#include "tree/tree_assembler.h"

namespace nacre::erofs {
namespace {

using tree::Inode;
using tree::InodeExtra;
using tree::InodeId;
using tree::InodeType;

class Reader {
 public:
  explicit Reader(Bytes image)
      : image_(image),
        super_(read_superblock(image)),
        extents_(super_.extent_table, super_.devices),
        inode_of_slot_((image.size() - super_.nid_base) / inode_slot, unread) {
    for (std::size_t device = 0; device < super_.devices.size(); ++device) {
      if (super_.devices[device].mapped_block != 0) {
        mapped_devices_.push_back(static_cast<std::uint16_t>(device));
      }
    }
  }

  tree::FileTree run() {
    if (super_.inode_count > inode_of_slot_.size()) {
      throw_damaged("superblock");
    }
    assembler_.reserve(super_.inode_count, super_.inode_count);
    const InodeId root = read_inode(super_.root_nid);
    if (assembler_.inode(root).type != InodeType::directory) {
      throw_damaged("root");
    }
    waiting_.push_back({root, super_.root_nid, super_.root_nid, 0});
    while (!waiting_.empty()) {
      const Directory directory = waiting_.back();
      waiting_.pop_back();
      read_directory(directory);
    }
    return checked(std::move(assembler_).finish());
  }

 private:
  static constexpr InodeId unread = UINT32_MAX;

  struct Directory {
    InodeId id;
    std::uint64_t nid, parent_nid;
    std::uint64_t path_length;  // with the leading slash
  };

  // What a file system of ours never has, an image could pretend: inodes that share their bytes. They would make a
  // small image into a large tree, so all bytes that were used count against the image's own size.
  Bytes use(std::uint64_t offset, std::uint64_t size) {
    if (offset > image_.size() || size > image_.size() - offset || size > image_.size() - used_) {
      throw_damaged("inode");
    }
    used_ += size;
    return image_.subspan(offset, size);
  }

  InodeId read_inode(std::uint64_t nid) {
    if (nid >= inode_of_slot_.size()) {
      throw_damaged("inode number");
    }
    StoredInode stored = decode_inode(image_.subspan(super_.nid_base + nid * inode_slot), super_.build_time);
    const std::uint64_t begin = super_.nid_base + nid * inode_slot;
    const Bytes head = use(begin, stored.head_size + stored.xattr_size);
    InodeExtra extra{.xattrs = decode_xattrs(head.subspan(stored.head_size))};
    take_private_xattrs(stored.inode, extra);
    if (stored.inode.type == InodeType::symlink) {
      extra.target = assembler_.intern(read_symlink(nid, stored));
    } else if (stored.inode.type == InodeType::regular && stored.size != 0) {
      locate_data(nid, stored, extra);
    }
    const InodeId id = assembler_.add(stored.inode, std::move(extra));
    inode_of_slot_[nid] = id;
    link_counts_.push_back(stored.link_count);
    return id;
  }

  // Turns the xattrs that are none back into what they stand for.
  void take_private_xattrs(Inode& inode, InodeExtra& extra) {
    bool is_opaque = false;
    bool is_implicit = false;
    std::erase_if(extra.xattrs, [&](const tree::Xattr& xattr) {
      if (inode.type == InodeType::directory && (xattr.name == opaque_xattr || xattr.name == implicit_xattr)) {
        (xattr.name == opaque_xattr ? is_opaque : is_implicit) = true;
        return true;
      }
      if (inode.type == InodeType::regular && xattr.name == link_xattr && inode.size == 0) {
        extra.target = assembler_.intern(xattr.value);
        return true;
      }
      return false;
    });
    if (!extra.target.empty()) {
      inode.type = InodeType::link_below;
    }
    if (is_opaque) {
      inode.directory_kind = is_implicit ? tree::DirectoryKind::implicit_opaque : tree::DirectoryKind::opaque;
    } else if (is_implicit) {
      inode.directory_kind = tree::DirectoryKind::implicit;
    }
  }

  // The parts of what stands in the image itself: whole blocks, then perhaps a tail behind the inode.
  std::vector<Bytes> read_data(std::uint64_t nid, const StoredInode& stored) {
    std::vector<Bytes> blocks;
    const bool has_tail = stored.layout == DataLayout::flat_inline;
    const std::uint64_t tail = has_tail ? stored.size % block_size : 0;
    std::uint64_t left = stored.size - tail;
    if (stored.layout == DataLayout::chunk_based || (has_tail && tail == 0)) {
      throw_damaged("inode");
    }
    const Bytes area = use(std::uint64_t{stored.location} * block_size, blocks_of(left) * block_size);
    for (std::uint64_t offset = 0; left > 0; offset += block_size) {
      blocks.push_back(area.subspan(offset, std::min(left, block_size)));
      left -= blocks.back().size();
    }
    if (has_tail) {
      blocks.push_back(use(super_.nid_base + nid * inode_slot + stored.head_size + stored.xattr_size, tail));
    }
    return blocks;
  }

  std::string read_symlink(std::uint64_t nid, const StoredInode& stored) {
    if (stored.size == 0 || stored.size > tree::max_path_length) {
      throw_damaged("symlink");
    }
    std::string target;
    for (const Bytes part : read_data(nid, stored)) {
      target += as_text(part);
    }
    if (target.find('\0') != std::string::npos) {
      throw_damaged("symlink");
    }
    return target;
  }

  void locate_data(std::uint64_t nid, StoredInode& stored, InodeExtra& extra) {
    if (stored.layout == DataLayout::chunk_based) {
      FileExtents file = extents_.take(nid, stored.size);
      stored.inode.device = file.device;
      if (file.sparse == Sparse::yes) {
        extra.sparse = true;
        extra.extents = std::move(file.extents);
      } else {
        stored.inode.data_offset = file.extents[0].device_offset;
      }
      return;
    }
    const auto device = device_at(stored.location);
    if (stored.layout != DataLayout::flat_plain || !device) {
      throw_damaged("file data");
    }
    const std::uint64_t first = stored.location - super_.devices[*device].mapped_block;
    if (first >= super_.devices[*device].blocks || blocks_of(stored.size) > super_.devices[*device].blocks - first) {
      throw_damaged("file data");
    }
    stored.inode.device = *device;
    stored.inode.data_offset = first * block_size;
  }

  // The device whose part of the address space a block would be in.
  std::optional<std::uint16_t> device_at(std::uint32_t block) const {
    const auto behind = std::ranges::upper_bound(
        mapped_devices_, block, {}, [&](std::uint16_t device) { return super_.devices[device].mapped_block; });
    return behind == mapped_devices_.begin() ? std::nullopt : std::optional(*std::prev(behind));
  }

  void read_directory(const Directory& directory) {
    const StoredInode stored =
        decode_inode(image_.subspan(super_.nid_base + directory.nid * inode_slot), super_.build_time);
    std::vector<Dirent> dirents;
    for (const Bytes block : read_data(directory.nid, stored)) {
      read_directory_block(block, dirents);
    }
    std::vector<tree::Entry> entries;
    std::vector<Directory> subdirectories;
    int dots = 0;
    for (const Dirent& dirent : dirents) {
      if (dirent.name == "." || dirent.name == "..") {
        ++dots;
        if (dirent.nid != (dirent.name == "." ? directory.nid : directory.parent_nid)) {
          throw_damaged("directory");
        }
        continue;
      }
      const std::uint64_t path_length = directory.path_length + 1 + dirent.name.size();
      if (path_length > tree::max_path_length + 1) {
        throw_damaged("directory");  // deeper than a tree can be
      }
      const InodeId id = entry_inode(dirent);
      entries.push_back({assembler_.intern(dirent.name), id});
      if (assembler_.inode(id).type == InodeType::directory) {
        subdirectories.push_back({id, dirent.nid, directory.nid, path_length});
      }
    }
    if (dots != 2) {
      throw_damaged("directory");
    }
    assembler_.set_entries(directory.id, entries);
    waiting_.insert(waiting_.end(), subdirectories.rbegin(), subdirectories.rend());
  }

  InodeId entry_inode(const Dirent& dirent) {
    const bool known = dirent.nid < inode_of_slot_.size() && inode_of_slot_[dirent.nid] != unread;
    const InodeId id = known ? inode_of_slot_[dirent.nid] : read_inode(dirent.nid);
    const InodeType type = assembler_.inode(id).type;
    if ((known && type == InodeType::directory) || dirent_type(type) != dirent.type) {
      throw_damaged("directory");
    }
    return id;
  }

  tree::FileTree checked(tree::FileTree tree) const {
    for (InodeId id = 0; id < tree.inode_count(); ++id) {
      if (tree.inode(id).link_count != link_counts_[id]) {
        throw_damaged("link count");
      }
    }
    if (tree.inode_count() != super_.inode_count) {
      throw_damaged("inode count");
    }
    return tree;
  }

  Bytes image_;
  Superblock super_;
  ExtentTable extents_;
  std::vector<std::uint16_t> mapped_devices_;  // in ascending order of mapped_block
  std::uint64_t used_ = 0;
  std::vector<InodeId> inode_of_slot_;
  tree::TreeAssembler assembler_;
  std::vector<std::uint32_t> link_counts_;  // as stored, by InodeId
  std::vector<Directory> waiting_;
};

}  // namespace

tree::FileTree read_image(Bytes image) {
  return Reader(image).run();
}

std::vector<std::uint64_t> device_sizes(Bytes image) {
  std::vector<std::uint64_t> sizes;
  for (const DeviceMapping& device : read_superblock(image).devices) {
    sizes.push_back(device.blocks * block_size);
  }
  return sizes;
}

}  // namespace nacre::erofs
