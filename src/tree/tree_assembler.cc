#include "tree/tree_assembler.h"

#include <utility>

namespace nacre::tree {

void TreeAssembler::reserve(std::size_t inodes, std::size_t entries) {
  tree_.inodes_.reserve(inodes);
  tree_.entries_.reserve(entries);
}

InodeId TreeAssembler::add(const Inode& inode, InodeExtra extra) {
  const auto id = static_cast<InodeId>(tree_.inodes_.size());
  std::uint32_t extra_index = Inode::no_extra;
  if (!extra.empty()) {
    extra_index = static_cast<std::uint32_t>(tree_.extras_.size());
    tree_.extras_.push_back(std::move(extra));
  }
  Inode& added = tree_.inodes_.emplace_back(inode);
  if (inode.type == InodeType::directory) {
    added.link_count = 2;
    added.extra = static_cast<std::uint32_t>(tree_.directories_.size());
    tree_.directories_.push_back({.extra = extra_index});
  } else {
    added.link_count = 0;
    added.extra = extra_index;
  }
  return id;
}

void TreeAssembler::set_entries(InodeId directory, std::span<const Entry> entries) {
  FileTree::Directory& record = tree_.directories_[tree_.inodes_[directory].extra];
  record.first_entry = static_cast<std::uint32_t>(tree_.entries_.size());
  record.entry_count = static_cast<std::uint32_t>(entries.size());
  tree_.entries_.insert(tree_.entries_.end(), entries.begin(), entries.end());
  for (const Entry& entry : entries) {
    Inode& inode = tree_.inodes_[entry.inode];
    if (inode.type == InodeType::directory) {
      tree_.directories_[inode.extra].parent = directory;
      ++tree_.inodes_[directory].link_count;
    } else {
      ++inode.link_count;
    }
  }
}

}  // namespace nacre::tree
