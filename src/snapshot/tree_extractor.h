// A FileTree laid out as plain files. Internal to snapshot/.
#pragma once

#include "base/cancel.h"
#include "base/fd.h"
#include "store/chain_files.h"
#include "tree/file_tree.h"

namespace nacre::snapshot {

// Lays a whole merged tree out as `root` in `parent`, an empty directory that nobody else touches: types, owners,
// modes, nanosecond times, hard links, devices, xattrs (file capabilities among them), holes as holes. Needs root.
// Extended attributes of the "user." class are left out where the file system or the kernel has no place for them.
// Nothing is synced. Throws Error naming the path; what was written until then stays, for the owner of `parent` to
// remove.
void extract_tree(const tree::FileTree& tree, store::ChainFiles& files, const Fd& parent, const CancelToken& cancel);

}  // namespace nacre::snapshot
