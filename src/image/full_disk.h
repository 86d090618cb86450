// What a full disk asks of a command that fails on it.
#pragma once

#include <concepts>
#include <utility>

#include "base/error.h"
#include "store/store.h"

namespace nacre::image {

// Gives the disk back what the store holds and no image needs, files unlinked on return: what a command had brought in
// before it found the disk full is of no use to anybody, and the next command may need the room. Best effort.
void give_back(store::Store& store) noexcept;

// Runs body, which takes and ends its lease; an Error no_space that leaves it gives back what body left.
template <std::invocable Body>
decltype(auto) giving_back_when_full(store::Store& store, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    if (error.code() == Code::no_space) {
      give_back(store);
    }
    throw;
  }
}

}  // namespace nacre::image
