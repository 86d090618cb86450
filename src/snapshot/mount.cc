#include <cerrno>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "snapshot/fs_context.h"
#include "snapshot/snapshotter.h"

namespace nacre::snapshot {

namespace {

void detach(const fs::path& target) noexcept {
  if (!target.empty()) {
    ::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  }
}

}  // namespace

Mount& Mount::operator=(Mount&& other) noexcept {
  if (this != &other) {
    detach(std::exchange(target_, std::exchange(other.target_, {})));
  }
  return *this;
}

Mount::~Mount() {
  detach(target_);
}

Mount mount_bind(const fs::path& source, const fs::path& target, BindAccess access) {
  const Fd copy(::open_tree(AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!copy) {
    throw sys_error("clone the mount of", source.native());
  }
  if (access == BindAccess::read_only) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(copy.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
      throw sys_error("make read-only the mount of", source.native());
    }
  }
  if (::move_mount(copy.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    throw sys_error("attach a mount to", target.native());
  }
  return Mount(target);
}

Mount mount_overlay(const fs::path& lower, const fs::path& upper, const fs::path& work, const fs::path& target,
                    UpperLife life) {
  return with_context([&] { return "overlay at " + target.native(); },
                      [&] {
                        if (upper.empty()) {  // the kernel makes no overlay of one directory
                          return mount_bind(lower, target, BindAccess::read_only);
                        }
                        FsContext context("overlay");
                        context.set("source", "overlay");
                        if (!context.try_set_path("lowerdir+", lower)) {  // Linux 6.5
                          context.set_path("lowerdir", lower);
                        }
                        context.set_path("upperdir", upper);
                        context.set_path("workdir", work);
                        if (life == UpperLife::ephemeral) {
                          context.set_flag("volatile");
                        }
                        context.mount_at(target, 0);
                        return Mount(target);
                      });
}

void enter_private_mount_namespace() {
  if (::unshare(CLONE_NEWNS) != 0) {
    const int error_number = errno;
    if (error_number == EPERM) {
      throw Error(Code::permission_denied, "enter a private mount namespace: operation not permitted; run as root",
                  error_number);
    }
    throw sys_error_from(error_number, "enter a private mount namespace");
  }
  // Slave: what the host mounts later still appears here; nothing of ours appears there.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    throw sys_error("make the mounts of a private namespace slaves");
  }
}

}  // namespace nacre::snapshot
