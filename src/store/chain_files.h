// The files that the data of a stack's tree are in.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/fd.h"
#include "store/layout.h"

namespace nacre::store {

// The tars of a stack's layers by the number of the device that stands for them in the tree: layers[i], bottom first,
// for device i. For one thread; `layout` and `layers` are only referred to.
class ChainFiles {
 public:
  ChainFiles(const Layout& layout, std::span<const oci::DiffId> layers) : layout_(layout), layers_(layers) {}

  // Opened when first needed and kept, the most recent ones only: tars are read in the order of the tree, in turns, and
  // a stack of a thousand layers must not run out of descriptors. Good until the next call. Throws Error.
  const Fd& operator[](std::uint16_t device);

 private:
  const Layout& layout_;
  std::span<const oci::DiffId> layers_;
  std::map<std::uint16_t, Fd> open_;
};

}  // namespace nacre::store
