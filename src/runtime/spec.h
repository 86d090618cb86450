// The OCI runtime specification of a container, with docker's defaults. Source: runtime-spec 1.0.2 config.md and
// config-linux.md; defaults as moby's oci/defaults.go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/json.h"
#include "runtime/cgroup.h"
#include "runtime/run_options.h"
#include "runtime/user_lookup.h"

namespace nacre::runtime {

// One entry of "mounts", after the standard ones.
struct SpecMount {
  std::string destination;
  std::string type;  // "bind", "tmpfs"
  std::string source;
  std::vector<std::string> options;
};

struct TerminalSize {
  unsigned short rows = 0;
  unsigned short columns = 0;
};

struct Limits {
  std::optional<std::uint64_t> memory;
  std::optional<std::int64_t> memory_and_swap;  // -1: unlimited
  std::optional<std::int64_t> nano_cpus;
  std::optional<std::int64_t> pids;  // -1: unlimited
  std::vector<Ulimit> ulimits;
};

// Everything decided: users looked up, mounts prepared, capabilities worked out.
struct SpecInput {
  std::string id;
  fs::path root;  // the mounted root file system
  RootAccess root_access = RootAccess::read_write;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string working_directory = "/";
  ContainerUser user;
  Terminal terminal = Terminal::no;
  std::optional<TerminalSize> terminal_size;
  std::string hostname;
  NetworkMode network = NetworkMode::none;
  Privilege privilege = Privilege::normal;
  std::vector<std::string> capabilities;
  std::optional<oci::OrderedJson> seccomp;  // linux.seccomp
  std::vector<SpecMount> mounts;
  Limits limits;
  CgroupMode cgroups = CgroupMode::v2;
  std::string stop_signal;  // "": not said
};

// Pure, but for a privileged container, which gets the devices this host has.
oci::OrderedJson make_spec(const SpecInput& input);

}  // namespace nacre::runtime
