// Compares a tree with the plain files it was laid out as. Internal to store/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/fd.h"
#include "store/chain_files.h"
#include "tree/file_tree.h"

namespace nacre::store {

// What is not as it should be in the directory `root`, one thing at a time: names that are missing or too many, types,
// modes, owners, modification times, devices, link targets, hard links, extended attributes, every byte of content.
// Attributes of the "user." class may be missing (not every file system has them), and more of any class may be there
// (a security module adds its own). Returns for example "'usr/bin/ping': content differs"; nothing where all is well.
// Adds the bytes it read to bytes_read. Follows no symlink. Throws Error where it cannot look.
std::optional<std::string> first_difference(const tree::FileTree& tree, ChainFiles& files, const Fd& root,
                                            const CancelToken& cancel, std::uint64_t& bytes_read);

}  // namespace nacre::store
