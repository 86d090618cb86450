#include "mount_support.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "oci/digest.h"

namespace nacre::snapshot::test {

namespace {

std::string xattrs_of(const fs::path& path) {
  std::string names(4096, '\0');
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  std::map<std::string, std::string> values;
  for (std::size_t at = 0; length > 0 && at < static_cast<std::size_t>(length);) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    std::string value(4096, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    value.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!name.starts_with("trusted.overlay.")) {
      values[name] = value;
    }
  }
  std::string text;
  for (const auto& [name, value] : values) {
    text += fmt::format(" {}={}", name, value);
  }
  return text;
}

std::string content_of(const fs::path& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) {
    return fs::read_symlink(path).native();
  }
  if (S_ISREG(status.st_mode)) {
    const std::string content = read_file(path, 64 << 20);
    return content.size() > 64 ? oci::Digest::of(content).short_id() : content;
  }
  return S_ISDIR(status.st_mode) ? "" : fmt::format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
}

}  // namespace

bool can_mount() {
  static const bool entered = [] {
    if (::geteuid() != 0) {
      return false;
    }
    try {
      enter_private_mount_namespace();
      return true;
    } catch (const Error&) {
      return false;
    }
  }();
  return entered;
}

std::map<std::string, std::string> describe(const fs::path& root) {
  std::map<std::string, std::string> found;
  std::map<ino_t, std::string> first_names;
  std::map<std::string, fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    paths[entry.path().lexically_relative(root).native()] = entry.path();
  }
  paths["."] = root;
  for (const auto& [name, path] : paths) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
      throw sys_error("stat", path.native());
    }
    const bool linked = !S_ISDIR(status.st_mode) && status.st_nlink > 1;
    if (linked && first_names.contains(status.st_ino)) {
      found[name] = "link to " + first_names[status.st_ino];
      continue;
    }
    first_names[status.st_ino] = name;
    found[name] = fmt::format("{:o} {}:{} {}.{:09} {}{}", status.st_mode, status.st_uid, status.st_gid,
                              status.st_mtim.tv_sec, status.st_mtim.tv_nsec, content_of(path, status), xattrs_of(path));
  }
  return found;
}

void MountTest::write(const fs::path& file, std::string_view content) const {
  write_all(open_file(file, O_WRONLY | O_CREAT | O_TRUNC), as_bytes(content));
}

}  // namespace nacre::snapshot::test
