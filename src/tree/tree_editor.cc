#include "tree/tree_editor.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "tree/tree_assembler.h"

namespace nacre::tree {

namespace {

std::uint64_t memory_of(const InodeExtra& extra) {
  std::uint64_t memory = sizeof(InodeExtra) + extra.target.size() + extra.extents.size() * sizeof(Extent);
  for (const Xattr& xattr : extra.xattrs) {
    memory += sizeof(Xattr) + xattr.name.size() + xattr.value.size();
  }
  return memory;
}

}  // namespace

TreeEditor::TreeEditor(std::uint64_t max_memory) : max_memory_(max_memory), slots_(64, none) {
  add({.type = InodeType::directory, .directory_kind = DirectoryKind::implicit, .mode = 0755});
}

// What was replaced or unlinked still counts: most of it stays until finish().
void TreeEditor::spend(std::uint64_t memory) {
  memory_ += memory;
  if (memory_ > max_memory_) {
    throw Error(Code::unsupported, fmt::format("all files up to here, with their names and attributes, need more than "
                                               "{} MiB of memory",
                                               max_memory_ >> 20));
  }
}

std::string_view TreeEditor::intern(std::string_view name) {
  spend(name.size());
  return names_.add(name);
}

InodeId TreeEditor::add(Inode inode, InodeExtra extra) {
  spend(sizeof(Inode) + sizeof(std::uint32_t));
  const auto id = static_cast<InodeId>(inodes_.size());
  inodes_.emplace_back();
  first_node_.push_back(none);
  replace(id, inode, std::move(extra));
  return id;
}

void TreeEditor::replace(InodeId id, Inode inode, InodeExtra extra) {
  if (!extra.empty()) {
    spend(memory_of(extra));
  }
  std::uint32_t place = inodes_[id].extra;
  inodes_[id] = inode;
  extra.target = names_.add(extra.target);
  if (place != Inode::no_extra) {
    extras_[place] = std::move(extra);
  } else if (!extra.empty()) {
    place = static_cast<std::uint32_t>(extras_.size());
    extras_.push_back(std::move(extra));
  }
  inodes_[id].extra = place;
}

const InodeExtra& TreeEditor::extra(InodeId id) const {
  static const InodeExtra nothing;
  return inodes_[id].extra == Inode::no_extra ? nothing : extras_[inodes_[id].extra];
}

// The slot that holds the entry, or the free one where it belongs.
std::size_t TreeEditor::slot_of(InodeId directory, std::string_view name, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != none) {
    const Node& node = nodes_[slots_[slot]];
    if (node.hash == hash && node.directory == directory && node.name == name) {
      break;
    }
    slot = (slot + 1) & mask;
  }
  return slot;
}

std::optional<InodeId> TreeEditor::child(InodeId directory, std::string_view name) const {
  const auto hash = static_cast<std::uint32_t>(hash_(directory, name));
  const std::uint32_t place = slots_[slot_of(directory, name, hash)];
  if (place == none || nodes_[place].inode == none) {
    return std::nullopt;
  }
  return nodes_[place].inode;
}

TreeEditor::Linked TreeEditor::link(InodeId directory, std::string_view name, InodeId inode) {
  const auto hash = static_cast<std::uint32_t>(hash_(directory, name));
  std::uint32_t& slot = slots_[slot_of(directory, name, hash)];
  if (slot != none) {
    const InodeId before = std::exchange(nodes_[slot].inode, inode);
    return before == none ? Linked::fresh : Linked::replaced;
  }
  spend(sizeof(Node) + 2 * sizeof(std::uint32_t) + name.size());
  slot = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({names_.add(name), directory, inode, first_node_[directory], hash});
  first_node_[directory] = slot;
  if (nodes_.size() * 2 > slots_.size()) {
    grow();
  }
  return Linked::fresh;
}

void TreeEditor::unlink(InodeId directory, std::string_view name) {
  const auto hash = static_cast<std::uint32_t>(hash_(directory, name));
  const std::uint32_t place = slots_[slot_of(directory, name, hash)];
  if (place != none) {
    nodes_[place].inode = none;
  }
}

void TreeEditor::clear(InodeId directory) {
  for (std::uint32_t place = first_node_[directory]; place != none; place = nodes_[place].next) {
    nodes_[place].inode = none;
  }
}

void TreeEditor::grow() {
  slots_.assign(slots_.size() * 2, none);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t place = 0; place < nodes_.size(); ++place) {
    std::size_t slot = nodes_[place].hash & mask;
    while (slots_[slot] != none) {
      slot = (slot + 1) & mask;
    }
    slots_[slot] = place;
  }
}

std::vector<Entry> TreeEditor::live_entries(InodeId directory) const {
  std::vector<Entry> entries;
  for (std::uint32_t place = first_node_[directory]; place != none; place = nodes_[place].next) {
    if (nodes_[place].inode != none) {
      entries.push_back({nodes_[place].name, nodes_[place].inode});
    }
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

FileTree TreeEditor::finish() && {
  slots_ = {};  // the largest part of the editor, and lookups are over
  TreeAssembler assembler(std::move(names_));
  assembler.reserve(inodes_.size(), nodes_.size());
  std::vector<InodeId> new_ids(inodes_.size(), none);
  const auto renumber = [&](InodeId old) {
    if (new_ids[old] == none) {
      const std::uint32_t place = inodes_[old].extra;
      new_ids[old] = assembler.add(inodes_[old], place == Inode::no_extra ? InodeExtra{} : std::move(extras_[place]));
    }
    return new_ids[old];
  };
  renumber(root_inode);
  std::vector<InodeId> waiting{root_inode};
  while (!waiting.empty()) {
    const InodeId directory = waiting.back();
    waiting.pop_back();
    std::vector<Entry> entries = live_entries(directory);
    for (const Entry& entry : std::views::reverse(entries)) {
      if (inodes_[entry.inode].type == InodeType::directory) {
        waiting.push_back(entry.inode);
      }
    }
    for (Entry& entry : entries) {
      entry.inode = renumber(entry.inode);
    }
    assembler.set_entries(new_ids[directory], entries);
  }
  return std::move(assembler).finish();
}

}  // namespace nacre::tree
