#include "runtime/root_paths.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::runtime {

std::optional<fs::path> resolve_inside(const Fd& root, const fs::path& path) {
  try {
    const Fd found = open_in_root(root, path, O_PATH);
    return fs::read_symlink(fmt::format("/proc/self/fd/{}", found.get()));
  } catch (const Error& error) {
    if (error.sys_errno() == ENOENT || error.sys_errno() == ENOTDIR) {
      return std::nullopt;
    }
    throw;
  }
}

void make_directory_inside(const Fd& root, std::string_view path) {
  fs::path reached = "/";
  Fd directory = root.duplicate();
  for (const fs::path& component : fs::path(path).relative_path().lexically_normal()) {
    if (component.empty() || component == ".") {
      continue;
    }
    const fs::path next = reached / component;
    if (::mkdirat(directory.get(), component.c_str(), 0755) != 0 && errno != EEXIST) {
      throw sys_error("make directory", next.native());
    }
    try {
      // From the root again: the component may be a symlink, absolute or with "..".
      directory = open_in_root(root, next, O_PATH | O_DIRECTORY);
    } catch (const Error& error) {
      if (error.sys_errno() == ENOTDIR || error.sys_errno() == ENOENT) {
        throw Error(Code::invalid_argument, fmt::format("cannot mkdir: {} is not a directory", next.native()),
                    error.sys_errno());
      }
      throw;
    }
    reached = next;
  }
}

}  // namespace nacre::runtime
