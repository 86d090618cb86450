// A file system being configured with the mount API of Linux 5.2: fsopen, fsconfig, fsmount, move_mount.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/file.h"

namespace nacre::snapshot {

// One file system type. Every failure carries what the kernel says on the context ("erofs: cannot find valid
// superblock"), not only errno. Not thread-safe.
class FsContext {
 public:
  explicit FsContext(std::string type);  // throws Error (unsupported) when the kernel does not know the type

  // A mount option with a value. No escaping: the kernel takes the string as it is.
  void set(const std::string& key, const std::string& value);
  // An option whose value is a path. One that is too long for the kernel (255 bytes), or has a character that some
  // kernel takes for a separator or an escape, is passed as a descriptor's name in /proc.
  void set_path(const std::string& key, const fs::path& path);
  // The same, returning false when the kernel does not know the option (EINVAL).
  [[nodiscard]] bool try_set_path(const std::string& key, const fs::path& path);
  void set_flag(const std::string& key);

  // Makes the file system and mounts it on `target`. attributes: MOUNT_ATTR_*. Call once.
  void mount_at(const fs::path& target, unsigned attributes);

 private:
  int configure(unsigned command, const char* key, const char* value);
  std::string plain_name(const fs::path& path);
  [[noreturn]] void fail(int error_number, const std::string& action) const;

  std::string type_;
  Fd context_;
  std::vector<Fd> opened_;  // behind the /proc names given to the kernel; needed until the file system is made
};

}  // namespace nacre::snapshot
