// Control groups of the host, and the one each container gets.
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"

namespace nacre::runtime {

enum class CgroupMode {
  v2,      // one hierarchy at /sys/fs/cgroup
  v1,      // a hierarchy a controller
  hybrid,  // v1 controllers, and an empty v2 hierarchy in /sys/fs/cgroup/unified
  none,    // not mounted
};
std::string_view name_of(CgroupMode mode) noexcept;  // "hybrid"

// The host's control groups; `root` is another place for tests.
class HostCgroups {
 public:
  explicit HostCgroups(fs::path root = "/sys/fs/cgroup");

  CgroupMode mode() const noexcept { return mode_; }
  // "memory", "cpu", "pids": whether limits of that kind can be set.
  bool has_controller(std::string_view name) const;
  // Whether memory limits can count swap.
  bool counts_swap() const;

  // Kills what still runs in a container's group ("/nacre/<id>"), in every hierarchy, and removes it. What is not there
  // is fine.
  void destroy(std::string_view path) const noexcept;

 private:
  fs::path root_;
  CgroupMode mode_;
};

// The group of a container, below the root of every hierarchy.
std::string container_cgroup(std::string_view container_id);

}  // namespace nacre::runtime
