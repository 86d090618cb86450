#include "runtime/container_mounts.h"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/mount_paths.h"
#include "runtime/root_paths.h"

namespace nacre::runtime {

namespace {

snapshot::UpperLife life_of(AfterExit after_exit) {
  return after_exit == AfterExit::remove ? snapshot::UpperLife::ephemeral : snapshot::UpperLife::kept;
}

// An overlay's root shows the metadata of its upper directory: that of the directory it covers.
void copy_metadata(const Fd& from, const fs::path& to) {
  struct stat status{};
  if (::fstat(from.get(), &status) != 0 || ::chown(to.c_str(), status.st_uid, status.st_gid) != 0 ||
      ::chmod(to.c_str(), status.st_mode & 07777U) != 0) {
    throw sys_error("set owner and mode of", to.native());
  }
}

snapshot::Mount mount_image(store::Store& store, snapshot::Snapshotter& snapshotter,
                            std::span<const oci::DiffId> layers, const fs::path& target, const CancelToken& cancel) {
  make_directories(target);
  return snapshotter.mount(store, layers, target, cancel);
}

Fd open_directory(const fs::path& path) {
  return open_file(path, O_PATH | O_DIRECTORY);
}

snapshot::Mount mount_root(const ContainerPaths& paths, const Fd& image, AfterExit after_exit) {
  for (const fs::path& directory : {paths.upper(), paths.work(), paths.root()}) {
    make_directories(directory);
  }
  copy_metadata(image, paths.upper());
  return snapshot::mount_overlay(paths.image(), paths.upper(), paths.work(), paths.root(), life_of(after_exit));
}

// How deep a target is: what is mounted on a directory must come after the directory.
std::ptrdiff_t depth_of(const std::string& path) {
  return std::ranges::count(path, '/');
}

}  // namespace

ContainerRoot::ContainerRoot(store::Store& store, snapshot::Snapshotter& snapshotter, const ContainerPaths& paths,
                             std::span<const oci::DiffId> layers, AfterExit after_exit, const CancelToken& cancel)
    : image_mount_(mount_image(store, snapshotter, layers, paths.image(), cancel)),
      image_(open_directory(paths.image())) {
  overlay_ = mount_root(paths, image_, after_exit);
  root_ = open_directory(paths.root());
}

ContainerMounts::ContainerMounts(store::Store& store, snapshot::Snapshotter& snapshotter, const Container& container,
                                 const ContainerRoot& root, const RunOptions& options,
                                 std::span<const std::string> image_volumes, const CancelToken& cancel)
    : store_(store),
      snapshotter_(snapshotter),
      paths_(container.paths()),
      root_(root),
      after_exit_(options.after_exit),
      cancel_(cancel) {
  std::vector<MountRequest> requests = options.mounts;
  check_duplicate_targets(requests);
  for (const std::string& path : image_volumes) {
    MountRequest volume;
    volume.type = MountType::anonymous_volume;
    volume.target = clean_target(path);
    const auto covers = [&](const MountRequest& request) { return request.target == volume.target; };
    if (std::ranges::none_of(requests, covers)) {
      requests.push_back(std::move(volume));
    }
  }
  std::ranges::stable_sort(
      requests, [](const MountRequest& a, const MountRequest& b) { return depth_of(a.target) < depth_of(b.target); });
  for (const MountRequest& request : requests) {
    entries_.push_back(prepare(request));
  }
}

SpecMount ContainerMounts::prepare(const MountRequest& request) {
  switch (request.type) {
    case MountType::bind:
      return prepare_bind(request);
    case MountType::anonymous_volume:
      return prepare_volume(request);
    case MountType::image:
      return prepare_image(request);
    case MountType::tmpfs:
      break;
  }
  return {request.target, "tmpfs", "tmpfs", merged_tmpfs_options(request.tmpfs_options)};
}

SpecMount ContainerMounts::prepare_bind(const MountRequest& request) const {
  if (request.propagation.ends_with("shared")) {
    throw Error(
        Code::unsupported,
        fmt::format("mount {}: propagation {} is not supported, as mounts made inside would have to reach the host; "
                    "use rslave or rprivate",
                    request.target, request.propagation));
  }
  struct stat status{};
  if (::stat(request.source.c_str(), &status) != 0) {
    if (request.missing == MissingSource::refuse) {
      throw Error(
          Code::invalid_argument,
          fmt::format("invalid mount config for type \"bind\": bind source path does not exist: {}", request.source));
    }
    make_directories(request.source);
  }
  std::vector<std::string> options = {request.recursion == Recursion::yes ? "rbind" : "bind", request.propagation};
  if (request.access == MountAccess::read_only) {
    options.emplace_back("ro");
  }
  return {request.target, "bind", request.source, std::move(options)};
}

// Filled from the image without copying: an overlay of the image's directory, with an upper layer of the volume's own.
SpecMount ContainerMounts::prepare_volume(const MountRequest& request) {
  const fs::path volume = paths_.volume(mounts_.size());
  const fs::path data = volume / "data";
  make_directories(data);
  if (const auto below = resolve_inside(root_.image(), request.target)) {
    const Fd directory = open_file(*below, O_PATH);
    struct stat status{};
    if (::fstat(directory.get(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      throw Error(Code::invalid_argument,
                  fmt::format("mount a volume on {}: the image has a file there", request.target));
    }
    make_directories(volume / "upper");
    make_directories(volume / "work");
    copy_metadata(directory, volume / "upper");
    mounts_.push_back(snapshot::mount_overlay(*below, volume / "upper", volume / "work", data, life_of(after_exit_)));
  } else {
    mounts_.emplace_back();  // counts, so that the next volume has another number
  }
  std::vector<std::string> options = {"rbind", "rprivate"};
  if (request.access == MountAccess::read_only) {
    options.emplace_back("ro");
  }
  return {request.target, "bind", data.native(), std::move(options)};
}

SpecMount ContainerMounts::prepare_image(const MountRequest& request) {
  return with_context(
      [&] { return fmt::format("mount image {}", request.source); },
      [&]() -> SpecMount {
        const image::Found found = image::get(store_, request.source);
        if (!lease_) {
          lease_.emplace(store_.lease());
        }
        if (!lease_->hold_image(found.image.id)) {
          throw Error(Code::not_found, fmt::format("No such image: {}", request.source));
        }
        const fs::path target = paths_.mounted_image(mounts_.size());
        mounts_.push_back(mount_image(store_, snapshotter_, found.image.layers, target, cancel_));
        const auto source =
            resolve_inside(open_directory(target), request.image_subpath.empty() ? "." : request.image_subpath);
        if (!source) {
          throw Error(Code::invalid_argument, fmt::format("the image has no {}", request.image_subpath));
        }
        return {request.target, "bind", source->native(), {"rbind", "rprivate", "ro"}};
      });
}

void ContainerMounts::add_network_files(const NetworkFiles& files) {
  const std::pair<const char*, const fs::path*> all[] = {
      {"/etc/resolv.conf", &files.resolv_conf}, {"/etc/hostname", &files.hostname}, {"/etc/hosts", &files.hosts}};
  for (const auto& [target, file] : all) {
    const auto covers = [&](const SpecMount& mount) { return mount.destination == target; };
    if (std::ranges::none_of(entries_, covers)) {
      entries_.push_back({target, "bind", file->native(), {"rbind", "rprivate"}});
    }
  }
}

void ContainerMounts::add_program(const std::string& source, const std::string& target) {
  entries_.push_back({target, "bind", source, {"bind", "rprivate", "ro"}});
}

}  // namespace nacre::runtime
