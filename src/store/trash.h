// Away with files in O(1): renamed here, unlinked later. Internal to store/.
#pragma once

#include "store/layout.h"

namespace nacre::store {

// Renames a file or directory into the trash under a name of its own. Returns the bytes that unlinking it will give
// back; 0 when it is not there.
std::uint64_t move_to_trash(const Layout& layout, const fs::path& path);

// Unlinks what is in the trash now; what another process unlinks at the same time is fine. Returns the bytes given
// back.
std::uint64_t unlink_trash(const Layout& layout);

// The same in a process of its own, which outlives this one, keeps none of its files open and yields to everybody.
// Returns at once.
void unlink_trash_in_background(const Layout& layout);

}  // namespace nacre::store
