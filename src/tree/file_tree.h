// The metadata of a file system in memory: of one layer, or of a whole stack of layers merged.
//
// Inodes and directory entries are apart, so hard links are plain. A tree is immutable once made and can be read from
// several threads. It holds no file data, only where the data is: (device, offset), device i being the tar of the i-th
// layer of the stack, bottom first (a layer's own tree has one device, 0). Inodes are numbered in the order of a walk:
// a directory, then its entries by name, so trees that look alike are numbered alike.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tree/name_arena.h"

namespace nacre::tree {

using InodeId = std::uint32_t;
inline constexpr InodeId root_inode = 0;

enum class InodeType : std::uint8_t {
  regular,
  directory,
  symlink,
  char_device,
  block_device,
  fifo,
  socket,
  whiteout,   // only in a layer's tree: the name is gone from here up
  link_below  // only in a layer's tree: a hard link to a file of a lower layer; `target` is its path
};

// What a directory of a layer's tree says about the directory below it.
enum class DirectoryKind : std::uint8_t {
  normal,           // merges with the one below and brings its own metadata
  opaque,           // hides what is below
  implicit,         // no member of the tar: merges, and keeps the metadata from below if there is any
  implicit_opaque,  // no member of the tar but an opaque marker: hides the entries below, keeps the metadata
};
constexpr bool is_opaque(DirectoryKind kind) {
  return kind == DirectoryKind::opaque || kind == DirectoryKind::implicit_opaque;
}
constexpr bool is_implicit(DirectoryKind kind) {
  return kind == DirectoryKind::implicit || kind == DirectoryKind::implicit_opaque;
}

// Where a run of a file's bytes is.
struct Extent {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t device_offset = 0;
};

struct Xattr {
  std::string name;  // full name: "security.capability"
  std::string value;
  auto operator<=>(const Xattr&) const = default;
};

struct Inode {
  InodeType type = InodeType::regular;
  DirectoryKind directory_kind = DirectoryKind::normal;
  std::uint16_t mode = 0;    // 07777
  std::uint16_t device = 0;  // where the data is, for regular files
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t link_count = 1;    // entries that lead here; for directories, 2 + subdirectories
  std::uint32_t extra = no_extra;  // private to tree/: where the rest of the inode is
  Timestamp mtime = {};
  std::uint64_t size = 0;         // regular: bytes; symlink: length of the target
  std::uint64_t data_offset = 0;  // of a regular file that is not sparse, in its device
  std::uint32_t device_major = 0, device_minor = 0;
  static constexpr std::uint32_t no_extra = UINT32_MAX;
};
static_assert(sizeof(Inode) == 64, "a million inodes are 64 MB; think before growing them");

// What few inodes have beside the Inode.
struct InodeExtra {
  std::string_view target = {};  // symlink, link_below; bytes owned by the tree
  std::vector<Xattr> xattrs = {};
  std::vector<Extent> extents = {};  // of a sparse file
  bool sparse = false;
  bool empty() const noexcept { return target.empty() && xattrs.empty() && !sparse; }
};

struct Entry {
  std::string_view name;  // lives as long as the tree
  InodeId inode;
};

enum class FollowLast { no, yes };

class FileTree {
 public:
  FileTree(FileTree&&) noexcept = default;
  FileTree& operator=(FileTree&&) noexcept = default;

  const Inode& inode(InodeId id) const { return inodes_[id]; }
  std::size_t inode_count() const noexcept { return inodes_.size(); }

  // A directory's entries, sorted by name as unsigned bytes, without "." and "..".
  std::span<const Entry> entries(InodeId directory) const;
  std::optional<InodeId> child(InodeId directory, std::string_view name) const;
  InodeId parent(InodeId directory) const;  // the root's is itself

  std::string_view target(InodeId id) const;        // symlink, link_below; "" otherwise
  std::span<const Xattr> xattrs(InodeId id) const;  // sorted by name
  bool is_sparse(InodeId id) const;
  // Where a regular file's bytes are: one extent, or a sparse file's runs; what no extent covers is zero.
  std::vector<Extent> extents(InodeId id) const;

  // Resolves a path as a process inside would ("/" and "" are the root, ".." stops at the root, symlinks met on the way
  // are followed within the tree; the last component's only if asked). Nothing if a component is missing or is no
  // directory; throws Error (invalid_argument) after 40 symlinks.
  std::optional<InodeId> resolve(std::string_view path, FollowLast follow) const;
  // The same, with where it ended up: "/usr/lib/x" for "/lib/x" through a symlinked /lib.
  struct Located {
    InodeId inode;
    std::string path;  // absolute, without symlinks
  };
  std::optional<Located> locate(std::string_view path, FollowLast follow) const;

  // Of a layer's tree: whether it needs files of lower layers.
  bool has_links_below() const;
  // The size of all regular files, each hard-linked file once.
  std::uint64_t content_size() const;

 private:
  friend class TreeAssembler;  // the one way to make a tree: tree_assembler.h
  FileTree() = default;
  const InodeExtra* extra_of(InodeId id) const;

  struct Directory {
    std::uint32_t first_entry = 0;  // in entries_
    std::uint32_t entry_count = 0;
    InodeId parent = root_inode;
    std::uint32_t extra = Inode::no_extra;
  };
  std::vector<Inode> inodes_;
  std::vector<Directory> directories_;  // a directory's Inode::extra is its place here
  std::vector<InodeExtra> extras_;      // any other inode's Inode::extra is its place here
  std::vector<Entry> entries_;          // directory after directory
  NameArena names_;
};

}  // namespace nacre::tree
