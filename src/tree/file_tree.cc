#include "tree/file_tree.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "tree/path_walk.h"

namespace nacre::tree {

const InodeExtra* FileTree::extra_of(InodeId id) const {
  std::uint32_t index = inodes_[id].extra;
  if (inodes_[id].type == InodeType::directory) {
    index = directories_[index].extra;
  }
  return index == Inode::no_extra ? nullptr : &extras_[index];
}

std::span<const Entry> FileTree::entries(InodeId directory) const {
  if (inodes_[directory].type != InodeType::directory) {
    return {};
  }
  const Directory& record = directories_[inodes_[directory].extra];
  return std::span(entries_).subspan(record.first_entry, record.entry_count);
}

std::optional<InodeId> FileTree::child(InodeId directory, std::string_view name) const {
  const std::span<const Entry> all = entries(directory);
  const auto found = std::ranges::lower_bound(all, name, {}, &Entry::name);
  if (found == all.end() || found->name != name) {
    return std::nullopt;
  }
  return found->inode;
}

InodeId FileTree::parent(InodeId directory) const {
  return directories_[inodes_[directory].extra].parent;
}

std::string_view FileTree::target(InodeId id) const {
  const InodeExtra* extra = extra_of(id);
  return extra == nullptr ? std::string_view{} : extra->target;
}

std::span<const Xattr> FileTree::xattrs(InodeId id) const {
  const InodeExtra* extra = extra_of(id);
  return extra == nullptr ? std::span<const Xattr>{} : std::span(extra->xattrs);
}

bool FileTree::is_sparse(InodeId id) const {
  const InodeExtra* extra = extra_of(id);
  return extra != nullptr && extra->sparse;
}

std::vector<Extent> FileTree::extents(InodeId id) const {
  const Inode& inode = inodes_[id];
  if (inode.type != InodeType::regular || inode.size == 0) {
    return {};
  }
  if (is_sparse(id)) {
    return extra_of(id)->extents;
  }
  return {{.file_offset = 0, .length = inode.size, .device_offset = inode.data_offset}};
}

std::optional<InodeId> FileTree::resolve(std::string_view path, FollowLast follow) const {
  const std::optional<Located> located = locate(path, follow);
  return located ? std::optional(located->inode) : std::nullopt;
}

std::optional<FileTree::Located> FileTree::locate(std::string_view path, FollowLast follow) const {
  using Walk = PathWalk<FileTree>;
  Walk walk(*this, path, follow);
  switch (walk.run()) {
    case Walk::Outcome::arrived:
      return Located{walk.inode(), walk.path()};
    case Walk::Outcome::missing:
    case Walk::Outcome::not_a_directory:
      return std::nullopt;
    case Walk::Outcome::too_many_symlinks:
      break;
  }
  throw Error(Code::invalid_argument, fmt::format("resolve '{}': too many levels of symbolic links", path));
}

bool FileTree::has_links_below() const {
  return std::ranges::find(inodes_, InodeType::link_below, &Inode::type) != inodes_.end();
}

std::uint64_t FileTree::content_size() const {
  std::uint64_t total = 0;
  for (const Inode& inode : inodes_) {
    total += inode.type == InodeType::regular ? inode.size : 0;
  }
  return total;
}

}  // namespace nacre::tree
