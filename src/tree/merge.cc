#include "tree/merge.h"

#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "tree/member_path.h"
#include "tree/path_walk.h"
#include "tree/tree_editor.h"

namespace nacre::tree {
namespace {

constexpr std::size_t max_layers = 65534;  // as many devices as an index can have

InodeExtra extra_of(const FileTree& tree, InodeId id) {
  const auto xattrs = tree.xattrs(id);
  InodeExtra extra{.target = tree.target(id), .xattrs = {xattrs.begin(), xattrs.end()}, .sparse = tree.is_sparse(id)};
  if (extra.sparse) {
    extra.extents = tree.extents(id);
  }
  return extra;
}

// One layer on its way into the merged tree. Costs what the layer has, however large the tree is already.
class LayerApplication {
 public:
  LayerApplication(TreeEditor& merged, const FileTree& layer, std::uint16_t device)
      : merged_(merged), layer_(layer), device_(device), ids_(layer.inode_count(), unmapped) {}

  void run() {
    // First, while the tree is still the one that the links mean.
    for (InodeId id = 0; id < layer_.inode_count(); ++id) {
      if (layer_.inode(id).type == InodeType::link_below) {
        ids_[id] = file_below(layer_.target(id));
      }
    }
    apply_root();
    while (!waiting_.empty()) {
      const auto [from, to] = waiting_.back();
      waiting_.pop_back();
      for (const Entry& entry : layer_.entries(from)) {
        apply(entry, to);
      }
    }
  }

 private:
  static constexpr InodeId unmapped = UINT32_MAX;

  InodeId file_below(std::string_view path) const {
    using Walk = PathWalk<TreeEditor>;
    Walk walk(merged_, path, FollowLast::no);
    if (walk.run() != Walk::Outcome::arrived) {
      throw Error(Code::corrupt,
                  fmt::format("layer {}: hard link to {}: no layer has that file", device_ + 1, quoted(path)));
    }
    if (merged_.inode(walk.inode()).type == InodeType::directory) {
      throw Error(Code::corrupt,
                  fmt::format("layer {}: hard link to {}: it is a directory", device_ + 1, quoted(path)));
    }
    return walk.inode();
  }

  void apply(const Entry& entry, InodeId directory) {
    switch (layer_.inode(entry.inode).type) {
      case InodeType::whiteout:
        merged_.unlink(directory, entry.name);
        return;
      case InodeType::directory:
        apply_directory(entry, directory);
        return;
      case InodeType::regular:
      case InodeType::symlink:
      case InodeType::char_device:
      case InodeType::block_device:
      case InodeType::fifo:
      case InodeType::socket:
      case InodeType::link_below:
        merged_.link(directory, entry.name, merged_id(entry.inode));
        return;
    }
  }

  void apply_directory(const Entry& entry, InodeId directory) {
    const DirectoryKind kind = layer_.inode(entry.inode).directory_kind;
    const std::optional<InodeId> below = merged_.child(directory, entry.name);
    const bool merges = below && merged_.inode(*below).type == InodeType::directory;
    if (merges && !is_opaque(kind)) {
      if (!is_implicit(kind)) {
        merged_.replace(*below, directory_inode(entry.inode), extra_of(layer_, entry.inode));
      }
      waiting_.emplace_back(entry.inode, *below);
      return;
    }
    // A new inode has no entries, which is all it takes to hide what is below.
    const InodeId made = merges && is_implicit(kind)
                             ? merged_.add(merged_.inode(*below), merged_.extra(*below))
                             : merged_.add(directory_inode(entry.inode), extra_of(layer_, entry.inode));
    merged_.link(directory, entry.name, made);
    waiting_.emplace_back(entry.inode, made);
  }

  // The root cannot be replaced by a new inode, so an opaque one is emptied.
  void apply_root() {
    const DirectoryKind kind = layer_.inode(root_inode).directory_kind;
    if (is_opaque(kind)) {
      merged_.clear(root_inode);
    }
    if (!is_implicit(kind)) {
      merged_.replace(root_inode, directory_inode(root_inode), extra_of(layer_, root_inode));
    }
    waiting_.emplace_back(root_inode, root_inode);
  }

  Inode directory_inode(InodeId id) const {
    Inode inode = layer_.inode(id);
    inode.directory_kind = DirectoryKind::normal;
    return inode;
  }

  InodeId merged_id(InodeId id) {
    if (ids_[id] == unmapped) {
      Inode inode = layer_.inode(id);
      inode.device = device_;
      ids_[id] = merged_.add(inode, extra_of(layer_, id));
    }
    return ids_[id];
  }

  TreeEditor& merged_;
  const FileTree& layer_;
  std::uint16_t device_;
  std::vector<InodeId> ids_;                          // the layer's inodes in the merged tree
  std::vector<std::pair<InodeId, InodeId>> waiting_;  // directories: the layer's, the merged one
};

}  // namespace

struct StackMerger::Impl {
  explicit Impl(std::uint64_t max_memory) : merged(max_memory) {}
  TreeEditor merged;
  std::size_t layers = 0;
};

StackMerger::StackMerger(std::uint64_t max_memory) : impl_(std::make_unique<Impl>(max_memory)) {
  impl_->merged.set_directory_kind(root_inode, DirectoryKind::normal);
}
StackMerger::~StackMerger() = default;

void StackMerger::add(const FileTree& layer) {
  if (impl_->layers == max_layers) {
    throw Error(Code::unsupported, fmt::format("merge layers: more than {}", max_layers));
  }
  LayerApplication(impl_->merged, layer, static_cast<std::uint16_t>(impl_->layers)).run();
  ++impl_->layers;
}

FileTree StackMerger::finish() {
  return std::move(impl_->merged).finish();
}

FileTree merge(std::span<const FileTree* const> layers) {
  StackMerger merger;
  for (const FileTree* layer : layers) {
    merger.add(*layer);
  }
  return merger.finish();
}

}  // namespace nacre::tree
