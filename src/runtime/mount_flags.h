// What -v, --mount and --tmpfs ask for. Source of grammar and texts: docker/cli opts/mount.go and moby volume/mounts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::runtime {

enum class MountType {
  bind,              // a path of the host
  anonymous_volume,  // a directory of this container alone, filled from the image
  tmpfs,
  image,  // another image's tree, read-only
};
enum class MountAccess { read_write, read_only };
enum class Recursion { yes, no };
enum class MissingSource { create, refuse };  // -v makes a directory of the host that is not there, --mount does not

struct MountRequest {
  MountType type = MountType::bind;
  std::string source;  // bind: absolute path; image: its name
  std::string target;  // absolute, cleaned ("/a//b/../c" is "/a/c")
  MountAccess access = MountAccess::read_write;
  std::string propagation = "rprivate";  // bind
  Recursion recursion = Recursion::yes;  // bind
  MissingSource missing = MissingSource::refuse;
  std::vector<std::string> tmpfs_options;  // added to nosuid, nodev, noexec
  std::string image_subpath;               // relative to the image's root; "": all of it

  bool operator==(const MountRequest&) const = default;
};

// All throw Error (invalid_argument) with docker's text; named volumes are unsupported.
// -v: "/host:/target[:ro,z,rslave]", "./relative:/target", or "/target" alone for an anonymous volume.
MountRequest parse_volume_flag(std::string_view text);
// --mount: a CSV line of key=value.
MountRequest parse_mount_flag(std::string_view text);
// --tmpfs: "/target[:size=64m,exec]".
MountRequest parse_tmpfs_flag(std::string_view text);

// Two mounts of one target are an Error (invalid_argument): "duplicate mount point: /x".
void check_duplicate_targets(std::span<const MountRequest> mounts);

// The options a tmpfs is mounted with: the safe defaults with `requested` on top, the later of contrary ones winning.
std::vector<std::string> merged_tmpfs_options(std::span<const std::string> requested);

}  // namespace nacre::runtime
