// Memory for many short strings that die together.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace nacre::tree {

// Strings are packed into blocks that never move, so the views stay valid as long as the arena, also when it is moved.
class NameArena {
 public:
  NameArena() = default;
  NameArena(NameArena&& other) noexcept
      : blocks_(std::move(other.blocks_)),
        free_(std::exchange(other.free_, nullptr)),
        left_(std::exchange(other.left_, 0)) {}
  NameArena& operator=(NameArena&& other) noexcept {
    blocks_ = std::move(other.blocks_);
    free_ = std::exchange(other.free_, nullptr);
    left_ = std::exchange(other.left_, 0);
    return *this;
  }

  // A copy of the text that lives as long as the arena.
  std::string_view add(std::string_view text);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;  // what is left of the last block
  std::size_t left_ = 0;
};

}  // namespace nacre::tree
