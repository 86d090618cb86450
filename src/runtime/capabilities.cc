#include "runtime/capabilities.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

// In the order of their numbers: include/uapi/linux/capability.h.
constexpr std::array<std::string_view, 41> names = {"CAP_CHOWN",
                                                    "CAP_DAC_OVERRIDE",
                                                    "CAP_DAC_READ_SEARCH",
                                                    "CAP_FOWNER",
                                                    "CAP_FSETID",
                                                    "CAP_KILL",
                                                    "CAP_SETGID",
                                                    "CAP_SETUID",
                                                    "CAP_SETPCAP",
                                                    "CAP_LINUX_IMMUTABLE",
                                                    "CAP_NET_BIND_SERVICE",
                                                    "CAP_NET_BROADCAST",
                                                    "CAP_NET_ADMIN",
                                                    "CAP_NET_RAW",
                                                    "CAP_IPC_LOCK",
                                                    "CAP_IPC_OWNER",
                                                    "CAP_SYS_MODULE",
                                                    "CAP_SYS_RAWIO",
                                                    "CAP_SYS_CHROOT",
                                                    "CAP_SYS_PTRACE",
                                                    "CAP_SYS_PACCT",
                                                    "CAP_SYS_ADMIN",
                                                    "CAP_SYS_BOOT",
                                                    "CAP_SYS_NICE",
                                                    "CAP_SYS_RESOURCE",
                                                    "CAP_SYS_TIME",
                                                    "CAP_SYS_TTY_CONFIG",
                                                    "CAP_MKNOD",
                                                    "CAP_LEASE",
                                                    "CAP_AUDIT_WRITE",
                                                    "CAP_AUDIT_CONTROL",
                                                    "CAP_SETFCAP",
                                                    "CAP_MAC_OVERRIDE",
                                                    "CAP_MAC_ADMIN",
                                                    "CAP_SYSLOG",
                                                    "CAP_WAKE_ALARM",
                                                    "CAP_BLOCK_SUSPEND",
                                                    "CAP_AUDIT_READ",
                                                    "CAP_PERFMON",
                                                    "CAP_BPF",
                                                    "CAP_CHECKPOINT_RESTORE"};

// Docker's default set, in its order.
constexpr std::array<std::string_view, 14> defaults = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE"};

constexpr std::string_view all = "ALL";

bool in_bounding_set(std::size_t number) {
  return ::prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1;
}

std::vector<std::string> everything() {
  std::vector<std::string> result;
  for (std::size_t number = 0; number < names.size(); ++number) {
    if (in_bounding_set(number)) {
      result.emplace_back(names[number]);
    }
  }
  return result;
}

// "net_admin" and "CAP_NET_ADMIN" are "CAP_NET_ADMIN"; "all" is "ALL".
std::vector<std::string> normalized(std::span<const std::string> given, std::string_view flag) {
  std::vector<std::string> result;
  for (const std::string& text : given) {
    std::string name = upper(text);
    if (name != all && name != "CAP_ALL") {
      if (!name.starts_with("CAP_")) {
        name.insert(0, "CAP_");
      }
      if (std::ranges::find(names, name) == names.end()) {
        throw Error(Code::invalid_argument, fmt::format("invalid {}: unknown capability: \"{}\"", flag, name));
      }
    } else {
      name = all;
    }
    result.push_back(std::move(name));
  }
  return result;
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

}  // namespace

std::vector<std::string> container_capabilities(std::span<const std::string> add, std::span<const std::string> drop,
                                                Privilege privilege) {
  const std::vector<std::string> added = normalized(add, "CapAdd");
  const std::vector<std::string> dropped = normalized(drop, "CapDrop");
  if (privilege == Privilege::privileged) {
    return everything();
  }
  std::vector<std::string> result;
  if (contains(added, all)) {
    result = everything();
  } else if (!contains(dropped, all)) {
    result.assign(defaults.begin(), defaults.end());
  }
  std::erase_if(result, [&](const std::string& name) { return contains(dropped, name); });
  for (const std::string& name : added) {
    if (name != all && !contains(result, name)) {
      result.push_back(name);
    }
  }
  return result;
}

bool host_has_capability(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found != names.end() && in_bounding_set(static_cast<std::size_t>(found - names.begin()));
}

}  // namespace nacre::runtime
