// A stack of layers as one tree.
#pragma once

#include <memory>
#include <span>

#include "tree/file_tree.h"
#include "tree/layer_tree.h"

namespace nacre::tree {

// The tree that an overlay mount of the layers shows, bottom first; device i is layers[i]'s tar. Whiteouts, opaque and
// implicit directories are resolved, link_below joins the file below (Error corrupt when there is none or it is a
// directory), a directory replaces a file and the other way round. At most 65,534 layers, and about `max_memory` bytes,
// as in LayerTreeBuilder (Error unsupported); what upper layers hide counts as well. Source: OCI image-spec layer.md
// "Applying Changesets".
class StackMerger {
 public:
  static constexpr std::uint64_t default_max_memory = 2 * LayerTreeBuilder::default_max_memory;

  explicit StackMerger(std::uint64_t max_memory = default_max_memory);
  ~StackMerger();

  void add(const FileTree& layer);  // on top of those before; it is not needed afterwards
  FileTree finish();                // once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same for layers that are all there.
FileTree merge(std::span<const FileTree* const> layers);

}  // namespace nacre::tree
