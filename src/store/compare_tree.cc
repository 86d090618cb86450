#include "store/compare_tree.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace nacre::store {

namespace {

using tree::Inode;
using tree::InodeId;
using tree::InodeType;

// In words, or empty.
using Difference = std::string_view;

std::string path_of(const Fd& directory, const std::string& name) {
  return fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
}

bool has_type(const struct stat& info, InodeType type) {
  switch (type) {
    case InodeType::regular:
      return S_ISREG(info.st_mode);
    case InodeType::directory:
      return S_ISDIR(info.st_mode);
    case InodeType::symlink:
      return S_ISLNK(info.st_mode);
    case InodeType::char_device:
      return S_ISCHR(info.st_mode);
    case InodeType::block_device:
      return S_ISBLK(info.st_mode);
    case InodeType::fifo:
      return S_ISFIFO(info.st_mode);
    case InodeType::socket:
      return S_ISSOCK(info.st_mode);
    case InodeType::whiteout:
    case InodeType::link_below:
      break;
  }
  return false;
}

Difference metadata_difference(const Inode& inode, const struct stat& info) {
  if (!has_type(info, inode.type)) {
    return "type differs";
  }
  if (info.st_uid != inode.uid || info.st_gid != inode.gid) {
    return "owner differs";
  }
  if (inode.type != InodeType::symlink && (info.st_mode & 07777) != inode.mode) {
    return "mode differs";
  }
  if (info.st_mtim.tv_sec != inode.mtime.seconds || std::cmp_not_equal(info.st_mtim.tv_nsec, inode.mtime.nanoseconds)) {
    return "modification time differs";
  }
  const bool is_device = inode.type == InodeType::char_device || inode.type == InodeType::block_device;
  if (is_device && info.st_rdev != makedev(inode.device_major, inode.device_minor)) {
    return "device differs";
  }
  if (inode.type != InodeType::directory && info.st_nlink != inode.link_count) {
    return "hard links differ";
  }
  return {};
}

Difference xattr_difference(const std::string& path, std::span<const tree::Xattr> xattrs) {
  std::string value(XATTR_SIZE_MAX, '\0');
  for (const tree::Xattr& xattr : xattrs) {
    const ssize_t size = ::lgetxattr(path.c_str(), xattr.name.c_str(), value.data(), value.size());
    const bool may_be_missing = xattr.name.starts_with("user.");
    if (size < 0 ? !may_be_missing : std::string_view(value).substr(0, static_cast<std::size_t>(size)) != xattr.value) {
      return "extended attributes differ";
    }
  }
  return {};
}

// Walks the tree holding one directory open, as it was laid out, so that depth costs no descriptors.
class Comparison {
 public:
  Comparison(const tree::FileTree& tree, ChainFiles& files, const CancelToken& cancel, std::uint64_t& bytes_read)
      : tree_(tree), files_(files), cancel_(cancel), bytes_read_(bytes_read) {}

  std::optional<std::string> run(const Fd& root) {
    current_ = root.duplicate();
    Difference found = enter(tree::root_inode, "");
    while (found.empty() && !path_.empty()) {
      if (Level& level = path_.back(); level.next < tree_.entries(level.directory).size()) {
        found = look_at(tree_.entries(level.directory)[level.next++]);
      } else {
        found = leave();
      }
    }
    return found.empty() ? std::nullopt : std::optional(fmt::format("'{}': {}", shown_path(), found));
  }

 private:
  struct Level {
    InodeId directory;
    std::size_t next = 0;
    std::string name;
  };

  std::string shown_path() const {
    std::string path;
    for (const Level& level : path_) {
      path += level.name.empty() ? "" : level.name + "/";
    }
    return path + name_;  // with a slash at the end: a directory itself
  }

  Difference enter(InodeId directory, std::string name) {
    path_.push_back({directory, 0, std::move(name)});
    name_.clear();
    const auto expected = tree_.entries(directory);
    std::vector<std::string> found = list_directory(path_of(current_, "."));
    std::ranges::sort(found);
    for (const std::string& each : found) {
      if (!std::ranges::binary_search(expected, std::string_view(each), {}, &tree::Entry::name)) {
        name_ = each;
        return "is too many";
      }
    }
    return {};
  }

  // The directory's own metadata last: what changed in it says more than the time that changed with it.
  Difference leave() {
    name_.clear();
    const Difference found = difference(".", path_.back().directory);
    if (found.empty()) {
      path_.pop_back();
      if (!path_.empty()) {
        current_ = open_at(current_, "..", O_RDONLY | O_DIRECTORY);
      }
    }
    return found;
  }

