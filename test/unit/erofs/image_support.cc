#include "test/unit/erofs/image_support.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "erofs/image_writer.h"
#include "test/unit/tree/members.h"

namespace nacre::erofs {

std::string image_of(const tree::FileTree& tree, std::span<const std::string> devices) {
  std::vector<std::uint64_t> sizes;
  for (const std::string& device : devices) {
    sizes.push_back(device.size());
  }
  StringSink sink;
  write_image(
      tree, sizes,
      [&](std::uint16_t device, std::uint64_t offset, MutableBytes buffer) {
        const Bytes bytes = as_bytes(devices[device]).subspan(offset, buffer.size());
        std::ranges::copy(bytes, buffer.begin());
      },
      sink);
  return sink.text;
}

std::string image_of(const tree::FileTree& tree, std::span<const std::uint64_t> device_sizes) {
  StringSink sink;
  write_image(
      tree, device_sizes,
      [](std::uint16_t device, std::uint64_t offset, MutableBytes) {
        ADD_FAILURE() << "device " << device << " was read at " << offset;
      },
      sink);
  return sink.text;
}

void expect_same(const tree::FileTree& a, const tree::FileTree& b) {
  EXPECT_EQ(tree::describe(a), tree::describe(b));
  ASSERT_EQ(a.inode_count(), b.inode_count());
  for (tree::InodeId id = 0; id < a.inode_count(); ++id) {
    const tree::Inode& x = a.inode(id);
    const tree::Inode& y = b.inode(id);
    SCOPED_TRACE(fmt::format("inode {}: {}", id, tree::describe_inode(a, id)));
    ASSERT_EQ(x.type, y.type);
    EXPECT_EQ(x.directory_kind, y.directory_kind);
    EXPECT_EQ(x.mode, y.mode);
    EXPECT_EQ(x.device, y.device);
    EXPECT_EQ(std::pair(x.uid, x.gid), std::pair(y.uid, y.gid));
    EXPECT_EQ(x.link_count, y.link_count);
    EXPECT_EQ(x.mtime, y.mtime);
    EXPECT_EQ(x.size, y.size);
    EXPECT_EQ(x.data_offset, y.data_offset);
    EXPECT_EQ(std::pair(x.device_major, x.device_minor), std::pair(y.device_major, y.device_minor));
    EXPECT_EQ(a.target(id), b.target(id));
    EXPECT_TRUE(std::ranges::equal(a.xattrs(id), b.xattrs(id)));
    EXPECT_EQ(a.is_sparse(id), b.is_sparse(id));
    EXPECT_TRUE(std::ranges::equal(a.extents(id), b.extents(id), [](const auto& m, const auto& n) {
      return m.file_offset == n.file_offset && m.length == n.length && m.device_offset == n.device_offset;
    }));
    EXPECT_TRUE(std::ranges::equal(a.entries(id), b.entries(id), [](const auto& m, const auto& n) {
      return m.name == n.name && m.inode == n.inode;
    }));
    if (x.type == tree::InodeType::directory) {
      EXPECT_EQ(a.parent(id), b.parent(id));
    }
  }
}

}  // namespace nacre::erofs
