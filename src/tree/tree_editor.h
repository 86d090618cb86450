// A tree under construction: entries come, go and are replaced in any order, each in constant time. Internal to tree/.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tree/file_tree.h"
#include "tree/keyed_hash.h"

namespace nacre::tree {

// Unlinking a directory drops everything below it in constant time: what the root does not reach is left out by
// finish().
class TreeEditor {
 public:
  // A tree of a root alone, an implicit directory of mode 0755. What would make it need more than about `max_memory`
  // bytes is an Error (unsupported): a few kilobytes of a compressed tar can name millions of directories.
  explicit TreeEditor(std::uint64_t max_memory);

  // A new inode that no entry leads to yet; the target is copied. (Inode::extra is the editor's own.)
  InodeId add(Inode inode, InodeExtra extra = {});
  // Gives an inode other metadata; a directory keeps its entries.
  void replace(InodeId id, Inode inode, InodeExtra extra = {});
  const Inode& inode(InodeId id) const { return inodes_[id]; }
  void set_directory_kind(InodeId id, DirectoryKind kind) { inodes_[id].directory_kind = kind; }
  std::string_view target(InodeId id) const { return extra(id).target; }
  const InodeExtra& extra(InodeId id) const;

  std::optional<InodeId> child(InodeId directory, std::string_view name) const;
  // Makes the entry lead to an inode, whatever was there before.
  enum class Linked { fresh, replaced };
  Linked link(InodeId directory, std::string_view name, InodeId inode);
  void unlink(InodeId directory, std::string_view name);
  // Unlinks all entries of a directory.
  void clear(InodeId directory);

  // A copy of a name that lives as long as the editor and the tree made from it.
  std::string_view intern(std::string_view name);
  std::size_t inode_count() const noexcept { return inodes_.size(); }

  FileTree finish() &&;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  // An entry that was unlinked stays, leading nowhere, and is found again when its name comes back.
  struct Node {
    std::string_view name;
    InodeId directory;
    InodeId inode;
    std::uint32_t next;  // of the same directory
    std::uint32_t hash;
  };
  static_assert(sizeof(Node) == 32);

  void spend(std::uint64_t memory);
  std::size_t slot_of(InodeId directory, std::string_view name, std::uint32_t hash) const;
  void grow();
  std::vector<Entry> live_entries(InodeId directory) const;

  std::uint64_t max_memory_;
  std::uint64_t memory_ = 0;
  KeyedHash hash_;
  NameArena names_;
  std::vector<Inode> inodes_;
  std::vector<std::uint32_t> first_node_;  // by InodeId
  std::vector<InodeExtra> extras_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most half full: places in nodes_
};

}  // namespace nacre::tree
