// Paths inside a mounted root, which its image or container chose: nothing here follows a symlink out of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace nacre::runtime {

// Where a path inside a root really is on the host, symlinks resolved; nothing when it does not exist.
std::optional<fs::path> resolve_inside(const Fd& root, const fs::path& path);

// Makes a directory with its parents (mode 0755) inside a root; one that exists is fine. Throws Error
// (invalid_argument) when a component is something else: "cannot mkdir: /x is not a directory".
void make_directory_inside(const Fd& root, std::string_view path);

}  // namespace nacre::runtime
