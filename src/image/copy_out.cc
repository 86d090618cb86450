#include <array>
#include <map>
#include <ranges>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/file_writer.h"
#include "archive/tar_writer.h"
#include "base/error.h"
#include "image/files.h"

namespace nacre::image {

namespace {

using tree::InodeId;
using tree::InodeType;

// Calls visit(inode, path relative to the start, depth first, parents before children).
template <class Visit>
void walk(const tree::FileTree& tree, InodeId start, const std::string& name, const Visit& visit) {
  struct Pending {
    InodeId inode;
    std::string path;
  };
  std::vector<Pending> stack = {{start, name}};
  while (!stack.empty()) {
    const Pending current = std::move(stack.back());
    stack.pop_back();
    visit(current.inode, current.path);
    if (tree.inode(current.inode).type == InodeType::directory) {
      const auto entries = tree.entries(current.inode);
      for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        stack.push_back({entry->inode, current.path.empty() ? std::string(entry->name)
                                                            : current.path + "/" + std::string(entry->name)});
      }
    }
  }
}

timespec to_timespec(Timestamp time) {
  return {time.seconds, static_cast<long>(time.nanoseconds)};
}

// Writes a subtree below an open directory of the host. Names come from the image's tree, where none contains a slash,
// and every parent is opened without following symlinks, so nothing lands outside.
class HostWriter {
 public:
  HostWriter(const ImageFiles& files, KeepOwner owner, const CancelToken& cancel)
      : files_(files), owner_(owner), cancel_(cancel) {}

  void write_tree(InodeId start, const Fd& parent, const std::string& name) {
    walk(files_.tree(), start, name, [&](InodeId id, const std::string& path) {
      cancel_.check();
      with_context([&] { return "copy to '" + path + "'"; }, [&] { write_node(id, parent, path); });
    });
    // Directories last, deepest first: what was put into them changed their times, and may need their write permission.
    for (const auto& [id, path] : std::views::reverse(directories_)) {
      const Fd handle = open_beneath(parent, path, O_RDONLY | O_DIRECTORY);
      set_metadata(handle, files_.tree().inode(id));
    }
    directories_.clear();
  }

 private:
  // The parent directory of a path below `root`, no symlink followed on the way.
  static Fd open_beneath(const Fd& root, const std::string& path, int flags) {
    Fd current = root.duplicate();
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t slash = std::min(path.find('/', begin), path.size());
      const bool last = slash == path.size();
      current = open_at(current, path.substr(begin, slash - begin), (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW);
      begin = slash + 1;
    }
    return current;
  }

  static std::pair<Fd, std::string> split(const Fd& root, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
      return {root.duplicate(), path};
    }
    return {open_beneath(root, path.substr(0, slash), O_PATH | O_DIRECTORY), path.substr(slash + 1)};
  }

  void write_node(InodeId id, const Fd& root, const std::string& path) {
    const tree::Inode& inode = files_.tree().inode(id);
    const auto [parent, name] = split(root, path);
    if (inode.type == InodeType::directory) {
      if (::mkdirat(parent.get(), name.c_str(), 0700) != 0 && errno != EEXIST) {
        throw sys_error("create directory");
      }
      directories_.emplace_back(id, path);
      return;
    }
    if (::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
      throw sys_error(errno == EISDIR ? "cannot overwrite directory with non-directory" : "replace");
    }
    if (const auto first = written_.find(id); first != written_.end()) {
      const auto [first_parent, first_name] = split(root, first->second);
      if (::linkat(first_parent.get(), first_name.c_str(), parent.get(), name.c_str(), 0) != 0) {
        throw sys_error("link");
      }
      return;
    }
    write_leaf(id, inode, parent, name);
    if (inode.link_count > 1) {
      written_.emplace(id, path);
    }
  }

  void write_regular(InodeId id, const tree::Inode& inode, const Fd& parent, const std::string& name) {
    const Fd file = open_at(parent, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    try {
      archive::FileWriter writer(file);
      files_.read(id, writer, cancel_);
      writer.finish();
      set_metadata(file, inode);
    } catch (...) {
      ::unlinkat(parent.get(), name.c_str(), 0);  // half a file looks like a whole one
      throw;
    }
  }

  void write_leaf(InodeId id, const tree::Inode& inode, const Fd& parent, const std::string& name) {
    if (inode.type == InodeType::regular) {
      write_regular(id, inode, parent, name);
      return;
    }
    if (inode.type == InodeType::symlink) {
      if (::symlinkat(std::string(files_.tree().target(id)).c_str(), parent.get(), name.c_str()) != 0) {
        throw sys_error("create symlink");
      }
    } else {
      const mode_t kind = inode.type == InodeType::char_device    ? S_IFCHR
                          : inode.type == InodeType::block_device ? S_IFBLK
                          : inode.type == InodeType::socket       ? S_IFSOCK
                                                                  : S_IFIFO;
      const dev_t device = makedev(inode.device_major, inode.device_minor);
      if (::mknodat(parent.get(), name.c_str(), kind | inode.mode, device) != 0) {
        throw sys_error("create device");
      }
    }
    const std::array<timespec, 2> times = {to_timespec(inode.mtime), to_timespec(inode.mtime)};
    ::utimensat(parent.get(), name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
    if (owner_ == KeepOwner::yes &&
        ::fchownat(parent.get(), name.c_str(), inode.uid, inode.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      throw sys_error("change owner");
    }
  }

  void set_metadata(const Fd& file, const tree::Inode& inode) const {
    if (owner_ == KeepOwner::yes && ::fchown(file.get(), inode.uid, inode.gid) != 0) {
      throw sys_error("change owner");
    }
    // Without its owner a setuid bit would make a program of the user's.
    const mode_t mode = owner_ == KeepOwner::yes ? inode.mode : inode.mode & 01777U;
    if (::fchmod(file.get(), mode) != 0) {
      throw sys_error("change mode");
    }
    const std::array<timespec, 2> times = {to_timespec(inode.mtime), to_timespec(inode.mtime)};
    ::futimens(file.get(), times.data());
  }

  const ImageFiles& files_;
  KeepOwner owner_;
  const CancelToken& cancel_;
  std::vector<std::pair<InodeId, std::string>> directories_;
  std::map<InodeId, std::string> written_;  // hard-linked files already there
};

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return std::string(path.substr(path.rfind('/') + 1));
}

// The absolute path without trailing slashes, so that it has a last component.
fs::path trimmed(const fs::path& path) {
  std::string text = fs::absolute(path).native();
  while (text.size() > 1 && text.ends_with('/')) {
    text.pop_back();
  }
  return text;
}

// What a copy into a directory is called: a link that is followed keeps its own name, whatever it leads to.
std::string copied_name(const ImageFiles& files, std::string_view path, const tree::FileTree::Located& located) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);  // behind a slash the link itself could not be found
  }
  const auto named = files.locate(path, tree::FollowLast::no);
  const bool is_link = files.tree().inode(named.inode).type == InodeType::symlink;
  return base_name(is_link ? named.path : located.path);
}