  Difference look_at(const tree::Entry& entry) {
    cancel_.check();
    name_ = entry.name;
    if (tree_.inode(entry.inode).type != InodeType::directory) {
      return difference(name_, entry.inode);
    }
    if (const auto info = status(name_); !info || !S_ISDIR(info->st_mode)) {
      return info ? "type differs" : "is missing";
    }
    current_ = open_at(current_, name_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return enter(entry.inode, name_);
  }

  std::optional<struct stat> status(const std::string& name) const {
    struct stat info{};
    if (::fstatat(current_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
      return info;
    }
    if (errno == ENOENT) {
      return std::nullopt;
    }
    throw sys_error("look at", name);
  }

  Difference difference(const std::string& name, InodeId id) {
    const auto info = status(name);
    if (!info) {
      return "is missing";
    }
    const Inode& inode = tree_.inode(id);
    if (const Difference found = metadata_difference(inode, *info); !found.empty()) {
      return found;
    }
    if (inode.type != InodeType::directory && inode.link_count > 1) {
      // Its other names lead to the same file, whose content was looked at with the first of them.
      const auto [known, is_new] = linked_.emplace(id, info->st_ino);
      if (!is_new) {
        return known->second == info->st_ino ? Difference() : "hard links differ";
      }
    }
    if (const Difference found = xattr_difference(path_of(current_, name), tree_.xattrs(id)); !found.empty()) {
      return found;
    }
    if (inode.type == InodeType::symlink) {
      return read_link(name) == tree_.target(id) ? Difference() : "target differs";
    }
    if (inode.type == InodeType::regular && !has_content(name, id, *info)) {
      return "content differs";
    }
    return {};
  }

  std::string read_link(const std::string& name) const {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlinkat(current_.get(), name.c_str(), target.data(), target.size());
    if (size < 0) {
      throw sys_error("read symlink", name);
    }
    target.resize(static_cast<std::size_t>(size));
    return target;
  }

  bool has_content(const std::string& name, InodeId id, const struct stat& info) {
    const Inode& inode = tree_.inode(id);
    if (std::cmp_not_equal(info.st_size, inode.size)) {
      return false;
    }
    const Fd file = open_at(current_, name, O_RDONLY | O_NOFOLLOW);
    std::uint64_t end = 0;
    for (const tree::Extent& extent : tree_.extents(id)) {
      if (!is_hole(file, end, extent.file_offset) || !has_bytes(file, extent, files_[inode.device])) {
        return false;
      }
      end = extent.file_offset + extent.length;
    }
    return is_hole(file, end, inode.size);
  }

  // Whether only zeros are read between two offsets. What the file system has no data for need not be read.
  bool is_hole(const Fd& file, std::uint64_t begin, std::uint64_t end) {
    while (begin < end) {
      cancel_.check();
      const off_t data = ::lseek(file.get(), static_cast<off_t>(begin), SEEK_DATA);
      if (data < 0 || std::cmp_greater_equal(data, end)) {
        return true;
      }
      begin = static_cast<std::uint64_t>(data);
      const MutableBytes part = std::span(found_).first(std::min<std::uint64_t>(found_.size(), end - begin));
      read_exactly_at(file, part, begin);
      bytes_read_ += part.size();
      if (std::ranges::any_of(part, [](std::byte byte) { return byte != std::byte{0}; })) {
        return false;
      }
      begin += part.size();
    }
    return true;
  }

  bool has_bytes(const Fd& file, const tree::Extent& extent, const Fd& tar) {
    for (std::uint64_t done = 0; done < extent.length;) {
      cancel_.check();
      const std::size_t size = std::min<std::uint64_t>(found_.size(), extent.length - done);
      const MutableBytes found = std::span(found_).first(size);
      const MutableBytes wanted = std::span(wanted_).first(size);
      read_exactly_at(file, found, extent.file_offset + done);
      read_exactly_at(tar, wanted, extent.device_offset + done);
      bytes_read_ += size;
      if (!std::ranges::equal(found, wanted)) {
        return false;
      }
      done += size;
    }
    return true;
  }

  const tree::FileTree& tree_;
  ChainFiles& files_;
  const CancelToken& cancel_;
  std::uint64_t& bytes_read_;
  Fd current_;               // the directory of path_.back()
  std::vector<Level> path_;  // from the root down
  std::string name_;         // of what is looked at in it; empty: itself
  std::map<InodeId, ino_t> linked_;
  std::vector<std::byte> found_ = std::vector<std::byte>(128 * 1024);
  std::vector<std::byte> wanted_ = std::vector<std::byte>(128 * 1024);
};

}  // namespace

std::optional<std::string> first_difference(const tree::FileTree& tree, ChainFiles& files, const Fd& root,
                                            const CancelToken& cancel, std::uint64_t& bytes_read) {
  return Comparison(tree, files, cancel, bytes_read).run(root);
}

}  // namespace nacre::store
