#include "test/unit/erofs/mount_support.h"

#include <algorithm>
#include <map>

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archive/byte_stream.h"
#include "base/error.h"
#include "base/subprocess.h"
#include "oci/digest.h"
#include "test/unit/erofs/image_support.h"
#include "test/unit/tree/members.h"

namespace nacre::erofs {
namespace {

void configure(const Fd& context, unsigned command, const char* key, const char* value) {
  if (::fsconfig(context.get(), command, key, value, 0) != 0) {
    throw sys_error("fsconfig", key == nullptr ? "create" : key);
  }
}

void attach(const Fd& context, const fs::path& target) {
  configure(context, FSCONFIG_CMD_CREATE, nullptr, nullptr);
  const Fd mounted(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
  if (!mounted || ::move_mount(mounted.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    throw sys_error("mount", target.string());
  }
}

Fd open_context(const char* filesystem) {
  Fd context(::fsopen(filesystem, FSOPEN_CLOEXEC));
  if (!context) {
    throw sys_error("fsopen", filesystem);
  }
  return context;
}

std::optional<std::string> try_mount() {
  if (::unshare(CLONE_NEWNS) != 0) {
    return "no mount namespace of its own: " + sys_error("unshare").message();
  }
  try {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      throw sys_error("mount", "/");
    }
    if (::mount("tmpfs", scratch().c_str(), "tmpfs", 0, nullptr) != 0) {
      throw sys_error("mount", scratch().string());
    }
    const TempDir directory(fs::temp_directory_path(), "nacre-erofs-");
    const std::string image = image_of(tree::build({}), std::vector<std::string>{});
    write_file(directory.path() / "image", image);
    make_directories(directory.path() / "mounted");
    TestMount::erofs(directory.path() / "image", {}, directory.path() / "mounted");
    return std::nullopt;
  } catch (const Error& error) {
    return error.message();
  }
}

std::string xattrs_of(const fs::path& path) {
  static std::string names;
  names.resize(4096);
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  names.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  std::map<std::string, std::string> found;
  for (std::size_t begin = 0; begin < names.size(); begin = names.find('\0', begin) + 1) {
    const char* name = names.c_str() + begin;
    std::string value(4096, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    value.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    found[name] = value;
  }
  std::string text;
  for (const auto& [name, value] : found) {
    text += fmt::format(" {}={}", name, oci::Digest::of(value).str().substr(7, 12));
  }
  return text;
}

std::string content_of(const fs::path& path) {
  const Fd file = open_file(path, O_RDONLY);
  static std::string buffer(1 << 20, '\0');
  oci::Hasher hasher;
  while (const std::size_t size = read_up_to(file, std::as_writable_bytes(std::span(buffer)))) {
    hasher.update(as_bytes(std::string_view(buffer).substr(0, size)));
  }
  return hasher.finish().str();
}

class Inventory {
 public:
  Inventory(fs::path root, LinkCounts link_counts) : root_(std::move(root)), link_counts_(link_counts) {}

  std::vector<std::string> take() {
    visit("");
    return std::move(lines_);
  }

 private:
  void visit(const std::string& path) {
    const fs::path full = root_.string() + path;
    struct stat status{};
    if (::lstat(full.c_str(), &status) != 0) {
      if (errno == ENOENT) {
        return;
      }
      throw sys_error("lstat", full.string());
    }
    lines_.push_back(describe(path, full, status));
    if (S_ISDIR(status.st_mode)) {
      for (const std::string& name : list_directory(full)) {
        visit(path + "/" + name);
      }
    }
  }

  std::string describe(const std::string& path, const fs::path& full, const struct stat& status) {
    std::string line = fmt::format("{} {:o} {}:{} {}.{:09}", path, status.st_mode, status.st_uid, status.st_gid,
                                   status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (S_ISREG(status.st_mode)) {
      line += fmt::format(" {} {}", status.st_size, content_of(full));
    } else if (S_ISLNK(status.st_mode)) {
      line += fmt::format(" {} -> {}", status.st_size, fs::read_symlink(full).string());
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      line += fmt::format(" {}:{}", major(status.st_rdev), minor(status.st_rdev));
    }
    if (!S_ISDIR(status.st_mode) && link_counts_ == LinkCounts::compare) {
      const std::string& first = first_names_.try_emplace(status.st_ino, path).first->second;
      line += fmt::format(" links {}{}", status.st_nlink, first == path ? "" : " as " + first);
    }
    return line + xattrs_of(full);
  }

  fs::path root_;
  LinkCounts link_counts_;
  std::vector<std::string> lines_;
  std::map<ino_t, std::string> first_names_;
};

}  // namespace

std::optional<std::string> why_no_mounts() {
  static const std::optional<std::string> reason = try_mount();
  return reason;
}

fs::path scratch() {
  return "/mnt";
}

TestMount TestMount::erofs(const fs::path& image, const std::vector<fs::path>& devices, const fs::path& target) {
  const Fd context = open_context("erofs");
  configure(context, FSCONFIG_SET_STRING, "source", image.c_str());
  for (const fs::path& device : devices) {
    configure(context, FSCONFIG_SET_STRING, "device", device.c_str());
  }
  attach(context, target);
  return TestMount(target);
}

TestMount TestMount::overlay(const std::vector<fs::path>& layers, const fs::path& target) {
  const Fd context = open_context("overlay");
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    configure(context, FSCONFIG_SET_STRING, "lowerdir+", layer->c_str());
  }
  attach(context, target);
  return TestMount(target);
}

TestMount::~TestMount() {
  if (!target_.empty()) {
    ::umount2(target_.c_str(), MNT_DETACH);
  }
}

std::vector<std::string> inventory(const fs::path& root, LinkCounts link_counts) {
  return Inventory(root, link_counts).take();
}

void write_file(const fs::path& path, std::string_view content) {
  write_all(open_file(path, O_WRONLY | O_CREAT | O_EXCL), as_bytes(content));
}

void run(const std::vector<std::string>& argv) {
  const CapturedOutput result = run_captured({.argv = argv, .environment = std::nullopt, .keep_open = {}});
  if (result.status.shell_code() != 0) {
    throw Error(Code::internal, fmt::format("{}: {}", argv[0], result.error));
  }
}

}  // namespace nacre::erofs
