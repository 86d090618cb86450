// Makes the two kinds of index: a layer's from its tar, a stack's from its layers. The same input gives the same bytes,
// so an index can be verified by making it again. Internal to store/.
#pragma once

#include <span>

#include "archive/byte_stream.h"
#include "base/cancel.h"
#include "store/layout.h"
#include "tree/file_tree.h"

namespace nacre::store {

// `tree` is the tar's.
void build_layer_index(const tree::FileTree& tree, const Fd& tar, archive::ByteSink& out);

// Reads the layers' indexes, and of their tars only the few bytes that cannot be mapped.
void build_chain_index(const Layout& layout, std::span<const oci::DiffId> layers, const CancelToken& cancel,
                       archive::ByteSink& out);

}  // namespace nacre::store
