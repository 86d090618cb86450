// A stack of layers from anything: the input is cut into tars, each is read to a tree, and the trees are merged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "archive/byte_stream.h"
#include "base/error.h"
#include "tree/diff.h"
#include "tree/layer_tree.h"
#include "tree/merge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using nacre::tree::FileTree;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<FileTree> layers;
  try {
    // The first byte of each layer says how many 512-byte blocks it has.
    while (!rest.empty() && layers.size() < 4) {
      const std::size_t length = (static_cast<unsigned char>(rest[0]) + std::size_t{1}) * 512;
      const auto source = nacre::archive::memory_source(std::string(rest.substr(1, length)));
      rest.remove_prefix(std::min(rest.size(), length + 1));
      layers.push_back(nacre::tree::read_layer_tree(*source));
    }
    std::vector<const FileTree*> pointers;
    for (const FileTree& layer : layers) {
      pointers.push_back(&layer);
    }
    const FileTree merged = nacre::tree::merge(pointers);
    for (nacre::tree::InodeId id = 0; id < merged.inode_count(); ++id) {
      const auto type = merged.inode(id).type;
      if (type == nacre::tree::InodeType::whiteout || type == nacre::tree::InodeType::link_below ||
          merged.inode(id).link_count == 0) {
        std::abort();
      }
    }
    if (!nacre::tree::diff(merged, merged, [](auto, auto) { return true; }).empty()) {
      std::abort();
    }
  } catch (const nacre::Error& error) {
    if (error.code() == nacre::Code::internal) {
      std::abort();
    }
  }
  return 0;
}
