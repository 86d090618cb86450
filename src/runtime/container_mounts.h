// What a container has mounted besides its root: everything that -v, --mount, --tmpfs and the image's volumes ask for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/container.h"
#include "runtime/network_files.h"
#include "runtime/spec.h"
#include "snapshot/snapshotter.h"

namespace nacre::runtime {

// The mounted root of a container: the image's tree, and the overlay that the container writes to.
class ContainerRoot {
 public:
  ContainerRoot(store::Store& store, snapshot::Snapshotter& snapshotter, const ContainerPaths& paths,
                std::span<const oci::DiffId> layers, AfterExit after_exit, const CancelToken& cancel);

  const Fd& image() const noexcept { return image_; }     // the image's tree, read-only
  const Fd& directory() const noexcept { return root_; }  // the container's root

 private:
  snapshot::Mount image_mount_;
  snapshot::Mount overlay_;
  Fd image_, root_;  // closed before the mounts go
};

// Sources made ready on the host, and the entries for the specification in the order they must be mounted.
class ContainerMounts {
 public:
  // image_volumes: paths the image declares as volumes; one that a request covers is the request's. Throws Error
  // (invalid_argument) for a source that is not there or two mounts of one target.
  ContainerMounts(store::Store& store, snapshot::Snapshotter& snapshotter, const Container& container,
                  const ContainerRoot& root, const RunOptions& options, std::span<const std::string> image_volumes,
                  const CancelToken& cancel);

  const std::vector<SpecMount>& entries() const noexcept { return entries_; }
  // Binds the three files over those of the image, unless something is mounted there already.
  void add_network_files(const NetworkFiles& files);
  // A read-only bind of a program of the host.
  void add_program(const std::string& source, const std::string& target);

 private:
  SpecMount prepare(const MountRequest& request);
  SpecMount prepare_bind(const MountRequest& request) const;
  SpecMount prepare_volume(const MountRequest& request);
  SpecMount prepare_image(const MountRequest& request);

  store::Store& store_;
  snapshot::Snapshotter& snapshotter_;
  const ContainerPaths& paths_;
  const ContainerRoot& root_;
  AfterExit after_exit_;
  const CancelToken& cancel_;
  std::optional<store::Lease> lease_;  // of mounted images
  std::vector<snapshot::Mount> mounts_;
  std::vector<SpecMount> entries_;
};

}  // namespace nacre::runtime
