#include "store/chain_files.h"

#include <fcntl.h>

#include "base/error.h"

namespace nacre::store {

const Fd& ChainFiles::operator[](std::uint16_t device) {
  if (const auto found = open_.find(device); found != open_.end()) {
    return found->second;
  }
  if (device >= layers_.size()) {
    throw Error(Code::corrupt, "the index refers to a layer that the stack does not have");
  }
  constexpr std::size_t max_open = 64;
  if (open_.size() >= max_open) {
    open_.clear();
  }
  return open_.emplace(device, open_file(layout_.layer_tar(layers_[device]), O_RDONLY)).first->second;
}

}  // namespace nacre::store
