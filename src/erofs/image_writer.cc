#include "erofs/image_writer.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "erofs/chunk_map.h"
#include "erofs/extent_table.h"
#include "erofs/format.h"
#include "erofs/image_plan.h"
#include "erofs/inode_codec.h"
#include "erofs/xattr_codec.h"

namespace nacre::erofs {
namespace {

using tree::Entry;
using tree::FileTree;
using tree::Inode;
using tree::InodeId;
using tree::InodeType;

constexpr std::size_t copy_size = 64 * 1024;

// Gathers small pieces and knows how far the image has come.
class BlockWriter {
 public:
  explicit BlockWriter(archive::ByteSink& out) : out_(out) {}

  void write(std::string_view bytes) {
    buffer_.append(bytes);
    if (buffer_.size() >= copy_size) {
      flush();
    }
  }
  // Zeros up to an offset of the image.
  void fill_to(std::uint64_t offset) {
    while (position() < offset) {
      write(std::string(std::min<std::uint64_t>(offset - position(), copy_size), '\0'));
    }
  }
  void fill_block() { fill_to(round_up(position(), block_size)); }
  void flush() {
    out_.write(as_bytes(buffer_));
    flushed_ += buffer_.size();
    buffer_.clear();
  }
  std::uint64_t position() const noexcept { return flushed_ + buffer_.size(); }

 private:
  archive::ByteSink& out_;
  std::string buffer_;
  std::uint64_t flushed_ = 0;
};

class Writer {
 public:
  Writer(const FileTree& tree, std::span<const std::uint64_t> device_sizes, const ReadDevice& read_device,
         archive::ByteSink& out)
      : tree_(tree),
        device_sizes_(device_sizes),
        read_device_(read_device),
        plan_(plan_image(tree, device_sizes)),
        out_(out) {}

  void run() {
    write_header();
    write_superblock();
    write_device_table();
    out_.fill_to(plan_.metadata_block * block_size);
    write_metadata();
    out_.fill_block();
    for (const InodeId id : plan_.plain) {
      write_plain_blocks(id);
    }
    write_extent_table();
    out_.fill_block();
    for (const InodeId id : plan_.chunked) {
      write_copied_chunks(id);
    }
    if (out_.position() != plan_.total_blocks * block_size) {
      throw Error(Code::internal, "write index: the image is not as long as planned");
    }
    out_.flush();
  }

 private:
  void write_header() {
    std::string header(header_magic);
    append(header, header_version);
    append(header, std::uint32_t{0});
    append(header, plan_.extent_table_block * block_size);
    append(header, plan_.extent_table_size);
    out_.write(header);
    out_.fill_to(superblock_offset);
  }

  void write_superblock() {
    std::string block;
    append(block, superblock_magic);
    append(block, std::uint32_t{0});  // the checksum, below
    append(block, feature_compat);
    append(block, static_cast<std::uint8_t>(block_bits));
    append(block, std::uint8_t{0});  // no extension slots
    append(block, static_cast<std::uint16_t>(plan_.nid(tree::root_inode)));
    append(block, static_cast<std::uint64_t>(tree_.inode_count()));
    append(block, plan_.build_time.seconds);
    append(block, plan_.build_time.nanoseconds);
    append(block, static_cast<std::uint32_t>(plan_.total_blocks));
    append(block, static_cast<std::uint32_t>(plan_.nid_base_block()));
    append(block, std::uint32_t{0});  // no shared xattrs
    block.append(32, '\0');           // UUID and volume name
    append(block, feature_incompat);
    append(block, std::uint16_t{0});  // no compression
    append(block, static_cast<std::uint16_t>(plan_.devices.size()));
    append(block, static_cast<std::uint16_t>(device_table_offset / device_slot_size));
    block.resize(block_size, '\0');
    std::string checksum;
    append(checksum, superblock_checksum(as_bytes(block)));
    block.replace(4, checksum.size(), checksum);
    out_.write(block);
  }

  void write_device_table() {
    for (const DeviceMapping& device : plan_.devices) {
      std::string slot(64, '\0');
      append(slot, static_cast<std::uint32_t>(device.blocks));
      append(slot, device.mapped_block);
      slot.resize(device_slot_size, '\0');
      out_.write(slot);
    }
  }

  void write_metadata() {
    const std::uint64_t base = plan_.metadata_block * block_size;
    for (const InodeId id : plan_.by_offset) {
      const InodePlan& plan = plan_.inodes[id];
      out_.fill_to(base + plan.offset);
      out_.write(encode_inode(stored_inode(id), id + 1));
      if (plan.xattr_size != 0) {
        out_.write(encode_xattrs(stored_xattrs(tree_, id)));
      }
      if (plan.layout == DataLayout::flat_inline) {
        write_tail(id);
      } else if (plan.layout == DataLayout::chunk_based) {
        out_.fill_to(round_up(out_.position(), chunk_index_size));
        write_chunk_indexes(id);
      }
    }
  }

  StoredInode stored_inode(InodeId id) const {
    const InodePlan& plan = plan_.inodes[id];
    const bool chunked = plan.layout == DataLayout::chunk_based;
    return {.inode = tree_.inode(id),
            .form = plan.form,
            .layout = plan.layout,
            .size = plan.size,
            .link_count = tree_.inode(id).link_count,
            .location = chunked ? chunk_indexes | (plan.chunk_bits - block_bits) : plan.data_block,
            .xattr_size = plan.xattr_size};
  }

