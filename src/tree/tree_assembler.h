// Makes a FileTree whose shape is already known: directory by directory, entries sorted.
#pragma once

#include "tree/file_tree.h"

namespace nacre::tree {

// Inodes must be added in the order FileTree promises: the root, its entries by name, then the same below each
// subdirectory in turn. For whoever has a tree in another form: TreeEditor, erofs/.
class TreeAssembler {
 public:
  TreeAssembler() = default;
  // Takes over an arena that already holds the names that will be given.
  explicit TreeAssembler(NameArena names) { tree_.names_ = std::move(names); }

  void reserve(std::size_t inodes, std::size_t entries);
  // A copy of a name or target that lives as long as the tree. Every view that is given below must come from here or
  // from the arena given at the beginning.
  std::string_view intern(std::string_view text) { return tree_.names_.add(text); }

  // link_count and extra of the inode are filled in here.
  InodeId add(const Inode& inode, InodeExtra extra);
  // The entries of a directory that was added, sorted; once a directory. They may name inodes added before.
  void set_entries(InodeId directory, std::span<const Entry> entries);
  const Inode& inode(InodeId id) const { return tree_.inodes_[id]; }
  std::size_t inode_count() const noexcept { return tree_.inodes_.size(); }

  FileTree finish() && { return std::move(tree_); }

 private:
  FileTree tree_;
};

}  // namespace nacre::tree
