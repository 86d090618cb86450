// What a run comes to once the options met the image's configuration and the host. Internal to runtime/.
#pragma once

#include <string>
#include <vector>

#include "oci/image_config.h"
#include "runtime/cgroup.h"
#include "runtime/run_options.h"
#include "runtime/spec.h"

namespace nacre::runtime {

// Everything that can be known, and be wrong, before anything is made.
struct RunPlan {
  std::vector<std::string> arguments;
  std::string command_text;  // as `ps` shows it
  std::string user;
  std::string working_directory;
  std::string stop_signal;
  std::vector<std::string> capabilities;
  Limits limits;
  std::string init_program;  // "": none
};

// Throws Error for options that cannot be met. Warns of limits that this host cannot set, and leaves them out, as
// docker does.
RunPlan plan_run(const RunOptions& options, const oci::ContainerDefaults& defaults, const HostCgroups& cgroups);

// Where the init program of --init is mounted, and what it is called there.
inline constexpr const char* init_target = "/sbin/docker-init";

}  // namespace nacre::runtime
