#include "tree/name_arena.h"

#include <algorithm>
#include <cstring>

namespace nacre::tree {
namespace {

// The first block is small, for trees of a handful of files; then they double up to a size malloc maps.
constexpr std::size_t smallest_block = 1024;
constexpr std::size_t largest_block = 256 * 1024;

}  // namespace

std::string_view NameArena::add(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  if (text.size() > left_) {
    const std::size_t doubled = smallest_block << std::min<std::size_t>(blocks_.size(), 8);
    left_ = std::max(text.size(), std::min(doubled, largest_block));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    free_ = blocks_.back().get();
  }
  std::memcpy(free_, text.data(), text.size());
  const std::string_view copy(free_, text.size());
  free_ += text.size();
  left_ -= text.size();
  return copy;
}

}  // namespace nacre::tree