  std::string directory_block(std::span<const Entry> items) const {
    std::string block;
    std::string names;
    for (const Entry& item : items) {
      append(block, plan_.nid(item.inode));
      append(block, static_cast<std::uint16_t>(items.size() * dirent_size + names.size()));
      append(block, dirent_type(tree_.inode(item.inode).type));
      append(block, std::uint8_t{0});
      names += item.name;
    }
    return block + names;
  }

  void write_tail(InodeId id) {
    const std::uint64_t in_blocks = plan_.inodes[id].size / block_size * block_size;
    if (tree_.inode(id).type == InodeType::symlink) {
      out_.write(tree_.target(id).substr(in_blocks));
      return;
    }
    const std::vector<Entry> items = directory_items(tree_, id);
    std::span<const Entry> rest = items;
    for (std::uint64_t skipped = 0; skipped < in_blocks; skipped += block_size) {
      rest = rest.subspan(items_in_block(rest));
    }
    out_.write(directory_block(rest));
  }

  // All of it when the layout is flat_plain; all but the tail when it is flat_inline.
  void write_plain_blocks(InodeId id) {
    const InodePlan& plan = plan_.inodes[id];
    std::uint64_t left = plan.layout == DataLayout::flat_inline ? plan.size / block_size : blocks_of(plan.size);
    if (tree_.inode(id).type == InodeType::symlink) {
      out_.write(tree_.target(id).substr(0, left * block_size));
      out_.fill_block();
      return;
    }
    const std::vector<Entry> items = directory_items(tree_, id);
    for (std::span<const Entry> rest = items; left > 0; --left) {
      const std::size_t count = items_in_block(rest);
      out_.write(directory_block(rest.first(count)));
      out_.fill_block();
      rest = rest.subspan(count);
    }
  }

  ChunkMap chunk_map(InodeId id) const {
    const Inode& inode = tree_.inode(id);
    return {tree_.extents(id), inode.size, device_sizes_[inode.device]};
  }

  void write_chunk_indexes(InodeId id) {
    const InodePlan& plan = plan_.inodes[id];
    const std::uint16_t device = tree_.inode(id).device;
    std::uint64_t copied = plan.data_block;
    chunk_map(id).for_each(plan.chunk_bits, [&](const Chunk& chunk) {
      std::uint16_t device_id = 0;
      std::uint64_t block = hole_block;
      if (chunk.kind == ChunkKind::mapped) {
        device_id = static_cast<std::uint16_t>(device + 1);
        block = chunk.device_offset / block_size;
      } else if (chunk.kind == ChunkKind::copied) {
        block = copied;
        copied += blocks_of(chunk.end - chunk.begin);
      }
      std::string index;
      append(index, std::uint16_t{0});
      append(index, device_id);
      append(index, static_cast<std::uint32_t>(block));
      out_.write(index);
    });
  }

  void write_extent_table() {
    for (const InodeId id : plan_.chunked) {
      const Sparse sparse = tree_.is_sparse(id) ? Sparse::yes : Sparse::no;
      out_.write(encode_extents(plan_.nid(id), {tree_.inode(id).device, sparse, tree_.extents(id)}));
    }
  }

  void write_copied_chunks(InodeId id) {
    const ChunkMap map = chunk_map(id);
    auto extent = map.extents().begin();
    map.for_each(plan_.inodes[id].chunk_bits, [&](const Chunk& chunk) {
      if (chunk.kind != ChunkKind::copied) {
        return;
      }
      const std::uint64_t image_begin = out_.position();
      while (extent != map.extents().end() && extent->file_offset < chunk.end) {
        const std::uint64_t begin = std::max(extent->file_offset, chunk.begin);
        const std::uint64_t end = std::min(extent->file_offset + extent->length, chunk.end);
        if (begin < end) {
          out_.fill_to(image_begin + (begin - chunk.begin));
          copy(tree_.inode(id).device, extent->device_offset + (begin - extent->file_offset), end - begin);
        }
        if (extent->file_offset + extent->length > chunk.end) {
          break;  // it goes on in the next chunk
        }
        ++extent;
      }
      out_.fill_to(image_begin + blocks_of(chunk.end - chunk.begin) * block_size);
    });
  }

  void copy(std::uint16_t device, std::uint64_t offset, std::uint64_t length) {
    std::string buffer;
    while (length > 0) {
      buffer.resize(std::min<std::uint64_t>(length, copy_size));
      read_device_(device, offset, std::as_writable_bytes(std::span(buffer)));
      out_.write(buffer);
      offset += buffer.size();
      length -= buffer.size();
    }
  }

  const FileTree& tree_;
  std::span<const std::uint64_t> device_sizes_;
  const ReadDevice& read_device_;
  ImagePlan plan_;
  BlockWriter out_;
};

}  // namespace

void write_image(const tree::FileTree& tree, std::span<const std::uint64_t> device_sizes, const ReadDevice& read_device,
                 archive::ByteSink& out) {
  Writer(tree, device_sizes, read_device, out).run();
}

}  // namespace nacre::erofs
