// Users and groups by the image's own tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace nacre::runtime {

struct ContainerUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;  // supplementary groups, the gid itself first
  std::string home = "/";
  bool operator==(const ContainerUser&) const = default;
};

// "", "name", "uid", "name:group", "uid:gid", ":group", looked up in /etc/passwd and /etc/group below `root` (a
// directory; symlinks in it never lead out). Numbers need no entry; supplementary groups come with a user that has one,
// unless a group is given. Throws Error (invalid_argument) with docker's texts: "unable to find user x: no matching
// entries in passwd file", "unable to find group x: no matching entries in group file", "uids and gids must be in range
// 0-2147483647".
ContainerUser look_up_user(const Fd& root, std::string_view user);

}  // namespace nacre::runtime
