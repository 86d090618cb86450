#include "snapshot/tree_extractor.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace nacre::snapshot {

namespace {

using tree::Inode;
using tree::InodeId;
using tree::InodeType;

mode_t file_type(InodeType type) {
  switch (type) {
    case InodeType::regular:
      return S_IFREG;
    case InodeType::directory:
      return S_IFDIR;
    case InodeType::symlink:
      return S_IFLNK;
    case InodeType::char_device:
      return S_IFCHR;
    case InodeType::block_device:
      return S_IFBLK;
    case InodeType::fifo:
      return S_IFIFO;
    case InodeType::socket:
      return S_IFSOCK;
    case InodeType::whiteout:
    case InodeType::link_below:
      break;
  }
  throw Error(Code::internal, "extract: a merged tree has a whiteout");
}

// Goes through the tree holding one directory open, so depth costs no descriptors: down by name without following, up
// by "..". An inode with several names is made once in `staging` and linked from there, so no path ever has to be
// spelled out, however deep the tree.
class Extractor {
 public:
  Extractor(const tree::FileTree& tree, store::ChainFiles& files, const Fd& staging, const CancelToken& cancel)
      : tree_(tree), files_(files), staging_(staging), cancel_(cancel) {}

  void run(const Fd& root) {
    current_ = root.duplicate();
    enter(tree::root_inode, "");
    while (!path_.empty()) {
      if (Level& level = path_.back(); level.next < tree_.entries(level.directory).size()) {
        add(tree_.entries(level.directory)[level.next++]);
      } else {
        leave();
      }
    }
  }

 private:
  struct Level {
    InodeId directory;
    std::size_t next = 0;
    std::string name;
  };

  std::string shown_path(std::string_view name) const {
    std::string path;
    for (const Level& level : path_) {
      path += level.name + "/";
    }
    return path + std::string(name);
  }

  void enter(InodeId directory, std::string_view name) { path_.push_back({directory, 0, std::string(name)}); }

  // The directory's own metadata last: adding entries would change its time, and its mode may forbid them.
  void leave() {
    const Level done = path_.back();
    path_.pop_back();
    if (!path_.empty()) {
      current_ = open_at(current_, "..", O_RDONLY | O_DIRECTORY);
    }
    with_context([&] { return shown_path(done.name); },
                 [&] { set_metadata(current_, path_.empty() ? "." : done.name.c_str(), done.directory); });
  }

