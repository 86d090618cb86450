#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace nacre {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// What unlinking this name gives back: nothing while other names or a directory's own blocks remain.
std::uint64_t bytes_freed(const struct stat& info) {
  const bool last_link = S_ISDIR(info.st_mode) || info.st_nlink <= 1;
  return last_link ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

Directory open_directory_at(int parent, const char* name) {
  const int number = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (number < 0) {
    if (errno == ENOENT) {
      return nullptr;
    }
    throw sys_error("open directory", name);
  }
  Directory directory(::fdopendir(number));
  if (!directory) {
    const int error_number = errno;
    ::close(number);
    throw sys_error_from(error_number, "open directory", name);
  }
  return directory;
}

// One level of the walk: an open directory, and the name by which its parent knows it.
struct Level {
  Directory directory;
  std::string name;
  std::uint64_t own_bytes;
};

// Removes one name that is no directory; returns false when it turned out to be one.
bool unlink_at(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
    return true;
  }
  if (errno == EISDIR || errno == EPERM) {
    return false;
  }
  throw sys_error("remove", name);
}

void remove_directory_at(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    throw sys_error("remove directory", name);
  }
}

const dirent* next_entry(DIR* directory) {
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      return entry;
    }
  }
  return nullptr;
}

}  // namespace

// Walks with descriptors, deepest first, without recursion: a tree may be as deep as an attacker likes, and a symlink
// swapped in during the walk is never followed.
std::uint64_t remove_tree(const fs::path& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return 0;
    }
    throw sys_error("stat", path.native());
  }
  if (!S_ISDIR(info.st_mode)) {
    remove_file(path);
    return bytes_freed(info);
  }

  std::uint64_t freed = 0;
  std::vector<Level> levels;
  if (Directory top = open_directory_at(AT_FDCWD, path.c_str())) {
    levels.push_back({std::move(top), path.native(), bytes_freed(info)});
  }
  while (!levels.empty()) {
    DIR* const current = levels.back().directory.get();
    const int parent = ::dirfd(current);
    if (const dirent* entry = next_entry(current)) {
      const std::string name = entry->d_name;
      if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      if (!S_ISDIR(info.st_mode) && unlink_at(parent, name.c_str())) {
        freed += bytes_freed(info);
      } else if (Directory below = open_directory_at(parent, name.c_str())) {
        levels.push_back({std::move(below), name, bytes_freed(info)});
      }
      continue;
    }
    const Level done = std::move(levels.back());
    levels.pop_back();
    remove_directory_at(levels.empty() ? AT_FDCWD : ::dirfd(levels.back().directory.get()), done.name);
    freed += done.own_bytes;
  }
  return freed;
}

}  // namespace nacre
