// The names in a layer's tar, made safe. Internal to tree/.
#pragma once

#include <string>
#include <string_view>

namespace nacre::tree {

inline constexpr std::size_t max_path_length = 4095;  // Linux: PATH_MAX without the terminator
inline constexpr std::size_t max_name_length = 255;   // Linux: NAME_MAX

// A member's path or a hard link's target as a relative path without ".", ".." and doubled slashes; "" is the root.
// Throws Error (corrupt) when it leads out of the root, or is too long.
std::string clean_path(std::string_view path);

// A path for a message: in quotes, shortened, with what a terminal might act on escaped.
std::string quoted(std::string_view path);

}  // namespace nacre::tree
