#include "runtime/cgroup.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

bool is_cgroup2(const fs::path& path) {
  struct statfs status{};
  return ::statfs(path.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

CgroupMode detect(const fs::path& root) {
  if (is_cgroup2(root)) {
    return CgroupMode::v2;
  }
  if (is_cgroup2(root / "unified")) {
    return CgroupMode::hybrid;
  }
  return path_exists(root / "memory") || path_exists(root / "devices") || path_exists(root / "cpu") ? CgroupMode::v1
                                                                                                    : CgroupMode::none;
}

constexpr std::uint64_t max_listing = 1024 * 1024;

// Removes a group, killing what is in it. Members take a moment to leave, so a busy group is tried again, for a second.
void destroy_group(const fs::path& group) {
  using namespace std::chrono_literals;
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    if (::rmdir(group.c_str()) == 0 || errno == ENOENT) {
      return;
    }
    if (errno != EBUSY) {
      return;
    }
    std::istringstream members(read_file(group / "cgroup.procs", max_listing));
    for (pid_t pid = 0; members >> pid;) {
      if (pid > 0) {
        ::kill(pid, SIGKILL);
      }
    }
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace

std::string_view name_of(CgroupMode mode) noexcept {
  switch (mode) {
    case CgroupMode::v2:
      return "v2";
    case CgroupMode::v1:
      return "v1";
    case CgroupMode::hybrid:
      return "hybrid";
    case CgroupMode::none:
      break;
  }
  return "none";
}

HostCgroups::HostCgroups(fs::path root) : root_(std::move(root)), mode_(detect(root_)) {}

bool HostCgroups::has_controller(std::string_view name) const {
  if (mode_ != CgroupMode::v2) {
    return path_exists(root_ / name);
  }
  const std::string controllers = read_file(root_ / "cgroup.controllers", max_listing);
  const auto words = split(std::string_view(controllers).substr(0, controllers.find('\n')), ' ');
  return std::ranges::find(words, name) != words.end();
}

bool HostCgroups::counts_swap() const {
  return mode_ == CgroupMode::v2 || path_exists(root_ / "memory" / "memory.memsw.limit_in_bytes");
}

void HostCgroups::destroy(std::string_view path) const noexcept {
  try {
    const fs::path relative = fs::path(path).relative_path();
    if (mode_ == CgroupMode::v2) {
      destroy_group(root_ / relative);
    } else if (mode_ != CgroupMode::none) {
      for (const std::string& hierarchy : list_directory(root_)) {
        destroy_group(root_ / hierarchy / relative);
      }
    }
  } catch (const Error&) {
    // A group that goes away while we look is what we want; another that cannot be removed is empty and harmless.
  }
}

std::string container_cgroup(std::string_view container_id) {
  return fmt::format("/nacre/{}", container_id);
}

}  // namespace nacre::runtime
