// The checks that -v, --mount and --tmpfs share. Internal to runtime/.
#pragma once

#include <string>
#include <string_view>

namespace nacre::runtime {

// The absolute path of a source or target, cleaned by name: "/a//b/../c" is "/a/c". Throws Error (invalid_argument):
// "invalid mount path: 'b' mount path must be absolute".
std::string clean_absolute(std::string_view path);
// The same for where a mount goes, which cannot be "/".
std::string clean_target(std::string_view path);
// "." and "./x" as paths of the caller's directory; anything else as it is.
std::string expand_relative(std::string_view path);

bool is_propagation(std::string_view word);  // "rslave"

// Throws Error saying why a volume of that name cannot be had.
[[noreturn]] void refuse_named_volume(std::string_view name);

}  // namespace nacre::runtime
