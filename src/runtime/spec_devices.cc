#include "runtime/spec_devices.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"

namespace nacre::runtime {

namespace {

using oci::OrderedJson;

// A rule for every device of a type, or for one; type is null for both types.
OrderedJson allow(const char* type, std::optional<int> major, std::optional<int> minor, const char* access) {
  OrderedJson result;
  result["allow"] = true;
  if (type != nullptr) {
    result["type"] = type;
  }
  if (major) {
    result["major"] = *major;
  }
  if (minor) {
    result["minor"] = *minor;
  }
  result["access"] = access;
  return result;
}

OrderedJson deny_everything() {
  OrderedJson result;
  result["allow"] = false;
  result["access"] = "rwm";
  return result;
}

// Left out of a privileged container: directories and links that every container gets its own of.
bool is_private(std::string_view name) {
  constexpr std::array<std::string_view, 8> names = {"pts",  "shm",         "fd",    "mqueue",
                                                     ".lxc", ".lxd-mounts", ".udev", "console"};
  return std::ranges::find(names, name) != names.end();
}

void add_devices(const fs::path& directory, int depth, OrderedJson& devices) {
  constexpr int max_depth = 8;
  for (const std::string& name : list_directory(directory)) {
    const fs::path path = directory / name;
    struct stat status{};
    if (is_private(name) || ::lstat(path.c_str(), &status) != 0) {
      continue;
    }
    if (S_ISDIR(status.st_mode)) {
      if (depth < max_depth) {
        add_devices(path, depth + 1, devices);
      }
      continue;
    }
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) {
      continue;
    }
    OrderedJson device;
    device["path"] = path.native();
    device["type"] = S_ISCHR(status.st_mode) ? "c" : "b";
    device["major"] = major(status.st_rdev);
    device["minor"] = minor(status.st_rdev);
    device["fileMode"] = status.st_mode & 0777U;
    device["uid"] = status.st_uid;
    device["gid"] = status.st_gid;
    devices.push_back(std::move(device));
  }
}

}  // namespace

OrderedJson device_rules(Privilege privilege) {
  if (privilege == Privilege::privileged) {
    return OrderedJson::array({allow(nullptr, std::nullopt, std::nullopt, "rwm")});
  }
  OrderedJson rules = OrderedJson::array({
      deny_everything(),
      allow("c", std::nullopt, std::nullopt,
            "m"),  // making device nodes is harmless when using them is not allowed
      allow("b", std::nullopt, std::nullopt, "m"),
  });
  // null, zero, full, random, urandom, tty, console, ptmx
  constexpr std::array<std::pair<int, int>, 8> usable = {
      {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}}};
  for (const auto& [major, minor] : usable) {
    rules.push_back(allow("c", major, minor, "rwm"));
  }
  constexpr int pseudo_terminals = 136;
  rules.push_back(allow("c", pseudo_terminals, std::nullopt, "rwm"));
  return rules;
}

OrderedJson host_devices(const fs::path& directory) {
  OrderedJson devices = OrderedJson::array();
  add_devices(directory, 0, devices);
  return devices;
}

}  // namespace nacre::runtime
