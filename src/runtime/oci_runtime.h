// The OCI runtime that makes containers: runc or crun, whichever works on this host.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/file.h"
#include "runtime/cgroup.h"

namespace nacre::runtime {

// What `info` tells of containers on this host.
struct HostRuntime {
  std::string name;  // "runc", "crun"; "" when there is none
  fs::path path;
  std::string reason;   // why this one: "crun does not support hybrid cgroups"
  std::string version;  // "1.1.5"; only from describe_runtime()
  CgroupMode cgroups = CgroupMode::none;
  std::string seccomp_profile;  // its path, or why there is none
};

// Decides without starting a process. crun is preferred (it starts faster) where it can work: it refuses hybrid
// cgroups, and on v2 needs CAP_SYS_RESOURCE for its device rules. NACRE_RUNTIME in the environment (a name or a path)
// forces one. Never throws for a missing runtime: name is "" and reason says which package to install.
HostRuntime choose_runtime(const HostCgroups& cgroups);
// The same with the runtime's version, for `info`.
HostRuntime describe_runtime();

// The runtime with a state directory of nacre's own.
class OciRuntime {
 public:
  // Throws Error (unsupported) when `host` names none.
  OciRuntime(HostRuntime host, fs::path state_directory);
  // Below /run/nacre, or $XDG_RUNTIME_DIR/nacre without root.
  static fs::path default_state_directory();

  struct Streams {
    int standard_input = -1;  // -1: /dev/null
    int standard_output = -1;
    int standard_error = -1;
  };
  // Creates and starts the container of `bundle` (with config.json), whose process has the streams as its own, or with
  // console_socket a terminal whose master is sent there. Returns the process ID of its init, which is a child of this
  // process if that is a child subreaper. Throws StartError with the runtime's true reason; nothing is left of the
  // container.
  pid_t start(const std::string& id, const fs::path& bundle, const Streams& streams,
              const fs::path& console_socket) const;

  // Takes away what the runtime keeps of a container whose processes are all gone.
  void forget(const std::string& id, const HostCgroups& cgroups) const;
  // Kills a container in whatever state and takes everything of it away. One that is not there is fine. Never throws.
  void destroy(const std::string& id, const HostCgroups& cgroups) const noexcept;

  // Where a container's console socket goes: a path short enough for a socket, made fit for one.
  fs::path console_socket(const std::string& id) const;

 private:
  HostRuntime host_;
  fs::path state_;
};

}  // namespace nacre::runtime
