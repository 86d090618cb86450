// From a layer's tar to its tree.
#pragma once

#include <memory>

#include "archive/tar_reader.h"
#include "tree/file_tree.h"

namespace nacre::tree {

// Takes a layer's members in the order of the tar. Source for whiteouts: OCI image-spec layer.md.
//
// Paths: leading slashes and "." go; a member or a hard link's target that leaves the root ("../x") is an Error
// (corrupt) naming it. Parents are followed through symlinks of this same layer, inside the root; missing ones become
// implicit directories. The last of several members of one path counts; a directory named twice keeps its entries; a
// directory replaced by a file loses them. `.wh.x` is a whiteout of x, `.wh..wh..opq` makes its directory opaque; both
// only hide what lower layers have; other `.wh..wh.` names (aufs) are ignored. A hard link whose target this layer
// lacks becomes link_below. A component longer than 255 bytes or a path longer than 4095 is an Error (corrupt); a tree
// that would need more than about `max_memory` bytes (ten million files with short names) is one (unsupported).
class LayerTreeBuilder {
 public:
  static constexpr std::uint64_t default_max_memory = std::uint64_t{1} << 30;

  explicit LayerTreeBuilder(std::uint64_t max_memory = default_max_memory);
  ~LayerTreeBuilder();
  LayerTreeBuilder(LayerTreeBuilder&&) noexcept;

  void add(const archive::TarMember& member);
  FileTree finish();  // once; entries sorted, link counts filled in

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads a whole tar: every member added, then the rest drained.
FileTree read_layer_tree(archive::ByteSource& tar);

}  // namespace nacre::tree
