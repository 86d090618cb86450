#include "runtime/spec.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "runtime/spec_devices.h"

namespace nacre::runtime {

namespace {

using oci::OrderedJson;

constexpr std::array<const char*, 12> masked_paths = {
    "/proc/asound",      "/proc/acpi",          "/proc/interrupts", "/proc/kcore",
    "/proc/keys",        "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi",          "/sys/firmware",    "/sys/devices/virtual/powercap"};
constexpr std::array<const char*, 5> read_only_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                        "/proc/sysrq-trigger"};

OrderedJson mount_entry(const SpecMount& mount) {
  OrderedJson entry;
  entry["destination"] = mount.destination;
  entry["type"] = mount.type;
  entry["source"] = mount.source;
  entry["options"] = mount.options;
  return entry;
}

OrderedJson make_mounts(const SpecInput& input) {
  const bool privileged = input.privilege == Privilege::privileged;
  const std::string access = privileged ? "rw" : "ro";
  std::vector<SpecMount> standard = {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {access, "nosuid", "noexec", "nodev"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}},
  };
  if (input.cgroups == CgroupMode::none) {
    std::erase_if(standard, [](const SpecMount& mount) { return mount.type == "cgroup"; });
  }
  // The caller's mount of one of these places replaces it ("-v /dev/shm:/dev/shm").
  std::erase_if(standard, [&](const SpecMount& mount) {
    return std::ranges::any_of(input.mounts,
                               [&](const SpecMount& own) { return own.destination == mount.destination; });
  });
  OrderedJson mounts = OrderedJson::array();
  for (const SpecMount& mount : standard) {
    mounts.push_back(mount_entry(mount));
  }
  for (const SpecMount& mount : input.mounts) {
    mounts.push_back(mount_entry(mount));
  }
  return mounts;
}

OrderedJson make_process(const SpecInput& input) {
  OrderedJson process;
  process["terminal"] = input.terminal == Terminal::yes;
  if (input.terminal == Terminal::yes && input.terminal_size) {
    process["consoleSize"]["height"] = input.terminal_size->rows;
    process["consoleSize"]["width"] = input.terminal_size->columns;
  }
  process["user"]["uid"] = input.user.uid;
  process["user"]["gid"] = input.user.gid;
  process["user"]["additionalGids"] = input.user.additional_gids;
  process["args"] = input.arguments;
  process["env"] = input.environment;
  process["cwd"] = input.working_directory;
  // Nothing inheritable (CVE-2022-24769), nothing ambient: a process that is not root starts with none, as in docker.
  for (const char* set : {"bounding", "effective", "permitted"}) {
    process["capabilities"][set] = input.capabilities;
  }
  for (const Ulimit& limit : input.limits.ulimits) {
    OrderedJson entry;
    entry["type"] = limit.rlimit_name();
    entry["hard"] = static_cast<std::uint64_t>(limit.hard);  // -1 is RLIM_INFINITY
    entry["soft"] = static_cast<std::uint64_t>(limit.soft);
    process["rlimits"].push_back(std::move(entry));
  }
  process["oomScoreAdj"] = 0;
  return process;
}

OrderedJson make_resources(const SpecInput& input) {
  OrderedJson resources;
  resources["devices"] = device_rules(input.privilege);
  if (input.limits.memory) {
    resources["memory"]["limit"] = *input.limits.memory;
  }
  if (input.limits.memory_and_swap) {
    resources["memory"]["swap"] = *input.limits.memory_and_swap;
  }
  if (input.limits.nano_cpus) {
    constexpr std::int64_t period = 100'000;  // microseconds
    constexpr std::int64_t billion = 1'000'000'000;
    // cpus * period, in an order that cannot overflow.
    const std::int64_t whole = *input.limits.nano_cpus / billion;
    const std::int64_t part = *input.limits.nano_cpus % billion;
    resources["cpu"]["quota"] = whole * period + part * period / billion;
    resources["cpu"]["period"] = period;
  }
  if (input.limits.pids) {
    resources["pids"]["limit"] = *input.limits.pids;
  }
  return resources;
}

OrderedJson make_namespaces(const SpecInput& input) {
  OrderedJson namespaces = OrderedJson::array();
  for (const char* type : {"mount", "uts", "pid", "ipc"}) {
    namespaces.push_back({{"type", type}});
  }
  if (input.network != NetworkMode::host) {
    namespaces.push_back({{"type", "network"}});
  }
  // On v1 docker shows the host's groups: a namespace of them would hide the limits from tools that read them.
  if (input.cgroups == CgroupMode::v2 && input.privilege != Privilege::privileged) {
    namespaces.push_back({{"type", "cgroup"}});
  }
  return namespaces;
}

OrderedJson make_linux(const SpecInput& input) {
  OrderedJson linux;
  if (input.network != NetworkMode::host) {
    linux["sysctl"]["net.ipv4.ip_unprivileged_port_start"] = "0";
    linux["sysctl"]["net.ipv4.ping_group_range"] = "0 2147483647";
  }
  linux["resources"] = make_resources(input);
  linux["cgroupsPath"] = container_cgroup(input.id);
  linux["namespaces"] = make_namespaces(input);
  if (input.privilege == Privilege::privileged) {
    linux["devices"] = host_devices();
    return linux;
  }
  if (input.seccomp) {
    linux["seccomp"] = *input.seccomp;
  }
  linux["maskedPaths"] = masked_paths;
  linux["readonlyPaths"] = read_only_paths;
  return linux;
}

}  // namespace

OrderedJson make_spec(const SpecInput& input) {
  OrderedJson spec;
  spec["ociVersion"] = "1.0.2";
  spec["process"] = make_process(input);
  spec["root"]["path"] = input.root.native();
  spec["root"]["readonly"] = input.root_access == RootAccess::read_only;
  spec["hostname"] = input.hostname;
  spec["mounts"] = make_mounts(input);
  if (!input.stop_signal.empty()) {
    spec["annotations"]["org.opencontainers.image.stopSignal"] = input.stop_signal;
  }
  spec["linux"] = make_linux(input);
  return spec;
}

}  // namespace nacre::runtime