  void add(const tree::Entry& entry) {
    cancel_.check();
    const std::string name(entry.name);
    const Inode& inode = tree_.inode(entry.inode);
    with_context([&] { return shown_path(name); },
                 [&] {
                   if (inode.type == InodeType::directory) {
                     if (::mkdirat(current_.get(), name.c_str(), 0700) != 0) {
                       throw sys_error("make directory");
                     }
                     current_ = open_at(current_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
                   } else if (inode.link_count > 1) {
                     add_link(entry.inode, name);
                   } else {
                     create(current_, name, entry.inode);
                   }
                 });
    if (inode.type == InodeType::directory) {
      enter(entry.inode, name);
    }
  }

  void add_link(InodeId id, const std::string& name) {
    const std::string staged = fmt::format("{}", id);
    if (::linkat(staging_.get(), staged.c_str(), current_.get(), name.c_str(), 0) == 0) {
      return;
    }
    if (errno != ENOENT) {
      throw sys_error("make hard link");
    }
    create(staging_, staged, id);
    if (::linkat(staging_.get(), staged.c_str(), current_.get(), name.c_str(), 0) != 0) {
      throw sys_error("make hard link");
    }
  }

  void create(const Fd& directory, const std::string& name, InodeId id) {
    const Inode& inode = tree_.inode(id);
    if (inode.type == InodeType::regular) {
      write_content(open_at(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600), id);
    } else if (inode.type == InodeType::symlink) {
      if (::symlinkat(std::string(tree_.target(id)).c_str(), directory.get(), name.c_str()) != 0) {
        throw sys_error("make symlink");
      }
    } else {
      const dev_t device = makedev(inode.device_major, inode.device_minor);
      if (::mknodat(directory.get(), name.c_str(), file_type(inode.type) | 0600, device) != 0) {
        throw sys_error("make special file");
      }
    }
    set_metadata(directory, name.c_str(), id);
  }

  void write_content(const Fd& file, InodeId id) {
    const Inode& inode = tree_.inode(id);
    std::uint64_t end = 0;
    for (const tree::Extent& extent : tree_.extents(id)) {
      if (extent.file_offset != end && ::lseek(file.get(), static_cast<off_t>(extent.file_offset), SEEK_SET) < 0) {
        throw sys_error("seek");
      }
      copy_range(files_[inode.device], extent.device_offset, extent.length, file);
      end = extent.file_offset + extent.length;
    }
    if (end != inode.size && ::ftruncate(file.get(), static_cast<off_t>(inode.size)) != 0) {
      throw sys_error("set size");
    }
  }

  // Owner first (a change of owner clears setuid and capabilities), then mode, then xattrs, then times.
  void set_metadata(const Fd& directory, const char* name, InodeId id) {
    const Inode& inode = tree_.inode(id);
    if (::fchownat(directory.get(), name, inode.uid, inode.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      throw sys_error("set owner");
    }
    if (inode.type != InodeType::symlink && ::fchmodat(directory.get(), name, inode.mode, 0) != 0) {
      throw sys_error("set mode");
    }
    if (const auto xattrs = tree_.xattrs(id); !xattrs.empty()) {
      set_xattrs(fmt::format("/proc/self/fd/{}/{}", directory.get(), name), xattrs);
    }
    const timespec mtime = {inode.mtime.seconds, inode.mtime.nanoseconds};
    const timespec times[2] = {mtime, mtime};
    if (::utimensat(directory.get(), name, times, AT_SYMLINK_NOFOLLOW) != 0) {
      throw sys_error("set time");
    }
  }

  static void set_xattrs(const std::string& path, std::span<const tree::Xattr> xattrs) {
    for (const tree::Xattr& xattr : xattrs) {
      if (::lsetxattr(path.c_str(), xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0) == 0) {
        continue;
      }
      const int error_number = errno;
      // On symlinks and special files the kernel allows no user.* at all (EPERM); a tar may still carry them.
      if (xattr.name.starts_with("user.") && (error_number == ENOTSUP || error_number == EPERM)) {
        continue;
      }
      throw sys_error_from(error_number, "set extended attribute", xattr.name);
    }
  }

  const tree::FileTree& tree_;
  store::ChainFiles& files_;
  const Fd& staging_;
  const CancelToken& cancel_;
  Fd current_;               // the directory of path_.back()
  std::vector<Level> path_;  // from the root down
};

Fd make_directory(const Fd& parent, const char* name) {
  if (::mkdirat(parent.get(), name, 0700) != 0) {
    throw sys_error("make directory", name);
  }
  return open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

// Takes the staged names away; the inodes live on under their names in the tree.
void remove_staging(const Fd& parent, const Fd& staging, const tree::FileTree& tree) {
  for (InodeId id = 0; id < tree.inode_count(); ++id) {
    if (tree.inode(id).type != InodeType::directory && tree.inode(id).link_count > 1) {
      ::unlinkat(staging.get(), fmt::format("{}", id).c_str(), 0);
    }
  }
  if (::unlinkat(parent.get(), "links", AT_REMOVEDIR) != 0) {
    throw sys_error("remove directory", "links");
  }
}

}  // namespace

void extract_tree(const tree::FileTree& tree, store::ChainFiles& files, const Fd& parent, const CancelToken& cancel) {
  const Fd staging = make_directory(parent, "links");
  const Fd root = make_directory(parent, "root");
  Extractor(tree, files, staging, cancel).run(root);
  remove_staging(parent, staging, tree);
}

}  // namespace nacre::snapshot
