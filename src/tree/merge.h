// A stack of layers as one tree.
#pragma once

#include <span>

#include "tree/file_tree.h"

namespace nacre::tree {

// The tree that an overlay mount of the layers shows, bottom first; device i is layers[i]'s tar. Whiteouts, opaque and
// implicit directories are resolved, link_below joins the file below (Error corrupt when there is none or it is a
// directory), a directory replaces a file and the other way round. At most 65,534 layers. Source: OCI image-spec
// layer.md "Applying Changesets".
FileTree merge(std::span<const FileTree* const> layers);

}  // namespace nacre::tree
