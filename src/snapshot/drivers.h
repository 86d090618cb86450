// The two drivers behind make_snapshotter(). Internal to snapshot/.
#pragma once

#include "snapshot/snapshotter.h"

namespace nacre::snapshot {

// Mounts the chain's EROFS index; its data is in the layers' tars, which the kernel reads as extra devices. No loop
// device.
class ErofsDriver : public Snapshotter {
 public:
  DriverName name() const noexcept override { return DriverName::erofs; }
  Mount mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
              const CancelToken& cancel) override;
};

// Lays the merged tree out in chains/<chain>/root, once, and binds it.
class ExtractDriver : public Snapshotter {
 public:
  DriverName name() const noexcept override { return DriverName::extract; }
  Mount mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
              const CancelToken& cancel) override;
};

// Mounts an EROFS image whose data is in `devices`, in the order of its device table.
Mount mount_erofs(const fs::path& image, std::span<const fs::path> devices, const fs::path& target);

// Makes a stack's merged index unless it is there, held by the lease that is returned: until then it could go again,
// when no image and no container has exactly these layers.
store::Lease hold_chain(store::Store& store, std::span<const oci::DiffId> layers, const CancelToken& cancel);

// An empty stack: nothing, but read-only.
Mount mount_nothing(const fs::path& target);

}  // namespace nacre::snapshot
