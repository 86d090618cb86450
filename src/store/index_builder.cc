#include "store/index_builder.h"

#include <array>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "erofs/image_writer.h"
#include "tree/merge.h"

namespace nacre::store {

void build_layer_index(const tree::FileTree& tree, const Fd& tar, archive::ByteSink& out) {
  const std::array<std::uint64_t, 1> sizes = {file_size(tar)};
  erofs::write_image(
      tree, sizes,
      [&](std::uint16_t, std::uint64_t offset, MutableBytes buffer) { read_exactly_at(tar, buffer, offset); }, out);
}

void build_chain_index(const Layout& layout, std::span<const oci::DiffId> layers, const CancelToken& cancel,
                       archive::ByteSink& out) {
  std::vector<tree::FileTree> trees;
  std::vector<std::uint64_t> sizes;
  for (const oci::DiffId& layer : layers) {
    cancel.check();
    with_context([&] { return fmt::format("layer {}", layer.digest.str()); },
                 [&] {
                   const MappedFile index(open_file(layout.layer_index(layer), O_RDONLY));
                   trees.push_back(erofs::read_image(index.bytes()));
                   sizes.push_back(file_size(open_file(layout.layer_tar(layer), O_RDONLY)));
                 });
  }
  std::vector<const tree::FileTree*> stack;
  for (const tree::FileTree& tree : trees) {
    stack.push_back(&tree);
  }
  // Few files need their data read, so a stack of a thousand layers does not need a thousand open tars.
  const auto read_tar = [&](std::uint16_t device, std::uint64_t offset, MutableBytes buffer) {
    read_exactly_at(open_file(layout.layer_tar(layers[device]), O_RDONLY), buffer, offset);
  };
  erofs::write_image(tree::merge(stack), sizes, read_tar, out);
}

}  // namespace nacre::store
