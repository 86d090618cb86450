// How a stack of layers becomes a mounted root file system.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/cancel.h"
#include "base/fd.h"
#include "base/file.h"
#include "oci/digest.h"
#include "store/store.h"

namespace nacre::snapshot {

enum class DriverName { erofs, extract };

std::string_view name_of(DriverName driver) noexcept;                 // "erofs"
std::optional<DriverName> driver_of(std::string_view name) noexcept;  // nothing for an unknown name

// A mounted file system; unmounted (detached lazily, so that a busy one goes too) on destruction. Move-only.
class Mount {
 public:
  Mount() = default;
  explicit Mount(fs::path target) : target_(std::move(target)) {}
  Mount(Mount&& other) noexcept : target_(std::exchange(other.target_, {})) {}
  Mount& operator=(Mount&& other) noexcept;
  ~Mount();
  const fs::path& target() const noexcept { return target_; }

 private:
  fs::path target_;  // empty: nothing is mounted
};

// Thread-safe.
class Snapshotter {
 public:
  virtual ~Snapshotter() = default;
  virtual DriverName name() const noexcept = 0;
  // Shows the merged tree of a stack, read-only, at `target` (an empty directory). The caller keeps a lease on the
  // layers as long as the mount lives. An empty stack is an empty directory. Makes what the store has not cached yet
  // (the merged index, the extracted tree), durable before it is named. Throws Error (permission_denied, unsupported)
  // saying what the host lacks, and Cancelled.
  virtual Mount mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
                      const CancelToken& cancel) = 0;
};

// What this host can do, found by trying (a tiny EROFS image mounted in a private mount namespace of a child process).
struct DriverChoice {
  DriverName name;
  std::string reason;  // "Linux 6.18 mounts EROFS from files", "EROFS: operation not permitted"
};
// directory: where the image of the trial is written; the store's file system, as not every one can carry EROFS files.
// Starts a process: for `info` and for the first failure, not for every command.
DriverChoice choose_driver(const fs::path& directory = "/var/tmp");

std::unique_ptr<Snapshotter> make_snapshotter(DriverName name);
// The erofs driver, which turns to extract for good when a mount fails and choose_driver() says that the host is why.
// Costs nothing on a host that can.
std::unique_ptr<Snapshotter> make_default_snapshotter();

// What a crash may do to an overlay's upper directory.
enum class UpperLife {
  kept,       // as any file system: what was synced inside survives
  ephemeral,  // thrown away with the container: syncs inside cost nothing (overlayfs "volatile")
};

// An overlay over a read-only lower directory; `work` and `upper` are in one writable file system. Modern mount API, so
// no path is misread whatever characters it has. Read-only when upper is empty.
Mount mount_overlay(const fs::path& lower, const fs::path& upper, const fs::path& work, const fs::path& target,
                    UpperLife life = UpperLife::kept);

enum class BindAccess { read_only, read_write };
// Shows a directory (without what is mounted below it) at another place.
Mount mount_bind(const fs::path& source, const fs::path& target, BindAccess access);

// Moves this process into a mount namespace of its own whose mounts the host never sees and that vanish with the last
// process in it; host mounts still appear in it. Call before threads are started. Throws Error (permission_denied)
// without CAP_SYS_ADMIN.
void enter_private_mount_namespace();

}  // namespace nacre::snapshot