bool names_content(std::string_view path) {
  return path == "." || path.ends_with("/.");
}

archive::TarMember to_member(const tree::FileTree& tree, InodeId id, const std::string& path) {
  const tree::Inode& inode = tree.inode(id);
  archive::TarMember member;
  member.path = path;
  member.mode = inode.mode;
  member.uid = inode.uid;
  member.gid = inode.gid;
  member.mtime = inode.mtime;
  member.device_major = inode.device_major;
  member.device_minor = inode.device_minor;
  for (const auto& xattr : tree.xattrs(id)) {
    member.xattrs.emplace(xattr.name, xattr.value);
  }
  switch (inode.type) {
    case InodeType::directory:
      member.type = archive::MemberType::directory;
      member.path += '/';
      break;
    case InodeType::symlink:
      member.type = archive::MemberType::symlink;
      member.link_target = tree.target(id);
      break;
    case InodeType::char_device:
      member.type = archive::MemberType::char_device;
      break;
    case InodeType::block_device:
      member.type = archive::MemberType::block_device;
      break;
    case InodeType::fifo:
      member.type = archive::MemberType::fifo;
      break;
    case InodeType::regular:
      member.size = inode.size;
      break;
    case InodeType::socket:
    case InodeType::whiteout:
    case InodeType::link_below:
      break;  // no member of a tar; the caller passes over them
  }
  return member;
}

bool fits_tar(InodeType type) {
  return type != InodeType::socket && type != InodeType::whiteout && type != InodeType::link_below;
}

class TarSink : public archive::ByteSink {
 public:
  explicit TarSink(archive::TarWriter& writer) : writer_(writer) {}
  void write(Bytes bytes) override { writer_.write(bytes); }

 private:
  archive::TarWriter& writer_;
};

}  // namespace

void copy_out(const ImageFiles& files, std::string_view path, const fs::path& destination, tree::FollowLast follow,
              KeepOwner owner, const CancelToken& cancel) {
  const auto located = files.locate(path, follow);
  const bool source_is_directory = files.tree().inode(located.inode).type == InodeType::directory;
  const bool into = fs::is_directory(destination);
  const fs::path target = trimmed(destination);
  const std::string name = into ? copied_name(files, path, located) : target.filename().native();
  HostWriter writer(files, owner, cancel);

  if (source_is_directory && into && (names_content(path) || name.empty())) {
    const Fd directory = open_file(destination, O_RDONLY | O_DIRECTORY);
    for (const auto& entry : files.tree().entries(located.inode)) {
      writer.write_tree(entry.inode, directory, std::string(entry.name));
    }
    return;
  }
  if (!into && !source_is_directory && destination.native().ends_with('/')) {
    throw Error(Code::not_found, fmt::format("copy to '{}': the directory does not exist", destination.native()));
  }
  if (!into && source_is_directory && path_exists(destination)) {
    throw Error(Code::invalid_argument,
                fmt::format("copy to '{}': cannot copy a directory to a file", destination.native()));
  }
  const Fd directory = open_file(into ? destination : target.parent_path(), O_RDONLY | O_DIRECTORY);
  writer.write_tree(located.inode, directory, name);
}

void copy_out_as_tar(const ImageFiles& files, std::string_view path, archive::ByteSink& sink, tree::FollowLast follow,
                     const CancelToken& cancel) {
  const auto located = files.locate(path, follow);
  const std::string name = names_content(path) || located.path == "/" ? "." : base_name(located.path);
  archive::TarWriter writer(sink);
  TarSink data(writer);
  std::map<InodeId, std::string> written;
  walk(files.tree(), located.inode, name, [&](InodeId id, const std::string& member_path) {
    cancel.check();
    const tree::Inode& inode = files.tree().inode(id);
    if (!fits_tar(inode.type)) {
      return;
    }
    archive::TarMember member = to_member(files.tree(), id, member_path);
    const bool linked = inode.type != InodeType::directory && inode.link_count > 1;
    if (const auto first = linked ? written.find(id) : written.end(); first != written.end()) {
      member.type = archive::MemberType::hard_link;
      member.link_target = first->second;
      member.size = 0;
      writer.add(member);
      return;
    }
    writer.add(member);
    if (inode.type == InodeType::regular) {
      files.read(id, data, cancel);
    }
    if (linked) {
      written.emplace(id, member_path);
    }
  });
  writer.finish();
}

}  // namespace nacre::image
